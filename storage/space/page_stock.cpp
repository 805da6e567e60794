#include <stowage/storage/space/page_stock.hpp>

#include <stowage/storage/core/invariant.hpp>

#include <algorithm>
#include <utility>

namespace stowage {

void page_stock::add(extent run, std::uint64_t fresh_from) {
  const auto border = std::clamp(fresh_from, run.offset, run.end());
  if (border > run.offset) ready_.add({run.offset, border - run.offset});
  if (border < run.end()) fresh_.add({border, run.end() - border});
}

std::vector<extent> page_stock::carve(std::uint64_t bytes) {
  invariant(bytes <= available(), "more is carved than there is");
  if (bytes == 0) return {};
  for (auto* from : {&ready_, &fresh_})
    if (const auto whole = from->carve(bytes)) return {*whole};
  std::vector<extent> pieces;
  for (auto* from : {&ready_, &fresh_}) carve_pieces(*from, bytes, pieces);
  return pieces;
}

void page_stock::carve_pieces(lease& from, std::uint64_t& bytes, std::vector<extent>& to) {
  while (bytes > 0 && !from.empty()) {
    to.push_back(from.carve_up_to(bytes));
    bytes -= to.back().length;
  }
}

std::optional<extent> page_stock::take_fresh(std::uint64_t bytes_max) {
  if (fresh_.empty()) return std::nullopt;
  return fresh_.carve_up_to(bytes_max);
}

lease page_stock::take_from(std::uint64_t from) {
  auto taken = ready_.take_from(from);
  for (const auto& run : fresh_.take_from(from).release()) taken.add(run);
  return taken;
}

lease page_stock::release() {
  for (const auto& run : fresh_.release()) ready_.add(run);
  return std::exchange(ready_, {});
}

}  // namespace stowage
