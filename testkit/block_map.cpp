#include <stowage/testkit/block_map.hpp>

#include <stowage/storage/core/expiry.hpp>
#include <stowage/storage/core/limits.hpp>

#include <algorithm>
#include <utility>

namespace stowage::testkit {

namespace {

failure about(errc code, const std::string& name) {
  auto why = fail(code);
  why.name = name;
  return why;
}

std::optional<failure> name_refusal(const std::string& name) {
  if (!name.empty() && name.size() <= limits::name_bytes_max) return std::nullopt;
  auto why = fail(errc::limit_exceeded, "a name has 1 to 1024 bytes");
  why.name = name.substr(0, limits::name_bytes_max);
  return why;
}

durability reached(std::optional<durability> level) { return level.value_or(durability::durable); }

}  // namespace

result<receipt> block_map::answer(const put_request& r, std::uint64_t now_ms) {
  if (auto why = refusal(r.name, false, r.expected, now_ms)) return *std::move(why);
  return receipt{put(r.name, r.value, r.expires_at_ms), reached(r.level)};
}

result<block_value> block_map::answer(const get_request& r, std::uint64_t now_ms) const {
  const auto* found = find(r.name, now_ms);
  if (found == nullptr) return about(errc::not_found, r.name);
  const auto offset = std::min<std::uint64_t>(r.offset, found->value.size());
  const auto length = std::min<std::uint64_t>(r.length, found->value.size() - offset);
  return block_value{
      found->value.slice(static_cast<std::size_t>(offset), static_cast<std::size_t>(length)),
      found->ver, found->expires_at_ms};
}

result<receipt> block_map::answer(const delete_request& r, std::uint64_t now_ms) {
  if (auto why = refusal(r.name, true, r.expected, now_ms)) return *std::move(why);
  return receipt{remove(r.name), reached(r.level)};
}

result<put_many_result> block_map::answer(const put_many_request& r, std::uint64_t now_ms) {
  put_many_result out;
  out.reached = reached(r.level);
  for (const auto& w : r.writes) {
    if (auto why = refusal(w.name, w.removes, w.expected, now_ms)) {
      out.failures.push_back({static_cast<std::uint32_t>(out.versions.size()), *std::move(why)});
      out.versions.emplace_back();
      continue;
    }
    out.versions.push_back(w.removes ? remove(w.name) : put(w.name, w.value, w.expires_at_ms));
  }
  return out;
}

result<commit_receipt> block_map::answer(const commit_request& r, std::uint64_t now_ms) {
  for (const auto& w : r.what.writes())
    if (auto why = name_refusal(w.name)) return *std::move(why);
  for (const auto& e : r.what.expectations())
    if (auto why = name_refusal(e.name)) return *std::move(why);
  for (const auto& e : r.what.expectations())
    if (auto why = refusal(e.name, false, e.ver, now_ms)) return *std::move(why);
  commit_receipt out;
  out.reached = reached(r.level);
  for (const auto& w : r.what.writes())
    out.versions.push_back(w.removes ? remove(w.name) : put(w.name, w.value, w.expires_at_ms));
  return out;
}

result<receipt> block_map::answer(const clear_request& r, std::uint64_t /*now_ms*/) {
  blocks_.clear();
  return receipt{note({}, change_kind::cleared), reached(r.level)};
}

result<bool> block_map::answer(const exists_request& r, std::uint64_t now_ms) const {
  return find(r.name, now_ms) != nullptr;
}

result<block_stat> block_map::answer(const stat_request& r, std::uint64_t now_ms) const {
  const auto* found = find(r.name, now_ms);
  if (found == nullptr) return about(errc::not_found, r.name);
  return block_stat{r.name, found->ver, found->value.size(), found->expires_at_ms};
}

result<block_list> block_map::answer(const list_request& r, std::uint64_t now_ms) const {
  if (r.limit == 0 || r.limit > list_limit_max)
    return fail(errc::limit_exceeded, "a list has 1 to 10000 names");
  block_list out;
  auto next = r.after.empty() ? blocks_.begin() : blocks_.upper_bound(r.after);
  if (r.prefix > r.after) next = blocks_.lower_bound(r.prefix);
  for (; next != blocks_.end() && next->first.starts_with(r.prefix); ++next) {
    const auto& [name, b] = *next;
    if (has_expired(b.expires_at_ms, now_ms)) continue;
    if (out.blocks.size() == r.limit) {
      out.more = true;
      break;
    }
    out.blocks.push_back({name, b.ver, b.value.size(), b.expires_at_ms});
  }
  return out;
}

const block_map::block* block_map::find(const std::string& name, std::uint64_t now_ms) const {
  const auto found = blocks_.find(name);
  if (found == blocks_.end() || has_expired(found->second.expires_at_ms, now_ms)) return nullptr;
  return &found->second;
}

std::optional<failure> block_map::refusal(const std::string& name, bool removes,
                                          const std::optional<version>& expected,
                                          std::uint64_t now_ms) const {
  if (auto why = name_refusal(name)) return why;
  const auto* found = find(name, now_ms);
  const auto now = found == nullptr ? version{} : found->ver;
  if (expected && *expected != now) {
    auto why = about(errc::conflict, name);
    why.expected = *expected;
    why.actual = now;
    return why;
  }
  if (removes && found == nullptr) return about(errc::not_found, name);
  return std::nullopt;
}

version block_map::put(const std::string& name, payload value, std::uint64_t expires_at_ms) {
  const auto given = note(name, change_kind::put);
  blocks_[name] = {std::move(value), given, expires_at_ms};
  return given;
}

version block_map::remove(const std::string& name) {
  blocks_.erase(name);
  return note(name, change_kind::deleted);
}

version block_map::note(const std::string& name, change_kind kind) {
  last_ = last_.next();
  changes_.push_back({name, kind, last_});
  return last_;
}

}  // namespace stowage::testkit
