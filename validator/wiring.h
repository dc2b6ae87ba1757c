// App: the object graph of pawld, built from a Config in one place.
//
// Construction order is the order below and destruction the reverse: key,
// store, services, doors.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/rng.h"
#include "base/status.h"
#include "base/time.h"
#include "db/seal.h"
#include "db/store.h"
#include "validator/config.h"
#include "validator/grpc/server.h"
#include "validator/http/doors.h"
#include "validator/http/server.h"
#include "validator/service/services.h"

namespace pawl::validator {

class App {
 public:
  // Creates what is missing (data directory, master key, database), locks the
  // data directory against a second pawld, and serves. Errors say what to do.
  [[nodiscard]] static StatusOr<std::unique_ptr<App>> Start(
      const Config& config);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // "127.0.0.1:7295", with the port that was really bound.
  [[nodiscard]] std::string listen_address() const { return listen_.Text(); }

  // Finishes running calls and closes everything.
  void Stop();

 private:
  App(FileLock lock, db::Sealer sealer, std::unique_ptr<db::Store> store,
      KeyedHash hash, std::unique_ptr<SystemRng> rng,
      std::unique_ptr<Cloud> cloud, const Config& config);
  [[nodiscard]] AdminParts Parts();
  [[nodiscard]] Status Serve(const Config& config);
  [[nodiscard]] Status ServeHttp(const Config& config, const Services& services,
                                 std::optional<TlsMaterial> tls);
  void WatchMetrics();

  std::unique_ptr<SystemRng> rng_;
  SystemClock clock_;
  FileLock lock_;
  db::Sealer sealer_;
  std::unique_ptr<db::Store> store_;
  KeyedHash hash_;
  Prover prover_;
  Catalogue catalogue_;
  std::unique_ptr<Cloud> cloud_;  // none: no token is validated elsewhere
  Validator validator_;
  AccountAdmin accounts_;
  TokenAdmin tokens_;
  TokenRegistration registration_;
  ClientAdmin clients_;
  DeviceAdmin devices_;
  Recovery recovery_;
  SelfService self_service_;
  HelpDesk help_desk_;
  ListenAddress listen_;
  Readiness readiness_;
  ListenAddress http_listen_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<HttpDoors> http_doors_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace pawl::validator
