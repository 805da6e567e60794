// Directories and files in memory.
//
// Contract: what a file system answers, errno included (0 = done). An inode lives on when its last name is
// gone, as it does while somebody has the file open.
// Concurrency: one thread at a time.
// Limits: no owners, times or symbolic links; nothing is ever given back.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace stowage::test {

class file_tree {
 public:
  struct node {
    std::uint64_t inode = 0;
    std::uint64_t parent = 0;
    bool is_directory = false;
    mode_t permissions = 0;
    nlink_t links = 0;
    /// Of a file.
    std::vector<std::byte> bytes;
    /// Of a directory.
    std::map<std::string, std::uint64_t> names;
  };

  static constexpr std::uint64_t root = 1;

  file_tree();

  [[nodiscard]] node& at(std::uint64_t inode) { return nodes_.at(inode - 1); }
  /// Null if there is no such name, or `directory` is none.
  [[nodiscard]] node* find(std::uint64_t directory, const std::string& name);
  /// By a path from the root; null as well.
  [[nodiscard]] node* find(const std::string& path);

  int create(std::uint64_t directory, const std::string& name, mode_t permissions, node*& made);
  int make_directory(std::uint64_t directory, const std::string& name, mode_t permissions,
                     node*& made);
  int link(std::uint64_t file, std::uint64_t directory, const std::string& name);
  int remove_file(std::uint64_t directory, const std::string& name);
  int remove_directory(std::uint64_t directory, const std::string& name);
  /// Atomic; replaces a file only if it may.
  int rename(std::uint64_t directory, const std::string& name, std::uint64_t to_directory,
             const std::string& to_name, bool may_replace);

  void write(std::uint64_t file, std::uint64_t offset, std::span<const std::byte> bytes);
  void resize(std::uint64_t file, std::uint64_t length) { at(file).bytes.resize(length); }

 private:
  int add(std::uint64_t directory, const std::string& name, node*& made);

  /// A deque, so that nodes stay where they are.
  std::deque<node> nodes_;
};

}  // namespace stowage::test
