# Hardening for what is shipped: the release preset switches it on.
add_library(pawl_harden INTERFACE)
if(PAWL_HARDEN)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  target_compile_options(pawl_harden INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS
    -fstack-protector-strong -fstack-clash-protection -fcf-protection)
  target_link_options(pawl_harden INTERFACE -pie -Wl,-z,relro,-z,now)
endif()
