// Checks of what is read, written and long.
#include <stowage/testkit/device_checks.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace stowage::testkit::device_checks {

// -- reads and writes ---------------------------------------------------------------------------------------

conformance a_new_device_has_no_bytes(const device_under_test& device) {
  auto one = device.make();
  require(one->size() == 0, "size() of a new device is not 0");
  require(read(*one, 0, 10).empty(), "a new device has something to read");
  return conformance::holds;
}

conformance what_is_written_is_read_at_once(const device_under_test& device) {
  auto one = made(device);
  std::string expected(device_bytes, '\0');
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> places{
      {0, 1},       {1, 1},       {511, 2},         {512, 512},     {1000, 3333},
      {4095, 4098}, {8192, 4096}, {mib - 7, 77777}, {2 * mib, mib}, {device_bytes - 1, 1}};
  char mark = 'a';
  for (const auto& [offset, size] : places) {
    const auto text = pattern(offset, size, mark++);
    must_write(*one, offset, text);
    expected.replace(offset, size, text);
    for (const auto mode : {read_mode::cached, read_mode::direct})
      require_bytes(*one, offset, text, "right after it was written", mode);
  }
  for (const auto mode : {read_mode::cached, read_mode::direct})
    require_bytes(*one, 0, expected, "after writes here and there", mode);
  for (const auto& [offset, size] : places)
    require(std::string_view{expected}
                .substr(offset, size)
                .starts_with(read(*one, offset, size, read_mode::resident)),
            "a read of what is resident, of " + place(offset, size) + ", brings other bytes");
  for (const auto& [offset, size] : places)
    for (const auto mode : {read_mode::cached, read_mode::direct})
      require_bytes(*one, offset + size / 3, expected.substr(offset + size / 3, size / 2),
                    "read in part", mode);
  return conformance::holds;
}

