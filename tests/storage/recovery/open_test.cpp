#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/tests/storage/recovery/damaged_image.hpp>
#include <stowage/tests/storage/recovery/workload.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <tuple>
#include <vector>

using namespace stowage;
using namespace stowage::test;

// What is not, not any more, or not yet a store of ours; and a device that failed under one.

namespace {

constexpr std::array both_ways{store_access::read_only, store_access::read_write};

image random_bytes(std::uint64_t seed, std::size_t size) {
  std::mt19937_64 chance{seed};
  image bytes(size);
  for (auto& b : bytes) b = static_cast<std::byte>(chance());
  return bytes;
}

/// Name, version, value's place and checksums of every block.
std::vector<std::tuple<std::string, version, std::vector<chunk>>> blocks_of(
    const block_index& index) {
  std::vector<std::tuple<std::string, version, std::vector<chunk>>> all;
  index.for_each_from({}, [&](const block_ref& b) {
    all.emplace_back(b->name(), b->ver(),
                     std::vector<chunk>{b->chunks().begin(), b->chunks().end()});
    return true;
  });
  return all;
}

session some_store() {
  session s;
  s.commit({put("a", "1"), put("b", std::string(70'000, 'b'))});
  s.checkpoint();
  s.commit({put("c", "3")});
  return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(opening)

BOOST_AUTO_TEST_CASE(foreign_files_are_refused_and_left_alone) {
  const std::map<std::string, image> foreign{{"empty", {}},
                                             {"one byte", image(1)},
                                             {"zeros", image(limits::mib)},
                                             {"random", random_bytes(3, limits::mib)},
                                             {"short random", random_bytes(4, 5000)},
                                             {"text", image(200'000, std::byte{'x'})},
                                             {"the first bytes of a magic", [] {
                                                const auto s = new_store();
                                                return image(s.begin(), s.begin() + 15);
                                              }()}};
  for (const auto& [what, bytes] : foreign)
    for (const auto access : both_ways) {
      opened_image o{bytes, access};
      BOOST_TEST(o.code() == errc::not_a_store, what);
      BOOST_TEST((o.device.image() == bytes), what);
    }
}

BOOST_AUTO_TEST_CASE(a_truncated_store_says_so_at_every_length) {
  auto s = some_store();
  s.close();
  const auto whole = s.bytes();
  std::vector<std::uint64_t> lengths{16,
                                     17,
                                     359,
                                     360,
                                     4080,
                                     4095,
                                     4096,
                                     4097,
                                     65'535,
                                     65'536,
                                     65'537,
                                     69'631,
                                     69'632,
                                     131'071,
                                     131'072,
                                     131'073,
                                     135'168,
                                     whole.size() - 1,
                                     whole.size() - 4096};
  for (std::uint64_t at = 200'000; at < whole.size(); at += 123'457) lengths.push_back(at);
  for (const auto length : lengths) {
    const image cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)};
    for (const auto access : both_ways) {
      opened_image o{cut, access};
      BOOST_TEST(o.code() == errc::corrupt, length);
      BOOST_TEST(why(o.store).find("truncated") != std::string::npos,
                 length << ": " << why(o.store));
      BOOST_TEST((o.device.image() == cut), length);
    }
  }
}

BOOST_AUTO_TEST_CASE(recovering_twice_gives_the_same) {
  for (std::uint64_t seed = 1; seed <= by_size<std::uint64_t>(10, 50, 1000); ++seed) {
    workload work{seed};
    life l{new_store(seed), lsn{}, {}, work.habits()};
    work.live(l, 12);
    image bytes(l.device().size());
    REQUIRE_OK(read_exactly(l.device(), 0, bytes, read_mode::cached));
    // As a power loss in the middle of the last group may leave it.
    const auto records = records_of(bytes);
    if (seed % 2 == 0 && !records.empty() &&
        records.back().header.number > newest_superblock(bytes).fence)
      flip(bytes, records.back().offset + 40);
    auto offered = open_to_read(bytes);
    BOOST_REQUIRE_MESSAGE(offered.store.ok(), "seed " << seed << ": " << why(offered.store));
    auto first = open_to_write(bytes);
    REQUIRE_OK(first.store);
    const auto fenced = first.device.image();
    auto second = open_to_write(fenced);
    REQUIRE_OK(second.store);
    for (const auto* again : {&offered.store, &second.store}) {
      BOOST_TEST((blocks_of((*again)->index) == blocks_of(first.store->index)), "seed " << seed);
      BOOST_TEST(((*again)->position == first.store->position), "seed " << seed);
      BOOST_TEST(((*again)->kept_areas == first.store->kept_areas), "seed " << seed);
      BOOST_TEST(((*again)->space.stats() == first.store->space.stats()), "seed " << seed);
    }
    // What was dropped the first time is gone for good.
    BOOST_TEST(!second.store->dropped.has_value(), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(a_longer_file_is_no_matter) {
  auto s = some_store();
  auto bytes = s.bytes();
  for (const std::size_t more : {1U, 511U, 4096U, 100'001U}) {
    auto longer = bytes;
    longer.resize(bytes.size() + more, std::byte{0x77});
    BOOST_TEST(open_to_write(longer).complaint(s.state()) == "", more);
  }
}

BOOST_AUTO_TEST_CASE(a_file_larger_than_any_store_is_damaged) {
  const auto s = some_store();
  const auto bytes = s.bytes();
  overlay_device largest{bytes, limits::file_bytes_max};
  BOOST_TEST(code_of(recover(largest, store_access::read_only)) == errc::none);
  overlay_device larger{bytes, limits::file_bytes_max + 1};
  for (const auto access : both_ways) {
    const auto got = recover(larger, access);
    BOOST_TEST(code_of(got) == errc::corrupt);
    BOOST_TEST(got.error().detail == "larger than any store");
    BOOST_TEST(got.error().offset.value() == limits::file_bytes_max);
  }
}

BOOST_AUTO_TEST_CASE(features) {
  const auto s = some_store();
  const auto with = [&](const std::function<void(superblock&)>& edit) {
    auto bytes = s.bytes();
    edit_superblock(bytes, edit);
    return bytes;
  };
  const auto incompatible = with([](superblock& sb) { sb.feature_incompat = 4; });
  auto newer = s.bytes();
  {
    const auto slot =
        part(newer, layout::superblock_offset[newest_superblock(newer).slot()], page_size);
    store_le(slot, 16, std::uint16_t{2});
    const auto sum = checksum(slot.first(layout::superblock_hash_at), 0);
    store_le(slot, layout::superblock_hash_at, sum.low);
    store_le(slot, layout::superblock_hash_at + 8, sum.high);
  }
  for (const auto& bytes : {incompatible, newer})
    for (const auto access : both_ways) {
      opened_image o{bytes, access};
      BOOST_TEST(o.code() == errc::unsupported_version);
      BOOST_TEST((o.device.image() == bytes));
    }

  const auto read_only = with([](superblock& sb) { sb.feature_ro_compat = 1; });
  BOOST_TEST(open_to_write(read_only).code() == errc::read_only);
  BOOST_TEST(open_to_read(read_only).complaint(s.state()) == "");

  const auto compatible = with([](superblock& sb) { sb.feature_compat = 0x80; });
  auto kept = open_to_write(compatible);
  BOOST_TEST(kept.complaint(s.state()) == "");
  BOOST_TEST(newest_superblock(kept.device.image()).feature_compat == 0x80U);
}

BOOST_AUTO_TEST_CASE(an_op_of_a_newer_format_is_not_a_torn_tail) {
  session s;
  s.commit({put("a", "1")});
  auto bytes = s.bytes();
  auto records = records_of(bytes);
  records.back().body.at(2) = std::byte{1};  // a flag
  put_records(bytes, records);
  BOOST_TEST(open_to_write(bytes).code() == errc::unsupported_version);
  BOOST_TEST(open_to_read(bytes).code() == errc::unsupported_version);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(failed_devices)

BOOST_AUTO_TEST_CASE(what_is_served_after_a_failed_sync_survives_the_power_loss_after_it) {
  // The cache goes on showing what the disk does not hold; a recovery in the same machine must not
  // build on it.
  const auto seeds = by_size<std::uint64_t>(60, 600, 10'000);
  std::uint64_t diverged = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    workload work{seed};
    fault_plan plan;
    plan.seed = seed;
    // Three syncs belong to the opening.
    plan.script.push_back({device_call::sync, 4 + work.below(6), EIO, false});
    faulty_device device{std::make_unique<memory_device>(new_store(seed)), plan};
    auto store = store_builder::open(device, work.habits());
    REQUIRE_OK(store);
    std::map<lsn, store_state> states{{lsn{}, {}}};
    store_state state;
    for (;;) {
      const auto next = store->last_version().next();
      if (work.below(4) == 0 && !store->has_checkpoint_under_way()) store->begin_checkpoint();
      auto changes = work.group(state);
      std::erase_if(changes, [](const change& c) { return c.kind == op_kind::relocate; });
      state = after(std::move(state), changes, next);
      const auto committed = store->commit(changes);
      states[store->position().last] = state;
      if (!committed) break;
    }
    auto served = recover(device, store_access::read_write);
    BOOST_REQUIRE_MESSAGE(served.ok(), "seed " << seed << ": " << why(served));
    const auto at = served->position.last;
    BOOST_TEST(at.value + 1 >= store->position().last.value, "seed " << seed);
    diverged += at < store->position().last ? 1 : 0;
    BOOST_TEST(complaint_about(*served, device, states.at(at)) == "", "seed " << seed);
    device.lose_power();
    const auto later = recover(device, store_access::read_write);
    BOOST_REQUIRE_MESSAGE(later.ok(), "seed " << seed << ": " << why(later));
    BOOST_TEST(later->position.last == at, "seed " << seed);
    BOOST_TEST(complaint_about(*later, device, states.at(at)) == "", "seed " << seed);
  }
  BOOST_TEST(diverged > 0U);
}

BOOST_AUTO_TEST_CASE(every_failing_call_is_an_io_error) {
  // R10: whichever read, write or sync of a recovery fails, it is told, and the next recovery is well.
  auto s = some_store();
  s.checkpoint();
  // A record larger than what is read ahead.
  s.fill(1500 * limits::kib);
  s.commit({put("d", "4")});
  for (const auto call : {device_call::read, device_call::write, device_call::sync})
    for (std::uint64_t nth = 1;; ++nth) {
      fault_plan plan;
      plan.script.push_back({call, nth, EIO, false});
      faulty_device device{std::make_unique<memory_device>(s.bytes()), plan};
      const auto got = recover(device, store_access::read_write);
      if (got.ok()) {
        BOOST_TEST(nth > 1U);
        break;
      }
      BOOST_TEST(got.error().code == errc::io_error, name_of(call) << " " << nth);
      const auto next = recover(device, store_access::read_write);
      BOOST_REQUIRE(next.ok());
      BOOST_TEST(complaint_about(*next, device, s.state()) == "");
    }
}

BOOST_AUTO_TEST_SUITE_END()
