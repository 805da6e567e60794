#include <boost/test/unit_test.hpp>

#include <stowage/storage/format/superblock_election.hpp>
#include <stowage/tests/storage/format/format_samples.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

enum class slot_state : std::uint8_t {
  missing,
  zeros,
  torn,
  impossible,
  newer_major,
  incompat,
  valid
};

constexpr std::array all_states{
    slot_state::missing,     slot_state::zeros,    slot_state::torn, slot_state::impossible,
    slot_state::newer_major, slot_state::incompat, slot_state::valid};

std::ostream& operator<<(std::ostream& out, slot_state s) {
  constexpr std::array names{"missing",     "zeros",    "torn", "impossible",
                             "newer_major", "incompat", "valid"};
  return out << names[static_cast<std::size_t>(s)];
}

superblock of_generation(std::uint64_t g) {
  random_source random{g};
  auto sb = random_superblock(random);
  sb.gen = generation{g};
  return sb;
}

std::vector<std::byte> slot_in(slot_state state, std::uint64_t g) {
  auto slot = copy_of(encode(of_generation(g)).bytes());
  switch (state) {
    case slot_state::missing: return {};
    case slot_state::zeros: return std::vector<std::byte>(layout::superblock_bytes);
    case slot_state::torn: flip(slot, 200); return slot;
    case slot_state::impossible: store_le(slot, 20, std::uint32_t{512}); break;
    case slot_state::newer_major: store_le(slot, 16, std::uint16_t{2}); break;
    case slot_state::incompat: store_le(slot, 40, std::uint64_t{1} << 63U); break;
    case slot_state::valid: break;
  }
  resum(slot, layout::superblock_hash_at, 0);
  return slot;
}

bool is_believed(slot_state s) {
  return s == slot_state::valid || s == slot_state::newer_major || s == slot_state::incompat;
}

bool is_damaged(slot_state s) { return s == slot_state::torn || s == slot_state::impossible; }

}  // namespace

BOOST_AUTO_TEST_SUITE(superblock_election_suite)

// What is expected is said here by the rule, independently of the code: the newest believable slot
// decides, and if it is of a newer format there is no way around it.
BOOST_AUTO_TEST_CASE(every_combination_of_two_slots) {
  unsigned elections = 0;
  for (const auto first : all_states) {
    for (const auto second : all_states) {
      for (const auto& [g0, g1] : {std::pair{4U, 5U}, {6U, 5U}, {4U, 4U}}) {
        BOOST_TEST_CONTEXT(first << " " << g0 << ", " << second << " " << g1) {
          ++elections;
          const std::array slots{slot_in(first, g0), slot_in(second, g1)};
          const std::array states{first, second};
          const auto elected = elect_superblock({slots[0], slots[1]});

          std::optional<std::size_t> newest;
          if (is_believed(first)) newest = 0;
          if (is_believed(second) && (!newest || g1 > g0)) newest = 1;
          if (!newest) {
            const bool damaged = is_damaged(first) || is_damaged(second);
            check_fails(elected, damaged ? errc::corrupt : errc::not_a_store);
          } else if (states[*newest] != slot_state::valid) {
            check_fails_at(elected, errc::unsupported_version, layout::superblock_offset[*newest]);
          } else {
            BOOST_REQUIRE(elected.ok());
            BOOST_CHECK(elected->winner == of_generation(*newest == 0 ? g0 : g1));
            BOOST_CHECK_EQUAL(elected->other_slot_damaged,
                              states[1 - *newest] != slot_state::valid);
          }
        }
      }
    }
  }
  BOOST_CHECK_EQUAL(elections, 7U * 7U * 3U);
}

BOOST_AUTO_TEST_CASE(generations_are_compared_as_numbers_of_64_bits) {
  for (const auto& [low, high] :
       {std::pair{std::uint64_t{255}, std::uint64_t{256}},
        {std::uint64_t{0xffff'ffff}, std::uint64_t{0x1'0000'0000}},
        {std::uint64_t{0x7fff'ffff'ffff'ffff}, std::uint64_t{0x8000'0000'0000'0000}}}) {
    const auto older = slot_in(slot_state::valid, low);
    const auto newer = slot_in(slot_state::valid, high);
    BOOST_CHECK_EQUAL(elect_superblock({older, newer})->winner.gen.value, high);
    BOOST_CHECK_EQUAL(elect_superblock({newer, older})->winner.gen.value, high);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_ends_inside_the_second_slot_has_one) {
  const auto first = slot_in(slot_state::valid, 2);
  const auto second = slot_in(slot_state::valid, 3);
  const auto elected = elect_superblock({first, byte_view{second}.first(4095)});
  BOOST_REQUIRE(elected.ok());
  BOOST_CHECK_EQUAL(elected->winner.gen.value, 2U);
  BOOST_CHECK(elected->other_slot_damaged);
}

BOOST_AUTO_TEST_SUITE_END()
