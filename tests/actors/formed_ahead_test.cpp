// A large group is formed while one is at the disk: what it may not take ahead of its turn.
#include <stowage/tests/actors/writer_fixture.hpp>

using namespace stowage;
using namespace stowage::test;

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

BOOST_AUTO_TEST_SUITE(formed_ahead)

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

BOOST_AUTO_TEST_SUITE_END()
