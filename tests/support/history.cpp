#include <stowage/tests/support/history.hpp>

#include <stowage/storage/core/expiry.hpp>

#include <algorithm>
#include <set>

namespace stowage::test {

namespace {

std::string show(version v) { return std::to_string(v.value); }
std::string show(const std::optional<seen_block>& b) {
  return b ? "version " + show(b->ver) + " of " + std::to_string(b->value.size()) + " bytes"
           : "nothing";
}

bool happened(const write_event& event) {
  return event.what == outcome::taken || event.what == outcome::seen;
}

// The writes of each name that happened in version order, and the versions inside a transaction.
class timeline {
 public:
  explicit timeline(const history& h) {
    for (const auto& event : h.writes) {
      if (!happened(event)) continue;
      for (const auto& w : event.writes)
        of_name_[w.name].emplace(w.ver, entry{&event, w.value, w.expires_at_ms});
      for (const auto& w : event.writes) moments_.insert(w.ver);
      if (event.clears) continue;
      // Between its first and its last write a transaction is not there yet.
      for (std::size_t i = 0; i + 1 < event.writes.size(); ++i) inside_.insert(event.writes[i].ver);
    }
    moments_.insert(version{});
  }

  struct entry {
    const write_event* event;
    std::optional<std::string> value;
    std::uint64_t expires_at_ms = 0;
  };
  using entries = std::map<version, entry>;

  [[nodiscard]] const std::map<std::string, entries>& names() const { return of_name_; }
  [[nodiscard]] const entries& of(const std::string& name) const {
    static const entries none;
    const auto it = of_name_.find(name);
    return it == of_name_.end() ? none : it->second;
  }
  /// The state of `name` right after the write of version `at`.
  [[nodiscard]] std::optional<seen_block> state(const std::string& name, version at) const {
    const auto& all = of(name);
    auto it = all.upper_bound(at);
    if (it == all.begin()) return std::nullopt;
    --it;
    if (!it->second.value) return std::nullopt;
    return seen_block{it->first, *it->second.value, it->second.expires_at_ms};
  }
  /// Versions at which a state may be seen: not inside a transaction.
  [[nodiscard]] std::vector<version> moments() const {
    std::vector<version> out;
    std::ranges::set_difference(moments_, inside_, std::back_inserter(out));
    return out;
  }

 private:
  std::map<std::string, entries> of_name_;
  std::set<version> moments_;
  std::set<version> inside_;
};

// Whether a write of this name by this time has an outcome that nobody knows.
bool may_have_happened(const history& h, const std::string& name, std::uint64_t time) {
  return std::ranges::any_of(h.writes, [&](const write_event& event) {
    return event.what == outcome::unknown && event.invoked <= time &&
           std::ranges::any_of(event.writes, [&](const written& w) { return w.name == name; });
  });
}

class checker {
 public:
  explicit checker(const history& h) : h_{&h}, line_{h} {}

  std::vector<std::string> run() {
    versions_are_given_once();
    versions_follow_real_time();
    for (const auto& r : h_->reads) read_is_of_its_time(r);
    for (const auto& l : h_->lists) list_is_one_moment(l);
    return std::move(broken_);
  }

 private:
  void broken(std::string rule) { broken_.push_back(std::move(rule)); }

  void versions_are_given_once() {
    std::set<version> given;
    for (const auto& event : h_->writes) {
      if (!happened(event)) continue;
      for (const auto& w : event.writes) {
        if (w.ver == version{}) broken("the write of " + w.name + " was taken without a version");
        if (!given.insert(w.ver).second) broken("version " + show(w.ver) + " was given twice");
        if (event.clears) break;
      }
    }
  }

  void versions_follow_real_time() {
    std::vector<const write_event*> taken;
    for (const auto& event : h_->writes)
      if (happened(event) && !event.writes.empty()) taken.push_back(&event);
    for (const auto* before : taken)
      for (const auto* after : taken)
        if (before->answered < after->invoked &&
            before->writes.back().ver > after->writes.front().ver)
          broken("version " + show(after->writes.front().ver) + " was asked for after version " +
                 show(before->writes.back().ver) + " had been answered");
  }

