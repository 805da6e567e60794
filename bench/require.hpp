// System calls that have to succeed.
#pragma once

#include <cerrno>
#include <system_error>

namespace stowage::bench {

/// Throws what errno says where it is not `ok`. Any thread.
inline void require(bool ok, const char* what) {
  if (!ok) throw std::system_error{errno, std::generic_category(), what};
}

}  // namespace stowage::bench
