#include "validator/service/argon2id.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pawl::validator {
namespace {

using testing::IsOk;
using testing::StatusIs;

constexpr Argon2Parameters kSmall{.memory_kib = 64, .passes = 1, .lanes = 1};

// Made with the program `argon2` of Debian 12:
// printf %s PASSWORD | argon2 SALT -id -k MEMORY -t PASSES -p LANES -l 32 -e
constexpr std::string_view kMade[] = {
    "$argon2id$v=19$m=64,t=1,p=1$c3Nzc3Nzc3Nzc3Nzc3Nzcw"
    "$bJxG/Ge7ntnZcofmr1Whx90Up61Aoc9HAjtfOD+00tM",
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA"
    "$k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4",
    "$argon2id$v=19$m=256,t=3,p=4$c29tZXNhbHRzb21lc2FsdA"
    "$IqBpbOHvT21qE/6J49rDPZ5bzTYH6uKMxAoQymLwpKc",
};
constexpr std::string_view kMadeOf = "correct horse";

TEST(Argon2id, AgreesWithTheProgramArgon2) {
  for (const std::string_view phc : kMade) {
    const StatusOr<PasswordHash> stored = ParsePhc(phc);
    ASSERT_THAT(stored, IsOk()) << phc;
    EXPECT_EQ(*Argon2id(stored->parameters, AsBytes(kMadeOf), stored->salt,
                        stored->hash.size()),
              stored->hash)
        << phc;
    EXPECT_EQ(FormatPhc(*stored), phc);
  }
}

TEST(Argon2id, EveryInputChangesTheHash) {
  const Bytes salt(16, 's');
  const Bytes hash = *Argon2id(kSmall, AsBytes("password"), salt, 32);
  EXPECT_EQ(hash.size(), 32U);
  EXPECT_EQ(*Argon2id(kSmall, AsBytes("password"), salt, 32), hash);
  EXPECT_NE(*Argon2id(kSmall, AsBytes("Password"), salt, 32), hash);
  EXPECT_NE(*Argon2id(kSmall, {}, salt, 32), hash);
  EXPECT_NE(*Argon2id(kSmall, AsBytes("password"), Bytes(16, 't'), 32), hash);
  for (const Argon2Parameters& other :
       {Argon2Parameters{.memory_kib = 72, .passes = 1, .lanes = 1},
        Argon2Parameters{.memory_kib = 64, .passes = 2, .lanes = 1},
        Argon2Parameters{.memory_kib = 64, .passes = 1, .lanes = 2}}) {
    EXPECT_NE(*Argon2id(other, AsBytes("password"), salt, 32), hash);
  }
}

TEST(Phc, ReadsOnlyWhatIsWritten) {
  const std::string salt = "c3Nzc3Nzc3Nzc3Nzc3Nzcw";
  const std::string hash = "bJxG/Ge7ntnZcofmr1Whx90Up61Aoc9HAjtfOD+00tM";
  const std::string tail = '$' + salt + '$' + hash;
  ASSERT_THAT(ParsePhc("$argon2id$v=19$m=64,t=1,p=1" + tail), IsOk());
  const std::string cases[] = {
      "",
      "$",
      "plain text",
      "$argon2i$v=19$m=64,t=1,p=1" + tail,
      "$argon2id$m=64,t=1,p=1" + tail,
      "$argon2id$v=16$m=64,t=1,p=1" + tail,
      "$argon2id$v=19$t=1,m=64,p=1" + tail,
      "$argon2id$v=19$m=64,t=1" + tail,
      "$argon2id$v=19$m=64,t=1,p=1,keyid=AA" + tail,
      "$argon2id$v=19$m=064,t=1,p=1" + tail,
      "$argon2id$v=19$m=+64,t=1,p=1" + tail,
      "$argon2id$v=19$m=-64,t=1,p=1" + tail,
      "$argon2id$v=19$m= 64,t=1,p=1" + tail,
      "$argon2id$v=19$m=0x40,t=1,p=1" + tail,
      "$argon2id$v=19$m=,t=1,p=1" + tail,
      "$argon2id$v=19$m=4294967360,t=1,p=1" + tail,  // 2^32 + 64
      " $argon2id$v=19$m=64,t=1,p=1" + tail,
      "$argon2id$v=19$m=64,t=1,p=1" + tail + "\n",
      "$argon2id$v=19$m=64,t=1,p=1" + tail + "$",
      "$argon2id$v=19$m=64,t=1,p=1" + tail + "=",
      "$argon2id$v=19$m=64,t=1,p=1$" + salt + "==$" + hash,
      "$argon2id$v=19$m=64,t=1,p=1$" + salt,
      "$argon2id$v=19$m=64,t=1,p=1$" + salt + '$',
      "$argon2id$v=19$m=64,t=1,p=1$$" + hash,
      "$argon2id$v=19$m=64,t=1,p=1$c3Nzc3Nzc3Nzc3Nzc3Nzcx$" + hash,  // a bit
      "$argon2id$v=19$m=64,t=1,p=1$c3Nzc3Nzc3Nzc3Nzc3Nz_w$" + hash,
      "$argon2id$v=19$m=64,t=1,p=1" + tail + std::string(1'000'000, 'A'),
  };
  for (const std::string& text : cases) {
    EXPECT_THAT(ParsePhc(text), StatusIs(StatusCode::kDataLoss)) << text;
  }
}

TEST(Phc, EveryTextCutToLessThanSixteenBytesIsRefused) {
  constexpr size_t kLettersOfSixteenBytes = 22;
  const std::string_view phc = kMade[0];
  const size_t most = phc.rfind('$') + kLettersOfSixteenBytes;
  for (size_t size = 0; size <= most; ++size) {
    EXPECT_THAT(ParsePhc(phc.substr(0, size)), StatusIs(StatusCode::kDataLoss))
        << size;
  }
}

TEST(Phc, WhatItMayAskForIsBounded) {
  struct Case {
    Argon2Parameters parameters{};
    size_t salt = 16;
    size_t hash = 32;
    bool allowed = false;
  };
  const Case cases[] = {
      {{.memory_kib = 8, .passes = 1, .lanes = 1}, 16, 32, true},
      {{.memory_kib = 7, .passes = 1, .lanes = 1}, 16, 32, false},
      {{.memory_kib = 128, .passes = 1, .lanes = 16}, 16, 32, true},
      {{.memory_kib = 127, .passes = 1, .lanes = 16}, 16, 32, false},
      {{.memory_kib = 1048576, .passes = 100, .lanes = 16}, 16, 32, true},
      {{.memory_kib = 1048577, .passes = 1, .lanes = 1}, 16, 32, false},
      {{.memory_kib = 64, .passes = 101, .lanes = 1}, 16, 32, false},
      {{.memory_kib = 64, .passes = 0, .lanes = 1}, 16, 32, false},
      {{.memory_kib = 1024, .passes = 1, .lanes = 17}, 16, 32, false},
      {{.memory_kib = 1024, .passes = 1, .lanes = 0}, 16, 32, false},
      {{.memory_kib = UINT32_MAX, .passes = 1, .lanes = UINT32_MAX},
       16,
       32,
       false},
      {kSmall, 8, 16, true},
      {kSmall, 64, 64, true},
      {kSmall, 7, 32, false},
      {kSmall, 65, 32, false},
      {kSmall, 16, 15, false},
      {kSmall, 16, 65, false},
  };
  for (const Case& c : cases) {
    const std::string phc = FormatPhc({.parameters = c.parameters,
                                       .salt = Bytes(c.salt, 's'),
                                       .hash = Bytes(c.hash, 'h')});
    EXPECT_EQ(ParsePhc(phc).ok(), c.allowed) << phc;
  }
}

TEST(Phc, IsWeakerWhenAnythingIsLess) {
  const Argon2Parameters ours{.memory_kib = 64, .passes = 2, .lanes = 2};
  PasswordHash stored{.parameters = ours, .salt = Bytes(16), .hash = Bytes(32)};
  EXPECT_FALSE(IsWeaker(stored, ours));
  EXPECT_TRUE(IsWeaker(stored, {.memory_kib = 65, .passes = 2, .lanes = 2}));
  EXPECT_TRUE(IsWeaker(stored, {.memory_kib = 64, .passes = 3, .lanes = 2}));
  EXPECT_FALSE(IsWeaker(stored, {.memory_kib = 63, .passes = 1, .lanes = 2}));
  EXPECT_FALSE(IsWeaker(stored, {.memory_kib = 64, .passes = 2, .lanes = 4}));
  stored.salt.pop_back();
  EXPECT_TRUE(IsWeaker(stored, ours));
  stored.salt.resize(64);
  stored.hash.pop_back();
  EXPECT_TRUE(IsWeaker(stored, ours));
}

}  // namespace
}  // namespace pawl::validator
