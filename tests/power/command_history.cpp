#include <stowage/tests/power/command_history.hpp>

#include <stowage/storage/core/little_endian.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

namespace stowage::test {

namespace {

enum class note_kind : std::uint8_t { store, begin, end };

// Texts and values with their length before them.
class note_writer {
 public:
  explicit note_writer(note_kind kind) { number(static_cast<std::uint64_t>(kind)); }
  note_writer& number(std::uint64_t n) {
    byte_writer{bytes_}.number(n);
    return *this;
  }
  note_writer& text(std::string_view t) {
    number(t.size());
    byte_writer{bytes_}.bytes(as_bytes(t));
    return *this;
  }
  [[nodiscard]] std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

class note_reader {
 public:
  explicit note_reader(byte_view bytes) : in_{bytes} {}
  std::uint64_t number() { return in_.number<std::uint64_t>(); }
  std::string text() { return std::string{as_text(in_.bytes(number()))}; }
  void finish() const {
    if (!in_.finished()) throw std::runtime_error{"a note that cannot be read"};
  }

 private:
  byte_reader in_;
};

std::vector<change_unit> read_units(note_reader& in) {
  std::vector<change_unit> units;
  for (auto left = in.number(); left > 0; --left) {
    auto& unit = units.emplace_back();
    for (auto changes = in.number(); changes > 0; --changes) {
      auto& change = unit.emplace_back();
      change.name = in.text();
      if (in.number() != 0) change.value = shared_bytes{in.text()};
    }
  }
  return units;
}

// How a found state differs from a known one, while units are applied to the known one.
class comparison {
 public:
  comparison(const store_state& found, const known_state& known) : found_{found}, known_{known} {
    for (const auto& [name, b] : known_) look_at(name);
    for (const auto& [name, b] : found_) look_at(name);
  }

  void apply(const change_unit& unit, const told_versions& versions) {
    test::apply(known_, unit, versions);
    for (const auto& change : unit) look_at(change.name);
  }

  [[nodiscard]] bool equal() const noexcept { return different_.empty(); }
  [[nodiscard]] std::size_t differences() const noexcept { return different_.size(); }
  [[nodiscard]] const std::string& first() const { return *different_.begin(); }

 private:
  void look_at(const std::string& name) {
    if (same(name))
      different_.erase(name);
    else
      different_.insert(name);
  }

  [[nodiscard]] bool same(const std::string& name) const {
    const auto f = found_.find(name);
    const auto k = known_.find(name);
    if (f == found_.end() || k == known_.end()) return f == found_.end() && k == known_.end();
    if (k->second.ver && *k->second.ver != f->second.ver) return false;
    const auto& a = f->second.value;
    const auto& b = k->second.value;
    return (a.data() == b.data() && a.size() == b.size()) || a == b;
  }

  const store_state& found_;
  known_state known_;
  std::set<std::string> different_;
};

}  // namespace

void apply(known_state& state, const change_unit& unit, const told_versions& versions) {
  for (const auto& change : unit) {
    if (!change.value) {
      state.erase(change.name);
      continue;
    }
    known_block b{*change.value, {}};
    if (const auto told = versions.find(change.name); told != versions.end()) b.ver = told->second;
    state.insert_or_assign(change.name, std::move(b));
  }
}

std::vector<std::byte> note_of_store(const std::string& path) {
  return note_writer{note_kind::store}.text(path).take();
}

std::vector<std::byte> note_of_begin(const noted_command& c) {
  note_writer out{note_kind::begin};
  out.text(c.what).number(c.creates ? 1 : 0).number(c.units.size());
  for (const auto& unit : c.units) {
    out.number(unit.size());
    for (const auto& change : unit) {
      out.text(change.name).number(change.value ? 1 : 0);
      if (change.value) out.text(change.value->text());
    }
  }
  return out.take();
}

std::vector<std::byte> note_of_end(const noted_command& c) {
  note_writer out{note_kind::end};
  out.number(c.acknowledged ? 1 : 0).number(c.applied).number(c.versions.size());
  for (const auto& [name, ver] : c.versions) out.text(name).number(ver.value);
  return out.take();
}

command_history::command_history(const std::vector<file_operation>& log) {
  known_state now;
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (log[i].call != file_call::note) continue;
    note_reader in{log[i].bytes};
    switch (static_cast<note_kind>(in.number())) {
      case note_kind::store: store_ = in.text(); break;
      case note_kind::begin: {
        auto& c = commands_.emplace_back();
        c.what = in.text();
        c.creates = in.number() != 0;
        c.units = read_units(in);
        c.begin = i;
        c.base = now;
        break;
      }
      case note_kind::end: {
        if (commands_.empty() || commands_.back().end)
          throw std::runtime_error{"an end without a begin"};
        auto& c = commands_.back();
        c.end = i;
        c.acknowledged = in.number() != 0;
        c.applied = in.number();
        for (auto left = in.number(); left > 0; --left) {
          auto name = in.text();
          c.versions.emplace(std::move(name), version{in.number()});
        }
        if (c.applied > c.units.size()) throw std::runtime_error{"more units than there are"};
        for (std::size_t u = 0; u < c.applied; ++u) apply(now, c.units[u], c.versions);
        break;
      }
      default: throw std::runtime_error{"an unknown note"};
    }
    in.finish();
  }
  if (store_.empty()) throw std::runtime_error{"a log that does not say which file is the store"};
}

const noted_command* command_history::current(std::size_t done) const {
  const auto later =
      std::ranges::find_if(commands_, [done](const noted_command& c) { return c.begin >= done; });
  return later == commands_.begin() ? nullptr : &*std::prev(later);
}

bool command_history::store_must_exist(std::size_t done) const {
  return std::ranges::any_of(commands_, [done](const noted_command& c) {
    return c.creates && c.acknowledged && *c.end < done;
  });
}

std::string command_history::complaint_about(const store_state& found, std::size_t done) const {
  const auto* last = current(done);
  // Backwards to what was acknowledged last: what happened before that can be no more.
  std::string nearest;
  std::size_t fewest = SIZE_MAX;
  const auto judge = [&](const comparison& c, const std::string& where) {
    if (c.differences() < fewest) {
      fewest = c.differences();
      if (fewest > 0) nearest = where + " (differs in " + c.first().substr(0, 40) + ")";
    }
    return c.equal();
  };
  if (last == nullptr) {
    const comparison empty{found, {}};
    return judge(empty, "the empty store") ? "" : "not " + nearest;
  }
  for (const auto* c = last;; --c) {
    const bool is_acknowledged = c->acknowledged && *c->end < done;
    comparison state{found, c->base};
    if (!is_acknowledged && judge(state, "before " + c->what)) return {};
    for (std::size_t u = 0; u < c->units.size(); ++u) {
      state.apply(c->units[u], c->versions);
      const bool is_whole = u + 1 == c->units.size();
      if (is_acknowledged && !is_whole) continue;
      if (judge(state, c->what + ", " + std::to_string(u + 1) + " of its " +
                           std::to_string(c->units.size()) + " units"))
        return {};
    }
    if (is_acknowledged && c->units.empty() && judge(state, c->what)) return {};
    if (is_acknowledged || c == commands_.data()) break;
  }
  return std::string{"a state that cannot be"} +
         (last->acknowledged && *last->end < done ? " after acknowledging " : " during ") +
         last->what + "; the nearest is " + nearest;
}

}  // namespace stowage::test
