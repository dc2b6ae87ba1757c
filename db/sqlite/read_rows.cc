#include "db/sqlite/read_rows.h"

#include "db/sqlite/select.h"

namespace pawl::db::sqlite {
namespace {

// Only what is wrong with the one row belongs to its place.
bool IsOfRow(const Status& status) {
  return status.ok() || status.code() == StatusCode::kNotFound ||
         status.code() == StatusCode::kDataLoss;
}

// What `find` gives for each key.
template <typename Key, typename Record, typename Find>
Status ForEach(const std::vector<Key>& keys,
               std::vector<StatusOr<Record>>& results, Find find) {
  results.reserve(keys.size());
  for (const Key& key : keys) {
    results.push_back(find(key));
    if (!IsOfRow(results.back().status())) {
      return results.back().status();
    }
  }
  return OkStatus();
}

// Finds a record by a statement made for one parameter.
template <typename Record, typename Bind>
auto By(Connection& connection, const std::string& sql, Bind bind) {
  return [&connection, &sql, bind](const auto& key) {
    return SelectOne<Record>(connection, sql, bind(key));
  };
}

template <typename Bind>
auto SnapshotBy(Connection& connection, const std::string& sql, Bind bind) {
  return [&connection, &sql,
          bind](const auto& key) -> StatusOr<AccountSnapshot> {
    static const std::string kTokens =
        SelectSql<TokenRecord>("WHERE account_id = ?1 ORDER BY id");
    AccountSnapshot snapshot;
    PAWL_ASSIGN_OR_RETURN(snapshot.account,
                          SelectOne<AccountRecord>(connection, sql, bind(key)));
    PAWL_ASSIGN_OR_RETURN(
        snapshot.tokens,
        SelectAll<TokenRecord>(connection, kTokens,
                               Number(snapshot.account.id.value)));
    return snapshot;
  };
}

StatusOr<DeviceSnapshot> FindDevice(Connection& connection, DeviceId id) {
  static const std::string kDevice = SelectSql<DeviceRecord>("WHERE id = ?1");
  static const std::string kAccount = SelectSql<AccountRecord>("WHERE id = ?1");
  DeviceSnapshot snapshot;
  PAWL_ASSIGN_OR_RETURN(
      snapshot.device,
      SelectOne<DeviceRecord>(connection, kDevice, Number(id.value)));
  StatusOr<AccountRecord> account = SelectOne<AccountRecord>(
      connection, kAccount, Number(snapshot.device.account.value));
  if (account.status().code() == StatusCode::kNotFound) {
    return ImpossibleRow<DeviceRecord>(std::to_string(id.value), "account_id");
  }
  PAWL_ASSIGN_OR_RETURN(snapshot.account, std::move(account));
  return snapshot;
}

template <typename Id>
auto IdNumber(const Id& id) {
  return Number(id.value);
}

}  // namespace

StatusOr<Rows> ReadRows(Connection& connection, const Keys& keys) {
  static const std::string kLogin =
      SelectSql<AccountRecord>("WHERE login = ?1");
  static const std::string kAccount = SelectSql<AccountRecord>("WHERE id = ?1");
  static const std::string kPublicId =
      SelectSql<TokenRecord>("WHERE public_id = ?1");
  static const std::string kFingerprint =
      SelectSql<TokenRecord>("WHERE fingerprint = ?1");
  static const std::string kToken =
      SelectSql<TokenRecord>("WHERE id = ?1 AND deleted = 0");
  static const std::string kClient = SelectSql<ClientRecord>("WHERE id = ?1");
  static const std::string kBudget = SelectSql<BudgetRecord>("WHERE id = ?1");
  static const std::string kAttempt =
      SelectSql<AttemptRecord>("WHERE key = ?1");
  Rows rows;
  PAWL_RETURN_IF_ERROR(
      ForEach(keys.logins, rows.logins, SnapshotBy(connection, kLogin, Text)));
  PAWL_RETURN_IF_ERROR(
      ForEach(keys.accounts, rows.accounts,
              SnapshotBy(connection, kAccount, IdNumber<AccountId>)));
  PAWL_RETURN_IF_ERROR(ForEach(keys.public_ids, rows.public_ids,
                               By<TokenRecord>(connection, kPublicId, Text)));
  PAWL_RETURN_IF_ERROR(
      ForEach(keys.fingerprints, rows.fingerprints,
              By<TokenRecord>(connection, kFingerprint, Blob)));
  PAWL_RETURN_IF_ERROR(
      ForEach(keys.tokens, rows.tokens,
              By<TokenRecord>(connection, kToken, IdNumber<TokenId>)));
  PAWL_RETURN_IF_ERROR(
      ForEach(keys.clients, rows.clients,
              By<ClientRecord>(connection, kClient, IdNumber<ClientId>)));
  PAWL_RETURN_IF_ERROR(ForEach(keys.devices, rows.devices, [&](DeviceId id) {
    return FindDevice(connection, id);
  }));
  PAWL_RETURN_IF_ERROR(
      ForEach(keys.budgets, rows.budgets,
              By<BudgetRecord>(connection, kBudget, IdNumber<BudgetId>)));
  PAWL_RETURN_IF_ERROR(ForEach(keys.attempts, rows.attempts,
                               By<AttemptRecord>(connection, kAttempt, Blob)));
  return rows;
}

}  // namespace pawl::db::sqlite
