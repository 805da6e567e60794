#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <bit>
#include <map>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::size_t sectors = 64;
constexpr std::size_t size = sectors * faulty_device::sector_bytes;

/// A faulty device of `size` bytes 'a', and the memory under it.
struct rig {
  memory_device* memory;
  faulty_device device;

  explicit rig(fault_plan plan = {}, std::size_t bytes = size)
      : rig{std::make_unique<memory_device>(std::vector<std::byte>(bytes, std::byte{'a'})),
            std::move(plan)} {}
  rig(std::unique_ptr<memory_device> inner, fault_plan plan)
      : memory{inner.get()}, device{std::move(inner), std::move(plan)} {}

  std::string image() const {
    const auto bytes = memory->image();
    return std::string{as_text(bytes)};
  }
};

fault_plan scripted(std::vector<scripted_fault> script, std::uint64_t seed = 0) {
  fault_plan plan;
  plan.seed = seed;
  plan.script = std::move(script);
  return plan;
}

/// How many sectors of `text` are filled with each character; 0 stands for a mixture.
std::map<char, std::size_t> census(std::string_view text) {
  std::map<char, std::size_t> count;
  for (std::size_t at = 0; at < text.size(); at += faulty_device::sector_bytes) {
    const auto sector = text.substr(at, faulty_device::sector_bytes);
    ++count[sector.find_first_not_of(sector[0]) == std::string_view::npos ? sector[0] : '\0'];
  }
  return count;
}

errc read_code(block_device& device) {
  std::byte byte{};
  return code_of(device.read(7, {&byte, 1}, read_mode::cached));
}

