// Which actors run on a thread that helps, for how long, and that nothing is left lying.
#include <stowage/messages/helping.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

using namespace stowage;

namespace {

constexpr std::chrono::seconds long_enough{20};

// Answers each number with the number; what ran where is in `ran_on`.
struct noting_state {
  noting_state(caf::event_based_actor* its_self, std::vector<std::thread::id>* noted)
      : self{its_self}, ran_on{noted} {}

  caf::behavior make_behavior() {
    return {[this](int n) {
      ran_on->push_back(std::this_thread::get_id());
      if (n < 0) self->quit();
      return n;
    }};
  }

  caf::event_based_actor* self;
  std::vector<std::thread::id>* ran_on;
};

// An actor is known by its name.
template <const char* Name>
struct named : noting_state {
  using noting_state::noting_state;
  static inline const char* name = Name;
};
constexpr char registry_name[] = "stowage.registry";
constexpr char writer_name[] = "stowage.writer";
constexpr char disk_name[] = "stowage.disk";
constexpr char maintenance_name[] = "stowage.maintenance";
constexpr char host_name[] = "host";
using noting_registry = named<registry_name>;
using writer_like = named<writer_name>;
using disk_like = named<disk_name>;
using maintenance_like = named<maintenance_name>;
using host_like = named<host_name>;

// Sends on what it gets.
struct registry_like {
  static inline const char* name = registry_name;
  registry_like(caf::event_based_actor* its_self, caf::actor to) : self{its_self}, next{to} {}
  caf::behavior make_behavior() {
    return {[this](int n) { return compat::delegate(self, next, n); }};
  }
  caf::event_based_actor* self;
  caf::actor next;
};

struct waiting_thread {
  caf::actor_system_config config;
  caf::actor_system system{config};
  compat::executor& context = helping::context_in(system);
  caf::scoped_actor self{system};
  std::vector<std::thread::id> ran_on;

  waiting_thread() { self->context(&context); }

