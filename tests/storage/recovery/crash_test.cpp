#include <stowage/tests/storage/recovery/second_life.hpp>

#include <boost/test/unit_test.hpp>

using namespace stowage;
using namespace stowage::test;

// Power loss at every change of the device. STOWAGE_TEST_SEED=n replays the workload of one seed.

namespace {

struct figures {
  std::uint64_t states = 0;
  std::uint64_t second_lives = 0;
};

class crash_run {
 public:
  crash_run(std::uint64_t seed, const crash_effort& effort, std::uint64_t second_life_every)
      : seed_{seed}, effort_{effort}, second_life_every_{second_life_every}, work_{seed} {}

  // Whether every crash of the workload of this seed can be recovered.
  bool holds(figures& sums) {
    life first{new_store(seed_), lsn{}, {}, work_.habits()};
    work_.live(first, 12 + work_.below(14));
    if (work_.below(2) == 0) first.close();
    first.for_each_crash(seed_, effort_, [&](crash& c) {
      if (!complaint_.empty()) return;
      ++sums.states;
      try {
        const bool every_way = ++first_crashes_ % 4 == 0;
        const auto at = every_way ? require_same_each_time(c.device, allowed(c))
                                  : require_recoverable(c.device, allowed(c));
        if (first_crashes_ % second_life_every_ != 0) return;
        ++sums.second_lives;
        sums.states += require_second_life(c.device.image(), at, c.states.at(at),
                                           seed_ + 1000 * first_crashes_);
      } catch (const std::exception& e) {
        complain(c.place, e);
      }
    });
    BOOST_CHECK_MESSAGE(complaint_.empty(), complaint_);
    return complaint_.empty();
  }

 private:
  void complain(const std::string& place, const std::exception& e) {
    complaint_ = "crash in " + place + ": " + e.what() +
                 "\nreplay: STOWAGE_TEST_SEED=" + std::to_string(seed_) +
                 " <test program> --run_test=crashes/every_operation";
  }

  std::uint64_t seed_;
  crash_effort effort_;
  std::uint64_t second_life_every_;
  workload work_;
  std::uint64_t first_crashes_ = 0;
  std::string complaint_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(crashes)

BOOST_AUTO_TEST_CASE(every_operation) {
  const auto effort =
      by_size(crash_effort{64, 12}, crash_effort{1024, 256}, crash_effort{4096, 4096});
  const auto workloads = by_size<std::uint64_t>(12, 16, 50);
  const auto second_life_every = by_size<std::uint64_t>(40, 100, 100);
  std::uint64_t first = 1;
  std::uint64_t last = workloads;
  if (const char* replayed = std::getenv("STOWAGE_TEST_SEED"); replayed != nullptr)
    first = last = std::strtoull(replayed, nullptr, 10);
  figures sums;
  for (auto seed = first; seed <= last; ++seed)
    if (!crash_run{seed, effort, second_life_every}.holds(sums)) break;
  BOOST_TEST_MESSAGE(sums.states << " crash states, " << sums.second_lives << " second lives");
}

BOOST_AUTO_TEST_CASE(power_loss_while_a_killed_process_is_followed_by_another) {
  // The fence must not become durable before the records it names: recovery syncs first.
  const auto seeds = by_size<std::uint64_t>(10, 40, 400);
  std::string complaint;
  for (std::uint64_t seed = 1; seed <= seeds && complaint.empty(); ++seed) {
    workload work{seed};
    life l{new_store(seed), lsn{}, {}, work.habits()};
    l.commit(work.group(l.state()));
    l.commit({put("last", "words")});
    l.be_killed_and_reopen();
    l.commit(work.group(l.state()));
    l.for_each_crash(seed, {64, 8}, [&](crash& c) {
      try {
        if (complaint.empty()) (void)require_same_each_time(c.device, allowed(c));
      } catch (const std::exception& e) {
        complaint = "seed " + std::to_string(seed) + ", " + c.place + ": " + e.what();
      }
    });
  }
  BOOST_TEST(complaint == "");
}

BOOST_AUTO_TEST_CASE(a_superblock_in_one_plan_with_growth) {
  // The superblock may survive and the new length not: it must not have named that length (R5).
  builder_habits habits;
  habits.growth_bytes = 256 * limits::kib;
  workload work{1};
  life l{new_store(), lsn{}, {}, habits};
  l.commit({put("a", "1")});
  l.commit(work.filler(900 * limits::kib));
  // One page is left: the pages of the checkpoint ride with a SEAL in it, the superblock with one that
  // enters the next area and needs another.
  while (l.store().position().offset + 2 * page_size < l.store().position().area.where.end())
    l.seal();
  l.begin_checkpoint();
  l.seal();
  const auto before = l.device().size();
  l.seal();
  BOOST_REQUIRE(l.device().size() > before);
  BOOST_REQUIRE(!l.store().has_checkpoint_under_way());

  std::string complaint;
  std::uint64_t without_the_length = 0;
  const auto size = l.device().size();
  const auto last = l.store().position().last;
  l.for_each_crash(1, {1024, 4}, [&](crash& c) {
    // The plan in question is the last one.
    if (c.issued < last || c.device.size() == size) return;
    ++without_the_length;
    try {
      if (complaint.empty()) (void)require_recoverable(c.device, allowed(c));
    } catch (const std::exception& e) {
      complaint = c.place + ": " + e.what();
    }
  });
  BOOST_TEST(complaint == "");
  BOOST_TEST(without_the_length > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
