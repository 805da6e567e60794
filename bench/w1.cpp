#include <stowage/bench/contest.hpp>
#include <stowage/bench/update_plan.hpp>
#include <stowage/bench/workloads.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace stowage::bench {

namespace {

constexpr std::uint64_t w1_block_count = 500;
constexpr std::size_t w1_value_bytes = 4096;
/// Nobody waits for a receipt before the last put is sent.
constexpr std::size_t w1_outstanding = 1000;

// Every block once, in random order.
std::vector<std::uint64_t> shuffled(std::uint64_t seed, unsigned round) {
  std::vector<std::uint64_t> order(w1_block_count);
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 random{seed + round};
  std::ranges::shuffle(order, random);
  return order;
}

}  // namespace

void run_w1(const options& how, report& out) {
  const value_source values{w1_value_bytes, how.seed};
  engine_setup setup;
  setup.blocks = w1_block_count;
  setup.value_bytes_max = w1_value_bytes;
  contest all{how, setup};
  auto lazy = setup;
  lazy.syncs_only_on_flush = true;
  all.add("stowage", {"stowage", role::ours, make_stowage}, lazy, "stowage lazy");
  const session_shape shape{1, false, w1_outstanding};
  all.open_all(shape);
  for (const auto& c : all.all()) fill(c->client(), values, w1_block_count);

  update_plan plan{w1_block_count, how.seed};
  const auto updates = [&](unsigned round) -> const std::vector<numbered_update>& {
    return plan.round(round, w1_block_count,
                      [order = shuffled(how.seed, round), at = std::size_t{0}](
                          auto& /*random*/, std::uint64_t /*of*/) mutable { return order[at++]; });
  };
  double accepted_ms = 0;
  turn work;
  work.prepare = [&](contestant&, unsigned round) { (void)updates(round); };
  work.run = [&](contestant& c, unsigned round) {
    const auto start = bench_clock::now();
    for (const auto& u : updates(round)) c.client().put(u.block, values.value(u.value));
    const std::chrono::duration<double, std::milli> took = c.client().flush() - start;
    accepted_ms = took.count();
  };
  work.check = [&](contestant& c, unsigned round) {
    check_updated(c.client(), plan, updates(round), values);
  };
  work.also = [&](contestant&) { return named_figures{{"accepted ms", accepted_ms}}; };
  out.add(measure(
      {"W1",
       fmt::format("{} updates of {} B over {} blocks in random order, accepted, one flush",
                   w1_block_count, w1_value_bytes, w1_block_count),
       "ms", 0, static_cast<double>(w1_block_count)},
      all.participants("one client pipelines accepted puts, then one flush", work), how.rounds));
}

}  // namespace stowage::bench
