// The fixture as those who test their own actors use it: lives, faults, and what happens to who asks for nonsense.
#include <stowage/testkit/boost_test.hpp>
#include <stowage/testkit/store_fixture.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <functional>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::testkit;
using namespace std::chrono_literals;

namespace {

/// Hears complaints in place of Boost.Test.
struct complaints {
  complaints()
      : before{set_complaint_handler([this](const std::string& what) { heard.push_back(what); })} {}
  complaints(const complaints&) = delete;
  complaints& operator=(const complaints&) = delete;
  ~complaints() { (void)set_complaint_handler(std::move(before)); }

  std::vector<std::string> heard;
  complaint_handler before;
};

bool says(const std::exception& why, std::string_view what) {
  const std::string_view text = why.what();
  BOOST_TEST_INFO(text);
  BOOST_TEST(text.find(what) != std::string_view::npos);
  return true;
}

/// Counts what it is told, and every 10 ms of its own accord.
caf::behavior counter(caf::event_based_actor* self) {
  auto count = std::make_shared<int>(0);
  auto tick = std::make_shared<std::function<void()>>();
  *tick = [self, count, tick = std::weak_ptr{tick}] {
    ++*count;
    if (auto again = tick.lock()) self->run_delayed(10ms, [again] { (*again)(); });
  };
  self->run_delayed(10ms, [tick] { (*tick)(); });
  return {[count](bool) { return *count; },
          [self](const std::string& why) {
            self->quit(caf::make_error(errc::invalid_argument, fail(errc::invalid_argument, why)));
          }};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_fixtures)

// -- lives --------------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(what_is_durable_survives_a_crash_and_what_is_accepted_may_not,
                        testkit::store_fixture) {
  (void)put_durable("kept", "1");
  (void)put_accepted("late", "2");
  run_steps(2);
  BOOST_TEST(value_of("late") == "2");
  crash();
  BOOST_TEST(!is_open());
  reopen();
  BOOST_TEST(is_open());
  BOOST_TEST(!was_clean);
  BOOST_TEST(value_of("kept") == "1");
}

BOOST_FIXTURE_TEST_CASE(a_close_keeps_everything, testkit::store_fixture) {
  (void)put_accepted("k", "1");
  close();
  reopen();
  BOOST_TEST(was_clean);
  BOOST_TEST(value_of("k") == "1");
  const std::vector<std::pair<std::string, std::string>> all{{"k", "1"}};
  BOOST_TEST((contents() == all));
}

BOOST_FIXTURE_TEST_CASE(durable_blocks_are_those_that_no_power_loss_takes, testkit::store_fixture) {
  using blocks = std::map<std::string, std::string>;
  BOOST_TEST(durable_blocks().empty());
  (void)put_durable("a", "1");
  auto late = put("b", "2", durability::accepted);
  run();
  BOOST_TEST(late->reached == durability::accepted);
  BOOST_TEST((durable_blocks() == blocks{{"a", "1"}}));
  advance(50ms);
  BOOST_TEST((durable_blocks() == blocks{{"a", "1"}, {"b", "2"}}));
  auto brief = put_until(wall_ms() + 1000, "c", "3", durability::durable);
  run();
  BOOST_TEST(brief.code() == errc::none);
  BOOST_TEST(durable_blocks().size() == 3U);
  advance(1s);
  BOOST_TEST(durable_blocks().size() == 2U);
  close();
  BOOST_TEST(durable_blocks().size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_crash_ends_who_was_spawned_here_and_nobody_else, testkit::store_fixture) {
  const auto mine = spawn(counter);
  const auto elsewhere = sys.spawn(counter);
  run();
  crash();
  BOOST_REQUIRE(end_of(mine).has_value());
  BOOST_TEST((*end_of(mine) == caf::exit_reason::kill));
  auto counted = ask<int>(elsewhere, true);
  run();
  BOOST_TEST(*counted == 0);
  caf::anon_send_exit(elsewhere, caf::exit_reason::kill);
  run();
}

BOOST_AUTO_TEST_CASE(options_are_those_of_the_store) {
  store_options options;
  options.level = durability::accepted;
  testkit::store_fixture f{options};
  auto put = f.put("k", "v");
  f.run();
  BOOST_TEST(put->reached == durability::accepted);
  f.close();
  f.options.level = durability::durable;
  f.reopen();
  auto again = f.put("k", "v");
  f.run();
  BOOST_TEST(again->reached == durability::durable);
}

// -- time ---------------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(each_timer_goes_off_in_its_time, actor_fixture) {
  const auto before = wall_ms();
  const auto counting = spawn(counter);
  advance(9ms);
  auto early = ask<int>(counting, true);
  run();
  advance(41ms);
  auto later = ask<int>(counting, true);
  run();
  BOOST_TEST(*early == 0);
  BOOST_TEST(*later == 5);
  BOOST_TEST(wall_ms() - before == 50U);
}

