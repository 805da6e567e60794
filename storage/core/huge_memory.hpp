// Memory in huge pages, where the system has them.
//
// Contract: what spans 2 MiB or more begins at a huge page, and the system is asked to back it with such. Who reads all over
// a large table waits for the table's memory and, page by page, for where that memory is: the TLB of a core holds some 2,000
// pages of 4 KiB, which is 8 MiB (2,048 in the second level of AMD's Zen 2 and 3), and in a virtual machine each other one
// takes up to 24 reads (Bhargava et al., Accelerating Two-Dimensional Page Walks, ASPLOS 2008). Only a matter of speed: a
// system without huge pages, or with none to spare, gives ordinary ones. A huge page is cleared as a whole when it is first
// touched, so this is for what is used all over, and not for buffers that are filled in part.
// Concurrency: any thread.
// Limits: throws std::bad_alloc. What is smaller comes from the heap as it is. Memory that goes back to the heap keeps the
// advice, for whatever the heap puts there.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace stowage {

/// Of x86-64, and of 64-bit ARM with pages of 4 KiB.
inline constexpr std::size_t huge_page_bytes = std::size_t{2} << 20U;

namespace detail {
void ask_for_huge_pages(void* begin, std::size_t bytes) noexcept;
}  // namespace detail

/// For standard containers. Does not initialise anything.
template <class T>
class huge_allocator {
 public:
  using value_type = T;

  huge_allocator() noexcept = default;
  template <class U>
  explicit(false) huge_allocator(const huge_allocator<U>& /*stateless*/) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    if (!is_large(count)) return std::allocator<T>{}.allocate(count);
    const auto bytes = count * sizeof(T);
    auto* begin = ::operator new(bytes, alignment);
    detail::ask_for_huge_pages(begin, bytes);
    return static_cast<T*>(begin);
  }

  void deallocate(T* begin, std::size_t count) noexcept {
    if (is_large(count))
      ::operator delete(begin, alignment);
    else
      std::allocator<T>{}.deallocate(begin, count);
  }

  template <class U>
  friend bool operator==(const huge_allocator& /*a*/, const huge_allocator<U>& /*b*/) noexcept {
    return true;
  }

 private:
  static constexpr std::align_val_t alignment{huge_page_bytes};
  static_assert(alignof(T) <= huge_page_bytes);

  [[nodiscard]] static constexpr bool is_large(std::size_t count) noexcept {
    return count >= huge_page_bytes / sizeof(T) + (huge_page_bytes % sizeof(T) != 0 ? 1 : 0);
  }
};

}  // namespace stowage
