// What the registry tells of itself and its peers: by a status, and by metrics.
#include <stowage/actors/registry.hpp>

#include <utility>

namespace stowage {

void registry_state::count_what_there_is(store_status& s) const {
  s.blocks = index_.size();
  s.value_bytes = index_.value_bytes();
  s.blocks_expiring = index_.expiring().size();
  s.blocks_expired = blocks_expired_;
  s.pinned_bytes = retirement_.pinned_bytes();
  s.compactions = compactions_;
  s.blocks_moved = blocks_moved_;
  s.bytes_moved = bytes_moved_;
  s.watches = watches_.size();
  s.watch_gaps = watches_.gaps();
}

void registry_state::tell_what_there_is() {
  store_status s;
  count_what_there_is(s);
  metrics_.tell(s);
  tell_what_waits();
}

void registry_state::count_reads(store_status& s) const {
  const auto cached = cache_->count();
  s.cache_hits = cached.hits;
  s.cache_misses = cached.misses;
  s.cache_entries = cached.entries;
  s.cache_bytes = cached.bytes;
  s.view_reads = views_.count().looks;
}

void registry_state::tell_reads() {
  store_status s;
  count_reads(s);
  metrics_.tell_reads(s, views_.count());
}

void registry_state::tell_what_waits() noexcept {
  metrics_.in_flight(pending_.sum().ops, pending_.sum().bytes);
  metrics_.parked(parked_.size(), parked_bytes_);
}

void registry_state::count_rejected(errc code) {
  ++ops_rejected_;
  metrics_.rejected(code);
}

caf::result<store_status> registry_state::on_status() {
  tell_reads();
  auto promise = self_->make_response_promise<store_status>();
  const auto own = [this](store_status s) {
    s.state = closing_ ? "closing" : failed_ ? "poisoned" : "open";
    if (failed_) s.cause = describe(*failed_);
    s.path = options_.path;
    s.last_version = last_version_;
    s.ops_in_flight = pending_.sum().ops;
    s.bytes_in_flight = pending_.sum().bytes;
    s.requests_parked = parked_.size();
    s.ops_accepted = ops_accepted_;
    s.ops_rejected = ops_rejected_;
    count_what_there_is(s);
    count_reads(s);
    if (verify_) {
      s.blocks_verified = blocks_verified_;
      s.blocks_to_verify = blocks_to_verify_;
    }
    return s;
  };
  // A peer that died is why the store is poisoned; its counters are missing then, the rest is told.
  auto with_space = [this, promise, own](const store_status& counted) mutable {
    compat::request(self_, allocator_, status_request{})
        .then(
            [promise, own, counted](const store_status& space) mutable {
              auto s = counted;
              s.file_bytes = space.file_bytes;
              s.free_bytes = space.free_bytes;
              s.leased_bytes = space.leased_bytes;
              s.promised_bytes = space.promised_bytes;
              s.reserve_bytes = space.reserve_bytes;
              promise.deliver(own(std::move(s)));
            },
            [promise, own, counted](const caf::error&) mutable { promise.deliver(own(counted)); });
  };
  compat::request(self_, writer_, status_request{})
      .then([with_space](const store_status& counted) mutable { with_space(counted); },
            [with_space](const caf::error&) mutable { with_space({}); });
  return promise;
}

}  // namespace stowage
