// A config file: the scanner of its keys, and the settings it gives.
//
// Input: the text. Between the scanner and CAF's own parser stands the promise that nothing is believed on which
// the two disagree; CAF is not instrumented, but the scanner decides what reaches it.

#include <stowage/config/key_scanner.hpp>
#include <stowage/config/settings.hpp>
#include <stowage/tests/fuzz/fuzz_target.hpp>

#include <caf/init_global_meta_objects.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <utility>

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
  require(o.cache_bytes <= limits::tib, "cache-bytes is in its range");
  const auto start_above = o.compaction.start_above;
  require(start_above == 0 || (start_above >= 1.1 && start_above <= 100),
          "compaction.start-above is in its range");
  require(o.backup.max_pinned_bytes >= limits::mib && o.backup.max_pinned_bytes <= limits::tib,
          "backup.max-pinned-bytes is in its range");
  require(o.backup.max_time >= std::chrono::seconds{1} &&
              o.backup.max_time <= std::chrono::hours{7 * 24},
          "backup.max-time is in its range");
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

std::string_view level_name(log_level level) {
  switch (level) {
    case log_level::trace: return "trace";
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warning: return "warning";
    case log_level::error: return "error";
    case log_level::off: return "off";
  }
  return "";
}

std::string written(double number) {
  std::array<char, 64> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
  return {digits.data(), end.ptr};
}

// Every key there is.
std::string written(const settings& all) {
  const auto flag = [](bool b) { return std::string{b ? "true" : "false"}; };
  const auto number = [](std::uint64_t n) { return std::to_string(n); };
  const auto time = [](std::chrono::nanoseconds t) { return std::to_string(t.count()) + "ns"; };
  const auto& o = all.store;
  std::string out = "stowage {\n";
  const auto line = [&out](std::string_view key, const std::string& value) {
    out += std::string{key} + " = " + value + "\n";
  };
  const auto section = [&out](std::string_view name, const auto& lines) {
    out += std::string{name} + " {\n";
    lines();
    out += "}\n";
  };
  line("path", in_quotes(o.path));
  line("create", flag(o.create));
  line("durability", in_quotes(o.level == durability::durable ? "durable" : "accepted"));
  section("batch", [&] {
    line("max-ops", number(o.batch.max_ops));
    line("max-delay", time(o.batch.max_delay));
    line("max-bytes", number(o.batch.max_bytes));
    line("close-when-waited", flag(o.batch.close_when_waited));
  });
  section("sync", [&] {
    line("mode", in_quotes(name_of(o.sync.mode)));
    line("max-interval", time(o.sync.max_interval));
  });
  section("credit", [&] {
    line("max-ops", number(o.credit.max_ops));
    line("max-bytes", number(o.credit.max_bytes));
  });
  section("compaction", [&] { line("start-above", written(o.compaction.start_above)); });
  section("backup", [&] {
    line("max-pinned-bytes", number(o.backup.max_pinned_bytes));
    line("max-time", time(o.backup.max_time));
  });
  line("device", in_quotes(o.device == device_kind::posix ? "posix" : "memory"));
  line("cache-bytes", number(o.cache_bytes));
  line("readers", number(o.readers));
  line("backup-dir", in_quotes(all.resp.backup_dir));
  line("log-level", in_quotes(level_name(all.serve.log)));
  line("drain-max", time(all.serve.drain_max));
  section("resp", [&] {
    line("listen", in_quotes(all.resp.listen));
    line("requirepass", in_quotes(all.resp.requirepass));
  });
  section("metrics", [&] { line("listen", in_quotes(all.metrics.listen)); });
  return out + "}\n";
}

// A key that is new and not written down above is found by this and not by luck.
void require_every_key(std::string_view text) {
  const auto scanned = scan_keys(text);
  const auto* keys = std::get_if<std::vector<config_key>>(&scanned);
  require(keys != nullptr, "what is written down can be scanned");
  std::set<std::string> names;
  for (const auto& key : *keys)
    if (!key.is_section && key.name.starts_with("stowage.")) names.insert(key.name);
  std::set<std::string> known;
  for (const auto name : known_config_keys()) known.insert("stowage." + std::string{name});
  require(names == known, "every key is there");
}

// CAF reads the digits of a fraction one after another, and may end a last bit away from it.
bool nearly(double a, double b) { return std::abs(a - b) <= 1e-12 * std::abs(b); }

void init_caf() {
  static const bool ready = [] {
    caf::core::init_global_meta_objects();
    return true;
  }();
  require(ready, "CAF is ready");
}

void check_same(const settings& got, const settings& want) {
  auto store = got.store;
  require(nearly(store.compaction.start_above, want.store.compaction.start_above),
          "a fraction written down gives the same fraction");
  store.compaction.start_above = want.store.compaction.start_above;
  require(store == want.store && got.resp == want.resp && got.metrics == want.metrics &&
              got.serve == want.serve,
          "settings written down give the same settings");
}

}  // namespace

const std::size_t input_bytes_max = 2048;

void run(byte_view input) {
  init_caf();
  const std::string text{as_text(input)};
  check_scan(text);
  const auto parsed = parse_config(text, file);
  if (!parsed) return check_mistake(parsed.error(), text);
  require(std::holds_alternative<std::vector<config_key>>(scan_keys(text)),
          "a text that cannot be scanned is no config");
  require(parsed->source == text, "the source is kept");
  check_ranges(parsed->store);

  const auto text_again = written(*parsed);
  require_every_key(text_again);
  const auto again = parse_config(text_again, file);
  require(again.ok(), "settings written down are a config");
  check_same(*again, *parsed);
  const auto longer = parse_config(text + "\n# the end\n", file);
  require(longer.ok() && longer->store == parsed->store && longer->resp == parsed->resp &&
              longer->metrics == parsed->metrics && longer->serve == parsed->serve,
          "a comment changes nothing");
}

namespace {

// The lines that say something; with its comments the shipped file is longer than an input gets.
bytes without_comments(const std::string& text) {
  bytes out;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (const auto first = line.find_first_not_of(' ');
        first == std::string::npos || line[first] == '#')
      continue;
    line += '\n';
    const auto kept = as_bytes(line);
    out.insert(out.end(), kept.begin(), kept.end());
  }
  return out;
}

}  // namespace

// Good configs of every key: one with a mistake in it, or cut short, would be a weak seed without a word.
std::vector<bytes> seeds() {
  init_caf();
  std::vector<bytes> out;
  for (const auto* path : {STOWAGE_SOURCE_DIR "/config/stowage.conf",
                           STOWAGE_SOURCE_DIR "/tests/fuzz/corpus/config/every-value"}) {
    std::ifstream in{path, std::ios::binary};
    auto seed = without_comments({std::istreambuf_iterator<char>{in}, {}});
    require(seed.size() <= input_bytes_max, "a seed is no longer than an input");
    require_every_key(as_text(seed));
    require(parse_config(std::string{as_text(seed)}, file).ok(), "a seed is a good config");
    out.push_back(std::move(seed));
  }
  return out;
}

}  // namespace stowage::fuzz
