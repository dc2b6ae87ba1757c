#include "tools/token/token_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <google/protobuf/struct.pb.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "tools/cli/json.h"
#include "tools/cli/report.h"
#include "tools/cli/secrets.h"

namespace pawl::tools {
namespace {

namespace fs = std::filesystem;
using google::protobuf::Struct;

constexpr const char* kRegistration = "registration";
constexpr const char* kYubico = "yubico";
constexpr const char* kUseCounter = "use_counter";
constexpr const char* kSessionUses = "session_uses";
constexpr const char* kPowerUpTime = "power_up_unix_millis";
constexpr const char* kPowerUpTimestamp = "power_up_timestamp";

// JSON numbers are doubles: exact up to here.
constexpr int64_t kMaxExact = int64_t{1} << 53;

std::string ErrnoMessage() {
  return std::generic_category().message(errno);
}

Status ErrnoStatus(const fs::path& path) {
  return FailedPrecondition(path.native() + ": " + ErrnoMessage());
}

std::string Serialize(const SoftwareToken& token) {
  Struct state;
  auto& fields = *state.mutable_fields();
  PAWL_CHECK(FromJson(ToJson(token.registration(), JsonDefaults::kLeaveOut),
                      *fields[kRegistration].mutable_struct_value()));
  if (token.registration().has_yubico()) {
    const YubicoState& yubico = token.yubico();
    auto& counters = *fields[kYubico].mutable_struct_value()->mutable_fields();
    counters[kUseCounter].set_number_value(yubico.use_counter);
    counters[kSessionUses].set_number_value(yubico.session_uses);
    counters[kPowerUpTime].set_number_value(
        static_cast<double>(ToUnixMillis(yubico.power_up_time)));
    counters[kPowerUpTimestamp].set_number_value(yubico.power_up_timestamp);
  }
  return ToJson(state, JsonDefaults::kLeaveOut);
}

// The member called `name`; empty when there is none.
const Struct& Member(const Struct& from, const char* name) {
  const auto found = from.fields().find(name);
  return found == from.fields().end() ? Struct::default_instance()
                                      : found->second.struct_value();
}

// The whole number 0..max called `name`.
std::optional<int64_t> NumberIn(const Struct& from, const char* name,
                                int64_t max) {
  const auto found = from.fields().find(name);
  if (found == from.fields().end()) {
    return std::nullopt;
  }
  const double value = found->second.number_value();
  if (value != std::floor(value) || value < 0 ||
      value > static_cast<double>(max)) {
    return std::nullopt;
  }
  return static_cast<int64_t>(value);
}

std::optional<YubicoState> ParseYubicoState(const Struct& from) {
  const auto use_counter = NumberIn(from, kUseCounter, UINT16_MAX);
  const auto session_uses = NumberIn(from, kSessionUses, UINT16_MAX);
  const auto power_up_millis = NumberIn(from, kPowerUpTime, kMaxExact);
  const auto timestamp = NumberIn(from, kPowerUpTimestamp, UINT32_MAX);
  if (!use_counter || !session_uses || !power_up_millis || !timestamp) {
    return std::nullopt;
  }
  YubicoState state;
  state.use_counter = static_cast<uint16_t>(*use_counter);
  state.session_uses = static_cast<uint16_t>(*session_uses);
  state.power_up_time = FromUnixMillis(*power_up_millis);
  state.power_up_timestamp = static_cast<uint32_t>(*timestamp);
  return state;
}

// True when `path` still names the file behind `fd`: whoever held the lock
// before us may have put a new one in its place.
bool SameFile(int fd, const fs::path& path) {
  struct stat locked {};
  struct stat named {};
  return fstat(fd, &locked) == 0 && stat(path.c_str(), &named) == 0 &&
         locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

}  // namespace

Status CreateTokenFile(const fs::path& path, const SoftwareToken& token) {
  return CreatePrivateFile(path, Serialize(token));
}

StatusOr<SoftwareToken> ReadTokenFile(const fs::path& path) {
  PAWL_ASSIGN_OR_RETURN(const std::string json, ReadSecretFile(path));
  Struct state;
  v1::RegisterTokenRequest registration;
  if (!FromJson(json, state) ||
      !FromJson(ToJson(Member(state, kRegistration), JsonDefaults::kLeaveOut),
                registration)) {
    return BadInput(path.native(), "not the file of a software token");
  }
  if (!registration.has_yubico()) {
    return SoftwareToken::Restore(std::move(registration));
  }
  const std::optional<YubicoState> yubico =
      ParseYubicoState(Member(state, kYubico));
  if (!yubico.has_value()) {
    return BadInput(path.native(), "the counters are missing or damaged");
  }
  return SoftwareToken::Restore(std::move(registration), *yubico);
}

LockedTokenFile::LockedTokenFile(fs::path path, int fd)
    : path_(std::move(path)), fd_(fd) {}

LockedTokenFile::LockedTokenFile(LockedTokenFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

LockedTokenFile::~LockedTokenFile() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

StatusOr<LockedTokenFile> LockedTokenFile::Open(const fs::path& path) {
  while (true) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      return BadInput(path.native(), ErrnoMessage());
    }
    LockedTokenFile file(path, fd);
    if (flock(fd, LOCK_EX) != 0) {
      return ErrnoStatus(path);
    }
    if (SameFile(fd, path)) {
      return file;
    }
  }
}

Status LockedTokenFile::Save(const SoftwareToken& token) const {
  return ReplacePrivateFile(path_, Serialize(token));
}

}  // namespace pawl::tools
