#include <stowage/cli/file_map.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/format/layout.hpp>

#include <algorithm>
#include <unordered_map>

namespace stowage::cli {

namespace {

constexpr std::uint64_t squares_max = 8192;
constexpr std::uint64_t squares_of_a_small_file = 2048;
constexpr std::size_t columns_max = 128;

class surveyor {
 public:
  explicit surveyor(std::uint64_t file_bytes) {
    map_.file_bytes = round_down(file_bytes, page_size);
    while (squares() > squares_max) map_.square_bytes *= 2;
    map_.squares.resize(squares());
    map_.columns = squares() > squares_of_a_small_file ? columns_max : columns_max / 2;
  }

  void add(extent where, space_kind kind) {
    const auto index = static_cast<std::size_t>(kind);
    map_.totals[index] += where.length;
    while (!where.empty()) {
      const auto square = where.offset / map_.square_bytes;
      const auto bytes = std::min(where.length, (square + 1) * map_.square_bytes - where.offset);
      map_.squares[square][index] += bytes;
      where = {where.offset + bytes, where.length - bytes};
    }
  }

  void add_free(const extent& run) {
    add(run, space_kind::free_space);
    std::size_t size = 0;
    for (auto pages = run.length / page_size; pages > std::uint64_t{1} << 2 * size; ++size)
      if (size + 1 == map_.free_runs.size()) break;
    ++map_.free_runs[size];
    map_.free_run_bytes[size] += run.length;
    map_.longest_free_run = std::max(map_.longest_free_run, run.length);
  }

  void add_block(const block& b) {
    ++map_.blocks;
    map_.value_bytes += b.value_length();
    for (const auto& c : b.chunks()) {
      if (b.value_length() >= limits::packed_value_bytes_end) {
        add(c.where.pages(), space_kind::large_value);
        continue;
      }
      for (auto at = c.where.offset; at < c.where.end();) {
        const auto end = std::min(round_down(at, page_size) + page_size, c.where.end());
        live_bytes_[at / page_size] += end - at;
        at = end;
      }
    }
  }

  file_map finish() {
    for (const auto& [page, live] : live_bytes_) {
      const auto kind = live >= page_size / 4 * 3 ? space_kind::packed_full
                        : live >= page_size / 4   ? space_kind::packed_half
                                                  : space_kind::packed_sparse;
      add({page * page_size, page_size}, kind);
      ++map_.packed_pages[std::min<std::size_t>(live * 10 / page_size, 9)];
    }
    return std::move(map_);
  }

 private:
  [[nodiscard]] std::uint64_t squares() const noexcept {
    return (map_.file_bytes + map_.square_bytes - 1) / map_.square_bytes;
  }

  file_map map_;
  /// Of pages that small values lie on, by number.
  std::unordered_map<std::uint64_t, std::uint64_t> live_bytes_;
};

}  // namespace

file_map make_file_map(const recovered_store& state, std::uint64_t file_bytes) {
  surveyor s{file_bytes};
  s.add({0, layout::data_start}, space_kind::head);
  for (const auto& area : state.kept_areas) s.add(area.where, space_kind::journal);
  s.add(state.position.next.where, space_kind::next_area);
  for (const auto& e : state.current_checkpoint) s.add(e, space_kind::checkpoint);
  for (const auto& e : state.previous_checkpoint) s.add(e, space_kind::previous_checkpoint);
  for (const auto& run : state.space.free_space()) s.add_free(run);
  state.index.for_each_from({}, [&s](const block_ref& b) {
    s.add_block(*b);
    return true;
  });
  return s.finish();
}

}  // namespace stowage::cli
