#include <stowage/storage/compaction_plan.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>

#include <algorithm>
#include <utility>

namespace stowage {

namespace {

// A tour goes over many more blocks than it names: in one slice it looks at no more than so many.
constexpr std::size_t looks_max = 20'000;

bool shares_pages(const block& b) noexcept {
  return b.value_length() < limits::packed_value_bytes_end;
}

}  // namespace

compaction_plan::compaction_plan(index_snapshot state, unsigned sparse_percent)
    : state_{std::move(state)}, sparse_percent_{sparse_percent} {
  invariant(sparse_percent >= 1 && sparse_percent <= 100, "a part of a page in percent");
}

bool compaction_plan::survey(std::size_t blocks_max) {
  std::size_t seen = 0;
  bool is_over = true;
  state_.for_each_from(next_name_, [&](const block_ref& b) {
    if (seen++ == blocks_max) {
      next_name_ = b->name();
      is_over = false;
      return false;
    }
    for (const auto& c : b->chunks()) {
      if (shares_pages(*b))
        fill_.add(c.where);
      else
        own_page_bytes_ += round_up_to_page(c.where.length);
    }
    return true;
  });
  return is_over;
}

std::uint64_t compaction_plan::bytes_after() const {
  return own_page_bytes_ + fill_.bytes_without_pages_below(sparse_percent_);
}

void compaction_plan::begin_moves(index_snapshot newest, std::uint64_t ceiling) {
  state_ = std::move(newest);
  next_name_.clear();
  ceiling_ = ceiling;
}

compaction_plan::moves compaction_plan::next_moves(std::size_t blocks_max,
                                                   std::uint64_t bytes_max) {
  moves found;
  std::uint64_t bytes = 0;
  std::size_t looks = 0;
  state_.for_each_from(next_name_, [&](const block_ref& b) {
    const bool is_one = is_misplaced(*b);
    const bool is_full =
        is_one && !found.blocks.empty() &&
        (found.blocks.size() == blocks_max || bytes + b->value_length() > bytes_max);
    if (is_full || looks++ == looks_max) {
      next_name_ = b->name();
      found.is_last = false;
      return false;
    }
    if (is_one) {
      bytes += b->value_length();
      found.blocks.push_back(b);
    }
    return true;
  });
  return found;
}

bool compaction_plan::is_misplaced(const block& b) const {
  return std::ranges::any_of(b.chunks(), [&](const chunk& c) {
    return c.where.end() > ceiling_ ||
           (shares_pages(b) && fill_.has_page_below(c.where, sparse_percent_));
  });
}

}  // namespace stowage
