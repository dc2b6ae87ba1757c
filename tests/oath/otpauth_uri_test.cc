#include "oath/otpauth_uri.h"

#include <map>
#include <optional>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "oath/hotp.h"
#include "oath/totp.h"
#include "tests/support/hex.h"
#include "tests/support/vectors.h"

namespace pawl::oath {
namespace {

using ::pawl::testing::FromHex;
using ::pawl::testing::Json;
using ::pawl::testing::LoadVectors;
using ::pawl::testing::OptionalMember;

const Bytes kKey = FromHex("3132333435363738393031323334353637383930");

// A reader for otpauth:// and motp:// texts, enough for this test: "scheme",
// "type", "issuer", "account" and the parameters by their names.
class Reader {
 public:
  explicit Reader(std::string_view uri) {
    fields_["scheme"] = Take(uri, "://");
    if (fields_["scheme"] == "otpauth") {
      fields_["type"] = Take(uri, "/");
    }
    // The colon between issuer and account may itself be encoded.
    const std::string label_text = Decode(Take(uri, "?"));
    std::string_view label = label_text;
    if (label.find(':') != std::string_view::npos) {
      fields_["issuer"] = Take(label, ":");
    }
    label.remove_prefix(std::min(label.find_first_not_of(' '), label.size()));
    fields_["account"] = label;
    while (!uri.empty()) {
      std::string_view value = Take(uri, "&");
      const std::string_view name = Take(value, "=");
      fields_[std::string(name)] = Decode(value);
    }
  }
  [[nodiscard]] std::string operator[](const std::string& name) const {
    const auto found = fields_.find(name);
    return found == fields_.end() ? std::string() : found->second;
  }

