#include <stowage/bench/fresh_file.hpp>

#include <stowage/bench/require.hpp>
#include <stowage/storage/core/types.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace stowage::bench {

fresh_file::fresh_file(const std::string& path, std::uint64_t file_bytes)
    : fd_{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_DIRECT | O_CLOEXEC, 0600)} {
  require(static_cast<bool>(fd_), "open");
  const auto whole = round_up_to_page(file_bytes);
  require(::fallocate(fd_.get(), 0, 0, static_cast<off_t>(whole)) == 0, "fallocate");
}

void fresh_file::append(byte_view bytes) {
  while (!bytes.empty()) {
    const auto room = buffer_.bytes().subspan(filled_);
    const auto now = std::min(bytes.size(), room.size());
    std::memcpy(room.data(), bytes.data(), now);
    filled_ += now;
    bytes = bytes.subspan(now);
    if (filled_ == write_bytes) write_out();
  }
}

void fresh_file::sync() {
  if (filled_ > 0) write_out();
  require(::fdatasync(fd_.get()) == 0, "fdatasync");
}

void fresh_file::write_out() {
  const auto whole = round_up_to_page(filled_);
  std::memset(buffer_.bytes().data() + filled_, 0, whole - filled_);
  require(::pwrite(fd_.get(), buffer_.bytes().data(), whole, static_cast<off_t>(at_)) ==
              static_cast<ssize_t>(whole),
          "pwrite");
  at_ += whole;
  filled_ = 0;
}

}  // namespace stowage::bench
