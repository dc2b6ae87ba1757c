#include <string>

#include "validator/grpc/door.h"
#include "validator/grpc/doors.h"
#include "validator/grpc/list.h"

namespace pawl::validator {
namespace {

using db::AccountId;
using db::AccountSnapshot;
using db::TokenId;

constexpr db::Roles kAdmin = static_cast<db::Roles>(db::Role::kAdmin);

StatusOr<AccountId> AccountIdFrom(std::string_view text) {
  return IdFrom<db::AccountTag>("account_id", text);
}

StatusOr<TokenId> TokenIdFrom(std::string_view text) {
  return IdFrom<db::TokenTag>("token_id", text);
}

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
        ToProto(account, services().throttle, response.mutable_account());
        return OkStatus();
      });
}

grpc::Status AccountDoor::CreateAccount(grpc::ServerContext* context,
                                        const v1::CreateAccountRequest* request,
                                        v1::CreateAccountResponse* response) {
  return Serve(
      *context, authenticator(), kAdmin, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const AccountSnapshot account,
                              services().accounts->Create(
                                  request->login(), request->pin(), caller.id));
        ToProto(account, services().throttle, response->mutable_account());
        return OkStatus();
      });
}

grpc::Status AccountDoor::GetAccount(grpc::ServerContext* context,
                                     const v1::GetAccountRequest* request,
                                     v1::GetAccountResponse* response) {
  if (request->key_case() != v1::GetAccountRequest::kLogin) {
    return AnswerAccount(*context, *request, *response,
                         [&](AccountId id, const Caller&) {
                           return services().accounts->Get(id);
                         });
  }
  return Serve(*context, authenticator(), kAdmin, [&](const Caller&) -> Status {
    PAWL_ASSIGN_OR_RETURN(const AccountSnapshot account,
                          services().accounts->Find(request->login()));
    ToProto(account, services().throttle, response->mutable_account());
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
          ToProto(account, services().throttle, response->add_accounts());
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
