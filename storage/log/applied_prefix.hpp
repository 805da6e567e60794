// Which records of the journal a state contains: always a prefix.
//
// Contract: I4. `append` takes the number after the last one and no other, so a state that was built with it holds
// every record up to `through`, each once.
// Concurrency: a plain value.
// Limits: counts records; whether they belong to one chain is for the walk to see.
#pragma once

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/types.hpp>

namespace stowage {

class applied_prefix {
 public:
  /// The state of a checkpoint that contains everything up to `through`.
  explicit applied_prefix(lsn through) noexcept : through_{through} {}

  void append(lsn number) {
    invariant(number == through_.next(), "I4: a state holds a prefix of the journal");
    through_ = number;
  }
  [[nodiscard]] lsn through() const noexcept { return through_; }

 private:
  lsn through_;
};

}  // namespace stowage
