#include <stowage/testkit/deterministic_system.hpp>

#include <stowage/messages/register_types.hpp>

#include <caf/actor_registry.hpp>

#include <algorithm>
#include <string>
#include <vector>

#if CAF_MAJOR_VERSION >= 1
#include <caf/test/context.hpp>
#include <caf/test/fixture/deterministic.hpp>
#include <caf/test/reporter.hpp>
#include <caf/test/runnable.hpp>
#else
#include <caf/scheduled_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#endif

namespace stowage::testkit {

namespace {

using std::chrono::nanoseconds;

std::vector<void (*)()>& registrations() {
  static std::vector<void (*)()> all;
  return all;
}

bool& any_system_has_begun() {
  static bool has = false;
  return has;
}

void register_all() {
  if (std::exchange(any_system_has_begun(), true)) return;
  register_message_types();
  for (auto* how : registrations()) how();
}

#if CAF_MAJOR_VERSION >= 1

// What CAF's fixture insists on outside CAF's own test programs: a reporter that is in a test, and a current test. There
// may be several systems, so the reporter stays; it says nothing.
class caf_test_surroundings {
 public:
  caf_test_surroundings() {
    static const auto reporter = begin_reporting();
    caf::test::reporter::instance(reporter.get());
  }

 private:
  class no_test final : public caf::test::runnable {
   public:
    no_test()
        : runnable{std::make_shared<caf::test::context>(), "stowage", caf::test::block_type::test} {
    }
    void do_run() {}
    void run_next_test_branch_impl() {}
  };

  static std::unique_ptr<caf::test::reporter> begin_reporting() {
    auto reporter = caf::test::reporter::make_default();
    (void)reporter->verbosity(CAF_LOG_LEVEL_QUIET);
    reporter->begin_suite("stowage");
    reporter->begin_test(std::make_shared<caf::test::context>(), "stowage");
    return reporter;
  }

  no_test test_;
};

#endif

}  // namespace

#if CAF_MAJOR_VERSION >= 1

class deterministic_system::driver {
 public:
  caf::actor_system& system() noexcept { return fixture_.sys; }
  bool step() { return fixture_.dispatch_message(); }
  // CAF's fixture has no way to reorder what it dispatches: here every seed has the same order.
  void choose(std::uint64_t /*chosen*/) {}
  void advance(nanoseconds by) { fixture_.advance_time(by); }
  std::optional<nanoseconds> until_next_timer() {
    if (!fixture_.has_pending_timeout()) return std::nullopt;
    return fixture_.next_timeout() - fixture_.sys.clock().now();
  }

 private:
  caf_test_surroundings surroundings_;
  caf::test::fixture::deterministic fixture_;
};

#else

class deterministic_system::driver {
 public:
  caf::actor_system& system() noexcept { return system_; }
  bool step() { return scheduler().try_run_once(); }
  /// The actor that is number `chosen`, modulo all that have messages, is the next to run.
  void choose(std::uint64_t chosen) {
    auto& jobs = scheduler().jobs;
    if (jobs.size() < 2) return;
    const auto at = jobs.begin() + static_cast<std::ptrdiff_t>(chosen % jobs.size());
    std::rotate(jobs.begin(), at, at + 1);
  }
  void advance(nanoseconds by) { scheduler().advance_time(by); }
  std::optional<nanoseconds> until_next_timer() {
    auto& clock = scheduler().clock();
    for (const auto& [when, entry] : clock.schedule)
      if (!entry.f.disposed()) return when - clock.current_time;
    return std::nullopt;
  }

 private:
  struct config : caf::actor_system_config {
    config() { set("caf.scheduler.policy", "testing"); }
  };

  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }

  config config_;
  caf::actor_system system_{config_};
};

#endif

deterministic_system::deterministic_system() {
  register_all();
  driver_ = std::make_unique<driver>();
}

deterministic_system::~deterministic_system() {
  const auto alive = running_actors();
  if (alive == 0) return;
  complain(std::to_string(alive) +
           " actors are still alive when their system ends, which would wait for them for ever: "
           "spawn them with "
           "the fixture's spawn(), or make them quit");
  // Left behind, so that the next test can run.
  (void)driver_.release();
}

caf::actor_system& deterministic_system::system() noexcept { return driver_->system(); }

bool deterministic_system::step() {
  if (stands_still_) return false;
  if (order_) driver_->choose((*order_)());
  return driver_->step();
}

void deterministic_system::advance(nanoseconds by) {
  if (by < nanoseconds{0}) throw misuse{"time does not go back"};
  if (stands_still_) return;
  if (by > nanoseconds{0}) driver_->advance(by);
  run();
}

void deterministic_system::advance_by_timers(nanoseconds by,
                                             const std::function<void(nanoseconds)>& passed) {
  if (by < nanoseconds{0}) throw misuse{"time does not go back"};
  run();
  for (auto left = by; !stands_still_;) {
    const auto next = driver_->until_next_timer();
    // One that is due already goes off as soon as any time passes at all.
    const auto piece = next ? std::min(left, std::max(*next, nanoseconds{1})) : left;
    if (piece <= nanoseconds{0}) return;
    passed(piece);
    advance(piece);
    left -= piece;
  }
}

void deterministic_system::let_timers_go() {
  driver_->advance(std::chrono::hours{2});
  run();
}

std::size_t deterministic_system::running_actors() {
  return driver_->system().registry().running();
}

void register_before_first_system(void (*how)()) {
  if (any_system_has_begun())
    throw misuse{"messages have to be known before the first actor system begins"};
  registrations().push_back(how);
}

}  // namespace stowage::testkit
