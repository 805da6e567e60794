// A config file: the scanner of its keys, and the settings it gives.
//
// Input: the text. Between the scanner and CAF's own parser stands the promise that nothing is believed on which
// the two disagree; CAF is not instrumented, but the scanner decides what reaches it.

#include <stowage/config/key_scanner.hpp>
#include <stowage/config/settings.hpp>
#include <stowage/tests/fuzz/fuzz_target.hpp>

#include <caf/init_global_meta_objects.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace stowage::fuzz {

namespace {

constexpr std::string_view file = "x.conf";

std::size_t lines_of(std::string_view text) {
  return 1 + static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

void check_scan(std::string_view text) {
  const auto lines = lines_of(text);
  const auto scanned = scan_keys(text);
  const auto shifted = scan_keys("\n" + std::string{text});
  require(scanned.index() == shifted.index(), "an empty line in front changes nothing");
  if (const auto* mistake = std::get_if<config_mistake>(&scanned)) {
    require(mistake->line >= 1 && mistake->line <= lines && !mistake->what.empty(),
            "a mistake has its line");
    const auto& other = std::get<config_mistake>(shifted);
    require(other.line == mistake->line + 1, "a line more in front is a line more in a mistake");
    return;
  }
  const auto& keys = std::get<std::vector<config_key>>(scanned);
  const auto& shifted_keys = std::get<std::vector<config_key>>(shifted);
  require(keys.size() == shifted_keys.size(), "an empty line in front changes no key");
  std::set<std::string> values;
  std::size_t line = 1;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto& key = keys[i];
    require(!key.name.empty() && key.line >= line && key.line <= lines, "a key has its line");
    line = key.line;
    require(key.is_section || values.insert(key.name).second, "a key stands once");
    require(shifted_keys[i] == config_key{key.name, key.line + 1, key.is_section},
            "a line more in front is a line more for each key");
    // Its sections stand before it.
    if (const auto dot = key.name.rfind('.'); dot != std::string::npos)
      require(std::any_of(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(i),
                          [&](const config_key& k) {
                            return k.is_section && k.name == key.name.substr(0, dot);
                          }),
              "a key stands in its section");
  }
}

void check_mistake(const failure& why, std::string_view text) {
  require(why.code == errc::invalid_argument, "a bad config is an invalid argument");
  const std::string_view detail = why.detail;
  const auto prefix = std::string{file} + ":";
  require(detail.starts_with(prefix), "a mistake names the file");
  std::size_t line = 0;
  const auto* const begin = detail.data() + prefix.size();
  const auto parsed = std::from_chars(begin, detail.data() + detail.size(), line);
  require(parsed.ec == std::errc{} && line >= 1 && line <= lines_of(text),
          "a mistake names its line");
  const std::string_view rest{parsed.ptr,
                              static_cast<std::size_t>(detail.data() + detail.size() - parsed.ptr)};
  require(rest.starts_with(": ") && rest.find(": ", 2) != std::string_view::npos,
          "a mistake says what is wrong and what to do");
  const auto scanned = scan_keys(text);
  if (const auto* mistake = std::get_if<config_mistake>(&scanned))
    require(mistake->line == line && rest.substr(2) == mistake->what,
            "the scanner's mistake comes first");
}

void check_ranges(const store_options& o) {
  require(!o.path.empty() && o.path.find('\0') == std::string::npos, "a path is a path");
  require(o.batch.max_ops >= 1 && o.batch.max_ops <= 65'536, "batch.max-ops is in its range");
  require(o.batch.max_bytes >= 1 && o.batch.max_bytes <= 64 * limits::mib,
          "batch.max-bytes is in its range");
  require(o.credit.max_ops >= 1 && o.credit.max_ops <= 1'000'000, "credit.max-ops is in its range");
  require(o.credit.max_bytes >= limits::mib && o.credit.max_bytes <= 16 * limits::gib,
          "credit.max-bytes is in its range");
  for (const auto& time : {o.batch.max_delay, o.sync.max_interval})
    require(time.count() >= 0 && time <= std::chrono::minutes{1}, "a time is in its range");
  require(o.readers >= 1 && o.readers <= 64, "readers is in its range");
}

std::string in_quotes(std::string_view text) {
  std::string out{'"'};
  for (const char c : text) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\\':
      case '"': out += '\\'; [[fallthrough]];
      default: out += c;
    }
  }
  return out + '"';
}

std::string written(const store_options& o) {
  const auto flag = [](bool b) { return std::string{b ? "true" : "false"}; };
  const auto time = [](std::chrono::nanoseconds t) { return std::to_string(t.count()) + "ns"; };
  return "stowage {\n path = " + in_quotes(o.path) + "\n create = " + flag(o.create) +
         "\n durability = " + in_quotes(o.level == durability::durable ? "durable" : "accepted") +
         "\n batch {\n max-ops = " + std::to_string(o.batch.max_ops) +
         "\n max-delay = " + time(o.batch.max_delay) +
         "\n max-bytes = " + std::to_string(o.batch.max_bytes) +
         "\n close-when-waited = " + flag(o.batch.close_when_waited) + "\n }\n sync {\n mode = " +
         in_quotes(o.sync.mode == sync_mode::group       ? "group"
                   : o.sync.mode == sync_mode::two_phase ? "two-phase"
                                                         : "lazy") +
         "\n max-interval = " + time(o.sync.max_interval) +
         "\n }\n credit {\n max-ops = " + std::to_string(o.credit.max_ops) +
         "\n max-bytes = " + std::to_string(o.credit.max_bytes) +
         "\n }\n device = " + in_quotes(o.device == device_kind::posix ? "posix" : "memory") +
         "\n readers = " + std::to_string(o.readers) + "\n}\n";
}

}  // namespace

const std::size_t input_bytes_max = 2048;

void run(byte_view input) {
  static const bool ready = [] {
    caf::core::init_global_meta_objects();
    return true;
  }();
  require(ready, "CAF is ready");

  const std::string text{as_text(input)};
  check_scan(text);
  const auto parsed = parse_config(text, file);
  if (!parsed) return check_mistake(parsed.error(), text);
  require(std::holds_alternative<std::vector<config_key>>(scan_keys(text)),
          "a text that cannot be scanned is no config");
  require(parsed->source == text, "the source is kept");
  check_ranges(parsed->store);

  const auto again = parse_config(written(parsed->store), file);
  require(again.ok() && again->store == parsed->store,
          "settings written down give the same settings");
  const auto longer = parse_config(text + "\n# the end\n", file);
  require(longer.ok() && longer->store == parsed->store, "a comment changes nothing");
}

std::vector<bytes> seeds() {
  std::ifstream in{STOWAGE_SOURCE_DIR "/config/stowage.conf", std::ios::binary};
  const std::string shipped{std::istreambuf_iterator<char>{in}, {}};
  require(!shipped.empty(), "the shipped config can be read");
  const auto text = as_bytes(shipped);
  return {bytes{text.begin(), text.end()}};
}

}  // namespace stowage::fuzz
