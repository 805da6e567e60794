#include <stowage/storage/device/time_slice.hpp>

#include <boost/test/unit_test.hpp>

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <thread>

using namespace stowage;

namespace {

// The fields of the kernel's struct sched_attr, as 64-bit words.
std::array<std::uint64_t, 6> scheduling_of_this_thread() {
  std::array<std::uint64_t, 6> words{};
  BOOST_REQUIRE(::syscall(SYS_sched_getattr, 0, words.data(), sizeof(words), 0) == 0);
  return words;
}
constexpr std::size_t runtime = 3;

}  // namespace

BOOST_AUTO_TEST_SUITE(time_slices)

BOOST_AUTO_TEST_CASE(become_short_for_the_calling_thread_and_nothing_else_changes) {
  const auto before = scheduling_of_this_thread();
  std::thread{[] {
    // Priorities are of threads; this one ends with it.
    BOOST_REQUIRE(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 5) == 0);
    const auto own = scheduling_of_this_thread();
    const bool taken = ask_for_short_time_slices();
    auto now = scheduling_of_this_thread();
    // Linux before 6.12 takes the call and keeps no slice.
    if (now[runtime] != own[runtime]) BOOST_TEST(now[runtime] == 100'000U);
    BOOST_TEST(taken);
    now[runtime] = own[runtime];
    BOOST_TEST((now == own));
  }}.join();
  BOOST_TEST((scheduling_of_this_thread() == before));
}

BOOST_AUTO_TEST_CASE(are_not_asked_for_where_the_host_chose_another_policy) {
  std::thread{[] {
    const sched_param none{};
    BOOST_REQUIRE(::sched_setscheduler(0, SCHED_BATCH, &none) == 0);
    const auto own = scheduling_of_this_thread();
    BOOST_TEST(!ask_for_short_time_slices());
    BOOST_TEST((scheduling_of_this_thread() == own));
  }}.join();
}

BOOST_AUTO_TEST_SUITE_END()
