#include "db/seal.h"

#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/key_access.h"
#include "tests/support/fake_rng.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace pawl::db {
namespace {

using ::pawl::testing::FakeRng;
using ::pawl::testing::IsOk;
using ::pawl::testing::StatusIs;
using ::pawl::testing::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr SealContext kContext{.table = "token", .row = 42, .kind = "TOTP"};
constexpr std::string_view kSecret = "0123456789abcdefghij";

std::string TextOf(const StatusOr<SecretBytes>& secret) {
  return std::string(AsText(secret.value().Reveal(GrantKeyAccess())));
}

class SealerTest : public ::testing::Test {
 protected:
  Sealer Make() {
    return Sealer::Create(rng_.Secret(Sealer::kMasterKeySize), rng_).value();
  }
  FakeRng rng_;
  Sealer sealer_ = Make();
};

TEST_F(SealerTest, OpensWhatItSealed) {
  for (const std::string& secret :
       {std::string(kSecret), std::string(), std::string(4096, '\0')}) {
    const std::string sealed = sealer_.Seal(kContext, SecretBytes(secret));
    EXPECT_EQ(TextOf(sealer_.Open(kContext, sealed)), secret);
    EXPECT_EQ(sealed.size(), 1 + 4 + 12 + secret.size() + 16);
  }
}

TEST_F(SealerTest, NeverSealsTwiceAlikeNorInClear) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string sealed = sealer_.Seal(kContext, SecretBytes(kSecret));
    EXPECT_THAT(sealed, Not(HasSubstr(std::string(kSecret.substr(0, 8)))));
    EXPECT_TRUE(seen.insert(sealed).second);
  }
}

TEST_F(SealerTest, SealedTextOpensOnlyInItsOwnRow) {
  const std::string sealed = sealer_.Seal(kContext, SecretBytes(kSecret));
  const SealContext others[] = {
      {.table = "token", .row = 43, .kind = "TOTP"},
      {.table = "token", .row = 0, .kind = "TOTP"},
      {.table = "token", .row = uint64_t{42} << 32U, .kind = "TOTP"},
      {.table = "token", .row = 42, .kind = "HOTP"},
      {.table = "token", .row = 42, .kind = ""},
      {.table = "server_secret", .row = 42, .kind = "TOTP"},
      {.table = "toke", .row = 42, .kind = "nTOTP"},
      {.table = "tokenTOTP", .row = 42, .kind = ""},
  };
  for (const SealContext& other : others) {
    EXPECT_THAT(sealer_.Open(other, sealed), StatusIs(StatusCode::kDataLoss))
        << &other - others;
  }
  EXPECT_THAT(sealer_.Open(others[0], sealed),
              StatusIs(StatusCode::kDataLoss, HasSubstr("token 43 TOTP")));
}

TEST_F(SealerTest, EveryFlippedBitFails) {
  const std::string sealed = sealer_.Seal(kContext, SecretBytes(kSecret));
  for (size_t i = 0; i < sealed.size() * 8; ++i) {
    std::string changed = sealed;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    EXPECT_THAT(sealer_.Open(kContext, changed),
                StatusIs(StatusCode::kDataLoss))
        << i;
  }
}

TEST_F(SealerTest, EveryOtherLengthFails) {
  std::string sealed = sealer_.Seal(kContext, SecretBytes(kSecret));
  EXPECT_THAT(sealer_.Open(kContext, sealed + '\0'),
              StatusIs(StatusCode::kDataLoss));
  while (!sealed.empty()) {
    sealed.pop_back();
    EXPECT_THAT(sealer_.Open(kContext, sealed), StatusIs(StatusCode::kDataLoss))
        << sealed.size();
  }
}

TEST_F(SealerTest, AnotherMasterKeyIsNamed) {
  const Sealer other = Make();
  ASSERT_NE(other.key_id(), sealer_.key_id());
  const std::string sealed = sealer_.Seal(kContext, SecretBytes(kSecret));
  EXPECT_THAT(
      other.Open(kContext, sealed),
      StatusIs(StatusCode::kDataLoss,
               AllOf(HasSubstr(sealer_.key_id()), HasSubstr(other.key_id()),
                     HasSubstr("token 42 TOTP"))));
}

TEST_F(SealerTest, KeyIdIsEightHexDigitsAndNoPartOfTheKey) {
  const SecretBytes key = rng_.Secret(Sealer::kMasterKeySize);
  const Sealer sealer = Sealer::Create(key.Clone(), rng_).value();
  EXPECT_THAT(sealer.key_id(), MatchesRegex("[0-9a-f]{8}"));
  EXPECT_THAT(HexEncode(key.Reveal(GrantKeyAccess())),
              Not(HasSubstr(sealer.key_id())));
  EXPECT_EQ(Sealer::Create(key.Clone(), rng_)->key_id(), sealer.key_id());
}

TEST_F(SealerTest, AMasterKeyHas32Bytes) {
  for (const size_t size : {0U, 16U, 31U, 33U, 64U}) {
    EXPECT_THAT(Sealer::Create(rng_.Secret(size), rng_),
                StatusIs(StatusCode::kFailedPrecondition))
        << size;
  }
}

TEST_F(SealerTest, KeyFileIsCreatedOnceAndReadAgain) {
  const TempDir dir;
  const auto path = dir / "master.key";
  EXPECT_THAT(Sealer::FromFile(path, false, rng_),
              StatusIs(StatusCode::kNotFound));
  const Sealer first = Sealer::FromFile(path, true, rng_).value();
  const std::string sealed = first.Seal(kContext, SecretBytes(kSecret));
  for (const bool create : {true, false}) {
    const Sealer again = Sealer::FromFile(path, create, rng_).value();
    EXPECT_EQ(TextOf(again.Open(kContext, sealed)), kSecret);
  }
  EXPECT_THAT(TextOf(ReadPrivateFile(path)), MatchesRegex("[0-9a-f]{64}\n"));
}

TEST_F(SealerTest, ManyCreatorsEndUpWithOneKey) {
  const TempDir dir;
  std::vector<std::string> key_ids(8);
  std::vector<std::thread> threads;
  for (std::string& key_id : key_ids) {
    threads.emplace_back([&] {
      key_id = Sealer::FromFile(dir / "master.key", true, rng_)->key_id();
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(key_ids, ::testing::Each(key_ids.front()));
}

TEST_F(SealerTest, MalformedKeyFilesAreRefusedWithoutTheirContents) {
  const std::string good(64, 'a');
  const std::string contents[] = {
      "",
      "\n",
      good,
      good + "\r\n",
      good + "\n\n",
      good.substr(1) + "\n",
      good + "a\n",
      " " + good.substr(1) + "\n",
      std::string(63, 'a') + "g\n",
  };
  for (const std::string& text : contents) {
    const TempDir dir;
    ASSERT_THAT(CreatePrivateFile(dir / "master.key", text), IsOk());
    EXPECT_THAT(
        Sealer::FromFile(dir / "master.key", true, rng_),
        StatusIs(StatusCode::kFailedPrecondition,
                 AllOf(HasSubstr("master.key"), Not(HasSubstr("aaaa")))))
        << text;
  }
}

TEST_F(SealerTest, AKeyFileThatOthersMayReadIsRefused) {
  const TempDir dir;
  ASSERT_THAT(
      CreatePrivateFile(dir / "master.key", std::string(64, 'a') + "\n"),
      IsOk());
  std::filesystem::permissions(dir / "master.key",
                               std::filesystem::perms(0640));
  EXPECT_THAT(Sealer::FromFile(dir / "master.key", true, rng_),
              StatusIs(StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace pawl::db
