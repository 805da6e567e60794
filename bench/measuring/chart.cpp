#include <stowage/bench/measuring/chart.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>

namespace stowage::bench {

namespace {

constexpr double chart_width = 760;
constexpr double chart_height = 440;
constexpr double left = 78;
constexpr double right = 168;
constexpr double top = 44;
constexpr double bottom = 56;

// Told apart by those who see no red or green, too (Okabe and Ito); dashes help where lines cross.
constexpr std::array<std::string_view, 7> colors{"#000000", "#0072B2", "#D55E00", "#009E73",
                                                 "#CC79A7", "#E69F00", "#56B4E9"};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string tick_label(double value) {
  if (value >= 1e6) return fmt::format("{:g}M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:g}k", value / 1e3);
  return fmt::format("{:g}", value);
}

/// Where values lie on one axis, in pixels from `begin` to `end`.
class scale {
 public:
  scale(bool is_logarithmic, double least, double most, double begin, double end)
      : is_logarithmic_{is_logarithmic}, begin_{begin}, end_{end} {
    if (is_logarithmic) {
      least_ = std::pow(10, std::floor(std::log10(least)));
      most_ = std::pow(10, std::ceil(std::log10(most)));
      if (most_ <= least_) most_ = 10 * least_;
      const auto decades = std::lround(std::log10(most_ / least_));
      for (long n = 0; n <= decades; ++n)
        ticks_.push_back(least_ * std::pow(10, static_cast<double>(n)));
      return;
    }
    // From zero: a line that does not change much should look so.
    least_ = std::min(0.0, least);
    const auto range = most > least_ ? most - least_ : 1;
    auto step = std::pow(10, std::floor(std::log10(range)));
    if (range / step > 5)
      step *= 2;
    else if (range / step < 2)
      step /= 4;
    most_ = least_ + step * std::ceil(range / step - 1e-9);
    const auto steps = std::lround((most_ - least_) / step);
    for (long n = 0; n <= steps; ++n) ticks_.push_back(least_ + static_cast<double>(n) * step);
  }

  [[nodiscard]] double operator()(double value) const {
    const auto share = is_logarithmic_ ? std::log(value / least_) / std::log(most_ / least_)
                                       : (value - least_) / (most_ - least_);
    return begin_ + share * (end_ - begin_);
  }
  [[nodiscard]] const std::vector<double>& ticks() const noexcept { return ticks_; }

 private:
  bool is_logarithmic_;
  double least_ = 0;
  double most_ = 1;
  double begin_;
  double end_;
  std::vector<double> ticks_;
};

bool can_show(const chart& what, const std::pair<double, double>& point) {
  return (!what.x.is_logarithmic || point.first > 0) &&
         (!what.y.is_logarithmic || point.second > 0);
}

struct extremes {
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();

  void take(double value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
};

std::string text_at(double x, double y, std::string_view anchor, std::string_view text,
                    std::string_view more = {}) {
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}"{}>{}</text>)"
                     "\n",
                     x, y, anchor, more, escaped(text));
}

std::string frame(const chart& what, const scale& x, const scale& y) {
  std::string out;
  const auto grid = [&](double x1, double y1, double x2, double y2) {
    out += fmt::format(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="#dddddd"/>)"
                       "\n",
                       x1, y1, x2, y2);
  };
  for (const auto tick : x.ticks()) {
    grid(x(tick), top, x(tick), chart_height - bottom);
    out += text_at(x(tick), chart_height - bottom + 18, "middle", tick_label(tick));
  }
  for (const auto tick : y.ticks()) {
    grid(left, y(tick), chart_width - right, y(tick));
    out += text_at(left - 8, y(tick) + 4, "end", tick_label(tick));
  }
  out += text_at((left + chart_width - right) / 2, chart_height - 14, "middle", what.x.title);
  out += text_at(0, 0, "middle", what.y.title,
                 fmt::format(R"svg( transform="translate(18 {:.1f}) rotate(-90)")svg",
                             (top + chart_height - bottom) / 2));
  return out;
}

std::string drawn(const chart& what, const line& l, std::size_t number, const scale& x,
                  const scale& y) {
  const auto color = colors.at(number % colors.size());
  const auto* const dash = number < colors.size() ? "none" : "6 3";
  std::string points;
  std::string marks;
  for (const auto& point : l.points) {
    if (!can_show(what, point)) continue;
    points += fmt::format("{:.1f},{:.1f} ", x(point.first), y(point.second));
    if (what.has_marks)
      marks += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="3" fill="{}"/>)"
                           "\n",
                           x(point.first), y(point.second), color);
  }
  const auto legend = top + 10 + 20 * static_cast<double>(number);
  return fmt::format(R"(<polyline points="{}" fill="none" stroke="{}" stroke-width="2")"
                     R"( stroke-dasharray="{}"/>)"
                     "\n",
                     points, color, dash) +
         marks +
         fmt::format(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}")"
                     R"( stroke-width="2" stroke-dasharray="{}"/>)"
                     "\n",
                     chart_width - right + 14, legend, chart_width - right + 38, legend, color,
                     dash) +
         text_at(chart_width - right + 44, legend + 4, "start", l.name);
}

}  // namespace

std::string to_svg(const chart& what) {
  extremes of_x;
  extremes of_y;
  for (const auto& l : what.lines)
    for (const auto& point : l.points)
      if (can_show(what, point)) {
        of_x.take(point.first);
        of_y.take(point.second);
      }
  if (of_x.least > of_x.most) {
    of_x = {1, 10};
    of_y = {1, 10};
  }
  const scale x{what.x.is_logarithmic, of_x.least, of_x.most, left, chart_width - right};
  const scale y{what.y.is_logarithmic, of_y.least, of_y.most, chart_height - bottom, top};
  auto out = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}")"
      R"( font-family="sans-serif" font-size="12">)"
      "\n"
      R"(<rect width="{0}" height="{1}" fill="#ffffff"/>)"
      "\n",
      chart_width, chart_height);
  out += text_at(left, 24, "start", what.title, R"( font-size="15")");
  out += frame(what, x, y);
  for (std::size_t i = 0; i < what.lines.size(); ++i) out += drawn(what, what.lines[i], i, x, y);
  return out + "</svg>\n";
}

std::vector<std::pair<double, double>> distribution(const std::vector<double>& sorted) {
  constexpr std::size_t places = 200;
  std::vector<std::pair<double, double>> points;
  for (std::size_t place = 1; place <= places; ++place) {
    const auto upto = sorted.size() * place / places;
    if (upto == 0) continue;
    points.emplace_back(sorted[upto - 1],
                        static_cast<double>(upto) / static_cast<double>(sorted.size()));
  }
  return points;
}

}  // namespace stowage::bench
