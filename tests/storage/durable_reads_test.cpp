#include <stowage/storage/durable_reads.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::uint64_t seed = 5;
constexpr std::uint64_t device_bytes = 100 * page_size;

/// A device in memory to which something happens right before its reads.
class eventful_device final : public block_device {
 public:
  result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override {
    ++reads;
    modes.push_back(mode);
    if (before_read) before_read();
    if (fails) return fail_at(errc::io_error, offset, "injected fault");
    if (mode == read_mode::resident) out = out.first(std::min(out.size(), resident_max));
    return inner_.read(offset, out, mode);
  }
  result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override {
    return inner_.write(offset, buffers);
  }
  result<void> sync() override { return inner_.sync(); }
  result<void> allocate(std::uint64_t size) override { return inner_.allocate(size); }
  result<void> resize(std::uint64_t size) override { return inner_.resize(size); }
  void drop_cache() override { inner_.drop_cache(); }
  [[nodiscard]] std::uint64_t size() const override { return inner_.size(); }
  result<void> close() override { return inner_.close(); }

  std::function<void()> before_read;
  bool fails = false;
  int reads = 0;
  std::vector<read_mode> modes;
  /// So many bytes of a read lie in memory.
  std::size_t resident_max = SIZE_MAX;

 private:
  memory_device inner_{std::vector<std::byte>(device_bytes)};
};

struct reading {
  std::shared_ptr<eventful_device> device = std::make_shared<eventful_device>();
  std::shared_ptr<payload_cache> cache = std::make_shared<payload_cache>(limits::mib);
  durable_reads reads{device, cache, seed};
  block_index index;
  std::uint64_t epoch = 0;

  /// Writes the value to these pages and makes the block lie there.
  void place(op_kind kind, const std::string& name, std::uint64_t ver, const std::string& value,
             std::uint64_t page) {
    std::vector<chunk> chunks;
    if (!value.empty()) {
      BOOST_REQUIRE(write_text(*device, page * page_size, value).ok());
      chunks.push_back({{page * page_size, value.size()}, checksum(as_bytes(value), seed)});
    }
    index.apply({kind, 0, name, version{ver}, 0, value.size(), chunks}, ++epoch,
                [](const block_ref&) {});
  }
  void put(const std::string& name, std::uint64_t ver, const std::string& value,
           std::uint64_t page) {
    place(op_kind::put, name, ver, value, page);
    reads.publish(index.snapshot());
  }
  void move(const std::string& name, std::uint64_t ver, const std::string& value,
            std::uint64_t page) {
    place(op_kind::relocate, name, ver, value, page);
    reads.publish(index.snapshot());
  }
  void remove(const std::string& name) {
    index.apply({op_kind::del, 0, name, version{1000}, 0, 0, {}}, ++epoch, [](const block_ref&) {});
    reads.publish(index.snapshot());
  }
  /// Somebody else's bytes.
  void overwrite(std::uint64_t page) {
    BOOST_REQUIRE(write_text(*device, page * page_size, std::string(page_size, '#')).ok());
  }
  /// Happens once, right before the next read.
  void meanwhile(std::function<void()> what) {
    device->before_read = [this, what = std::move(what)] {
      const auto once = std::exchange(device->before_read, nullptr);
      what();
    };
  }

  result<durable_reads::value_of_block> read(const std::string& name, std::uint64_t offset = 0,
                                             std::uint64_t length = UINT64_MAX) {
    auto found = reads.find(name);
    if (!found) return std::move(found).error();
    BOOST_REQUIRE(*found);
    return reads.read(*std::move(found), offset, length);
  }
  std::string text(const std::string& name, std::uint64_t offset = 0,
                   std::uint64_t length = UINT64_MAX) {
    auto got = read(name, offset, length);
    BOOST_REQUIRE_MESSAGE(got.ok(), (got ? "" : describe(got.error())));
    return std::string{got->bytes.text()};
  }
};

const std::string one = pattern(3000);
const std::string two = "two" + pattern(2000);

}  // namespace

