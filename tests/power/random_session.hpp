// Seeded work for the real binary: what a few scripts would do with one store.
//
// Contract: the same seed gives the same commands and values. How the binary groups what it writes is its own
// affair, and depends on time: the log, not the seed, is what happened.
// Concurrency: one thread.
// Limits: some tens of blocks, most of them small; a few MiB in all.
#pragma once

#include <stowage/tests/power/command_session.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace stowage::test {

class session_chance {
 public:
  explicit session_chance(std::uint64_t seed) : chance_{seed} {}

  [[nodiscard]] std::uint64_t below(std::uint64_t end) { return chance_() % end; }
  [[nodiscard]] bool one_in(std::uint64_t n) { return below(n) == 0; }

  [[nodiscard]] std::string text(std::uint64_t bytes) {
    std::string t;
    t.reserve(bytes + sizeof(std::uint64_t));
    while (t.size() < bytes) {
      const auto n = chance_();
      t.append(reinterpret_cast<const char*>(&n), sizeof n);
    }
    t.resize(bytes);
    return t;
  }
  /// Empty, packed with others, with pages of its own, or so large that it passes by the page cache.
  [[nodiscard]] std::string value() {
    switch (below(16)) {
      case 0: return {};
      case 1: return text(1'200'000 + below(1'000'000));
      case 2:
      case 3: return text(64 * 1024 + below(20'000));
      case 4:
      case 5:
      case 6: return text(2000 + below(20'000));
      default: return text(1 + below(3000));
    }
  }
  [[nodiscard]] std::string name() { return "block-" + std::to_string(below(12)); }
  /// Distinct names.
  [[nodiscard]] std::vector<std::string> names(std::uint64_t count) {
    std::vector<std::string> all;
    const auto first = below(12);
    for (std::uint64_t i = 0; i < count; ++i)
      all.push_back("block-" + std::to_string((first + 5 * i) % 12));
    return all;
  }
  [[nodiscard]] named_values files() {
    named_values all;
    for (auto left = 1 + below(12); left > 0; --left)
      all[one_in(4) ? name() : "tree/" + std::to_string(below(40))] = value();
    return all;
  }

 private:
  std::mt19937_64 chance_;
};

/// Some of the names that are there.
[[nodiscard]] inline std::vector<std::string> names_there(const command_session& s,
                                                          session_chance& chance,
                                                          std::uint64_t count) {
  std::vector<std::string> all;
  for (const auto& [name, b] : s.state())
    if (all.size() < count && !chance.one_in(3)) all.push_back(name);
  return all;
}

/// One command that changes blocks.
inline how_it_ended change_something(command_session& s, session_chance& chance) {
  switch (chance.below(8)) {
    case 0:
      if (const auto gone = names_there(s, chance, 1 + chance.below(4)); !gone.empty())
        return s.erase(gone);
      break;
    case 1:
    case 2: {
      change_unit changes;
      for (const auto& name : chance.names(2 + chance.below(5))) {
        block_change change{name, {}};
        // Deleting what is not there does nothing, and nothing would show whether it took effect.
        if (!s.state().contains(name) || !chance.one_in(4))
          change.value = shared_bytes{chance.value()};
        changes.push_back(std::move(change));
      }
      return s.transact(changes);
    }
    case 3:
    case 4: return s.import(chance.files());
    default: break;
  }
  return s.put(chance.name(), chance.value());
}

/// So many names that their record takes most of a journal area.
[[nodiscard]] inline change_unit long_names(std::uint64_t count, bool deletes) {
  change_unit changes;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string name = "long";
    while (name.size() < 900) name += "/" + std::string(99, 'n') + std::to_string(1000 + i);
    changes.push_back({name, deletes ? std::optional<shared_bytes>{} : shared_bytes{}});
  }
  return changes;
}

}  // namespace stowage::test
