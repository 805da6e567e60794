#include <stowage/bench/contest.hpp>
#include <stowage/bench/fresh_file.hpp>
#include <stowage/bench/update_plan.hpp>
#include <stowage/bench/workloads.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace stowage::bench {

namespace {

struct load_class {
  const char* named;
  std::size_t value_bytes;
  std::uint64_t count;
};

/// So many blocks are read back after a round, spread over all.
constexpr std::uint64_t checked = 2000;

// The same bytes in as few calls as does them good, past the page cache.
participant fresh_load(const options& how, const value_source& values, std::uint64_t count,
                       std::uint64_t bytes) {
  const auto path = how.directory + "/fresh.bin";
  participant p;
  p.name = "raw fresh";
  p.what = role::reference;
  p.shape = [] {
    return "the same into a new file, as a new store has it: allocated, then 1 MiB at a time past "
           "the cache";
  };
  p.run = [path, &values, count, bytes](unsigned) {
    fresh_file file{path, bytes};
    for (std::uint64_t n = 0; n < count; ++n) file.append(values.view(n));
    file.sync();
  };
  p.check = [path](unsigned) { (void)std::remove(path.c_str()); };
  return p;
}

void run_load(const options& how, report& out, const load_class& of) {
  const auto count = how.scaled(of.count);
  const auto bytes = count * of.value_bytes;
  const value_source values{of.value_bytes, how.seed};
  engine_setup setup;
  setup.blocks = count;
  setup.value_bytes_max = of.value_bytes;
  setup.syncs_only_on_flush = true;
  setup.raw_file_bytes = bytes;
  contest all{how, setup};
  turn work;
  work.prepare = [](contestant& c, unsigned) { c.open(bulk_load()); };
  work.run = [&](contestant& c, unsigned) { fill(c.client(), values, count); };
  work.check = [&](contestant& c, unsigned) {
    for (std::uint64_t n = 0; n < count; n += std::max<std::uint64_t>(1, count / checked))
      c.client().read(n, values.view(n));
    c.client().settle();
    c.close();
  };
  auto who = all.participants(
      "a new store each round; put_many of up to 1000 ops, 8 under way, accepted, then one flush",
      work);
  if (all.has("raw")) who.insert(who.begin() + 1, fresh_load(how, values, count, bytes));
  out.add(
      measure({"W4", fmt::format("bulk load of {} x {}, durable once at the end", count, of.named),
               "MB/s", static_cast<double>(bytes) / 1e6, static_cast<double>(count)},
              who, how.rounds));
}

}  // namespace

void run_w4(const options& how, report& out) {
  for (const auto& of : {load_class{"128 B", 128, 1'000'000}, load_class{"4 KiB", 4096, 200'000},
                         load_class{"1 MiB", std::size_t{1} << 20U, 1000}})
    run_load(how, out, of);
}

}  // namespace stowage::bench
