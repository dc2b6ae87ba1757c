// Input: AES key, private id, OTP text. A text that parses is the one its
// parts make; a block that opens is the one its fields make.
#include <algorithm>
#include <cstdint>

#include "base/status.h"
#include "base/text.h"
#include "yubico/modhex.h"
#include "yubico/otp.h"

namespace pawl::yubico {
namespace {

using Key = std::array<uint8_t, kAesKeySize>;
using PrivateId = std::array<uint8_t, kPrivateIdSize>;

template <size_t kSize>
std::array<uint8_t, kSize> Take(std::span<const uint8_t>& data) {
  std::array<uint8_t, kSize> taken{};
  const size_t size = std::min(kSize, data.size());
  std::copy_n(data.begin(), size, taken.begin());
  data = data.subspan(size);
  return taken;
}

void CheckBlock(const AesBlock& cipher, const Key& key, const PrivateId& id) {
  const std::optional<OtpBlock> block = Open(cipher, key, id);
  if (block.has_value()) {
    PAWL_CHECK(block->private_id == id);
    PAWL_CHECK(block->use_counter <= 0x7fff && block->timestamp <= 0xffffff);
    PAWL_CHECK(Seal(*block, key) == cipher);
  }
}

void CheckText(std::string_view input, const Key& key, const PrivateId& id) {
  const std::string_view text = StripLineEnd(input);
  if (const std::optional<OtpText> otp = ParseModhex(text)) {
    PAWL_CHECK(otp->public_id + ModhexEncode(otp->cipher) == AsciiLower(text));
    CheckBlock(otp->cipher, key, id);
  }
  if (const std::optional<OtpText> otp = ParseDvorak(text)) {
    PAWL_CHECK(otp->public_id + ModhexEncode(otp->cipher) == FromDvorak(text));
    CheckBlock(otp->cipher, key, id);
  }
}

// Random blocks open once in 2^64 tries; so let one open.
void CheckSealed(std::span<const uint8_t> data, const Key& key,
                 const PrivateId& id) {
  const std::array<uint8_t, 9> bytes = Take<9>(data);
  const OtpBlock block{
      .private_id = id,
      .use_counter = static_cast<uint16_t>((bytes[0] & 0x7f) << 8 | bytes[1]),
      .caps_lock = bytes[2] % 2 == 1,
      .timestamp =
          static_cast<uint32_t>(bytes[3] << 16 | bytes[4] << 8 | bytes[5]),
      .session_use = bytes[6],
      .random = static_cast<uint16_t>(bytes[7] << 8 | bytes[8])};
  const AesBlock cipher = Seal(block, key);
  const std::optional<OtpBlock> opened = Open(cipher, key, id);
  PAWL_CHECK(opened.has_value() && PositionOf(*opened) == PositionOf(block));
  CheckBlock(cipher, key, id);
}

}  // namespace
}  // namespace pawl::yubico

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace yubico = pawl::yubico;
  std::span<const uint8_t> input(data, size);
  const auto key = yubico::Take<yubico::kAesKeySize>(input);
  const auto private_id = yubico::Take<yubico::kPrivateIdSize>(input);
  yubico::CheckText(pawl::AsText(input), key, private_id);
  yubico::CheckSealed(input, key, private_id);
  return 0;
}
