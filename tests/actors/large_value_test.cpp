// Large values: the bytes a client gives are those the device gets, and a range costs its chunks.
#include <stowage/storage/core/limits.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>

#include <algorithm>

using namespace stowage;
using namespace stowage::test;

namespace {

struct large : store_fixture {
  large() { open(); }

  [[nodiscard]] std::uint64_t bytes_read_since(std::size_t from) const {
    std::uint64_t sum = 0;
    for (auto i = from; i < rig->trace.size(); ++i)
      if (rig->trace[i].call == device_call::read) sum += rig->trace[i].range.length;
    return sum;
  }

  const payload value{pattern(limits::value_bytes_max)};
};

bool lies_in(const std::byte* at, const payload& value) {
  return at >= value.data() && at < value.data() + value.size();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(large_values)

BOOST_FIXTURE_TEST_CASE(the_device_gets_the_bytes_of_the_client_and_no_copy, large) {
  std::uint64_t from_client = 0;
  std::uint64_t others = 0;
  rig->watch_write = [&](std::span<const byte_view> buffers) {
    for (const auto& b : buffers) (lies_in(b.data(), value) ? from_client : others) += b.size();
  };
  auto done = send(put_request{"k", value, durability::durable, {}});
  run();
  BOOST_TEST(done.code() == errc::none);
  BOOST_TEST(from_client == limits::value_bytes_max);
  // The record, and nothing else.
  BOOST_TEST(others <= 2 * page_size);
}

BOOST_FIXTURE_TEST_CASE(a_transaction_and_a_put_many_copy_nothing_either, large) {
  std::uint64_t from_client = 0;
  rig->watch_write = [&](std::span<const byte_view> buffers) {
    for (const auto& b : buffers)
      if (lies_in(b.data(), value)) from_client += b.size();
  };
  auto committed = commit(transaction{}.put("a", value.slice(0, limits::mib)));
  auto put = put_many({{"b", value.slice(limits::mib, limits::mib), false, {}}});
  run();
  BOOST_TEST(committed.code() == errc::none);
  BOOST_TEST(put.code() == errc::none);
  BOOST_TEST(from_client == 2 * limits::mib);
}

BOOST_FIXTURE_TEST_CASE(a_read_of_what_is_accepted_shares_its_bytes, large) {
  options.level = durability::accepted;
  rig->meanwhile(device_call::sync, [&] {
    auto whole = get("k");
    auto part = get("k", 10 * limits::mib + 1, 1000);
    run();
    BOOST_TEST(whole->value.data() == value.data());
    BOOST_TEST(part->value.data() == value.data() + 10 * limits::mib + 1);
    BOOST_TEST(part->value.size() == 1000U);
  });
  auto done = send(put_request{"k", value, durability::accepted, {}});
  auto flushed = flush();
  run();
  BOOST_TEST(flushed.code() == errc::none);
}

BOOST_FIXTURE_TEST_CASE(a_range_read_reads_only_the_chunks_it_touches, large) {
  (void)put_durable("k", std::string{value.text()});
  const auto before = rig->trace.size();
  auto part = get("k", 10 * limits::mib + 1, 1000);
  run();
  BOOST_TEST((part->value == value.slice(10 * limits::mib + 1, 1000)));
  BOOST_TEST(bytes_read_since(before) == limits::chunk_bytes_max);
  // Over the border of two chunks.
  const auto again = rig->trace.size();
  auto border = get("k", 8 * limits::mib - 1, 2);
  run();
  BOOST_TEST((border->value == value.slice(8 * limits::mib - 1, 2)));
  BOOST_TEST(bytes_read_since(again) == 2 * limits::chunk_bytes_max);
}

BOOST_FIXTURE_TEST_CASE(range_by_range_it_is_the_whole_value, large) {
  (void)put_durable("k", std::string{value.text()});
  std::string found;
  while (found.size() < limits::value_bytes_max) {
    auto part = get("k", found.size(), 7 * limits::mib + 13);
    run();
    found.append(part->value.text());
  }
  BOOST_TEST((found == value.text()));
}

BOOST_AUTO_TEST_SUITE_END()
