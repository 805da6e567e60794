#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/space/retirement.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

using namespace stowage;

namespace {

extent numbered(std::uint64_t n) { return {n * page_size, page_size}; }

void retire_one(retirement& r, extent e, std::uint64_t born) { r.retire(std::vector{e}, born); }

std::vector<extent> collected(retirement& r) {
  std::vector<extent> freed;
  r.collect(freed);
  std::sort(freed.begin(), freed.end());
  return freed;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retirement_suite)

BOOST_AUTO_TEST_CASE(without_pins_everything_is_free_at_once) {
  retirement r;
  r.advance();
  r.retire(std::vector{numbered(1), numbered(2)}, 0);
  BOOST_CHECK_EQUAL(r.pinned_bytes(), 0U);
  BOOST_CHECK(collected(r) == (std::vector{numbered(1), numbered(2)}));
  BOOST_CHECK(collected(r).empty());
  BOOST_CHECK(!r.oldest_pin_epoch());
}

BOOST_AUTO_TEST_CASE(collect_appends) {
  retirement r;
  retire_one(r, numbered(2), 0);
  std::vector<extent> freed{numbered(1)};
  r.collect(freed);
  BOOST_CHECK(freed == (std::vector{numbered(1), numbered(2)}));
}

BOOST_AUTO_TEST_CASE(a_pin_keeps_what_its_state_shows) {
  retirement r{5};
  auto p = r.take();
  BOOST_CHECK_EQUAL(p.epoch(), 5U);
  r.advance();
  retire_one(r, numbered(1), 3);  // visible in epochs 3, 4, 5
  BOOST_CHECK(collected(r).empty());
  BOOST_CHECK_EQUAL(r.pinned_bytes(), page_size);
  BOOST_CHECK(r.oldest_pin_epoch() == 5U);
  p.reset();
  BOOST_CHECK(!p);
  BOOST_CHECK(collected(r) == std::vector{numbered(1)});
  BOOST_CHECK_EQUAL(r.pinned_bytes(), 0U);
  BOOST_CHECK(!r.oldest_pin_epoch());
}

BOOST_AUTO_TEST_CASE(a_pin_keeps_nothing_else) {
  retirement r;
  const auto old = r.take();  // epoch 0
  r.advance();
  r.advance();
  retire_one(r, numbered(1), 1);  // born after the pin
  r.advance();
  const auto young = r.take();    // epoch 3
  retire_one(r, numbered(2), 1);  // superseded in 3: the pin of 3 does not see it
  BOOST_CHECK(collected(r) == (std::vector{numbered(1), numbered(2)}));
}

BOOST_AUTO_TEST_CASE(the_pin_of_the_epoch_before_birth_and_of_birth_differ) {
  retirement r;
  const auto before = r.take();  // epoch 0
  r.advance();
  auto at_birth = r.take();  // epoch 1
  r.advance();
  retire_one(r, numbered(1), 1);
  BOOST_CHECK(collected(r).empty());
  at_birth.reset();
  BOOST_CHECK(collected(r) == std::vector{numbered(1)});
}

BOOST_AUTO_TEST_CASE(each_of_several_pins_keeps_it) {
  // Dropped in every order.
  std::vector<std::size_t> order{0, 1, 2};
  do {
    retirement r;
    std::vector<pin> pins;
    for (int i = 0; i < 3; ++i) {
      pins.push_back(r.take());
      r.advance();
    }
    retire_one(r, numbered(1), 0);
    for (const auto i : order) {
      BOOST_CHECK(collected(r).empty());
      BOOST_CHECK_EQUAL(r.pinned_bytes(), page_size);
      pins[i].reset();
    }
    BOOST_CHECK(collected(r) == std::vector{numbered(1)});
  } while (std::next_permutation(order.begin(), order.end()));
}

BOOST_AUTO_TEST_CASE(copies_of_a_pin_count) {
  retirement r;
  auto p = r.take();
  auto copy = p;
  auto again = r.take();
  r.advance();
  retire_one(r, numbered(1), 0);
  p.reset();
  again.reset();
  BOOST_CHECK(collected(r).empty());
  copy.reset();
  BOOST_CHECK(collected(r) == std::vector{numbered(1)});
}

BOOST_AUTO_TEST_CASE(the_current_epoch_counts_as_pinned_only_while_someone_holds_it) {
  retirement r;
  auto p = r.take();
  BOOST_CHECK(r.oldest_pin_epoch() == 0U);
  p.reset();
  BOOST_CHECK(!r.oldest_pin_epoch());
  // Nor does one that went after its epoch, before anyone collected.
  p = r.take();
  r.advance();
  BOOST_CHECK(r.oldest_pin_epoch() == 0U);
  p.reset();
  BOOST_CHECK(!r.oldest_pin_epoch());
  // A pin taken and dropped within an epoch leaves nothing behind.
  r.advance();
  retire_one(r, numbered(1), 0);
  BOOST_CHECK(collected(r) == std::vector{numbered(1)});
  p = r.take();
  BOOST_CHECK_EQUAL(p.epoch(), 2U);
}

BOOST_AUTO_TEST_CASE(superseded_in_the_epoch_of_its_birth_was_never_seen) {
  retirement r;
  const auto p = r.take();
  retire_one(r, numbered(1), 0);
  BOOST_CHECK(collected(r) == std::vector{numbered(1)});
  BOOST_CHECK_THROW(retire_one(r, numbered(1), 1), invariant_violation);
}

BOOST_AUTO_TEST_CASE(an_empty_pin_has_no_epoch) {
  const pin p;
  BOOST_CHECK(!p);
  BOOST_CHECK_THROW((void)p.epoch(), invariant_violation);
}

BOOST_AUTO_TEST_CASE(a_pin_may_outlive_the_owner) {
  std::optional<pin> p;
  {
    retirement r;
    p = r.take();
    r.advance();
  }
  BOOST_CHECK_EQUAL(p->epoch(), 0U);
}

BOOST_AUTO_TEST_CASE(pins_may_be_dropped_on_other_threads) {
  retirement r;
  std::vector<std::thread> threads;
  std::vector<extent> freed;
  constexpr std::uint64_t rounds = 200;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    if (i % 50 == 0) {
      std::vector<pin> pins;
      for (int k = 0; k < 1000; ++k) {
        pins.push_back(r.take());
        if (k % 100 == 0) r.advance();
      }
      threads.emplace_back([held = std::move(pins)]() mutable {
        for (auto& p : held) {
          const auto copy = p;
          p.reset();
        }
      });
    }
    r.advance();
    retire_one(r, numbered(i), 0);
    r.collect(freed);
  }
  for (auto& t : threads) t.join();
  r.collect(freed);
  std::sort(freed.begin(), freed.end());
  BOOST_REQUIRE_EQUAL(freed.size(), rounds);
  for (std::uint64_t i = 0; i < rounds; ++i) BOOST_CHECK(freed[i] == numbered(i));
  BOOST_CHECK_EQUAL(r.pinned_bytes(), 0U);
}

