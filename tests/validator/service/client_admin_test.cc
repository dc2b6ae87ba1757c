#include "validator/service/client_admin.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/test_service.h"

namespace pawl::validator {
namespace {

using testing::IsOk;
using testing::StatusIs;
using testing::TestService;

constexpr db::Roles kLogin = static_cast<db::Roles>(db::Role::kLogin);

const ClientSpec kWeb{.name = "web", .roles = kLogin, .see_reasons = true};

StatusOr<Caller> Authenticate(TestService& service, const std::string& key) {
  PAWL_ASSIGN_OR_RETURN(const Claim claim, ParseKey(key));
  return service.clients.Authenticate(claim);
}

TEST(ClientAdmin, AKeyOpensForItsClientOnly) {
  TestService service;
  const NewClient web = *service.clients.Create(kWeb, "test");
  const NewClient mail =
      *service.clients.Create({.name = "mail", .roles = kLogin}, "test");
  EXPECT_EQ(Authenticate(service, web.key)->id, db::ToString(web.client.id));
  EXPECT_EQ(Authenticate(service, mail.key)->id, db::ToString(mail.client.id));
  EXPECT_EQ(web.client.key_mac.find(web.key.substr(web.key.size() - 8)),
            std::string::npos);
  ASSERT_THAT(service.clients.Delete(web.client.id, "test"), IsOk());
  EXPECT_THAT(Authenticate(service, web.key),
              StatusIs(StatusCode::kUnauthenticated));
}

TEST(ClientAdmin, WhatIsNoKeyIsRefused) {
  TestService service;
  const NewClient web = *service.clients.Create(kWeb, "test");
  std::string other_client = web.key;
  other_client[10] = other_client[10] == 'a' ? 'b' : 'a';
  std::string wrong_secret = web.key;
  wrong_secret.back() = wrong_secret.back() == 'a' ? 'b' : 'a';
  for (const std::string& key :
       {std::string(), std::string("pawl_"), std::string("pawl__"),
        std::string("_"), web.key.substr(1), web.key + "a",
        web.key.substr(0, web.key.size() - 1), other_client, wrong_secret,
        std::string(100000, '_')}) {
    EXPECT_THAT(Authenticate(service, key),
                StatusIs(StatusCode::kUnauthenticated))
        << key.substr(0, 60);
  }
}

TEST(ClientAdmin, NamesAreCheckedAndUnique) {
  TestService service;
  ASSERT_THAT(service.clients.Create(kWeb, "test"), IsOk());
  EXPECT_THAT(service.clients.Create(kWeb, "test"),
              StatusIs(StatusCode::kAlreadyExists));
  EXPECT_EQ(FieldOf(service.clients.Create({.roles = kLogin}, "test").status()),
            "name");
  EXPECT_EQ(FieldOf(service.clients.Create({.name = "x"}, "test").status()),
            "roles");
}

TEST(ClientAdmin, AClientMayBeHeldToItsOwnServices) {
  TestService service;
  ClientSpec spec = kWeb;
  spec.services = {"webmail", "imap"};
  const NewClient mail = *service.clients.Create(spec, "test");
  EXPECT_EQ(mail.client.services, "webmail imap");
  EXPECT_EQ(Authenticate(service, mail.key)->services, "webmail imap");
  const auto login = [&](std::string_view name) {
    return service
        .Ask(LoginCheck{.account = "kim", .service = name, .credential = "x"},
             {.who = *ParseKey(mail.key)})
        .status();
  };
  EXPECT_THAT(login("imap"), IsOk());
  EXPECT_THAT(login("caldav"), StatusIs(StatusCode::kPermissionDenied));
}

TEST(ClientAdmin, AClientOfTheYubicoProtocolHasANumberAndAKey) {
  TestService service;
  const NewClient made = *service.clients.Create(
      {.name = "val", .roles = kLogin, .wsapi = WsapiSpec{}}, "test");
  EXPECT_EQ(made.key, "");
  EXPECT_EQ(made.wsapi_key.size(), 20U);
  EXPECT_TRUE(made.client.key_mac.empty());
  EXPECT_LE(made.client.id.value, db::kMaxWsapiId);
  // No bearer key opens it.
  EXPECT_THAT(Authenticate(service, MakeKey(made.client.id, "")),
              StatusIs(StatusCode::kUnauthenticated));
  const NewClient imported = *service.clients.Create(
      {.name = "old",
       .roles = kLogin,
       .wsapi = WsapiSpec{.number = 87, .key = "0123456789abcdefghij"}},
      "test");
  EXPECT_EQ(imported.client.id, db::ClientId{87});
  const auto create = [&](const WsapiSpec& spec, db::Roles roles = kLogin) {
    return service.clients
        .Create({.name = "x", .roles = roles, .wsapi = spec}, "test")
        .status();
  };
  EXPECT_THAT(create({.number = 87}), StatusIs(StatusCode::kAlreadyExists));
  EXPECT_EQ(FieldOf(create({.number = -1})), "wsapi.number");
  EXPECT_EQ(FieldOf(create({.number = 10'000'000'000})), "wsapi.number");
  EXPECT_EQ(FieldOf(create({.key = "short"})), "wsapi.key");
  EXPECT_EQ(FieldOf(create({.key = std::string(65, 'x')})), "wsapi.key");
  EXPECT_EQ(FieldOf(create({}, static_cast<db::Roles>(db::Role::kAdmin))),
            "roles");
}

TEST(ClientAdmin, ServicesAreOfTheCatalogue) {
  TestService service;
  ClientSpec spec = kWeb;
  spec.services = {"webmail", "telnet"};
  EXPECT_EQ(FieldOf(service.clients.Create(spec, "test").status()), "services");
  spec.services.assign(33, "webmail");
  EXPECT_EQ(FieldOf(service.clients.Create(spec, "test").status()), "services");
  spec.services.clear();
  EXPECT_EQ(service.clients.Create(spec, "test")->client.services, "");
}

TEST(ClientAdmin, AStoreThatDoesNotAnswerIsNoRefusal) {
  db::MemoryStore memory;
  testing::FaultyStore faulty(memory);
  TestService service(&faulty, {});
  const NewClient web = *service.clients.Create(kWeb, "test");
  faulty.FailReads(1);
  EXPECT_THAT(Authenticate(service, web.key),
              StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace pawl::validator
