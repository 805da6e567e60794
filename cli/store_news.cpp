#include <stowage/cli/store_news.hpp>

#include <fmt/format.h>

namespace stowage::cli {

std::vector<news_line> news_of(const store_status& before, const store_status& now) {
  std::vector<news_line> news;
  if (now.checkpoints != before.checkpoints)
    news.push_back(
        {log_level::debug, fmt::format("checkpoint {} is durable: the journal has {} bytes",
                                       now.checkpoints, now.journal_bytes)});
  if (now.compactions != before.compactions)
    news.push_back(
        {log_level::info,
         fmt::format("compaction {} has ended: {} blocks moved so far, the file has {} "
                     "bytes, {} of them free",
                     now.compactions, now.blocks_moved, now.file_bytes, now.free_bytes)});
  if (now.blocks_to_verify != 0 && before.blocks_to_verify == 0)
    news.push_back({log_level::info,
                    fmt::format("a verification of {} blocks is under way", now.blocks_to_verify)});
  if (now.blocks_to_verify == 0 && before.blocks_to_verify != 0)
    news.push_back({log_level::info, "the verification has ended"});
  if (now.blocks_expired != before.blocks_expired)
    news.push_back({log_level::debug, fmt::format("{} expired blocks were removed",
                                                  now.blocks_expired - before.blocks_expired)});
  if (now.requests_parked != 0 && before.requests_parked == 0)
    news.push_back({log_level::debug,
                    fmt::format("{} requests wait for credit or space", now.requests_parked)});
  if (now.ops_rejected != before.ops_rejected)
    news.push_back({log_level::debug,
                    fmt::format("{} ops were refused", now.ops_rejected - before.ops_rejected)});
  if (now != before)
    news.push_back({log_level::trace,
                    fmt::format("{} blocks, version {}, {} durable, {} ops in flight, {} groups",
                                now.blocks, now.last_version.value, now.durable_version.value,
                                now.ops_in_flight, now.groups)});
  return news;
}

}  // namespace stowage::cli