  template <class State>
  caf::actor spawn() {
    // Only what is sent to it makes it run.
    return system.spawn<caf::stateful_actor<State>, caf::lazy_init>(&ran_on);
  }
  [[nodiscard]] bool is_answered() { return !self->mailbox().empty(); }
  void require_answer(const caf::actor& whom, int n) {
    compat::send(self.ptr(), whom, n);
    require_number(n);
  }
  void require_number(int n) {
    bool came = false;
    self->receive([&](int m) { came = m == n; }, caf::after(long_enough) >> [] {});
    BOOST_REQUIRE_MESSAGE(came, "the answer to " << n);
  }
  [[nodiscard]] std::size_t ran_here() const {
    return static_cast<std::size_t>(std::ranges::count(ran_on, std::this_thread::get_id()));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(who_waits_helps)

BOOST_FIXTURE_TEST_CASE(an_actor_of_the_store_runs_on_the_thread_that_waits, waiting_thread) {
  const auto writer = spawn<writer_like>();
  helping here{context};
  compat::send(self.ptr(), writer, 1);
  BOOST_TEST(ran_on.empty());
  here.run_until([this] { return is_answered(); });
  BOOST_TEST(is_answered());
  BOOST_TEST(ran_here() == 1U);
  require_number(1);
}

BOOST_FIXTURE_TEST_CASE(so_does_whom_it_sends_to, waiting_thread) {
  const auto disk = spawn<disk_like>();
  const auto registry = system.spawn<caf::stateful_actor<registry_like>, caf::lazy_init>(disk);
  helping here{context};
  compat::send(self.ptr(), registry, 1);
  here.run_until([this] { return is_answered(); });
  BOOST_TEST(ran_here() == 1U);
  require_number(1);
}

BOOST_FIXTURE_TEST_CASE(nobody_else_does, waiting_thread) {
  const auto host = spawn<host_like>();
  const auto maintenance = spawn<maintenance_like>();
  helping here{context};
  // One after the other: they note it in the same place.
  for (const auto& each : {host, maintenance}) {
    compat::send(self.ptr(), each, 1);
    here.run_until([] { return false; });
    require_number(1);
  }
  BOOST_TEST(ran_on.size() == 2U);
  BOOST_TEST(ran_here() == 0U);
}

BOOST_FIXTURE_TEST_CASE(who_helps_the_disk_alone_leaves_the_registry_to_the_workers,
                        waiting_thread) {
  const auto disk = spawn<disk_like>();
  std::vector<std::thread::id> registry_ran_on;
  const auto registry =
      system.spawn<caf::stateful_actor<noting_registry>, caf::lazy_init>(&registry_ran_on);
  helping here{context, helping::whom::disk_and_writer};
  compat::send(self.ptr(), registry, 1);
  require_number(1);
  compat::send(self.ptr(), disk, 2);
  here.run_until([] { return false; });
  require_number(2);
  BOOST_TEST(ran_here() == 1U);
  BOOST_REQUIRE(registry_ran_on.size() == 1U);
  BOOST_TEST((registry_ran_on.front() != std::this_thread::get_id()));
}

BOOST_FIXTURE_TEST_CASE(the_last_one_comes_first, waiting_thread) {
  const auto first = spawn<writer_like>();
  const auto last = spawn<disk_like>();
  helping here{context};
  compat::send(self.ptr(), first, 1);
  compat::send(self.ptr(), last, 2);
  here.run_until([] { return false; });
  require_number(2);
  require_number(1);
}

BOOST_FIXTURE_TEST_CASE(once_it_is_over_the_workers_do_the_rest, waiting_thread) {
  const auto writer = spawn<writer_like>();
  {
    helping here{context};
    compat::send(self.ptr(), writer, 1);
    here.run_until([] { return true; });
  }
  require_number(1);
  BOOST_TEST(ran_here() == 0U);
}

BOOST_FIXTURE_TEST_CASE(without_it_the_workers_do_all, waiting_thread) {
  const auto writer = spawn<writer_like>();
  require_answer(writer, 1);
  BOOST_TEST(ran_on.size() == 1U);
  BOOST_TEST(ran_here() == 0U);
}

BOOST_FIXTURE_TEST_CASE(no_actor_keeps_the_thread_for_ever, waiting_thread) {
  const auto writer = spawn<writer_like>();
  constexpr int messages = 300;
  {
    helping here{context};
    for (int n = 0; n < messages; ++n) compat::send(self.ptr(), writer, n);
    here.run_until([] { return false; });
  }
  for (int n = 0; n < messages; ++n) require_number(n);
  BOOST_TEST(ran_here() == 64U);
  BOOST_TEST(ran_on.size() == std::size_t{messages});
}

BOOST_FIXTURE_TEST_CASE(whoever_finds_no_room_goes_to_the_workers, waiting_thread) {
  std::vector<caf::actor> many;
  std::vector<std::vector<std::thread::id>> noted(12);
  for (auto& each : noted)
    many.push_back(system.spawn<caf::stateful_actor<disk_like>, caf::lazy_init>(&each));
  {
    helping here{context};
    for (const auto& each : many) compat::send(self.ptr(), each, 1);
    here.run_until([] { return false; });
  }
  for (std::size_t n = 0; n < many.size(); ++n) require_number(1);
  std::size_t on_this_thread = 0;
  for (const auto& each : noted) {
    BOOST_REQUIRE(each.size() == 1U);
    on_this_thread += each.front() == std::this_thread::get_id() ? 1 : 0;
  }
  BOOST_TEST(on_this_thread == 8U);
}

BOOST_FIXTURE_TEST_CASE(an_actor_may_end_there, waiting_thread) {
  auto writer = spawn<writer_like>();
  self->monitor(writer);
  {
    helping here{context};
    compat::send(self.ptr(), writer, -1);
    here.run_until([] { return false; });
  }
  require_number(-1);
  bool ended = false;
  self->receive([&](const caf::down_msg& down) { ended = down.source == writer.address(); },
                caf::after(long_enough) >> [] {});
  BOOST_TEST(ended);
}

BOOST_FIXTURE_TEST_CASE(a_thread_helps_one_system_at_a_time, waiting_thread) {
  waiting_thread other;
  const auto writer = spawn<writer_like>();
  const auto elsewhere = other.spawn<writer_like>();
  helping here{context};
  {
    helping inner{other.context};
    compat::send(self.ptr(), writer, 1);
    compat::send(other.self.ptr(), elsewhere, 2);
    inner.run_until([] { return false; });
  }
  require_number(1);
  other.require_number(2);
  BOOST_TEST(ran_here() == 0U);
  BOOST_TEST(other.ran_here() == 1U);
  const auto disk = spawn<disk_like>();
  compat::send(self.ptr(), disk, 3);
  here.run_until([] { return false; });
  BOOST_TEST(ran_here() == 1U);
  require_number(3);
}

// Whoever helps within a handler, as a destructor of the host's may, keeps nobody waiting.
BOOST_FIXTURE_TEST_CASE(who_helps_anew_leaves_what_it_had_to_the_workers, waiting_thread) {
  const auto writer = spawn<writer_like>();
  helping here{context};
  compat::send(self.ptr(), writer, 1);
  const helping inner{context};
  require_number(1);
  BOOST_TEST(ran_here() == 0U);
}

BOOST_AUTO_TEST_CASE(another_system_in_the_same_place_is_served_as_well) {
  for (int n = 0; n < 3; ++n) {
    waiting_thread t;
    const auto writer = t.spawn<writer_like>();
    helping here{t.context};
    compat::send(t.self.ptr(), writer, n);
    here.run_until([] { return false; });
    BOOST_TEST(t.ran_here() == 1U);
    t.require_number(n);
  }
}

BOOST_AUTO_TEST_SUITE_END()
