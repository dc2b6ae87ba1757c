#include "db/sqlite/sqlite_store.h"
#include "tests/conformance/store_conformance.h"
#include "tests/support/temp_dir.h"

namespace pawl::db {
namespace {

class SqliteHarness final : public StoreHarness {
 public:
  Store& store() override { return *store_; }
  void Reopen() override {
    store_.reset();
    store_ = SecondConnection();
  }
  std::unique_ptr<Store> SecondConnection() override {
    return SqliteStore::Open(dir_ / "pawl.db").value();
  }

 private:
  testing::TempDir dir_;
  std::unique_ptr<Store> store_ = SecondConnection();
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance,
                         ::testing::Values(StoreFactory{
                             "sqlite",
                             [] { return std::make_unique<SqliteHarness>(); }}),
                         NameOf);

}  // namespace
}  // namespace pawl::db
