#include "base/crypto.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/status.h"

namespace pawl {
namespace {

constexpr size_t kTagSize = 16;

struct Free {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
  void operator()(EVP_CIPHER_CTX* context) const {
    EVP_CIPHER_CTX_free(context);
  }
};

using MacContext = std::unique_ptr<EVP_MAC_CTX, Free>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Free>;

// OpenSSL counts with int; a longer text is a bug, messages are small.
int IntSize(std::span<const uint8_t> bytes) {
  PAWL_CHECK(bytes.size() <= size_t{std::numeric_limits<int>::max()});
  return static_cast<int>(bytes.size());
}

struct HashTraits {
  const char* name;
  size_t size;
};

HashTraits TraitsOf(Hash hash) {
  switch (hash) {
    case Hash::kSha1:
      return {"SHA1", 20};
    case Hash::kSha256:
      return {"SHA256", 32};
    case Hash::kSha512:
      return {"SHA512", 64};
  }
  PAWL_CHECK(false);
}

// The thread's idle HMAC contexts for `hash`.
std::vector<MacContext>& IdleMacs(Hash hash) {
  thread_local std::array<std::vector<MacContext>, 4> idle;
  return idle.at(static_cast<size_t>(hash));
}

MacContext NewMac(Hash hash) {
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  PAWL_CHECK(hmac != nullptr);
  MacContext context(EVP_MAC_CTX_new(hmac));
  PAWL_CHECK(context != nullptr);
  std::string name = TraitsOf(hash).name;
  const std::array<OSSL_PARAM, 2> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
      OSSL_PARAM_construct_end()};
  PAWL_CHECK(EVP_MAC_CTX_set_params(context.get(), params.data()) == 1);
  return context;
}

MacContext TakeMac(Hash hash) {
  std::vector<MacContext>& idle = IdleMacs(hash);
  if (idle.empty()) {
    return NewMac(hash);
  }
  MacContext context = std::move(idle.back());
  idle.pop_back();
  return context;
}

EVP_MD_CTX* ThreadDigestContext() {
  thread_local const DigestContext context(EVP_MD_CTX_new());
  PAWL_CHECK(context != nullptr);
  return context.get();
}

void ComputeDigest(const EVP_MD* algorithm, std::span<const uint8_t> message,
                   std::span<uint8_t> digest) {
  PAWL_CHECK(algorithm != nullptr);
  EVP_MD_CTX* const context = ThreadDigestContext();
  unsigned size = 0;
  PAWL_CHECK(EVP_DigestInit_ex2(context, algorithm, nullptr) == 1 &&
             EVP_DigestUpdate(context, message.data(), message.size()) == 1 &&
             EVP_DigestFinal_ex(context, digest.data(), &size) == 1 &&
             size == digest.size());
}

enum class Direction : int { kDecrypt = 0, kEncrypt = 1 };

// A context for one cipher and direction, still without a key.
CipherContext NewCipher(const char* name, Direction direction) {
  CipherContext context(EVP_CIPHER_CTX_new());
  EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  PAWL_CHECK(context != nullptr && cipher != nullptr);
  PAWL_CHECK(EVP_CipherInit_ex2(context.get(), cipher, nullptr, nullptr,
                                static_cast<int>(direction), nullptr) == 1);
  EVP_CIPHER_free(cipher);  // the context keeps its own reference
  return context;
}

CipherContext NewAes128(Direction direction) {
  CipherContext context = NewCipher("AES-128-ECB", direction);
  PAWL_CHECK(EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1);
  return context;
}

// Sets key and nonce (null: the cipher has none); -1 keeps the direction.
void SetKey(EVP_CIPHER_CTX* context, const uint8_t* key, const uint8_t* nonce) {
  PAWL_CHECK(EVP_CipherInit_ex2(context, nullptr, key, nonce, -1, nullptr) ==
             1);
}

// Runs `in` through the cipher into `out` (null: additional data).
void Update(EVP_CIPHER_CTX* context, std::span<const uint8_t> in,
            uint8_t* out) {
  if (in.empty()) {
    return;
  }
  int size = 0;
  PAWL_CHECK(EVP_CipherUpdate(context, out, &size, in.data(), IntSize(in)) ==
                 1 &&
             size == IntSize(in));
}

AesBlock Aes128(EVP_CIPHER_CTX* context, std::span<const uint8_t, 16> key,
                const AesBlock& in) {
  AesBlock out{};
  SetKey(context, key.data(), nullptr);
  Update(context, in, out.data());
  return out;
}

// Ends a GCM text, which writes nothing more. False: the tag is wrong.
bool Finish(EVP_CIPHER_CTX* context) {
  std::array<uint8_t, kTagSize> nothing{};
  int size = 0;
  return EVP_CipherFinal_ex(context, nothing.data(), &size) == 1;
}

template <size_t kSize>
std::array<uint8_t, kSize> HmacOf(Hash hash, std::span<const uint8_t> key,
                                  std::span<const uint8_t> message) {
  std::array<uint8_t, 64> out{};
  Hmac(hash, key).Compute(message, out);
  std::array<uint8_t, kSize> mac{};
  std::copy_n(out.begin(), kSize, mac.begin());
  return mac;
}

}  // namespace

