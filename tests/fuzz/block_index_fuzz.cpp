// The index of blocks against a map, with snapshots that must stay what they were.
//
// Input: one command after another; names are numbers, so that a range of them costs the input a few bytes.

#include <stowage/storage/index/block_index.hpp>
#include <stowage/tests/fuzz/choices.hpp>
#include <stowage/tests/fuzz/fuzz_target.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <string>

namespace stowage::fuzz {

namespace {

constexpr std::size_t names_end = 2048;
constexpr std::size_t snapshots_max = 4;
constexpr int commands_max = 64;

struct expected_block {
  version ver;
  std::uint64_t published = 0;
  std::vector<chunk> chunks;
};

using expected_state = std::map<std::string, expected_block, std::less<>>;

// Four lengths, so that one name is a prefix of another.
std::string name_of(std::size_t number) {
  std::string name(1 + number % 4, 'a');
  for (auto n = number; n > 0; n /= 26) name += static_cast<char>('a' + n % 26);
  return name;
}

class driver {
 public:
  void run(choices& from) {
    using command = void (driver::*)(choices&);
    static constexpr std::array<command, 9> commands{
        &driver::put,           &driver::put_range,     &driver::erase,
        &driver::erase_range,   &driver::relocate,      &driver::clear,
        &driver::take_snapshot, &driver::drop_snapshot, &driver::look};
    for (int left = commands_max; !from.empty() && left > 0; --left) {
      (this->*commands[from.below(commands.size())])(from);
      require(index_.size() == state_.size() && index_.value_bytes() == value_bytes_ &&
                  index_.dense_bytes() == dense_bytes_ &&
                  index_.checkpoint_bytes() == checkpoint_bytes_ &&
                  index_.expiring().size() == expiring_,
              "the index counts what it holds");
    }
    check(index_, state_);
    for (const auto& [snapshot, state] : snapshots_) check(snapshot, state);
  }

 private:
  void put(choices& from) { put_one(from.below(names_end), from.below(4)); }
  void put_range(choices& from) {
    each_of_range(from, [this](std::size_t name) { put_one(name, name % 2); });
  }
  void erase(choices& from) { erase_one(from.below(names_end)); }
  void erase_range(choices& from) {
    each_of_range(from, [this](std::size_t name) { erase_one(name); });
  }

  template <class Each>
  static void each_of_range(choices& from, Each each) {
    auto name = from.below(names_end);
    const auto step = 1 + from.below(7);
    for (auto left = 1 + from.below(256); left > 0; --left, name = (name + step) % names_end)
      each(name);
  }

  void put_one(std::size_t number, std::size_t chunk_count) {
    expected_block b{version{++last_version_}, ++published_, any_chunks(chunk_count)};
    const auto name = name_of(number);
    expect_retired(name);
    apply(op_kind::put, name, b.ver, b.chunks, b.published);
    set(name, std::move(b));
  }

  void erase_one(std::size_t number) {
    const auto name = name_of(number);
    expect_retired(name);
    apply(op_kind::del, name, version{++last_version_}, {}, 0);
    remove(name);
  }

  // Of the version that is there, or of another one: then its own chunks are what is retired.
  void relocate(choices& from) {
    const auto name = name_of(from.below(names_end));
    const auto found = state_.find(name);
    const bool is_current = found != state_.end() && !from.flag();
    expected_block moved{is_current ? found->second.ver : version{last_version_ + 1}, ++published_,
                         any_chunks(from.below(4))};
    expected_.push_back(is_current ? std::pair{name, found->second} : std::pair{name, moved});
    apply(op_kind::relocate, name, moved.ver, moved.chunks, moved.published);
    if (is_current) set(name, std::move(moved));
  }

  void clear(choices& from) {
    const version below{from.flag() ? ++last_version_
                                    : last_version_ - from.below(64) % (last_version_ + 1)};
    for (const auto& [name, e] : state_)
      if (e.ver < below) expected_.emplace_back(name, e);
    const auto gone = expected_;
    apply(op_kind::clear, {}, below, {}, 0);
    for (const auto& [name, e] : gone) remove(name);
  }

  void take_snapshot(choices&) {
    if (snapshots_.size() == snapshots_max) snapshots_.pop_front();
    snapshots_.emplace_back(index_.snapshot(), state_);
  }
  void drop_snapshot(choices& from) {
    if (snapshots_.empty()) return;
    const auto which =
        snapshots_.begin() + static_cast<std::ptrdiff_t>(from.below(snapshots_.size()));
    check(which->first, which->second);
    snapshots_.erase(which);
  }

  void look(choices& from) {
    const auto name = name_of(from.below(names_end));
    const auto count = from.below(64);
    auto expected = state_.lower_bound(name);
    std::size_t seen = 0;
    index_.for_each_from(name, [&](const block_ref& b) {
      require(expected != state_.end() && is_as_expected(*b, expected->first, expected->second),
              "blocks are visited in order from a name on");
      ++expected;
      return ++seen < count;
    });
    require(seen == count || expected == state_.end() || (count == 0 && seen == 1),
            "the visit ends where it is told to, or at the end");
    const auto found = state_.find(name);
    const auto b = index_.find(name);
    require(static_cast<bool>(b) == (found != state_.end()), "a block is found if it is there");
    require(!b || is_as_expected(*b, found->first, found->second), "the block that is found is it");
    look_at_expired(from.byte());
  }

