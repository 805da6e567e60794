#include <boost/test/unit_test.hpp>

#include <stowage/storage/format/checkpoint_page.hpp>
#include <stowage/tests/storage/format/format_samples.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::uint64_t place = 77 * page_size;

constexpr std::size_t number_at = 8;
constexpr std::size_t count_at = 16;
constexpr std::size_t body_bytes_at = 20;
constexpr std::size_t body_at = 24;

std::vector<owned_op> random_entries(random_source& random, std::size_t count) {
  std::map<std::string, owned_op> sorted;
  while (sorted.size() < count) {
    auto o = random_op(random, op_kind::put);
    sorted.insert_or_assign(o.name, std::move(o));
  }
  std::vector<owned_op> entries;
  for (auto& [name, o] : sorted) entries.push_back(std::move(o));
  return entries;
}

owned_op named(std::string name) {
  owned_op o;
  o.name = std::move(name);
  o.value.ver = version{1};
  return o;
}

// A page of entries in whatever order, as the builder would never make one.
std::vector<std::byte> forged(const std::vector<owned_op>& entries, std::uint64_t number = 0) {
  std::vector<std::byte> body;
  byte_writer ops{body};
  for (const auto& e : entries) encode_op(ops, e.get());
  std::vector<std::byte> page;
  byte_writer{page}
      .number(layout::checkpoint_page_magic)
      .number(number)
      .number(static_cast<std::uint32_t>(entries.size()))
      .number(static_cast<std::uint32_t>(body.size()))
      .bytes(body);
  page.resize(round_up_to_page(page.size()));
  return page;
}

