// Short ways to say what a device test does; texts stand for bytes.
#pragma once

#include <stowage/storage/device/block_device.hpp>
#include <stowage/testkit/printing.hpp>

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace stowage::test {

inline result<void> write_text(block_device& device, std::uint64_t offset, std::string_view text) {
  const auto buffer = as_bytes(text);
  return device.write(offset, {&buffer, 1});
}

/// What a read of `size` bytes gives; a failed read fails the test.
inline std::string read_text(block_device& device, std::uint64_t offset, std::size_t size,
                             read_mode mode = read_mode::cached) {
  std::string text(size, '?');
  const auto got = device.read(offset, std::as_writable_bytes(std::span{text}), mode);
  BOOST_REQUIRE_MESSAGE(got.ok(), "read: " << (got ? "" : describe(got.error())));
  text.resize(*got);
  return text;
}

/// Text in which no two places of 64 bytes look alike.
inline std::string pattern(std::size_t size) {
  std::string text;
  while (text.size() < size) text += std::to_string(text.size()) + ",";
  text.resize(size);
  return text;
}

inline void put_file(const std::string& path, std::string_view content) {
  std::ofstream{path, std::ios::binary}.write(content.data(),
                                              static_cast<std::streamsize>(content.size()));
}

inline std::string file_content(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The code of an outcome; `none` for success.
template <class T>
errc code_of(const result<T>& outcome) {
  return outcome ? errc::none : outcome.error().code;
}

}  // namespace stowage::test
