// The names of a file system that forgets those that were not synced.
//
// Contract: what a name may stand for after a power cut is what it stood for when its directory was synced
// last, or anything since; each name for itself, which is more than any real file system does.
// Concurrency: one thread.
// Limits: syncing a file does not sync its name.
#pragma once

#include <stowage/tests/power/filesystem/operation_log.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::test {

class volatile_names {
 public:
  /// Stands for "no such name".
  static constexpr std::uint64_t none = 0;
  static constexpr std::uint64_t root = 1;

  void take(const file_operation& o) {
    switch (o.call) {
      case file_call::create:
      case file_call::make_directory:
      case file_call::link: set(o.directory, o.name, o.file); break;
      case file_call::remove: set(o.directory, o.name, none); break;
      case file_call::rename:
        set(o.directory, o.name, none);
        set(o.to_directory, o.to_name, o.file);
        break;
      case file_call::sync_directory:
        for (auto& [name, past] : directories_[o.file]) past = {past.back()};
        break;
      default: break;
    }
  }

  /// The inodes that `path` may lead to after a cut now, or none.
  [[nodiscard]] std::set<std::uint64_t> candidates(std::string_view path) const {
    std::set<std::uint64_t> here{root};
    while (!path.empty()) {
      const auto end = std::min(path.find('/'), path.size());
      std::set<std::uint64_t> next;
      for (const auto directory : here)
        for (const auto inode : candidates(directory, std::string{path.substr(0, end)}))
          next.insert(inode);
      here = std::move(next);
      path.remove_prefix(std::min(end + 1, path.size()));
    }
    return here;
  }

 private:
  /// What a name stood for: first when it was synced, last now.
  using past_of_name = std::vector<std::uint64_t>;

  void set(std::uint64_t directory, const std::string& name, std::uint64_t inode) {
    auto& past = directories_[directory].try_emplace(name, past_of_name{none}).first->second;
    past.push_back(inode);
  }

  [[nodiscard]] past_of_name candidates(std::uint64_t directory, const std::string& name) const {
    const auto d = directories_.find(directory);
    if (d == directories_.end()) return {none};
    const auto n = d->second.find(name);
    return n == d->second.end() ? past_of_name{none} : n->second;
  }

  std::map<std::uint64_t, std::map<std::string, past_of_name>> directories_;
};

}  // namespace stowage::test
