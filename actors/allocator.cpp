#include <stowage/actors/allocator.hpp>

#include <stowage/actors/handover.hpp>
#include <stowage/actors/peer_failure.hpp>
#include <stowage/storage/core/limits.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace stowage {

namespace {

// Beyond the values a compaction leaves room for the journal's areas of the smallest size (the current one, the
// next, one that the previous root still needs, one to spare), for three checkpoints while one replaces another,
// and for the reserve; among the values, 1/128 for what clients write meanwhile, and 1 MiB, or a few slices of moves.
// Beside clients there may be some areas more where the file has them, for what they write until the checkpoints are
// there.
constexpr std::uint64_t areas_while_compacting = 4;
constexpr std::uint64_t areas_more_beside_clients = 8;
constexpr std::uint64_t checkpoints_while_compacting = 3;
// Of these one area is in use when all is done, another is announced, and two checkpoints are there.
constexpr std::uint64_t areas_to_spare = 2;
constexpr std::uint64_t checkpoints_to_spare = 1;
constexpr std::uint64_t headroom_part = 128;
constexpr std::uint64_t headroom_bytes = limits::mib;
constexpr std::uint64_t headroom_without_clients = 512 * limits::kib;

// A journal that moves takes an area, one that it announces, and one to spare.
constexpr std::uint64_t areas_of_a_journal = 3;

// Where there is space enough, but not in one piece, the file grows by little.
constexpr std::uint64_t growth_for_a_run = 4 * limits::mib;

// A file that would become shorter by less than this, or than 1/256, is left alone.
constexpr std::uint64_t cut_bytes_min = limits::mib;
constexpr std::uint64_t cut_part_min = 256;
// One that would first have to become longer by more than this part of it becomes as short as it can without.
constexpr std::uint64_t longer_part_max = 16;

constexpr std::uint64_t gain_min(std::uint64_t file_bytes) noexcept {
  return std::max(cut_bytes_min, file_bytes / cut_part_min);
}

}  // namespace

allocator_state::allocator_state(allocator_actor::pointer self, space_map space, disk_actor disk,
                                 const space_metrics& metrics)
    : self_{self}, space_{std::move(space)}, disk_{std::move(disk)}, metrics_{metrics} {
  reserve_.set_checkpoint_bytes(0);
  fill_reserve();
  tell_space();
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
        tell_space();
        return lease_grant{std::move(pages), fresh_from, is_short()};
      },
      [this](const return_lease& request) -> caf::result<void> {
        space_.take_back(std::move(*request.pages));
        fill_reserve();
        tell_space();
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
        fill_reserve();
        tell_space();
        return caf::unit;
      },
      [this](const begin_compaction& request) { return begin(request); },
      [this](const stowage::enforce_file_end&) -> caf::result<bool> { return enforce_file_end(); },
      [this](const cut_file& how) { return cut(how.only_if_dense); },
      [this](const end_compaction&) -> caf::result<void> {
        end();
        return caf::unit;
      },
      [this](const move_budget_request& request) -> caf::result<bool> {
        const bool granted = grant_moves(request.bytes);
        tell_space();
        if (!granted) return to_error(fail(errc::no_space));
        return space_.has_ceiling();
      },
      [this](const status_request&) -> caf::result<store_status> { return status(); },
  };
}

void allocator_state::grow_until(const attempt& missing, const outcome& done, bool has_grown) {
  auto lacking = missing();
  if (lacking.bytes > 0 && space_.has_ceiling() && (has_grown || !grows_under_ceiling(lacking))) {
    space_.lift_ceiling();
    lacking = missing();
  }
  const auto bytes = lacking.bytes;
  if (bytes == 0) return done({});
  const auto usual = growth_for(space_.file_bytes(), bytes);
  const bool only_lacks_a_run = space_.has_ceiling() || space_.shortfall(bytes) == 0;
  grow_by(only_lacks_a_run ? std::min(usual, std::max(bytes, growth_for_a_run)) : usual, bytes,
          space_.has_ceiling(), missing, done);
}

