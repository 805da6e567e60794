#include <stowage/storage/salvage.hpp>

#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/tests/storage/recovery/damaged_image.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <set>

using namespace stowage;
using namespace stowage::test;

// What is saved of each kind of damage, and that it is told what was lost.

namespace {

std::string text_of(std::uint64_t bytes) { return std::string(bytes, 'v'); }

struct salvaged_image {
  explicit salvaged_image(const image& bytes) : device{bytes}, found{salvage(device)} {}
  explicit salvaged_image(image&&) = delete;

  /// Empty if exactly these blocks were found, with these values.
  [[nodiscard]] std::string complaint(const store_state& expected) {
    if (!found) return why(found);
    if (found->index.size() != expected.size())
      return std::to_string(found->index.size()) + " blocks where there should be " +
             std::to_string(expected.size());
    for (const auto& [name, e] : expected) {
      const auto b = found->index.find(name);
      if (!b) return "no block " + name.substr(0, 20);
      if (b->ver() != e.ver || b->expires_at_ms() != e.expires_at_ms)
        return "another version of " + name.substr(0, 20);
      const auto value = read_block(device, *b, found->hash_seed, 0, UINT64_MAX);
      if (!value) return describe(value.error());
      if (*value != e.value) return "another value of " + name.substr(0, 20);
    }
    return {};
  }

  /// Whether something told says this.
  [[nodiscard]] bool tells(std::string_view text) const {
    return std::ranges::any_of(found->damage, [text](const failure& f) {
      return f.detail.find(text) != std::string::npos;
    });
  }

