// The space of the file against a ledger that keeps each page by itself.
//
// Input: the length of the file, then one command after another: promises, the writer's lease, groups that are
// spent, published and retired, areas and checkpoints, the reserve, growth, the ceiling of a compaction and the
// cut it ends with, claims of a recovery.

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/space/space_map.hpp>
#include <stowage/storage/space/space_reserve.hpp>
#include <stowage/tests/fuzz/choices.hpp>
#include <stowage/tests/fuzz/fuzz_target.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

namespace stowage::fuzz {

namespace {

constexpr std::uint64_t data_start = 2 * page_size;
constexpr std::size_t pages_max = 1600;
constexpr int commands_max = 120;

enum class use : std::uint8_t { idle, aside, leased, fixed, in_flight, live };

constexpr std::uint64_t no_ceiling = UINT64_MAX;

constexpr extent pages_at(std::uint64_t first, std::uint64_t count) {
  return {first * page_size, count * page_size};
}

class driver {
 public:
  explicit driver(choices& from)
      : uses_(2 + from.number<std::uint16_t>() % 700, use::idle),
        space_{uses_.size() * page_size, data_start} {
    uses_[0] = uses_[1] = use::fixed;
  }

  void run(choices& from) {
    using command = void (driver::*)(choices&);
    static constexpr std::array<command, 21> commands{
        &driver::grant,        &driver::give_back,    &driver::refill,
        &driver::spend,        &driver::publish,      &driver::retire,
        &driver::contiguous,   &driver::scattered,    &driver::free_fixed,
        &driver::grow,         &driver::take_back,    &driver::claim_pages,
        &driver::claim_data,   &driver::fill_reserve, &driver::use_reserve,
        &driver::give_reserve, &driver::set_ceiling,  &driver::set_file_end,
        &driver::lift_ceiling, &driver::cut,          &driver::look_for_ceiling};
    for (int left = commands_max; !from.empty() && left > 0; --left) {
      (this->*commands[from.below(commands.size())])(from);
      check();
    }
  }

 private:
  [[nodiscard]] std::uint64_t count(use u) const {
    return static_cast<std::uint64_t>(std::ranges::count(uses_, u)) * page_size;
  }
  [[nodiscard]] std::uint64_t unpromised() const {
    return count(use::idle) + count(use::leased) - outstanding_;
  }
  void set(const extent& e, use u) {
    for (auto p = e.offset / page_size; p < e.end() / page_size; ++p) uses_[p] = u;
  }
  // Under a ceiling what is free above it is set aside.
  void set_free(const extent& e) {
    for (auto p = e.offset / page_size; p < e.end() / page_size; ++p)
      uses_[p] = p * page_size >= ceiling_ ? use::aside : use::idle;
  }
  [[nodiscard]] bool all_are(const extent& e, use u) const {
    for (auto p = e.offset / page_size; p < e.end() / page_size; ++p)
      if (p >= uses_.size() || uses_[p] != u) return false;
    return true;
  }
  [[nodiscard]] std::vector<extent> runs_of(use u) const {
    std::vector<extent> runs;
    for (std::size_t p = 0; p < uses_.size(); ++p) {
      if (uses_[p] != u) continue;
      if (!runs.empty() && runs.back().end() == p * page_size)
        runs.back().length += page_size;
      else
        runs.push_back(pages_at(p, 1));
    }
    return runs;
  }
  // What was free and is not any more, the page's new use; answers the bytes.
  std::uint64_t note_taken(use u) {
    std::uint64_t taken = 0;
    for (std::size_t p = 0; p < uses_.size(); ++p) {
      if (uses_[p] != use::idle || space_.free_space().contains(pages_at(p, 1))) continue;
      uses_[p] = u;
      taken += page_size;
    }
    return taken;
  }
  void note_given_out(const extent& e) { fresh_from_ = std::max(fresh_from_, e.end()); }

