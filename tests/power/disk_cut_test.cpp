#include <stowage/storage/device/posix_device.hpp>
#include <stowage/tests/power/ext4_disk.hpp>
#include <stowage/tests/power/loop_mount.hpp>
#include <stowage/tests/power/power_test.hpp>
#include <stowage/tests/power/random_session.hpp>
#include <stowage/tests/storage/recovery/recovery_check.hpp>
#include <stowage/tests/storage/recovery/volatile_medium.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::test;

// Power cuts of the disk under a real ext4, on which the real binary worked: what ext4 makes of names, lengths
// and pages that were not synced is its own doing here. STOWAGE_TEST_SEED=n runs the session of one seed.

namespace {

// Only what is not zero is written.
void write_image(const overlay_device& disk, const std::string& path) {
  const auto bytes = disk.image();
  const auto file = open_or_refuse(path, O_RDWR | O_CREAT | O_TRUNC);
  if (::ftruncate(file.get(), static_cast<off_t>(bytes.size())) != 0) refuse(path, errno);
  constexpr std::size_t piece = 64 * 1024;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto part = byte_view{bytes}.subspan(at, std::min(piece, bytes.size() - at));
    if (std::ranges::all_of(part, [](std::byte b) { return b == std::byte{}; })) continue;
    if (::pwrite(file.get(), part.data(), part.size(), static_cast<off_t>(at)) !=
        static_cast<ssize_t>(part.size()))
      refuse(path, errno);
  }
}

// What a store on the mounted file system holds; nothing where there is no such file.
std::optional<store_state> recovered_from(const std::string& path) {
  auto device = open_posix_device(path, open_mode::read_write);
  if (!device && device.error().code == errc::no_such_store) return std::nullopt;
  if (!device) throw std::runtime_error{"open: " + describe(device.error())};
  const auto got = recover(**device, store_access::read_write);
  require_no_damage(got);
  store_state all;
  got->index.for_each_from({}, [&](const block_ref& b) {
    auto value = read_block(**device, *b, got->sb.hash_seed, 0, b->value_length());
    if (!value) throw std::runtime_error{describe(value.error())};
    all.emplace(std::string{b->name()},
                expected_block{b->ver(), b->expires_at_ms(), *std::move(value)});
    return true;
  });
  return all;
}

class disk_cuts {
 public:
  explicit disk_cuts(std::uint64_t seed) : seed_{seed}, chance_{seed} {}

  void live(std::uint64_t commands) {
    command_session s{disk_ / "s", "s", [this](byte_view note) { disk_.below().note(note); }};
    if (chance_.one_in(2))
      s.create();
    else
      s.create_by_import(chance_.files());
    while (s.commands() < commands) change_something(s, chance_);
    s.require_contents();
  }

  // At so many of the disk's operations, chosen by chance. Throws a complaint.
  void cut(std::uint64_t cuts) {
    const auto log = read_operation_log(disk_.below().log_path());
    const command_history history{log};
    const auto first = history.commands().front().begin + 1;
    std::multiset<std::size_t> points;
    while (points.size() < cuts) points.insert(first + chance_.below(log.size() - first + 1));
    volatile_medium medium;
    for (std::size_t done = 1; done <= log.size(); ++done) {
      take(medium, log[done - 1]);
      for (auto left = points.count(done); left > 0; --left) {
        std::uint64_t images = 0;
        for_each_image(medium, done, [&](overlay_device&) { ++images; });
        const auto wanted = chance_.below(images);
        std::uint64_t number = 0;
        for_each_image(medium, done, [&](overlay_device& d) {
          if (number++ == wanted) judge(d, history, done);
        });
      }
    }
  }

