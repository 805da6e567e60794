// The engines this program was built with.
//
// Contract: raw and stowage are always there, rivals where their library was found. The order is that of tables.
// Concurrency: immutable.
#pragma once

#include <stowage/bench/engine.hpp>
#include <stowage/bench/measuring/measurement.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::bench {

struct engine_entry {
  std::string_view name;
  role what = role::rival;
  std::unique_ptr<engine> (*make)(const engine_setup&) = nullptr;
};

[[nodiscard]] const std::vector<engine_entry>& known_engines();

/// Throws if there is none of that name.
[[nodiscard]] std::unique_ptr<engine> make_engine(std::string_view name, const engine_setup& setup);

/// The same bytes appended by pwrite to one preallocated, already written file, with fdatasync at the same points:
/// what the device allows. Reads are preads.
[[nodiscard]] std::unique_ptr<engine> make_raw(const engine_setup& setup);
/// The same, but reads are of a mapping of the file.
[[nodiscard]] std::unique_ptr<engine> make_raw_mapped(const engine_setup& setup);
[[nodiscard]] std::unique_ptr<engine> make_stowage(const engine_setup& setup);
/// The same, but reads are those of a view: they see what is durable.
[[nodiscard]] std::unique_ptr<engine> make_stowage_with_view(const engine_setup& setup);

}  // namespace stowage::bench
