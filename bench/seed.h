// Seeding: fills an empty server with a population, each person with a PIN and
// one token, and makes the API client that asks for them.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"

namespace pawl::bench {

struct SeedOptions {
  // Where to: a store, or the Unix socket of a running server, which is how an
  // engine without a file is filled.
  std::string store{};       // see db::OpenStore()
  std::string master_key{};  // its file, made when missing
  std::string server{};      // "unix:PATH", instead of both
  std::string seed{};
  uint32_t tokens = 0;
  bool crowd = false;     // few accounts with very many devices and tokens
  std::string key_out{};  // a new file for the bearer key
};

// Straight into the store, in batches of commits.
[[nodiscard]] Status SeedStore(const SeedOptions& options);

// Through the administration calls of a server.
[[nodiscard]] Status SeedServer(const SeedOptions& options);

}  // namespace pawl::bench
