#include <stowage/tests/support/actors/store_fixture.hpp>

#include <stowage/messages/register_types.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/format/superblock_election.hpp>
#include <stowage/storage/recovery.hpp>

#include <utility>

namespace stowage::test {

namespace {

// For tests without the fixture, too.
struct message_types {
  message_types() { register_message_types(); }
};
BOOST_GLOBAL_FIXTURE(message_types);

}  // namespace

std::string pattern(std::size_t size, std::uint64_t seed) {
  std::string text;
  text.reserve(size + 32);
  while (text.size() < size) text += std::to_string(seed) + ":" + std::to_string(text.size()) + ",";
  text.resize(size);
  return text;
}

superblock newest_superblock(byte_view image) {
  const auto slot = [&](std::size_t i) {
    return image.subspan(layout::superblock_offset[i], layout::superblock_bytes);
  };
  const auto elected = elect_superblock({slot(0), slot(1)});
  BOOST_REQUIRE(elected.ok());
  return elected->winner;
}

store_fixture::~store_fixture() {
  if (rig) rig->forget_faults();
}

bool store_fixture::fail_to_open(device_call call, std::uint64_t nth) {
  BOOST_REQUIRE(!store && !image_.empty());
  rig = std::make_unique<device_rig>(std::move(image_), capacity, fault_seed + ++lives_);
  bool failed = false;
  {
    auto device = rig->open();
    rig->fail_next(call, EIO, nth);
    failed = !recover(*device, store_access::read_write);
  }
  image_ = rig->image_after_power_loss();
  rig.reset();
  return failed;
}

void store_fixture::close() {
  testkit::store_fixture::close();
  let_timers_go();
}

void store_fixture::crash() {
  testkit::store_fixture::crash();
  let_timers_go();
}

void store_fixture::drop() {
  auto left = rig->image();
  end_store();
  keep(std::move(left));
  let_timers_go();
}

void store_fixture::let_timers_go() {
  BOOST_TEST(running_actors() == 0U);
  det.let_timers_go();
}

compact_result store_fixture::compact() {
  auto asked = ask_compact();
  run();
  return *asked;
}

version store_fixture::put_durable_for(std::chrono::milliseconds life, const std::string& name,
                                       std::string value) {
  auto done = put_until(wall_ms() + static_cast<std::uint64_t>(life.count()), name,
                        std::move(value), durability::durable);
  run();
  return done->ver;
}

}  // namespace stowage::test
