#include <stowage/cli/run_copy.hpp>

#include <stowage/cli/maintenance_output.hpp>
#include <stowage/cli/progress.hpp>
#include <stowage/storage/core/limits.hpp>

namespace stowage::cli {

result<void> run_copy(store_file_copy& copy, block_device& from, const std::string& verb,
                      std::vector<failure>& lost, console& con) {
  progress bar{con, verb, copy.total()};
  while (!copy.is_over()) {
    const auto blocks_before = copy.seen();
    const auto bytes_before = copy.value_bytes();
    auto done = copy.step(from, limits::mib, [&lost](const failure& why) { lost.push_back(why); });
    if (!done) return done;
    bar.advance(copy.value_bytes() - bytes_before, copy.seen() - blocks_before);
  }
  return {};
}

void print_copied(const store_file_copy& copy, const std::string& verbed, std::size_t damaged,
                  console& con) {
  con.print(copied_line(verbed, copy.blocks(), copy.value_bytes(), damaged));
}

}  // namespace stowage::cli
