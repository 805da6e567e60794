#include <stowage/tests/storage/recovery/damaged_image.hpp>

#include <boost/test/unit_test.hpp>

using namespace stowage;
using namespace stowage::test;

// A record that a recovery dropped, and that a later life did not write over: its successor stands at the
// start of the next area, because it was too large for the rest of this one.

namespace {

// The image after a crash in which the last record's values did not reach the disk.
image without_last_values(image bytes) {
  const auto last = records_of(bytes).back();
  op_reader ops{last.body, 0};
  const auto first = ops.next();
  REQUIRE_OK(first);
  flip(bytes, first->chunks.front().where.offset);
  return bytes;
}

struct abandoned {
  session later;
  /// Where the record that was dropped stands.
  std::uint64_t offset = 0;
};

// Two lives: the first one's last group is dropped, the second one's first group leaves the area.
abandoned abandon_a_record() {
  session first;
  first.commit({put("a", "1")});
  first.fill(500 * limits::kib);
  const auto kept = first.state();
  const auto offset = first.store().position().offset;
  first.commit({put("dropped", "never durable")});

  session second{without_last_values(first.bytes()), kept};
  BOOST_REQUIRE(second.store().position().last < first.store().position().last);
  second.fill(700 * limits::kib);
  BOOST_REQUIRE((second.store().position().area != first.store().position().area));
  second.commit({put("b", "2")});
  return {std::move(second), offset};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(an_abandoned_record)

BOOST_AUTO_TEST_CASE(is_not_taken_for_its_successor_by_any_later_life) {
  const auto s = abandon_a_record();
  auto bytes = s.later.bytes();
  // The fence of each life makes more of the journal proven.
  for (int life = 3; life < 6; ++life) {
    auto opened = open_to_write(bytes);
    BOOST_TEST(opened.complaint(s.later.state()) == "", "life " << life);
    BOOST_TEST((opened.store && !opened.store->dropped), "life " << life);
    bytes = opened.device.image();
  }
}

BOOST_AUTO_TEST_CASE(does_no_harm_when_it_rots) {
  const auto s = abandon_a_record();
  const auto fenced = [&] {
    const auto bytes = s.later.bytes();
    auto opened = open_to_write(bytes);
    return opened.device.image();
  }();
  // A byte of its header, and one of its body.
  for (const auto at : {std::uint64_t{8}, layout::record_header_bytes + 1}) {
    auto bytes = fenced;
    flip(bytes, s.offset + at);
    BOOST_TEST(open_to_write(bytes).complaint(s.later.state()) == "", at);
  }
}

BOOST_AUTO_TEST_SUITE_END()
