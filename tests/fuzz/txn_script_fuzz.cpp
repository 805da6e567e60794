// What the command line reads from standard input and arguments: the script of a transaction, names of any
// bytes as hex and as text, and names as paths below a directory.
//
// Input: the text of a script, which is taken for a name as well.

#include <stowage/cli/block_name.hpp>
#include <stowage/cli/txn_script.hpp>
#include <stowage/tests/fuzz/fuzz_target.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <string>

namespace stowage::fuzz {

namespace {

using namespace stowage::cli;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// The inverse of `show_name`.
std::string unshown(std::string_view shown) {
  std::string name;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (shown[i] != '\\') {
      name += shown[i];
      continue;
    }
    const auto byte = from_hex(shown.substr(std::min(i + 2, shown.size()), 2));
    require(shown.substr(i, 2) == "\\x" && byte && byte->size() == 1, "a shown byte is \\xHH");
    name += *byte;
    i += 3;
  }
  return name;
}

void check_name(std::string_view name) {
  const auto shown = show_name(name);
  require(is_printable(shown), "a shown name is printable");
  require(unshown(shown) == name, "no two names are shown alike");

  const auto hex = to_hex(name);
  const auto back = from_hex(hex);
  require(back.has_value() && *back == name, "from_hex is the inverse of to_hex");
  if (const auto bytes = from_hex(name)) {
    std::string lower{name};
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    require(to_hex(*bytes) == lower, "to_hex is the inverse of from_hex");
  } else {
    const bool is_hex = name.size() % 2 == 0 && std::ranges::all_of(name, [](unsigned char c) {
                          return std::isxdigit(c) != 0;
                        });
    require(!is_hex, "hex digits in pairs are hex");
  }

  // The library throws where a text it is to print is not UTF-8.
  bool json_takes_it = true;
  try {
    (void)nlohmann::json(std::string{name}).dump();
  } catch (const nlohmann::json::type_error&) {
    json_takes_it = false;
  }
  require(is_utf8(name) == json_takes_it, "UTF-8 is what JSON takes for UTF-8");
  require(cli::check_name(name).ok() == (!name.empty() && name.size() <= 1024),
          "a name has 1 to 1024 bytes");
}

std::string in_quotes(std::string_view field) {
  std::string out{'"'};
  for (const char c : field) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\\':
      case '"': out += std::string{'\\', c}; break;
      default:
        if (c < ' ' || c > '~')
          out += "\\x" + to_hex({&c, 1});
        else
          out += c;
    }
  }
  return out + '"';
}

std::string written(const txn_line& line) {
  if (const auto* put = std::get_if<txn_put>(&line.what))
    return "put " + in_quotes(put->name) + " " + in_quotes(put->file);
  if (const auto* del = std::get_if<txn_delete>(&line.what))
    return "delete " + in_quotes(del->name);
  const auto& expect = std::get<txn_expect>(line.what);
  return "expect " + in_quotes(expect.name) + " " +
         (expect.ver == version{} ? "absent" : std::to_string(expect.ver.value));
}

void check_script(std::string_view text) {
  const auto count = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  const auto parsed = parse_txn_script(text);
  if (const auto* mistake = std::get_if<txn_mistake>(&parsed)) {
    require(mistake->line >= 1 && mistake->line <= count, "a mistake has its line");
    require(!mistake->what.empty() && !mistake->advice.empty(),
            "a mistake says what is wrong and what to do");
    require(mistake->what.find('\n') == std::string::npos, "a mistake is one line");
    // What stands before the mistake is right.
    std::size_t end = 0;
    for (std::size_t line = 1; line < mistake->line; ++line) end = text.find('\n', end) + 1;
    require(parse_txn_script(text.substr(0, end)).index() == 0, "the first mistake is told");
    return;
  }
  const auto& lines = std::get<std::vector<txn_line>>(parsed);
  std::string again;
  std::size_t last = 0;
  for (const auto& line : lines) {
    require(line.number > last && line.number <= count, "lines are numbered in their order");
    again.append(line.number - last - 1, '\n');
    again += written(line) + "\n";
    last = line.number;
  }
  const auto reparsed = parse_txn_script(again);
  require(reparsed.index() == 0, "a script written down is a script");
  const auto& relines = std::get<std::vector<txn_line>>(reparsed);
  require(relines.size() == lines.size(), "a script written down has as many lines");
  for (std::size_t i = 0; i < lines.size(); ++i)
    require(relines[i].number == lines[i].number && written(relines[i]) == written(lines[i]) &&
                relines[i].what.index() == lines[i].what.index(),
            "a script written down says the same");
}

}  // namespace

const std::size_t input_bytes_max = 2048;

void run(byte_view input) {
  const auto text = as_text(input);
  check_script(text);
  check_name(text);
}

std::vector<bytes> seeds() { return {}; }

}  // namespace stowage::fuzz
