// Ops on their way to the disk: accepted by the registry, collected by the writer.
//
// Contract: ops stand in accept order, which is version order.
// Concurrency: a batch is made by one owner. Once it is sent to the writer it is shared, and nobody changes it.
// Limits: says nothing of when it closes (`batch_policy`) or where it goes (`group`).
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/types.hpp>
#include <stowage/storage/format/op.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace stowage {

/// An op that was given its version, with its value.
struct accepted_op {
  op_kind kind = op_kind::put;
  std::uint16_t flags = 0;
  /// For who accepted it, to find it by its name.
  std::uint32_t name_hash = 0;
  std::string name;
  version ver;
  /// Unix time in ms; 0 = never.
  std::uint64_t expires_at_ms = 0;
  shared_bytes value;
  /// An earlier op of this name may not be durable yet. False where it is known that none is.
  bool may_supersede_pending = true;

  /// Whether there is no block of this name after it.
  [[nodiscard]] bool removes() const noexcept {
    return kind == op_kind::del || kind == op_kind::clear;
  }
};

struct batch {
  std::vector<accepted_op> ops;
  std::uint32_t transaction_count = 0;
  /// Once this batch is durable, everything up to here is. At least the version of the last op; a RELOCATE has
  /// the older version of its block.
  version through;

  [[nodiscard]] bool empty() const noexcept { return ops.empty(); }
};

/// Ops where they stand in their batches, in accept order.
using op_list = std::vector<const accepted_op*>;

/// The ops of many batches. They stay where they are: who accepted them looks at them too, until they are durable.
class accepted_ops {
 public:
  accepted_ops() = default;
  accepted_ops(std::initializer_list<accepted_op> all)
      : accepted_ops{std::vector<accepted_op>(all)} {}
  accepted_ops(std::vector<accepted_op> all) {
    add(std::make_shared<const batch>(batch{std::move(all), 0, {}}));
  }

  void add(std::shared_ptr<const batch> more) {
    size_ += more->ops.size();
    if (!more->empty()) batches_.push_back(std::move(more));
  }
  void add(accepted_ops more) {
    size_ += more.size_;
    batches_.insert(batches_.end(), std::make_move_iterator(more.batches_.begin()),
                    std::make_move_iterator(more.batches_.end()));
  }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Valid as long as anybody shares the batches.
  [[nodiscard]] op_list all() const {
    op_list out;
    out.reserve(size_);
    for (const auto& b : batches_)
      for (const auto& o : b->ops) out.push_back(&o);
    return out;
  }

 private:
  std::vector<std::shared_ptr<const batch>> batches_;
  std::size_t size_ = 0;
};

}  // namespace stowage
