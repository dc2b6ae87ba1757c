#include "validator/core/token_secret.h"

#include <array>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/key_access.h"

namespace pawl::validator {
namespace {

TEST(TokenSecret, YubicoGoesInAndComesOut) {
  const std::array<uint8_t, 6> id = {1, 2, 3, 4, 5, 6};
  std::array<uint8_t, 16> key{};
  key.fill(0xab);
  const SecretBytes packed = PackYubico({.private_id = id, .aes_key = key});
  const auto bytes = packed.Reveal(GrantKeyAccess());
  EXPECT_EQ(HexEncode(bytes), "010203040506" + HexEncode(key));
  const std::optional<YubicoSecret> secret = UnpackYubico(bytes);
  ASSERT_TRUE(secret.has_value());
  EXPECT_EQ(HexEncode(secret->private_id), HexEncode(id));
  EXPECT_EQ(HexEncode(secret->aes_key), HexEncode(key));
  EXPECT_FALSE(UnpackYubico(bytes.first(21)).has_value());
}

TEST(TokenSecret, MotpGoesInAndComesOut) {
  const SecretBytes packed =
      PackMotp({.secret = "0123456789abcdef", .pin = "6666"});
  const auto bytes = packed.Reveal(GrantKeyAccess());
  const std::optional<MotpSecret> secret = UnpackMotp(bytes);
  ASSERT_TRUE(secret.has_value());
  EXPECT_EQ(secret->secret, "0123456789abcdef");
  EXPECT_EQ(secret->pin, "6666");
  EXPECT_FALSE(UnpackMotp(AsBytes("0123456789abcdef6666")).has_value());
}

}  // namespace
}  // namespace pawl::validator
