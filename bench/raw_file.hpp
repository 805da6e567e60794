// What the device allows: one file, preallocated and written before, appended to from its start.
//
// Contract: `append` writes at the current place and starts over at the end; a failure throws.
// Concurrency: one thread.
#pragma once

#include <stowage/storage/core/bytes.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace stowage::bench {

class raw_file {
 public:
  raw_file(const std::string& path, std::size_t file_bytes);
  raw_file(const raw_file&) = delete;
  raw_file& operator=(const raw_file&) = delete;
  ~raw_file();

  /// In one call; answers the offset.
  std::size_t append(const std::vector<byte_view>& buffers);
  std::size_t append(byte_view bytes) { return append(std::vector<byte_view>{bytes}); }
  void sync() const;
  [[nodiscard]] std::vector<std::byte> read(std::size_t offset, std::size_t length) const;
  void rewind() noexcept { at_ = 0; }

 private:
  int fd_;
  std::size_t file_bytes_;
  std::size_t at_ = 0;
};

}  // namespace stowage::bench