conformance buffers_are_written_one_after_another(const device_under_test& device) {
  // More of them than one call of a system takes; and one whole MiB, which some write another way.
  for (const std::size_t count : {std::size_t{3}, std::size_t{3000}}) {
    for (const std::uint64_t all : {std::uint64_t{100'001}, mib}) {
      auto one = made(device);
      const auto text = pattern(0, all, 'b');
      std::vector<byte_view> buffers;
      std::string_view left{text};
      while (buffers.size() + 2 < count) {
        const auto size = std::min<std::size_t>(left.size(), buffers.size() % 3 * 7);
        buffers.push_back(as_bytes(left.substr(0, size)));
        left.remove_prefix(size);
      }
      buffers.push_back(as_bytes(left));
      buffers.emplace_back();
      require_ok(one->write(4096, buffers), "a write of many buffers");
      require_bytes(*one, 4096, text, "after a write of " + std::to_string(count) + " buffers");
    }
  }
  return conformance::holds;
}

conformance later_writes_replace_earlier_ones(const device_under_test& device) {
  auto one = made(device, 100'000);
  std::string expected(100'000, '\0');
  for (std::uint64_t i = 0; i < 40; ++i) {
    const auto offset = i * 977 % 50'000;
    const auto text = pattern(offset, 1 + i * 613 % 9000, static_cast<char>('a' + i % 26));
    must_write(*one, offset, text);
    expected.replace(offset, text.size(), text);
  }
  require_bytes(*one, 0, expected, "after writes over each other");
  return conformance::holds;
}

conformance writes_change_nothing_beside_them(const device_under_test& device) {
  constexpr std::uint64_t bytes = 65'536;
  auto one = made(device, bytes);
  std::string expected = pattern(0, bytes, 'x');
  must_write(*one, 0, expected);
  for (const std::uint64_t offset : {1U, 511U, 513U, 4095U, 4097U, 65'530U}) {
    must_write(*one, offset, "new");
    expected.replace(offset, 3, "new");
    require_bytes(*one, 0, expected, "after a small write at " + std::to_string(offset));
  }
  return conformance::holds;
}

conformance nothing_is_a_size_as_well(const device_under_test& device) {
  auto one = made(device, 10'000);
  must_write(*one, 0, std::string(10'000, 'x'));
  for (const std::uint64_t offset : {0U, 1U, 4096U, 10'000U}) {
    require_ok(one->write(offset, {}), "a write of no buffers");
    require_ok(write(*one, offset, {}), "a write of an empty buffer");
    for (const auto mode : {read_mode::cached, read_mode::direct})
      require(read(*one, offset, 0, mode).empty(), "a read of nothing brings something");
  }
  require_ok(one->allocate(0), "allocate(0)");
  require(one->size() == 10'000, "allocate(0) changes the size");
  require_ok(one->resize(10'000), "a resize to the size it has");
  require(one->size() == 10'000, "what writes, allocates and cuts nothing changes the size");
  require_bytes(*one, 0, std::string(10'000, 'x'), "after doing nothing in all ways");
  require_ok(one->resize(0), "resize(0)");
  require(one->size() == 0 && read(*one, 0, 1).empty(), "a device cut to nothing has bytes");
  return conformance::holds;
}

conformance reads_end_where_the_device_does(const device_under_test& device) {
  auto one = made(device, 10'001);
  must_write(*one, 0, pattern(0, 10'001, 'e'));
  for (const auto mode : {read_mode::cached, read_mode::direct}) {
    require(read(*one, 9'999, 4096, mode) == pattern(0, 10'001, 'e').substr(9'999),
            "a read across the end is not cut at the end");
    require(read(*one, 10'001, 1, mode).empty(), "a read from the end on brings bytes");
    require(read(*one, 20'000, 4096, mode).empty(), "a read beyond the end brings bytes");
    require(read(*one, UINT64_MAX, 1, mode).empty(), "a read at the last offset brings bytes");
    require(read(*one, UINT64_MAX - 4095, 4096, mode).empty(),
            "a read that ends at the last offset brings bytes");
  }
  return conformance::holds;
}

conformance writes_beyond_the_end_are_refused(const device_under_test& device) {
  auto one = made(device, 10'000);
  must_write(*one, 0, std::string(10'000, 'x'));
  for (const std::uint64_t offset :
       {std::uint64_t{9'998}, std::uint64_t{10'000}, std::uint64_t{1} << 40U, UINT64_MAX - 1})
    require_refused("a write beyond the end, at " + std::to_string(offset),
                    [&] { return write(*one, offset, "abc"); });
  require(one->size() == 10'000, "a write beyond the end makes the device longer");
  require_bytes(*one, 0, std::string(10'000, 'x'), "after a refused write");
  return conformance::holds;
}

// -- size ---------------------------------------------------------------------------------------------------

conformance allocated_bytes_are_zeros(const device_under_test& device) {
  auto one = device.make();
  std::string expected;
  for (const std::uint64_t size :
       {std::uint64_t{1}, std::uint64_t{4097}, std::uint64_t{100'000}, 2 * mib + 1}) {
    require_ok(one->allocate(size), "allocate(" + std::to_string(size) + ")");
    require(one->size() >= size, "a device is shorter than what was allocated");
    expected.resize(size, '\0');
    require_bytes(*one, 0, expected, "after allocate(" + std::to_string(size) + ")");
    must_write(*one, size - 1, "x");
    expected.back() = 'x';
  }
  return conformance::holds;
}

conformance allocating_less_changes_nothing(const device_under_test& device) {
  auto one = made(device, 100'000);
  must_write(*one, 0, std::string(100'000, 'x'));
  const auto before = one->size();
  for (const std::uint64_t size : {0U, 1U, 50'000U, 100'000U}) {
    require_ok(one->allocate(size), "allocate of what is there");
    require(one->size() == before, "allocate of less changes the size");
  }
  require_bytes(*one, 0, std::string(100'000, 'x'), "after allocate of less");
  return conformance::holds;
}

conformance what_is_cut_off_does_not_come_back(const device_under_test& device) {
  auto one = made(device, 100'000);
  must_write(*one, 0, std::string(100'000, 'x'));
  for (const std::uint64_t size : {99'999U, 65'536U, 12'345U, 1U}) {
    require_ok(one->resize(size), "resize(" + std::to_string(size) + ")");
    require(one->size() == size, "size() is not what resize() made it");
    require(read(*one, 0, 100'000) == std::string(size, 'x'),
            "a cut takes more or less than its end");
    require_ok(one->allocate(100'000), "allocate after a cut");
    require_bytes(*one, 0, std::string(size, 'x') + std::string(100'000 - size, '\0'),
                  "after a cut to " + std::to_string(size) + " and growing again");
  }
  return conformance::holds;
}

conformance resize_does_not_grow(const device_under_test& device) {
  auto one = made(device, 10'000);
  require_refused("a resize that grows the device", [&] { return one->resize(10'001); });
  require(one->size() == 10'000, "a refused resize changes the size");
  return conformance::holds;
}

conformance a_full_device_says_so_and_stays_as_it_is(const device_under_test& device) {
  if (!device.make_limited) return conformance::not_tried;
  auto one = device.make_limited(200'000);
  require_ok(one->allocate(100'000), "allocate within the capacity");
  must_write(*one, 0, std::string(100'000, 'x'));
  for (int again = 0; again < 2; ++again) {
    const auto full = one->allocate(1ULL << 40U);
    require(!full, "allocate beyond the capacity succeeds");
    require(full.error().code == errc::no_space,
            "a full device says " + std::string{name_of(full.error().code)} + " and not no_space");
    require(one->size() == 100'000, "a failed allocate changes the size");
  }
  require_bytes(*one, 0, std::string(100'000, 'x'), "after a failed allocate");
  require_ok(one->allocate(200'000), "allocate of what there is room for, after one that failed");
  require_bytes(*one, 100'000, std::string(100'000, '\0'),
                "after a failed allocate and a good one");
  return conformance::holds;
}

}  // namespace stowage::testkit::device_checks
