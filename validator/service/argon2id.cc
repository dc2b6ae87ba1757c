#include "validator/service/argon2id.h"

#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include <argon2.h>

namespace pawl::validator {
namespace {

constexpr size_t kMinSalt = 8;
constexpr size_t kMinHash = 16;
constexpr size_t kMaxField = 64;      // bytes of salt or hash
constexpr size_t kMaxPhcBytes = 256;  // more than the longest has
constexpr uint32_t kMinKibPerLane = 8;

constexpr std::string_view kBeforeMemory = "$argon2id$v=19$m=";
constexpr std::string_view kBeforePasses = ",t=";
constexpr std::string_view kBeforeLanes = ",p=";

bool HasAllowedSizes(size_t salt, size_t hash) {
  return salt >= kMinSalt && salt <= kMaxField && hash >= kMinHash &&
         hash <= kMaxField;
}

std::string EncodeUnpadded(std::span<const uint8_t> bytes) {
  std::string text = Base64Encode(bytes);
  while (text.ends_with('=')) {
    text.pop_back();
  }
  return text;
}

std::optional<Bytes> DecodeUnpadded(std::string_view text) {
  std::string padded(text);
  padded.append((4 - padded.size() % 4) % 4, '=');
  return Base64Decode(padded);
}

// Takes `expected` off the front of `text`.
bool Take(std::string_view expected, std::string_view& text) {
  if (!text.starts_with(expected)) {
    return false;
  }
  text.remove_prefix(expected.size());
  return true;
}

bool TakeNumber(uint32_t& number, std::string_view& text) {
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) {
    return false;
  }
  text.remove_prefix(static_cast<size_t>(after - text.data()));
  return true;
}

// Reads more than FormatPhc() writes, leading zeros for one; ParsePhc()
// compares.
std::optional<PasswordHash> ReadPhc(std::string_view text) {
  PasswordHash stored;
  Argon2Parameters& parameters = stored.parameters;
  if (!Take(kBeforeMemory, text) || !TakeNumber(parameters.memory_kib, text) ||
      !Take(kBeforePasses, text) || !TakeNumber(parameters.passes, text) ||
      !Take(kBeforeLanes, text) || !TakeNumber(parameters.lanes, text) ||
      !Take("$", text)) {
    return std::nullopt;
  }
  const size_t end = text.find('$');
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  std::optional<Bytes> salt = DecodeUnpadded(text.substr(0, end));
  std::optional<Bytes> hash = DecodeUnpadded(text.substr(end + 1));
  if (!salt.has_value() || !hash.has_value()) {
    return std::nullopt;
  }
  stored.salt = *std::move(salt);
  stored.hash = *std::move(hash);
  return stored;
}

// libargon2's pointers are not const, but it writes to what they point to only
// where the flags say so.
uint8_t* InputOf(std::span<const uint8_t> bytes) {
  return const_cast<uint8_t*>(bytes.data());
}

uint32_t SizeOf(std::span<const uint8_t> bytes) {
  PAWL_CHECK(bytes.size() <= std::numeric_limits<uint32_t>::max());
  return static_cast<uint32_t>(bytes.size());
}

}  // namespace

bool IsAllowed(const Argon2Parameters& parameters) {
  return parameters.lanes >= 1 && parameters.lanes <= kMaxArgon2Lanes &&
         parameters.passes >= 1 && parameters.passes <= kMaxArgon2Passes &&
         parameters.memory_kib >= kMinKibPerLane * parameters.lanes &&
         parameters.memory_kib <= kMaxArgon2MemoryKib;
}

bool IsWeaker(const PasswordHash& stored, const Argon2Parameters& parameters) {
  return stored.parameters.memory_kib < parameters.memory_kib ||
         stored.parameters.passes < parameters.passes ||
         stored.salt.size() < kSaltSize || stored.hash.size() < kHashSize;
}

std::string FormatPhc(const PasswordHash& stored) {
  std::string text(kBeforeMemory);
  text += std::to_string(stored.parameters.memory_kib);
  text += kBeforePasses;
  text += std::to_string(stored.parameters.passes);
  text += kBeforeLanes;
  text += std::to_string(stored.parameters.lanes);
  text += '$' + EncodeUnpadded(stored.salt);
  text += '$' + EncodeUnpadded(stored.hash);
  return text;
}

StatusOr<PasswordHash> ParsePhc(std::string_view phc) {
  if (phc.size() > kMaxPhcBytes) {
    return DataLoss("a stored password hash is too long");
  }
  std::optional<PasswordHash> stored = ReadPhc(phc);
  if (!stored.has_value() || FormatPhc(*stored) != phc) {
    return DataLoss("a stored password hash is not an argon2id PHC string");
  }
  if (!IsAllowed(stored->parameters) ||
      !HasAllowedSizes(stored->salt.size(), stored->hash.size())) {
    return DataLoss("a stored password hash is out of bounds");
  }
  return *std::move(stored);
}

StatusOr<Bytes> Argon2id(const Argon2Parameters& parameters,
                         std::span<const uint8_t> password,
                         std::span<const uint8_t> salt, size_t size) {
  PAWL_CHECK(IsAllowed(parameters) && HasAllowedSizes(salt.size(), size));
  Bytes hash(size);
  argon2_context context{};
  context.out = hash.data();
  context.outlen = SizeOf(hash);
  context.pwd = InputOf(password);
  context.pwdlen = SizeOf(password);
  context.salt = InputOf(salt);
  context.saltlen = SizeOf(salt);
  context.m_cost = parameters.memory_kib;
  context.t_cost = parameters.passes;
  context.lanes = parameters.lanes;
  context.threads = 1;
  context.version = ARGON2_VERSION_13;
  const int result = argon2_ctx(&context, Argon2_id);
  if (result != ARGON2_OK) {
    return Unavailable(std::string("cannot hash a password: ") +
                       argon2_error_message(result));
  }
  return hash;
}

}  // namespace pawl::validator