  // The newest version of a name that everyone has to see who asks from `time` on.
  [[nodiscard]] version known_before(const std::string& name, std::uint64_t time) const {
    version newest;
    for (const auto& [ver, e] : line_.of(name))
      if (e.event->answered < time) newest = std::max(newest, ver);
    for (const auto& r : h_->reads)
      if (r.name == name && r.answered < time && r.found) newest = std::max(newest, r.found->ver);
    return newest;
  }

  void read_is_of_its_time(const read_event& r) {
    const auto least = known_before(r.name, r.invoked);
    const auto& all = line_.of(r.name);
    const auto where = "a read of " + r.name + " at " + std::to_string(r.invoked);
    if (r.found) {
      const auto it = all.find(r.found->ver);
      // A conflict tells the version only.
      if (it == all.end() && !r.has_value && may_have_happened(*h_, r.name, r.answered)) return;
      if (it == all.end() || !it->second.value || it->second.event->invoked > r.answered)
        return broken(where + " found version " + show(r.found->ver) + ", which nobody wrote");
      if (r.has_value && *it->second.value != r.found->value)
        return broken(where + " found other bytes than were written");
      if (r.has_value && it->second.expires_at_ms != r.found->expires_at_ms)
        return broken(where + " found another expiry than was written");
      if (has_expired(it->second.expires_at_ms, r.wall_from_ms))
        return broken(where + " found version " + show(r.found->ver) + ", which had expired");
      if (r.found->ver < least)
        broken(where + " found version " + show(r.found->ver) + " after " + show(least));
      return;
    }
    // Absent: before its first write, or after a delete that is new enough, or because it has expired.
    bool possible = least == version{};
    for (const auto& [ver, e] : all)
      possible = possible || ((!e.value || has_expired(e.expires_at_ms, r.wall_to_ms)) &&
                              ver >= least && e.event->invoked <= r.answered);
    possible = possible || may_have_happened(*h_, r.name, r.answered);
    if (!possible) broken(where + " found nothing after version " + show(least));
  }

  void list_is_one_moment(const list_event& l) {
    version least;
    for (const auto& [name, all] : line_.names())
      for (const auto& [ver, e] : all)
        if (e.event->answered < l.invoked) least = std::max(least, ver);
    for (const auto moment : line_.moments()) {
      if (moment < least) continue;
      if (std::ranges::all_of(line_.names(), [&](const auto& n) {
            const auto state = line_.state(n.first, moment);
            const auto it = l.found.find(n.first);
            if (it == l.found.end() && (!state || has_expired(state->expires_at_ms, l.wall_to_ms)))
              return true;
            if (it != l.found.end() && state && it->second == state->ver)
              return !has_expired(state->expires_at_ms, l.wall_from_ms);
            // What the list shows instead is the work of nobody else.
            const bool is_known = it != l.found.end() && n.second.contains(it->second);
            return !is_known && may_have_happened(*h_, n.first, l.answered);
          }))
        return;
    }
    broken("the list at " + std::to_string(l.invoked) + " is the state of no moment");
  }

