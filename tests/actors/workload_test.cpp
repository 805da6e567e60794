// Random work against a model: what is answered, what is read, and what a crash leaves.
#include <stowage/tests/support/actors/store_fixture.hpp>

#include <cstdlib>
#include <map>
#include <random>

using namespace stowage;
using namespace stowage::test;

namespace {

struct state_entry {
  std::string value;
  version ver;

  friend bool operator==(const state_entry&, const state_entry&) = default;
};
using state = std::map<std::string, state_entry>;

/// A write that was accepted, as the model knows it.
struct accepted_write {
  version ver;
  std::string name;
  std::optional<std::string> value;  // none = delete
};

/// The state after the first `count` writes.
state after(const state& base, const std::vector<accepted_write>& writes, std::size_t count) {
  auto s = base;
  for (std::size_t i = 0; i < count; ++i) {
    if (writes[i].value)
      s[writes[i].name] = {*writes[i].value, writes[i].ver};
    else
      s.erase(writes[i].name);
  }
  return s;
}

state read_all(store_fixture& f) {
  state s;
  auto page = f.list({}, {}, list_limit_max);
  f.run();
  for (const auto& b : page->blocks) s[b.name] = {f.value_of(b.name), b.ver};
  return s;
}

/// One client after another, each request sent when the model knows what must come of it.
class workload {
 public:
  workload(store_fixture& f, std::uint64_t seed, state base)
      : f_{&f}, chance_{seed}, base_{base}, now_{std::move(base)} {}

  void request() {
    switch (chance_() % 12) {
      case 0:
      case 1:
      case 2:
      case 3: return put();
      case 4: return conditional_put();
      case 5: return remove();
      case 6: return get();
      case 7: return exists_and_stat();
      case 8: return list();
      case 9: return flush();
      case 10: return get_range();
      default: ++requests; statuses_.push_back(f_->ask_status());
    }
  }

  /// Everything sent so far is looked at; what has no answer yet is checked later.
  void check_answers() {
    while (!open_.empty()) {
      open_.front()();
      open_.pop_front();
    }
  }

  [[nodiscard]] const std::vector<accepted_write>& writes() const { return writes_; }
  [[nodiscard]] const state& now() const { return now_; }
  /// Ops that are acknowledged as durable, by puts or flushes.
  [[nodiscard]] std::size_t durable_count() {
    auto count = durable_by_flush_;
    for (auto& [index, a] : durable_waiters_)
      if (a->arrived() && a->get()) count = std::max(count, index + 1);
    for (auto& [index, a] : flushes_)
      if (a->arrived() && a->get()) count = std::max(count, index);
    return count;
  }
  [[nodiscard]] bool all_answered() {
    for (auto& [index, a] : durable_waiters_)
      if (!a->arrived()) return false;
    for (auto& [index, a] : flushes_)
      if (!a->arrived()) return false;
    for (auto& s : statuses_)
      if (!s.arrived()) return false;
    return true;
  }

  std::uint64_t requests = 0;

 private:
  using shared_receipt = std::shared_ptr<answer<receipt>>;

  std::string name() { return "n" + std::to_string(chance_() % 40); }
  durability level() { return chance_() % 3 == 0 ? durability::durable : durability::accepted; }
  [[nodiscard]] version version_of(const std::string& n) const {
    const auto it = now_.find(n);
    return it == now_.end() ? version{} : it->second.ver;
  }

  // The model learns the version from the answer, so it lets the store accept before it goes on; whether
  // it is durable by then is the batch's business.
  version learn(const std::string& n, std::optional<std::string> value, durability l,
                shared_receipt a) {
    ++requests;
    if (l == durability::accepted) {
      f_->det.run();
      const auto ver = (*a)->ver;
      BOOST_TEST(((*a)->reached == durability::accepted), "an accepted put answers so");
      record(n, std::move(value), ver);
      return ver;
    }
    // Durable: the version is known from the status of the state before it is answered.
    f_->det.run();
    const auto ver = (*a)->ver;
    record(n, std::move(value), ver);
    durable_waiters_.emplace_back(writes_.size() - 1, std::move(a));
    return ver;
  }
  void record(const std::string& n, std::optional<std::string> value, version ver) {
    BOOST_TEST_REQUIRE(last_ < ver, "versions ascend");
    last_ = ver;
    writes_.push_back({ver, n, value});
    if (value)
      now_[n] = {*value, ver};
    else
      now_.erase(n);
  }

