// Texts that people type, administrators configure and rows hold: what is read
// is what would be written, and reading it again changes nothing.
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/address.h"
#include "base/bytes.h"
#include "base/status.h"
#include "base/text.h"
#include "validator/core/catalogue.h"
#include "validator/core/credential.h"
#include "validator/core/typed_code.h"
#include "validator/service/argon2id.h"

namespace pawl::validator {
namespace {

constexpr std::string_view kLetters = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t kSecretLetters = 26;
constexpr size_t kCodeLetters = 16;

bool AreLetters(std::string_view text) {
  return text.find_first_not_of(kLetters) == std::string_view::npos;
}

// The random bytes that a secret was made of; its surplus bits are zero.
std::array<uint8_t, kDeviceRandomBytes> BytesOf(std::string_view letters) {
  std::array<uint8_t, kDeviceRandomBytes> bytes{};
  for (size_t bit = 0; bit < letters.size() * 5; ++bit) {
    const size_t value = kLetters.find(letters[bit / 5]);
    if ((value >> (4 - bit % 5) & 1U) != 0) {
      bytes[bit / 8] |= static_cast<uint8_t>(0x80U >> bit % 8);
    }
  }
  return bytes;
}

void CheckDevicePassword(std::string_view typed) {
  const std::optional<DevicePassword> read = ReadDevicePassword(typed);
  if (!read.has_value()) {
    return;
  }
  PAWL_CHECK(read->device >= 1 && read->device <= db::kMaxDeviceId);
  PAWL_CHECK(read->secret.size() == kSecretLetters && AreLetters(read->secret));
  const std::optional<DevicePassword> again = ReadDevicePassword(
      FormatDevicePassword(read->device, BytesOf(read->secret)));
  PAWL_CHECK(again.has_value() && again->device == read->device &&
             again->secret == read->secret);
}

void CheckRecoveryCode(std::string_view typed) {
  const std::vector<RecoveryReading> readings = ReadRecoveryCode(typed);
  PAWL_CHECK(readings.size() <= 1);
  for (const RecoveryReading& reading : readings) {
    PAWL_CHECK(typed.size() <= kMaxCredentialBytes);
    PAWL_CHECK(typed.substr(0, reading.pin.size()) == reading.pin);
    PAWL_CHECK(reading.code.size() == kCodeLetters && AreLetters(reading.code));
    const std::string normal = std::string(reading.pin) + reading.code;
    const std::vector<RecoveryReading> again = ReadRecoveryCode(normal);
    PAWL_CHECK(again.size() == 1 && again[0].pin == reading.pin &&
               again[0].code == reading.code);
  }
}

// A text seldom has a right checksum; so write one, and type it in capitals.
void CheckWritten(std::span<const uint8_t> bytes) {
  std::array<uint8_t, kDeviceRandomBytes> random{};
  const size_t size = std::min(random.size(), bytes.size());
  std::copy_n(bytes.begin(), size, random.begin());
  const uint64_t device = 1 + (uint64_t{random[0]} << 32U | random[1]);
  std::string printed = FormatDevicePassword(device, random);
  std::transform(printed.begin(), printed.end(), printed.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  CheckDevicePassword(printed);
  PAWL_CHECK(ReadDevicePassword(printed)->device == device);
  const std::string code = FormatRecoveryCode(
      std::span<const uint8_t>(random).first(kRecoveryRandomBytes));
  const std::string typed = std::string(AsText(bytes)) + code;
  PAWL_CHECK(ReadRecoveryCode(typed).size() ==
             (typed.size() <= kMaxCredentialBytes ? 1U : 0U));
  CheckRecoveryCode(typed);
}

std::string TextOf(const Catalogue& catalogue, ServiceKind kind) {
  std::string text;
  for (const Service& service : catalogue.services()) {
    if (service.kind == kind) {
      text += ' ' + service.name;
      text += service.scope.empty() ? "" : ':' + service.scope;
      text += service.internal ? ":internal" : "";
    }
  }
  return text;
}

std::string TextOf(const std::vector<DeviceType>& types) {
  std::string text;
  for (const DeviceType& type : types) {
    std::string scopes = JoinNames(type.scopes);
    std::replace(scopes.begin(), scopes.end(), ' ', ',');
    text += ' ' + type.name + '=' + scopes;
  }
  return text;
}

// Three lines: interactive services, sync services, device types.
void CheckCatalogue(std::string_view text) {
  std::array<std::string_view, 3> lines{};
  for (std::string_view& line : lines) {
    line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  const StatusOr<Catalogue> read =
      Catalogue::Parse(lines[0], lines[1], lines[2]);
  if (!read.ok()) {
    PAWL_CHECK(read.status().code() == StatusCode::kInvalidArgument);
    PAWL_CHECK(!FieldOf(read.status()).empty());
    return;
  }
  for (const Service& service : read->services()) {
    PAWL_CHECK(read->Find(service.name) == &service);
  }
  for (const DeviceType& type : read->types()) {
    PAWL_CHECK(read->FindType(type.name) == &type);
    const std::string scopes = JoinNames(type.scopes);
    PAWL_CHECK(std::any_of(
        read->services().begin(), read->services().end(),
        [&](const Service& service) { return Opens(scopes, service); }));
  }
  const std::string interactive = TextOf(*read, ServiceKind::kInteractive);
  const std::string sync = TextOf(*read, ServiceKind::kSync);
  const std::string types = TextOf(read->types());
  const Catalogue again = Catalogue::Parse(interactive, sync, types).value();
  PAWL_CHECK(TextOf(again, ServiceKind::kInteractive) == interactive);
  PAWL_CHECK(TextOf(again, ServiceKind::kSync) == sync);
  PAWL_CHECK(TextOf(again.types()) == types);
}

void CheckNames(std::string_view text) {
  const std::vector<std::string> names = SplitNames(text);
  PAWL_CHECK(SplitNames(JoinNames(names)) == names);
  PAWL_CHECK(!HasName(text, ""));
  // The front of a name need not be one.
  const std::string_view front = text.substr(0, text.size() / 2);
  for (const std::string_view name : {front, text}) {
    PAWL_CHECK(HasName(text, name) ==
               (std::find(names.begin(), names.end(), name) != names.end()));
  }
}

void CheckAddresses(std::string_view text) {
  const std::string place = PlaceOf(text);
  PAWL_CHECK(PlaceOf(place) == place);
  const std::optional<Networks> networks = Networks::Parse(text);
  if (networks.has_value()) {
    for (const std::string& network : SplitNames(text)) {
      const std::string address = network.substr(0, network.find('/'));
      PAWL_CHECK(networks->Contain(address));
      PAWL_CHECK(Networks::Parse("0.0.0.0/0 ::/0")->Contain(address));
    }
  }
}

void CheckPhc(std::string_view text) {
  const StatusOr<PasswordHash> read = ParsePhc(text);
  PAWL_CHECK(read.ok() || read.status().code() == StatusCode::kDataLoss);
  if (read.ok()) {
    PAWL_CHECK(FormatPhc(*read) == text);
    PAWL_CHECK(IsAllowed(read->parameters));
    PAWL_CHECK(read->salt.size() >= 8 && read->salt.size() <= 64);
    PAWL_CHECK(read->hash.size() >= 16 && read->hash.size() <= 64);
  }
}

}  // namespace
}  // namespace pawl::validator

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  const std::string_view text = pawl::AsText(bytes);
  pawl::validator::CheckDevicePassword(text);
  pawl::validator::CheckRecoveryCode(text);
  pawl::validator::CheckWritten(bytes);
  pawl::validator::CheckCatalogue(text);
  pawl::validator::CheckNames(text);
  pawl::validator::CheckAddresses(text);
  pawl::validator::CheckPhc(text);
  return 0;
}
