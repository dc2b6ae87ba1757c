#include "db/postgres/conninfo.h"

#include <libpq-fe.h>

#include <memory>
#include <string_view>

namespace pawl::db::postgres {
namespace {

struct Setting {
  std::string_view keyword;
  std::string_view value;
};
constexpr Setting kDefaults[] = {
    {"target_session_attrs", "read-write"},
    {"connect_timeout", "2"},  // seconds, for each host
    {"keepalives_idle", "3"},
    {"keepalives_interval", "1"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "5000"},  // milliseconds
};

std::string_view DefaultOf(std::string_view keyword) {
  for (const Setting& setting : kDefaults) {
    if (setting.keyword == keyword) {
      return setting.value;
    }
  }
  return {};
}

void Append(std::string& conninfo, std::string_view keyword,
            std::string_view value) {
  conninfo += keyword;
  conninfo += "='";
  for (const char c : value) {
    if (c == '\'' || c == '\\') {
      conninfo += '\\';
    }
    conninfo += c;
  }
  conninfo += "' ";
}

}  // namespace

StatusOr<std::string> Conninfo(const std::string& url) {
  // Without a place for its message: that could hold the password.
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
  if (options == nullptr) {
    return MakeStatus(StatusCode::kInvalidArgument,
                      "libpq cannot read the URL of the PostgreSQL database");
  }
  std::string conninfo;
  for (const PQconninfoOption* option = options.get();
       option->keyword != nullptr; ++option) {
    const std::string_view value =
        option->val != nullptr ? option->val : DefaultOf(option->keyword);
    if (!value.empty()) {
      Append(conninfo, option->keyword, value);
    }
  }
  return conninfo;
}

}  // namespace pawl::db::postgres
