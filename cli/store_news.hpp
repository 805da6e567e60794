// What happened in a store between two looks at its status, as lines of a log.
//
// Contract: one line for each kind of event since the last look; none if nothing happened. How it stands altogether
// is a line of level trace.
// Concurrency: pure functions.
// Limits: what begins and ends between two looks shows only in its counter.
#pragma once

#include <stowage/config/serve_options.hpp>
#include <stowage/messages/lifecycle.hpp>

#include <string>
#include <vector>

namespace stowage::cli {

struct news_line {
  log_level level = log_level::info;
  std::string text;

  friend bool operator==(const news_line&, const news_line&) = default;
};

[[nodiscard]] std::vector<news_line> news_of(const store_status& before, const store_status& now);

}  // namespace stowage::cli
