// The writer alone, between an allocator that always has space, a disk that works when told, and a
// listener that remembers.
#pragma once

#include <stowage/actors/handover.hpp>
#include <stowage/actors/writer.hpp>
#include <stowage/storage/creation.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>

#include <algorithm>
#include <deque>

namespace stowage::test {

struct disk_log {
  std::vector<std::shared_ptr<const write_plan>> plans;
  std::deque<caf::typed_response_promise<plan_executed>> waiting;
  bool works_at_once = true;
};

/// `close_device` lets it finish the oldest plan, `grow_device` makes that fail.
inline disk_actor::behavior_type fake_disk(disk_actor::pointer self,
                                           std::shared_ptr<disk_log> log) {
  return {
      [self, log](const execute_plan& request) -> caf::result<plan_executed> {
        log->plans.push_back(request.plan);
        if (log->works_at_once) return plan_executed{64 * limits::mib};
        auto promise = self->make_response_promise<plan_executed>();
        log->waiting.push_back(promise);
        return promise;
      },
      [log](const grow_device&) -> caf::result<void> {
        log->waiting.front().deliver(to_error(fail(errc::io_error, "the disk is broken")));
        log->waiting.pop_front();
        return caf::unit;
      },
      [](const shrink_device&) -> caf::result<void> { return caf::unit; },
      [log](const close_device&) -> caf::result<void> {
        log->waiting.front().deliver(plan_executed{64 * limits::mib});
        log->waiting.pop_front();
        return caf::unit;
      },
  };
}

struct allocator_log {
  std::uint64_t next = 64 * limits::mib;
  std::vector<extent> areas;
  std::vector<extent> freed;
  std::uint64_t leased = 0;
  std::uint64_t fresh_from = UINT64_MAX;
  bool has_areas = true;
  bool space_is_short = false;

  extent take(std::uint64_t bytes) {
    const extent e{next, round_up_to_page(bytes)};
    next = e.end();
    return e;
  }
};

inline allocator_actor::behavior_type fake_allocator(allocator_actor::pointer,
                                                     std::shared_ptr<allocator_log> log) {
  return {
      [](const budget_request&) -> caf::result<void> { return caf::unit; },
      [log](const lease_request& request) -> caf::result<lease_grant> {
        auto pages = std::make_shared<lease>();
        pages->add(log->take(request.bytes_wanted));
        log->leased += request.bytes_wanted;
        return lease_grant{std::move(pages), log->fresh_from};
      },
      [log](const return_lease& request) -> caf::result<void> {
        log->leased -= request.pages->available();
        return caf::unit;
      },
      [log](const area_request& request) -> caf::result<area_grant> {
        if (!log->has_areas) return to_error(fail(errc::no_space));
        log->areas.push_back(log->take(std::max(request.bytes_min, request.bytes_wanted)));
        return area_grant{log->areas.back(), log->fresh_from, log->space_is_short};
      },
      [](const checkpoint_space_request&) -> caf::result<checkpoint_space> {
        return to_error(fail(errc::no_space));
      },
      [](const group_space&) -> caf::result<void> { return caf::unit; },
      [log](const free_pages& request) -> caf::result<void> {
        log->freed.insert(log->freed.end(), request.pages.begin(), request.pages.end());
        return caf::unit;
      },
      [](const begin_compaction&) -> caf::result<compaction_space> { return compaction_space{}; },
      [](const enforce_file_end&) -> caf::result<bool> { return false; },
      [](const cut_file&) -> caf::result<cut_outcome> { return cut_outcome{}; },
      [](const end_compaction&) -> caf::result<void> { return caf::unit; },
      [](const move_budget_request&) -> caf::result<bool> { return true; },
      [](const status_request&) -> caf::result<store_status> { return store_status{}; },
  };
}

struct heard {
  std::vector<std::shared_ptr<const durable_group>> groups;
  std::vector<std::shared_ptr<const durable_group>> seals;
  std::vector<failure> failures;
  std::uint64_t roots = 0;
  /// Whether a group was waiting, each time the journal was said to be short.
  std::vector<bool> journal_short;
  [[nodiscard]] bool blocked() const { return !journal_short.empty() && journal_short.back(); }
};

inline commit_listener::behavior_type fake_listener(commit_listener::pointer,
                                                    std::shared_ptr<heard> log) {
  return {
      [log](const group_durable& message) -> caf::result<void> {
        log->groups.push_back(message.group);
        return caf::unit;
      },
      [log](const journal_short& message) -> caf::result<void> {
        log->journal_short.push_back(message.blocked);
        return caf::unit;
      },
      [log](const seal_durable& message) -> caf::result<void> {
        log->seals.push_back(message.group);
        return caf::unit;
      },
      [log](const root_installed&) -> caf::result<void> {
        ++log->roots;
        return caf::unit;
      },
      [log](const store_failed& message) -> caf::result<void> {
        log->failures.push_back(message.why);
        return caf::unit;
      },
  };
}

struct writer_fixture {
  explicit writer_fixture(batch_limits limits = {}) {
    memory_device device;
    BOOST_REQUIRE(create_store(device, {}).ok());
    auto found = recover(device, store_access::read_write);
    BOOST_REQUIRE(found.ok());
    auto& system = det.system();
    disk_actor = system.spawn(fake_disk, disk);
    allocator_actor = system.spawn(fake_allocator, allocator);
    listener = system.spawn(fake_listener, told);
    writer_start start{found->sb,
                       journal_areas{found->position, found->kept_areas},
                       0,
                       found->current_checkpoint,
                       found->previous_checkpoint,
                       found->last_version,
                       1};
    writer = system.spawn<writer_impl>(limits, sync_options{}, std::move(start), listener,
                                       allocator_actor, disk_actor,
                                       writer_metrics{system.metrics(), "test"});
    hash_seed = found->sb.hash_seed;
    det.run();
  }
  writer_fixture(const writer_fixture&) = delete;
  writer_fixture& operator=(const writer_fixture&) = delete;
  ~writer_fixture() {
    for (const auto& a :
         {caf::actor_cast<caf::actor>(writer), caf::actor_cast<caf::actor>(disk_actor),
          caf::actor_cast<caf::actor>(allocator_actor), caf::actor_cast<caf::actor>(listener)})
      caf::anon_send_exit(a, caf::exit_reason::kill);
    det.run();
  }

