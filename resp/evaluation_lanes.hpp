// Evaluations of one block take turns: what would overtake another one waits for it instead.
//
// Contract: of each name one attempt is under way. What comes meanwhile waits, and begins all together once that is
// over.
// Concurrency: one thread.
// Limits: sees only what enters; whoever writes the block otherwise still overtakes.
#pragma once

#include <stowage/resp/evaluation.hpp>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace stowage::resp {

class evaluation_lanes {
 public:
  /// Whether the lane was free: then it is taken. If not, the evaluation is taken in and waits.
  [[nodiscard]] bool enter(const std::string& name, evaluation& what) {
    const auto [lane, was_free] = lanes_.try_emplace(name);
    if (!was_free) lane->second.push_back(std::move(what));
    return was_free;
  }

  /// What has waited, in the order it came, and has the lane now; if nothing has, the lane is free.
  [[nodiscard]] std::vector<evaluation> leave(const std::string& name) {
    const auto lane = lanes_.find(name);
    auto next = std::exchange(lane->second, {});
    if (next.empty()) lanes_.erase(lane);
    return next;
  }

 private:
  std::unordered_map<std::string, std::vector<evaluation>> lanes_;
};

}  // namespace stowage::resp
