// A value or the reason there is none.
//
// Contract: `failure` names the code and as much context as is known; `result<T>` holds exactly one of
// value and failure. Taking the one that is not there is a broken invariant.
// Concurrency: plain values.
// Limits: `failure` is for answers, not for control flow in a hot loop: it may allocate.
#pragma once

#include <stowage/storage/core/errc.hpp>
#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/types.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace STOWAGE_EXPORT stowage {

/// Why something failed.
struct failure {
  errc code = errc::none;
  /// The block's name, where one block is concerned; any bytes.
  std::string name;
  /// What exactly, as a phrase for people; may be empty.
  std::string detail;
  /// Byte offset in the file, where a place in it is concerned.
  std::optional<std::uint64_t> offset;
  /// errno of the system call that failed, else 0.
  int os_error = 0;
  /// For `conflict`: what was asked for and what is there; version 0 is "absent".
  version expected;
  version actual;

  friend bool operator==(const failure&, const failure&) = default;
};

inline failure fail(errc code, std::string detail = {}) {
  failure f;
  f.code = code;
  f.detail = std::move(detail);
  return f;
}

inline failure fail_at(errc code, std::uint64_t offset, std::string detail) {
  auto f = fail(code, std::move(detail));
  f.offset = offset;
  return f;
}

/// One line for people: the sentence of the code, then the detail, the place and the system's error.
[[nodiscard]] std::string describe(const failure& f);

/// A `T`, or why there is none. It converts from both.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;

  result(T value) : state_{std::in_place_index<0>, std::move(value)} {}
  result(failure why) : state_{std::in_place_index<1>, std::move(why)} {}

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  [[nodiscard]] T& value() & {
    invariant(ok(), "value of a failed result");
    return std::get<0>(state_);
  }
  [[nodiscard]] const T& value() const& {
    invariant(ok(), "value of a failed result");
    return std::get<0>(state_);
  }
  [[nodiscard]] T&& value() && {
    invariant(ok(), "value of a failed result");
    return std::get<0>(std::move(state_));
  }
  [[nodiscard]] const failure& error() const& {
    invariant(!ok(), "error of a successful result");
    return std::get<1>(state_);
  }
  [[nodiscard]] failure&& error() && {
    invariant(!ok(), "error of a successful result");
    return std::get<1>(std::move(state_));
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, failure> state_;
};

/// Success, or why not.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;

  result() = default;
  result(failure why) : why_{std::move(why)} {}

  [[nodiscard]] bool ok() const noexcept { return !why_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }

  [[nodiscard]] const failure& error() const& {
    invariant(why_.has_value(), "error of a successful result");
    return *why_;
  }
  [[nodiscard]] failure&& error() && {
    invariant(why_.has_value(), "error of a successful result");
    return std::move(*why_);
  }

 private:
  std::optional<failure> why_;
};

}  // namespace stowage
