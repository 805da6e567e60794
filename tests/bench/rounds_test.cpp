#include <stowage/bench/measuring/rounds.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace stowage::bench;

BOOST_AUTO_TEST_SUITE(rounds)

BOOST_AUTO_TEST_CASE(another_one_begins_each_round_and_the_first_round_does_not_count) {
  std::string order;
  std::vector<participant> who;
  for (const char name : {'a', 'b', 'c'}) {
    participant p;
    p.name = name;
    p.run = [&order, name](unsigned round) {
      order += name;
      order += std::to_string(round);
    };
    who.push_back(std::move(p));
  }
  const auto all = measure({"W0", "none", "ops/s", 1, 1}, who, 3);
  BOOST_TEST(order == "a0b0c0b1c1a1c2a2b2a3b3c3");
  BOOST_TEST_REQUIRE(all.rows.size() == 3U);
  for (const auto& row : all.rows) {
    BOOST_TEST(row.figures.size() == 3U);
    BOOST_TEST(row.cpu_us_per_op.size() == 3U);
    BOOST_TEST(row.messages_per_op.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_turn_is_prepared_run_and_checked_and_then_asked_for_its_other_figures) {
  std::string steps;
  std::uint64_t messages = 0;
  participant p;
  p.name = "one";
  p.shape = [&] {
    steps += "shape ";
    return std::string{"how"};
  };
  p.prepare = [&](unsigned) { steps += "prepare "; };
  p.run = [&](unsigned) {
    steps += "run ";
    messages += 20;
  };
  p.check = [&](unsigned) { steps += "check "; };
  p.also = [&] {
    steps += "also ";
    return named_figures{{"answer", 42}};
  };
  p.messages = [&] { return messages; };
  const auto all = measure({"W0", "none", "ms", 0, 10}, {p}, 1);
  BOOST_TEST(steps == "prepare run shape check prepare run check also ");
  const auto& row = all.rows.at(0);
  BOOST_TEST(row.shape == "how");
  BOOST_TEST(row.messages_per_op == std::vector<double>{2}, boost::test_tools::per_element());
  BOOST_TEST(*row.median_of("answer") == 42);
  BOOST_TEST(!row.median_of("question").has_value());
}

BOOST_AUTO_TEST_CASE(nothing_is_counted_per_op_where_there_are_no_ops) {
  participant p;
  p.name = "one";
  p.run = [](unsigned) {};
  const auto all = measure({"W8", "open", "ms", 0, 0}, {p}, 2);
  BOOST_TEST(all.rows.at(0).figures.size() == 2U);
  BOOST_TEST(all.rows.at(0).cpu_us_per_op.empty());
}

BOOST_AUTO_TEST_SUITE_END()