// What is given out above the ceiling can lie in what is added, unless it has to lie below an end; and the file is to
// become shorter in the end.
bool allocator_state::grows_under_ceiling(const lack& what) const noexcept {
  return !what.is_of_values && !space_.has_file_end() && what.bytes <= growth_for_a_run &&
         space_.file_bytes() + growth_for_a_run <=
             bytes_under_ceiling_ + bytes_under_ceiling_ / longer_part_max;
}

void allocator_state::grow_by(std::uint64_t growth, std::uint64_t needed, bool under_ceiling,
                              const attempt& missing, const outcome& done) {
  const auto refused = [this, under_ceiling, missing, done](failure why) {
    if (!under_ceiling) return done(std::move(why));
    // What was above it may do; whoever has lifted it meanwhile.
    if (space_.has_ceiling()) space_.lift_ceiling();
    grow_until(missing, done);
  };
  if (growth < needed) return refused(fail(errc::no_space, "the file may not grow further"));
  const auto target = space_.file_bytes() + growth;
  ++growing_;
  compat::request(self_, disk_, grow_device{target})
      .then(
          [this, target, missing, done] {
            --growing_;
            // Another request may have grown the file further meanwhile.
            const bool grows = target > space_.file_bytes();
            if (grows) space_.grow(target);
            grow_until(missing, done, grows);
          },
          [this, growth, needed, under_ceiling, missing, done, refused](const caf::error& why) {
            --growing_;
            // No room for growth ahead of need: the need alone may still fit.
            if (why == errc::no_space && growth > needed)
              grow_by(needed, needed, under_ceiling, missing, done);
            else
              refused(peer_failure(why));
          });
}

