#include <stowage/bench/raw_file.hpp>

#include <stowage/bench/require.hpp>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace stowage::bench {

raw_file::raw_file(const std::string& path, std::uint64_t file_bytes)
    : fd_{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)},
      file_bytes_{file_bytes} {
  require(static_cast<bool>(fd_), "open");
  require(::unlink(path.c_str()) == 0, "unlink");
  const std::vector<std::byte> zeros(std::size_t{1} << 20U);
  for (std::uint64_t left = file_bytes; left > 0;) {
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(left, zeros.size()));
    append(byte_view{zeros}.first(now));
    left -= now;
  }
  sync();
  rewind();
}

std::uint64_t raw_file::make_room(std::uint64_t bytes) {
  const auto rest = file_bytes_ - offset_of(at_);
  if (bytes > rest) at_ += rest;
  return at_;
}

std::uint64_t raw_file::append(byte_view bytes) {
  const auto place = make_room(bytes.size());
  require(::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset_of(place))) ==
              static_cast<ssize_t>(bytes.size()),
          "pwrite");
  at_ += bytes.size();
  return place;
}

std::uint64_t raw_file::append(const std::vector<byte_view>& buffers) {
  std::uint64_t bytes = 0;
  for (const auto& b : buffers) bytes += b.size();
  const auto place = make_room(bytes);
  std::vector<iovec> parts;
  for (std::size_t first = 0; first < buffers.size(); first += IOV_MAX) {
    parts.clear();
    std::size_t length = 0;
    for (auto i = first; i < std::min(buffers.size(), first + IOV_MAX); ++i) {
      // pwritev does not write to what it is given.
      parts.push_back({const_cast<std::byte*>(buffers[i].data()), buffers[i].size()});
      length += buffers[i].size();
    }
    require(::pwritev(fd_.get(), parts.data(), static_cast<int>(parts.size()),
                      static_cast<off_t>(offset_of(at_))) == static_cast<ssize_t>(length),
            "pwritev");
    at_ += length;
  }
  return place;
}

void raw_file::sync() {
  require(::fdatasync(fd_.get()) == 0, "fdatasync");
  ++syncs_;
}

bool raw_file::holds(std::uint64_t place) const noexcept { return at_ - place <= file_bytes_; }

void raw_file::read(std::uint64_t place, mutable_byte_view into) const {
  require(::pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset_of(place))) ==
              static_cast<ssize_t>(into.size()),
          "pread");
}

}  // namespace stowage::bench
