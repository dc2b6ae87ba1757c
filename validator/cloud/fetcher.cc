#include "validator/cloud/fetcher.h"

#include <pthread.h>

#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <curl/curl.h>

namespace pawl::validator {
namespace {

constexpr int kPollMillis = 100;

struct FreeEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

// One GET under way.
struct Transfer {
  Fetcher::Request request;
  Fetcher::Fetched fetched;
  std::unique_ptr<CURL, FreeEasy> handle{};
  std::string body{};
};

size_t TakeBody(char* data, size_t size, size_t count, void* target) {
  auto& body = static_cast<Transfer*>(target)->body;
  const size_t bytes = size * count;
  if (body.size() + bytes > Fetcher::kMaxBodyBytes) {
    return 0;  // ends it with an error
  }
  body.append(data, bytes);
  return bytes;
}

}  // namespace

class Fetcher::Loop {
 public:
  explicit Loop(std::filesystem::path ca_file)
      : ca_file_(std::move(ca_file)), multi_(curl_multi_init()) {
    PAWL_CHECK(multi_ != nullptr);
    thread_ = std::thread([this] { Run(); });
    pthread_setname_np(thread_.native_handle(), "yubicloud");
  }

  ~Loop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    curl_multi_cleanup(multi_);
  }

  // False when there is no room.
  [[nodiscard]] bool Add(std::unique_ptr<Transfer>& transfer) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ || waiting_.size() + at_work_ >= kMostAtOnce) {
        return false;
      }
      waiting_.push_back(std::move(transfer));
    }
    curl_multi_wakeup(multi_);
    return true;
  }

 private:
  void Run() {
    while (Begin()) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      TakeFinished();
      GiveUpExpired();
      curl_multi_poll(multi_, nullptr, 0, kPollMillis, nullptr);
    }
    while (!transfers_.empty()) {
      Finish(transfers_.begin()->first, Unavailable("the server stops"));
    }
  }

  // Starts what has come in; false when it is time to stop.
  bool Begin() {
    std::vector<std::unique_ptr<Transfer>> begun;
    bool stopping = false;
    {
      const std::lock_guard lock(mutex_);
      begun.swap(waiting_);
      at_work_ += begun.size();
      stopping = stopping_;
    }
    for (std::unique_ptr<Transfer>& transfer : begun) {
      SetUp(*transfer);
      CURL* handle = transfer->handle.get();
      curl_multi_add_handle(multi_, handle);
      transfers_.emplace(handle, std::move(transfer));
    }
    return !stopping;
  }

  void SetUp(Transfer& transfer) const {
    transfer.handle.reset(curl_easy_init());
    CURL* handle = transfer.handle.get();
    PAWL_CHECK(handle != nullptr);
    // Certificate and name of the server are checked: libcurl's default.
    curl_easy_setopt(handle, CURLOPT_URL, transfer.request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(transfer.request.timeout.count()));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, TakeBody);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "pawld");
    if (!ca_file_.empty()) {
      curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file_.c_str());
      curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
    }
  }

  void TakeFinished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) {
        continue;
      }
      CURL* handle = message->easy_handle;
      const CURLcode result = message->data.result;
      long status = 0;
      curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
      if (result != CURLE_OK) {
        Finish(handle, Unavailable(curl_easy_strerror(result)));
      } else if (status != 200) {
        Finish(handle, Unavailable("HTTP status " + std::to_string(status)));
      } else {
        Finish(handle, OkStatus());
      }
    }
  }

  void GiveUpExpired() {
    std::vector<CURL*> expired;
    for (const auto& [handle, transfer] : transfers_) {
      if (transfer->request.expired && transfer->request.expired()) {
        expired.push_back(handle);
      }
    }
    for (CURL* handle : expired) {
      Finish(handle, Unavailable("the caller's deadline has passed"));
    }
  }

  void Finish(CURL* handle, const Status& status) {
    const auto found = transfers_.find(handle);
    const std::unique_ptr<Transfer> transfer = std::move(found->second);
    transfers_.erase(found);
    curl_multi_remove_handle(multi_, handle);
    {
      const std::lock_guard lock(mutex_);
      --at_work_;
    }
    transfer->fetched(status.ok()
                          ? StatusOr<std::string>(std::move(transfer->body))
                          : StatusOr<std::string>(status));
  }

  std::filesystem::path ca_file_;
  CURLM* multi_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Transfer>> waiting_;
  size_t at_work_ = 0;
  bool stopping_ = false;
  std::map<CURL*, std::unique_ptr<Transfer>> transfers_;  // of the thread
  std::thread thread_;
};

Fetcher::Fetcher(std::filesystem::path ca_file) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  PAWL_CHECK(ready == CURLE_OK);
  loop_ = std::make_unique<Loop>(std::move(ca_file));
}

Fetcher::~Fetcher() = default;

void Fetcher::Get(Request request, Fetched fetched) {
  auto transfer = std::make_unique<Transfer>(
      Transfer{.request = std::move(request), .fetched = std::move(fetched)});
  if (!loop_->Add(transfer)) {
    transfer->fetched(MakeStatus(StatusCode::kResourceExhausted,
                                 "too many questions are under way"));
  }
}

}  // namespace pawl::validator
