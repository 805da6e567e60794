#include <stowage/resp/inline_request.hpp>

namespace stowage::resp {

namespace {

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r' || c == '\0';
}

std::optional<unsigned> hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

char escaped(char c) noexcept {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'a': return '\a';
    case 'b': return '\b';
    default: return c;
  }
}

class splitter {
 public:
  explicit splitter(std::string_view line) : rest_{line} {}

  std::optional<std::vector<std::string>> run() {
    std::vector<std::string> words;
    for (;;) {
      while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
      if (rest_.empty()) return words;
      std::string word;
      if (!take_word(word)) return std::nullopt;
      words.push_back(std::move(word));
    }
  }

 private:
  char take() {
    const auto c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  bool take_word(std::string& word) {
    while (!rest_.empty() && !is_blank(rest_.front())) {
      const auto c = take();
      if (c != '"' && c != '\'') {
        word += c;
        continue;
      }
      if (!(c == '"' ? take_double_quoted(word) : take_single_quoted(word))) return false;
      return rest_.empty() || is_blank(rest_.front());
    }
    return true;
  }

  bool take_double_quoted(std::string& word) {
    while (!rest_.empty()) {
      const auto c = take();
      if (c == '"') return true;
      if (c != '\\' || rest_.empty()) {
        word += c;
        continue;
      }
      if (rest_.size() >= 3 && rest_[0] == 'x') {
        const auto high = hex_digit(rest_[1]);
        const auto low = hex_digit(rest_[2]);
        if (high && low) {
          word += static_cast<char>(*high * 16 + *low);
          rest_.remove_prefix(3);
          continue;
        }
      }
      word += escaped(take());
    }
    return false;
  }

  bool take_single_quoted(std::string& word) {
    while (!rest_.empty()) {
      const auto c = take();
      if (c == '\'') return true;
      if (c == '\\' && !rest_.empty() && rest_.front() == '\'')
        word += take();
      else
        word += c;
    }
    return false;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::vector<std::string>> split_words(std::string_view line) {
  return splitter{line}.run();
}

}  // namespace stowage::resp
