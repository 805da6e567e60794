#include <stowage/storage/compaction_plan.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>

#include <algorithm>
#include <utility>

namespace stowage {

namespace {

// A tour goes over many more blocks than it names: in one call it looks at no more than so many, for some 0.1 ms.
constexpr std::size_t looks_max = 1000;

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
  gathered_.clear();
  gathered_bytes_ = 0;
  ceiling_ = ceiling;
}

compaction_plan::moves compaction_plan::next_moves(std::size_t blocks_max,
                                                   std::uint64_t bytes_max) {
  enum class stop : std::uint8_t { nothing, slice_is_full, looked_enough } why = stop::nothing;
  std::size_t looks = 0;
  state_.for_each_from(next_name_, [&](const block_ref& b) {
    const bool is_one = is_misplaced(*b);
    if (is_one && !gathered_.empty() &&
        (gathered_.size() >= blocks_max || gathered_bytes_ + b->value_length() > bytes_max))
      why = stop::slice_is_full;
    else if (looks++ == looks_max)
      why = stop::looked_enough;
    if (why != stop::nothing) {
      next_name_ = b->name();
      return false;
    }
    if (is_one) {
      gathered_bytes_ += b->value_length();
      gathered_.push_back(b);
    }
    return true;
  });
  if (why == stop::looked_enough) return {{}, false};
  gathered_bytes_ = 0;
  return {std::exchange(gathered_, {}), why == stop::nothing};
}

bool compaction_plan::is_misplaced(const block& b) const {
  return std::ranges::any_of(b.chunks(), [&](const chunk& c) {
    return c.where.end() > ceiling_ ||
           (shares_pages(b) && fill_.has_page_below(c.where, sparse_percent_));
  });
}

}  // namespace stowage
