#include <stowage/testkit/store_double.hpp>

#include <map>
#include <string_view>
#include <type_traits>

namespace stowage::testkit {

namespace {

// "put_request" has the name in words "put"; what a request is about, if it is about one block or path.
template <class Request>
struct in_words;

#define STOWAGE_IN_WORDS(request, text)                                       \
  template <>                                                                 \
  struct in_words<request> {                                                  \
    static std::string of([[maybe_unused]] const request& r) { return text; } \
  }
STOWAGE_IN_WORDS(put_request, "put " + r.name);
STOWAGE_IN_WORDS(get_request, "get " + r.name);
STOWAGE_IN_WORDS(delete_request, "delete " + r.name);
STOWAGE_IN_WORDS(put_many_request, "put_many of " + std::to_string(r.writes.size()));
STOWAGE_IN_WORDS(commit_request, "commit of " + std::to_string(r.what.writes().size()));
STOWAGE_IN_WORDS(clear_request, "clear");
STOWAGE_IN_WORDS(exists_request, "exists " + r.name);
STOWAGE_IN_WORDS(stat_request, "stat " + r.name);
STOWAGE_IN_WORDS(list_request, "list " + r.prefix);
STOWAGE_IN_WORDS(flush_request, "flush");
STOWAGE_IN_WORDS(status_request, "status");
STOWAGE_IN_WORDS(checkpoint_request, "checkpoint");
STOWAGE_IN_WORDS(compact_request, "compact");
STOWAGE_IN_WORDS(verify_request, "verify");
STOWAGE_IN_WORDS(backup_request, "backup " + r.path);
STOWAGE_IN_WORDS(watch_request, "watch " + r.prefix);
STOWAGE_IN_WORDS(next_changes_request, "next_changes");
STOWAGE_IN_WORDS(unwatch_request, "unwatch");
STOWAGE_IN_WORDS(view_request, "view");
STOWAGE_IN_WORDS(close_request, "close");
#undef STOWAGE_IN_WORDS

}  // namespace

// The actor. Promises stay here, because they may only be kept on it; what the test looks at is shared.
class store_double_state {
 public:
  static inline const char* name = "stowage.store_double";

  store_double_state(store_actor::pointer self, std::shared_ptr<store_double::shared> seen)
      : self_{self}, seen_{std::move(seen)} {}

  store_actor::behavior_type make_behavior() {
    return make_behavior(static_cast<store_actor::signatures*>(nullptr));
  }

 private:
  template <template <class...> class List, class... Answers, class... Requests>
  store_actor::behavior_type make_behavior(List<caf::result<Answers>(Requests)...>* /*unused*/) {
    return {[this](const Requests& r) { return serve<Requests, Answers>(r); }...};
  }

  template <class Request, class Answer>
  caf::result<Answer> serve(const Request& r) {
    auto& script = std::get<detail::scripted_requests<Request, Answer>>(seen_->scripts);
    script.seen.push_back(r);
    seen_->asked.push_back(in_words<Request>::of(r));
    typename std::remove_reference_t<decltype(script)>::scripted how;
    if (!script.next.empty()) {
      how = std::move(script.next.front());
      script.next.pop_front();
    }
    auto promise = self_->make_response_promise<Answer>();
    if constexpr (std::is_same_v<Request, next_changes_request>) {
      if (!how.outcome && is_watch(r.watch)) {
        wait_for_changes(r, promise);
        return promise;
      }
    }
    auto outcome = how.outcome ? *std::move(how.outcome) : answer_to(r);
    if (how.delay > std::chrono::nanoseconds{0})
      self_->run_delayed(how.delay, [promise, outcome = std::move(outcome)]() mutable {
        deliver(promise, std::move(outcome));
      });
    else
      deliver(promise, std::move(outcome));
    tell_watchers();
    return promise;
  }

  template <class Answer>
  static void deliver(caf::typed_response_promise<Answer>& promise, result<Answer> outcome) {
    if (!outcome)
      promise.deliver(to_error(outcome.error()));
    else if constexpr (std::is_void_v<Answer>)
      promise.deliver();
    else
      promise.deliver(*std::move(outcome));
  }

  /// Looks at the same blocks, on the test's thread.
  class view final : public view_source {
   public:
    explicit view(std::shared_ptr<store_double::shared> seen) : seen_{std::move(seen)} {}
    result<block_value> get(std::string_view block, std::uint64_t offset,
                            std::uint64_t length) override {
      return answer_to<block_value>(get_request{std::string{block}, offset, length});
    }
    /// Everything lies in memory, and nothing is on its way to a disk.
    std::optional<result<block_value>> try_get(std::string_view block, std::uint64_t offset,
                                               std::uint64_t length) override {
      auto found = get(block, offset, length);
      if (!found && found.error().code != errc::not_found) return std::nullopt;
      return found;
    }
    result<block_stat> stat(std::string_view block) override {
      return answer_to<block_stat>(stat_request{std::string{block}});
    }
    result<block_list> list(const list_request& what) override {
      return answer_to<block_list>(what);
    }

