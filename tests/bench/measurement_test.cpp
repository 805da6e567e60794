#include <stowage/bench/measuring/measurement.hpp>
#include <stowage/bench/measuring/report.hpp>
#include <stowage/bench/measuring/statistics.hpp>
#include <stowage/bench/measuring/table.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

using namespace stowage::bench;

namespace {

measured row(std::string name, role what, std::vector<double> figures) {
  measured m;
  m.name = std::move(name);
  m.what = what;
  m.figures = std::move(figures);
  return m;
}

// Three rounds on a machine that is twice as fast in the second.
measurement three_rounds(const std::string& unit) {
  measurement all{{"W2", "groups", unit, 100, 50}, {}, {"a note"}};
  all.rows = {row("raw", role::device, {100, 200, 100}),
              row("raw fresh", role::reference, {1, 1, 1}),
              row("stowage", role::ours, {50, 100, 80}), row("one", role::rival, {25, 10, 20}),
              row("two", role::rival, {10, 40, 10})};
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(measurements)

BOOST_AUTO_TEST_CASE(a_median_is_in_the_middle) {
  BOOST_TEST(median({3, 1, 2}) == 2);
  BOOST_TEST(median({4, 1, 3, 2}) == 2.5);
  BOOST_TEST(quantile({1, 2, 3, 4, 5}, 0) == 1);
  BOOST_TEST(quantile({1, 2, 3, 4, 5}, 0.5) == 3);
  BOOST_TEST(quantile({1, 2, 3, 4, 5}, 1) == 5);
}

BOOST_AUTO_TEST_CASE(ratios_are_taken_within_a_round) {
  const auto all = three_rounds("ops/s");
  BOOST_TEST(all.rounds() == 3U);
  // 0.5, 0.5, 0.8: of medians it would be 0.8.
  BOOST_TEST(*all.x_device(all.rows[2]) == 0.5);
  // The best of each round: 25, 40, 20.
  BOOST_TEST(*all.x_best_rival(all.rows[2]) == 2.5);
  // A rival among the others.
  BOOST_TEST(*all.x_best_rival(all.rows[3]) == 2);
}

BOOST_AUTO_TEST_CASE(ratios_of_times_are_ratios_of_speeds) {
  const auto all = three_rounds("ms");
  BOOST_TEST(*all.x_device(all.rows[2]) == 2);
  BOOST_TEST(*all.x_best_rival(all.rows[2]) == 0.125);
}

BOOST_AUTO_TEST_CASE(without_somebody_to_compare_with_there_is_no_ratio) {
  measurement all{{"W1", "alone", "ms", 0, 1}, {row("stowage", role::ours, {1})}, {}};
  BOOST_TEST(!all.x_device(all.rows[0]).has_value());
  BOOST_TEST(!all.x_best_rival(all.rows[0]).has_value());
}

BOOST_AUTO_TEST_CASE(the_table_has_the_columns_that_somebody_has_a_figure_for) {
  auto all = three_rounds("ops/s");
  all.rows[2].shape = "by message";
  all.rows[2].messages_per_op = {3, 5, 4};
  all.rows[2].also = {{{"p99 us", 80}}, {{"p99 us", 90}}, {{"p99 us", 100}}};
  const auto text = to_table(all);
  BOOST_TEST_CONTEXT(text) {
    BOOST_TEST(text.starts_with("W2: groups; 3 rounds\n\n"));
    BOOST_TEST(text.find("messages/op") != std::string::npos);
    BOOST_TEST(text.find("p99 us") != std::string::npos);
    BOOST_TEST(text.find("mallocs/op") == std::string::npos);
    BOOST_TEST(text.find("\nstowage: by message\n") != std::string::npos);
    BOOST_TEST(text.ends_with("a note\n"));
    const auto ours = text.substr(text.find("\nstowage ") + 1);
    const auto words = ours.substr(0, ours.find('\n'));
    BOOST_TEST(words.find("80.0") != std::string::npos);
    BOOST_TEST(words.find("2.50") != std::string::npos);
    BOOST_TEST(words.find("4.00") != std::string::npos);
    BOOST_TEST(words.find("90.0") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(figures_have_three_digits_that_count) {
  BOOST_TEST(to_figure(0) == "0");
  BOOST_TEST(to_figure(0.01234) == "0.012");
  BOOST_TEST(to_figure(1.2345) == "1.23");
  BOOST_TEST(to_figure(12.345) == "12.3");
  BOOST_TEST(to_figure(123456.7) == "123457");
}

BOOST_AUTO_TEST_CASE(the_document_tells_each_round_and_what_is_not_known) {
  report all;
  all.add(three_rounds("ops/s"));
  all.add(chart{"rate", "t", {"x", true}, {"y", false}, {{"stowage", {{1, 2}}}}});
  const auto json = all.to_json();
  BOOST_TEST(json["format"] == 1);
  const auto& table = json["measurements"][0];
  BOOST_TEST(table["workload"] == "W2");
  BOOST_TEST(table["rows"][2]["engine"] == "stowage");
  BOOST_TEST(table["rows"][2]["role"] == "ours");
  BOOST_TEST(table["rows"][2]["rounds"].size() == 3U);
  BOOST_TEST(table["rows"][2]["median"] == 80);
  BOOST_TEST(table["rows"][2]["x_best_rival"] == 2.5);
  BOOST_TEST(table["rows"][2]["messages_per_op"].is_null());
  BOOST_TEST(json["charts"][0]["file"] == "rate.svg");
  BOOST_TEST(json["charts"][0]["lines"][0]["points"][0][1] == 2);
}

BOOST_AUTO_TEST_CASE(a_document_that_cannot_be_written_is_an_error) {
  const report all;
  BOOST_CHECK_THROW(all.write_json("no-such-directory/results.json"), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
