// TestDatabase: an empty schema in the cluster that tests/support/with_postgres
// has started, and a way to do there what the store does not.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>

namespace pawl::testing {

class TestDatabase {
 public:
  // Throws, and so fails the test, when there is no cluster.
  TestDatabase();
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  // For PostgresStore::Open(), with more of the form "&keyword=value".
  [[nodiscard]] std::string Url(std::string_view more = {}) const;
  [[nodiscard]] const std::string& schema() const { return schema_; }

  // Runs statements as superuser in the schema, bound by no rule of Pawl; the
  // first column of the first row, if any.
  std::string Run(const std::string& sql);

  // Changes a setting of the whole cluster (which is this test's own), or, at
  // destruction, gives it back.
  class Setting {
   public:
    Setting(TestDatabase& database, const std::string& name,
            const std::string& value);
    ~Setting();
    Setting(const Setting&) = delete;
    Setting& operator=(const Setting&) = delete;

   private:
    void Wait(const std::string& value);
    TestDatabase& database_;
    std::string name_;
    std::string old_;
  };

 private:
  pqxx::connection connection_;
  std::string schema_;
};

// True once the statement gives "t"; asks again for a bounded time.
bool Eventually(TestDatabase& database, const std::string& sql);

}  // namespace pawl::testing
