#include <stowage/bench/contest.hpp>
#include <stowage/bench/update_plan.hpp>
#include <stowage/bench/workloads.hpp>

#include <fmt/format.h>

namespace stowage::bench {

namespace {

constexpr std::uint64_t w5_block_count = 100'000;
constexpr std::uint64_t reads = 200'000;
constexpr std::size_t w5_value_bytes = 4096;

engine_setup setup_for(std::uint64_t blocks) {
  engine_setup setup;
  setup.blocks = blocks;
  setup.value_bytes_max = w5_value_bytes;
  setup.raw_file_bytes = blocks * w5_value_bytes;
  return setup;
}

void run_readers(const options& how, report& out, contest& all, unsigned threads,
                 const value_source& values, std::uint64_t blocks) {
  const auto each = how.scaled(reads);
  std::vector<std::unique_ptr<session>> sessions;
  turn work;
  work.prepare = [&](contestant& c, unsigned) {
    sessions.clear();
    for (unsigned t = 0; t < threads; ++t) sessions.push_back(c.running().connect({}));
  };
  work.run = [&](contestant&, unsigned round) {
    on_threads(threads, [&](unsigned t) {
      std::mt19937_64 random{how.seed + std::uint64_t{round} * threads + t};
      for (std::uint64_t i = 0; i < each; ++i) {
        const auto block = random() % blocks;
        sessions[t]->read(block, values.view(block));
      }
      sessions[t]->settle();
    });
  };
  work.check = [&](contestant&, unsigned) { sessions.clear(); };
  const auto ops = static_cast<double>(each * threads);
  out.add(measure(
      {"W5",
       fmt::format("{} random reads of {} B from {} hot blocks, each compared, by {} thread{}",
                   each * threads, w5_value_bytes, blocks, threads, threads == 1 ? "" : "s"),
       "ops/s", ops, ops},
      all.participants("messages: up to 64 under way for each thread", work), how.rounds));
}

}  // namespace

void run_w5(const options& how, report& out) {
  const auto blocks = how.scaled(w5_block_count, 2);
  const value_source values{w5_value_bytes, how.seed};
  const auto setup = setup_for(blocks);
  contest all{how, setup};
  all.add("raw", {"raw mapped", role::reference, make_raw_mapped}, setup, "raw mapped");
  all.add("stowage", {"stowage view", role::ours, make_stowage_with_view}, setup, "stowage view");
  all.open_all(bulk_load());
  for (const auto& c : all.all()) {
    fill(c->client(), values, blocks);
    // Hot: each engine has every block wherever it keeps what was read.
    for (std::uint64_t block = 0; block < blocks; ++block)
      c->client().read(block, values.view(block));
    c->client().settle();
  }
  for (const unsigned threads : {1U, 2U}) run_readers(how, out, all, threads, values, blocks);
}

}  // namespace stowage::bench
