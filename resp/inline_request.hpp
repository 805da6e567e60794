// A request typed as a line: words, some of them in quotes.
//
// Contract: words are separated by blanks. In double quotes `\xHH`, `\n`, `\r`, `\t`, `\a`, `\b` are bytes and `\c`
// is any other byte c; in single quotes only `\'` means something. A quote ends its word: another one must not
// follow without a blank. Nothing if a quote is not closed in order.
// Concurrency: a pure function.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::resp {

[[nodiscard]] std::optional<std::vector<std::string>> split_words(std::string_view line);

}  // namespace stowage::resp
