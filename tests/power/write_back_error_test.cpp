#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/register_types.hpp>
#include <stowage/storage/device/posix_device.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/tests/power/ext4_disk.hpp>
#include <stowage/tests/power/power_test.hpp>
#include <stowage/tests/power/random_session.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

using namespace stowage;
using namespace stowage::test;

// The real binary on a real ext4 whose disk fails: what the kernel makes of that is no model of ours.
// STOWAGE_TEST_SEED=n runs the session of one seed.

namespace {

struct message_types {
  message_types() { register_message_types(); }
};
BOOST_GLOBAL_FIXTURE(message_types);

// A store on such a disk, with what it must hold.
struct failing_store {
  ext4_disk disk;
  command_session session{disk / "s", "s", [](byte_view) {}};

  failing_store() {
    session.create();
    session.import({{"a", "what was"}, {"b", std::string(20'000, 'b')}, {"c", "acknowledged"}});
  }

  /// Writes to the store from this offset on fail, until the first command has failed.
  void fail_writes(std::uint64_t from) {
    disk.fail("s", from, {});
    session.allow_failures(true, [this] { disk.heal(); });
  }
  /// Only its superblocks are spared, so that it can be opened.
  void fail_groups() { fail_writes(layout::data_start); }

  /// What is acknowledged is there now, after more work, and after a restart.
  void require_recovery() {
    session.allow_failures(false);
    session.require_contents();
    session.put("d", "goes on");
    session.require_contents();
    disk.restart();
    session.require_contents();
  }
};

ended_child stowage_command(std::vector<std::string> words) {
  words.insert(words.begin(), STOWAGE_BINARY);
  return run_program(words);
}

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Not what statvfs says: ext4 may refuse to write, and not call itself read-only.
bool is_read_only(const std::string& directory) {
  const auto probe = directory + "probe";
  const int fd = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return errno == EROFS;
  ::close(fd);
  ::unlink(probe.c_str());
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(write_back_errors)

// Of the disk, not of the store: where one could, an acknowledged write might be gone without a fault of ours.
BOOST_AUTO_TEST_CASE(no_part_of_a_large_write_fails_unseen) {
  SKIP_IF(ext4_disk::why_unavailable());
  ext4_disk disk;
  constexpr std::uint64_t bytes = 4U << 20U;
  const std::string path = disk / "f";
  std::ofstream{path} << std::string(bytes, '0');
  const std::string large(bytes, '1');
  std::uint64_t parts = 0;
  for (;; ++parts) {
    disk.restart();
    auto device = open_posix_device(path, open_mode::read_write);
    REQUIRE_OK(device);
    fault_rule rule;
    rule.skip = parts;
    rule.count = 1;
    const auto before = disk.faults_injected();
    disk.fail("f", 0, rule);
    const byte_view part = as_bytes(large);
    const auto written = (*device)->write(0, {&part, 1});
    const bool ok = written.ok() && (*device)->sync().ok();
    disk.heal();
    if (disk.faults_injected() == before) break;
    BOOST_TEST(!ok, "part " << parts);
  }
  BOOST_TEST(parts >= 4U);
}

BOOST_AUTO_TEST_CASE(the_cache_is_not_believed_after_one) {
  SKIP_IF(ext4_disk::why_unavailable());
  failing_store f;
  f.fail_groups();
  std::vector<std::uint64_t> stale;
  f.session.allow_failures(true, [&] {
    f.disk.heal();
    stale = pages_only_in_the_cache(f.disk / "s");
  });
  BOOST_TEST((f.session.put("a", std::string(5000, 'n')) == how_it_ended::failed));
  // The kernel shows bytes that never reached the disk, and takes them for clean.
  BOOST_TEST(!stale.empty());
  BOOST_TEST(f.session.state().at("a").value.text() == "what was");
  f.require_recovery();
}

BOOST_AUTO_TEST_CASE(every_command_says_so_once_and_exits_with_4) {
  SKIP_IF(ext4_disk::why_unavailable());
  const std::map<std::string, std::function<how_it_ended(command_session&)>> commands{
      {"put", [](auto& s) { return s.put("a", "x"); }},
      {"large put", [](auto& s) { return s.put("a", std::string(3'000'000, 'x')); }},
      {"delete",
       [](auto& s) {
         return s.erase({"a", "b", "c"});
       }},
      {"txn",
       [](auto& s) {
         return s.transact({{"a", shared_bytes{std::string{"x"}}}, {"b", {}}});
       }},
      {"import",
       [](auto& s) {
         return s.import({{"a", "x"}, {"new", std::string(70'000, 'x')}});
       }},
  };
  failing_store f;
  for (const auto& [what, run] : commands)
    for (const std::uint64_t from : {std::uint64_t{0}, layout::data_start}) {
      BOOST_TEST_CONTEXT(what << (from == 0 ? ", which cannot open it" : ", which cannot commit")) {
        const auto before = f.disk.faults_injected();
        f.fail_writes(from);
        BOOST_TEST((run(f.session) == how_it_ended::failed));
        const auto& line = f.session.complaint();
        BOOST_TEST(std::ranges::count(line, '\n') == 1, line);
        BOOST_TEST(says(line, "the device failed"), line);
        BOOST_TEST(says(line, std::strerror(EIO)), line);
        BOOST_TEST(f.disk.faults_injected() > before);
        f.session.allow_failures(false);
        f.session.require_contents();
        f.session.put("d", what);
      }
    }
  f.require_recovery();
}

BOOST_AUTO_TEST_CASE(a_server_ends_when_it_cannot_write_its_checkpoint) {
  SKIP_IF(ext4_disk::why_unavailable());
  failing_store f;
  f.fail_groups();
  BOOST_TEST((f.session.put("a", "x") == how_it_ended::failed));
  // Opened again after that, a store writes a checkpoint by itself.
  f.fail_groups();
  BOOST_TEST((f.session.serve_until_it_ends() == how_it_ended::failed));
  BOOST_TEST(says(f.session.complaint(), "the store takes no more"), f.session.complaint());
  f.require_recovery();
}

BOOST_AUTO_TEST_CASE(a_dead_disk_is_no_damage) {
  SKIP_IF(ext4_disk::why_unavailable());
  failing_store f;
  f.disk.restart();
  for (const auto call : {faulty_call::read, faulty_call::write, faulty_call::sync})
    f.disk.fail_everything(call);
  const std::vector<std::vector<std::string>> commands{{"put", f.disk / "s", "a", "/dev/null"},
                                                       {"get", f.disk / "s", "b"},
                                                       {"list", f.disk / "s"},
                                                       {"verify", f.disk / "s"},
                                                       {"delete", f.disk / "s", "a"},
                                                       {"create", f.disk / "t"}};
  for (const auto& words : commands) {
    const auto said = stowage_command(words);
    // ext4 may have given up on writing by then.
    const bool may_be_read_only = is_read_only(f.disk / "");
    BOOST_TEST((said.code == 4 || (said.code == 10 && may_be_read_only)),
               words.front() << ": exit code " << said.code << ": " << said.err);
    BOOST_TEST(said.out == "", words.front());
  }
  f.disk.heal();
  f.disk.restart();
  f.require_recovery();
  // What was not created is not there, or whole.
  const auto left = stowage_command({"verify", f.disk / "t"});
  BOOST_TEST((left.code == 5 || left.code == 0), left.err);
}

BOOST_AUTO_TEST_CASE(nothing_succeeds_after_it) {
  SKIP_IF(ext4_disk::why_unavailable());
  failing_store f;
  {
    caf::actor_system_config config;
    caf::actor_system system{config};
    store_options options;
    options.path = f.disk / "s";
    auto opened = open_store(system, options);
    REQUIRE_OK(opened);
    store_client c{system, opened->handle};
    f.disk.fail("s", layout::data_start, {});
    const auto first = c.put("a", payload{std::string{"x"}});
    BOOST_TEST(code_of(first) == errc::io_error, why(first));
    f.disk.heal();
    // The disk works again, and fdatasync would say so: for this store it does not matter.
    for (int i = 0; i < 20; ++i) {
      const auto level = i % 2 == 0 ? durability::durable : durability::accepted;
      const auto next = c.put("b", payload{std::string{"y"}}, level);
      BOOST_TEST(code_of(next) == errc::poisoned, why(next));
    }
    BOOST_TEST(code_of(c.remove("c")) == errc::poisoned);
    BOOST_TEST(code_of(c.flush()) == errc::poisoned);
    const auto still_there = c.get("b");
    REQUIRE_OK(still_there);
    BOOST_TEST((still_there->value.view().size() == 20'000U));
    BOOST_TEST(!c.close().ok());
  }
  f.require_recovery();
}

BOOST_AUTO_TEST_CASE(nothing_stays_of_the_disk_after_a_killed_test) {
  SKIP_IF(ext4_disk::why_unavailable());
  require_clean_after_a_kill([](const auto& ready) {
    ext4_disk disk;
    // Which still has to be written while nobody waits for it.
    std::ofstream{disk / "f"} << std::string(1'000'000, 'x');
    ready({disk.below().server(), {disk.mountpoint(), disk.below().mountpoint()}});
  });
}

BOOST_AUTO_TEST_CASE(random_faults) {
  SKIP_IF(ext4_disk::why_unavailable());
  std::uint64_t first = 1;
  std::uint64_t last = by_size<std::uint64_t>(2, 12, 400);
  if (const char* chosen = std::getenv("STOWAGE_TEST_SEED"); chosen != nullptr)
    first = last = std::strtoull(chosen, nullptr, 10);
  std::uint64_t commands = 0;
  std::uint64_t failures = 0;
  std::uint64_t faults = 0;
  for (auto seed = first; seed <= last; ++seed) {
    session_chance chance{seed};
    failing_store f;
    auto& s = f.session;
    try {
      while (s.commands() < 25) {
        fault_rule rule;
        rule.call = chance.one_in(5) ? faulty_call::sync : faulty_call::write;
        rule.skip = chance.below(6);
        rule.count = chance.one_in(2) ? 1 + chance.below(3) : fault_rule::for_ever;
        rule.tears = chance.one_in(3);
        // Once in a while all of it, and for good: but half of ext4's own structures is no state to be in.
        const bool dies = chance.one_in(10);
        if (dies)
          f.disk.fail_everything(faulty_call::write);
        else
          f.disk.fail("s", chance.one_in(4) ? 0 : layout::data_start, rule);
        s.allow_failures(true, [&] { f.disk.heal(); });
        const auto how = chance.one_in(8) ? s.serve() : change_something(s, chance);
        f.disk.heal();
        s.allow_failures(false);
        if (how == how_it_ended::failed) ++failures;
        const bool failed = how == how_it_ended::failed;
        if (dies || (failed && rule.tears) || is_read_only(f.disk / "") || chance.one_in(6)) {
          f.disk.restart();
          s.look_again();
        }
        if (!failed) continue;
        // Half a superblock is what the next open repairs.
        if (rule.tears) s.serve();
        s.require_contents();
      }
      // ext4 may still give up on what it was told long ago.
      f.disk.restart();
      s.look_again();
      f.require_recovery();
    } catch (const std::exception& e) {
      BOOST_ERROR("seed " << seed << ", after " << s.commands() << " commands: " << e.what()
                          << "\nreplay: STOWAGE_TEST_SEED=" << seed
                          << " <test program> --run_test=write_back_errors/random_faults");
      break;
    }
    commands += s.commands();
    faults += f.disk.faults_injected();
  }
  BOOST_TEST_MESSAGE(commands << " commands, " << failures << " failed, " << faults << " faults");
}

BOOST_AUTO_TEST_SUITE_END()
