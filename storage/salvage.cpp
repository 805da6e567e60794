#include <stowage/storage/salvage.hpp>

#include <stowage/storage/checkpoint.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/device/lenient_device.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/format/superblock_election.hpp>
#include <stowage/storage/journal_walk.hpp>
#include <stowage/storage/log/group.hpp>
#include <stowage/storage/read_block.hpp>
#include <stowage/storage/superblock_slots.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace stowage {

namespace {

// A root of which at least the place in the journal is known.
struct found_root {
  root where;
  /// If it can be read.
  std::optional<manifest> pages;
};

struct unread_page {
  std::size_t number = 0;
  failure why;
};

// A record not proven durable yet.
struct salvaged_record {
  record_header header;
  std::uint64_t offset = 0;
  std::vector<std::byte> body;
};

// As in a recovery: groups are issued one by one.
constexpr std::size_t unproven_salvaged_max = 4;

std::string count_of(std::uint64_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

class search {
 public:
  explicit search(block_device& device) : device_{device} {}

  result<salvaged_store> run() {
    device_.drop_cache();
    auto whole = recover(device_, store_access::read_only);
    if (whole && !whole->damage) {
      take(*std::move(whole));
    } else {
      if (!whole) {
        if (whole.error().code == errc::unsupported_version) return whole.error();
        note(whole.error());
      }
      for (const auto step : {&search::choose_superblock, &search::find_blocks, &search::end_tail})
        if (auto done = (this->*step)(); !done) return std::move(done).error();
    }
    if (auto unread = device_.first_failure()) {
      unread->detail +=
          ", the first of " + count_of(device_.failed_reads(), "read") + " that failed";
      note(*std::move(unread));
    }
    return std::move(out_);
  }

 private:
  void note(failure why) {
    // The reason why the store cannot be opened is told first; what it costs then takes its place.
    if (!out_.damage.empty() && why.offset && out_.damage.front().offset == why.offset)
      out_.damage.front() = std::move(why);
    else
      out_.damage.push_back(std::move(why));
  }

  void note_damaged_slot() {
    note(fail(errc::corrupt, "one of the two superblocks cannot be read"));
  }

  void take(recovered_store&& whole) {
    out_.index = std::move(whole.index);
    out_.hash_seed = whole.sb.hash_seed;
    out_.last_version = whole.last_version;
    out_.dropped = std::move(whole.dropped);
    if (whole.superblock_slot_damaged) note_damaged_slot();
    if (whole.used_previous_root) note(*std::move(whole.used_previous_root));
    if (whole.gave_up_previous_root) note(*std::move(whole.gave_up_previous_root));
  }

  // -- superblocks ----------------------------------------------------------------------------------

  result<void> choose_superblock() {
    const auto slots = read_superblock_slots(device_).value();
    const auto elected = elect_superblock(slots.both());
    std::vector<superblock> claims;
    for (const auto& v : slots.both())
      if (auto claimed = claimed_superblock(v)) claims.push_back(*claimed);
    if (elected) {
      believe(elected->winner);
      lineage_.ep = sb_.ep;
      lineage_.fence = sb_.fence;
      out_.last_version = sb_.version_floor;
      if (elected->other_slot_damaged) note_damaged_slot();
      // After an orderly close nothing was written behind the fence; as in a recovery, only if both slots say so.
      if (sb_.clean && !elected->other_slot_damaged) last_ = sb_.fence;
    } else if (!believe_a_claim(claims)) {
      return out_.damage.front();
    }
    add_newer_roots(claims);
    return {};
  }

  void believe(const superblock& sb) {
    sb_ = sb;
    out_.hash_seed = sb.hash_seed;
    lineage_.uuid_low = low_half(sb.id);
    lineage_.hash_seed = sb.hash_seed;
    roots_.clear();
    for (const auto& r : {sb.current, sb.previous})
      if (r.exists()) roots_.push_back(look_at(r));
  }

  // Of the slots that do not verify, the newest one that names a checkpoint that does. Its numbers prove nothing.
  bool believe_a_claim(std::vector<superblock>& claims) {
    std::ranges::sort(claims, std::ranges::greater{}, &superblock::gen);
    return std::ranges::any_of(claims, [this](const superblock& sb) {
      believe(sb);
      return std::ranges::any_of(roots_, [](const found_root& r) { return r.pages.has_value(); });
    });
  }

  // The slot that lost may have been the newer one.
  void add_newer_roots(const std::vector<superblock>& claims) {
    for (const auto& sb : claims)
      for (const auto& r : {sb.current, sb.previous}) {
        const bool is_newer = roots_.empty() || r.start.last > roots_.front().where.start.last;
        if (sb.id != sb_.id || sb.hash_seed != sb_.hash_seed || !r.exists() || !is_newer) continue;
        if (auto found = look_at(r); found.pages) roots_.insert(roots_.begin(), std::move(found));
      }
  }

  found_root look_at(const root& r) {
    auto pages = load_manifest(device_, r, out_.hash_seed, read_mode::direct);
    return {r, pages ? std::optional{*std::move(pages)} : std::nullopt};
  }

  // -- checkpoints ----------------------------------------------------------------------------------

  result<void> find_blocks() {
    // The newest checkpoint alone, if it is whole.
    const auto& newest = roots_.front();
    if (newest.pages && lay_over(newest).empty()) return replay(newest.where.start, last_, nullptr);

    out_.index = {};
    const auto readable =
        std::ranges::find_if(roots_, [](const found_root& r) { return r.pages.has_value(); });
    for (auto r = roots_.begin(); r != readable; ++r)
      note(fail_at(
          errc::corrupt, r->where.manifest.offset,
          "a checkpoint of " + count_of(r->where.entry_count, "block") + " cannot be read; " +
              (readable == roots_.end() ? "what only it knew is lost"
                                        : "an older one and the journal stand in for it")));
    is_incomplete_ = readable == roots_.end();
    for (auto i = roots_.size(); i-- > 0;) {
      const auto& r = roots_[i];
      const auto unread = r.pages ? lay_over(r) : std::vector<unread_page>{};
      if (roots_.begin() + static_cast<std::ptrdiff_t>(i) == readable)
        for (const auto& page : unread) tell_price(*r.pages, page);
      else
        is_incomplete_ = is_incomplete_ || !unread.empty();
      const auto* const later = i > 0 ? &roots_[i - 1].where.start : nullptr;
      if (auto replayed = replay(r.where.start, later != nullptr ? later->last : last_, later);
          !replayed)
        return replayed;
    }
    return {};
  }

  // What a page of the checkpoint says of its stretch of names replaces what is known of them.
  std::vector<unread_page> lay_over(const found_root& r) {
    std::vector<unread_page> unread;
    for (std::size_t i = 0; i < r.pages->pages.size(); ++i) {
      auto entries = load_page(*r.pages, i);
      if (!entries) {
        unread.push_back({i, std::move(entries).error()});
        continue;
      }
      for (const auto& name : names_in(stretch_of(*r.pages, i)))
        out_.index.apply({op_kind::del, 0, name, {}, 0, 0, {}}, 0, [](const block_ref&) {});
      for (const auto& e : *entries) apply(e.as_op());
    }
    return unread;
  }

  // As names from the first up to the second; no second = to the end.
  using stretch = std::pair<std::string_view, std::optional<std::string_view>>;

  static stretch stretch_of(const manifest& m, std::size_t page) {
    const auto from = page == 0 ? std::string_view{} : std::string_view{m.pages[page].first_name};
    if (page + 1 == m.pages.size()) return {from, std::nullopt};
    return {from, m.pages[page + 1].first_name};
  }

  std::vector<std::string> names_in(const stretch& s) const {
    std::vector<std::string> names;
    out_.index.for_each_from(s.first, [&](const block_ref& b) {
      if (s.second && b->name() >= *s.second) return false;
      names.emplace_back(b->name());
      return true;
    });
    return names;
  }

  result<std::vector<committed_op>> load_page(const manifest& m, std::size_t number) {
    // One page by itself, with its number.
    std::vector<committed_op> entries;
    const auto& p = m.pages[number];
    page_buffer bytes{p.where.length};
    if (auto got = read_exactly(device_, p.where.offset, bytes.bytes(), read_mode::direct); !got)
      return std::move(got).error();
    if (checksum(bytes.bytes(), out_.hash_seed) != p.sum)
      return fail_at(errc::corrupt, p.where.offset, "does not match its checksum");
    auto decoded = decode_checkpoint_page(bytes.bytes(), p.where.offset, number,
                                          [&](const op& e) -> result<void> {
                                            entries.push_back({e.kind, block::make(e, 0)});
                                            return {};
                                          });
    if (!decoded) return std::move(decoded).error();
    return entries;
  }

  void tell_price(const manifest& m, const unread_page& page) {
    const auto& p = m.pages[page.number];
    const auto known = names_in(stretch_of(m, page.number)).size();
    const auto lost = p.entry_count - std::min<std::uint64_t>(known, p.entry_count);
    auto detail = "a checkpoint page of " + count_of(p.entry_count, "block") + ", from \"" +
                  p.first_name.substr(0, 64) + "\" on, cannot be read";
    if (lost == 0)
      detail += "; the previous checkpoint and the journal stand in for it";
    else
      detail += "; up to " + std::to_string(lost) + " of them are lost";
    note(fail_at(errc::corrupt, p.where.offset, std::move(detail)));
    is_incomplete_ = is_incomplete_ || lost > 0;
  }

  // -- journal --------------------------------------------------------------------------------------

  // Applies the records behind `from` up to `until`, where `later`, if there is one, is known to go on.
  result<void> replay(const journal_position& from, lsn until, const journal_position* later) {
    auto at = from;
    for (;;) {
      auto walked = walk_journal(device_, lineage_, at, until, read_mode::direct,
                                 [this](const walked_record& r) { return take(r); });
      if (!walked) return std::move(walked).error();
      at = walked->position;
      newest_epoch_ = std::max(newest_epoch_, walked->newest_epoch);
      if (at.last >= until) break;
      if (!walked->damage && later == nullptr) {
        if (walked->torn) drop(at.last.next(), "its record is torn");
        return {};
      }
      is_incomplete_ = true;
      const auto next = next_readable(at);
      if (later != nullptr && (!next || next->last > later->last)) {
        tell_gap(at, until);
        break;
      }
      if (!next) {
        tell_gap(at, std::nullopt);
        return apply_through(at.last);
      }
      tell_gap(at, next->last);
      at = *next;
    }
    return apply_through(later != nullptr ? until : lsn{});
  }

  void tell_gap(const journal_position& at, std::optional<lsn> last) {
    const auto first = at.last.next();
    std::string which = "record " + std::to_string(first.value);
    if (!last)
      which += " and what followed cannot be read";
    else if (*last == first)
      which += " cannot be read";
    else
      which = "records " + std::to_string(first.value) + " to " + std::to_string(last->value) +
              " cannot be read";
    note(fail_at(errc::journal_corrupt, at.offset,
                 which + "; blocks that were changed there are lost, or as they were before"));
  }

  [[nodiscard]] bool is_ours(const record_header& h, const area_ref& area) const noexcept {
    const auto oldest =
        h.number > lineage_.fence ? std::max(newest_epoch_, lineage_.ep) : newest_epoch_;
    return h.uuid_low == lineage_.uuid_low && h.area_salt == area.salt && h.ep >= oldest;
  }

  // The place of the first record behind the missing one: further on in the area, or in the next one that is
  // known, which may be the one that the missing record's header announces.
  std::optional<journal_position> next_readable(const journal_position& at) {
    std::vector<area_ref> areas{at.area, at.next};
    for (std::size_t i = 0; i < areas.size(); ++i) {
      const auto area = areas[i];
      if (!area.exists()) continue;
      const auto end = std::min(area.where.end(), device_.size());
      page_buffer page{page_size};
      for (auto offset = i == 0 ? at.offset : area.where.offset; offset + page_size <= end;
           offset += page_size) {
        const auto got = device_.read(offset, page.bytes(), read_mode::direct).value();
        const auto h = decode_record_header(page.bytes().first(got), offset, lineage_.hash_seed);
        if (!h || !is_ours(*h, area)) continue;
        if (h->number == at.last.next() && areas.size() == 2) areas.push_back(h->next_area);
        if (h->number <= at.last.next()) continue;
        journal_position found;
        found.last = lsn{h->number.value - 1};
        found.previous = h->previous;
        found.area = area;
        found.offset = offset;
        return found;
      }
    }
    return std::nullopt;
  }

  result<void> take(const walked_record& r) {
    pending_.push_back({r.header, r.offset, {r.body.begin(), r.body.end()}});
    if (auto applied = apply_through(std::max(lineage_.fence, r.header.synced_through)); !applied)
      return applied;
    if (pending_.size() > unproven_salvaged_max)
      return fail_at(errc::corrupt, r.offset,
                     "more records not proven durable than are ever written");
    return {};
  }

  result<void> apply_through(lsn proven) {
    while (!pending_.empty() && pending_.front().header.number <= proven) {
      if (auto applied = apply(pending_.front()); !applied) return applied;
      pending_.pop_front();
    }
    return {};
  }

  result<void> apply(const salvaged_record& r) {
    op_reader ops{r.body, r.offset + layout::record_header_bytes};
    while (!ops.finished()) {
      auto o = ops.next();
      if (!o && o.error().code == errc::unsupported_version) return std::move(o).error();
      if (!o) {
        note(std::move(o).error());
        return {};
      }
      // One that is no newer than what it clears was made to cost time.
      if (o->kind == op_kind::clear && o->ver <= out_.last_version)
        note(fail_at(errc::corrupt, r.offset, "a clear that is older than what it clears"));
      else
        apply(*o);
    }
    return {};
  }

  void apply(op o) {
    out_.last_version = std::max(out_.last_version, o.ver);
    // A block is only moved while it is the newest of its name. If what wrote it is lost, this is as good.
    if (o.kind == op_kind::relocate && is_incomplete_) {
      const auto known = out_.index.find(o.name);
      if (!known || known->ver() < o.ver) o.kind = op_kind::put;
    }
    out_.index.apply(o, 0, [](const block_ref&) {});
  }

  // The records that nothing proves: as far as all their values are there.
  result<void> end_tail() {
    while (!pending_.empty()) {
      if (!values_verify(pending_.front())) break;
      if (auto applied = apply_through(pending_.front().header.number); !applied) return applied;
    }
    for (const auto& r : pending_)
      if (r.header.kind == record_kind::group)
        drop(r.header.number, "its values did not all reach the disk");
    return {};
  }

  bool values_verify(const salvaged_record& r) {
    op_reader ops{r.body, r.offset + layout::record_header_bytes};
    std::vector<chunk> chunks;
    std::vector<extent> places;
    while (!ops.finished()) {
      const auto o = ops.next();
      // What is of a newer format is told where it is applied.
      if (!o) return o.error().code == errc::unsupported_version;
      chunks.insert(chunks.end(), o->chunks.begin(), o->chunks.end());
    }
    places.reserve(chunks.size());
    for (const auto& c : chunks) places.push_back(c.where);
    // Or a record could have one extent read a million times.
    if (!check_disjoint(std::move(places))) return false;
    std::vector<std::byte> bytes;
    for (const auto& c : chunks) {
      bytes.resize(c.where.length);
      if (!read_chunk(device_, c, out_.hash_seed, bytes, read_mode::direct).value()) return false;
    }
    return true;
  }

  void drop(lsn first, const char* reason) {
    if (!out_.dropped) out_.dropped = dropped_tail{first, 0, reason};
    ++out_.dropped->records;
  }

  // Its reads never fail.
  lenient_device device_;
  salvaged_store out_;
  superblock sb_;
  journal_lineage lineage_;
  lsn last_{UINT64_MAX};
  /// The newest first.
  std::vector<found_root> roots_;
  std::deque<salvaged_record> pending_;
  epoch newest_epoch_;
  /// Something that was written is not known.
  bool is_incomplete_ = false;
};

}  // namespace

result<salvaged_store> salvage(block_device& device) { return search{device}.run(); }

}  // namespace stowage
