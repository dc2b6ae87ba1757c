#include "validator/service/cache_warmer.h"

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "base/log.h"
#include "base/time.h"

namespace pawl::validator {
namespace {

constexpr size_t kAtOnce = 256;
constexpr int kNice = 10;

}  // namespace

void CacheWarmer::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  pthread_setname_np(thread_.native_handle(), "cache_warmer");
}

void CacheWarmer::Run(const std::stop_token& stop) {
  // In Linux this is the thread's own. Without it, it is only in the way more.
  static_cast<void>(
      setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice));
  const auto begin = std::chrono::steady_clock::now();
  const StatusOr<size_t> count = Fill(stop);
  if (!count.ok()) {
    Log(Severity::kWarning, "cache_not_warm")
        .With("error", ToString(count.status()));
    return;
  }
  const auto millis = std::chrono::duration_cast<Millis>(
      std::chrono::steady_clock::now() - begin);
  Log(Severity::kInfo, "cache_warm")
      .With("accounts", static_cast<int64_t>(*count))
      .With("millis", static_cast<int64_t>(millis.count()));
}

StatusOr<size_t> CacheWarmer::Fill(const std::stop_token& stop) {
  size_t count = 0;
  std::string after;
  while (!stop.stop_requested() && !cache_->IsFull()) {
    PAWL_ASSIGN_OR_RETURN(
        const std::vector<db::AccountRecord> page,
        store_->ListAccounts({.after = after, .limit = kAtOnce}));
    if (page.empty()) {
      break;
    }
    db::Keys keys;
    for (const db::AccountRecord& account : page) {
      keys.logins.push_back(account.login);
    }
    PAWL_ASSIGN_OR_RETURN(const db::Rows rows, store_->Read(keys));
    cache_->Put(keys, rows);
    count += page.size();
    after = page.back().login;
  }
  return count;
}

}  // namespace pawl::validator