size_t DigestSize(Hash hash) {
  return TraitsOf(hash).size;
}

Hmac::Hmac(Hash hash, std::span<const uint8_t> key)
    : hash_(hash), context_(TakeMac(hash).release()) {
  // A null key would mean "the key before" to OpenSSL.
  static constexpr uint8_t kEmptyKey = 0;
  const uint8_t* const data = key.empty() ? &kEmptyKey : key.data();
  PAWL_CHECK(EVP_MAC_init(static_cast<EVP_MAC_CTX*>(context_), data, key.size(),
                          nullptr) == 1);
}

Hmac::~Hmac() {
  IdleMacs(hash_).emplace_back(static_cast<EVP_MAC_CTX*>(context_));
}

void Hmac::Compute(std::span<const uint8_t> message,
                   std::span<uint8_t, 64> out) {
  auto* const context = static_cast<EVP_MAC_CTX*>(context_);
  if (std::exchange(used_, true)) {
    PAWL_CHECK(EVP_MAC_init(context, nullptr, 0, nullptr) == 1);
  }
  size_t size = 0;
  PAWL_CHECK(EVP_MAC_update(context, message.data(), message.size()) == 1 &&
             EVP_MAC_final(context, out.data(), &size, out.size()) == 1 &&
             size == DigestSize(hash_));
}

std::array<uint8_t, 20> HmacSha1(std::span<const uint8_t> key,
                                 std::span<const uint8_t> message) {
  return HmacOf<20>(Hash::kSha1, key, message);
}

std::array<uint8_t, 32> HmacSha256(std::span<const uint8_t> key,
                                   std::span<const uint8_t> message) {
  return HmacOf<32>(Hash::kSha256, key, message);
}

Bytes Digest(Hash hash, std::span<const uint8_t> message) {
  // A secret is registered once: fetching the algorithm anew costs nothing.
  const std::unique_ptr<EVP_MD, Free> algorithm(
      EVP_MD_fetch(nullptr, TraitsOf(hash).name, nullptr));
  Bytes digest(DigestSize(hash));
  ComputeDigest(algorithm.get(), message, digest);
  return digest;
}

std::array<uint8_t, 16> Md5(std::span<const uint8_t> message) {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "MD5", nullptr);
  std::array<uint8_t, 16> digest{};
  ComputeDigest(algorithm, message, digest);
  return digest;
}

AesBlock Aes128Decrypt(std::span<const uint8_t, 16> key,
                       const AesBlock& cipher) {
  thread_local const CipherContext context = NewAes128(Direction::kDecrypt);
  return Aes128(context.get(), key, cipher);
}

AesBlock Aes128Encrypt(std::span<const uint8_t, 16> key,
                       const AesBlock& plain) {
  thread_local const CipherContext context = NewAes128(Direction::kEncrypt);
  return Aes128(context.get(), key, plain);
}

Bytes AeadSeal(std::span<const uint8_t, 32> key,
               std::span<const uint8_t, 12> nonce, std::span<const uint8_t> aad,
               std::span<const uint8_t> plain) {
  thread_local const CipherContext context =
      NewCipher("AES-256-GCM", Direction::kEncrypt);
  Bytes sealed(plain.size() + kTagSize);
  SetKey(context.get(), key.data(), nonce.data());
  Update(context.get(), aad, nullptr);
  Update(context.get(), plain, sealed.data());
  PAWL_CHECK(Finish(context.get()));
  PAWL_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG,
                                 static_cast<int>(kTagSize),
                                 sealed.data() + plain.size()) == 1);
  return sealed;
}

std::optional<SecretBytes> AeadOpen(std::span<const uint8_t, 32> key,
                                    std::span<const uint8_t, 12> nonce,
                                    std::span<const uint8_t> aad,
                                    std::span<const uint8_t> sealed) {
  if (sealed.size() < kTagSize) {
    return std::nullopt;
  }
  thread_local const CipherContext context =
      NewCipher("AES-256-GCM", Direction::kDecrypt);
  const std::span<const uint8_t> text = sealed.first(sealed.size() - kTagSize);
  std::array<uint8_t, kTagSize> tag{};
  std::copy_n(sealed.end() - kTagSize, kTagSize, tag.begin());
  Bytes plain(text.size());
  SetKey(context.get(), key.data(), nonce.data());
  Update(context.get(), aad, nullptr);
  Update(context.get(), text, plain.data());
  PAWL_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG,
                                 static_cast<int>(kTagSize), tag.data()) == 1);
  const bool authentic = Finish(context.get());
  SecretBytes secret(std::move(plain));  // wiped when it is not authentic
  if (!authentic) {
    return std::nullopt;
  }
  return secret;
}

}  // namespace pawl
