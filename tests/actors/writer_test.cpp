// The writer: what it collects, closes and sends, where it takes its pages and areas from, and how it fails.
#include <stowage/tests/actors/writer_fixture.hpp>

using namespace stowage;
using namespace stowage::test;

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
