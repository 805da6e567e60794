// A config file says what it means, or is refused with its line.

#include <stowage/config/settings.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <caf/init_global_meta_objects.hpp>

#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace stowage;
namespace data = boost::unit_test::data;

namespace {

struct meta_objects {
  meta_objects() { caf::core::init_global_meta_objects(); }
};

store_options options_of(const std::string& text) {
  auto parsed = parse_config(text, "test.conf");
  if (!parsed) {
    BOOST_ERROR(parsed.error().detail);
    return {};
  }
  return parsed.value().store;
}

settings shipped_file(const std::string& name) {
  auto loaded = load_config(std::string{STOWAGE_SOURCE_DIR} + "/config/" + name);
  BOOST_REQUIRE_MESSAGE(loaded.ok(), (loaded ? "" : loaded.error().detail));
  return *std::move(loaded);
}

/// What a shipped file sets, and the comment right before each key; the sections of keys are in their names.
std::map<std::string, std::pair<std::string, std::string>> values_of(const std::string& text) {
  std::map<std::string, std::pair<std::string, std::string>> out;
  std::vector<std::string> sections;
  std::string comment;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, line.find_first_not_of(' '));
    if (line.starts_with("# ")) {
      comment += line.substr(1);
      continue;
    }
    if (line.ends_with(" {")) sections.push_back(line.substr(0, line.size() - 2));
    if (line == "}") sections.pop_back();
    if (const auto equals = line.find(" = "); equals != std::string::npos) {
      std::string key;
      for (const auto& s : sections) key += s + ".";
      out[key + line.substr(0, equals)] = {line.substr(equals + 3), comment};
    }
    comment.clear();
  }
  return out;
}

struct mistake {
  const char* text;
  const char* line;
};

std::ostream& operator<<(std::ostream& out, const mistake& m) { return out << m.text; }

