#include <stowage/tests/power/filesystem/file_tree.hpp>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace stowage::test {

namespace {

constexpr std::size_t name_bytes_max = 255;

}  // namespace

file_tree::file_tree() {
  auto& top = nodes_.emplace_back();
  top.inode = top.parent = root;
  top.is_directory = true;
  top.permissions = 0700;
  top.links = 2;
}

file_tree::node* file_tree::find(std::uint64_t directory, const std::string& name) {
  const auto& names = at(directory).names;
  const auto it = names.find(name);
  return it == names.end() ? nullptr : &at(it->second);
}

file_tree::node* file_tree::find(const std::string& path) {
  node* now = &at(root);
  for (std::string_view rest = path; now != nullptr && !rest.empty();) {
    const auto end = std::min(rest.find('/'), rest.size());
    if (end > 0) now = find(now->inode, std::string{rest.substr(0, end)});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return now;
}

int file_tree::add(std::uint64_t directory, const std::string& name, node*& made) {
  if (name.size() > name_bytes_max) return ENAMETOOLONG;
  auto& names = at(directory).names;
  if (names.contains(name)) return EEXIST;
  made = &nodes_.emplace_back();
  made->inode = nodes_.size();
  made->parent = directory;
  names[name] = made->inode;
  return 0;
}

int file_tree::create(std::uint64_t directory, const std::string& name, mode_t permissions,
                      node*& made) {
  if (const int error = add(directory, name, made); error != 0) return error;
  made->permissions = permissions;
  made->links = 1;
  return 0;
}

int file_tree::make_directory(std::uint64_t directory, const std::string& name, mode_t permissions,
                              node*& made) {
  if (const int error = add(directory, name, made); error != 0) return error;
  made->is_directory = true;
  made->permissions = permissions;
  made->links = 2;
  ++at(directory).links;
  return 0;
}

int file_tree::link(std::uint64_t file, std::uint64_t directory, const std::string& name) {
  if (name.size() > name_bytes_max) return ENAMETOOLONG;
  if (at(file).is_directory) return EPERM;
  if (!at(directory).names.emplace(name, file).second) return EEXIST;
  ++at(file).links;
  return 0;
}

int file_tree::remove_file(std::uint64_t directory, const std::string& name) {
  auto* gone = find(directory, name);
  if (gone == nullptr) return ENOENT;
  if (gone->is_directory) return EISDIR;
  --gone->links;
  at(directory).names.erase(name);
  return 0;
}

int file_tree::remove_directory(std::uint64_t directory, const std::string& name) {
  auto* gone = find(directory, name);
  if (gone == nullptr) return ENOENT;
  if (!gone->is_directory) return ENOTDIR;
  if (!gone->names.empty()) return ENOTEMPTY;
  gone->links = 0;
  --at(directory).links;
  at(directory).names.erase(name);
  return 0;
}

int file_tree::rename(std::uint64_t directory, const std::string& name, std::uint64_t to_directory,
                      const std::string& to_name, bool may_replace) {
  auto* moved = find(directory, name);
  if (moved == nullptr) return ENOENT;
  if (to_name.size() > name_bytes_max) return ENAMETOOLONG;
  if (auto* there = find(to_directory, to_name); there != nullptr) {
    if (!may_replace) return EEXIST;
    if (there == moved) return 0;
    const int error = there->is_directory ? remove_directory(to_directory, to_name)
                                          : remove_file(to_directory, to_name);
    if (error != 0) return error;
  }
  at(directory).names.erase(name);
  at(to_directory).names[to_name] = moved->inode;
  if (moved->is_directory) {
    --at(directory).links;
    ++at(to_directory).links;
    moved->parent = to_directory;
  }
  return 0;
}

void file_tree::write(std::uint64_t file, std::uint64_t offset, std::span<const std::byte> bytes) {
  auto& content = at(file).bytes;
  content.resize(std::max<std::size_t>(content.size(), offset + bytes.size()));
  std::ranges::copy(bytes, content.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace stowage::test
