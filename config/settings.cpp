#include <stowage/config/settings.hpp>

#include <stowage/config/endpoint.hpp>
#include <stowage/config/key_scanner.hpp>
#include <stowage/config/nearest_key.hpp>

#include <caf/actor_system_config.hpp>
#include <caf/config_value.hpp>
#include <caf/settings.hpp>
#include <caf/timespan.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

namespace stowage {

namespace {

// A config file is written by people; a larger one is another file.
constexpr std::size_t file_bytes_max = std::size_t{1} << 20U;

// Puts a value where it belongs; answers what it should have been if it is something else.
using take_fn = std::optional<std::string> (*)(const caf::config_value&, settings&);

// get_as converts between types; a file shall say what it means, so the type itself is asked for.
template <class T>
const T* exactly(const caf::config_value& value) {
  return caf::get_if<T>(&value);
}

template <std::unsigned_integral T>
std::optional<std::string> take_number(const caf::config_value& value, T& to, std::uint64_t min,
                                       std::uint64_t max) {
  const auto* number = exactly<caf::config_value::integer>(value);
  if (number == nullptr || *number < 0 || static_cast<std::uint64_t>(*number) < min ||
      static_cast<std::uint64_t>(*number) > max)
    return "give a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  to = static_cast<T>(*number);
  return std::nullopt;
}

std::optional<std::string> take_flag(const caf::config_value& value, bool& to) {
  const auto* flag = exactly<bool>(value);
  if (flag == nullptr) return "give true or false";
  to = *flag;
  return std::nullopt;
}

std::optional<std::string> take_path(const caf::config_value& value, settings& to) {
  const auto* path = exactly<std::string>(value);
  if (path == nullptr || path->empty() || path->find('\0') != std::string::npos)
    return "give the path of the store in double quotes";
  to.store.path = *path;
  return std::nullopt;
}

std::optional<std::string> take_durability(const caf::config_value& value, settings& to) {
  const auto* name = exactly<std::string>(value);
  if (name == nullptr || !from_string(*name, to.store.level))
    return R"(give "durable" or "accepted")";
  return std::nullopt;
}

std::optional<std::string> take_time(const caf::config_value& value, std::chrono::nanoseconds& to,
                                     const std::string& example) {
  const auto* time = exactly<caf::timespan>(value);
  if (time == nullptr || time->count() < 0 || *time > std::chrono::minutes{1})
    return "give a time with its unit from 0ms to 60s, as in " + example;
  to = *time;
  return std::nullopt;
}

std::optional<std::string> take_backup_time(const caf::config_value& value, settings& to) {
  const auto* time = exactly<caf::timespan>(value);
  if (time == nullptr || *time < std::chrono::seconds{1} || *time > std::chrono::hours{7 * 24})
    return "give a time with its unit from 1s to 10080min, as in 60min";
  to.store.backup.max_time = *time;
  return std::nullopt;
}

std::optional<std::string> take_sync_mode(const caf::config_value& value, settings& to) {
  const auto* name = exactly<std::string>(value);
  const auto mode = name == nullptr ? std::nullopt : sync_mode_from_name(*name);
  if (!mode) return R"(give "group", "two-phase" or "lazy")";
  to.store.sync.mode = *mode;
  return std::nullopt;
}

std::optional<std::string> take_start_above(const caf::config_value& value, settings& to) {
  const auto* real = exactly<caf::config_value::real>(value);
  const auto* whole = exactly<caf::config_value::integer>(value);
  const double factor = real != nullptr    ? *real
                        : whole != nullptr ? static_cast<double>(*whole)
                                           : -1;
  if (factor != 0 && !(factor >= 1.1 && factor <= 100))
    return "give a number from 1.1 to 100, or 0 for never";
  to.store.compaction.start_above = factor;
  return std::nullopt;
}

std::optional<std::string> take_device(const caf::config_value& value, settings& to) {
  const auto* name = exactly<std::string>(value);
  if (name != nullptr && *name == "posix")
    to.store.device = device_kind::posix;
  else if (name != nullptr && *name == "memory")
    to.store.device = device_kind::memory;
  else
    return R"(give "posix" or "memory")";
  return std::nullopt;
}

std::optional<std::string> take_backup_dir(const caf::config_value& value, settings& to) {
  const auto* path = exactly<std::string>(value);
  if (path == nullptr || path->find('\0') != std::string::npos)
    return R"(give the path of a directory in double quotes, or "" for no backups)";
  to.resp.backup_dir = *path;
  return std::nullopt;
}

std::optional<std::string> take_listen(const caf::config_value& value, settings& to) {
  const auto* where = exactly<std::string>(value);
  if (where == nullptr || (!where->empty() && !parse_endpoint(*where)))
    return R"(give "HOST:PORT" with a numeric address, or "" for none)";
  to.resp.listen = *where;
  return std::nullopt;
}

std::optional<std::string> take_requirepass(const caf::config_value& value, settings& to) {
  const auto* password = exactly<std::string>(value);
  if (password == nullptr) return R"(give a password in double quotes, or "" for none)";
  to.resp.requirepass = *password;
  return std::nullopt;
}

// Nobody who asks for metrics says who he is, so nobody else's machine is let in.
std::optional<std::string> take_metrics_listen(const caf::config_value& value, settings& to) {
  const auto* where = exactly<std::string>(value);
  const auto address = where == nullptr ? std::nullopt : parse_endpoint(*where);
  if (where == nullptr || (!where->empty() && (!address || !address->is_loopback)))
    return R"(give "HOST:PORT" with an address of this machine itself, as in "127.0.0.1:9411", or "" for none)";
  to.metrics.listen = *where;
  return std::nullopt;
}

std::optional<std::string> take_log_level(const caf::config_value& value, settings& to) {
  constexpr std::array<std::pair<std::string_view, log_level>, 6> levels{{
      {"trace", log_level::trace},
      {"debug", log_level::debug},
      {"info", log_level::info},
      {"warning", log_level::warning},
      {"error", log_level::error},
      {"off", log_level::off},
  }};
  const auto* name = exactly<std::string>(value);
  const auto level = std::find_if(levels.begin(), levels.end(), [name](const auto& l) {
    return name != nullptr && l.first == *name;
  });
  if (level == levels.end()) return R"(give "trace", "debug", "info", "warning", "error" or "off")";
  to.serve.log = level->second;
  return std::nullopt;
}

struct known_key {
  std::string_view name;
  take_fn take;
};

constexpr std::array<known_key, 23> keys{{
    {"path", take_path},
    {"create", [](const auto& v, auto& to) { return take_flag(v, to.store.create); }},
    {"durability", take_durability},
    {"batch.max-ops",
     [](const auto& v, auto& to) {
       return take_number(v, to.store.batch.max_ops, 1, limits::transaction_ops_max);
     }},
    {"batch.max-delay",
     [](const auto& v, auto& to) { return take_time(v, to.store.batch.max_delay, "50ms"); }},
    {"batch.max-bytes",
     [](const auto& v, auto& to) {
       return take_number(v, to.store.batch.max_bytes, 1, limits::group_value_bytes_max);
     }},
    {"batch.close-when-waited",
     [](const auto& v, auto& to) { return take_flag(v, to.store.batch.close_when_waited); }},
    {"sync.mode", take_sync_mode},
    {"sync.max-interval",
     [](const auto& v, auto& to) { return take_time(v, to.store.sync.max_interval, "1s"); }},
    {"credit.max-ops",
     [](const auto& v, auto& to) { return take_number(v, to.store.credit.max_ops, 1, 1'000'000); }},
    {"credit.max-bytes",
     [](const auto& v, auto& to) {
       return take_number(v, to.store.credit.max_bytes, limits::mib, 16 * limits::gib);
     }},
    {"compaction.start-above", take_start_above},
    {"device", take_device},
    {"backup.max-pinned-bytes",
     [](const auto& v, auto& to) {
       return take_number(v, to.store.backup.max_pinned_bytes, limits::mib, limits::tib);
     }},
    {"backup.max-time", take_backup_time},
    {"backup-dir", take_backup_dir},
    {"resp.listen", take_listen},
    {"resp.requirepass", take_requirepass},
    {"metrics.listen", take_metrics_listen},
    {"cache-bytes",
     [](const auto& v, auto& to) { return take_number(v, to.store.cache_bytes, 0, limits::tib); }},
    {"readers", [](const auto& v, auto& to) { return take_number(v, to.store.readers, 1, 64); }},
    {"log-level", take_log_level},
    {"drain-max", [](const auto& v, auto& to) { return take_time(v, to.serve.drain_max, "60s"); }},
}};

constexpr auto key_names = [] {
  std::array<std::string_view, keys.size()> names{};
  std::transform(keys.begin(), keys.end(), names.begin(),
                 [](const known_key& k) { return k.name; });
  return names;
}();

constexpr std::string_view our_section = "stowage.";

bool is_section_name(std::string_view name) {
  return std::any_of(key_names.begin(), key_names.end(), [name](std::string_view key) {
    return key.size() > name.size() && key.starts_with(name) && key[name.size()] == '.';
  });
}

// The sections there are: what stands before a dot in a known key.
std::vector<std::string_view> section_names() {
  std::vector<std::string_view> names;
  for (const auto key : key_names)
    if (const auto dot = key.find('.'); dot != std::string_view::npos)
      names.push_back(key.substr(0, dot));
  return names;
}

class parser {
 public:
  parser(std::string text, std::string_view file) : file_{file} { out_.source = std::move(text); }

