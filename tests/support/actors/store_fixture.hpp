// A whole store on a device in memory, under virtual time.
//
// Contract: `open` creates the store if there is none on the device yet; `close` and `crash` keep the
// device's bytes for the next `open`. Requests are sent at once and handled when the test runs the
// system; an `answer` can be looked at any time and never waits. Whatever the test leaves open is ended. An actor
// of the store that ends by an exception fails the test, unless it takes note of it (`take_broken_actors`).
// Concurrency: one thread.
// Limits: one store at a time.
#pragma once

#include <stowage/actors/runtime.hpp>
#include <stowage/messages/wiring.hpp>
#include <stowage/storage/log/batch_policy.hpp>
#include <stowage/tests/support/actors/deterministic_system.hpp>
#include <stowage/tests/support/actors/device_rig.hpp>
#include <stowage/tests/support/printing.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stowage::test {

using namespace std::chrono_literals;

/// Where an answer comes in.
template <class T>
class answer_source {
 public:
  answer_source() = default;
  answer_source(const answer_source&) = delete;
  answer_source& operator=(const answer_source&) = delete;
  virtual ~answer_source() = default;
  [[nodiscard]] virtual bool arrived() = 0;
  [[nodiscard]] virtual result<T> take() = 0;
};

/// The answer to a request, which may not have come yet.
template <class T>
class answer {
 public:
  explicit answer(std::unique_ptr<answer_source<T>> from) : from_{std::move(from)} {}

  [[nodiscard]] bool arrived() {
    if (from_ && from_->arrived()) {
      outcome_ = from_->take();
      from_.reset();
    }
    return outcome_.has_value();
  }
  [[nodiscard]] const result<T>& get() {
    BOOST_REQUIRE_MESSAGE(arrived(), "the answer has not come");
    return *outcome_;
  }
  /// `none` for success.
  [[nodiscard]] errc code() { return get() ? errc::none : get().error().code; }
  [[nodiscard]] const failure& error() {
    BOOST_REQUIRE_MESSAGE(!get().ok(), "a success where an error was expected");
    return get().error();
  }
  [[nodiscard]] const auto& operator*() {
    BOOST_REQUIRE_MESSAGE(get().ok(), "failed: " << (get() ? "" : describe(get().error())));
    return *get();
  }
  [[nodiscard]] const auto* operator->() { return &**this; }

 private:
  std::unique_ptr<answer_source<T>> from_;
  std::optional<result<T>> outcome_;
};

/// Bytes in which no two places of 64 bytes look alike.
[[nodiscard]] std::string pattern(std::size_t size, std::uint64_t seed = 0);

class store_fixture {
 public:
  store_fixture() = default;
  store_fixture(const store_fixture&) = delete;
  store_fixture& operator=(const store_fixture&) = delete;
  ~store_fixture();

  /// Creates or recovers the store and spawns its actors; `options` and `capacity` count from here on.
  void open();
  /// An open during which the nth call of this kind fails, followed by a power loss; false if the open had
  /// fewer such calls, and then nothing happened but a complete recovery and the power loss.
  bool fail_to_open(device_call call, std::uint64_t nth);
  /// Closes in order; fails the test if the store does not say so.
  void close();
  /// A power loss at this moment: what is not synced is kept, lost or garbage by `fault_seed`, and nothing reaches
  /// the device any more.
  void crash();
  /// Ends all actors without a farewell and without losing power.
  void drop();

