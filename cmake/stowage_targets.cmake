# The kinds of targets in this tree: a library per layer, executables, a Boost.Test program per folder
# of tests, and end-to-end scripts.

# stowage_compile_as_one(<target>)
# With STOWAGE_UNITY and for clang-tidy several files of a layer or a program are one, because most of the time goes
# into the headers they share; what is in their unnamed namespaces then has different names in each.
function(stowage_compile_as_one name)
  if(STOWAGE_UNITY OR STOWAGE_TIDY)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
  if(STOWAGE_TIDY)
    # Every check looks at every header again, once for each of these.
    set_target_properties(${name} PROPERTIES UNITY_BUILD_BATCH_SIZE 24)
    # Else the analyzer leaves out what is included.
    set_property(TARGET ${name} APPEND PROPERTY CXX_CLANG_TIDY
      --extra-arg=-Xclang --extra-arg=-analyzer-opt-analyze-headers)
  endif()
endfunction()

# stowage_library(<name> SOURCES <file>... LINKS <target>...)
# One static library per layer; header-only layers become INTERFACE libraries. LINKS are the layers
# and libraries its headers may include, so they are handed on to whoever links the layer.
function(stowage_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC stowage_compile_options ${arg_LINKS})
    # The layers end up in one shared library, which shows what is marked STOWAGE_EXPORT.
    set_target_properties(${name} PROPERTIES
      CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
    stowage_compile_as_one(${name})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE stowage_compile_options ${arg_LINKS})
  endif()
endfunction()

# stowage_executable(<target> SOURCES <file>... LINKS <target>... [OUTPUT <name>])
# Without sources there is no target: a layer may start out empty.
function(stowage_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT" "SOURCES;LINKS")
  if(NOT arg_SOURCES)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE stowage_compile_options ${arg_LINKS})
  if(arg_OUTPUT)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME ${arg_OUTPUT})
  endif()
  stowage_compile_as_one(${name})
endfunction()