/// All answers and contents of a busy life under a random plan, in one string.
std::string life(std::uint64_t seed) {
  fault_plan plan;
  plan.seed = seed;
  for (const auto call : {device_call::read, device_call::write, device_call::sync,
                          device_call::allocate, device_call::resize})
    plan.errors_per_million[call] = 100'000;
  plan.flips_per_million = 100'000;
  rig r{plan};
  std::string trace;
  for (int i = 0; i < 300; ++i) {
    const auto at = static_cast<std::uint64_t>(i * 97 % 100) * 300;
    trace += std::string{name_of(code_of(write_text(r.device, at, pattern(777))))};
    trace += name_of(read_code(r.device));
    if (i % 3 == 0) trace += name_of(code_of(r.device.sync()));
    if (i % 7 == 0) trace += name_of(code_of(r.device.resize(size - 1000)));
    while (r.device.size() < size) trace += name_of(code_of(r.device.allocate(size)));
  }
  r.device.lose_power();
  return trace + r.image();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(faulty_devices)

BOOST_AUTO_TEST_CASE(without_a_plan_it_is_not_there) {
  rig r;
  BOOST_TEST(code_of(r.device.allocate(2 * size)) == errc::none);
  BOOST_TEST(code_of(write_text(r.device, 100, "text")) == errc::none);
  BOOST_TEST(code_of(r.device.sync()) == errc::none);
  BOOST_TEST(code_of(r.device.resize(200)) == errc::none);
  BOOST_TEST(read_text(r.device, 99, 6) == "atexta");
  BOOST_TEST(read_text(r.device, 99, 6, read_mode::direct) == "atexta");
  BOOST_TEST(read_text(r.device, 199, 6) == "a");
  BOOST_TEST(read_text(r.device, 200, 6).empty());
  BOOST_TEST(r.device.size() == 200U);
  BOOST_TEST(code_of(r.device.close()) == errc::none);
}

BOOST_AUTO_TEST_CASE(the_nth_call_fails_once) {
  rig r{scripted({{device_call::read, 2, EIO}, {device_call::sync, 3, EIO}})};
  BOOST_TEST(read_code(r.device) == errc::none);
  std::byte byte{};
  const auto failed = r.device.read(7, {&byte, 1}, read_mode::cached);
  BOOST_TEST(code_of(failed) == errc::io_error);
  BOOST_TEST(failed.error().os_error == EIO);
  BOOST_TEST(failed.error().offset.value() == 7U);
  BOOST_TEST(read_code(r.device) == errc::none);

  BOOST_TEST(code_of(r.device.sync()) == errc::none);
  BOOST_TEST(code_of(r.device.sync()) == errc::none);
  BOOST_TEST(code_of(r.device.sync()) == errc::io_error);
  BOOST_TEST(code_of(r.device.sync()) == errc::none);
}

BOOST_AUTO_TEST_CASE(the_nth_call_and_all_later_ones_fail) {
  rig r{scripted({{device_call::write, 2, EROFS, true}})};
  BOOST_TEST(code_of(write_text(r.device, 0, "x")) == errc::none);
  for (int i = 0; i < 3; ++i) {
    const auto failed = write_text(r.device, 0, "x");
    BOOST_TEST(code_of(failed) == errc::io_error);
    BOOST_TEST(failed.error().os_error == EROFS);
  }
}

BOOST_AUTO_TEST_CASE(allocate_and_resize_fail_and_change_nothing) {
  rig r{scripted({{device_call::allocate, 1, ENOSPC},
                  {device_call::allocate, 2, EDQUOT},
                  {device_call::allocate, 3, EIO},
                  {device_call::resize, 1, EIO}})};
  BOOST_TEST(code_of(r.device.allocate(2 * size)) == errc::no_space);
  BOOST_TEST(code_of(r.device.allocate(2 * size)) == errc::no_space);
  BOOST_TEST(code_of(r.device.allocate(2 * size)) == errc::io_error);
  BOOST_TEST(code_of(r.device.resize(1)) == errc::io_error);
  BOOST_TEST(r.device.size() == size);
}

BOOST_AUTO_TEST_CASE(the_capacity_can_be_reached_and_raised) {
  fault_plan plan;
  plan.capacity = size + 100;
  rig r{plan};
  BOOST_TEST(code_of(r.device.allocate(size + 100)) == errc::none);
  const auto full = r.device.allocate(size + 101);
  BOOST_TEST(code_of(full) == errc::no_space);
  BOOST_TEST(full.error().os_error == ENOSPC);
  BOOST_TEST(r.device.size() == size + 100);
  r.device.set_capacity(size + 101);
  BOOST_TEST(code_of(r.device.allocate(size + 101)) == errc::none);
  r.device.set_capacity(0);
  BOOST_TEST(code_of(r.device.allocate(size)) == errc::none);
}

BOOST_AUTO_TEST_CASE(a_failed_write_leaves_some_of_its_beginning) {
  std::map<bool, int> partial;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    rig r{scripted({{device_call::write, 1, EIO}}, seed)};
    const std::array buffers{as_bytes("bbbbb"), as_bytes("bbbbb")};
    const auto failed = r.device.write(1000, buffers);
    BOOST_TEST(code_of(failed) == errc::io_error);
    const auto written = failed.error().offset.value() - 1000;
    BOOST_TEST(written <= 10U);
    BOOST_TEST(read_text(r.device, 1000, 10) ==
               std::string(written, 'b') + std::string(10 - written, 'a'));
    ++partial[written > 0 && written < 10];
  }
  BOOST_TEST(partial.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_failed_sync_lies_as_linux_does) {
  rig r{scripted({{device_call::sync, 2, EIO}}, 42)};
  BOOST_TEST(code_of(write_text(r.device, 0, std::string(size, 'b'))) == errc::none);
  BOOST_TEST(code_of(r.device.sync()) == errc::none);
  BOOST_TEST(code_of(write_text(r.device, 0, std::string(size, 'c'))) == errc::none);
  BOOST_TEST(code_of(r.device.sync()) == errc::io_error);
  // The next one is good, and has saved nothing.
  BOOST_TEST(code_of(r.device.sync()) == errc::none);

  BOOST_TEST(census(read_text(r.device, 0, size))['c'] == sectors);
  const auto medium = read_text(r.device, 0, size, read_mode::direct);
  auto count = census(medium);
  BOOST_TEST(count['b'] + count['c'] == sectors);
  BOOST_TEST(count['b'] > 0U);
  BOOST_TEST(count['c'] > 0U);

  // Direct reads that begin and end within sectors show the same medium.
  for (std::size_t at = 0; at + 700 < size; at += 333)
    BOOST_TEST(read_text(r.device, at, 700, read_mode::direct) == medium.substr(at, 700));

  // Without its cache, the system shows the medium to everyone.
  r.device.drop_cache();
  BOOST_TEST(read_text(r.device, 0, size) == medium);
  BOOST_TEST(r.image() == medium);
}

BOOST_AUTO_TEST_CASE(direct_reads_before_any_failure_show_what_was_written) {
  // Linux writes dirty pages out before it reads them directly.
  rig r;
  BOOST_TEST(code_of(write_text(r.device, 100, "new")) == errc::none);
  BOOST_TEST(read_text(r.device, 100, 3, read_mode::direct) == "new");
  r.device.drop_cache();
  BOOST_TEST(read_text(r.device, 100, 3) == "new");
}

BOOST_AUTO_TEST_CASE(a_dropped_sector_written_again_is_saved_by_the_next_sync) {
  rig r{scripted({{device_call::sync, 1, EIO}})};
  BOOST_TEST(code_of(write_text(r.device, 0, std::string(size, 'b'))) == errc::none);
  BOOST_TEST(code_of(r.device.sync()) == errc::io_error);
  BOOST_TEST(census(read_text(r.device, 0, size, read_mode::direct))['a'] > 0U);
  // One byte of each makes the whole sector dirty again.
  for (std::size_t at = 0; at < size; at += faulty_device::sector_bytes)
    BOOST_TEST(code_of(write_text(r.device, at, "b")) == errc::none);
  BOOST_TEST(code_of(r.device.sync()) == errc::none);
  r.device.lose_power();
  BOOST_TEST(census(r.image())['b'] == sectors);
}

BOOST_AUTO_TEST_CASE(a_sector_dropped_twice_holds_what_was_last_saved) {
  rig r{scripted({{device_call::sync, 1, EIO}, {device_call::sync, 2, EIO}})};
  for (const char c : {'b', 'c'}) {
    BOOST_TEST(code_of(write_text(r.device, 0, std::string(size, c))) == errc::none);
    BOOST_TEST(code_of(r.device.sync()) == errc::io_error);
  }
  auto count = census(read_text(r.device, 0, size, read_mode::direct));
  BOOST_TEST(count['a'] > 0U);
  BOOST_TEST(count['b'] > 0U);
  BOOST_TEST(count['c'] > 0U);
  BOOST_TEST(count['a'] + count['b'] + count['c'] == sectors);
}

BOOST_AUTO_TEST_CASE(a_power_loss_takes_only_what_was_not_synced) {
  rig r;
  BOOST_TEST(code_of(write_text(r.device, 0, std::string(size / 2, 'b'))) == errc::none);
  BOOST_TEST(code_of(r.device.sync()) == errc::none);
  BOOST_TEST(code_of(write_text(r.device, size / 2, std::string(size / 2, 'c'))) == errc::none);
  r.device.lose_power();
  const auto image = r.image();
  BOOST_TEST(census(image.substr(0, size / 2))['b'] == sectors / 2);
  auto lost = census(image.substr(size / 2));
  BOOST_TEST(lost['a'] > 0U);
  BOOST_TEST(lost['c'] > 0U);
  BOOST_TEST(lost['\0'] > 0U);
  BOOST_TEST(lost['a'] + lost['c'] + lost['\0'] == sectors / 2);
}

BOOST_AUTO_TEST_CASE(the_worst_power_loss_leaves_what_was_synced_and_nothing_else) {
  rig r{scripted({{device_call::sync, 3, EIO}})};
  const auto worst = [&r] {
    auto bytes = r.memory->image();
    r.device.take_back_unsynced(bytes);
    return std::string{as_text(bytes)};
  };
  BOOST_TEST(worst() == std::string(size, 'a'));
  BOOST_TEST(code_of(write_text(r.device, 100, "synced")) == errc::none);
  BOOST_TEST(code_of(r.device.sync()) == errc::none);
  const auto durable = r.image();
  BOOST_TEST(worst() == durable);
  // Not synced: content, a longer device, a shorter one.
  BOOST_TEST(code_of(write_text(r.device, 102, "lost")) == errc::none);
  BOOST_TEST(code_of(r.device.allocate(2 * size)) == errc::none);
  BOOST_TEST(code_of(write_text(r.device, size + 10, "beyond")) == errc::none);
  BOOST_TEST(worst() == durable);
  BOOST_TEST(code_of(r.device.resize(50)) == errc::none);
  BOOST_TEST(worst() == durable);
  BOOST_TEST(code_of(r.device.allocate(200)) == errc::none);
  BOOST_TEST(worst() == durable);
  // What nothing was taken from is the device itself.
  BOOST_TEST(r.device.size() == 200U);
  BOOST_TEST(code_of(r.device.sync()) == errc::none);
  BOOST_TEST(worst() == r.image());
  // What a failed sync has dropped is not there, though reads go on showing it.
  const auto before = r.image();
  BOOST_TEST(code_of(write_text(r.device, 0, "dropped or not")) == errc::none);
  BOOST_TEST(code_of(r.device.sync()) == errc::io_error);
  BOOST_TEST((worst() == before || worst() == r.image()));
}

BOOST_AUTO_TEST_CASE(what_was_closed_in_order_has_nothing_to_lose) {
  rig r;
  BOOST_TEST(code_of(r.device.allocate(2 * size)) == errc::none);
  BOOST_TEST(code_of(r.device.close()) == errc::none);
  auto bytes = r.memory->image();
  r.device.take_back_unsynced(bytes);
  BOOST_TEST(bytes.size() == 2 * size);
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_does_not_come_back) {
  rig r{scripted({{device_call::sync, 1, EIO}})};
  BOOST_TEST(code_of(write_text(r.device, 0, std::string(size, 'b'))) == errc::none);
  BOOST_TEST(code_of(r.device.sync()) == errc::io_error);
  BOOST_TEST(code_of(write_text(r.device, size / 2, std::string(size / 2, 'c'))) == errc::none);
  BOOST_TEST(code_of(r.device.resize(100)) == errc::none);
  BOOST_TEST(code_of(r.device.allocate(size)) == errc::none);
  for (const auto mode : {read_mode::cached, read_mode::direct})
    BOOST_TEST(read_text(r.device, 100, size, mode) == std::string(size - 100, '\0'));
  BOOST_TEST(code_of(r.device.sync()) == errc::none);
  r.device.lose_power();
  BOOST_TEST(r.image().substr(100) == std::string(size - 100, '\0'));
}

BOOST_AUTO_TEST_CASE(a_length_that_was_not_synced_is_the_old_or_the_new_one) {
  std::map<std::string, int> grown;
  std::map<std::string, int> cut;
  for (std::uint64_t seed = 0; seed < 32; ++seed) {
    rig longer{scripted({}, seed)};
    BOOST_TEST(code_of(longer.device.allocate(size + 1000)) == errc::none);
    longer.device.lose_power();
    ++grown[longer.image()];

    rig shorter{scripted({}, seed)};
    BOOST_TEST(code_of(shorter.device.resize(1000)) == errc::none);
    BOOST_TEST(code_of(shorter.device.resize(100)) == errc::none);
    shorter.device.lose_power();
    ++cut[shorter.image()];
  }
  const std::string old(size, 'a');
  BOOST_TEST(grown.size() == 2U);
  BOOST_TEST(grown.contains(old));
  BOOST_TEST(grown.contains(old + std::string(1000, '\0')));
  // With the old length, what had been cut off is there again.
  BOOST_TEST(cut.size() == 2U);
  BOOST_TEST(cut.contains(old));
  BOOST_TEST(cut.contains(std::string(100, 'a')));
}

BOOST_AUTO_TEST_CASE(a_length_that_was_synced_stays) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    rig r{scripted({}, seed)};
    BOOST_TEST(code_of(r.device.resize(1000)) == errc::none);
    BOOST_TEST(code_of(r.device.sync()) == errc::none);
    r.device.lose_power();
    BOOST_TEST(r.image() == std::string(1000, 'a'));
  }
}