  void grant(choices& from) {
    const std::uint64_t bytes = from.flag() ? from.number<std::uint16_t>() * std::uint64_t{512}
                                            : from.number<std::uint64_t>();
    const bool expected = bytes <= unpromised();
    const auto missing = space_.shortfall(bytes);
    require((missing == 0) == expected, "the shortfall is what is missing");
    require(space_.grant(bytes) == expected, "what is there beyond all promises is promised");
    if (expected) outstanding_ += bytes;
  }
  void give_back(choices& from) {
    const auto bytes = from.number<std::uint32_t>() % (outstanding_ + 1);
    space_.give_back(bytes);
    outstanding_ -= bytes;
  }

  void refill(choices& from) {
    const auto want = from.number<std::uint16_t>() * std::uint64_t{256};
    const auto expected = round_up_to_page(std::min<std::uint64_t>(want, count(use::idle)));
    const auto fresh_before = fresh_from_;
    bool has_used_run = false;
    for (const auto& r : runs_of(use::idle))
      has_used_run = has_used_run || (r.offset < fresh_from_ &&
                                      std::min(r.end(), fresh_from_) - r.offset >= expected);
    const auto held = lease_.available();
    const auto before = uses_;
    space_.refill(lease_, want);
    require(note_taken(use::leased) == expected, "a lease gets what is wanted, or all there is");
    require(lease_.available() == held + expected, "a lease holds what it got");
    for (std::size_t p = 0; p < uses_.size(); ++p) {
      if (uses_[p] == before[p]) continue;
      note_given_out(pages_at(p, 1));
      require(!has_used_run || expected == 0 || p * page_size < fresh_before,
              "used space goes first");
    }
  }

  // A group: pages of the lease, cut into extents as its values fall.
  void spend(choices& from) {
    const auto most = std::min(round_down(outstanding_, page_size), lease_.available()) / page_size;
    if (most == 0) return;
    auto left = (1 + from.below(64) % most) * page_size;
    const auto bytes = left;
    std::vector<extent> group;
    while (left > 0) {
      const auto whole = lease_.carve(left);
      const auto run = whole ? *whole : lease_.carve_up_to(left);
      require(!run.empty() && run.length <= left && all_are(run, use::leased),
              "a lease gives what it holds");
      set(run, use::in_flight);
      left -= run.length;
      lay_out(run, from, group);
    }
    space_.spent(bytes);
    outstanding_ -= bytes;
    in_flight_.push_back(std::move(group));
  }
  static void lay_out(const extent& run, choices& from, std::vector<extent>& group) {
    for (auto at = run.offset; at < run.end();) {
      const auto most = run.end() - at;
      const auto wanted = from.flag() ? most : 1 + from.number<std::uint16_t>() % most;
      group.push_back({at, wanted});
      at += round_up(wanted, 64);
    }
  }
  void publish(choices&) {
    if (in_flight_.empty()) return;
    for (const auto& e : in_flight_.front()) {
      space_.publish(e);
      set(e.pages(), use::live);
      live_.push_back(e);
    }
    in_flight_.pop_front();
  }
  void retire(choices& from) {
    if (live_.empty()) return;
    const auto which = live_.begin() + static_cast<std::ptrdiff_t>(from.below(live_.size()));
    const auto gone = *which;
    live_.erase(which);
    space_.retire(gone);
    set_free(gone.pages());
    for (const auto& e : live_)
      if (e.pages().overlaps(gone.pages())) set(e.pages(), use::live);
  }

