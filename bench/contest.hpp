// Engines that do the same work side by side, each in a directory of its own.
//
// Contract: `open` begins with an empty directory, `close` leaves it as it is. Directories are removed with the contest.
// Concurrency: one thread.
#pragma once

#include <stowage/bench/engine.hpp>
#include <stowage/bench/engines.hpp>
#include <stowage/bench/measuring/rounds.hpp>
#include <stowage/bench/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::bench {

class contestant {
 public:
  /// `label` is what tables call it, where one engine takes part twice; else empty.
  contestant(engine_entry what, engine_setup setup, std::string label = {});
  contestant(const contestant&) = delete;
  contestant& operator=(const contestant&) = delete;
  ~contestant();

  void open(const session_shape& shape = {});
  /// What is there.
  void reopen(const session_shape& shape = {});
  /// Another session of the running engine.
  void reopen_client(const session_shape& shape = {});
  void close();

  [[nodiscard]] engine& running() { return *engine_; }
  /// Of the thread that opened it.
  [[nodiscard]] session& client() { return *client_; }
  [[nodiscard]] role part() const noexcept { return what_.what; }
  [[nodiscard]] std::string_view engine_name() const noexcept { return what_.name; }
  [[nodiscard]] const std::string& directory() const noexcept { return setup_.directory; }
  /// What its files take on the disk.
  [[nodiscard]] std::uint64_t disk_bytes() const;
  [[nodiscard]] std::string label() const {
    return label_.empty() ? std::string{what_.name} : label_;
  }

 private:
  engine_entry what_;
  engine_setup setup_;
  std::string label_;
  std::unique_ptr<engine> engine_;
  std::unique_ptr<session> client_;
};

/// Work of one of them; `client` shapes are the work's own business.
struct turn {
  std::function<void(contestant&, unsigned round)> prepare;
  std::function<void(contestant&, unsigned round)> run;
  std::function<void(contestant&, unsigned round)> check;
  std::function<named_figures(contestant&)> also;
};

class contest {
 public:
  /// Of the engines that were asked for; none is open yet. `setup.directory` is where theirs go.
  contest(const options& how, const engine_setup& setup);
  contest(const contest&) = delete;
  contest& operator=(const contest&) = delete;

  /// One more, with a setup of its own, behind the one with the name `after`; nothing, if that takes no part.
  void add(std::string_view after, const engine_entry& what, engine_setup setup, std::string label);
  void open_all(const session_shape& shape = {});

  [[nodiscard]] const std::vector<std::unique_ptr<contestant>>& all() const noexcept {
    return all_;
  }
  [[nodiscard]] bool has(std::string_view name) const;

  /// `ours_driven` says how Stowage is driven here; it stands behind the shape of its engine.
  [[nodiscard]] std::vector<participant> participants(const std::string& ours_driven,
                                                      const turn& work) const;

 private:
  const options& how_;
  std::vector<std::unique_ptr<contestant>> all_;
};

/// Runs `work(thread)` on so many threads; the first exception is thrown on.
void on_threads(unsigned count, const std::function<void(unsigned)>& work);

}  // namespace stowage::bench