BOOST_AUTO_TEST_CASE(what_comes_back_with_the_old_length_is_what_was_durable) {
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    rig r{scripted({}, seed)};
    BOOST_TEST(code_of(write_text(r.device, size / 2, std::string(size / 2, 'b'))) == errc::none);
    BOOST_TEST(code_of(r.device.resize(100)) == errc::none);
    r.device.lose_power();
    const auto image = r.image();
    if (image.size() == 100) continue;
    BOOST_TEST(image == std::string(size, 'a'));
  }
}

BOOST_AUTO_TEST_CASE(a_device_may_end_within_a_sector) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    rig r{scripted({{device_call::sync, 1, EIO}}, seed), 700};
    BOOST_TEST(code_of(write_text(r.device, 0, std::string(700, 'b'))) == errc::none);
    BOOST_TEST(code_of(r.device.sync()) == errc::io_error);
    const auto medium = read_text(r.device, 0, 1000, read_mode::direct);
    BOOST_TEST(medium.size() == 700U);
    r.device.drop_cache();
    BOOST_TEST(r.image() == medium);
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_read_differs_by_one_bit_once) {
  fault_plan plan;
  plan.flipped_reads = {2};
  rig r{plan};
  const std::string good(100, 'a');
  BOOST_TEST(read_text(r.device, 0, 100) == good);
  const auto flipped = read_text(r.device, 0, 100);
  int bits = 0;
  for (std::size_t i = 0; i < 100; ++i)
    bits += std::popcount(static_cast<unsigned char>(flipped[i] ^ good[i]));
  BOOST_TEST(bits == 1);
  BOOST_TEST(read_text(r.device, 0, 100) == good);
}

