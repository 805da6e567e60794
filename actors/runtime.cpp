#include <stowage/actors/runtime.hpp>

#include <stowage/actors/allocator.hpp>
#include <stowage/actors/disk.hpp>
#include <stowage/actors/maintenance.hpp>
#include <stowage/actors/metrics.hpp>
#include <stowage/actors/random_identity.hpp>
#include <stowage/actors/reader.hpp>
#include <stowage/actors/registry.hpp>
#include <stowage/actors/writer.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/creation.hpp>
#include <stowage/storage/device/guarded_device.hpp>
#include <stowage/storage/device/latched_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/device/posix_creation.hpp>
#include <stowage/storage/device/posix_device.hpp>
#include <stowage/storage/recovery.hpp>

#include <caf/actor_cast.hpp>

#include <utility>
#include <vector>

namespace stowage {

namespace {

// Watches the store's actors. One of them gone means fail stop: the registry and the writer are told,
// and they answer whoever waits. When the registry is gone, in order or not, the others end.
class supervisor_state {
 public:
  static inline const char* name = "stowage.supervisor";

  supervisor_state(caf::event_based_actor* self, registry_actor registry, writer_actor writer,
                   std::vector<std::pair<std::string, caf::actor>> watched)
      : self_{self}, registry_{std::move(registry)}, writer_{std::move(writer)} {
    for (const auto& [role, handle] : watched) others_.push_back(handle);
    watched.emplace_back(registry_role, caf::actor_cast<caf::actor>(registry_));
    compat::monitor_all(self_, watched, [this](const std::string& role, const caf::error& why) {
      on_down(role, why);
    });
  }

  caf::behavior make_behavior() {
    // The registry's handle to it is gone before the news of the registry's end are out.
    itself_ = caf::actor{self_};
    return {[](caf::unit_t) {}};
  }

 private:
  static constexpr const char* registry_role = "registry";

  void on_down(const std::string& role, const caf::error& why) {
    if (role == registry_role) {
      for (const auto& other : others_) caf::anon_send_exit(other, caf::exit_reason::user_shutdown);
      others_.clear();
      registry_ = nullptr;
      writer_ = nullptr;
      itself_ = nullptr;
      self_->quit();
      return;
    }
    if (!registry_ || mutant("dead-actor-not-noticed")) return;
    const auto cause =
        fail(errc::poisoned, "the store's " + role + " ended: " + caf::to_string(why));
    compat::send(self_, registry_, store_failed{cause});
    compat::send(self_, writer_, store_failed{cause});
  }

