// The history that the events of one life of a store amount to.
//
// Contract: time is the number of events taken. What is known of a write is what its answer said; without an
// answer it may have happened. Empty values, which carry no stamp, get the one of their write.
// Concurrency: a plain value.
// Limits: one life; what the next one finds is `base` there.
#pragma once

#include <stowage/tests/support/client_event.hpp>
#include <stowage/tests/support/history.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace stowage::test {

using state_of_blocks = std::map<std::string, seen_block>;

/// One text for what `blocks` holds: names, versions, sizes. The same for the same state.
struct listed_block {
  std::string name;
  version ver;
  std::uint64_t bytes = 0;
};
[[nodiscard]] std::string digest_of(const std::vector<listed_block>& blocks);
[[nodiscard]] std::string digest_of(const state_of_blocks& blocks);

class history_recorder {
 public:
  /// `base` is what the store had, durably, when this life began.
  explicit history_recorder(const state_of_blocks& base);

  void take(const client_event& event);

  [[nodiscard]] std::uint64_t events() const noexcept { return now_; }
  [[nodiscard]] bool is_opening() const noexcept { return opening_; }
  [[nodiscard]] bool has_opened() const noexcept { return !digest_.empty(); }
  [[nodiscard]] bool is_closing() const noexcept { return closing_; }
  [[nodiscard]] bool has_closed() const noexcept { return closed_; }
  [[nodiscard]] bool is_compacting() const noexcept { return compacting_ > 0; }
  [[nodiscard]] std::uint64_t compactions() const noexcept { return compactions_; }
  /// What the store had when it opened, as the clients saw it.
  [[nodiscard]] const std::string& digest() const noexcept { return digest_; }
  /// Requests that were refused by code, conflicts and missing blocks left out.
  [[nodiscard]] const std::map<errc, std::uint64_t>& failures() const noexcept { return failures_; }
  [[nodiscard]] std::size_t unanswered() const noexcept { return under_way_.size(); }
  /// Lines that make no sense: answers without a question.
  [[nodiscard]] const std::vector<std::string>& nonsense() const noexcept { return nonsense_; }

  /// What was only accepted vanishes when a device fails: reads are no part of the history then.
  void forget_reads();

  [[nodiscard]] const history& recorded() const noexcept { return history_; }
  /// Gives the empty values in `state`, and those that were read, the stamps of their writes.
  void name_empty_values(state_of_blocks& state);

 private:
  using request_id = std::pair<std::uint64_t, std::uint64_t>;
  struct asked {
    std::uint64_t at = 0;
    /// Of the history; for an `ask`.
    std::vector<std::size_t> events;
    client_event_kind kind = client_event_kind::ask;
  };

  void on_got(const client_event& event, const asked& what);
  void on_failure(std::size_t event, const write_answer& answer, const std::string& name);
  [[nodiscard]] std::string stamp_of_empty(const std::string& name, version ver) const;

  history history_;
  std::map<request_id, asked> under_way_;
  std::uint64_t now_ = 0;
  std::uint64_t closing_at_ = 0;
  bool opening_ = false;
  bool closing_ = false;
  bool closed_ = false;
  std::uint64_t compacting_ = 0;
  std::uint64_t compactions_ = 0;
  std::string digest_;
  std::map<errc, std::uint64_t> failures_;
  std::vector<std::string> nonsense_;
};

}  // namespace stowage::test
