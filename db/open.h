// OpenStore: chooses an engine by its URL. The only file that includes engine
// headers.
#pragma once

#include <memory>
#include <string_view>

#include "base/status.h"
#include "db/store.h"

namespace pawl::db {

// "memory:" (lost at exit), "sqlite:PATH" or "postgresql://..." as libpq takes
// it. Creates or migrates the schema.
// INVALID_ARGUMENT for another scheme, FAILED_PRECONDITION when the schema is
// newer than this program, UNAVAILABLE when the store cannot be reached.
[[nodiscard]] StatusOr<std::unique_ptr<Store>> OpenStore(std::string_view url);

}  // namespace pawl::db
