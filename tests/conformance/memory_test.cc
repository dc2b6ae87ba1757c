#include <optional>

#include "db/memory/memory_store.h"
#include "tests/conformance/store_conformance.h"
#include "tests/support/faulty_store.h"

namespace pawl::db {
namespace {

class MemoryHarness final : public StoreHarness {
 public:
  Store& store() override { return *store_; }
  void Reopen() override { store_ = storage_.Connect(); }
  std::unique_ptr<Store> SecondConnection() override {
    return storage_.Connect();
  }

 private:
  const MemoryStore storage_;
  std::unique_ptr<Store> store_ = storage_.Connect();
};

// Without faults a FaultyStore is its inner store.
class FaultyHarness final : public StoreHarness {
 public:
  Store& store() override { return *store_; }
  void Reopen() override {
    inner_.Reopen();
    store_.emplace(inner_.store());
  }
  std::unique_ptr<Store> SecondConnection() override {
    return inner_.SecondConnection();
  }

 private:
  MemoryHarness inner_;
  std::optional<testing::FaultyStore> store_{inner_.store()};
};

template <typename Harness>
std::unique_ptr<StoreHarness> Make() {
  return std::make_unique<Harness>();
}

INSTANTIATE_TEST_SUITE_P(
    Memory, StoreConformance,
    ::testing::Values(StoreFactory{"memory", Make<MemoryHarness>},
                      StoreFactory{"faulty", Make<FaultyHarness>}),
    NameOf);

}  // namespace
}  // namespace pawl::db
