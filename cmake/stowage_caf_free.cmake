# The pure part of the tree is usable, testable and fuzzable without any actor: prove that its
# targets do not link CAF, neither directly nor through another target.

# stowage_require_caf_free(<target>...): a configuration error that names the way CAF came in by.
function(stowage_require_caf_free)
  foreach(target IN LISTS ARGN)
    if(TARGET ${target})
      set_property(GLOBAL PROPERTY stowage_caf_free_seen "")
      _stowage_find_caf(${target} "${target}")
    endif()
  endforeach()
endfunction()

function(_stowage_find_caf target path)
  get_property(seen GLOBAL PROPERTY stowage_caf_free_seen)
  if(target IN_LIST seen)
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY stowage_caf_free_seen ${target})

  get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
  get_target_property(type ${target} TYPE)
  if(NOT type STREQUAL "INTERFACE_LIBRARY")
    get_target_property(private_links ${target} LINK_LIBRARIES)
    list(APPEND links ${private_links})
  endif()
  list(REMOVE_DUPLICATES links)
  foreach(link IN LISTS links)
    # Static libraries hand their private libraries on as $<LINK_ONLY:name>.
    string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" link "${link}")
    if(link MATCHES "^CAF::|libcaf_|^caf_|^-lcaf")
      message(FATAL_ERROR "This target must stay free of CAF but links it:\n  ${path} -> ${link}\n")
    elseif(TARGET ${link})
      _stowage_find_caf(${link} "${path} -> ${link}")
    endif()
  endforeach()
endfunction()