  void put() {
    const auto n = name();
    const auto v = pattern(chance_() % 20 == 0 ? chance_() % 300'000 : chance_() % 3000, chance_());
    const auto l = level();
    learn(n, v, l, std::make_shared<answer<receipt>>(f_->put(n, v, l)));
  }
  void conditional_put() {
    const auto n = name();
    const auto is = version_of(n);
    const auto expected = chance_() % 2 == 0 ? is : version{chance_() % 50};
    const auto v = pattern(chance_() % 500, chance_());
    auto a = std::make_shared<answer<receipt>>(f_->put(n, v, durability::accepted, expected));
    if (expected == is) {
      learn(n, v, durability::accepted, std::move(a));
      return;
    }
    ++requests;
    f_->det.run();
    BOOST_TEST_REQUIRE(a->code() == errc::conflict);
    BOOST_TEST(a->error().expected == expected);
    BOOST_TEST(a->error().actual == is);
  }
  void remove() {
    const auto n = name();
    const auto l = level();
    auto a = std::make_shared<answer<receipt>>(f_->remove(n, l));
    if (now_.contains(n)) {
      learn(n, std::nullopt, l, std::move(a));
      return;
    }
    ++requests;
    f_->det.run();
    BOOST_TEST_REQUIRE(a->code() == errc::not_found);
  }
  // Reads are sent and looked at later, between them and their answers the store goes on.
  void get() {
    ++requests;
    const auto n = name();
    auto a = std::make_shared<answer<block_value>>(f_->get(n));
    const auto it = now_.find(n);
    const auto expected = it == now_.end() ? std::optional<state_entry>{} : it->second;
    open_.push_back([a, expected, n] {
      if (!expected) {
        BOOST_TEST_REQUIRE(a->code() == errc::not_found, n);
        return;
      }
      BOOST_TEST_REQUIRE(((*a)->value.text() == expected->value), n);
      BOOST_TEST_REQUIRE((*a)->ver == expected->ver);
    });
  }
  void get_range() {
    ++requests;
    const auto n = name();
    const auto offset = chance_() % 4000;
    const auto length = chance_() % 4000;
    auto a = std::make_shared<answer<block_value>>(f_->get(n, offset, length));
    const auto it = now_.find(n);
    const auto expected = it == now_.end() ? std::optional<state_entry>{} : it->second;
    open_.push_back([a, expected, offset, length] {
      if (!expected) {
        BOOST_TEST_REQUIRE(a->code() == errc::not_found);
        return;
      }
      const std::string_view all{expected->value};
      BOOST_TEST_REQUIRE(
          ((*a)->value.text() == all.substr(std::min<std::size_t>(offset, all.size()), length)));
    });
  }
  void exists_and_stat() {
    requests += 2;
    const auto n = name();
    auto there = std::make_shared<answer<bool>>(f_->exists(n));
    auto about = std::make_shared<answer<block_stat>>(f_->stat(n));
    const auto it = now_.find(n);
    const auto expected = it == now_.end() ? std::optional<state_entry>{} : it->second;
    open_.push_back([there, about, expected, n] {
      BOOST_TEST_REQUIRE(**there == expected.has_value());
      if (expected)
        BOOST_TEST_REQUIRE((**about == block_stat{n, expected->ver, expected->value.size()}));
      else
        BOOST_TEST_REQUIRE(about->code() == errc::not_found);
    });
  }
  void list() {
    ++requests;
    auto a = std::make_shared<answer<block_list>>(f_->list("n1"));
    std::vector<block_stat> expected;
    for (const auto& [n, e] : now_)
      if (n.starts_with("n1")) expected.push_back({n, e.ver, e.value.size()});
    open_.push_back([a, expected] { BOOST_TEST_REQUIRE(((*a)->blocks == expected)); });
  }
  void flush() {
    ++requests;
    flushes_.emplace_back(writes_.size(), std::make_shared<answer<void>>(f_->flush()));
  }

  store_fixture* f_;
  std::mt19937_64 chance_;
  state base_;
  state now_;
  version last_;
  std::vector<accepted_write> writes_;
  std::deque<std::function<void()>> open_;
  std::vector<std::pair<std::size_t, shared_receipt>> durable_waiters_;
  std::vector<std::pair<std::size_t, std::shared_ptr<answer<void>>>> flushes_;
  std::vector<answer<store_status>> statuses_;
  std::size_t durable_by_flush_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(workloads)

BOOST_AUTO_TEST_CASE(two_thousand_requests_of_all_kinds_are_answered_as_the_model_says) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      store_fixture f;
      f.options.credit = {.max_ops = 70, .max_bytes = 2 * limits::mib};
      f.open();
      workload w{f, seed, {}};
      std::mt19937_64 chance{seed};
      while (w.requests < 2000) {
        w.request();
        if (chance() % 5 == 0) f.advance(std::chrono::milliseconds{chance() % 30});
        if (chance() % 7 == 0) {
          f.run();
          w.check_answers();
        }
      }
      f.run();
      w.check_answers();
      f.advance(1s);
      BOOST_TEST(w.all_answered());
      BOOST_TEST((read_all(f) == w.now()));
      const auto s = f.status();
      BOOST_TEST(s.ops_accepted == w.writes().size());
      BOOST_TEST(s.ops_in_flight == 0U);
      f.close();
      f.open();
      BOOST_TEST((read_all(f) == w.now()));
    }
  }
}

