// A backup of a running store: one state, whole or not there, and nobody waits for it.
#include <stowage/storage/device/posix_device.hpp>
#include <stowage/storage/read_block.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

using namespace stowage;
using namespace stowage::test;

namespace {

using contents_map = std::map<std::string, std::pair<version, std::string>>;

struct backing_up : store_fixture {
  backing_up() { open(); }

  void fill() {
    for (int i = 0; i < 40; ++i) {
      auto value = pattern(100'000, static_cast<std::uint64_t>(i));
      const auto ver = put_durable("k" + std::to_string(i), value);
      written["k" + std::to_string(i)] = {ver, std::move(value)};
    }
  }
  /// Sent while the backup reads: it has its state by then.
  void overwrite_meanwhile() {
    rig->meanwhile(device_call::read, [this] {
      for (const auto& [name, value] : written) (void)put(name, "new", durability::durable);
      (void)remove("k7", durability::durable);
      (void)put("later", "new", durability::durable);
    });
  }
  [[nodiscard]] contents_map read(const std::string& file) const {
    auto device = open_posix_device(file, open_mode::read_only);
    BOOST_REQUIRE(device.ok());
    const auto state = recover(**device, store_access::read_only);
    BOOST_REQUIRE(state.ok());
    BOOST_TEST(state->was_clean);
    contents_map found;
    state->index.for_each_from({}, [&](const block_ref& b) {
      const auto value = read_block(**device, *b, state->sb.hash_seed, 0, UINT64_MAX);
      BOOST_REQUIRE(value.ok());
      found[std::string{b->name()}] = {b->ver(), std::string{value->text()}};
      return true;
    });
    return found;
  }
  [[nodiscard]] bool is_directory_empty() const {
    return std::filesystem::is_empty(directory.path());
  }

  temporary_directory directory;
  std::string path = directory / "copy";
  contents_map written;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(backups)

BOOST_FIXTURE_TEST_CASE(the_state_at_its_beginning_while_writes_go_on, backing_up) {
  fill();
  const auto through = status().durable_version;
  overwrite_meanwhile();
  auto done = ask_backup(path);
  run();
  BOOST_TEST(done->blocks == 40U);
  BOOST_TEST(done->value_bytes == 4'000'000U);
  BOOST_TEST(done->through == through);
  BOOST_TEST(done->file_bytes == std::filesystem::file_size(path));
  BOOST_TEST(done->unreadable_count == 0U);
  BOOST_TEST((read(path) == written));
  BOOST_TEST(value_of("k0") == "new");
  BOOST_TEST(value_of("k7") == "-");
  BOOST_TEST(value_of("later") == "new");
  // What it kept is free again.
  BOOST_TEST(status().pinned_bytes == 0U);
}

BOOST_FIXTURE_TEST_CASE(what_is_only_accepted_is_not_in_it, backing_up) {
  (void)put_durable("durable", "1");
  (void)put_accepted("accepted", "1");
  auto done = ask_backup(path);
  run();
  BOOST_TEST(done->blocks == 1U);
  // Its version is not given again by the copy.
  auto device = open_posix_device(path, open_mode::read_only);
  const auto state = recover(**device, store_access::read_only);
  BOOST_REQUIRE(state.ok());
  BOOST_TEST(state->last_version == status().last_version);
}

BOOST_FIXTURE_TEST_CASE(a_block_that_has_rotted_is_left_out_and_told, backing_up) {
  fill();
  const auto image = rig->image();
  const auto& value = written["k5"].second;
  const auto* begin = reinterpret_cast<const std::byte*>(value.data());
  const auto found = std::search(image.begin(), image.end(), begin, begin + value.size());
  BOOST_REQUIRE(found != image.end());
  rig->flip_byte(static_cast<std::uint64_t>(found - image.begin()) + 777);
  auto done = ask_backup(path);
  run();
  BOOST_TEST(done->blocks == 39U);
  BOOST_TEST(done->unreadable_count == 1U);
  BOOST_TEST_REQUIRE(done->unreadable.size() == 1U);
  BOOST_TEST(done->unreadable.front().code == errc::corrupt_block);
  BOOST_TEST(done->unreadable.front().name == "k5");
  written.erase("k5");
  BOOST_TEST((read(path) == written));
}

BOOST_FIXTURE_TEST_CASE(a_path_that_is_taken_or_cannot_be_is_refused, backing_up) {
  fill();
  std::ofstream{path} << "mine";
  auto taken = ask_backup(path);
  run();
  BOOST_TEST(taken.code() == errc::already_exists);
  BOOST_TEST(std::filesystem::file_size(path) == 4U);
  auto nowhere = ask_backup(directory / "none/copy");
  run();
  BOOST_TEST(nowhere.code() == errc::no_such_store);
  // Somebody takes it while the copy is being written.
  const auto late_path = directory / "late";
  rig->meanwhile(device_call::read, [&] { std::ofstream{late_path} << "mine"; });
  auto late = ask_backup(late_path);
  run();
  BOOST_TEST(late.code() == errc::already_exists);
  BOOST_TEST(late.error().detail.starts_with("the copy"));
  BOOST_TEST(status().pinned_bytes == 0U);
  BOOST_TEST(value_of("k1") == written["k1"].second);
}

BOOST_FIXTURE_TEST_CASE(one_at_a_time, backing_up) {
  fill();
  auto first = ask_backup(path);
  auto second = ask_backup(directory / "second");
  run();
  BOOST_TEST(first.code() == errc::none);
  BOOST_TEST(second.code() == errc::overloaded);
  auto third = ask_backup(directory / "second");
  run();
  BOOST_TEST(third.code() == errc::none);
}

BOOST_FIXTURE_TEST_CASE(a_close_ends_it_and_leaves_nothing, backing_up) {
  fill();
  std::optional<answer<void>> closed;
  rig->meanwhile(device_call::read, [&] { closed.emplace(ask_close()); });
  auto done = ask_backup(path);
  run();
  BOOST_TEST(done.code() == errc::closed);
  BOOST_REQUIRE(closed.has_value());
  BOOST_TEST(closed->code() == errc::none);
  BOOST_TEST(is_directory_empty());
}

BOOST_FIXTURE_TEST_CASE(a_store_that_is_closing_begins_none, backing_up) {
  auto closed = ask_close();
  auto done = ask_backup(path);
  run();
  BOOST_TEST(closed.code() == errc::none);
  BOOST_TEST(done.code() == errc::closed);
}

BOOST_AUTO_TEST_CASE(one_that_keeps_too_much_is_given_up) {
  backing_up f;
  f.close();
  f.options.backup.max_pinned_bytes = 50'000;
  f.open();
  f.fill();
  f.overwrite_meanwhile();
  auto done = f.ask_backup(f.path);
  f.run();
  BOOST_TEST(done.code() == errc::snapshot_expired);
  BOOST_TEST(f.is_directory_empty());
  BOOST_TEST(f.status().pinned_bytes == 0U);
  BOOST_TEST(f.value_of("k0") == "new");
}

BOOST_AUTO_TEST_CASE(one_that_takes_too_long_is_given_up) {
  backing_up f;
  f.close();
  f.options.backup.max_time = 60s;
  f.open();
  f.fill();
  f.rig->meanwhile(device_call::read, [&] { f.advance(61s); });
  auto done = f.ask_backup(f.path);
  f.run();
  BOOST_TEST(done.code() == errc::snapshot_expired);
  BOOST_TEST(done.error().detail == "the backup took more than 60 s");
  BOOST_TEST(f.is_directory_empty());
  BOOST_TEST(f.status().pinned_bytes == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_poisoned_store_can_be_backed_up, backing_up) {
  fill();
  rig->fail_next(device_call::sync, EIO);
  auto lost = put("lost", "v", durability::durable);
  run();
  BOOST_TEST(lost.code() == errc::io_error);
  auto done = ask_backup(path);
  run();
  BOOST_TEST(done->blocks == 40U);
  BOOST_TEST((read(path) == written));
}

BOOST_AUTO_TEST_SUITE_END()
