// A program that runs beside the test, with its output.
//
// Contract: it ends with the test, however that ends; a child that is still running when it is destroyed is
// killed. Waiting has a deadline of a minute, which only a hang reaches: then the child is killed and
// std::runtime_error thrown.
// Concurrency: one thread.
// Limits: what the child prints is kept in memory.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::test {

/// The child's stdin, stdout and stderr.
struct child_streams {
  int in = -1;
  int out = -1;
  int err = -1;
};

enum class child_lifetime : std::uint8_t {
  bound,  ///< killed when the calling thread ends
  free,
};

/// Starts `arguments[0]`; throws std::runtime_error if that cannot be.
[[nodiscard]] pid_t start_program(const std::vector<std::string>& arguments,
                                  const child_streams& streams, child_lifetime lifetime);

struct ended_child {
  /// Of exit(); 128 + the signal's number where one ended it.
  int code = 0;
  std::string out;
  std::string err;
};

class child_process {
 public:
  /// Starts `arguments[0]`; `input` is its stdin.
  explicit child_process(const std::vector<std::string>& arguments, std::string_view input = {});
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process();

  /// The first line it prints, without the line's end; what there is, if it ends before.
  [[nodiscard]] std::string first_line();
  void signal(int number);
  [[nodiscard]] ended_child wait();

 private:
  /// Reads until there is a line on stdout, or to the end of both.
  void read_output(bool only_a_line);

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  ended_child said_;
};

/// Runs it to its end.
[[nodiscard]] ended_child run_program(const std::vector<std::string>& arguments,
                                      std::string_view input = {});

}  // namespace stowage::test
