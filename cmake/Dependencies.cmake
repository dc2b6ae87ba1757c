# Every library we use, found once. All come from Debian 12 packages.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Protobuf REQUIRED)
find_package(absl REQUIRED)
find_package(gRPC REQUIRED)
find_package(spdlog REQUIRED)
# Headers only: the packaged library is built to throw exceptions.
find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
find_package(CLI11 REQUIRED)
# Headers only.
find_package(Boost 1.74 REQUIRED)
find_package(CURL REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libargon2 REQUIRED IMPORTED_TARGET libargon2)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(qrcodegencpp REQUIRED IMPORTED_TARGET qrcodegencpp)
pkg_check_modules(libpqxx REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
# What programs under load allocate with; sanitizers bring their own.
add_library(pawl_allocator INTERFACE)
if(NOT PAWL_SANITIZE)
  pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
  target_link_libraries(pawl_allocator INTERFACE PkgConfig::jemalloc)
endif()

# libyubikey ships neither a CMake config nor a pkg-config file.
find_path(YUBIKEY_INCLUDE_DIR yubikey.h REQUIRED)
find_library(YUBIKEY_LIBRARY yubikey REQUIRED)
add_library(yubikey::yubikey UNKNOWN IMPORTED)
set_target_properties(yubikey::yubikey PROPERTIES
  IMPORTED_LOCATION "${YUBIKEY_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${YUBIKEY_INCLUDE_DIR}")

if(PAWL_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_program(PG_VIRTUALENV pg_virtualenv REQUIRED)
  find_program(PYTHON3 NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)
endif()
