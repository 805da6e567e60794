// The configuration of the runtime: what a config file says, or the defaults.
//
// Contract: a file in CAF's config syntax with the sections `stowage` (ours) and `caf` (CAF's own). In
// ours every key must be known, of its type and in its range; no key may stand twice, and who is reached by other
// machines asks for a password. The failure of a
// mistake is `invalid_argument` and its detail reads `FILE:LINE: what is wrong: what to do`. A key that
// is not there keeps its default, and config/stowage.conf shows all of them.
// Concurrency: plain values; CAF's meta objects must be initialized before a file is parsed.
// Limits: does not see whether paths exist. CAF passes over unknown keys and ill-typed values in its
// section, and so do we.
#pragma once

#include <stowage/actors/store_options.hpp>
#include <stowage/config/serve_options.hpp>
#include <stowage/resp/resp_options.hpp>
#include <stowage/storage/core/result.hpp>

#include <span>
#include <string>
#include <string_view>

namespace stowage {

/// What `serve` does without a config file.
[[nodiscard]] inline store_options default_store_options() {
  store_options options;
  options.path = "stowage-data/blocks.stow";
  options.create = true;
  return options;
}

struct metrics_options {
  /// Where Prometheus finds the metrics; empty = nowhere.
  std::string listen = "127.0.0.1:9411";

  friend bool operator==(const metrics_options&, const metrics_options&) = default;
};

struct settings {
  store_options store = default_store_options();
  resp_options resp;
  metrics_options metrics;
  serve_options serve;
  /// The text of the file, for CAF's own section.
  std::string source;
};

/// Reads and checks the file at `path`. A relative `path` in it is relative to the working directory.
[[nodiscard]] result<settings> load_config(const std::string& path);

/// As `load_config`, on the text of a file; `file` is what mistakes call it.
[[nodiscard]] result<settings> parse_config(std::string text, std::string_view file);

/// The keys of the section `stowage`, with the sections they stand in: `batch.max-ops`.
[[nodiscard]] std::span<const std::string_view> known_config_keys() noexcept;

}  // namespace stowage
