#include "db/postgres/errors.h"

#include <chrono>
#include <exception>
#include <thread>

#include <pqxx/except>

namespace pawl::db::postgres {
namespace {

constexpr std::string_view kSerializationFailure = "40001";
constexpr std::string_view kDeadlock = "40P01";
constexpr std::string_view kDivisionByZero = "22012";
constexpr std::string_view kLockNotAvailable = "55P03";
constexpr std::string_view kInsufficientPrivilege = "42501";
constexpr std::string_view kUniqueViolation = "23505";
constexpr std::string_view kForeignKeyViolation = "23503";

struct Meaning {
  std::string_view sqlstate;
  std::string_view text;
};
constexpr Meaning kMeanings[] = {
    {kSerializationFailure, "other commits are in the way"},
    {kDeadlock, "other commits are in the way"},
    {kDivisionByZero, "other commits are in the way"},
    {kLockNotAvailable, "a row stays locked"},
    {kInsufficientPrivilege, "the role lacks a right"},
    {"57014", "the statement took too long"},
    {"25006", "the node is read-only"},
    {"53100", "the server's disk is full"},
    {"53200", "the server is out of memory"},
    {"53300", "the server has too many connections"},
};

// The server's messages may be in any language, but name the constraint in
// quotes; values in them are hexadecimal.
std::string_view ColumnOf(std::string_view message) {
  constexpr std::string_view kEnd = "_key\"";
  const size_t end = message.find(kEnd);
  if (end == std::string_view::npos) {
    return "key";
  }
  const size_t quote = message.rfind('"', end);
  const size_t table_end = message.find('_', quote + 1);
  return message.substr(table_end + 1, end - table_end - 1);
}

Status StatusOf(std::string_view sqlstate, std::string_view message) {
  if (sqlstate == kUniqueViolation) {
    return AlreadyExists(std::string(ColumnOf(message)) + " is taken");
  }
  if (sqlstate == kForeignKeyViolation) {
    return Aborted("a row changed since it was read");
  }
  std::string text = "postgresql: ";
  for (const Meaning& meaning : kMeanings) {
    if (meaning.sqlstate == sqlstate) {
      text += meaning.text;
      text += ' ';
    }
  }
  text += "(SQLSTATE ";
  text += sqlstate;
  return Unavailable(text + ")");
}

// Some of libpqxx's exceptions come without it. A verbose message begins with
// "ERROR:  42501: ", the first word in any language.
std::string_view SqlStateOf(std::string_view message) {
  constexpr std::string_view kBefore = ":  ";
  constexpr size_t kSize = 5;
  const size_t before = message.find(kBefore);
  if (before == std::string_view::npos) {
    return {};
  }
  message.remove_prefix(before + kBefore.size());
  return message.size() > kSize && message[kSize] == ':'
             ? message.substr(0, kSize)
             : std::string_view();
}

Outcome Refused(std::string_view sqlstate, std::string_view message) {
  return {StatusOf(sqlstate, message), std::string(sqlstate)};
}

// The first line: libpq's own words, or the server's about the connection.
Outcome Lost(std::string_view message) {
  std::string text = "postgresql: ";
  text += message.substr(0, message.find('\n'));
  return {Unavailable(text)};
}

}  // namespace

Outcome Guarded(const std::function<void()>& call) {
  try {
    call();
    return {};
  } catch (const pqxx::broken_connection& error) {
    return Lost(error.what());
  } catch (const pqxx::serialization_failure&) {
    return Refused(kSerializationFailure, {});
  } catch (const pqxx::deadlock_detected&) {
    return Refused(kDeadlock, {});
  } catch (const pqxx::sql_error& error) {
    const std::string_view sqlstate = SqlStateOf(error.what());
    return sqlstate.empty() ? Lost("an error without SQLSTATE")
                            : Refused(sqlstate, error.what());
  } catch (const std::exception&) {
    return Lost("a statement ended in doubt");
  }
}

bool ShallRetry(std::string_view sqlstate, int tries) {
  constexpr int kTries = 3;
  constexpr std::chrono::milliseconds kAside{20};
  if (tries >= kTries) {
    return false;
  }
  if (sqlstate == kDeadlock) {
    std::this_thread::sleep_for(kAside * tries);
    return true;
  }
  return sqlstate == kSerializationFailure || sqlstate == kDivisionByZero;
}

bool IsLockTimeout(std::string_view sqlstate) {
  return sqlstate == kLockNotAvailable;
}

bool IsForbidden(std::string_view sqlstate) {
  return sqlstate == kInsufficientPrivilege;
}

}  // namespace pawl::db::postgres
