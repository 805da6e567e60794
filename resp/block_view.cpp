#include <stowage/resp/block_view.hpp>

#include <stowage/storage/core/invariant.hpp>

#include <utility>

namespace stowage::resp {

block_view::entry& block_view::at(std::string_view name) {
  auto found = entries_.find(name);
  if (found == entries_.end()) found = entries_.emplace(std::string{name}, entry{}).first;
  return found->second;
}

const block_view::entry& block_view::asked_for(std::string_view name) const {
  const auto found = entries_.find(name);
  invariant(found != entries_.end() && (found->second.learned || found->second.written),
            "a command asks for blocks it said it would need");
  return found->second;
}

void block_view::learn_absent(std::string_view name) {
  auto& e = at(name);
  e = {};
  e.learned = true;
}

void block_view::learn(std::string_view name, const block_stat& found) {
  auto& e = at(name);
  e = {};
  e.learned = true;
  e.ver = found.ver;
  e.is_there = true;
  e.size = found.size;
  e.expires_at_ms = found.expires_at_ms;
}

void block_view::learn(std::string_view name, const block_value& found) {
  auto& e = at(name);
  e = {};
  e.learned = true;
  e.ver = found.ver;
  e.is_there = true;
  e.size = found.value.size();
  e.value = found.value;
  e.expires_at_ms = found.expires_at_ms;
}

void block_view::learn_failure(std::string_view name, failure why) {
  auto& e = at(name);
  e = {};
  e.learned = true;
  e.why = std::move(why);
}

std::optional<version> block_view::version_of(std::string_view name) const {
  const auto& e = asked_for(name);
  if (e.why) return std::nullopt;
  return e.ver;
}

const failure* block_view::trouble(std::string_view name) const {
  const auto& e = asked_for(name);
  return e.why && !e.written ? &*e.why : nullptr;
}

bool block_view::exists(std::string_view name) const { return asked_for(name).is_there; }

std::uint64_t block_view::size(std::string_view name) const { return asked_for(name).size; }

payload block_view::value(std::string_view name) const {
  const auto& e = asked_for(name);
  if (!e.is_there) return {};
  invariant(e.value.has_value(), "a command asks for a value it said it would need");
  return *e.value;
}

std::uint64_t block_view::expires_at_ms(std::string_view name) const {
  return asked_for(name).expires_at_ms;
}

void block_view::put(std::string_view name, payload value, std::uint64_t expires_at_ms) {
  auto& e = at(name);
  e.is_there = true;
  e.size = value.size();
  e.value = std::move(value);
  e.expires_at_ms = expires_at_ms;
  e.written = true;
  if (expires_at_ms != 0 && expires_at_ms <= now_ms_) {
    // Over before it began.
    e.is_there = false;
    e.size = 0;
    e.expires_at_ms = 0;
    e.value.reset();
  }
  writes_ = true;
}

void block_view::remove(std::string_view name) {
  auto& e = at(name);
  e.is_there = false;
  e.size = 0;
  e.expires_at_ms = 0;
  e.value.reset();
  e.written = true;
  writes_ = true;
}

transaction block_view::decided() const {
  transaction t;
  for (const auto& [name, e] : entries_) {
    if (e.learned && !e.why) t.expect(name, e.ver);
    if (!e.written) continue;
    if (e.is_there)
      t.put(name, *e.value, e.expires_at_ms);
    else if (!e.learned || e.why || e.ver != version{})
      t.remove(name);
  }
  return t;
}

}  // namespace stowage::resp
