#include <stowage/storage/index/key_list.hpp>

#include <stowage/storage/core/mutant.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <utility>

namespace stowage::detail {

namespace {

std::size_t common_bytes(std::string_view a, std::string_view b) noexcept {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

std::uint64_t big_endian(const char* bytes, std::size_t count) noexcept {
  std::uint64_t value = 0;
  // Of a name without bytes there may be no pointer either.
  if (count > 0) std::memcpy(&value, bytes, count);
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

template <class T>
auto nth(std::vector<T>& of, std::size_t n) noexcept {
  return of.begin() + static_cast<std::ptrdiff_t>(n);
}

}  // namespace

std::uint64_t key_list::head_of(std::string_view name) const noexcept {
  const auto rest = name.substr(prefix_.size());
  return big_endian(rest.data(), std::min(rest.size(), sizeof(std::uint64_t)));
}

key_list::side key_list::side_of(std::string_view name) const noexcept {
  const auto order = name.substr(0, prefix_.size()).compare(prefix_);
  if (order == 0) return side::within;
  return order < 0 ? side::before : side::behind;
}

std::size_t key_list::lower_bound(std::string_view name, std::size_t first) const noexcept {
  return first_behind(name, first, false);
}

std::size_t key_list::upper_bound(std::string_view name, std::size_t first) const noexcept {
  return first_behind(name, first, true);
}

std::size_t key_list::first_behind(std::string_view name, std::size_t first,
                                   bool passes_equal) const noexcept {
  if (const auto where = side_of(name); where != side::within)
    return where == side::before ? first : size();
  const auto head = head_of(name);
  const auto passes = [&](const entry& e) {
    if (e.head != head) return e.head < head;
    if (mutant("equal-heads-equal-names")) return passes_equal;
    const auto order = e.what->name().compare(name);
    return order < 0 || (order == 0 && passes_equal);
  };
  const auto begin = keys_.begin() + static_cast<std::ptrdiff_t>(first);
  return static_cast<std::size_t>(std::partition_point(begin, keys_.end(), passes) - keys_.begin());
}

void key_list::insert(std::size_t at, const block* key) {
  const auto name = key->name();
  if (keys_.empty())
    prefix_ = name;
  else
    shorten_for(name);
  keys_.insert(nth(keys_, at), {head_of(name), key});
}

const block* key_list::replace(std::size_t at, const block* key) {
  const auto name = key->name();
  shorten_for(name);
  return std::exchange(keys_[at], entry{head_of(name), key}).what;
}

void key_list::erase(std::size_t at) { keys_.erase(nth(keys_, at)); }

void key_list::move_tail(std::size_t at, key_list& to, std::size_t room) {
  const bool had_none = to.empty();
  to.keys_.reserve(std::max(room, to.size() + size() - at));
  to.keys_.insert(to.keys_.end(), nth(keys_, at), keys_.end());
  keys_.erase(nth(keys_, at), keys_.end());
  // Their heads come along.
  if (had_none) to.prefix_ = prefix_;
  to.find_prefix(had_none);
  find_prefix(true);
}

void key_list::append(const key_list& other) {
  keys_.insert(keys_.end(), other.keys_.begin(), other.keys_.end());
  find_prefix(false);
}

void key_list::shorten_for(std::string_view name) {
  const auto common = common_bytes(prefix_, name);
  if (common == prefix_.size()) return;
  prefix_.resize(common);
  set_heads();
}

// They are in order from the second one on, so what the ends begin with, all do.
void key_list::find_prefix(bool has_heads) {
  if (keys_.empty()) {
    prefix_.clear();
    return;
  }
  const auto first = keys_.front().what->name();
  auto common = first.size();
  for (const auto* other : {keys_[keys_.size() > 1 ? 1 : 0].what, keys_.back().what})
    common = std::min(common, common_bytes(first, other->name()));
  if (has_heads && common == prefix_.size()) return;
  prefix_ = first.substr(0, common);
  set_heads();
}

void key_list::set_heads() noexcept {
  if (mutant("heads-of-another-prefix")) return;
  for (auto& e : keys_) e.head = head_of(e.what->name());
}

}  // namespace stowage::detail
