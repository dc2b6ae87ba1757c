// HttpDeviceDoor: devices for the programs themselves (mission C9, C10).
//
//   POST /v1/devices  {"email", "password", "deviceName", "deviceType"}
//     -> 201 {"id", "token"}: the password of the account becomes a device
//     password of the program's own; the answer shows it this once
//   GET /v1/devices/ID  with Basic ID:token
//     -> 200, the device as pawl.v1.Device in JSON: it is still good
//
// Errors as validator/http/json_error.h writes them.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <string_view>

#include "validator/http/message.h"
#include "validator/http/workers.h"
#include "validator/service/device_sign_in.h"
#include "validator/service/validator.h"

namespace pawl::validator {

class HttpDeviceDoor {
 public:
  static constexpr std::string_view kPath = "/v1/devices";

  // All must outlive the door. `sign_in` none: POST is switched off.
  HttpDeviceDoor(Validator& validator, DeviceSignIn* sign_in, Workers& workers)
      : validator_(&validator), sign_in_(sign_in), workers_(&workers) {}

  [[nodiscard]] static bool Has(std::string_view path);
  void Serve(const HttpRequest& request, Respond respond);

 private:
  void SignIn(const HttpRequest& request, Respond respond);
  void Read(const HttpRequest& request, Respond respond);

  Validator* validator_;
  DeviceSignIn* sign_in_;
  Workers* workers_;
};

}  // namespace pawl::validator
