// The allocator alone, with a disk that grows as it is told: what a compaction asks of it.
#include <stowage/actors/allocator.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/testkit/deterministic_system.hpp>

#include <caf/scoped_actor.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

using namespace stowage;
using stowage::testkit::deterministic_system;

namespace {

constexpr std::uint64_t mib = limits::mib;
constexpr std::uint64_t file_bytes = 64 * mib;

struct disk_log {
  std::vector<std::uint64_t> grown_to;
  errc growth = errc::none;
  /// Growth is under way until it is told how it ends.
  bool holds_growth = false;
  std::optional<caf::typed_response_promise<void>> held;
  std::uint64_t shrunk_to = 0;
};

disk_actor::behavior_type disk_of(disk_actor::pointer self, const std::shared_ptr<disk_log>& log) {
  return {
      [](const execute_plan&) -> caf::result<plan_executed> { return plan_executed{}; },
      [self, log](const grow_device& request) -> caf::result<void> {
        log->grown_to.push_back(request.file_bytes);
        if (log->holds_growth) {
          log->held = self->make_response_promise<void>();
          return *log->held;
        }
        if (log->growth != errc::none) return to_error(fail(log->growth));
        return caf::unit;
      },
      [log](const shrink_device& request) -> caf::result<void> {
        log->shrunk_to = request.file_bytes;
        return caf::unit;
      },
      [](const close_device&) -> caf::result<void> { return caf::unit; },
  };
}

struct allocating {
  allocating() {
    auto& system = det.system();
    disk = system.spawn(disk_of, log);
    allocator = system.spawn<allocator_impl>(space_map{file_bytes, layout::data_start}, disk,
                                             space_metrics{system.metrics(), std::string{"a"}});
    det.run();
  }
  allocating(const allocating&) = delete;
  allocating& operator=(const allocating&) = delete;
  ~allocating() {
    for (const auto& a :
         {caf::actor_cast<caf::actor>(allocator), caf::actor_cast<caf::actor>(disk)})
      caf::anon_send_exit(a, caf::exit_reason::kill);
    det.run();
  }

  template <class Answer, class Request>
  result<Answer> ask(Request request) {
    caf::scoped_actor self{det.system()};
    std::optional<result<Answer>> answer;
    auto pending = compat::request(self.ptr(), allocator, std::move(request));
    det.run();
    std::move(pending).receive([&](const Answer& got) { answer.emplace(got); },
                               [&](const caf::error& why) { answer.emplace(to_failure(why)); });
    return *std::move(answer);
  }
  void tell(enforce_file_end what) { BOOST_TEST_REQUIRE(ask<bool>(what).value()); }
  std::vector<extent> take_areas_until(const std::function<bool()>& enough) {
    std::vector<extent> areas;
    while (!enough()) {
      const auto granted = ask<area_grant>(area_request{mib, mib});
      BOOST_TEST_REQUIRE(granted.ok());
      areas.push_back(granted->where);
      BOOST_TEST_REQUIRE(areas.size() < 64U);
    }
    return areas;
  }
  bool grants(
      budget_request what, const std::function<void()>& meanwhile = [] {}) {
    caf::scoped_actor self{det.system()};
    auto pending = compat::request(self.ptr(), allocator, what);
    det.run();
    meanwhile();
    bool granted = false;
    std::move(pending).receive([&] { granted = true; }, [](const caf::error&) {});
    return granted;
  }
  /// Where growth fails so.
  void check_that_a_run_lifts_the_ceiling(errc growth) {
    log->growth = growth;
    BOOST_TEST_REQUIRE(ask<compaction_space>(begin_compaction{30 * mib, mib}).ok());
    errc last = errc::none;
    for (unsigned n = 0; log->grown_to.empty(); ++n) {
      BOOST_TEST_REQUIRE(n < 64U);
      const auto granted = ask<area_grant>(area_request{mib, mib});
      last = granted.ok() ? errc::none : granted.error().code;
    }
    // Nothing was left without it either.
    BOOST_TEST((last == growth));
    BOOST_TEST((ask<cut_outcome>(cut_file{})->state == cut_state::given_up));
    BOOST_TEST(status().file_bytes == file_bytes);
  }
  store_status status() { return ask<store_status>(status_request{}).value(); }

