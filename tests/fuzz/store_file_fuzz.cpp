// A whole file: opened read-only and read-write, read, written to and opened again.
//
// Input: a byte of switches and the number of a base image, then the commands of `image_editor`. A recovery may
// refuse what it finds or make the best of it. It may not crash, read or allocate without measure, write
// without need, or say one thing to a reader and another to a writer.

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/journal_walk.hpp>
#include <stowage/storage/read_block.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/tests/fuzz/fuzz_target.hpp>
#include <stowage/tests/fuzz/heap_meter.hpp>
#include <stowage/tests/fuzz/store_image.hpp>
#include <stowage/tests/support/store_builder.hpp>

#include <algorithm>
#include <optional>
#include <string>

namespace stowage::fuzz {

namespace {

using test::overlay_device;

constexpr unsigned goes_on = 0x80;  // a switch: the store is written to as well

// By the documentation: 64 MiB, and what the file justifies.
result<recovered_store> recover_within_bounds(overlay_device& device, store_access access) {
  const heap_meter heap;
  auto store = recover(device, access);
  require(heap.peak_bytes() <= 64 * limits::mib + 4 * device.size(),
          "a recovery takes 64 MiB and what the file justifies");
  require(device.bytes_read() <= 64 * limits::mib + 12 * device.size(),
          "a recovery reads the file a few times at most");
  return store;
}

struct opened {
  overlay_device device;
  result<recovered_store> store;

