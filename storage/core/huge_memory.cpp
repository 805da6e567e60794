#include <stowage/storage/core/huge_memory.hpp>

#include <sys/mman.h>

namespace stowage::detail {

void ask_for_huge_pages(void* begin, std::size_t bytes) noexcept {
  (void)::madvise(begin, bytes, MADV_HUGEPAGE);
}

}  // namespace stowage::detail