  result<settings> run() {
    auto scanned = scan_keys(out_.source);
    if (const auto* mistake = std::get_if<config_mistake>(&scanned))
      return wrong(mistake->line, mistake->what);
    const auto& found = std::get<std::vector<config_key>>(scanned);
    for (const auto& key : found)
      if (auto known = check_known(key); !known) return std::move(known).error();

    caf::actor_system_config values;
    std::istringstream in{out_.source};
    if (const auto error = values.parse(std::vector<std::string>{}, in)) return misread(error);
    for (const auto& key : found)
      if (auto taken = take(key, caf::content(values)); !taken) return std::move(taken).error();
    if (auto guarded = check_password(found); !guarded) return std::move(guarded).error();
    return std::move(out_);
  }

 private:
  [[nodiscard]] failure wrong(std::size_t line, const std::string& what) const {
    return fail(errc::invalid_argument, file_ + ":" + std::to_string(line) + ": " + what);
  }

  [[nodiscard]] result<void> check_known(const config_key& key) const {
    const std::string_view name = key.name;
    if (name == "caf" || name.starts_with("caf.")) return {};
    if (name == "stowage") {
      if (key.is_section) return {};
      return wrong(key.line, "stowage is a section: write stowage { }");
    }
    if (!name.starts_with(our_section)) {
      if (name.find('.') != std::string_view::npos) return {};  // its section was the mistake
      return wrong(key.line, "unknown section " + key.name + ": only stowage and caf are known");
    }
    const auto ours = name.substr(our_section.size());
    if (std::find(key_names.begin(), key_names.end(), ours) != key_names.end()) {
      if (!key.is_section) return {};
      return wrong(key.line, key.name + " is no section: write " + std::string{ours} + " = VALUE");
    }
    if (is_section_name(ours)) {
      if (key.is_section) return {};
      return wrong(key.line, key.name + " is a section: write " + std::string{ours} + " { }");
    }
    const auto meant =
        key.is_section ? nearest_key(ours, section_names()) : nearest_key(ours, key_names);
    return wrong(key.line, "unknown key " + key.name + ": did you mean " +
                               std::string{our_section} + std::string{meant} + "?");
  }

