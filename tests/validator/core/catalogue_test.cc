#include "validator/core/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pawl::validator {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::StartsWith;
using testing::StatusIs;

// "name kind scope internal" of a service, for comparisons.
std::string Told(const Service& service) {
  return service.name +
         (service.kind == ServiceKind::kInteractive ? " web" : " sync") +
         (service.scope.empty() ? "" : " " + service.scope) +
         (service.internal ? " internal" : "");
}

std::vector<std::string> ToldAll(const Catalogue& catalogue) {
  std::vector<std::string> told;
  for (const Service& service : catalogue.services()) {
    told.push_back(Told(service));
  }
  return told;
}

std::vector<std::string> ToldTypes(const Catalogue& catalogue) {
  std::vector<std::string> told;
  for (const DeviceType& type : catalogue.types()) {
    told.push_back(type.name + "=" + JoinNames(type.scopes));
  }
  return told;
}

TEST(Catalogue, ReadsServicesByNameAndTypesInTheirOrder) {
  const StatusOr<Catalogue> made = Catalogue::Parse(
      "web admin", "imap:mail box:mail:internal git", "zz=mail,git aa=imap");
  ASSERT_THAT(made, IsOk());
  EXPECT_THAT(ToldAll(*made),
              ElementsAre("admin web", "box sync mail internal", "git sync",
                          "imap sync mail", "web web"));
  EXPECT_THAT(ToldTypes(*made), ElementsAre("zz=mail git", "aa=imap"));
}

TEST(Catalogue, BlanksMayBeAnywhereBetween) {
  const StatusOr<Catalogue> made =
      Catalogue::Parse("  b   a ", " c:x  ", "   t=x ");
  ASSERT_THAT(made, IsOk());
  EXPECT_THAT(ToldAll(*made), ElementsAre("a web", "b web", "c sync x"));
  EXPECT_THAT(ToldTypes(*made), ElementsAre("t=x"));
}

TEST(Catalogue, MayBeEmpty) {
  const StatusOr<Catalogue> made = Catalogue::Parse("", " ", "");
  ASSERT_THAT(made, IsOk());
  EXPECT_THAT(made->services(), IsEmpty());
  EXPECT_THAT(made->types(), IsEmpty());
  EXPECT_EQ(made->Find(""), nullptr);
  EXPECT_EQ(made->FindType(""), nullptr);
}

TEST(Catalogue, FindsWholeNamesOnly) {
  const Catalogue made =
      Catalogue::Parse("web webmail", "imap:mail", "mail=mail mailer=imap")
          .value();
  for (const Service& service : made.services()) {
    EXPECT_EQ(made.Find(service.name), &service);
  }
  EXPECT_EQ(made.Find("web")->name, "web");
  EXPECT_EQ(made.Find("webmail")->name, "webmail");
  for (const char* name : {"", "we", "webm", "webmailx", "Web", "a", "zzz",
                           "mail" /* a scope */, "imap:mail"}) {
    EXPECT_EQ(made.Find(name), nullptr) << name;
  }
  EXPECT_EQ(made.FindType("mail")->name, "mail");
  EXPECT_EQ(made.FindType("mailer")->name, "mailer");
  for (const char* name : {"", "mai", "mailers", "imap"}) {
    EXPECT_EQ(made.FindType(name), nullptr) << name;
  }
}

TEST(Catalogue, TheDefaultHasWhatProvidersHave) {
  const Catalogue made = Catalogue::Default();
  EXPECT_THAT(
      ToldAll(made),
      ElementsAre("activesync sync activesync", "admin web", "api sync api",
                  "caldav sync calendar", "carddav sync contacts",
                  "groupware web", "imap sync mail",
                  "mailbox sync mail internal", "office web", "pop3 sync mail",
                  "settings web", "sieve sync mail", "smtp sync mail",
                  "web web", "webdav sync files", "webmail web"));
  EXPECT_THAT(
      ToldTypes(made),
      ElementsAre("mail=mail", "drive=files", "calendar=calendar",
                  "contacts=contacts", "activesync=activesync",
                  "sync=mail files calendar contacts activesync", "api=api"));
  for (const DeviceType& type : made.types()) {
    for (const Service& service : made.services()) {
      EXPECT_FALSE(service.kind == ServiceKind::kInteractive &&
                   Opens(JoinNames(type.scopes), service));
    }
  }
}

TEST(Catalogue, NamesHaveOneToThirtyTwoPlainCharacters) {
  const std::string longest(32, 'a');
  for (const std::string& name :
       {std::string("a"), longest, std::string("a-b_c.d-9")}) {
    EXPECT_THAT(Catalogue::Parse(name, "", ""), IsOk()) << name;
    EXPECT_THAT(Catalogue::Parse("", name + ":" + name, name + "=" + name),
                IsOk())
        << name;
  }
  for (const std::string& name :
       {longest + "a", std::string("A"), std::string("a/b"), std::string("a*"),
        std::string("\u00e9"), std::string("a\tb"), std::string("a\nb"),
        std::string("a\0b", 3), std::string("a,b")}) {
    EXPECT_THAT(
        Catalogue::Parse(name, "", ""),
        StatusIs(StatusCode::kInvalidArgument, HasSubstr("is not a name")))
        << name;
    EXPECT_THAT(
        Catalogue::Parse("", name, ""),
        StatusIs(StatusCode::kInvalidArgument, HasSubstr("is not a name")))
        << name;
    EXPECT_THAT(
        Catalogue::Parse("", "a:" + name, ""),
        StatusIs(StatusCode::kInvalidArgument, HasSubstr("is not a name")))
        << name;
    EXPECT_THAT(
        Catalogue::Parse("", "imap", name + "=imap"),
        StatusIs(StatusCode::kInvalidArgument, HasSubstr("is not a name")))
        << name;
  }
}

