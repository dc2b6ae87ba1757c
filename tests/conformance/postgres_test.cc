#include "tests/support/postgres.h"

#include "db/postgres/postgres_store.h"
#include "tests/conformance/store_conformance.h"

namespace pawl::db {
namespace {

class PostgresHarness final : public StoreHarness {
 public:
  Store& store() override { return *store_; }
  void Reopen() override {
    store_.reset();
    store_ = SecondConnection();
  }
  std::unique_ptr<Store> SecondConnection() override {
    return PostgresStore::Open(database_.Url()).value();
  }

 private:
  testing::TestDatabase database_;
  std::unique_ptr<Store> store_ = SecondConnection();
};

INSTANTIATE_TEST_SUITE_P(
    Postgres, StoreConformance,
    ::testing::Values(StoreFactory{
        "postgres", [] { return std::make_unique<PostgresHarness>(); }}),
    NameOf);

}  // namespace
}  // namespace pawl::db