  opened(const overlay_device& file, store_access access)
      : device{file.copy()}, store{recover_within_bounds(device, access)} {}
};

void check_refusal(const failure& why, store_access access) {
  switch (why.code) {
    case errc::not_a_store:
    case errc::unsupported_version:
    case errc::corrupt: return;
    case errc::journal_corrupt:
    case errc::read_only:
      return require(access == store_access::read_write, "a reader gets what there is");
    default: broken("a file is refused for what it is: " + describe(why));
  }
}

bool is_same_block(const block& a, const block& b) {
  return a.name() == b.name() && a.ver() == b.ver() && a.expires_at_ms() == b.expires_at_ms() &&
         a.flags() == b.flags() && std::ranges::equal(a.chunks(), b.chunks());
}

std::vector<block_ref> blocks_of(const block_index& index) {
  std::vector<block_ref> all;
  index.for_each_from({}, [&](const block_ref& b) {
    all.push_back(b);
    return true;
  });
  require(all.size() == index.size(), "the index counts its blocks");
  return all;
}

void require_same_state(const recovered_store& a, const recovered_store& b) {
  const auto blocks_a = blocks_of(a.index);
  const auto blocks_b = blocks_of(b.index);
  require(std::ranges::equal(blocks_a, blocks_b,
                             [](const auto& x, const auto& y) { return is_same_block(*x, *y); }),
          "the same blocks");
  require(a.position == b.position, "the same end of the journal");
  require(a.kept_areas == b.kept_areas, "the same journal areas");
  require(a.current_checkpoint == b.current_checkpoint, "the same checkpoint");
  require(a.previous_checkpoint == b.previous_checkpoint, "the same way back");
  require(a.space.stats() == b.space.stats(), "the same free space");
  require(a.sb.current == b.sb.current && a.sb.previous == b.sb.previous, "the same roots");
}

// I1 and I2, counted page by page.
void check_space(const recovered_store& s) {
  const auto pages = s.space.file_bytes() / page_size;
  enum class use : std::uint8_t { none, fixed, packed };
  std::vector<use> uses(pages, use::none);
  const auto take = [&](const extent& e) {
    require(is_page_aligned(e.offset) && is_page_aligned(e.length) &&
                e.offset >= layout::data_start && e.end() <= pages * page_size,
            "what is used lies in the file");
    for (auto p = e.offset / page_size; p < e.end() / page_size; ++p) {
      require(uses[p] == use::none, "a page has one use");
      uses[p] = use::fixed;
    }
  };
  for (const auto& a : s.kept_areas) take(a.where);
  take(s.position.next.where);
  for (const auto& e : s.current_checkpoint) take(e);
  for (const auto& e : s.previous_checkpoint) take(e);

  std::vector<extent> values;
  for (const auto& b : blocks_of(s.index))
    for (const auto& c : b->chunks()) values.push_back(c.where);
  std::ranges::sort(values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    require(i == 0 || values[i - 1].end() <= values[i].offset, "no two values share a byte");
    const auto e = values[i].pages();
    require(e.offset >= layout::data_start && values[i].end() <= pages * page_size,
            "a value lies in the file");
    for (auto p = e.offset / page_size; p < e.end() / page_size; ++p) {
      require(uses[p] != use::fixed, "a value lies in no area and no checkpoint");
      uses[p] = use::packed;
    }
  }
  std::uint64_t unused = 0;
  for (auto p = layout::data_start / page_size; p < pages; ++p) {
    const bool is_free = s.space.free_space().contains({p * page_size, page_size});
    require(is_free == (uses[p] == use::none), "free is what nothing uses");
    unused += is_free ? page_size : 0;
  }
  require(unused == s.space.stats().free_bytes, "free space is counted right");
}

// Every block reads as what its checksums say, or says that it cannot be read.
void check_values(opened& o) {
  const auto& s = *o.store;
  for (const auto& b : blocks_of(s.index)) {
    const auto value = read_block(o.device, *b, s.sb.hash_seed, 0, b->value_length());
    if (!value) {
      require(value.error().code == errc::corrupt_block, "a bad value is a corrupt block");
      require(value.error().name == b->name() && value.error().offset.has_value(),
              "a corrupt block is named, with its place");
      continue;
    }
    require(value->size() == b->value_length(), "a value has its length");
    std::uint64_t at = 0;
    for (const auto& c : b->chunks()) {
      const auto piece = value->view().subspan(at, c.where.length);
      bytes stored(c.where.length);
      require(o.device.read(c.where.offset, stored, read_mode::cached).value() == stored.size() &&
                  as_text(stored) == as_text(piece),
              "a value is what the device holds");
      require(checksum(piece, s.sb.hash_seed) == c.sum, "a value was verified");
      at += c.where.length;
    }
    if (b->value_length() < 3) continue;
    const auto middle = read_block(o.device, *b, s.sb.hash_seed, 1, b->value_length() - 2);
    require(middle.ok() && middle->text() == value->text().substr(1, b->value_length() - 2),
            "a range is a part of the value");
  }
}

journal_lineage lineage_of(const superblock& sb) {
  return {low_half(sb.id), sb.hash_seed, sb.ep, sb.fence};
}

// What the journal claims and nothing proves is in the state only with all its values.
void check_tail(opened& o) {
  const auto& s = *o.store;
  const auto lineage = lineage_of(s.sb);
  auto proven = s.sb.fence;
  struct written {
    lsn number;
    std::string name;
    std::vector<chunk> chunks;
  };
  std::vector<written> all;
  const auto walked = walk_journal(
      o.device, lineage, s.sb.current.start, lsn{UINT64_MAX}, read_mode::cached,
      [&](const walked_record& r) -> result<void> {
        // Also what is dropped itself proves what was before it.
        proven = std::max(proven, r.header.synced_through);
        if (r.header.number > s.position.last) return {};
        op_reader ops{r.body, r.offset};
        while (!ops.finished()) {
          const auto op = ops.next();
          require(op.ok(), "a record of the state can be read");
          all.push_back(
              {r.header.number, std::string{op->name}, {op->chunks.begin(), op->chunks.end()}});
        }
        return {};
      });
  require(walked.ok() && walked->position.last >= s.position.last,
          "the journal can be walked again");
  if (s.damage) return;  // the record behind it proves all before it
  for (const auto& w : all) {
    const auto b = s.index.find(w.name);
    // Not what a delete left, or a RELOCATE that came to nothing.
    if (w.number <= proven || !b || !std::ranges::equal(b->chunks(), w.chunks)) continue;
    require(read_block(o.device, *b, s.sb.hash_seed, 0, b->value_length()).ok(),
            "a tail that is accepted has its values");
  }
}

void check_open(opened& o, store_access access) {
  if (!o.store) {
    check_refusal(o.store.error(), access);
    require(o.device.writes() == 0, "a file that is refused is not changed");
    return;
  }
  check_space(*o.store);
  check_values(o);
  check_tail(o);
}

std::string outcome_of(const opened& o) { return o.store ? "opened" : describe(o.store.error()); }

void compare(const opened& reader, const opened& writer) {
  const auto agree = [&](bool holds, std::string_view promise) {
    if (!holds)
      broken(std::string{promise} + " (reader: " + outcome_of(reader) +
             "; writer: " + outcome_of(writer) + ")");
  };
  if (writer.store) {
    agree(reader.store.ok(), "what can be written can be read");
    agree(!reader.store->damage, "a damaged store is not written to");
    require_same_state(*reader.store, *writer.store);
    agree(reader.store->was_clean == writer.store->was_clean, "the same close");
    return;
  }
  const auto code = writer.store.error().code;
  // A reader goes on where the journal is damaged, and may then find more.
  if (!reader.store)
    agree(reader.store.error().code == code || code == errc::read_only ||
              code == errc::journal_corrupt,
          "reader and writer are refused alike");
  else if (reader.store->damage)
    agree(code == errc::journal_corrupt || code == errc::read_only,
          "damage to the journal refuses the writer");
  else
    agree(code == errc::read_only ||
              (code == errc::corrupt &&
               writer.store.error().detail == "a number that no store reaches"),
          "a writer is refused for a reason");
}

// Behind the fence of a store that was closed in order nobody looks. No writer leaves records of a later life
// there; where someone put them, the next open, which is no longer one of a closed store, finds them.
bool hides_a_later_life(const opened& writer) {
  if (!writer.store->was_clean) return false;
  auto device = writer.device.copy();
  const auto lineage = lineage_of(writer.store->sb);
  const auto walked =
      walk_journal(device, lineage, writer.store->position, lsn{UINT64_MAX}, read_mode::cached,
                   [](const walked_record&) { return result<void>{}; });
  return !walked || walked->damage || walked->newest_epoch != epoch{};
}

// I7, and R6: the fence is on the device.
void reopen(const opened& writer) {
  opened again{writer.device, store_access::read_write};
  require(again.store.ok(), "a recovered store can be recovered");
  require_same_state(*writer.store, *again.store);
  require(!again.store->damage && !again.store->dropped && !again.store->superblock_slot_damaged &&
              !again.store->used_previous_root && !again.store->was_clean,
          "a recovered store is whole");
  require(again.store->sb.ep == writer.store->sb.ep.next(), "each open has an epoch of its own");
  require(again.store->sb.gen.value == writer.store->sb.gen.value + 2,
          "a fence is two superblocks");
  require(again.store->last_version > writer.store->last_version, "no version is given twice");
  const opened reader{writer.device, store_access::read_only};
  require(reader.store.ok() && reader.device.changes() == 0, "a recovered store can be read");
  require_same_state(*writer.store, *reader.store);
}

// A hostile store that opened is a store like any other: it takes writes and keeps its blocks.
void go_on(opened& writer) {
  test::builder_habits habits;
  habits.growth_bytes = 256 * limits::kib;
  const auto before = blocks_of(writer.store->index);
  const auto seed = writer.store->sb.hash_seed;
  test::store_builder builder{writer.device, *std::move(writer.store), habits};
  const auto done = [](const result<void>& r) {
    if (!r) broken("a store that opened takes writes: " + describe(r.error()));
  };
  const std::string mine{"\xff\xff mine"};
  done(builder.commit({test::put(mine, std::string(5000, 'm')),
                       test::put("\xff\xff large", std::string(70'000, 'l'))}));
  done(builder.checkpoint());
  done(builder.commit({test::erase("\xff\xff large"), test::put("\xff\xff more", "more")}));
  done(builder.seal());
  done(builder.checkpoint());
  done(builder.close());

  opened again{writer.device, store_access::read_only};
  require(again.store.ok() && again.store->was_clean, "a closed store opens");
  check_space(*again.store);
  require(again.store->space.stats().free_bytes == builder.free_bytes(),
          "free space is found again");
  require(again.store->index.size() == before.size() + 2, "no block comes or goes by itself");
  for (const auto& b : before) {
    const auto now = again.store->index.find(b->name());
    require(now && is_same_block(*b, *now), "old blocks stay as they are");
  }
  const auto b = again.store->index.find(mine);
  require(b && read_block(again.device, *b, seed, 0, 5000).value().text() == std::string(5000, 'm'),
          "new blocks are there");
}

}  // namespace

const std::size_t input_bytes_max = 400;

void run(byte_view input) {
  choices from{input};
  const auto first = from.byte();
  const auto& bases = base_images();
  const auto& base = bases[(first & ~goes_on) % bases.size()];
  image_editor editor{base};
  editor.edit(from);

  opened reader{editor.device(), store_access::read_only};
  require(reader.device.changes() == 0, "a reader changes nothing");
  check_open(reader, store_access::read_only);
  opened writer{editor.device(), store_access::read_write};
  check_open(writer, store_access::read_write);
  compare(reader, writer);
  if (!writer.store) return;
  if (hides_a_later_life(writer)) return;
  reopen(writer);
  if ((first & goes_on) != 0) go_on(writer);
}

std::vector<bytes> seeds() {
  std::vector<bytes> all;
  for (unsigned base = 0; base < base_images().size(); ++base) {
    all.push_back(seed_of({goes_on | base}));
    // A field; a record with two ops; a SEAL; the ops of a record; entries; pages; a length; damage.
    all.push_back(seed_of({base, 0, 0, 5, 0, 1, 1}));
    all.push_back(seed_of({goes_on | base, 0, 2, 0, 2, 0x10, 30, 2, 1, 100, 0, 0x01, 0}));
    all.push_back(seed_of({goes_on | base, 0, 2, 1, 2, 1, 2, 17, 3, 0, 0, 9}));
    all.push_back(seed_of({base, 0, 3, 0, 2, 0x50, 0, 4, 0x10, 40, 4, 0, 80, 0, 1}));
    all.push_back(
        seed_of({base, 0, 4, 0, 3, 0x10, 1, 4, 0, 70, 9, 1, 0, 7, 0x10, 2, 4, 0, 71, 9, 1}));
    all.push_back(seed_of({base, 0, 5, 2, 0, 3, 0, 1}));
    all.push_back(seed_of({base, 0, 6, 3, 0, 0}));
    all.push_back(seed_of({base, 0, 7, 5, 3, 0, 1}));
  }
  return all;
}

}  // namespace stowage::fuzz