  void write(std::string name, shared_bytes value, bool waited = false) {
    auto unit = std::make_shared<batch>();
    accepted_op o;
    o.name = std::move(name);
    o.ver = version{++last};
    o.value = std::move(value);
    unit->through = o.ver;
    unit->ops.push_back(std::move(o));
    compat::anon_send(writer, write_ops{std::move(unit), waited});
  }
  void write(int count) {
    for (int i = 0; i < count; ++i)
      write("k" + std::to_string(last), shared_bytes{std::string{"v"}});
    det.run();
  }
  /// As many groups of one op as the area at hand and the one announced have room for.
  void use_up_areas() {
    for (std::uint64_t pages = 0; pages < 600 && !told->blocked(); ++pages) {
      write(1);
      close_open_batch();
    }
  }
  /// A checkpoint of the newest state, as far as the writer is concerned.
  void root_becomes_durable() {
    auto found = std::make_shared<new_root>();
    found->named.start = told->groups.back()->after;
    found->named.manifest = {layout::data_start, page_size};
    found->journal_total = told->groups.back()->journal_total;
    compat::anon_send(writer, install_root{std::move(found)});
    det.run();
  }
  void close_open_batch() {
    compat::anon_send(writer, close_batch{static_cast<std::uint8_t>(close_cause::flush)});
    det.run();
  }
  void disk_finishes() {
    compat::anon_send(disk_actor, close_device{});
    det.run();
  }
  void disk_fails() {
    compat::anon_send(disk_actor, grow_device{});
    det.run();
  }
  store_status status() {
    caf::scoped_actor self{det.system(), true};
    auto waiting = compat::request(self.ptr(), writer, status_request{});
    det.run();
    store_status out;
    std::move(waiting).receive([&](store_status& s) { out = s; },
                               [](const caf::error& e) { BOOST_ERROR(caf::to_string(e)); });
    return out;
  }
  [[nodiscard]] std::uint64_t closed_by(close_cause cause) {
    return status().batches_closed_by[static_cast<std::size_t>(cause)];
  }

  deterministic_system det;
  std::shared_ptr<disk_log> disk = std::make_shared<disk_log>();
  std::shared_ptr<allocator_log> allocator = std::make_shared<allocator_log>();
  std::shared_ptr<heard> told = std::make_shared<heard>();
  stowage::disk_actor disk_actor;
  stowage::allocator_actor allocator_actor;
  commit_listener listener;
  stowage::writer_actor writer;
  std::uint64_t last = 0;
  std::uint64_t hash_seed = 0;
};

struct small_delay : writer_fixture {
  small_delay()
      : writer_fixture{{.max_ops = 65'536, .max_delay = 1h, .max_bytes = 64 * limits::mib}} {}
};

inline shared_bytes zeros(std::uint64_t bytes) {
  return shared_bytes{std::vector<std::byte>(bytes)};
}

/// Where zeros were written, in order.
inline std::vector<extent> prepared(const disk_log& disk) {
  std::vector<extent> out;
  for (const auto& plan : disk.plans)
    for (const auto& w : plan->preparations()) out.push_back({w.offset, w.length});
  return out;
}

inline std::uint64_t bytes_of(const std::vector<extent>& extents) {
  std::uint64_t sum = 0;
  for (const auto& e : extents) sum += e.length;
  return sum;
}

struct on_fresh_pages : small_delay {
  on_fresh_pages() { allocator->fresh_from = 0; }
  void small_group() {
    write("k", shared_bytes{std::string(page_size, 'v')});
    close_open_batch();
  }
};

}  // namespace stowage::test