  deterministic_system det;
  std::shared_ptr<disk_log> log = std::make_shared<disk_log>();
  disk_actor disk;
  allocator_actor allocator;
};

/// Values that fill all but what a dense file has beside them, so that on the way there it has to be longer.
constexpr begin_compaction nearly_dense{50 * mib, mib};
/// Values that leave more than that.
constexpr begin_compaction half_empty{30 * mib, mib};

}  // namespace

BOOST_AUTO_TEST_SUITE(the_allocator)

BOOST_FIXTURE_TEST_CASE(a_file_becomes_longer_before_it_becomes_shorter, allocating) {
  const auto begun = ask<compaction_space>(nearly_dense);
  BOOST_TEST_REQUIRE(begun.ok());
  BOOST_TEST_REQUIRE(log->grown_to.size() == 1U);
  BOOST_TEST(log->grown_to.front() > file_bytes);
  BOOST_TEST(log->grown_to.front() <= file_bytes + file_bytes / 16);
  BOOST_TEST(status().file_bytes == log->grown_to.front());
  // What it is compared with is the file there was.
  BOOST_TEST(begun->file_bytes == file_bytes);
  BOOST_TEST(begun->file_end == log->grown_to.front());
  BOOST_TEST(begun->data_end < file_bytes);
  tell(enforce_file_end{});
  const auto cut = ask<cut_outcome>(cut_file{true});
  BOOST_TEST_REQUIRE(cut.ok());
  BOOST_TEST((cut->state == cut_state::done));
  BOOST_TEST(cut->file_bytes < file_bytes);
  BOOST_TEST(log->shrunk_to == cut->file_bytes);
}

BOOST_FIXTURE_TEST_CASE(on_a_full_disk_it_does_without, allocating) {
  log->growth = errc::no_space;
  const auto begun = ask<compaction_space>(nearly_dense);
  BOOST_TEST_REQUIRE(begun.ok());
  BOOST_TEST(log->grown_to.size() == 1U);
  BOOST_TEST(status().file_bytes == file_bytes);
  BOOST_TEST(begun->file_end == file_bytes);
  BOOST_TEST(begun->data_end < file_bytes);
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_fails_is_no_full_one, allocating) {
  log->growth = errc::io_error;
  const auto begun = ask<compaction_space>(nearly_dense);
  BOOST_TEST((!begun.ok() && begun.error().code == errc::io_error));
  // Nothing was begun.
  BOOST_TEST((ask<cut_outcome>(cut_file{})->state == cut_state::given_up));
  BOOST_TEST(log->shrunk_to == 0U);
}

BOOST_FIXTURE_TEST_CASE(it_does_not_become_much_longer_for_it, allocating) {
  // Three checkpoints of 9 MiB.
  const auto begun = ask<compaction_space>(begin_compaction{24 * mib, 8 * mib});
  BOOST_TEST_REQUIRE(begun.ok());
  BOOST_TEST(log->grown_to.empty());
  BOOST_TEST(begun->data_end < file_bytes);
  BOOST_TEST(begun->file_end == file_bytes);
}

BOOST_FIXTURE_TEST_CASE(room_is_left_among_the_values_where_clients_may_write, allocating) {
  const auto begin_and_end = [this](bool beside_clients) {
    auto request = half_empty;
    request.beside_clients = beside_clients;
    auto begun = ask<compaction_space>(request);
    compat::anon_send(allocator, end_compaction{});
    det.run();
    return begun;
  };
  // The reserve holds what such checkpoints take from now on, and lies where it stays.
  BOOST_TEST_REQUIRE(begin_and_end(true).ok());
  const auto beside = begin_and_end(true);
  const auto alone = begin_and_end(false);
  BOOST_TEST_REQUIRE((beside.ok() && alone.ok()));
  // 1/128 and 1 MiB, in whole pages, and 512 KiB.
  BOOST_TEST(beside->data_end - alone->data_end ==
             round_up_to_page(half_empty.data_bytes / 128 + mib) - mib / 2);
  BOOST_TEST(beside->dense_end - alone->dense_end == beside->data_end - alone->data_end);
  BOOST_TEST(alone->data_end < alone->dense_end);
  BOOST_TEST(alone->dense_end < alone->file_end);
}

