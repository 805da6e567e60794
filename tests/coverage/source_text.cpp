#include <stowage/tests/coverage/source_text.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace stowage::coverage {

namespace {

bool begins_word(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// Those whose parts would mean something else.
constexpr std::array<std::string_view, 9> pairs{
    "::", "->", "==", "!=", "<=", ">=", "&&", "||", "+="};

std::size_t end_of_literal(std::string_view text, std::size_t at) {
  const char quote = text[at++];
  while (at < text.size() && text[at] != quote) at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

// R"DELIMITER(...)DELIMITER"
std::size_t end_of_raw_literal(std::string_view text, std::size_t at) {
  const auto open = std::min(text.find('(', at), text.size() - 1);
  const auto closing = ')' + std::string{text.substr(at + 2, open - at - 2)} + '"';
  return std::min(text.find(closing, open), text.size() - closing.size()) + closing.size();
}

// What a `{` at this place opens, by what stands before it.
enum class scope { names, function, other };

}  // namespace

source_text::source_text(std::string text) : text_{std::move(text)}, line_starts_{0} {
  for (std::size_t i = 0; i < text_.size(); ++i)
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  find_tokens();
  match_brackets();
  find_functions();
}

position source_text::position_of(std::size_t offset) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return {static_cast<std::size_t>(after - line_starts_.begin()), offset - *(after - 1) + 1};
}

std::size_t source_text::offset_of(position p) const {
  return line_starts_.at(p.line - 1) + p.column - 1;
}

std::string source_text::excerpt(std::size_t first, std::size_t last) const {
  std::string out;
  const auto end = tokens_[last].offset + tokens_[last].text.size();
  for (auto at = tokens_[first].offset; at < end; ++at) {
    if (std::isspace(static_cast<unsigned char>(text_[at])) == 0)
      out.push_back(text_[at]);
    else if (out.back() != ' ')
      out.push_back(' ');
  }
  return out;
}

void source_text::find_tokens() {
  const std::string_view text = text_;
  bool line_begins = true;
  for (std::size_t at = 0; at < text.size();) {
    const auto rest = text.substr(at);
    const auto begin = at;
    auto what = token::kind::punctuation;
    if (rest.starts_with("//") || (line_begins && rest.starts_with('#'))) {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (rest.starts_with("/*")) {
      at = std::min(text.find("*/", at), text.size() - 2) + 2;
      continue;
    }
    if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
      line_begins = line_begins || text[at] == '\n';
      ++at;
      continue;
    }
    if (rest.starts_with("R\"")) {
      what = token::kind::literal;
      at = end_of_raw_literal(text, at);
    } else if (begins_word(text[at])) {
      what = token::kind::identifier;
      while (at < text.size() && is_word(text[at])) ++at;
    } else if (is_digit(text[at])) {
      what = token::kind::number;
      while (at < text.size() && (is_word(text[at]) || text[at] == '.' || text[at] == '\'')) ++at;
    } else if (text[at] == '"' || text[at] == '\'') {
      what = token::kind::literal;
      at = end_of_literal(text, at);
    } else {
      at += std::ranges::find(pairs, rest.substr(0, 2)) != pairs.end() ? 2 : 1;
    }
    line_begins = false;
    tokens_.push_back({what, std::string{text.substr(begin, at - begin)}, begin});
  }
}

void source_text::match_brackets() {
  partners_.assign(tokens_.size(), 0);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const auto& t = tokens_[i];
    if (t.what != token::kind::punctuation) continue;
    if (t.text == "(" || t.text == "[" || t.text == "{") open.push_back(i);
    if (t.text != ")" && t.text != "]" && t.text != "}") continue;
    if (open.empty()) throw std::invalid_argument{"a bracket closes what none opened"};
    partners_[i] = open.back();
    partners_[open.back()] = i;
    open.pop_back();
  }
  if (!open.empty()) throw std::invalid_argument{"a bracket is not closed"};
}

// The index of the `>` for the `<` at `opening`.
std::size_t source_text::end_of_template_list(std::size_t opening) const {
  std::size_t depth = 0;
  for (auto i = opening; i < tokens_.size(); ++i) {
    if (tokens_[i].text == "<") ++depth;
    if (tokens_[i].text == ">" && --depth == 0) return i;
  }
  return opening;
}

void source_text::find_functions() {
  // Where the declaration or statement at hand begins.
  std::size_t begin = 0;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const auto& text = tokens_[i].text;
    if (text == ";" || text == "}") begin = i + 1;
    if (text == "(") i = partner(i);
    if (text != "{") continue;
    auto opens = scope::other;
    std::size_t name = 0;
    for (auto j = begin; j < i; ++j) {
      const auto& word = tokens_[j].text;
      if (word == "namespace" || word == "class" || word == "struct" || word == "enum") {
        opens = scope::names;
        break;
      }
      if (word == "template") j = end_of_template_list(j + 1);
      // An attribute; and where the value of a variable begins.
      if (word == "[") j = partner(j);
      if (word == "=") break;
      if (word == "(") {
        opens = scope::function;
        name = j - 1;
        break;
      }
    }
    if (opens == scope::function) {
      const auto type = name > begin ? excerpt(begin, name - 1) : std::string{};
      functions_.push_back({tokens_[name].text, type, i, partner(i)});
    }
    if (opens != scope::names) i = partner(i);
    begin = i + 1;
  }
}

}  // namespace stowage::coverage
