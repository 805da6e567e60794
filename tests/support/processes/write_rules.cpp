#include <stowage/tests/support/processes/write_rules.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace stowage::test {

namespace {

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::find(names, name) != names.end();
}

constexpr std::array<std::string_view, 4> opening{"open", "openat", "openat2", "creat"};
constexpr std::array<std::string_view, 3> copying{"dup", "dup2", "dup3"};
constexpr std::array<std::string_view, 3> writing{"pwrite64", "pwritev", "pwritev2"};
constexpr std::array<std::string_view, 2> syncing{"fdatasync", "fsync"};
constexpr std::array<std::string_view, 4> other_changes{"fallocate", "ftruncate", "sync_file_range",
                                                        "syncfs"};
// The device has no use for these.
constexpr std::array<std::string_view, 7> around_the_device{
    "write", "writev", "sendfile", "splice", "copy_file_range", "io_uring_setup", "io_submit"};

/// As strace -y shows it: 3</path>.
struct shown_descriptor {
  std::string number;
  std::string_view path;
};
std::optional<shown_descriptor> descriptor_in(std::string_view text) {
  const auto open = text.find('<');
  const auto close = text.find('>', open);
  if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
  return shown_descriptor{std::string{text.substr(0, open)},
                          text.substr(open + 1, close - open - 1)};
}

class checker {
 public:
  checker(const std::vector<traced_call>& calls, const std::string& path)
      : calls_{calls}, path_{path} {
    // A store that is being made has another name until it is complete.
    const auto slash = path.rfind('/') + 1;
    unfinished_ = path.substr(0, slash) + "." + path.substr(slash) + ".";
  }

  std::vector<std::string> run() {
    for (const auto& c : calls_) look_at(c);
    if (plain_.size() != 1)
      broken("the file was opened for writing " + std::to_string(plain_.size()) + " times");
    if (direct_.size() > 1)
      broken("it was opened for direct writes " + std::to_string(direct_.size()) + " times");
    if (writers_.size() > 2)
      broken("it was written by one thread after another, " + std::to_string(writers_.size()) +
             " times");
    answers_follow_syncs();
    return std::move(broken_);
  }

 private:
  void broken(const std::string& what, const traced_call* at = nullptr) {
    broken_.push_back(what + (at == nullptr ? ""
                                            : ": line " + std::to_string(at->began) + ", " +
                                                  at->name + "(" + at->arguments + ")"));
  }

  [[nodiscard]] bool is_the_store(std::string_view path) const {
    return path == path_ || (path.starts_with(unfinished_) && path.ends_with(".creating"));
  }

  void look_at(const traced_call& c) {
    if (is_one_of(c.name, opening)) return look_at_open(c);
    if (c.name == "io_uring_setup" || c.name == "io_submit")
      return broken("a way around the device", &c);
    if (c.name == "mmap") return look_at_map(c);
    const auto on = descriptor_in(c.arguments);
    if (!on || !is_the_store(on->path)) return;
    if (is_one_of(c.name, copying) ||
        (c.name == "fcntl" && c.arguments.find("F_DUPFD") != std::string::npos))
      return broken("a descriptor is copied", &c);
    if (is_one_of(c.name, around_the_device)) return broken("a way around the device", &c);
    if (c.name == "close") {
      closed_ = true;
      return;
    }
    if (c.name == "sync_file_range" && c.arguments.find("WAIT") != std::string::npos)
      broken("an error of a write-back may be taken away from the sync", &c);
    const bool is_sync = is_one_of(c.name, syncing);
    if (!is_sync && !is_one_of(c.name, writing) && !is_one_of(c.name, other_changes)) return;
    if (closed_) broken("a descriptor was closed before", &c);
    if (is_sync && !plain_.contains(on->number))
      broken("synced on another descriptor than the one that reports errors", &c);
    if (writers_.empty() || writers_.back() != c.thread) writers_.push_back(c.thread);
    changes_.push_back(&c);
  }