BOOST_FIXTURE_TEST_CASE(a_round_that_another_follows_need_not_be_worth_it_alone, allocating) {
  // Areas that lie where values go: they leave holes there, which only the next round closes.
  for (int i = 0; i < 8; ++i) BOOST_TEST_REQUIRE(ask<area_grant>(area_request{mib, mib}).ok());
  begin_compaction request{46 * mib, mib};
  const auto last = ask<compaction_space>(request);
  BOOST_TEST_REQUIRE(last.ok());
  BOOST_TEST(last->data_end == file_bytes);
  BOOST_TEST(!last->pays_later);
  request.is_last_round = false;
  const auto first = ask<compaction_space>(request);
  BOOST_TEST_REQUIRE(first.ok());
  BOOST_TEST(first->data_end < file_bytes);
  BOOST_TEST(first->pays_later);
  // It does not become longer for that.
  BOOST_TEST(log->grown_to.empty());
  BOOST_TEST(first->file_end == file_bytes);
}

BOOST_FIXTURE_TEST_CASE(a_round_with_its_values_up_to_the_end_pays_never, allocating) {
  for (int i = 0; i < 12; ++i) BOOST_TEST_REQUIRE(ask<area_grant>(area_request{mib, mib}).ok());
  begin_compaction request{51 * mib, mib};
  request.is_last_round = false;
  const auto begun = ask<compaction_space>(request);
  BOOST_TEST_REQUIRE(begun.ok());
  BOOST_TEST(begun->data_end == file_bytes);
  BOOST_TEST(!begun->pays_later);
  BOOST_TEST((ask<cut_outcome>(cut_file{})->state == cut_state::given_up));
}

BOOST_FIXTURE_TEST_CASE(a_file_with_holes_says_whether_the_journal_fits_into_them, allocating) {
  const auto begun = ask<compaction_space>(half_empty);
  BOOST_TEST_REQUIRE(begun.ok());
  tell(enforce_file_end{});
  // One area after the other, up to what is expected and beyond; and then all but the last one leave.
  std::vector<extent> areas;
  while (areas.empty() || areas.back().end() <= begun->dense_end + mib) {
    const auto granted = ask<area_grant>(area_request{mib, mib});
    BOOST_TEST_REQUIRE(granted.ok());
    areas.push_back(granted->where);
    BOOST_TEST_REQUIRE(areas.size() < 64U);
  }
  const auto full = ask<cut_outcome>(cut_file{true});
  BOOST_TEST((full->state == cut_state::has_holes));
  BOOST_TEST(!full->has_room_for_journal);
  areas.pop_back();
  compat::anon_send(allocator, free_pages{areas});
  det.run();
  const auto empty = ask<cut_outcome>(cut_file{true});
  BOOST_TEST((empty->state == cut_state::has_holes));
  BOOST_TEST(empty->has_room_for_journal);
}

BOOST_FIXTURE_TEST_CASE(under_a_ceiling_areas_come_from_the_reserve_too, allocating) {
  const auto full = status().reserve_bytes;
  BOOST_TEST_REQUIRE(ask<compaction_space>(half_empty).ok());
  const auto areas = take_areas_until([&] { return status().reserve_bytes < full; });
  BOOST_TEST(log->grown_to.empty());
  // It is no shortage, for which each group would have to wait for its own pages.
  BOOST_TEST(!ask<lease_grant>(lease_request{0, mib})->space_is_short);
  BOOST_TEST(!ask<area_grant>(area_request{mib, mib})->space_is_short);
  // All that there is is in use, and there is a ceiling yet.
  BOOST_TEST((ask<cut_outcome>(cut_file{true})->state == cut_state::has_holes));
  // What comes back fills the reserve when it is over.
  compat::anon_send(allocator, free_pages{areas});
  compat::anon_send(allocator, end_compaction{});
  det.run();
  BOOST_TEST(status().reserve_bytes >= full);
}

BOOST_FIXTURE_TEST_CASE(under_a_ceiling_pieces_come_from_the_reserve_too, allocating) {
  const auto full = status().reserve_bytes;
  BOOST_TEST_REQUIRE(ask<compaction_space>(half_empty).ok());
  unsigned pieces = 0;
  while (status().reserve_bytes >= full) {
    BOOST_TEST_REQUIRE(ask<checkpoint_space>(checkpoint_space_request{{64 * limits::kib}}).ok());
    BOOST_TEST_REQUIRE(++pieces < 1024U);
  }
  BOOST_TEST(log->grown_to.empty());
  BOOST_TEST(!ask<lease_grant>(lease_request{0, mib})->space_is_short);
  BOOST_TEST((ask<cut_outcome>(cut_file{true})->state == cut_state::has_holes));
}

