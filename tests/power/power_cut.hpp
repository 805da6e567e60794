// Every way in which a power cut may have left the file of a recorded session, and whether that is recovered.
//
// Contract: after each operation of the log, images are built of what a cut there may leave: what was synced
// before; of the rest of the file any part (`volatile_medium`); of names that changed since their directory was
// synced, any of their past. Each image must recover to the state of the last sync before the cut or of the
// next one after it, both of which must be states the commands allow; the store must be there once its
// creation was acknowledged. Some are recovered in every way, some go on and crash again.
// Concurrency: one thread.
// Limits: those of `volatile_medium`; one store per log.
#pragma once

#include <stowage/tests/power/command_history.hpp>
#include <stowage/tests/storage/recovery/volatile_medium.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace stowage::test {

struct power_cut_effort {
  crash_effort images;
  /// Every so many images go through all ways of recovery, and through a second life.
  std::uint64_t every_way_each = 4;
  std::uint64_t second_life_each = 100;
  /// Every so many are given to `try_image`.
  std::uint64_t try_image_each = 0;
};

/// Something done with an image besides, with the state it must hold; throws std::runtime_error.
using image_trial = std::function<void(const image& bytes, const store_state& expected)>;

struct power_cut_figures {
  std::uint64_t operations = 0;
  std::uint64_t commands = 0;
  std::uint64_t states = 0;
  std::uint64_t absent = 0;
  std::uint64_t second_lives = 0;
  std::uint64_t trials = 0;

  void add(const power_cut_figures& other);
};

/// The first violation, or nothing. Adds to `sums` what was done until then.
[[nodiscard]] std::string complaint_about_power_cuts(const std::vector<file_operation>& log,
                                                     std::uint64_t seed,
                                                     const power_cut_effort& effort,
                                                     power_cut_figures& sums,
                                                     const image_trial& try_image = {});

}  // namespace stowage::test
