// Clients that ask a store for anything at random, several requests at a time each, and note what they hear.
//
// Contract: every request, and what is known of it, goes into a `history`; `take_answers` records the answers
// that have come. Each write has a value of its own. What they ask depends on nothing but `random` and on the
// answers.
// Concurrency: one thread.
// Limits: reads are recorded as long as the device has not failed: then what was only accepted vanishes.
#pragma once

#include <stowage/tests/support/actors/store_fixture.hpp>
#include <stowage/tests/support/history.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace stowage::test {

/// What clients ask for; `none` of a kind is never asked.
struct request_mix {
  std::uint64_t names = 8;
  /// Values are below 300 bytes, but for one in ten, which is below this.
  std::uint64_t value_bytes_end = 200'000;
  bool deletes = true;
  bool put_many = true;
  bool transactions = true;
  bool lists = true;
  bool flushes = true;
  /// Verifications, and checkpoints and compactions beside those that begin by themselves.
  bool maintenance = true;
  /// Some blocks expire, most of them soon.
  bool expiry = true;
  bool clears = true;
  /// Somebody watches.
  bool watches = true;
};

class random_clients {
 public:
  /// All of these outlive it; `now` is the time that events are recorded with.
  random_clients(store_fixture& store, std::mt19937_64& random, history& record,
                 const std::uint64_t& now, request_mix mix)
      : f_{store}, random_{random}, history_{record}, now_{now}, mix_{mix} {}
  random_clients(const random_clients&) = delete;
  random_clients& operator=(const random_clients&) = delete;
  ~random_clients() = default;

  void send_something();
  void take_answers();

  [[nodiscard]] std::size_t under_way() const noexcept { return under_way_.size(); }
  [[nodiscard]] std::uint64_t asked() const noexcept { return asked_; }
  [[nodiscard]] std::uint64_t answered() const noexcept { return answered_; }
  /// Compactions that were asked for and ended well, and how many of them made the file shorter.
  [[nodiscard]] std::uint64_t compactions() const noexcept { return compactions_; }
  [[nodiscard]] std::uint64_t cuts() const noexcept { return cuts_; }
  /// That ended, and had nothing to tell.
  [[nodiscard]] std::uint64_t verifications() const noexcept { return verifications_; }
  [[nodiscard]] std::uint64_t clears() const noexcept { return clears_; }
  /// The device of the store that is open, or was last, has failed a call that may have changed it.
  [[nodiscard]] bool device_failed();
  /// Some answer said that the store has failed when its device had not.
  [[nodiscard]] bool failed_without_cause() const noexcept { return failed_without_cause_; }

 private:
  /// Answers whether the answer is there, and records it if so.
  using request_under_way = std::function<bool()>;

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::string any_name() { return "n" + std::to_string(below(mix_.names)); }
  durability any_level() { return one_in(3) ? durability::durable : durability::accepted; }
  std::string new_value();
  std::uint64_t any_expiry();
  std::optional<version> any_expectation(const std::string& name);

  void send_put();
  void send_delete();
  void send_commit();
  void send_put_many();
  void send_get();
  void send_list();
  void send_flush();
  void send_clear();
  void send_maintenance();
  void send_verify();

  std::size_t record(std::vector<written> writes, durability level);
  void record_failure(std::size_t event, const failure& why);
  void record_read(read_event r);
  void expect_receipt(std::size_t event, answer<receipt> pending);
  template <class T, class Record>
  void expect(answer<T> pending, Record on_answer);

  store_fixture& f_;
  std::mt19937_64& random_;
  history& history_;
  const std::uint64_t& now_;
  request_mix mix_;
  std::vector<request_under_way> under_way_;
  bool device_failed_ = false;
  bool failed_without_cause_ = false;
  std::uint64_t values_ = 0;
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t compactions_ = 0;
  std::uint64_t cuts_ = 0;
  std::uint64_t verifications_ = 0;
  std::uint64_t clears_ = 0;
};

}  // namespace stowage::test
