#include <stowage/storage/metadata_check.hpp>

#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/tests/storage/recovery/damaged_image.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

/// What a check says of a device that nobody writes, as "code offset".
std::vector<std::string> found_on(block_device& device, lsn durable = {}) {
  metadata_check check{durable};
  while (!check.is_over()) REQUIRE_OK(check.step(device));
  std::vector<std::string> found;
  for (const auto& why : check.found())
    found.push_back(std::string{name_of(why.code)} + " " + std::to_string(why.offset.value_or(0)));
  return found;
}

std::vector<std::string> found_on(const image& bytes, lsn durable = {}) {
  overlay_device device{bytes};
  return found_on(device, durable);
}

/// Two roots with pages of their own, and records before, between and after them.
struct two_roots {
  two_roots() {
    std::vector<change> many;
    for (int i = 0; i < 800; ++i)
      many.push_back(put("name-" + std::string(150, 'n') + std::to_string(i), "v"));
    s.commit(many);
    s.checkpoint();
    s.commit({put("b", "2")});
    s.seal();
    s.commit({put("c", "3")});
    s.checkpoint();
    s.commit({put("d", "4")});
    s.commit({put("e", "5")});
    bytes = s.bytes();
    sb = newest_superblock(bytes);
  }
  [[nodiscard]] std::vector<extent> pages_of(const root& r) const {
    const auto m =
        decode_manifest(part(bytes, r.manifest.offset, r.manifest.length), r.manifest.offset);
    REQUIRE_OK(m);
    std::vector<extent> all{r.manifest};
    for (const auto& p : m->pages) all.push_back(p.where);
    return all;
  }
  [[nodiscard]] lsn last() { return s.store().position().last; }

