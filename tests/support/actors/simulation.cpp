#include <stowage/tests/support/actors/simulation.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/tests/support/actors/random_watch.hpp>

#include <malloc.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

namespace stowage::test {

namespace {

using state_of_blocks = std::map<std::string, seen_block>;

// Devices of many MiB come and go with each life. Given back to the system and taken again, their pages cost
// more than all the rest.
void keep_memory() {
  (void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
  (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
  (void)mallopt(M_TOP_PAD, 64 << 20);
}

class simulation {
 public:
  explicit simulation(const simulation_options& how)
      : how_{how},
        random_{how.seed},
        clients_{f_, random_, history_, now_, how.mix},
        watch_{f_, how.seed} {
    f_.fault_seed = how.seed;
    f_.det.shuffle(how.seed);
    if (how_.failures && one_in(6)) f_.capacity = (12 + below(20)) * limits::mib;
  }

  simulation_report run() {
    open_with_new_options();
    if (how_.mix.watches) watch_.begin_life();
    while (said_.violations.empty()) {
      ++said_.lives;
      live();
      if (said_.steps == how_.steps_max || said_.lives == how_.lives_max) break;
    }
    said_.compactions = clients_.compactions();
    said_.cuts = clients_.cuts();
    said_.verifications = clients_.verifications();
    said_.clears = clients_.clears();
    said_.changes_told = watch_.changes();
    return std::move(said_);
  }

 private:
  enum class end : std::uint8_t { close, power_loss, kill, failed_sync, failed_write };

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  void violated(const std::string& rule) {
    said_.violations.push_back("life " + std::to_string(said_.lives) + ": " + rule);
  }

  // -- one life -----------------------------------------------------------------------------------------

  void live() {
    constexpr std::array ends{end::close, end::power_loss,  end::power_loss,
                              end::kill,  end::failed_sync, end::failed_write};
    const auto how_it_ends = ends[below(how_.failures ? ends.size() : 4)];
    // Some end before anything is durable.
    const auto steps = one_in(4) ? 1 + below(20) : 100 + below(900);
    const auto end_begins = below(steps);
    for (std::uint64_t step = 0; step < steps && said_.steps < how_.steps_max; ++step) {
      ++now_;
      ++said_.steps;
      if (how_.before_step) how_.before_step(f_);
      if (step == end_begins) {
        if (how_it_ends == end::failed_sync)
          f_.rig->fail_next(device_call::sync, EIO, 1 + below(5));
        if (how_it_ends == end::failed_write)
          f_.rig->fail_next(device_call::write, one_in(4) ? ENOSPC : EIO, 1 + below(8));
      }
      if (clients_.under_way() < 24) clients_.send_something();
      (void)f_.det.run_steps(below(25));
      if (one_in(12)) f_.advance(std::chrono::microseconds{below(60'000)});
      clients_.take_answers();
      if (how_.mix.watches) watch_.step();
    }
    const bool is_cut_short = said_.steps == how_.steps_max;
    end_life(is_cut_short ? end::power_loss : how_it_ends);
  }

  void end_life(end how) {
    ++now_;
    const bool failed = clients_.device_failed();
    if (failed) {
      // Only a power loss shows what the disk really has; until then everyone gets an answer.
      f_.run();
      clients_.take_answers();
      ++said_.failed_devices;
    }
    if (!failed && how == end::close) {
      close();
    } else if (!failed && how == end::kill) {
      hash_trace();
      f_.drop();
    } else {
      ++said_.power_losses;
      hash_trace();
      f_.crash();
    }
    ++now_;
    f_.run();
    clients_.take_answers();
    if (how_.mix.watches) check_watch();
    if (clients_.under_way() != 0 || clients_.answered() != clients_.asked())
      violated("a request has no answer");
    for (const auto& broken : f_.take_broken_actors()) violated("an actor ended: " + broken);
    if (clients_.failed_without_cause()) violated("the store has failed, and its device has not");
    said_.writes += history_.writes.size();
    said_.reads += history_.reads.size() + history_.lists.size();
    hash_history();
    for (const auto& rule : broken_rules(with_what_was_seen(history_))) violated(rule);
    no_version_is_given_again();
    begin_life();
  }

  void check_watch() {
    watch_.end_life();
    for (const auto& rule : watch_.broken_rules(with_what_was_seen(history_))) violated(rule);
    watch_.mark_durable(history_);
  }

  // Whether it was durable or not, in this life or in any before.
  void no_version_is_given_again() {
    auto newest = given_;
    for (const auto& event : history_.writes) {
      if (event.what != outcome::taken || event.invoked == 0) continue;
      for (const auto& w : event.writes) {
        if (w.ver <= given_) violated("version " + std::to_string(w.ver.value) + " is given again");
        newest = std::max(newest, w.ver);
      }
    }
    given_ = newest;
  }

  void close() {
    said_.blocks_expired += f_.status().blocks_expired;
    auto closed = f_.ask_close();
    f_.run();
    f_.advance(2s);
    clients_.take_answers();
    if (!closed.arrived() || closed.code() != errc::none) violated("it does not close");
    hash_trace();
    f_.drop();
  }

  // -- the next one -------------------------------------------------------------------------------------

  void begin_life() {
    // Recovery may be crashed as well, and its successor.
    while (how_.failures && one_in(4)) {
      const auto call = one_in(2) ? device_call::write : device_call::sync;
      if (f_.fail_to_open(call, 1 + below(3))) ++said_.crashed_recoveries;
    }
    // Nobody serves it for a while, or at once.
    if (one_in(2)) f_.wall += std::chrono::milliseconds{below(2000)};
    open_with_new_options();
    state_of_blocks state;
    auto names = f_.list({}, {}, list_limit_max);
    f_.run();
    for (const auto& b : names->blocks)
      state[b.name] = {b.ver, f_.value_of(b.name), b.expires_at_ms};
    for (const auto& rule : broken_by_recovery(with_what_was_seen(history_, state), state,
                                               version{UINT64_MAX}, f_.wall_ms()))
      violated(rule);
    history_ = {};
    for (const auto& [name, block] : state)
      history_.writes.push_back(
          {0, 0, {{name, block.value, block.ver, block.expires_at_ms}}, true, outcome::taken});
    mix(checksum_of(state));
    if (how_.mix.watches) watch_.begin_life();
  }

  void open_with_new_options() {
    f_.options = {};
    f_.options.level = durability::accepted;
    if (one_in(2)) f_.options.credit = {.max_ops = 3 + below(20), .max_bytes = limits::mib};
    if (one_in(3)) f_.options.batch.max_ops = static_cast<std::uint32_t>(1 + below(10));
    constexpr std::array modes{sync_mode::group, sync_mode::two_phase, sync_mode::lazy};
    f_.options.sync.mode = modes[below(modes.size())];
    f_.open();
  }

  // -- the trace ----------------------------------------------------------------------------------------

  void mix(std::uint64_t n) {
    // FNV-1a's step, a word at a time: order counts, and that is all that is asked of it.
    said_.trace_hash = (said_.trace_hash ^ n) * 0x00000100000001b3ULL;
    said_.trace_hash ^= said_.trace_hash >> 29U;
  }

  void hash_trace() {
    for (const auto& o : f_.rig->trace) {
      mix(static_cast<std::uint64_t>(o.call));
      mix(o.range.offset);
      mix(o.range.length);
      mix(o.sum.low);
      mix(o.error ? static_cast<std::uint64_t>(o.error->os_error) : 0);
    }
  }

  void hash_history() {
    for (const auto& w : history_.writes) {
      mix(w.invoked);
      mix(w.answered);
      mix(static_cast<std::uint64_t>(w.what));
      for (const auto& each : w.writes) mix(each.ver.value);
    }
    for (const auto& r : history_.reads) {
      mix(r.answered);
      mix(r.found ? r.found->ver.value : 0);
    }
  }

  static std::uint64_t checksum_of(const state_of_blocks& state) {
    std::string text;
    for (const auto& [name, block] : state)
      text += name + "=" + std::to_string(block.ver.value) + ":" + block.value + ";";
    return checksum(std::as_bytes(std::span{text}), 0).low;
  }

  simulation_options how_;
  store_fixture f_;
  std::mt19937_64 random_;
  history history_;
  std::uint64_t now_ = 0;
  /// The highest version that any life has given.
  version given_;
  random_clients clients_;
  random_watch watch_;
  simulation_report said_;
};

}  // namespace

simulation_report simulate(const simulation_options& how) {
  keep_memory();
  return simulation{how}.run();
}

}  // namespace stowage::test
