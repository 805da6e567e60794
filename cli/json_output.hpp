// One JSON document on stdout, written as it goes.
//
// Contract: members stand in the order they are given; a list of any length takes no memory. Names are
// `name`, or `name_hex` when they are not UTF-8. `expires_at_ms` is there where a block expires.
// Concurrency: one thread.
// Limits: one list per document, before all other members.
#pragma once

#include <stowage/cli/console.hpp>
#include <stowage/storage/index/block.hpp>

#include <nlohmann/json.hpp>

#include <string_view>

namespace stowage::cli {

using json = nlohmann::ordered_json;

/// Adds the member `name`, or `name_hex`.
void add_name(json& object, std::string_view name);

/// Adds the member `expires_at_ms` if the block expires.
void add_expiry(json& object, const block& b);

/// Text that may be any bytes, such as a path or a reason: bytes that are not UTF-8 are replaced.
[[nodiscard]] json json_text(std::string_view text);

/// The whole document at once.
void print_json(console& con, const json& document);

/// A document that begins with a long list.
class json_list {
 public:
  /// Begins the document with the list `name`.
  json_list(console& con, std::string_view name);
  void add(const json& row);
  /// Ends the list and the document with the members of `rest`.
  void end(const json& rest);

 private:
  console& con_;
  bool empty_ = true;
};

}  // namespace stowage::cli
