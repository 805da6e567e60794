// Each --json prints one document of a stable shape.

#include <stowage/cli/commands.hpp>
#include <stowage/cli/json_output.hpp>
#include <stowage/cli/live_store.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::cli;

namespace {

struct fixture {
  test::temporary_directory directory;
  std::string path = directory / "s.stow";

  fixture() {
    [[maybe_unused]] static const bool once = (initialize_types(), true);
    BOOST_REQUIRE(create_store_file(path).ok());
    auto live = live_store::open(command_settings(path));
    BOOST_REQUIRE(live.ok());
    auto& client = live.value()->client();
    BOOST_REQUIRE(client.put("plain", shared_bytes{std::string{"12345"}}).ok());
    BOOST_REQUIRE(client.put("\xff", shared_bytes{std::string{}}).ok());
    BOOST_REQUIRE(live.value()->close().ok());
  }

  template <class Command>
  json document(const Command& what) {
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    console con{out, err};
    run(what, con);
    BOOST_TEST((con.finish() == exit_code::ok));
    BOOST_TEST(std::ftell(err) == 0);
    std::string text(static_cast<std::size_t>(std::ftell(out)), '\0');
    std::rewind(out);
    BOOST_TEST(std::fread(text.data(), 1, text.size(), out) == text.size());
    (void)std::fclose(out);
    (void)std::fclose(err);
    BOOST_TEST(text.ends_with("}\n"));
    return json::parse(text);
  }
};

std::vector<std::string> members(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

using names = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(json_documents, fixture)

BOOST_AUTO_TEST_CASE(of_list) {
  list_command what;
  what.store = path;
  what.as_json = true;
  auto d = document(what);
  BOOST_TEST((members(d) == names{"blocks", "more"}));
  BOOST_TEST(d["more"] == false);
  BOOST_TEST(d["blocks"].dump() ==
             R"([{"name":"plain","version":1,"size":5},{"name_hex":"ff","version":2,"size":0}])");
  what.limit = 1;
  d = document(what);
  BOOST_TEST(d["blocks"].size() == 1u);
  BOOST_TEST(d["more"] == true);
  what.prefix = "none";
  d = document(what);
  BOOST_TEST(d["blocks"].empty());
  BOOST_TEST(d["more"] == false);
}

BOOST_AUTO_TEST_CASE(of_stat) {
  const auto d = document(stat_command{path, {}, true});
  BOOST_TEST((members(d) == names{"path", "uuid", "format", "generation", "epoch", "lsn", "version",
                                  "clean", "damaged", "dropped_groups", "blocks", "value_bytes",
                                  "file_bytes", "free_bytes", "journal_bytes"}));
  BOOST_TEST(d["path"] == path);
  BOOST_TEST(d["uuid"].get<std::string>().size() == 32u);
  BOOST_TEST(d["clean"] == true);
  BOOST_TEST(d["blocks"] == 2);
  BOOST_TEST(d["value_bytes"] == 5);
  const auto b = document(stat_command{path, "plain", true});
  BOOST_TEST((members(b) == names{"name", "version", "size", "chunks"}));
  BOOST_TEST((members(b["chunks"][0]) == names{"offset", "length"}));
  BOOST_TEST((members(document(stat_command{path, "\xff", true})) ==
              names{"name_hex", "version", "size", "chunks"}));
}

BOOST_AUTO_TEST_CASE(of_verify) {
  const auto d = document(verify_command{path, true});
  BOOST_TEST((members(d) == names{"path", "ok", "blocks", "chunks", "verified_bytes",
                                  "dropped_groups", "found"}));
  BOOST_TEST(d["ok"] == true);
  BOOST_TEST(d["blocks"] == 2);
  BOOST_TEST(d["chunks"] == 1);
  BOOST_TEST(d["verified_bytes"] == 5);
  BOOST_TEST(d["found"].is_array());
}

BOOST_AUTO_TEST_CASE(of_inspect) {
  const auto s = document(inspect_command{path, inspected_part::superblock, true});
  BOOST_TEST((members(s) == names{"newest_slot", "slots"}));
  BOOST_TEST(s["slots"].size() == 2u);
  BOOST_TEST(s["slots"][1]["current"]["journal_area"]["offset"] == 131072);
  const auto j = document(inspect_command{path, inspected_part::journal, true});
  BOOST_TEST((members(j) == names{"records", "end"}));
  BOOST_TEST((members(j["records"][0]) ==
              names{"offset", "lsn", "epoch", "kind", "ops", "bytes", "synced_through"}));
  BOOST_TEST((members(j["end"]) == names{"offset", "lsn", "torn", "damaged", "next_area"}));
  const auto c = document(inspect_command{path, inspected_part::checkpoint, true});
  BOOST_TEST((members(c) == names{"current", "previous"}));
  BOOST_TEST((members(c["current"]) == names{"offset", "length", "lsn", "entries", "pages"}));
}

BOOST_AUTO_TEST_CASE(of_extents_covers_the_file) {
  const auto d = document(inspect_command{path, inspected_part::extents, true});
  BOOST_TEST((members(d) == names{"extents", "file_bytes"}));
  std::uint64_t end = 0;
  for (const auto& e : d["extents"]) {
    // Only padding within a page of packed values is left out.
    BOOST_TEST(e["offset"].get<std::uint64_t>() >= end);
    BOOST_TEST(e["offset"].get<std::uint64_t>() - end < page_size);
    end = e["offset"].get<std::uint64_t>() + e["length"].get<std::uint64_t>();
    BOOST_TEST((members(e) == names{"offset", "length", "kind"} ||
                members(e) == names{"offset", "length", "kind", "name"}));
  }
  BOOST_TEST(end == d["file_bytes"].get<std::uint64_t>());
}

BOOST_AUTO_TEST_SUITE_END()
