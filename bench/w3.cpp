#include <stowage/bench/contest.hpp>
#include <stowage/bench/hand_over.hpp>
#include <stowage/bench/measuring/statistics.hpp>
#include <stowage/bench/outstanding_puts.hpp>
#include <stowage/bench/running_store.hpp>
#include <stowage/bench/update_plan.hpp>
#include <stowage/bench/workloads.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

namespace stowage::bench {

namespace {

constexpr std::size_t w3_value_bytes = 4096;
/// Blocks that are written, over and over: a multiple of the clients, so that each has blocks of its own.
constexpr std::uint64_t w3_block_count = 4096;
constexpr std::uint64_t w3_outstanding = 64;
/// Of raw's file: more than all blocks, so that what is read back is still there.
constexpr std::uint64_t raw_bytes = std::uint64_t{256} << 20U;

// What the charts show, by engine.
struct found {
  std::map<std::string, std::vector<double>> latencies;
  std::map<std::string, std::vector<std::pair<double, double>>> rate;
  std::map<std::string, std::vector<std::pair<double, double>>> group_size;
};

/// Clients of one engine, each in a thread, and how long each of their puts took.
class clients {
 public:
  clients(const value_source& values, unsigned count, std::uint64_t ops)
      : values_{values}, count_{count}, ops_{ops} {}

  void connect(contestant& c) {
    sessions_.clear();
    for (unsigned t = 0; t < count_; ++t) sessions_.push_back(c.running().connect({}));
    us_.assign(ops_, 0);
    syncs_ = c.running().syncs();
  }

  /// Values of a round are not those of the one before: an engine could see that nothing changes.
  void put_all(unsigned round) {
    on_threads(count_, [this, round](unsigned t) {
      for (std::uint64_t op = t; op < ops_; op += count_) {
        const auto start = bench_clock::now();
        sessions_[t]->put_durably(op % w3_block_count, values_.value(round * ops_ + op));
        const std::chrono::duration<double, std::micro> took = bench_clock::now() - start;
        us_[op] = took.count();
      }
    });
  }

  void check(contestant& c, unsigned round) {
    sessions_.clear();
    syncs_ = c.running().syncs() - syncs_;
    for (std::uint64_t op = ops_ - std::min(ops_, w3_block_count); op < ops_; ++op)
      c.client().read(op % w3_block_count, values_.view(round * ops_ + op));
    c.client().settle();
    std::ranges::sort(us_);
  }

  /// Of the last round, ascending.
  [[nodiscard]] const std::vector<double>& us() const noexcept { return us_; }
  [[nodiscard]] std::optional<double> ops_per_sync() const {
    if (syncs_ == 0) return std::nullopt;
    return static_cast<double>(ops_) / static_cast<double>(syncs_);
  }

