#include <stowage/resp/evaluation.hpp>

#include <stowage/resp/errors.hpp>
#include <stowage/resp/session_host.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace stowage::resp {

namespace {

using needs_by_name = std::map<std::string, need, std::less<>>;

void add_needs(const evaluation& e, needs_by_name& needs) {
  for (const auto& c : e.commands) {
    if (c.spec->evaluate == nullptr) continue;
    for (const auto at : key_places(*c.spec, c.args)) {
      const auto what = c.spec->needs(c.args, at);
      if (what == need::nothing) continue;
      auto& known = needs.try_emplace(string_of(c.args, at), need::presence).first->second;
      known = std::max(known, what);
    }
  }
  for (const auto& [name, ver] : e.watched) needs.try_emplace(name, need::presence);
}

needs_by_name needs_of(const std::vector<evaluation>& all) {
  needs_by_name needs;
  for (const auto& e : all) add_needs(e, needs);
  return needs;
}

// The one block that a single command reads and writes.
std::optional<std::string> lane_of(const evaluation& e) {
  if (e.is_transaction || e.commands.size() != 1 || !reads_before_it_writes(e)) return std::nullopt;
  const auto& [spec, args] = e.commands.front();
  const auto places = key_places(*spec, args);
  if (places.size() != 1) return std::nullopt;
  return string_of(args, places.front());
}

// One evaluation, or those of a lane that go together.
class attempt : public std::enable_shared_from_this<attempt> {
 public:
  attempt(session_host& host, std::vector<evaluation> all, std::optional<std::string> lane)
      : host_{host}, all_{std::move(all)}, lane_{std::move(lane)}, needs_{needs_of(all_)} {}

  void begin() {
    blocks_ = block_view{unix_ms(host_.now())};
    bytes_read_ = 0;
    unanswered_ = needs_.size();
    if (unanswered_ == 0) return decide();
    for (const auto& [name, what] : needs_) {
      auto request = what == need::value ? store_request{get_request{name}}
                                         : store_request{stat_request{name}};
      host_.ask(std::move(request), [self = shared_from_this(), &name = name](store_answer a) {
        self->learn(name, std::move(a));
      });
    }
  }

 private:
  void learn(const std::string& name, store_answer answer) {
    if (const auto* found = std::get_if<block_value>(&answer)) {
      bytes_read_ += found->value.size();
      // What is too much is let go of at once.
      if (bytes_read_ <= evaluation::bytes_read_max) blocks_.learn(name, *found);
    } else if (const auto* stat = std::get_if<block_stat>(&answer)) {
      blocks_.learn(name, *stat);
    } else if (auto* why = std::get_if<failure>(&answer)) {
      if (why->code == errc::not_found)
        blocks_.learn_absent(name);
      else
        blocks_.learn_failure(name, std::move(*why));
    }
    if (--unanswered_ == 0) decide();
  }

  void decide() {
    if (bytes_read_ > evaluation::bytes_read_max)
      return finish_with(reply::error("ERR a request reads at most " +
                                      std::to_string(evaluation::bytes_read_max) +
                                      " bytes of values"));
    std::vector<reply> answers;
    answers.reserve(all_.size());
    for (const auto& e : all_) answers.push_back(answer_to(e));
    auto writes = blocks_.decided();
    if (writes.writes().empty()) return finish(std::move(answers));
    commit_request request;
    request.what = std::move(writes);
    host_.ask(std::move(request),
              [self = shared_from_this(), answers = std::move(answers)](
                  const store_answer& a) mutable { self->settle(std::move(answers), a); });
  }

  reply answer_to(const evaluation& e) {
    for (const auto& [name, ver] : e.watched)
      if (blocks_.version_of(name) != ver) return reply::nothing_array();
    std::vector<reply> replies;
    replies.reserve(e.commands.size());
    for (const auto& c : e.commands)
      replies.push_back(c.spec->evaluate != nullptr ? evaluate(*c.spec, c.args, blocks_)
                                                    : e.run_other(c));
    return e.is_transaction ? reply::array(std::move(replies)) : std::move(replies.front());
  }

  void settle(std::vector<reply> answers, const store_answer& outcome) {
    const auto* why = std::get_if<failure>(&outcome);
    if (why == nullptr) return finish(std::move(answers));
    if (why->code == errc::conflict && ++attempts_ < evaluation::attempts_max) return begin();
    finish_with(to_reply(*why));
  }

  void finish_with(const reply& same) { finish(std::vector<reply>(all_.size(), same)); }

  void finish(std::vector<reply> answers) {
    for (std::size_t i = 0; i < all_.size(); ++i) all_[i].done(std::move(answers[i]));
    if (!lane_) return;
    auto next = host_.server().lanes.leave(*lane_);
    if (!next.empty()) std::make_shared<attempt>(host_, std::move(next), std::move(lane_))->begin();
  }

  session_host& host_;
  std::vector<evaluation> all_;
  std::optional<std::string> lane_;
  const needs_by_name needs_;
  block_view blocks_;
  std::size_t unanswered_ = 0;
  std::uint64_t bytes_read_ = 0;
  int attempts_ = 0;
};

}  // namespace

bool reads_before_it_writes(const evaluation& e) {
  if (std::none_of(e.commands.begin(), e.commands.end(),
                   [](const queued_command& c) { return c.spec->has(flag_write); }))
    return false;
  needs_by_name needs;
  add_needs(e, needs);
  return !needs.empty();
}

void start(session_host& host, evaluation what) {
  auto lane = lane_of(what);
  if (lane && !host.server().lanes.enter(*lane, what)) return;
  std::vector<evaluation> alone;
  alone.push_back(std::move(what));
  std::make_shared<attempt>(host, std::move(alone), std::move(lane))->begin();
}

}  // namespace stowage::resp