result<void> decode(byte_view page, std::uint64_t number = 0) {
  return decode_checkpoint_page(page, place, number, [](const op&) { return result<void>{}; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoint_page_suite)

BOOST_AUTO_TEST_CASE(what_is_added_is_visited_in_order) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      random_source random{seed};
      const auto entries = random_entries(random, 1 + below(random, 100));
      checkpoint_page_builder builder{seed};
      BOOST_CHECK(builder.empty());
      for (const auto& e : entries) {
        BOOST_REQUIRE(builder.fits(e.get()));
        builder.add(e.get());
      }
      BOOST_CHECK(!builder.empty());
      BOOST_CHECK_EQUAL(builder.entry_count(), entries.size());
      BOOST_CHECK(builder.first_name() == entries.front().name);
      const auto page = builder.finish();
      BOOST_CHECK(is_page_aligned(page.size()));

      std::size_t visited = 0;
      const auto done =
          decode_checkpoint_page(page.bytes(), place, seed, [&](const op& o) -> result<void> {
            BOOST_REQUIRE_LT(visited, entries.size());
            BOOST_CHECK(is_same(o, entries[visited].get()));
            ++visited;
            return {};
          });
      BOOST_CHECK(done.ok());
      BOOST_CHECK_EQUAL(visited, entries.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(the_fields_stand_where_the_format_says) {
  checkpoint_page_builder builder{0x0102030405060708};
  builder.add(named("a").get());
  builder.add(named("b").get());
  const auto page = builder.finish();
  BOOST_CHECK_EQUAL(page.size(), page_size);
  BOOST_CHECK(as_text(page.bytes().first(8)) == std::string_view("\xd2STOWC\x1a\n"));
  BOOST_CHECK_EQUAL(load_le<std::uint64_t>(page.bytes(), number_at), 0x0102030405060708U);
  BOOST_CHECK_EQUAL(load_le<std::uint32_t>(page.bytes(), count_at), 2U);
  BOOST_CHECK_EQUAL(load_le<std::uint32_t>(page.bytes(), body_bytes_at), 2U * 33U);
  BOOST_CHECK_EQUAL(load_le<std::uint8_t>(page.bytes(), body_at), 1U);
}

BOOST_AUTO_TEST_CASE(a_page_takes_what_fits_into_64_kib) {
  checkpoint_page_builder builder{0};
  std::uint32_t added = 0;
  // 32 + 4 bytes each.
  for (;; ++added) {
    auto name = std::to_string(10'000 + added).substr(1);
    const auto o = named(name);
    if (!builder.fits(o.get())) {
      BOOST_CHECK_THROW(builder.add(o.get()), invariant_violation);
      break;
    }
    builder.add(o.get());
  }
  BOOST_CHECK_EQUAL(added, (65'536U - 24U) / 36U);
  const auto page = builder.finish();
  BOOST_CHECK_EQUAL(page.size(), 65'536U);
  BOOST_CHECK(decode(page.bytes()).ok());
}

BOOST_AUTO_TEST_CASE(a_page_may_be_full_to_its_last_byte) {
  checkpoint_page_builder builder{0};
  auto left = std::size_t{65'536 - 24};
  for (char c = 'a'; left > 0; ++c) {
    const auto bytes = std::min<std::size_t>(left, 32 + 1000);
    builder.add(named(c + std::string(bytes - 33, 'x')).get());
    left -= bytes;
    if (left > 0 && left < 33 + 32) break;  // cannot be: 65'512 = 63 * 1032 + 496
  }
  BOOST_CHECK_EQUAL(left, 0U);
  BOOST_CHECK_EQUAL(builder.finish().size(), 65'536U);
  BOOST_CHECK(!builder.fits(named("\xff").get()));
}

BOOST_AUTO_TEST_CASE(an_entry_larger_than_a_page_stands_alone) {
  auto big = named(std::string(1024, 'b'));
  for (std::uint64_t i = 0; i < limits::chunks_per_block_max; ++i)
    big.chunks.push_back({{layout::data_start + 2 * i * page_size, page_size}, {i, i}});
  big.value.value_length = limits::value_bytes_max;

  checkpoint_page_builder after_small{0};
  after_small.add(named("a").get());
  BOOST_CHECK(!after_small.fits(big.get()));

  checkpoint_page_builder builder{3};
  BOOST_REQUIRE(builder.fits(big.get()));
  builder.add(big.get());
  BOOST_CHECK(!builder.fits(named("c").get()));
  const auto page = builder.finish();
  BOOST_CHECK_EQUAL(page.size(), round_up_to_page(24 + 32 + 1024 + 16'384 * 28));
  BOOST_CHECK_EQUAL(page.size(), layout::checkpoint_page_bytes_max);
  int visited = 0;
  BOOST_CHECK(decode_checkpoint_page(page.bytes(), place, 3, [&](const op& o) -> result<void> {
                ++visited;
                BOOST_CHECK(is_same(o, big.get()));
                return {};
              }).ok());
  BOOST_CHECK_EQUAL(visited, 1);
}

BOOST_AUTO_TEST_CASE(names_must_ascend) {
  checkpoint_page_builder builder{0};
  builder.add(named("b").get());
  BOOST_CHECK_THROW(builder.add(named("b").get()), invariant_violation);
  BOOST_CHECK_THROW(builder.add(named("a").get()), invariant_violation);
  auto gone = named("c");
  gone.value.kind = op_kind::del;
  BOOST_CHECK_THROW(builder.add(gone.get()), invariant_violation);

  BOOST_CHECK(decode(forged({named("a"), named("b")})).ok());
  check_fails_at(decode(forged({named("b"), named("a")})), errc::corrupt, place, "out of order");
  check_fails_at(decode(forged({named("a"), named("a")})), errc::corrupt, place, "out of order");
  // By unsigned bytes, and a prefix first.
  BOOST_CHECK(decode(forged({named("a"), named(std::string("a\0", 2)), named("\x80")})).ok());
  check_fails(decode(forged({named("\x80"), named("a")})), errc::corrupt, "out of order");
}

BOOST_AUTO_TEST_CASE(only_puts_stand_in_a_page) {
  for (const auto kind : {op_kind::del, op_kind::relocate}) {
    auto other = named("b");
    other.value.kind = kind;
    check_fails_at(decode(forged({named("a"), other})), errc::corrupt, place, "out of order");
  }
}

BOOST_AUTO_TEST_CASE(another_page_never_passes_for_the_right_one) {
  const auto page = forged({named("a")}, 5);
  BOOST_CHECK(decode(page, 5).ok());
  check_fails_at(decode(page, 4), errc::corrupt, place, "another page");
  auto other = page;
  flip(other, 0, 1);
  check_fails_at(decode(other, 5), errc::corrupt, place, "another page");
  check_fails(decode(std::vector<std::byte>(4096), 0), errc::corrupt, "another page");
}

BOOST_AUTO_TEST_CASE(counts_that_lie_are_refused) {
  const auto page = forged({named("a"), named("b")});
  auto lie = page;
  store_le(lie, count_at, std::uint32_t{1});
  check_fails_at(decode(lie), errc::corrupt, place, "more than its entries");
  for (const auto count : {std::uint32_t{3}, UINT32_MAX}) {
    lie = page;
    store_le(lie, count_at, count);
    check_fails_at(decode(lie), errc::corrupt, place + body_at + 2 * 33, "cut short");
  }
  for (const auto bytes : {std::uint32_t{4096 - 23}, UINT32_MAX}) {
    lie = page;
    store_le(lie, body_bytes_at, bytes);
    check_fails_at(decode(lie), errc::corrupt, place, "cut short");
  }
  lie = page;
  store_le(lie, body_bytes_at, std::uint32_t{65});
  check_fails_at(decode(lie), errc::corrupt, place + body_at + 33, "cut short");
  for (std::size_t size = 0; size < body_at + 2 * 33; ++size)
    check_fails_at(decode(byte_view{page}.first(size)), errc::corrupt, place, "cut short");
}

BOOST_AUTO_TEST_CASE(what_visit_fails_with_is_the_answer) {
  int visited = 0;
  const auto page = forged({named("a"), named("b"), named("c")});
  const auto done = decode_checkpoint_page(page, place, 0, [&](const op&) -> result<void> {
    if (++visited == 2) return fail(errc::no_space, "stop");
    return {};
  });
  check_fails(done, errc::no_space, "stop");
  BOOST_CHECK_EQUAL(visited, 2);
}

BOOST_AUTO_TEST_SUITE_END()
