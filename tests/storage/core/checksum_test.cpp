// The checksum against xxHash itself: the plain function of <xxhash.h>, never the dispatching one.

#include <stowage/storage/core/checksum.hpp>

#include <boost/test/unit_test.hpp>

#include <xxhash.h>

#include <set>

using namespace stowage;

namespace {

hash128 plain(byte_view bytes, std::uint64_t seed) {
  const auto h = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {h.low64, h.high64};
}

std::vector<std::byte> pattern(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 251);
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checksums)

BOOST_AUTO_TEST_CASE(the_empty_input_has_its_known_value) {
  // Stands in files: it may not change with a library.
  const hash128 known{0x6001c324468d497fU, 0x99aa06d3014798d8U};
  BOOST_TEST((checksum({}, 0) == known));
  BOOST_TEST((plain({}, 0) == known));
}

BOOST_AUTO_TEST_CASE(every_length_class_agrees_with_the_plain_function) {
  // xxHash has a path each for 0, 1-3, 4-8, 9-16, 17-128, 129-240 and longer inputs, and SIMD stripes.
  for (const std::size_t size : {0U, 1U, 3U, 4U, 8U, 9U, 16U, 17U, 128U, 129U, 240U, 241U, 1023U,
                                 1024U, 1025U, 4080U, 4096U, 65536U, 1'000'003U}) {
    const auto bytes = pattern(size);
    for (const std::uint64_t seed :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x9e3779b97f4a7c15U}})
      BOOST_TEST((checksum(bytes, seed) == plain(bytes, seed)),
                 "size " << size << ", seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(alignment_does_not_matter) {
  const auto bytes = pattern(5000);
  for (std::size_t shift = 0; shift < 64; ++shift) {
    std::vector<std::byte> moved(shift);
    moved.insert(moved.end(), bytes.begin(), bytes.end());
    BOOST_TEST((checksum(byte_view{moved}.subspan(shift), 7) == checksum(bytes, 7)));
  }
}

BOOST_AUTO_TEST_CASE(the_seed_and_every_bit_count) {
  auto bytes = pattern(300);
  std::set<hash128> seen{checksum(bytes, 0), checksum(bytes, 1)};
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    const auto bit = std::byte{1} << (i % 8);
    bytes[i / 8] ^= bit;
    seen.insert(checksum(bytes, 0));
    bytes[i / 8] ^= bit;
  }
  BOOST_TEST(seen.size() == 300U * 8U + 2U);
}

BOOST_AUTO_TEST_SUITE_END()