  // In the end, on a disk that ignored all flushes once the store was there.
  void cut_without_flushes() {
    const auto log = read_operation_log(disk_.below().log_path());
    const command_history history{log};
    volatile_medium medium;
    for (std::size_t i = 0; i < log.size(); ++i)
      if (log[i].call != file_call::sync || i < *history.commands().front().end)
        take(medium, log[i]);
    for_each_image(medium, log.size(), [&](overlay_device& d) { judge(d, history, log.size()); });
  }

  [[nodiscard]] std::uint64_t judged() const noexcept { return judged_; }
  [[nodiscard]] std::uint64_t absent() const noexcept { return absent_; }

 private:
  // ext4 relies on sectors being old or new.
  static constexpr crash_effort effort{1, 7, false};

  static void take(volatile_medium& medium, const file_operation& o) {
    if (o.call == file_call::allocate) medium.allocate(o.offset);
    if (o.call == file_call::write) medium.write(o.offset, o.bytes);
    if (o.call == file_call::sync) medium.sync();
  }

  void for_each_image(const volatile_medium& medium, std::size_t done,
                      const std::function<void(overlay_device&)>& visit) const {
    std::mt19937_64 chance{seed_ * 1'000'003 + done};
    medium.for_each_image(chance, effort, visit);
  }

  void judge(const overlay_device& d, const command_history& history, std::size_t done) {
    ++judged_;
    const auto* command = history.current(done);
    const temporary_directory directory;
    const auto mountpoint = directory / "cut";
    std::filesystem::create_directory(mountpoint);
    write_image(d, directory / "image");
    disk_.below().unmount_first(mountpoint);
    try {
      const loop_mount mounted{directory / "image", mountpoint, directory / "loop"};
      const auto found = recovered_from(mountpoint + "/s");
      if (!found) {
        ++absent_;
        if (history.store_must_exist(done)) throw std::runtime_error{"the store is gone"};
        return;
      }
      if (const auto complaint = history.complaint_about(*found, done); !complaint.empty())
        throw std::runtime_error{complaint};
      command_session session{mountpoint + "/s", "s", [](byte_view) {}};
      session.adopt(*found);
      session.put("one-more", "value");
      session.require_contents();
    } catch (const std::exception& e) {
      throw std::runtime_error{"cut after disk operation " + std::to_string(done) + ", " +
                               (command == nullptr ? "before all" : command->what) + ": " +
                               e.what()};
    }
  }

  std::uint64_t seed_;
  session_chance chance_;
  ext4_disk disk_{recording_mount::recording::keep};
  std::uint64_t judged_ = 0;
  std::uint64_t absent_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(disk_cuts_under_ext4)

BOOST_AUTO_TEST_CASE(random_operations) {
  SKIP_IF(ext4_disk::why_unavailable());
  std::uint64_t first = 1;
  std::uint64_t last = by_size<std::uint64_t>(1, 3, 100);
  if (const char* chosen = std::getenv("STOWAGE_TEST_SEED"); chosen != nullptr)
    first = last = std::strtoull(chosen, nullptr, 10);
  const auto cuts = by_size<std::uint64_t>(10, 20, 60);
  std::uint64_t judged = 0;
  std::uint64_t absent = 0;
  for (auto seed = first; seed <= last; ++seed) {
    disk_cuts d{seed};
    try {
      d.live(10);
      d.cut(cuts);
    } catch (const std::exception& e) {
      BOOST_ERROR("seed " << seed << ": " << e.what() << "\nreplay: STOWAGE_TEST_SEED=" << seed
                          << " <test program> --run_test=disk_cuts_under_ext4/random_operations");
      break;
    }
    judged += d.judged();
    absent += d.absent();
  }
  BOOST_TEST(judged > 0U);
  BOOST_TEST_MESSAGE(judged << " cuts of the disk, " << absent << " without a store");
}

BOOST_AUTO_TEST_CASE(a_disk_that_ignores_flushes_is_caught) {
  SKIP_IF(ext4_disk::why_unavailable());
  disk_cuts d{1};
  d.live(4);
  BOOST_CHECK_THROW(d.cut_without_flushes(), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
