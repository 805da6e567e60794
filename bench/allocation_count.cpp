#include <stowage/bench/allocation_count.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>

namespace stowage::bench {

namespace {

/// As many threads have a place of their own; later ones share the last.
constexpr std::size_t places = 512;

struct alignas(64) place {
  std::atomic<std::uint64_t> count{0};
};

constinit std::array<place, places> counts{};
constinit std::atomic<std::size_t> places_taken{0};

// Allocates nothing: it is called by malloc.
[[maybe_unused]] void count_one() noexcept {
  thread_local constinit place* mine = nullptr;
  thread_local constinit bool is_shared = false;
  if (mine == nullptr) {
    const auto number = places_taken.fetch_add(1, std::memory_order_relaxed);
    is_shared = number >= places - 1;
    mine = is_shared ? &counts.back() : &counts[number];
  }
  if (is_shared)
    mine->count.fetch_add(1, std::memory_order_relaxed);
  else
    mine->count.store(mine->count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

std::uint64_t allocation_count() noexcept {
  std::uint64_t sum = 0;
  for (const auto& p : counts) sum += p.count.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace stowage::bench

#ifdef STOWAGE_BENCH_COUNTS_ALLOCATIONS

// What glibc's own functions are called beside their replaceable names; `free` stays glibc's.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,readability-identifier-naming)
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,readability-identifier-naming)

void* malloc(std::size_t size) {
  stowage::bench::count_one();
  return __libc_malloc(size);
}
void* calloc(std::size_t nmemb, std::size_t size) {
  stowage::bench::count_one();
  return __libc_calloc(nmemb, size);
}
void* realloc(void* ptr, std::size_t size) {
  stowage::bench::count_one();
  return __libc_realloc(ptr, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  stowage::bench::count_one();
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  stowage::bench::count_one();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memptr, std::size_t alignment, std::size_t size) {
  stowage::bench::count_one();
  auto* const found = __libc_memalign(alignment, size);
  if (found == nullptr && size > 0) return ENOMEM;
  *memptr = found;
  return 0;
}
}

#endif
