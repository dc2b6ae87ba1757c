// Convert, for whole records: what the services hand out, as messages.
//
// Pure; thread-safe.
#pragma once

#include "db/store.h"
#include "pawl/v1/account.pb.h"
#include "pawl/v1/audit.pb.h"
#include "pawl/v1/client.pb.h"
#include "pawl/v1/device.pb.h"
#include "pawl/v1/help_desk.pb.h"
#include "pawl/v1/token.pb.h"
#include "validator/core/catalogue.h"
#include "validator/core/throttle.h"
#include "validator/service/account_admin.h"
#include "validator/service/help_desk.h"

namespace pawl::validator {

void ToProto(const db::TokenRecord& token, const ThrottlePolicy& throttle,
             v1::Token* out);
void ToProto(const db::AccountRecord& account, v1::Account* out);
// With the ids of its tokens.
void ToProto(const db::AccountSnapshot& account, v1::Account* out);
void ToProto(const Block& block, v1::Block* out);
void ToProto(const db::ClientRecord& client, v1::Client* out);
void ToProto(const db::DeviceRecord& device, v1::Device* out);
void ToProto(const db::AuditEntry& entry, v1::AuditEntry* out);
void ToProto(const Catalogue& catalogue, v1::ListServicesResponse* out);
void ToProto(const Explanation& explanation,
             v1::ExplainCredentialResponse* out);

}  // namespace pawl::validator
