#include <stowage/tests/support/processes/kill_cycles.hpp>

#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/format/superblock.hpp>
#include <stowage/tests/support/history.hpp>
#include <stowage/tests/support/history_recorder.hpp>
#include <stowage/tests/support/processes/child_process.hpp>
#include <stowage/tests/support/stored_state.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

namespace stowage::test {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t requests_without_end = 1'000'000;

/// When a life is over.
struct moment {
  enum class kind : std::uint8_t {
    events,      ///< so many were seen
    opening,     ///< so many turns after it began to open the store
    closing,     ///< so many turns after it began to close it
    compacting,  ///< so many turns after a compaction was asked for, while it is under way
    superblock,  ///< the file has a superblock so many generations newer than before
    growth,      ///< the file is longer than before
    its_own,     ///< it ends by itself
  };
  kind what = kind::its_own;
  std::uint64_t number = 0;
};

/// What shows in the file while another process writes it.
class file_watch {
 public:
  explicit file_watch(std::string path) : path_{std::move(path)} {}
  file_watch(const file_watch&) = delete;
  file_watch& operator=(const file_watch&) = delete;
  ~file_watch() {
    if (fd_ >= 0) (void)::close(fd_);
  }

  [[nodiscard]] std::uint64_t generation() {
    std::uint64_t newest = 0;
    if (!is_there()) return newest;
    std::array<std::byte, layout::superblock_bytes> slot{};
    for (const auto at : layout::superblock_offset) {
      if (::pread(fd_, slot.data(), slot.size(), static_cast<off_t>(at)) !=
          static_cast<ssize_t>(slot.size()))
        continue;
      if (const auto sb = decode_superblock(slot, at)) newest = std::max(newest, sb->gen.value);
    }
    return newest;
  }
  [[nodiscard]] std::uint64_t bytes() {
    struct stat status {};
    return is_there() && ::fstat(fd_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size)
                                                    : 0;
  }

 private:
  bool is_there() {
    if (fd_ < 0) fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    return fd_ >= 0;
  }

  std::string path_;
  int fd_ = -1;
};

class killed_store {
 public:
  explicit killed_store(const kill_options& how)
      : how_{how}, path_{how.directory + "/store"}, random_{how.seed} {}

