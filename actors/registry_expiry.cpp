// How the registry removes blocks that have expired, which nobody sees any more: slice by slice, each no sooner than
// the one before is durable. What a slice holds is bounded by its size, so it takes no credit from clients.
#include <stowage/actors/registry.hpp>

#include <stowage/storage/core/expiry.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/log/batch.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace stowage {

namespace {

// Blocks that are removed together: a moment of the registry's, and less than 300 KiB of record.
constexpr std::size_t removed_together = 256;

// Wall time may be set meanwhile, so it is looked at again after so long.
constexpr std::uint64_t look_again_after_ms = 60'000;

}  // namespace

bool registry_state::is_past(std::uint64_t expires_at_ms) const {
  return expires_at_ms != 0 && has_expired(expires_at_ms, clock_()) &&
         !mutant("expired-block-still-read");
}

// Called whenever something has become durable, when space has come, and by the timer. A disk that is full, with
// writes that wait for what ops in flight give back, is not given more of them.
void registry_state::remove_expired() {
  const bool slice_under_way = durable_version_ < last_removal_;
  if (!takes_writes() || slice_under_way || budget_waits_for_ != budget_wait::nothing) return;
  const auto& expiring = index_.expiring();
  if (expiring.empty()) return;
  const auto now = clock_();
  if (!has_expired(expiring.next_ms(), now)) return arm_expiry_timer(now, expiring.next_ms());

  auto unit = std::make_shared<batch>();
  unit->ops.reserve(removed_together);
  const auto first = last_version_.next();
  std::size_t left = removed_together;
  expiring.for_each_expired(now, [&](const block& b) {
    std::string block_name{b.name()};
    // A write on its way supersedes it; this is called again when that is durable.
    if (overlay_.find(block_name) == nullptr || mutant("expiry-removes-the-newer-block"))
      add_op(*unit, op_kind::del, std::move(block_name), {});
    return --left > 0;
  });
  if (unit->empty()) return;
  blocks_expired_ += unit->ops.size();
  tell_what_there_is();
  first_removal_ = first;
  last_removal_ = last_version_;
  unit->through = last_version_;
  pending_.add(last_version_, {});
  overlay_.keep(unit);
  compat::send(self_, writer_, write_ops{std::move(unit), false});
}

void registry_state::arm_expiry_timer(std::uint64_t now_ms, std::uint64_t expires_at_ms) {
  const auto wait_ms = std::min(expires_at_ms - now_ms, look_again_after_ms);
  // One that goes off early looks again.
  if (expiry_timer_at_ms_ && *expiry_timer_at_ms_ <= now_ms + wait_ms) return;
  expiry_timer_.dispose();
  expiry_timer_at_ms_ = now_ms + wait_ms;
  expiry_timer_ = self_->run_delayed(std::chrono::milliseconds{wait_ms}, [this] {
    expiry_timer_at_ms_.reset();
    remove_expired();
  });
}

}  // namespace stowage