struct BadCase {
  const char* interactive = "";
  const char* sync = "";
  const char* types = "";
  const char* field = "";
  const char* problem = "";
};

TEST(Catalogue, WhatIsWrongIsNamedWithItsField) {
  const char* const form = "is not of the form";
  const BadCase cases[] = {
      // Interactive services have no scope.
      {"web:x", "", "", "services.interactive", form},
      {"web:x:internal", "", "", "services.interactive", form},
      {"web:", "", "", "services.interactive", form},
      {"web web", "", "", "services.interactive", "\"web\" comes twice"},
      // Nothing is left out between two colons, or behind the last.
      {"", ":", "", "services.sync", form},
      {"", ":imap", "", "services.sync", form},
      {"", "imap:", "", "services.sync", form},
      {"", "imap::internal", "", "services.sync", form},
      {"", "imap:mail:", "", "services.sync", form},
      {"", "imap:mail:external", "", "services.sync", form},
      {"", "imap:mail:internal:", "", "services.sync", form},
      {"", "imap:mail:internal:x", "", "services.sync", form},
      {"", "imap:a imap:b", "", "services.sync", "\"imap\" comes twice"},
      {"web", "web:x", "", "services.sync", "\"web\" comes twice"},
      {"", "imap:mail", "mail", "devices.types", form},
      {"", "imap:mail", "=mail", "devices.types", "is not a name"},
      {"", "imap:mail", "t=", "devices.types", "neither a scope nor a sync"},
      {"", "git", "t=", "devices.types", "\"\" is neither a scope"},
      {"", "git", "t=git,", "devices.types", "\"\" is neither a scope"},
      {"", "imap:mail", "t=,", "devices.types", "neither a scope nor a sync"},
      {"", "imap:mail", "t=mail,", "devices.types", "neither a scope nor"},
      {"", "imap:mail", "t=mail,,imap", "devices.types", "neither a scope"},
      {"", "imap:mail", "t=mail=imap", "devices.types", "neither a scope"},
      {"", "imap:mail", "t=mai", "devices.types", "\"mai\" is neither"},
      {"", "imap:mail", "t=mail u=x", "devices.types", "\"x\" is neither"},
      {"web", "imap:mail", "t=web", "devices.types", "\"web\" is neither"},
      {"", "imap:mail", "t=mail t=imap", "devices.types", "\"t\" comes twice"},
  };
  for (const BadCase& one : cases) {
    const StatusOr<Catalogue> made =
        Catalogue::Parse(one.interactive, one.sync, one.types);
    EXPECT_THAT(made, StatusIs(StatusCode::kInvalidArgument,
                               AllOf(StartsWith(std::string(one.field) + ": "),
                                     HasSubstr(one.problem))))
        << one.interactive << "|" << one.sync << "|" << one.types;
    if (!made.ok()) {
      EXPECT_EQ(FieldOf(made.status()), one.field);
    }
  }
}

TEST(Names, AreJoinedAndSplitByBlanks) {
  EXPECT_EQ(JoinNames({}), "");
  EXPECT_EQ(JoinNames({"mail"}), "mail");
  EXPECT_EQ(JoinNames({"mail", "files", "api"}), "mail files api");
  EXPECT_THAT(SplitNames(""), IsEmpty());
  EXPECT_THAT(SplitNames("mail"), ElementsAre("mail"));
  EXPECT_THAT(SplitNames(" mail  files "), ElementsAre("mail", "files"));
}

TEST(Names, OneIsFoundOnlyWhole) {
  for (const char* names : {"mail", "mail files", "files mail", "a mail z",
                            "mailbox mail", "  mail  "}) {
    EXPECT_TRUE(HasName(names, "mail")) << names;
  }
  for (const char* names : {"", " ", "mai", "mailbox", "xmail", "mailbox mai",
                            "mail,files", "MAIL", "files mailbox"}) {
    EXPECT_FALSE(HasName(names, "mail")) << names;
  }
}

TEST(Names, NoNameIsAmongNone) {
  for (const char* names : {"", " ", "mail", " mail", "mail ", "a  b"}) {
    EXPECT_FALSE(HasName(names, "")) << '"' << names << '"';
  }
}

TEST(Opens, ADeviceOpensItsScopesAndServices) {
  const Service imap{.name = "imap", .scope = "mail"};
  for (const char* scopes :
       {"mail", "imap", "files mail", "imap files", "mail imap"}) {
    EXPECT_TRUE(Opens(scopes, imap)) << scopes;
  }
  for (const char* scopes :
       {"", "files", "mai", "mailbox", "ima", "imaps", "imap:mail"}) {
    EXPECT_FALSE(Opens(scopes, imap)) << scopes;
  }
}

TEST(Opens, AServiceWithoutScopeIsOpenedByItsNameOnly) {
  const Service git{.name = "git"};
  EXPECT_TRUE(Opens("mail git", git));
  for (const char* scopes : {"", " ", "mail", "  mail  ", "a  b"}) {
    EXPECT_FALSE(Opens(scopes, git)) << '"' << scopes << '"';
  }
}

TEST(Opens, NothingThatCanAskForACode) {
  const Service web{
      .name = "web", .kind = ServiceKind::kInteractive, .scope = "mail"};
  EXPECT_FALSE(Opens("web mail", web));
  const Service box{.name = "mailbox", .scope = "mail", .internal = true};
  EXPECT_TRUE(Opens("mail", box));
}

}  // namespace
}  // namespace pawl::validator