  // Requests; sent at once, handled when the system runs.
  answer<receipt> put(std::string name, std::string value, std::optional<durability> level = {},
                      std::optional<version> expected = {});
  /// A put that is answered when it is accepted.
  answer<receipt> put_accepted(std::string name, std::string value = "v") {
    return put(std::move(name), std::move(value), durability::accepted);
  }
  /// A put of a block that expires at this time.
  answer<receipt> put_until(std::uint64_t expires_at_ms, std::string name, std::string value = "v",
                            std::optional<durability> level = {});
  answer<receipt> remove(std::string name, std::optional<durability> level = {},
                         std::optional<version> expected = {});
  answer<put_many_result> put_many(std::vector<single_write> writes,
                                   std::optional<durability> level = {});
  answer<commit_receipt> commit(transaction what, std::optional<durability> level = {});
  answer<receipt> clear(std::optional<durability> level = {});
  // As they are, for what the calls above do not say.
  answer<receipt> send(put_request request);
  answer<receipt> send(delete_request request);
  answer<put_many_result> send(put_many_request request);
  answer<commit_receipt> send(commit_request request);
  answer<receipt> send(clear_request request);
  answer<block_value> get(std::string name, std::uint64_t offset = 0,
                          std::uint64_t length = UINT64_MAX);
  answer<bool> exists(std::string name);
  answer<block_stat> stat(std::string name);
  answer<block_list> list(std::string prefix = {}, std::string after = {},
                          std::uint32_t limit = 1000);
  answer<void> flush();
  answer<store_status> ask_status();
  answer<void> ask_checkpoint();
  answer<compact_result> ask_compact();
  answer<verify_result> ask_verify();
  answer<backup_result> ask_backup(std::string path);
  answer<read_view> ask_view();
  answer<void> ask_close();

  // The same, run until answered.
  [[nodiscard]] store_status status();
  [[nodiscard]] read_view view();
  /// The block's value now; "-" for not_found, "!code" for another failure.
  [[nodiscard]] std::string value_of(const std::string& name);
  /// Name and value of every block, by list and get.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> contents();
  /// Compacts to the end.
  compact_result compact();
  /// Puts and waits until it is durable.
  version put_durable(const std::string& name, std::string value = "v");
  /// The same, of a block that expires after so long.
  version put_durable_for(std::chrono::milliseconds life, const std::string& name,
                          std::string value = "v");

  [[nodiscard]] std::uint64_t closed_by(close_cause cause) {
    return status().batches_closed_by[static_cast<std::size_t>(cause)];
  }

  void run() { det.run(); }
  /// Time passes on all clocks.
  void advance(std::chrono::nanoseconds by) {
    wall += by;
    det.advance(by);
  }
  [[nodiscard]] std::uint64_t wall_ms() const {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(wall).count());
  }
  /// Of the store.
  [[nodiscard]] std::size_t running_actors() { return det.running_actors() - *clients; }
  [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(store); }
  /// The actors of all lives that have ended neither in order nor by being killed, and by what; each is told once.
  [[nodiscard]] std::vector<std::string> take_broken_actors() {
    return std::exchange(*broken_actors_, {});
  }

  deterministic_system det;
  store_options options;
  std::uint64_t capacity = memory_device::unlimited;
  std::uint64_t fault_seed = 1;
  /// What the wall clock says; nothing passes on it between the lives of a store.
  std::chrono::nanoseconds wall = 1'800'000'000s;

  /// Of the store that is open.
  std::unique_ptr<device_rig> rig;
  store_actor store;
  wire_registry peers;
  /// What recovery found at the last `open`.
  bool was_clean = false;
  version recovered_version;
  std::optional<dropped_tail> dropped;
  /// How many answers are still waited for; each is an actor.
  std::shared_ptr<std::size_t> clients = std::make_shared<std::size_t>(0);

 private:
  [[nodiscard]] std::vector<std::pair<std::string, caf::actor>> actors() const;
  void note_broken_actors();
  void end_actors();
  void forget(std::vector<std::byte> image);

  std::vector<std::byte> image_;
  std::uint64_t lives_ = 0;
  /// Shared with the actors, of which some may end later than anything here.
  std::shared_ptr<std::vector<std::string>> broken_actors_ =
      std::make_shared<std::vector<std::string>>();
};

}  // namespace stowage::test
