// Conninfo: what libpq connects with.
#pragma once

#include <string>

#include "base/status.h"

namespace pawl::db::postgres {

// The connection string for `url` (postgresql:// or postgres://, with all that
// libpq takes) and, for what it leaves out, values that end a connection to a
// dead or read-only node soon. INVALID_ARGUMENT, without the URL's text, when
// libpq cannot read it.
[[nodiscard]] StatusOr<std::string> Conninfo(const std::string& url);

}  // namespace pawl::db::postgres
