// Where the writer's pages and journal areas come from, and when they go back: ahead of need, less of both while
// space is short, and below the ceiling of a compaction.
#include <stowage/actors/writer.hpp>

#include <stowage/actors/peer_failure.hpp>
#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace stowage {

namespace {

// What the standing lease is filled up to: a few groups of the usual size, so that the next group finds
// its pages at hand while the allocator works.
constexpr std::uint64_t standing_lease_bytes = 8 * limits::mib;

// Of the pages that come next so many are kept ready for small groups, and so many made ready at a time: what a
// slice costs (0.1 ms) is shared by the groups that fit in it.
constexpr std::uint64_t prepared_bytes = limits::mib;
constexpr std::uint64_t prepared_slice_bytes = 256 * limits::kib;

// Once two more checkpoints are durable, the journal keeps no area but the last ones; one may be under way
// that began too early to count.
constexpr int roots_that_free_areas = 3;

}  // namespace

bool writer_state::has_all_it_needs(const forming_group& g) {
  if (lease_.available() < g.page_bytes) {
    request_lease(g.page_bytes - lease_.available());
    return false;
  }
  const auto [needs_spare, larger] = areas_.demand_for(g.record_bytes_max);
  if (needs_spare && !spare_area_.exists()) {
    fetch_spare_area();
    wait_for_area();
    return false;
  }
  if (larger > larger_area_.where.length) {
    const auto wanted = round_up(larger, limits::journal_area_bytes_min);
    request_area(larger, wanted, &writer_state::larger_area_);
    wait_for_area();
    return false;
  }
  return true;
}

void writer_state::fetch_spare_area() {
  const auto wanted = data_end_ ? std::uint64_t{limits::journal_area_bytes_min}
                                : journal_area_bytes_for(sb_.min_file_bytes);
  request_area(limits::journal_area_bytes_min, wanted, &writer_state::spare_area_);
}

// Pages in a lease are no use to the journal, and none to the reserve that puts are accepted by.
void writer_state::return_standing_lease() {
  if (lease_.empty() || lease_requested_ || forming_) return;
  compat::send(self_, allocator_, return_lease{std::make_shared<lease>(lease_.release())});
}

// What was fetched and lies too high goes back.
void writer_state::give_up_pages_above() {
  if (auto pages = lease_.take_from(*data_end_); !pages.empty())
    compat::send(self_, allocator_, return_lease{std::make_shared<lease>(std::move(pages))});
  if (!file_end_) return;
  for (auto* area : {&spare_area_, &larger_area_})
    if (area->exists() && area->where.end() > *file_end_)
      compat::send(self_, allocator_, free_pages{{std::exchange(*area, {}).where}});
}

bool writer_state::journal_lies_below_end() const noexcept {
  const auto& at = areas_.position();
  return !file_end_ || (at.area.where.end() <= *file_end_ && at.next.where.end() <= *file_end_);
}

// Once what had its place before is durable, every group that was carved from space above is published; what came later
// lies below. The journal is where it was sent unless clients needed the space below before it got there.
void writer_state::finish_vacating() {
  if (!vacating_ || at_disk_ || areas_.is_leaving()) return;
  if (synced_ < vacating_->through && !mutant("vacated-with-a-group-to-come")) return;
  auto answer = std::exchange(vacating_, std::nullopt)->answer;
  if (journal_lies_below_end())
    answer.deliver();
  else
    answer.deliver(to_error(fail(errc::no_space)));
}

// While the disk works: what the next group is likely to need.
void writer_state::fetch_ahead() {
  if (space_is_short_)
    return_standing_lease();
  else if (lease_.available() < standing_lease_bytes / 2)
    request_lease(0);
  if (!spare_area_.exists()) fetch_spare_area();
}

void writer_state::request_lease(std::uint64_t bytes_needed) {
  if (lease_requested_) return;
  lease_requested_ = true;
  compat::request(self_, allocator_,
                  lease_request{bytes_needed, bytes_needed + standing_lease_bytes})
      .then(
          [this, bytes_needed](const lease_grant& granted) {
            lease_requested_ = false;
            std::uint64_t bytes = 0;
            for (const auto& run : granted.pages->release()) {
              bytes += run.length;
              lease_.add(run, granted.fresh_from);
            }
            space_is_short_ = space_is_short_ || granted.space_is_short;
            invariant(bytes >= bytes_needed, "what was promised is supplied");
            advance();
          },
          [this](const caf::error& why) { fail_stop(peer_failure(why)); });
}

void writer_state::request_area(std::uint64_t bytes_min, std::uint64_t bytes_wanted,
                                area_ref writer_state::*to) {
  if (area_requested_ || (shortage_ && shortage_->asked_since_root)) return;
  area_requested_ = true;
  compat::request(self_, allocator_, area_request{round_up_to_page(bytes_min), bytes_wanted})
      .then(
          [this, to](const area_grant& granted) {
            area_requested_ = false;
            shortage_.reset();
            this->*to = area_ref{granted.where, next_salt()};
            if (to == &writer_state::spare_area_) {
              const auto fresh =
                  std::clamp(granted.fresh_from, granted.where.offset, granted.where.end());
              spare_fresh_ = {fresh, granted.where.end() - fresh};
            }
            space_is_short_ = granted.space_is_short;
            if (space_is_short_) {
              return_standing_lease();
              compat::send(self_, listener_, journal_short{});
            }
            advance();
          },
          [this](const caf::error& why) {
            area_requested_ = false;
            if (why == errc::no_space)
              on_no_area(peer_failure(why));
            else
              fail_stop(peer_failure(why));
          });
}

// A checkpoint gives areas back, so the group waits for one, and asks again; other than that nothing
// becomes durable any more.
void writer_state::on_no_area(const failure& why) {
  space_is_short_ = true;
  return_standing_lease();
  if (!shortage_) shortage_ = area_shortage{.roots_left = roots_that_free_areas};
  if (shortage_->roots_left == 0) {
    if (forming_) return fail_stop(why);
    shortage_->roots_left = roots_that_free_areas;
  }
  shortage_->asked_since_root = true;
  shortage_->group_is_known_to_wait = false;
  if (!forming_) compat::send(self_, listener_, journal_short{});
  advance();
}

// A group waits for an area that there is not: the registry hears of it, once for every time it was asked for.
void writer_state::wait_for_area() {
  if (!shortage_ || !shortage_->asked_since_root || shortage_->group_is_known_to_wait) return;
  shortage_->group_is_known_to_wait = true;
  compat::send(self_, listener_, journal_short{true});
}

// While groups are small, their syncs are what takes time: fresh pages make them slower (`page_stock`), so a
// slice of those that come next is written with zeros along with each. Where groups are large, writing twice
// would cost more.
void writer_state::prepare_pages(write_plan& plan, commit& follows) {
  if (lease_.ready_bytes() < prepared_bytes) {
    if (const auto fresh = lease_.take_fresh(prepared_slice_bytes)) {
      plan.prepare(*fresh);
      counters_.prepared_bytes_written += fresh->length;
      follows.prepared = *fresh;
    }
  }
  if (!spare_area_.exists() || spare_fresh_.empty()) return;
  const extent slice{spare_fresh_.offset, std::min(spare_fresh_.length, prepared_slice_bytes)};
  plan.prepare(slice);
  counters_.prepared_bytes_written += slice.length;
  spare_fresh_ = {slice.end(), spare_fresh_.length - slice.length};
}

}  // namespace stowage
