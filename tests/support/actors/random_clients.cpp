#include <stowage/tests/support/actors/random_clients.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace stowage::test {

template <class T, class Record>
void random_clients::expect(answer<T> pending, Record on_answer) {
  ++asked_;
  auto shared = std::make_shared<answer<T>>(std::move(pending));
  under_way_.push_back([this, shared, on_answer]() mutable {
    if (!shared->arrived()) return false;
    ++answered_;
    if (shared->code() == errc::poisoned && !device_failed()) failed_without_cause_ = true;
    on_answer(shared->get());
    return true;
  });
}

void random_clients::send_something() {
  switch (below(12)) {
    case 3: return mix_.deletes ? send_delete() : send_put();
    case 4: return mix_.put_many ? send_put_many() : send_put();
    case 5:
    case 6: return mix_.transactions ? send_commit() : send_put();
    case 7:
    case 8: return send_get();
    case 9: return mix_.lists ? send_list() : send_get();
    case 10:
      if (mix_.clears && one_in(16)) return send_clear();
      return mix_.flushes ? send_flush() : send_get();
    // Rarely: one costs as much as some hundred other requests.
    case 11: return mix_.maintenance && one_in(32) ? send_maintenance() : void();
    default: return send_put();
  }
}

std::string random_clients::new_value() {
  const auto size = below(one_in(10) ? mix_.value_bytes_end : 300);
  return std::to_string(++values_) + ":" + std::string(size, 'v');
}

