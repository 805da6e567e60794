// What the disk's own thread goes on to do when the device is done, on real threads.
#include <stowage/actors/disk.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/device/tracing_device.hpp>
#include <stowage/storage/log/write_plan.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace stowage;

namespace {

// Whether an actor still runs on a worker when the device is done is a matter of time: one of so many must be late
// enough.
constexpr int attempts = 200;

struct noted {
  std::atomic<std::thread::id> device;
  std::atomic<std::thread::id> writer;
  std::atomic<std::thread::id> disk_end;
  std::atomic<std::thread::id> registry;

  [[nodiscard]] bool ran_on_the_device_thread(const std::atomic<std::thread::id>& what) const {
    return device.load() != std::thread::id{} && what.load() == device.load();
  }
};

struct registry_like {
  static inline const char* name = "stowage.registry";
  registry_like(caf::event_based_actor*, noted* its_notes) : notes{its_notes} {}
  caf::behavior make_behavior() {
    return {[this](int) { notes->registry = std::this_thread::get_id(); }};
  }
  noted* notes;
};

struct writer_like {
  static inline const char* name = "stowage.writer";
  writer_like(caf::event_based_actor* its_self, disk_actor to, caf::actor then, noted* its_notes,
              bool ends)
      : self{its_self},
        disk{std::move(to)},
        registry{std::move(then)},
        notes{its_notes},
        ends_disk{ends} {}

  caf::behavior make_behavior() {
    return {[this](bool is_of_one_op) {
      auto plan = std::make_shared<write_plan>();
      plan->add_value(0, shared_bytes{std::string{"value"}});
      plan->seal();
      compat::request(self, disk, execute_plan{std::move(plan), is_of_one_op})
          .then([this](const plan_executed&) { on_durable(); },
                [](const caf::error&) { BOOST_ERROR("the plan failed"); });
    }};
  }
  void on_durable() {
    notes->writer = std::this_thread::get_id();
    if (ends_disk)
      compat::run_on(self, disk, [its_notes = notes] {
        its_notes->disk_end = std::this_thread::get_id();
        throw std::runtime_error{"the end of the disk"};
      });
    compat::send(self, registry, 0);
  }

  caf::event_based_actor* self;
  disk_actor disk;
  caf::actor registry;
  noted* notes;
  bool ends_disk;
};

// One plan in a system of its own, which is gone afterwards.
void execute_one(noted& notes, bool is_of_one_op, bool ends_disk = false) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  const auto device = std::make_shared<tracing_device>(
      std::make_unique<memory_device>(std::vector<std::byte>(1U << 20U)),
      [&notes](const device_operation& operation) {
        if (operation.call != device_call::sync) return;
        notes.device = std::this_thread::get_id();
        for (int i = 0; i < 100; ++i) std::this_thread::yield();
      });
  const auto disk =
      system.spawn<disk_impl>(std::shared_ptr<block_device>{device}, disk_state::thread::its_own,
                              disk_metrics{system.metrics(), "test"});
  const auto registry = system.spawn<caf::stateful_actor<registry_like>>(&notes);
  compat::anon_send(
      system.spawn<caf::stateful_actor<writer_like>>(disk, registry, &notes, ends_disk),
      is_of_one_op);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_thread_of_the_disk)

BOOST_AUTO_TEST_CASE(runs_the_writer_which_may_have_more_for_it) {
  bool did = false;
  for (int n = 0; n < attempts && !did; ++n) {
    noted notes;
    execute_one(notes, false);
    did = notes.ran_on_the_device_thread(notes.writer);
  }
  BOOST_TEST(did);
}

BOOST_AUTO_TEST_CASE(runs_the_registry_for_one_op) {
  bool did = false;
  for (int n = 0; n < attempts && !did; ++n) {
    noted notes;
    execute_one(notes, true);
    did = notes.ran_on_the_device_thread(notes.registry);
  }
  BOOST_TEST(did);
}

BOOST_AUTO_TEST_CASE(leaves_the_registry_to_the_workers_for_more) {
  int ran_the_writer = 0;
  for (int n = 0; n < attempts && ran_the_writer < 10; ++n) {
    noted notes;
    execute_one(notes, false);
    BOOST_REQUIRE((notes.registry.load() != std::thread::id{}));
    BOOST_TEST(!notes.ran_on_the_device_thread(notes.registry));
    if (notes.ran_on_the_device_thread(notes.writer)) ++ran_the_writer;
  }
  BOOST_TEST(ran_the_writer > 0);
}

// That the system waits for the thread is seen by the sanitizers.
BOOST_AUTO_TEST_CASE(outlives_a_disk_that_ends_on_it) {
  int did = 0;
  for (int n = 0; n < attempts && did < 10; ++n) {
    noted notes;
    execute_one(notes, false, true);
    if (notes.ran_on_the_device_thread(notes.disk_end)) ++did;
  }
  BOOST_TEST(did > 0);
}

BOOST_AUTO_TEST_SUITE_END()