# stowage_test(<folder> LINKS <target>... [NO_CAF] [SERIAL])
# Builds tests/<folder>/*.cpp into one Boost.Test program, whose cases become the CTest tests
# <folder>/<suite>/<case>, with each part of the folder's path as a label. NO_CAF makes it an error if
# CAF is linked, by whatever way. SERIAL tests have the machine for themselves. The target <first part of
# the folder's path>_tests builds all programs below that folder.
function(stowage_test folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_CAF;SERIAL" "" "LINKS")
  set_property(GLOBAL APPEND PROPERTY stowage_test_folders "${folder}")
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${folder}/*.cpp")
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" name "test_${folder}")
  add_executable(${name} ${sources})
  string(REGEX REPLACE "/.*" "" group "${folder}")
  if(NOT TARGET ${group}_tests)
    add_custom_target(${group}_tests)
  endif()
  add_dependencies(${group}_tests ${name})
  target_compile_definitions(${name} PRIVATE
    "STOWAGE_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\"")
  target_link_libraries(${name} PRIVATE
    stowage_test_main ${arg_LINKS} Boost::unit_test_framework)
  # clang-tidy takes minutes for a file of Boost.Test cases: more than CI has. The compilers' warnings
  # hold for tests as for everything else.
  set_target_properties(${name} PROPERTIES CXX_CLANG_TIDY "")
  # What takes time in a test is what it tests, and that lies in the layers: -O2 here only takes longer to
  # compile.
  target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1>)
  if(arg_NO_CAF)
    stowage_require_caf_free(${name})
    stowage_precompile(${name} plain <boost/test/unit_test.hpp> <rapidcheck.h>)
  else()
    stowage_precompile(${name} actors
      <boost/test/unit_test.hpp> <stowage/tests/support/actors/store_fixture.hpp>)
  endif()
  file(GENERATE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/${name}.cmake" CONTENT
"include([[${PROJECT_SOURCE_DIR}/cmake/discover_boost_tests.cmake]])
stowage_discover_tests([[${folder}]] [[$<TARGET_FILE:${name}>]] ${arg_SERIAL})
")
  set_property(DIRECTORY APPEND PROPERTY
    TEST_INCLUDE_FILES "${CMAKE_CURRENT_BINARY_DIR}/${name}.cmake")
endfunction()

# stowage_precompile(<target> <kind> <header>...)
# Test programs of one kind share these headers precompiled, made for the first of them: parsing Boost.Test
# and CAF takes longer than a test file itself.
function(stowage_precompile name kind)
  if(NOT STOWAGE_PRECOMPILE)
    return()
  endif()
  get_property(owner GLOBAL PROPERTY "stowage_precompiled_${kind}")
  if(owner)
    target_precompile_headers(${name} REUSE_FROM ${owner})
  else()
    target_precompile_headers(${name} PRIVATE ${ARGN})
    set_property(GLOBAL PROPERTY "stowage_precompiled_${kind}" ${name})
  endif()
endfunction()

# stowage_skipped_test(<folder> <why>)
# A test that only says why those of the folder cannot be built here.
function(stowage_skipped_test folder why)
  set_property(GLOBAL APPEND PROPERTY stowage_test_folders "${folder}")
  add_test(NAME ${folder} COMMAND "${CMAKE_COMMAND}" -E echo "skipped: ${why}")
  set_tests_properties(${folder} PROPERTIES LABELS "${folder}" SKIP_REGULAR_EXPRESSION "skipped: ")
endfunction()

# stowage_require_all_tests_registered(): a configuration error if a *_test.cpp lies in a folder that no
# stowage_test() names, because it would never run.
function(stowage_require_all_tests_registered)
  get_property(folders GLOBAL PROPERTY stowage_test_folders)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/tests"
    "${PROJECT_SOURCE_DIR}/tests/*_test.cpp")
  foreach(source IN LISTS sources)
    get_filename_component(folder "${source}" DIRECTORY)
    if(NOT folder IN_LIST folders)
      message(FATAL_ERROR "tests/${source} is in no test program: add stowage_test(${folder} ...).")
    endif()
  endforeach()
endfunction()

# stowage_script_tests(<folder> <executable target>)
# Runs each tests/<folder>/*.sh as `SCRIPT BINARY DIRECTORY` in that fresh, empty directory;
# common.sh is what the scripts share.
function(stowage_script_tests folder target)
  if(NOT TARGET ${target})
    return()
  endif()
  file(GLOB scripts CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${folder}/*.sh")
  list(FILTER scripts EXCLUDE REGEX "/common\\.sh$")
  foreach(script IN LISTS scripts)
    get_filename_component(name "${script}" NAME_WE)
    set(directory "${CMAKE_CURRENT_BINARY_DIR}/${folder}/${name}")
    add_test(NAME ${folder}/${name} COMMAND bash -euc
      "rm -rf -- \"$3\"; mkdir -p -- \"$3\"; cd -- \"$3\"; exec bash \"$1\" \"$2\" \"$3\""
      run "${script}" "$<TARGET_FILE:${target}>" "${directory}")
    set_tests_properties(${folder}/${name} PROPERTIES
      LABELS "${folder}" TIMEOUT 300 SKIP_REGULAR_EXPRESSION "(^|\n)skipped: ")
  endforeach()
endfunction()

# stowage_check_headers(<layer folder>...)
# Compiles each header alone, because it must include what it uses; one that its own source includes first is
# compiled so there.
function(stowage_check_headers)
  foreach(layer IN LISTS ARGN)
    file(GLOB headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}"
      "${PROJECT_SOURCE_DIR}/${layer}/*.hpp")
    string(REPLACE "/" "_" name "${layer}")
    string(REPLACE "storage_" "" target "stowage_${name}")
    if(NOT headers OR NOT TARGET ${target})
      continue()
    endif()
    # Nobody outside an executable includes its headers.
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "EXECUTABLE")
      continue()
    endif()
    set(sources)
    foreach(header IN LISTS headers)
      string(REGEX REPLACE "\\.hpp$" ".cpp" own_source "${PROJECT_SOURCE_DIR}/${header}")
      if(EXISTS "${own_source}")
        file(STRINGS "${own_source}" first_include REGEX "^#include " LIMIT_COUNT 1)
        if(first_include STREQUAL "#include <stowage/${header}>")
          continue()
        endif()
      endif()
      set(source "${PROJECT_BINARY_DIR}/headers/${header}.cpp")
      file(CONFIGURE OUTPUT "${source}" CONTENT "#include <stowage/${header}>\n")
      list(APPEND sources "${source}")
    endforeach()
    if(NOT sources)
      continue()
    endif()
    add_library(check_headers_${name} OBJECT ${sources})
    target_link_libraries(check_headers_${name} PRIVATE stowage_compile_options ${target})
    # Linted where they are used.
    set_target_properties(check_headers_${name} PROPERTIES CXX_CLANG_TIDY "")
  endforeach()
endfunction()
