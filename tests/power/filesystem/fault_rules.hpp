// Which operations on which files fail with EIO, from when on and how often.
//
// Contract: every rule that matches an operation counts it: it lets `skip` of them pass, fails `count`, and
// is used up. A failed write that tears has half of its sectors on the medium; any other changes nothing.
// Concurrency: one thread at a time.
// Limits: a rule for a range fails any operation that touches it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace stowage::test {

enum class faulty_call : std::uint8_t { read, write, sync };

struct fault_rule {
  static constexpr std::uint64_t for_ever = UINT64_MAX;

  faulty_call call = faulty_call::write;
  /// An inode.
  std::uint64_t file = 0;
  /// Bytes [begin, end) of it; of no matter to a sync.
  std::uint64_t begin = 0;
  std::uint64_t end = UINT64_MAX;
  std::uint64_t skip = 0;
  std::uint64_t count = for_ever;
  bool tears = false;
};

enum class verdict : std::uint8_t { pass, fail, tear };

class fault_rules {
 public:
  void add(const fault_rule& rule) { rules_.push_back(rule); }
  void clear() { rules_.clear(); }

  [[nodiscard]] verdict judge(faulty_call call, std::uint64_t file, std::uint64_t offset,
                              std::uint64_t length) {
    auto said = verdict::pass;
    for (auto& r : rules_) {
      const bool touches =
          call == faulty_call::sync || (offset < r.end && offset + length > r.begin);
      if (r.call != call || r.file != file || !touches) continue;
      if (r.skip > 0) {
        --r.skip;
      } else if (r.count > 0) {
        if (r.count != fault_rule::for_ever) --r.count;
        said = std::max(said, r.tears ? verdict::tear : verdict::fail);
      }
    }
    if (said != verdict::pass) ++injected_;
    return said;
  }

  /// How many operations failed so far.
  [[nodiscard]] std::uint64_t injected() const noexcept { return injected_; }

 private:
  std::vector<fault_rule> rules_;
  std::uint64_t injected_ = 0;
};

}  // namespace stowage::test
