// What commands that read a store without serving it make of blocks that have expired: nothing.
#include <stowage/actors/runtime.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/register_types.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

using namespace stowage;
using namespace stowage::cli;
using namespace stowage::test;

namespace {

// Long past, and in the year 5138.
constexpr std::uint64_t past_ms = 1;
constexpr std::uint64_t future_ms = 100'000'000'000'000;

struct store_with_expired_blocks {
  store_with_expired_blocks() {
    register_message_types();
    caf::actor_system_config config;
    caf::actor_system system{config};
    store_options options;
    options.path = path;
    options.create = true;
    auto opened = open_store(system, options);
    BOOST_REQUIRE(opened.ok());
    store_client c{system, opened->handle};
    // In one op that is the last: the store closes before it removes what has expired.
    transaction t;
    t.put("future", payload{std::string{"later"}}, future_ms)
        .put("past", payload{std::string{"gone"}}, past_ms)
        .put("plain", payload{std::string{"stays"}});
    BOOST_REQUIRE(c.commit(std::move(t), durability::accepted).ok());
    BOOST_REQUIRE(c.close().ok());
  }

  struct said {
    std::string out;
    exit_code code;
  };
  template <class Command>
  static said run_command(const Command& what) {
    auto* out = std::tmpfile();
    auto* err = std::tmpfile();
    console con{out, err};
    run(what, con);
    const auto code = con.finish();
    std::rewind(out);
    std::array<char, 4096> text{};
    std::string all{text.data(), std::fread(text.data(), 1, text.size(), out)};
    (void)std::fclose(out);
    (void)std::fclose(err);
    return {std::move(all), code};
  }

  temporary_directory directory;
  std::string path = directory / "s";
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(expired_blocks, store_with_expired_blocks)

BOOST_AUTO_TEST_CASE(are_not_listed) {
  list_command list;
  list.store = path;
  BOOST_TEST(run_command(list).out == "future\nplain\n");
  list.limit = 1;
  list.after = "future";
  BOOST_TEST(run_command(list).out == "plain\n");
  list = {};
  list.store = path;
  list.as_long = true;
  BOOST_TEST(run_command(list).out == "1 5 future\n3 5 plain\n");
  list.as_json = true;
  const auto document = run_command(list).out;
  BOOST_TEST(document.find(R"({"name":"future","version":1,"size":5,)"
                           R"("expires_at_ms":100000000000000})") != std::string::npos);
  BOOST_TEST(document.find(R"({"name":"plain","version":3,"size":5})") != std::string::npos);
  BOOST_TEST(document.find("past") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(are_not_found) {
  get_command get;
  get.store = path;
  get.name = "past";
  BOOST_TEST((run_command(get).code == exit_code::not_found));
  get.name = "future";
  BOOST_TEST(run_command(get).out == "later");
  stat_command stat;
  stat.store = path;
  stat.name = "past";
  BOOST_TEST((run_command(stat).code == exit_code::not_found));
  stat.name = "future";
  BOOST_TEST(run_command(stat).out.find("expires_at_ms: 100000000000000\n") != std::string::npos);
  stat.name = "plain";
  BOOST_TEST(run_command(stat).out.find("expires_at_ms") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(are_not_exported) {
  export_command to;
  to.store = path;
  to.directory = directory / "tree";
  BOOST_TEST((run_command(to).code == exit_code::ok));
  BOOST_TEST(std::filesystem::exists(to.directory + "/future"));
  BOOST_TEST(std::filesystem::exists(to.directory + "/plain"));
  BOOST_TEST(!std::filesystem::exists(to.directory + "/past"));
}

BOOST_AUTO_TEST_CASE(are_verified_and_copied_as_long_as_they_are_in_the_file) {
  verify_command verify;
  verify.store = path;
  BOOST_TEST(run_command(verify).out.starts_with("verified 3 blocks"));
  const auto copy = directory / "copy";
  BOOST_TEST((run_command(backup_command{path, copy}).code == exit_code::ok));
  verify.store = copy;
  BOOST_TEST(run_command(verify).out.starts_with("verified 3 blocks"));
  list_command list;
  list.store = copy;
  BOOST_TEST(run_command(list).out == "future\nplain\n");
}

BOOST_AUTO_TEST_SUITE_END()