  [[nodiscard]] std::optional<extent> expected_run(std::uint64_t bytes) const {
    for (const auto& r : runs_of(use::aside)) {
      if (r.length < bytes) continue;
      if (r.offset + bytes <= file_end_) return extent{r.offset, bytes};
      break;
    }
    std::optional<extent> best;
    if (bytes <= unpromised())
      for (const auto& r : runs_of(use::idle))
        if (r.length >= bytes && (!best || r.length < best->length)) best = r;
    if (best) best->length = bytes;
    return best;
  }
  void contiguous(choices& from) {
    const auto bytes_min = (1 + from.below(64)) * page_size;
    const auto wanted = bytes_min + from.below(300) * page_size;
    std::optional<extent> expected;
    for (auto bytes = wanted;; bytes = std::max(bytes_min, round_down(bytes / 2, page_size))) {
      expected = expected_run(bytes);
      if (expected || bytes == bytes_min) break;
    }
    const auto got = space_.allocate_contiguous(bytes_min, wanted);
    require(got.has_value() == expected.has_value(), "a run is given if there is one");
    if (!got) return;
    require(got->length == expected->length, "the longest of the lengths asked for is given");
    require(*got == *expected, "the lowest above a ceiling is given, else the best fit below");
    set(*got, use::fixed);
    note_given_out(*got);
    fixed_.push_back(*got);
  }
  void scattered(choices& from) {
    const auto bytes = (1 + from.below(200)) * page_size;
    const auto piece = (1 + from.below(20)) * page_size;
    const bool expected = bytes <= unpromised() && bytes <= count(use::idle);
    const auto got = space_.allocate_scattered(bytes, piece);
    require(got.has_value() == expected, "pieces are given if no promise needs them");
    if (!got) return;
    std::uint64_t sum = 0;
    for (const auto& e : *got) {
      require(e.length <= piece && all_are(e, use::idle),
              "a piece is free, and no longer than asked");
      set(e, use::fixed);
      note_given_out(e);
      fixed_.push_back(e);
      sum += e.length;
    }
    require(sum == bytes, "the pieces are what was asked for");
  }
  void free_fixed(choices& from) {
    if (fixed_.empty()) return;
    const auto which = fixed_.begin() + static_cast<std::ptrdiff_t>(from.below(fixed_.size()));
    auto part = *which;
    if (from.flag() && part.length > page_size) {
      part.length = page_size * (1 + from.below(part.length / page_size));
      which->offset += part.length;
      which->length -= part.length;
      if (which->empty()) fixed_.erase(which);
    } else {
      fixed_.erase(which);
    }
    space_.free_extent(part);
    set_free(part);
  }

  void grow(choices& from) {
    const auto by =
        std::min<std::size_t>(from.below(600), pages_max - std::min(pages_max, uses_.size()));
    const auto before = uses_.size();
    uses_.resize(before + by);
    set_free(pages_at(before, by));
    space_.grow(uses_.size() * page_size);
  }
  void take_back(choices&) {
    space_.take_back(std::move(lease_));
    lease_ = {};
    for (std::size_t p = 0; p < uses_.size(); ++p)
      if (uses_[p] == use::leased) set_free(pages_at(p, 1));
    // Nothing is leased now, so the promises rest on what is free below the ceiling.
    if (count(use::idle) < outstanding_) note_lifted();
  }

  [[nodiscard]] extent any_extent(choices& from, std::uint64_t unit) {
    extent e;
    e.offset = from.number<std::uint32_t>() % (uses_.size() * page_size + page_size) / unit * unit;
    e.length = from.flag() ? from.number<std::uint16_t>() / unit * unit
                           : from.number<std::uint64_t>() / unit * unit;
    return e;
  }
  [[nodiscard]] bool is_inside(const extent& e) const {
    const auto end = uses_.size() * page_size;
    return !e.empty() && e.offset >= data_start && e.offset < end && e.length <= end - e.offset;
  }
  // A recovery claims before anything is promised.
  void claim_pages(choices& from) {
    if (outstanding_ > 0 || space_.has_ceiling()) return;
    const auto e = any_extent(from, from.flag() ? page_size : 64);
    const bool expected = is_inside(e) && is_page_aligned(e.offset) && is_page_aligned(e.length) &&
                          all_are(e, use::idle);
    const auto claimed = space_.claim_pages(e);
    require(claimed.ok() == expected, "free pages can be claimed, others not");
    if (!claimed) return check_refusal(claimed.error(), e);
    set(e, use::fixed);
    note_given_out(e);
    fixed_.push_back(e);
  }
  void claim_data(choices& from) {
    if (outstanding_ > 0 || space_.has_ceiling()) return;
    const auto e = any_extent(from, 64);
    bool expected = is_inside(e);
    for (auto p = e.offset / page_size; expected && p * page_size < e.end(); ++p) {
      const auto page = pages_at(p, 1);
      const bool is_whole = e.offset <= page.offset && e.end() >= page.end();
      expected = uses_[p] == use::idle || (!is_whole && sharers(page) > 0);
    }
    const auto claimed = space_.claim_data(e);
    require(claimed.ok() == expected, "free and shared pages can be claimed for values");
    if (!claimed) return check_refusal(claimed.error(), e);
    set(e.pages(), use::live);
    note_given_out(e.pages());
    live_.push_back(e);
  }
  static void check_refusal(const failure& why, const extent& e) {
    require(why.code == errc::corrupt && why.offset == e.offset,
            "a bad claim is told with its place");
  }
  // Extents that cover this page in part.
  [[nodiscard]] std::uint64_t sharers(const extent& page) const {
    return static_cast<std::uint64_t>(std::ranges::count_if(live_, [&](const extent& e) {
      return e.overlaps(page) && (e.offset > page.offset || e.end() < page.end());
    }));
  }

