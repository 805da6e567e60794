# What is installed where, in three components, each a Debian package: the program and what serves with it
# (stowage), the shared library (libstowage), and what programs are compiled with (dev).

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(stowage_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/stowage")

# The library, its headers, and what finds them.
install(TARGETS libstowage EXPORT stowageTargets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT libstowage NAMELINK_COMPONENT dev
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT dev)
install(EXPORT stowageTargets NAMESPACE stowage:: DESTINATION "${stowage_cmake_dir}" COMPONENT dev)
foreach(header IN LISTS STOWAGE_PUBLIC_HEADERS)
  get_filename_component(folder "${header}" DIRECTORY)
  install(FILES "${PROJECT_SOURCE_DIR}/${header}"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/stowage/${folder}" COMPONENT dev)
endforeach()

# The test kit, once there is one, on top of the library. It looks into stores that do not serve, with parts of storage/
# that the shared library hides: it has them itself.
if(TARGET stowage_testkit)
  set(objects)
  foreach(layer IN ITEMS stowage_testkit stowage_testkit_device)
    if(TARGET ${layer})
      list(APPEND objects $<TARGET_OBJECTS:${layer}>)
    endif()
  endforeach()
  if(stowage_library_type STREQUAL "SHARED")
    foreach(layer IN LISTS stowage_library_storage_layers)
      list(APPEND objects $<TARGET_OBJECTS:${layer}>)
    endforeach()
  endif()
  add_library(libstowage_testkit STATIC ${objects})
  set_target_properties(libstowage_testkit PROPERTIES
    LINKER_LANGUAGE CXX EXPORT_NAME testkit OUTPUT_NAME stowage_testkit)
  target_link_libraries(libstowage_testkit
    PUBLIC libstowage PRIVATE $<BUILD_INTERFACE:${XXHASH_LIBRARY}> $<INSTALL_INTERFACE:xxhash>)
  install(TARGETS libstowage_testkit EXPORT stowageTestkitTargets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT dev)
  install(EXPORT stowageTestkitTargets NAMESPACE stowage::
    DESTINATION "${stowage_cmake_dir}" COMPONENT dev)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/testkit/"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/stowage/testkit" COMPONENT dev FILES_MATCHING PATTERN "*.hpp")
  install(FILES
    "${PROJECT_SOURCE_DIR}/examples/testing_actors.cpp"
    "${PROJECT_SOURCE_DIR}/packaging/examples/testing/CMakeLists.txt"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libstowage-dev/examples/testing" COMPONENT dev)
endif()

# CAF, if it comes along: in a directory of its own, because it is for those who use this library.
set(stowage_bundled_caf "")
if(STOWAGE_BUNDLE_CAF)
  set(stowage_bundled_caf "${CMAKE_INSTALL_LIBDIR}/stowage/caf")
  set_target_properties(libstowage PROPERTIES INSTALL_RPATH "$ORIGIN/stowage/caf/lib")
  install(TARGETS stowage_caf_core stowage_caf_io
    LIBRARY DESTINATION "${stowage_bundled_caf}/lib" COMPONENT libstowage NAMELINK_COMPONENT dev)
  get_target_property(caf_include CAF::core INTERFACE_INCLUDE_DIRECTORIES)
  install(DIRECTORY "${caf_include}/caf"
    DESTINATION "${stowage_bundled_caf}/include" COMPONENT dev)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/bundledCAFConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/package/CAFConfig.cmake" @ONLY)
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/CAFConfigVersion.cmake"
    VERSION ${CAF_VERSION} COMPATIBILITY ExactVersion)
  install(FILES
    "${PROJECT_BINARY_DIR}/package/CAFConfig.cmake"
    "${PROJECT_BINARY_DIR}/package/CAFConfigVersion.cmake"
    DESTINATION "${stowage_bundled_caf}/lib/cmake/CAF" COMPONENT dev)
endif()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/stowageConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/package/stowageConfig.cmake" INSTALL_DESTINATION "${stowage_cmake_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/stowageConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/package/stowageConfig.cmake"
  "${PROJECT_BINARY_DIR}/package/stowageConfigVersion.cmake"
  DESTINATION "${stowage_cmake_dir}" COMPONENT dev)

# pkg-config finds the prefix from where its file lies, so an installed tree can be moved.
file(RELATIVE_PATH up "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" up "${up}")
set(pc_prefix "\${pcfiledir}/${up}")
set(pc_private_libs "")
set(pc_rpath "")
set(pc_definitions "")
if(STOWAGE_FIRST_TYPE_ID)
  set(pc_definitions " '-DSTOWAGE_FIRST_TYPE_ID=${STOWAGE_FIRST_TYPE_ID}'")
endif()
if(STOWAGE_BUNDLE_CAF)
  set(pc_caf_prefix "\${prefix}/${stowage_bundled_caf}")
  set(pc_rpath " -Wl,-rpath,\${caf_prefix}/lib")
else()
  get_filename_component(pc_caf_prefix "${CAF_DIR}/../../.." ABSOLUTE)
endif()
if(stowage_library_type STREQUAL "STATIC")
  set(pc_private_libs " -lxxhash")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/stowage.pc.in" "${PROJECT_BINARY_DIR}/package/stowage.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/package/stowage.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT dev)

# The program.
if(STOWAGE_CLI)
  install(TARGETS stowage RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT stowage)
  install(FILES "${PROJECT_SOURCE_DIR}/config/stowage.service"
    DESTINATION lib/systemd/system COMPONENT stowage)
  install(FILES "${PROJECT_SOURCE_DIR}/config/stowage.conf"
    DESTINATION "${CMAKE_INSTALL_SYSCONFDIR}/stowage" COMPONENT stowage)
  install(FILES "${PROJECT_SOURCE_DIR}/docs/stowage.1"
    DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT stowage)
  install(FILES "${PROJECT_SOURCE_DIR}/packaging/completion.bash"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME stowage COMPONENT stowage)
  install(FILES
    "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
    "${PROJECT_SOURCE_DIR}/README.md"
    "${PROJECT_SOURCE_DIR}/config/alerts.yml"
    "${PROJECT_SOURCE_DIR}/config/dashboard.json"
    "${PROJECT_SOURCE_DIR}/config/paranoid.conf"
    "${PROJECT_SOURCE_DIR}/config/write-behind.conf"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/stowage" COMPONENT stowage)
endif()
install(FILES "${PROJECT_SOURCE_DIR}/examples/hello_store.cpp"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libstowage-dev/examples" COMPONENT dev)
install(FILES "${PROJECT_SOURCE_DIR}/packaging/examples/CMakeLists.txt"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libstowage-dev/examples" COMPONENT dev)
install(FILES "${PROJECT_SOURCE_DIR}/packaging/copyright"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/stowage" COMPONENT stowage)
install(FILES "${PROJECT_SOURCE_DIR}/packaging/copyright"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libstowage${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}"
  COMPONENT libstowage)
install(FILES "${PROJECT_SOURCE_DIR}/packaging/copyright"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libstowage-dev" COMPONENT dev)

# All that the rules above install.
add_custom_target(stowage_installed DEPENDS libstowage)
foreach(target IN ITEMS stowage stowage_caf_io libstowage_testkit)
  if(TARGET ${target})
    add_dependencies(stowage_installed ${target})
  endif()
endforeach()

if(PROJECT_IS_TOP_LEVEL AND STOWAGE_BUNDLE_CAF)
  include(stowage_cpack)
endif()
