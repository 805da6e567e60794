// A blocking client for code without actors.
//
// Contract: each call sends one request and waits for its answer; the errors are those of store.hpp. Writes
// take their credit from a window before they are sent; clients for other threads share it. While it waits, the thread
// runs the store's actors where no other thread does (docs/decisions/0022-who-waits-helps.md).
// Concurrency: one thread at a time; each thread has its own client (cheap), made by
// `for_another_thread()`.
// Limits: never call it from inside an actor: it blocks.
#pragma once

#include <stowage/client/send_window.hpp>
#include <stowage/client/watcher.hpp>
#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/store.hpp>
#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace STOWAGE_EXPORT stowage {

/// Asks a store and waits for the answer.
class store_client {
 public:
  /// `credit` should be that of the store's options.
  store_client(caf::actor_system& system, store_actor store, credit_limits credit = {});

  /// A client of the same store and window. Any thread may call it while no other call is under way.
  [[nodiscard]] store_client for_another_thread() const;

  /// As `put_request`: makes `value` the value of block `name`, if it has the `expected` version. `level` says when to
  /// answer (absent = as the store is configured), `expires_at_ms` is Unix time in ms, 0 = never.
  [[nodiscard]] result<receipt> put(std::string name, payload value,
                                    std::optional<durability> level = {},
                                    std::optional<version> expected = {},
                                    std::uint64_t expires_at_ms = 0);
  /// As `get_request`: the bytes [offset, offset + length), cut to the end of the value.
  [[nodiscard]] result<block_value> get(std::string name, std::uint64_t offset = 0,
                                        std::uint64_t length = UINT64_MAX);
  /// As `delete_request`.
  [[nodiscard]] result<receipt> remove(std::string name, std::optional<durability> level = {},
                                       std::optional<version> expected = {});
  /// As `put_many_request`: one result for each write.
  [[nodiscard]] result<put_many_result> put_many(std::vector<single_write> writes,
                                                 std::optional<durability> level = {});
  /// As `commit_request`: all of it or nothing.
  [[nodiscard]] result<commit_receipt> commit(transaction what,
                                              std::optional<durability> level = {});
  /// As `clear_request`: removes every block.
  [[nodiscard]] result<receipt> clear(std::optional<durability> level = {});
  [[nodiscard]] result<bool> exists(std::string name);
  /// Fails with not_found where there is no such block.
  [[nodiscard]] result<block_stat> stat(std::string name);
  /// As `list_request`: by prefix, in the order of names.
  [[nodiscard]] result<block_list> list(list_request what);
  /// Everything accepted before is durable when it returns.
  [[nodiscard]] result<void> flush();
  /// Every counter of the store; works in a poisoned one too.
  [[nodiscard]] result<store_status> status();
  /// As `checkpoint_request`: the next open replays less.
  [[nodiscard]] result<void> checkpoint();
  /// As `compact_request`: moves blocks together and makes the file shorter.
  [[nodiscard]] result<compact_result> compact();
  /// How far it is, a client of another thread sees in the status.
  [[nodiscard]] result<verify_result> verify();
  /// Into a new store at `path`, while others are served.
  [[nodiscard]] result<backup_result> backup(std::string path);
  /// For blocks whose names start with `prefix`; may be used in another thread than the client.
  [[nodiscard]] result<watcher> watch(std::string prefix = {});
  /// Reads of what is durable, without messages; any thread may use it.
  [[nodiscard]] result<read_view> view();
  /// Drains the store, marks it clean and releases its file; every later request is answered `closed`.
  [[nodiscard]] result<void> close();

 private:
  store_client(caf::actor_system& system, store_actor store, std::shared_ptr<send_window> window);

  template <class T, class Request>
  result<T> ask(Request request);

  caf::actor_system* system_;
  compat::executor* context_;
  caf::scoped_actor self_;
  store_actor store_;
  std::shared_ptr<send_window> window_;
};

}  // namespace stowage
