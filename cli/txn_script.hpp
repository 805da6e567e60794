// The lines of `stowage txn` as a list of what they ask for.
//
// Contract: one request per line: `put NAME FILE`, `delete NAME`, `expect NAME VERSION` or
// `expect NAME absent`; fields separated by blanks. A field in double quotes may hold blanks and the escapes
// \n \t \\ \" and \xHH, so a name may be any bytes. `#` outside quotes begins a comment. The whole text is
// read before anything is answered: a mistake comes with its line.
// Concurrency: pure functions.
// Limits: opens no file; says nothing of the limits of names and transactions, which are the store's.
#pragma once

#include <stowage/storage/core/types.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stowage::cli {

struct txn_put {
  std::string name;
  std::string file;
};
struct txn_delete {
  std::string name;
};
struct txn_expect {
  std::string name;
  /// version{} = absent.
  version ver;
};

struct txn_line {
  std::size_t number = 0;
  std::variant<txn_put, txn_delete, txn_expect> what;
};

/// What is wrong with a line and what to do.
struct txn_mistake {
  std::size_t line = 0;
  std::string what;
  std::string advice;
};

[[nodiscard]] std::variant<std::vector<txn_line>, txn_mistake> parse_txn_script(
    std::string_view text);

}  // namespace stowage::cli
