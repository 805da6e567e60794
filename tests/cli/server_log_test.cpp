// Lines of the log have their level, and time or priority as where they go wants it.
#include <stowage/cli/server_log.hpp>

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <initializer_list>
#include <string>

using namespace stowage;
using namespace stowage::cli;

namespace {

class written {
 public:
  written() : file_{std::tmpfile()} {}
  written(const written&) = delete;
  written& operator=(const written&) = delete;
  ~written() { (void)std::fclose(file_); }

  [[nodiscard]] std::FILE* file() const noexcept { return file_; }
  [[nodiscard]] std::string text() const {
    std::rewind(file_);
    std::array<char, 4096> text{};
    return {text.data(), std::fread(text.data(), 1, text.size(), file_)};
  }
  [[nodiscard]] std::string as_the_manager_says() const {
    struct stat there {};
    BOOST_REQUIRE(::fstat(::fileno(file_), &there) == 0);
    return std::to_string(there.st_dev) + ":" + std::to_string(there.st_ino);
  }

 private:
  std::FILE* file_;
};

constexpr std::initializer_list<log_level> spoken{
    log_level::trace, log_level::debug, log_level::info, log_level::warning, log_level::error};

std::string all_levels(log_style style, log_level least) {
  const written to;
  server_log log{to.file(), style, least};
  for (const auto level : spoken) log.write(level, "line");
  return to.text();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_logs)

BOOST_AUTO_TEST_CASE(the_journal_gets_priorities) {
  BOOST_TEST(all_levels(log_style::journal, log_level::trace) ==
             "<7>line\n<7>line\n<6>line\n<4>line\n<3>line\n");
}

BOOST_AUTO_TEST_CASE(lines_below_the_least_level_are_left_out) {
  BOOST_TEST(all_levels(log_style::journal, log_level::info) == "<6>line\n<4>line\n<3>line\n");
  BOOST_TEST(all_levels(log_style::journal, log_level::error) == "<3>line\n");
  BOOST_TEST(all_levels(log_style::journal, log_level::off) == "");
  BOOST_TEST(all_levels(log_style::stream, log_level::off) == "");
}

BOOST_AUTO_TEST_CASE(a_stream_gets_time_and_level) {
  const auto text = all_levels(log_style::stream, log_level::error);
  const std::string shape = "0000-00-00T00:00:00.000Z error line\n";
  BOOST_TEST_REQUIRE(text.size() == shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == '0')
      BOOST_TEST((text[i] >= '0' && text[i] <= '9'), text);
    else
      BOOST_TEST(text[i] == shape[i], text);
  }
}

BOOST_AUTO_TEST_CASE(braces_are_text) {
  for (const auto style : {log_style::journal, log_style::stream}) {
    const written to;
    server_log log{to.file(), style, log_level::info};
    log.write(log_level::info, "{} {0} %v");
    BOOST_TEST(to.text().ends_with("{} {0} %v\n"), to.text());
  }
}

BOOST_AUTO_TEST_CASE(only_what_the_manager_names_is_the_journal) {
  const written one;
  const written another;
  BOOST_TEST((style_of(one.file(), nullptr) == log_style::stream));
  BOOST_TEST((style_of(one.file(), "") == log_style::stream));
  BOOST_TEST((style_of(one.file(), one.as_the_manager_says().c_str()) == log_style::journal));
  BOOST_TEST((style_of(one.file(), another.as_the_manager_says().c_str()) == log_style::stream));
}

BOOST_AUTO_TEST_CASE(lines_of_the_console_have_levels) {
  const written to;
  server_log log{to.file(), log_style::journal, log_level::trace};
  console con{to.file(), to.file()};
  con.hand_lines_to(
      [&log](line_kind kind, std::string_view line) { log.write(level_of(kind), line); });
  con.log("s", "opened");
  con.warn("s", "a tail\nwas dropped");
  BOOST_TEST((con.code() == exit_code::ok));
  con.complain("s", fail(errc::io_error, "write failed"));
  BOOST_TEST((con.code() == exit_code::failed));
  const auto text = to.text();
  BOOST_TEST(
      text.starts_with("<6>s: opened\n<4>s: a tail\\x0awas dropped\n<3>s: the device failed "),
      text);
}

BOOST_AUTO_TEST_SUITE_END()