 private:
  const value_source& values_;
  unsigned count_;
  std::uint64_t ops_;
  std::vector<std::unique_ptr<session>> sessions_;
  std::vector<double> us_;
  std::uint64_t syncs_ = 0;
};

engine_setup setup_for(const options& how, unsigned writers) {
  engine_setup setup;
  setup.blocks = w3_block_count;
  setup.value_bytes_max = w3_value_bytes;
  setup.writers = writers;
  setup.raw_file_bytes = how.scaled(raw_bytes, std::uint64_t{1} << 20U);
  return setup;
}

// The hand-over by bare threads: what any store with a thread of its own for the disk can reach with one client.
participant handed_over(raw_file& file, const value_source& values, std::uint64_t ops) {
  participant p;
  p.name = "raw handed";
  p.what = role::reference;
  p.shape = [] {
    return "raw by threads: the client hands the value to one that hands it to the one that "
           "writes, "
           "and the answer comes back the same way";
  };
  p.run = [&file, &values, ops](unsigned) {
    hand_over writer{file};
    for (std::uint64_t op = 0; op < ops; ++op) writer.write_durably(values.view(op));
  };
  return p;
}

void run_clients(const options& how, report& out, unsigned count, std::uint64_t ops_named,
                 found& all_found) {
  const auto ops = how.scaled(ops_named, 64);
  const value_source values{w3_value_bytes, how.seed};
  contest all{how, setup_for(how, count)};
  all.open_all();
  clients at_work{values, count, ops};
  std::map<std::string, std::vector<double>> group_sizes;
  turn work;
  work.prepare = [&](contestant& c, unsigned) { at_work.connect(c); };
  work.run = [&](contestant&, unsigned round) { at_work.put_all(round); };
  work.check = [&](contestant& c, unsigned round) {
    at_work.check(c, round);
    if (round == 0) return;
    if (const auto size = at_work.ops_per_sync()) group_sizes[c.label()].push_back(*size);
    auto& kept = all_found.latencies[fmt::format("{} {}", c.label(), count)];
    kept.insert(kept.end(), at_work.us().begin(), at_work.us().end());
  };
  work.also = [&](contestant&) {
    named_figures figures{{"p50 us", quantile(at_work.us(), 0.5)},
                          {"p99 us", quantile(at_work.us(), 0.99)}};
    if (const auto size = at_work.ops_per_sync()) figures.emplace_back("ops/sync", *size);
    return figures;
  };
  auto who = all.participants("blocking clients, each with one durable put at a time", work);
  std::optional<raw_file> file;
  if (count == 1 && all.has("raw")) {
    file.emplace(how.directory + "/handed.bin", how.scaled(raw_bytes, std::uint64_t{1} << 20U));
    who.insert(who.begin() + 1, handed_over(*file, values, ops));
  }
  auto result =
      measure({"W3",
               fmt::format("{} durable puts of {} B, one at a time by each of {} client{}", ops,
                           w3_value_bytes, count, count == 1 ? "" : "s"),
               "ops/s", static_cast<double>(ops), static_cast<double>(ops)},
              who, how.rounds);
  for (const auto& row : result.rows)
    if (row.what != role::reference)
      all_found.rate[row.name].emplace_back(count, median(row.figures));
  for (const auto& [name, sizes] : group_sizes)
    all_found.group_size[name].emplace_back(count, median(sizes));
  out.add(std::move(result));
}

// One client with 64 puts under way: raw writes them with one call and one sync.
void run_outstanding(const options& how, report& out) {
  const auto ops = how.scaled(40'000, w3_outstanding);
  const value_source values{w3_value_bytes, how.seed};
  auto own = how;
  std::erase_if(own.engines, [](const auto& name) { return name != "raw" && name != "stowage"; });
  contest all{own, setup_for(how, 1)};
  if (all.all().empty()) return;
  all.open_all();
  turn work;
  work.run = [&](contestant& c, unsigned round) {
    const auto first = round * ops;
    if (auto* const store = c.running().store()) {
      put_outstanding(*store, values, {w3_block_count, first, ops, w3_outstanding});
      return;
    }
    std::vector<update> group;
    for (std::uint64_t op = 0; op < ops; ++op) {
      group.push_back({op % w3_block_count, values.value(first + op)});
      if (group.size() < w3_outstanding && op + 1 < ops) continue;
      c.client().commit(group);
      group.clear();
    }
  };
  work.check = [&](contestant& c, unsigned round) {
    for (std::uint64_t op = ops - std::min(ops, w3_block_count); op < ops; ++op)
      c.client().read(op % w3_block_count, values.view(round * ops + op));
    c.client().settle();
  };
  out.add(
      measure({"W3",
               fmt::format("{} durable puts of {} B by one client with {} under way; raw: a call "
                           "and a sync for {}",
                           ops, w3_value_bytes, w3_outstanding, w3_outstanding),
               "ops/s", static_cast<double>(ops), static_cast<double>(ops)},
              all.participants("one actor keeps 64 durable puts under way", work), how.rounds));
}

void add_charts(report& out, found& all) {
  for (auto& [name, us] : all.latencies) std::ranges::sort(us);
  for (const unsigned count : {1U, 64U}) {
    chart latency{
        fmt::format("latency-{}", count),
        fmt::format("W3: a durable put of 4 KiB, {} client{}", count, count == 1 ? "" : "s"),
        {"microseconds", true},
        {"share of the puts that took no longer", false},
        {},
        false};
    for (const auto& [name, points] : all.rate)
      latency.lines.push_back(
          {name, distribution(all.latencies[fmt::format("{} {}", name, count)])});
    out.add(std::move(latency));
  }
  chart rate{"throughput-by-clients",
             "W3: durable puts of 4 KiB, one at a time by each client",
             {"clients", true},
             {"puts per second", true},
             {}};
  for (const auto& [name, points] : all.rate) rate.lines.push_back({name, points});
  out.add(std::move(rate));
  chart groups{"group-size-by-clients",
               "W3: puts made durable by one sync",
               {"clients", true},
               {"puts per sync", true},
               {}};
  for (const auto& [name, points] : all.group_size) groups.lines.push_back({name, points});
  out.add(std::move(groups));
}

}  // namespace

void run_w3(const options& how, report& out) {
  found all;
  run_clients(how, out, 1, 4000, all);
  run_clients(how, out, 8, 16'000, all);
  run_clients(how, out, 64, 32'000, all);
  run_outstanding(how, out);
  add_charts(out, all);
}

}  // namespace stowage::bench