  [[nodiscard]] failure misread(const caf::error& error) const {
    return wrong(line_of(error),
                 "this is not CAF's config syntax: write KEY = VALUE or SECTION { }");
  }

  // CAF 0.18 says line and column as numbers, 1.x in words.
  static std::size_t line_of(const caf::error& error) {
    if (error.context().match_elements<std::int32_t, std::int32_t>())
      return static_cast<std::size_t>(std::max(1, error.context().get_as<std::int32_t>(0)));
    constexpr std::string_view in_words = " line ";
    const auto text = to_string(error);
    std::size_t line = 1;
    if (const auto at = text.find(in_words); at != std::string::npos)
      (void)std::from_chars(text.data() + at + in_words.size(), text.data() + text.size(), line);
    return line;
  }

  result<void> take(const config_key& key, const caf::settings& values) {
    if (key.is_section || !std::string_view{key.name}.starts_with(our_section)) return {};
    const auto* value = caf::get_if(&values, key.name);
    // The scanner and CAF disagree: nothing is certain then.
    if (value == nullptr)
      return wrong(key.line, key.name + " cannot be read: write it on one line");
    const auto ours = std::string_view{key.name}.substr(our_section.size());
    const auto known = std::find_if(keys.begin(), keys.end(),
                                    [ours](const known_key& k) { return k.name == ours; });
    if (auto advice = known->take(*value, out_))
      return wrong(key.line, key.name + " cannot be " + to_string(*value) + ": " + *advice);
    return {};
  }

  [[nodiscard]] result<void> check_password(const std::vector<config_key>& found) const {
    const auto where = parse_endpoint(out_.resp.listen);
    if (!where || where->is_loopback || !out_.resp.requirepass.empty()) return {};
    const auto key = std::find_if(found.begin(), found.end(), [](const config_key& k) {
      return k.name == "stowage.resp.listen";
    });
    return wrong(key->line, "other machines reach " + out_.resp.listen +
                                ", and no password is asked for: set stowage.resp.requirepass");
  }

  std::string file_;
  settings out_;
};

}  // namespace

std::span<const std::string_view> known_config_keys() noexcept { return key_names; }

result<settings> parse_config(std::string text, std::string_view file) {
  return parser{std::move(text), file}.run();
}

result<settings> load_config(const std::string& path) {
  const auto unreadable = [&path](const std::string& what) {
    return fail(errc::invalid_argument, path + ": " + what + ": give the path of a config file");
  };
  struct close_file {
    void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, close_file> file{std::fopen(path.c_str(), "rbe")};
  if (!file) return unreadable(std::string{"cannot be read ("} + std::strerror(errno) + ")");
  std::string text(file_bytes_max + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0)
    return unreadable(std::string{"cannot be read ("} + std::strerror(errno) + ")");
  if (text.size() > file_bytes_max) return unreadable("is larger than 1 MiB");
  return parse_config(std::move(text), path);
}

}  // namespace stowage
