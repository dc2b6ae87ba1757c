#include "db/open.h"

#include <string>

#include "db/memory/memory_store.h"
#include "db/postgres/postgres_store.h"
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
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    return PostgresStore::Open(std::string(url));
  }
  // Not repeated: a mistyped URL may hold a password.
  return MakeStatus(StatusCode::kInvalidArgument,
                    "a store is memory:, sqlite:PATH or postgresql://...");
}

}  // namespace pawl::db