BOOST_FIXTURE_TEST_CASE(the_end_of_an_actor_is_told, actor_fixture) {
  const auto brief = spawn(counter);
  BOOST_TEST(!end_of(brief));
  caf::anon_send_exit(brief, caf::exit_reason::user_shutdown);
  run();
  BOOST_REQUIRE(end_of(brief).has_value());
  BOOST_TEST((*end_of(brief) == caf::exit_reason::user_shutdown));
}

// -- faults: each happens when it is asked for, and the store is fine without it ------------------------------

BOOST_FIXTURE_TEST_CASE(without_faults_nothing_fails, testkit::store_fixture) {
  (void)put_durable("k", "v");
  auto large = put("large", std::string(8 << 20U, 'x'));
  run();
  BOOST_TEST(large.code() == errc::none);
  BOOST_TEST(value_of("k") == "v");
  BOOST_TEST(!has_crashed());
  BOOST_TEST(faults().faults_to_come().empty());
  BOOST_TEST(status().state == "open");
}

BOOST_FIXTURE_TEST_CASE(a_failed_sync_is_told_and_final, testkit::store_fixture) {
  faults().fail_next_sync(EIO);
  auto lost = put("k", "v", durability::durable);
  run();
  BOOST_TEST(lost.code() == errc::io_error);
  BOOST_TEST(lost.error().os_error == EIO);
  BOOST_TEST(status().state == "poisoned");
}

BOOST_FIXTURE_TEST_CASE(the_nth_write_fails, testkit::store_fixture) {
  (void)put_durable("before");
  const auto writes = faults().count(device_call::write);
  faults().fail_next_write(EIO, 20);
  errc code = errc::none;
  int puts = 0;
  for (; code == errc::none && puts < 20; ++puts) {
    auto put = this->put("k" + std::to_string(puts), "v", durability::durable);
    run();
    code = put.code();
  }
  BOOST_TEST(code == errc::io_error);
  BOOST_TEST(puts > 1);
  BOOST_TEST(faults().count(device_call::write) - writes == 20U);
}

BOOST_FIXTURE_TEST_CASE(a_failed_read_is_told_and_not_final, testkit::store_fixture) {
  (void)put_durable("k", "v");
  close();
  reopen();
  faults().fail_next_read(EIO);
  BOOST_TEST(value_of("k") == "!io_error");
  BOOST_TEST(value_of("k") == "v");
}

BOOST_FIXTURE_TEST_CASE(a_full_device_refuses_and_recovers, testkit::store_fixture) {
  const std::string large(32 << 20U, 'x');
  faults().no_space_after(8 << 20U);
  auto refused = put("large", large);
  run();
  BOOST_TEST(refused.code() == errc::no_space);
  (void)put_durable("small", "v");
  faults().space_again();
  auto taken = put("large", large);
  run();
  BOOST_TEST(taken.code() == errc::none);
}

BOOST_FIXTURE_TEST_CASE(a_failed_allocation_is_not_final, testkit::store_fixture) {
  faults().fail_next_allocate(ENOSPC);
  auto first = put("large", std::string(8 << 20U, 'x'));
  run();
  auto second = put("large", std::string(8 << 20U, 'x'));
  run();
  BOOST_TEST(second.code() == errc::none);
  BOOST_TEST(faults().faults_to_come().empty());
}

BOOST_FIXTURE_TEST_CASE(after_a_power_loss_nothing_happens_before_reopen, testkit::store_fixture) {
  (void)put_durable("kept", "1");
  const auto mine = spawn(counter);
  faults().crash_after(0);
  auto lost = put("lost", "2", durability::durable);
  run();
  BOOST_TEST(has_crashed());
  BOOST_TEST(!is_open());
  BOOST_TEST(!lost.arrived());
  const auto before = wall_ms();
  advance(1s);
  run();
  BOOST_TEST(run_steps(1) == 0U);
  BOOST_TEST(wall_ms() == before);
  BOOST_TEST(!lost.arrived());
  reopen();
  BOOST_TEST(end_of(mine).has_value());
  BOOST_TEST(value_of("kept") == "1");
}

BOOST_FIXTURE_TEST_CASE(a_crash_comes_after_as_many_calls_as_it_was_asked_for,
                        testkit::store_fixture) {
  const auto changes = [this] {
    return faults().count(device_call::write) + faults().count(device_call::sync) +
           faults().count(device_call::allocate) + faults().count(device_call::resize);
  };
  for (std::uint64_t n = 0; n < 3; ++n) {
    const auto before = changes();
    faults().crash_after(n);
    for (int i = 0; i < 3 && !has_crashed(); ++i) {
      (void)put("k" + std::to_string(i), "v", durability::durable);
      run();
    }
    BOOST_REQUIRE(has_crashed());
    BOOST_TEST(changes() - before == n + 1);
    reopen();
  }
}

BOOST_FIXTURE_TEST_CASE(a_recovery_can_be_made_to_fail_and_be_tried_again, testkit::store_fixture) {
  (void)put_durable("k", "v");
  close();
  faults().fail_next_read(EIO);
  const auto failed = try_reopen();
  BOOST_REQUIRE(!failed);
  BOOST_TEST(failed.error().code == errc::io_error);
  faults().crash_after(0);
  BOOST_TEST(!try_reopen());
  faults().fail_next_read(EIO);
  BOOST_CHECK_EXCEPTION(reopen(), unexpected_answer,
                        [](const auto& why) { return says(why, "the store does not open"); });
  reopen();
  BOOST_TEST(value_of("k") == "v");
}

