#include <stowage/config/key_scanner.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace stowage {

namespace {

// CAF's parser calls itself for each level.
constexpr std::size_t depth_max = 16;

bool is_key_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// A descent over sections; the first mistake ends it.
class scanner {
 public:
  explicit scanner(std::string_view text) noexcept : rest_{text} {}

  std::variant<std::vector<config_key>, config_mistake> run() {
    if (!section({}, 0, 0)) return std::move(mistake_);
    return std::move(keys_);
  }

 private:
  bool wrong(std::size_t line, std::string what) {
    mistake_ = {line, std::move(what)};
    return false;
  }

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] char front() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
  void advance() noexcept {
    if (front() == '\n') ++line_;
    rest_.remove_prefix(1);
  }
  void skip_while(std::string_view characters) noexcept {
    while (!at_end() && characters.find(front()) != std::string_view::npos) advance();
  }
  void skip_space(std::string_view characters) noexcept {
    for (skip_while(characters); front() == '#'; skip_while(characters))
      while (!at_end() && front() != '\n') advance();
  }

  // The entries up to the brace that closes the section, or up to the end of the file.
  bool section(const std::string& name, std::size_t opened_at, std::size_t depth) {
    if (depth > depth_max) return wrong(line_, "sections nest too deep: use fewer braces");
    for (;;) {
      skip_space(" \t\n,");
      if (at_end()) {
        if (depth == 0) return true;
        return wrong(opened_at, "the section " + name + " is not closed: add a }");
      }
      if (front() == '}') {
        if (depth == 0) return wrong(line_, "a } closes nothing: remove it");
        advance();
        return true;
      }
      if (!entry(name, depth)) return false;
    }
  }

  bool entry(const std::string& section_name, std::size_t depth) {
    const auto line = line_;
    std::string key;
    if (front() == '"' || front() == '\'') {
      const auto quoted = rest_;
      if (!text()) return false;
      key = quoted.substr(1, quoted.size() - rest_.size() - 2);
    } else {
      for (; is_key_character(front()); advance()) key += front();
    }
    if (key.empty()) return wrong(line, "a key is expected here: write KEY = VALUE or SECTION { }");
    if (front() == '.' || key.find('.') != std::string::npos)
      return wrong(line, "the key " + key + " is dotted: write sections with braces");
    skip_while(" \t");
    const auto name = section_name.empty() ? key : section_name + "." + key;
    if (front() == '=' || front() == ':') {
      advance();
      skip_while(" \t");
    } else if (front() != '{') {
      return wrong(line, "no value follows the key " + name + ": write " + key + " = VALUE");
    }
    if (!note({name, line, front() == '{'})) return false;
    return value(name, line, depth);
  }

  bool note(config_key key) {
    const auto [first, is_new] = lines_.try_emplace(key.name, key.line, key.is_section);
    // CAF merges a section that stands twice.
    if (!is_new && !(key.is_section && first->second.second))
      return wrong(key.line, "the key " + key.name + " stands in line " +
                                 std::to_string(first->second.first) + " already: remove one");
    keys_.push_back(std::move(key));
    return true;
  }

  bool value(const std::string& name, std::size_t line, std::size_t depth) {
    switch (front()) {
      case '{': advance(); return section(name, line, depth + 1);
      case '[': return list(name, line);
      case '"':
      case '\'': return text();
      default: break;
    }
    constexpr std::string_view ends = " \t\n,}]#{[";
    const auto length = std::min(rest_.find_first_of(ends), rest_.size());
    if (length == 0) return wrong(line, "no value follows the key " + name + ": add one");
    rest_.remove_prefix(length);
    return true;
  }

  bool text() {
    const auto line = line_;
    const char quote = front();
    for (advance(); !at_end() && front() != '\n'; advance()) {
      if (front() == quote) {
        advance();
        return true;
      }
      if (front() == '\\' && rest_.size() > 1) advance();
    }
    return wrong(line, "a text is not closed: add the quote at its end");
  }

  // Lists may hold texts, comments, lists and maps; only their end is of interest.
  bool list(const std::string& name, std::size_t line) {
    std::string open;
    while (!at_end()) {
      skip_space(" \t\n");
      const char c = front();
      if (c == '"' || c == '\'') {
        if (!text()) return false;
        continue;
      }
      if (c == '[' || c == '{') open += c == '[' ? ']' : '}';
      if (open.size() > depth_max)
        return wrong(line, "the list of " + name + " nests too deep: use fewer brackets");
      if (c == ']' || c == '}') {
        if (open.back() != c) break;
        open.pop_back();
      }
      if (!at_end()) advance();
      if (open.empty()) return true;
    }
    return wrong(line, "the list of " + name + " is not closed: add a ]");
  }

  std::string_view rest_;
  std::size_t line_ = 1;
  std::vector<config_key> keys_;
  std::map<std::string, std::pair<std::size_t, bool>, std::less<>> lines_;
  config_mistake mistake_;
};

}  // namespace

std::variant<std::vector<config_key>, config_mistake> scan_keys(std::string_view text) {
  return scanner{text}.run();
}

}  // namespace stowage
