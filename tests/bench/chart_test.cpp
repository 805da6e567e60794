#include <stowage/bench/measuring/chart.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace stowage::bench;

namespace {

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(charts)

BOOST_AUTO_TEST_CASE(each_line_has_its_points_and_its_name) {
  const chart what{"file",
                   "A title",
                   {"x", false},
                   {"y", false},
                   {{"one", {{0, 0}, {10, 100}}}, {"two", {{5, 50}}}}};
  const auto svg = to_svg(what);
  BOOST_TEST(svg.starts_with("<svg "));
  BOOST_TEST(svg.ends_with("</svg>\n"));
  BOOST_TEST(count_of(svg, "<polyline") == 2U);
  BOOST_TEST(count_of(svg, "<circle") == 3U);
  BOOST_TEST(count_of(svg, ">one<") == 1U);
  // The corners of the plot.
  BOOST_TEST(svg.find("78.0,384.0 592.0,44.0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_logarithmic_axis_ends_at_powers_of_ten_and_has_no_zero) {
  const chart what{"f", "t", {"x", true}, {"y", true}, {{"one", {{0, 5}, {20, 3000}, {700, 40}}}}};
  const auto svg = to_svg(what);
  BOOST_TEST(count_of(svg, "<circle") == 2U);
  for (const auto* const label : {">10<", ">100<", ">1k<", ">10k<"})
    BOOST_TEST(svg.find(label) != std::string::npos, label);
  BOOST_TEST(svg.find(">5<") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_cannot_end_the_markup) {
  const chart what{"f", "a < b & \"c\"", {"x", false}, {"y", false}, {{"</svg>", {{1, 1}}}}};
  const auto svg = to_svg(what);
  BOOST_TEST(count_of(svg, "</svg>") == 1U);
  BOOST_TEST(svg.find("a &lt; b &amp; &quot;c&quot;") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_chart_of_nothing_is_a_chart) {
  BOOST_TEST(to_svg({"f", "t", {"x", true}, {"y", true}, {}}).ends_with("</svg>\n"));
  BOOST_TEST(
      to_svg({"f", "t", {"x", false}, {"y", false}, {{"flat", {{1, 0}, {2, 0}}}}}).find("nan") ==
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_distribution_ends_with_all_of_them) {
  const auto few = distribution({1, 2, 3, 4});
  BOOST_TEST(few.front().first == 1);
  BOOST_TEST(few.back().first == 4);
  BOOST_TEST(few.back().second == 1);
  std::vector<double> many(1000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i + 1);
  const auto points = distribution(many);
  BOOST_TEST(points.size() == 200U);
  BOOST_TEST(points[99].first == 500);
  BOOST_TEST(points[99].second == 0.5);
}

BOOST_AUTO_TEST_SUITE_END()
