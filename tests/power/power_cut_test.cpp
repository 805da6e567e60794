#include <stowage/storage/device/posix_device.hpp>
#include <stowage/tests/power/power_cut.hpp>
#include <stowage/tests/power/power_test.hpp>
#include <stowage/tests/power/random_session.hpp>
#include <stowage/tests/power/recording_mount.hpp>

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

using namespace stowage;
using namespace stowage::test;

// Power cuts of the file that the unmodified binary wrote. STOWAGE_TEST_SEED=n runs the session of one seed;
// STOWAGE_POWER_LOG=FILE cuts a session that was kept, exactly as it was.

namespace {

// Whether the next open writes a checkpoint by itself.
bool will_write_a_checkpoint(const std::string& path) {
  auto device = open_posix_device(path, open_mode::read_only);
  REQUIRE_OK(device);
  const auto got = recover(**device, store_access::read_only);
  REQUIRE_OK(got);
  return !got->was_clean && got->journal_bytes > 0;
}

// One store in a mount, from its creation on.
class recorded_session {
 public:
  explicit recorded_session(std::uint64_t seed)
      : chance_{seed},
        name_{chance_.one_in(3) ? "in/a/directory/s" : "s"},
        session_{mount_ / name_, name_, [this](byte_view note) { mount_.note(note); }} {}

  void live(std::uint64_t commands) {
    create();
    while (session_.commands() < commands) {
      if (chance_.one_in(4))
        be_killed();
      else if (chance_.one_in(6))
        session_.serve();
      else
        change_something(session_, chance_);
    }
    session_.require_contents();
  }

  // The journal goes on in its next area, and in one that is made for a large record.
  void roll_over() {
    for (const std::uint64_t count : {600U, 1200U}) {
      session_.transact(long_names(count, false));
      session_.put(chance_.name(), chance_.value());
      session_.transact(long_names(count, true));
    }
  }

  [[nodiscard]] std::vector<file_operation> log() const {
    return read_operation_log(mount_.log_path());
  }
  [[nodiscard]] const std::string& log_path() const { return mount_.log_path(); }
  [[nodiscard]] std::uint64_t commands() const noexcept { return session_.commands(); }

 private:
  void create() {
    if (name_.find('/') != std::string::npos) {
      session_.create_by_serve();
      return;
    }
    session_.allow_kills(true);
    mount_.kill_at_write(chance_.one_in(3) ? 1 + chance_.below(8) : 0);
    if (chance_.one_in(2))
      session_.create();
    else
      session_.create_by_import(chance_.files());
    mount_.kill_at_write(0);
    session_.allow_kills(false);
    if (!session_.exists()) session_.create();
  }

  // At any of the writes of a command: of its open, of a group, of its close.
  void be_killed() {
    session_.allow_kills(true);
    mount_.kill_at_write(1 + chance_.below(10));
    const auto how = change_something(session_, chance_);
    mount_.kill_at_write(0);
    session_.allow_kills(false);
    if (how != how_it_ended::killed || !chance_.one_in(2)) return;
    // The next one finds a journal to put into a checkpoint: two superblocks of its open, one more for that.
    const bool checkpoint = will_write_a_checkpoint(mount_ / name_);
    session_.serve([&] {
      if (checkpoint) mount_.await_writes(3, 0, layout::data_start);
    });
  }

