#include <string>
#include <vector>

#include "validator/grpc/answer.h"
#include "validator/grpc/convert_records.h"
#include "validator/grpc/door.h"
#include "validator/grpc/doors.h"
#include "validator/grpc/list.h"

namespace pawl::validator {
namespace {

using db::AccountId;
using db::AccountSnapshot;
using db::TokenId;

constexpr db::Roles kAdmin = static_cast<db::Roles>(db::Role::kAdmin);

}  // namespace

// The calls that name an account and answer with it.
template <typename Request, typename Response, typename Call>
grpc::Status AccountDoor::AnswerAccount(grpc::ServerContext& context,
                                        const Request& request,
                                        Response& response, const Call& call) {
  return Serve(
      context, authenticator(), kAdmin, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const AccountId id,
                              AccountIdFrom(request.account_id()));
        PAWL_ASSIGN_OR_RETURN(const AccountSnapshot account, call(id, caller));
        ToProto(account, response.mutable_account());
        return OkStatus();
      });
}

grpc::Status AccountDoor::CreateAccount(grpc::ServerContext* context,
                                        const v1::CreateAccountRequest* request,
                                        v1::CreateAccountResponse* response) {
  return Serve(
      *context, authenticator(), kAdmin, [&](const Caller& caller) -> Status {
        NewAccount wanted{.login = request->login(),
                          .pin = request->pin(),
                          .password = request->password()};
        PAWL_ASSIGN_OR_RETURN(wanted.policy,
                              PolicyIfSpecified(request->policy()));
        if (request->has_device_passwords()) {
          wanted.device_passwords = request->device_passwords();
        }
        PAWL_ASSIGN_OR_RETURN(const AccountSnapshot account,
                              services().accounts->Create(wanted, caller.id));
        ToProto(account, response->mutable_account());
        return OkStatus();
      });
}

grpc::Status AccountDoor::GetAccount(grpc::ServerContext* context,
                                     const v1::GetAccountRequest* request,
                                     v1::GetAccountResponse* response) {
  const auto find = [&]() -> StatusOr<AccountSnapshot> {
    if (request->key_case() == v1::GetAccountRequest::kLogin) {
      return services().accounts->Find(request->login());
    }
    PAWL_ASSIGN_OR_RETURN(const AccountId id,
                          AccountIdFrom(request->account_id()));
    return services().accounts->Get(id);
  };
  return Serve(*context, authenticator(), kAdmin, [&](const Caller&) -> Status {
    PAWL_ASSIGN_OR_RETURN(const AccountSnapshot account, find());
    PAWL_ASSIGN_OR_RETURN(const std::vector<Block> blocks,
                          services().accounts->Blocks(account.account.id));
    ToProto(account, response->mutable_account());
    for (const Block& block : blocks) {
      ToProto(block, response->mutable_account()->add_blocks());
    }
    return OkStatus();
  });
}

grpc::Status AccountDoor::ListAccounts(grpc::ServerContext* context,
                                       const v1::ListAccountsRequest* request,
                                       v1::ListAccountsResponse* response) {
  return Serve(*context, authenticator(), kAdmin, [&](const Caller&) -> Status {
    return ListPage(
        *services().hash, "accounts", *request, *response,
        [&](const std::string& after, size_t limit) {
          return services().accounts->List(after, limit);
        },
        [](const db::AccountRecord& account) { return account.login; },
        [&](const db::AccountRecord& account) {
          ToProto(account, response->add_accounts());
        });
  });
}

grpc::Status AccountDoor::RenameAccount(grpc::ServerContext* context,
                                        const v1::RenameAccountRequest* request,
                                        v1::RenameAccountResponse* response) {
  return AnswerAccount(
      *context, *request, *response, [&](AccountId id, const Caller& caller) {
        return services().accounts->Rename(id, request->login(), caller.id);
      });
}

grpc::Status AccountDoor::SetPin(grpc::ServerContext* context,
                                 const v1::SetPinRequest* request,
                                 v1::SetPinResponse* response) {
  return AnswerAccount(
      *context, *request, *response, [&](AccountId id, const Caller& caller) {
        return services().accounts->SetPin(id, request->pin(), caller.id);
      });
}

grpc::Status AccountDoor::AssignToken(grpc::ServerContext* context,
                                      const v1::AssignTokenRequest* request,
                                      v1::AssignTokenResponse* response) {
  return AnswerAccount(
      *context, *request, *response,
      [&](AccountId id, const Caller& caller) -> StatusOr<AccountSnapshot> {
        PAWL_ASSIGN_OR_RETURN(const TokenId token,
                              TokenIdFrom(request->token_id()));
        return services().accounts->Assign(id, token, caller.id);
      });
}

grpc::Status AccountDoor::UnassignToken(grpc::ServerContext* context,
                                        const v1::UnassignTokenRequest* request,
                                        v1::UnassignTokenResponse* response) {
  return AnswerAccount(
      *context, *request, *response,
      [&](AccountId id, const Caller& caller) -> StatusOr<AccountSnapshot> {
        PAWL_ASSIGN_OR_RETURN(const TokenId token,
                              TokenIdFrom(request->token_id()));
        return services().accounts->Unassign(id, token, caller.id);
      });
}

