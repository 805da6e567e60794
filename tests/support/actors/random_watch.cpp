#include <stowage/tests/support/actors/random_watch.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace stowage::test {

namespace {

std::string show(const block_change& c) {
  return to_string(c.kind) + " of " + c.name + " by version " + std::to_string(c.ver.value);
}

// The write that has this version, if it is known.
const written* find_write(const history& life, version ver, bool& clears) {
  for (const auto& event : life.writes) {
    for (const auto& w : event.writes) {
      if (w.ver != ver) continue;
      clears = event.clears;
      return &w;
    }
  }
  return nullptr;
}

bool has_unknown_writes(const history& life) {
  return std::ranges::any_of(life.writes,
                             [](const auto& event) { return event.what == outcome::unknown; });
}

}  // namespace

void random_watch::begin_life() {
  told_.clear();
  forgotten_.clear();
  broken_.clear();
  watch_ = 0;
  from_ = through_ = {};
  rests_for_ = 0;
  prefix_ = random_() % 2 == 0 ? "" : "n" + std::to_string(random_() % 4);
  actor_ = std::make_unique<watching_actor>(f_);
  starts_ = actor_->watch(prefix_);
}

void random_watch::step() {
  if (starts_ && starts_->arrived()) {
    if (const auto& started = starts_->get(); started.ok()) {
      watch_ = started->watch;
      from_ = through_ = started->from;
    }
    starts_.reset();
  }
  if (watch_ == 0) return;
  if (rests_for_ > 0) {
    --rests_for_;
    return;
  }
  if (asked_) {
    // Sometimes the answer is lost.
    if (random_() % 16 == 0) asked_.reset();
    return take();
  }
  if (random_() % 50 == 0) rests_for_ = random_() % 500;
  asked_ = actor_->next(watch_, through_);
}

void random_watch::end_life() {
  step();
  take();
  asked_.reset();
  starts_.reset();
  actor_.reset();
}

void random_watch::take() {
  if (!asked_ || !asked_->arrived()) return;
  auto answered = std::exchange(asked_, std::nullopt);
  if (answered->code() != errc::none) return;
  const auto& batch = **answered;
  auto last = through_;
  if (batch.gap) {
    if (batch.gap->from <= last || batch.gap->to < batch.gap->from)
      broken_.push_back("a gap begins at version " + std::to_string(batch.gap->from.value) +
                        " after version " + std::to_string(last.value) + " was told");
    last = batch.gap->to;
    forgotten_.push_back(*batch.gap);
  }
  for (const auto& c : batch.changes) {
    if (c.ver <= last)
      broken_.push_back(show(c) + " is told after version " + std::to_string(last.value));
    if (!c.name.starts_with(prefix_) && c.kind != change_kind::cleared)
      broken_.push_back(show(c) + " is told to who asked for " + prefix_);
    last = c.ver;
    told_.push_back(c);
    ++changes_;
  }
  through_ = batch.through;
}

bool random_watch::is_told(version ver) const {
  const auto at = std::ranges::lower_bound(told_, ver, {}, &block_change::ver);
  return at != told_.end() && at->ver == ver;
}

bool random_watch::is_in_gap(version ver) const {
  return std::ranges::any_of(forgotten_,
                             [&](const auto& gap) { return gap.from <= ver && ver <= gap.to; });
}

void random_watch::mark_durable(history& life) const {
  for (auto& event : life.writes)
    if (event.what == outcome::taken &&
        std::ranges::any_of(event.writes, [&](const written& w) { return is_told(w.ver); }))
      event.durable = true;
}

std::vector<std::string> random_watch::broken_rules(const history& life) const {
  auto broken = broken_;
  // 1. What is told was written.
  for (const auto& c : told_) {
    bool clears = false;
    const auto* w = find_write(life, c.ver, clears);
    // A removal is the store's own.
    if (c.kind == change_kind::expired) {
      if (w != nullptr) broken.push_back(show(c) + ", which a client wrote");
      continue;
    }
    if (w == nullptr) {
      if (!has_unknown_writes(life)) broken.push_back(show(c) + ", which nobody wrote");
      continue;
    }
    const auto kind =
        clears ? change_kind::cleared : (w->value ? change_kind::put : change_kind::deleted);
    if (kind != c.kind || (!clears && w->name != c.name))
      broken.push_back(show(c) + " is told, and " + to_string(kind) + " of " + w->name +
                       " was written");
  }
  // 2. What was written and is not told is in a gap, or of a name that was written again.
  std::map<std::string, version> newest;
  for (const auto& event : life.writes) {
    if (event.what != outcome::taken) continue;
    for (const auto& w : event.writes) {
      if (w.ver <= from_ || w.ver > through_) continue;
      if (event.clears || w.name.starts_with(prefix_))
        newest[event.clears ? std::string{} : w.name] =
            std::max(newest[event.clears ? std::string{} : w.name], w.ver);
    }
  }
  // Such a write may be one of those whose answers nobody has: then what is told of it is all there is.
  const auto is_replaced = [&](const std::string& name, version ver) {
    return std::ranges::any_of(told_, [&](const block_change& c) {
      return c.ver > ver && (c.name == name || c.kind == change_kind::cleared);
    });
  };
  for (const auto& [name, ver] : newest)
    if (!is_told(ver) && !is_in_gap(ver) && !is_replaced(name, ver))
      broken.push_back("version " + std::to_string(ver.value) + " of " + name +
                       " is not told, and version " + std::to_string(through_.value) + " is");
  return broken;
}

}  // namespace stowage::test
