#include <stowage/client/store_client.hpp>

#include <stowage/messages/helping.hpp>

#include <utility>

namespace stowage {

store_client::store_client(caf::actor_system& system, store_actor store, credit_limits credit)
    : store_client{system, std::move(store), std::make_shared<send_window>(credit)} {}

store_client::store_client(caf::actor_system& system, store_actor store,
                           std::shared_ptr<send_window> window)
    : system_{&system},
      context_{&helping::context_in(system)},
      self_{system},
      store_{std::move(store)},
      window_{std::move(window)} {
  self_->context(context_);
}

store_client store_client::for_another_thread() const {
  return store_client{*system_, store_, window_};
}

template <class T, class Request>
result<T> store_client::ask(Request request) {
  std::optional<result<T>> answer;
  auto* const self = self_.ptr();
  auto waiting = [&] {
    helping here{*context_};
    auto sent = compat::request(self, store_, std::move(request));
    here.run_until([self] { return !self->mailbox().empty(); });
    return sent;
  }();
  const auto on_error = [&](const caf::error& why) { answer = to_failure(why); };
  if constexpr (std::is_void_v<T>)
    std::move(waiting).receive([&] { answer = result<void>{}; }, on_error);
  else
    std::move(waiting).receive([&](T& value) { answer = std::move(value); }, on_error);
  return std::move(*answer);
}

result<receipt> store_client::put(std::string name, payload value, std::optional<durability> level,
                                  std::optional<version> expected, std::uint64_t expires_at_ms) {
  const auto credit = window_->take(1, value.size());
  put_request request{std::move(name), std::move(value), level, expected};
  request.expires_at_ms = expires_at_ms;
  return ask<receipt>(std::move(request));
}

result<block_value> store_client::get(std::string name, std::uint64_t offset,
                                      std::uint64_t length) {
  return ask<block_value>(get_request{std::move(name), offset, length});
}

result<receipt> store_client::remove(std::string name, std::optional<durability> level,
                                     std::optional<version> expected) {
  const auto credit = window_->take(1, 0);
  return ask<receipt>(delete_request{std::move(name), level, expected});
}

result<put_many_result> store_client::put_many(std::vector<single_write> writes,
                                               std::optional<durability> level) {
  std::uint64_t bytes = 0;
  for (const auto& w : writes) bytes += w.value.size();
  const auto credit = window_->take(writes.size(), bytes);
  return ask<put_many_result>(put_many_request{std::move(writes), level});
}

result<commit_receipt> store_client::commit(transaction what, std::optional<durability> level) {
  std::uint64_t bytes = 0;
  for (const auto& w : what.writes()) bytes += w.value.size();
  const auto credit = window_->take(what.writes().size(), bytes);
  return ask<commit_receipt>(commit_request{std::move(what), level});
}

result<receipt> store_client::clear(std::optional<durability> level) {
  const auto credit = window_->take(1, 0);
  return ask<receipt>(clear_request{level});
}

result<bool> store_client::exists(std::string name) {
  return ask<bool>(exists_request{std::move(name)});
}

result<block_stat> store_client::stat(std::string name) {
  return ask<block_stat>(stat_request{std::move(name)});
}

result<block_list> store_client::list(list_request what) {
  return ask<block_list>(std::move(what));
}

result<void> store_client::flush() { return ask<void>(flush_request{}); }

result<store_status> store_client::status() { return ask<store_status>(status_request{}); }

result<void> store_client::checkpoint() { return ask<void>(checkpoint_request{}); }

result<compact_result> store_client::compact() { return ask<compact_result>(compact_request{}); }

result<verify_result> store_client::verify() { return ask<verify_result>(verify_request{}); }

result<backup_result> store_client::backup(std::string path) {
  return ask<backup_result>(backup_request{std::move(path)});
}

result<watcher> store_client::watch(std::string prefix) {
  return watcher::begin(*system_, store_, std::move(prefix));
}

result<read_view> store_client::view() { return ask<read_view>(view_request{}); }

result<void> store_client::close() { return ask<void>(close_request{}); }

}  // namespace stowage