BOOST_AUTO_TEST_CASE(
    after_a_crash_at_any_moment_the_state_is_a_prefix_with_all_that_was_acknowledged) {
  state base;
  store_fixture f;
  std::mt19937_64 chance{7};
  std::uint64_t lost = 0;
  for (std::uint64_t life = 0; life < 120; ++life) {
    BOOST_TEST_CONTEXT("life " << life) {
      f.fault_seed = 1000 * life;
      f.open();
      const auto recovered = f.recovered_version;
      workload w{f, life, base};
      for (auto n = chance() % 60; n > 0; --n) {
        w.request();
        if (chance() % 4 == 0) f.advance(std::chrono::milliseconds{chance() % 40});
      }
      // Some more at once, and the power goes while they are on their way.
      std::vector<std::pair<std::string, std::string>> last;
      std::vector<answer<receipt>> answers;
      for (std::uint64_t i = 0; i < chance() % 80; ++i) {
        last.emplace_back("n" + std::to_string(chance() % 40), pattern(chance() % 5000, chance()));
        answers.push_back(f.put(last.back().first, last.back().second,
                                chance() % 2 == 0 ? durability::durable : durability::accepted));
      }
      (void)f.det.run_steps(chance() % 700);
      auto writes = w.writes();
      auto durable = w.durable_count();
      auto next = writes.empty() ? recovered : writes.back().ver;
      for (std::size_t i = 0; i < last.size(); ++i) {
        next = next.next();  // accept order is version order, and nothing is refused
        writes.push_back({next, last[i].first, last[i].second});
        if (!answers[i].arrived()) continue;
        BOOST_TEST_REQUIRE(answers[i]->ver == next);
        if (answers[i]->reached == durability::durable) durable = writes.size();
      }
      f.crash();
      f.open();
      const auto found = read_all(f);
      bool is_prefix = false;
      std::size_t count = durable;
      for (; count <= writes.size() && !is_prefix; ++count)
        is_prefix = found == after(base, writes, count);
      BOOST_TEST_REQUIRE(is_prefix,
                         "the state is not one between the last acknowledged write and "
                         "the last one");
      lost += writes.size() + 1 - count;
      BOOST_TEST(f.recovered_version > next);
      base = found;
      if (chance() % 3 == 0)
        f.close();
      else
        f.drop();
    }
  }
  // The test means something only if crashes took something.
  BOOST_TEST(lost > 50U);
}

BOOST_AUTO_TEST_SUITE_END()
