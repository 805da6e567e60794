// A host for sessions under test: a store that is a map, answering when the test says so.
//
// Contract: requests take effect in the order they were asked, when `run` comes to them; nothing is answered
// before. What the test wants to happen in between it does by `other`.
// Concurrency: one thread.
// Limits: no durability, no limits, no credit; only what sessions ask for.
#pragma once

#include <stowage/resp/session.hpp>
#include <stowage/resp/session_host.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stowage::resp::test {

class memory_host final : public session_host {
 public:
  struct block {
    std::string value;
    version ver;
    std::uint64_t expires_at_ms = 0;
  };

  /// A connection of its own.
  [[nodiscard]] std::shared_ptr<session> connect(const session_limits& limits = {}) {
    auto s = std::make_shared<session>(*this, next_id_++, "127.0.0.1:1", limits);
    sessions_.push_back(s);
    return s;
  }

  /// Answers everything, and what is asked because of that.
  void run() {
    while (!asked_.empty()) run_one();
  }
  void run_one() {
    auto [what, then] = std::move(asked_.front());
    asked_.pop_front();
    if (std::holds_alternative<next_changes_request>(what) && fails.code == errc::none)
      waits_for_changes_ = std::move(then);
    else
      then(answer(what));
    attend_to_all();
  }
  /// Each session goes on.
  void attend_to_all() {
    for (const auto& weak : sessions_)
      if (const auto s = weak.lock()) s->advance();
  }
  [[nodiscard]] std::size_t asked() const noexcept { return asked_.size(); }

  /// These are durable now: whoever watches is told.
  void tell(std::vector<block_change> changes, std::optional<change_gap> gap = {}) {
    if (!is_watched()) return;
    const auto through = changes.back().ver;
    auto then = std::exchange(waits_for_changes_, nullptr);
    then(change_batch{gap, std::move(changes), through});
    attend_to_all();
    run();
  }
  /// A question for changes waits.
  [[nodiscard]] bool is_watched() const noexcept { return waits_for_changes_ != nullptr; }
  /// The watch ends, and there is no other one.
  void end_watch(const failure& why) {
    fails = why;
    auto then = std::exchange(waits_for_changes_, nullptr);
    then(why);
    attend_to_all();
  }

  /// Somebody else's write.
  void other(const std::string& name, const std::string& value) { put(name, value, 0); }

