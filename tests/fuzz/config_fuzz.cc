// Any text as configuration file: no crash, and what is called good is whole.
#include <cstdint>

#include "base/bytes.h"
#include "base/status.h"
#include "validator/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const pawl::validator::ConfigResult result = pawl::validator::LoadConfig(
      {.toml = std::string(pawl::AsText({data, size})),
       .toml_name = "fuzz.toml"});
  if (result.problems.empty()) {
    PAWL_CHECK(!result.config.store.empty());
    PAWL_CHECK(result.config.throttle.lock_at <= 100);
    PAWL_CHECK(result.config.throttle.first_delay <=
               result.config.throttle.max_delay);
  }
  return 0;
}
