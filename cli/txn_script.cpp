#include <stowage/cli/txn_script.hpp>

#include <stowage/cli/block_name.hpp>

#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace stowage::cli {

namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r'; }

// One line, from left to right.
class line_reader {
 public:
  line_reader(std::string_view line, std::size_t number) : rest_{line}, number_{number} {}

  /// The line's fields; none for a blank line or a comment.
  std::variant<std::vector<std::string>, txn_mistake> fields() {
    std::vector<std::string> out;
    for (;;) {
      while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
      if (rest_.empty() || rest_.front() == '#') return out;
      auto field = rest_.front() == '"' ? quoted() : plain();
      if (mistake_) return *std::move(mistake_);
      out.push_back(std::move(field));
    }
  }

 private:
  std::string plain() {
    std::size_t length = 0;
    while (length < rest_.size() && !is_blank(rest_[length]) && rest_[length] != '#') {
      if (rest_[length] == '"') {
        wrong("a quote in the middle of a field", R"(quote the whole field, and write \" in it)");
        return {};
      }
      ++length;
    }
    std::string field{rest_.substr(0, length)};
    rest_.remove_prefix(length);
    return field;
  }

  std::string quoted() {
    rest_.remove_prefix(1);
    std::string field;
    while (!rest_.empty() && rest_.front() != '"') {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c != '\\')
        field.push_back(c);
      else if (!escape(field))
        return {};
    }
    if (rest_.empty()) {
      wrong("a quote is not closed", R"(add a ", or write \" for a quote in a name)");
      return {};
    }
    rest_.remove_prefix(1);
    if (!rest_.empty() && !is_blank(rest_.front()) && rest_.front() != '#')
      wrong("something follows a closing quote", "put a blank between fields");
    return field;
  }

  bool escape(std::string& field) {
    const char c = rest_.empty() ? '\0' : rest_.front();
    if (c == 'x') {
      const auto byte = from_hex(rest_.substr(1, 2));
      if (!byte || byte->size() != 1) return wrong(R"(\x without two hex digits)", R"(write \xHH)");
      field += *byte;
      rest_.remove_prefix(3);
      return true;
    }
    switch (c) {
      case 'n': field.push_back('\n'); break;
      case 't': field.push_back('\t'); break;
      case '\\':
      case '"': field.push_back(c); break;
      default: return wrong("an unknown escape", R"(use \n \t \\ \" or \xHH)");
    }
    rest_.remove_prefix(1);
    return true;
  }

  bool wrong(std::string what, std::string advice) {
    if (!mistake_) mistake_ = txn_mistake{number_, std::move(what), std::move(advice)};
    return false;
  }

  std::string_view rest_;
  std::size_t number_;
  std::optional<txn_mistake> mistake_;
};

std::optional<version> version_of(std::string_view text) {
  if (text == "absent") return version{};
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // 0 is no version any block can have.
  if (error != std::errc{} || end != text.data() + text.size() || number == 0) return std::nullopt;
  return version{number};
}

std::variant<txn_line, txn_mistake> line_of(std::vector<std::string> fields, std::size_t number) {
  const auto& word = fields.front();
  const auto wrong = [&](std::string what, std::string advice) {
    return txn_mistake{number, std::move(what), std::move(advice)};
  };
  const auto count = [&](std::size_t wanted, const std::string& usage) {
    return fields.size() == wanted
               ? std::nullopt
               : std::optional{wrong((fields.size() < wanted ? "too few" : "too many") +
                                         std::string{" fields for "} + word,
                                     "write " + usage)};
  };
  if (word == "put") {
    if (auto mistake = count(3, "put NAME FILE")) return *std::move(mistake);
    return txn_line{number, txn_put{std::move(fields[1]), std::move(fields[2])}};
  }
  if (word == "delete") {
    if (auto mistake = count(2, "delete NAME")) return *std::move(mistake);
    return txn_line{number, txn_delete{std::move(fields[1])}};
  }
  if (word == "expect") {
    if (auto mistake = count(3, "expect NAME VERSION or expect NAME absent"))
      return *std::move(mistake);
    const auto ver = version_of(fields[2]);
    if (!ver) return wrong("no version: " + show_name(fields[2]), "give a version, or absent");
    return txn_line{number, txn_expect{std::move(fields[1]), *ver}};
  }
  return wrong("unknown request " + show_name(word), "write put, delete or expect");
}

}  // namespace

std::variant<std::vector<txn_line>, txn_mistake> parse_txn_script(std::string_view text) {
  std::vector<txn_line> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto length = text.find('\n');
    auto read = line_reader{text.substr(0, length), number}.fields();
    text.remove_prefix(length == std::string_view::npos ? text.size() : length + 1);
    if (auto* mistake = std::get_if<txn_mistake>(&read)) return std::move(*mistake);
    auto& fields = std::get<std::vector<std::string>>(read);
    if (fields.empty()) continue;
    auto line = line_of(std::move(fields), number);
    if (auto* mistake = std::get_if<txn_mistake>(&line)) return std::move(*mistake);
    lines.push_back(std::get<txn_line>(std::move(line)));
  }
  return lines;
}

}  // namespace stowage::cli
