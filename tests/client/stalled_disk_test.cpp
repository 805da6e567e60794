// A disk that stalls under many clients: memory stays bounded, everything is answered, nothing is lost.
//
// The stall is the injected fault, so this test takes its time: the bound is about memory, never about time.
#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/register_types.hpp>
#include <stowage/storage/creation.hpp>
#include <stowage/storage/device/latched_device.hpp>
#include <stowage/storage/device/posix_device.hpp>
#include <stowage/storage/device/tracing_device.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/tests/support/temporary_directory.hpp>
#include <stowage/tests/support/test_size.hpp>

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace stowage;
using namespace stowage::test;
using namespace std::chrono_literals;

namespace {

constexpr int clients = 64;
constexpr std::uint64_t value_bytes = limits::mib;

// Beside what is in flight (the credit) and what waits (one value for each client): pages that the journal,
// staging and stacks take, and what the allocator of the process keeps.
constexpr std::uint64_t constant_bytes = 64 * limits::mib;

std::uint64_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

payload stamped(int client, int round) {
  std::string bytes(value_bytes, '\0');
  for (std::size_t at = 0; at < bytes.size(); at += 64)
    bytes.replace(
        at, 24,
        std::to_string(client * 1000 + round) + "@" + std::to_string(at) + std::string(24, '.'), 0,
        24);
  return payload{std::move(bytes)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stalled_disk)

BOOST_AUTO_TEST_CASE(sixty_four_clients_of_a_stalled_disk_stay_within_the_memory_bound) {
  register_message_types();
  const auto stall = by_size(300ms, 2000ms, 2000ms);
  const int rounds = by_size(3, 6, 20);
  temporary_directory directory;
  store_options options;
  options.path = directory / "store";
  BOOST_REQUIRE(create_store_file(options.path).ok());

  std::atomic<std::uint64_t> most_resident = 0;
  std::atomic<std::uint64_t> stalls = 0;
  auto file = open_posix_device(options.path, open_mode::read_write);
  BOOST_REQUIRE(file.ok());
  auto stalling =
      std::make_unique<tracing_device>(std::move(*file), [&](const device_operation& operation) {
        if (operation.call != device_call::sync) return;
        ++stalls;
        const auto until = std::chrono::steady_clock::now() + stall;
        while (std::chrono::steady_clock::now() < until) {
          const auto now = resident_bytes();
          if (now > most_resident) most_resident = now;
          std::this_thread::sleep_for(5ms);
        }
      });
  auto device = std::make_unique<latched_device>(std::move(stalling));
  auto recovered = recover(*device, store_access::read_write);
  BOOST_REQUIRE(recovered.ok());

  caf::actor_system_config config;
  caf::actor_system system{config};
  const auto store = spawn_store(system, options, std::move(device), std::move(*recovered), 1,
                                 threading::production);
  const auto before = resident_bytes();

  std::atomic<int> accepted = 0;
  std::atomic<int> answered = 0;
  store_client client{system, store, options.credit};
  std::vector<std::thread> threads;
  for (int c = 0; c < clients; ++c) {
    threads.emplace_back([&, c] {
      auto mine = client.for_another_thread();
      for (int r = 0; r < rounds; ++r) {
        const auto done = mine.put(std::to_string(c) + "/" + std::to_string(r), stamped(c, r),
                                   durability::accepted);
        ++answered;
        if (done) ++accepted;
      }
    });
  }
  for (auto& t : threads) t.join();
  BOOST_TEST(client.flush().ok());

  BOOST_TEST(answered == clients * rounds);
  BOOST_TEST(accepted == clients * rounds);
  BOOST_TEST(stalls >= 2U);
  const auto grown = most_resident - std::min<std::uint64_t>(most_resident, before);
  const auto bound = options.credit.max_bytes + clients * value_bytes + constant_bytes;
  BOOST_TEST_MESSAGE("resident " << grown / limits::mib << " MiB more than before, bound "
                                 << bound / limits::mib << " MiB, " << stalls << " stalls");
  BOOST_TEST(grown <= bound);
  for (int c = 0; c < clients; ++c) {
    for (int r = 0; r < rounds; ++r) {
      const auto found = client.get(std::to_string(c) + "/" + std::to_string(r));
      BOOST_REQUIRE(found.ok());
      BOOST_TEST((found->value == stamped(c, r)));
    }
  }
  BOOST_TEST(client.close().ok());
}

BOOST_AUTO_TEST_SUITE_END()
