#include <stowage/storage/device/posix_creation.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/unit_test.hpp>

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

std::vector<std::string> names_in(const temporary_directory& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{directory.path()})
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

using names = std::vector<std::string>;

posix_creation begin(const std::string& path) {
  auto creation = posix_creation::begin(path);
  BOOST_REQUIRE_MESSAGE(creation.ok(), "begin: " << (creation ? "" : describe(creation.error())));
  return *std::move(creation);
}

void fill(posix_creation& creation, std::string_view text) {
  auto& device = creation.device();
  BOOST_REQUIRE(device.allocate(text.size()).ok());
  BOOST_REQUIRE(write_text(device, 0, text).ok());
  BOOST_REQUIRE(device.sync().ok());
}

/// Changes the working directory while it lives.
class working_directory {
 public:
  explicit working_directory(const std::string& path) : before_{std::filesystem::current_path()} {
    std::filesystem::current_path(path);
  }
  working_directory(const working_directory&) = delete;
  working_directory& operator=(const working_directory&) = delete;
  ~working_directory() { std::filesystem::current_path(before_); }

 private:
  std::filesystem::path before_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(posix_creations)

BOOST_AUTO_TEST_CASE(the_file_appears_complete_and_locked) {
  const temporary_directory directory;
  const auto path = directory / "store";
  auto creation = begin(path);
  fill(creation, "text");
  BOOST_TEST(::access(path.c_str(), F_OK) == -1);

  const auto device = creation.publish();
  BOOST_REQUIRE(device.ok());
  BOOST_TEST((names_in(directory) == names{"store"}));
  BOOST_TEST(file_content(path) == "text");
  BOOST_TEST(code_of(open_posix_device(path, open_mode::read_only)) == errc::locked);

  // It is the device that opening would have given.
  BOOST_TEST(code_of(device.value()->allocate(8)) == errc::none);
  BOOST_TEST(code_of(write_text(**device, 4, "more")) == errc::none);
  BOOST_TEST(read_text(**device, 0, 10, read_mode::direct) == "textmore");
  BOOST_TEST(code_of(device.value()->close()) == errc::none);
  BOOST_TEST(code_of(open_posix_device(path, open_mode::read_write)) == errc::none);
}

BOOST_AUTO_TEST_CASE(only_the_owner_may_read_it) {
  const temporary_directory directory;
  auto creation = begin(directory / "store");
  BOOST_TEST(creation.publish().ok());
  struct stat status {};
  BOOST_REQUIRE(::stat((directory / "store").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U & ~0600U) == 0U);
}

BOOST_AUTO_TEST_CASE(an_unpublished_file_leaves_nothing) {
  const temporary_directory directory;
  {
    auto creation = begin(directory / "store");
    fill(creation, "text");
    BOOST_TEST(names_in(directory).size() == 1U);
    const auto moved = std::move(creation);
    BOOST_TEST(names_in(directory).size() == 1U);
  }
  BOOST_TEST(names_in(directory).empty());
}

BOOST_AUTO_TEST_CASE(the_temporary_file_is_locked_and_says_what_it_is) {
  const temporary_directory directory;
  const auto creation = begin(directory / "store");
  const auto temporary = names_in(directory).front();
  BOOST_TEST(temporary.starts_with(".store." + std::to_string(::getpid())));
  BOOST_TEST(temporary.ends_with(".creating"));
  BOOST_TEST(code_of(open_posix_device(directory / temporary, open_mode::read_only)) ==
             errc::locked);
}

BOOST_AUTO_TEST_CASE(what_exists_is_refused_at_once) {
  const temporary_directory directory;
  put_file(directory / "file", "text");
  BOOST_REQUIRE(::mkdir((directory / "directory").c_str(), 0700) == 0);
  BOOST_REQUIRE(::symlink("nowhere", (directory / "dangling").c_str()) == 0);
  BOOST_REQUIRE(::mkfifo((directory / "fifo").c_str(), 0600) == 0);
  for (const auto* name : {"file", "directory", "dangling", "fifo", ".", ".."}) {
    const auto refused = posix_creation::begin(directory / name);
    BOOST_TEST(code_of(refused) == errc::already_exists);
    BOOST_TEST(refused.error().detail.find(name) != std::string::npos);
  }
  BOOST_TEST(names_in(directory).size() == 4U);
  BOOST_TEST(file_content(directory / "file") == "text");
}

BOOST_AUTO_TEST_CASE(what_appears_meanwhile_is_not_replaced) {
  const temporary_directory directory;
  auto creation = begin(directory / "store");
  fill(creation, "ours");
  put_file(directory / "store", "theirs");
  BOOST_TEST(code_of(creation.publish()) == errc::already_exists);
  BOOST_TEST(file_content(directory / "store") == "theirs");
  { const auto gone = std::move(creation); }
  BOOST_TEST((names_in(directory) == names{"store"}));
}

BOOST_AUTO_TEST_CASE(one_of_two_creations_wins) {
  const temporary_directory directory;
  {
    auto first = begin(directory / "store");
    auto second = begin(directory / "store");
    fill(first, "first");
    fill(second, "second");
    BOOST_TEST(names_in(directory).size() == 2U);
    BOOST_TEST(code_of(second.publish()) == errc::none);
    BOOST_TEST(code_of(first.publish()) == errc::already_exists);
  }
  BOOST_TEST((names_in(directory) == names{"store"}));
  BOOST_TEST(file_content(directory / "store") == "second");
}

BOOST_AUTO_TEST_CASE(names_taken_by_the_dead_are_stepped_over) {
  const temporary_directory directory;
  const auto stem = ".store." + std::to_string(::getpid()) + "-";
  put_file(directory / (stem + "0.creating"), "left");
  put_file(directory / (stem + "1.creating"), "left");
  {
    auto creation = begin(directory / "store");
    BOOST_TEST(creation.publish().ok());
  }
  BOOST_TEST(file_content(directory / (stem + "0.creating")) == "left");
  BOOST_TEST(names_in(directory).size() == 3U);
}

BOOST_AUTO_TEST_CASE(too_many_of_them_are_an_error) {
  const temporary_directory directory;
  const auto stem = ".store." + std::to_string(::getpid()) + "-";
  for (int i = 0; i < 1000; ++i) put_file(directory / (stem + std::to_string(i) + ".creating"), "");
  const auto refused = posix_creation::begin(directory / "store");
  BOOST_TEST(code_of(refused) == errc::io_error);
  BOOST_TEST(refused.error().os_error == EEXIST);
}

BOOST_AUTO_TEST_CASE(the_directory_must_be_there) {
  const temporary_directory directory;
  put_file(directory / "file", "");
  for (const auto* path : {"missing/store", "file/store"}) {
    const auto refused = posix_creation::begin(directory / path);
    BOOST_TEST(code_of(refused) == errc::no_such_store);
    BOOST_TEST(refused.error().detail.starts_with("the directory"));
  }
}

BOOST_AUTO_TEST_CASE(the_directory_must_be_writable) {
  const temporary_directory directory;
  BOOST_REQUIRE(::chmod(directory.path().c_str(), 0555) == 0);
  const auto user = ::setfsuid(::geteuid() == 0 ? 65'534 : ::geteuid());
  const auto refused = posix_creation::begin(directory / "store");
  ::setfsuid(static_cast<uid_t>(user));
  BOOST_TEST(code_of(refused) == errc::permission_denied);
}

BOOST_AUTO_TEST_CASE(paths_that_name_no_file) {
  const temporary_directory directory;
  BOOST_TEST(code_of(posix_creation::begin("")) == errc::invalid_argument);
  BOOST_TEST(code_of(posix_creation::begin(directory / "store/")) == errc::invalid_argument);
  BOOST_TEST(code_of(posix_creation::begin(directory / std::string("a\0b", 3))) ==
             errc::invalid_argument);
  BOOST_TEST(code_of(posix_creation::begin(directory / std::string(256, 'x'))) == errc::io_error);
  BOOST_TEST(names_in(directory).empty());
}

BOOST_AUTO_TEST_CASE(the_longest_name_works) {
  const temporary_directory directory;
  const std::string longest(255, 'x');
  auto creation = begin(directory / longest);
  BOOST_TEST(creation.publish().ok());
  BOOST_TEST((names_in(directory) == names{longest}));
}

BOOST_AUTO_TEST_CASE(a_path_without_a_directory_is_relative) {
  const temporary_directory directory;
  const working_directory here{directory.path()};
  auto creation = begin("store");
  BOOST_TEST(creation.publish().ok());
  BOOST_TEST((names_in(directory) == names{"store"}));
}

BOOST_AUTO_TEST_CASE(it_is_published_once) {
  const temporary_directory directory;
  auto creation = begin(directory / "store");
  const auto device = creation.publish();
  BOOST_CHECK_THROW((void)creation.publish(), invariant_violation);
  BOOST_CHECK_THROW((void)creation.device(), invariant_violation);
}

BOOST_AUTO_TEST_SUITE_END()
