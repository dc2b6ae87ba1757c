#include "yubico/wsapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "tests/support/vectors.h"

namespace pawl::yubico {
namespace {

using pawl::testing::Json;
using pawl::testing::LoadVectors;
using ::testing::Optional;

constexpr std::string_view kOtp =
    "cccccccccccbvkjdbevrfiiftfbetkdnnbjhdjddndkl";
constexpr std::string_view kNonce = "askjdnkajsndjkasndkjsnad";

// A good query with one parameter replaced, or added.
std::string With(std::string_view name, std::string_view value) {
  std::string query;
  bool replaced = false;
  for (const auto& [key, text] :
       {std::pair<std::string_view, std::string_view>{"id", "1"},
        {"otp", kOtp},
        {"nonce", kNonce}}) {
    query += std::string(key) + "=" +
             PercentEncode(key == name ? value : text) + "&";
    replaced = replaced || key == name;
  }
  return replaced ? query
                  : query + std::string(name) + "=" + PercentEncode(value);
}

ParsedWsapi Parse(std::string_view query, bool version_2 = true) {
  return ParseWsapi(version_2, Parameters::Parse(query));
}

TEST(Wsapi, SignsLikeEverybodyElse) {
  const Json vectors = LoadVectors("wsapi_signature.json");
  size_t seen = 0;
  for (const char* list : {"requests", "responses"}) {
    for (const Json& row : vectors[list]) {
      const Bytes key = *Base64Decode(row["api_key_base64"].get<std::string>());
      EXPECT_EQ(SignWsapi(row["string_to_sign"].get<std::string>(), key),
                row["h"].get<std::string>())
          << row["desc"];
      ++seen;
    }
  }
  EXPECT_GE(seen, 12U);
}

TEST(Wsapi, SignsTheDecodedParametersOfTheQuery) {
  const Json vectors = LoadVectors("wsapi_signature.json");
  size_t seen = 0;
  for (const Json& row : vectors["requests"]) {
    const std::string query = row["query"].get<std::string>();
    const ParsedWsapi parsed =
        Parse(query, query.find("nonce=") != std::string::npos);
    ASSERT_EQ(parsed.problem, std::nullopt) << row["desc"];
    EXPECT_EQ(parsed.request.signed_text,
              row["string_to_sign"].get<std::string>());
    EXPECT_EQ(Base64Encode(AsBytes(parsed.request.signature)),
              row["h"].get<std::string>());
    ++seen;
  }
  EXPECT_GE(seen, 8U);
}

struct Row {
  std::string query;
  std::optional<WsapiStatus> problem;
};

TEST(Wsapi, ChecksInTheOrderOfTheReferenceServer) {
  using enum WsapiStatus;
  const Row rows[] = {
      {"", kMissingParameter},
      {With("id", "abc"), kMissingParameter},
      {With("id", "0"), kMissingParameter},
      {With("id", "00"), kMissingParameter},
      {With("id", ""), kMissingParameter},
      {With("id", "12345678901"), kMissingParameter},
      {With("id", "-1"), kMissingParameter},
      {With("id", "01"), std::nullopt},
      {With("id", "9999999999"), std::nullopt},
      {With("otp", ""), kBadOtp},
      {With("otp", kOtp.substr(13)), kBadOtp},
      {With("otp", std::string(kOtp) + "ccccc"), kBadOtp},
      {With("otp", std::string(kOtp.substr(0, 12)) + " " +
                       std::string(kOtp.substr(12))),
       kBadOtp},
      {With("otp", std::string(kOtp) + "\nstatus=OK"), kBadOtp},
      {With("otp", std::string(kOtp) + "\r\n"), std::nullopt},
      {With("nonce", ""), kMissingParameter},
      {With("nonce", "0"), kMissingParameter},
      {With("nonce", std::string(15, 'a')), kMissingParameter},
      {With("nonce", std::string(16, 'a')), std::nullopt},
      {With("nonce", std::string(40, 'a')), std::nullopt},
      {With("nonce", std::string(41, 'a')), kMissingParameter},
      {With("nonce", std::string(15, 'a') + "-"), kMissingParameter},
      {With("nonce", " " + std::string(16, 'a') + " "), std::nullopt},
      {With("sl", "1"), std::nullopt},
      {With("sl", "100"), std::nullopt},
      {With("sl", "250"), std::nullopt},
      {With("sl", "50abc"), std::nullopt},
      {With("sl", "FAST"), std::nullopt},
      {With("sl", "secure"), std::nullopt},
      {With("sl", ""), std::nullopt},
      {With("sl", "0"), kMissingParameter},
      {With("sl", "-1"), kMissingParameter},
      {With("sl", "abc"), kMissingParameter},
      {With("timeout", "1"), std::nullopt},
      {With("timeout", "0"), std::nullopt},
      {With("timeout", ""), std::nullopt},
      {With("timeout", "-1"), kMissingParameter},
      {With("timeout", "1s"), kMissingParameter},
      // A bad nonce comes after a bad OTP, an absent one before.
      {"id=1&otp=x&nonce=short", kBadOtp},
      {"id=1&otp=x", kMissingParameter},
      {"id=1&otp=x&nonce=short&timeout=x", kMissingParameter},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Parse(row.query).problem, row.problem) << row.query;
  }
  EXPECT_EQ(ParseWsapi(true, std::nullopt).problem, kMissingParameter);
}

TEST(Wsapi, Version1HasNoNonceAndNoSyncLevel) {
  const ParsedWsapi parsed =
      Parse(With("sl", "abc") + "&timeout=x&nonce=-", /*version_2=*/false);
  EXPECT_EQ(parsed.problem, std::nullopt);
  EXPECT_EQ(parsed.request.nonce, "");
}

TEST(Wsapi, ReadsTheOtpAsTheKeyMeantIt) {
  std::string upper(kOtp);
  for (char& c : upper) {
    c = static_cast<char>(c - 'a' + 'A');
  }
  EXPECT_EQ(Parse(With("otp", upper)).request.otp, kOtp);
  // "jxe.uidchtnbpygk" is how Dvorak shows the alphabet.
  EXPECT_EQ(Parse(With("otp", "JXE.UIDCHTNBPYGKjxe.uidchtnbpygk")).request.otp,
            "cbdefghijklnrtuvcbdefghijklnrtuv");
  // What is modhex is no Dvorak.
  EXPECT_EQ(Parse(With("otp", std::string(32, 'b'))).request.otp,
            std::string(32, 'b'));
}

TEST(Wsapi, AsksForCountersOnlyWithOne) {
  for (const std::string_view on : {"1", "01", " 1 "}) {
    EXPECT_TRUE(Parse(With("timestamp", on)).request.timestamp) << on;
  }
  for (const std::string_view off : {"", "0", "2", "1x", "true", "-1"}) {
    EXPECT_FALSE(Parse(With("timestamp", off)).request.timestamp) << off;
  }
}

TEST(Wsapi, ASignatureThatIsNoneIsAWrongOne) {
  EXPECT_TRUE(Parse(With("h", "")).request.signature.empty());
  EXPECT_TRUE(Parse(With("h", "  ")).request.signature.empty());
  EXPECT_FALSE(Parse(With("h", "!!!")).request.signature.empty());
}

TEST(Wsapi, KnowsItsPaths) {
  EXPECT_THAT(IsVersion2("/wsapi/2.0/verify"), Optional(true));
  EXPECT_THAT(IsVersion2("/wsapi/3.0/verify"), Optional(true));
  EXPECT_THAT(IsVersion2("/wsapi/1.0/verify"), Optional(false));
  EXPECT_THAT(IsVersion2("/wsapi/1.1/verify"), Optional(false));
  EXPECT_THAT(IsVersion2("/wsapi/verify"), Optional(false));
  for (const std::string_view path :
       {"/wsapi/2.0/sync", "/wsapi/20/verify", "/wsapi/2.0verify",
        "/wsapi/2.0/verify/", "/wsapi", "/", ""}) {
    EXPECT_EQ(IsVersion2(path), std::nullopt) << path;
  }
}

TEST(Wsapi, WritesWhatTheReferenceServerWrites) {
  const Bytes key = *Base64Decode("mG5be6ZJU1qBGz24yPh/ESM3UdU=");
  const WsapiRequest request{.otp = std::string(kOtp),
                             .nonce = std::string(kNonce),
                             .timestamp = true};
  const UnixTime at = FromUnixMillis(1795297126042);
  EXPECT_EQ(WriteWsapi({.status = WsapiStatus::kBadOtp, .at = at}, request, {}),
            "h=" + SignWsapi("status=BAD_OTP&t=2026-11-21T21:38:46Z0042", {}) +
                "\r\nt=2026-11-21T21:38:46Z0042\r\nstatus=BAD_OTP\r\n\r\n");
  const std::string text = "nonce=" + std::string(kNonce) +
                           "&otp=" + std::string(kOtp) +
                           "&sessioncounter=294&sessionuse=7&sl=100&status=OK&"
                           "t=2026-11-21T21:38:46Z0042&timestamp=65537";
  EXPECT_EQ(WriteWsapi({.status = WsapiStatus::kOk,
                        .at = at,
                        .counters = WsapiCounters{.position = 294U << 8U | 7U,
                                                  .timestamp = 65537}},
                       request, key),
            "h=" + SignWsapi(text, key) +
                "\r\nt=2026-11-21T21:38:46Z0042\r\notp=" + std::string(kOtp) +
                "\r\nnonce=" + std::string(kNonce) +
                "\r\nsl=100\r\ntimestamp=65537\r\nsessioncounter=294\r\n"
                "sessionuse=7\r\nstatus=OK\r\n\r\n");
}

TEST(Wsapi, EchoesNothingThatWasNotChecked) {
  using enum WsapiStatus;
  const WsapiRequest request{.otp = std::string(kOtp),
                             .nonce = std::string(kNonce)};
  for (const WsapiStatus status : {kBadOtp, kBadSignature, kMissingParameter,
                                   kNoSuchClient, kBackendError}) {
    const std::string body = WriteWsapi({.status = status}, request, {});
    EXPECT_EQ(body.find("otp="), std::string::npos);
    EXPECT_EQ(body.find("nonce="), std::string::npos);
  }
  for (const WsapiStatus status : {kReplayedOtp, kReplayedRequest}) {
    const std::string body = WriteWsapi({.status = status}, request, {});
    EXPECT_NE(body.find("otp="), std::string::npos);
    EXPECT_EQ(body.find("sl="), std::string::npos);
  }
}

}  // namespace
}  // namespace pawl::yubico
