// Services: everything a door may call, in one value.
#pragma once

#include <atomic>
#include <string>

#include "base/time.h"
#include "db/store.h"
#include "validator/service/account_admin.h"
#include "validator/service/client_admin.h"
#include "validator/service/device_admin.h"
#include "validator/service/help_desk.h"
#include "validator/service/keyed_hash.h"
#include "validator/service/readiness.h"
#include "validator/service/recovery.h"
#include "validator/service/self_service.h"
#include "validator/service/token_admin.h"
#include "validator/service/token_registration.h"
#include "validator/service/validator.h"

namespace pawl::validator {

// Where TCP listens. The port is known only once it is bound (0 asks for any).
struct ListenAddress {
  std::string host;
  std::atomic<int> port{0};
  [[nodiscard]] std::string Text() const {
    return host + ":" + std::to_string(port.load());
  }
};

// All pointers are set and outlive the doors.
struct Services {
  Validator* validator = nullptr;
  AccountAdmin* accounts = nullptr;
  TokenAdmin* tokens = nullptr;
  TokenRegistration* registration = nullptr;
  ClientAdmin* clients = nullptr;
  DeviceAdmin* devices = nullptr;
  Recovery* recovery = nullptr;
  SelfService* self_service = nullptr;
  HelpDesk* help_desk = nullptr;
  const Catalogue* catalogue = nullptr;
  db::Store* store = nullptr;  // reading audit entries
  const KeyedHash* hash = nullptr;
  const Clock* clock = nullptr;
  const Readiness* readiness = nullptr;
  ListenAddress* listen = nullptr;
  ListenAddress* http_listen = nullptr;  // host empty: there is none
  ThrottlePolicy throttle{};             // what counts as locked
  std::string master_key_id{};
  std::string version{};
  UnixTime started{};
};

}  // namespace pawl::validator
