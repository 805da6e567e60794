#include <stowage/storage/device/posix_directories.hpp>

#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

using namespace stowage;

BOOST_AUTO_TEST_SUITE(posix_directories)

BOOST_AUTO_TEST_CASE(makes_what_is_missing_and_only_that) {
  const test::temporary_directory directory;
  const auto base = directory.path();
  BOOST_TEST(make_directories_for(base + "/a/b/store").ok());
  BOOST_TEST(std::filesystem::is_directory(base + "/a/b"));
  BOOST_TEST(!std::filesystem::exists(base + "/a/b/store"));
  BOOST_TEST(make_directories_for(base + "/a/b/store").ok());
}

BOOST_AUTO_TEST_CASE(a_name_alone_needs_nothing) { BOOST_TEST(make_directories_for("store").ok()); }

BOOST_AUTO_TEST_CASE(makes_them_where_the_process_is) {
  const test::temporary_directory directory;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  const auto made = make_directories_for("a/b/store");
  std::filesystem::current_path(before);
  BOOST_TEST(made.ok());
  BOOST_TEST(std::filesystem::is_directory(directory / "a/b"));
}

BOOST_AUTO_TEST_CASE(a_file_in_the_way_is_told) {
  const test::temporary_directory directory;
  const auto base = directory.path();
  std::ofstream{base + "/file"} << "x";
  const auto refused = make_directories_for(base + "/file/b/store");
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().code == errc::no_such_store));
}

BOOST_AUTO_TEST_SUITE_END()