BOOST_AUTO_TEST_SUITE(durable_reading)

BOOST_FIXTURE_TEST_CASE(a_value_is_read_once_and_then_at_hand, reading) {
  put("k", 1, one, 1);
  const auto first = read("k");
  BOOST_REQUIRE(first.ok());
  BOOST_TEST(first.value().bytes.text() == one);
  BOOST_TEST(first.value().what->ver() == version{1});
  const auto second = read("k");
  BOOST_TEST(second.value().bytes.data() == first.value().bytes.data());
  BOOST_TEST(text("k", 10, 20) == one.substr(10, 20));
  BOOST_TEST(text("k", 2999, 20) == one.substr(2999));
  BOOST_TEST(text("k", 3000, 20).empty());
  BOOST_TEST(text("k", 5, 0).empty());
  BOOST_TEST(device->reads == 1);
  BOOST_TEST(cache->count().hits == 3U);
  BOOST_TEST(reads.count().bytes_read == one.size());
}

BOOST_FIXTURE_TEST_CASE(a_range_of_one_chunk_brings_all_of_it, reading) {
  put("k", 1, one, 1);
  BOOST_TEST(text("k", 100, 50) == one.substr(100, 50));
  BOOST_TEST(text("k") == one);
  BOOST_TEST(device->reads == 1);
}

BOOST_FIXTURE_TEST_CASE(a_range_of_several_chunks_is_not_kept, reading) {
  BOOST_REQUIRE(write_text(*device, page_size, one).ok());
  BOOST_REQUIRE(write_text(*device, 3 * page_size, two).ok());
  const std::vector<chunk> chunks{{{page_size, one.size()}, checksum(as_bytes(one), seed)},
                                  {{3 * page_size, two.size()}, checksum(as_bytes(two), seed)}};
  index.apply({op_kind::put, 0, "k", version{1}, 0, one.size() + two.size(), chunks}, 1,
              [](const block_ref&) {});
  reads.publish(index.snapshot());
  BOOST_TEST(text("k", one.size(), 3) == "two");
  BOOST_TEST(cache->count().entries == 0U);
  BOOST_TEST(text("k") == one + two);
  BOOST_TEST(cache->count().entries == 1U);
  BOOST_TEST(text("k", one.size() - 1, 3) == one.substr(one.size() - 1) + "tw");
  BOOST_TEST(device->reads == 3);
}

BOOST_FIXTURE_TEST_CASE(an_empty_value_needs_no_read, reading) {
  put("k", 1, "", 1);
  const auto got = read("k");
  BOOST_REQUIRE(got.ok());
  BOOST_TEST(got.value().bytes.empty());
  BOOST_TEST(got.value().what->ver() == version{1});
  BOOST_TEST(device->reads == 0);
  BOOST_TEST(cache->count().misses == 0U);
}

BOOST_FIXTURE_TEST_CASE(without_a_cache_every_read_is_one_of_the_device, reading) {
  durable_reads uncached{device, std::make_shared<payload_cache>(0), seed};
  put("k", 1, one, 1);
  uncached.publish(index.snapshot());
  for (int i = 1; i <= 3; ++i) {
    auto found = uncached.find("k");
    BOOST_TEST(uncached.read(*found, 1, 5)->bytes.text() == one.substr(1, 5));
    BOOST_TEST(device->reads == i);
  }
}

BOOST_FIXTURE_TEST_CASE(another_version_at_the_same_place_is_not_taken_from_the_cache, reading) {
  const std::string other(one.size(), 'x');
  put("k", 1, one, 1);
  BOOST_TEST(text("k") == one);
  put("k", 2, other, 1);
  BOOST_TEST(text("k") == other);
  // Nor another block's.
  const std::string third(one.size(), 'y');
  remove("k");
  put("other", 3, third, 1);
  BOOST_TEST(text("other") == third);
}

