# pawl_embed_sql(out_var NAME ... FILES ...): makes a source file that defines
# `std::span<const Migration> <NAME>()` from numbered .sql files, so that the
# schema travels inside the binary.
function(pawl_embed_sql out_var)
  cmake_parse_arguments(ARG "" "HEADER;FUNCTION" "FILES" ${ARGN})
  set(out "${CMAKE_CURRENT_BINARY_DIR}/${ARG_FUNCTION}.cc")
  set(body "#include \"${ARG_HEADER}\"\n\nnamespace pawl::db {\nnamespace {\n")
  string(APPEND body "constexpr Migration kAll[] = {\n")
  foreach(file IN LISTS ARG_FILES)
    get_filename_component(name "${file}" NAME_WE)
    string(REGEX MATCH "^[0-9]+" number "${name}")
    math(EXPR number "${number}")  # refuses names without a number
    file(READ "${file}" text)
    string(APPEND body
      "{${number}, \"${name}\", R\"pawlsql(${text})pawlsql\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  endforeach()
  string(APPEND body "};\n}  // namespace\n\n")
  string(APPEND body
    "std::span<const Migration> ${ARG_FUNCTION}() { return kAll; }\n")
  string(APPEND body "}  // namespace pawl::db\n")
  file(CONFIGURE OUTPUT "${out}" CONTENT "${body}" @ONLY)
  set(${out_var} "${out}" PARENT_SCOPE)
endfunction()
