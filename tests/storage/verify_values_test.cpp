#include <stowage/storage/verify_values.hpp>

#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::uint64_t seed = 5;
constexpr std::uint64_t device_bytes = 3'000'000;

/// Blocks laid out by hand, chunk by chunk.
class laid_out {
 public:
  void add(const std::string& name, const std::vector<extent>& places) {
    std::vector<chunk> chunks;
    std::uint64_t length = 0;
    for (const auto& where : places) {
      const auto bytes =
          (std::to_string(++patterns_) + pattern(where.length)).substr(0, where.length);
      BOOST_REQUIRE(write_text(*device, where.offset, bytes).ok());
      chunks.push_back({where, checksum(as_bytes(bytes), seed)});
      length += where.length;
    }
    blocks.push_back(block::make({op_kind::put, 0, name, version{1}, 0, length, chunks}, 0));
  }
  /// What is reported, as "name offset code".
  [[nodiscard]] std::vector<std::string> verify(block_device& from) {
    std::vector<std::string> found;
    done = verify_values(from, blocks, seed, [&](const failure& why) {
      found.push_back(why.name + " " + std::to_string(why.offset.value_or(0)) + " " +
                      std::string{name_of(why.code)});
    });
    return found;
  }
  [[nodiscard]] std::vector<std::string> verify() { return verify(*device); }

  std::unique_ptr<memory_device> device =
      std::make_unique<memory_device>(std::vector<std::byte>(device_bytes));
  std::vector<block_ref> blocks;
  verified_values done;

 private:
  std::uint64_t patterns_ = 0;
};

/// Packed neighbours, a block in pieces that lie apart and out of order, one far away, one without bytes.
laid_out mixed() {
  laid_out l;
  l.add("a", {{8192, 100}});
  l.add("b", {{8320, 100}});
  l.add("c", {{900'000, 4096}, {20'000, 4096}, {700'000, 808}});
  l.add("d", {{8448, 50}});
  l.add("e", {});
  l.add("f", {{2'000'000, 900'000}});
  return l;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verifying_values)

BOOST_AUTO_TEST_CASE(what_is_whole_is_counted) {
  auto l = mixed();
  BOOST_TEST(l.verify().empty());
  BOOST_TEST((l.done == verified_values{6, 7, 100 + 100 + 9000 + 50 + 900'000}));
}

BOOST_AUTO_TEST_CASE(nothing_is_nothing) {
  laid_out l;
  BOOST_TEST(l.verify().empty());
  BOOST_TEST((l.done == verified_values{}));
}

BOOST_AUTO_TEST_CASE(each_damaged_chunk_is_named_in_the_order_of_blocks) {
  auto l = mixed();
  for (const std::uint64_t at : {8420U - 1U, 900'000U, 20'000U + 4095U, 2'500'000U})
    BOOST_REQUIRE(write_text(*l.device, at, "damage!").ok());
  BOOST_TEST(
      l.verify() == (std::vector<std::string>{"b 8320 corrupt_block", "c 900000 corrupt_block",
                                              "c 20000 corrupt_block", "f 2000000 corrupt_block"}),
      boost::test_tools::per_element());
  BOOST_TEST((l.done == verified_values{6, 7, 100 + 808 + 50}));
}

BOOST_AUTO_TEST_CASE(every_byte_of_a_chunk_counts) {
  laid_out l;
  l.add("a", {{4096, 300}});
  l.add("b", {{4416, 1}});
  for (std::uint64_t at = 4096; at < 4417; ++at) {
    std::byte was{};
    BOOST_REQUIRE(l.device->read(at, {&was, 1}, read_mode::cached).ok());
    const auto flipped = was ^ std::byte{1};
    const byte_view bytes{&flipped, 1};
    BOOST_REQUIRE(l.device->write(at, {&bytes, 1}).ok());
    const bool is_used = at < 4396 || at == 4416;
    BOOST_TEST(l.verify().size() == (is_used ? 1U : 0U), "byte " << at);
    const byte_view before{&was, 1};
    BOOST_REQUIRE(l.device->write(at, {&before, 1}).ok());
  }
}

BOOST_AUTO_TEST_CASE(neighbours_are_read_together) {
  laid_out l;
  for (std::uint64_t i = 0; i < 200; ++i)
    l.add("b" + std::to_string(i), {{4096 + ((i * 77) % 200) * 128, 100}});
  l.add("far", {{2'000'000, 100}});
  faulty_device two_reads{std::move(l.device), {.script = {{device_call::read, 3, EIO, true}}}};
  BOOST_TEST(l.verify(two_reads).empty());
}

BOOST_AUTO_TEST_CASE(a_read_that_fails_costs_only_what_cannot_be_read) {
  // The read of all three fails, and then that of the second by itself.
  laid_out l;
  l.add("a", {{4096, 100}});
  l.add("b", {{4224, 100}});
  l.add("c", {{4352, 100}});
  faulty_device failing{std::move(l.device),
                        {.script = {{device_call::read, 1}, {device_call::read, 3}}}};
  BOOST_TEST(l.verify(failing) == std::vector<std::string>{"b 4224 io_error"},
             boost::test_tools::per_element());
  BOOST_TEST((l.done == verified_values{3, 3, 200}));
}

BOOST_AUTO_TEST_CASE(what_lies_beyond_the_end_is_damaged) {
  auto l = mixed();
  BOOST_REQUIRE(l.device->resize(2'899'999).ok());
  BOOST_TEST(l.verify() == std::vector<std::string>{"f 2000000 corrupt_block"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
