// main() of a fuzz target without libFuzzer: runs the seeds (`--seeds`) and the files it is given, or all
// files of the directories it is given, through the target once.
//
// Exit code 0 after everything was run; a target that finds a broken promise ends the process, and the last
// line before names the input. Exit code 2 where there was nothing to run.

#include <stowage/tests/fuzz/fuzz_target.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

using namespace stowage;

namespace fs = std::filesystem;

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace {

std::size_t inputs = 0;

void run(const std::string& name, byte_view input) {
  std::fprintf(stderr, "running %s\n", name.c_str());
  fuzz::run(input);
  ++inputs;
}

void run_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  fuzz::require(!in.bad() && in.is_open(), "the input can be read: " + path.string());
  run(path.string(), as_bytes(text));
}

void run_directory(const fs::path& path) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator{path})
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  for (const auto& file : files) run_file(file);
}

}  // namespace

int main(int argc, char** argv) {
  LLVMFuzzerInitialize(&argc, &argv);
  for (int i = 1; i < argc; ++i) {
    const std::string argument{argv[i]};
    if (argument.starts_with("-max_len=")) continue;  // libFuzzer's
    if (argument == "--seeds") {
      std::size_t number = 0;
      for (const auto& seed : fuzz::seeds()) run("seed-" + std::to_string(number++), seed);
    } else if (fs::is_directory(argument)) {
      run_directory(argument);
    } else {
      run_file(argument);
    }
  }
  if (inputs == 0) {
    std::fprintf(stderr, "usage: %s [--seeds] [FILE|DIRECTORY]...\n", argv[0]);
    return 2;
  }
  std::printf("%zu inputs\n", inputs);
  return 0;
}
