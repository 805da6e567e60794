#include <stowage/resp/evaluation.hpp>

#include <stowage/resp/errors.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace stowage::resp {

namespace {

using needs_by_name = std::map<std::string, need, std::less<>>;

needs_by_name needs_of(const evaluation& e) {
  needs_by_name needs;
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
  return needs;
}

class attempt : public std::enable_shared_from_this<attempt> {
 public:
  attempt(session_host& host, evaluation what)
      : host_{host}, what_{std::move(what)}, needs_{needs_of(what_)} {}

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
      return what_.done(reply::error("ERR a request reads at most " +
                                     std::to_string(evaluation::bytes_read_max) +
                                     " bytes of values"));
    for (const auto& [name, ver] : what_.watched)
      if (blocks_.version_of(name) != ver) return what_.done(reply::nothing_array());
    std::vector<reply> replies;
    replies.reserve(what_.commands.size());
    for (const auto& c : what_.commands)
      replies.push_back(c.spec->evaluate != nullptr ? evaluate(*c.spec, c.args, blocks_)
                                                    : what_.run_other(c));
    auto answer =
        what_.is_transaction ? reply::array(std::move(replies)) : std::move(replies.front());
    auto writes = blocks_.decided();
    if (writes.writes().empty()) return what_.done(std::move(answer));
    commit_request request;
    request.what = std::move(writes);
    host_.ask(std::move(request),
              [self = shared_from_this(), answer = std::move(answer)](
                  const store_answer& a) mutable { self->settle(std::move(answer), a); });
  }

  void settle(reply answer, const store_answer& outcome) {
    const auto* why = std::get_if<failure>(&outcome);
    if (why == nullptr) return what_.done(std::move(answer));
    if (why->code == errc::conflict && ++attempts_ < evaluation::attempts_max) return begin();
    what_.done(to_reply(*why));
  }

  session_host& host_;
  evaluation what_;
  const needs_by_name needs_;
  block_view blocks_;
  std::size_t unanswered_ = 0;
  std::uint64_t bytes_read_ = 0;
  int attempts_ = 0;
};

}  // namespace

bool reads_before_it_writes(const evaluation& e) {
  return std::any_of(e.commands.begin(), e.commands.end(),
                     [](const queued_command& c) { return c.spec->has(flag_write); }) &&
         !needs_of(e).empty();
}

void start(session_host& host, evaluation what) {
  std::make_shared<attempt>(host, std::move(what))->begin();
}

}  // namespace stowage::resp
