// Whatever clients do at once, and whatever breaks: the history of the real actors is linearizable.
//
// Seeded: clients with several requests under way each, messages in steps between them, small credit, and in
// most runs a failure. STOWAGE_TEST_SEED=N runs only seed N.
#include <stowage/tests/support/actors/store_fixture.hpp>
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

class run_of_clients {
 public:
  explicit run_of_clients(std::uint64_t seed)
      : random_{seed}, trouble_{static_cast<trouble>(seed % troubles)} {
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
      if (!over_ && under_way_.size() < 24) send_something();
      if (!over_) (void)f_.det.run_steps(below(25));
      if (!over_ && one_in(12)) f_.advance(std::chrono::microseconds{below(60'000)});
      take_answers();
    }
    finish();
  }

  [[nodiscard]] std::uint64_t writes() const { return history_.writes.size(); }
  [[nodiscard]] std::uint64_t reads() const {
    return history_.reads.size() + history_.lists.size();
  }

 private:
  /// Answers whether the answer is there, and records it if so.
  using request_under_way = std::function<bool()>;

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::string any_name() { return "n" + std::to_string(below(8)); }
  durability any_level() { return one_in(3) ? durability::durable : durability::accepted; }

  std::string new_value() {
    const auto size = trouble_ == trouble::full_disk ? below(300'000)
                      : one_in(10)                   ? below(200'000)
                                                     : below(300);
    return std::to_string(++values_) + ":" + std::string(size, 'v');
  }

  // -- what clients ask ---------------------------------------------------------------------------------

  void send_something() {
    switch (below(12)) {
      case 0:
      case 1:
      case 2: return send_put();
      case 3: return send_delete();
      case 4: return send_put_many();
      case 5:
      case 6: return send_commit();
      case 7:
      case 8: return send_get();
      case 9: return send_list();
      case 10: return send_flush();
      default: return;
    }
  }

  std::size_t record(std::vector<written> writes, durability level) {
    history_.writes.push_back(
        {now_, UINT64_MAX, std::move(writes), level == durability::durable, outcome::unknown});
    return history_.writes.size() - 1;
  }

  // What is certain about a write that failed.
  void record_failure(std::size_t event, const failure& why) {
    auto& e = history_.writes[event];
    e.answered = now_;
    switch (why.code) {
      case errc::conflict: {
        read_event found{e.invoked, now_, why.name, {}, false};
        if (why.actual != version{}) found.found = seen_block{why.actual, {}};
        record_read(std::move(found));
        e.what = outcome::rejected;
        return;
      }
      case errc::not_found:
        record_read({e.invoked, now_, why.name, {}, false});
        e.what = outcome::rejected;
        return;
      case errc::no_space:
      case errc::overloaded:
      case errc::limit_exceeded: e.what = outcome::rejected; return;
      default: return;  // it may have happened
    }
  }

  // Once the device has failed, what was only accepted vanishes: reads are no part of the history then.
  void record_read(read_event r) {
    if (!device_failed()) history_.reads.push_back(std::move(r));
  }

  [[nodiscard]] bool device_failed() const {
    return std::ranges::any_of(f_.rig->trace, [](const device_operation& o) {
      return o.error && o.call != device_call::allocate;
    });
  }

  std::optional<version> any_expectation(const std::string& name) {
    if (!one_in(3)) return std::nullopt;
    if (one_in(3)) return version{};
    // Some version that the name had; often it is the current one.
    version known;
    for (const auto& e : history_.writes)
      for (const auto& w : e.writes)
        if (w.name == name && e.what == outcome::taken && !one_in(5)) known = w.ver;
    return known;
  }

  void send_put() {
    auto name = any_name();
    auto value = new_value();
    const auto level = any_level();
    const auto expected = any_expectation(name);
    const auto event = record({{name, value, {}}}, level);
    expect_receipt(
        event, f_.send(put_request{name, payload{std::move(value)}, level, expected, !one_in(5)}));
  }

  void send_delete() {
    auto name = any_name();
    const auto level = any_level();
    const auto expected = any_expectation(name);
    const auto event = record({{name, std::nullopt, {}}}, level);
    expect_receipt(event, f_.send(delete_request{name, level, expected, !one_in(5)}));
  }

  void expect_receipt(std::size_t event, answer<receipt> pending) {
    expect(std::move(pending), [this, event](const result<receipt>& got) {
      if (!got) return record_failure(event, got.error());
      auto& e = history_.writes[event];
      e.answered = now_;
      e.what = outcome::taken;
      e.writes.front().ver = got->ver;
    });
  }

  void send_commit() {
    transaction t;
    std::vector<written> writes;
    const auto level = any_level();
    for (auto n = 1 + below(4); n > 0; --n) {
      auto name = any_name();
      if (const auto expected = any_expectation(name)) t.expect(name, *expected);
      if (one_in(4)) {
        t.remove(name);
        writes.push_back({name, std::nullopt, {}});
      } else {
        auto value = new_value();
        writes.push_back({name, value, {}});
        t.put(name, payload{std::move(value)});
      }
    }
    const auto event = record(std::move(writes), level);
    expect(f_.send(commit_request{std::move(t), level, !one_in(5)}),
           [this, event](const result<commit_receipt>& got) {
             if (!got) return record_failure(event, got.error());
             auto& e = history_.writes[event];
             e.answered = now_;
             e.what = outcome::taken;
             BOOST_TEST_REQUIRE(got->versions.size() == e.writes.size());
             for (std::size_t i = 0; i < e.writes.size(); ++i) e.writes[i].ver = got->versions[i];
           });
  }

  void send_put_many() {
    std::vector<single_write> writes;
    std::vector<std::size_t> events;
    const auto level = any_level();
    for (auto n = 1 + below(6); n > 0; --n) {
      auto name = any_name();
      const auto expected = any_expectation(name);
      if (one_in(4)) {
        events.push_back(record({{name, std::nullopt, {}}}, level));
        writes.push_back({name, {}, true, expected});
      } else {
        auto value = new_value();
        events.push_back(record({{name, value, {}}}, level));
        writes.push_back({name, payload{std::move(value)}, false, expected});
      }
    }
    expect(f_.send(put_many_request{std::move(writes), level, !one_in(5)}),
           [this, events](const result<put_many_result>& got) {
             if (!got) {
               for (const auto event : events) record_failure(event, got.error());
               return;
             }
             BOOST_TEST_REQUIRE(got->versions.size() == events.size());
             for (std::size_t i = 0; i < events.size(); ++i) {
               auto& e = history_.writes[events[i]];
               e.answered = now_;
               if (got->versions[i] == version{}) continue;
               e.what = outcome::taken;
               e.writes.front().ver = got->versions[i];
             }
             for (const auto& refused : got->failures)
               record_failure(events[refused.at], refused.why);
           });
  }

  void send_get() {
    auto name = any_name();
    expect(f_.get(name), [this, name, invoked = now_](const result<block_value>& got) {
      read_event r{invoked, now_, name, {}, true};
      if (got)
        r.found = seen_block{got->ver, std::string{got->value.text()}};
      else if (got.error().code != errc::not_found)
        return;
      record_read(std::move(r));
    });
  }

  void send_list() {
    expect(f_.list(), [this, invoked = now_](const result<block_list>& got) {
      if (!got || device_failed()) return;
      list_event l{invoked, now_, {}};
      for (const auto& b : got->blocks) l.found.emplace(b.name, b.ver);
      history_.lists.push_back(std::move(l));
    });
  }

  void send_flush() {
    expect(f_.flush(), [this, invoked = now_](const result<void>& got) {
      if (got) history_.flushes.push_back({invoked, now_});
    });
  }

  template <class T, class Record>
  void expect(answer<T> pending, Record on_answer) {
    ++asked_;
    auto shared = std::make_shared<answer<T>>(std::move(pending));
    under_way_.push_back([this, shared, on_answer]() mutable {
      if (!shared->arrived()) return false;
      ++answered_;
      on_answer(shared->get());
      return true;
    });
  }

  void take_answers() {
    std::erase_if(under_way_, [](request_under_way& r) { return r(); });
  }

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
    if (trouble_ == trouble::power_loss || device_failed()) {
      // After a failed sync only a power loss shows what the disk really has.
      if (trouble_ != trouble::power_loss) f_.run();
      take_answers();
      f_.crash();
    } else {
      auto closed = f_.ask_close();
      f_.run();
      f_.advance(2s);
      BOOST_TEST(closed.arrived());
      BOOST_TEST((closed.code() == errc::none) == !device_failed());
      take_answers();
      f_.drop();
    }
    ++now_;
    f_.run();
    take_answers();
    BOOST_TEST(under_way_.empty());
    BOOST_TEST(answered_ == asked_);
    for (const auto& rule : broken_rules(history_)) BOOST_ERROR(rule);

    f_.open();
    std::map<std::string, seen_block> state;
    auto names = f_.list();
    f_.run();
    for (const auto& b : names->blocks) state[b.name] = {b.ver, f_.value_of(b.name)};
    // The next version there is.
    auto next = f_.put("next", "v", durability::durable);
    f_.run();
    if (next.code() == errc::no_space) return;
    for (const auto& rule : broken_by_recovery(history_, state, next->ver)) BOOST_ERROR(rule);
  }

  store_fixture f_;
  std::mt19937_64 random_;
  trouble trouble_;
  history history_;
  std::vector<request_under_way> under_way_;
  std::uint64_t now_ = 0;
  std::uint64_t values_ = 0;
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
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