   private:
    template <class T, class Request>
    result<T> answer_to(const Request& r) {
      if (seen_->is_closed) return fail(errc::closed);
      return seen_->blocks.answer(r, seen_->now_ms());
    }

    std::shared_ptr<store_double::shared> seen_;
  };

  // -- blocks ---------------------------------------------------------------------------------------------

  template <class Request>
  auto answer_to(const Request& r) -> decltype(std::declval<block_map&>().answer(r, 0)) {
    return seen_->blocks.answer(r, seen_->now_ms());
  }

  // -- the store as a whole -------------------------------------------------------------------------------

  result<void> answer_to(const flush_request& /*r*/) { return {}; }
  result<store_status> answer_to(const status_request& /*r*/) {
    store_status s;
    s.state = "open";
    s.blocks = seen_->blocks.blocks().size();
    for (const auto& each : seen_->blocks.blocks()) s.value_bytes += each.second.value.size();
    s.last_version = s.durable_version = seen_->blocks.last_version();
    s.watches = watches_.size();
    return s;
  }
  result<void> answer_to(const checkpoint_request& /*r*/) { return {}; }
  result<compact_result> answer_to(const compact_request& /*r*/) { return compact_result{}; }
  result<verify_result> answer_to(const verify_request& /*r*/) {
    verify_result v;
    v.blocks = seen_->blocks.blocks().size();
    return v;
  }
  result<backup_result> answer_to(const backup_request& /*r*/) {
    return fail(errc::invalid_argument, "a store double has no file that could be copied");
  }
  result<read_view> answer_to(const view_request& /*r*/) {
    return read_view{std::make_shared<view>(seen_)};
  }
  result<void> answer_to(const close_request& /*r*/) {
    seen_->is_closed = true;
    for (auto& [id, w] : watches_) end_wait(w, fail(errc::closed));
    watches_.clear();
    self_->quit();
    return {};
  }

  // -- watches --------------------------------------------------------------------------------------------

  struct watch {
    std::string prefix;
    version after;
    std::optional<caf::typed_response_promise<change_batch>> waits;
  };

  [[nodiscard]] bool is_watch(std::uint64_t id) const { return watches_.contains(id); }

  result<watch_started> answer_to(const watch_request& r) {
    const auto from = seen_->blocks.last_version();
    watches_[++last_watch_] = {r.prefix, from, std::nullopt};
    return watch_started{last_watch_, from};
  }
  result<change_batch> answer_to(const next_changes_request& /*r*/) {
    return fail(errc::invalid_argument, "no such watch");
  }
  result<void> answer_to(const unwatch_request& r) {
    const auto found = watches_.find(r.watch);
    if (found == watches_.end()) return fail(errc::invalid_argument, "no such watch");
    end_wait(found->second, fail(errc::closed, "the watch was ended"));
    watches_.erase(found);
    return {};
  }

  void wait_for_changes(const next_changes_request& r,
                        caf::typed_response_promise<change_batch> promise) {
    auto& w = watches_.at(r.watch);
    // The one before was given up.
    if (w.waits) std::exchange(w.waits, {})->deliver(change_batch{{}, {}, w.after});
    w.after = r.after;
    w.waits = std::move(promise);
    tell_watchers();
  }

  void tell_watchers() {
    for (auto& [id, w] : watches_) {
      if (!w.waits) continue;
      change_batch told{{}, {}, w.after};
      for (const auto& c : seen_->blocks.changes())
        if (c.ver > w.after && (c.kind == change_kind::cleared || c.name.starts_with(w.prefix)))
          told.changes.push_back(c);
      if (told.changes.empty()) continue;
      told.through = told.changes.back().ver;
      std::exchange(w.waits, {})->deliver(std::move(told));
    }
  }

  static void end_wait(watch& w, const failure& why) {
    if (w.waits) std::exchange(w.waits, {})->deliver(to_error(why));
  }

  store_actor::pointer self_;
  std::shared_ptr<store_double::shared> seen_;
  std::map<std::uint64_t, watch> watches_;
  std::uint64_t last_watch_ = 0;
};

store_double::store_double(actor_fixture& owner) {
  shared_->now_ms = owner.wall_clock();
  handle_ = owner.spawn<store_actor::stateful_impl<store_double_state>>(shared_);
}

store_double::~store_double() {
  std::apply(
      [](const auto&... of_kind) {
        const auto complain_of = [](const auto& one) {
          using request = typename std::remove_cvref_t<decltype(one.seen)>::value_type;
          if (!one.next.empty())
            complain("a store double was never asked again for what the test said about it: " +
                     std::to_string(one.next.size()) + " times \"" + in_words<request>::of({}) +
                     "\"");
        };
        (complain_of(of_kind), ...);
      },
      shared_->scripts);
}

}  // namespace stowage::testkit
