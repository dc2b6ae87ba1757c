// Modhex decodes only what the encoder writes; a Dvorak text becomes modhex.
#include <cstdint>

#include "base/status.h"
#include "yubico/modhex.h"

namespace pawl::yubico {
namespace {

void Check(std::string_view text) {
  const std::optional<Bytes> bytes = ModhexDecode(text);
  PAWL_CHECK(bytes.has_value() == (IsModhex(text) && text.size() % 2 == 0));
  if (bytes.has_value()) {
    PAWL_CHECK(ModhexEncode(*bytes) == text);
  }
  const std::optional<std::string> mapped = FromDvorak(text);
  if (mapped.has_value()) {
    PAWL_CHECK(IsModhex(*mapped) && mapped->size() == text.size());
  }
}

}  // namespace
}  // namespace pawl::yubico

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  pawl::yubico::Check(pawl::AsText(bytes));
  const std::string text = pawl::yubico::ModhexEncode(bytes);
  PAWL_CHECK(pawl::yubico::ModhexDecode(text) ==
             pawl::Bytes(bytes.begin(), bytes.end()));
  return 0;
}
