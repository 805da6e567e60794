// What goes to stderr, and how often.
#include <stowage/cli/console.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <string>

using namespace stowage;
using namespace stowage::cli;

namespace {

class on_files {
 public:
  on_files() : out_{std::tmpfile()}, err_{std::tmpfile()}, con{out_, err_} {}
  on_files(const on_files&) = delete;
  on_files& operator=(const on_files&) = delete;
  ~on_files() {
    (void)std::fclose(out_);
    (void)std::fclose(err_);
  }

  [[nodiscard]] std::string errors() {
    std::rewind(err_);
    std::array<char, 4096> text{};
    return {text.data(), std::fread(text.data(), 1, text.size(), err_)};
  }

 private:
  std::FILE* out_;
  std::FILE* err_;

 public:
  console con;
};

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

failure device_failed(errc code, std::uint64_t offset) {
  auto why = fail_at(code, offset, "write failed");
  why.os_error = EIO;
  return why;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(console_lines)

BOOST_FIXTURE_TEST_CASE(a_failed_device_is_told_once, on_files) {
  con.complain("s", device_failed(errc::io_error, 4096));
  con.complain_unless_told("s", device_failed(errc::io_error, 4096));
  con.complain_unless_told("s", device_failed(errc::poisoned, 4096));
  BOOST_TEST(lines_in(errors()) == 1U);
  BOOST_TEST((con.code() == exit_code::failed));
}

BOOST_FIXTURE_TEST_CASE(another_failure_is_news, on_files) {
  con.complain("s", device_failed(errc::io_error, 4096));
  con.complain_unless_told("s", device_failed(errc::io_error, 8192));
  con.complain_unless_told("s", fail(errc::io_error, "close failed"));
  BOOST_TEST(lines_in(errors()) == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_file_of_the_user_is_another_matter, on_files) {
  con.complain_of_file("file", device_failed(errc::io_error, 4096));
  con.complain_unless_told("s", device_failed(errc::io_error, 4096));
  BOOST_TEST(lines_in(errors()) == 2U);
}

BOOST_FIXTURE_TEST_CASE(each_complaint_is_told_where_nothing_is_said_of_once, on_files) {
  con.complain("s", device_failed(errc::io_error, 4096));
  con.complain("s", device_failed(errc::io_error, 4096));
  BOOST_TEST(lines_in(errors()) == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
