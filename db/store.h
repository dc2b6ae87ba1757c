// Store: the port every engine stands behind.
//
// Reads return values; all writes go through Commit(), which takes the rows to
// write, the rows that were only read, and the audit entry, and does all of it
// or nothing. Its result is the verdict of a check: OK means durable, and only
// then may "accepted" leave the process (I2, I3). Both take many at once, so
// that a hundred checks cost one transaction.
//
// Engines MUST
//  * compare each written row's stored version with `before` inside the
//    statement that writes it, and each guard's version in the same
//    transaction: any difference is ABORTED and nothing of that commit is
//    written;
//  * never write a token's position below the stored one, nor lose it;
//  * return OK only when the commit is on stable storage;
//  * return UNAVAILABLE when they do not know (busy, full, read-only, broken).
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "db/record.h"
#include "db/write.h"

namespace pawl::db {

// A row that was only read: it must still have this version at commit.
template <typename Id>
struct Guard {
  Id id{};
  uint64_t version = 0;
};

// Inserts and replacements are done in the order accounts, tokens, clients,
// devices, budgets, then the removals: budgets, devices, accounts, clients.
struct Commit {
  std::vector<Write<AccountRecord>> accounts{};
  std::vector<Write<TokenRecord>> tokens{};
  std::vector<Write<ClientRecord>> clients{};
  std::vector<Write<DeviceRecord>> devices{};
  std::vector<Write<BudgetRecord>> budgets{};
  std::vector<Guard<AccountId>> account_guards{};
  std::vector<Guard<TokenId>> token_guards{};
  std::vector<Guard<ClientId>> client_guards{};
  std::vector<Guard<DeviceId>> device_guards{};
  std::optional<AttemptRecord> attempt = std::nullopt;
  AuditEntry audit{};
};

// An account with all its live tokens, from one moment.
struct AccountSnapshot {
  AccountRecord account{};
  std::vector<TokenRecord> tokens{};  // by id
  bool operator==(const AccountSnapshot&) const = default;
};

// A device with its account, from one moment, without the account's tokens:
// what a device password needs, however many others there are.
struct DeviceSnapshot {
  DeviceRecord device{};
  AccountRecord account{};
  bool operator==(const DeviceSnapshot&) const = default;
};

// What Read() is asked for, and what it gives: each result at the place of its
// key, NOT_FOUND when there is none, DATA_LOSS when a row cannot be right (the
// message names table and row).
struct Keys {
  std::vector<std::string> logins{};
  std::vector<AccountId> accounts{};
  std::vector<std::string> public_ids{};
  std::vector<std::string> fingerprints{};
  std::vector<TokenId> tokens{};
  std::vector<ClientId> clients{};
  std::vector<DeviceId> devices{};
  std::vector<BudgetId> budgets{};
  std::vector<std::string> attempts{};
};
struct Rows {
  std::vector<StatusOr<AccountSnapshot>> logins{};
  std::vector<StatusOr<AccountSnapshot>> accounts{};
  std::vector<StatusOr<TokenRecord>> public_ids{};
  std::vector<StatusOr<TokenRecord>> fingerprints{};
  std::vector<StatusOr<TokenRecord>> tokens{};
  std::vector<StatusOr<ClientRecord>> clients{};
  std::vector<StatusOr<DeviceSnapshot>> devices{};
  std::vector<StatusOr<BudgetRecord>> budgets{};
  std::vector<StatusOr<AttemptRecord>> attempts{};
};

// A page of a list in key order; `after` is the last key of the page before.
struct Page {
  std::string after{};  // exclusive; empty: from the start
  size_t limit = 100;
};

struct AuditFilter {
  std::optional<AccountId> account = std::nullopt;
  std::optional<TokenId> token = std::nullopt;
  int64_t before_sequence = 0;  // exclusive; 0: newest
  size_t limit = 100;
};

struct DeviceFilter {
  std::optional<AccountId> account = std::nullopt;
  // Only devices that were last used, or else made, before this.
  std::optional<UnixTime> idle_since = std::nullopt;
  std::string after{};  // as in Page
  size_t limit = 100;
};

class Store {
 public:
  // The number of stranger rows every engine is born with: ids 1..this.
  static constexpr uint64_t kStrangers = 1024;
  // Tokens one account may have; bounds the work of a check (I8).
  static constexpr size_t kMaxTokensPerAccount = 100;
  // Devices one account may have: bounds a page and a deletion.
  static constexpr size_t kMaxDevicesPerAccount = 1000;
  // One more than a page of the API, to see whether there is a next one.
  static constexpr size_t kMaxPage = 1001;

  Store() = default;
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // At least as new as every commit that was acknowledged before the call; an
  // account and its tokens are from one moment. Strangers are found by id
  // only, deleted tokens by fingerprint only (registering the same secret again
  // revives the row). An attempt that has expired may still be there: compare
  // `expires`. Fails as a whole (UNAVAILABLE) when the store does not answer.
  [[nodiscard]] StatusOr<Rows> Read(const Keys& keys);

