// The committed image of format 1.0 opens, and this program still writes the same bytes.

#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/journal_walk.hpp>
#include <stowage/storage/read_block.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/tests/golden/committed_files.hpp>
#include <stowage/tests/golden/golden_store.hpp>
#include <stowage/tests/golden/hexdump.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::string_view header =
    "# A Stowage store of format 1.0, 16 bytes a line, lines of zeros left out.\n"
    "# Written by tests/golden; see committed_files.hpp.\n";

const std::vector<std::byte>& golden() {
  static const auto image = from_hexdump(read_file(golden_path));
  return image;
}

recovered_store opened(block_device& device, store_access access) {
  auto r = recover(device, access);
  BOOST_REQUIRE_MESSAGE(r.ok(), (r.ok() ? "" : describe(r.error())));
  return std::move(r).value();
}

void check_blocks(block_device& device, const recovered_store& store,
                  const std::vector<golden_block>& blocks) {
  auto expected = blocks.begin();
  store.index.for_each_from({}, [&](const block_ref& b) {
    BOOST_REQUIRE(expected != blocks.end());
    BOOST_TEST_CONTEXT("block " << expected->name) {
      BOOST_CHECK(b->name() == expected->name);
      BOOST_CHECK_EQUAL(b->ver().value, expected->ver.value);
      BOOST_CHECK_EQUAL(b->expires_at_ms(), expected->expires_at_ms);
      BOOST_CHECK_EQUAL(b->flags(), 0U);
      BOOST_CHECK_EQUAL(b->value_length(), expected->value.size());
      const auto value = read_block(device, *b, store.sb.hash_seed, 0, b->value_length());
      BOOST_REQUIRE_MESSAGE(value.ok(), (value.ok() ? "" : describe(value.error())));
      BOOST_CHECK(value.value().text() == expected->value);
    }
    ++expected;
    return true;
  });
  BOOST_CHECK(expected == blocks.end());
}

void check_identity(const recovered_store& store) {
  const auto who = golden_identity('1');
  BOOST_CHECK(store.sb.id == who.id);
  BOOST_CHECK_EQUAL(store.sb.hash_seed, who.hash_seed);
  BOOST_CHECK_EQUAL(store.sb.feature_compat, 0U);
  BOOST_CHECK_EQUAL(store.sb.feature_ro_compat, 0U);
  BOOST_CHECK_EQUAL(store.sb.feature_incompat, 0U);
  BOOST_CHECK(!store.was_clean);
  BOOST_CHECK(!store.dropped);
  BOOST_CHECK(!store.damage);
  BOOST_CHECK(!store.superblock_slot_damaged);
}