  recording_mount mount_;
  session_chance chance_;
  std::string name_;
  command_session session_;
};

// The binary itself recovers an image by writing to it, and finds what was there and what is new.
void try_with_the_binary(const image& bytes, const store_state& expected) {
  const temporary_directory directory;
  const auto path = directory / "s";
  std::ofstream{path, std::ios::binary}.write(reinterpret_cast<const char*>(bytes.data()),
                                              static_cast<std::streamsize>(bytes.size()));
  command_session session{path, "s", [](byte_view) {}};
  session.adopt(expected);
  session.put("one-more", "value");
  session.require_contents();
}

power_cut_effort effort_for(std::uint64_t seed) {
  power_cut_effort effort;
  // The sectors of a superblock in all combinations: that is 256, and most of the images.
  const auto exhaustive = by_size<std::uint64_t>(0, 2, UINT64_MAX);
  effort.images = seed <= exhaustive
                      ? by_size(crash_effort{}, crash_effort{256, 16}, crash_effort{4096, 4096})
                      : crash_effort{32, 8};
  effort.second_life_each = by_size<std::uint64_t>(200, 500, 1000);
  effort.try_image_each = by_size<std::uint64_t>(500, 5000, 20'000);
  return effort;
}

bool check(const std::vector<file_operation>& log, std::uint64_t seed, power_cut_figures& sums,
           const std::string& replay) {
  const auto complaint =
      complaint_about_power_cuts(log, seed, effort_for(seed), sums, try_with_the_binary);
  BOOST_CHECK_MESSAGE(complaint.empty(),
                      "seed " << seed << ": " << complaint << "\nreplay: " << replay);
  return complaint.empty();
}

// Where the log of a session is kept while it is looked at, and afterwards if that went wrong.
class kept_log {
 public:
  kept_log(const std::string& log, std::uint64_t seed)
      : path_{(std::filesystem::temp_directory_path() / ("stowage-power-" + std::to_string(seed) +
                                                         "-" + std::to_string(::getpid()) + ".log"))
                  .string()} {
    std::filesystem::copy_file(log, path_, std::filesystem::copy_options::overwrite_existing);
  }
  ~kept_log() {
    if (!is_wanted_) std::filesystem::remove(path_);
  }
  void keep() noexcept { is_wanted_ = true; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string replay(std::uint64_t seed) const {
    return std::string{"STOWAGE_TEST_SIZE="} + by_size("small", "full", "long") +
           " STOWAGE_TEST_SEED=" + std::to_string(seed) + " STOWAGE_POWER_LOG=" + path_ +
           " <test program> --run_test=power_cuts/every_operation";
  }

 private:
  std::string path_;
  bool is_wanted_ = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(power_cuts)

BOOST_AUTO_TEST_CASE(every_operation) {
  const auto sessions = by_size<std::uint64_t>(2, 5, 20);
  const auto commands = by_size<std::uint64_t>(12, 16, 40);
  std::uint64_t first = 1;
  std::uint64_t last = sessions;
  if (const char* chosen = std::getenv("STOWAGE_TEST_SEED"); chosen != nullptr)
    first = last = std::strtoull(chosen, nullptr, 10);
  power_cut_figures sums;
  if (const char* kept = std::getenv("STOWAGE_POWER_LOG"); kept != nullptr) {
    (void)check(read_operation_log(kept), first, sums, "the same command");
    return;
  }
  SKIP_IF(recording_mount::why_unavailable());
  for (auto seed = first; seed <= last; ++seed) {
    recorded_session s{seed};
    try {
      s.live(commands);
      if (seed % 4 == 0) s.roll_over();
    } catch (const std::exception& e) {
      kept_log kept{s.log_path(), seed};
      kept.keep();
      BOOST_ERROR("seed " << seed << ", command " << s.commands() << ": " << e.what()
                          << "\nlog: " << kept.path());
      break;
    }
    // Kept before it is looked at: a broken invariant ends the process.
    kept_log kept{s.log_path(), seed};
    if (check(s.log(), seed, sums, kept.replay(seed))) continue;
    kept.keep();
    break;
  }
  BOOST_TEST_MESSAGE(sums.commands << " commands, " << sums.operations << " operations, "
                                   << sums.states << " crash states, " << sums.absent
                                   << " without a store, " << sums.second_lives << " second lives, "
                                   << sums.trials << " by the binary");
}

BOOST_AUTO_TEST_CASE(a_log_without_its_barriers_is_caught) {
  SKIP_IF(recording_mount::why_unavailable());
  std::vector<file_operation> log;
  {
    recording_mount m;
    command_session s{m / "s", "s", [&](byte_view note) { m.note(note); }};
    s.create();
    s.put("kept", "a value");
    s.put("a-name", "the value that is looked for");
    log = read_operation_log(m.log_path());
  }
  const command_history history{log};
  const auto first = history.commands().back().begin;
  const auto last = *history.commands().back().end;
  power_cut_effort effort;
  effort.images = {16, 8};
  const auto complaint = [&](const std::vector<file_operation>& changed) {
    power_cut_figures sums;
    return complaint_about_power_cuts(changed, 1, effort, sums);
  };
  // The log without the operations in [from, to) that `goes` names.
  const auto without = [&](std::size_t from, std::size_t to,
                           const std::function<bool(const file_operation&)>& goes) {
    std::vector<file_operation> rest;
    for (std::size_t i = 0; i < log.size(); ++i)
      if (i < from || i >= to || !goes(log[i])) rest.push_back(log[i]);
    BOOST_REQUIRE(rest.size() < log.size());
    return rest;
  };
  const auto is = [](file_call call) {
    return [call](const file_operation& o) { return o.call == call; };
  };
  const auto holds = [](const file_operation& o, std::string_view text) {
    return o.call == file_call::write && as_text(o.bytes).find(text) != std::string_view::npos;
  };

  BOOST_TEST(complaint(log) == "");
  BOOST_TEST(complaint(without(0, log.size(), is(file_call::sync_directory)))
                 .find("whose creation was acknowledged is gone") != std::string::npos);
  BOOST_TEST(complaint(without(0, last, is(file_call::sync))) != "");
  BOOST_TEST(complaint(without(first, last, is(file_call::sync))) != "");
  // The record names the block; the value stands elsewhere.
  BOOST_TEST(complaint(without(first, last,
                               [&](const file_operation& o) { return holds(o, "a-name"); })) != "");
  BOOST_TEST(complaint(without(first, last, [&](const file_operation& o) {
               return holds(o, "looked for");
             })) != "");
  // One barrier for the value and all after it: the answer came before.
  auto early = log;
  std::rotate(early.begin() + static_cast<std::ptrdiff_t>(first) + 1,
              early.begin() + static_cast<std::ptrdiff_t>(last),
              early.begin() + static_cast<std::ptrdiff_t>(last) + 1);
  BOOST_TEST(complaint(early).find("after acknowledging") != std::string::npos);
  // A value that rots on its way to the disk.
  auto rotten = log;
  for (auto& o : rotten)
    if (holds(o, "looked for"))
      for (auto& b : o.bytes) b ^= std::byte{1};
  BOOST_TEST(complaint(rotten) != "");
}

BOOST_AUTO_TEST_SUITE_END()
