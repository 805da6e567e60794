#include <stowage/tests/fuzz/fuzz_target.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

namespace stowage::fuzz {

namespace {

// Named by number, so that a changed seed replaces the one before.
void write_seeds(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  std::size_t number = 0;
  for (const auto& seed : seeds()) {
    std::ofstream out{directory / ("seed-" + std::to_string(number++)), std::ios::binary};
    const auto text = as_text(seed);
    if (!out.write(text.data(), static_cast<std::streamsize>(text.size())).flush())
      broken("the seeds can be written");
  }
}

}  // namespace

bytes seed_of(std::initializer_list<unsigned> numbers, byte_view first, byte_view second) {
  bytes out;
  for (const auto n : numbers) out.push_back(static_cast<std::byte>(n));
  for (const auto& part : {first, second})
    for (const auto b : part) out.push_back(b);
  return out;
}

void broken(std::string_view promise) {
  std::fprintf(stderr, "broken promise: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

}  // namespace stowage::fuzz

// The names that libFuzzer and the sanitizers look for.
extern "C" {

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
int LLVMFuzzerInitialize(int* argc, char*** argv);
const char* __asan_default_options();

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  stowage::fuzz::run(std::as_bytes(std::span{data, size}));
  return 0;
}

// `--write-seeds=DIRECTORY` writes the seeds and ends; libFuzzer leaves options of two dashes to the target.
// Anything else is for libFuzzer, which is told the longest input on top.
int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr std::string_view option = "--write-seeds=";
  for (int i = 1; i < *argc; ++i)
    if (const std::string_view argument{(*argv)[i]}; argument.starts_with(option)) {
      stowage::fuzz::write_seeds(argument.substr(option.size()));
      std::exit(0);
    }
  static std::string longest = "-max_len=" + std::to_string(stowage::fuzz::input_bytes_max);
  static std::vector<char*> arguments{*argv, *argv + *argc};
  arguments.insert(arguments.begin() + 1, longest.data());
  arguments.push_back(nullptr);
  *argv = arguments.data();
  *argc += 1;
  return 0;
}

// The default quarantine keeps 256 MiB of freed memory, and a target that takes a megabyte per input would
// touch fresh pages all the time.
const char* __asan_default_options() { return "quarantine_size_mb=16"; }

}  // extern "C"
