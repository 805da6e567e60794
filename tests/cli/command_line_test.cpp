// The command line means what it says, with names of any bytes.

#include <stowage/cli/command_line.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace stowage::cli;

namespace {

using words = std::vector<std::string>;

template <class Command>
Command parsed(words line) {
  auto result = parse_command_line(std::move(line));
  if (const auto* mistake = std::get_if<usage_mistake>(&result)) {
    BOOST_ERROR(mistake->where << ": " << mistake->what);
    return {};
  }
  const auto* found = std::get_if<Command>(&std::get<command>(result));
  BOOST_REQUIRE(found != nullptr);
  return *found;
}

bool refused(words line) {
  const auto result = parse_command_line(std::move(line));
  const auto* mistake = std::get_if<usage_mistake>(&result);
  if (mistake == nullptr) return false;
  BOOST_TEST(!mistake->what.empty());
  BOOST_TEST(mistake->what.find('\n') == std::string::npos);
  return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(command_lines)

BOOST_AUTO_TEST_CASE(commands_take_their_arguments) {
  BOOST_TEST(parsed<create_command>({"create", "s"}).store == "s");
  const auto put = parsed<put_command>({"put", "s", "n", "f"});
  BOOST_TEST((put.store == "s" && put.name == "n" && put.file == "f"));
  BOOST_TEST(parsed<put_command>({"put", "s", "n"}).file == "-");
  BOOST_TEST(parsed<put_command>({"put", "s", "n", "-"}).file == "-");
  const auto get = parsed<get_command>({"get", "s", "n", "-o", "f", "--offset", "3", "--length=4"});
  BOOST_TEST((get.file == "f" && get.offset == 3u && get.length == 4u));
  const auto list =
      parsed<list_command>({"list", "s", "p", "--after", "a", "--limit", "9", "--long", "--json"});
  BOOST_TEST((list.prefix == "p" && list.after == "a" && list.limit == 9u));
  BOOST_TEST((list.as_long && list.as_json));
  BOOST_TEST(!parsed<stat_command>({"stat", "s"}).name.has_value());
  BOOST_TEST(parsed<stat_command>({"stat", "s", "n"}).name.value() == "n");
  const auto import = parsed<import_command>({"import", "s", "d", "--prefix", "p/", "--create"});
  BOOST_TEST((import.directory == "d" && import.prefix == "p/" && import.create));
  BOOST_TEST(parsed<export_command>({"export", "s", "d", "--prefix", "p"}).prefix == "p");
  BOOST_TEST(parsed<verify_command>({"verify", "s", "--json"}).as_json);
  BOOST_TEST(parsed<compact_command>({"compact", "s"}).store == "s");
  const auto rescue = parsed<salvage_command>({"salvage", "s", "o"});
  const auto picture = parsed<map_command>({"map", "s", "-o", "f"});
  BOOST_TEST((picture.store == "s" && picture.file == "f"));
  const auto copy = parsed<backup_command>({"backup", "s", "o"});
  BOOST_TEST((copy.store == "s" && copy.out == "o"));
  BOOST_TEST((rescue.store == "s" && rescue.out == "o"));
  BOOST_TEST(
      (parsed<inspect_command>({"inspect", "s", "extents"}).part == inspected_part::extents));
  BOOST_TEST(!parsed<serve_command>({"serve"}).config_file.has_value());
  BOOST_TEST(parsed<serve_command>({"serve", "--config-file=c"}).config_file.value() == "c");
  BOOST_TEST(parsed<check_config_command>({"check-config", "c"}).file == "c");
}

BOOST_AUTO_TEST_CASE(names_are_any_bytes) {
  for (const std::string name : {"[a,b]", "{}", "list", "a=b", "", "\xff\n", "%%", "'q'", "a,b"}) {
    BOOST_TEST(parsed<get_command>({"get", "s", name}).name == name);
    BOOST_TEST((parsed<delete_command>({"delete", "s", name, name}).names == words{name, name}));
    BOOST_TEST(parsed<list_command>({"list", "s", name}).prefix == name);
    BOOST_TEST(parsed<stat_command>({"stat", "s", name}).name.value() == name);
  }
  BOOST_TEST(parsed<get_command>({"get", "s", "--", "-o"}).name == "-o");
  BOOST_TEST((parsed<delete_command>({"delete", "s", "a", "--", "--json", "--", "-"}).names ==
              words{"a", "--json", "--", "-"}));
  for (const auto& line :
       {words{"delete", "--", "s", "-a", "-b"}, words{"delete", "s", "--", "-a", "-b"}})
    BOOST_TEST((parsed<delete_command>(line).names == words{"-a", "-b"}));
}

BOOST_AUTO_TEST_CASE(a_server_stands_in_place_of_a_store) {
  const server_address there{"::1", 7411, "[::1]:7411"};
  const auto stat = parsed<stat_command>({"stat", "--connect", there.text});
  BOOST_TEST((stat.connect == there && !stat.name));
  const auto block = parsed<stat_command>({"stat", "", "--connect", there.text});
  BOOST_TEST((block.connect == there && block.name == "" && block.store.empty()));
  const auto hex = parsed<stat_command>({"stat", "--connect", there.text, "6162", "--hex-name"});
  BOOST_TEST(hex.name.value() == "ab");
  const auto verify = parsed<verify_command>({"verify", "--json", "--connect", there.text});
  BOOST_TEST((verify.connect == there && verify.as_json));
  BOOST_TEST((parsed<compact_command>({"compact", "--connect", there.text}).connect == there));
  const auto copy = parsed<backup_command>({"backup", "--connect", there.text, "o"});
  BOOST_TEST((copy.connect == there && copy.out == "o" && copy.store.empty()));
  BOOST_TEST(!parsed<backup_command>({"backup", "s", "o"}).connect.has_value());
  // As before: a file whose name is empty is a file that is not there.
  BOOST_TEST(parsed<stat_command>({"stat", ""}).store == "");
}

BOOST_AUTO_TEST_CASE(addresses_of_servers_have_host_and_port) {
  BOOST_TEST(
      (parse_server_address("localhost:1") == server_address{"localhost", 1, "localhost:1"}));
  BOOST_TEST((parse_server_address("127.0.0.1:65535") ==
              server_address{"127.0.0.1", 65535, "127.0.0.1:65535"}));
  BOOST_TEST((parse_server_address("[::1]:2") == server_address{"::1", 2, "[::1]:2"}));
  for (const auto* text : {"", ":", ":1", "a", "a:", "a:0", "a:65536", "a:-1", "a:1 ", "a:1x",
                           "::1:1", "[]:1", "[::1:1", "a b:1"})
    BOOST_TEST(!parse_server_address(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(hex_names_are_decoded) {
  const auto bytes = std::string("\0a", 2);
  BOOST_TEST(parsed<put_command>({"put", "s", "0061", "--hex-name"}).name == bytes);
  BOOST_TEST(parsed<stat_command>({"stat", "--hex-name", "s", "0061"}).name.value() == bytes);
  BOOST_TEST((parsed<delete_command>({"delete", "s", "--hex-name", "0061", "62"}).names ==
              words{bytes, "b"}));
  const auto list = parsed<list_command>({"list", "s", "61", "--after", "62", "--hex-name"});
  BOOST_TEST((list.prefix == "a" && list.after == "b"));
  BOOST_TEST(refused({"get", "s", "6", "--hex-name"}));
  BOOST_TEST(refused({"delete", "s", "61", "xy", "--hex-name"}));
}

BOOST_AUTO_TEST_CASE(mistakes_are_refused) {
  const std::vector<words> lines{
      {},
      {"unknown"},
      {"--unknown"},
      {"create"},
      {"create", "s", "more"},
      {"put", "s"},
      {"put", "s", "n", "f", "more"},
      {"get", "s", "n", "--offset", "-1"},
      {"get", "s", "n", "--length", "1k"},
      {"get", "s", "n", "--length", "18446744073709551616"},
      {"get", "s", "n", "--length", ""},
      {"get", "s", "n", "--unknown"},
      {"delete", "s"},
      {"delete", "s", "--"},
      {"delete", "--", "s"},
      {"delete", "s", "a", "--unknown"},
      {"delete", "s", "a", "-x"},
      {"list"},
      {"list", "s", "--limit"},
      {"inspect", "s"},
      {"inspect", "s", "everything"},
      {"serve", "more"},
      {"check-config"},
      {"compact"},
      {"compact", "s", "more"},
      {"map", "s"},
      {"map", "-o", "f"},
      {"salvage", "s"},
      {"salvage", "s", "o", "more"},
      {"create", "s", "put"},
      {"txn"},
      {"txn", "s", "more"},
      {"backup", "s"},
      {"stat"},
      {"verify"},
      {"backup"},
      {"stat", "--connect", "host"},
      {"stat", "--connect", "host:0"},
      {"stat", "s", "n", "--connect", "host:1"},
      {"verify", "s", "--connect", "host:1"},
      {"compact", "s", "--connect", "host:1"},
      {"backup", "--connect", "host:1"},
      {"backup", "s", "o", "--connect", "host:1"},
      {"list", "--connect", "host:1"},
      {"stat", "6", "--hex-name", "--connect", "host:1"},
  };
  for (const auto& line : lines) {
    std::string shown;
    for (const auto& word : line) shown += word + " ";
    BOOST_TEST(refused(line), shown);
  }
}

BOOST_AUTO_TEST_CASE(help_and_version_are_texts) {
  BOOST_TEST(parsed<text_command>({"--version"}).text.starts_with("stowage "));
  BOOST_TEST(parsed<text_command>({"--help"}).text.find("inspect") != std::string::npos);
  BOOST_TEST(parsed<text_command>({"put", "--help"}).text.find("STORE") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
