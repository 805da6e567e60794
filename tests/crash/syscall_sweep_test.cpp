// System calls that fail, under real programs. A failing case is run again by
// `stowage-crash sweep --case NAME`.
#include <stowage/tests/support/processes/syscall_sweep.hpp>
#include <stowage/tests/support/temporary_directory.hpp>
#include <stowage/tests/support/test_size.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <vector>

using namespace stowage::test;

namespace {

const sweep_programs programs{STOWAGE_BINARY, STOWAGE_CRASH_DRIVER, STOWAGE_SHORT_WRITES};

/// Without strace there is nothing to be seen; where everything is to be seen, that is a failure.
bool is_possible() {
  const auto why_not = why_strace_is_not_usable();
  if (why_not.empty()) return true;
  BOOST_TEST_MESSAGE("SKIPPED: " << why_not << "; scripts/packages installs strace");
  BOOST_TEST(by_size(true, false, false), "no syscall sweep: " << why_not);
  return false;
}

/// Each part is a test of its own, so that they run side by side. What there is differs a little from one
/// count of calls to the next, so a case belongs to a part by its name.
void run_part(std::size_t part) {
  constexpr std::size_t parts = 2;
  if (!is_possible()) return;
  temporary_directory directory;
  syscall_sweep sweep{programs, directory.path()};
  std::vector<sweep_case> mine;
  for (const auto& one : sweep.cases())
    if (std::hash<std::string>{}(name_of(one)) % parts == part) mine.push_back(one);
  const auto some = sample_of(
      mine, by_size<std::size_t>(30, 300, std::numeric_limits<std::size_t>::max()) / parts);
  sweep_report report;
  for (const auto& one : some) {
    sweep.run(one, report);
    if (!report.violations.empty()) break;
  }
  for (const auto& v : report.violations) BOOST_ERROR(v);
  if (!report.violations.empty()) directory.keep();
  BOOST_TEST(report.violations.empty(),
             "again: stowage-crash sweep --case NAME; what it left is in " << directory.path());

  std::string codes;
  for (const auto& [code, count] : report.by_exit_code)
    codes += (codes.empty() ? "" : ", ") + std::to_string(code) + ": " + std::to_string(count);
  BOOST_TEST_MESSAGE(report.runs << " of " << mine.size() << " cases, in " << report.injected
                                 << " the fault came to pass; exit codes " << codes);
  // Nearly all have to have done what they are for.
  BOOST_TEST(report.injected * 10 >= report.runs * 7);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sweep)

BOOST_AUTO_TEST_CASE(part_0) { run_part(0); }
BOOST_AUTO_TEST_CASE(part_1) { run_part(1); }

// With the value of the write the close fails as well, which is no news.
BOOST_AUTO_TEST_CASE(a_failed_device_is_complained_of_once) {
  if (!is_possible()) return;
  temporary_directory directory;
  syscall_sweep sweep{programs, directory.path()};
  sweep_report report;
  for (const std::string subject : {"put", "txn", "import"})
    sweep.run({subject, "pwritev", "EIO", subject == "import" ? std::size_t{9} : 3}, report);
  for (const auto& v : report.violations) BOOST_ERROR(v);
  BOOST_TEST(report.injected == 3U);
}

// What is wrong is found: a disk that says it has written what it has not.
BOOST_AUTO_TEST_CASE(a_write_that_lies) {
  if (!is_possible()) return;
  temporary_directory directory;
  syscall_sweep sweep{programs, directory.path()};
  const auto found_with = [&](const std::string& subject, std::size_t at) {
    sweep_report report;
    sweep.run({subject, "pwritev", "LIE", at}, report);
    BOOST_TEST(report.injected == 1U);
    return !report.violations.empty();
  };
  // The first two of a command are of recovery, then comes the value.
  BOOST_TEST(found_with("put", 3));
  BOOST_TEST(found_with("txn", 3));
  // After those of creation and recovery: one of a value, zeros ahead, and a record.
  BOOST_TEST((found_with("driver-group", 8) || found_with("driver-group", 9) ||
              found_with("driver-group", 10)));
}

BOOST_AUTO_TEST_CASE(names_of_cases) {
  const sweep_case one{"import", "pwritev", "EIO", 12};
  BOOST_TEST(name_of(one) == "import/pwritev/EIO/12");
  BOOST_TEST(name_of(sweep_case_from_name("import/pwritev/EIO/12").value()) == name_of(one));
  for (const auto* name : {"", "import", "import/pwritev/EIO", "import/pwritev/EIO/", "a/b/c/x",
                           "import/pwritev/EIO/1/2", "import/pwritev/EIO/01"})
    BOOST_TEST(!sweep_case_from_name(name).has_value(), name);
}

BOOST_AUTO_TEST_CASE(a_sample_is_spread_evenly) {
  std::vector<sweep_case> all;
  for (std::size_t i = 0; i < 100; ++i) all.push_back({"s", "c", "f", i});
  const auto some = sample_of(all, 10);
  BOOST_TEST_REQUIRE(some.size() == 10U);
  for (std::size_t i = 0; i < some.size(); ++i) BOOST_TEST(some[i].at == 10 * i + 5);
  BOOST_TEST(sample_of(all, 1000).size() == 100U);
}

BOOST_AUTO_TEST_SUITE_END()
