#include "db/postgres/read.h"

#include <iterator>
#include <string>
#include <string_view>

#include "db/row_reader.h"
#include "db/sql.h"

namespace pawl::db::postgres {
namespace {

// The columns of an answer: the place of the key, from 1, then the record.
constexpr int kRecord = 1;
constexpr int kTokens = kRecord + std::size(Table<AccountRecord>::kColumns);
constexpr int kAccount = kRecord + std::size(Table<DeviceRecord>::kColumns);

void AddKey(Arrays& arrays, const std::string& key) {
  arrays.Blob(key);
}
template <typename Tag>
void AddKey(Arrays& arrays, Id<Tag> id) {
  IsStorable(id.value) ? arrays.Int(static_cast<int64_t>(id.value))
                       : arrays.Null();
}

template <typename Record>
std::string ColumnsOf(std::string_view table) {
  return db::internal::Columns<Record>(0, table);
}

// "SELECT nr, columns FROM the keys JOIN record AS r ON ...".
template <typename Record>
std::string FromKeys(std::string_view type, std::string_view key,
                     std::string_view more_columns) {
  std::string sql = "SELECT nr, " + ColumnsOf<Record>("r");
  sql += more_columns;
  sql += " FROM unnest($1::";
  sql += type;
  sql += "[]) WITH ORDINALITY AS k (key, nr) JOIN ";
  sql += Table<Record>::kName;
  sql += " AS r ON r.";
  sql += key;
  return sql + " = k.key";
}

template <typename Record>
std::string RecordSql(std::string_view type, std::string_view key,
                      std::string_view condition = "") {
  std::string sql = FromKeys<Record>(type, key, "");
  sql += condition;
  return sql;
}

std::string SnapshotSql(std::string_view type, std::string_view key) {
  return FromKeys<AccountRecord>(type, key,
                                 ", " + ColumnsOf<TokenRecord>("t")) +
         " LEFT JOIN token AS t ON t.account_id = r.id ORDER BY nr, t.id";
}

std::string DeviceSql() {
  return FromKeys<DeviceRecord>("bigint", "id",
                                ", " + ColumnsOf<AccountRecord>("a")) +
         " LEFT JOIN account AS a ON a.id = r.account_id";
}

// Where row `row` of the answer belongs.
size_t PlaceOf(const Result& result, size_t row) {
  return static_cast<size_t>(result.At(row).IntAt(0).value_or(1)) - 1;
}

// Adds a row of account and token, or the account alone.
void AddTo(StatusOr<AccountSnapshot>& snapshot, const Result& result,
           size_t row) {
  if (snapshot.status().code() == StatusCode::kNotFound) {
    StatusOr<AccountRecord> account =
        ReadRow<AccountRecord>(result.At(row, kRecord));
    snapshot = account.ok() ? StatusOr<AccountSnapshot>(AccountSnapshot{
                                  .account = *std::move(account)})
                            : account.status();
  }
  const Cells cells = result.At(row, kTokens);
  if (!snapshot.ok() || cells.IsNullAt(0)) {
    return;
  }
  StatusOr<TokenRecord> token = ReadRow<TokenRecord>(cells);
  if (token.ok()) {
    snapshot->tokens.push_back(*std::move(token));
  } else {
    snapshot = token.status();
  }
}

StatusOr<DeviceSnapshot> ReadDevice(const Cells& device, const Cells& account) {
  DeviceSnapshot snapshot;
  PAWL_ASSIGN_OR_RETURN(snapshot.device, ReadRow<DeviceRecord>(device));
  if (account.IsNullAt(0)) {
    return ImpossibleRow<DeviceRecord>(std::to_string(snapshot.device.id.value),
                                       "account_id");
  }
  PAWL_ASSIGN_OR_RETURN(snapshot.account, ReadRow<AccountRecord>(account));
  return snapshot;
}

void AddTo(StatusOr<DeviceSnapshot>& snapshot, const Result& result,
           size_t row) {
  snapshot = ReadDevice(result.At(row, kRecord), result.At(row, kAccount));
}

template <typename Record>
void AddTo(StatusOr<Record>& record, const Result& result, size_t row) {
  record = ReadRow<Record>(result.At(row, kRecord));
}

// Looks up all `keys` with `sql`, which gives rows for $1, an array of keys.
template <typename Key, typename Record>
Status ReadKind(Connection& connection, const std::string& sql,
                std::string_view table, const std::vector<Key>& keys,
                std::vector<StatusOr<Record>>& records) {
  if (keys.empty()) {
    return OkStatus();
  }
  Arrays arrays(1);
  for (const Key& key : keys) {
    AddKey(arrays, key);
  }
  Params params;
  std::move(arrays).MoveTo(params);
  PAWL_ASSIGN_OR_RETURN(const Result result, connection.Run(sql, params));
  records.assign(keys.size(), NotFound(std::string(table) + " not found"));
  for (size_t row = 0; row < result.size(); ++row) {
    AddTo(records[PlaceOf(result, row)], result, row);
  }
  return OkStatus();
}

}  // namespace

StatusOr<Rows> Read(Connection& connection, const Keys& keys) {
  static const std::string kLogins = SnapshotSql("bytea", "login");
  static const std::string kAccounts = SnapshotSql("bigint", "id");
  static const std::string kPublicIds =
      RecordSql<TokenRecord>("bytea", "public_id");
  static const std::string kFingerprints =
      RecordSql<TokenRecord>("bytea", "fingerprint");
  static const std::string kTokenIds =
      RecordSql<TokenRecord>("bigint", "id", " AND NOT r.deleted");
  static const std::string kClients = RecordSql<ClientRecord>("bigint", "id");
  static const std::string kDevices = DeviceSql();
  static const std::string kBudgets = RecordSql<BudgetRecord>("bigint", "id");
  static const std::string kAttempts = RecordSql<AttemptRecord>("bytea", "key");
  Rows rows;
  const auto read = [&](const std::string& sql, std::string_view table,
                        const auto& some, auto& results) {
    return ReadKind(connection, sql, table, some, results);
  };
  PAWL_RETURN_IF_ERROR(read(kLogins, "account", keys.logins, rows.logins));
  PAWL_RETURN_IF_ERROR(
      read(kAccounts, "account", keys.accounts, rows.accounts));
  PAWL_RETURN_IF_ERROR(
      read(kPublicIds, "token", keys.public_ids, rows.public_ids));
  PAWL_RETURN_IF_ERROR(
      read(kFingerprints, "token", keys.fingerprints, rows.fingerprints));
  PAWL_RETURN_IF_ERROR(read(kTokenIds, "token", keys.tokens, rows.tokens));
  PAWL_RETURN_IF_ERROR(read(kClients, "client", keys.clients, rows.clients));
  PAWL_RETURN_IF_ERROR(read(kDevices, "device", keys.devices, rows.devices));
  PAWL_RETURN_IF_ERROR(read(kBudgets, "budget", keys.budgets, rows.budgets));
  PAWL_RETURN_IF_ERROR(
      read(kAttempts, "attempt", keys.attempts, rows.attempts));
  return rows;
}

}  // namespace pawl::db::postgres