  caf::event_based_actor* self_;
  /// Keeps it alive until the registry ends.
  caf::actor itself_;
  registry_actor registry_;
  writer_actor writer_;
  std::vector<caf::actor> others_;
};

template <class Impl, class... Args>
auto spawn_blocking(caf::actor_system& system, threading how, Args&&... args) {
  return how == threading::production
             ? system.spawn<Impl, caf::detached>(std::forward<Args>(args)...)
             : system.spawn<Impl>(std::forward<Args>(args)...);
}

result<std::unique_ptr<block_device>> created_file(const std::string& path) {
  auto creation = posix_creation::begin(path);
  if (!creation) return std::move(creation).error();
  if (auto made = create_store(creation->device(), random_identity()); !made)
    return std::move(made).error();
  return creation->publish();
}

// The device of the options, latched, with a store on it.
result<std::unique_ptr<block_device>> open_device(const store_options& options, bool& created) {
  if (options.device == device_kind::memory) {
    auto memory = std::make_unique<memory_device>();
    if (auto made = create_store(*memory, random_identity()); !made) return std::move(made).error();
    created = true;
    return std::unique_ptr<block_device>{std::move(memory)};
  }
  auto opened = open_posix_device(options.path, open_mode::read_write);
  if (opened || opened.error().code != errc::no_such_store || !options.create) return opened;
  auto made = created_file(options.path);
  created = made.ok();
  return made;
}

}  // namespace

result<void> create_store_file(const std::string& path) {
  auto made = created_file(path);
  if (!made) return std::move(made).error();
  return (*made)->close();
}

result<opened_store> open_store(caf::actor_system& system, const store_options& options) {
  if (options.readers == 0) return fail(errc::invalid_argument, "a store needs a reader");
  opened_store out;
  auto opened = open_device(options, out.report.created);
  if (!opened) return std::move(opened).error();
  auto device = std::make_unique<latched_device>(std::move(*opened));
  auto recovered = recover(*device, store_access::read_write);
  if (!recovered && mutant("unreadable-store-created-again") &&
      create_store(*device, random_identity()))
    recovered = recover(*device, store_access::read_write);
  if (!recovered) return std::move(recovered).error();
  out.report.was_clean = recovered->was_clean;
  out.report.dropped = recovered->dropped;
  out.report.used_previous_root = recovered->used_previous_root;
  out.report.superblock_slot_damaged = recovered->superblock_slot_damaged;
  out.report.blocks = recovered->index.size();
  out.handle = spawn_store(system, options, std::move(device), std::move(*recovered),
                           random_number(), threading::production);
  return out;
}

store_actor spawn_store(caf::actor_system& system, const store_options& options,
                        std::unique_ptr<block_device> device, recovered_store recovered,
                        std::uint64_t seed, threading how, wall_clock clock,
                        wire_registry* actors) {
  const std::shared_ptr<block_device> shared = std::make_shared<guarded_device>(std::move(device));
  const auto cache = std::make_shared<payload_cache>(options.cache_bytes);
  const auto hash_seed = recovered.sb.hash_seed;
  auto& metrics = system.metrics();
  const auto label = metric_label(options.path);

  registry_start names;
  names.index = std::move(recovered.index);
  names.last_version = recovered.last_version;
  names.position = recovered.position;
  names.journal_bytes = recovered.journal_bytes;
  names.clock = std::move(clock);
  names.cache = cache;
  names.reads = std::make_shared<durable_reads>(shared, cache, hash_seed);
  names.checkpoint_soon = !recovered.was_clean && recovered.journal_bytes > 0;

  writer_start journal{recovered.sb,
                       journal_areas{recovered.position, std::move(recovered.kept_areas)},
                       recovered.journal_bytes,
                       std::move(recovered.current_checkpoint),
                       std::move(recovered.previous_checkpoint),
                       recovered.last_version,
                       seed};

  wire_registry peers;
  peers.disk = system.spawn<disk_impl>(
      shared,
      how == threading::production ? disk_state::thread::its_own : disk_state::thread::shared,
      disk_metrics{metrics, label});
  peers.allocator = system.spawn<allocator_impl>(std::move(recovered.space), peers.disk,
                                                 space_metrics{metrics, label});
  const auto registry =
      system.spawn<registry_impl>(options, std::move(names), registry_metrics{metrics, label});
  peers.writer = system.spawn<writer_impl>(options.batch, options.sync, std::move(journal),
                                           commit_listener{registry}, peers.allocator, peers.disk,
                                           writer_metrics{metrics, label});
  for (std::uint32_t i = 0; i < options.readers; ++i)
    peers.readers.push_back(spawn_blocking<reader_impl>(system, how, shared, cache, hash_seed,
                                                        reader_metrics{metrics, label}));
  peers.maintenance = system.spawn<maintenance_impl>(
      hash_seed, compaction_peers{peers.allocator, peers.writer, relocation_registry{registry},
                                  peers.readers});

  std::vector<std::pair<std::string, caf::actor>> watched{
      {"disk", caf::actor_cast<caf::actor>(peers.disk)},
      {"allocator", caf::actor_cast<caf::actor>(peers.allocator)},
      {"writer", caf::actor_cast<caf::actor>(peers.writer)},
      {"maintenance", caf::actor_cast<caf::actor>(peers.maintenance)}};
  for (const auto& reader : peers.readers)
    watched.emplace_back("reader", caf::actor_cast<caf::actor>(reader));
  peers.supervisor = system.spawn<caf::stateful_actor<supervisor_state>>(registry, peers.writer,
                                                                         std::move(watched));
  if (actors != nullptr) *actors = peers;
  compat::anon_send(registry, std::move(peers));
  return registry;
}

}  // namespace stowage
