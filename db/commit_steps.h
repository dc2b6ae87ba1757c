// WriteCommit: the steps of a commit, in the order that all engines keep.
//
// `Transaction` is an engine's view of one open transaction. Each of its
// methods returns a Status with the codes of Store::Commit:
//   CheckVersion<Record>(id, version)
//   Insert(record), Replace(before, after), Remove(record)
//   PutAttempt(AttemptRecord), Append(AuditEntry)
// At the first failure WriteCommit stops; undoing is the engine's part (a
// savepoint of the transaction that all commits of a batch share).
#pragma once

#include <vector>

#include "base/status.h"
#include "db/store.h"

namespace pawl::db {
namespace internal {

template <typename Record, typename Transaction, typename Id>
Status CheckGuards(Transaction& transaction,
                   const std::vector<Guard<Id>>& guards) {
  for (const Guard<Id>& guard : guards) {
    PAWL_RETURN_IF_ERROR(transaction.template CheckVersion<Record>(
        guard.id.value, guard.version));
  }
  return OkStatus();
}

template <typename Transaction, typename Record>
Status PutRows(Transaction& transaction,
               const std::vector<Write<Record>>& writes) {
  for (const Write<Record>& write : writes) {
    if (!write.after.has_value()) {
      continue;
    }
    PAWL_RETURN_IF_ERROR(write.before.has_value()
                             ? transaction.Replace(*write.before, *write.after)
                             : transaction.Insert(*write.after));
  }
  return OkStatus();
}

template <typename Transaction, typename Record>
Status RemoveRows(Transaction& transaction,
                  const std::vector<Write<Record>>& writes) {
  for (const Write<Record>& write : writes) {
    if (!write.after.has_value()) {
      PAWL_RETURN_IF_ERROR(transaction.Remove(*write.before));
    }
  }
  return OkStatus();
}

}  // namespace internal

template <typename Transaction>
[[nodiscard]] Status WriteCommit(Transaction& transaction,
                                 const Commit& commit) {
  using internal::CheckGuards;
  using internal::PutRows;
  using internal::RemoveRows;
  PAWL_RETURN_IF_ERROR(
      CheckGuards<AccountRecord>(transaction, commit.account_guards));
  PAWL_RETURN_IF_ERROR(
      CheckGuards<TokenRecord>(transaction, commit.token_guards));
  PAWL_RETURN_IF_ERROR(
      CheckGuards<ClientRecord>(transaction, commit.client_guards));
  PAWL_RETURN_IF_ERROR(
      CheckGuards<DeviceRecord>(transaction, commit.device_guards));
  // An account comes before the tokens and devices that name it, and goes
  // after them.
  PAWL_RETURN_IF_ERROR(PutRows(transaction, commit.accounts));
  PAWL_RETURN_IF_ERROR(PutRows(transaction, commit.tokens));
  PAWL_RETURN_IF_ERROR(PutRows(transaction, commit.clients));
  PAWL_RETURN_IF_ERROR(PutRows(transaction, commit.devices));
  PAWL_RETURN_IF_ERROR(PutRows(transaction, commit.budgets));
  PAWL_RETURN_IF_ERROR(RemoveRows(transaction, commit.budgets));
  PAWL_RETURN_IF_ERROR(RemoveRows(transaction, commit.devices));
  PAWL_RETURN_IF_ERROR(RemoveRows(transaction, commit.accounts));
  PAWL_RETURN_IF_ERROR(RemoveRows(transaction, commit.clients));
  if (commit.attempt.has_value()) {
    PAWL_RETURN_IF_ERROR(transaction.PutAttempt(*commit.attempt));
  }
  return transaction.Append(commit.audit);
}

}  // namespace pawl::db