grpc::Status AccountDoor::EnableAccount(grpc::ServerContext* context,
                                        const v1::EnableAccountRequest* request,
                                        v1::EnableAccountResponse* response) {
  return AnswerAccount(
      *context, *request, *response, [&](AccountId id, const Caller& caller) {
        return services().accounts->SetEnabled(id, true, caller.id);
      });
}

grpc::Status AccountDoor::DisableAccount(
    grpc::ServerContext* context, const v1::DisableAccountRequest* request,
    v1::DisableAccountResponse* response) {
  return AnswerAccount(
      *context, *request, *response, [&](AccountId id, const Caller& caller) {
        return services().accounts->SetEnabled(id, false, caller.id);
      });
}

grpc::Status AccountDoor::SetPolicy(grpc::ServerContext* context,
                                    const v1::SetPolicyRequest* request,
                                    v1::SetPolicyResponse* response) {
  return AnswerAccount(
      *context, *request, *response,
      [&](AccountId id, const Caller& caller) -> StatusOr<AccountSnapshot> {
        PAWL_ASSIGN_OR_RETURN(const db::AccountPolicy policy,
                              FromProto(request->policy()));
        return services().accounts->SetPolicy(id, policy, caller.id);
      });
}

grpc::Status AccountDoor::SetPassword(grpc::ServerContext* context,
                                      const v1::SetPasswordRequest* request,
                                      v1::SetPasswordResponse* response) {
  return AnswerAccount(*context, *request, *response,
                       [&](AccountId id, const Caller& caller) {
                         return services().accounts->SetPassword(
                             id, request->password(), caller.id);
                       });
}

grpc::Status AccountDoor::SetDevicePasswords(
    grpc::ServerContext* context, const v1::SetDevicePasswordsRequest* request,
    v1::SetDevicePasswordsResponse* response) {
  return AnswerAccount(*context, *request, *response,
                       [&](AccountId id, const Caller& caller) {
                         return services().accounts->SetDevicePasswords(
                             id, request->allowed(), caller.id);
                       });
}

grpc::Status AccountDoor::CreateRecoveryCodes(
    grpc::ServerContext* context, const v1::CreateRecoveryCodesRequest* request,
    v1::CreateRecoveryCodesResponse* response) {
  return Serve(
      *context, authenticator(), kAdmin, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const AccountId id,
                              AccountIdFrom(request->account_id()));
        PAWL_ASSIGN_OR_RETURN(std::vector<std::string> codes,
                              services().recovery->MakeCodes(id, caller.id));
        HandOut(codes, *response->mutable_codes());
        return OkStatus();
      });
}

grpc::Status AccountDoor::CreateTemporaryCode(
    grpc::ServerContext* context, const v1::CreateTemporaryCodeRequest* request,
    v1::CreateTemporaryCodeResponse* response) {
  return Serve(
      *context, authenticator(), kAdmin, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const AccountId id,
                              AccountIdFrom(request->account_id()));
        Millis ttl = Recovery::kDefaultTtl;
        if (request->has_ttl()) {
          PAWL_ASSIGN_OR_RETURN(ttl, FromProto("ttl", request->ttl()));
        }
        PAWL_ASSIGN_OR_RETURN(
            TemporaryCode made,
            services().recovery->MakeTemporaryCode(id, ttl, caller.id));
        HandOut(made.code, *response->mutable_code());
        ToProto(made.expires, response->mutable_expire_time());
        return OkStatus();
      });
}

grpc::Status AccountDoor::ResetSecondFactor(
    grpc::ServerContext* context, const v1::ResetSecondFactorRequest* request,
    v1::ResetSecondFactorResponse* response) {
  return AnswerAccount(
      *context, *request, *response,
      [&](AccountId id, const Caller& caller) -> StatusOr<AccountSnapshot> {
        PAWL_ASSIGN_OR_RETURN(const ResetTokens tokens,
                              FromProto(request->tokens()));
        return services().recovery->ResetSecondFactor(id, tokens, caller.id);
      });
}

grpc::Status AccountDoor::UnlockAccount(grpc::ServerContext* context,
                                        const v1::UnlockAccountRequest* request,
                                        v1::UnlockAccountResponse* response) {
  return AnswerAccount(*context, *request, *response,
                       [&](AccountId id, const Caller& caller) {
                         return services().accounts->Unlock(id, caller.id);
                       });
}

grpc::Status AccountDoor::DeleteAccount(grpc::ServerContext* context,
                                        const v1::DeleteAccountRequest* request,
                                        v1::DeleteAccountResponse*) {
  return Serve(*context, authenticator(), kAdmin,
               [&](const Caller& caller) -> Status {
                 PAWL_ASSIGN_OR_RETURN(const AccountId id,
                                       AccountIdFrom(request->account_id()));
                 return services().accounts->Delete(id, caller.id);
               });
}

}  // namespace pawl::validator
