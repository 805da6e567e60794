#include <stowage/cli/progress.hpp>

#include <stowage/storage/core/limits.hpp>

#include <fmt/format.h>

#include <utility>

namespace stowage::cli {

progress::progress(console& con, std::string verb, std::uint64_t total)
    : con_{con}, verb_{std::move(verb)}, total_{total} {}

void progress::advance(std::uint64_t bytes, std::uint64_t items) {
  items_ += items;
  bytes_ += bytes;
  if (!con_.shows_progress()) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds{100};
  const auto mib = bytes_ / limits::mib;
  if (total_ == 0) {
    con_.show_progress(fmt::format("{} {} blocks, {} MiB", verb_, items_, mib));
    return;
  }
  constexpr std::uint64_t width = 30;
  const auto done = static_cast<std::size_t>(items_ * width / total_);
  con_.show_progress(fmt::format("{} [{:<30}] {}/{} blocks, {} MiB", verb_, std::string(done, '='),
                                 items_, total_, mib));
}

}  // namespace stowage::cli
