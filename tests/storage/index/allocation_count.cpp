#include <stowage/tests/storage/index/allocation_count.hpp>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::int64_t> live{0};

}  // namespace

namespace stowage::test {

std::int64_t live_allocations() noexcept { return live.load(std::memory_order_relaxed); }

}  // namespace stowage::test

// The array and nothrow forms come down to these. Memory with an alignment of its own is not counted.
// NOLINTBEGIN(cppcoreguidelines-no-malloc)
void* operator new(std::size_t size) {
  auto* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc{};
  live.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  live.fetch_sub(1, std::memory_order_relaxed);
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
// NOLINTEND(cppcoreguidelines-no-malloc)
