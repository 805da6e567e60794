// The writer alone, between an allocator that always has space, a disk that works when told, and a
// listener that remembers.
#include <stowage/actors/handover.hpp>
#include <stowage/actors/writer.hpp>
#include <stowage/storage/creation.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>

#include <algorithm>
#include <deque>

using namespace stowage;
using namespace stowage::test;

namespace {

struct disk_log {
  std::vector<std::shared_ptr<const write_plan>> plans;
  std::deque<caf::typed_response_promise<plan_executed>> waiting;
  bool works_at_once = true;
};

/// `close_device` lets it finish the oldest plan, `grow_device` makes that fail.
disk_actor::behavior_type fake_disk(disk_actor::pointer self, std::shared_ptr<disk_log> log) {
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

allocator_actor::behavior_type fake_allocator(allocator_actor::pointer,
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

commit_listener::behavior_type fake_listener(commit_listener::pointer, std::shared_ptr<heard> log) {
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

shared_bytes zeros(std::uint64_t bytes) { return shared_bytes{std::vector<std::byte>(bytes)}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(writer_suite)

BOOST_FIXTURE_TEST_CASE(nothing_is_written_before_a_batch_closes, writer_fixture) {
  write(49);
  det.advance(49'999us);
  BOOST_TEST(disk->plans.empty());
  write(1);
  BOOST_TEST(disk->plans.size() == 1U);
  BOOST_TEST(told->groups.size() == 1U);
  BOOST_TEST(told->groups.front()->ops.size() == 50U);
  BOOST_TEST(told->groups.front()->through == version{50});
}

// A root that begins behind it needs nothing of an area that the journal left by it.
BOOST_FIXTURE_TEST_CASE(where_the_journal_stands_after_a_seal_is_told, writer_fixture) {
  write(1);
  det.advance(50ms);
  BOOST_TEST_REQUIRE(told->groups.size() == 1U);
  const auto& group = *told->groups.front();
  det.advance(100ms);
  BOOST_TEST_REQUIRE(told->seals.size() == 1U);
  const auto& seal = *told->seals.front();
  BOOST_TEST(seal.ops.empty());
  BOOST_TEST((seal.after.last == group.after.last.next()));
  BOOST_TEST(seal.after.offset == group.after.offset + page_size);
  BOOST_TEST(seal.journal_total == group.journal_total + page_size);
  BOOST_TEST(told->groups.size() == 1U);
}

// -- pages that were never written -------------------------------------------------------------------

namespace {

/// Where zeros were written, in order.
std::vector<extent> prepared(const disk_log& disk) {
  std::vector<extent> out;
  for (const auto& plan : disk.plans)
    for (const auto& w : plan->preparations()) out.push_back({w.offset, w.length});
  return out;
}

std::uint64_t bytes_of(const std::vector<extent>& extents) {
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

}  // namespace

BOOST_FIXTURE_TEST_CASE(small_groups_prepare_the_pages_of_the_next_ones, on_fresh_pages) {
  for (int i = 0; i < 100; ++i) small_group();
  const auto zeroed = prepared(*disk);
  // A slice at a time; more of it only when what is ready is used up.
  for (const auto& e : zeroed) BOOST_TEST(e.length <= 256 * limits::kib);
  BOOST_TEST(bytes_of(zeroed) >= limits::mib);
  BOOST_TEST(bytes_of(zeroed) <= 3 * limits::mib);
  BOOST_TEST(status().prepared_bytes_written == bytes_of(zeroed));
  for (std::size_t i = 0; i < zeroed.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) BOOST_TEST(!zeroed[i].overlaps(zeroed[j]));
  // From the second group on values go to pages that were prepared before.
  for (std::size_t n = 2; n < disk->plans.size(); ++n)
    for (const auto& w : disk->plans[n]->values())
      BOOST_TEST(std::ranges::any_of(
          zeroed, [&](const extent& e) { return e.offset <= w.offset && w.end() <= e.end(); }));
}

BOOST_FIXTURE_TEST_CASE(the_next_journal_area_is_prepared_before_it_is_used, on_fresh_pages) {
  for (int i = 0; i < 20; ++i) small_group();
  const auto zeroed = prepared(*disk);
  BOOST_REQUIRE(!allocator->areas.empty());
  const auto area = allocator->areas.front();
  std::uint64_t bytes = 0;
  for (const auto& e : zeroed)
    if (area.offset <= e.offset && e.end() <= area.end()) bytes += e.length;
  BOOST_TEST(bytes == area.length);
}

BOOST_FIXTURE_TEST_CASE(large_groups_write_no_page_twice, on_fresh_pages) {
  for (int i = 0; i < 10; ++i) {
    write("k", zeros(2 * limits::mib));
    close_open_batch();
  }
  BOOST_TEST(prepared(*disk).empty());
}

BOOST_FIXTURE_TEST_CASE(where_space_is_short_nothing_is_prepared, on_fresh_pages) {
  allocator->space_is_short = true;
  small_group();
  const auto before = bytes_of(prepared(*disk));
  for (int i = 0; i < 20; ++i) small_group();
  BOOST_TEST(bytes_of(prepared(*disk)) == before);
}

BOOST_FIXTURE_TEST_CASE(pages_that_were_used_before_need_no_preparation, small_delay) {
  for (int i = 0; i < 20; ++i) {
    write("k", shared_bytes{std::string(page_size, 'v')});
    close_open_batch();
  }
  BOOST_TEST(prepared(*disk).empty());
}

BOOST_FIXTURE_TEST_CASE(one_group_is_at_the_disk_at_a_time, writer_fixture) {
  disk->works_at_once = false;
  write(50);
  write(120);
  BOOST_TEST(disk->plans.size() == 1U);
  BOOST_TEST(told->groups.empty());
  BOOST_TEST(closed_by(close_cause::ops) == 3U);
  disk_finishes();
  BOOST_TEST(told->groups.size() == 1U);
  BOOST_TEST(disk->plans.size() == 2U);
  BOOST_TEST(disk->plans.back()->records().size() == 1U);
  disk_finishes();
  BOOST_TEST(told->groups.back()->ops.size() == 100U);
  BOOST_TEST(told->groups.back()->through == version{150});
  det.advance(50ms);
  BOOST_TEST(disk->plans.size() == 3U);
  disk_finishes();
  BOOST_TEST(told->groups.back()->through == version{170});
  BOOST_TEST(status().groups == 3U);
  BOOST_TEST(status().syncs == 3U);
}

// -- a group that is formed while one is at the disk ---------------------------------------------------

namespace {

struct with_one_formed_ahead : small_delay {
  with_one_formed_ahead() {
    disk->works_at_once = false;
    write("first", zeros(page_size));
    close_open_batch();
    write("second", zeros(4 * limits::mib));
    close_open_batch();
  }
  /// Of the record that the plan has.
  [[nodiscard]] record_header header_in(const write_plan& plan) const {
    const auto& w = plan.records().back();
    const auto header = decode_record_header(w.buffers.front().view(), w.offset, hash_seed);
    BOOST_REQUIRE(header.ok());
    return *header;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_large_group_is_formed_while_one_is_at_the_disk, with_one_formed_ahead) {
  BOOST_TEST(status().groups == 2U);
  BOOST_TEST(disk->plans.size() == 1U);
  BOOST_TEST(told->groups.empty());
  // What closes now is too late for it.
  write(1);
  close_open_batch();
  disk_finishes();
  BOOST_TEST(told->groups.size() == 1U);
  BOOST_TEST_REQUIRE(disk->plans.size() == 2U);
  // It is written when the first is durable, and says so.
  const auto first = header_in(*disk->plans[0]);
  const auto second = header_in(*disk->plans[1]);
  BOOST_TEST((second.number == first.number.next()));
  BOOST_TEST((second.synced_through == first.number));
  BOOST_TEST((status().durable_lsn == first.number));
  disk_finishes();
  BOOST_TEST_REQUIRE(told->groups.size() == 2U);
  BOOST_TEST(told->groups.back()->ops.size() == 1U);
  BOOST_TEST(told->groups.back()->through == version{2});
  BOOST_TEST((status().durable_lsn == second.number));
  disk_finishes();
  BOOST_TEST(told->groups.back()->through == version{3});
  BOOST_TEST(disk->plans.size() == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_small_group_waits_for_what_closes_meanwhile, small_delay) {
  disk->works_at_once = false;
  write("first", zeros(page_size));
  close_open_batch();
  for (int i = 0; i < 3; ++i) {
    write("more", zeros(limits::mib));
    close_open_batch();
  }
  BOOST_TEST(status().groups == 1U);
  disk_finishes();
  disk_finishes();
  BOOST_TEST(told->groups.size() == 2U);
  BOOST_TEST(told->groups.back()->through == version{4});
}

BOOST_FIXTURE_TEST_CASE(many_small_values_are_a_large_group, small_delay) {
  disk->works_at_once = false;
  write(1);
  close_open_batch();
  write(16'383);
  close_open_batch();
  BOOST_TEST(status().groups == 1U);
  write(1);
  close_open_batch();
  BOOST_TEST(status().groups == 2U);
  BOOST_TEST(disk->plans.size() == 1U);
  disk_finishes();
  disk_finishes();
  BOOST_TEST(told->groups.back()->ops.size() == 16'384U);
}

BOOST_FIXTURE_TEST_CASE(a_root_names_no_group_that_was_only_formed, with_one_formed_ahead) {
  disk_finishes();
  disk_finishes();
  BOOST_TEST_REQUIRE(told->groups.size() == 2U);
  const auto synced = told->groups.back()->after.last;
  write("third", zeros(page_size));
  close_open_batch();
  write("fourth", zeros(4 * limits::mib));
  close_open_batch();
  BOOST_TEST(status().groups == 4U);
  root_becomes_durable();
  disk_finishes();
  // The root goes along with the group that was formed before it came.
  const auto& plan = *disk->plans.back();
  BOOST_TEST(plan.records().size() == 1U);
  BOOST_TEST_REQUIRE(plan.superblock().size() == 1U);
  // The fence is the third, which is durable, and not the fourth beside it.
  const auto& slot = plan.superblock().front();
  const auto sb = decode_superblock(slot.buffers.front().view(), slot.offset);
  BOOST_TEST_REQUIRE(sb.ok());
  BOOST_TEST((sb->fence == synced.next()));
  BOOST_TEST(told->roots == 0U);
  disk_finishes();
  BOOST_TEST(told->roots == 1U);
  BOOST_TEST(told->groups.size() == 4U);
}

BOOST_FIXTURE_TEST_CASE(a_failure_drops_what_was_formed_ahead, small_delay) {
  disk->works_at_once = false;
  write("first", zeros(page_size));
  close_open_batch();
  const auto memory = std::make_shared<std::vector<std::byte>>(4 * limits::mib);
  write("second", shared_bytes{memory, *memory});
  close_open_batch();
  BOOST_TEST(status().groups == 2U);
  BOOST_TEST(memory.use_count() > 1);
  disk_fails();
  BOOST_TEST(memory.use_count() == 1);
  BOOST_TEST(told->failures.size() == 1U);
  BOOST_TEST(told->groups.empty());
  BOOST_TEST(disk->plans.size() == 1U);
  write(100);
  close_open_batch();
  det.advance(1s);
  BOOST_TEST(disk->plans.size() == 1U);
  BOOST_TEST(told->failures.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_drain_waits_for_what_was_formed_ahead, with_one_formed_ahead) {
  caf::scoped_actor self{det.system(), true};
  auto drained = compat::request(self.ptr(), writer, drain_writer{});
  det.run();
  disk_finishes();
  disk_finishes();
  BOOST_TEST(told->groups.size() == 2U);
  BOOST_TEST(!self->has_next_message());
  BOOST_TEST_REQUIRE(disk->plans.size() == 3U);
  BOOST_TEST(disk->plans.back()->records().empty());
  BOOST_TEST(disk->plans.back()->superblock().size() == 1U);
  disk_finishes();
  BOOST_TEST_REQUIRE(self->has_next_message());
  std::move(drained).receive([] {}, [](const caf::error& e) { BOOST_ERROR(caf::to_string(e)); });
}

// Its values lie where the lease was before; once it is published, a compaction finds them.
BOOST_FIXTURE_TEST_CASE(who_vacates_waits_for_what_was_formed_ahead, with_one_formed_ahead) {
  caf::scoped_actor self{det.system(), true};
  auto vacated = compat::request(self.ptr(), writer, vacate{layout::data_start, std::nullopt});
  det.run();
  disk_finishes();
  BOOST_TEST(told->groups.size() == 1U);
  BOOST_TEST(!self->has_next_message());
  disk_finishes();
  BOOST_TEST(told->groups.size() == 2U);
  BOOST_TEST_REQUIRE(self->has_next_message());
  std::move(vacated).receive([] {}, [](const caf::error& e) { BOOST_ERROR(caf::to_string(e)); });
}

// Else it would never be answered under a load that always has one.
BOOST_FIXTURE_TEST_CASE(who_vacates_waits_for_nothing_that_came_later, with_one_formed_ahead) {
  caf::scoped_actor self{det.system(), true};
  auto vacated = compat::request(self.ptr(), writer, vacate{layout::data_start, std::nullopt});
  det.run();
  disk_finishes();
  write("third", zeros(4 * limits::mib));
  close_open_batch();
  BOOST_TEST(status().groups == 3U);
  BOOST_TEST(!self->has_next_message());
  disk_finishes();
  BOOST_TEST(told->groups.size() == 2U);
  BOOST_TEST(disk->plans.size() == 3U);
  BOOST_TEST_REQUIRE(self->has_next_message());
  std::move(vacated).receive([] {}, [](const caf::error& e) { BOOST_ERROR(caf::to_string(e)); });
}

// The record by which the journal leaves may be one that was formed ahead: it has to be durable as well.
BOOST_FIXTURE_TEST_CASE(who_vacates_waits_for_the_journal_too, with_one_formed_ahead) {
  disk_finishes();
  caf::scoped_actor self{det.system(), true};
  // The areas that the writer fetches lie above, so it has to name another one first.
  auto vacated = compat::request(self.ptr(), writer, vacate{4 * page_size, 4 * page_size});
  det.run();
  write("third", zeros(4 * limits::mib));
  close_open_batch();
  disk_finishes();
  BOOST_TEST(told->groups.size() == 2U);
  BOOST_TEST(!self->has_next_message());
  for (int i = 0; i < 5 && !self->has_next_message(); ++i) disk_finishes();
  BOOST_TEST(told->groups.size() == 3U);
  BOOST_TEST_REQUIRE(self->has_next_message());
  // It could not: these areas lie above as well.
  errc code = errc::none;
  std::move(vacated).receive([] {}, [&](const caf::error& e) { code = to_failure(e).code; });
  BOOST_TEST(code == errc::no_space);
}

// The pages that a group at the disk prepares count as the lease's with the allocator, and are not at hand.
BOOST_FIXTURE_TEST_CASE(nothing_is_formed_ahead_of_pages_that_come_back, on_fresh_pages) {
  disk->works_at_once = false;
  small_group();
  BOOST_TEST_REQUIRE(!prepared(*disk).empty());
  write("large", zeros(4 * limits::mib));
  close_open_batch();
  BOOST_TEST(status().groups == 1U);
  disk_finishes();
  disk_finishes();
  BOOST_TEST(told->groups.size() == 2U);
}

// Many writes of one name are a small group in the end.
BOOST_FIXTURE_TEST_CASE(nothing_is_prepared_that_is_no_longer_the_writers, on_fresh_pages) {
  disk->works_at_once = false;
  write("first", zeros(limits::mib));
  close_open_batch();
  for (int i = 0; i < 64; ++i) write("second", zeros(64 * limits::kib));
  close_open_batch();
  BOOST_TEST(status().groups == 2U);
  compat::anon_send(writer, vacate{layout::data_start, layout::data_start});
  det.run();
  const auto freed = allocator->freed;
  BOOST_TEST_REQUIRE(!freed.empty());
  disk_finishes();
  BOOST_TEST_REQUIRE(disk->plans.size() == 2U);
  for (const auto& e : prepared(*disk))
    for (const auto& f : freed) BOOST_TEST(!e.overlaps(f));
}

BOOST_FIXTURE_TEST_CASE(a_waiter_shares_the_next_sync_after_what_was_formed_ahead,
                        with_one_formed_ahead) {
  write("waited", zeros(page_size), true);
  det.run();
  disk_finishes();
  // The disk does not stand still while what was sent with the waiter's op comes in.
  BOOST_TEST(disk->plans.size() == 2U);
  BOOST_TEST(closed_by(close_cause::waited) == 0U);
  disk_finishes();
  BOOST_TEST(closed_by(close_cause::waited) == 1U);
  BOOST_TEST_REQUIRE(disk->plans.size() == 3U);
  BOOST_TEST(told->groups.size() == 2U);
  disk_finishes();
  BOOST_TEST(told->groups.back()->through == version{3});
}

BOOST_FIXTURE_TEST_CASE(a_group_has_at_most_64_mebibytes_of_values, small_delay) {
  disk->works_at_once = false;
  write("first", zeros(1));
  close_open_batch();
  // The first of these is formed at once, the others when it is at the disk.
  for (const auto* name : {"a", "b", "c", "d"}) {
    write(name, zeros(24 * limits::mib));
    close_open_batch();
  }
  disk_finishes();
  disk_finishes();
  BOOST_TEST(told->groups.back()->ops.size() == 1U);
  disk_finishes();
  BOOST_TEST(told->groups.back()->ops.size() == 2U);
  disk_finishes();
  BOOST_TEST(told->groups.back()->ops.size() == 1U);
  BOOST_TEST(told->groups.size() == 4U);
}

BOOST_FIXTURE_TEST_CASE(batches_of_long_names_do_not_outgrow_a_record, small_delay) {
  disk->works_at_once = false;
  write("first", zeros(1));
  close_open_batch();
  for (int b = 0; b < 3; ++b) {
    for (int i = 0; i < 7000; ++i)
      write(std::string(1000, 'n') + std::to_string(last), shared_bytes{});
    close_open_batch();
  }
  for (int i = 0; i < 3; ++i) disk_finishes();
  BOOST_TEST(told->groups.size() == 3U);
  BOOST_TEST(told->groups[1]->ops.size() == 14'000U);
  for (const auto& plan : disk->plans)
    for (const auto& record : plan->records())
      BOOST_TEST(record.length <= limits::record_bytes_max);
}

BOOST_FIXTURE_TEST_CASE(one_batch_of_long_names_does_not_outgrow_a_record, small_delay) {
  for (int i = 0; i < 20'000; ++i)
    write(std::string(1000, 'n') + std::to_string(last), shared_bytes{});
  close_open_batch();
  BOOST_TEST(told->failures.empty());
  BOOST_TEST_REQUIRE(!told->groups.empty());
  BOOST_TEST(told->groups.back()->through == version{20'000});
  for (const auto& plan : disk->plans)
    for (const auto& record : plan->records())
      BOOST_TEST(record.length <= limits::record_bytes_max);
}

BOOST_FIXTURE_TEST_CASE(the_first_failure_is_final_and_told_once, writer_fixture) {
  disk->works_at_once = false;
  write(50);
  write(50);
  disk_fails();
  BOOST_TEST(told->failures.size() == 1U);
  BOOST_TEST(told->failures.front().code == errc::io_error);
  BOOST_TEST(told->failures.front().detail == "the disk is broken");
  BOOST_TEST(told->groups.empty());
  write(100);
  close_open_batch();
  det.advance(1s);
  BOOST_TEST(disk->plans.size() == 1U);
  BOOST_TEST(told->failures.size() == 1U);
  compat::anon_send(writer, store_failed{fail(errc::poisoned)});
  det.run();
  BOOST_TEST(told->failures.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_root_that_is_not_durable_is_never_named, writer_fixture) {
  write(1);
  close_open_batch();
  const auto before = disk->plans.size();
  auto early = std::make_shared<new_root>();
  early->named.start = told->groups.back()->after;
  early->named.start.last = early->named.start.last.next();
  early->named.manifest = {layout::data_start, page_size};
  compat::anon_send(writer, install_root{std::move(early)});
  det.run();
  // R5 is broken, so the writer ends, and with it the store; nothing was written.
  BOOST_TEST(disk->plans.size() == before);
  BOOST_TEST(told->roots == 0U);
  write(50);
  BOOST_TEST(disk->plans.size() == before);
}

BOOST_FIXTURE_TEST_CASE(pages_and_draining_hear_of_the_failure, writer_fixture) {
  disk->works_at_once = false;
  write(50);
  caf::scoped_actor self{det.system(), true};
  auto plan = std::make_shared<write_plan>();
  plan->add_value(layout::data_start, zeros(page_size));
  auto pages = compat::request(self.ptr(), writer, write_pages{plan});
  det.run();
  caf::scoped_actor other{det.system(), true};
  auto drained = compat::request(other.ptr(), writer, drain_writer{});
  det.run();
  BOOST_TEST(!self->has_next_message());
  BOOST_TEST(!other->has_next_message());
  disk_fails();
  BOOST_REQUIRE(self->has_next_message());
  BOOST_REQUIRE(other->has_next_message());
  errc code = errc::none;
  std::move(pages).receive([] {}, [&](const caf::error& e) { code = to_failure(e).code; });
  BOOST_TEST(code == errc::io_error);
  code = errc::none;
  std::move(drained).receive([] {}, [&](const caf::error& e) { code = to_failure(e).code; });
  BOOST_TEST(code == errc::io_error);
}

BOOST_FIXTURE_TEST_CASE(a_record_that_fits_no_area_gets_a_larger_one, small_delay) {
  write(10);
  close_open_batch();
  for (int i = 0; i < 3000; ++i)
    write(std::string(1000, 'n') + std::to_string(last), shared_bytes{});
  close_open_batch();
  BOOST_TEST(told->groups.size() == 2U);
  BOOST_TEST(status().seals == 1U);
  // The area that had been announced is free again, unused.
  BOOST_REQUIRE(allocator->freed.size() == 1U);
  BOOST_TEST(allocator->freed.front().length == limits::journal_area_bytes_min);
  // A SEAL and the record, in this order and in one plan.
  BOOST_TEST(disk->plans.back()->records().size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(areas_that_were_asked_for_and_not_used_are_not_lost, small_delay) {
  // What a record may take at most decides what is fetched; what it takes decides what is used.
  for (const int ops : {700, 1700, 2800, 3900}) {
    for (int i = 0; i < ops; ++i)
      write(std::string(1000, 'n') + std::to_string(last), shared_bytes{});
    close_open_batch();
  }
  BOOST_TEST(told->failures.empty());
  BOOST_TEST(told->groups.size() == 4U);
  // Every area the allocator gave holds records, is announced, is spare, or went back.
  std::uint64_t idle = 0;
  for (const auto& area : allocator->areas) {
    bool known = false;
    for (const auto& plan : disk->plans)
      for (const auto& record : plan->records())
        known = known || area.overlaps({record.offset, record.length});
    for (const auto& e : allocator->freed) known = known || e == area;
    if (!known) ++idle;
  }
  // One is announced and one spare.
  BOOST_TEST(idle == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_journal_without_an_area_waits_for_checkpoints, writer_fixture) {
  write(1);
  close_open_batch();
  allocator->has_areas = false;
  use_up_areas();
  BOOST_TEST_REQUIRE(told->blocked());
  const auto durable = told->groups.size();
  write(1);
  close_open_batch();
  BOOST_TEST(told->groups.size() == durable);

  // Roots pass; the group does once there is an area again.
  root_becomes_durable();
  BOOST_TEST(told->roots == 1U);
  BOOST_TEST(told->groups.size() == durable);
  allocator->has_areas = true;
  root_becomes_durable();
  BOOST_TEST(told->roots == 2U);
  BOOST_TEST(told->failures.empty());
  BOOST_TEST(told->groups.back()->through == version{last});
}

BOOST_FIXTURE_TEST_CASE(a_journal_that_no_checkpoint_helps_fails_stop, writer_fixture) {
  write(1);
  close_open_batch();
  allocator->has_areas = false;
  use_up_areas();
  BOOST_TEST_REQUIRE(told->blocked());
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(told->failures.empty());
    root_becomes_durable();
  }
  BOOST_TEST_REQUIRE(told->failures.size() == 1U);
  BOOST_TEST(told->failures.front().code == errc::no_space);
}

BOOST_FIXTURE_TEST_CASE(where_space_is_short_the_lease_goes_back, writer_fixture) {
  write(1);
  close_open_batch();
  BOOST_TEST(allocator->leased > page_size);
  allocator->space_is_short = true;
  use_up_areas();
  BOOST_TEST(!told->journal_short.empty());
  BOOST_TEST(!told->blocked());
  // What the groups themselves took is all that is still leased.
  const auto groups = told->groups.size();
  BOOST_TEST(allocator->leased <= groups * page_size);
  write("k", zeros(limits::mib));
  close_open_batch();
  BOOST_TEST(allocator->leased <= groups * page_size + limits::mib);
}

BOOST_AUTO_TEST_SUITE_END()
