// An actor that watches a store for a test: its watches belong to it, and end when it does.
//
// Contract: what it is told to ask, it asks the store, and what it is answered is the answer here.
// Concurrency: one thread, that of the fixture's system.
// Limits: ends with the test at the latest; the store may be gone by then.
#pragma once

#include <stowage/messages/watch.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>

#include <cstdint>
#include <string>

namespace stowage::test {

class watching_actor {
 public:
  using handle = caf::typed_actor<caf::result<watch_started>(watch_request),
                                  caf::result<change_batch>(next_changes_request),
                                  caf::result<void>(unwatch_request)>;

  explicit watching_actor(store_fixture& f);
  watching_actor(const watching_actor&) = delete;
  watching_actor& operator=(const watching_actor&) = delete;
  ~watching_actor() { end(); }

  [[nodiscard]] answer<watch_started> watch(std::string prefix = {});
  [[nodiscard]] answer<change_batch> next(std::uint64_t watch, version after);
  [[nodiscard]] answer<void> unwatch(std::uint64_t watch);

  /// Dies, at the next run.
  void end();

 private:
  store_fixture& f_;
  handle actor_;
};

/// Follows a watch of an actor of its own; a question waits all the time.
class watch_reader {
 public:
  /// Runs the system until the watch is there.
  explicit watch_reader(store_fixture& f, const std::string& prefix = {});

  /// Runs the system; what has been told since the last call, as lines `KIND NAME VERSION` and `gap FROM-TO`.
  [[nodiscard]] std::vector<std::string> news();

  [[nodiscard]] std::uint64_t id() const noexcept { return started_.watch; }
  [[nodiscard]] version from() const noexcept { return started_.from; }
  [[nodiscard]] version through() const noexcept { return through_; }
  /// What the question that was answered last failed with.
  [[nodiscard]] errc ended_with() const noexcept { return ended_with_; }
  [[nodiscard]] watching_actor& actor() noexcept { return actor_; }

 private:
  /// Answers whether there was something.
  bool take(std::vector<std::string>& lines);

  store_fixture& f_;
  watching_actor actor_;
  watch_started started_;
  version through_;
  std::optional<answer<change_batch>> asked_;
  errc ended_with_ = errc::none;
};

}  // namespace stowage::test
