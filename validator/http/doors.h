// HttpDoors: which door serves which path. Doors convert; they never decide
// (I10).
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <grpcpp/channel.h>

#include "validator/http/basic_door.h"
#include "validator/http/device_door.h"
#include "validator/http/json_door.h"
#include "validator/http/message.h"
#include "validator/http/operations_door.h"
#include "validator/http/workers.h"
#include "validator/http/wsapi_door.h"
#include "validator/service/services.h"

namespace pawl::validator {

class HttpDoors {
 public:
  struct Options {
    BasicDoor::Paths basic_paths{};
    std::string sign_in_service{};  // empty: no sign-in of devices
  };
  // What `services` points to must outlive the doors. `channel` leads to the
  // gRPC server of this process.
  HttpDoors(const Services& services,
            const std::shared_ptr<grpc::Channel>& channel,
            const Options& options);

  void Serve(const HttpRequest& request, Respond respond);

 private:
  struct Answering {
    const char* door;
    std::string request_id;
    Respond respond;
  };
  [[nodiscard]] std::string RequestId(const HttpRequest& request);
  void Finish(const Answering& by, HttpResponse response);

  std::string run_;  // begins the ids of this process's requests
  std::atomic<uint64_t> requests_ = 0;
  Metrics* metrics_;
  std::optional<DeviceSignIn> sign_in_;
  WsapiDoor wsapi_;
  BasicDoor basic_;
  JsonDoor json_;
  HttpDeviceDoor devices_;
  OperationsDoor operations_;
  // Their threads ask those above.
  Workers sign_ins_;
  Workers reads_;
};

}  // namespace pawl::validator
