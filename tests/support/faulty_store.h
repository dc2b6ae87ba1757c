// FaultyStore: a Store in front of another that fails on demand, for tests of
// what the service does when storage misbehaves.
//
// Thread-safe like every Store; program it from any thread.
#pragma once

#include <functional>
#include <mutex>

#include "db/store.h"

namespace pawl::testing {

class FaultyStore final : public db::Store {
 public:
  // `inner` outlives this.
  explicit FaultyStore(db::Store& inner) : inner_(&inner) {}

  // The next `count` commits are not done: UNAVAILABLE.
  void FailBeforeCommit(int count);
  // The next `count` commits are done if they can, and answered UNAVAILABLE:
  // the caller cannot know.
  void FailAfterCommit(int count);
  // The next `count` reads are UNAVAILABLE.
  void FailReads(int count);
  // The next `count` calls of Tend() are UNAVAILABLE.
  void FailTends(int count);
  // From now on another store answers: a database that was put back. Not while
  // another thread uses this store.
  void Replace(db::Store& inner);
  // Called before each commit, by the thread that commits and with no lock
  // held; it may use the inner store, which makes races on demand.
  void BeforeCommit(std::function<void()> hook);

  [[nodiscard]] std::string_view Engine() const override {
    return inner_->Engine();
  }

 private:
  // True when `faults` was above 0; then it is one less.
  bool Take(int& faults);
  template <typename Call>
  auto Reading(Call call) -> decltype(call());

  StatusOr<db::Rows> DoRead(const db::Keys& keys) override;
  StatusOr<std::vector<db::AccountRecord>> DoListAccounts(
      std::string_view after, size_t limit) override;
  StatusOr<std::vector<db::TokenRecord>> DoListTokens(db::TokenId after,
                                                      size_t limit) override;
  StatusOr<std::vector<db::ClientRecord>> DoListClients(db::ClientId after,
                                                        size_t limit) override;
  StatusOr<std::vector<db::DeviceRecord>> DoListDevices(
      const db::DeviceFilter& filter, db::DeviceId after) override;
  StatusOr<std::vector<db::BudgetRecord>> DoListBudgets(
      db::AccountId account) override;
  StatusOr<std::vector<db::AuditEntry>> DoListAudit(
      const db::AuditFilter& filter) override;
  void DoCommit(std::span<const db::Commit* const> commits,
                std::span<Status> results) override;
  StatusOr<std::string> DoGetServerSecret(std::string_view name) override;
  Status DoPutServerSecret(std::string_view name,
                           std::string_view sealed) override;
  Status DoTend(UnixTime now) override;

  db::Store* inner_;
  std::mutex mutex_;
  int before_ = 0;
  int after_ = 0;
  int reads_ = 0;
  int tends_ = 0;
  std::function<void()> hook_;
};

}  // namespace pawl::testing
