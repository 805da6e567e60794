#include <stowage/bench/engines.hpp>

#include <stowage/bench/rivals/rivals.hpp>

#include <algorithm>
#include <stdexcept>

namespace stowage::bench {

const std::vector<engine_entry>& known_engines() {
  static const std::vector<engine_entry> all{
      {"raw", role::device, make_raw},        {"stowage", role::ours, make_stowage},
#ifdef STOWAGE_BENCH_LMDB
      {"lmdb", role::rival, make_lmdb},
#endif
#ifdef STOWAGE_BENCH_LEVELDB
      {"leveldb", role::rival, make_leveldb},
#endif
#ifdef STOWAGE_BENCH_ROCKSDB
      {"rocksdb", role::rival, make_rocksdb},
#endif
#ifdef STOWAGE_BENCH_SQLITE
      {"sqlite", role::rival, make_sqlite},
#endif
  };
  return all;
}

std::unique_ptr<engine> make_engine(std::string_view name, const engine_setup& setup) {
  const auto& all = known_engines();
  const auto found = std::ranges::find(all, name, &engine_entry::name);
  if (found == all.end()) throw std::runtime_error{"no engine " + std::string{name}};
  return found->make(setup);
}

}  // namespace stowage::bench
