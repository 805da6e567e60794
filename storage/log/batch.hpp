// Ops on their way to the disk: accepted by the registry, collected by the writer.
//
// Contract: ops stand in accept order, which is version order.
// Concurrency: a batch has one owner at a time; the values it shares are immutable.
// Limits: says nothing of when it closes (`batch_policy`) or where it goes (`group`).
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/storage/format/op.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace stowage {

/// An op that was given its version, with its value.
struct accepted_op {
  op_kind kind = op_kind::put;
  std::uint16_t flags = 0;
  std::string name;
  version ver;
  /// Unix time in ms; 0 = never.
  std::uint64_t expires_at_ms = 0;
  shared_bytes value;
  /// An earlier op of this name may not be durable yet. False where it is known that none is.
  bool may_supersede_pending = true;
};

struct batch {
  std::vector<accepted_op> ops;
  std::uint32_t transaction_count = 0;
  /// Once this batch is durable, everything up to here is. At least the version of the last op; a RELOCATE has
  /// the older version of its block.
  version through;

  [[nodiscard]] bool empty() const noexcept { return ops.empty(); }
};

/// The ops of many batches, in the vectors they came in: to join these would move each op once more.
class accepted_ops {
 public:
  accepted_ops() = default;
  accepted_ops(std::initializer_list<accepted_op> all)
      : accepted_ops{std::vector<accepted_op>(all)} {}
  accepted_ops(std::vector<accepted_op> all) { add(std::move(all)); }

  void add(std::vector<accepted_op> more) {
    if (!more.empty()) lists_.push_back(std::move(more));
  }
  void add(accepted_ops more) {
    lists_.insert(lists_.end(), std::make_move_iterator(more.lists_.begin()),
                  std::make_move_iterator(more.lists_.end()));
  }

  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::size_t size() const noexcept {
    std::size_t sum = 0;
    for (const auto& each : lists_) sum += each.size();
    return sum;
  }
  /// One after another.
  [[nodiscard]] const std::vector<std::vector<accepted_op>>& lists() const noexcept {
    return lists_;
  }
  [[nodiscard]] std::vector<std::vector<accepted_op>>& lists() noexcept { return lists_; }

 private:
  std::vector<std::vector<accepted_op>> lists_;
};

}  // namespace stowage
