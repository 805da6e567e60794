// Seeded work for a store: what a few busy clients would do in some groups.
#pragma once

#include <stowage/tests/storage/recovery/crash_life.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace stowage::test {

class workload {
 public:
  explicit workload(std::uint64_t seed) : chance_{seed} {}

  [[nodiscard]] builder_habits habits() {
    builder_habits h;
    h.seed = chance_();
    h.growth_bytes = 256 * limits::kib;
    // Every other store has its values in pieces of few pages.
    if (below(2) == 0) h.run_bytes_max = (1 + below(4)) * page_size;
    h.two_phase = below(5) == 0;
    return h;
  }

  /// Puts, deletes, a rare clear, of few names, so that most supersede something.
  [[nodiscard]] std::vector<change> group(const store_state& now) {
    std::vector<change> changes;
    for (auto left = 1 + below(6); left > 0; --left) {
      auto name = "block " + std::to_string(below(12));
      switch (below(16)) {
        case 0:
        case 1:
        case 2: changes.push_back(erase(std::move(name))); break;
        case 3:
          if (now.contains(name))
            changes.push_back(relocate(std::move(name)));
          else
            changes.push_back(put(std::move(name), {}));
          break;
        case 4:
          if (below(8) == 0) changes.push_back(clear());
          break;
        default: changes.push_back(put(std::move(name), text(value_bytes()), below(3))); break;
      }
    }
    return changes;
  }

  /// Deletes of names that are not there: a record of `bytes` without a value.
  [[nodiscard]] std::vector<change> filler(std::uint64_t bytes) {
    std::vector<change> changes;
    for (std::uint64_t done = 0; done < bytes; done += 1032) {
      std::string name(1000, '-');
      name += std::to_string(done);
      changes.push_back(erase(std::move(name)));
    }
    return changes;
  }

  /// One life of about `groups` groups, with checkpoints between and under them.
  void live(life& l, std::uint64_t groups) {
    for (std::uint64_t g = 0; g < groups; ++g) {
      switch (below(14)) {
        case 0: l.seal(); break;
        case 1:
        case 2: l.commit(filler((200 + below(500)) * limits::kib)); break;
        case 3:
          if (groups > 4 && below(3) == 0) l.commit(filler((1100 + below(400)) * limits::kib));
          break;
        case 4:
        case 5:
          if (!l.store().has_checkpoint_under_way()) l.begin_checkpoint();
          break;
        case 6:
          if (below(2) == 0) l.checkpoint();
          break;
        default: break;
      }
      l.commit(group(l.state()));
    }
  }

  [[nodiscard]] std::uint64_t below(std::uint64_t end) { return chance_() % end; }

 private:
  [[nodiscard]] std::uint64_t value_bytes() {
    switch (below(8)) {
      case 0: return 0;
      case 1: return 64 * limits::kib + below(20'000);
      case 2:
      case 3: return 2000 + below(20'000);
      default: return 1 + below(3000);
    }
  }

  [[nodiscard]] std::string text(std::uint64_t bytes) {
    std::string t;
    t.reserve(bytes + 8);
    while (t.size() < bytes) {
      const auto n = chance_();
      t.append(reinterpret_cast<const char*>(&n), sizeof n);
    }
    t.resize(bytes);
    return t;
  }

  std::mt19937_64 chance_;
};

}  // namespace stowage::test
