// How much heap a piece of work takes: the peak of what is live, beyond what was live before.
//
// Contract: counts what operator new gives out and operator delete takes back in this program, of all threads,
// by its usable size.
// Concurrency: one meter at a time.
// Limits: what C code allocates itself is not counted.
#pragma once

#include <cstdint>

namespace stowage::fuzz {

class heap_meter {
 public:
  heap_meter() noexcept;

  /// Since this meter was made.
  [[nodiscard]] std::uint64_t peak_bytes() const noexcept;

 private:
  std::int64_t before_;
};

}  // namespace stowage::fuzz