BOOST_AUTO_TEST_CASE(a_rotten_byte_stays_rotten) {
  fault_plan plan;
  plan.rotten_bytes = {5, 1000};
  rig r{plan};
  for (const auto mode : {read_mode::cached, read_mode::direct}) {
    BOOST_TEST(read_text(r.device, 0, 10, mode) == "aaaaa`aaaa");
    BOOST_TEST(read_text(r.device, 6, 5, mode) == "aaaaa");
    BOOST_TEST(read_text(r.device, 1000, 1, mode) == "`");
  }
}

BOOST_AUTO_TEST_CASE(a_seed_means_one_thing) {
  BOOST_TEST((life(1) == life(1)));
  BOOST_TEST((life(1) != life(2)));
}

BOOST_AUTO_TEST_CASE(chance_strikes_about_as_often_as_asked) {
  fault_plan plan;
  plan.errors_per_million[device_call::sync] = 250'000;
  rig r{plan};
  int failed = 0;
  for (int i = 0; i < 4000; ++i) failed += r.device.sync() ? 0 : 1;
  BOOST_TEST(failed > 800);
  BOOST_TEST(failed < 1200);
}

namespace {

/// Fails below a faulty device, where nothing was planned.
class broken_device final : public block_device {
 public:
  explicit broken_device(bool readable) : readable_{readable} {}

