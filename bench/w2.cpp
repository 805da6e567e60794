#include <stowage/bench/contest.hpp>
#include <stowage/bench/update_plan.hpp>
#include <stowage/bench/workloads.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace stowage::bench {

namespace {

constexpr std::uint64_t group_ops = 50;
/// Of raw's file.
constexpr std::uint64_t raw_bytes_min = std::uint64_t{1} << 20U;

struct group_class {
  const char* named;
  std::size_t value_bytes;
  std::uint64_t blocks;
  std::uint64_t groups;
};

void run_groups(const options& how, report& out, const group_class& of) {
  const auto blocks = how.scaled(of.blocks, group_ops);
  const auto groups = how.scaled(of.groups, 2);
  const auto ops = groups * group_ops;
  const value_source values{of.value_bytes, how.seed};
  engine_setup setup;
  setup.blocks = blocks;
  setup.value_bytes_max = of.value_bytes;
  setup.raw_file_bytes = std::max(raw_bytes_min, 2 * ops * of.value_bytes);
  contest all{how, setup};
  all.open_all(bulk_load());
  for (const auto& c : all.all()) {
    fill(c->client(), values, blocks);
    c->reopen_client();
  }

  update_plan plan{blocks, how.seed};
  const auto updates = [&](unsigned round) -> const std::vector<numbered_update>& {
    return plan.round(round, ops,
                      [](auto& random, std::uint64_t count) { return random() % count; });
  };
  turn work;
  work.prepare = [&](contestant&, unsigned round) { (void)updates(round); };
  work.run = [&](contestant& c, unsigned round) {
    std::vector<update> group;
    for (const auto& u : updates(round)) {
      group.push_back({u.block, values.value(u.value)});
      if (group.size() < group_ops) continue;
      c.client().commit(group);
      group.clear();
    }
  };
  work.check = [&](contestant& c, unsigned round) {
    check_updated(c.client(), plan, updates(round), values);
  };
  out.add(
      measure({"W2",
               fmt::format("{} groups of {} updates of {} over {} blocks, each durable before the "
                           "next",
                           groups, group_ops, of.named, blocks),
               "ops/s", static_cast<double>(ops), static_cast<double>(ops)},
              all.participants("a transaction of 50 puts, durable, one after the other", work),
              how.rounds));
}

}  // namespace

void run_w2(const options& how, report& out) {
  for (const auto& of :
       {group_class{"128 B", 128, 100'000, 1000}, group_class{"4 KiB", 4096, 20'000, 400},
        group_class{"64 KiB", std::size_t{64} << 10U, 2000, 60},
        group_class{"1 MiB", std::size_t{1} << 20U, 200, 10}})
    run_groups(how, out, of);
}

}  // namespace stowage::bench
