#include <stowage/bench/bulk_writer.hpp>
#include <stowage/bench/raw_file.hpp>
#include <stowage/bench/running_store.hpp>
#include <stowage/bench/workloads.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <future>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace stowage::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::uint64_t block_count = 50'000;
constexpr std::uint64_t overwrites = 10;
constexpr std::uint64_t ops_per_flush = 1000;
constexpr std::uint64_t raw_file_bytes = std::uint64_t{1} << 30U;
/// Enough for a 99th percentile, and few enough to end before a compaction does.
constexpr int puts_beside_compaction = 2000;

std::string block_name(std::uint64_t n) { return fmt::format("block-{:08}", n); }

/// What is written to which block, in order.
struct update {
  std::uint64_t block = 0;
  shared_bytes value;
};

struct sizes {
  std::uint64_t least;
  std::uint64_t most;
};

class updates {
 public:
  updates(sizes of, std::uint64_t blocks, std::uint64_t seed)
      : of_{of}, blocks_{blocks}, values_{of.most, seed}, random_{seed} {}

  /// The first value of a block.
  update first(std::uint64_t block) { return {block, next_value()}; }
  update next() { return {random_() % blocks_, next_value()}; }

 private:
  shared_bytes next_value() {
    // Evenly over the logarithm: as many below 1 KiB as between 1 and 10.
    const auto exponent = std::uniform_real_distribution<>{
        std::log(static_cast<double>(of_.least)), std::log(static_cast<double>(of_.most))}(random_);
    const auto bytes =
        of_.least == of_.most ? of_.most : static_cast<std::uint64_t>(std::exp(exponent));
    return values_.value(count_++).slice(0, std::clamp(bytes, of_.least, of_.most));
  }

  sizes of_;
  std::uint64_t blocks_;
  value_source values_;
  std::mt19937_64 random_;
  std::uint64_t count_ = 0;
};

double file_beside_live(const store_status& s) {
  return static_cast<double>(s.file_bytes) / static_cast<double>(s.value_bytes);
}

/// One store, its space and what it must hold.
class subject {
 public:
  subject(const options& how, sizes of, std::uint64_t blocks)
      : path_{how.directory + "/w7.stow"}, of_{of}, blocks_{blocks}, seed_{how.seed} {}

  void create() {
    store_options options;
    options.path = path_;
    options.create = true;
    options.level = durability::accepted;
    store_ = std::make_unique<running_store>(options);
    updates_ = std::make_unique<updates>(of_, blocks_, seed_);
    newest_.assign(blocks_, {});
    highest_ = 0;
    bulk_writer writer{*store_};
    for (std::uint64_t n = 0; n < blocks_; ++n) write(writer, updates_->first(n));
    writer.drain();
    unwrap(store_->client().flush());
  }

  void overwrite() {
    bulk_writer writer{*store_};
    for (std::uint64_t n = 1; n <= blocks_ * overwrites; ++n) {
      write(writer, updates_->next());
      if (n % ops_per_flush != 0) continue;
      writer.drain();
      unwrap(store_->client().flush());
      highest_ = std::max(highest_, file_beside_live(unwrap(store_->client().status())));
    }
    writer.drain();
    unwrap(store_->client().flush());
  }

  void look_at_space() {
    highest.push_back(highest_);
    unwrap(store_->client().compact());
    compacted.push_back(file_beside_live(unwrap(store_->client().status())));
  }

  void check_and_remove() {
    for (std::uint64_t n = 0; n < blocks_; ++n)
      if (!(unwrap(store_->client().get(block_name(n))).value == newest_[n]))
        throw std::runtime_error{fmt::format("stowage: {} reads back wrong", block_name(n))};
    store_.reset();
    (void)std::remove(path_.c_str());
  }

  /// Latencies in us of durable puts of 4 KiB, one after the other: alone, and while a compaction runs.
  void measure_puts() {
    const auto alone = time_puts([](int done) { return done < puts_beside_compaction; });
    std::atomic<bool> compacting = true;
    auto compaction = std::async(std::launch::async, [&] {
      auto client = store_->client().for_another_thread();
      const auto start = clock::now();
      auto done = client.compact();
      seconds.push_back(std::chrono::duration<double>(clock::now() - start).count());
      compacting = false;
      return done;
    });
    const auto beside = time_puts([&](int) { return compacting.load(); });
    moved_mb.push_back(static_cast<double>(unwrap(compaction.get()).bytes_moved) / 1e6);
    puts_during_compaction.push_back(static_cast<double>(beside.size()));
    if (beside.empty()) return;
    for (const auto& [of, to] : {std::pair{0.5, &p50_ratio}, std::pair{0.99, &p99_ratio}})
      to->push_back(quantile(beside, of) / quantile(alone, of));
    p99_alone.push_back(quantile(alone, 0.99));
    p99_beside.push_back(quantile(beside, 0.99));
  }

