// A store opened with its actors, for commands that write.
//
// Contract: owns the actor system and the open store. `close` drains and closes in order and says
// whether everything became durable; the destructor closes what was not, so that the system can end.
// Concurrency: one thread at a time.
#pragma once

#include <stowage/actors/runtime.hpp>
#include <stowage/cli/console.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/config/settings.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <memory>
#include <string>

namespace stowage::cli {

/// CAF's registry of message types; once, before the first config or actor system.
void initialize_types();

class live_store {
 public:
  /// Fails as `open_store`, and with invalid_argument where CAF does not take its section.
  [[nodiscard]] static result<std::unique_ptr<live_store>> open(const settings& config);

  live_store(const live_store&) = delete;
  live_store& operator=(const live_store&) = delete;
  ~live_store();

  [[nodiscard]] caf::actor_system& system() noexcept { return *system_; }
  [[nodiscard]] const store_actor& handle() const noexcept { return handle_; }
  [[nodiscard]] store_client& client() noexcept { return *client_; }
  [[nodiscard]] const open_report& report() const noexcept { return report_; }

  /// Once; nothing may be asked of the store afterwards.
  result<void> close();

 private:
  live_store() = default;

  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  store_actor handle_;
  open_report report_;
  std::unique_ptr<store_client> client_;
  bool open_ = false;
};

/// The settings of a command that writes to the store at `path` and ends.
[[nodiscard]] settings command_settings(std::string path);

/// Opens it and passes what was found on to the console; null where it cannot be opened.
[[nodiscard]] std::unique_ptr<live_store> open_live(const settings& config, console& con);

/// What was not in order when the store was opened, and is now.
void warn_of_findings(const std::string& path, const open_report& found, console& con);

/// Closes it; a failure is complained about, if it is news.
void close_live(live_store& store, const std::string& path, console& con);

}  // namespace stowage::cli
