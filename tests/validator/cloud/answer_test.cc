#include "validator/cloud/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "tests/support/status_matchers.h"
#include "yubico/wsapi.h"

namespace pawl::validator {
namespace {

using yubico::SignWsapi;
using yubico::WriteWsapi;
using yubico::WsapiCounters;
using yubico::WsapiRequest;
using yubico::WsapiStatus;

const CloudRequest kRequest{
    .otp = "cccccccccccbvkjdbevrfiiftfbetkdnnbjhdjddndkl",
    .nonce = "0123456789abcdef0123456789abcdef"};
constexpr std::string_view kKey = "0123456789abcdefghij";

// What an honest server writes.
std::string Honest(WsapiStatus status, std::string_view key = kKey,
                   std::optional<WsapiCounters> counters = WsapiCounters{
                       .position = 0x1234, .timestamp = 77}) {
  const WsapiRequest request{
      .otp = kRequest.otp, .nonce = kRequest.nonce, .timestamp = true};
  return WriteWsapi({.status = status, .counters = counters}, request,
                    AsBytes(key));
}

StatusOr<CloudAnswer> Read(std::string_view body) {
  return ReadCloudAnswer(body, kRequest, AsBytes(kKey));
}

// Lines of an answer, signed again after they were changed.
std::string Signed(const std::string& lines) {
  std::vector<std::string> all;
  std::string rest = lines;
  while (!rest.empty()) {
    const size_t end = rest.find("\r\n");
    all.push_back(rest.substr(0, end));
    rest.erase(0, end + 2);
  }
  std::sort(all.begin(), all.end());
  std::string text;
  for (const std::string& line : all) {
    text += (text.empty() ? "" : "&") + line;
  }
  return "h=" + SignWsapi(text, AsBytes(kKey)) + "\r\n" + lines;
}

TEST(CloudAnswer, ReadsWhatASignedServerSays) {
  const StatusOr<CloudAnswer> good = Read(Honest(WsapiStatus::kOk));
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_EQ(good->result, CloudAnswer::Result::kGood);
  EXPECT_EQ(good->otp, kRequest.otp);
  EXPECT_EQ(good->position, 0x1234U);
  EXPECT_EQ(good->timestamp, 77U);
  const StatusOr<CloudAnswer> replayed =
      Read(Honest(WsapiStatus::kReplayedOtp));
  ASSERT_TRUE(replayed.ok());
  EXPECT_EQ(replayed->result, CloudAnswer::Result::kReplayed);
  const StatusOr<CloudAnswer> bad = Read(Honest(WsapiStatus::kBadOtp));
  ASSERT_TRUE(bad.ok());
  EXPECT_EQ(bad->result, CloudAnswer::Result::kBad);
}

TEST(CloudAnswer, TheCapsLockBitIsNoPartOfTheCounter) {
  const StatusOr<CloudAnswer> good =
      Read(Honest(WsapiStatus::kOk, kKey, WsapiCounters{.position = 0x800c05}));
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good->position, 0x000c05U);
}

TEST(CloudAnswer, OtherWordsAreNoAnswer) {
  for (const WsapiStatus status :
       {WsapiStatus::kReplayedRequest, WsapiStatus::kBadSignature,
        WsapiStatus::kMissingParameter, WsapiStatus::kNoSuchClient,
        WsapiStatus::kBackendError}) {
    EXPECT_EQ(Read(Honest(status)).status().code(), StatusCode::kUnavailable);
  }
}

TEST(CloudAnswer, NothingIsTakenFromALiar) {
  const std::string otp = "otp=" + kRequest.otp + "\r\n";
  const std::string nonce = "nonce=" + kRequest.nonce + "\r\n";
  const std::string counters =
      "timestamp=1\r\nsessioncounter=9\r\nsessionuse=1\r\n";
  const std::string ok = "status=OK\r\n";
  // The honest form of these lines is good.
  ASSERT_TRUE(Read(Signed(otp + nonce + counters + ok)).ok());
  const std::string lies[] = {
      "",
      "status=OK\r\n",
      Honest(WsapiStatus::kOk, "another key of 20 b."),
      Honest(WsapiStatus::kOk, ""),
      "h=\r\n" + otp + nonce + counters + ok,
      Signed(otp + nonce + ok),       // no counters
      Signed(nonce + counters + ok),  // no echo
      Signed(otp + counters + ok),
      Signed("otp=cccc\r\n" + nonce + counters + ok),
      Signed(otp + "nonce=0123456789abcdef\r\n" + counters + ok),
      Signed(otp + nonce + counters),  // no status
      Signed(otp + nonce + counters + "status=ok\r\n"),
      Signed(otp + nonce + counters + "status=MAYBE\r\n"),
      Signed(otp + nonce + counters + ok + "status=OK\r\n"),
      Signed(otp + nonce +
             "timestamp=1\r\nsessioncounter=-9\r\nsessionuse=1\r\n" + ok),
      Signed(otp + nonce +
             "timestamp=1\r\nsessioncounter=9\r\nsessionuse=256\r\n" + ok),
      Signed(otp + nonce +
             "timestamp=x\r\nsessioncounter=9\r\nsessionuse=1\r\n" + ok),
      Signed(otp + nonce + counters + ok) + "status=OK\r\n",
      "<html>status=OK</html>",
  };
  for (const std::string& lie : lies) {
    EXPECT_EQ(Read(lie).status().code(), StatusCode::kUnavailable) << lie;
  }
}

TEST(CloudAnswer, OneLetterChangedIsNoAnswer) {
  const std::string body = Honest(WsapiStatus::kOk);
  for (size_t i = 0; i < body.size(); ++i) {
    std::string changed = body;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    const StatusOr<CloudAnswer> answer = Read(changed);
    // Line ends are outside the signature.
    if (body[i] != '\r' && body[i] != '\n') {
      EXPECT_FALSE(answer.ok()) << i;
    }
  }
}

TEST(CloudQuery, IsSignedAndEncoded) {
  const std::string query = WriteCloudQuery(kRequest, 87, AsBytes(kKey));
  const yubico::ParsedWsapi parsed =
      yubico::ParseWsapi(true, Parameters::Parse(query));
  ASSERT_EQ(parsed.problem, std::nullopt);
  EXPECT_EQ(parsed.request.client, 87U);
  EXPECT_EQ(parsed.request.otp, kRequest.otp);
  EXPECT_EQ(parsed.request.nonce, kRequest.nonce);
  EXPECT_TRUE(parsed.request.timestamp);
  EXPECT_EQ(Base64Encode(AsBytes(parsed.request.signature)),
            SignWsapi(parsed.request.signed_text, AsBytes(kKey)));
}

}  // namespace
}  // namespace pawl::validator
