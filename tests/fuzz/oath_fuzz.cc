// Window searches at any place of the 64-bit range: they end, what they find
// is right, and nothing at or below the last used position is fresh.
#include <cstdint>
#include <string>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>

#include "base/status.h"
#include "oath/hotp.h"
#include "oath/motp.h"
#include "oath/totp.h"

namespace pawl::oath {
namespace {

struct Input {
  explicit Input(FuzzedDataProvider& data)
      : hash(
            data.PickValueInArray({Hash::kSha1, Hash::kSha256, Hash::kSha512})),
        digits(data.ConsumeIntegralInRange(kMinDigits, kMaxDigits)),
        center(data.ConsumeIntegral<uint64_t>()),
        window(data.ConsumeIntegral<uint8_t>()),
        last(data.ConsumeBool() ? std::optional<uint64_t>(
                                      center - data.ConsumeIntegral<uint8_t>())
                                : std::nullopt),
        // Where a right code is taken from; often inside the window.
        position(center + data.ConsumeIntegral<uint8_t>() - 128U),
        right(data.ConsumeBool()),
        pin(data.ConsumeRandomLengthString(8)),
        text(data.ConsumeRandomLengthString(10)),
        key(data.ConsumeRemainingBytes<uint8_t>()) {}
  Hash hash;
  int digits;
  uint64_t center;
  uint64_t window;
  std::optional<uint64_t> last;
  uint64_t position;
  bool right;
  std::string pin;
  std::string text;
  std::vector<uint8_t> key;
};

// `code_at` gives the right code of a position.
template <typename CodeAt>
void CheckMatch(const WindowMatch& match, const Input& in,
                std::string_view code, CodeAt code_at) {
  if (match.fresh.has_value()) {
    PAWL_CHECK(!in.last.has_value() || *match.fresh > *in.last);
    PAWL_CHECK(code_at(*match.fresh) == code);
  }
  if (match.stale.has_value()) {
    PAWL_CHECK(in.last.has_value() && *match.stale <= *in.last);
    PAWL_CHECK(code_at(*match.stale) == code);
  }
}

void CheckOath(const Input& in) {
  const auto code_at = [&in](uint64_t position) {
    return Hotp(in.key, position, in.digits, in.hash);
  };
  const std::string code = in.right ? code_at(in.position) : in.text;
  CheckMatch(FindHotp(in.key, code, in.digits, in.hash, in.last, in.window), in,
             code, code_at);
  CheckMatch(
      FindTotp(in.key, code, in.digits, in.hash, in.last, in.center, in.window),
      in, code, code_at);
  const std::string next = code_at(in.position + 1);
  const std::optional<uint64_t> pair = FindHotpPair(
      in.key, {code, next}, in.digits, in.hash, in.center, in.window);
  if (pair.has_value()) {
    PAWL_CHECK(*pair >= in.center && *pair - in.center <= in.window);
    PAWL_CHECK(code_at(*pair) == code && code_at(*pair + 1) == next);
  }
}

void CheckMotp(const Input& in) {
  const std::string_view secret = AsText(in.key);
  const auto code_at = [&](uint64_t slot) {
    return Motp(secret, in.pin, slot);
  };
  const std::string code = in.right ? code_at(in.position) : in.text;
  CheckMatch(FindMotp(secret, in.pin, code, in.last, in.center, in.window), in,
             code, code_at);
  const std::string next = code_at(in.position + 1);
  const uint64_t first = in.last.value_or(0);
  const std::optional<uint64_t> pair =
      FindMotpPair(secret, in.pin, {code, next}, first, in.center, in.window);
  if (pair.has_value()) {
    PAWL_CHECK(*pair >= first);
    PAWL_CHECK(code_at(*pair) == code && code_at(*pair + 1) == next);
  }
}

}  // namespace
}  // namespace pawl::oath

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  FuzzedDataProvider data(bytes, size);
  const pawl::oath::Input input(data);
  pawl::oath::CheckOath(input);
  pawl::oath::CheckMotp(input);
  return 0;
}
