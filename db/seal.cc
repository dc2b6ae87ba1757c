#include "db/seal.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/key_access.h"

namespace pawl::db {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kKeyIdSize = 4;
constexpr size_t kNonceSize = 12;
constexpr size_t kTagSize = 16;
// Version, key id, nonce.
constexpr size_t kHeaderSize = 1 + kKeyIdSize + kNonceSize;

// "token 42 HOTP": for errors.
std::string NameOf(const SealContext& context) {
  std::string name(context.table);
  name += ' ';
  name += std::to_string(context.row);
  name += context.kind.empty() ? "" : " ";
  name += context.kind;
  return name;
}

Status CannotOpen(const SealContext& context, std::string_view why) {
  return DataLoss("sealed secret of " + NameOf(context) + ": " +
                  std::string(why));
}

void AppendNumber(uint64_t number, Bytes& out) {
  constexpr unsigned kBitsPerByte = 8;
  for (unsigned shift = 64; shift > 0; shift -= kBitsPerByte) {
    out.push_back(static_cast<uint8_t>(number >> (shift - kBitsPerByte)));
  }
}

// With its length in front, so that no two contexts give the same bytes.
void AppendText(std::string_view text, Bytes& out) {
  AppendNumber(text.size(), out);
  out.insert(out.end(), text.begin(), text.end());
}

Bytes AdditionalData(const SealContext& context) {
  Bytes data{kVersion};
  AppendText(context.table, data);
  AppendNumber(context.row, data);
  AppendText(context.kind, data);
  return data;
}

std::string KeyIdOf(const SecretBytes& key) {
  constexpr std::string_view kLabel = "pawl master key id";
  const auto mac = HmacSha256(key.Reveal(GrantKeyAccess()), AsBytes(kLabel));
  return HexEncode(std::span(mac).first(kKeyIdSize));
}

Status CreateKeyFile(const std::filesystem::path& path, Rng& rng) {
  const SecretBytes key = rng.Secret(Sealer::kMasterKeySize);
  std::string text = HexEncode(key.Reveal(GrantKeyAccess())) + "\n";
  Status status = CreatePrivateFile(path, text);
  Wipe(text);
  return status;
}

std::optional<SecretBytes> ParseKey(const SecretBytes& text) {
  std::string_view digits = AsText(text.Reveal(GrantKeyAccess()));
  if (digits.size() != 2 * Sealer::kMasterKeySize + 1 ||
      digits.back() != '\n') {
    return std::nullopt;
  }
  digits.remove_suffix(1);
  std::optional<Bytes> key = HexDecode(digits);
  if (!key.has_value()) {
    return std::nullopt;
  }
  return SecretBytes(*std::move(key));
}

}  // namespace

Sealer::Sealer(SecretBytes master_key, std::string key_id, Rng& rng)
    : master_key_(std::move(master_key)),
      key_id_(std::move(key_id)),
      rng_(&rng) {}

StatusOr<Sealer> Sealer::Create(SecretBytes master_key, Rng& rng) {
  if (master_key.size() != kMasterKeySize) {
    return FailedPrecondition("a master key has 32 bytes");
  }
  std::string key_id = KeyIdOf(master_key);
  return Sealer(std::move(master_key), std::move(key_id), rng);
}

StatusOr<Sealer> Sealer::FromFile(const std::filesystem::path& path,
                                  bool create, Rng& rng) {
  StatusOr<SecretBytes> text = ReadPrivateFile(path);
  if (create && text.status().code() == StatusCode::kNotFound) {
    const Status created = CreateKeyFile(path, rng);
    // Another process may have been faster: then its key is the key.
    if (!created.ok() && created.code() != StatusCode::kAlreadyExists) {
      return created;
    }
    text = ReadPrivateFile(path);
  }
  PAWL_RETURN_IF_ERROR(text.status());
  std::optional<SecretBytes> key = ParseKey(*text);
  if (!key.has_value()) {
    return FailedPrecondition(path.native() +
                              " must hold 64 hex digits and a line end");
  }
  return Create(*std::move(key), rng);
}

// Nonces are random: one key is good for 2^32 seals.
std::string Sealer::Seal(const SealContext& context,
                         const SecretBytes& secret) const {
  const KeyAccess access = GrantKeyAccess();
  std::array<uint8_t, kNonceSize> nonce{};
  rng_->Fill(nonce);
  const Bytes cipher =
      AeadSeal(master_key_.Reveal(access).first<kMasterKeySize>(), nonce,
               AdditionalData(context), secret.Reveal(access));
  std::string sealed(1, static_cast<char>(kVersion));
  const std::optional<Bytes> key_id = HexDecode(key_id_);
  PAWL_CHECK(key_id.has_value());
  sealed += AsText(*key_id);
  sealed += AsText(nonce);
  sealed += AsText(cipher);
  return sealed;
}

StatusOr<SecretBytes> Sealer::Open(const SealContext& context,
                                   std::string_view sealed) const {
  if (sealed.size() < kHeaderSize + kTagSize ||
      sealed.front() != static_cast<char>(kVersion)) {
    return CannotOpen(context, "not of a known form");
  }
  const std::span<const uint8_t> bytes = AsBytes(sealed);
  const std::string sealed_under = HexEncode(bytes.subspan(1, kKeyIdSize));
  if (sealed_under != key_id_) {
    return CannotOpen(context, "sealed under master key " + sealed_under +
                                   ", this is " + key_id_);
  }
  std::optional<SecretBytes> secret =
      AeadOpen(master_key_.Reveal(GrantKeyAccess()).first<kMasterKeySize>(),
               bytes.subspan<1 + kKeyIdSize, kNonceSize>(),
               AdditionalData(context), bytes.subspan(kHeaderSize));
  if (!secret.has_value()) {
    return CannotOpen(context, "changed, or moved from another row");
  }
  return *std::move(secret);
}

}  // namespace pawl::db
