#include <stowage/storage/store_copy.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/format/superblock_election.hpp>
#include <stowage/storage/read_block.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr store_identity identity{{}, 5, {1, 2}};

struct copied {
  version ver;
  std::uint64_t expires_at_ms = 0;
  std::string value;
};
using contents = std::map<std::string, copied>;

result<void> write_copy(block_device& device, const contents& blocks, version floor = {}) {
  auto copy = store_copy::begin(device, identity);
  if (!copy) return std::move(copy).error();
  for (const auto& [name, b] : blocks) {
    const auto original =
        block::make({op_kind::put, 0, name, b.ver, b.expires_at_ms, b.value.size(), {}}, 0);
    if (auto added = copy->add(*original, shared_bytes{std::string{b.value}}); !added) return added;
  }
  return copy->finish(floor);
}

void check_holds(block_device& device, const contents& blocks) {
  const auto opened = recover(device, store_access::read_only);
  BOOST_REQUIRE(opened.ok());
  BOOST_TEST(opened->was_clean);
  BOOST_TEST(!opened->sb.previous.exists());
  BOOST_TEST(opened->index.size() == blocks.size());
  for (const auto& [name, b] : blocks) {
    const auto found = opened->index.find(name);
    BOOST_REQUIRE(static_cast<bool>(found));
    BOOST_TEST(found->ver().value == b.ver.value);
    BOOST_TEST(found->expires_at_ms() == b.expires_at_ms);
    const auto value = read_block(device, *found, opened->sb.hash_seed, 0, UINT64_MAX);
    BOOST_REQUIRE(value.ok());
    BOOST_TEST((value->text() == b.value));
  }
}

// Of every size there is a rule for.
contents samples() {
  contents all;
  std::uint64_t v = 100;
  for (const std::uint64_t size : {0U, 1U, 63U, 64U, 65U, 4096U, 65'535U, 65'536U, 100'000U})
    all["size " + std::to_string(size)] = {version{v--}, size, std::string(size, 'v')};
  all["long"] = {version{7}, 0, std::string(9 * limits::mib, 'l')};
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_copies)

BOOST_AUTO_TEST_CASE(what_was_added_is_there_and_nothing_lies_idle) {
  const auto blocks = samples();
  memory_device device;
  BOOST_REQUIRE(write_copy(device, blocks).ok());
  check_holds(device, blocks);
  const auto opened = recover(device, store_access::read_only);
  // The page of the empty store's checkpoint.
  BOOST_TEST(opened->space.stats().free_bytes == page_size);
  BOOST_TEST(opened->sb.min_file_bytes == device.size());
  // Both slots name it.
  for (const auto offset : layout::superblock_offset) {
    auto rotten = device.image();
    rotten[offset + 99] ^= std::byte{1};
    memory_device one_slot{std::move(rotten)};
    const auto beside = recover(one_slot, store_access::read_only);
    BOOST_REQUIRE(beside.ok());
    BOOST_TEST(beside->index.size() == blocks.size());
  }
}

BOOST_AUTO_TEST_CASE(a_copy_of_nothing_is_an_empty_store) {
  memory_device device;
  BOOST_REQUIRE(write_copy(device, {}).ok());
  check_holds(device, {});
}

BOOST_AUTO_TEST_CASE(many_small_blocks_take_many_checkpoint_pages) {
  contents blocks;
  for (int i = 0; i < 40'000; ++i) blocks[std::to_string(i)] = {version{1}, 0, {}};
  memory_device device;
  BOOST_REQUIRE(write_copy(device, blocks).ok());
  const auto opened = recover(device, store_access::read_only);
  BOOST_REQUIRE(opened.ok());
  BOOST_TEST(opened->index.size() == blocks.size());
  BOOST_TEST(opened->current_checkpoint.size() > 20U);
}

BOOST_AUTO_TEST_CASE(the_same_blocks_give_the_same_bytes) {
  memory_device first;
  memory_device second;
  BOOST_REQUIRE(write_copy(first, samples()).ok());
  BOOST_REQUIRE(write_copy(second, samples()).ok());
  BOOST_TEST((first.image() == second.image()));
}

BOOST_AUTO_TEST_CASE(versions_go_on_above_those_of_the_blocks_and_the_floor) {
  const contents blocks{{"a", {version{7}, 0, "1"}}};
  for (const auto& [floor, last] : {std::pair{3U, 7U}, std::pair{90U, 90U}}) {
    memory_device device;
    BOOST_REQUIRE(write_copy(device, blocks, version{floor}).ok());
    const auto opened = recover(device, store_access::read_write);
    BOOST_REQUIRE(opened.ok());
    BOOST_TEST(opened->last_version.value == last);
  }
}

BOOST_AUTO_TEST_CASE(names_that_do_not_ascend_are_a_invariant_violation) {
  memory_device device;
  auto copy = store_copy::begin(device, identity);
  BOOST_REQUIRE(copy.ok());
  const auto b = block::make({op_kind::put, 0, "b", version{1}, 0, 0, {}}, 0);
  const auto longer = block::make({op_kind::put, 0, "c", version{1}, 0, 2, {}}, 0);
  BOOST_REQUIRE(copy->add(*b, {}).ok());
  BOOST_CHECK_THROW((void)copy->add(*b, {}), invariant_violation);
  BOOST_CHECK_THROW((void)copy->add(*longer, {}), invariant_violation);
}

BOOST_AUTO_TEST_CASE(each_failing_call_is_told_and_leaves_no_store_with_some_of_the_blocks) {
  const auto blocks = samples();
  for (const auto call :
       {device_call::read, device_call::allocate, device_call::write, device_call::sync})
    for (std::uint64_t nth = 1;; ++nth) {
      auto memory = std::make_unique<memory_device>();
      auto& held = *memory;
      faulty_device device{std::move(memory), {.script = {{call, nth, EIO, false}}}};
      const auto made = write_copy(device, blocks);
      if (made.ok()) {
        BOOST_TEST(nth > 1U);
        break;
      }
      BOOST_TEST(code_of(made) == errc::io_error, name_of(call) << " " << nth);
      const auto left = recover(held, store_access::read_only);
      if (left) BOOST_TEST((left->index.size() == 0 || left->index.size() == blocks.size()));
    }
}

BOOST_AUTO_TEST_CASE(without_space_it_says_so) {
  for (const std::uint64_t capacity : {std::uint64_t{1'000'000}, 3 * limits::mib}) {
    memory_device device{capacity};
    BOOST_TEST(code_of(write_copy(device, samples())) == errc::no_space);
  }
}

BOOST_AUTO_TEST_SUITE_END()
