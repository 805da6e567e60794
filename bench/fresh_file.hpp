// What the device allows a file that did not exist before: allocated whole, then written once past the page cache.
//
// Contract: `append` writes behind what came before, `write_bytes` at a time; a failure throws. Bytes of the last
// write that are missing to a whole page are zeros.
// Concurrency: one thread.
// Limits: at most the bytes it was made for; needs a file system with O_DIRECT and fallocate(2).
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/device/descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace stowage::bench {

class fresh_file {
 public:
  static constexpr std::size_t write_bytes = std::size_t{1} << 20U;

  fresh_file(const std::string& path, std::uint64_t file_bytes);

  void append(byte_view bytes);
  /// Writes what is left and makes all of it durable.
  void sync();

 private:
  void write_out();

  descriptor fd_;
  page_buffer buffer_{write_bytes};
  std::size_t filled_ = 0;
  std::uint64_t at_ = 0;
};

}  // namespace stowage::bench