  // Read() for one key.
  [[nodiscard]] StatusOr<AccountSnapshot> FindAccount(std::string_view login);
  [[nodiscard]] StatusOr<AccountSnapshot> GetAccount(AccountId id);
  [[nodiscard]] StatusOr<TokenRecord> GetToken(TokenId id);
  [[nodiscard]] StatusOr<TokenRecord> FindToken(std::string_view public_id);
  [[nodiscard]] StatusOr<TokenRecord> FindFingerprint(
      std::string_view fingerprint);
  [[nodiscard]] StatusOr<ClientRecord> GetClient(ClientId id);
  [[nodiscard]] StatusOr<DeviceSnapshot> GetDevice(DeviceId id);
  [[nodiscard]] StatusOr<AttemptRecord> GetAttempt(std::string_view key);

  // Key order: accounts by login, tokens and clients by id text; keyset pages
  // of 1 to kMaxPage rows, whatever the limit says. Strangers and deleted
  // tokens are not listed. INVALID_ARGUMENT when `after` is not an id.
  [[nodiscard]] StatusOr<std::vector<AccountRecord>> ListAccounts(
      const Page& page);
  [[nodiscard]] StatusOr<std::vector<TokenRecord>> ListTokens(const Page& page);
  [[nodiscard]] StatusOr<std::vector<ClientRecord>> ListClients(
      const Page& page);
  // By id text.
  [[nodiscard]] StatusOr<std::vector<DeviceRecord>> ListDevices(
      const DeviceFilter& filter);
  // The budgets of one account, of no particular order, at most kMaxPage.
  [[nodiscard]] StatusOr<std::vector<BudgetRecord>> ListBudgets(
      AccountId account);
  // Newest first.
  [[nodiscard]] StatusOr<std::vector<AuditEntry>> ListAudit(
      const AuditFilter& filter);

  // All of a commit or nothing, each on its own, in the given order: what one
  // of them writes is what the next one meets. One durable write for all.
  // For each:
  //   ABORTED         a row changed since it was read, the attempt key is
  //                   already there and has not expired at `created`, or a
  //                   token would belong to an account that is gone: load and
  //                   decide again;
  //   ALREADY_EXISTS  "login is taken", or public_id, fingerprint, name, id;
  //   UNAVAILABLE     not written, or nobody knows;
  //   INTERNAL        the commit breaks a rule of CheckReplacement or
  //                   MalformedField, inserts or removes a stranger, or
  //                   removes a token (a bug).
  [[nodiscard]] std::vector<Status> Commit(
      std::span<const db::Commit* const> commits);
  [[nodiscard]] Status Commit(const db::Commit& commit);

  // Sealed server secrets by name (the pepper); written once: ALREADY_EXISTS.
  [[nodiscard]] StatusOr<std::string> GetServerSecret(std::string_view name);
  [[nodiscard]] Status PutServerSecret(std::string_view name,
                                       std::string_view sealed);

  // Proves the write path: a small durable write. Also removes attempts,
  // budgets, and devices that are no password, with `expires` at or before
  // `now`, a bounded number. Called every few seconds.
  [[nodiscard]] Status Tend(UnixTime now);

  // "memory", "sqlite": for status and logs.
  [[nodiscard]] virtual std::string_view Engine() const = 0;

 private:
  template <typename Key, typename Record>
  [[nodiscard]] StatusOr<Record> ReadOne(
      std::vector<Key> Keys::*kind,
      std::vector<StatusOr<Record>> Rows::*results, Key key);

  // Called with arguments that the public methods have checked: ids and
  // versions are storable, limits are 1 to kMaxPage, before_sequence is above
  // 0, records are well-formed. Keys may be empty or not storable: nothing is
  // found by them.
  virtual StatusOr<Rows> DoRead(const Keys& keys) = 0;
  // `after` is exclusive; empty or 0: from the start.
  virtual StatusOr<std::vector<AccountRecord>> DoListAccounts(
      std::string_view after, size_t limit) = 0;
  virtual StatusOr<std::vector<TokenRecord>> DoListTokens(TokenId after,
                                                          size_t limit) = 0;
  virtual StatusOr<std::vector<ClientRecord>> DoListClients(ClientId after,
                                                            size_t limit) = 0;
  virtual StatusOr<std::vector<DeviceRecord>> DoListDevices(
      const DeviceFilter& filter, DeviceId after) = 0;
  virtual StatusOr<std::vector<BudgetRecord>> DoListBudgets(
      AccountId account) = 0;
  virtual StatusOr<std::vector<AuditEntry>> DoListAudit(
      const AuditFilter& filter) = 0;
  // `results` has the length of `commits`, and OK in every place.
  virtual void DoCommit(std::span<const db::Commit* const> commits,
                        std::span<Status> results) = 0;
  virtual StatusOr<std::string> DoGetServerSecret(std::string_view name) = 0;
  virtual Status DoPutServerSecret(std::string_view name,
                                   std::string_view sealed) = 0;
  virtual Status DoTend(UnixTime now) = 0;
};

}  // namespace pawl::db
