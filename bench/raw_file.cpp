#include <stowage/bench/raw_file.hpp>

#include <stowage/bench/require.hpp>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace stowage::bench {

raw_file::raw_file(const std::string& path, std::size_t file_bytes)
    : fd_{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)},
      file_bytes_{file_bytes} {
  require(fd_ >= 0, "open");
  const std::vector<std::byte> zeros(std::size_t{1} << 20U);
  for (std::size_t left = file_bytes; left > 0;) {
    const auto now = std::min(left, zeros.size());
    append(byte_view{zeros}.first(now));
    left -= now;
  }
  sync();
  rewind();
}

raw_file::~raw_file() { (void)::close(fd_); }

std::size_t raw_file::append(const std::vector<byte_view>& buffers) {
  std::size_t bytes = 0;
  for (const auto& b : buffers) bytes += b.size();
  if (at_ + bytes > file_bytes_) at_ = 0;
  const auto offset = at_;
  std::vector<iovec> parts;
  for (std::size_t first = 0; first < buffers.size(); first += IOV_MAX) {
    parts.clear();
    std::size_t length = 0;
    for (auto i = first; i < std::min(buffers.size(), first + IOV_MAX); ++i) {
      // pwritev does not write to what it is given.
      parts.push_back({const_cast<std::byte*>(buffers[i].data()), buffers[i].size()});
      length += buffers[i].size();
    }
    require(::pwritev(fd_, parts.data(), static_cast<int>(parts.size()), static_cast<off_t>(at_)) ==
                static_cast<ssize_t>(length),
            "pwritev");
    at_ += length;
  }
  return offset;
}

void raw_file::sync() const { require(::fdatasync(fd_) == 0, "fdatasync"); }

std::vector<std::byte> raw_file::read(std::size_t offset, std::size_t length) const {
  std::vector<std::byte> out(length);
  require(
      ::pread(fd_, out.data(), length, static_cast<off_t>(offset)) == static_cast<ssize_t>(length),
      "pread");
  return out;
}

}  // namespace stowage::bench
