# The one library that others link, made of the layers: target libstowage, which everybody calls stowage::stowage, in
# this tree, as a part of another one and installed.
#
# Its kind follows CAF's, because a process must have one CAF: a shared library that holds a static CAF, in a program
# that links the same static CAF, would be two. With STOWAGE_BUNDLE_CAF a static CAF is made into shared libraries of
# their own (decision 0017).

set(stowage_library_storage_layers
  stowage_core
  stowage_format
  stowage_space
  stowage_device
  stowage_index
  stowage_log
  stowage_cache
  stowage_storage)
set(stowage_library_layers
  ${stowage_library_storage_layers}
  stowage_messages
  stowage_config
  stowage_actors
  stowage_client)

get_target_property(caf_type CAF::core TYPE)
if(STOWAGE_BUNDLE_CAF AND NOT caf_type STREQUAL "STATIC_LIBRARY")
  message(STATUS "CAF in ${CAF_DIR} is shared: it is used where it is, and there will be no Debian packages")
  set(STOWAGE_BUNDLE_CAF OFF)
endif()
if(STOWAGE_BUNDLE_CAF OR NOT caf_type STREQUAL "STATIC_LIBRARY")
  set(stowage_library_type SHARED)
else()
  set(stowage_library_type STATIC)
  if(BUILD_SHARED_LIBS)
    message(FATAL_ERROR "CAF in ${CAF_DIR} is static, and a process must have only one CAF: "
      "leave BUILD_SHARED_LIBS off, give a shared CAF by CAF_DIR, or set STOWAGE_BUNDLE_CAF.")
  endif()
endif()
if(BUILD_SHARED_LIBS STREQUAL "OFF" AND NOT STOWAGE_BUNDLE_CAF)
  set(stowage_library_type STATIC)
endif()

# stowage_shared_caf(<target> <CAF's target> <links>...): the same objects as a shared library.
function(stowage_shared_caf name caf)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/caf/${name}.cpp" CONTENT "")
  add_library(${name} SHARED "${PROJECT_BINARY_DIR}/caf/${name}.cpp")
  string(REPLACE "CAF::" "caf_" output ${caf})
  set_target_properties(${name} PROPERTIES
    OUTPUT_NAME ${output} VERSION ${CAF_VERSION} SOVERSION ${CAF_VERSION}
    INSTALL_RPATH "$ORIGIN" CXX_CLANG_TIDY "")
  target_link_libraries(${name}
    PRIVATE "-Wl,--whole-archive,$<TARGET_FILE:${caf}>,--no-whole-archive" ${ARGN})
  target_include_directories(${name} SYSTEM
    INTERFACE $<BUILD_INTERFACE:$<TARGET_PROPERTY:${caf},INTERFACE_INCLUDE_DIRECTORIES>>)
endfunction()

if(STOWAGE_BUNDLE_CAF)
  stowage_shared_caf(stowage_caf_core CAF::core Threads::Threads)
  stowage_shared_caf(stowage_caf_io CAF::io stowage_caf_core)
  set(stowage_caf $<BUILD_INTERFACE:stowage_caf_core> $<INSTALL_INTERFACE:CAF::core>)
else()
  set(stowage_caf CAF::core)
endif()

# A layer may have nothing but headers.
foreach(list IN ITEMS stowage_library_storage_layers stowage_library_layers)
  foreach(layer IN LISTS ${list})
    get_target_property(type ${layer} TYPE)
    if(type STREQUAL "INTERFACE_LIBRARY")
      list(REMOVE_ITEM ${list} ${layer})
    endif()
  endforeach()
endforeach()
set(objects ${stowage_library_layers})
list(TRANSFORM objects REPLACE "^(.+)$" "$<TARGET_OBJECTS:\\1>")
add_library(libstowage ${stowage_library_type} ${objects})
add_library(stowage::stowage ALIAS libstowage)
set_target_properties(libstowage PROPERTIES
  LINKER_LANGUAGE CXX
  EXPORT_NAME stowage
  OUTPUT_NAME stowage
  VERSION ${PROJECT_VERSION}
  # Before 1.0 a minor version may change what programs were compiled with.
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_compile_features(libstowage PUBLIC cxx_std_20)
# SYSTEM: the warnings of others are about their own code.
target_include_directories(libstowage SYSTEM
  INTERFACE $<BUILD_INTERFACE:${STOWAGE_INCLUDE_DIR}> $<INSTALL_INTERFACE:include>)
target_link_libraries(libstowage
  PUBLIC ${stowage_caf}
  # By its name where it is installed: a static library is linked on another machine.
  PRIVATE $<BUILD_INTERFACE:${XXHASH_LIBRARY}> $<INSTALL_INTERFACE:xxhash>)
if(STOWAGE_SANITIZE)
  target_link_options(libstowage PUBLIC -fsanitize=${STOWAGE_SANITIZE})
endif()
if(STOWAGE_FIRST_TYPE_ID)
  target_compile_definitions(libstowage PUBLIC "STOWAGE_FIRST_TYPE_ID=${STOWAGE_FIRST_TYPE_ID}")
endif()
if(stowage_library_type STREQUAL "SHARED")
  # What is missing shows here, and not in the program of a user.
  target_link_options(libstowage PRIVATE -Wl,--no-undefined)
endif()