  session s;
  image bytes;
  superblock sb;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(checking_metadata)

BOOST_AUTO_TEST_CASE(a_whole_store_has_nothing_to_tell) {
  BOOST_TEST(found_on(new_store()).empty());
  two_roots t;
  BOOST_TEST(found_on(t.bytes).empty());
  BOOST_TEST(found_on(t.bytes, t.last()).empty());
  t.s.close();
  BOOST_TEST(found_on(t.s.bytes(), t.last()).empty());
}

BOOST_AUTO_TEST_CASE(each_page_of_both_checkpoints) {
  const two_roots t;
  std::vector<extent> pages = t.pages_of(t.sb.current);
  std::ranges::copy(t.pages_of(t.sb.previous), std::back_inserter(pages));
  BOOST_TEST_REQUIRE(pages.size() > 4U);
  for (const auto& page : pages)
    for (const auto at : {page.offset, page.offset + 40}) {
      auto rotten = t.bytes;
      flip(rotten, at);
      BOOST_TEST(
          found_on(rotten) == std::vector<std::string>{"corrupt " + std::to_string(page.offset)},
          boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(damage_in_several_places_is_told_page_by_page) {
  const two_roots t;
  auto rotten = t.bytes;
  const auto current = t.pages_of(t.sb.current);
  const auto previous = t.pages_of(t.sb.previous);
  flip(rotten, current[1].offset);
  flip(rotten, current[2].offset);
  flip(rotten, previous[0].offset);
  std::vector<std::string> expected;
  for (const auto& page : {current[1], current[2], previous[0]})
    expected.push_back("corrupt " + std::to_string(page.offset));
  BOOST_TEST(found_on(rotten) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(each_record_from_the_previous_root_on) {
  two_roots t;
  overlay_device device{t.bytes};
  std::vector<std::uint64_t> records;
  const journal_lineage lineage{low_half(t.sb.id), t.sb.hash_seed, t.sb.ep, t.sb.fence};
  REQUIRE_OK(walk_journal(device, lineage, t.sb.previous.start, t.last(), read_mode::cached,
                          [&](const walked_record& r) -> result<void> {
                            records.push_back(r.offset);
                            return {};
                          }));
  BOOST_TEST_REQUIRE(records.size() == 5U);
  for (const auto at : records) {
    auto rotten = t.bytes;
    flip(rotten, at + 8);
    BOOST_TEST(found_on(rotten, t.last()) ==
                   std::vector<std::string>{"journal_corrupt " + std::to_string(at)},
               boost::test_tools::per_element());
  }
  // The last one may be a torn tail, as long as nobody knows that it was durable.
  auto torn = t.bytes;
  flip(torn, records.back() + 8);
  BOOST_TEST(found_on(torn, lsn{t.last().value - 1}).empty());
}

BOOST_AUTO_TEST_CASE(each_superblock) {
  const two_roots t;
  const auto newer = t.sb.slot();
  auto rotten = t.bytes;
  flip(rotten, layout::superblock_offset[1 - newer] + 300);
  BOOST_TEST(found_on(rotten) ==
                 std::vector<std::string>{"corrupt " +
                                          std::to_string(layout::superblock_offset[1 - newer])},
             boost::test_tools::per_element());
  // The older one leads to a whole state as well.
  rotten = t.bytes;
  flip(rotten, layout::superblock_offset[newer] + 300);
  BOOST_TEST(
      found_on(rotten) ==
          std::vector<std::string>{"corrupt " + std::to_string(layout::superblock_offset[newer])},
      boost::test_tools::per_element());
  flip(rotten, layout::superblock_offset[1 - newer] + 300);
  BOOST_TEST(found_on(rotten) == std::vector<std::string>{"corrupt 0"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_read_that_fails_is_told_at_its_place) {
  const two_roots t;
  std::map<std::string, int> told;
  for (std::uint64_t nth = 1; nth < 200; ++nth) {
    faulty_device failing{std::make_unique<memory_device>(image{t.bytes}),
                          {.script = {{device_call::read, nth}}}};
    const auto found = found_on(failing);
    if (found.empty()) {
      // Of the second slot there are two reads: an election that fails ends the check.
      BOOST_TEST(told.size() >= 4U);
      return;
    }
    BOOST_TEST(found.size() == 1U);
    BOOST_TEST(found.front().starts_with("io_error"), found.front());
    ++told[found.front()];
  }
  BOOST_FAIL("it never comes to an end");
}

BOOST_AUTO_TEST_CASE(a_read_that_fails_where_a_superblock_has_rotted) {
  // Its slot is looked at once more in the end.
  two_roots t;
  flip(t.bytes, layout::superblock_offset[1 - t.sb.slot()] + 300);
  std::vector<std::string> last;
  for (std::uint64_t nth = 1; nth < 200; ++nth) {
    faulty_device failing{std::make_unique<memory_device>(image{t.bytes}),
                          {.script = {{device_call::read, nth}}}};
    const auto found = found_on(failing);
    BOOST_TEST_REQUIRE(!found.empty());
    if (found.size() == 1 && found.front().starts_with("corrupt")) {
      BOOST_TEST_REQUIRE(last.size() == 1U);
      BOOST_TEST(last.front().starts_with("io_error"), last.front());
      return;
    }
    last = found;
  }
  BOOST_FAIL("it never comes to an end");
}

BOOST_AUTO_TEST_CASE(a_store_that_runs_is_not_taken_for_damaged) {
  // Blocks and checkpoints come and go between any two steps, and take the pages of those before.
  for (int every = 1; every <= 12; ++every) {
    memory_device device{new_store()};
    auto store = store_builder::open(device, session::small());
    REQUIRE_OK(store);
    const auto go_on = [&](int step) {
      std::vector<change> changes;
      for (int i = 0; i < 60; ++i)
        changes.push_back(put(std::string(200, 'n') + std::to_string((step * 7 + i) % 90),
                              std::string(300, static_cast<char>('a' + step % 26))));
      REQUIRE_OK(store->commit(changes));
      REQUIRE_OK(store->checkpoint());
    };
    for (int step = 0; step < 6; ++step) go_on(step);
    metadata_check check{store->position().last};
    int steps = 0;
    while (!check.is_over() && steps < 300) {
      REQUIRE_OK(check.step(device));
      if (++steps % every == 0 && steps < 150)
        for (int more = 0; more < 3; ++more) go_on(steps + more);
    }
    BOOST_TEST(check.is_over());
    BOOST_TEST(check.found().empty(), "changed every " << every << " steps");
  }
}

BOOST_AUTO_TEST_CASE(one_that_is_overtaken_for_ever_gives_up) {
  memory_device device{new_store()};
  auto store = store_builder::open(device, session::small());
  REQUIRE_OK(store);
  REQUIRE_OK(store->commit({put("a", "1")}));
  metadata_check check{};
  // Whatever was elected is damaged, and another root named, before the next page is read.
  for (int steps = 0; steps < 1000; ++steps) {
    const auto elected = store->sb().current.manifest;
    const auto step = check.step(device);
    if (!step) {
      BOOST_TEST(step.error().code == errc::overloaded);
      BOOST_TEST(steps > 150);
      return;
    }
    const auto damage = as_bytes("damage");
    REQUIRE_OK(device.write(elected.offset, {&damage, 1}));
    REQUIRE_OK(store->commit({put("a", "2")}));
    REQUIRE_OK(store->checkpoint());
  }
  BOOST_FAIL("it never gives up");
}

BOOST_AUTO_TEST_SUITE_END()
