// What a compaction does where its peers refuse: it asks stand-ins for them.
#include <stowage/actors/handover.hpp>
#include <stowage/actors/maintenance.hpp>
#include <stowage/storage/index/block_index.hpp>
#include <stowage/testkit/deterministic_system.hpp>

#include <caf/scoped_actor.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace stowage;
using stowage::testkit::deterministic_system;

namespace {

constexpr std::uint64_t file_bytes = 100 * limits::mib;
constexpr std::uint64_t data_end = 2 * limits::mib;
constexpr std::uint64_t dense_end = 3 * limits::mib;
constexpr std::uint64_t file_end = 4 * limits::mib;

/// What the stand-ins were asked, and how the allocator answers.
struct asked {
  bool has_ceiling = false;
  bool has_room_without = true;
  unsigned budgets = 0;
  unsigned cuts = 0;
  unsigned checkpoints = 0;
  /// So many checkpoints more and it can be cut.
  unsigned holes = 0;
  cut_state cut = cut_state::done;
  std::uint64_t cut_to = file_end;
  bool pays_later = false;
  bool has_room_below = false;
  bool clients_need_space = false;
  std::vector<begin_compaction> begun;
  /// Where the journal was to end, or nothing where only values were to leave.
  std::vector<std::optional<std::uint64_t>> vacated;
  bool has_room_for_journal = true;
  /// What the journal says to a place below `dense_end`.
  errc dense_place = errc::none;
  /// Where it moves, and what comes before the next cut.
  std::string order;
};

allocator_actor::behavior_type allocator_of(allocator_actor::pointer /*self*/,
                                            const std::shared_ptr<asked>& log) {
  const auto refused = [] { return to_error(fail(errc::no_space)); };
  return {
      [refused](const budget_request&) -> caf::result<void> { return refused(); },
      [refused](const lease_request&) -> caf::result<lease_grant> { return refused(); },
      [](const return_lease&) -> caf::result<void> { return caf::unit; },
      [refused](const area_request&) -> caf::result<area_grant> { return refused(); },
      [refused](const checkpoint_space_request&) -> caf::result<checkpoint_space> {
        return refused();
      },
      [](const group_space&) -> caf::result<void> { return caf::unit; },
      [](const free_pages&) -> caf::result<void> { return caf::unit; },
      [log](const begin_compaction& request) -> caf::result<compaction_space> {
        log->has_ceiling = true;
        log->begun.push_back(request);
        return compaction_space{file_bytes, data_end, file_end, dense_end, log->pays_later};
      },
      [log](const enforce_file_end&) -> caf::result<bool> { return log->has_ceiling; },
      [log](const cut_file& how) -> caf::result<cut_outcome> {
        ++log->cuts;
        log->order += "cut,";
        if (how.only_if_dense && log->holes > 0) {
          --log->holes;
          return cut_outcome{file_bytes, cut_state::has_holes, log->has_room_for_journal};
        }
        return cut_outcome{log->cut_to, log->cut};
      },
      [log](const end_compaction&) -> caf::result<void> {
        log->has_ceiling = false;
        return caf::unit;
      },
      [log, refused](const move_budget_request&) -> caf::result<bool> {
        ++log->budgets;
        if (log->has_ceiling ? !log->has_room_below : !log->has_room_without) return refused();
        log->has_ceiling = log->has_ceiling && !log->clients_need_space;
        return log->has_ceiling;
      },
      [](const status_request&) -> caf::result<store_status> { return store_status{}; },
  };
}

writer_actor::behavior_type writer_of(writer_actor::pointer /*self*/,
                                      const std::shared_ptr<asked>& log) {
  return {
      [](const write_ops&) -> caf::result<void> { return caf::unit; },
      [](const close_batch&) -> caf::result<void> { return caf::unit; },
      [](const write_pages&) -> caf::result<void> { return caf::unit; },
      [](const install_root&) -> caf::result<void> { return caf::unit; },
      [log](const vacate& what) -> caf::result<void> {
        log->vacated.push_back(what.file_end);
        if (what.file_end) log->order += "move,";
        if (what.file_end == dense_end && log->dense_place != errc::none)
          return to_error(fail(log->dense_place));
        return caf::unit;
      },
      [](const length_settled&) -> caf::result<void> { return caf::unit; },
      [](const drain_writer&) -> caf::result<void> { return caf::unit; },
      [](const store_failed&) -> caf::result<void> { return caf::unit; },
      [](const status_request&) -> caf::result<store_status> { return store_status{}; },
      [](const ops_settled&) -> caf::result<void> { return caf::unit; },
  };
}

/// Values of 100 bytes, each alone on its page, far behind the ceiling.
index_snapshot sparse_blocks(std::uint64_t count) {
  block_index index;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto name = "block " + std::to_string(i);
    const chunk where{{50 * limits::mib + i * page_size, 100}, {}};
    op put;
    put.name = name;
    put.ver = version{i + 1};
    put.value_length = 100;
    put.chunks = {&where, 1};
    index.apply(put, 1, [](const block_ref&) {});
  }
  return index.snapshot();
}