  void fill_reserve(choices& from) {
    reserve_.set_checkpoint_bytes(from.number<std::uint16_t>() * std::uint64_t{16});
    reserved_.resize(uses_.size());
    const auto missing = reserve_.fill(space_);
    note_reserve();
    track_fresh();
    require((missing == 0) == reserve_.is_full(), "the reserve knows whether it is full");
    // Under a ceiling what growth brings is for areas and checkpoints only.
    if (missing == 0 || space_.has_ceiling()) return;
    auto longer = space_;
    auto filled = reserve_;
    longer.grow(longer.file_bytes() + missing);
    require(filled.fill(longer) == 0, "a file longer by what is missing fills the reserve");
  }
  // It may have given pages back, and taken others; those that are set aside show when the ceiling is lifted.
  void note_reserve() {
    reserved_.resize(uses_.size());
    auto lifted = space_;
    lifted.lift_ceiling();
    for (std::size_t p = 0; p < uses_.size(); ++p) {
      const bool was_free = uses_[p] == use::idle || uses_[p] == use::aside;
      const bool is_free = lifted.free_space().contains(pages_at(p, 1));
      if (is_free == was_free) continue;
      require(is_free == reserved_[p], "the reserve takes what is free and gives what it holds");
      reserved_[p] = !is_free;
      if (is_free)
        set_free(pages_at(p, 1));
      else
        uses_[p] = use::fixed;
    }
  }
  void give_reserve(choices& from) {
    if (from.flag())
      reserve_.lend_workspace(space_);
    else
      reserve_.give_back(space_);
    note_reserve();
  }
  void use_reserve(choices& from) {
    reserved_.resize(uses_.size());
    const auto held = reserve_.held_bytes();
    const auto taken =
        from.flag() ? reserve_.take_area() : reserve_.take_piece(1 + from.number<std::uint16_t>());
    if (!taken) return;
    require(reserve_.held_bytes() + taken->length == held, "the reserve counts what it holds");
    for (auto p = taken->offset / page_size; p < taken->end() / page_size; ++p) {
      require(reserved_[p], "the reserve gives what it holds");
      reserved_[p] = false;
    }
    fixed_.push_back(*taken);
  }
  void set_ceiling(choices& from) {
    if (space_.has_ceiling()) return;
    const auto end = page_size * (1 + from.number<std::uint16_t>() % (uses_.size() + 2));
    std::uint64_t below = 0;
    for (std::size_t p = 0; p < uses_.size(); ++p)
      if (uses_[p] == use::idle && p * page_size < end) below += page_size;
    const bool expected = below >= outstanding_;
    require(space_.set_ceiling(end) == expected, "a ceiling leaves what was promised");
    if (!expected) return;
    ceiling_ = end;
    for (std::size_t p = 0; p < uses_.size(); ++p)
      if (uses_[p] == use::idle) set_free(pages_at(p, 1));
  }
  void set_file_end(choices& from) {
    if (!space_.has_ceiling()) return;
    file_end_ = ceiling_ + from.below(300) * page_size;
    space_.set_file_end(file_end_);
  }
  void lift_ceiling(choices&) {
    space_.lift_ceiling();
    note_lifted();
  }
  void note_lifted() {
    ceiling_ = file_end_ = no_ceiling;
    std::ranges::replace(uses_, use::aside, use::idle);
  }
  void cut(choices&) {
    if (!space_.has_ceiling()) return;
    const auto runs = runs_of(use::aside);
    const bool expected = !runs.empty() && runs.back().end() == uses_.size() * page_size &&
                          runs.back().offset <= file_end_;
    require(space_.cut() == expected, "a file is cut where nothing is used beyond its end");
    if (!expected) return;
    uses_.resize(runs.back().offset / page_size);
    fresh_from_ = std::min(fresh_from_, uses_.size() * page_size);
    note_lifted();
  }
  void look_for_ceiling(choices& from) {
    const auto bytes = from.number<std::uint32_t>() % (pages_max * page_size);
    std::uint64_t expected = data_start;
    for (auto left = round_up_to_page(bytes); left > 0; expected += page_size) {
      const auto p = expected / page_size;
      if (p >= uses_.size() || uses_[p] != use::fixed) left -= page_size;
    }
    require(space_.ceiling_for(bytes) == expected, "a ceiling is as low as the values let it be");
  }

