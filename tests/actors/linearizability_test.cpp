// Whatever clients do at once, and whatever breaks: the history of the real actors is linearizable.
//
// Seeded: clients with several requests under way each, messages in steps between them, small credit, and in
// most runs a failure. STOWAGE_TEST_SEED=N runs only seed N.
#include <stowage/tests/support/actors/random_clients.hpp>
#include <stowage/tests/support/history.hpp>
#include <stowage/tests/support/test_size.hpp>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <utility>

using namespace stowage;
using namespace stowage::test;

namespace {

enum class trouble : std::uint8_t { none, failed_sync, failed_write, power_loss, full_disk, close };
constexpr std::uint64_t troubles = 6;

// On a device that is to be full, values fill it.
request_mix mix_of(trouble t) {
  request_mix mix;
  if (t == trouble::full_disk) mix.value_bytes_end = 1'000'000;
  return mix;
}

class run_of_clients {
 public:
  explicit run_of_clients(std::uint64_t seed)
      : random_{seed},
        trouble_{static_cast<trouble>(seed % troubles)},
        clients_{f_, random_, history_, now_, mix_of(trouble_)} {
    f_.fault_seed = seed;
    f_.options.level = durability::accepted;
    if (one_in(2)) f_.options.credit = {.max_ops = 3 + below(20), .max_bytes = limits::mib};
    if (one_in(3)) f_.options.batch.max_ops = static_cast<std::uint32_t>(1 + below(10));
    constexpr sync_mode modes[] = {sync_mode::group, sync_mode::two_phase, sync_mode::lazy};
    f_.options.sync.mode = modes[below(3)];
    if (trouble_ == trouble::full_disk) f_.capacity = 12 * limits::mib;
    f_.open();
  }

  void run() {
    const auto steps = 400 + below(400);
    const auto trouble_at = steps / 3 + below(steps / 2);
    for (std::uint64_t step = 0; step < steps && !over_; ++step) {
      ++now_;
      if (step == trouble_at) start_trouble();
      if (!over_ && clients_.under_way() < 24) clients_.send_something();
      if (!over_) (void)f_.det.run_steps(below(25));
      if (!over_ && one_in(12)) f_.advance(std::chrono::microseconds{below(60'000)});
      clients_.take_answers();
    }
    finish();
  }

  [[nodiscard]] std::uint64_t writes() const { return history_.writes.size(); }
  [[nodiscard]] std::uint64_t reads() const {
    return history_.reads.size() + history_.lists.size();
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  // -- what goes wrong ----------------------------------------------------------------------------------

  void start_trouble() {
    switch (trouble_) {
      case trouble::none:
      case trouble::full_disk: return;
      case trouble::failed_sync: return f_.rig->fail_next(device_call::sync, EIO, 1 + below(5));
      case trouble::failed_write: return f_.rig->fail_next(device_call::write, EIO, 1 + below(8));
      case trouble::power_loss:
      case trouble::close: over_ = true; return;
    }
  }

  void finish() {
    ++now_;
    if (trouble_ == trouble::power_loss || clients_.device_failed()) {
      // After a failed sync only a power loss shows what the disk really has.
      if (trouble_ != trouble::power_loss) f_.run();
      clients_.take_answers();
      f_.crash();
    } else {
      auto closed = f_.ask_close();
      f_.run();
      f_.advance(2s);
      BOOST_TEST(closed.arrived());
      BOOST_TEST((closed.code() == errc::none) == !clients_.device_failed());
      clients_.take_answers();
      f_.drop();
    }
    ++now_;
    f_.run();
    clients_.take_answers();
    BOOST_TEST(clients_.under_way() == 0U);
    BOOST_TEST(clients_.answered() == clients_.asked());
    for (const auto& rule : broken_rules(with_what_was_seen(history_))) BOOST_ERROR(rule);

    f_.open();
    std::map<std::string, seen_block> state;
    auto names = f_.list();
    f_.run();
    for (const auto& b : names->blocks)
      state[b.name] = {b.ver, f_.value_of(b.name), b.expires_at_ms};
    // The next version there is.
    auto next = f_.put("next", "v", durability::durable);
    f_.run();
    if (next.code() == errc::no_space) return;
    for (const auto& rule :
         broken_by_recovery(with_what_was_seen(history_, state), state, next->ver, f_.wall_ms()))
      BOOST_ERROR(rule);
  }

  store_fixture f_;
  std::mt19937_64 random_;
  trouble trouble_;
  history history_;
  std::uint64_t now_ = 0;
  random_clients clients_;
  bool over_ = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(linearizability)

BOOST_AUTO_TEST_CASE(histories_of_clients_are_linearizable) {
  const auto* only = std::getenv("STOWAGE_TEST_SEED");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t count = only != nullptr ? 1 : by_size<std::uint64_t>(24, 120, 5'000);
  std::uint64_t writes = 0;
  std::uint64_t reads = 0;
  for (auto seed = first; seed < first + count; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed << ": STOWAGE_TEST_SEED=" << seed
                               << " test_actors --run_test=linearizability") {
      run_of_clients clients{seed};
      clients.run();
      writes += clients.writes();
      reads += clients.reads();
    }
  }
  BOOST_TEST_MESSAGE(count << " runs, " << writes << " writes, " << reads << " reads and lists");
  BOOST_TEST(writes > 50 * count);
  BOOST_TEST(reads > 20 * count);
}

BOOST_AUTO_TEST_SUITE_END()
