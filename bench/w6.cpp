#include <stowage/bench/contest.hpp>
#include <stowage/bench/measuring/zipf.hpp>
#include <stowage/bench/update_plan.hpp>
#include <stowage/bench/workloads.hpp>

#include <fmt/format.h>

namespace stowage::bench {

namespace {

constexpr std::uint64_t w6_block_count = 100'000;
constexpr std::uint64_t pairs = 100'000;
constexpr std::uint64_t flush_every = 50;
constexpr std::size_t w6_value_bytes = 4096;

/// Of a round, in order: a read, with the value it must find, and an update.
struct read_and_update {
  numbered_update read;
  numbered_update written;
};

class mixed_plan {
 public:
  mixed_plan(std::uint64_t blocks, std::uint64_t seed)
      : plan_{blocks, seed}, before_{plan_.newest()}, random_{seed + 1}, pick_{blocks} {}

  const std::vector<read_and_update>& round(unsigned number, std::uint64_t count) {
    if (!ops_.empty() && number == round_) return ops_;
    round_ = number;
    ops_.clear();
    const auto& updates = plan_.round(number, count, [this](auto& random, std::uint64_t /*of*/) {
      return pick_(uniform_(random));
    });
    for (const auto& u : updates) {
      const auto block = pick_(uniform_(random_));
      ops_.push_back({{block, before_[block]}, u});
      before_[u.block] = u.value;
    }
    return ops_;
  }
  [[nodiscard]] const std::vector<std::uint64_t>& newest() const noexcept { return plan_.newest(); }

 private:
  update_plan plan_;
  /// What blocks hold where the plan has got to.
  std::vector<std::uint64_t> before_;
  std::mt19937_64 random_;
  std::uniform_real_distribution<> uniform_;
  zipf pick_;
  std::vector<read_and_update> ops_;
  unsigned round_ = 0;
};

void run_mixed(const options& how, report& out, bool durable_on_the_way) {
  const auto blocks = how.scaled(w6_block_count, 2);
  const auto count = how.scaled(pairs, flush_every);
  const value_source values{w6_value_bytes, how.seed};
  engine_setup setup;
  setup.blocks = blocks;
  setup.value_bytes_max = w6_value_bytes;
  setup.syncs_only_on_flush = !durable_on_the_way;
  setup.raw_file_bytes = (blocks + 2 * count) * w6_value_bytes;
  contest all{how, setup};
  for (const auto& c : all.all()) {
    c->open(bulk_load());
    fill(c->client(), values, blocks);
    c->reopen_client();
  }
  mixed_plan plan{blocks, how.seed};
  turn work;
  work.prepare = [&](contestant&, unsigned round) { (void)plan.round(round, count); };
  work.run = [&](contestant& c, unsigned round) {
    std::uint64_t updates = 0;
    for (const auto& [read, written] : plan.round(round, count)) {
      c.client().read(read.block, values.view(read.value));
      c.client().put(written.block, values.value(written.value));
      if (durable_on_the_way && ++updates % flush_every == 0) c.client().flush_behind();
    }
    c.client().flush();
  };
  work.check = [&](contestant& c, unsigned round) {
    for (const auto& op : plan.round(round, count))
      c.client().read(op.written.block, values.view(plan.newest()[op.written.block]));
    c.client().settle();
  };
  const auto ops = static_cast<double>(2 * count);
  out.add(
      measure({"W6",
               fmt::format("{} reads and as many updates, zipfian over {} x {} B, {}", count,
                           blocks, w6_value_bytes,
                           durable_on_the_way ? fmt::format("durable every {} updates", flush_every)
                                              : std::string{"one flush at the end"}),
               "ops/s", ops, ops},
              all.participants(
                  "one client with up to 64 requests under way" +
                      std::string{durable_on_the_way
                                      ? "; it goes on while a flush is under way, until the next"
                                      : ""},
                  work),
              how.rounds));
}

}  // namespace

void run_w6(const options& how, report& out) {
  run_mixed(how, out, false);
  run_mixed(how, out, true);
}

}  // namespace stowage::bench
