#include <stowage/bench/bulk_writer.hpp>
#include <stowage/bench/fresh_file.hpp>
#include <stowage/bench/raw_file.hpp>
#include <stowage/bench/running_store.hpp>
#include <stowage/bench/workloads.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace stowage::bench {

namespace {

std::string block_name(std::uint64_t n) { return fmt::format("block-{:08}", n); }

store_options bulk_options(const std::string& path) {
  store_options options;
  options.path = path;
  options.create = true;
  options.level = durability::accepted;
  options.sync.mode = sync_mode::lazy;
  options.batch.max_ops = 65'536;
  options.credit.max_ops = 1'000'000;
  return options;
}

// Each value with a call of its own, and of values smaller than a page a page of them.
void raw_load(raw_file& file, const value_source& values, std::uint64_t count) {
  file.rewind();
  std::vector<byte_view> together;
  std::uint64_t bytes = 0;
  for (std::uint64_t n = 0; n < count; ++n) {
    together.push_back(values.value(n).view());
    bytes += together.back().size();
    if (bytes < page_size && n + 1 < count) continue;
    file.append(together);
    together.clear();
    bytes = 0;
  }
  file.sync();
}

// The same bytes in as few calls as does them good, past the page cache.
void raw_fresh_load(const std::string& path, const value_source& values, std::uint64_t count,
                    std::uint64_t bytes) {
  fresh_file file{path, bytes};
  for (std::uint64_t n = 0; n < count; ++n) file.append(values.value(n).view());
  file.sync();
}

void stowage_load(running_store& store, const value_source& values, std::uint64_t count) {
  bulk_writer writer{store};
  for (std::uint64_t n = 0; n < count; ++n) writer.put(block_name(n), values.value(n));
  writer.drain();
  unwrap(store.client().flush());
}

struct row {
  std::uint64_t value_bytes;
  std::uint64_t count;
};

}  // namespace

void run_w4(const options& how) {
  for (const auto& r : {row{128, 1'000'000}, row{4096, 200'000}, row{1U << 20U, 1000}}) {
    const auto count = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(static_cast<double>(r.count) * how.scale));
    const auto bytes = count * r.value_bytes;
    const value_source values{r.value_bytes, how.seed};
    raw_file raw{how.directory + "/raw.bin", bytes};
    const auto path = how.directory + "/w4.stow";
    std::unique_ptr<running_store> store;

    const participant of_raw{"raw",
                             "pwrite of each value (of a page of them, where they are smaller) "
                             "into a written file whose pages "
                             "are hot in the cache, one fdatasync",
                             {},
                             {},
                             [&](unsigned) { raw_load(raw, values, count); }};
    const auto fresh_path = how.directory + "/fresh.bin";
    const participant of_fresh{"raw fresh",
                               "the same into a new file, as a new store has it: allocated, then 1 "
                               "MiB at a time past the cache",
                               {},
                               [&](unsigned) { (void)std::remove(fresh_path.c_str()); },
                               [&](unsigned) { raw_fresh_load(fresh_path, values, count, bytes); }};
    const participant of_stowage{
        "stowage",
        fmt::format("a new store each round; sync lazy, credit 64 MiB without a bound of ops; "
                    "put_many of up to {} ops, {} under way, accepted, then one flush",
                    bulk_writer::message_ops_max, bulk_writer::messages_under_way),
        [&](unsigned) { store = std::make_unique<running_store>(bulk_options(path)); },
        [&](unsigned) {
          for (std::uint64_t n = 0; n < count; n += std::max<std::uint64_t>(1, count / 200))
            if (!(unwrap(store->client().get(block_name(n))).value == values.value(n)))
              throw std::runtime_error{fmt::format("stowage: {} reads back wrong", block_name(n))};
          store.reset();
          (void)std::remove(path.c_str());
        },
        [&](unsigned) { stowage_load(*store, values, count); }};
    measure(
        {fmt::format("W4: bulk load of {} x {} B, durable once at the end", count, r.value_bytes),
         "MB/s", static_cast<double>(bytes) / 1e6, static_cast<double>(count)},
        {of_raw, of_fresh, of_stowage}, how.rounds);
  }
}

}  // namespace stowage::bench
