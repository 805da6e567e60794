// The one page of the metrics server: what is answered to an HTTP request.
//
// Contract: GET and HEAD of /metrics are answered with the page, everything else with the status that says why not;
// each answer ends its connection. A request has at most `request_bytes_max` bytes, and no body is waited for.
// Concurrency: pure functions.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace stowage::cli {

inline constexpr std::size_t request_bytes_max = 8192;

/// The answer to what has been received, or nothing while the request is not whole. `page` is called if it is wanted.
[[nodiscard]] std::optional<std::string> answer_to(std::string_view received,
                                                   const std::function<std::string()>& page);

}  // namespace stowage::cli
