// LoadVectors: a file of tests/vectors. ctest tells where that is.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/status.h"

namespace pawl::testing {

using Json = nlohmann::json;

// Aborts when the file cannot be read: a test without its data must not pass.
inline Json LoadVectors(std::string_view file) {
  const char* directory = std::getenv("PAWL_TEST_VECTORS");
  PAWL_CHECK(directory != nullptr);
  std::ifstream stream(std::filesystem::path(directory) / file);
  Json vectors = Json::parse(stream, nullptr, /*allow_exceptions=*/false);
  PAWL_CHECK(!vectors.is_discarded());
  return vectors;
}

// The member `name` of `object`, or nullopt when it is missing or null.
template <typename T>
std::optional<T> OptionalMember(const Json& object, const char* name) {
  if (!object.contains(name) || object.at(name).is_null()) {
    return std::nullopt;
  }
  return object.at(name).get<T>();
}

}  // namespace pawl::testing
