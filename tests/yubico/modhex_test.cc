#include "yubico/modhex.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/fake_rng.h"
#include "tests/support/hex.h"
#include "tests/support/vectors.h"

namespace pawl::yubico {
namespace {

using ::pawl::testing::FakeRng;
using ::pawl::testing::FromHex;
using ::pawl::testing::Json;
using ::pawl::testing::LoadVectors;

TEST(Modhex, AgreesWithTheVectors) {
  const Json vectors = LoadVectors("yubico_otp.json");
  ASSERT_FALSE(vectors.at("modhex").empty());
  for (const Json& vector : vectors.at("modhex")) {
    const Bytes bytes = FromHex(vector.at("hex").get<std::string>());
    const auto text = vector.at("modhex").get<std::string>();
    EXPECT_EQ(ModhexEncode(bytes), text);
    EXPECT_EQ(ModhexDecode(text), bytes);
  }
}

TEST(Modhex, KnowsSixteenLettersAndNoOthers) {
  const auto alphabet =
      LoadVectors("yubico_otp.json").at("modhex_alphabet").get<std::string>();
  ASSERT_EQ(alphabet.size(), 16U);
  for (int c = 0; c < 256; ++c) {
    const std::string text(2, static_cast<char>(c));
    const bool known = alphabet.find(text[0]) != std::string::npos;
    EXPECT_EQ(IsModhex(text), known) << c;
    EXPECT_EQ(ModhexDecode(text).has_value(), known) << c;
  }
}

TEST(Modhex, RefusesUpperCase) {
  EXPECT_FALSE(IsModhex("CB"));
  EXPECT_EQ(ModhexDecode("CB"), std::nullopt);
}

TEST(Modhex, RefusesOddLength) {
  EXPECT_TRUE(IsModhex("cbd"));
  EXPECT_EQ(ModhexDecode("cbd"), std::nullopt);
}

TEST(Modhex, AcceptsNothingAsNothing) {
  EXPECT_TRUE(IsModhex(""));
  EXPECT_EQ(ModhexDecode(""), Bytes());
  EXPECT_EQ(ModhexEncode({}), "");
}

TEST(Modhex, ReadsWhatItWrites) {
  FakeRng rng;
  for (size_t size = 0; size < 64; ++size) {
    Bytes bytes(size);
    rng.Fill(bytes);
    EXPECT_EQ(ModhexDecode(ModhexEncode(bytes)), bytes);
  }
}

TEST(FromDvorak, MapsKeyByKey) {
  const Json vectors = LoadVectors("yubico_otp.json");
  const auto dvorak = vectors.at("layouts").at("dvorak").get<std::string>();
  const auto modhex = vectors.at("modhex_alphabet").get<std::string>();
  EXPECT_EQ(FromDvorak(dvorak), modhex);
  EXPECT_EQ(FromDvorak("JXE.UIDCHTNBPYGK"), modhex);
  EXPECT_EQ(FromDvorak(""), "");
}

TEST(FromDvorak, RefusesOtherCharacters) {
  const std::string known = "jxe.uidchtnbpygkJXEUIDCHTNBPYGK";
  for (int c = 0; c < 256; ++c) {
    const std::string text(1, static_cast<char>(c));
    EXPECT_EQ(FromDvorak(text).has_value(),
              known.find(text) != std::string::npos)
        << c;
  }
}

}  // namespace
}  // namespace pawl::yubico
