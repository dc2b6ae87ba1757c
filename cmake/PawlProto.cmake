# pawl_proto_library(target FILES ...): C++ messages and gRPC stubs from
# proto/, generated into the build tree and included as "pawl/v1/x.pb.h".
function(pawl_proto_library target)
  cmake_parse_arguments(ARG "" "" "FILES" ${ARGN})
  set(root "${PROJECT_SOURCE_DIR}/proto")
  set(out "${CMAKE_BINARY_DIR}/gen")
  file(MAKE_DIRECTORY "${out}")
  set(sources)
  foreach(file IN LISTS ARG_FILES)
    string(REGEX REPLACE "\\.proto$" "" stem "${file}")
    set(generated
      "${out}/${stem}.pb.cc" "${out}/${stem}.pb.h"
      "${out}/${stem}.grpc.pb.cc" "${out}/${stem}.grpc.pb.h")
    add_custom_command(
      OUTPUT ${generated}
      COMMAND protobuf::protoc -I "${root}" --cpp_out "${out}"
        --grpc_out "${out}"
        "--plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>"
        "${file}"
      WORKING_DIRECTORY "${root}"
      DEPENDS "${root}/${file}"
      VERBATIM)
    list(APPEND sources ${generated})
  endforeach()
  add_library(${target} STATIC ${sources})
  # Generated code is not ours: no warnings, and SYSTEM for who includes it.
  target_include_directories(${target} SYSTEM PUBLIC "${out}")
  target_link_libraries(${target}
    PUBLIC gRPC::grpc++ protobuf::libprotobuf pawl_sanitizers pawl_harden)
endfunction()