  const history* h_;
  timeline line_;
  std::vector<std::string> broken_;
};

bool has(const std::map<std::string, seen_block>& state, const written& w) {
  const auto it = state.find(w.name);
  return it != state.end() && w.value && it->second.value == *w.value;
}

// Whether an op of unknown outcome explains why `name` is not as the known writes say.
bool unknown_write_of(const history& h, const std::string& name,
                      const std::optional<seen_block>& found, std::uint64_t wall_ms) {
  return std::ranges::any_of(h.writes, [&](const write_event& event) {
    return event.what == outcome::unknown &&
           std::ranges::any_of(event.writes, [&](const written& w) {
             if (w.name != name) return false;
             if (found) return w.value == found->value;
             return !w.value || has_expired(w.expires_at_ms, wall_ms);
           });
  });
}

}  // namespace

history with_what_was_seen(history h, const std::map<std::string, seen_block>& state) {
  std::map<std::string, std::pair<write_event*, std::size_t>> by_value;
  for (auto& event : h.writes) {
    if (event.what != outcome::unknown) continue;
    for (std::size_t i = 0; i < event.writes.size(); ++i)
      if (event.writes[i].value) by_value[*event.writes[i].value] = {&event, i};
  }
  const auto see = [&](const seen_block& found) {
    const auto it = by_value.find(found.value);
    if (it == by_value.end()) return;
    auto& [event, index] = it->second;
    event->what = outcome::seen;
    event->answered = UINT64_MAX;
    for (std::size_t i = 0; i < event->writes.size(); ++i)
      event->writes[i].ver = version{found.ver.value + i - index};
  };
  for (const auto& r : h.reads)
    if (r.found && r.has_value) see(*r.found);
  for (const auto& [name, found] : state) see(found);
  return h;
}

std::vector<std::string> broken_rules(const history& h) { return checker{h}.run(); }

std::vector<std::string> broken_by_recovery(const history& h,
                                            const std::map<std::string, seen_block>& state,
                                            version floor, std::uint64_t wall_ms) {
  std::vector<std::string> broken;
  const timeline line{h};
  version durable;
  version given;
  for (const auto& event : h.writes) {
    if (event.what != outcome::taken) continue;
    for (const auto& w : event.writes) given = std::max(given, w.ver);
    const bool flushed = std::ranges::any_of(
        h.flushes, [&](const flush_event& f) { return event.answered < f.invoked; });
    if (event.durable || flushed)
      for (const auto& w : event.writes) durable = std::max(durable, w.ver);
  }
  if (floor <= given) broken.push_back("version " + show(floor) + " may be given again");

  // Some moment not before the last durable write is what came back, but for ops of unknown outcome.
  std::set<std::string> names;
  for (const auto& [name, all] : line.names()) names.insert(name);
  for (const auto& [name, found] : state) names.insert(name);
  // What differs from the moment that comes nearest.
  std::optional<std::vector<std::string>> differs;
  for (const auto moment : line.moments()) {
    if (moment < durable) continue;
    std::vector<std::string> here;
    for (const auto& name : names) {
      const auto it = state.find(name);
      const auto found = it == state.end() ? std::nullopt : std::optional{it->second};
      const auto expected = line.state(name, moment);
      if (found == expected || unknown_write_of(h, name, found, wall_ms)) continue;
      if (!found && has_expired(expected->expires_at_ms, wall_ms)) continue;
      here.push_back(name + " " + show(found) + " instead of " + show(expected) + " at " +
                     show(moment));
    }
    if (!differs || here.size() < differs->size()) differs = std::move(here);
  }
  if (!differs || !differs->empty()) {
    auto text = "what was recovered is the state of no moment after version " + show(durable);
    if (differs)
      for (const auto& d : *differs) text += "; " + d;
    broken.push_back(std::move(text));
  }

  // A transaction of unknown outcome is there whole, or overwritten later, if any of it is there.
  for (const auto& event : h.writes) {
    if (event.what != outcome::unknown || event.writes.size() < 2) continue;
    version there;
    for (const auto& w : event.writes)
      if (has(state, w)) there = std::max(there, state.at(w.name).ver);
    if (there == version{}) continue;
    for (const auto& w : event.writes) {
      const auto it = state.find(w.name);
      const auto first = version{there.value - std::min(there.value, event.writes.size() - 1)};
      if (w.value && !has(state, w) && it != state.end() && it->second.ver < first)
        broken.push_back("a transaction was recovered without its write of " + w.name);
    }
  }
  return broken;
}

}  // namespace stowage::test
