#include <stowage/storage/recovery.hpp>

#include <stowage/storage/checkpoint.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/format/superblock_election.hpp>
#include <stowage/storage/journal_walk.hpp>
#include <stowage/storage/log/applied_prefix.hpp>
#include <stowage/storage/superblock_slots.hpp>
#include <stowage/storage/verify_values.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stowage {

namespace {

// A record not proven durable, kept until its values are verified.
struct pending_record {
  record_header header;
  std::uint64_t offset = 0;
  std::vector<std::byte> body;
  journal_position before;
};

// Never more records of unproven durability than this: groups are issued one by one, and a SEAL that
// announces a larger area goes with its group. More is a file that was made to cost memory and time.
constexpr std::size_t unproven_records_max = 4;

// Numbers from here on are in no honest file, and close to their end.
constexpr std::uint64_t numbers_end = std::uint64_t{1} << 63U;

class recovery {
 public:
  recovery(block_device& device, store_access access) : device_{device}, access_{access} {}

  result<recovered_store> run() {
    for (const auto step : {&recovery::settle_device, &recovery::elect, &recovery::check_length,
                            &recovery::choose_root, &recovery::replay, &recovery::choose_tail,
                            &recovery::claim_space, &recovery::fence}) {
      if (auto done = (this->*step)(); !done) return std::move(done).error();
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool writes() const noexcept { return access_ == store_access::read_write; }
  [[nodiscard]] const superblock& sb() const noexcept { return out_.sb; }

  // Pages a killed predecessor left dirty must be durable before anything is built on them.
  result<void> settle_device() {
    if (mutant("predecessors-pages-not-synced")) return {};
    return writes() ? device_.sync() : result<void>{};
  }

  result<void> elect() {
    const auto slots = read_superblock_slots(device_);
    if (!slots) return slots.error();
    auto elected = elect_superblock(slots->both());
    if (!elected) {
      if (begins_like_a_store(slots->bytes(0)) && slots->lengths[0] < layout::superblock_bytes)
        return fail_at(errc::corrupt, device_.size(), "truncated: not even a superblock is left");
      return std::move(elected).error();
    }
    out_.sb = elected->winner;
    out_.superblock_slot_damaged = elected->other_slot_damaged;
    // Beside a damaged slot the superblock may be the older of the two, and its flag long untrue.
    out_.was_clean = sb().clean && !out_.superblock_slot_damaged;
    if (writes() && (sb().feature_ro_compat & ~layout::known_ro_compat) != 0)
      return fail(errc::read_only, "the store uses features this program can only read");
    if (!out_.was_clean && !mutant("cache-trusted-after-a-crash")) {
      mode_ = read_mode::direct;
      device_.drop_cache();
    }
    return {};
  }

  static bool begins_like_a_store(byte_view slot) {
    const auto magic = std::as_bytes(std::span{layout::superblock_magic});
    return slot.size() >= magic.size() && std::ranges::equal(slot.first(magic.size()), magic);
  }

  result<void> check_length() {
    if (device_.size() > limits::file_bytes_max)
      return fail_at(errc::corrupt, limits::file_bytes_max, "larger than any store");
    if (device_.size() < sb().min_file_bytes && !mutant("truncation-not-noticed"))
      return fail_at(
          errc::corrupt, device_.size(),
          "truncated: the file was " + std::to_string(sb().min_file_bytes) + " bytes long");
    return {};
  }

  // The current root, or the previous one where the current one's checkpoint cannot be read.
  result<void> choose_root() {
    auto loaded = load(sb().current);
    if (!loaded && mutant("damage-starts-empty")) return {};
    if (!loaded && loaded.error().code == errc::corrupt && sb().previous.exists()) {
      out_.used_previous_root = loaded.error();
      out_.index = {};
      if (auto fallback = load(sb().previous); !fallback) return loaded;
      out_.sb.current = std::exchange(out_.sb.previous, {});
      return {};
    }
    return loaded;
  }

  result<void> load(const root& r) {
    auto m = load_manifest(device_, r, sb().hash_seed, mode_);
    if (!m) return std::move(m).error();
    out_.current_checkpoint = extents_of(r, *m);
    return load_checkpoint(device_, *m, sb().hash_seed, mode_,
                           [this](const op& entry) -> result<void> {
                             if (!lies_in_file(entry))
                               return fail_at(errc::corrupt, entry.chunks.front().where.offset,
                                              "truncated: a block lies beyond the end of the file");
                             apply(entry);
                             return {};
                           });
  }

  static checkpoint_extents extents_of(const root& r, const manifest& m) {
    checkpoint_extents all{r.manifest};
    for (const auto& p : m.pages) all.push_back(p.where);
    return all;
  }

  [[nodiscard]] journal_lineage lineage() const noexcept {
    return {low_half(sb().id), sb().hash_seed, sb().ep, sb().fence};
  }

  result<void> replay() {
    auto before = sb().current.start;
    applied_ = applied_prefix{before.last};
    // After a clean close nothing was written behind the fence.
    const auto last = out_.was_clean ? sb().fence : lsn{UINT64_MAX};
    auto walked = walk_journal(
        device_, lineage(), sb().current.start, last, mode_,
        [&](const walked_record& r) -> result<void> {
          pending_.push_back({r.header, r.offset, {r.body.begin(), r.body.end()}, before});
          before = r.after;
          out_.journal_bytes += r.header.total_bytes;
          if (auto applied = apply_through(std::max(sb().fence, r.header.synced_through)); !applied)
            return applied;
          if (pending_.size() > unproven_records_max)
            return fail_at(errc::corrupt, r.offset,
                           "more records not proven durable than are ever written");
          return {};
        });
    if (!walked) return std::move(walked).error();
    out_.position = walked->position;
    out_.kept_areas = std::move(walked->areas);
    newest_epoch_ = walked->newest_epoch;
    if (walked->damage) {
      if (writes() && !mutant("damaged-journal-opened-for-writing")) return *walked->damage;
      out_.damage = walked->damage;
      // What proves the missing record proves those before it.
      if (auto applied = apply_through(walked->position.last); !applied) return applied;
    }
    if (walked->torn) {
      ++dropped_records_;
      drop_reason_ = "its record is torn";
    }
    return {};
  }

  // Applies the records waiting that are now known to have been durable.
  result<void> apply_through(lsn proven) {
    proven_ = std::max(proven_, proven);
    while (!pending_.empty() && pending_.front().header.number <= proven_) {
      if (auto applied = apply_proven(pending_.front()); !applied) return applied;
      pending_.pop_front();
    }
    return {};
  }

  // A record that was durable has to make sense; anything else is damage.
  result<void> apply_proven(const pending_record& r) {
    if (auto complaint = impossible(r)) return *complaint;
    applied_.append(r.header.number);
    return for_each_op(r, [this](const op& o) { apply(o); });
  }

  // The longest prefix of the unproven records whose values, as far as they live in the state it leads
  // to, are all there.
  result<void> choose_tail() {
    auto accepted = pending_.size();
    for (; accepted > 0; --accepted) {
      auto good = values_verify(accepted);
      if (!good) return std::move(good).error();
      if (*good) break;
      drop_reason_ = "its values did not all reach the disk";
    }
    for (std::size_t i = 0; i < accepted; ++i)
      if (auto applied = apply_proven(pending_[i]); !applied) return applied;
    for (std::size_t i = accepted; i < pending_.size(); ++i)
      if (pending_[i].header.kind == record_kind::group) ++dropped_records_;
    if (accepted < pending_.size()) retreat_to(pending_[accepted].before);
    invariant(applied_.through() == out_.position.last,
              "I4: the journal goes on where the state ends");
    invariant(out_.damage || applied_.through() >= sb().fence,
              "I4: what was durable is in the state");
    if (dropped_records_ > 0 && !mutant("dropped-tail-not-told"))
      out_.dropped = dropped_tail{out_.position.last.next(), dropped_records_, drop_reason_};
    return {};
  }

  void retreat_to(const journal_position& p) {
    for (auto i = pending_.size(); i > 0 && pending_[i - 1].header.number > p.last; --i)
      out_.journal_bytes -= pending_[i - 1].header.total_bytes;
    out_.position = p;
    while (out_.kept_areas.back() != p.area) out_.kept_areas.pop_back();
  }

  // Whether the state after the first `count` pending records holds only values that can be read.
  result<bool> values_verify(std::size_t count) {
    if (mutant("tail-values-not-verified")) return true;
    struct written {
      version ver;
      block_ref value;  // null = deleted
    };
    std::map<std::string, written, std::less<>> state;
    version cleared;
    const auto version_now = [&](std::string_view name) {
      if (const auto it = state.find(name); it != state.end()) return it->second.ver;
      const auto b = out_.index.find(name);
      return b && b->ver() >= cleared ? b->ver() : version{};
    };
    for (std::size_t i = 0; i < count; ++i) {
      if (auto complaint = impossible(pending_[i])) {
        if (complaint->code == errc::unsupported_version) return *complaint;
        return false;
      }
      const auto read = for_each_op(pending_[i], [&](const op& o) {
        switch (o.kind) {
          case op_kind::put:
            state.insert_or_assign(std::string{o.name}, written{o.ver, block::make(o, 0)});
            break;
          case op_kind::del: state.insert_or_assign(std::string{o.name}, written{}); break;
          case op_kind::relocate:
            if (version_now(o.name) == o.ver || mutant("stale-relocation-verified"))
              state.insert_or_assign(std::string{o.name}, written{o.ver, block::make(o, 0)});
            break;
          case op_kind::clear:
            std::erase_if(state, [&](const auto& entry) { return entry.second.ver < o.ver; });
            cleared = o.ver;
            break;
        }
      });
      invariant(read.ok(), "what is possible can be read");
    }
    // Or a record could have one extent read a million times.
    std::vector<extent> places;
    for (const auto& [name, entry] : state)
      if (entry.value)
        for (const auto& c : entry.value->chunks()) places.push_back(c.where);
    if (auto disjoint = check_disjoint(std::move(places)); !disjoint)
      return std::move(disjoint).error();

    // Neighbours with one read: a group of the size of the credit may have thousands of small values.
    std::vector<block_ref> blocks;
    for (const auto& [name, entry] : state)
      if (entry.value) blocks.push_back(entry.value);
    std::optional<failure> wrong;
    verify_values(device_, blocks, sb().hash_seed, [&](const failure& why) {
      if (!wrong || wrong->code == errc::corrupt_block) wrong = why;
    });
    if (wrong && wrong->code != errc::corrupt_block) return *std::move(wrong);
    return !wrong;
  }

  // Why a record whose checksums are right still cannot be: R13, the file's length proves nothing, and a
  // record that was synced cannot name what lies beyond it.
  [[nodiscard]] std::optional<failure> impossible(const pending_record& r) const {
    if (r.header.next_area.exists() && r.header.next_area.where.end() > device_.size())
      return fail_at(errc::corrupt, r.offset,
                     "truncated: a journal area beyond the end of the file");
    std::optional<failure> complaint;
    std::uint32_t count = 0;
    auto newest = out_.last_version;
    auto read = for_each_op(r, [&](const op& o) {
      ++count;
      // A CLEAR is newer than all before it, so it leaves nothing: many of them cost no more than one.
      if (o.kind == op_kind::clear && o.ver <= newest)
        complaint = fail_at(errc::corrupt, r.offset, "a clear that is older than what it clears");
      newest = std::max(newest, o.ver);
      if (!lies_in_file(o))
        complaint =
            fail_at(errc::corrupt, r.offset, "truncated: a block lies beyond the end of the file");
    });
    if (!read) return read.error();
    if (count != r.header.op_count)
      complaint =
          fail_at(errc::corrupt, r.offset, "a record with another number of ops than it says");
    return complaint;
  }

  result<void> for_each_op(const pending_record& r,
                           const std::function<void(const op&)>& use) const {
    op_reader ops{r.body, r.offset + layout::record_header_bytes};
    while (!ops.finished()) {
      auto o = ops.next();
      if (!o) return std::move(o).error();
      use(*o);
    }
    return {};
  }

  [[nodiscard]] bool lies_in_file(const op& o) const {
    if (mutant("extents-beyond-the-end-accepted")) return true;
    return std::ranges::all_of(o.chunks,
                               [this](const chunk& c) { return c.where.end() <= device_.size(); });
  }

  void apply(const op& o) {
    out_.last_version = std::max(out_.last_version, o.ver);
    out_.index.apply(o, 0, [](const block_ref&) {});
  }

  // Used = live values, both checkpoints, every area from the previous root's start, the next area. All
  // else is free.
  result<void> claim_space() {
    const auto file_bytes = round_down(device_.size(), page_size);
    if (!out_.position.next.exists())
      return fail_at(errc::corrupt, out_.position.offset, "a journal that announces no next area");
    out_.space = space_map{file_bytes, layout::data_start};
    for (const auto& e : out_.current_checkpoint)
      if (auto claimed = out_.space.claim_pages(e); !claimed) return claimed;
    for (const auto& a : out_.kept_areas)
      if (auto claimed = out_.space.claim_pages(a.where); !claimed) return claimed;
    if (auto claimed = out_.space.claim_pages(out_.position.next.where); !claimed) return claimed;

    std::vector<extent> values;
    values.reserve(out_.index.size());
    result<void> claimed;
    out_.index.for_each_from({}, [&](const block_ref& b) {
      if (mutant("live-values-counted-as-free")) return false;
      for (const auto& c : b->chunks()) {
        claimed = out_.space.claim_data(c.where);
        if (!claimed) return false;
        values.push_back(c.where);
      }
      return true;
    });
    if (!claimed) return claimed;
    if (auto disjoint = check_disjoint(std::move(values)); !disjoint) return disjoint;
    return keep_previous_root();
  }

  // The previous root stays a way back while its manifest and the journal from it to the current root
  // can be read and nothing newer lies there (the older slot may name a root that was given up); else the
  // next superblock no longer names it, and its space is free.
  result<void> keep_previous_root() {
    auto& previous = out_.sb.previous;
    if (!previous.exists() || mutant("previous-root-not-kept")) return {};
    auto checkpoint = load_manifest(device_, previous, sb().hash_seed, mode_);
    if (!checkpoint) return give_up_previous_root(checkpoint.error());
    const auto& target = sb().current.start;
    auto walked = walk_journal(device_, lineage(), previous.start, target.last, mode_,
                               [](const walked_record&) { return result<void>{}; });
    if (!walked) return give_up_previous_root(walked.error());
    auto& areas = walked->areas;
    if (walked->position.last != target.last || areas.back() != target.area)
      return give_up_previous_root(fail(errc::journal_corrupt));
    areas.pop_back();

    auto extents = extents_of(previous, *checkpoint);
    auto claims = extents;
    for (const auto& a : areas) claims.push_back(a.where);
    for (std::size_t i = 0; i < claims.size(); ++i) {
      if (auto claimed = out_.space.claim_pages(claims[i]); !claimed) {
        while (i > 0) out_.space.free_extent(claims[--i]);
        return give_up_previous_root(claimed.error());
      }
    }
    out_.previous_checkpoint = std::move(extents);
    out_.kept_areas.insert(out_.kept_areas.begin(), areas.begin(), areas.end());
    return {};
  }

  result<void> give_up_previous_root(const failure& because) {
    if (because.code == errc::io_error) return because;
    out_.gave_up_previous_root =
        fail_at(errc::corrupt, out_.sb.previous.manifest.offset,
                "the previous checkpoint or the journal behind it cannot be read");
    out_.sb.previous = {};
    return {};
  }

  // R6: durable before anything is served. Records of the life before that may still surface on the disk
  // are told from ours by the epoch.
  result<void> fence() {
    auto& fenced = out_.sb;
    auto before = fenced;
    const auto floor = mutant("version-floor-ignored") ? version{} : fenced.version_floor;
    const auto seen = std::max(out_.last_version, floor);
    out_.last_version = seen;
    if (!writes() && !mutant("read-only-open-writes")) return {};
    if (!out_.was_clean && !mutant("version-given-again"))
      out_.last_version = version{seen.value + limits::version_gap_after_crash};
    if (!mutant("epoch-not-advanced")) fenced.ep = std::max(fenced.ep, newest_epoch_).next();
    fenced.fence = out_.position.last;
    fenced.clean = out_.was_clean && mutant("clean-flag-left-set");
    fenced.min_file_bytes = round_down(device_.size(), page_size);
    fenced.version_floor = out_.last_version;
    for (const auto number : {seen.value, fenced.gen.value, fenced.ep.value, fenced.fence.value})
      if (number >= numbers_end) return fail(errc::corrupt, "a number that no store reaches");
    if (mutant("no-fence-at-open")) return {};
    // In both slots, one after the other: else one rotten page would bring back the superblock of the
    // life before, with an epoch and a clean flag that are true no more.
    for (int left = mutant("fence-in-one-slot") ? 1 : 2; left > 0; --left) {
      fenced.gen = fenced.gen.next();
      const auto slot = encode_successor(before, fenced);
      const byte_view bytes = slot.bytes();
      const auto offset = layout::superblock_offset[fenced.slot()];
      if (auto written = device_.write(offset, {&bytes, 1}); !written) return written;
      before = fenced;
      if (mutant("fence-not-synced")) continue;
      if (auto synced = device_.sync(); !synced) return synced;
    }
    return {};
  }

  block_device& device_;
  store_access access_;
  read_mode mode_ = read_mode::cached;
  recovered_store out_;
  std::deque<pending_record> pending_;
  applied_prefix applied_{lsn{}};
  lsn proven_;
  epoch newest_epoch_;
  std::uint64_t dropped_records_ = 0;
  std::string drop_reason_;
};

}  // namespace

result<recovered_store> recover(block_device& device, store_access access) {
  return recovery{device, access}.run();
}

}  // namespace stowage
