# A build with mutants: the engine can be told by the environment variable STOWAGE_MUTANT to break one rule
# (storage/core/mutant.hpp). The names are those of the table tests/mutation/mutants.md.

# stowage_compile_in_mutants(<target> <table>): `target` is where the selected mutant is kept.
function(stowage_compile_in_mutants target table)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${table}")
  # | `name` | what it breaks | ...
  file(STRINGS "${table}" rows REGEX "^[|] `[a-z0-9-]+` [|]")
  list(TRANSFORM rows REPLACE "^[|] `([a-z0-9-]+)` .*$" "\"\\1\",\n")
  list(LENGTH rows count)
  list(JOIN rows "" names)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/mutants/stowage_mutant_names.inc" CONTENT "${names}" @ONLY)
  target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests/mutation/engine/selected_mutant.cpp")
  target_include_directories(${target} PRIVATE "${PROJECT_BINARY_DIR}/mutants")
  target_compile_definitions(${target} PRIVATE STOWAGE_MUTANT_COUNT=${count})
endfunction()
