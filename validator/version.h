// The version of this program, as CHANGELOG.md and CMakeLists.txt name it.
#pragma once

#include <string_view>

namespace pawl::validator {

inline constexpr std::string_view kVersion = PAWL_VERSION;

}  // namespace pawl::validator
