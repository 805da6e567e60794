// What the device allows: one file, preallocated and written before, appended to from its start.
//
// Contract: the file has no name once it is open, so it goes with the process. `append` writes at the current place and starts over at the end; a failure throws. A place is the number
// of bytes written before it, counted on when the file starts over, so it tells whether it was written again since.
// Concurrency: one thread writes; any may read what was written before.
#pragma once

#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/device/descriptor.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace stowage::bench {

class raw_file {
 public:
  raw_file(const std::string& path, std::uint64_t file_bytes);

  /// Several buffers in one call; answers the place.
  std::uint64_t append(const std::vector<byte_view>& buffers);
  std::uint64_t append(byte_view bytes);
  void sync();
  /// Whether nothing has been written over it since.
  [[nodiscard]] bool holds(std::uint64_t place) const noexcept;
  void read(std::uint64_t place, mutable_byte_view into) const;
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t place) const noexcept {
    return place % file_bytes_;
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return file_bytes_; }
  [[nodiscard]] std::uint64_t syncs() const noexcept { return syncs_; }
  [[nodiscard]] int descriptor_number() const noexcept { return fd_.get(); }
  void rewind() noexcept { at_ = 0; }

 private:
  /// So many bytes at `at_`, without a break: at the start, if there is no room for them at the end.
  std::uint64_t make_room(std::uint64_t bytes);

  descriptor fd_;
  std::uint64_t file_bytes_;
  std::uint64_t at_ = 0;
  std::atomic<std::uint64_t> syncs_ = 0;
};

}  // namespace stowage::bench
