// A device that throws, on the thread that it has for itself: the store fails stop, and everyone hears.
#include <stowage/actors/random_identity.hpp>
#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/register_types.hpp>
#include <stowage/storage/creation.hpp>
#include <stowage/storage/device/latched_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/device/tracing_device.hpp>
#include <stowage/storage/recovery.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <new>
#include <utility>

using namespace stowage;

BOOST_AUTO_TEST_SUITE(throwing_device)

BOOST_AUTO_TEST_CASE(an_exception_of_the_device_poisons_the_store_and_answers_who_waits) {
  register_message_types();
  auto memory = std::make_unique<memory_device>();
  BOOST_REQUIRE(create_store(*memory, random_identity()).ok());
  std::atomic<bool> throws = false;
  auto throwing =
      std::make_unique<tracing_device>(std::move(memory), [&](const device_operation& operation) {
        if (throws && operation.call == device_call::sync) throw std::bad_alloc{};
      });
  auto device = std::make_unique<latched_device>(std::move(throwing));
  auto recovered = recover(*device, store_access::read_write);
  BOOST_REQUIRE(recovered.ok());

  caf::actor_system_config config;
  caf::actor_system system{config};
  const auto store =
      spawn_store(system, {}, std::move(device), std::move(*recovered), 1, threading::production);
  store_client client{system, store};
  BOOST_TEST(client.put("before", payload{std::string{"1"}}, durability::durable).ok());
  throws = true;
  const auto failed = client.put("after", payload{std::string{"2"}}, durability::durable);
  BOOST_REQUIRE(!failed);
  BOOST_TEST((failed.error().code == errc::poisoned), describe(failed.error()));
  const auto refused = client.put("later", payload{std::string{"3"}}, durability::accepted);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == errc::poisoned), describe(refused.error()));
  BOOST_TEST(client.get("before").ok());
  (void)client.close();
}

BOOST_AUTO_TEST_SUITE_END()
