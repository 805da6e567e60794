#include <stowage/storage/format/layout.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>

using namespace stowage;
using namespace stowage::test;

namespace {

struct batching : store_fixture {
  batching() {
    open();
    options.level = durability::accepted;
  }

  void put_many(int count, const std::string& prefix = "k") {
    for (int i = 0; i < count; ++i) (void)put_accepted(prefix + std::to_string(i));
    run();
  }
  [[nodiscard]] std::uint64_t writes() const { return rig->count(device_call::write); }
  [[nodiscard]] std::uint64_t syncs() const { return rig->count(device_call::sync); }
  /// Writes into the first journal area since the last sync but one.
  [[nodiscard]] std::uint64_t records_of_last_sync() const {
    std::uint64_t records = 0;
    std::uint64_t last = 0;
    for (const auto& o : rig->trace) {
      if (o.call == device_call::sync) last = std::exchange(records, 0);
      const bool in_journal = o.range.offset >= layout::data_start &&
                              o.range.offset < layout::data_start + limits::journal_area_bytes_min;
      if (o.call == device_call::write && in_journal) ++records;
    }
    return last;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(batching_suite)

BOOST_FIXTURE_TEST_CASE(forty_nine_ops_wait_and_the_fiftieth_writes_them, batching) {
  put_many(49, "a");
  BOOST_TEST(writes() == 0U);
  BOOST_TEST(status().batches == 0U);
  BOOST_TEST(status().ops_in_flight == 49U);
  put_many(1, "b");
  BOOST_TEST(closed_by(close_cause::ops) == 1U);
  BOOST_TEST(syncs() == 1U);
  BOOST_TEST(status().ops_in_flight == 0U);
}

BOOST_FIXTURE_TEST_CASE(of_fifty_one_ops_one_stays_behind, batching) {
  put_many(51);
  BOOST_TEST(closed_by(close_cause::ops) == 1U);
  BOOST_TEST(status().ops_in_flight == 1U);
  BOOST_TEST(syncs() == 1U);
  advance(50ms);
  BOOST_TEST(closed_by(close_cause::delay) == 1U);
  BOOST_TEST(status().ops_in_flight == 0U);
  BOOST_TEST(syncs() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_batch_closes_at_fifty_milliseconds_and_not_before, batching) {
  put_many(1);
  advance(49'999us);
  BOOST_TEST(writes() == 0U);
  BOOST_TEST(closed_by(close_cause::delay) == 0U);
  advance(1us);
  BOOST_TEST(closed_by(close_cause::delay) == 1U);
  BOOST_TEST(syncs() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_late_clock_closes_the_batch_once, batching) {
  put_many(1);
  advance(50'001us);
  BOOST_TEST(closed_by(close_cause::delay) == 1U);
  advance(49ms);
  BOOST_TEST(status().batches == 1U);
}

BOOST_FIXTURE_TEST_CASE(age_runs_from_the_first_op, batching) {
  put_many(1, "a");
  advance(40ms);
  put_many(1, "b");
  advance(10ms);
  BOOST_TEST(closed_by(close_cause::delay) == 1U);
  BOOST_TEST(status().ops_in_flight == 0U);
}

BOOST_FIXTURE_TEST_CASE(the_tick_of_a_closed_batch_closes_nothing, batching) {
  put_many(1, "a");
  advance(10ms);
  put_many(49, "b");  // closes at 10 ms; its tick is still to come at 50 ms
  BOOST_TEST(closed_by(close_cause::ops) == 1U);
  advance(10ms);
  put_many(1, "c");  // at 20 ms
  advance(30ms);     // 50 ms
  BOOST_TEST(status().batches == 1U);
  BOOST_TEST(status().ops_in_flight == 1U);
  advance(19'999us);
  BOOST_TEST(status().batches == 1U);
  advance(1us);
  BOOST_TEST(closed_by(close_cause::delay) == 1U);
  BOOST_TEST(status().ops_in_flight == 0U);
}

BOOST_FIXTURE_TEST_CASE(eight_mebibytes_close_a_batch, batching) {
  for (int i = 0; i < 7; ++i) (void)put_accepted("m" + std::to_string(i), pattern(limits::mib));
  (void)put_accepted("almost", pattern(limits::mib - 1));
  run();
  BOOST_TEST(writes() == 0U);
  (void)put_accepted("full", "1");
  run();
  BOOST_TEST(closed_by(close_cause::bytes) == 1U);
  BOOST_TEST(syncs() == 1U);
  BOOST_TEST(value_of("m3") == pattern(limits::mib));
}

BOOST_FIXTURE_TEST_CASE(a_durable_put_on_an_idle_disk_waits_for_no_clock, batching) {
  auto done = put("k", "v", durability::durable);
  BOOST_TEST(!done.arrived());
  run();
  BOOST_TEST((done->reached == durability::durable));
  BOOST_TEST(closed_by(close_cause::waited) == 1U);
  BOOST_TEST(syncs() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_durable_put_takes_the_accepted_ones_before_it_along, batching) {
  put_many(3);
  BOOST_TEST(syncs() == 0U);
  (void)put_durable("d");
  BOOST_TEST(status().ops_in_flight == 0U);
  BOOST_TEST(syncs() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_durable_put_is_not_answered_before_the_sync_returns, batching) {
  auto done = put("k", "v", durability::durable);
  bool early = true;
  rig->meanwhile(device_call::sync, [&] {
    run();
    early = done.arrived();
  });
  run();
  BOOST_TEST(!early);
  BOOST_TEST(done.arrived());
}

BOOST_FIXTURE_TEST_CASE(what_closes_while_the_disk_works_becomes_one_group, batching) {
  rig->meanwhile(device_call::sync, [&] {
    put_many(120, "b");
    BOOST_TEST(syncs() == 0U);
  });
  (void)put_durable("a");
  // Two batches of 50 closed meanwhile; the 20 others are young.
  auto s = status();
  BOOST_TEST(s.batches == 3U);
  BOOST_TEST(s.groups == 2U);
  BOOST_TEST(s.syncs == 2U);
  BOOST_TEST(syncs() == 2U);
  BOOST_TEST(records_of_last_sync() == 1U);
  BOOST_TEST(s.ops_in_flight == 20U);
  advance(50ms);
  BOOST_TEST(status().groups == 3U);
  BOOST_TEST(value_of("b119") == "v");
}

BOOST_FIXTURE_TEST_CASE(waiters_that_come_while_the_disk_works_share_the_next_group, batching) {
  std::vector<answer<receipt>> waiting;
  rig->meanwhile(device_call::sync, [&] {
    for (int i = 0; i < 30; ++i)
      waiting.push_back(put("w" + std::to_string(i), "v", durability::durable));
    run();
    for (auto& w : waiting) BOOST_TEST(!w.arrived());
  });
  (void)put_durable("a");
  for (auto& w : waiting) BOOST_TEST(w.code() == errc::none);
  BOOST_TEST(status().groups == 2U);
  BOOST_TEST(closed_by(close_cause::waited) == 2U);
}

BOOST_FIXTURE_TEST_CASE(durable_puts_sent_together_share_one_sync, batching) {
  std::vector<answer<receipt>> waiting;
  for (int i = 0; i < 64; ++i)
    waiting.push_back(put("w" + std::to_string(i), "v", durability::durable));
  run();
  for (auto& w : waiting) BOOST_TEST(w.code() == errc::none);
  const auto s = status();
  BOOST_TEST(s.groups == 1U);
  BOOST_TEST(s.syncs == 1U);
  BOOST_TEST(closed_by(close_cause::ops) == 1U);
  BOOST_TEST(closed_by(close_cause::waited) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_waiter_takes_along_what_was_sent_after_it, batching) {
  auto waiter = put("w", "v", durability::durable);
  for (int i = 0; i < 3; ++i) (void)put_accepted("k" + std::to_string(i));
  run();
  BOOST_TEST(waiter.code() == errc::none);
  BOOST_TEST(status().groups == 1U);
  BOOST_TEST(status().ops_in_flight == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_flush_covers_what_is_open_and_what_is_at_the_disk, batching) {
  std::optional<answer<void>> flushed;
  rig->meanwhile(device_call::sync, [&] {
    put_many(3, "open");
    flushed.emplace(flush());
    run();
    BOOST_TEST(!flushed->arrived());
    rig->meanwhile(device_call::sync, [&] {
      run();
      BOOST_TEST(!flushed->arrived());
    });
  });
  (void)put_accepted("first");
  auto first_flush = flush();
  run();
  BOOST_TEST(first_flush.code() == errc::none);
  BOOST_TEST(flushed->code() == errc::none);
  BOOST_TEST(closed_by(close_cause::flush) == 2U);
  BOOST_TEST(status().ops_in_flight == 0U);
  crash();
  open();
  for (const auto* name : {"first", "open0", "open1", "open2"}) BOOST_TEST(value_of(name) == "v");
}

BOOST_FIXTURE_TEST_CASE(a_flush_that_finds_only_a_batch_at_the_disk_waits_for_it, batching) {
  // "Nothing is queued" is not "everything is durable".
  std::optional<answer<void>> flushed;
  rig->meanwhile(device_call::sync, [&] {
    flushed.emplace(flush());
    run();
    BOOST_TEST(!flushed->arrived());
  });
  (void)put_accepted("in flight");
  run();
  advance(50ms);
  BOOST_TEST(flushed->code() == errc::none);
  BOOST_TEST(syncs() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_flush_of_nothing_is_answered_at_once, batching) {
  auto flushed = flush();
  run();
  BOOST_TEST(flushed.code() == errc::none);
  BOOST_TEST(writes() == 0U);
  BOOST_TEST(syncs() == 0U);
}

BOOST_FIXTURE_TEST_CASE(status_tells_what_the_device_saw, batching) {
  for (int i = 0; i < 60; ++i) (void)put_accepted("a" + std::to_string(i), pattern(5000));
  run();
  (void)put_durable("big", pattern(300'000));
  (void)put_accepted("late");
  run();
  advance(50ms);
  (void)put_accepted("flushed");
  (void)flush();
  run();
  const auto s = status();
  std::uint64_t written = 0;
  for (const auto& o : rig->trace)
    if (o.call == device_call::write) written += o.range.length;
  BOOST_TEST(s.bytes_written == written);
  BOOST_TEST(s.syncs == syncs());
  BOOST_TEST(s.groups == 4U);
  BOOST_TEST(s.batches == 4U);
  for (const auto cause :
       {close_cause::ops, close_cause::waited, close_cause::delay, close_cause::flush})
    BOOST_TEST(s.batches_closed_by[static_cast<std::size_t>(cause)] == 1U);
  BOOST_TEST(s.value_bytes_written + s.journal_bytes_written + s.prepared_bytes_written == written);
  BOOST_TEST(s.prepared_bytes_written > 0U);
  BOOST_TEST(s.ops_accepted == 63U);
  BOOST_TEST(s.last_version == s.durable_version);
  BOOST_TEST(s.blocks == 63U);
  BOOST_TEST(s.value_bytes == 60U * 5000 + 300'000 + 2);
  BOOST_TEST(s.file_bytes == rig->size());
}

BOOST_FIXTURE_TEST_CASE(of_two_puts_of_a_name_in_a_batch_only_the_last_is_written, batching) {
  (void)put_accepted("k", pattern(100'000, 1));
  (void)put_accepted("k", pattern(100'000, 2));
  (void)put_accepted("k", pattern(100'000, 3));
  (void)flush();
  run();
  BOOST_TEST(status().value_bytes_written == round_up_to_page(100'000));
  BOOST_TEST(value_of("k") == pattern(100'000, 3));
  crash();
  open();
  BOOST_TEST(value_of("k") == pattern(100'000, 3));
}

BOOST_FIXTURE_TEST_CASE(without_delay_each_op_is_a_batch, store_fixture) {
  options.batch.max_delay = 0ms;
  open();
  for (int i = 0; i < 3; ++i) (void)put_accepted("k" + std::to_string(i));
  run();
  BOOST_TEST(closed_by(close_cause::delay) == 3U);
  BOOST_TEST(status().ops_in_flight == 0U);
}

// -- SEAL -------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_seal_follows_after_100_idle_milliseconds, batching) {
  (void)put_durable("k");
  advance(99'999us);
  BOOST_TEST(status().seals == 0U);
  advance(1us);
  BOOST_TEST(status().seals == 1U);
  BOOST_TEST(syncs() == 2U);
  BOOST_TEST(status().syncs == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_seal_is_not_followed_by_another, batching) {
  (void)put_durable("k");
  for (int i = 0; i < 20; ++i) advance(100ms);
  BOOST_TEST(status().seals == 1U);
  BOOST_TEST(syncs() == 2U);
  (void)put_durable("l");
  for (int i = 0; i < 20; ++i) advance(100ms);
  BOOST_TEST(status().seals == 2U);
}

BOOST_FIXTURE_TEST_CASE(an_idle_store_that_was_not_written_gets_no_seal, batching) {
  for (int i = 0; i < 5; ++i) advance(100ms);
  BOOST_TEST(writes() == 0U);
}

BOOST_FIXTURE_TEST_CASE(new_work_puts_the_seal_off, batching) {
  (void)put_durable("k");
  advance(60ms);
  (void)put_durable("l");
  advance(40ms);  // 100 ms after the first, 40 after the second
  BOOST_TEST(status().seals == 0U);
  advance(59'999us);
  BOOST_TEST(status().seals == 0U);
  advance(1us);
  BOOST_TEST(status().seals == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_open_batch_puts_the_seal_off, batching) {
  (void)put_durable("k");
  advance(99ms);
  put_many(1, "l");
  advance(1ms);
  BOOST_TEST(status().seals == 0U);
  advance(49ms);  // the batch closes
  BOOST_TEST(status().groups == 2U);
  BOOST_TEST(status().seals == 0U);
  advance(100ms);
  BOOST_TEST(status().seals == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_sealed_group_that_rots_is_damage_and_no_torn_tail, batching) {
  (void)put_durable("k", pattern(8192));
  advance(100ms);
  drop();
  open();
  BOOST_TEST(!dropped);
  BOOST_TEST(value_of("k") == pattern(8192));
}

BOOST_AUTO_TEST_SUITE_END()
