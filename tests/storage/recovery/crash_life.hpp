// One life of a store, recorded, and every way in which it may have ended.
//
// Contract: a `life` recovers an image, does what it is told and notes each change of the device with the
// states that may be found after a crash there. `for_each_crash` stops at every such change and gives
// images of what a power loss leaves: the durable bytes, and of what was not yet synced any part in
// units of a page (512 bytes for the last write), kept, lost or garbage; all combinations where there
// are few, else a sample by seed.
// Concurrency: one thread.
// Limits: within a unit nothing is torn; a length that was not synced is kept or lost as a whole.
#pragma once

#include <stowage/storage/device/tracing_device.hpp>
#include <stowage/tests/storage/recovery/overlay_device.hpp>
#include <stowage/tests/storage/recovery/store_model.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>

namespace stowage::test {

/// How many images of one crash point are tried.
struct crash_effort {
  /// All combinations up to so many, else so many samples.
  std::uint64_t combinations_max = 16;
  std::uint64_t samples = 10;
};

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
    medium m{start_, start_.size(), {}, start_.size()};
    std::size_t s = 0;
    for (std::size_t done = 0; done <= operations_.size(); ++done) {
      if (done > 0) m.take(operations_[done - 1]);
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

  struct unit {
    std::uint64_t offset = 0;
    byte_view bytes;
  };

  enum class fate : std::uint8_t { lost, kept, garbage };

  // What is durable and what is not.
  struct medium {
    image durable;
    std::uint64_t durable_size = 0;
    std::vector<const device_operation*> pending;
    std::uint64_t size = 0;

    void take(const device_operation& o) {
      if (o.call == device_call::write) pending.push_back(&o);
      if (o.call == device_call::allocate) size = std::max(size, o.range.length);
      if (o.call != device_call::sync) return;
      durable.resize(size);
      durable_size = size;
      for (const auto* w : pending)
        std::ranges::copy(w->payload.view(),
                          durable.begin() + static_cast<std::ptrdiff_t>(w->range.offset));
      pending.clear();
    }

    [[nodiscard]] std::vector<unit> units() const {
      std::vector<unit> all;
      for (const auto* w : pending) {
        const auto bytes = w->payload.view();
        const bool is_last = w == pending.back();
        for (std::uint64_t at = 0; at < bytes.size();) {
          // Of a long last write, only the first and the last page go by the sector.
          const bool by_sector = is_last && (at < page_size || at + page_size >= bytes.size());
          const auto length =
              std::min<std::uint64_t>(by_sector ? 512 : page_size, bytes.size() - at);
          all.push_back({w->range.offset + at, bytes.subspan(at, length)});
          at += length;
        }
      }
      return all;
    }

    void for_each_image(std::mt19937_64& chance, const crash_effort& effort,
                        const std::function<void(overlay_device&)>& visit) const {
      const auto written = units();
      // The length is one more thing that survives or not.
      const auto free_choices = written.size() + (size == durable_size ? 0 : 1);
      const auto build = [&](const std::function<fate(std::size_t)>& choose) {
        const bool grown = free_choices == written.size() || choose(written.size()) != fate::lost;
        overlay_device d{durable, grown ? size : durable_size};
        for (std::size_t i = 0; i < written.size(); ++i) {
          const auto f = choose(i);
          if (f == fate::kept) d.patch(written[i].offset, written[i].bytes);
          if (f == fate::garbage)
            d.patch(written[i].offset, garbage(chance).first(written[i].bytes.size()));
        }
        visit(d);
      };
      if (free_choices < 20 && (std::uint64_t{1} << free_choices) <= effort.combinations_max) {
        for (std::uint64_t set = 0; set < std::uint64_t{1} << free_choices; ++set)
          build([set](std::size_t i) { return (set >> i & 1U) != 0 ? fate::kept : fate::lost; });
        if (free_choices == 0) return;
      } else {
        build([](std::size_t) { return fate::kept; });
      }
      for (std::uint64_t n = 0; n < effort.samples; ++n) {
        // Few lost, few kept and an even mixture all have their turn; a third with garbage.
        const auto lost_in_16 = std::array<std::uint64_t, 4>{1, 8, 15, 2}[n % 4];
        const bool one_odd = n % 4 == 3;
        const auto odd = chance() % free_choices;
        const auto odd_fate = chance() % 2 == 0 ? fate::lost : fate::garbage;
        build([&](std::size_t i) {
          if (one_odd) return i == odd ? odd_fate : fate::kept;
          if (chance() % 16 < lost_in_16)
            return n % 3 == 0 && chance() % 2 == 0 ? fate::garbage : fate::lost;
          return fate::kept;
        });
      }
    }

    static byte_view garbage(std::mt19937_64& chance) {
      static const auto pool = [] {
        std::mt19937_64 bytes{99};
        std::vector<std::byte> p(64 * page_size);
        for (auto& b : p) b = static_cast<std::byte>(bytes());
        return p;
      }();
      return byte_view{pool}.subspan((chance() % 63) * page_size, page_size);
    }
  };

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
