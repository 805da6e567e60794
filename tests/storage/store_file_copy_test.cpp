#include <stowage/storage/store_file_copy.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/device/posix_device.hpp>
#include <stowage/tests/storage/recovery/damaged_image.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>

using namespace stowage;
using namespace stowage::test;

namespace {

bool closing_fails = false;

/// While it lives no file of this process grows beyond `bytes`: as on a full disk.
class file_limit {
 public:
  explicit file_limit(rlim_t bytes) {
    // Instead of the signal the call fails with EFBIG.
    std::signal(SIGXFSZ, SIG_IGN);
    BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit now{bytes, before_.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &now) == 0);
  }
  file_limit(const file_limit&) = delete;
  file_limit& operator=(const file_limit&) = delete;
  ~file_limit() { (void)::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

constexpr store_identity identity{{}, 5, {1, 2}};

struct copying_to_a_file {
  copying_to_a_file() {
    source.commit({put("a", "1", 9), put("b", std::string(70'000, 'b'))});
    device.emplace(source.bytes());
    auto opened = recover(*device, store_access::read_only);
    REQUIRE_OK(opened);
    state = *std::move(opened);
  }

  void take(store_file_copy& copy) {
    copy.take(state.index.snapshot(), state.sb.hash_seed, state.last_version);
  }
  result<void> run(store_file_copy& copy) {
    while (!copy.is_over())
      if (auto done = copy.step(*device, 1, [](const failure&) {}); !done) return done;
    return {};
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator{directory.path()}, {}));
  }

  session source;
  std::optional<memory_device> device;
  recovered_store state;
  temporary_directory directory;
};

}  // namespace

// In front of the C library's.
extern "C" int close(int fd) {
  const auto done = static_cast<int>(::syscall(SYS_close, fd));
  if (!closing_fails) return done;
  errno = EIO;
  return -1;
}

BOOST_AUTO_TEST_SUITE(store_file_copies)

BOOST_FIXTURE_TEST_CASE(without_space_it_does_not_begin, copying_to_a_file) {
  const file_limit none{0};
  store_file_copy copy{directory / "copy", identity};
  BOOST_TEST(code_of(copy.begin()) == errc::no_space);
}

BOOST_FIXTURE_TEST_CASE(without_space_it_does_not_end, copying_to_a_file) {
  const auto path = directory / "copy";
  store_file_copy copy{path, identity};
  REQUIRE_OK(copy.begin());
  take(copy);
  {
    const file_limit little{1};
    BOOST_TEST(code_of(run(copy)) == errc::no_space);
  }
  BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_FIXTURE_TEST_CASE(a_close_that_fails_is_told, copying_to_a_file) {
  store_file_copy copy{directory / "copy", identity};
  REQUIRE_OK(copy.begin());
  take(copy);
  closing_fails = true;
  const auto outcome = run(copy);
  closing_fails = false;
  BOOST_TEST(code_of(outcome) == errc::io_error);
}

BOOST_FIXTURE_TEST_CASE(the_file_is_there_when_it_is_over_and_not_before, copying_to_a_file) {
  const auto path = directory / "copy";
  store_file_copy copy{path, identity};
  BOOST_TEST(!copy.has_begun());
  REQUIRE_OK(copy.begin());
  BOOST_TEST(copy.has_begun());
  take(copy);
  BOOST_TEST(copy.total() == 2U);
  while (!copy.is_over()) {
    BOOST_TEST(!std::filesystem::exists(path));
    REQUIRE_OK(copy.step(*device, 1, [](const failure&) {}));
  }
  BOOST_TEST(copy.blocks() == 2U);
  BOOST_TEST(copy.seen() == 2U);
  BOOST_TEST(copy.value_bytes() == 70'001U);
  BOOST_TEST(copy.file_bytes() == std::filesystem::file_size(path));
  BOOST_TEST(files() == 1U);
  auto opened = open_posix_device(path, open_mode::read_write);
  REQUIRE_OK(opened);
  const auto found = recover(**opened, store_access::read_only);
  REQUIRE_OK(found);
  BOOST_TEST(complaint_about(*found, **opened, source.state()) == "");
}

BOOST_FIXTURE_TEST_CASE(one_that_is_given_up_leaves_nothing, copying_to_a_file) {
  {
    store_file_copy copy{directory / "copy", identity};
    REQUIRE_OK(copy.begin());
    take(copy);
    REQUIRE_OK(copy.step(*device, 1, [](const failure&) {}));
    BOOST_TEST(files() == 1U);
  }
  BOOST_TEST(files() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_path_that_is_taken_stays_as_it_is, copying_to_a_file) {
  const auto path = directory / "copy";
  store_file_copy late{path, identity};
  REQUIRE_OK(late.begin());
  std::ofstream{path} << "taken";
  store_file_copy never{path, identity};
  BOOST_TEST(code_of(never.begin()) == errc::already_exists);
  take(late);
  BOOST_TEST(code_of(run(late)) == errc::already_exists);
  BOOST_TEST(std::filesystem::file_size(path) == 5U);
}

BOOST_FIXTURE_TEST_CASE(without_a_directory_it_does_not_begin, copying_to_a_file) {
  store_file_copy copy{directory / "none/copy", identity};
  BOOST_TEST(code_of(copy.begin()) == errc::no_such_store);
  BOOST_CHECK_THROW((void)run(copy), invariant_violation);
}

BOOST_AUTO_TEST_SUITE_END()
