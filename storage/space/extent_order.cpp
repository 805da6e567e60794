#include <stowage/storage/space/extent_order.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace stowage {

namespace {

constexpr unsigned digit_bits = 11;
constexpr std::uint64_t digits = std::uint64_t{1} << digit_bits;

}  // namespace

void sort_by_offset(std::vector<extent>& extents) {
  std::uint64_t bits = 0;
  for (const auto& e : extents) bits |= e.offset;
  std::vector<extent> sorted(extents.size());
  for (unsigned shift = 0; shift < 64 && (bits >> shift) != 0; shift += digit_bits) {
    const auto digit_of = [shift](const extent& e) {
      return static_cast<std::size_t>((e.offset >> shift) % digits);
    };
    // Where the next one with this digit goes.
    std::array<std::size_t, digits + 1> next{};
    for (const auto& e : extents) ++next[digit_of(e) + 1];
    for (std::size_t d = 1; d < next.size(); ++d) next[d] += next[d - 1];
    for (const auto& e : extents) sorted[next[digit_of(e)]++] = e;
    extents.swap(sorted);
  }
}

}  // namespace stowage
