#include <stowage/bench/contest.hpp>
#include <stowage/bench/measuring/statistics.hpp>
#include <stowage/bench/process.hpp>
#include <stowage/bench/update_plan.hpp>
#include <stowage/bench/workloads.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace stowage::bench {

namespace {

constexpr std::uint64_t blocks_min = 10'000;
constexpr std::uint64_t ops_named = 200'000;
constexpr std::size_t value_bytes = 128;

using points = std::vector<std::pair<double, double>>;

/// One kind of work over stores of all sizes, each filled once.
struct kind {
  const char* id;
  const char* titled;
  std::function<void(session&, std::uint64_t block, std::uint64_t value, const value_source&)> op;
};

void run_kind(const options& how, report& out, contest& all, const kind& what, std::uint64_t blocks,
              update_plan& plan, const value_source& values, points& cost) {
  const auto ops = how.scaled(ops_named);
  const auto updates = [&](unsigned round) -> const std::vector<numbered_update>& {
    return plan.round(round, ops,
                      [](auto& random, std::uint64_t count) { return random() % count; });
  };
  turn work;
  work.prepare = [&](contestant&, unsigned round) { (void)updates(round); };
  work.run = [&](contestant& c, unsigned round) {
    for (const auto& u : updates(round)) what.op(c.client(), u.block, u.value, values);
    c.client().flush();
  };
  auto result = measure(
      {"scale", fmt::format("{} {} of {} B over {} blocks", ops, what.titled, value_bytes, blocks),
       "ops/s", static_cast<double>(ops), static_cast<double>(ops)},
      all.participants("put_many of up to 1000 ops; reads by message, 64 under way", work),
      how.rounds);
  for (const auto& row : result.rows)
    if (row.what == role::ours)
      cost.emplace_back(static_cast<double>(blocks), 1e6 / median(row.figures));
  out.add(std::move(result));
}

void run_blocks(const options& how, report& out, std::uint64_t blocks, std::vector<points>& lines) {
  const value_source values{value_bytes, how.seed};
  engine_setup setup;
  setup.blocks = blocks;
  setup.value_bytes_max = value_bytes;
  setup.syncs_only_on_flush = true;
  setup.raw_file_bytes = (blocks + how.scaled(ops_named) * (how.rounds + 1)) * value_bytes;
  contest all{how, setup};
  all.open_all(bulk_load());
  for (const auto& c : all.all()) {
    fill(c->client(), values, blocks);
    c->reopen_client(bulk_updates());
  }
  // What reads must find: each block's first value, as long as nothing was overwritten.
  const kind reads{"read", "random reads",
                   [](session& s, std::uint64_t block, std::uint64_t /*value*/,
                      const value_source& v) { s.read(block, v.view(block)); }};
  const kind updates{"update", "random updates, one flush",
                     [](session& s, std::uint64_t block, std::uint64_t value,
                        const value_source& v) { s.put(block, v.value(value)); }};
  for (const auto* const what : {&reads, &updates}) {
    update_plan plan{blocks, how.seed};
    run_kind(how, out, all, *what, blocks, plan, values,
             what == &reads ? lines.at(0) : lines.at(1));
  }
}

// Opened by a process of its own: memory that a load has touched and given back is no part of it.
void run_opening(const options& how, std::uint64_t blocks, std::vector<points>& lines) {
  auto own = how;
  own.engines = {"stowage"};
  const value_source values{value_bytes, how.seed};
  engine_setup setup;
  setup.blocks = blocks;
  setup.value_bytes_max = value_bytes;
  setup.syncs_only_on_flush = true;
  contest all{own, setup};
  auto& c = *all.all().front();
  c.open(bulk_load());
  fill(c.client(), values, blocks);
  c.close();
  process_role role;
  role.role = "open";
  role.engine = c.engine_name();
  role.path = c.directory();
  role.blocks = blocks;
  role.value_bytes = value_bytes;
  role.seed = how.seed;
  std::vector<double> ms;
  std::vector<double> bytes;
  for (unsigned round = 0; round < how.rounds; ++round) {
    const auto start = bench_clock::now();
    const started_process opened{role};
    const std::chrono::duration<double, std::milli> took = bench_clock::now() - start;
    ms.push_back(took.count());
    bytes.push_back(opened.said() / static_cast<double>(blocks));
  }
  const auto x = static_cast<double>(blocks);
  lines.at(2).emplace_back(x, median(ms));
  lines.at(3).emplace_back(x, median(bytes));
  fmt::print(
      "scale: a new process opens {} blocks and reads one: {:.1f} ms, {:.0f} B of memory for a "
      "block\n\n",
      blocks, median(ms), median(bytes));
}

}  // namespace

void run_scale(const options& how, report& out) {
  std::vector<points> lines(4);
  for (auto blocks = blocks_min; blocks <= how.blocks_max; blocks *= 10) {
    const auto scaled = how.scaled(blocks, 2);
    run_blocks(how, out, scaled, lines);
    if (std::ranges::find(how.engines, "stowage") != how.engines.end())
      run_opening(how, scaled, lines);
  }
  out.add(chart{"scale",
                "Stowage by the number of blocks (128 B each)",
                {"blocks", true},
                {"see the names of the lines", true},
                {{"read, us", lines[0]},
                 {"update, us", lines[1]},
                 {"open, ms", lines[2]},
                 {"memory, B a block", lines[3]}}});
}

}  // namespace stowage::bench
