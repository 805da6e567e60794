#include <stowage/tests/support/actors/store_fixture.hpp>

using namespace stowage;
using namespace stowage::test;

namespace {

struct closing : store_fixture {
  closing() { open(); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(closing_suite)

BOOST_FIXTURE_TEST_CASE(with_seven_pending_a_close_gives_seven_answers, closing) {
  std::vector<answer<receipt>> all;
  rig->meanwhile(device_call::sync, [&] {
    for (int i = 1; i < 7; ++i)
      all.push_back(put("k" + std::to_string(i), "v", durability::durable));
  });
  all.push_back(put("k0", "v", durability::durable));
  run();
  BOOST_TEST(all.size() == 7U);
  auto more = put_accepted("accepted");
  auto closed = ask_close();
  run();
  for (auto& a : all) BOOST_TEST(a.code() == errc::none);
  BOOST_TEST(more.code() == errc::none);
  BOOST_TEST(closed.code() == errc::none);
  BOOST_TEST(rig->is_closed());
}

BOOST_FIXTURE_TEST_CASE(what_is_accepted_is_durable_when_close_answers, closing) {
  for (int i = 0; i < 7; ++i) (void)put_accepted("k" + std::to_string(i));
  close();
  open();
  BOOST_TEST(was_clean);
  BOOST_TEST(!dropped);
  for (int i = 0; i < 7; ++i) BOOST_TEST(value_of("k" + std::to_string(i)) == "v");
}

BOOST_FIXTURE_TEST_CASE(close_counts_its_batch, closing) {
  (void)put_accepted("k");
  run();
  std::optional<answer<store_status>> s;
  rig->meanwhile(device_call::sync, [&] {
    s.emplace(ask_status());
    run();
  });
  auto closed = ask_close();
  run();
  BOOST_TEST((*s)->batches_closed_by[static_cast<std::size_t>(close_cause::shutdown)] == 1U);
  BOOST_TEST((*s)->state == "closing");
  BOOST_TEST(closed.code() == errc::none);
}

BOOST_FIXTURE_TEST_CASE(versions_go_on_after_a_clean_close, closing) {
  version last;
  for (int i = 0; i < 5; ++i) last = put_durable("k");
  close();
  open();
  BOOST_TEST(recovered_version == last);
  BOOST_TEST(put_durable("k") == last.next());
  crash();
  open();
  BOOST_TEST(!was_clean);
  BOOST_TEST(put_durable("k").value > last.value + limits::version_gap_after_crash);
}

BOOST_FIXTURE_TEST_CASE(the_version_of_a_last_delete_is_not_given_again, closing) {
  (void)put_durable("k");
  auto gone = remove("k", durability::durable);
  run();
  const auto last = gone->ver;
  close();
  open();
  BOOST_TEST(put_durable("k") == last.next());
}

BOOST_FIXTURE_TEST_CASE(a_store_that_was_not_used_closes_clean, closing) {
  close();
  open();
  BOOST_TEST(was_clean);
  close();
  open();
  BOOST_TEST(was_clean);
}

BOOST_FIXTURE_TEST_CASE(closing_twice_is_answered_twice, closing) {
  (void)put_accepted("k");
  auto first = ask_close();
  auto second = ask_close();
  run();
  BOOST_TEST(first.code() == errc::none);
  BOOST_TEST(second.code() == errc::none);
  auto third = ask_close();
  run();
  BOOST_TEST(third.code() == errc::closed);
}

BOOST_FIXTURE_TEST_CASE(after_close_every_request_is_answered_closed, closing) {
  (void)put_durable("k");
  auto closed = ask_close();
  // These arrive while it closes,
  auto p1 = put("x", "v");
  auto g1 = get("k");
  auto f1 = flush();
  auto l1 = list();
  auto e1 = exists("k");
  auto s1 = stat("k");
  auto d1 = remove("k");
  run();
  BOOST_TEST(closed.code() == errc::none);
  // these after it has.
  auto p2 = put("x", "v");
  auto g2 = get("k");
  auto f2 = flush();
  auto l2 = list();
  auto e2 = exists("k");
  auto s2 = stat("k");
  auto d2 = remove("k");
  auto status2 = ask_status();
  run();
  for (auto code : {p1.code(), g1.code(), f1.code(), l1.code(), e1.code(), s1.code(), d1.code()})
    BOOST_TEST(code == errc::closed);
  for (auto code : {p2.code(), g2.code(), f2.code(), l2.code(), e2.code(), s2.code(), d2.code(),
                    status2.code()})
    BOOST_TEST(code == errc::closed);
}

BOOST_FIXTURE_TEST_CASE(what_is_parked_is_served_before_the_store_closes, store_fixture) {
  options.credit.max_ops = 2;
  open();
  std::vector<answer<receipt>> all;
  for (int i = 0; i < 9; ++i) all.push_back(put_accepted("k" + std::to_string(i)));
  auto flushed = flush();
  auto closed = ask_close();
  run();
  for (auto& a : all) BOOST_TEST(a.code() == errc::none);
  BOOST_TEST(flushed.code() == errc::none);
  BOOST_TEST(closed.code() == errc::none);
  auto late = put_accepted("late");
  run();
  BOOST_TEST(late.code() == errc::closed);
  peers = {};
  store = nullptr;
}

BOOST_FIXTURE_TEST_CASE(reads_under_way_are_answered_before_the_device_goes, closing) {
  (void)put_durable("k", pattern(100'000));
  std::vector<answer<block_value>> reads;
  for (int i = 0; i < 20; ++i) reads.push_back(get("k"));
  auto closed = ask_close();
  run();
  for (auto& r : reads) BOOST_TEST(r->value.size() == 100'000U);
  BOOST_TEST(closed.code() == errc::none);
}

// Holds the reader in the middle of a message. The fixture of CAF 1.x would hand it the next one meanwhile.
#if CAF_MAJOR_VERSION < 1
BOOST_FIXTURE_TEST_CASE(the_device_stays_open_while_a_reader_is_in_it, closing) {
  (void)put_durable("k", pattern(100'000));
  rig->meanwhile(device_call::read, [&] {
    run();
    BOOST_TEST(!rig->is_closed());
  });
  auto got = get("k");
  auto closed = ask_close();
  run();
  BOOST_TEST(got->value.size() == 100'000U);
  BOOST_TEST(closed.code() == errc::none);
}
#endif

BOOST_FIXTURE_TEST_CASE(at_every_step_a_close_leaves_a_store_that_opens, store_fixture) {
  for (std::size_t steps = 0; steps < 60; steps += 3) {
    open();
    const auto name = "k" + std::to_string(steps);
    auto durable = put(name, "v", durability::durable);
    auto closed = ask_close();
    (void)det.run_steps(steps);
    const bool was_durable = durable.arrived();
    const bool was_closed = closed.arrived();
    crash();
    open();
    if (was_durable) BOOST_TEST(value_of(name) == "v");
    if (was_closed) BOOST_TEST(was_clean);
    close();
  }
}

BOOST_FIXTURE_TEST_CASE(a_status_asked_during_the_close_is_answered, closing) {
  (void)put_accepted("k");
  std::vector<answer<store_status>> asked;
  auto closed = ask_close();
  for (int i = 0; i < 40; ++i) {
    asked.push_back(ask_status());
    (void)det.run_steps(1);
  }
  run();
  for (auto& a : asked) BOOST_TEST(a.arrived());
  BOOST_TEST(closed.code() == errc::none);
}

BOOST_AUTO_TEST_SUITE_END()