// Some time around now: batches wait for 50 ms, and time passes in steps of up to 60 ms.
std::uint64_t random_clients::any_expiry() {
  if (!mix_.expiry || !one_in(5)) return 0;
  return f_.wall_ms() + below(one_in(3) ? 20'000 : 400) - std::min<std::uint64_t>(below(200), 100);
}

std::size_t random_clients::record(std::vector<written> writes, durability level) {
  history_.writes.push_back({now_, UINT64_MAX, std::move(writes), level == durability::durable,
                             outcome::unknown, false, f_.wall_ms()});
  return history_.writes.size() - 1;
}

// What is certain about a write that failed.
void random_clients::record_failure(std::size_t event, const failure& why) {
  auto& e = history_.writes[event];
  e.answered = now_;
  switch (why.code) {
    case errc::conflict: {
      read_event found{e.invoked, now_, why.name, {}, false, e.wall_ms, f_.wall_ms()};
      if (why.actual != version{}) found.found = seen_block{why.actual, {}};
      record_read(std::move(found));
      e.what = outcome::rejected;
      return;
    }
    case errc::not_found:
      record_read({e.invoked, now_, why.name, {}, false, e.wall_ms, f_.wall_ms()});
      e.what = outcome::rejected;
      return;
    case errc::no_space:
    case errc::overloaded:
    case errc::limit_exceeded: e.what = outcome::rejected; return;
    default: return;  // it may have happened
  }
}

// Once the device has failed, what was only accepted vanishes: reads are no part of the history then.
void random_clients::record_read(read_event r) {
  if (!device_failed()) history_.reads.push_back(std::move(r));
}

bool random_clients::device_failed() {
  // Answers may still come in when the device is gone.
  if (f_.rig)
    device_failed_ = std::ranges::any_of(f_.rig->trace, [](const device_operation& o) {
      return o.error && o.call != device_call::allocate;
    });
  return device_failed_;
}

std::optional<version> random_clients::any_expectation(const std::string& name) {
  if (!one_in(3)) return std::nullopt;
  if (one_in(3)) return version{};
  // Some version that the name had; often it is the current one.
  version known;
  for (const auto& e : history_.writes)
    for (const auto& w : e.writes)
      if (w.name == name && e.what == outcome::taken && !one_in(5)) known = w.ver;
  return known;
}

void random_clients::send_put() {
  auto name = any_name();
  auto value = new_value();
  const auto level = any_level();
  const auto expected = any_expectation(name);
  const auto expires = any_expiry();
  const auto event = record({{name, value, {}, expires}}, level);
  expect_receipt(event, f_.send(put_request{name, payload{std::move(value)}, level, expected,
                                            !one_in(5), expires}));
}

void random_clients::send_delete() {
  auto name = any_name();
  const auto level = any_level();
  const auto expected = any_expectation(name);
  const auto event = record({{name, std::nullopt, {}}}, level);
  expect_receipt(event, f_.send(delete_request{name, level, expected, !one_in(5)}));
}

void random_clients::expect_receipt(std::size_t event, answer<receipt> pending) {
  expect(std::move(pending), [this, event](const result<receipt>& got) {
    if (!got) return record_failure(event, got.error());
    auto& e = history_.writes[event];
    e.answered = now_;
    e.what = outcome::taken;
    e.writes.front().ver = got->ver;
  });
}

void random_clients::send_commit() {
  transaction t;
  std::vector<written> writes;
  const auto level = any_level();
  for (auto n = 1 + below(4); n > 0; --n) {
    auto name = any_name();
    if (const auto expected = any_expectation(name)) t.expect(name, *expected);
    if (one_in(4)) {
      t.remove(name);
      writes.push_back({name, std::nullopt, {}});
    } else {
      auto value = new_value();
      const auto expires = any_expiry();
      writes.push_back({name, value, {}, expires});
      t.put(name, payload{std::move(value)}, expires);
    }
  }
  const auto event = record(std::move(writes), level);
  expect(f_.send(commit_request{std::move(t), level, !one_in(5)}),
         [this, event](const result<commit_receipt>& got) {
           if (!got) return record_failure(event, got.error());
           auto& e = history_.writes[event];
           e.answered = now_;
           e.what = outcome::taken;
           BOOST_TEST_REQUIRE(got->versions.size() == e.writes.size());
           for (std::size_t i = 0; i < e.writes.size(); ++i) e.writes[i].ver = got->versions[i];
         });
}

void random_clients::send_put_many() {
  std::vector<single_write> writes;
  std::vector<std::size_t> events;
  const auto level = any_level();
  for (auto n = 1 + below(6); n > 0; --n) {
    auto name = any_name();
    const auto expected = any_expectation(name);
    if (one_in(4)) {
      events.push_back(record({{name, std::nullopt, {}}}, level));
      writes.push_back({name, {}, true, expected});
    } else {
      auto value = new_value();
      const auto expires = any_expiry();
      events.push_back(record({{name, value, {}, expires}}, level));
      writes.push_back({name, payload{std::move(value)}, false, expected, expires});
    }
  }
  expect(f_.send(put_many_request{std::move(writes), level, !one_in(5)}),
         [this, events](const result<put_many_result>& got) {
           if (!got) {
             for (const auto event : events) record_failure(event, got.error());
             return;
           }
           BOOST_TEST_REQUIRE(got->versions.size() == events.size());
           for (std::size_t i = 0; i < events.size(); ++i) {
             auto& e = history_.writes[events[i]];
             e.answered = now_;
             if (got->versions[i] == version{}) continue;
             e.what = outcome::taken;
             e.writes.front().ver = got->versions[i];
           }
           for (const auto& refused : got->failures)
             record_failure(events[refused.at], refused.why);
         });
}

void random_clients::send_get() {
  auto name = any_name();
  const auto asked = [this, name, invoked = now_,
                      wall = f_.wall_ms()](const result<block_value>& got) {
    read_event r{invoked, now_, name, {}, true, wall, f_.wall_ms()};
    if (got)
      r.found = seen_block{got->ver, std::string{got->value.text()}, got->expires_at_ms};
    else if (got.error().code != errc::not_found)
      return;
    record_read(std::move(r));
  };
  expect(f_.get(name), asked);
}

void random_clients::send_list() {
  expect(f_.list(), [this, invoked = now_, wall = f_.wall_ms()](const result<block_list>& got) {
    if (!got || device_failed()) return;
    list_event l{invoked, now_, {}, wall, f_.wall_ms()};
    for (const auto& b : got->blocks) l.found.emplace(b.name, b.ver);
    history_.lists.push_back(std::move(l));
  });
}

void random_clients::send_flush() {
  expect(f_.flush(), [this, invoked = now_](const result<void>& got) {
    if (got) history_.flushes.push_back({invoked, now_});
  });
}

// Of every name that any client ever writes.
void random_clients::send_clear() {
  const auto level = any_level();
  std::vector<written> writes;
  for (std::uint64_t i = 0; i < mix_.names; ++i)
    writes.push_back({"n" + std::to_string(i), std::nullopt, {}});
  const auto event = record(std::move(writes), level);
  history_.writes[event].clears = true;
  expect(f_.send(clear_request{level, !one_in(5)}), [this, event](const result<receipt>& got) {
    if (!got) return record_failure(event, got.error());
    ++clears_;
    auto& e = history_.writes[event];
    e.answered = now_;
    e.what = outcome::taken;
    for (auto& w : e.writes) w.ver = got->ver;
  });
}

void random_clients::send_maintenance() {
  if (one_in(4)) return send_verify();
  if (one_in(3)) return expect(f_.ask_checkpoint(), [](const result<void>&) {});
  expect(f_.ask_compact(), [this](const result<compact_result>& got) {
    // Where the file may grow, clients that take all there is do not make it fail.
    if (!got) {
      const bool may_be_full = f_.capacity != memory_device::unlimited || device_failed();
      BOOST_TEST((got.error().code != errc::no_space || may_be_full), describe(got.error()));
      return;
    }
    ++compactions_;
    if (got->file_bytes_after < got->file_bytes_before) ++cuts_;
    // Nothing has rotted here.
    BOOST_TEST((got->unreadable_count == 0 || device_failed()));
  });
}

void random_clients::send_verify() {
  expect(f_.ask_verify(), [this](const result<verify_result>& got) {
    if (!got || device_failed()) return;
    ++verifications_;
    BOOST_TEST(got->found_count == 0U, (got->found.empty() ? "" : describe(got->found.front()))
                                           << " in a whole store");
  });
}

void random_clients::take_answers() {
  std::erase_if(under_way_, [](request_under_way& r) { return r(); });
}

}  // namespace stowage::test
