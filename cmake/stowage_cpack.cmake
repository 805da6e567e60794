# The Debian packages, made by `cpack -G DEB` (scripts/package): one for each component of stowage_install.cmake.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME stowage)
set(CPACK_PACKAGE_VENDOR "The Stowage developers")
set(CPACK_PACKAGE_CONTACT "The Stowage developers <stowage@localhost>")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
# Else it would be the first line of every description.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
# Puts the config below /etc and compresses what Debian wants compressed.
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/debian_layout.cmake")

set(CPACK_COMPONENTS_ALL stowage libstowage dev)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(soversion "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
set(CPACK_DEBIAN_STOWAGE_PACKAGE_NAME stowage)
set(CPACK_DEBIAN_STOWAGE_PACKAGE_SECTION database)
set(CPACK_DEBIAN_STOWAGE_DESCRIPTION
"Block store for Redis clients and the command line
Named blocks in one crash-safe file: a program that works on such a file
and serves it to Redis clients, with a unit for systemd.")
set(CPACK_DEBIAN_STOWAGE_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_STOWAGE_PACKAGE_SUGGESTS "redis-tools, prometheus")
set(CPACK_DEBIAN_STOWAGE_PACKAGE_CONTROL_EXTRA
  "${PROJECT_SOURCE_DIR}/packaging/debian/conffiles"
  "${PROJECT_SOURCE_DIR}/packaging/debian/postinst"
  "${PROJECT_SOURCE_DIR}/packaging/debian/prerm"
  "${PROJECT_SOURCE_DIR}/packaging/debian/postrm")

set(CPACK_DEBIAN_LIBSTOWAGE_PACKAGE_NAME "libstowage${soversion}")
set(CPACK_DEBIAN_LIBSTOWAGE_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBSTOWAGE_DESCRIPTION
"Actor-model storage runtime on CAF, shared library
Named blocks in one crash-safe file, written behind by actors of the program's
own actor system. It comes with the CAF it was compiled with, in a directory of
its own.")
set(CPACK_DEBIAN_LIBSTOWAGE_PACKAGE_SHLIBDEPS ON)
# libstowage.so needs the CAF that lies in the same package.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libstowage-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_DESCRIPTION
"Actor-model storage runtime on CAF, development files
Headers, CMake package and pkg-config file of libstowage, and the headers of the
CAF it was compiled with.")
# The test kit is a static library, and calls xxHash.
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "libstowage${soversion} (= ${PROJECT_VERSION}), libc6-dev, libstdc++-12-dev | libstdc++-dev, libxxhash-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "cmake, g++, libboost-test-dev, pkg-config")

include(CPack)