  std::vector<double> highest;
  std::vector<double> compacted;
  std::vector<double> seconds;
  std::vector<double> moved_mb;
  std::vector<double> puts_during_compaction;
  std::vector<double> p50_ratio;
  std::vector<double> p99_ratio;
  std::vector<double> p99_alone;
  std::vector<double> p99_beside;

 private:
  void write(bulk_writer& writer, update u) {
    newest_[u.block] = u.value;
    writer.put(block_name(u.block), std::move(u.value));
  }

  template <class GoOn>
  std::vector<double> time_puts(GoOn go_on) {
    std::vector<double> us;
    for (int n = 0; go_on(n); ++n) {
      // Blocks of its own: what the others hold is what the space is compared with.
      const auto value = beside_.value(static_cast<std::uint64_t>(n));
      const auto start = clock::now();
      unwrap(store_->client().put(fmt::format("beside-{}", n % 1000), value, durability::durable));
      us.push_back(std::chrono::duration<double, std::micro>(clock::now() - start).count());
    }
    std::ranges::sort(us);
    return us;
  }

  static double quantile(const std::vector<double>& sorted, double of) {
    return sorted[static_cast<std::size_t>(of * static_cast<double>(sorted.size() - 1))];
  }

  std::string path_;
  sizes of_;
  std::uint64_t blocks_;
  std::uint64_t seed_;
  std::unique_ptr<running_store> store_;
  std::unique_ptr<updates> updates_;
  value_source beside_{4096, 1};
  std::vector<shared_bytes> newest_;
  double highest_ = 0;
};

void raw_overwrite(raw_file& file, sizes of, std::uint64_t blocks, std::uint64_t seed) {
  updates all{of, blocks, seed};
  for (std::uint64_t n = 1; n <= blocks * overwrites; ++n) {
    file.append(all.next().value.view());
    if (n % ops_per_flush == 0) file.sync();
  }
  file.sync();
}

void run_sizes(const options& how, sizes of, const std::string& named) {
  const auto blocks = std::max<std::uint64_t>(
      ops_per_flush, static_cast<std::uint64_t>(static_cast<double>(block_count) * how.scale));
  const auto ops = static_cast<double>(blocks * overwrites);
  raw_file raw{how.directory + "/raw.bin", raw_file_bytes};
  subject store{how, of, blocks};
  const participant of_raw{"raw",
                           "pwrite of each value into a written file, fdatasync every 1,000",
                           {},
                           {},
                           [&](unsigned) { raw_overwrite(raw, of, blocks, how.seed); }};
  const participant of_stowage{
      "stowage",
      fmt::format("default options; put_many of up to {} ops, accepted, and a flush every {}",
                  bulk_writer::message_ops_max, ops_per_flush),
      [&](unsigned) { store.create(); },
      [&](unsigned round) {
        if (round > 0) {
          store.measure_puts();
          store.look_at_space();
        }
        store.check_and_remove();
      },
      [&](unsigned) { store.overwrite(); }};
  measure({fmt::format("W7: {} blocks of {} overwritten {} times in random order", blocks, named,
                       overwrites),
           "ops/s", ops, ops},
          {of_raw, of_stowage}, how.rounds);
  fmt::print("file / live bytes: {:.2f} at most while it ran, {:.2f} after compactions\n",
             *std::ranges::max_element(store.highest), median(store.compacted));
  fmt::print("a compaction while a client writes: {:.2f} s, {:.0f} MB moved\n",
             median(store.seconds), median(store.moved_mb));
  if (!store.p99_ratio.empty())
    fmt::print(
        "that client's durable puts of 4 KiB, beside it and alone: p50 x{:.2f}, p99 x{:.2f} "
        "({:.0f} and {:.0f} us), {:.0f} puts\n",
        median(store.p50_ratio), median(store.p99_ratio), median(store.p99_beside),
        median(store.p99_alone), median(store.puts_during_compaction));
  fmt::print("\n");
}

}  // namespace

void run_w7(const options& how) {
  run_sizes(how, {4096, 4096}, "4 KiB");
  run_sizes(how, {100, std::uint64_t{1} << 20U}, "100 B to 1 MiB");
}

}  // namespace stowage::bench
