// Every metric moves as what it counts does, in good times and in bad ones.
#include <stowage/actors/metrics.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>
#include <stowage/tests/support/exported_metrics.hpp>

#include <caf/telemetry/collector/prometheus.hpp>

#include <string>

using namespace stowage;
using namespace stowage::test;

namespace {

struct metered : store_fixture {
  metered() { options.path = "test"; }

  [[nodiscard]] exported_metrics exported() {
    caf::telemetry::collector::prometheus collector;
    const auto page = collector.collect_from(det.system().metrics());
    return exported_metrics{std::string{page.data(), page.size()}};
  }

  /// Everything that is both a metric and in the status.
  void check_against_status() {
    const auto s = status();
    const auto m = exported();
    const auto same = [&](const std::string& name, std::uint64_t expected) {
      BOOST_TEST(m["stowage_" + name] == static_cast<double>(expected), name);
    };
    for (std::size_t cause = 0; cause < close_cause_count; ++cause)
      same("batches_closed_total{cause=\"" + std::string{name_of(static_cast<close_cause>(cause))} +
               "\"}",
           s.batches_closed_by[cause]);
    BOOST_TEST(m.sum("stowage_ops_accepted_total") == static_cast<double>(s.ops_accepted));
    BOOST_TEST(m.sum("stowage_ops_rejected_total") == static_cast<double>(s.ops_rejected));
    same("groups_total", s.groups);
    same("group_ops_count", s.groups);
    same("group_bytes_sum", s.value_bytes_written);
    same("seals_total", s.seals);
    same("syncs_total", s.syncs);
    same("sync_seconds_count", s.syncs);
    same("checkpoints_total", s.checkpoints);
    same("written_bytes_total", s.bytes_written);
    same("value_written_bytes_total", s.value_bytes_written);
    same("journal_written_bytes_total", s.journal_bytes_written);
    same("prepared_written_bytes_total", s.prepared_bytes_written);
    same("journal_bytes", s.journal_bytes);
    same("compactions_total", s.compactions);
    same("blocks_moved_total", s.blocks_moved);
    same("moved_bytes_total", s.bytes_moved);
    same("blocks_expired_total", s.blocks_expired);
    same("watches", s.watches);
    same("watch_gaps_total", s.watch_gaps);
    same("blocks", s.blocks);
    same("blocks_expiring", s.blocks_expiring);
    same("value_bytes", s.value_bytes);
    same("pinned_bytes", s.pinned_bytes);
    same("cache_hits_total", s.cache_hits);
    same("cache_misses_total", s.cache_misses);
    same("cache_entries", s.cache_entries);
    same("cache_bytes", s.cache_bytes);
    same("view_reads_total", s.view_reads);
    same("ops_in_flight", s.ops_in_flight);
    same("in_flight_bytes", s.bytes_in_flight);
    same("requests_parked", s.requests_parked);
    same("file_bytes", s.file_bytes);
    same("free_bytes", s.free_bytes);
    same("leased_bytes", s.leased_bytes);
    same("promised_bytes", s.promised_bytes);
    same("reserve_bytes", s.reserve_bytes);
    same("poisoned", s.state == "poisoned" ? 1 : 0);
  }
};

/// Three ops or 1 MiB of credit, and batches that never close by themselves.
struct little_credit : metered {
  little_credit() {
    options.credit = {.max_ops = 3, .max_bytes = limits::mib};
    options.batch.max_delay = 1h;
    open();
  }
};

single_write write_of(std::string name, bool removes = false) {
  single_write w;
  w.name = std::move(name);
  w.removes = removes;
  return w;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(a_label_is_the_path_in_characters_that_need_no_escape) {
  BOOST_TEST(metric_label("data/my blocks.stow") == "data/my blocks.stow");
  BOOST_TEST(metric_label("a\"b\\c%d\n\xff") == "a%22b%5Cc%25d%0A%FF");
  BOOST_TEST(metric_label("") == "memory");
}

BOOST_FIXTURE_TEST_CASE(ops_are_counted_by_kind_when_they_are_accepted, metered) {
  open();
  (void)put_durable("a");
  (void)put_durable("b");
  auto many = put_many({write_of("c"), write_of("d"), write_of("c", true)});
  transaction both;
  both.put("e", payload{std::string{"v"}}).remove("d");
  auto committed = commit(std::move(both));
  auto cleared = clear();
  auto got = get("e");
  run();
  BOOST_TEST(many->failures.empty());
  BOOST_TEST(committed.code() == errc::none);
  BOOST_TEST(cleared.code() == errc::none);
  BOOST_TEST(got.code() == errc::not_found);
  const auto m = exported();
  BOOST_TEST(m["stowage_ops_accepted_total{kind=\"put\"}"] == 5.0);
  BOOST_TEST(m["stowage_ops_accepted_total{kind=\"delete\"}"] == 2.0);
  BOOST_TEST(m["stowage_ops_accepted_total{kind=\"clear\"}"] == 1.0);
  BOOST_TEST(m["stowage_gets_total"] == 1.0);
  check_against_status();
}

BOOST_FIXTURE_TEST_CASE(refusals_are_counted_by_error, metered) {
  open();
  auto missing = remove("missing");
  auto conflict = put("a", "v", {}, version{7});
  auto unnamed = put_many({write_of(""), write_of("b"), write_of("missing", true)});
  run();
  const auto m = exported();
  BOOST_TEST(m["stowage_ops_rejected_total{error=\"not_found\"}"] == 2.0);
  BOOST_TEST(m["stowage_ops_rejected_total{error=\"conflict\"}"] == 1.0);
  BOOST_TEST(m["stowage_ops_rejected_total{error=\"limit_exceeded\"}"] == 1.0);
  // There before it happens, so that the first one is a change.
  BOOST_TEST(m["stowage_ops_rejected_total{error=\"no_space\"}"] == 0.0);
  check_against_status();
}

BOOST_AUTO_TEST_CASE(a_code_that_was_not_expected_is_counted_once_it_happens) {
  caf::telemetry::metric_registry registry;
  failure_counters counters{registry, "test", "failures", "For a test.", {errc::conflict}};
  const auto page = [&] {
    caf::telemetry::collector::prometheus collector;
    const auto text = collector.collect_from(registry);
    return exported_metrics{std::string{text.data(), text.size()}};
  };
  BOOST_TEST(page()["stowage_failures_total{error=\"conflict\"}"] == 0.0);
  BOOST_TEST(page().sum("stowage_failures_total{error=\"locked\"}") == 0.0);
  counters.count(errc::locked);
  counters.count(errc::locked);
  BOOST_TEST(page()["stowage_failures_total{error=\"locked\"}"] == 2.0);
}

BOOST_FIXTURE_TEST_CASE(what_waits_is_seen_while_it_waits, little_credit) {
  for (int i = 0; i < 3; ++i) (void)put_accepted("k" + std::to_string(i), "value");
  rig->meanwhile(device_call::sync, [&] {
    const auto m = exported();
    BOOST_TEST(m["stowage_ops_in_flight"] == 3.0);
    BOOST_TEST(m["stowage_in_flight_bytes"] == 15.0);
    BOOST_TEST(m["stowage_requests_parked"] == 1.0);
    BOOST_TEST(m["stowage_parked_bytes"] == 6.0);
  });
  auto waits = put_accepted("waits", "longer");
  run();
  BOOST_TEST(waits.code() == errc::none);
  const auto m = exported();
  BOOST_TEST(m["stowage_credit_ops"] == 3.0);
  BOOST_TEST(m["stowage_credit_bytes"] == static_cast<double>(limits::mib));
  BOOST_TEST(m["stowage_batches_closed_total{cause=\"credit\"}"] == 1.0);
  BOOST_TEST(m["stowage_requests_parked"] == 0.0);
  BOOST_TEST(m["stowage_parked_bytes"] == 0.0);
  BOOST_TEST(m["stowage_ops_in_flight"] == 1.0);
  check_against_status();
}

BOOST_FIXTURE_TEST_CASE(overload_is_counted, little_credit) {
  for (int i = 0; i < 3; ++i) (void)put_accepted("k" + std::to_string(i));
  put_request impatient{"more", payload{std::string{"v"}}, durability::accepted, {}};
  impatient.wait_for_credit = false;
  auto refused = send(std::move(impatient));
  run();
  BOOST_TEST(refused.code() == errc::overloaded);
  BOOST_TEST(exported()["stowage_ops_rejected_total{error=\"overloaded\"}"] == 1.0);
  check_against_status();
}

BOOST_FIXTURE_TEST_CASE(groups_and_their_sizes, metered) {
  open();
  for (int i = 0; i < 50; ++i) (void)put_accepted("k" + std::to_string(i), pattern(100));
  run();
  const auto m = exported();
  BOOST_TEST(m["stowage_groups_total"] == 1.0);
  BOOST_TEST(m["stowage_group_ops_sum"] == 50.0);
  BOOST_TEST(m["stowage_group_ops_bucket{le=\"20\"}"] == 0.0);
  BOOST_TEST(m["stowage_group_ops_bucket{le=\"50\"}"] == 1.0);
  BOOST_TEST(m["stowage_group_bytes_sum"] == 8192.0);
  advance(1s);
  BOOST_TEST(exported()["stowage_seals_total"] == 1.0);
  check_against_status();
}

BOOST_FIXTURE_TEST_CASE(a_sync_is_timed_where_it_happens, metered) {
  open();
  rig->meanwhile(device_call::sync, [&] { advance(30ms); });
  (void)put_durable("a");
  const auto m = exported();
  BOOST_TEST(m["stowage_sync_seconds_sum"] == 0.03, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(m["stowage_sync_seconds_count"] == 1.0);
  BOOST_TEST(m["stowage_sync_seconds_bucket{le=\"0.020000\"}"] == 0.0);
  BOOST_TEST(m["stowage_sync_seconds_bucket{le=\"0.050000\"}"] == 1.0);
}

BOOST_FIXTURE_TEST_CASE(checkpoints_and_compactions, metered) {
  open();
  for (int i = 0; i < 40; ++i) (void)put_durable("k" + std::to_string(i), pattern(limits::mib));
  for (int i = 0; i < 40; i += 2) {
    auto gone = remove("k" + std::to_string(i));
    run();
  }
  check_against_status();
  auto done = ask_checkpoint();
  run();
  BOOST_TEST(done.code() == errc::none);
  (void)compact();
  BOOST_TEST(exported()["stowage_compactions_total"] == 1.0);
  BOOST_TEST(exported()["stowage_checkpoints_total"] >= 1.0);
  BOOST_TEST(exported()["stowage_moved_bytes_total"] > 0.0);
  check_against_status();
}

BOOST_FIXTURE_TEST_CASE(expired_blocks, metered) {
  open();
  (void)put_durable_for(1s, "short");
  BOOST_TEST(exported()["stowage_blocks_expiring"] == 1.0);
  advance(2s);
  BOOST_TEST(exported()["stowage_blocks_expired_total"] == 1.0);
  check_against_status();
  // The delete becomes durable.
  advance(1s);
  BOOST_TEST(exported()["stowage_blocks_expiring"] == 0.0);
  // The store's own delete is no client's op.
  BOOST_TEST(exported()["stowage_ops_accepted_total{kind=\"delete\"}"] == 0.0);
  check_against_status();
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_is_seen_at_the_device_and_in_what_is_refused, metered) {
  capacity = 24 * limits::mib;
  open();
  errc last = errc::none;
  for (int i = 0; i < 100 && last == errc::none; ++i) {
    auto done = put("f" + std::to_string(i), pattern(limits::mib));
    run();
    last = done.code();
  }
  BOOST_TEST(last == errc::no_space);
  const auto m = exported();
  BOOST_TEST(m["stowage_ops_rejected_total{error=\"no_space\"}"] == 1.0);
  BOOST_TEST(m["stowage_device_failures_total{error=\"no_space\"}"] >= 1.0);
  BOOST_TEST(m["stowage_poisoned"] == 0.0);
  BOOST_TEST(m["stowage_reserve_bytes"] > 0.0);
  check_against_status();
}

BOOST_FIXTURE_TEST_CASE(a_poisoned_store_says_so, metered) {
  open();
  (void)put_durable("a");
  rig->fail_next(device_call::sync, EIO);
  auto lost = put("b", "v");
  run();
  auto later = put("c", "v");
  run();
  BOOST_TEST(lost.code() == errc::io_error);
  BOOST_TEST(later.code() == errc::poisoned);
  const auto m = exported();
  BOOST_TEST(m["stowage_poisoned"] == 1.0);
  BOOST_TEST(m["stowage_device_failures_total{error=\"io_error\"}"] >= 1.0);
  BOOST_TEST(m["stowage_ops_rejected_total{error=\"poisoned\"}"] == 1.0);
  BOOST_TEST(m["stowage_ops_in_flight"] == 0.0);
  BOOST_TEST(m["stowage_open"] == 1.0);
}

BOOST_FIXTURE_TEST_CASE(reads_and_the_damage_they_find, metered) {
  // What has been read is read again.
  options.cache_bytes = 0;
  open();
  (void)put_durable("bad", pattern(100'000));
  BOOST_TEST(value_of("bad").size() == 100'000U);
  BOOST_TEST(exported()["stowage_read_bytes_total"] == 100'000.0);
  BOOST_TEST(exported()["stowage_read_failures_total{error=\"corrupt_block\"}"] == 0.0);
  for (const auto& o : rig->trace)
    if (o.writes_content() && o.range.length >= 100'000) {
      rig->flip_byte(o.range.offset + 777);
      break;
    }
  BOOST_TEST(value_of("bad") == "!corrupt_block");
  BOOST_TEST(exported()["stowage_read_failures_total{error=\"corrupt_block\"}"] == 1.0);
  BOOST_TEST(exported()["stowage_read_bytes_total"] == 100'000.0);
}

BOOST_FIXTURE_TEST_CASE(counters_go_on_in_the_next_life_of_a_store, metered) {
  open();
  (void)put_durable("a");
  BOOST_TEST(exported()["stowage_open"] == 1.0);
  close();
  BOOST_TEST(exported()["stowage_open"] == 0.0);
  open();
  BOOST_TEST(exported()["stowage_open"] == 1.0);
  BOOST_TEST(exported()["stowage_blocks"] == 1.0);
  (void)put_durable("b");
  BOOST_TEST(exported()["stowage_ops_accepted_total{kind=\"put\"}"] == 2.0);
  BOOST_TEST(exported()["stowage_groups_total"] == 2.0);
  BOOST_TEST(exported()["stowage_blocks"] == 2.0);
}

BOOST_AUTO_TEST_SUITE_END()