  void look_at_open(const traced_call& c) {
    const auto got = descriptor_in(c.answer);
    if (!c.succeeded() || !got || !is_the_store(got->path)) return;
    if (c.arguments.find("O_RDWR") == std::string::npos &&
        c.arguments.find("O_WRONLY") == std::string::npos && c.name != "creat")
      return;
    auto& of = c.arguments.find("O_DIRECT") != std::string::npos ? direct_ : plain_;
    of.insert(got->number);
  }

  void look_at_map(const traced_call& c) {
    const auto open = c.arguments.find('<');
    if (open == std::string::npos) return;
    const auto path = std::string_view{c.arguments}.substr(open + 1);
    if (!is_the_store(path.substr(0, path.find('>')))) return;
    if (c.arguments.find("PROT_WRITE") != std::string::npos &&
        c.arguments.find("MAP_SHARED") != std::string::npos)
      broken("the file is mapped for writing", &c);
  }

  // -- R3 -----------------------------------------------------------------------------------------------

  void answers_follow_syncs() {
    std::map<std::string, const traced_call*> asked;
    std::set<std::string> clients;
    for (const auto& c : calls_) {
      const auto quote = c.arguments.find('"');
      if (c.name != "write" || !c.arguments.starts_with("1<") || quote == std::string::npos)
        continue;
      std::string_view line{c.arguments};
      line.remove_prefix(quote + 1);
      const auto client = line.substr(0, line.find(' ', 4));
      const auto request = line.substr(0, line.find(' ', client.size() + 1));
      const auto rest = line.substr(std::min(request.size() + 1, line.size()));
      if (line.starts_with("ask ")) {
        clients.emplace(client);
        if (rest.starts_with("durable ")) asked[std::string{request.substr(4)}] = &c;
      } else if (line.starts_with("got ")) {
        const auto it = asked.find(std::string{request.substr(4)});
        if (it != asked.end() && has_version(rest)) answered_.emplace_back(it->second, &c);
      }
    }
    for (const auto& [question, answer] : answered_)
      if (!(clients.size() == 1 ? is_synced_last(*question, *answer)
                                : is_synced_between(*question, *answer)))
        broken("a durable answer without a sync", answer);
  }

  /// Of a put_many perhaps nothing was taken.
  static bool has_version(std::string_view answers) {
    for (char before = ' '; const char c : answers) {
      if (before == ' ' && c >= '0' && c <= '9') return true;
      if (c == '\\') return false;  // the end of the line
      before = c;
    }
    return false;
  }

  [[nodiscard]] static bool is_sync(const traced_call& c) { return is_one_of(c.name, syncing); }

  /// With one client the group is the last that was at the disk: all its writes, then the sync.
  [[nodiscard]] bool is_synced_last(const traced_call& question, const traced_call& answer) const {
    const traced_call* last = nullptr;
    bool has_written = false;
    for (const auto* c : changes_) {
      if (c->began < question.ended || c->began > answer.began) continue;
      has_written = has_written || is_one_of(c->name, writing);
      last = c;
    }
    return has_written && is_sync(*last) && last->succeeded() && last->ended < answer.began;
  }

  /// With several, another group may be at the disk by the time the answer is told.
  [[nodiscard]] bool is_synced_between(const traced_call& question,
                                       const traced_call& answer) const {
    const traced_call* written = nullptr;
    for (const auto* c : changes_) {
      if (c->began < question.ended || c->began > answer.began) continue;
      if (is_one_of(c->name, writing) && written == nullptr) written = c;
      if (is_sync(*c) && c->succeeded() && written != nullptr && c->began > written->ended &&
          c->ended < answer.began)
        return true;
    }
    return false;
  }

  const std::vector<traced_call>& calls_;
  const std::string& path_;
  std::string unfinished_;
  /// Descriptors that write through the page cache, and past it.
  std::multiset<std::string> plain_;
  std::multiset<std::string> direct_;
  bool closed_ = false;
  std::vector<int> writers_;
  std::vector<const traced_call*> changes_;
  std::vector<std::pair<const traced_call*, const traced_call*>> answered_;
  std::vector<std::string> broken_;
};

}  // namespace

std::vector<std::string> broken_write_rules(const std::vector<traced_call>& calls,
                                            const std::string& path) {
  return checker{calls, path}.run();
}

}  // namespace stowage::test