  kill_report run() {
    while (said_.lives < how_.cycles && said_.violations.empty()) {
      ++said_.lives;
      live();
    }
    return std::move(said_);
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  void violated(const std::string& rule) {
    said_.violations.push_back("life " + std::to_string(said_.lives) + ": " + rule);
  }

  moment any_moment() {
    using kind = moment::kind;
    switch (below(20)) {
      case 0:
      case 1:
      case 2: return {kind::opening, one_in(4) ? 0 : below(6'000'000)};
      case 3: return {kind::superblock, 1};
      case 4: return {kind::superblock, 2 + below(2)};
      case 5: return {kind::superblock, 3 + below(3)};
      case 6: return {kind::growth, 0};
      case 7:
      case 8: return {kind::closing, one_in(4) ? 0 : below(3'000'000)};
      case 9: return {kind::its_own, 0};
      case 13:
      case 14:
      case 15: return {kind::compacting, one_in(4) ? 0 : below(30'000'000)};
      case 10:
      case 11:
      case 12: return {kind::events, 2 + below(40)};
      default: return {kind::events, 40 + below(1500)};
    }
  }

  // -- one life -----------------------------------------------------------------------------------------

  void live() {
    const auto when = any_moment();
    const bool ends_itself =
        when.what == moment::kind::its_own || when.what == moment::kind::closing;
    history_recorder record{base_};
    lines_.clear();
    {
      child_process driver{
          {how_.driver, "--store", path_, "--seed", std::to_string(how_.seed), "--life",
           std::to_string(said_.lives), "--clients", std::to_string(how_.clients), "--requests",
           std::to_string(ends_itself ? 1 + below(150) : requests_without_end)},
          {.directory = how_.directory, .stderr_path = how_.directory + "/driver-stderr"}};
      watch(driver, record, when);
      const auto end = driver.wait();
      if (end.hung) violated("the driver hangs");
      if (!end.was_killed() && !(end.code == 0 && record.has_closed()))
        violated("the driver ended by itself, code " + std::to_string(end.code) + ": " +
                 text_of(how_.directory + "/driver-stderr"));
    }
    count(record);
    if (how_.meddle) how_.meddle(path_, said_.lives);
    look_at(record);
    if (!said_.violations.empty()) {
      std::ofstream out{how_.directory + "/events"};
      for (const auto& l : lines_) out << l << '\n';
    }
  }

  void watch(child_process& driver, history_recorder& record, moment when) {
    file_watch file{path_};
    const bool by_file = when.what == moment::kind::superblock || when.what == moment::kind::growth;
    const auto generation = file.generation();
    const auto bytes = file.bytes();
    bool killed = false;
    std::string line;
    for (;;) {
      if (!killed && is_due(when, record, file, generation, bytes)) {
        driver.kill_now();
        killed = true;
      }
      switch (driver.read_line(line, by_file && !killed ? 0ms : hang_after)) {
        case child_process::next::end: return;
        case child_process::next::nothing:
          if (by_file && !killed) continue;
          return violated("no event for long");
        case child_process::next::line: break;
      }
      lines_.push_back(line);
      const auto event = decode_client_event(line);
      if (!event) return violated("no event: " + line);
      record.take(*event);
    }
  }

  static bool is_due(const moment& when, const history_recorder& record, file_watch& file,
                     std::uint64_t generation, std::uint64_t bytes) {
    // What waits for a sign of the file may wait in vain.
    constexpr std::uint64_t events_max = 3000;
    switch (when.what) {
      case moment::kind::events: return record.events() >= when.number;
      case moment::kind::opening: return record.is_opening() && turned(when.number);
      case moment::kind::closing: return record.is_closing() && turned(when.number);
      case moment::kind::compacting: return record.is_compacting() && turned(when.number);
      case moment::kind::superblock:
        return record.events() >= events_max || file.generation() >= generation + when.number;
      case moment::kind::growth:
        return record.events() >= events_max || (bytes > 0 && file.bytes() > bytes);
      case moment::kind::its_own: return false;
    }
    return false;
  }

  /// Counts to `turns`: what the other process does meanwhile sends no event.
  static bool turned(std::uint64_t turns) {
    for (volatile std::uint64_t n = 0; n < turns;) n = n + 1;
    return true;
  }

  void count(const history_recorder& record) {
    if (record.has_closed())
      ++said_.closed;
    else if (record.is_closing())
      ++said_.killed_closing;
    else if (record.is_compacting())
      ++said_.killed_compacting;
    else if (record.has_opened())
      ++said_.killed_working;
    else
      ++said_.killed_opening;
    said_.events += record.events();
    said_.compactions += record.compactions();
    said_.reads += record.recorded().reads.size() + record.recorded().lists.size();
    for (const auto& w : record.recorded().writes) {
      if (w.invoked == 0) continue;
      ++said_.writes;
      if (w.what == outcome::taken && w.durable) ++said_.durable_writes;
    }
  }

  // -- what it left -------------------------------------------------------------------------------------

  void look_at(history_recorder& record) {
    for (const auto& n : record.nonsense()) violated(n);
    for (const auto& [code, times] : record.failures())
      violated("requests failed: " + std::string{name_of(code)} + ", " + std::to_string(times) +
               " times");
    if (!std::filesystem::exists(path_)) {
      if (ever_opened_ || record.has_opened()) violated("the store is gone");
      remove_unfinished();
      return;
    }
    auto state = read_stored_state(path_);
    if (!state) return violated("it cannot be recovered: " + describe(state.error()));
    if (record.has_opened() && record.digest() != digest_of(base_))
      violated("it opened with another state than was recovered read-only");
    ever_opened_ = ever_opened_ || record.has_opened();
    record.name_empty_values(state->blocks);

    const auto happened = with_what_was_seen(record.recorded(), state->blocks);
    for (const auto& rule : broken_rules(happened)) violated(rule);
    for (const auto& rule : broken_by_recovery(happened, state->blocks, version{UINT64_MAX}))
      violated(rule);
    no_version_is_given_again(record.recorded(), happened);
    if (record.has_closed() && !state->was_clean) violated("it was closed and is not clean");
    if (record.has_opened() && !record.is_closing() && state->was_clean)
      violated("it is clean and was not closed");
    if (state->dropped) ++said_.dropped_tails;
    // A fence is written twice by each open, the superblock of a close once.
    const auto written = state->gen.value - generation_;
    const std::uint64_t others = 2 + (record.has_closed() ? 1 : 0);
    if (record.has_opened() && generation_ > 0 && written > others)
      said_.superblocks += written - others;
    generation_ = state->gen.value;
    verify();
    base_ = std::move(state->blocks);
  }

  // Whether it was durable or not, told or only found, in this life or in any before.
  void no_version_is_given_again(const history& recorded, const history& happened) {
    auto newest = given_;
    for (const auto* h : {&recorded, &happened})
      for (const auto& event : h->writes) {
        if (event.invoked == 0 || (event.what != outcome::taken && event.what != outcome::seen))
          continue;
        for (const auto& w : event.writes) {
          if (w.ver <= given_)
            violated("version " + std::to_string(w.ver.value) + " is given again");
          newest = std::max(newest, w.ver);
        }
      }
    given_ = newest;
  }

  void verify() {
    const auto errors = how_.directory + "/verify-stderr";
    const auto done = run_to_end({how_.stowage, "verify", path_}, {.stderr_path = errors});
    if (done.state.code != 0 || done.state.hung)
      violated("stowage verify: " + done.out + text_of(errors));
  }

  // A creation that was killed leaves its file under another name.
  void remove_unfinished() {
    for (const auto& entry : std::filesystem::directory_iterator{how_.directory})
      if (entry.path().filename().string().starts_with(".store.") &&
          entry.path().extension() == ".creating")
        std::filesystem::remove(entry.path());
  }

  static std::string text_of(const std::string& path) {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  const kill_options& how_;
  const std::string path_;
  std::mt19937_64 random_;
  state_of_blocks base_;
  bool ever_opened_ = false;
  std::uint64_t generation_ = 0;
  /// The highest version that any life has given.
  version given_;
  std::vector<std::string> lines_;
  kill_report said_;
};

}  // namespace

kill_report& kill_report::operator+=(const kill_report& other) {
  lives += other.lives;
  killed_opening += other.killed_opening;
  killed_working += other.killed_working;
  killed_compacting += other.killed_compacting;
  killed_closing += other.killed_closing;
  closed += other.closed;
  events += other.events;
  writes += other.writes;
  durable_writes += other.durable_writes;
  reads += other.reads;
  compactions += other.compactions;
  superblocks += other.superblocks;
  dropped_tails += other.dropped_tails;
  violations.insert(violations.end(), other.violations.begin(), other.violations.end());
  return *this;
}

kill_report run_kill_cycles(const kill_options& how) { return killed_store{how}.run(); }

std::string summary_of(const kill_report& said) {
  std::ostringstream out;
  out << said.lives << " lives (killed: " << said.killed_opening << " opening, "
      << said.killed_working << " working, " << said.killed_compacting << " compacting, "
      << said.killed_closing << " closing; closed: " << said.closed << "), " << said.events
      << " events, " << said.writes << " writes (" << said.durable_writes << " answered durable), "
      << said.reads << " reads and lists, " << said.compactions << " compactions, "
      << said.superblocks << " superblocks at work, " << said.dropped_tails << " dropped tails";
  return out.str();
}

}  // namespace stowage::test
