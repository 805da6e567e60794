#include <stowage/tests/power/filesystem/operation_log.hpp>

#include <stowage/storage/core/little_endian.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace stowage::test {

namespace {

constexpr std::string_view magic = "stowage operation log 1\n";

constexpr std::array<std::string_view, 11> call_names{
    "create",   "make_directory", "link", "remove",         "rename", "write",
    "allocate", "truncate",       "sync", "sync_directory", "note"};

// Eight numbers of eight bytes, then the names and the bytes.
constexpr std::size_t header_bytes = 64;

void write_all(int fd, byte_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw std::runtime_error{"operation log: " + std::string{std::strerror(errno)}};
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

std::string text_of(byte_view bytes) { return std::string{as_text(bytes)}; }

}  // namespace

std::string_view name_of(file_call call) noexcept {
  return call_names[static_cast<std::size_t>(call)];
}

operation_log::operation_log(const std::string& path)
    : fd_{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)} {
  if (fd_ < 0) throw std::runtime_error{path + ": " + std::strerror(errno)};
  write_all(fd_, as_bytes(magic));
}

operation_log::~operation_log() { (void)::close(fd_); }

void operation_log::append(const file_operation& o) {
  std::vector<std::byte> record(header_bytes);
  store_le(record, 0, static_cast<std::uint64_t>(o.call));
  store_le(record, 8, o.file);
  store_le(record, 16, o.directory);
  store_le(record, 24, o.to_directory);
  store_le(record, 32, o.offset);
  store_le(record, 40, static_cast<std::uint64_t>(o.name.size()));
  store_le(record, 48, static_cast<std::uint64_t>(o.to_name.size()));
  store_le(record, 56, static_cast<std::uint64_t>(o.bytes.size()));
  byte_writer{record}.bytes(as_bytes(o.name)).bytes(as_bytes(o.to_name)).bytes(o.bytes);
  write_all(fd_, record);
}

std::vector<file_operation> read_operation_log(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{path + ": cannot be read"};
  const std::string content{std::istreambuf_iterator<char>{file}, {}};
  byte_reader in{as_bytes(content)};
  if (text_of(in.bytes(magic.size())) != magic) throw std::runtime_error{path + ": no such log"};
  std::vector<file_operation> all;
  while (in.remaining() > 0) {
    file_operation o;
    const auto call = in.number<std::uint64_t>();
    o.file = in.number<std::uint64_t>();
    o.directory = in.number<std::uint64_t>();
    o.to_directory = in.number<std::uint64_t>();
    o.offset = in.number<std::uint64_t>();
    const auto name_bytes = in.number<std::uint64_t>();
    const auto to_name_bytes = in.number<std::uint64_t>();
    const auto bytes = in.number<std::uint64_t>();
    o.name = text_of(in.bytes(name_bytes));
    o.to_name = text_of(in.bytes(to_name_bytes));
    const auto payload = in.bytes(bytes);
    o.bytes.assign(payload.begin(), payload.end());
    if (in.failed() || call >= call_names.size())
      throw std::runtime_error{path + ": ends in the middle of operation " +
                               std::to_string(all.size())};
    o.call = static_cast<file_call>(call);
    all.push_back(std::move(o));
  }
  return all;
}

}  // namespace stowage::test