  overlay_device device;
  result<salvaged_store> found;
};

/// Blocks of long names, so that a checkpoint has several pages.
std::vector<change> many(char group, int count) {
  std::vector<change> changes;
  for (int i = 0; i < count; ++i) {
    auto name = group + std::to_string(1000 + i);
    name.resize(1000, '-');
    changes.push_back(put(std::move(name), std::to_string(i)));
  }
  return changes;
}

void check_whole(const image& bytes, const store_state& expected) {
  salvaged_image s{bytes};
  BOOST_TEST(s.complaint(expected) == "");
  BOOST_REQUIRE(s.found.ok());
  BOOST_TEST(s.found->damage.size() > 0U);
  BOOST_TEST(s.device.changes() == 0U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(salvages)

BOOST_AUTO_TEST_CASE(a_store_that_is_whole_is_what_recovery_gives) {
  session s;
  s.commit({put("a", "1", 9), put("b", text_of(70'000))});
  s.checkpoint();
  s.commit({erase("a"), put("c", "")});
  const auto bytes = s.bytes();
  salvaged_image got{bytes};
  BOOST_TEST(got.complaint(s.state()) == "");
  BOOST_REQUIRE(got.found.ok());
  BOOST_TEST(got.found->damage.empty());
  BOOST_TEST(!got.found->dropped.has_value());
  BOOST_TEST(got.found->last_version == s.store().last_version());
}

BOOST_AUTO_TEST_CASE(a_torn_tail_is_dropped_as_by_a_recovery) {
  session s;
  s.commit({put("a", "kept")});
  const auto state = s.state();
  s.commit({put("b", text_of(5000))});
  auto bytes = s.bytes();
  flip(bytes, s.store().index().find("b")->chunks().front().where.offset);
  salvaged_image got{bytes};
  BOOST_TEST(got.complaint(state) == "");
  BOOST_REQUIRE(got.found.ok());
  BOOST_TEST(got.found->damage.empty());
  BOOST_TEST(got.found->dropped.has_value());
}

BOOST_AUTO_TEST_CASE(one_superblock_or_a_checkpoint_costs_nothing) {
  session s;
  s.commit(many('a', 100));
  s.checkpoint();
  s.commit({put("b", "2")});
  s.checkpoint();
  s.commit({put("c", "3")});
  const auto bytes = s.bytes();
  auto places = s.store().current_checkpoint();
  for (const auto slot : layout::superblock_offset) places.push_back({slot, page_size});
  for (const auto& e : places) {
    auto rotten = bytes;
    flip(rotten, e.offset + 200);
    check_whole(rotten, s.state());
  }
}

BOOST_AUTO_TEST_CASE(both_superblocks_are_believed_as_far_as_a_checkpoint_proves_them) {
  session s;
  s.commit({put("a", "1"), put("b", text_of(5000))});
  s.checkpoint();
  s.commit({put("c", "3")});
  s.checkpoint();
  s.commit({put("d", "4"), erase("a")});
  s.seal();
  const auto bytes = s.bytes();
  // The flags, the magic, the checksum, the fence, the newest root's manifest length.
  for (const std::uint64_t at : {96U, 3U, 4090U, 81U, 121U, 130U}) {
    auto rotten = bytes;
    for (const auto slot : layout::superblock_offset) flip(rotten, slot + at);
    BOOST_TEST_CONTEXT("field at " << at) check_whole(rotten, s.state());
  }
}

BOOST_AUTO_TEST_CASE(without_a_hash_seed_nothing_is_believed) {
  session s;
  s.commit({put("a", "1")});
  s.checkpoint();
  auto bytes = s.bytes();
  auto overwritten = bytes;
  for (const auto slot : layout::superblock_offset) {
    flip(bytes, slot + 88);
    std::ranges::fill(part(overwritten, slot, page_size), std::byte{});
  }
  salvaged_image seedless{bytes};
  BOOST_TEST(code_of(seedless.found) == errc::corrupt);
  // Without a trace of a superblock it could be any file.
  salvaged_image blank{overwritten};
  BOOST_TEST(code_of(blank.found) == errc::not_a_store);
  const image zeros(1'000'000);
  salvaged_image foreign{zeros};
  BOOST_TEST(code_of(foreign.found) == errc::not_a_store);
}

BOOST_AUTO_TEST_CASE(a_newer_format_is_refused) {
  session s;
  s.commit({put("a", "1")});
  auto bytes = s.bytes();
  edit_superblock(bytes, [](superblock& sb) { sb.feature_incompat = 1; });
  salvaged_image got{bytes};
  BOOST_TEST(code_of(got.found) == errc::unsupported_version);
}

BOOST_AUTO_TEST_CASE(pages_of_both_checkpoints_stand_in_for_one_another) {
  session s;
  s.commit(many('a', 150));
  s.checkpoint();
  const auto older = s.store().current_checkpoint();
  s.commit({put("b", "2"), erase(many('a', 1).front().name)});
  s.checkpoint();
  s.commit({put("c", "3")});
  s.seal();
  const auto bytes = s.bytes();
  const auto newer = s.store().current_checkpoint();
  BOOST_REQUIRE(older.size() >= 4U);
  BOOST_REQUIRE(newer.size() >= 4U);
  // Another page of each: together they have everything.
  auto rotten = bytes;
  flip(rotten, newer[1].offset + 99);
  flip(rotten, older[3].offset + 99);
  BOOST_TEST(open_to_read(rotten).code() == errc::corrupt);
  check_whole(rotten, s.state());

  // The same stretch of both: what stood there is lost, and how much it was is told.
  rotten = bytes;
  flip(rotten, newer[2].offset + 99);
  flip(rotten, older[2].offset + 99);
  salvaged_image got{rotten};
  BOOST_REQUIRE(got.found.ok());
  BOOST_TEST(got.tells("of them are lost"));
  BOOST_TEST(got.found->index.size() > 80U);
  for (const auto& [name, e] : s.state()) {
    const auto b = got.found->index.find(name);
    if (b) BOOST_TEST((b->ver() == e.ver));
  }
  BOOST_TEST(static_cast<bool>(got.found->index.find("c")));
}

BOOST_AUTO_TEST_CASE(a_page_beyond_the_end_is_missing_like_a_rotten_one) {
  session s;
  s.commit(many('a', 150));
  s.checkpoint();
  const auto older = s.store().current_checkpoint();
  s.commit({put("b", "2")});
  s.checkpoint();
  s.seal();
  auto bytes = s.bytes();
  edit_checkpoint(
      bytes, [](op&, std::vector<chunk>&) {},
      [&](manifest& m) { m.pages.at(1).where.offset = round_up(bytes.size(), page_size); });
  flip(bytes, older[3].offset + 99);
  check_whole(bytes, s.state());
}

BOOST_AUTO_TEST_CASE(without_any_checkpoint_the_journal_still_tells) {
  session s;
  s.commit({put("a", "1")});
  s.checkpoint();
  s.commit({put("b", "2")});
  s.checkpoint();
  s.commit({put("c", "3")});
  s.seal();
  auto bytes = s.bytes();
  const auto sb = newest_superblock(bytes);
  flip(bytes, sb.current.manifest.offset + 9);
  flip(bytes, sb.previous.manifest.offset + 9);
  salvaged_image got{bytes};
  auto rest = s.state();
  rest.erase("a");
  BOOST_TEST(got.complaint(rest) == "");
  BOOST_TEST(got.tells("what only it knew is lost"));
}

BOOST_AUTO_TEST_CASE(records_behind_a_missing_one_are_used) {
  session s;
  // A block beside it keeps the page of the old value.
  s.commit({put("a", "1"), put("z", "old"), put("stays", ""), put("stays too", "1")});
  s.commit({put("b", "2"), put("z", "new"), erase("a")});
  s.commit({put("c", "3"), put("a", "again")});
  s.commit({put("d", "4")});
  s.seal();
  const auto bytes = s.bytes();
  const auto records = records_of(bytes);
  // The header, the body.
  for (const std::uint64_t at : {20U, 170U}) {
    auto rotten = bytes;
    flip(rotten, records[1].offset + at);
    BOOST_TEST(open_to_write(rotten).code() == errc::journal_corrupt);
    salvaged_image got{rotten};
    auto rest = s.state();
    rest.erase("b");
    rest["z"].value = shared_bytes{std::string{"old"}};
    rest["z"].ver = version{2};
    BOOST_TEST(got.complaint(rest) == "");
    BOOST_TEST(got.tells("record 2 cannot be read"));
  }
  // Several, and the last but the seal.
  auto rotten = bytes;
  for (const int i : {0, 1, 3}) flip(rotten, records[static_cast<std::size_t>(i)].offset + 50);
  salvaged_image got{rotten};
  BOOST_REQUIRE(got.found.ok());
  BOOST_TEST(got.tells("records 1 to 2 cannot be read"));
  BOOST_TEST(got.tells("record 4 cannot be read"));
  BOOST_TEST(got.found->index.size() == 2U);
}

BOOST_AUTO_TEST_CASE(records_in_the_next_area_are_found) {
  session s;
  s.commit({put("a", "1")});
  while (s.store().position().offset + 300 * limits::kib < s.store().position().area.where.end())
    s.fill(200 * limits::kib);
  const auto first_area = s.store().position().area;
  s.fill(400 * limits::kib);  // enters the next area
  BOOST_REQUIRE(s.store().position().area != first_area);
  s.commit({put("b", "2")});
  s.fill(900 * limits::kib);  // and the one after
  s.commit({put("c", "3")});
  s.seal();
  const auto bytes = s.bytes();
  const auto records = records_of(bytes);
  for (std::size_t i = 1; i < records.size(); ++i) {
    const auto& r = records[i];
    if (r.header.op_count < 10) continue;
    for (const std::uint64_t at : {10U, 4000U}) {
      auto rotten = bytes;
      flip(rotten, r.offset + at);
      BOOST_TEST_CONTEXT("record " << r.header.number << " at " << at)
      check_whole(rotten, s.state());
    }
  }
}

BOOST_AUTO_TEST_CASE(what_was_moved_stands_for_what_wrote_it) {
  session s;
  s.commit({put("a", "1")});
  s.commit({put("b", text_of(5000))});
  s.commit({relocate("b")});
  s.seal();
  auto bytes = s.bytes();
  flip(bytes, records_of(bytes)[1].offset + 170);
  check_whole(bytes, s.state());
}

BOOST_AUTO_TEST_CASE(a_journal_lost_before_the_newest_checkpoint_costs_nothing_it_has) {
  session s;
  s.commit(many('a', 150));
  s.checkpoint();
  s.commit({put("b", "2")});
  s.commit({put("c", "3")});
  s.checkpoint();
  s.commit({put("d", "4")});
  s.seal();
  const auto bytes = s.bytes();
  const auto newer = s.store().current_checkpoint();
  const auto sb = newest_superblock(bytes);
  // The record behind the previous root, and a page of the newest checkpoint that both have.
  auto rotten = bytes;
  flip(rotten, sb.previous.start.offset + 20);
  flip(rotten, newer[1].offset + 99);
  check_whole(rotten, s.state());
}

BOOST_AUTO_TEST_CASE(of_a_truncated_store_all_that_is_left_is_found) {
  session s;
  s.commit({put("a", "1"), put("b", text_of(100'000))});
  s.checkpoint();
  s.commit({put("c", text_of(100'000))});
  s.seal();
  const auto bytes = s.bytes();
  const auto end_of = [&](const char* name) {
    return s.store().index().find(name)->chunks().back().where.end();
  };
  auto cut = bytes;
  cut.resize(end_of("c") - 1);
  BOOST_TEST(open_to_read(cut).code() == errc::corrupt);
  salvaged_image got{cut};
  BOOST_REQUIRE(got.found.ok());
  BOOST_TEST(got.tells("truncated"));
  BOOST_TEST(got.found->index.size() == 3U);
  const auto c = got.found->index.find("c");
  BOOST_TEST(code_of(read_block(got.device, *c, got.found->hash_seed, 0, UINT64_MAX)) ==
             errc::corrupt_block);
  const auto b = got.found->index.find("b");
  BOOST_TEST(code_of(read_block(got.device, *b, got.found->hash_seed, 0, UINT64_MAX)) ==
             errc::none);

  // Of any length: nothing worse than too little.
  for (auto length = bytes.size(); length > 0; length -= std::min<std::size_t>(length, 77'777)) {
    cut.resize(length);
    salvaged_image shorter{cut};
    if (!shorter.found) {
      const auto code = code_of(shorter.found);
      BOOST_TEST((code == errc::corrupt || code == errc::not_a_store), "length " << length);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_unproven_group_behind_damage_is_taken_if_its_values_are_there) {
  session s;
  s.commit({put("a", "1")});
  s.commit({put("b", "2")});
  s.commit({put("c", "3")});
  const auto bytes = s.bytes();
  auto rotten = bytes;
  flip(rotten, records_of(bytes)[0].offset + 170);
  auto rest = s.state();
  rest.erase("a");
  salvaged_image got{rotten};
  BOOST_TEST(got.complaint(rest) == "");

  flip(rotten, s.store().index().find("c")->chunks().front().where.offset);
  rest.erase("c");
  salvaged_image dropped{rotten};
  BOOST_TEST(dropped.complaint(rest) == "");
  BOOST_REQUIRE(dropped.found->dropped.has_value());
  BOOST_TEST(dropped.found->dropped->records == 1U);

  rotten = bytes;
  flip(rotten, records_of(bytes)[0].offset + 170);
  flip(rotten, records_of(bytes)[2].offset + 170);
  salvaged_image torn{rotten};
  BOOST_TEST(torn.complaint(rest) == "");
  BOOST_TEST(torn.found->dropped.has_value());
}

BOOST_AUTO_TEST_CASE(the_superblock_that_rotted_may_name_the_newer_checkpoint) {
  session s;
  s.commit({put("a", "1")});
  s.checkpoint();
  s.commit({put("b", "2")});
  s.checkpoint();
  s.commit({put("c", "3")});
  s.seal();
  auto bytes = s.bytes();
  const auto sb = newest_superblock(bytes);
  // Its slot, and the record that only the older slot's checkpoint needs.
  flip(bytes, layout::superblock_offset[sb.slot()] + 1000);
  flip(bytes, sb.previous.start.offset + 20);
  check_whole(bytes, s.state());
}

BOOST_AUTO_TEST_CASE(a_clear_behind_a_gap_clears) {
  session s;
  s.commit({put("a", "1")});
  s.commit({put("b", "2")});
  s.commit({clear(), put("c", "3")});
  s.seal();
  auto bytes = s.bytes();
  flip(bytes, records_of(bytes)[1].offset + 170);
  check_whole(bytes, s.state());
}

BOOST_AUTO_TEST_CASE(records_that_cannot_be_are_told_and_passed_over) {
  session s;
  s.commit({put("a", "1")});
  s.commit({put("b", "2"), clear()});
  s.commit({put("c", "3")});
  s.commit({put("d", "4")});
  s.seal();
  const auto bytes = s.bytes();
  const auto damaged = [&](const std::function<void(op&, std::vector<chunk>&)>& edit) {
    auto edited = bytes;
    auto records = records_of(edited);
    records[1].body = edited_body(records[1].body, edit);
    put_records(edited, records);
    flip(edited, records[0].offset + 170);
    return edited;
  };
  // A clear that is older than what came before it.
  const auto old_clear = damaged([](op& o, std::vector<chunk>&) {
    if (o.kind == op_kind::clear) o.ver = version{1};
  });
  salvaged_image got{old_clear};
  BOOST_REQUIRE(got.found.ok());
  BOOST_TEST(got.tells("older than what it clears"));
  BOOST_TEST(got.found->index.size() == 3U);
  // An op that cannot be decoded ends its record.
  auto undecodable = bytes;
  auto records = records_of(undecodable);
  records[1].body.at(4) = std::byte{0xff};
  put_records(undecodable, records);
  flip(undecodable, records[0].offset + 170);
  salvaged_image passed{undecodable};
  BOOST_REQUIRE(passed.found.ok());
  BOOST_TEST(passed.found->index.size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_op_of_a_newer_format_is_not_passed_over) {
  session s;
  s.commit({put("a", "1")});
  s.checkpoint();
  s.commit({put("b", "2")});
  s.commit({put("c", "3")});
  s.commit({put("d", "4")});
  const auto bytes = s.bytes();
  const auto sb = newest_superblock(bytes);
  // Proven, and in the tail, behind a gap; proven, where no checkpoint can be read.
  for (const std::size_t i : {1U, 2U}) {
    auto newer = bytes;
    auto records = records_of(newer);
    records.at(i).body.at(0) = std::byte{99};
    put_records(newer, records);
    flip(newer, records[0].offset + 170);
    salvaged_image refused{newer};
    BOOST_TEST(code_of(refused.found) == errc::unsupported_version);
    for (const auto& r : {sb.current, sb.previous}) flip(newer, r.manifest.offset + 9);
    salvaged_image without{newer};
    BOOST_TEST(code_of(without.found) == errc::unsupported_version);
  }
  // One that cannot be decoded is not taken from a tail either.
  auto torn = bytes;
  auto records = records_of(torn);
  records[2].body.at(4) = std::byte{0xff};
  put_records(torn, records);
  flip(torn, records[0].offset + 170);
  auto rest = s.state();
  rest.erase("b");
  rest.erase("d");
  salvaged_image got{torn};
  BOOST_TEST(got.complaint(rest) == "");
  BOOST_TEST(got.found->dropped.has_value());
}

BOOST_AUTO_TEST_CASE(a_tail_that_names_one_place_twice_is_dropped) {
  session s;
  s.commit({put("a", "1")});
  s.commit({put("b", "2")});
  s.commit({put("c", "3"), put("d", "3")});
  auto bytes = s.bytes();
  auto records = records_of(bytes);
  std::optional<chunk> first;
  records[2].body = edited_body(records[2].body, [&](op&, std::vector<chunk>& chunks) {
    if (first) chunks.at(0) = *first;
    first = chunks.at(0);
  });
  put_records(bytes, records);
  flip(bytes, records[0].offset + 170);
  salvaged_image got{bytes};
  BOOST_REQUIRE(got.found.ok());
  BOOST_TEST(got.found->index.size() == 1U);
  BOOST_TEST(got.found->dropped.has_value());
}

BOOST_AUTO_TEST_CASE(a_checkpoint_that_was_made_up_counts_page_by_page) {
  session s;
  s.commit(many('a', 150));
  s.checkpoint();
  s.commit({put("b", "2")});
  s.checkpoint();
  s.seal();
  auto bytes = s.bytes();
  // Its second page is said to stand where the first one does.
  edit_checkpoint(
      bytes, [](op&, std::vector<chunk>&) {},
      [](manifest& m) {
        m.pages.at(1).where = m.pages.at(0).where;
        m.pages.at(1).sum = m.pages.at(0).sum;
      });
  check_whole(bytes, s.state());
  flip(bytes, newest_superblock(bytes).previous.manifest.offset + 9);
  salvaged_image got{bytes};
  BOOST_REQUIRE(got.found.ok());
  BOOST_TEST(got.tells("of them are lost"));
}

BOOST_AUTO_TEST_CASE(a_tail_that_nothing_proves_is_bounded) {
  session s;
  for (int i = 0; i < 8; ++i) s.commit({put(std::to_string(i), "v")});
  auto bytes = s.bytes();
  auto records = records_of(bytes);
  for (auto& r : records) r.header.synced_through = {};
  put_records(bytes, records);
  salvaged_image got{bytes};
  BOOST_TEST(code_of(got.found) == errc::corrupt);
}

BOOST_AUTO_TEST_CASE(pages_that_cannot_be_read_are_damage) {
  session s;
  s.commit({put("a", "1")});
  s.checkpoint();
  s.commit({put("b", "2")});
  s.seal();
  for (std::uint64_t nth = 1; nth < 40; ++nth) {
    // A read and its repetition by pages.
    faulty_device device{std::make_unique<memory_device>(s.bytes()),
                         {.script = {{device_call::read, nth, EIO, false},
                                     {device_call::read, nth + 1, EIO, false}}}};
    const auto found = salvage(device);
    if (!found) {
      BOOST_TEST(code_of(found) != errc::io_error, "read " << nth);
      continue;
    }
    for (const auto& name : {"a", "b"}) {
      const auto b = found->index.find(name);
      if (!b) BOOST_TEST(!found->damage.empty());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
