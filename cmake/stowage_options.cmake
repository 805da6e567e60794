# Options, language level and the compiler flags of our own targets.

option(STOWAGE_WERROR "Treat warnings in our own code as errors" OFF)
# As part of another project only the library is built.
option(STOWAGE_CLI "Build the program stowage, with the Redis front" ${PROJECT_IS_TOP_LEVEL})
option(STOWAGE_JEMALLOC "The program allocates with jemalloc; the library with what its host has" ON)
option(STOWAGE_BENCH "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(STOWAGE_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(STOWAGE_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(STOWAGE_INSTALL "Make rules that install what is built" ${PROJECT_IS_TOP_LEVEL})
option(STOWAGE_BUNDLE_CAF "Make and install libstowage.so with a shared CAF of its own, as the Debian packages have it" OFF)
set(STOWAGE_FIRST_TYPE_ID "" CACHE STRING "First CAF type id of the store's messages; empty = messages/type_ids.hpp")
option(STOWAGE_PRECOMPILE "Precompile the headers that tests share" ON)
option(STOWAGE_HEADER_CHECKS "Compile every public header on its own" OFF)
option(STOWAGE_UNITY "Compile several files of a layer as one: builds sooner, rebuilds later" OFF)
option(STOWAGE_TIDY "Run clang-tidy on every file in place of generating code" OFF)
option(STOWAGE_MUTANTS "Compile in the mutants of tests/mutation, for the gate" OFF)
option(STOWAGE_FUZZERS "Link the fuzz targets with libFuzzer (clang)" OFF)
option(STOWAGE_COVERAGE "Count which branches run (clang; see scripts/coverage)" OFF)
set(STOWAGE_SANITIZE "" CACHE STRING "Sanitizers for our own code, e.g. address,undefined")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
  endif()
  # Line tables are enough for backtraces; full debug information doubles the time to link.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
else()
  # The project we are part of links what our library needs.
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL TRUE)
endif()
if(STOWAGE_TESTS AND NOT (STOWAGE_CLI AND STOWAGE_EXAMPLES))
  message(FATAL_ERROR "STOWAGE_TESTS runs the program and the examples: it needs STOWAGE_CLI and STOWAGE_EXAMPLES.")
endif()

# The tree is its own include directory: <stowage/storage/core/types.hpp> is storage/core/types.hpp.
# A link rather than copied headers, so that an edited header is seen without configuring again.
set(STOWAGE_INCLUDE_DIR "${PROJECT_BINARY_DIR}/include")
file(MAKE_DIRECTORY "${STOWAGE_INCLUDE_DIR}")
file(CREATE_LINK "${PROJECT_SOURCE_DIR}" "${STOWAGE_INCLUDE_DIR}/stowage" SYMBOLIC)

# What every target of ours is compiled with. Dependencies are imported, hence SYSTEM, targets and
# give no warnings.
add_library(stowage_compile_options INTERFACE)
target_include_directories(stowage_compile_options INTERFACE "${STOWAGE_INCLUDE_DIR}")
target_compile_options(stowage_compile_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  # __FILE__ in messages names the path in the repository, wherever that was built.
  "-fmacro-prefix-map=${STOWAGE_INCLUDE_DIR}/stowage/="
  "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
if(STOWAGE_WERROR)
  target_compile_options(stowage_compile_options INTERFACE -Werror)
endif()
if(STOWAGE_FIRST_TYPE_ID)
  target_compile_definitions(stowage_compile_options INTERFACE "STOWAGE_FIRST_TYPE_ID=${STOWAGE_FIRST_TYPE_ID}")
endif()
if(STOWAGE_MUTANTS)
  target_compile_definitions(stowage_compile_options INTERFACE STOWAGE_MUTANTS)
endif()
if(STOWAGE_SANITIZE)
  target_compile_options(stowage_compile_options INTERFACE
    -fsanitize=${STOWAGE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    # g++ takes what the sanitizers insert for uses of uninitialized values.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  # What lies inside an allocation, but beyond a span or a vector, no sanitizer sees.
  target_compile_definitions(stowage_compile_options INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(stowage_compile_options INTERFACE -fsanitize=${STOWAGE_SANITIZE})
endif()

if(STOWAGE_COVERAGE)
  # Counts regions of the source, not jumps of the machine code: no branches that only exceptions, destructors
  # or the optimizer take, and two statements of one line are told apart.
  target_compile_options(stowage_compile_options INTERFACE
    -fprofile-instr-generate -fcoverage-mapping
    # An increment that two threads lose makes what is computed from it wrong.
    -fprofile-update=atomic)
  target_link_options(stowage_compile_options INTERFACE -fprofile-instr-generate)
endif()

if(STOWAGE_TIDY)
  # With the configuration's hash on the command line, a change of it lints every file again.
  file(SHA256 "${PROJECT_SOURCE_DIR}/.clang-tidy" tidy_hash)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/.clang-tidy")
  set(CMAKE_CXX_CLANG_TIDY clang-tidy --quiet "--extra-arg=-DSTOWAGE_TIDY_${tidy_hash}"
    # The analyzer follows calls into every function but those that CAF's templates instantiate: that is where
    # most of its time went.
    --extra-arg=-Xclang --extra-arg=-analyzer-config
    --extra-arg=-Xclang --extra-arg=c++-template-inlining=false)
  # The build with clang compiles the same files: here they are only preprocessed, for what they include, and
  # nothing is linked. The driver is told of a compilation all the same: from a command line with a plain -E
  # clang-tidy takes no options, and lints the file without any.
  set(CMAKE_CXX_COMPILE_OBJECT
    "<CMAKE_CXX_COMPILER> <DEFINES> <INCLUDES> <FLAGS> -Xclang -E -o <OBJECT> -c <SOURCE>")
  set(CMAKE_CXX_CREATE_STATIC_LIBRARY "<CMAKE_COMMAND> -E touch <TARGET>")
  set(CMAKE_CXX_LINK_EXECUTABLE "<CMAKE_COMMAND> -E touch <TARGET>")
endif()
