# Run by CPack on what it is about to pack. In the tree, and where CMake installs to, a config lies below the prefix and
# manual pages are plain.
file(GLOB components "${CPACK_TEMPORARY_DIRECTORY}/*")
foreach(root IN LISTS components)
  if(EXISTS "${root}/usr/etc")
    file(RENAME "${root}/usr/etc" "${root}/etc")
    # It may come to hold a password.
    file(CHMOD "${root}/etc/stowage/stowage.conf" PERMISSIONS OWNER_READ OWNER_WRITE)
  endif()
  file(GLOB_RECURSE plain "${root}/usr/share/man/*.1" "${root}/usr/share/doc/*/CHANGELOG.md")
  if(plain)
    execute_process(COMMAND gzip -9n ${plain} COMMAND_ERROR_IS_FATAL ANY)
  endif()
endforeach()
