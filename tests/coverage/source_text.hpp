// C++ source as tokens: what is code in it, and which function each part belongs to.
//
// Contract: comments and preprocessor lines give no tokens; a literal is one token. Offsets are bytes of the
// text, lines and columns count from 1 in bytes, as clang counts them.
// Concurrency: a plain value.
// Limits: reads the style of this tree, not all of C++: no function that a macro makes, no old digraphs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::coverage {

struct token {
  enum class kind : unsigned char { identifier, number, literal, punctuation };

  kind what = kind::punctuation;
  std::string text;
  std::size_t offset = 0;
};

struct position {
  std::size_t line = 0;
  std::size_t column = 0;

  friend auto operator<=>(const position&, const position&) = default;
};

/// A function of a namespace or class; lambdas belong to the function they stand in.
struct function_body {
  std::string name;
  /// What stands before the name: the type, mostly.
  std::string before_name;
  /// Indices of the tokens `{` and `}`.
  std::size_t first = 0;
  std::size_t last = 0;
};

class source_text {
 public:
  explicit source_text(std::string text);

  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] const std::vector<token>& tokens() const noexcept { return tokens_; }
  [[nodiscard]] const std::vector<function_body>& functions() const noexcept { return functions_; }

  [[nodiscard]] position position_of(std::size_t offset) const;
  [[nodiscard]] std::size_t offset_of(position p) const;

  /// The index of the bracket that closes the one at `opening`, or the other way round.
  [[nodiscard]] std::size_t partner(std::size_t bracket) const { return partners_[bracket]; }
  /// The text of the tokens [first, last], blanks and line breaks as one blank.
  [[nodiscard]] std::string excerpt(std::size_t first, std::size_t last) const;

 private:
  void find_tokens();
  void match_brackets();
  [[nodiscard]] std::size_t end_of_template_list(std::size_t opening) const;
  void find_functions();

  std::string text_;
  std::vector<std::size_t> line_starts_;
  std::vector<token> tokens_;
  std::vector<std::size_t> partners_;
  std::vector<function_body> functions_;
};

}  // namespace stowage::coverage
