// Checks of what lasts, what fails, who may call when, and how it ends.
#include <stowage/testkit/device_checks.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace stowage::testkit::device_checks {

// -- durability ---------------------------------------------------------------------------------------------

conformance syncs_change_nothing_that_is_read(const device_under_test& device) {
  auto one = made(device, 10'000);
  require_ok(one->sync(), "a sync with nothing to do");
  const auto text = pattern(0, 10'000, 's');
  must_write(*one, 0, text);
  for (int again = 0; again < 2; ++again) {
    require_ok(one->sync(), "a sync");
    for (const auto mode : {read_mode::cached, read_mode::direct})
      require_bytes(*one, 0, text, "after a sync", mode);
  }
  return conformance::holds;
}

conformance a_dropped_cache_loses_nothing(const device_under_test& device) {
  auto one = made(device, 100'000);
  const auto text = pattern(0, 100'000, 'd');
  must_write(*one, 0, text);
  one->drop_cache();
  require_bytes(*one, 0, text, "after dropping the cache of what is not synced");
  require_ok(one->sync(), "a sync");
  one->drop_cache();
  require_bytes(*one, 0, text, "after dropping the cache of what is synced");
  return conformance::holds;
}

conformance what_is_synced_is_there_when_opened_again(const device_under_test& device) {
  if (!device.reopen) return conformance::not_tried;
  for (const bool in_order : {true, false}) {
    auto one = made(device);
    auto expected = pattern(0, device_bytes, 'p');
    must_write(*one, 0, expected);
    require_ok(one->resize(2 * mib + 99), "a cut");
    expected.resize(2 * mib + 99);
    require_ok(one->sync(), "a sync");
    if (in_order) require_ok(one->close(), "a close");
    one.reset();
    one = device.reopen();
    require(one->size() == expected.size(), "the size is another one when opened again");
    require_bytes(*one, 0, expected, "opened again");
    // It goes on from there.
    require_ok(one->allocate(expected.size() + 10), "allocate when opened again");
    must_write(*one, expected.size(), "more");
    require_bytes(*one, expected.size(), "more", "opened again and written");
  }
  return conformance::holds;
}

conformance a_power_loss_takes_nothing_that_was_synced(const device_under_test& device) {
  if (!device.after_power_loss) return conformance::not_tried;
  for (std::uint64_t round = 0; round < 8; ++round) {
    auto one = made(device, 256 * sector);
    const auto synced = pattern(0, 256 * sector, 'p');
    must_write(*one, 0, synced);
    require_ok(one->sync(), "a sync");
    // Every fourth sector is written again, and that is not synced.
    for (std::uint64_t i = round % 4; i < 256; i += 4)
      must_write(*one, i * sector + 7, std::string(100, 'n'));
    auto after = device.after_power_loss();
    one.reset();
    require(after->size() == 256 * sector, "a power loss changes a size that was synced");
    const auto left = read(*after, 0, 256 * sector);
    for (std::uint64_t i = 0; i < 256; ++i)
      require(i % 4 == round % 4 ||
                  left.substr(i * sector, sector) == synced.substr(i * sector, sector),
              "a power loss takes a sector that was synced and not written since");
  }
  return conformance::holds;
}

// -- failures -----------------------------------------------------------------------------------------------

namespace {

/// A device of so many bytes whose next call of this kind fails.
device_ptr about_to_fail(const device_under_test& device, device_call call, int os_error,
                         std::uint64_t size) {
  std::function<void()> arm;
  auto one = device.make_failing(call, os_error, arm);
  require_ok(one->allocate(size), "allocate");
  must_write(*one, 0, std::string(size, 'x'));
  require_ok(one->sync(), "a sync");
  arm();
  return one;
}

void require_failure(const std::string& what, const failure& why, errc code, int os_error) {
  require(why.code == code, what + " is told as " + std::string{name_of(why.code)} +
                                " and not as " + std::string{name_of(code)});
  require(why.os_error == os_error, what + " is told with errno " + std::to_string(why.os_error));
}

}  // namespace

conformance a_failed_read_says_where(const device_under_test& device) {
  if (!device.make_failing) return conformance::not_tried;
  auto one = about_to_fail(device, device_call::read, EIO, 10'000);
  std::array<std::byte, 100> out{};
  const auto failed = one->read(5'000, out, read_mode::cached);
  require(!failed, "a read that failed succeeds");
  require_failure("a failed read", failed.error(), errc::io_error, EIO);
  require(
      failed.error().offset && *failed.error().offset >= 5'000 && *failed.error().offset < 5'100,
      "a failed read does not say where");
  require_bytes(*one, 0, std::string(10'000, 'x'), "after a failed read");
  return conformance::holds;
}

conformance a_failed_write_says_where(const device_under_test& device) {
  if (!device.make_failing) return conformance::not_tried;
  for (const int os_error : {EIO, ENOSPC}) {
    auto one = about_to_fail(device, device_call::write, os_error, 10'000);
    const auto failed = write(*one, 5'000, std::string(100, 'n'));
    require(!failed, "a write that failed succeeds");
    require_failure("a failed write", failed.error(),
                    os_error == EIO ? errc::io_error : errc::no_space, os_error);
    require(
        failed.error().offset && *failed.error().offset >= 5'000 && *failed.error().offset <= 5'100,
        "a failed write does not say where");
    require(one->size() == 10'000, "a failed write changes the size");
    require_bytes(*one, 0, std::string(5'000, 'x'), "before a failed write");
    require_bytes(*one, 5'100, std::string(4'900, 'x'), "behind a failed write");
  }
  return conformance::holds;
}

conformance a_failed_sync_is_told(const device_under_test& device) {
  if (!device.make_failing) return conformance::not_tried;
  auto one = about_to_fail(device, device_call::sync, EIO, 10'000);
  must_write(*one, 0, "new");
  const auto failed = one->sync();
  require(!failed, "a sync that failed succeeds");
  require_failure("a failed sync", failed.error(), errc::io_error, EIO);
  return conformance::holds;
}

conformance a_failed_allocate_changes_nothing(const device_under_test& device) {
  if (!device.make_failing) return conformance::not_tried;
  for (const int os_error : {EIO, ENOSPC}) {
    auto one = about_to_fail(device, device_call::allocate, os_error, 10'000);
    const auto failed = one->allocate(20'000);
    require(!failed, "an allocate that failed succeeds");
    require_failure("a failed allocate", failed.error(),
                    os_error == EIO ? errc::io_error : errc::no_space, os_error);
    require(one->size() == 10'000, "a failed allocate changes the size");
    require_bytes(*one, 0, std::string(10'000, 'x'), "after a failed allocate");
    if (os_error == ENOSPC) {
      require_ok(one->allocate(20'000), "an allocate after one that found no space");
      require_bytes(*one, 10'000, std::string(10'000, '\0'), "allocated at the second attempt");
    }
  }
  return conformance::holds;
}

conformance a_failed_resize_is_told(const device_under_test& device) {
  if (!device.make_failing) return conformance::not_tried;
  auto one = about_to_fail(device, device_call::resize, EIO, 10'000);
  const auto failed = one->resize(5'000);
  require(!failed, "a resize that failed succeeds");
  require_failure("a failed resize", failed.error(), errc::io_error, EIO);
  require(one->size() == 10'000, "a failed resize changes the size");
  require_bytes(*one, 0, std::string(10'000, 'x'), "after a failed resize");
  return conformance::holds;
}

// -- threads, end -------------------------------------------------------------------------------------------

conformance threads_read_beside_the_one_that_writes(const device_under_test& device) {
  auto one = made(device, 2 * mib);
  const auto text = pattern(0, mib, 't');
  must_write(*one, 0, text);
  constexpr std::size_t readers = 3;
  std::atomic<bool> writes = true;
  std::array<std::optional<std::string>, readers> wrong;
  std::vector<std::thread> threads;
  for (std::size_t r = 0; r < readers; ++r) {
    threads.emplace_back([&, r] {
      std::string out;
      for (std::uint64_t i = 0; (writes || i < 100) && !wrong[r]; ++i) {
        const auto offset = (r * 331 + i * 7919) % (mib - 5000);
        out.assign(1 + (i * 97) % 5000, '?');
        const auto got =
            one->read(offset, std::as_writable_bytes(std::span{out}), read_mode::cached);
        if (!got)
          wrong[r] = "a read beside a write fails: " + describe(got.error());
        else if (*got != out.size() || text.compare(offset, out.size(), out) != 0)
          wrong[r] = "a read beside writes and other reads brings wrong bytes";
      }
    });
  }
  std::optional<failure> failed;
  for (std::uint64_t i = 0; i < 200 && !failed; ++i) {
    auto done = write(*one, mib + i * 4099 % (mib - 3000), pattern(i, 3000, 'w'));
    if (done && i % 20 == 0) done = one->sync();
    if (done && i % 10 == 0) done = one->allocate(2 * mib + i * 1000);
    if (!done) failed = done.error();
  }
  writes = false;
  for (auto& t : threads) t.join();
  require(!failed, "a write beside reads fails: " + (failed ? describe(*failed) : std::string{}));
  for (const auto& w : wrong) require(!w, w.value_or(""));
  return conformance::holds;
}

conformance a_closed_device_does_nothing(const device_under_test& device) {
  auto one = made(device, 10'000);
  must_write(*one, 0, std::string(10'000, 'x'));
  require_ok(one->sync(), "a sync");
  require_ok(one->close(), "a close");
  require_refused("a write to a closed device", [&] { return write(*one, 0, "late"); });
  require_refused("a sync of a closed device", [&] { return one->sync(); });
  std::array<std::byte, 10> out{};
  require_refused("a read from a closed device",
                  [&] { return one->read(0, out, read_mode::cached); });
  require_refused("an allocate of a closed device", [&] { return one->allocate(20'000); });
  one.reset();
  if (!device.reopen) return conformance::holds;
  one = device.reopen();
  require(one->size() == 10'000, "a closed device changes its size");
  require_bytes(*one, 0, std::string(10'000, 'x'), "opened after it was used when closed");
  return conformance::holds;
}

}  // namespace stowage::testkit::device_checks