void check_position(const recovered_store& store) {
  const auto first = first_position(golden_identity('1'));
  BOOST_CHECK_EQUAL(store.position.last.value, 9U);
  BOOST_CHECK(store.position.area == first.area);
  BOOST_CHECK_EQUAL(store.position.offset, first.offset + 9 * page_size);
  BOOST_CHECK_EQUAL(store.position.next.where.length, 2 * limits::mib);
  BOOST_CHECK_EQUAL(store.position.next.salt, 0xa1a1'a1a1'0000'0003U);
  BOOST_CHECK((store.kept_areas == std::vector{first.area}));
}

std::string shown(const op& o) {
  constexpr std::array kinds{"", "put ", "del ", "relocate ", "clear "};
  auto name = std::string{o.name.substr(0, 20)};
  std::ranges::replace_if(
      name, [](char c) { return c < ' ' || c > '~'; }, '?');
  return kinds.at(static_cast<std::size_t>(o.kind)) + name + "@" + std::to_string(o.ver.value) +
         " " + std::to_string(o.value_length) + "/" + std::to_string(o.chunks.size()) + "; ";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden_image_suite)

BOOST_AUTO_TEST_CASE(this_program_writes_the_committed_bytes) {
  const auto image = make_golden_image();
  const auto text = std::string{header} + to_hexdump(image);
  if (is_writing_golden()) write_file(golden_path, text);
  const auto committed = read_file(golden_path);
  BOOST_CHECK(from_hexdump(text) == image);
  if (text == committed) return;
  const auto differs = std::ranges::mismatch(text, committed).in1 - text.begin();
  const auto line = text.rfind('\n', static_cast<std::size_t>(differs)) + 1;
  BOOST_ERROR("format 1.0 would be written in another way; the first line that differs is now:\n" +
              text.substr(line, text.find('\n', line) - line));
}

BOOST_AUTO_TEST_CASE(it_opens_read_only_and_nothing_is_written) {
  memory_device device{golden()};
  const auto store = opened(device, store_access::read_only);
  check_identity(store);
  check_position(store);
  BOOST_CHECK(!store.used_previous_root);
  BOOST_CHECK_EQUAL(store.sb.gen.value, 9U);
  BOOST_CHECK_EQUAL(store.sb.ep.value, 3U);
  BOOST_CHECK_EQUAL(store.sb.fence.value, 6U);
  BOOST_CHECK_EQUAL(store.sb.version_floor.value, 17U);
  BOOST_CHECK_EQUAL(store.sb.current.start.last.value, 5U);
  BOOST_CHECK_EQUAL(store.sb.current.entry_count, 10U);
  BOOST_CHECK_EQUAL(store.sb.previous.start.last.value, 3U);
  BOOST_CHECK_EQUAL(store.sb.previous.entry_count, 10U);
  BOOST_CHECK_EQUAL(store.journal_bytes, 4 * page_size);
  BOOST_CHECK_EQUAL(store.current_checkpoint.size(), 2U);
  BOOST_CHECK_EQUAL(store.previous_checkpoint.size(), 2U);
  BOOST_CHECK_EQUAL(store.last_version.value, 23U);
  check_blocks(device, store, golden_blocks());
  BOOST_CHECK(device.image() == golden());
}

BOOST_AUTO_TEST_CASE(it_opens_read_write_and_only_the_fence_is_written) {
  memory_device device{golden()};
  {
    const auto store = opened(device, store_access::read_write);
    check_identity(store);
    check_position(store);
    BOOST_CHECK_GT(store.sb.gen.value, 9U);
    BOOST_CHECK_EQUAL(store.sb.ep.value, 4U);
    BOOST_CHECK_EQUAL(store.sb.fence.value, 9U);
    BOOST_CHECK_EQUAL(store.last_version.value, 23U + limits::version_gap_after_crash);
    BOOST_CHECK_EQUAL(store.sb.version_floor.value, store.last_version.value);
    check_blocks(device, store, golden_blocks());
  }
  // Nothing but superblocks.
  auto fenced = device.image();
  BOOST_CHECK(fenced != golden());
  for (const auto slot : layout::superblock_offset)
    std::copy_n(golden().begin() + static_cast<std::ptrdiff_t>(slot), layout::superblock_bytes,
                fenced.begin() + static_cast<std::ptrdiff_t>(slot));
  BOOST_CHECK(fenced == golden());
}

BOOST_AUTO_TEST_CASE(it_can_be_written_on) {
  memory_device device{golden()};
  auto expected = golden_blocks();
  {
    golden_writer w{device, opened(device, store_access::read_write)};
    w.start_checkpoint();
    w.commit({w.put("tiny", "of this program"), w.del("after"), w.relocate("large")});
    w.finish_checkpoint();
    w.commit({w.del("empty")});
    w.close();
  }
  const auto first = 23 + limits::version_gap_after_crash + 1;
  std::erase_if(expected, [](const auto& b) { return b.name == "after" || b.name == "empty"; });
  expected.back() = {"tiny", version{first}, 0, "of this program"};
  const auto store = opened(device, store_access::read_write);
  BOOST_CHECK(store.was_clean);
  BOOST_CHECK_EQUAL(store.position.last.value, 11U);
  BOOST_CHECK_EQUAL(store.last_version.value, first + 2);
  check_blocks(device, store, expected);
}

BOOST_AUTO_TEST_CASE(the_previous_root_leads_to_the_same_state) {
  auto image = golden();
  {
    memory_device device{image};
    const auto store = opened(device, store_access::read_only);
    // A byte of the current checkpoint's page.
    image[store.current_checkpoint.back().offset + 100] ^= std::byte{1};
  }
  memory_device device{image};
  const auto store = opened(device, store_access::read_only);
  BOOST_REQUIRE(store.used_previous_root);
  BOOST_CHECK_EQUAL(store.sb.current.start.last.value, 3U);
  check_identity(store);
  check_position(store);
  check_blocks(device, store, golden_blocks());
}

BOOST_AUTO_TEST_CASE(every_record_since_the_creation_can_be_read) {
  memory_device device{golden()};
  const auto who = golden_identity('1');
  const journal_lineage lineage{low_half(who.id), who.hash_seed, epoch{3}, lsn{6}};
  std::vector<std::string> records;
  auto end =
      walk_journal(device, lineage, first_position(who), lsn{UINT64_MAX}, read_mode::cached,
                   [&](const walked_record& r) -> result<void> {
                     std::string ops;
                     op_reader in{r.body, r.offset + layout::record_header_bytes};
                     while (!in.finished()) {
                       auto o = in.next();
                       if (!o) return std::move(o).error();
                       ops += shown(*o);
                     }
                     BOOST_CHECK_EQUAL(r.header.ep.value, r.header.number <= lsn{5} ? 2U : 3U);
                     BOOST_CHECK_EQUAL(r.header.synced_through.value, r.header.number.value - 1);
                     records.push_back(r.header.kind == record_kind::seal ? "SEAL" : ops);
                     return {};
                   });
  BOOST_REQUIRE(end.ok());
  BOOST_CHECK(!end->torn);
  BOOST_CHECK(!end->damage);
  const std::vector<std::string> expected{
      "put cleared@1 19/1; put doomed@2 1/1; ",
      "clear @3 0/0; put empty@4 0/0; put tiny@5 1/1; put packed/1@6 63/1; put packed/2@7 64/1; "
      "put packed/3@8 65/1; put doomed@9 1/1; ",
      "put large@10 66770/1; put chunks@11 4194309/2; put gr?????"
      "??\?@12 5/1; "
      "put ????????????????????@13 24/1; ",
      "del doomed@14 0/0; put tiny@15 1/1; ",
      "put expiring@16 10/1; ",
      "put short-lived@17 31/1; relocate packed/2@7 64/1; ",
      "put after@19 35/1; del coalesced@20 0/0; ",
      "SEAL",
      "put split@21 8292/2; del packed/3@22 0/0; del short-lived@23 0/0; ",
  };
  BOOST_CHECK_EQUAL_COLLECTIONS(records.begin(), records.end(), expected.begin(), expected.end());
}

BOOST_AUTO_TEST_CASE(a_hexdump_comes_back_and_damage_of_it_is_seen) {
  std::vector<std::byte> image(100);
  image[0] = std::byte{1};
  image[17] = std::byte{0x7e};
  image[99] = std::byte{0xff};
  const auto text = to_hexdump(image);
  BOOST_CHECK(from_hexdump("# comment\n\n" + text) == image);
  BOOST_CHECK_EQUAL(std::ranges::count(text, '\n'), 4);
  BOOST_CHECK_THROW((void)from_hexdump("size x\n"), std::runtime_error);
  BOOST_CHECK_THROW((void)from_hexdump("size 16\nnonsense\n"), std::runtime_error);
  BOOST_CHECK_THROW((void)from_hexdump("size 16\n00000000  00 01\n"), std::runtime_error);
  BOOST_CHECK_THROW((void)from_hexdump("size 16\n00000010  00 01\n"), std::runtime_error);
  BOOST_CHECK(from_hexdump("").empty());
}

BOOST_AUTO_TEST_SUITE_END()
