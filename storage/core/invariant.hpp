// Assertions that stay on in production.
//
// Contract: a broken invariant throws `invariant_violation`; whoever runs the store catches it at its
// edge and fails stop, so that a wrong state is never written.
// Concurrency: callable anywhere.
// Limits: for what can only be a mistake of this program. Bad input is a `failure`, never this.
#pragma once

#include <stowage/storage/core/export.hpp>

#include <stdexcept>

namespace STOWAGE_EXPORT stowage {

class invariant_violation : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace detail {

/// Where a call stands. Not std::source_location: clang 14 lacks what libstdc++ 12 needs for it.
struct call_site {
  const char* file = "";
  int line = 0;

  static constexpr call_site here(const char* file = __builtin_FILE(),
                                  int line = __builtin_LINE()) noexcept {
    return {file, line};
  }
};

[[noreturn]] void report_violation(const char* what, const call_site& where);

}  // namespace detail

/// Throws `invariant_violation` naming `what` and the place unless `holds`.
inline void invariant(bool holds, const char* what,
                      const detail::call_site& where = detail::call_site::here()) {
  if (!holds) [[unlikely]]
    detail::report_violation(what, where);
}

}  // namespace stowage
