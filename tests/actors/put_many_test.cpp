// Many independent writes in one message: one result each, credit in parts.
#include <stowage/storage/core/limits.hpp>
#include <stowage/tests/support/actors/store_fixture.hpp>

using namespace stowage;
using namespace stowage::test;

namespace {

struct bulk : store_fixture {
  bulk() { open(); }
};

single_write a_put(std::string name, std::string value = "v",
                   std::optional<version> expected = {}) {
  return {std::move(name), payload{std::move(value)}, false, expected};
}
single_write a_delete(std::string name, std::optional<version> expected = {}) {
  return {std::move(name), {}, true, expected};
}

std::vector<single_write> puts(int count, std::size_t bytes = 1) {
  std::vector<single_write> writes;
  for (int i = 0; i < count; ++i)
    writes.push_back(a_put("k" + std::to_string(i), std::string(bytes, 'v')));
  return writes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(put_many_suite)

BOOST_FIXTURE_TEST_CASE(each_write_has_its_own_result, bulk) {
  const auto old = put_durable("old", "1");
  auto done =
      put_many({a_put("a", "1"), a_delete("missing"), a_put("old", "2", old), a_put("", "3"),
                a_put("old", "3", old), a_delete("old"), a_put("b", "2", version{})});
  run();
  BOOST_TEST((done->reached == durability::durable));
  BOOST_TEST_REQUIRE(done->versions.size() == 7U);
  BOOST_TEST_REQUIRE(done->failures.size() == 3U);
  const auto& failures = done->failures;
  BOOST_TEST(failures[0].at == 1U);
  BOOST_TEST(failures[0].why.code == errc::not_found);
  BOOST_TEST(failures[0].why.name == "missing");
  BOOST_TEST(failures[1].at == 3U);
  BOOST_TEST(failures[1].why.code == errc::limit_exceeded);
  BOOST_TEST(failures[2].at == 4U);
  BOOST_TEST(failures[2].why.code == errc::conflict);
  BOOST_TEST(failures[2].why.actual == done->versions[2]);
  for (const auto i : {1U, 3U, 4U}) BOOST_TEST(done->versions[i] == version{});
  BOOST_TEST(done->versions[0] < done->versions[2]);
  BOOST_TEST(done->versions[5] < done->versions[6]);
  BOOST_TEST(value_of("a") == "1");
  BOOST_TEST(value_of("old") == "-");
  BOOST_TEST(value_of("b") == "2");
  BOOST_TEST(status().ops_rejected == 3U);
}

BOOST_FIXTURE_TEST_CASE(many_are_one_batch_and_one_sync, bulk) {
  auto done = put_many(puts(250), durability::durable);
  run();
  BOOST_TEST(done->versions.size() == 250U);
  BOOST_TEST(status().batches == 1U);
  BOOST_TEST(status().syncs == 1U);
}

BOOST_FIXTURE_TEST_CASE(none_is_answered_at_once, bulk) {
  auto done = put_many({});
  run();
  BOOST_TEST(done.code() == errc::none);
  BOOST_TEST(done->versions.empty());
}

BOOST_FIXTURE_TEST_CASE(what_all_fail_to_do_is_answered_and_holds_nothing, bulk) {
  auto done = put_many({a_delete("x"), a_delete("y")});
  run();
  BOOST_TEST(done->failures.size() == 2U);
  BOOST_TEST(status().ops_in_flight == 0U);
  BOOST_TEST(rig->count(device_call::sync) == 0U);
}

BOOST_FIXTURE_TEST_CASE(more_than_the_credit_goes_in_parts, store_fixture) {
  options.credit.max_ops = 100;
  options.level = durability::accepted;
  open();
  auto done = put_many(puts(1000));
  auto behind = put_accepted("behind");
  run();
  BOOST_TEST(done->versions.size() == 1000U);
  BOOST_TEST(done->failures.empty());
  BOOST_TEST(done->versions.back() < behind->ver);
  BOOST_TEST(status().ops_in_flight <= 100U);
  auto flushed = flush();
  run();
  BOOST_TEST(status().blocks == 1001U);
}

BOOST_FIXTURE_TEST_CASE(a_durable_one_is_answered_when_its_last_part_is_durable, store_fixture) {
  options.credit.max_ops = 8;
  open();
  auto done = put_many(puts(30), durability::durable);
  bool early = false;
  std::function<void()> look = [&] {
    run();
    early = early || done.arrived();
    rig->meanwhile(device_call::sync, look);
  };
  rig->meanwhile(device_call::sync, look);
  run();
  BOOST_TEST(!early);
  BOOST_TEST(done->versions.size() == 30U);
  BOOST_TEST(status().durable_version == done->versions.back());
  rig->meanwhile(device_call::sync, {});
}

BOOST_FIXTURE_TEST_CASE(who_does_not_wait_hears_which_were_refused, store_fixture) {
  options.credit.max_ops = 8;
  options.batch.max_delay = 1h;
  options.level = durability::accepted;
  open();
  auto part = send(put_many_request{puts(11), {}, false});
  run();
  BOOST_TEST_REQUIRE(part->failures.size() == 3U);
  for (const auto& f : part->failures) BOOST_TEST(f.why.code == errc::overloaded);
  BOOST_TEST(part->failures[0].at == 8U);
  auto all = send(put_many_request{puts(3), {}, false});
  run();
  BOOST_TEST(all.code() == errc::overloaded);
  BOOST_TEST(status().requests_parked == 0U);
  BOOST_TEST(status().ops_in_flight == 8U);
}

BOOST_FIXTURE_TEST_CASE(limits_are_those_of_a_transaction, bulk) {
  auto too_many = put_many(puts(65'537));
  auto too_large = put_many(puts(3, 24 * limits::mib));
  run();
  BOOST_TEST(too_many.code() == errc::limit_exceeded);
  BOOST_TEST(too_large.code() == errc::limit_exceeded);
  BOOST_TEST(status().blocks == 0U);
}

BOOST_FIXTURE_TEST_CASE(what_has_no_space_is_refused_and_the_rest_goes_on, store_fixture) {
  capacity = 24 * limits::mib;
  open();
  std::vector<single_write> writes;
  for (int i = 0; i < 24; ++i)
    writes.push_back(
        a_put("large" + std::to_string(i), pattern(limits::mib, static_cast<unsigned>(i))));
  writes.push_back(a_delete("large0"));
  auto done = put_many(std::move(writes));
  run();
  BOOST_TEST(done->versions.size() == 25U);
  BOOST_TEST(done->failures.size() > 3U);
  BOOST_TEST(done->failures.size() < 20U);
  for (const auto& f : done->failures) BOOST_TEST(f.why.code == errc::no_space);
  BOOST_TEST((done->versions.back() != version{}));
  BOOST_TEST(status().state == "open");
  for (int i = 1; i < 24; ++i) {
    const bool taken = done->versions[static_cast<std::size_t>(i)] != version{};
    BOOST_TEST((value_of("large" + std::to_string(i)) == "-") == !taken);
  }
}

BOOST_FIXTURE_TEST_CASE(a_failure_answers_the_whole_of_it, store_fixture) {
  options.credit.max_ops = 8;
  open();
  auto waiting = put_many(puts(30), durability::durable);
  rig->fail_next(device_call::sync, EIO, 2);
  run();
  BOOST_TEST(!waiting.get().ok());
  BOOST_TEST(status().state == "poisoned");
}

BOOST_AUTO_TEST_SUITE_END()