relocation_registry::behavior_type registry_of(relocation_registry::pointer /*self*/,
                                               const index_snapshot& state,
                                               const std::shared_ptr<asked>& log) {
  return {
      [](const pin_blocks& request) -> caf::result<pinned_blocks> {
        pinned_blocks out;
        for (const auto& b : *request.wanted) {
          auto pinned = std::make_shared<pinned_block>();
          pinned->what = b;
          out.blocks.push_back(std::move(pinned));
        }
        return out;
      },
      [](const move_blocks& request) -> caf::result<blocks_moved> {
        blocks_moved done;
        for (const auto& o : request.unit->ops) {
          ++done.blocks;
          done.bytes += o.value.size();
        }
        return done;
      },
      [state](const newest_state_request&) -> caf::result<newest_state> {
        return newest_state{std::make_shared<const index_snapshot>(state), 1000};
      },
      [log](const checkpoint_request&) -> caf::result<void> {
        ++log->checkpoints;
        log->order += "checkpoint,";
        return caf::unit;
      },
  };
}

reader_actor::behavior_type reader_of(reader_actor::pointer /*self*/) {
  return {
      [](const read_block_job& job) -> caf::result<block_value> {
        const auto& b = *job.what->what;
        return block_value{payload{std::string(b.value_length(), 'x')}, b.ver()};
      },
      [](const copy_slice&) -> caf::result<void> { return caf::unit; },
      [](const verify_slice&) -> caf::result<void> { return caf::unit; },
      [](const stop_reading&) -> caf::result<void> { return caf::unit; },
  };
}

struct among_stand_ins {
  result<compact_result> compact(std::uint32_t rounds = 3) {
    auto& system = det.system();
    compaction_peers peers;
    peers.allocator = system.spawn(allocator_of, log);
    peers.writer = system.spawn(writer_of, log);
    peers.registry = system.spawn(registry_of, sparse_blocks(blocks), log);
    peers.readers = {system.spawn(reader_of)};
    const auto maintenance = system.spawn<maintenance_impl>(std::uint64_t{1}, peers);
    std::optional<result<compact_result>> answer;
    {
      caf::scoped_actor self{system};
      auto pending = compat::request(self.ptr(), maintenance, start_compaction{90, rounds});
      det.run();
      std::move(pending).receive([&](const compact_result& done) { answer.emplace(done); },
                                 [&](const caf::error& why) { answer.emplace(to_failure(why)); });
    }
    for (const auto& a :
         {caf::actor_cast<caf::actor>(maintenance), caf::actor_cast<caf::actor>(peers.allocator),
          caf::actor_cast<caf::actor>(peers.writer), caf::actor_cast<caf::actor>(peers.registry),
          caf::actor_cast<caf::actor>(peers.readers.front())})
      caf::anon_send_exit(a, caf::exit_reason::kill);
    det.run();
    return *std::move(answer);
  }

  std::uint64_t blocks = 10;
  deterministic_system det;
  std::shared_ptr<asked> log = std::make_shared<asked>();
};

}  // namespace

BOOST_AUTO_TEST_SUITE(compaction_among_stand_ins)

BOOST_FIXTURE_TEST_CASE(without_room_below_the_ceiling_it_goes_on_without_one, among_stand_ins) {
  const auto done = compact();
  BOOST_TEST_REQUIRE(done.ok(), (done ? "" : describe(done.error())));
  BOOST_TEST(done.value().blocks_moved == 10U);
  BOOST_TEST(done.value().file_bytes_after == done.value().file_bytes_before);
  BOOST_TEST(log->budgets == 2U);
  BOOST_TEST(log->vacated.size() == 1U);
  BOOST_TEST(log->cuts == 0U);
  BOOST_TEST(!log->has_ceiling);
}

BOOST_FIXTURE_TEST_CASE(without_any_room_it_says_so, among_stand_ins) {
  log->has_room_without = false;
  const auto done = compact();
  BOOST_TEST((!done.ok() && done.error().code == errc::no_space));
  BOOST_TEST(log->budgets == 2U);
  BOOST_TEST(!log->has_ceiling);
}

