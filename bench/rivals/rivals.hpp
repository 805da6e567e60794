// The rivals. Each is in a file of its own, which says how its documentation wants it to be tuned.
//
// Contract: as engine.hpp has it. Caches of `cache_bytes`, no compression, values verified on reads where the engine can.
// Limits: CMake builds those whose library is there and defines STOWAGE_BENCH_<NAME>.
#pragma once

#include <stowage/bench/engine.hpp>

#include <cstddef>
#include <memory>

namespace stowage::bench {

[[nodiscard]] std::unique_ptr<engine> make_lmdb(const engine_setup& setup);
[[nodiscard]] std::unique_ptr<engine> make_leveldb(const engine_setup& setup);
[[nodiscard]] std::unique_ptr<engine> make_rocksdb(const engine_setup& setup);
[[nodiscard]] std::unique_ptr<engine> make_sqlite(const engine_setup& setup);

}  // namespace stowage::bench
