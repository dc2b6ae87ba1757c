# pawl_library(name SOURCES ... DEPS ...): one static library per folder.
function(pawl_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(pawl_${name} STATIC ${ARG_SOURCES})
  add_library(pawl::${name} ALIAS pawl_${name})
  target_include_directories(pawl_${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(pawl_${name}
    PUBLIC ${ARG_DEPS} pawl_sanitizers pawl_harden PRIVATE pawl_warnings)
endfunction()

# pawl_program(name SOURCES ... DEPS ...): an executable called `name`.
function(pawl_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} pawl_warnings)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
endfunction()

# What the tsan and fuzz presets build: only what their tests need.
add_custom_target(tsan_tests)
add_custom_target(fuzzers)

# pawl_test(path DEPS ... LABELS ...): tests/<path>.cc as one gtest program.
# The label `tsan` puts a test into the ThreadSanitizer run; POSTGRES runs it
# beside a throw-away PostgreSQL cluster.
function(pawl_test path)
  cmake_parse_arguments(ARG "POSTGRES" "" "SOURCES;DEPS;LABELS" ${ARGN})
  string(REPLACE "/" "_" name "${path}")
  add_executable(${name} ${path}.cc ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE
    ${ARG_DEPS} GTest::gtest_main GTest::gmock pawl_warnings)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/test-bin")
  if("tsan" IN_LIST ARG_LABELS)
    add_dependencies(tsan_tests ${name})
  endif()
  if(ARG_POSTGRES)
    # One at a time: clusters that start together may choose the same port.
    add_test(NAME ${name} COMMAND
      "${PROJECT_SOURCE_DIR}/tests/support/with_postgres"
      "$<TARGET_FILE:${name}>")
    set_tests_properties(${name} PROPERTIES RESOURCE_LOCK postgresql)
  else()
    add_test(NAME ${name} COMMAND ${name})
  endif()
  set_tests_properties(${name} PROPERTIES
    LABELS "${ARG_LABELS}"
    SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]"
    ENVIRONMENT "PAWL_TEST_VECTORS=${PROJECT_SOURCE_DIR}/tests/vectors")
endfunction()

# pawl_fuzzer(name RUNS count DEPS ...): tests/fuzz/<name>_fuzz.cc with its seed
# corpus. The test is the short form that CI runs: the same `count` inputs each
# time, so that it says something of the change and not of the machine. A long
# one is started by hand, with another -seed and a -max_total_time.
function(pawl_fuzzer name)
  if(NOT PAWL_BUILD_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "RUNS" "DEPS" ${ARGN})
  add_executable(${name}_fuzz ${name}_fuzz.cc)
  target_compile_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name}_fuzz PRIVATE ${ARG_DEPS} pawl_warnings)
  add_dependencies(fuzzers ${name}_fuzz)
  # Files, not their directory: libFuzzer would write its finds there.
  file(GLOB seeds CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}/*")
  list(JOIN seeds "," seeds)
  add_test(NAME fuzz_${name} COMMAND ${name}_fuzz
    -seed=1 -runs=${ARG_RUNS} -max_len=4096 -timeout=5 "-seed_inputs=${seeds}")
  set_tests_properties(fuzz_${name} PROPERTIES LABELS fuzz)
endfunction()
