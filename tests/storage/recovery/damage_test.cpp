#include <stowage/tests/storage/recovery/damaged_image.hpp>
#include <stowage/tests/storage/recovery/workload.hpp>

#include <boost/test/unit_test.hpp>

#include <set>

using namespace stowage;
using namespace stowage::test;

// What was written and rotted: which damage is reported, which is survived, and what is never silent.

namespace {

std::uint64_t slot_of(const superblock& sb) { return layout::superblock_offset[sb.slot()]; }

std::string text_of(std::uint64_t bytes) { return std::string(bytes, 'v'); }

// The first byte of a block's value on the device.
std::uint64_t place_of(store_builder& store, std::string_view name) {
  return store.index().find(name)->chunks().front().where.offset;
}

// Read-write refuses, read-only offers what stands before the damage.
void check_journal_corrupt(const image& bytes, const store_state& before_damage) {
  BOOST_TEST(open_to_write(bytes).code() == errc::journal_corrupt);
  auto offered = open_to_read(bytes);
  BOOST_TEST(offered.complaint(before_damage) == "");
  BOOST_REQUIRE(offered.store.ok());
  BOOST_REQUIRE(offered.store->damage.has_value());
  BOOST_TEST(offered.store->damage->code == errc::journal_corrupt);
  BOOST_TEST(offered.device.changes() == 0U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_damage)

BOOST_AUTO_TEST_CASE(a_torn_last_record_is_dropped_and_told) {
  session s;
  s.commit({put("a", "kept")});
  const auto state = s.state();
  s.fill(10'000);
  auto bytes = s.bytes();
  const auto last = records_of(bytes).back();
  BOOST_REQUIRE(last.header.total_bytes > page_size);
  flip(bytes, last.offset + page_size);

  for (const auto access : {store_access::read_only, store_access::read_write}) {
    opened_image o{bytes, access};
    BOOST_TEST(o.complaint(state) == "");
    BOOST_REQUIRE(o.store.ok());
    BOOST_REQUIRE(o.store->dropped.has_value());
    BOOST_TEST(o.store->dropped->first == last.header.number);
    BOOST_TEST(o.store->dropped->records == 1U);
    BOOST_TEST(!o.store->damage.has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_rotten_value_of_the_last_group_drops_it_and_is_told) {
  session s;
  s.commit({put("a", "kept")});
  const auto state = s.state();
  s.commit({put("b", text_of(5000)), put("c", text_of(70'000))});
  auto bytes = s.bytes();
  flip(bytes, place_of(s.store(), "c") + 66'000);
  auto o = open_to_write(bytes);
  BOOST_TEST(o.complaint(state) == "");
  BOOST_REQUIRE(o.store.ok());
  BOOST_REQUIRE(o.store->dropped.has_value());
  BOOST_TEST(o.store->dropped->first == s.store().position().last);
}

BOOST_AUTO_TEST_CASE(a_relocation_that_does_not_apply_is_not_verified) {
  session s;
  s.commit({put("a", text_of(5000))});
  const auto state = s.state();
  // The put comes first: what the relocation moves is no longer the block's version.
  s.commit({put("a", text_of(6000)), relocate("a")});
  const auto bytes = s.bytes();
  std::vector<extent> places;
  (void)edited_body(records_of(bytes).back().body, [&](op&, std::vector<chunk>& chunks) {
    places.push_back(chunks.front().where);
  });
  BOOST_REQUIRE(places.size() == 2U);

  auto moved_is_rotten = bytes;
  flip(moved_is_rotten, places[1].offset);
  auto o = open_to_write(moved_is_rotten);
  BOOST_TEST(o.complaint(s.state()) == "");
  BOOST_REQUIRE(o.store.ok());
  BOOST_TEST(!o.store->dropped.has_value());

  // Nor does it stand in for the one that does apply.
  auto put_is_rotten = bytes;
  flip(put_is_rotten, places[0].offset);
  auto dropped = open_to_write(put_is_rotten);
  BOOST_TEST(dropped.complaint(state) == "");
  BOOST_REQUIRE(dropped.store.ok());
  BOOST_TEST(dropped.store->dropped.has_value());
}

BOOST_AUTO_TEST_CASE(of_two_records_that_nothing_proves_the_first_may_stay) {
  // As a SEAL and the group that goes with it.
  session s;
  s.commit({put("a", "kept")});
  const auto state = s.state();
  s.commit({put("b", text_of(5000))});
  auto bytes = s.bytes();
  auto records = records_of(bytes);
  for (auto& r : records) r.header.synced_through = {};
  put_records(bytes, records);
  flip(bytes, place_of(s.store(), "b"));
  auto o = open_to_write(bytes);
  BOOST_TEST(o.complaint(state) == "");
  BOOST_REQUIRE(o.store.ok());
  BOOST_TEST(o.store->position.last == records[0].header.number);
  BOOST_TEST(o.store->journal_bytes == records[0].header.total_bytes);
  BOOST_REQUIRE(o.store->dropped.has_value());
  BOOST_TEST(o.store->dropped->first == records[1].header.number);
  BOOST_TEST(o.store->dropped->records == 1U);
}

BOOST_AUTO_TEST_CASE(a_relocation_of_what_is_not_there_changes_nothing) {
  session s;
  s.commit({put("a", "kept")});
  s.commit({relocate("a")});
  auto bytes = s.bytes();
  auto records = records_of(bytes);
  records[1].body = edited_body(records[1].body, [](op& o, std::vector<chunk>&) { o.name = "b"; });
  put_records(bytes, records);
  auto o = open_to_write(bytes);
  BOOST_TEST(o.complaint(s.state()) == "");
  BOOST_REQUIRE(o.store.ok());
  BOOST_TEST(o.store->position.last == records[1].header.number);
}

BOOST_AUTO_TEST_CASE(a_seal_makes_rot_of_the_last_group_a_corrupt_block) {
  session s;
  s.commit({put("a", "kept")});
  s.commit({put("b", text_of(5000))});
  s.seal();
  auto bytes = s.bytes();
  flip(bytes, place_of(s.store(), "b"));
  auto o = open_to_write(bytes);
  BOOST_REQUIRE(o.store.ok());
  BOOST_TEST(!o.store->dropped.has_value());
  BOOST_TEST(o.complaint(s.state()).find("b") != std::string::npos);
  const auto b = o.store->index.find("b");
  BOOST_TEST(code_of(read_block(o.device, *b, o.store->sb.hash_seed, 0, 10)) ==
             errc::corrupt_block);
}

BOOST_AUTO_TEST_CASE(a_rotten_record_before_another_is_damage) {
  session s;
  s.commit({put("a", "kept")});
  const auto state = s.state();
  s.fill(9000);
  s.commit({put("c", "lost")});
  const auto bytes = s.bytes();
  const auto rotten = records_of(bytes)[1];
  for (const auto at : {std::uint64_t{20}, std::uint64_t{130}, page_size + 7}) {
    auto damaged = bytes;
    flip(damaged, rotten.offset + at);
    check_journal_corrupt(damaged, state);
  }
}

BOOST_AUTO_TEST_CASE(a_rotten_record_at_the_end_of_an_area_is_damage) {
  session s;
  s.commit({put("a", "kept")});
  s.fill(700 * limits::kib);
  const auto state = s.state();
  s.fill(200 * limits::kib);
  s.fill(300 * limits::kib);
  auto bytes = s.bytes();
  const auto records = records_of(bytes);
  BOOST_REQUIRE(records[2].area != records[3].area);
  flip(bytes, records[2].offset);
  check_journal_corrupt(bytes, state);
}

BOOST_AUTO_TEST_CASE(a_rotten_record_that_fills_its_area_is_damage) {
  // What proves it stands in the area that only its own header names.
  session s;
  s.commit({put("a", "kept")});
  const auto state = s.state();
  s.fill(1500 * limits::kib);
  s.commit({put("c", "after it")});
  auto bytes = s.bytes();
  const auto records = records_of(bytes);
  const auto& large = records[records.size() - 2];
  BOOST_REQUIRE(large.area != records.back().area);
  flip(bytes, large.offset + 3 * page_size);
  check_journal_corrupt(bytes, state);
}

BOOST_AUTO_TEST_CASE(a_rotten_record_below_the_fence_is_damage) {
  session s;
  s.commit({put("a", "kept")});
  const auto state = s.state();
  s.commit({put("b", "lost")});
  s.close();
  auto bytes = s.bytes();
  BOOST_TEST(open_to_write(bytes).complaint(s.state()) == "");
  flip(bytes, records_of(bytes).back().offset + 40);
  check_journal_corrupt(bytes, state);
}

BOOST_AUTO_TEST_CASE(what_read_only_offers_before_damage_is_not_dropped_as_a_tail) {
  // The record before the missing one was synced as well, for a later one says so: its rotten value is
  // a corrupt block, not a group that never was.
  session s;
  s.commit({put("a", "kept")});
  s.commit({put("b", text_of(5000))});
  s.fill(9000);
  s.commit({put("c", "lost")});
  auto bytes = s.bytes();
  const auto records = records_of(bytes);
  flip(bytes, records[2].offset);
  flip(bytes, place_of(s.store(), "b"));
  auto o = open_to_read(bytes);
  BOOST_REQUIRE(o.store.ok());
  BOOST_TEST(o.store->damage.has_value());
  BOOST_TEST(!o.store->dropped.has_value());
  BOOST_TEST(static_cast<bool>(o.store->index.find("b")));
}

BOOST_AUTO_TEST_CASE(only_the_next_record_of_this_chain_counts) {
  session s;
  s.commit({put("a", "kept")});
  s.commit({put("a", "replaced")});
  const auto bytes = s.bytes();
  const auto records = records_of(bytes);
  const auto sb = newest_superblock(bytes);
  const std::map<std::string, std::function<void(record_header&)>> strangers{
      {"salt of another area", [](record_header& h) { ++h.area_salt; }},
      {"another store", [](record_header& h) { ++h.uuid_low; }},
      {"an earlier life", [](record_header& h) { h.ep = epoch{h.ep.value - 1}; }},
      {"a later number", [](record_header& h) { h.number = h.number.next(); }},
      {"an earlier number",
       [](record_header& h) {
         h.number = lsn{h.number.value - 1};
         h.synced_through = {};
       }},
      {"another predecessor", [](record_header& h) { ++h.previous.low; }},
  };
  for (const auto& [what, edit] : strangers) {
    auto other = bytes;
    auto r = records[1];
    edit(r.header);
    put_bytes(other, r.offset, encode_record(r.header, r.body, sb.hash_seed).bytes());
    auto o = open_to_write(other);
    BOOST_REQUIRE_MESSAGE(o.store.ok(), what << ": " << why(o.store));
    BOOST_TEST(o.store->position.last == records[0].header.number, what);
    BOOST_TEST(o.device.image() != other);
  }
  // Written the same way, but unchanged, it does.
  auto same = bytes;
  auto unchanged = records[1];
  put_bytes(same, unchanged.offset,
            encode_record(unchanged.header, unchanged.body, sb.hash_seed).bytes());
  BOOST_TEST(open_to_write(same).complaint(s.state()) == "");
}

BOOST_AUTO_TEST_CASE(a_group_that_was_dropped_stays_dropped) {
  // Its value surfaces after a new life has begun: a lost write that was only late.
  session s;
  s.commit({put("a", "kept")});
  s.fill(900 * limits::kib);
  const auto state = s.state();
  s.commit({put("b", text_of(5000))});
  const auto whole = s.bytes();
  const auto value = place_of(s.store(), "b");
  auto torn = whole;
  std::ranges::fill(part(torn, value, 5000), std::byte{});
  auto second = open_to_write(torn);
  BOOST_TEST(second.complaint(state) == "");

  auto late = second.device.image();
  put_bytes(late, value, part(whole, value, 5000));
  BOOST_TEST(open_to_write(late).complaint(state) == "");
  // Nor does it come back when one superblock is lost, whichever.
  for (const auto slot : layout::superblock_offset) {
    auto one_slot = late;
    flip(one_slot, slot + 100);
    BOOST_TEST(open_to_write(one_slot).complaint(state) == "");
  }
}

BOOST_AUTO_TEST_CASE(a_dropped_record_beside_the_way_of_a_new_life) {
  // The new life's record is too long for the place where the dropped one still stands.
  session s;
  s.commit({put("a", "kept")});
  s.fill(900 * limits::kib);
  const auto state = s.state();
  s.commit({put("b", text_of(5000))});
  auto torn = s.bytes();
  const auto stale = records_of(torn).back();
  flip(torn, place_of(s.store(), "b"));
  session next{torn, state};
  next.fill(300 * limits::kib);
  next.commit({put("c", "of the new life")});
  next.commit({put("d", "too")});
  auto bytes = next.bytes();
  BOOST_TEST(std::ranges::equal(part(bytes, stale.offset, 144), part(torn, stale.offset, 144)));
  BOOST_TEST(open_to_write(bytes).complaint(next.state()) == "");

  // Nor does it come back when one superblock is lost, whichever.
  for (const auto slot : layout::superblock_offset) {
    auto one_slot = bytes;
    flip(one_slot, slot + 100);
    auto o = open_to_write(one_slot);
    BOOST_TEST(o.complaint(next.state()) == "");
    BOOST_REQUIRE(o.store.ok());
    BOOST_TEST(o.store->superblock_slot_damaged);
  }
}

BOOST_AUTO_TEST_CASE(a_larger_record_after_a_seal_whose_group_was_lost) {
  session s;
  s.commit({put("a", "kept")});
  while (s.store().position().offset + 2 * page_size <= s.store().position().area.where.end())
    s.seal();
  const auto at = s.store().position();
  s.fill(1300 * limits::kib);
  auto bytes = s.bytes();
  const auto records = records_of(bytes);
  BOOST_REQUIRE(records[records.size() - 2].header.kind == record_kind::seal);
  flip(bytes, records.back().offset);
  session next{bytes, s.state()};
  BOOST_TEST(next.store().position().last == at.last.next());
  next.fill(1600 * limits::kib);
  next.fill(100);
  next.fill(2000 * limits::kib);
  next.commit({put("b", "after")});
  const auto reached = next.bytes();
  BOOST_TEST(open_to_write(reached).complaint(next.state()) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(root_damage)

BOOST_AUTO_TEST_CASE(the_previous_root_stands_in_for_a_rotten_one) {
  session s;
  s.commit({put("a", "1"), put("b", text_of(3000))});
  s.checkpoint();
  s.commit({put("c", "3")});
  s.checkpoint();
  s.commit({erase("a"), put("d", "4")});
  const auto bytes = s.bytes();
  const auto sb = newest_superblock(bytes);
  for (const auto& e : s.store().current_checkpoint()) {
    auto rotten = bytes;
    flip(rotten, e.offset + 9);
    BOOST_TEST(open_to_read(rotten).complaint(s.state()) == "");
    auto o = open_to_write(rotten);
    BOOST_TEST(o.complaint(s.state()) == "");
    BOOST_REQUIRE(o.store.ok());
    BOOST_TEST(o.store->used_previous_root.has_value());
    // The fence names only what can be read.
    const auto fenced = newest_superblock(o.device.image());
    BOOST_TEST((fenced.current == sb.previous));
    BOOST_TEST(!fenced.previous.exists());
    session next{o.device.image(), s.state()};
    next.commit({put("e", text_of(70'000))});
    next.checkpoint();
    next.commit({put("f", "6")});
    const auto reached = next.bytes();
    BOOST_TEST(open_to_write(reached).complaint(next.state()) == "");
  }
  auto both = bytes;
  flip(both, sb.current.manifest.offset);
  flip(both, sb.previous.manifest.offset);
  BOOST_TEST(open_to_write(both).code() == errc::corrupt);
  BOOST_TEST(open_to_read(both).code() == errc::corrupt);
}

BOOST_AUTO_TEST_CASE(no_byte_of_a_checkpoint_goes_unverified) {
  session s;
  s.commit({put("a", "1"), put("b", text_of(3000), 7)});
  s.checkpoint();
  s.commit({put("c", "3")});
  s.checkpoint();
  auto bytes = s.bytes();
  for (const auto& e : s.store().current_checkpoint())
    for (auto at = e.offset; at < e.end(); at += 13) {
      flip(bytes, at);
      auto o = open_to_read(bytes);
      BOOST_TEST(o.complaint(s.state()) == "", "byte " << at);
      BOOST_REQUIRE(o.store.ok());
      BOOST_TEST(o.store->used_previous_root.has_value(), "byte " << at);
      flip(bytes, at);
    }
}

BOOST_AUTO_TEST_CASE(superblock_slots) {
  session s;
  s.commit({put("a", "1")});
  s.checkpoint();
  s.commit({put("b", "2")});
  const auto bytes = s.bytes();
  for (const auto slot : layout::superblock_offset) {
    auto rotten = bytes;
    flip(rotten, slot + 300);
    auto o = open_to_write(rotten);
    BOOST_TEST(o.complaint(s.state()) == "");
    BOOST_REQUIRE(o.store.ok());
    BOOST_TEST(o.store->superblock_slot_damaged);
    // Repaired by the fence.
    const auto repaired = o.device.image();
    auto again = open_to_write(repaired);
    BOOST_REQUIRE(again.store.ok());
    BOOST_TEST(!again.store->superblock_slot_damaged);
  }
  auto both = bytes;
  for (const auto slot : layout::superblock_offset) flip(both, slot + 300);
  BOOST_TEST(open_to_write(both).code() == errc::corrupt);
  BOOST_TEST(open_to_read(both).code() == errc::corrupt);
}

BOOST_AUTO_TEST_CASE(an_older_superblock_that_says_clean_is_not_believed) {
  // It was written by creation, or by an earlier shutdown: much may have happened since.
  session first;
  first.commit({put("a", "1")});
  first.commit({put("b", "2")});
  auto bytes = first.bytes();
  flip(bytes, slot_of(newest_superblock(bytes)));
  BOOST_TEST(open_to_write(bytes).complaint(first.state()) == "");

  first.close();
  session second{first.bytes(), first.state()};
  second.commit({put("c", "3")});
  bytes = second.bytes();
  flip(bytes, slot_of(newest_superblock(bytes)) + 50);
  auto o = open_to_write(bytes);
  BOOST_TEST(o.complaint(second.state()) == "");
  BOOST_REQUIRE(o.store.ok());
  BOOST_TEST(!o.store->was_clean);
  BOOST_TEST(o.store->last_version > second.store().last_version());
}

BOOST_AUTO_TEST_CASE(a_new_life_is_told_from_the_one_whose_superblock_rotted) {
  // The epoch of records that are there is never given again, even if the superblock that began it is
  // gone from both slots' sight.
  session s;
  s.commit({put("a", "1")});
  auto bytes = s.bytes();
  const auto ep = records_of(bytes).back().header.ep;
  edit_superblock(bytes, [](superblock& sb) { sb.ep = epoch{sb.ep.value - 1}; });
  auto o = open_to_write(bytes);
  BOOST_TEST(o.complaint(s.state()) == "");
  BOOST_REQUIRE(o.store.ok());
  BOOST_TEST(o.store->sb.ep > ep);
}

BOOST_AUTO_TEST_CASE(one_page_of_rot_anywhere_is_told_or_survived) {
  // After every step of some lives: each page that metadata stand in, one at a time.
  const auto seeds = by_size<std::uint64_t>(3, 12, 100);
  const auto pages_max = by_size<std::size_t>(14, 60, 1000);
  std::uint64_t states = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    workload work{500 + seed};
    session s{new_store(seed)};
    for (int step = 0; step < 10; ++step) {
      if (step % 3 == 1) s.checkpoint();
      if (step % 4 == 3) s.fill((100 + work.below(700)) * limits::kib);
      const auto before = s.state();
      s.commit(work.group(s.state()));
      const auto last = s.store().position().last;
      const auto bytes = s.bytes();
      const auto sb = newest_superblock(bytes);

      std::vector<extent> of_roots{{layout::superblock_offset[0], page_size},
                                   {layout::superblock_offset[1], page_size}};
      for (const auto& e : s.store().current_checkpoint()) of_roots.push_back(e);
      of_roots.push_back(sb.previous.exists() ? sb.previous.manifest : sb.current.manifest);
      for (const auto& e : of_roots) {
        if (sb.previous.exists() == false && e.offset >= layout::data_start) continue;
        auto rotten = bytes;
        std::ranges::fill(part(rotten, e.offset + e.length - 500, 500), std::byte{0x5a});
        auto o = open_to_write(rotten);
        ++states;
        const auto complaint = o.complaint(s.state());
        BOOST_TEST(complaint == "",
                   "seed " << seed << ", step " << step << ", rot at " << e.offset);
        if (!complaint.empty()) return;
      }
      const auto records = records_of(bytes);
      for (std::size_t i = 0; i < records.size(); i += 1 + records.size() / pages_max) {
        const auto& r = records[i];
        auto rotten = bytes;
        std::ranges::fill(part(rotten, r.offset + r.header.body_bytes / 2, 144), std::byte{0x5a});
        auto o = open_to_write(rotten);
        ++states;
        if (r.header.number < last || last <= sb.fence) {
          BOOST_TEST(o.code() == errc::journal_corrupt,
                     "seed " << seed << ", step " << step << ", record " << r.header.number);
        } else {
          BOOST_TEST(o.complaint(before) == "", "seed " << seed << ", step " << step);
        }
      }
    }
  }
  BOOST_TEST_MESSAGE(states << " rotten images");
}

BOOST_AUTO_TEST_CASE(a_rotten_superblock_after_many_checkpoints) {
  // The older slot then names a previous root whose pages may long hold something else.
  session s;
  for (int i = 0; i < 40; ++i) {
    s.commit({put("a" + std::to_string(i % 7), text_of(static_cast<std::uint64_t>(900 * (i % 11)))),
              put("b", text_of(4000))});
    s.checkpoint();
    for (int j = 0; j < i % 3; ++j) s.commit({put("c" + std::to_string(i % 5), text_of(3000))});
    for (const auto slot : layout::superblock_offset) {
      auto bytes = s.bytes();
      flip(bytes, slot + 77);
      BOOST_TEST(open_to_write(bytes).complaint(s.state()) == "", "checkpoint " << i);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_previous_root_that_was_given_up_is_not_kept) {
  // As the older slot shows it when the newer one rotted: its manifest is still there, but where it
  // says its pages are, newer values lie.
  session s;
  s.commit({put("a", text_of(5000))});
  s.checkpoint();
  s.commit({put("b", text_of(5000))});
  s.checkpoint();
  auto bytes = s.bytes();
  const auto value = round_down(place_of(s.store(), "b"), page_size);
  edit_superblock(bytes, [&](superblock& sb) {
    const auto& where = sb.previous.manifest;
    auto m = decode_manifest(part(bytes, where.offset, where.length), where.offset);
    REQUIRE_OK(m);
    m->pages.at(0).where.offset = value;
    put_bytes(bytes, where.offset, encode(*m).bytes());
    sb.previous.manifest_sum = checksum(encode(*m).bytes(), sb.hash_seed);
  });
  auto o = open_to_write(bytes);
  BOOST_TEST(o.complaint(s.state()) == "");
  BOOST_REQUIRE(o.store.ok());
  BOOST_TEST(!o.store->sb.previous.exists());
  BOOST_TEST(o.store->previous_checkpoint.empty());
}

BOOST_AUTO_TEST_CASE(used_space_is_found_again_exactly) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    workload work{seed};
    life l{new_store(seed), lsn{}, {}, work.habits()};
    work.live(l, 15);
    if (l.store().has_checkpoint_under_way()) l.checkpoint();
    image bytes(l.device().size());
    REQUIRE_OK(read_exactly(l.device(), 0, bytes, read_mode::cached));
    auto o = open_to_write(bytes);
    BOOST_REQUIRE(o.store.ok());
    BOOST_TEST(o.store->space.stats().free_bytes == l.store().free_bytes(), "seed " << seed);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(versions)

BOOST_AUTO_TEST_CASE(a_version_is_never_given_twice) {
  session s;
  s.commit({put("a", "1"), put("b", "2")});
  BOOST_TEST(s.store().last_version() == version{2});
  s.close();
  auto bytes = s.bytes();
  // After an orderly shutdown it goes on at once, also where the last version's block is gone.
  for (int i = 0; i < 2; ++i) {
    session next{bytes, s.state()};
    BOOST_TEST(next.store().last_version() == version{2});
    next.close();
    bytes = next.bytes();
  }
  session open{bytes, s.state()};
  open.commit({put("c", "3"), erase("c")});
  open.checkpoint();
  BOOST_TEST(open.store().last_version() == version{4});
  open.close();
  session reopened{open.bytes(), open.state()};
  BOOST_TEST(reopened.store().last_version() == version{4});

  // After a crash far beyond, and again, even if nothing was written in between.
  bytes = reopened.bytes();
  auto last = version{4};
  for (int i = 0; i < 3; ++i) {
    session crashed{bytes, open.state()};
    BOOST_TEST(crashed.store().last_version() == version{last.value + (std::uint64_t{1} << 32)});
    last = crashed.store().last_version();
    bytes = crashed.bytes();
  }
}

BOOST_AUTO_TEST_SUITE_END()
