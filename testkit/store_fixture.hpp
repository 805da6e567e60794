// A whole store on a device in memory, under virtual time: what a test of an actor that uses a store begins with.
//
// Contract: the real actors on the real engine. The store is open from the beginning; `close` and `crash` keep the
// device's bytes for `reopen`. Requests are sent at once and handled when the test runs the system; an `answer` can be
// looked at any time and never waits. A crash is one of the whole process: actors that were spawned with `spawn` die
// with the store. Whatever the test leaves open is ended. An actor of the store that ends by an exception fails the
// test, unless it takes note of it (`take_broken_actors`), and so does a fault that was asked for and never happened.
// Concurrency: one thread.
// Limits: one store at a time.
#pragma once

#include <stowage/actors/runtime.hpp>
#include <stowage/messages/wiring.hpp>
#include <stowage/testkit/actor_fixture.hpp>
#include <stowage/testkit/device_rig.hpp>
#include <stowage/testkit/store_printing.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stowage::testkit {

class store_fixture : public actor_fixture {
 public:
  explicit store_fixture(store_options how = {});
  store_fixture(const store_fixture&) = delete;
  store_fixture& operator=(const store_fixture&) = delete;
  ~store_fixture();

  /// The handle that the actor under test gets. Throws `misuse` while no store is open.
  [[nodiscard]] const store_actor& store() const;
  [[nodiscard]] bool is_open() const noexcept;

  // -- lives ----------------------------------------------------------------------------------------------

  /// Closes in order; throws `unexpected_answer` if the store does not say so.
  void close();
  /// A power loss at this moment: what is not synced is kept, lost or garbage, by chance from `fault_seed`. The store
  /// and the actors of `spawn` are gone; a request that was under way is answered with an error, or never.
  void crash();
  /// Recovers what `close`, `crash` or a `faults().crash_after` left, with `options` as they are now. Throws
  /// `unexpected_answer` if that fails.
  void reopen();
  /// The same; fails as recovery does, and then may be tried again.
  [[nodiscard]] result<void> try_reopen();

  /// What the device is to do wrong, now or while it is opened next.
  [[nodiscard]] device_rig& faults();
  /// Whether a `crash_after` has come true: nothing goes on before `reopen`.
  [[nodiscard]] bool has_crashed() const noexcept;

  store_options options;
  std::uint64_t fault_seed = 1;

  /// What recovery found at the last opening.
  bool was_clean = false;
  version recovered_version;
  std::optional<dropped_tail> dropped;

  // -- what is there --------------------------------------------------------------------------------------

  /// Name and value of each block that is there after a power loss at this moment for certain.
  [[nodiscard]] std::map<std::string, std::string> durable_blocks();
  /// The block's value now, as a read sees it; "-" for not_found, "!code" for another failure.
  [[nodiscard]] std::string value_of(const std::string& name);
  /// Name and value of every block, by list and get.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> contents();

  // -- requests: sent at once, handled when the system runs -------------------------------------------------

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
  answer<block_value> get(std::string name, std::uint64_t offset = 0,
                          std::uint64_t length = UINT64_MAX);
  answer<bool> exists(std::string name);
  answer<block_stat> stat(std::string name);
  answer<block_list> list(std::string prefix = {}, std::string after = {},
                          std::uint32_t limit = 1000);
  answer<void> flush();
  // As they are, for what the calls above do not say.
  answer<receipt> send(put_request request);
  answer<receipt> send(delete_request request);
  answer<put_many_result> send(put_many_request request);
  answer<commit_receipt> send(commit_request request);
  answer<receipt> send(clear_request request);
  answer<store_status> ask_status();
  answer<void> ask_checkpoint();
  answer<compact_result> ask_compact();
  answer<verify_result> ask_verify();
  answer<read_view> ask_view();
  answer<backup_result> ask_backup(std::string path);
  answer<void> ask_close();

  /// Run until answered.
  [[nodiscard]] store_status status();
  [[nodiscard]] read_view view();
  /// The same for a put: it is durable when this returns.
  version put_durable(const std::string& name, std::string value = "v");

  /// The actors of all lives that have ended neither in order nor by being killed, and by what; each is told once.
  [[nodiscard]] std::vector<std::string> take_broken_actors() {
    return std::exchange(*broken_actors_, {});
  }

 protected:
  /// For a fixture that opens by itself, when it has set `options`.
  struct not_open_yet {};
  explicit store_fixture(not_open_yet /*unused*/) {}

  template <class T, class Request>
  [[nodiscard]] answer<T> ask_store(Request request) {
    return ask<T>(store(), std::move(request));
  }
  /// Ends all actors of the store without a farewell.
  void end_store();
  /// What is left of a life: the bytes for the next one.
  void keep(std::vector<std::byte> image);

  /// Of the next device.
  std::uint64_t capacity_ = memory_device::unlimited;
  /// Of the store that is open, or about to be.
  std::unique_ptr<device_rig> rig_;
  store_actor store_;
  wire_registry peers_;
  std::vector<std::byte> image_;
  std::uint64_t lives_ = 0;

 private:
  [[nodiscard]] std::vector<std::pair<std::string, caf::actor>> actors() const;
  void watch_actors();

  /// Shared with the actors, of which some may end later than anything here.
  std::shared_ptr<std::vector<std::string>> broken_actors_ =
      std::make_shared<std::vector<std::string>>();
  std::shared_ptr<std::size_t> alive_ = std::make_shared<std::size_t>(0);
};

}  // namespace stowage::testkit