  std::map<std::string, block> blocks;
  bool has_credit = true;
  /// What every request fails with, if not none.
  failure fails;
  /// What a read of this block fails with.
  std::map<std::string, failure> unreadable;
  std::uint64_t puts_together = 0;
  /// What was asked and is not answered has not been seen; what was looked at.
  bool can_look = false;
  std::uint64_t looks = 0;
  /// That were begun.
  std::uint64_t watches = 0;
  std::chrono::system_clock::time_point time{std::chrono::seconds{1'700'000'000}};

  void ask(store_request what, answer_handler then) override {
    asked_.emplace_back(std::move(what), std::move(then));
  }
  [[nodiscard]] std::optional<store_answer> look(std::string_view name) override {
    if (!can_look) return std::nullopt;
    ++looks;
    return on(get_request{std::string{name}});
  }
  [[nodiscard]] bool may_begin(const session& /*who*/) override { return has_credit; }
  void attend(session& /*who*/) override {}
  [[nodiscard]] server_state& server() override { return server_; }
  [[nodiscard]] std::string list_clients() override {
    std::string out;
    for (const auto& weak : sessions_)
      if (const auto s = weak.lock()) out += s->describe();
    return out;
  }
  [[nodiscard]] std::chrono::system_clock::time_point now() override { return time; }
  [[nodiscard]] std::uint64_t random_below(std::uint64_t end) override { return end - 1; }

 private:
  version put(const std::string& name, const std::string& value, std::uint64_t expires) {
    const version ver{++last_version_};
    blocks[name] = {value, ver, expires};
    return ver;
  }
  [[nodiscard]] version version_of(const std::string& name) const {
    const auto found = blocks.find(name);
    return found == blocks.end() ? version{} : found->second.ver;
  }
  [[nodiscard]] static failure named(errc code, const std::string& name) {
    auto why = fail(code);
    why.name = name;
    return why;
  }

  store_answer answer(const store_request& what) {
    if (fails.code != errc::none) return fails;
    return std::visit([this](const auto& r) { return on(r); }, what);
  }
  store_answer on(const get_request& r) {
    if (const auto bad = unreadable.find(r.name); bad != unreadable.end()) return bad->second;
    const auto found = blocks.find(r.name);
    if (found == blocks.end()) return named(errc::not_found, r.name);
    return block_value{payload{found->second.value}, found->second.ver,
                       found->second.expires_at_ms};
  }
  store_answer on(const stat_request& r) {
    const auto found = blocks.find(r.name);
    if (found == blocks.end()) return named(errc::not_found, r.name);
    return block_stat{r.name, found->second.ver, found->second.value.size(),
                      found->second.expires_at_ms};
  }
  store_answer on(const put_many_request& r) {
    puts_together = r.writes.size();
    put_many_result out;
    for (std::uint32_t i = 0; i < r.writes.size(); ++i) {
      const auto& w = r.writes[i];
      auto code = errc::none;
      if (w.name.size() > limits::name_bytes_max) code = errc::limit_exceeded;
      if (w.expected && *w.expected != version_of(w.name)) code = errc::conflict;
      if (w.removes && blocks.erase(w.name) == 0) code = errc::not_found;
      out.versions.push_back(code != errc::none ? version{}
                             : w.removes
                                 ? version{++last_version_}
                                 : put(w.name, std::string{w.value.text()}, w.expires_at_ms));
      if (code != errc::none) out.failures.push_back({i, named(code, w.name)});
    }
    return out;
  }
  store_answer on(const commit_request& r) {
    for (const auto& e : r.what.expectations())
      if (version_of(e.name) != e.ver) return named(errc::conflict, e.name);
    commit_receipt out;
    for (const auto& w : r.what.writes()) {
      if (w.removes)
        blocks.erase(w.name);
      else
        out.versions.push_back(put(w.name, std::string{w.value.text()}, w.expires_at_ms));
    }
    return out;
  }
  store_answer on(const list_request& r) {
    block_list out;
    for (auto at = blocks.upper_bound(r.after); at != blocks.end(); ++at) {
      if (!at->first.starts_with(r.prefix)) continue;
      if (out.blocks.size() == r.limit) {
        out.more = true;
        break;
      }
      out.blocks.push_back({at->first, at->second.ver, at->second.value.size(), 0});
    }
    return out;
  }
  store_answer on(const clear_request& /*r*/) {
    blocks.clear();
    return receipt{version{++last_version_}};
  }
  store_answer on(const flush_request& /*r*/) { return done_answer{}; }
  store_answer on(const checkpoint_request& /*r*/) { return done_answer{}; }
  store_answer on(const status_request& /*r*/) {
    store_status s;
    s.state = "open";
    s.blocks = blocks.size();
    return std::make_shared<const store_status>(std::move(s));
  }
  store_answer on(const compact_request& /*r*/) { return std::make_shared<const compact_result>(); }
  store_answer on(const verify_request& /*r*/) { return std::make_shared<const verify_result>(); }
  store_answer on(const backup_request& r) {
    auto why = fail(errc::already_exists, r.path);
    return why;
  }

  store_answer on(const view_request& /*r*/) { return read_view{}; }
  store_answer on(const watch_request& /*r*/) {
    ++watches;
    return watch_started{watches, version{last_version_}};
  }
  store_answer on(const next_changes_request& /*r*/) { return change_batch{}; }
  store_answer on(const unwatch_request& /*r*/) {
    waits_for_changes_ = nullptr;
    return done_answer{};
  }

  server_state server_;
  answer_handler waits_for_changes_;
  std::deque<std::pair<store_request, answer_handler>> asked_;
  std::vector<std::weak_ptr<session>> sessions_;
  std::uint64_t next_id_ = 1;
  std::uint64_t last_version_ = 0;
};

/// All that the session has to send, taken.
[[nodiscard]] inline std::string take_output(session& s) {
  std::string out;
  while (!s.output().empty()) {
    iovec piece{};
    (void)s.output().peek({&piece, 1});
    out.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    s.output().drop(piece.iov_len);
  }
  return out;
}

}  // namespace stowage::resp::test