BOOST_FIXTURE_TEST_CASE(it_ends_when_clients_need_the_space, among_stand_ins) {
  log->has_room_below = true;
  log->clients_need_space = true;
  blocks = 200;
  const auto done = compact();
  BOOST_TEST_REQUIRE(done.ok(), (done ? "" : describe(done.error())));
  // What was at hand is moved, and no more.
  BOOST_TEST(log->budgets == 1U);
  BOOST_TEST(done.value().blocks_moved < 100U);
  BOOST_TEST(done.value().file_bytes_after == done.value().file_bytes_before);
  BOOST_TEST(log->checkpoints == 0U);
  BOOST_TEST(log->cuts == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_hole_is_closed_by_another_checkpoint, among_stand_ins) {
  log->has_room_below = true;
  log->holes = 1;
  const auto done = compact(2);
  BOOST_TEST_REQUIRE(done.ok(), (done ? "" : describe(done.error())));
  // Two, two more, and the two of a second round.
  BOOST_TEST(log->checkpoints == 6U);
  BOOST_TEST(log->cuts == 3U);
  BOOST_TEST(done.value().file_bytes_after == file_end);
}

// A record written before the move may announce the area that was left, and a root that begins before that record needs
// a file that holds it.
BOOST_FIXTURE_TEST_CASE(both_roots_begin_behind_each_move_of_the_journal, among_stand_ins) {
  log->has_room_below = true;
  log->holes = 1;
  BOOST_TEST_REQUIRE(compact(2).ok());
  BOOST_TEST(log->order ==
             "move,checkpoint,checkpoint,cut,move,checkpoint,checkpoint,cut,"
             "move,checkpoint,checkpoint,cut,");
}

BOOST_FIXTURE_TEST_CASE(without_room_the_journal_does_not_set_out, among_stand_ins) {
  log->has_room_below = true;
  log->holes = 1;
  log->has_room_for_journal = false;
  BOOST_TEST_REQUIRE(compact(2).ok());
  BOOST_TEST(log->order ==
             "move,checkpoint,checkpoint,cut,checkpoint,checkpoint,cut,"
             "move,checkpoint,checkpoint,cut,");
}

BOOST_FIXTURE_TEST_CASE(a_round_that_pays_later_is_followed_by_one, among_stand_ins) {
  log->has_room_below = true;
  log->cut_to = file_bytes;
  BOOST_TEST_REQUIRE(compact().ok());
  BOOST_TEST(log->begun.size() == 1U);
  log->pays_later = true;
  BOOST_TEST_REQUIRE(compact().ok());
  BOOST_TEST(log->begun.size() == 4U);
}

BOOST_FIXTURE_TEST_CASE(a_hole_is_closed_by_an_area_of_the_journal, among_stand_ins) {
  log->has_room_below = true;
  log->holes = 1;
  BOOST_TEST_REQUIRE(compact(2).ok());
  // First the values leave, then the journal, and what of it lies too high after all; in the second round as well.
  const std::vector<std::optional<std::uint64_t>> expected{std::nullopt, file_end, dense_end,
                                                           std::nullopt, file_end};
  BOOST_TEST((log->vacated == expected));
}

BOOST_FIXTURE_TEST_CASE(without_a_place_further_down_the_journal_stays, among_stand_ins) {
  log->has_room_below = true;
  log->holes = 1;
  log->dense_place = errc::no_space;
  const auto done = compact(2);
  BOOST_TEST_REQUIRE(done.ok(), (done ? "" : describe(done.error())));
  BOOST_TEST(log->checkpoints == 6U);
  BOOST_TEST(done.value().file_bytes_after == file_end);
}

BOOST_FIXTURE_TEST_CASE(a_journal_that_fails_on_its_way_down_ends_it, among_stand_ins) {
  log->has_room_below = true;
  log->holes = 1;
  log->dense_place = errc::io_error;
  const auto done = compact(2);
  BOOST_TEST((!done.ok() && done.error().code == errc::io_error));
  BOOST_TEST(log->checkpoints == 2U);
  BOOST_TEST(log->cuts == 1U);
  BOOST_TEST(!log->has_ceiling);
}

BOOST_FIXTURE_TEST_CASE(only_the_first_round_leaves_room_for_clients, among_stand_ins) {
  log->has_room_below = true;
  BOOST_TEST_REQUIRE(compact(2).ok());
  BOOST_TEST_REQUIRE(log->begun.size() == 2U);
  BOOST_TEST(log->begun[0].beside_clients);
  BOOST_TEST(!log->begun[0].is_last_round);
  BOOST_TEST(!log->begun[1].beside_clients);
  BOOST_TEST(log->begun[1].is_last_round);
}

BOOST_FIXTURE_TEST_CASE(holes_that_stay_are_cut_with_the_rest, among_stand_ins) {
  log->has_room_below = true;
  log->holes = 1000;
  log->cut = cut_state::given_up;
  const auto done = compact();
  BOOST_TEST_REQUIRE(done.ok(), (done ? "" : describe(done.error())));
  BOOST_TEST(log->checkpoints == 6U);
  BOOST_TEST(log->cuts == 3U);
}

BOOST_FIXTURE_TEST_CASE(by_itself_it_makes_no_checkpoint_more, among_stand_ins) {
  log->has_room_below = true;
  log->holes = 1;
  const auto done = compact(1);
  BOOST_TEST_REQUIRE(done.ok(), (done ? "" : describe(done.error())));
  BOOST_TEST(log->checkpoints == 2U);
  BOOST_TEST(log->cuts == 1U);
}

BOOST_FIXTURE_TEST_CASE(without_a_ceiling_any_more_no_checkpoint_is_made_for_it, among_stand_ins) {
  log->has_room_below = true;
  log->cut = cut_state::given_up;
  const auto done = compact();
  BOOST_TEST_REQUIRE(done.ok(), (done ? "" : describe(done.error())));
  BOOST_TEST(log->checkpoints == 2U);
  BOOST_TEST(log->cuts == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
