#include <stowage/actors/allocator.hpp>

#include <stowage/actors/handover.hpp>
#include <stowage/actors/peer_failure.hpp>
#include <stowage/storage/core/limits.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace stowage {

allocator_state::allocator_state(allocator_actor::pointer self, space_map space, disk_actor disk)
    : self_{self}, space_{std::move(space)}, disk_{std::move(disk)} {
  reserve_.set_checkpoint_bytes(0);
  reserve_.fill(space_);
}

allocator_actor::behavior_type allocator_state::make_behavior() {
  return {
      [this](const budget_request& request) { return grant(request); },
      [this](const lease_request& request) -> caf::result<lease_grant> {
        auto pages = std::make_shared<lease>();
        const auto spare = space_.free_space().free_bytes() / 2;
        const auto fresh_from = space_.fresh_from();
        space_.refill(*pages,
                      std::max(request.bytes_needed, std::min(request.bytes_wanted, spare)));
        return lease_grant{std::move(pages), fresh_from, !reserve_.is_full()};
      },
      [this](const return_lease& request) -> caf::result<void> {
        space_.take_back(std::move(*request.pages));
        reserve_.fill(space_);
        return caf::unit;
      },
      [this](const area_request& request) { return allocate_area(request); },
      [this](const checkpoint_space_request& request) { return allocate_checkpoint(request); },
      [this](const group_space& change) -> caf::result<void> {
        account(change);
        return caf::unit;
      },
      [this](const free_pages& request) -> caf::result<void> {
        for (const auto& e : request.pages) space_.free_extent(e);
        reserve_.fill(space_);
        return caf::unit;
      },
      [this](const status_request&) -> caf::result<store_status> { return status(); },
  };
}

void allocator_state::grow_until(const attempt& missing, const outcome& done) {
  const auto bytes = missing();
  if (bytes == 0) return done({});
  grow_by(growth_for(space_.file_bytes(), bytes), bytes, missing, done);
}

void allocator_state::grow_by(std::uint64_t growth, std::uint64_t needed, const attempt& missing,
                              const outcome& done) {
  if (growth < needed) return done(fail(errc::no_space, "the file may not grow further"));
  const auto target = space_.file_bytes() + growth;
  compat::request(self_, disk_, grow_device{target})
      .then(
          [this, target, missing, done] {
            // Another request may have grown the file further meanwhile.
            if (target > space_.file_bytes()) space_.grow(target);
            grow_until(missing, done);
          },
          [this, growth, needed, missing, done](const caf::error& why) {
            // No room for growth ahead of need: the need alone may still fit.
            if (why == errc::no_space && growth > needed)
              grow_by(needed, needed, missing, done);
            else
              done(peer_failure(why));
          });
}

caf::result<void> allocator_state::grant(const budget_request& request) {
  reserve_.set_checkpoint_bytes(request.checkpoint_bytes);
  auto promise = self_->make_response_promise<void>();
  grow_until(
      [this, bytes = request.bytes]() -> std::uint64_t {
        if (const auto missing = reserve_.fill(space_); missing > 0) return missing;
        return space_.grant(bytes) ? 0 : space_.shortfall(bytes);
      },
      [promise](const result<void>& done) mutable {
        if (done)
          promise.deliver();
        else
          promise.deliver(to_error(done.error()));
      });
  return promise;
}

caf::result<area_grant> allocator_state::allocate_area(const area_request& request) {
  auto promise = self_->make_response_promise<area_grant>();
  auto found = std::make_shared<extent>();
  auto fresh_from = std::make_shared<std::uint64_t>();
  grow_until(
      [this, request, found, fresh_from]() -> std::uint64_t {
        *fresh_from = space_.fresh_from();
        const auto run = space_.allocate_contiguous(request.bytes_min, request.bytes_wanted);
        if (!run) return request.bytes_min;
        *found = *run;
        return 0;
      },
      [this, promise, found, fresh_from,
       bytes_min = request.bytes_min](const result<void>& done) mutable {
        if (!done && done.error().code == errc::no_space &&
            bytes_min <= limits::journal_area_bytes_min)
          *found = reserve_.take_area().value_or(extent{});
        if (found->empty()) return promise.deliver(to_error(done.error()));
        promise.deliver(area_grant{*found, *fresh_from, !reserve_.is_full()});
      });
  return promise;
}

caf::result<checkpoint_space> allocator_state::allocate_checkpoint(
    const checkpoint_space_request& request) {
  auto promise = self_->make_response_promise<checkpoint_space>();
  auto found = std::make_shared<checkpoint_space>();
  grow_until(
      [this, request, found]() -> std::uint64_t {
        for (auto i = found->pieces.size(); i < request.lengths.size(); ++i) {
          const auto run = space_.allocate_contiguous(request.lengths[i], request.lengths[i]);
          if (!run) return request.lengths[i];
          found->pieces.push_back(*run);
        }
        return 0;
      },
      [this, promise, found, request](const result<void>& done) mutable {
        const bool may_use_reserve = !done && done.error().code == errc::no_space;
        while (may_use_reserve && found->pieces.size() < request.lengths.size()) {
          const auto piece = reserve_.take_piece(request.lengths[found->pieces.size()]);
          if (!piece) break;
          found->pieces.push_back(*piece);
        }
        if (found->pieces.size() == request.lengths.size())
          return promise.deliver(std::move(*found));
        for (const auto& e : found->pieces) space_.free_extent(e);
        reserve_.fill(space_);
        promise.deliver(to_error(done.error()));
      });
  return promise;
}

void allocator_state::account(const group_space& change) {
  if (change.group) {
    if (change.group->spent > 0) space_.spent(change.group->spent);
    for (const auto& o : change.group->ops)
      for (const auto& c : o.chunks) space_.publish(c.where);
  }
  for (const auto& e : change.retired) space_.retire(e);
  if (!reserve_.is_full()) reserve_.fill(space_);
  if (change.unused_budget > 0) space_.give_back(change.unused_budget);
}

store_status allocator_state::status() const {
  const auto s = space_.stats();
  store_status out;
  out.file_bytes = s.file_bytes;
  out.free_bytes = s.free_bytes + reserve_.held_bytes();
  out.leased_bytes = s.leased;
  out.promised_bytes = s.outstanding;
  out.reserve_bytes = reserve_.held_bytes();
  return out;
}

}  // namespace stowage
