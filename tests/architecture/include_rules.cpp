#include <stowage/tests/architecture/include_rules.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::architecture {

namespace {

using names = std::vector<std::string_view>;

enum class system_headers {
  standard,  // the C++ standard library only
  posix,     // and C headers of the system
};

struct layer {
  std::string_view folder;
  names ours;       // path prefixes in the tree, besides the layer's own folder
  names libraries;  // prefixes of other libraries' headers; "" is any
  system_headers system = system_headers::standard;
};

// The first match counts, so deeper folders stand before the folders they lie in.
const std::vector<layer>& layers() {
  static const std::vector<layer> table{
      {"storage/core/huge_memory", {"storage/core/"}, {}, system_headers::posix},
      {"storage/core/", {}, {"xxh"}},
      {"storage/format/", {"storage/core/"}, {}},
      {"storage/space/", {"storage/core/"}, {}},
      {"storage/device/", {"storage/core/"}, {}, system_headers::posix},
      {"storage/index/", {"storage/core/", "storage/format/"}, {}},
      {"storage/log/", {"storage/core/", "storage/format/", "storage/index/block."}, {}},
      {"storage/cache/", {"storage/core/"}, {}},
      {"storage/", {}, {}},
      {"messages/", {"storage/core/"}, {"caf/"}},
      // Options stand beside what they are for; see is_options().
      {"config/", {"storage/core/"}, {"caf/"}},
      {"actors/", {"messages/", "storage/", "config/"}, {"caf/"}},
      {"client/", {"messages/", "actors/runtime", "config/", "storage/core/"}, {"caf/"}},
      {"resp/",
       {"messages/", "actors/runtime", "config/", "storage/core/", "storage/device/descriptor"},
       {"caf/", "hiredis/"},
       system_headers::posix},
      // What tests of storage use as well needs no actor, and only what says so in its name a test framework.
      {"testkit/complaint", {}, {}},
      {"testkit/printing", {"storage/core/"}, {}},
      {"testkit/device_", {"testkit/complaint", "storage/"}, {}},
      {"testkit/boost_",
       {"testkit/complaint", "testkit/printing", "testkit/device_", "storage/core/"},
       {"boost/"}},
      {"testkit/", {"messages/", "actors/runtime", "config/", "storage/"}, {"caf/"}},
      {"cli/",
       {"messages/", "actors/runtime", "actors/random_identity", "config/", "client/", "resp/",
        "storage/"},
       {""},
       system_headers::posix},
      {"bench/",
       {"messages/", "actors/runtime", "config/", "client/", "resp/", "storage/"},
       {""},
       system_headers::posix},
      {"examples/",
       {"messages/", "actors/runtime", "config/", "client/", "testkit/", "storage/core/"},
       {"caf/", "boost/"}},
      // Tests of storage need no actor either.
      {"tests/support/actors/",
       {"tests/support/", "testkit/", "actors/", "messages/", "storage/"},
       {"caf/", "boost/"},
       system_headers::posix},
      {"tests/support/",
       {"storage/", "testkit/printing"},
       {"boost/", "rapidcheck", "xxh"},
       system_headers::posix},
      {"tests/storage/",
       {"storage/", "tests/support/", "testkit/device_", "testkit/boost_", "testkit/printing"},
       {"boost/", "rapidcheck", "xxh"},
       system_headers::posix},
  };
  return table;
}

constexpr std::array<std::string_view, 6> actors{"registry", "allocator", "writer",
                                                 "disk",     "reader",    "maintenance"};

bool starts_with_any(std::string_view text, const names& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return text.starts_with(prefix); });
}

bool is_standard(std::string_view header) {
  return header.find_first_of("./") == std::string_view::npos;
}

bool is_system(std::string_view header) {
  static const names folders{"arpa/", "linux/", "net/", "netinet/", "sys/"};
  // A C header at the top of the system's include directory; other libraries' lie in folders of
  // their own, except for these.
  static const names libraries{"xxh", "rapidcheck"};
  return header.ends_with(".h") && !starts_with_any(header, libraries) &&
         (header.find('/') == std::string_view::npos || starts_with_any(header, folders));
}

bool is_options(std::string_view path) { return path.ends_with("options.hpp"); }

// "actors/writer_state.hpp" belongs to the writer; pending_replies.hpp to no one.
std::optional<std::string_view> owning_actor(std::string_view path) {
  constexpr std::string_view folder = "actors/";
  if (!path.starts_with(folder)) {
    return std::nullopt;
  }
  path.remove_prefix(folder.size());
  for (const auto actor : actors) {
    if (path.starts_with(actor) && path.size() > actor.size() &&
        std::string_view{"._/"}.find(path[actor.size()]) != std::string_view::npos) {
      return actor;
    }
  }
  return std::nullopt;
}

