// Fetcher: GET over HTTP and HTTPS by libcurl, many at once on one thread.
//
// Thread safety: all methods may be called from any thread. The destructor
// ends what is under way with UNAVAILABLE.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "base/time.h"

namespace pawl::validator {

class Fetcher {
 public:
  static constexpr size_t kMaxBodyBytes = size_t{16} << 10U;
  static constexpr size_t kMostAtOnce = 256;

  struct Request {
    std::string url;
    Millis timeout{0};
    std::function<bool()> expired{};  // may be empty
  };
  // The body of a 200; RESOURCE_EXHAUSTED when there are too many at once,
  // which says nothing about the server; UNAVAILABLE for all else. Called on
  // the fetcher's thread; it must not block, and may Get() again.
  using Fetched = std::function<void(StatusOr<std::string>)>;

  // `ca_file`: PEM; empty: the system's.
  explicit Fetcher(std::filesystem::path ca_file);
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  void Get(Request request, Fetched fetched);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace pawl::validator
