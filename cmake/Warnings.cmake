# The warning set of every target of ours; dependencies are SYSTEM includes.
add_library(pawl_warnings INTERFACE)
target_compile_options(pawl_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wswitch-enum -Wnon-virtual-dtor -Wold-style-cast -Wundef
  $<$<BOOL:${PAWL_WERROR}>:-Werror>)