BOOST_AUTO_TEST_CASE(agrees_with_the_definition_under_random_pins) {
  struct waiting {
    extent what;
    std::uint64_t born;
    std::uint64_t retired;
  };
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937_64 random{seed};
      retirement r;
      std::vector<pin> pins;
      std::vector<waiting> oracle;
      std::uint64_t next = 0;
      std::uint64_t ever_kept = 0;
      for (int step = 0; step < 5000; ++step) {
        switch (random() % 7) {
          case 0:
          case 1: r.advance(); break;
          case 2:
            if (pins.size() < 12) pins.push_back(r.take());
            break;
          case 3:
            if (!pins.empty()) {
              std::swap(pins[random() % pins.size()], pins.back());
              pins.pop_back();
            }
            break;
          default: {
            const auto born = r.epoch() - std::min(r.epoch(), random() % 30);
            std::vector<extent> some;
            for (auto n = random() % 4; n > 0; --n) some.push_back(numbered(next++));
            r.retire(some, born);
            for (const auto& e : some) oracle.push_back({e, born, r.epoch()});
            break;
          }
        }
        if (random() % 3 != 0) continue;

        std::vector<extent> expected;
        std::erase_if(oracle, [&](const waiting& w) {
          const bool needed = std::any_of(pins.begin(), pins.end(), [&w](const pin& p) {
            return w.born <= p.epoch() && p.epoch() < w.retired;
          });
          if (!needed) expected.push_back(w.what);
          return !needed;
        });
        std::sort(expected.begin(), expected.end());
        BOOST_REQUIRE(collected(r) == expected);
        BOOST_REQUIRE_EQUAL(r.pinned_bytes(), oracle.size() * page_size);
        ever_kept += oracle.size();
        std::optional<std::uint64_t> oldest;
        for (const auto& p : pins)
          if (!oldest || p.epoch() < *oldest) oldest = p.epoch();
        BOOST_REQUIRE(r.oldest_pin_epoch() == oldest);
      }
      BOOST_CHECK_GT(ever_kept, 100U);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
