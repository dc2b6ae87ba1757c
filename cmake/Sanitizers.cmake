# PAWL_SANITIZE names the sanitizers every target of ours is built with.
add_library(pawl_sanitizers INTERFACE)
if(PAWL_SANITIZE)
  list(JOIN PAWL_SANITIZE "," _pawl_sanitize)
  target_compile_options(pawl_sanitizers INTERFACE
    -fsanitize=${_pawl_sanitize} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(pawl_sanitizers INTERFACE -fsanitize=${_pawl_sanitize})
endif()
