// The contract of db/store.h as tests that every engine passes. A runner
// instantiates StoreConformance with its factory; see memory_test.cc.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "db/store.h"

namespace pawl::db {

// One engine with its own empty storage.
class StoreHarness {
 public:
  StoreHarness() = default;
  virtual ~StoreHarness() = default;
  StoreHarness(const StoreHarness&) = delete;
  StoreHarness& operator=(const StoreHarness&) = delete;

  virtual Store& store() = 0;
  // Closes the store and opens it on the same storage.
  virtual void Reopen() = 0;
  // Another store on the same storage, as a second process would open it.
  virtual std::unique_ptr<Store> SecondConnection() = 0;
};

struct StoreFactory {
  std::string name;
  std::function<std::unique_ptr<StoreHarness>()> make;
};

class StoreConformance : public ::testing::TestWithParam<StoreFactory> {
 protected:
  Store& store() { return harness_->store(); }
  StoreHarness& harness() { return *harness_; }

  // All that can be listed.
  struct Contents {
    std::vector<AccountRecord> accounts;
    std::vector<TokenRecord> tokens;
    std::vector<ClientRecord> clients;
    std::vector<DeviceRecord> devices;
    std::vector<BudgetRecord> budgets;  // of those accounts, by id
    std::vector<AuditEntry> audit;
    bool operator==(const Contents&) const = default;
  };
  Contents ContentsOf();
  // By id.
  std::vector<BudgetRecord> BudgetsOf(AccountId account);
  StatusOr<BudgetRecord> GetBudget(BudgetId id);

  // Commits that must work.
  void Put(const Commit& commit);
  template <typename Record>
  void Create(const Record& record);
  // Gives an account with login and one token; ids as given.
  AccountSnapshot CreateAccountWithToken(uint64_t account, uint64_t token);

 private:
  std::unique_ptr<StoreHarness> harness_ = GetParam().make();
};

inline void PrintTo(const StoreFactory& factory, std::ostream* out) {
  *out << factory.name;
}

// For INSTANTIATE_TEST_SUITE_P.
inline std::string NameOf(
    const ::testing::TestParamInfo<StoreFactory>& factory) {
  return factory.param.name;
}

}  // namespace pawl::db
