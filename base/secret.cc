#include "base/secret.h"

#include <utility>

#include <openssl/crypto.h>

#include "base/bytes.h"

namespace pawl {

SecretBytes::SecretBytes(std::span<const uint8_t> bytes)
    : bytes_(bytes.begin(), bytes.end()) {}

SecretBytes::SecretBytes(std::string_view bytes)
    : SecretBytes(AsBytes(bytes)) {}

SecretBytes::SecretBytes(std::vector<uint8_t>&& bytes)
    : bytes_(std::move(bytes)) {}

SecretBytes::~SecretBytes() {
  Wipe();
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    Wipe();
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

SecretBytes SecretBytes::Clone() const {
  return SecretBytes(bytes_);
}

void SecretBytes::Wipe() {
  pawl::Wipe(std::span<uint8_t>(bytes_));
}

void Wipe(std::span<uint8_t> bytes) {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

void Wipe(std::span<std::byte> bytes) {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

void Wipe(std::string& text) {
  // A string that was longer once keeps the old characters behind its end.
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace pawl