  void track_fresh() {
    require(space_.fresh_from() >= fresh_from_, "what was given out is not fresh again");
    fresh_from_ = space_.fresh_from();
  }

  void check() {
    space_stats expected;
    expected.file_bytes = uses_.size() * page_size;
    expected.free_bytes = count(use::idle);
    expected.set_aside = count(use::aside);
    expected.leased = count(use::leased);
    expected.fixed = count(use::fixed);
    expected.in_flight = count(use::in_flight);
    expected.live = count(use::live);
    expected.outstanding = outstanding_;
    const auto runs = runs_of(use::idle);
    for (const auto& r : runs)
      expected.longest_free_run = std::max(expected.longest_free_run, r.length);
    expected.free_runs = runs.size();
    require(space_.stats() == expected, "every page is counted once");
    auto run = space_.free_space().begin();
    for (const auto& r : runs) {
      require(run != space_.free_space().end() && *run == r, "free runs are what nothing uses");
      ++run;
    }
    require(run == space_.free_space().end(), "no more is free");
    require(space_.fresh_from() == fresh_from_, "fresh is what was never given out");
    for (const auto& e : live_)
      for (const auto p : {e.offset / page_size, (e.end() - 1) / page_size})
        require(space_.liveness().count(p) == sharers(pages_at(p, 1)), "shared pages are counted");
  }

  std::vector<use> uses_;
  space_map space_;
  lease lease_;
  std::uint64_t outstanding_ = 0;
  std::uint64_t ceiling_ = no_ceiling;
  std::uint64_t file_end_ = no_ceiling;
  std::uint64_t fresh_from_ = data_start;
  std::deque<std::vector<extent>> in_flight_;
  std::vector<extent> live_;
  std::vector<extent> fixed_;
  space_reserve reserve_;
  std::vector<bool> reserved_;
};

}  // namespace

const std::size_t input_bytes_max = 600;

void run(byte_view input) {
  choices from{input};
  driver{from}.run(from);
}

std::vector<bytes> seeds() {
  // A group from promise to retirement; areas and pieces; claims of a recovery; the reserve; a cut.
  return {seed_of({100, 0, 0, 1, 0, 1, 2, 0, 4, 3, 20, 0, 0, 1, 0, 9, 1, 4, 5, 0, 5, 0, 10}),
          seed_of({200, 0, 6, 3, 10, 0, 7, 30, 2, 8, 0, 1, 1, 8, 1, 0, 9, 40, 0, 6, 60, 0, 1}),
          seed_of({50, 0,  12, 0,  0x30, 0, 0,    1, 0, 16, 12, 64,   0x41, 0, 0,
                   1,  64, 0,  11, 1,    0, 0x80, 0, 0, 1,  0,  0x20, 5,    0}),
          seed_of({0x2c, 1, 13, 10, 0, 14, 1, 14, 0, 5, 0, 9, 0x2c, 1, 13, 0xff, 0xff, 13, 1, 0}),
          seed_of({200, 0, 6, 3, 10, 0, 16, 100, 0, 6, 3, 4, 0, 17, 20, 0, 20, 9, 9, 9, 9, 19})};
}

}  // namespace stowage::fuzz
