#include <stowage/cli/file_picture.hpp>

#include <stowage/storage/core/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <span>
#include <vector>

namespace stowage::cli {

namespace {

struct look {
  std::string_view label;
  std::string_view color;
};

// By space_kind. What lives is blue and green, what serves it orange and purple; free space recedes.
constexpr std::array<look, space_kinds> looks{{
    {"superblocks", "#3d434b"},
    {"journal", "#e07b2a"},
    {"journal, next area", "#f7cfa3"},
    {"checkpoint", "#7b4ea8"},
    {"previous checkpoint", "#cdb8e0"},
    {"large values", "#2f6fb6"},
    {"packed, over 3/4 live", "#1f8a66"},
    {"packed, over 1/4 live", "#6cc2a0"},
    {"packed, sparse", "#bfe6d5"},
    {"free", "#e4e7ea"},
}};

// In the order in which a square is filled and totals are told.
constexpr std::array<space_kind, space_kinds> order{
    space_kind::large_value,   space_kind::packed_full, space_kind::packed_half,
    space_kind::packed_sparse, space_kind::free_space,  space_kind::journal,
    space_kind::next_area,     space_kind::checkpoint,  space_kind::previous_checkpoint,
    space_kind::head};

constexpr double margin = 32;
constexpr double label_width = 72;
constexpr double grid_width = 896;
constexpr double picture_width = margin + label_width + grid_width + margin;
constexpr double right = picture_width - margin;

const look& look_of(space_kind kind) { return looks[static_cast<std::size_t>(kind)]; }

std::string size_text(std::uint64_t bytes) {
  if (bytes >= limits::gib)
    return fmt::format("{:.2f} GiB", static_cast<double>(bytes) / limits::gib);
  if (bytes >= limits::mib)
    return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / limits::mib);
  if (bytes >= limits::kib)
    return fmt::format("{:.0f} KiB", static_cast<double>(bytes) / limits::kib);
  return fmt::format("{} B", bytes);
}

// Where a row begins: exact, because rows are powers of two.
std::string place_text(std::uint64_t offset) {
  if (offset % limits::gib == 0 && offset > 0) return fmt::format("{} GiB", offset / limits::gib);
  if (offset % limits::mib == 0 && offset > 0) return fmt::format("{} MiB", offset / limits::mib);
  return offset == 0 ? "0" : fmt::format("{} KiB", offset / limits::kib);
}

// Text for XML; bytes that are not printable ASCII are shown as in `list`.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default:
        if (c >= ' ' && c <= '~')
          out += c;
        else
          out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  const auto percent =
      whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return part > 0 && percent < 0.1 ? "&lt; 0.1 %" : fmt::format("{:.1f} %", percent);
}

class painter {
 public:
  painter(const file_map& map, std::string_view title) : map_{map}, title_{title} {}

