#include "base/crypto.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/key_access.h"
#include "tests/support/fake_rng.h"
#include "tests/support/hex.h"

namespace pawl {
namespace {

using ::pawl::testing::FakeRng;
using ::pawl::testing::FromHex;
using ::pawl::testing::FromHexArray;

std::string HmacHex(Hash hash, std::span<const uint8_t> key,
                    std::string_view message) {
  std::array<uint8_t, 64> out{};
  Hmac(hash, key).Compute(AsBytes(message), out);
  return HexEncode(std::span<const uint8_t>(out).first(DigestSize(hash)));
}

TEST(DigestSize, IsTheSizeOfTheDigest) {
  EXPECT_EQ(DigestSize(Hash::kSha1), 20U);
  EXPECT_EQ(DigestSize(Hash::kSha256), 32U);
  EXPECT_EQ(DigestSize(Hash::kSha512), 64U);
}

TEST(Hmac, AgreesWithTheRfcs) {
  struct Case {
    Hash hash = Hash::kSha1;
    Bytes key{};
    std::string_view message{};
    std::string_view mac{};
  };
  const Bytes short_key(20, 0x0b);
  const Bytes long_key(131, 0xaa);
  constexpr std::string_view kLongKeyText =
      "Test Using Larger Than Block-Size Key - Hash Key First";
  const Case cases[] = {
      // RFC 2202 section 3, test case 1
      {Hash::kSha1, short_key, "Hi There",
       "b617318655057264e28bc0b6fb378c8ef146be00"},
      // RFC 4231 sections 4.2 and 4.7
      {Hash::kSha256, short_key, "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {Hash::kSha512, short_key, "Hi There",
       "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
       "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
      {Hash::kSha256, long_key, kLongKeyText,
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {Hash::kSha512, long_key, kLongKeyText,
       "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
       "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
      // computed with Python's hmac
      {Hash::kSha1, {}, "", "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(HmacHex(c.hash, c.key, c.message), c.mac) << c.message;
  }
}

TEST(Hmac, AnEmptyKeyIsNotTheKeyBefore) {
  const std::string with_empty_key = HmacHex(Hash::kSha1, {}, "text");
  const std::string with_key = HmacHex(Hash::kSha1, AsBytes("key"), "text");
  EXPECT_NE(with_key, with_empty_key);
  EXPECT_EQ(HmacHex(Hash::kSha1, {}, "text"), with_empty_key);
}

TEST(Hmac, ComputesManyUnderOneKey) {
  const Bytes key = FromHex("000102030405060708090a0b0c0d0e0f");
  for (const Hash hash : {Hash::kSha1, Hash::kSha256, Hash::kSha512}) {
    Hmac hmac(hash, key);
    for (const char* message : {"a", "", "a", "bcd"}) {
      std::array<uint8_t, 64> out{};
      hmac.Compute(AsBytes(message), out);
      EXPECT_EQ(
          HexEncode(std::span<const uint8_t>(out).first(DigestSize(hash))),
          HmacHex(hash, key, message));
    }
  }
}

TEST(Hmac, TwoAtATimeKeepTheirKeys) {
  Hmac a(Hash::kSha256, AsBytes("key a"));
  Hmac b(Hash::kSha256, AsBytes("key b"));
  std::array<uint8_t, 64> out{};
  a.Compute(AsBytes("x"), out);
  EXPECT_EQ(HexEncode(std::span<const uint8_t>(out).first(32)),
            HmacHex(Hash::kSha256, AsBytes("key a"), "x"));
  b.Compute(AsBytes("x"), out);
  EXPECT_EQ(HexEncode(std::span<const uint8_t>(out).first(32)),
            HmacHex(Hash::kSha256, AsBytes("key b"), "x"));
}

TEST(HmacSha256, IsHmacWithSha256) {
  EXPECT_EQ(HexEncode(HmacSha256(AsBytes("key"), AsBytes("text"))),
            HmacHex(Hash::kSha256, AsBytes("key"), "text"));
}

// RFC 2202, test case 2.
TEST(HmacSha1, IsHmacWithSha1) {
  EXPECT_EQ(HexEncode(HmacSha1(AsBytes("Jefe"),
                               AsBytes("what do ya want for nothing?"))),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST(Digests, AgreeWithTheirStandards) {
  EXPECT_EQ(HexEncode(Digest(Hash::kSha256, AsBytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223"
            "b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexEncode(Digest(Hash::kSha256, {})),
            "e3b0c44298fc1c149afbf4c8996fb924"
            "27ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexEncode(Md5(AsBytes("message digest"))),
            "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(HexEncode(Md5({})), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Aes128, AgreesWithFips197) {
  const auto key = FromHexArray<16>("000102030405060708090a0b0c0d0e0f");
  const auto plain = FromHexArray<16>("00112233445566778899aabbccddeeff");
  const auto cipher = FromHexArray<16>("69c4e0d86a7b0430d8cdb78070b4c55a");
  EXPECT_EQ(Aes128Encrypt(key, plain), cipher);
  EXPECT_EQ(Aes128Decrypt(key, cipher), plain);
}

TEST(Aes128, FollowsEveryChangeOfKey) {
  FakeRng rng;
  for (int i = 0; i < 200; ++i) {
    AesBlock key{};
    AesBlock plain{};
    rng.Fill(key);
    rng.Fill(plain);
    const AesBlock cipher = Aes128Encrypt(key, plain);
    EXPECT_EQ(Aes128Decrypt(key, cipher), plain);
    key[0] ^= 1;
    EXPECT_NE(Aes128Decrypt(key, cipher), plain);
  }
}

// The test cases of the GCM specification (McGrew and Viega) for 256-bit keys.
struct GcmCase {
  const char* key = nullptr;
  const char* nonce = nullptr;
  const char* aad = nullptr;
  const char* plain = nullptr;
  const char* sealed = nullptr;
};

constexpr char kZeroKey[] =
    "00000000000000000000000000000000"
    "00000000000000000000000000000000";

constexpr GcmCase kGcmCases[] = {
    {kZeroKey, "000000000000000000000000", "", "",
     "530f8afbc74536b9a963b4f1c4cb738b"},
    {kZeroKey, "000000000000000000000000", "",
     "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(Aead, AgreesWithTheSpecification) {
  for (const GcmCase& c : kGcmCases) {
    const auto key = FromHexArray<32>(c.key);
    const auto nonce = FromHexArray<12>(c.nonce);
    const Bytes aad = FromHex(c.aad);
    const Bytes sealed = AeadSeal(key, nonce, aad, FromHex(c.plain));
    EXPECT_EQ(HexEncode(sealed), c.sealed);
    const std::optional<SecretBytes> plain = AeadOpen(key, nonce, aad, sealed);
    ASSERT_TRUE(plain.has_value());
    EXPECT_EQ(HexEncode(plain->Reveal(GrantKeyAccess())), c.plain);
  }
}

class AeadOpenTest : public ::testing::Test {
 protected:
  [[nodiscard]] bool Opens() const {
    return AeadOpen(key_, nonce_, aad_, sealed_).has_value();
  }

  std::array<uint8_t, 32> key_{1, 2, 3};
  std::array<uint8_t, 12> nonce_{4, 5, 6};
  Bytes aad_ = {7, 8, 9};
  Bytes sealed_ = AeadSeal(key_, nonce_, aad_, AsBytes("some plain text"));
};

TEST_F(AeadOpenTest, RefusesAnyChange) {
  ASSERT_TRUE(Opens());
  const auto change_each = [this](std::span<uint8_t> bytes) {
    for (uint8_t& byte : bytes) {
      byte ^= 0x10;
      EXPECT_FALSE(Opens());
      byte ^= 0x10;
    }
  };
  change_each(key_);
  change_each(nonce_);
  change_each(aad_);
  change_each(sealed_);
  aad_.push_back(0);
  EXPECT_FALSE(Opens());
  aad_.clear();
  EXPECT_FALSE(Opens());
}

TEST_F(AeadOpenTest, RefusesEveryCutText) {
  while (!sealed_.empty()) {
    sealed_.pop_back();
    EXPECT_FALSE(Opens()) << sealed_.size();
  }
}

TEST_F(AeadOpenTest, OpensAgainAfterARefusal) {
  sealed_[0] ^= 1;
  EXPECT_FALSE(Opens());
  sealed_[0] ^= 1;
  EXPECT_TRUE(Opens());
}

// What one thread computes while others compute too must be what it computes
// alone.
std::string ComputeEverything(uint64_t seed) {
  FakeRng rng(seed);
  std::string all;
  for (int i = 0; i < 50; ++i) {
    AesBlock key{};
    rng.Fill(key);
    std::array<uint8_t, 32> long_key{};
    rng.Fill(long_key);
    all += HmacHex(Hash::kSha1, key, "text");
    all += HmacHex(Hash::kSha512, key, "text");
    all += HexEncode(Digest(Hash::kSha256, key)) + HexEncode(Md5(key));
    all += HexEncode(Aes128Decrypt(key, Aes128Encrypt(key, AesBlock{})));
    const std::array<uint8_t, 12> nonce{};
    const Bytes sealed = AeadSeal(long_key, nonce, {}, key);
    all += HexEncode(sealed);
    all += AeadOpen(long_key, nonce, {}, sealed).has_value() ? "+" : "-";
  }
  return all;
}

TEST(Crypto, ThreadsDoNotDisturbEachOther) {
  constexpr size_t kThreads = 4;
  std::vector<std::string> results(kThreads);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&results, i] { results[i] = ComputeEverything(i); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (size_t i = 0; i < kThreads; ++i) {
    EXPECT_EQ(results[i], ComputeEverything(i));
  }
}

}  // namespace
}  // namespace pawl