  result<std::size_t> read(std::uint64_t, mutable_byte_view out, read_mode) override {
    if (readable_) return out.size();
    return why();
  }
  result<void> write(std::uint64_t, std::span<const byte_view>) override { return why(); }
  result<void> sync() override { return why(); }
  result<void> allocate(std::uint64_t) override { return why(); }
  result<void> resize(std::uint64_t) override { return why(); }
  void drop_cache() override {}
  std::uint64_t size() const override { return 4096; }
  result<void> close() override { return why(); }

 private:
  static failure why() { return fail(errc::io_error, "really broken"); }

  const bool readable_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(real_failures_are_handed_on) {
  for (const bool readable : {false, true}) {
    faulty_device device{std::make_unique<broken_device>(readable), {}};
    BOOST_TEST((read_code(device) == errc::none) == readable);
    for (const auto& outcome : {write_text(device, 0, "x"), device.sync(), device.allocate(8192),
                                device.resize(1), device.close()})
      BOOST_TEST(outcome.error().detail == "really broken");
  }
}

BOOST_AUTO_TEST_CASE(a_medium_that_cannot_be_shown_is_no_result) {
  faulty_device device{std::make_unique<broken_device>(true),
                       scripted({{device_call::sync, 1, EIO}})};
  (void)write_text(device, 0, std::string(4096, 'b'));
  (void)device.sync();
  BOOST_CHECK_THROW(device.drop_cache(), invariant_violation);
}

BOOST_AUTO_TEST_CASE(a_failure_of_the_device_inside_is_handed_on) {
  const auto outcome_of = [](device_call call, std::uint64_t nth, auto use) {
    faulty_device device{std::make_unique<faulty_device>(
                             std::make_unique<memory_device>(std::vector<std::byte>(size)),
                             scripted({{call, nth, ENXIO}})),
                         {}};
    const auto outcome = use(device);
    BOOST_REQUIRE(!outcome.ok());
    return outcome.error().os_error;
  };
  std::byte byte{};
  BOOST_TEST(outcome_of(device_call::read, 1, [&](block_device& d) {
               return d.read(7, {&byte, 1}, read_mode::cached);
             }) == ENXIO);
  // Before a write what the medium holds is read.
  for (const auto call : {device_call::read, device_call::write})
    BOOST_TEST(outcome_of(call, 1, [](block_device& d) { return write_text(d, 7, "x"); }) == ENXIO);
  BOOST_TEST(outcome_of(device_call::sync, 1, [](block_device& d) { return d.sync(); }) == ENXIO);
  BOOST_TEST(outcome_of(device_call::allocate, 1,
                        [](block_device& d) { return d.allocate(2 * size); }) == ENXIO);
  // Before a cut what is cut off is read.
  for (const auto call : {device_call::read, device_call::resize})
    BOOST_TEST(outcome_of(call, 1, [](block_device& d) { return d.resize(7); }) == ENXIO);
}

BOOST_AUTO_TEST_SUITE_END()