  void look_at_expired(std::uint64_t now_ms) {
    std::uint64_t last = 0;
    index_.expiring().for_each_expired(now_ms, [&](const block& b) {
      const auto found = state_.find(std::string{b.name()});
      require(found != state_.end() && is_as_expected(b, found->first, found->second),
              "what expires is in the index, as it is there");
      require(b.expires_at_ms() != 0 && b.expires_at_ms() >= last && b.expires_at_ms() <= now_ms,
              "the first to expire is the first");
      last = b.expires_at_ms();
      return true;
    });
  }

  /// Every other block has one; a move keeps it with the version.
  static std::uint64_t expiry_of(version ver) noexcept {
    return ver.value % 2 * (ver.value * 7 % 256);
  }

  void expect_retired(const std::string& name) {
    if (const auto found = state_.find(name); found != state_.end())
      expected_.emplace_back(found->first, found->second);
  }

  void apply(op_kind kind, std::string_view name, version ver, const std::vector<chunk>& chunks,
             std::uint64_t published) {
    std::uint64_t length = 0;
    for (const auto& c : chunks) length += c.where.length;
    std::size_t retired = 0;
    const bool has_value = kind == op_kind::put || kind == op_kind::relocate;
    const auto expires = has_value ? expiry_of(ver) : 0;
    index_.apply({kind, 0, name, ver, expires, length, chunks}, published, [&](const block_ref& b) {
      require(retired < expected_.size() &&
                  is_as_expected(*b, expected_[retired].first, expected_[retired].second),
              "what leaves the state is retired, nothing else");
      ++retired;
    });
    require(retired == expected_.size(), "all that leaves the state is retired");
    expected_.clear();
  }

  [[nodiscard]] std::vector<chunk> any_chunks(std::size_t count) {
    std::vector<chunk> chunks(count);
    for (auto& c : chunks)
      c = {{last_version_ * 4096 + 131'072, 1 + last_version_ * 997 % 40'000},
           {last_version_, count}};
    return chunks;
  }

  static bool is_as_expected(const block& b, std::string_view name, const expected_block& e) {
    return b.name() == name && b.ver() == e.ver && b.published() == e.published &&
           b.expires_at_ms() == expiry_of(e.ver) && std::ranges::equal(b.chunks(), e.chunks);
  }

  template <class Index>
  static void check(const Index& index, const expected_state& state) {
    auto expected = state.begin();
    index.for_each_from({}, [&](const block_ref& b) {
      require(expected != state.end() && is_as_expected(*b, expected->first, expected->second),
              "the index holds what was put into it");
      ++expected;
      return true;
    });
    require(expected == state.end() && index.size() == state.size(), "no block is missing");
    for (const auto& [name, e] : state) {
      const auto b = index.find(name);
      require(b && is_as_expected(*b, name, e), "each block is found by its name");
    }
  }

  void count(std::string_view name, const expected_block& e, bool comes) {
    const auto add = [comes](std::uint64_t& sum, std::uint64_t n) {
      sum = comes ? sum + n : sum - n;
    };
    std::uint64_t length = 0;
    for (const auto& c : e.chunks) length += c.where.length;
    add(value_bytes_, length);
    add(dense_bytes_, round_up(length, length < 65'536 ? 64 : page_size));
    add(checkpoint_bytes_, encoded_op_bytes(name.size(), e.chunks.size()));
    add(expiring_, expiry_of(e.ver) != 0 ? 1 : 0);
  }
  void set(const std::string& name, expected_block b) {
    remove(name);
    count(name, b, true);
    state_.emplace(name, std::move(b));
  }
  void remove(const std::string& name) {
    const auto found = state_.find(name);
    if (found == state_.end()) return;
    count(name, found->second, false);
    state_.erase(found);
  }

  block_index index_;
  expected_state state_;
  std::uint64_t value_bytes_ = 0;
  std::uint64_t dense_bytes_ = 0;
  std::uint64_t checkpoint_bytes_ = 0;
  std::uint64_t expiring_ = 0;
  std::deque<std::pair<index_snapshot, expected_state>> snapshots_;
  std::vector<std::pair<std::string, expected_block>> expected_;
  std::uint64_t last_version_ = 0;
  std::uint64_t published_ = 0;
};

}  // namespace

const std::size_t input_bytes_max = 400;

void run(byte_view input) {
  choices from{input};
  driver{}.run(from);
}

std::vector<bytes> seeds() {
  // put, delete, relocate, clear; ranges that split and join nodes, with snapshots between.
  return {seed_of({0, 1, 0, 2, 0, 2, 0, 1, 4, 1, 0, 0, 2, 8, 0, 0, 3, 5, 1, 2, 2, 0}),
          seed_of({1, 0, 0, 0, 255, 6, 1, 0, 1, 0, 255, 6, 3, 0, 0, 1, 255, 7, 0, 8, 9, 0, 40}),
          seed_of({1, 0, 0, 2, 255, 1, 0, 4, 4, 255, 1, 9, 7, 6, 255,
                   3, 0, 0, 0, 255, 3, 0, 4, 1, 255, 6, 5, 0, 9})};
}

}  // namespace stowage::fuzz