BOOST_FIXTURE_TEST_CASE(a_copy_that_was_moved_is_verified_before_it_is_trusted, reading) {
  put("k", 1, one, 1);
  BOOST_TEST(text("k") == one);
  move("k", 1, one, 7);
  overwrite(7);
  BOOST_TEST((read("k").error().code == errc::corrupt_block));
}

BOOST_FIXTURE_TEST_CASE(a_block_that_is_moved_while_it_is_read_is_read_where_it_lies, reading) {
  put("k", 1, one, 1);
  meanwhile([&] {
    move("k", 1, one, 7);
    overwrite(1);
  });
  const auto got = read("k");
  BOOST_REQUIRE(got.ok());
  BOOST_TEST(got.value().bytes.text() == one);
  BOOST_TEST(got.value().what->chunks().front().where.offset == 7 * page_size);
  BOOST_TEST(reads.count().corrupt_blocks == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_block_that_is_written_anew_while_it_is_read_has_its_new_value, reading) {
  put("k", 1, one, 1);
  meanwhile([&] {
    put("k", 2, two, 7);
    overwrite(1);
  });
  const auto got = read("k");
  BOOST_REQUIRE(got.ok());
  BOOST_TEST(got.value().bytes.text() == two);
  BOOST_TEST(got.value().what->ver() == version{2});
}

BOOST_FIXTURE_TEST_CASE(as_long_as_its_bytes_are_there_an_older_version_may_be_seen, reading) {
  put("k", 1, one, 1);
  meanwhile([&] { put("k", 2, two, 7); });
  const auto got = read("k");
  BOOST_REQUIRE(got.ok());
  BOOST_TEST(got.value().bytes.text() == one);
  BOOST_TEST(got.value().what->ver() == version{1});
}

BOOST_FIXTURE_TEST_CASE(a_block_that_is_removed_while_it_is_read_is_absent, reading) {
  put("k", 1, one, 1);
  meanwhile([&] {
    remove("k");
    overwrite(1);
  });
  const auto got = read("k");
  BOOST_REQUIRE(got.ok());
  BOOST_TEST(!got.value().what);
  BOOST_TEST(got.value().bytes.empty());
}

BOOST_FIXTURE_TEST_CASE(a_block_that_has_come_back_to_its_place_is_not_damaged, reading) {
  put("k", 1, one, 1);
  meanwhile([&] {
    move("k", 1, one, 7);
    overwrite(1);
    // The same version at the same place, behind the first read and before the lookup after it.
    device->before_read = [&] {
      device->before_read = nullptr;
      move("k", 1, one, 1);
      overwrite(1);
      // Read past the cache, it still is another's; the next read finds it.
      device->before_read = [&] {
        device->before_read = nullptr;
        BOOST_REQUIRE(write_text(*device, page_size, one).ok());
      };
    };
  });
  BOOST_TEST(text("k") == one);
  BOOST_TEST(device->reads == 3);
}

BOOST_FIXTURE_TEST_CASE(a_damaged_block_is_named_with_its_place, reading) {
  put("good", 1, one, 1);
  put("bad", 2, two, 7);
  overwrite(7);
  for (int again = 1; again <= 2; ++again) {
    const auto got = read("bad");
    BOOST_REQUIRE(!got.ok());
    BOOST_TEST((got.error().code == errc::corrupt_block));
    BOOST_TEST(got.error().name == "bad");
    BOOST_TEST(got.error().offset.value_or(0) == 7 * page_size);
    BOOST_TEST(reads.count().corrupt_blocks == static_cast<std::uint64_t>(again));
  }
  BOOST_TEST(cache->count().entries == 0U);
  BOOST_TEST(text("good") == one);
}

BOOST_FIXTURE_TEST_CASE(a_read_that_fails_is_told_and_not_kept, reading) {
  put("k", 1, one, 1);
  device->fails = true;
  const auto got = read("k");
  BOOST_REQUIRE(!got.ok());
  BOOST_TEST((got.error().code == errc::io_error));
  BOOST_TEST(got.error().name == "k");
  BOOST_TEST(reads.count().io_errors == 1U);
  device->fails = false;
  BOOST_TEST(text("k") == one);
}

BOOST_FIXTURE_TEST_CASE(a_read_that_is_overtaken_again_and_again_ends, reading) {
  put("k", 1, one, 1);
  std::uint64_t moves = 0;
  device->before_read = [&] {
    // Both reads of a try find somebody else's bytes.
    if (++moves % 2 == 0) return;
    move("k", 1, one, 7 + moves);
    overwrite(1);
    if (moves > 1) overwrite(7 + moves - 2);
  };
  const auto got = read("k");
  BOOST_REQUIRE(!got.ok());
  BOOST_TEST((got.error().code == errc::overloaded));
  BOOST_TEST(got.error().name == "k");
  BOOST_TEST(device->reads == 2 * durable_reads::tries_max);
  device->before_read = nullptr;
  BOOST_TEST(text("k") == one);
}

BOOST_FIXTURE_TEST_CASE(what_lies_in_memory_is_read_without_a_wait, reading) {
  put("k", 1, one, 1);
  put("empty", 2, "", 0);
  const auto k = *reads.find("k");
  BOOST_TEST((reads.try_read(*k, 0, UINT64_MAX).value().text() == one));
  BOOST_TEST((device->modes == std::vector{read_mode::resident}));
  // From the cache now.
  BOOST_TEST((reads.try_read(*k, 10, 20).value().text() == one.substr(10, 20)));
  BOOST_TEST(device->reads == 1);
  BOOST_TEST(reads.try_read(**reads.find("empty"), 0, UINT64_MAX).value().empty());
  BOOST_TEST(reads.count().bytes_read == one.size());
}

BOOST_FIXTURE_TEST_CASE(what_does_not_is_left_alone, reading) {
  put("k", 1, one, 1);
  const auto k = *reads.find("k");
  for (const std::size_t resident : {std::size_t{0}, one.size() - 1}) {
    device->resident_max = resident;
    BOOST_TEST(!reads.try_read(*k, 0, UINT64_MAX).has_value());
  }
  device->resident_max = SIZE_MAX;
  device->fails = true;
  BOOST_TEST(!reads.try_read(*k, 0, UINT64_MAX).has_value());
  device->fails = false;
  overwrite(1);
  BOOST_TEST(!reads.try_read(*k, 0, UINT64_MAX).has_value());
  // Who looks closer finds what is wrong; nothing was kept, nothing told.
  BOOST_TEST(reads.count().corrupt_blocks == 0U);
  BOOST_TEST(reads.count().io_errors == 0U);
  BOOST_TEST(cache->count().entries == 0U);
  device.reset();
  BOOST_TEST(!reads.try_read(*k, 0, UINT64_MAX).has_value());
}

BOOST_FIXTURE_TEST_CASE(after_the_end_everything_is_closed, reading) {
  put("k", 1, one, 1);
  BOOST_TEST(text("k") == one);
  auto found = *reads.find("k");
  reads.end();
  BOOST_TEST((read("k").error().code == errc::closed));
  BOOST_TEST((reads.state().error().code == errc::closed));
  // A block that was looked up before may still be at hand.
  BOOST_TEST(reads.read(found, 0, 10)->bytes.text() == one.substr(0, 10));
}

BOOST_FIXTURE_TEST_CASE(the_device_may_go_first, reading) {
  put("at hand", 1, one, 1);
  put("k", 2, two, 7);
  BOOST_TEST(text("at hand") == one);
  const std::weak_ptr<block_device> gone = device;
  device.reset();
  BOOST_TEST(gone.expired());
  BOOST_TEST(text("at hand") == one);
  BOOST_TEST((read("k").error().code == errc::closed));
}

BOOST_FIXTURE_TEST_CASE(a_close_in_the_middle_of_a_read_is_an_answer, reading) {
  put("k", 1, one, 1);
  meanwhile([&] {
    reads.end();
    overwrite(1);
  });
  BOOST_TEST((read("k").error().code == errc::closed));
}

BOOST_AUTO_TEST_SUITE_END()
