#include <stowage/tests/support/history_recorder.hpp>

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/checksum.hpp>
#include <stowage/tests/support/stamped_value.hpp>

namespace stowage::test {

namespace {

using kind = client_event_kind;

}  // namespace

std::string digest_of(const std::vector<listed_block>& blocks) {
  std::string text;
  for (const auto& b : blocks)
    text += b.name + "=" + std::to_string(b.ver.value) + ":" + std::to_string(b.bytes) + ";";
  const auto sum = checksum(as_bytes(text), 0);
  return std::to_string(blocks.size()) + "-" + std::to_string(sum.low);
}

std::string digest_of(const state_of_blocks& blocks) {
  std::vector<listed_block> listed;
  for (const auto& [name, b] : blocks) listed.push_back({name, b.ver, bytes_of_stamp(b.value)});
  return digest_of(listed);
}

history_recorder::history_recorder(const state_of_blocks& base) {
  for (const auto& [name, block] : base)
    history_.writes.push_back({0, 0, {{name, block.value, block.ver}}, true, outcome::taken});
}

void history_recorder::take(const client_event& event) {
  ++now_;
  const request_id id{event.client, event.request};
  switch (event.what) {
    case kind::opening: opening_ = true; return;
    case kind::opened: digest_ = event.digest; return;
    case kind::closing:
      closing_ = true;
      closing_at_ = now_;
      return;
    case kind::closed:
      // An orderly close makes everything accepted durable.
      closed_ = true;
      history_.flushes.push_back({closing_at_, now_});
      return;
    case kind::ask: {
      asked a{now_, {}, event.what};
      const auto add = [&](std::vector<written> writes) {
        a.events.push_back(history_.writes.size());
        history_.writes.push_back(
            {now_, UINT64_MAX, std::move(writes), event.durable, outcome::unknown});
      };
      if (event.whole) {
        add(event.blocks);
      } else {
        for (const auto& w : event.blocks) add({w});
      }
      under_way_[id] = std::move(a);
      return;
    }
    case kind::compact: ++compacting_; [[fallthrough]];
    case kind::get:
    case kind::list:
    case kind::flush:
    case kind::checkpoint: under_way_[id] = {now_, {}, event.what}; return;
    default: break;
  }
  if (event.what == kind::failed && event.request == 0) {
    ++failures_[event.answers.front().why];
    return;
  }

  const auto it = under_way_.find(id);
  if (it == under_way_.end()) {
    nonsense_.push_back("an answer that nobody asked for: " + encode(event));
    return;
  }
  const auto what = std::move(it->second);
  under_way_.erase(it);
  if (what.kind == kind::compact) --compacting_;
  switch (event.what) {
    case kind::got: return on_got(event, what);
    case kind::refused:
      for (const auto e : what.events) on_failure(e, event.answers.front(), event.name);
      return;
    case kind::saw: {
      read_event r{what.at, now_, event.name, {}, true};
      if (!event.blocks.empty())
        r.found = seen_block{event.blocks.front().ver, *event.blocks.front().value};
      history_.reads.push_back(std::move(r));
      return;
    }
    case kind::listed: {
      list_event l{what.at, now_, {}};
      for (const auto& b : event.blocks) l.found.emplace(b.name, b.ver);
      history_.lists.push_back(std::move(l));
      return;
    }
    case kind::checkpointed: return;
    case kind::compacted: ++compactions_; return;
    case kind::flushed: history_.flushes.push_back({what.at, now_}); return;
    default: ++failures_[event.answers.front().why]; return;
  }
}

void history_recorder::on_got(const client_event& event, const asked& what) {
  std::size_t answers = 0;
  for (const auto e : what.events) answers += history_.writes[e].writes.size();
  if (answers != event.answers.size()) {
    nonsense_.push_back("another number of answers than of writes: " + encode(event));
    return;
  }
  auto answer = event.answers.begin();
  for (const auto e : what.events) {
    auto& w = history_.writes[e];
    if (answer->why != errc::none) {
      on_failure(e, *answer++, w.writes.front().name);
      continue;
    }
    w.answered = now_;
    w.what = outcome::taken;
    for (auto& each : w.writes) each.ver = answer++->ver;
  }
}

// What is certain about a write that failed.
void history_recorder::on_failure(std::size_t event, const write_answer& answer,
                                  const std::string& name) {
  auto& e = history_.writes[event];
  e.answered = now_;
  switch (answer.why) {
    case errc::conflict:
    case errc::not_found: {
      read_event found{e.invoked, now_, name, {}, false};
      if (answer.actual != version{}) found.found = seen_block{answer.actual, {}};
      history_.reads.push_back(std::move(found));
      e.what = outcome::rejected;
      return;
    }
    case errc::no_space:
    case errc::overloaded:
    case errc::limit_exceeded:
      ++failures_[answer.why];
      e.what = outcome::rejected;
      return;
    default: ++failures_[answer.why]; return;  // it may have happened
  }
}

void history_recorder::forget_reads() {
  history_.reads.clear();
  history_.lists.clear();
}

// The write of this version, or one that nobody was told of.
std::string history_recorder::stamp_of_empty(const std::string& name, version ver) const {
  std::string unknown{nameless_stamp};
  for (const auto& event : history_.writes)
    for (const auto& w : event.writes) {
      if (w.name != name || !w.value || bytes_of_stamp(*w.value) != 0) continue;
      if (event.what == outcome::taken && w.ver == ver) return *w.value;
      if (event.what == outcome::unknown) unknown = *w.value;
    }
  return unknown;
}

void history_recorder::name_empty_values(state_of_blocks& state) {
  const auto name_it = [this](const std::string& name, seen_block& b) {
    if (b.value == nameless_stamp) b.value = stamp_of_empty(name, b.ver);
  };
  for (auto& [name, b] : state) name_it(name, b);
  for (auto& r : history_.reads)
    if (r.found && r.has_value) name_it(r.name, *r.found);
}

}  // namespace stowage::test