  std::string draw() {
    y_ = margin;
    draw_heading();
    draw_totals();
    draw_legend();
    draw_squares();
    draw_details();
    const auto height = y_ + margin;
    return fmt::format(
               "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0:g} {1:g}' "
               "width='{0:g}' "
               "height='{1:g}' font-family='sans-serif' font-size='13' fill='#23272d'>\n"
               "<title>{2}</title>\n<rect width='{0:g}' height='{1:g}' fill='#ffffff'/>\n",
               picture_width, height, escaped(title_)) +
           body_ + "</svg>\n";
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(body_), format, std::forward<Args>(args)...);
  }

  void text(double x, double y, std::string_view words, std::string_view more = {}) {
    add("<text x='{:g}' y='{:g}'{}>{}</text>\n", x, y, more, words);
  }

  void box(double x, double y, double width, double height, std::string_view color) {
    add("<rect x='{:.6g}' y='{:.6g}' width='{:.6g}' height='{:.6g}' fill='{}'/>\n", x, y, width,
        height, color);
  }

  void draw_heading() {
    text(margin, y_ + 16, escaped(title_), " font-size='20' font-weight='bold'");
    const auto live = map_.value_bytes;
    auto sum =
        fmt::format("{} block{} with {} of values in a file of {}", map_.blocks,
                    map_.blocks == 1 ? "" : "s", size_text(live), size_text(map_.file_bytes));
    if (live > 0)
      sum += fmt::format(": {:.2f} times as long",
                         static_cast<double>(map_.file_bytes) / static_cast<double>(live));
    text(margin, y_ + 40, sum, " fill='#596069'");
    y_ += 56;
  }

  // All of the file as one bar.
  void draw_totals() {
    auto x = margin;
    for (const auto kind : order) {
      const auto width = (right - margin) * static_cast<double>(map_.total(kind)) /
                         static_cast<double>(std::max(map_.file_bytes, std::uint64_t{1}));
      if (width > 0) box(x, y_, width, 26, look_of(kind).color);
      x += width;
    }
    y_ += 26;
  }

  void draw_legend() {
    constexpr std::size_t columns = 5;
    constexpr std::size_t rows = (order.size() + columns - 1) / columns;
    constexpr double column_width = (right - margin) / columns;
    y_ += 16;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto row = i / columns;
      const auto x = margin + static_cast<double>(i % columns) * column_width;
      const auto y = y_ + static_cast<double>(row) * 44;
      const auto& [label, color] = look_of(order[i]);
      box(x, y, 14, 14, color);
      text(x + 22, y + 12, label);
      text(x + 22, y + 28,
           fmt::format("{}, {}", size_text(map_.total(order[i])),
                       percent_text(map_.total(order[i]), map_.file_bytes)),
           " fill='#596069' font-size='12'");
    }
    y_ += static_cast<double>(44 * rows + 8);
  }

  // Squares from the file's first byte to its last; neighbours of one kind are one rectangle.
  void draw_squares() {
    const auto side = grid_width / static_cast<double>(map_.columns);
    const auto left = margin + label_width;
    const auto rows = (map_.squares.size() + map_.columns - 1) / map_.columns;
    text(margin, y_ + 14,
         fmt::format("One square is {}, one row {}.", size_text(map_.square_bytes),
                     size_text(map_.square_bytes * map_.columns)),
         " fill='#596069' font-size='12'");
    y_ += 24;
    const auto labels_every = std::max<std::size_t>(1, static_cast<std::size_t>(20 / side));
    for (std::size_t row = 0; row < rows; ++row) {
      const auto y = y_ + static_cast<double>(row) * side;
      if (row % labels_every == 0)
        text(left - 10, y + side / 2 + 4, place_text(row * map_.columns * map_.square_bytes),
             " text-anchor='end' font-size='11' fill='#596069'");
      draw_row(row, left, y, side);
    }
    const auto height = static_cast<double>(rows) * side;
    // The lines between the squares.
    add("<path d='");
    for (std::size_t i = 0; i <= map_.columns; ++i)
      add("M{:g} {:g}v{:g}", left + static_cast<double>(i) * side, y_, height);
    for (std::size_t i = 0; i <= rows; ++i)
      add("M{:g} {:g}h{:g}", left, y_ + static_cast<double>(i) * side, grid_width);
    add("' stroke='#ffffff' stroke-width='{:g}' fill='none'/>\n", side > 10 ? 1.5 : 0.8);
    y_ += height + 24;
  }

  void draw_row(std::size_t row, double left, double y, double side) {
    const auto begin = row * map_.columns;
    const auto end = std::min(begin + map_.columns, map_.squares.size());
    std::string_view color;
    double from = left;
    double to = left;
    const auto flush = [&] {
      if (to > from) box(from, y, to - from, side, color);
      from = to;
    };
    for (auto i = begin; i < end; ++i) {
      to = std::max(to, left + static_cast<double>(i - begin) * side);
      for (const auto kind : order) {
        const auto bytes = map_.squares[i][static_cast<std::size_t>(kind)];
        if (bytes == 0) continue;
        if (color != look_of(kind).color) flush();
        color = look_of(kind).color;
        to += side * static_cast<double>(bytes) / static_cast<double>(map_.square_bytes);
      }
    }
    flush();
  }

  // Fragmentation, in two small diagrams.
  void draw_details() {
    const auto top = y_;
    const auto runs =
        std::accumulate(map_.free_runs.begin(), map_.free_runs.end(), std::uint64_t{0});
    const auto packed =
        std::accumulate(map_.packed_pages.begin(), map_.packed_pages.end(), std::uint64_t{0});
    constexpr double middle = picture_width / 2 + 12;

    text(margin, top + 14, "Free space by length of its runs", " font-weight='bold'");
    text(margin, top + 32,
         runs == 0 ? std::string{"none"}
                   : fmt::format("{} in {} run{}, the longest {}",
                                 size_text(map_.total(space_kind::free_space)), runs,
                                 runs == 1 ? "" : "s", size_text(map_.longest_free_run)),
         " fill='#596069' font-size='12'");
    std::vector<std::string> lengths;
    lengths.reserve(map_.free_run_bytes.size());
    for (std::size_t i = 0; i + 1 < map_.free_run_bytes.size(); ++i)
      lengths.push_back((i == 0 ? "" : "&#8804; ") + place_text(page_size << 2 * i));
    lengths.emplace_back("longer");
    draw_bars(margin, top + 44, map_.free_run_bytes, lengths, "#aab1b9");

    text(middle, top + 14, "Pages of small values by how much of them is live",
         " font-weight='bold'");
    text(middle, top + 32, fmt::format("{} page{}", packed, packed == 1 ? "" : "s"),
         " fill='#596069' font-size='12'");
    std::vector<std::string> fills;
    fills.reserve(map_.packed_pages.size());
    for (int i = 0; i < 10; ++i) fills.push_back(fmt::format("{} %", (i + 1) * 10));
    draw_bars(middle, top + 44, map_.packed_pages, fills, "#6cc2a0");
    y_ = top + 44 + 96;
  }

  void draw_bars(double x, double y, std::span<const std::uint64_t> values,
                 const std::vector<std::string>& labels, std::string_view color) {
    constexpr double width = picture_width / 2 - margin - 12;
    constexpr double height = 70;
    const auto step = width / static_cast<double>(values.size());
    const auto most = std::max(*std::ranges::max_element(values), std::uint64_t{1});
    box(x, y + height, width, 1, "#c3c8ce");
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto left = x + static_cast<double>(i) * step;
      // What is there at all is seen.
      const auto part = static_cast<double>(values[i]) / static_cast<double>(most);
      const auto tall = values[i] == 0 ? 0.0 : std::max(height * part, 1.5);
      if (tall > 0) box(left + step * 0.1, y + height - tall, step * 0.8, tall, color);
      text(left + step / 2, y + height + 16, labels[i],
           " text-anchor='middle' font-size='10' fill='#596069'");
    }
  }

  const file_map& map_;
  std::string_view title_;
  std::string body_;
  double y_ = 0;
};

}  // namespace

std::string draw(const file_map& map, std::string_view title) { return painter{map, title}.draw(); }

}  // namespace stowage::cli
