# What we use from others. scripts/packages installs it, scripts/caf brings CAF.

find_package(Threads REQUIRED)

# No version is passed: 0.18 answers only for its exact version, and we take a range.
if(DEFINED ENV{CAF_DIR})
  set(CAF_DIR "$ENV{CAF_DIR}" CACHE PATH "Directory of CAFConfig.cmake" FORCE)
endif()
find_package(CAF CONFIG QUIET COMPONENTS core io HINTS "${PROJECT_SOURCE_DIR}/.deps/caf-0.18.7")
if(NOT CAF_FOUND)
  message(FATAL_ERROR "CAF was not found: run scripts/caf, or set CAF_DIR to an installed CAF.")
endif()
if(CAF_VERSION VERSION_LESS 0.18.7 OR CAF_VERSION VERSION_GREATER_EQUAL 2)
  message(FATAL_ERROR "CAF ${CAF_VERSION} in ${CAF_DIR} is not in the range 0.18.7 to 1.x.")
endif()
# g++ 12 reports a use after free in CAF's reference counts once they are inlined into our code, where
# SYSTEM no longer silences it; it does not see that the count decides who deletes.
set_property(TARGET CAF::core APPEND PROPERTY
  INTERFACE_COMPILE_OPTIONS "$<$<CXX_COMPILER_ID:GNU>:-Wno-use-after-free>")

find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
add_library(xxhash::xxhash UNKNOWN IMPORTED)
set_target_properties(xxhash::xxhash PROPERTIES
  IMPORTED_LOCATION "${XXHASH_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${XXHASH_INCLUDE_DIR}")

if(STOWAGE_CLI)
  find_path(HIREDIS_INCLUDE_DIR hiredis/read.h REQUIRED)
  find_library(HIREDIS_LIBRARY hiredis REQUIRED)
  add_library(hiredis::hiredis UNKNOWN IMPORTED)
  set_target_properties(hiredis::hiredis PROPERTIES
    IMPORTED_LOCATION "${HIREDIS_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${HIREDIS_INCLUDE_DIR}")

  find_path(SYSTEMD_INCLUDE_DIR systemd/sd-daemon.h REQUIRED)
  find_library(SYSTEMD_LIBRARY systemd REQUIRED)
  add_library(systemd::systemd UNKNOWN IMPORTED)
  set_target_properties(systemd::systemd PROPERTIES
    IMPORTED_LOCATION "${SYSTEMD_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${SYSTEMD_INCLUDE_DIR}")

  # A sanitizer has an allocator of its own.
  if(STOWAGE_JEMALLOC AND NOT STOWAGE_SANITIZE)
    find_library(JEMALLOC_LIBRARY jemalloc REQUIRED)
    add_library(jemalloc::jemalloc UNKNOWN IMPORTED)
    set_target_properties(jemalloc::jemalloc PROPERTIES IMPORTED_LOCATION "${JEMALLOC_LIBRARY}")
  endif()

  find_package(spdlog REQUIRED)
  find_package(nlohmann_json REQUIRED)
endif()
if(STOWAGE_CLI OR STOWAGE_BENCH)
  find_package(fmt REQUIRED)
  find_package(CLI11 REQUIRED)
endif()
if(STOWAGE_BENCH)
  find_package(benchmark REQUIRED)
endif()

if(STOWAGE_TESTS)
  find_package(Boost 1.74 REQUIRED COMPONENTS unit_test_framework)
  find_package(rapidcheck REQUIRED)
  # Only the tests of power cuts need it.
  find_path(FUSE3_INCLUDE_DIR fuse_lowlevel.h PATH_SUFFIXES fuse3)
  find_library(FUSE3_LIBRARY fuse3)
  if(FUSE3_INCLUDE_DIR AND FUSE3_LIBRARY)
    add_library(fuse3::fuse3 UNKNOWN IMPORTED)
    set_target_properties(fuse3::fuse3 PROPERTIES
      IMPORTED_LOCATION "${FUSE3_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${FUSE3_INCLUDE_DIR}"
      INTERFACE_COMPILE_DEFINITIONS "_FILE_OFFSET_BITS=64")
  endif()
endif()
