// OperationsDoor: what watches the server asks.
//
//   GET /livez    200 as long as the process answers
//   GET /readyz   200 when the last test write reached the store, else 503
//   GET /metrics  Prometheus text; from this host, or with a bearer key that
//                 has the role audit or admin
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <string_view>

#include "validator/http/message.h"
#include "validator/http/workers.h"
#include "validator/service/client_admin.h"
#include "validator/service/metrics.h"
#include "validator/service/readiness.h"

namespace pawl::validator {

class OperationsDoor {
 public:
  // All must outlive the door.
  OperationsDoor(const Readiness& readiness, const Metrics& metrics,
                 ClientAdmin& clients, Workers& workers)
      : readiness_(&readiness),
        metrics_(&metrics),
        clients_(&clients),
        workers_(&workers) {}

  [[nodiscard]] static bool Has(std::string_view path);
  void Serve(const HttpRequest& request, Respond respond);

 private:
  void ServeMetrics(const HttpRequest& request, Respond respond);

  const Readiness* readiness_;
  const Metrics* metrics_;
  ClientAdmin* clients_;
  Workers* workers_;
};

}  // namespace pawl::validator
