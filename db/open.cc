#include "db/open.h"

#include <string>

#include "db/memory/memory_store.h"
#include "db/sqlite/sqlite_store.h"

namespace pawl::db {

StatusOr<std::unique_ptr<Store>> OpenStore(std::string_view url) {
  constexpr std::string_view kMemory = "memory:";
  constexpr std::string_view kSqlite = "sqlite:";
  if (url == kMemory) {
    return std::make_unique<MemoryStore>();
  }
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size()) {
    return SqliteStore::Open(std::string(url.substr(kSqlite.size())));
  }
  std::string message = "a store is memory: or sqlite:PATH, not ";
  message += url;
  return MakeStatus(StatusCode::kInvalidArgument, message);
}

}  // namespace pawl::db
