#include <stowage/cli/live_store.hpp>

#include <stowage/cli/advice.hpp>
#include <stowage/messages/register_types.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

namespace stowage::cli {

namespace {

result<std::unique_ptr<caf::actor_system_config>> actor_config(const settings& wanted) {
  auto config = std::make_unique<caf::actor_system_config>();
  // CAF's own defaults let idle workers poll, and start four of them on two cores.
  config->set("caf.scheduler.max-threads",
              std::size_t{std::max(1U, std::thread::hardware_concurrency())});
  config->set("caf.work-stealing.moderate-poll-attempts", std::size_t{0});
  // Two looks at the clock for each message: only for those who look at what comes of it.
  if (!wanted.metrics.listen.empty())
    config->set("caf.metrics-filters.actors.includes", std::vector<std::string>{"stowage.*"});
  // From a stream, so that CAF does not look for a file caf-application.conf.
  std::istringstream in{wanted.source};
  if (const auto error = config->parse(std::vector<std::string>{}, in))
    return fail(errc::invalid_argument, "CAF refuses the config: " + caf::to_string(error));
  return config;
}

}  // namespace

void initialize_types() { register_message_types(); }

result<std::unique_ptr<live_store>> live_store::open(const settings& config) {
  auto for_caf = actor_config(config);
  if (!for_caf) return std::move(for_caf).error();
  std::unique_ptr<live_store> live{new live_store};
  live->config_ = *std::move(for_caf);
  live->system_ = std::make_unique<caf::actor_system>(*live->config_);
  auto opened = open_store(*live->system_, config.store);
  if (!opened) return std::move(opened).error();
  live->handle_ = opened->handle;
  live->report_ = opened->report;
  live->open_ = true;
  live->client_ = std::make_unique<store_client>(*live->system_, live->handle_);
  return live;
}

live_store::~live_store() {
  if (open_) (void)close();
  // All handles and actors go before the system waits for them.
  client_.reset();
  handle_ = nullptr;
}

result<void> live_store::close() {
  open_ = false;
  return client_->close();
}

settings command_settings(std::string path) {
  settings config;
  config.store.path = std::move(path);
  config.store.create = false;
  config.store.readers = 1;
  // A command reads each value once.
  config.store.cache_bytes = 0;
  config.metrics.listen.clear();
  return config;
}

void warn_of_findings(const std::string& path, const open_report& found, console& con) {
  if (found.dropped)
    con.warn(path, fmt::format("{} group(s) from record {} on never became durable and were "
                               "dropped ({})",
                               found.dropped->records, found.dropped->first.value,
                               found.dropped->reason));
  if (found.used_previous_root)
    con.warn(path,
             "the previous checkpoint is used: " + what_is_wrong(*found.used_previous_root, path));
  if (found.superblock_slot_damaged) con.warn(path, "one of the two superblocks was damaged");
}

std::unique_ptr<live_store> open_live(const settings& config, console& con) {
  const auto& path = config.store.path;
  auto live = live_store::open(config);
  if (!live) {
    con.complain(path, live.error());
    return nullptr;
  }
  warn_of_findings(path, (*live)->report(), con);
  return *std::move(live);
}

void close_live(live_store& store, const std::string& path, console& con) {
  if (auto closed = store.close(); !closed) con.complain_unless_told(path, closed.error());
}

}  // namespace stowage::cli
