// Failures as CAF errors and back, losing nothing.
//
// Contract: `to_error(f)` has the code of `f.code` in the category of `stowage::errc` (so `err ==
// errc::conflict` works) and carries the whole failure; `to_failure` gives it back. CAF's own errors
// become the nearest code of ours: an answer that broke is `outcome_unknown`, a store that is gone is
// `closed`.
// Concurrency: pure functions.
#pragma once

#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/ids.hpp>
#include <stowage/messages/type_ids.hpp>
#include <stowage/storage/core/errc.hpp>
#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/result.hpp>

#include <caf/default_enum_inspect.hpp>

#include <string>

namespace STOWAGE_EXPORT stowage {

[[nodiscard]] std::string to_string(errc code);
bool from_string(compat::string_view in, errc& out);
bool from_integer(std::uint8_t in, errc& out);

template <class Inspector>
bool inspect(Inspector& f, errc& x) {
  return caf::default_enum_inspect(f, x);
}

template <class Inspector>
bool inspect(Inspector& f, failure& x) {
  return f.object(x).fields(f.field("code", x.code), f.field("name", x.name),
                            f.field("detail", x.detail), f.field("offset", x.offset),
                            f.field("os-error", x.os_error), f.field("expected", x.expected),
                            f.field("actual", x.actual));
}

[[nodiscard]] caf::error to_error(const failure& why);
[[nodiscard]] failure to_failure(const caf::error& why);

}  // namespace stowage

CAF_ERROR_CODE_ENUM(stowage::errc)