caf::result<void> allocator_state::grant(const budget_request& request) {
  if (request.is_ahead_of_need && space_.has_ceiling()) return to_error(fail(errc::no_space));
  reserve_.set_checkpoint_bytes(request.checkpoint_bytes);
  auto promise = self_->make_response_promise<void>();
  grow_until(
      [this, bytes = request.bytes]() -> lack {
        // What stood in may be there again.
        reserve_stands_in_ = false;
        if (const auto missing = fill_reserve(); missing > 0)
          return {missing, reserve_.missing_workspace() > 0 || space_.shortfall(bytes) > 0};
        return {space_.grant(bytes) ? 0 : space_.shortfall(bytes), true};
      },
      [this, promise](const result<void>& done) mutable {
        tell_space();
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
      [this, request, found, fresh_from]() -> lack {
        *fresh_from = space_.fresh_from();
        auto run = space_.allocate_contiguous(request.bytes_min, request.bytes_wanted);
        // Rather than that a compaction is given up. What it frees fills the reserve again.
        if (!run && space_.has_ceiling() && request.bytes_min <= limits::journal_area_bytes_min)
          run = stand_in(reserve_.take_area());
        if (!run) return {request.bytes_min};
        *found = *run;
        return {};
      },
      [this, promise, found, fresh_from,
       bytes_min = request.bytes_min](const result<void>& done) mutable {
        if (!done && done.error().code == errc::no_space &&
            bytes_min <= limits::journal_area_bytes_min)
          *found = reserve_.take_area().value_or(extent{});
        tell_space();
        if (found->empty()) return promise.deliver(to_error(done.error()));
        promise.deliver(area_grant{*found, *fresh_from, is_short()});
      });
  return promise;
}

caf::result<checkpoint_space> allocator_state::allocate_checkpoint(
    const checkpoint_space_request& request) {
  auto promise = self_->make_response_promise<checkpoint_space>();
  auto found = std::make_shared<checkpoint_space>();
  grow_until(
      [this, request, found]() -> lack {
        for (auto i = found->pieces.size(); i < request.lengths.size(); ++i) {
          auto run = space_.allocate_contiguous(request.lengths[i], request.lengths[i]);
          if (!run && space_.has_ceiling()) run = stand_in(reserve_.take_piece(request.lengths[i]));
          if (!run) return {request.lengths[i]};
          found->pieces.push_back(*run);
        }
        return {};
      },
      [this, promise, found, request](const result<void>& done) mutable {
        const bool may_use_reserve = !done && done.error().code == errc::no_space;
        while (may_use_reserve && found->pieces.size() < request.lengths.size()) {
          const auto piece = reserve_.take_piece(request.lengths[found->pieces.size()]);
          if (!piece) break;
          found->pieces.push_back(*piece);
        }
        if (found->pieces.size() == request.lengths.size()) {
          tell_space();
          return promise.deliver(std::move(*found));
        }
        for (const auto& e : found->pieces) space_.free_extent(e);
        fill_reserve();
        tell_space();
        promise.deliver(to_error(done.error()));
      });
  return promise;
}

allocator_state::compaction_ends allocator_state::ends_of(const begin_compaction& request) const {
  const auto checkpoint =
      round_up(request.checkpoint_bytes / 8 * 9, limits::checkpoint_page_bytes) +
      limits::checkpoint_page_bytes;
  const auto headroom = request.beside_clients ? request.data_bytes / headroom_part + headroom_bytes
                                               : headroom_without_clients;
  compaction_ends ends;
  const auto values = request.data_bytes + headroom;
  ends.data = space_.ceiling_for(values);
  ends.file = ends.data + checkpoints_while_compacting * checkpoint +
              areas_while_compacting * limits::journal_area_bytes_min +
              space_reserve::target_bytes(request.checkpoint_bytes);
  // The file is cut behind the last page in use, which is below that if nothing went wrong.
  ends.expected = ends.file - checkpoints_to_spare * checkpoint -
                  areas_to_spare * limits::journal_area_bytes_min;
  ends.later = ends.expected - (ends.data - space_.data_start() - round_up_to_page(values));
  return ends;
}

caf::result<compaction_space> allocator_state::begin(const begin_compaction& request) {
  reserve_.set_checkpoint_bytes(request.checkpoint_bytes);
  const auto file_bytes = space_.file_bytes();
  const auto ends = ends_of(request);
  const auto gain = gain_min(file_bytes);
  const bool pays = ends.expected + gain <= file_bytes;
  const bool pays_later =
      !pays && !request.is_last_round && ends.data < file_bytes && ends.later + gain <= file_bytes;
  if (!pays && !pays_later) return compaction_space{file_bytes, file_bytes, file_bytes, file_bytes};
  if (pays_later) {
    auto space = set_ceiling(request, file_bytes);
    space.pays_later = true;
    return space;
  }
  if (ends.file <= file_bytes || ends.file - file_bytes > file_bytes / longer_part_max ||
      ends.file > limits::file_bytes_max)
    return set_ceiling(request, file_bytes);
  // What is to be spared is needed on the way there, so the file becomes longer before it becomes shorter. Where the
  // disk has no room for that, it may do without.
  auto promise = self_->make_response_promise<compaction_space>();
  compat::request(self_, disk_, grow_device{ends.file})
      .then(
          [this, promise, request, file_bytes, target = ends.file]() mutable {
            if (target > space_.file_bytes()) space_.grow(target);
            promise.deliver(set_ceiling(request, file_bytes));
          },
          [this, promise, request, file_bytes](const caf::error& why) mutable {
            if (why == errc::no_space)
              promise.deliver(set_ceiling(request, file_bytes));
            else
              promise.deliver(why);
          });
  return promise;
}

compaction_space allocator_state::set_ceiling(const begin_compaction& request,
                                              std::uint64_t bytes_before) {
  const auto ends = ends_of(request);
  if (!space_.set_ceiling(ends.data))
    return {bytes_before, bytes_before, bytes_before, bytes_before};
  const auto file_bytes = space_.file_bytes();
  bytes_under_ceiling_ = std::min(bytes_under_ceiling_, file_bytes);
  file_end_ = std::min(ends.file, file_bytes);
  // What lies in the last part has to move in any case, or nothing could be cut.
  const auto end_max = round_down(file_bytes - gain_min(file_bytes), page_size);
  if (request.beside_clients)
    file_end_ = std::max(
        file_end_,
        std::min(ends.file + areas_more_beside_clients * limits::journal_area_bytes_min, end_max));
  expected_end_ = ends.expected;
  return {bytes_before, ends.data, file_end_, expected_end_};
}

// Wherever the reserve is, it can be elsewhere.
bool allocator_state::enforce_file_end() {
  if (!space_.has_ceiling()) return false;
  reserve_.give_back(space_);
  reserve_stands_in_ = false;
  space_.set_file_end(file_end_);
  fill_reserve();
  tell_space();
  return true;
}

void allocator_state::end() {
  bytes_under_ceiling_ = UINT64_MAX;
  if (!space_.has_ceiling()) return;
  space_.lift_ceiling();
  fill_reserve();
  tell_space();
}

caf::result<cut_outcome> allocator_state::cut(bool only_if_dense) {
  if (only_if_dense && space_.has_ceiling() && space_.end_of_use() > expected_end_ + cut_bytes_min)
    return cut_outcome{
        space_.file_bytes(), cut_state::has_holes,
        space_.runs_set_aside(limits::journal_area_bytes_min, expected_end_) >= areas_of_a_journal};
  if (!space_.has_ceiling() || !space_.cut()) {
    end();
    return cut_outcome{space_.file_bytes(), cut_state::given_up};
  }
  auto promise = self_->make_response_promise<cut_outcome>();
  // What the file grows by from now on is asked of the disk behind this.
  const auto cut_to = space_.file_bytes();
  tell_space();
  compat::request(self_, disk_, shrink_device{cut_to})
      .then(
          [promise, cut_to]() mutable {
            promise.deliver(cut_outcome{cut_to, cut_state::done});
          },
          [promise](const caf::error& why) mutable { promise.deliver(why); });
  return promise;
}

// Moves give back more than they take, so they may have the last pages there are; they never make the file
// longer.
bool allocator_state::grant_moves(std::uint64_t bytes) {
  if (space_.grant(bytes)) return true;
  reserve_.lend_workspace(space_);
  if (space_.grant(bytes)) return true;
  fill_reserve();
  return false;
}

void allocator_state::account(const group_space& change) {
  if (change.group) {
    if (change.group->spent > 0) space_.spent(change.group->spent);
    std::vector<extent> extents;
    extents.reserve(change.group->ops.size());
    for (const auto& o : change.group->ops)
      for (const auto& c : o.what->chunks()) extents.push_back(c.where);
    space_.publish(extents);
  }
  for (const auto& e : change.retired) space_.retire(e);
  if (!reserve_.is_full()) fill_reserve();
  if (change.unused_budget > 0) space_.give_back(change.unused_budget);
  tell_space();
}

std::optional<extent> allocator_state::stand_in(std::optional<extent> run) noexcept {
  reserve_stands_in_ = reserve_stands_in_ || run.has_value();
  return run;
}

// What stands in under a ceiling was not there in one run a moment ago, and to look for it with each group costs more
// than the group. Who needs a full reserve has the ceiling lifted.
std::uint64_t allocator_state::fill_reserve() {
  if (reserve_stands_in_ && space_.has_ceiling()) return reserve_.missing();
  reserve_stands_in_ = false;
  return reserve_.fill(space_);
}

// Under a ceiling the reserve stands in where nothing is set aside in one run. That passes, and who took it for a full
// disk would have each group wait for its own pages until then.
// And while the file grows, what the reserve lacks may be on its way.
bool allocator_state::is_short() const noexcept {
  return !reserve_.is_full() && !space_.has_ceiling() && growing_ == 0;
}

store_status allocator_state::status() const {
  const auto s = space_.stats();
  store_status out;
  out.file_bytes = s.file_bytes;
  out.free_bytes = s.free_bytes + s.set_aside + reserve_.held_bytes();
  out.leased_bytes = s.leased;
  out.promised_bytes = s.outstanding;
  out.reserve_bytes = reserve_.held_bytes();
  return out;
}

void allocator_state::tell_space() noexcept { metrics_.tell(status()); }

}  // namespace stowage
