// What a durable commit costs, by engine and number of commits written at once.
// PostgreSQL takes part when PAWL_BENCH_POSTGRES holds the URL of an empty
// database.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/rng.h"
#include "db/open.h"
#include "db/store.h"

namespace pawl {
namespace {

constexpr UnixTime kNow = FromUnixMillis(1'700'000'000'000);
constexpr size_t kTokens = 10'000;

std::string RandomText(size_t size) {
  SystemRng rng;
  std::string text(size, '\0');
  rng.Fill({reinterpret_cast<uint8_t*>(text.data()), text.size()});
  return text;
}

db::TokenRecord NewToken() {
  SystemRng rng;
  return {.id = {rng.RandomId()},
          .digits = 32,
          .sealed_secret = RandomText(60),
          .fingerprint = RandomText(16),
          .created = kNow,
          .modified = kNow};
}

db::Commit WriteOf(db::Write<db::TokenRecord> write) {
  db::Commit commit;
  commit.audit = {.at = kNow,
                  .event = db::Event::kOtpChecked,
                  .reason = db::Reason::kGoodCode,
                  .caller = "local",
                  .token = write.after->id,
                  .position = write.after->position};
  commit.tokens.push_back(std::move(write));
  return commit;
}

// A store with tokens that are used in turn, each one step further every time.
class Load {
 public:
  explicit Load(const std::string& url) : store_(*db::OpenStore(url)) {
    std::vector<db::Commit> inserts;
    for (size_t i = 0; i < kTokens; ++i) {
      tokens_.push_back(NewToken());
      inserts.push_back(WriteOf({.after = tokens_.back()}));
    }
    Commit(inserts);
  }

  void Advance(size_t count) {
    std::vector<db::Commit> commits;
    for (size_t i = 0; i < count; ++i) {
      db::TokenRecord& token = tokens_[next_++ % tokens_.size()];
      db::TokenChange change;
      change.advance_to = token.position.value_or(0) + 1;
      db::TokenRecord after = *Apply(token, change, kNow);
      commits.push_back(WriteOf({.before = token, .after = after}));
      token = std::move(after);
    }
    Commit(commits);
  }

 private:
  void Commit(const std::vector<db::Commit>& commits) {
    std::vector<const db::Commit*> pointers;
    for (const db::Commit& commit : commits) {
      pointers.push_back(&commit);
    }
    for (const Status& status : store_->Commit(pointers)) {
      PAWL_CHECK(status.ok());
    }
  }

  std::unique_ptr<db::Store> store_;
  std::vector<db::TokenRecord> tokens_;
  size_t next_ = 0;
};

void Register(const std::string& engine, const std::string& url) {
  const auto load = std::make_shared<Load>(url);
  benchmark::RegisterBenchmark(
      ("CommitTokens/" + engine).c_str(),
      [load](benchmark::State& state) {
        const auto count = static_cast<size_t>(state.range(0));
        for (auto _ : state) {
          load->Advance(count);
        }
        state.SetItemsProcessed(state.iterations() * state.range(0));
      })
      ->Arg(1)
      ->Arg(8)
      ->Arg(64)
      ->Arg(256)
      ->UseRealTime();
}

}  // namespace
}  // namespace pawl

int main(int argc, char** argv) {
  std::string directory =
      (std::filesystem::temp_directory_path() / "pawl-micro-XXXXXX").string();
  PAWL_CHECK(mkdtemp(directory.data()) != nullptr);
  pawl::Register("memory", "memory:");
  pawl::Register("sqlite", "sqlite:" + directory + "/pawl.db");
  if (const char* url = std::getenv("PAWL_BENCH_POSTGRES")) {
    pawl::Register("postgresql", url);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  std::filesystem::remove_all(directory);
  return 0;
}
