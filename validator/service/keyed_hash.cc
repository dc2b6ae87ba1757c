#include "validator/service/keyed_hash.h"

#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/key_access.h"

namespace pawl::validator {
namespace {

constexpr size_t kPepperSize = 32;
constexpr size_t kShort = 16;
constexpr std::string_view kPepperName = "pepper";
constexpr db::SealContext kPepperContext{
    .table = "server_secret", .row = 1, .kind = kPepperName};

// Every part is preceded by its length, so that no two lists of parts give
// the same message.
void Append(std::string& message, std::string_view part) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    message.push_back(static_cast<char>((part.size() >> shift) & 0xffU));
  }
  message += part;
}

// The first eight bytes.
uint64_t NumberOf(std::string_view mac) {
  return BigEndianNumber(mac.substr(0, sizeof(uint64_t)));
}

StatusOr<KeyedHash> OpenPepper(const std::string& sealed,
                               const db::Sealer& sealer) {
  StatusOr<SecretBytes> pepper = sealer.Open(kPepperContext, sealed);
  if (!pepper.ok()) {
    return FailedPrecondition("the master key does not open this store: " +
                              MessageOf(pepper.status()));
  }
  return KeyedHash(*std::move(pepper));
}

}  // namespace

StatusOr<KeyedHash> KeyedHash::FromStore(db::Store& store,
                                         const db::Sealer& sealer, Rng& rng) {
  StatusOr<std::string> sealed = store.GetServerSecret(kPepperName);
  if (sealed.ok()) {
    return OpenPepper(*sealed, sealer);
  }
  if (sealed.status().code() != StatusCode::kNotFound) {
    return sealed.status();
  }
  const Status put = store.PutServerSecret(
      kPepperName, sealer.Seal(kPepperContext, rng.Secret(kPepperSize)));
  // Another process may have been first: then its pepper is the pepper.
  if (!put.ok() && put.code() != StatusCode::kAlreadyExists) {
    return put;
  }
  PAWL_ASSIGN_OR_RETURN(const std::string written,
                        store.GetServerSecret(kPepperName));
  return OpenPepper(written, sealer);
}

StatusOr<bool> KeyedHash::IsNew(db::Store& store) {
  const StatusOr<std::string> sealed = store.GetServerSecret(kPepperName);
  if (sealed.status().code() == StatusCode::kNotFound) {
    return true;
  }
  PAWL_RETURN_IF_ERROR(sealed);
  return false;
}

KeyedHash::KeyedHash(SecretBytes pepper) : pepper_(std::move(pepper)) {}

std::string KeyedHash::Mac(
    std::string_view label,
    std::initializer_list<std::string_view> parts) const {
  std::string message;
  Append(message, label);
  for (const std::string_view part : parts) {
    Append(message, part);
  }
  const std::array<uint8_t, 32> mac =
      HmacSha256(pepper_.Reveal(GrantKeyAccess()), AsBytes(message));
  Wipe(message);
  return std::string(AsText(mac));
}

std::string KeyedHash::Pin(db::AccountId account, std::string_view pin) const {
  return Mac("pin", {db::ToString(account), pin});
}

std::string KeyedHash::ClientKey(db::ClientId client,
                                 std::string_view secret) const {
  return Mac("client-key", {db::ToString(client), secret});
}

std::string KeyedHash::AttemptKey(std::string_view caller,
                                  std::string_view attempt_id) const {
  return Mac("attempt", {caller, attempt_id}).substr(0, kShort);
}

std::string KeyedHash::AttemptBinding(
    std::initializer_list<std::string_view> question) const {
  return Mac("attempt-binding", question).substr(0, kShort);
}

std::string KeyedHash::Fingerprint(std::string_view family,
                                   std::string_view secret) const {
  return Mac("fingerprint", {family, secret}).substr(0, kShort);
}

std::string KeyedHash::OtpMark(std::string_view otp) const {
  return Mac("otp", {otp}).substr(0, kShort);
}

uint64_t KeyedHash::NonceMark(std::string_view otp,
                              std::string_view nonce) const {
  return 1 + NumberOf(Mac("nonce", {otp, nonce})) % db::kMaxPosition;
}

std::string KeyedHash::PageMac(std::string_view list,
                               std::string_view key) const {
  return Mac("page", {list, key}).substr(0, kShort);
}

uint64_t KeyedHash::Spread(std::string_view name) const {
  return NumberOf(Mac("stranger", {name}));
}

std::string KeyedHash::Device(db::DeviceId device,
                              std::string_view secret) const {
  return Mac("device", {db::ToString(device), secret});
}

std::string KeyedHash::SpareCode(db::AccountId account,
                                 std::string_view code) const {
  return Mac("spare-code", {db::ToString(account), code}).substr(0, kShort);
}

db::DeviceId KeyedHash::SeenDevice(std::string_view login,
                                   std::string_view type,
                                   std::string_view name) const {
  const std::string mac = Mac("seen-device", {login, type, name});
  return {1 + NumberOf(mac) % db::kMaxDeviceId};
}

std::string KeyedHash::SessionSeed(std::string_view attempt_key) const {
  return Mac("session", {attempt_key});
}

db::BudgetId KeyedHash::Budget(db::Cause cause, std::string_view subject,
                               std::string_view source,
                               std::string_view service) const {
  const std::string mac =
      Mac("budget", {db::ToString(cause), subject, source, service});
  return {1 + NumberOf(mac) % db::kMaxPosition};
}

}  // namespace pawl::validator
