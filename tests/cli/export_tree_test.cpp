// Exporting never leaves its directory.

#include <stowage/cli/export_tree.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace stowage;
using namespace stowage::cli;
using namespace std::string_literals;
namespace fs = std::filesystem;

namespace {

struct fixture {
  test::temporary_directory directory;
  std::string root = directory / "out";
  export_tree tree = export_tree::open(root).value();

  errc write(std::string_view path) {
    const auto written = tree.write(path, as_bytes("new"));
    return written ? errc::none : written.error().code;
  }
  [[nodiscard]] std::string text_of(const std::string& path) const {
    std::ifstream in{root + "/" + path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  /// Everything below the temporary directory, nothing followed.
  [[nodiscard]] std::size_t entries() const {
    const fs::recursive_directory_iterator all{directory.path()};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(export_trees, fixture)

BOOST_AUTO_TEST_CASE(writes_and_replaces_files_in_directories) {
  BOOST_TEST((write("a") == errc::none));
  BOOST_TEST((write("d/e/f") == errc::none));
  BOOST_TEST((write("d/e/\xff\n") == errc::none));
  BOOST_TEST(text_of("d/e/f") == "new");
  std::ofstream{root + "/a"} << "old and longer";
  BOOST_TEST((write("a") == errc::none));
  BOOST_TEST(text_of("a") == "new");
  BOOST_TEST((write(std::string(255, 'x')) == errc::none));
  // out a d d/e d/e/f d/e/.. xxx: no temporary file is left.
  BOOST_TEST(entries() == 7u);
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_plain_relative_path) {
  for (const auto& path :
       {""s, "/"s, "/etc/x"s, "."s, ".."s, "../x"s, "a/../../x"s, "a//b"s, "a/"s, "./a"s, "a/."s,
        "a\0b"s, std::string(256, 'x'), "d/" + std::string(256, 'x')})
    BOOST_TEST((write(path) == errc::limit_exceeded), path);
  BOOST_TEST(entries() == 1u);
}

BOOST_AUTO_TEST_CASE(leaves_what_is_in_the_way) {
  fs::create_directory(root + "/dir");
  BOOST_TEST((write("dir") == errc::limit_exceeded));
  BOOST_TEST((write("file") == errc::none));
  BOOST_TEST((write("file/below") == errc::limit_exceeded));
  BOOST_TEST(text_of("file") == "new");
  BOOST_TEST(fs::is_directory(root + "/dir"));
}

BOOST_AUTO_TEST_CASE(follows_no_symlink) {
  fs::create_directory(directory / "outside");
  std::ofstream{directory / "outside/file"} << "old";
  fs::create_symlink("../outside", root + "/link");
  fs::create_symlink("../outside/file", root + "/file");
  fs::create_symlink("../outside/none", root + "/dangling");
  BOOST_TEST((write("link/x") == errc::limit_exceeded));
  BOOST_TEST((write("link/file") == errc::limit_exceeded));
  BOOST_TEST((write("link") == errc::limit_exceeded));
  BOOST_TEST((write("file") == errc::limit_exceeded));
  BOOST_TEST((write("dangling") == errc::limit_exceeded));
  BOOST_TEST(text_of("../outside/file") == "old");
  // out outside outside/file link file dangling
  BOOST_TEST(entries() == 6u);
}

BOOST_AUTO_TEST_CASE(a_block_may_have_the_name_of_a_temporary_file) {
  const auto name = ".stowage-" + std::to_string(::getpid()) + "-1";
  BOOST_TEST((write(name) == errc::none));
  BOOST_TEST((write("other") == errc::none));
  BOOST_TEST((write("third") == errc::none));
  BOOST_TEST(text_of(name) == "new");
}

BOOST_AUTO_TEST_SUITE_END()
