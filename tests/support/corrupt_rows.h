// Rows that cannot be right, for the tests of the engines that keep rows.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::testing {

// What makes one of the rows of CommitOfRowsToSpoil() impossible.
struct CorruptRow {
  const char* table;
  const char* set;     // of an UPDATE; NONE: no byte, BYTE: one byte
  const char* column;  // that the error names

  // With the engine's way to write bytes.
  [[nodiscard]] std::string Sql(std::string_view none,
                                std::string_view byte) const {
    std::string assignment = set;
    for (const auto& [word, bytes] :
         {std::pair("NONE", none), std::pair("BYTE", byte)}) {
      if (const size_t at = assignment.find(word); at != std::string::npos) {
        assignment.replace(at, std::string_view(word).size(), bytes);
      }
    }
    std::string sql = "UPDATE " + std::string(table) + " SET " + assignment;
    return std::string_view(table) == "account" ? sql + " WHERE id = 5000"
                                                : sql;
  }
};

inline constexpr CorruptRow kCorruptRows[] = {
    {"account", "pin_mac = BYTE", "pin_mac"},
    {"account", "failures = -1", "failures"},
    {"account", "failures = 4294967296", "failures"},
    {"account", "policy = 0", "policy"},
    {"account", "policy = 5", "policy"},
    {"account", "policy = -1", "policy"},
    {"account", "spare_codes = BYTE", "spare_codes"},
    {"token", "kind = 0", "kind"},
    {"token", "hash = 4", "hash"},
    {"token", "account_id = -5", "account_id"},
    {"token", "nonce_mark = -1", "nonce_mark"},
    {"token", "digits = -1", "digits"},
    {"token", "window_steps = -1", "window_steps"},
    {"token", "sealed_secret = NULL", "sealed_secret"},
    {"token", "fingerprint = BYTE", "fingerprint"},
    {"client", "roles = 16", "roles"},
    {"client", "roles = -1", "roles"},
    {"client", "key_mac = NONE", "key_mac"},
    {"device", "account_id = 0", "account_id"},
    {"device", "account_id = -5", "account_id"},
    {"device", "kind = 0", "kind"},
    {"device", "kind = 4", "kind"},
    {"device", "kind = 3", "secret_mac"},
    {"device", "secret_mac = NULL", "secret_mac"},
    {"device", "secret_mac = BYTE", "secret_mac"},
    {"device", "type = ''", "type"},
    {"budget", "cause = 0", "cause"},
    {"budget", "cause = 9", "cause"},
    {"budget", "account_id = 0", "account_id"},
    {"budget", "account_id = -5", "account_id"},
    {"budget", "token_id = 0", "token_id"},
    {"budget", "failures = -1", "failures"},
    {"budget", "failures = 4294967296", "failures"},
    {"attempt", "reason = 0", "reason"},
    {"attempt", "reason = 25", "reason"},
    {"attempt", "hints = -1", "hints"},
    {"attempt", "hints = 256", "hints"},
    {"audit", "event = 0", "event"},
    {"audit", "reason = 0", "reason"},
    {"audit", "caller = ''", "caller"},
    {"audit", "device_id = 0", "device_id"},
    {"audit", "device_id = -1", "device_id"},
    {"audit", "device_id = 1099511627776", "device_id"},
    {"audit", "count = 0", "count"},
    {"audit", "count = -1", "count"},
    {"audit", "count = 4294967296", "count"},
};

// A row of each kind. The device is of another account than the one that is
// spoiled.
inline db::Commit CommitOfRowsToSpoil() {
  db::Commit commit = EmptyCommit();
  commit.accounts = {{.after = SampleAccount(5000)},
                     {.after = SampleAccount(5001)}};
  commit.tokens = {{.after = SampleToken(6000)}};
  commit.clients = {{.after = SampleClient(7000)}};
  commit.devices = {{.after = SampleDevice(8000, {5001})}};
  commit.budgets = {{.after = SampleBudget(9000)}};
  commit.attempt = SampleAttempt(1);
  return commit;
}

// How an error calls the row of `table`.
inline std::string NameOfRow(std::string_view table) {
  constexpr std::pair<std::string_view, std::string_view> kKeys[] = {
      {"account", "5000"}, {"token", "6000"},
      {"client", "7000"},  {"device", "8000"},
      {"budget", "9000"},  {"attempt", "01000000000000000000000000000000"},
      {"audit", "1"}};
  for (const auto& [name, key] : kKeys) {
    if (name == table) {
      return "row " + std::string(key) + " of table " + std::string(name) + " ";
    }
  }
  return "no such table";
}

// Of all these reads one fails, and says where and why.
inline void ExpectOneIsDataLoss(db::Store& store, const CorruptRow& row) {
  using ::testing::HasSubstr;
  const Status results[] = {
      store.GetAccount({5000}).status(),
      store.FindToken(SampleToken(6000).public_id).status(),
      store.GetClient({7000}).status(),
      store.ListDevices({}).status(),
      store.Read({.budgets = {{9000}}}).value().budgets.front().status(),
      store.GetAttempt(SampleAttempt(1).key).status(),
      store.ListAudit({}).status()};
  int failures = 0;
  for (const Status& result : results) {
    if (!result.ok()) {
      ++failures;
      EXPECT_THAT(result,
                  StatusIs(StatusCode::kDataLoss,
                           HasSubstr(NameOfRow(row.table) +
                                     "has an impossible " + row.column)))
          << row.table << ": " << row.set;
    }
  }
  EXPECT_EQ(failures, 1) << row.table << ": " << row.set;
}

}  // namespace pawl::testing