BOOST_FIXTURE_TEST_CASE(under_a_ceiling_the_file_becomes_a_little_longer_for_a_run, allocating) {
  BOOST_TEST_REQUIRE(ask<compaction_space>(half_empty).ok());
  BOOST_TEST_REQUIRE(grants(budget_request{16 * mib, mib}));
  take_areas_until([&] { return !log->grown_to.empty(); });
  BOOST_TEST(log->grown_to == std::vector<std::uint64_t>{file_bytes + 4 * mib},
             boost::test_tools::per_element());
  BOOST_TEST(status().file_bytes == file_bytes + 4 * mib);
  BOOST_TEST((ask<cut_outcome>(cut_file{true})->state == cut_state::has_holes));
}

BOOST_FIXTURE_TEST_CASE(under_a_ceiling_it_becomes_longer_for_the_reserve, allocating) {
  const auto full = status().reserve_bytes;
  const auto begun = ask<compaction_space>(half_empty);
  BOOST_TEST_REQUIRE(begun.ok());
  const auto areas = take_areas_until([&] { return status().reserve_bytes < full; });
  // The last one but the reserve's lay below. Values have room again, but it is in single pages.
  const auto below = areas.at(areas.size() - 2);
  BOOST_TEST_REQUIRE(below.end() <= begun->data_end);
  for (std::uint64_t at = 0; at < mib; at += 2 * page_size)
    compat::anon_send(allocator, free_pages{{extent{below.offset + at, page_size}}});
  det.run();
  BOOST_TEST_REQUIRE(grants(budget_request{page_size, mib}));
  BOOST_TEST(log->grown_to.size() == 1U);
  BOOST_TEST(status().reserve_bytes >= full);
  BOOST_TEST((ask<cut_outcome>(cut_file{true})->state == cut_state::has_holes));
}

BOOST_FIXTURE_TEST_CASE(values_lift_the_ceiling_before_the_file_becomes_longer, allocating) {
  const auto begun = ask<compaction_space>(half_empty);
  BOOST_TEST_REQUIRE(begun.ok());
  BOOST_TEST_REQUIRE(grants(budget_request{begun->data_end, mib}));
  BOOST_TEST(log->grown_to.empty());
  BOOST_TEST((ask<cut_outcome>(cut_file{})->state == cut_state::given_up));
}

BOOST_FIXTURE_TEST_CASE(what_came_back_fills_the_reserve_before_the_file_becomes_longer,
                        allocating) {
  const auto full = status().reserve_bytes;
  BOOST_TEST_REQUIRE(ask<compaction_space>(half_empty).ok());
  const auto areas = take_areas_until([&] { return status().reserve_bytes < full; });
  compat::anon_send(allocator, free_pages{areas});
  BOOST_TEST_REQUIRE(grants(budget_request{page_size, mib}));
  BOOST_TEST(log->grown_to.empty());
  BOOST_TEST(status().reserve_bytes >= full);
  BOOST_TEST((ask<cut_outcome>(cut_file{})->state == cut_state::done));
}

// The pages from which moves begin lie below the ceiling: a longer file has none of them.
BOOST_FIXTURE_TEST_CASE(for_the_pages_of_moves_the_ceiling_is_lifted, allocating) {
  BOOST_TEST_REQUIRE(ask<compaction_space>(half_empty).ok());
  const auto below = status().free_bytes - status().reserve_bytes;
  std::uint64_t granted = 0;
  while (granted < below && ask<bool>(move_budget_request{128 * limits::kib}).ok())
    granted += 128 * limits::kib;
  BOOST_TEST_REQUIRE(granted < below);
  BOOST_TEST(grants(budget_request{page_size, mib}));
  BOOST_TEST(log->grown_to.empty());
  BOOST_TEST((ask<cut_outcome>(cut_file{})->state == cut_state::given_up));
}

BOOST_FIXTURE_TEST_CASE(under_a_ceiling_a_file_becomes_longer_by_a_sixteenth_at_most, allocating) {
  BOOST_TEST_REQUIRE(ask<compaction_space>(half_empty).ok());
  BOOST_TEST_REQUIRE(grants(budget_request{16 * mib, mib}));
  std::uint64_t end = 0;
  for (unsigned n = 0; end <= file_bytes + file_bytes / 16; ++n) {
    BOOST_TEST_REQUIRE(n < 128U);
    const auto before = log->grown_to.size();
    const auto granted = ask<area_grant>(area_request{mib, mib});
    BOOST_TEST_REQUIRE(granted.ok());
    end = std::max(end, granted->where.end());
    // The second time is without a ceiling, and as much as usual.
    if (log->grown_to.size() > before && before == 1U) break;
  }
  BOOST_TEST_REQUIRE(log->grown_to.size() == 2U);
  BOOST_TEST(log->grown_to.front() == file_bytes + 4 * mib);
  BOOST_TEST(log->grown_to.back() >= file_bytes + 4 * mib + 16 * mib);
  BOOST_TEST((ask<cut_outcome>(cut_file{})->state == cut_state::given_up));
}

