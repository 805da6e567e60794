#include <stowage/cli/file_map.hpp>

#include <stowage/cli/file_picture.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/tests/storage/recovery/damaged_image.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>
#include <string>

using namespace stowage;
using namespace stowage::cli;
using namespace stowage::test;

namespace {

file_map map_of(const image& bytes) {
  memory_device device{bytes};
  const auto state = recover(device, store_access::read_only);
  REQUIRE_OK(state);
  return make_file_map(*state, device.size());
}

void check_adds_up(const file_map& map) {
  BOOST_TEST(std::accumulate(map.totals.begin(), map.totals.end(), std::uint64_t{0}) ==
             map.file_bytes);
  bytes_by_kind sums{};
  for (const auto& square : map.squares) {
    std::ranges::transform(sums, square, sums.begin(), std::plus{});
    BOOST_TEST(std::accumulate(square.begin(), square.end(), std::uint64_t{0}) <= map.square_bytes);
  }
  BOOST_TEST((sums == map.totals));
  BOOST_TEST(map.squares.size() <= 8192U);
}

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file_maps)

BOOST_AUTO_TEST_CASE(every_byte_is_counted_once_and_in_its_kind) {
  session s;
  // A page with 3 units of 64, one with 3 KiB; a value of 17 pages and a byte.
  s.commit({put("a", std::string(192, 'a'))});
  s.commit({put("b", std::string(3072, 'b'))});
  s.commit({put("c", std::string(69'633, 'c')), put("d", "")});
  s.commit({put("e", std::string(2000, 'e'))});
  s.checkpoint();
  s.checkpoint();
  const auto map = map_of(s.bytes());
  check_adds_up(map);
  BOOST_TEST(map.total(space_kind::head) == layout::data_start);
  BOOST_TEST(map.total(space_kind::packed_sparse) == page_size);
  BOOST_TEST(map.total(space_kind::packed_half) == page_size);
  BOOST_TEST(map.total(space_kind::packed_full) == page_size);
  BOOST_TEST(map.total(space_kind::large_value) == 18 * page_size);
  BOOST_TEST(map.total(space_kind::journal) == limits::mib);
  BOOST_TEST(map.total(space_kind::next_area) == limits::mib);
  BOOST_TEST(map.total(space_kind::checkpoint) == 2 * page_size);
  BOOST_TEST(map.total(space_kind::previous_checkpoint) == 2 * page_size);
  BOOST_TEST(map.blocks == 5U);
  BOOST_TEST(map.value_bytes == 192U + 3072U + 69'633U + 2000U);
  BOOST_TEST(map.packed_pages[0] == 1U);
  BOOST_TEST(map.packed_pages[4] == 1U);
  BOOST_TEST(map.packed_pages[7] == 1U);
  BOOST_TEST(map.square_bytes == page_size);
}

BOOST_AUTO_TEST_CASE(free_runs_are_counted_by_their_length) {
  recovered_store state;
  state.space = space_map{layout::data_start + 200 * page_size, layout::data_start};
  // Runs of 1, 4, 5, 64 and 124 pages, one used page behind each.
  for (const std::uint64_t used : {1U, 6U, 12U, 77U})
    BOOST_REQUIRE(state.space.claim_pages({layout::data_start + used * page_size, page_size}).ok());
  state.kept_areas = {{{layout::data_start + page_size, page_size}, 1}};
  const auto map = make_file_map(state, state.space.file_bytes());
  BOOST_TEST(map.free_runs[0] == 1U);
  BOOST_TEST(map.free_runs[1] == 1U);
  BOOST_TEST(map.free_runs[2] == 1U);
  BOOST_TEST(map.free_runs[3] == 1U);
  BOOST_TEST(map.free_runs[4] == 1U);
  BOOST_TEST(map.free_run_bytes[2] == 5 * page_size);
  BOOST_TEST(map.longest_free_run == 122 * page_size);
  BOOST_TEST(map.total(space_kind::free_space) == 196 * page_size);
}

BOOST_AUTO_TEST_CASE(a_file_of_any_size_fits_the_picture) {
  for (const auto bytes :
       {3 * limits::mib, limits::gib, 4096 * limits::gib + page_size, limits::file_bytes_max}) {
    recovered_store state;
    state.space = space_map{bytes, layout::data_start};
    const auto map = make_file_map(state, bytes + 100);
    check_adds_up(map);
    BOOST_TEST(map.free_runs.back() + map.free_runs[5] == 1U);
    const auto picture = draw(map, "s");
    BOOST_TEST(picture.size() < 100'000U);
    BOOST_TEST(count_of(picture, "<svg") == 1U);
    BOOST_TEST(picture.ends_with("</svg>\n"));
    for (const auto* broken : {"nan", "inf", "e+"}) BOOST_TEST(count_of(picture, broken) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(the_picture_is_text_that_needs_nothing_else) {
  session s;
  s.commit({put("a", "1")});
  const auto map = map_of(s.bytes());
  const auto picture = draw(map, "<a & \"b\">\xff\n");
  BOOST_TEST(picture == draw(map, "<a & \"b\">\xff\n"));
  BOOST_TEST(count_of(picture, "&lt;a &amp; &quot;b&quot;&gt;\\xff\\x0a") == 2U);
  BOOST_TEST(count_of(picture, "href") == 0U);
  BOOST_TEST(count_of(picture, "<text") == count_of(picture, "</text>"));
  for (const auto* label : {"large values", "packed, sparse", "free", "journal, next area",
                            "previous checkpoint", "superblocks"})
    BOOST_TEST(count_of(picture, label) >= 1U, label);
}

BOOST_AUTO_TEST_SUITE_END()
