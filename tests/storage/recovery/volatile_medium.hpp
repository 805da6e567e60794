// A medium that holds back what was written until it is synced, and what a power loss leaves of it.
//
// Contract: `for_each_image` gives images of the durable bytes and of any part of what was written after
// the last sync, in units of a page (512 bytes at the ends of the last write), kept, lost or garbage; all
// combinations where there are few, else a sample by seed.
// Concurrency: one thread.
// Limits: the bytes of a write must stay as they are until the next sync. Within a unit nothing is torn; a
// length that was not synced is kept or lost as a whole.
#pragma once

#include <stowage/tests/support/overlay_device.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <random>
#include <utility>
#include <vector>

namespace stowage::test {

/// How many images of one crash point are tried.
struct crash_effort {
  /// All combinations up to so many, else so many samples.
  std::uint64_t combinations_max = 16;
  std::uint64_t samples = 10;
  /// Whether what was lost may have become garbage instead.
  bool garbage = true;
};

class volatile_medium {
 public:
  explicit volatile_medium(std::vector<std::byte> durable = {})
      : durable_{std::move(durable)}, size_{durable_.size()} {}

  void write(std::uint64_t offset, byte_view bytes) { pending_.push_back({offset, bytes}); }
  /// At least `size` bytes long from now on.
  void allocate(std::uint64_t size) { size_ = std::max(size_, size); }
  void sync() {
    durable_.resize(size_);
    for (const auto& w : pending_)
      std::ranges::copy(w.bytes, durable_.begin() + static_cast<std::ptrdiff_t>(w.offset));
    pending_.clear();
  }

  void for_each_image(std::mt19937_64& chance, const crash_effort& effort,
                      const std::function<void(overlay_device&)>& visit) const {
    const auto written = units();
    // The length is one more thing that survives or not.
    const auto free_choices = written.size() + (size_ == durable_.size() ? 0 : 1);
    const auto build = [&](const std::function<fate(std::size_t)>& choose) {
      const bool grown = free_choices == written.size() || choose(written.size()) != fate::lost;
      overlay_device d{durable_, grown ? size_ : durable_.size()};
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
      const auto odd_fate = chance() % 2 == 0 || !effort.garbage ? fate::lost : fate::garbage;
      build([&](std::size_t i) {
        if (one_odd) return i == odd ? odd_fate : fate::kept;
        if (chance() % 16 < lost_in_16)
          return effort.garbage && n % 3 == 0 && chance() % 2 == 0 ? fate::garbage : fate::lost;
        return fate::kept;
      });
    }
  }

 private:
  struct unit {
    std::uint64_t offset = 0;
    byte_view bytes;
  };

  enum class fate : std::uint8_t { lost, kept, garbage };

  [[nodiscard]] std::vector<unit> units() const {
    std::vector<unit> all;
    for (const auto& w : pending_) {
      const bool is_last = &w == &pending_.back();
      for (std::uint64_t at = 0; at < w.bytes.size();) {
        // Of a long last write, only the first and the last page go by the sector.
        const bool by_sector = is_last && (at < page_size || at + page_size >= w.bytes.size());
        const auto length =
            std::min<std::uint64_t>(by_sector ? 512 : page_size, w.bytes.size() - at);
        all.push_back({w.offset + at, w.bytes.subspan(at, length)});
        at += length;
      }
    }
    return all;
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

  std::vector<std::byte> durable_;
  std::vector<unit> pending_;
  std::uint64_t size_;
};

}  // namespace stowage::test