const std::vector<mistake> mistakes{
    {"stowage {\n max-opps = 3\n}",
     "test.conf:2: unknown key stowage.max-opps: did you mean stowage.batch.max-ops?"},
    {"stowage {\n batch {\n  max-opps = 3\n }\n}",
     "test.conf:3: unknown key stowage.batch.max-opps: did you mean stowage.batch.max-ops?"},
    {"stowage { rsp { listen = \"x\" } }",
     "test.conf:1: unknown key stowage.rsp: did you mean stowage.resp?"},
    {"stowage {\n resp { listen = \"localhost:7411\" }\n}",
     "test.conf:2: stowage.resp.listen cannot be localhost:7411: give \"HOST:PORT\" with a numeric "
     "address, or \"\" for none"},
    {"stowage { resp { listen = 7411 } }",
     "test.conf:1: stowage.resp.listen cannot be 7411: give \"HOST:PORT\" with a numeric address, "
     "or \"\" for none"},
    {"stowage { resp { requirepass = 1 } }",
     "test.conf:1: stowage.resp.requirepass cannot be 1: give a password in double quotes, or \"\" "
     "for none"},
    {"stowage { backup-dir = 1 }",
     "test.conf:1: stowage.backup-dir cannot be 1: give the path of a directory in double quotes, "
     "or \"\" for no backups"},
    {"stowage {\n resp {\n  listen = \"0.0.0.0:7411\"\n }\n}",
     "test.conf:3: other machines reach 0.0.0.0:7411, and no password is asked for: set "
     "stowage.resp.requirepass"},
    {"stowage { resp { listen = \"[::]:7411\" } }",
     "test.conf:1: other machines reach [::]:7411, and no password is asked for: set "
     "stowage.resp.requirepass"},
    {"stowage {\n bacth { max-ops = 7 }\n}",
     "test.conf:2: unknown key stowage.bacth: did you mean stowage.batch?"},
    {"stowage {\n}\nstorage {\n path = \"x\"\n}",
     "test.conf:3: unknown section storage: only stowage and caf are known"},
    {"path = \"x\"", "test.conf:1: unknown section path: only stowage and caf are known"},
    {"stowage = 3", "test.conf:1: stowage is a section: write stowage { }"},
    {"stowage { batch = 3 }", "test.conf:1: stowage.batch is a section: write batch { }"},
    {"stowage { path { } }", "test.conf:1: stowage.path is no section: write path = VALUE"},
    {"stowage { cache-bytes = -1 }",
     "test.conf:1: stowage.cache-bytes cannot be -1: give a whole number from 0 to 1099511627776"},
    {"stowage { cache-bytes = 1099511627777 }",
     "test.conf:1: stowage.cache-bytes cannot be 1099511627777: give a whole number from 0 to "
     "1099511627776"},
    {"stowage {\n readers = 0\n}",
     "test.conf:2: stowage.readers cannot be 0: give a whole number from 1 to 64"},
    {"stowage {\n readers = 65\n}",
     "test.conf:2: stowage.readers cannot be 65: give a whole number from 1 to 64"},
    {"stowage {\n readers = -1\n}",
     "test.conf:2: stowage.readers cannot be -1: give a whole number from 1 to 64"},
    {"stowage {\n readers = \"2\"\n}",
     "test.conf:2: stowage.readers cannot be 2: give a whole number from 1 to 64"},
    {"stowage { backup { max-pinned-bytes = 1048575 } }",
     "test.conf:1: stowage.backup.max-pinned-bytes cannot be 1048575: give a whole number from "
     "1048576 to 1099511627776"},
    {"stowage { backup { max-time = 999ms } }",
     "test.conf:1: stowage.backup.max-time cannot be 999ms: give a time with its unit from 1s to "
     "10080min, as in 60min"},
    {"stowage {\n backup {\n max-time = 20160min\n}\n}",
     "test.conf:3: stowage.backup.max-time cannot be 336h: give a time with its unit from 1s "
     "to "
     "10080min, as in 60min"},
    {"stowage { backup { max-time = 3600 } }",
     "test.conf:1: stowage.backup.max-time cannot be 3600: give a time with its unit from 1s to "
     "10080min, as in 60min"},
    {"stowage { compaction { start-above = 1.0 } }",
     "test.conf:1: stowage.compaction.start-above cannot be 1: give a number from 1.1 to 100, or 0 "
     "for never"},
    {"stowage { compaction { start-above = \"much\" } }",
     "test.conf:1: stowage.compaction.start-above cannot be much: give a number from 1.1 to 100, "
     "or "
     "0 for never"},
    {"stowage {\n create = 1\n}", "test.conf:2: stowage.create cannot be 1: give true or false"},
    {"stowage {\n path = \"\"\n}",
     "test.conf:2: stowage.path cannot be : give the path of the store in double quotes"},
    {"stowage { durability = \"eventual\" }",
     "test.conf:1: stowage.durability cannot be eventual: give \"durable\" or \"accepted\""},
    {"stowage {\n metrics { listen = 9411 }\n}",
     "test.conf:2: stowage.metrics.listen cannot be 9411: give \"HOST:PORT\" with an address of "
     "this "
     "machine itself, as in \"127.0.0.1:9411\", or \"\" for none"},
    {"stowage { metrics { listen = \"localhost:9411\" } }",
     "test.conf:1: stowage.metrics.listen cannot be localhost:9411: give \"HOST:PORT\" with an "
     "address of this machine itself, as in \"127.0.0.1:9411\", or \"\" for none"},
    {"stowage { metrics { listen = \"0.0.0.0:9411\" } }",
     "test.conf:1: stowage.metrics.listen cannot be 0.0.0.0:9411: give \"HOST:PORT\" with an "
     "address of this machine itself, as in \"127.0.0.1:9411\", or \"\" for none"},
    {"stowage { log-level = \"verbose\" }",
     "test.conf:1: stowage.log-level cannot be verbose: give \"trace\", \"debug\", \"info\", "
     "\"warning\", \"error\" or \"off\""},
    {"stowage { log-level = 1 }",
     "test.conf:1: stowage.log-level cannot be 1: give \"trace\", \"debug\", \"info\", "
     "\"warning\", "
     "\"error\" or \"off\""},
    {"stowage {\n drain-max = 2min\n}",
     "test.conf:2: stowage.drain-max cannot be 2min: give a time with its unit from 0ms to 60s, as "
     "in 60s"},
    {"stowage { device = \"tape\" }",
     "test.conf:1: stowage.device cannot be tape: give \"posix\" or \"memory\""},
    {"stowage {\n batch {\n max-delay = 50\n }\n}",
     "test.conf:3: stowage.batch.max-delay cannot be 50: give a time with its unit from 0ms to "
     "60s, "
     "as in 50ms"},
    {"stowage {\n batch {\n max-delay = 2min\n }\n}",
     "test.conf:3: stowage.batch.max-delay cannot be 2min: give a time with its unit from 0ms to "
     "60s, as in 50ms"},
    {"stowage { sync { mode = \"two_phase\" } }",
     "test.conf:1: stowage.sync.mode cannot be two_phase: give \"group\", \"two-phase\" or "
     "\"lazy\""},
    {"stowage { sync { max-interval = 2min } }",
     "test.conf:1: stowage.sync.max-interval cannot be 2min: give a time with its unit from 0ms to "
     "60s, as in 1s"},
    {"stowage { batch { max-ops = 65537 } }",
     "test.conf:1: stowage.batch.max-ops cannot be 65537: give a whole number from 1 to 65536"},
    {"stowage { credit { max-bytes = 1048575 } }",
     "test.conf:1: stowage.credit.max-bytes cannot be 1048575: give a whole number from 1048576 to "
     "17179869184"},
    {"stowage {\n readers = 2\n readers = 2\n}",
     "test.conf:3: the key stowage.readers stands in line 2 already: remove one"},
    {"stowage {\n readers = 2", "test.conf:1: the section stowage is not closed: add a }"},
    {"stowage {\n readers = two\n}",
     "test.conf:2: this is not CAF's config syntax: write KEY = VALUE or SECTION { }"},
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(meta_objects);

BOOST_AUTO_TEST_SUITE(config)

BOOST_AUTO_TEST_CASE(the_shipped_file_sets_every_key_to_its_default) {
  const auto shipped = load_config(std::string{STOWAGE_SOURCE_DIR} + "/config/stowage.conf");
  BOOST_REQUIRE_MESSAGE(shipped.ok(), (shipped ? "" : shipped.error().detail));
  BOOST_TEST((shipped.value().store == default_store_options()));
  BOOST_TEST((shipped.value().resp == resp_options{}));
  BOOST_TEST((shipped.value().metrics == metrics_options{}));
  BOOST_TEST((shipped.value().serve == serve_options{}));
  for (const auto key : known_config_keys()) {
    const auto last = std::string{key.substr(key.rfind('.') + 1)};
    BOOST_TEST(shipped.value().source.find(" " + last + " = ") != std::string::npos,
               "config/stowage.conf does not set " << key);
  }
}

BOOST_AUTO_TEST_CASE(write_behind_is_the_defaults_but_for_what_makes_it_fast) {
  auto expected = default_store_options();
  expected.level = durability::accepted;
  expected.sync.mode = sync_mode::lazy;
  expected.credit = {100'000, 256 * limits::mib};
  const auto shipped = shipped_file("write-behind.conf");
  BOOST_TEST((shipped.store == expected));
  BOOST_TEST((shipped.resp == resp_options{}));
  BOOST_TEST((shipped.serve == serve_options{}));
}

BOOST_AUTO_TEST_CASE(paranoid_is_the_defaults_but_for_what_makes_it_safe) {
  auto expected = default_store_options();
  expected.create = false;
  expected.sync.mode = sync_mode::two_phase;
  const auto shipped = shipped_file("paranoid.conf");
  BOOST_TEST((shipped.store == expected));
  BOOST_TEST((shipped.resp == resp_options{}));
  BOOST_TEST((shipped.serve == serve_options{}));
}

BOOST_DATA_TEST_CASE(a_key_that_differs_says_what_it_differs_from,
                     data::make({"write-behind.conf", "paranoid.conf"})) {
  const auto usual = values_of(shipped_file("stowage.conf").source);
  const auto here = values_of(shipped_file(sample).source);
  BOOST_TEST(!here.empty());
  for (const auto& [key, shown] : here) {
    const auto& [setting, comment] = shown;
    const auto& [by_default, unused] = usual.at(key);
    BOOST_TEST(setting != by_default, key);
    BOOST_TEST(comment.ends_with("Instead of " + by_default + "."),
               key << " is said to be something else by default: " << comment);
  }
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_the_defaults) {
  BOOST_TEST((options_of("") == default_store_options()));
  BOOST_TEST((options_of("stowage { }") == default_store_options()));
}

BOOST_AUTO_TEST_CASE(every_key_is_taken) {
  const auto o = options_of(
      "stowage { path = \"p\", create = false, durability = \"accepted\"\n"
      " batch { max-ops = 1, max-delay = 7ms, max-bytes = 2, close-when-waited = false }\n"
      " sync { mode = \"lazy\", max-interval = 9ms }\n"
      " credit { max-ops = 3, max-bytes = 1048576 }, compaction { start-above = 2.5 }\n"
      " backup { max-pinned-bytes = 2000000, max-time = 10080min }\n"
      " device = \"memory\", cache-bytes = 5, readers = 4 }");
  BOOST_TEST(o.path == "p");
  BOOST_TEST(!o.create);
  BOOST_TEST((o.level == durability::accepted));
  BOOST_TEST(o.batch.max_ops == 1u);
  BOOST_TEST((o.batch.max_delay == std::chrono::milliseconds{7}));
  BOOST_TEST(o.batch.max_bytes == 2u);
  BOOST_TEST(!o.batch.close_when_waited);
  BOOST_TEST((o.sync.mode == sync_mode::lazy));
  BOOST_TEST((o.sync.max_interval == std::chrono::milliseconds{9}));
  BOOST_TEST(o.credit.max_ops == 3u);
  BOOST_TEST(o.credit.max_bytes == 1'048'576u);
  BOOST_TEST((o.device == device_kind::memory));
  BOOST_TEST(o.cache_bytes == 5u);
  BOOST_TEST(o.readers == 4u);
  BOOST_TEST(o.compaction.start_above == 2.5);
  BOOST_TEST(o.backup.max_pinned_bytes == 2'000'000u);
  BOOST_TEST((o.backup.max_time == std::chrono::hours{7 * 24}));
}

BOOST_AUTO_TEST_CASE(the_keys_of_a_daemon_are_taken) {
  const std::pair<const char*, log_level> levels[] = {
      {"trace", log_level::trace}, {"debug", log_level::debug},     {"info", log_level::info},
      {"off", log_level::off},     {"warning", log_level::warning}, {"error", log_level::error}};
  for (const auto& [name, level] : levels) {
    const auto parsed = parse_config(
        "stowage { log-level = \"" + std::string{name} + "\", drain-max = 7s }", "test.conf");
    BOOST_REQUIRE(parsed.ok());
    BOOST_TEST((parsed.value().serve == serve_options{level, std::chrono::seconds{7}}), name);
  }
}

BOOST_AUTO_TEST_CASE(compaction_starts_above_a_factor_or_never) {
  const auto start_above = [](const std::string& number) {
    return options_of("stowage { compaction { start-above = " + number + " } }")
        .compaction.start_above;
  };
  BOOST_TEST(start_above("0") == 0.0);
  BOOST_TEST(start_above("0.0") == 0.0);
  BOOST_TEST(start_above("2") == 2.0);
  BOOST_TEST(start_above("1.1") == 1.1);
  BOOST_TEST(start_above("100.0") == 100.0);
}

BOOST_AUTO_TEST_CASE(a_section_may_be_written_in_parts) {
  const auto o =
      options_of("stowage { batch { max-ops = 2 } }\nstowage { batch { max-bytes = 3 } }");
  BOOST_TEST(o.batch.max_ops == 2u);
  BOOST_TEST(o.batch.max_bytes == 3u);
}

BOOST_AUTO_TEST_CASE(the_section_of_caf_is_for_caf) {
  options_of("caf { scheduler { max-threads = 2 }, some-module { unknown = [1, 2] } }");
}

BOOST_DATA_TEST_CASE(a_mistake_is_refused_with_its_line, data::make(mistakes)) {
  const auto parsed = parse_config(sample.text, "test.conf");
  BOOST_REQUIRE(!parsed.ok());
  BOOST_TEST((parsed.error().code == errc::invalid_argument));
  BOOST_TEST(parsed.error().detail == sample.line);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_named) {
  const test::temporary_directory directory;
  const auto missing = load_config(directory / "none");
  BOOST_REQUIRE(!missing.ok());
  BOOST_TEST(missing.error().detail == (directory / "none") +
                                           ": cannot be read (No such file or directory): give the "
                                           "path of a config file");
  BOOST_TEST(!load_config(directory.path()).ok());
  std::ofstream{directory / "large"} << std::string((1U << 20U) + 1, ' ');
  BOOST_TEST(!load_config(directory / "large").ok());
}

BOOST_AUTO_TEST_SUITE_END()
