#include <stowage/storage/cache/payload_cache.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/tests/support/test_size.hpp>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

payload_key key(std::uint64_t ver, std::uint64_t offset = 4096, std::uint64_t length = 100) {
  return {version{ver}, {offset, length}};
}

/// Of so many bytes that say which key they are of.
shared_bytes payload_of(const payload_key& k, std::size_t size) {
  std::string text = std::to_string(k.ver.value) + ":" + std::to_string(k.where.offset) + ":" +
                     std::to_string(k.where.length) + ";";
  while (text.size() < size) text += text;
  text.resize(size);
  return shared_bytes{std::move(text)};
}

bool has(payload_cache& cache, std::uint64_t ver) { return cache.find(key(ver)).has_value(); }

/// Room for this many payloads of 1000 bytes, in one shard.
payload_cache room_for(std::uint64_t payloads) {
  return payload_cache{payloads * (1000 + payload_cache::entry_overhead())};
}

void insert(payload_cache& cache, std::uint64_t ver) {
  cache.insert(key(ver), payload_of(key(ver), 1000));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(payload_caches)

BOOST_AUTO_TEST_CASE(gives_the_very_payload_that_was_put_in) {
  payload_cache cache{limits::mib};
  const auto kept = payload_of(key(1), 1000);
  BOOST_TEST(!cache.find(key(1)));
  cache.insert(key(1), kept);
  const auto found = cache.find(key(1));
  BOOST_REQUIRE(found);
  BOOST_TEST(found->data() == kept.data());
  BOOST_TEST(found->size() == kept.size());
  const auto count = cache.count();
  BOOST_TEST(count.hits == 1U);
  BOOST_TEST(count.misses == 1U);
  BOOST_TEST(count.entries == 1U);
  BOOST_TEST(count.bytes == 1000 + payload_cache::entry_overhead());
}

BOOST_AUTO_TEST_CASE(each_part_of_a_key_counts) {
  payload_cache cache{limits::mib};
  cache.insert(key(7, 4096, 100), payload_of(key(7), 100));
  BOOST_TEST(!cache.find(key(8, 4096, 100)));
  BOOST_TEST(!cache.find(key(7, 8192, 100)));
  BOOST_TEST(!cache.find(key(7, 4096, 101)));
  BOOST_TEST(cache.find(key(7, 4096, 100)).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_there_already_stays) {
  payload_cache cache{limits::mib};
  const auto first = payload_of(key(1), 1000);
  cache.insert(key(1), first);
  cache.insert(key(1), payload_of(key(1), 1000));
  BOOST_TEST(cache.find(key(1))->data() == first.data());
  BOOST_TEST(cache.count().entries == 1U);
}

BOOST_AUTO_TEST_CASE(off_it_keeps_and_counts_nothing) {
  payload_cache cache{0};
  BOOST_TEST(!cache.is_on());
  BOOST_TEST(cache.payload_bytes_max() == 0U);
  insert(cache, 1);
  cache.insert(key(2), {});
  BOOST_TEST(!has(cache, 1));
  BOOST_TEST(!has(cache, 2));
  const auto count = cache.count();
  BOOST_TEST(count.hits + count.misses + count.entries + count.bytes == 0U);
}

BOOST_AUTO_TEST_CASE(a_payload_that_would_drive_out_too_much_is_not_kept) {
  payload_cache cache{16 * limits::mib};
  const auto max = cache.payload_bytes_max();
  cache.insert(key(1), payload_of(key(1), max));
  cache.insert(key(2), payload_of(key(2), max + 1));
  BOOST_TEST(has(cache, 1));
  BOOST_TEST(!has(cache, 2));
}

BOOST_AUTO_TEST_CASE(a_cache_too_small_for_an_entry_stays_empty) {
  for (std::uint64_t bytes = 1; bytes < payload_cache::entry_overhead(); bytes += 7) {
    payload_cache cache{bytes};
    cache.insert(key(1), payload_of(key(1), 1));
    cache.insert(key(2), {});
    BOOST_TEST(cache.count().entries == 0U);
  }
}

BOOST_AUTO_TEST_CASE(what_goes_is_freed) {
  auto cache = room_for(10);
  std::vector<std::weak_ptr<const std::string>> kept;
  for (std::uint64_t i = 0; i < 100; ++i) {
    auto owner = std::make_shared<const std::string>(1000, 'x');
    kept.push_back(owner);
    cache.insert(key(i), shared_bytes{owner, as_bytes(*owner)});
  }
  BOOST_TEST(std::ranges::count_if(kept, [](const auto& p) { return !p.expired(); }) == 10);
  BOOST_TEST(cache.count().entries == 10U);
}

BOOST_AUTO_TEST_CASE(what_is_removed_is_freed_and_makes_room) {
  payload_cache cache{limits::mib};
  BOOST_TEST(!cache.remove(key(1)));
  std::vector<std::weak_ptr<const std::byte[]>> payloads;
  for (std::uint64_t i = 0; i < 100; ++i) {
    std::shared_ptr<const std::byte[]> owner = std::make_shared<std::byte[]>(4096);
    payloads.emplace_back(owner);
    const byte_view view{owner.get(), 4096};
    cache.insert(key(i), shared_bytes{std::move(owner), view});
  }
  // From the middle, both ends, and those that were used.
  for (const std::uint64_t i : {50U, 51U, 0U, 99U, 1U, 98U}) {
    (void)cache.find(key(i));
    BOOST_TEST(cache.remove(key(i)));
    BOOST_TEST(payloads[i].expired());
    BOOST_TEST(!cache.find(key(i)));
  }
  const auto count = cache.count();
  BOOST_TEST(count.entries == 94U);
  BOOST_TEST(count.bytes == 94 * (4096 + payload_cache::entry_overhead()));
  for (std::uint64_t i = 2; i < 98; ++i)
    if (i != 50 && i != 51) BOOST_TEST(cache.remove(key(i)));
  BOOST_TEST(cache.count().bytes == 0U);
  cache.insert(key(7), payload_of(key(7), 100));
  BOOST_TEST((cache.find(key(7))->text() == payload_of(key(7), 100).text()));
}

BOOST_AUTO_TEST_CASE(a_payload_in_use_outlives_its_entry) {
  auto cache = room_for(8);
  insert(cache, 0);
  const auto held = cache.find(key(0));
  for (std::uint64_t i = 1; i < 1000; ++i) insert(cache, i);
  BOOST_TEST(!has(cache, 0));
  BOOST_TEST(held->text() == payload_of(key(0), 1000).text());
}

BOOST_AUTO_TEST_CASE(reading_everything_once_leaves_what_is_in_use) {
  auto cache = room_for(100);
  for (std::uint64_t i = 0; i < 50; ++i) insert(cache, i);
  for (int times = 0; times < 2; ++times)
    for (std::uint64_t i = 0; i < 50; ++i) BOOST_TEST(has(cache, i));
  for (std::uint64_t i = 1000; i < 11'000; ++i) {
    BOOST_TEST(!has(cache, i));
    insert(cache, i);
  }
  for (std::uint64_t i = 0; i < 50; ++i) BOOST_TEST(has(cache, i));
}

BOOST_AUTO_TEST_CASE(what_is_missed_soon_after_it_went_stays_the_next_time) {
  auto cache = room_for(100);
  // Full of what is in use, so that what is new has a tenth of the room.
  for (std::uint64_t i = 0; i < 100; ++i) {
    insert(cache, i);
    (void)has(cache, i);
    (void)has(cache, i);
  }
  const auto pass_by = [&](std::uint64_t first) {
    for (std::uint64_t i = first; i < first + 50; ++i) insert(cache, i);
  };
  insert(cache, 1000);
  pass_by(2000);
  BOOST_TEST(!has(cache, 1000));
  insert(cache, 1000);
  pass_by(3000);
  BOOST_TEST(has(cache, 1000));
  // What went long ago is new again.
  insert(cache, 4000);
  for (std::uint64_t first = 10'000; first < 20'000; first += 50) pass_by(first);
  insert(cache, 4000);
  pass_by(5000);
  BOOST_TEST(!has(cache, 4000));
}

BOOST_AUTO_TEST_CASE(what_was_in_use_and_no_longer_is_goes) {
  auto cache = room_for(100);
  for (std::uint64_t i = 0; i < 100; ++i) insert(cache, i);
  for (int times = 0; times < 5; ++times)
    for (std::uint64_t i = 0; i < 100; ++i) (void)has(cache, i);
  for (std::uint64_t round = 1; round < 20; ++round)
    for (std::uint64_t i = 0; i < 100; ++i) {
      const auto ver = round < 10 ? 1000 + i : 2000 + i;
      if (!has(cache, ver)) insert(cache, ver);
    }
  std::size_t left = 0;
  for (std::uint64_t i = 0; i < 100; ++i) left += has(cache, i) ? 1 : 0;
  BOOST_TEST(left == 0U);
}

BOOST_AUTO_TEST_CASE(what_it_counts_is_no_less_than_what_it_takes) {
  constexpr std::uint64_t payloads = 50'000;
  for (const std::size_t size : {1U, 100U, 4096U}) {
    const auto before = ::mallinfo2();
    payload_cache cache{limits::gib};
    for (std::uint64_t i = 0; i < payloads; ++i) {
      auto owner = std::make_shared_for_overwrite<std::byte[]>(size);
      std::memset(owner.get(), 0, size);
      const byte_view view{owner.get(), size};
      cache.insert(key(i), shared_bytes{std::move(owner), view});
    }
    const auto after = ::mallinfo2();
    BOOST_TEST(cache.count().entries == payloads);
    // An allocator of a sanitizer counts elsewhere.
    if (after.uordblks + after.hblkhd == before.uordblks + before.hblkhd) return;
    BOOST_TEST(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd <=
               cache.count().bytes);
  }
}

BOOST_AUTO_TEST_CASE(agrees_with_a_map_of_all_that_was_put_in) {
  const bool ok = rc::check("any sequence of inserts, finds and removals", [] {
    const auto bytes_max = *rc::gen::inRange<std::uint64_t>(1, 200'000);
    const auto keys = *rc::gen::inRange<std::uint64_t>(1, 300);
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const auto steps = *rc::gen::inRange(0, 3000);
    payload_cache cache{bytes_max};
    std::mt19937_64 random{seed};
    std::map<std::uint64_t, shared_bytes> inserted;
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    for (int i = 0; i < steps; ++i) {
      const auto k = key(random() % keys, 4096 * (1 + random() % 2));
      const auto id = k.ver.value * 2 + k.where.offset / 8192;
      if (random() % 8 == 0) {
        const bool was_there = cache.remove(k);
        RC_ASSERT(!cache.find(k));
        ++misses;
        if (was_there) RC_ASSERT(inserted.erase(id) == 1);
        RC_ASSERT(!cache.remove(k));
      } else if (random() % 2 == 0) {
        auto value = payload_of(k, random() % 5000);
        // As long as it is there, what was put in first stays.
        const auto before = cache.find(k);
        before ? ++hits : ++misses;
        if (before) RC_ASSERT(before->data() == inserted[id].data());
        if (!before) inserted[id] = value;
        cache.insert(k, std::move(value));
      } else {
        const auto found = cache.find(k);
        found ? ++hits : ++misses;
        if (found) RC_ASSERT(found->data() == inserted[id].data());
        if (found) RC_ASSERT(found->text() == payload_of(k, found->size()).text());
      }
      RC_ASSERT(cache.count().bytes <= bytes_max);
    }
    const auto count = cache.count();
    RC_ASSERT(count.hits == hits);
    RC_ASSERT(count.misses == misses);
    // What is counted is what can be found.
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    for (std::uint64_t ver = 0; ver < keys; ++ver)
      for (const std::uint64_t offset : {4096U, 8192U})
        if (const auto found = cache.find(key(ver, offset))) {
          ++entries;
          bytes += found->size() + payload_cache::entry_overhead();
        }
    RC_ASSERT(count.entries == entries);
    RC_ASSERT(count.bytes == bytes);
  });
  BOOST_TEST(ok);
}

BOOST_AUTO_TEST_CASE(threads_find_what_belongs_to_the_key_within_the_bound) {
  constexpr std::uint64_t bytes_max = 32 * limits::mib;
  payload_cache cache{bytes_max};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> found_any{0};
  const auto steps = by_size(40'000, 400'000, 4'000'000);
  const auto work = [&](std::uint64_t seed) {
    std::mt19937_64 random{seed};
    std::uint64_t found = 0;
    for (int i = 0; i < steps; ++i) {
      // Some are asked for much more often than others.
      const auto k = key(random() % 2 == 0 ? random() % 200 : random() % 20'000);
      const auto size = 100 + k.ver.value * 7919 % 6000;
      if (i % 16 == 0) (void)cache.remove(key(random() % 200));
      if (const auto there = cache.find(k)) {
        ++found;
        if (there->size() != size || there->text() != payload_of(k, size).text()) ++wrong;
      } else {
        cache.insert(k, payload_of(k, size));
      }
      if (i % 256 == 0 && cache.count().bytes > bytes_max) ++wrong;
    }
    found_any += found;
  };
  std::vector<std::thread> threads;
  for (std::uint64_t t = 1; t <= 4; ++t) threads.emplace_back(work, t);
  for (auto& t : threads) t.join();
  BOOST_TEST(wrong == 0U);
  BOOST_TEST(found_any > static_cast<std::uint64_t>(steps));
  const auto count = cache.count();
  BOOST_TEST(count.hits == found_any);
  BOOST_TEST(count.hits + count.misses == 4 * static_cast<std::uint64_t>(steps));
}

BOOST_AUTO_TEST_SUITE_END()
