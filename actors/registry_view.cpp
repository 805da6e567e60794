// How the registry lets others read what is durable without asking it.
#include <stowage/actors/registry.hpp>

#include <chrono>

namespace stowage {

namespace {

// Nobody is told of a read that needs no message; the metrics may be so far behind.
constexpr std::chrono::seconds told_every{1};

}  // namespace

caf::result<read_view> registry_state::on_view() {
  if (closing_) return unavailable();
  keep_telling_reads();
  return views_.view_of(index_);
}

void registry_state::keep_telling_reads() {
  if (reads_timer_.valid()) return;
  reads_timer_ = self_->run_delayed(told_every, [this] {
    reads_timer_ = {};
    tell_reads();
    if (views_.has_views()) keep_telling_reads();
  });
}

}  // namespace stowage
