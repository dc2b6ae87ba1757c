#include "tests/support/postgres.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace pawl::testing {
namespace {

std::string NewSchema() {
  static std::atomic<int> last = 0;
  return "test_" + std::to_string(::getpid()) + "_" + std::to_string(++last);
}

}  // namespace

TestDatabase::TestDatabase() : schema_(NewSchema()) {
  Run("CREATE SCHEMA " + schema_);
  Run("SET search_path = " + schema_);
  Run("SET client_min_messages = error");
  // Not to wait for a standby that a test has made up.
  Run("SET synchronous_commit = local");
}

// The test may have ended the session, or left it in the middle of something.
TestDatabase::~TestDatabase() {
  connection_.disconnect();
  pqxx::connection connection;
  pqxx::nontransaction(connection).exec("DROP SCHEMA " + schema_ + " CASCADE");
}

std::string TestDatabase::Url(std::string_view more) const {
  std::string url = "postgresql:///?options=-csearch_path%3D" + schema_;
  return url += more;
}

std::string TestDatabase::Run(const std::string& sql) {
  const pqxx::result result = pqxx::nontransaction(connection_).exec(sql);
  return result.empty() ? std::string() : result[0][0].c_str();
}

TestDatabase::Setting::Setting(TestDatabase& database, const std::string& name,
                               const std::string& value)
    : database_(database), name_(name), old_(database.Run("SHOW " + name)) {
  database_.Run("ALTER SYSTEM SET " + name_ + " = '" + value + "'");
  Wait(value);
}

TestDatabase::Setting::~Setting() {
  database_.Run("ALTER SYSTEM RESET " + name_);
  Wait(old_);
}

void TestDatabase::Setting::Wait(const std::string& value) {
  database_.Run("SELECT pg_reload_conf()");
  Eventually(database_,
             "SELECT current_setting('" + name_ + "') = '" + value + "'");
}

bool Eventually(TestDatabase& database, const std::string& sql) {
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + std::chrono::seconds(20);
  while (steady_clock::now() < end) {
    if (database.Run(sql) == "t") {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

}  // namespace pawl::testing