 private:
  // Takes what is before `end` off `text`, or all of it.
  static std::string_view Take(std::string_view& text, std::string_view end) {
    const size_t size = std::min(text.find(end), text.size());
    const std::string_view taken = text.substr(0, size);
    text.remove_prefix(std::min(text.size(), size + end.size()));
    return taken;
  }
  static std::string Decode(std::string_view text) {
    std::string decoded;
    for (size_t i = 0; i < text.size(); ++i) {
      const std::optional<Bytes> byte = HexDecode(text.substr(i + 1, 2));
      if (text[i] == '%' && byte.has_value() && byte->size() == 1) {
        decoded += AsText(*byte);
        i += 2;
      } else {
        decoded += text[i];
      }
    }
    return decoded;
  }
  std::map<std::string, std::string> fields_;
};

// The URI we would make for the token of a vector.
std::string OursFor(const Json& vector) {
  const auto issuer =
      OptionalMember<std::string>(vector, "issuer").value_or("");
  const auto account = vector.at("account").get<std::string>();
  const Bytes secret = FromHex(vector.at("secret_hex").get<std::string>());
  return ToString({
      .time_based = vector.at("type") == "totp",
      .issuer = issuer,
      .account = account,
      .secret = secret,
      .counter = OptionalMember<uint64_t>(vector, "counter").value_or(0),
  });
}

void ExpectSameToken(const Json& vector) {
  const Reader theirs(vector.at("uri").get<std::string>());
  const Reader ours(OursFor(vector));
  EXPECT_EQ(ours["scheme"], "otpauth");
  EXPECT_EQ(ours["type"], vector.at("type"));
  EXPECT_EQ(ours["issuer"], theirs["issuer"]);
  EXPECT_EQ(ours["account"], theirs["account"]);
  EXPECT_EQ(ours["counter"], theirs["counter"]);
  EXPECT_EQ(Base32Decode(ours["secret"]), Base32Decode(theirs["secret"]));
  EXPECT_EQ(Base32Decode(theirs["secret"]),
            FromHex(vector.at("secret_hex").get<std::string>()));
  EXPECT_EQ(ours["algorithm"], "SHA1");
  EXPECT_EQ(ours["digits"], "6");
  EXPECT_EQ(ours["period"], vector.at("type") == "totp" ? "30" : "");
}

void ExpectCheckedCode(const Json& check) {
  const std::optional<uint64_t> position =
      check.contains("time")
          ? StepAt(check.at("time").get<int64_t>(), 0, 30)
          : std::optional<uint64_t>(check.at("counter").get<uint64_t>());
  ASSERT_TRUE(position.has_value());
  EXPECT_EQ(Hotp(kKey, *position, 6, Hash::kSha1), check.at("otp"));
}

// We write such texts and never read them: of the invalid ones only a bad
// secret concerns us, which Base32Decode() must refuse.
void ExpectBadSecretRefused(const Json& vector) {
  static const std::set<std::string> kErrorsOfReading = {
      "ALGORITHM_UNSUPPORTED",
      "COUNTER_MISSING",
      "DIGITS_RANGE",
      "DUPLICATE_PARAMETER",
      "PERCENT_ENCODING",
      "PERIOD_RANGE",
      "SCHEME",
      "SECRET_MISSING"};
  const auto error = vector.at("error").get<std::string>();
  if (error == "SECRET_ALPHABET" || error == "SECRET_LENGTH") {
    const Reader theirs(vector.at("uri").get<std::string>());
    EXPECT_EQ(Base32Decode(theirs["secret"]), std::nullopt);
  } else {
    EXPECT_EQ(kErrorsOfReading.count(error), 1U) << "unknown error " << error;
  }
}

TEST(OtpauthVectors, OursMeanTheSame) {
  const Json vectors = LoadVectors("otpauth_uris.json");
  ASSERT_FALSE(vectors.at("otpauth").empty());
  for (const Json& vector : vectors.at("otpauth")) {
    SCOPED_TRACE(vector.at("uri").get<std::string>());
    if (!vector.at("valid").get<bool>()) {
      ExpectBadSecretRefused(vector);
      continue;
    }
    ExpectSameToken(vector);
    if (vector.contains("check")) {
      ExpectCheckedCode(vector.at("check"));
    }
  }
}

TEST(OtpauthVectors, OurMotpTextsMeanTheSame) {
  const Json vectors = LoadVectors("otpauth_uris.json");
  ASSERT_FALSE(vectors.at("motp").empty());
  for (const Json& vector : vectors.at("motp")) {
    const Reader theirs(vector.at("uri").get<std::string>());
    if (!vector.at("valid").get<bool>()) {
      const std::optional<Bytes> secret = HexDecode(theirs["secret"]);
      EXPECT_TRUE(!secret.has_value() || secret->empty());
      continue;
    }
    const auto secret = vector.at("secret").get<std::string>();
    const std::string uri =
        MotpUri(theirs["issuer"], theirs["account"], secret);
    const Reader ours(uri);
    EXPECT_EQ(ours["scheme"], "motp");
    EXPECT_EQ(ours["issuer"], vector.at("issuer"));
    EXPECT_EQ(ours["account"], vector.at("account"));
    EXPECT_EQ(ours["secret"], secret);
  }
}

TEST(OtpauthUri, WritesEveryParameter) {
  EXPECT_EQ(ToString({.issuer = "Big Corp",
                      .account = "alice@example.org",
                      .secret = kKey,
                      .hash = Hash::kSha256,
                      .digits = 8,
                      .period = 60}),
            "otpauth://totp/Big%20Corp:alice%40example.org"
            "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Big%20Corp"
            "&algorithm=SHA256&digits=8&period=60");
  EXPECT_EQ(ToString({.time_based = false,
                      .account = "bob",
                      .secret = kKey,
                      .hash = Hash::kSha512,
                      .counter = 18446744073709551615U}),
            "otpauth://hotp/bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
            "&algorithm=SHA512&digits=6&counter=18446744073709551615");
}

TEST(OtpauthUri, WritesNoPadding) {
  const Bytes secret(16, 0xff);
  EXPECT_EQ(Reader(ToString({.account = "a", .secret = secret}))["secret"],
            "77777777777777777777777774");
}

TEST(OtpauthUri, EncodesWhatWouldChangeTheMeaning) {
  const std::string name = "a:b/c?d#e&f=g%h+i \xc3\xa9\"\n";
  const std::string uri =
      ToString({.issuer = name, .account = name, .secret = kKey});
  const std::string encoded =
      "a%3Ab%2Fc%3Fd%23e%26f%3Dg%25h%2Bi%20%C3%A9%22%0A";
  EXPECT_EQ(uri, "otpauth://totp/" + encoded + ":" + encoded +
                     "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=" +
                     encoded + "&algorithm=SHA1&digits=6&period=30");
  EXPECT_EQ(MotpUri("a b", "c:d", "00ff"), "motp://a%20b:c%3Ad?secret=00ff");
  EXPECT_EQ(MotpUri("", "c", "00ff"), "motp://c?secret=00ff");
}

TEST(OtpauthUri, KeepsUnreservedCharacters) {
  const std::string name =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  EXPECT_EQ(MotpUri("", name, ""), "motp://" + name + "?secret=");
}

}  // namespace
}  // namespace pawl::oath
