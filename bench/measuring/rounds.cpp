#include <stowage/bench/measuring/rounds.hpp>

#include <stowage/bench/measuring/usage.hpp>

#include <chrono>
#include <cstddef>

namespace stowage::bench {

namespace {

void take_turn(const workload& what, const participant& who, unsigned round, measured& row) {
  if (who.prepare) who.prepare(round);
  wait_until_idle();
  const auto before = used_so_far();
  const auto messages = who.messages ? who.messages() : 0;
  const auto start = std::chrono::steady_clock::now();
  who.run(round);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const auto handled = who.messages ? who.messages() - messages : 0;
  wait_until_idle();
  const auto after = used_so_far();
  if (round == 0 && who.shape) row.shape = who.shape();
  if (who.check) who.check(round);
  if (round == 0) return;
  row.figures.push_back(what.is_time() ? 1e3 * took.count() : what.amount / took.count());
  if (who.also) row.also.push_back(who.also());
  // Where the work is not made of ops, there is nothing to count for each.
  if (what.ops == 0) return;
  row.cpu_us_per_op.push_back(1e6 * (after.cpu_seconds - before.cpu_seconds) / what.ops);
  row.mallocs_per_op.push_back(static_cast<double>(after.mallocs - before.mallocs) / what.ops);
  if (who.messages) row.messages_per_op.push_back(static_cast<double>(handled) / what.ops);
}

}  // namespace

measurement measure(const workload& what, const std::vector<participant>& who, unsigned rounds) {
  measurement all{what, {}, {}};
  for (const auto& w : who) all.rows.push_back({w.name, {}, w.what, {}, {}, {}, {}, {}});
  for (unsigned round = 0; round <= rounds; ++round)
    for (std::size_t turn = 0; turn < who.size(); ++turn) {
      const auto i = (round + turn) % who.size();
      take_turn(what, who[i], round, all.rows[i]);
    }
  return all;
}

}  // namespace stowage::bench
