// One life of a store, recorded, and every way in which it may have ended.
//
// Contract: a `life` recovers an image, does what it is told and notes each change of the device with the
// states that may be found after a crash there. `for_each_crash` stops at every such change and gives
// images of what a power loss leaves, as `volatile_medium` says.
// Concurrency: one thread.
// Limits: those of `volatile_medium`.
#pragma once

#include <stowage/storage/device/tracing_device.hpp>
#include <stowage/tests/storage/recovery/store_model.hpp>
#include <stowage/tests/storage/recovery/volatile_medium.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>

namespace stowage::test {

/// A device as a power loss left it, and the states that recovery may find on it.
struct crash {
  overlay_device& device;
  lsn acked;
  lsn issued;
  const std::map<lsn, store_state>& states;
  std::string place;
};

class life {
 public:
  /// Recovers `start`, whose state is `state` at `at`.
  life(const image& start, lsn at, store_state state, builder_habits habits)
      : start_{start}, state_{std::move(state)}, habits_{habits} {
    states_[at] = state_;
    device_ = std::make_unique<tracing_device>(
        std::make_unique<overlay_device>(start_),
        [this](const device_operation& o) {
          const bool changes = o.call == device_call::write || o.call == device_call::sync ||
                               o.call == device_call::allocate;
          if (changes) operations_.push_back(o);
        },
        tracing_device::payloads::keep);
    step("open", at, [this] { return open(); });
  }

  void commit(const std::vector<change>& changes) {
    const auto next = store_->last_version().next();
    step("commit", store_->position().last, [&] { return store_->commit(changes); });
    state_ = after(std::move(state_), changes, next);
    states_[store_->position().last] = state_;
    BOOST_REQUIRE(store_->index().size() == state_.size());
  }
  void seal() {
    step("seal", store_->position().last, [&] { return store_->seal(); });
  }
  void begin_checkpoint() { store_->begin_checkpoint(); }
  void checkpoint() {
    step("checkpoint", store_->position().last, [&] { return store_->checkpoint(); });
  }
  void close() {
    step("close", store_->position().last, [&] { return store_->close(); });
  }

  /// The process is killed before its last sync; the next one finds in the cache what may never have
  /// reached the disk.
  void be_killed_and_reopen() {
    BOOST_REQUIRE((operations_.back().call == device_call::sync));
    operations_.pop_back();
    const auto before = steps_.back().before;
    steps_.pop_back();
    step("open after a kill", before, [this] { return open(); });
  }

  [[nodiscard]] const store_builder& store() const noexcept { return *store_; }
  [[nodiscard]] const store_state& state() const noexcept { return state_; }
  [[nodiscard]] tracing_device& device() noexcept { return *device_; }

  /// Every change of the device and every image a crash there may leave; `visit` may change the image.
  void for_each_crash(std::uint64_t seed, const crash_effort& effort,
                      const std::function<void(crash&)>& visit) const {
    volatile_medium m{start_};
    std::size_t s = 0;
    for (std::size_t done = 0; done <= operations_.size(); ++done) {
      if (done > 0) take(m, operations_[done - 1]);
      while (s + 1 < steps_.size() && done >= steps_[s].end) ++s;
      const auto& now = steps_[s];
      std::mt19937_64 chance{seed * 1'000'003 + done};
      std::uint64_t number = 0;
      m.for_each_image(chance, effort, [&](overlay_device& d) {
        crash c{d, done >= now.end ? now.after : now.before, now.after, states_,
                now.what + " (step " + std::to_string(s) + "), after operation " +
                    std::to_string(done) + ", image " + std::to_string(number++)};
        visit(c);
      });
    }
  }

 private:
  // Operations [end of the step before, end) lead from one durable record to another.
  struct step_taken {
    std::string what;
    lsn before;
    lsn after;
    std::size_t end = 0;
  };

  static void take(volatile_medium& m, const device_operation& o) {
    if (o.call == device_call::write) m.write(o.range.offset, o.payload.view());
    if (o.call == device_call::allocate) m.allocate(o.range.length);
    if (o.call == device_call::sync) m.sync();
  }

  result<void> open() {
    auto opened = store_builder::open(*device_, habits_);
    if (!opened) return std::move(opened).error();
    store_.emplace(*std::move(opened));
    return {};
  }

  void step(std::string what, lsn before, const std::function<result<void>()>& act) {
    REQUIRE_OK(act());
    const auto last = store_->position().last;
    // A SEAL that rides in the same plan has a number of its own.
    for (auto n = before; n < last; n = n.next()) states_.try_emplace(n.next(), state_);
    steps_.push_back({std::move(what), before, last, operations_.size()});
  }

  image start_;
  store_state state_;
  builder_habits habits_;
  std::map<lsn, store_state> states_;
  std::vector<device_operation> operations_;
  std::vector<step_taken> steps_;
  std::unique_ptr<tracing_device> device_;
  std::optional<store_builder> store_;
};

}  // namespace stowage::test
