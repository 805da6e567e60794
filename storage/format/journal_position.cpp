#include <stowage/storage/format/journal_position.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/format/layout.hpp>

namespace stowage {

bool is_valid(const area_ref& a) noexcept {
  if (!a.exists()) return a == area_ref{};
  const auto& e = a.where;
  return is_page_aligned(e.offset) && is_page_aligned(e.length) && e.offset >= layout::data_start &&
         e.length >= limits::journal_area_bytes_min &&
         e.length <= limits::journal_area_bytes_limit &&
         e.offset <= limits::file_bytes_max - e.length;
}

}  // namespace stowage