BOOST_FIXTURE_TEST_CASE(a_damaged_value_is_noticed, testkit::store_fixture) {
  const std::string value(4096, 'v');
  (void)put_durable("k", value);
  close();
  const auto image = faults().image();
  const auto at = as_text(image).find(value);
  BOOST_REQUIRE(at != std::string_view::npos);
  faults().flip_byte(at);
  reopen();
  BOOST_TEST(value_of("k") == "!corrupt_block");
}

// -- nonsense -----------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(an_answer_that_has_not_come_cannot_be_looked_at, testkit::store_fixture) {
  auto late = put("k", "v", durability::durable);
  BOOST_CHECK_EXCEPTION((void)late.code(), misuse,
                        [](const auto& why) { return says(why, "the answer has not come"); });
  run();
  BOOST_TEST(late.code() == errc::none);
  BOOST_CHECK_EXCEPTION((void)late.error(), unexpected_answer,
                        [](const auto& why) { return says(why, "a success where"); });
  auto missing = get("nothing");
  run();
  BOOST_CHECK_EXCEPTION((void)missing->ver, unexpected_answer,
                        [](const auto& why) { return says(why, "no such block"); });
  BOOST_TEST((missing.caf_error() == errc::not_found));
}

BOOST_FIXTURE_TEST_CASE(a_store_that_is_not_open_cannot_be_asked, testkit::store_fixture) {
  BOOST_CHECK_EXCEPTION(reopen(), misuse,
                        [](const auto& why) { return says(why, "the store is open"); });
  close();
  BOOST_CHECK_EXCEPTION((void)store(), misuse,
                        [](const auto& why) { return says(why, "no store is open"); });
  BOOST_CHECK_EXCEPTION(crash(), misuse, [](const auto& why) { return says(why, "could crash"); });
  BOOST_CHECK_THROW(close(), misuse);
  reopen();
  faults().crash_after(0);
  (void)put_accepted("k");
  advance(50ms);
  BOOST_CHECK_EXCEPTION((void)get("k"), misuse,
                        [](const auto& why) { return says(why, "the power is lost"); });
}

BOOST_FIXTURE_TEST_CASE(a_crash_that_has_not_come_is_named, testkit::store_fixture) {
  faults().crash_after(1000);
  BOOST_CHECK_EXCEPTION(reopen(), misuse, [](const auto& why) {
    return says(why, "this has not happened: crash_after (1000 calls are left)");
  });
  faults().forget_faults();
}

BOOST_FIXTURE_TEST_CASE(a_store_that_cannot_close_says_why, testkit::store_fixture) {
  faults().fail_next_sync(EIO);
  (void)put_accepted("k");
  BOOST_CHECK_EXCEPTION(close(), unexpected_answer,
                        [](const auto& why) { return says(why, "the store does not close"); });
}

BOOST_FIXTURE_TEST_CASE(time_does_not_go_back, actor_fixture) {
  BOOST_CHECK_THROW(advance(-1ns), misuse);
  BOOST_CHECK_THROW(det.advance(-1ns), misuse);
}

BOOST_FIXTURE_TEST_CASE(the_end_of_a_strangers_actor_is_not_known, actor_fixture) {
  const auto elsewhere = sys.spawn([]() -> caf::behavior { return {[](bool) {}}; });
  BOOST_CHECK_EXCEPTION((void)end_of(elsewhere), misuse,
                        [](const auto& why) { return says(why, "spawn()"); });
}

BOOST_AUTO_TEST_CASE(a_fault_that_never_happens_is_complained_of) {
  complaints told;
  {
    testkit::store_fixture f;
    f.faults().fail_next_sync(EIO, 100);
  }
  BOOST_REQUIRE(told.heard.size() == 1U);
  BOOST_TEST(told.heard.front().find("fail_next_sync (100 calls from now)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_actor_that_lives_on_is_complained_of_and_does_not_hang_the_test) {
  complaints told;
  caf::actor stranger;
  {
    actor_fixture f;
    stranger = f.sys.spawn([]() -> caf::behavior { return {[](bool) {}}; });
  }
  BOOST_REQUIRE(told.heard.size() == 1U);
  BOOST_TEST(told.heard.front().find("1 actors are still alive") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_store_whose_actor_breaks_is_complained_of) {
  complaints told;
  {
    testkit::store_fixture f;
    f.faults().meanwhile(device_call::sync, [] { throw std::bad_alloc{}; });
    (void)f.put("k", "v", durability::durable);
    f.run();
  }
  BOOST_REQUIRE(told.heard.size() == 1U);
  BOOST_TEST(told.heard.front().find("an actor ended: disk") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(messages_have_to_be_known_before_the_first_system, actor_fixture) {
  BOOST_CHECK_THROW(register_before_first_system([] {}), misuse);
}

BOOST_AUTO_TEST_SUITE_END()
