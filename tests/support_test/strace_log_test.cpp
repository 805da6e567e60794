// Logs of strace, read as calls.
#include <stowage/tests/support/processes/strace_log.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace stowage::test;

BOOST_AUTO_TEST_SUITE(strace_log)

BOOST_AUTO_TEST_CASE(calls_of_several_threads) {
  const auto calls = parse_strace_log(
      "7 fdatasync(3)                      = 0\n"
      "8 pwritev(3, [{iov_base=\"a = (b)\"..., iov_len=4096}], 1, 0 <unfinished ...>\n"
      "7 --- SIGCHLD {si_signo=SIGCHLD} ---\n"
      "7 fallocate(3, 0, 0, 4096)          = -1 ENOSPC (No space left on device) (INJECTED)\n"
      "8 <... pwritev resumed>)            = 4096\n"
      "8 fdatasync(3</d/store> <unfinished ...>\n"
      "7 +++ exited with 0 +++\n"
      "8 +++ killed by SIGKILL +++\n");
  BOOST_TEST_REQUIRE(calls.size() == 4U);
  BOOST_TEST(calls[0].name == "fdatasync");
  BOOST_TEST(calls[0].arguments == "3");
  BOOST_TEST(calls[0].thread == 7);
  BOOST_TEST(calls[0].succeeded());
  BOOST_TEST(calls[0].began == 1U);
  BOOST_TEST(calls[0].ended == 1U);

  BOOST_TEST(calls[1].name == "pwritev");
  BOOST_TEST(calls[1].answer == "4096");
  BOOST_TEST(calls[1].began == 2U);
  BOOST_TEST(calls[1].ended == 5U);
  BOOST_TEST(calls[1].arguments.ends_with("1, 0"));

  BOOST_TEST(calls[2].injected());
  BOOST_TEST(!calls[2].succeeded());

  BOOST_TEST(calls[3].arguments == "3</d/store>");
  BOOST_TEST(!calls[3].succeeded());
  BOOST_TEST(calls[3].ended == 0U);
}

BOOST_AUTO_TEST_CASE(each_thread_counts_for_itself) {
  const auto counts = calls_of_busiest_thread(
      parse_strace_log("1 fdatasync(3) = 0\n2 fdatasync(3) = 0\n2 fdatasync(3) = 0\n"
                       "1 pwritev(3, [], 1, 0) = 4096\n"));
  BOOST_TEST(counts.at("fdatasync") == 2U);
  BOOST_TEST(counts.at("pwritev") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
