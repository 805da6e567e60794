// The test kit's store, as tests of the store itself need it: with its actors, its device and its clock in reach.
//
// Contract: as `testkit::store_fixture`, but it is not open from the beginning: `open` creates the store if there is
// none on the device yet. Time passes in one piece. Faults that never happen are no mistake.
// Concurrency: one thread.
// Limits: one store at a time.
#pragma once

#include <stowage/storage/format/superblock.hpp>
#include <stowage/storage/log/batch_policy.hpp>
#include <stowage/testkit/boost_test.hpp>
#include <stowage/testkit/store_fixture.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace stowage::test {

using namespace std::chrono_literals;

using testkit::answer;
using testkit::ask_actor;
using testkit::deterministic_system;
using testkit::device_rig;

/// Bytes in which no two places of 64 bytes look alike.
[[nodiscard]] std::string pattern(std::size_t size, std::uint64_t seed = 0);

/// The one that a recovery of this image would take.
[[nodiscard]] superblock newest_superblock(byte_view image);

class store_fixture : public testkit::store_fixture {
 public:
  store_fixture() : testkit::store_fixture{not_open_yet{}} {}
  store_fixture(const store_fixture&) = delete;
  store_fixture& operator=(const store_fixture&) = delete;
  ~store_fixture();

  /// Creates or recovers the store and spawns its actors; `options` and `capacity` count from here on.
  void open() { reopen(); }
  /// An open during which the nth call of this kind fails, followed by a power loss; false if the open had
  /// fewer such calls, and then nothing happened but a complete recovery and the power loss.
  bool fail_to_open(device_call call, std::uint64_t nth);
  void close();
  void crash();
  /// Ends all actors without a farewell and without losing power.
  void drop();

  /// Compacts to the end.
  compact_result compact();
  /// Puts and waits until it is durable, a block that expires after so long.
  version put_durable_for(std::chrono::milliseconds life, const std::string& name,
                          std::string value = "v");
  [[nodiscard]] std::uint64_t closed_by(close_cause cause) {
    return status().batches_closed_by[static_cast<std::size_t>(cause)];
  }

  /// Time passes on all clocks, in one piece.
  void advance(std::chrono::nanoseconds by) {
    wall += by;
    det.advance(by);
  }
  /// Of the store.
  [[nodiscard]] std::size_t running_actors() { return det.running_actors() - *clients; }

  using testkit::store_fixture::det;
  std::uint64_t& capacity = capacity_;
  std::chrono::nanoseconds& wall = wall_;
  std::unique_ptr<device_rig>& rig = rig_;
  store_actor& store = store_;
  wire_registry& peers = peers_;
  std::shared_ptr<std::size_t>& clients = clients_;

 private:
  void let_timers_go();
};

}  // namespace stowage::test
