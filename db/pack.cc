#include "db/pack.h"

#include <type_traits>
#include <utility>

namespace pawl::db {
namespace {

// Numbers are written seven bits at a time, low bits first.
class Writer {
 public:
  static constexpr bool kReads = false;

  template <typename Value>
  void operator()(const Value& value) {
    if constexpr (std::is_same_v<Value, std::string>) {
      Number(value.size());
      text_ += value;
    } else if constexpr (std::is_same_v<Value, UnixTime>) {
      Signed(ToUnixMillis(value));
    } else if constexpr (std::is_enum_v<Value>) {
      Number(static_cast<uint64_t>(value));
    } else if constexpr (std::is_signed_v<Value>) {
      Signed(value);
    } else {
      Number(value);
    }
  }
  [[nodiscard]] std::string Take() { return std::move(text_); }

 private:
  // The sign goes to the lowest bit, so that small numbers stay short.
  void Signed(int64_t value) {
    const auto bits = static_cast<uint64_t>(value);
    Number(value < 0 ? ~(bits << 1U) : bits << 1U);
  }
  void Number(uint64_t value) {
    while (value > 0x7f) {
      text_ += static_cast<char>((value & 0x7fU) | 0x80U);
      value >>= 7U;
    }
    text_ += static_cast<char>(value);
  }
  std::string text_;
};

class Reader {
 public:
  static constexpr bool kReads = true;
  explicit Reader(std::string_view text) : text_(text) {}

  template <typename Value>
  void operator()(Value& value) {
    if constexpr (std::is_same_v<Value, std::string>) {
      const size_t size = Number();
      PAWL_CHECK(size <= text_.size());
      value = text_.substr(0, size);
      text_.remove_prefix(size);
    } else if constexpr (std::is_same_v<Value, UnixTime>) {
      value = FromUnixMillis(Signed());
    } else if constexpr (std::is_signed_v<Value>) {
      value = static_cast<Value>(Signed());
    } else {
      value = static_cast<Value>(Number());
    }
  }
  [[nodiscard]] bool AtEnd() const { return text_.empty(); }

 private:
  int64_t Signed() {
    const uint64_t bits = Number();
    return static_cast<int64_t>((bits & 1U) != 0 ? ~(bits >> 1U) : bits >> 1U);
  }
  uint64_t Number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      PAWL_CHECK(!text_.empty());
      const auto byte = static_cast<uint8_t>(text_.front());
      text_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80) {
        break;
      }
    }
    return value;
  }
  std::string_view text_;
};

template <typename Archive, typename Value, typename Get>
void Optional(Archive& archive, std::optional<Value>& value, Get get) {
  bool there = value.has_value();
  archive(there);
  if (there) {
    if constexpr (Archive::kReads) {
      value.emplace();
    }
    archive(get(*value));
  } else {
    value.reset();
  }
}

constexpr auto kItself = [](auto& value) -> auto& {
  return value;
};
constexpr auto kNumber = [](auto& id) -> auto& {
  return id.value;
};

template <typename Archive>
void Fields(Archive& archive, ThrottleState& throttle) {
  archive(throttle.failures);
  archive(throttle.last_failure);
}

template <typename Archive>
void Fields(Archive& archive, AccountRecord& account) {
  archive(account.id.value);
  archive(account.version);
  archive(account.login);
  archive(account.pin_mac);
  archive(account.enabled);
  Fields(archive, account.throttle);
  archive(account.created);
  archive(account.modified);
}

template <typename Archive>
void Fields(Archive& archive, TokenRecord& token) {
  archive(token.id.value);
  archive(token.version);
  archive(token.kind);
  Optional(archive, token.account, kNumber);
  archive(token.deleted);
  archive(token.enabled);
  archive(token.public_id);
  archive(token.label);
  archive(token.hash);
  archive(token.digits);
  archive(token.period);
  archive(token.t0);
  archive(token.window);
  Optional(archive, token.position, kItself);
  archive(token.drift);
  Fields(archive, token.throttle);
  archive(token.sealed_secret);
  archive(token.fingerprint);
  archive(token.created);
  archive(token.modified);
  Optional(archive, token.last_used, kItself);
}

template <typename Archive>
void Fields(Archive& archive, ClientRecord& client) {
  archive(client.id.value);
  archive(client.version);
  archive(client.name);
  archive(client.key_mac);
  archive(client.roles);
  archive(client.see_reasons);
  archive(client.created);
  archive(client.modified);
}

template <typename Archive>
void Fields(Archive& archive, AccountSnapshot& snapshot) {
  Fields(archive, snapshot.account);
  size_t count = snapshot.tokens.size();
  archive(count);
  snapshot.tokens.resize(count);
  for (TokenRecord& token : snapshot.tokens) {
    Fields(archive, token);
  }
}

template <typename Record>
std::string PackAny(const Record& record) {
  Writer writer;
  Fields(writer, const_cast<Record&>(record));  // a Writer changes nothing
  return writer.Take();
}

template <typename Record>
void UnpackAny(std::string_view packed, Record& record) {
  Reader reader(packed);
  Fields(reader, record);
  PAWL_CHECK(reader.AtEnd());
}

}  // namespace

std::string Pack(const AccountSnapshot& snapshot) {
  return PackAny(snapshot);
}
std::string Pack(const TokenRecord& token) {
  return PackAny(token);
}
std::string Pack(const ClientRecord& client) {
  return PackAny(client);
}
void Unpack(std::string_view packed, AccountSnapshot& snapshot) {
  UnpackAny(packed, snapshot);
}
void Unpack(std::string_view packed, TokenRecord& token) {
  UnpackAny(packed, token);
}
void Unpack(std::string_view packed, ClientRecord& client) {
  UnpackAny(packed, client);
}

}  // namespace pawl::db
