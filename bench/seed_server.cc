#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"
#include "bench/population.h"
#include "bench/seed.h"
#include "pawl/v1/account.grpc.pb.h"
#include "pawl/v1/client.grpc.pb.h"
#include "pawl/v1/token.grpc.pb.h"
#include "tools/pawl/connection.h"

namespace pawl::bench {
namespace {

using tools::Connection;

constexpr uint32_t kThreads = 16;
constexpr int kTimeoutSeconds = 30;

Status AddPerson(const Connection& server, const Population& population,
                 uint32_t i) {
  v1::CreateAccountRequest account;
  account.set_login(population.LoginOf(i));
  account.set_pin(population.PinOf(i));
  PAWL_ASSIGN_OR_RETURN(
      const v1::CreateAccountResponse made,
      server.Call(&v1::AccountService::Stub::CreateAccount, account));
  v1::RegisterTokenRequest token = population.TokenOf(i);
  token.set_account_id(made.account().id());
  return server.Call(&v1::TokenService::Stub::RegisterToken, token).status();
}

Status AddClient(const Connection& server, const std::string& key_out) {
  v1::CreateClientRequest client;
  client.set_name("pawl-bench");
  client.add_roles(v1::ROLE_LOGIN);
  client.set_see_reasons(true);
  PAWL_ASSIGN_OR_RETURN(
      const v1::CreateClientResponse made,
      server.Call(&v1::ClientService::Stub::CreateClient, client));
  return CreatePrivateFile(key_out, made.key() + "\n");
}

}  // namespace

Status SeedServer(const SeedOptions& options) {
  PAWL_ASSIGN_OR_RETURN(const Connection server,
                        Connection::Open({.server = options.server,
                                          .timeout_seconds = kTimeoutSeconds}));
  PAWL_RETURN_IF_ERROR(AddClient(server, options.key_out));
  const Population population(options.seed, options.tokens);
  std::atomic<uint32_t> next{0};
  std::mutex mutex;
  Status first;  // that failed
  std::vector<std::thread> threads;
  for (uint32_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (uint32_t i = next++; i < population.size(); i = next++) {
        const Status status = AddPerson(server, population, i);
        if (!status.ok()) {
          const std::lock_guard<std::mutex> lock(mutex);
          first.Update(status);
          next = population.size();
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return first;
}

}  // namespace pawl::bench