// The path in the tree that an include line means; nothing for headers of others.
std::optional<std::string> path_in_tree(std::string_view file, const include_line& line) {
  constexpr std::string_view prefix = "stowage/";
  if (line.quoted) {
    const auto folder = std::filesystem::path{file}.parent_path();
    return (folder / line.target).lexically_normal().generic_string();
  }
  if (line.target.starts_with(prefix)) {
    return std::filesystem::path{line.target.substr(prefix.size())}
        .lexically_normal()
        .generic_string();
  }
  return std::nullopt;
}

std::string check_ours(const layer& from, std::string_view file, std::string_view target) {
  const auto owner = owning_actor(target);
  const bool is_runtime = file.starts_with("actors/runtime");
  if (from.folder == "actors/" && owner && owner != owning_actor(file) && !is_runtime &&
      !is_options(target)) {
    return "only the runtime may include the actor " + std::string{*owner};
  }
  if (target.starts_with("tests/support/actors/") &&
      (from.folder == "tests/support/" || from.folder == "tests/storage/")) {
    return "tests without actors may not include " + std::string{target};
  }
  if (target.starts_with(from.folder) || starts_with_any(target, from.ours)) {
    return {};
  }
  if (from.folder == "config/" && is_options(target)) {
    return {};
  }
  return std::string{from.folder} + " may not include " + std::string{target};
}

std::string check_others(const layer& from, std::string_view target) {
  if (is_standard(target) || starts_with_any(target, from.libraries)) {
    return {};
  }
  if (from.system == system_headers::posix && is_system(target)) {
    return {};
  }
  return std::string{from.folder} + " may not include <" + std::string{target} + ">";
}

// Time and chance are arguments: what a test cannot repeat must not be called below storage/. Nor is a file
// mapped (R12): an error of a mapped write is a signal, or nothing at all.
std::string check_words(std::string_view line) {
  const auto code = line.substr(0, line.find("//"));
  for (const std::string_view word :
       {"_clock::now", "random_device", "std::time(", "clock_gettime", "gettimeofday",
        "std::thread", "std::jthread", "std::async", "sleep_for", "sleep_until", "mmap"}) {
    if (code.find(word) != std::string_view::npos) {
      return "storage/ may not use " + std::string{word};
    }
  }
  return {};
}

// Cuts the first line off `text`.
std::string_view next_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// Cuts blanks and then `token` off the front of `line`; false if something else stands there.
bool skip(std::string_view& line, std::string_view token) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (!line.starts_with(token)) {
    return false;
  }
  line.remove_prefix(token.size());
  return true;
}

std::string sentence(std::string_view file, std::size_t line, std::string_view what) {
  return std::string{file} + ":" + std::to_string(line) + ": " + std::string{what};
}

}  // namespace

std::vector<include_line> parse_includes(std::string_view text) {
  std::vector<include_line> result;
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto line = next_line(text);
    if (!skip(line, "#") || !skip(line, "include")) {
      continue;
    }
    skip(line, "");
    if (line.empty() || (line.front() != '<' && line.front() != '"')) {
      continue;
    }
    const bool quoted = line.front() == '"';
    line.remove_prefix(1);
    const auto end = line.find(quoted ? '"' : '>');
    result.push_back({number, std::string{line.substr(0, end)}, quoted});
  }
  return result;
}

std::vector<std::string> violations(std::string_view file, std::string_view text) {
  const auto from = std::find_if(layers().begin(), layers().end(), [&](const layer& candidate) {
    return file.starts_with(candidate.folder);
  });
  if (from == layers().end()) {
    return {sentence(file, 1, "this folder has no include rules")};
  }
  // A new part of storage must not inherit the rules of what stands above all parts.
  if (from->folder == "storage/" &&
      file.substr(from->folder.size()).find('/') != std::string_view::npos) {
    return {sentence(file, 1, "this folder has no include rules")};
  }

  std::vector<std::string> result;
  for (const auto& line : parse_includes(text)) {
    const auto ours = path_in_tree(file, line);
    const auto what = ours ? check_ours(*from, file, *ours) : check_others(*from, line.target);
    if (!what.empty()) {
      result.push_back(sentence(file, line.number, what));
    }
  }
  if (file.starts_with("storage/")) {
    for (std::size_t number = 1; !text.empty(); ++number) {
      const auto line = next_line(text);
      if (const auto what = check_words(line); !what.empty()) {
        result.push_back(sentence(file, number, what));
      }
    }
  }
  return result;
}

}  // namespace stowage::architecture
