#include <stowage/storage/snapshot_copy.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/tests/storage/recovery/damaged_image.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

struct copying {
  explicit copying(const session& from) : source{from.bytes()} {
    auto opened = recover(source, store_access::read_only);
    REQUIRE_OK(opened);
    state = *std::move(opened);
  }

  result<void> run(std::uint64_t slice_bytes, block_device& target) {
    auto to = store_copy::begin(target, {{}, 3, {4, 5}});
    if (!to) return std::move(to).error();
    snapshot_copy tour{state.index.snapshot(), state.sb.hash_seed, *to};
    BOOST_TEST(tour.total() == state.index.size());
    while (!tour.is_over()) {
      ++steps;
      auto done = tour.step(source, slice_bytes, [this](const failure& f) { lost.push_back(f); });
      if (!done) return done;
    }
    return to->finish(state.last_version);
  }

  memory_device source;
  recovered_store state;
  std::vector<failure> lost;
  int steps = 0;
};

session with_blocks() {
  session s;
  s.commit(
      {put("a", std::string(3000, 'a'), 77), put("b", std::string(70'000, 'b')), put("c", "")});
  s.commit({put("d", "1"), erase("a"), put("a", "again")});
  return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(snapshot_copies)

BOOST_AUTO_TEST_CASE(everything_is_copied_in_steps_of_any_size) {
  const auto s = with_blocks();
  for (const std::uint64_t slice : {std::uint64_t{1}, std::uint64_t{5000}, limits::mib}) {
    copying c{s};
    memory_device target;
    REQUIRE_OK(c.run(slice, target));
    BOOST_TEST(c.lost.empty());
    BOOST_TEST((slice == limits::mib) == (c.steps == 1));
    const auto copy = target.image();
    BOOST_TEST(open_to_read(copy).complaint(s.state()) == "");
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_told_and_left_out) {
  const auto s = with_blocks();
  copying c{s};
  const auto place = c.state.index.find("b")->chunks().front().where.offset;
  const auto rotten = std::byte{1};
  const byte_view bytes{&rotten, 1};
  BOOST_REQUIRE(c.source.write(place + 50'000, {&bytes, 1}).ok());
  memory_device target;
  REQUIRE_OK(c.run(limits::mib, target));
  BOOST_REQUIRE(c.lost.size() == 1U);
  BOOST_TEST(c.lost[0].code == errc::corrupt_block);
  BOOST_TEST(c.lost[0].name == "b");
  BOOST_TEST(c.lost[0].offset.value_or(0) == place);
  auto rest = s.state();
  rest.erase("b");
  const auto copy = target.image();
  BOOST_TEST(open_to_read(copy).complaint(rest) == "");
}

BOOST_AUTO_TEST_CASE(a_target_that_fails_ends_it) {
  session s;
  s.commit({put("a", std::string(9 * limits::mib, 'a'))});
  s.commit({put("b", std::string(9 * limits::mib, 'b'))});
  copying c{s};
  memory_device target{12 * limits::mib};
  BOOST_TEST(code_of(c.run(limits::gib, target)) == errc::no_space);
  BOOST_TEST(c.steps == 1);
}

BOOST_AUTO_TEST_SUITE_END()