BOOST_FIXTURE_TEST_CASE(what_would_be_cut_is_not_left_to_the_journal, allocating) {
  // The areas for what clients write would reach up to the end of the file.
  const auto begun = ask<compaction_space>(begin_compaction{44 * mib, mib});
  BOOST_TEST_REQUIRE(begun.ok());
  BOOST_TEST_REQUIRE(log->grown_to.empty());
  BOOST_TEST(begun->data_end < file_bytes);
  BOOST_TEST(begun->file_end == file_bytes - mib);
}

BOOST_FIXTURE_TEST_CASE(on_a_full_disk_a_run_lifts_the_ceiling, allocating) {
  check_that_a_run_lifts_the_ceiling(errc::no_space);
}

BOOST_FIXTURE_TEST_CASE(where_the_disk_fails_a_run_lifts_the_ceiling, allocating) {
  check_that_a_run_lifts_the_ceiling(errc::io_error);
}

BOOST_FIXTURE_TEST_CASE(what_comes_back_while_the_file_should_become_longer_is_found, allocating) {
  const auto full = status().reserve_bytes;
  BOOST_TEST_REQUIRE(ask<compaction_space>(half_empty).ok());
  const auto areas = take_areas_until([&] { return status().reserve_bytes < full; });
  log->holds_growth = true;
  const auto end_the_compaction = [&] {
    BOOST_TEST_REQUIRE(log->held.has_value());
    compat::anon_send(allocator, free_pages{areas});
    compat::anon_send(allocator, end_compaction{});
    det.run();
    log->holds_growth = false;
    log->growth = errc::no_space;
    compat::run_on(disk, [this] {
      std::exchange(log->held, std::nullopt)->deliver(to_error(fail(errc::no_space)));
    });
    det.run();
  };
  // Its page is there, but not the area that the reserve lacks.
  BOOST_TEST(grants(budget_request{page_size, mib}, end_the_compaction));
}

// Or the journal of a bulk load, whose checkpoint becomes larger with each request, would be shortened again and again.
BOOST_FIXTURE_TEST_CASE(while_the_file_becomes_longer_for_the_reserve_nothing_is_short,
                        allocating) {
  const auto is_short = [this] {
    const auto granted = ask<area_grant>(area_request{mib, mib});
    BOOST_TEST_REQUIRE(granted.ok());
    return granted->space_is_short;
  };
  const budget_request larger_than_the_file{0, 2 * file_bytes};
  log->holds_growth = true;
  const bool granted = grants(larger_than_the_file, [&] {
    BOOST_TEST_REQUIRE(log->held.has_value());
    // What is for the area comes sooner.
    log->holds_growth = false;
    BOOST_TEST(!is_short());
    compat::run_on(disk, [this] { std::exchange(log->held, std::nullopt)->deliver(); });
    det.run();
  });
  BOOST_TEST(granted);
  BOOST_TEST(!is_short());
  // Where there is no more of it, everything is.
  log->growth = errc::no_space;
  BOOST_TEST(!grants(budget_request{0, 8 * file_bytes}));
  BOOST_TEST(is_short());
}

BOOST_FIXTURE_TEST_CASE(a_run_that_would_lie_behind_the_end_lifts_the_ceiling, allocating) {
  const auto begun = ask<compaction_space>(half_empty);
  BOOST_TEST_REQUIRE(begun.ok());
  BOOST_TEST_REQUIRE(begun->file_end < file_bytes);
  tell(enforce_file_end{});
  std::uint64_t end = 0;
  while (end <= begun->file_end) {
    const auto granted = ask<area_grant>(area_request{mib, mib});
    BOOST_TEST_REQUIRE(granted.ok());
    end = granted->where.end();
  }
  BOOST_TEST(log->grown_to.empty());
  BOOST_TEST((ask<cut_outcome>(cut_file{})->state == cut_state::given_up));
}

BOOST_AUTO_TEST_SUITE_END()
