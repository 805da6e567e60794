#include <stowage/cli/maintenance_output.hpp>

#include <fmt/format.h>

namespace stowage::cli {

namespace {

std::string ok_or_damaged(std::uint64_t damaged) {
  return damaged == 0 ? "ok" : fmt::format("{} damaged", damaged);
}

}  // namespace

json describe_found(const failure& why) {
  json row;
  if (!why.name.empty()) add_name(row, why.name);
  row["code"] = name_of(why.code);
  if (why.offset) row["offset"] = *why.offset;
  if (!why.detail.empty()) row["detail"] = json_text(why.detail);
  return row;
}

json verified_document(std::string_view path, const verify_result& done,
                       std::uint64_t dropped_groups, const json& found) {
  json d;
  d["path"] = json_text(path);
  d["ok"] = done.found_count == 0;
  d["blocks"] = done.blocks;
  d["chunks"] = done.chunks;
  d["verified_bytes"] = done.verified_bytes;
  d["dropped_groups"] = dropped_groups;
  d["found"] = found;
  return d;
}

std::string verified_line(const verify_result& done) {
  return fmt::format("verified {} blocks, {} chunks, {} bytes: {}\n", done.blocks, done.chunks,
                     done.verified_bytes, ok_or_damaged(done.found_count));
}

std::string compacted_line(const compact_result& done) {
  return fmt::format("moved {} blocks, {} bytes: the file had {} bytes and has {}\n",
                     done.blocks_moved, done.bytes_moved, done.file_bytes_before,
                     done.file_bytes_after);
}

std::string copied_line(std::string_view verbed, std::uint64_t blocks, std::uint64_t value_bytes,
                        std::uint64_t damaged) {
  return fmt::format("{} {} blocks, {} bytes: {}\n", verbed, blocks, value_bytes,
                     ok_or_damaged(damaged));
}

}  // namespace stowage::cli
