#include <stowage/bench/compaction_probe.hpp>
#include <stowage/bench/contest.hpp>
#include <stowage/bench/process.hpp>
#include <stowage/bench/update_plan.hpp>
#include <stowage/bench/workloads.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace stowage::bench {

namespace {

constexpr std::uint64_t w7_block_count = 50'000;
constexpr std::uint64_t overwrites = 10;
constexpr std::uint64_t ops_per_flush = 1000;
/// How often the files are looked at while they are written.
constexpr std::uint64_t ops_per_look = 10'000;
/// Enough for a 99th percentile, and few enough to end before a compaction does.
constexpr std::uint64_t puts_alone = 2000;
constexpr std::uint64_t raw_file_bytes = std::uint64_t{1} << 30U;

struct sizes {
  const char* named;
  std::uint64_t least;
  std::uint64_t most;
};

/// What is written to which block, in order: the same in every round.
class updates {
 public:
  updates(sizes of, std::uint64_t blocks, std::uint64_t seed)
      : of_{of}, blocks_{blocks}, values_{of.most, seed}, random_{seed} {}

  /// The first value of a block.
  update first(std::uint64_t block) { return {block, next_value()}; }
  update next() { return {random_() % blocks_, next_value()}; }

 private:
  shared_bytes next_value() {
    const auto number = count_++;
    if (of_.least == of_.most) return values_.value(number);
    // Evenly over the logarithm: as many below 1 KiB as between 1 and 10.
    const auto exponent = std::uniform_real_distribution<>{
        std::log(static_cast<double>(of_.least)), std::log(static_cast<double>(of_.most))}(random_);
    const auto bytes = static_cast<std::uint64_t>(std::exp(exponent));
    return values_.value(number).slice(0, std::clamp(bytes, of_.least, of_.most));
  }

  sizes of_;
  std::uint64_t blocks_;
  value_source values_;
  std::mt19937_64 random_;
  std::uint64_t count_ = 0;
};

/// Everybody's work of a round, and what must be there then.
class overwriting {
 public:
  overwriting(const options& how, sizes of)
      : of_{of}, blocks_{how.scaled(w7_block_count, ops_per_flush)}, seed_{how.seed} {}

  [[nodiscard]] std::uint64_t blocks() const noexcept { return blocks_; }
  [[nodiscard]] std::uint64_t ops() const noexcept { return blocks_ * overwrites; }

  void prepare(contestant& c) {
    c.open(bulk_updates());
    updates_.emplace(of_, blocks_, seed_);
    newest_.assign(blocks_, {});
    highest_ = 0;
    live_bytes_ = 0;
    for (std::uint64_t n = 0; n < blocks_; ++n) write(c, updates_->first(n));
    c.client().flush();
  }

  void run(contestant& c) {
    for (std::uint64_t n = 1; n <= ops(); ++n) {
      write(c, updates_->next());
      if (n % ops_per_flush == 0 || n == ops()) c.client().flush();
      if (n % ops_per_look == 0 || n == ops())
        highest_ = std::max(highest_,
                            static_cast<double>(c.disk_bytes()) / static_cast<double>(live_bytes_));
    }
  }

  void check(contestant& c) const {
    for (std::uint64_t n = 0; n < blocks_; ++n) c.client().read(n, newest_[n].view());
    c.client().settle();
  }

  /// The most that its files took beside what lived in them.
  [[nodiscard]] double highest() const noexcept { return highest_; }

 private:
  void write(contestant& c, update u) {
    live_bytes_ += u.value.size() - newest_[u.block].size();
    newest_[u.block] = u.value;
    c.client().put(u.block, std::move(u.value));
  }

  sizes of_;
  std::uint64_t blocks_;
  std::uint64_t seed_;
  std::optional<updates> updates_;
  std::vector<shared_bytes> newest_;
  std::uint64_t live_bytes_ = 0;
  double highest_ = 0;
};

// One group of the workload more, SIGKILL behind it, and how long the next process takes to a block.
double reopen_ms(contestant& c, std::uint64_t blocks, sizes of) {
  c.close();
  process_role role;
  role.role = "overwrite";
  role.engine = c.engine_name();
  role.path = c.directory();
  role.blocks = blocks;
  role.value_bytes = of.most;
  role.seed = 3;
  role.step = std::max<std::uint64_t>(1, blocks / ops_per_flush);
  { const started_process killed{role}; }
  role.role = "open";
  const auto start = bench_clock::now();
  const started_process opened{role};
  const std::chrono::duration<double, std::milli> took = bench_clock::now() - start;
  return took.count();
}

void run_sizes(const options& how, report& out, sizes of, const std::vector<std::string>& engines) {
  overwriting all_work{how, of};
  engine_setup setup;
  setup.blocks = all_work.blocks();
  setup.value_bytes_max = of.most;
  setup.raw_file_bytes = how.scaled(raw_file_bytes, std::uint64_t{4} << 20U);
  auto own = how;
  std::erase_if(own.engines, [&](const auto& name) {
    return std::ranges::find(engines, name) == engines.end();
  });
  contest all{own, setup};
  if (all.all().empty()) return;
  compaction_probe probe{how.scaled(puts_alone, 20)};
  named_figures figures;
  turn work;
  work.prepare = [&](contestant& c, unsigned) { all_work.prepare(c); };
  work.run = [&](contestant& c, unsigned) { all_work.run(c); };
  work.check = [&](contestant& c, unsigned round) {
    all_work.check(c);
    figures.clear();
    if (c.part() != role::device) figures.emplace_back("disk/live", all_work.highest());
    if (auto* const store = c.running().store(); store != nullptr && round > 0) probe.look(*store);
    if (c.part() != role::device && round > 0)
      figures.emplace_back("reopen ms", reopen_ms(c, all_work.blocks(), of));
    c.close();
  };
  work.also = [&](contestant&) { return figures; };
  const auto ops = static_cast<double>(all_work.ops());
  auto result = measure(
      {"W7",
       fmt::format("{} blocks of {} overwritten {} times in random order, durable every {}",
                   all_work.blocks(), of.named, overwrites, ops_per_flush),
       "ops/s", ops, ops},
      all.participants("put_many of up to 1000 ops, accepted, and a flush every 1000", work),
      how.rounds);
  probe.add_notes(result.notes);
  out.add(std::move(result));
}

}  // namespace

void run_w7(const options& how, report& out) {
  run_sizes(how, out, {"4 KiB", 4096, 4096}, how.engines);
  // Some 60 GB for each engine and round: of rivals it would say little that the first table does not.
  run_sizes(how, out, {"100 B to 1 MiB", 100, std::uint64_t{1} << 20U}, {"raw", "stowage"});
}

}  // namespace stowage::bench
