#include <stowage/tests/support/actors/store_fixture.hpp>

#include <stowage/messages/register_types.hpp>
#include <stowage/tests/support/actors/asked.hpp>

#include <utility>

namespace stowage::test {

namespace {

struct message_types {
  message_types() { register_message_types(); }
};
BOOST_GLOBAL_FIXTURE(message_types);

template <class T, class Request>
answer<T> ask(store_fixture& f, Request request) {
  BOOST_REQUIRE(f.is_open());
  return ask_actor<T>(f.det.system(), f.store, std::move(request), f.clients);
}

store_identity fixed_identity() {
  store_identity identity;
  identity.id.fill(std::byte{7});
  identity.hash_seed = 0x5eed;
  identity.area_salts = {11, 12};
  return identity;
}

}  // namespace

std::string pattern(std::size_t size, std::uint64_t seed) {
  std::string text;
  text.reserve(size + 32);
  while (text.size() < size) text += std::to_string(seed) + ":" + std::to_string(text.size()) + ",";
  text.resize(size);
  return text;
}

store_fixture::~store_fixture() {
  if (store) end_actors();
  // Said here, because the system waits for ever for an actor that does not end.
  BOOST_CHECK_EQUAL(running_actors(), 0U);
  det.advance(2h);
  for (const auto& broken : take_broken_actors()) BOOST_ERROR("an actor ended: " << broken);
}

void store_fixture::open() {
  BOOST_REQUIRE(!store);
  const bool is_new = image_.empty();
  rig = std::make_unique<device_rig>(std::move(image_), capacity, fault_seed + ++lives_);
  image_.clear();
  auto device = rig->open();
  if (is_new) {
    auto created = create_store(*device, fixed_identity());
    BOOST_REQUIRE_MESSAGE(created.ok(), "create: " << (created ? "" : describe(created.error())));
  }
  auto recovered = recover(*device, store_access::read_write);
  BOOST_REQUIRE_MESSAGE(recovered.ok(),
                        "recover: " << (recovered ? "" : describe(recovered.error())));
  was_clean = recovered->was_clean;
  recovered_version = recovered->last_version;
  dropped = recovered->dropped;
  rig->trace.clear();
  store = spawn_store(det.system(), options, std::move(device), std::move(*recovered), lives_,
                      threading::scheduled, [this] { return wall_ms(); });
  auto wiring = deterministic_system::next_message<wire_registry>(store);
  BOOST_REQUIRE_MESSAGE(wiring, "the registry is wired before anything else");
  peers = std::move(*wiring);
  note_broken_actors();
  run();
}

bool store_fixture::fail_to_open(device_call call, std::uint64_t nth) {
  BOOST_REQUIRE(!store && !image_.empty());
  rig = std::make_unique<device_rig>(std::move(image_), capacity, fault_seed + ++lives_);
  bool failed = false;
  {
    auto device = rig->open();
    rig->fail_next(call, EIO, nth);
    failed = !recover(*device, store_access::read_write);
  }
  image_ = rig->image_after_power_loss();
  rig.reset();
  return failed;
}

void store_fixture::close() {
  auto closed = ask_close();
  run();
  BOOST_TEST(closed.code() == errc::none);
  BOOST_TEST(rig->is_closed());
  forget(rig->image());
}

void store_fixture::crash() {
  auto left = rig->image_after_power_loss();
  end_actors();
  forget(std::move(left));
}

void store_fixture::drop() {
  auto left = rig->image();
  end_actors();
  forget(std::move(left));
}

std::vector<std::pair<std::string, caf::actor>> store_fixture::actors() const {
  std::vector<std::pair<std::string, caf::actor>> all;
  const auto add = [&](const std::string& role, const auto& handle) {
    if (handle) all.emplace_back(role, caf::actor_cast<caf::actor>(handle));
  };
  add("registry", store);
  add("writer", peers.writer);
  add("allocator", peers.allocator);
  add("disk", peers.disk);
  add("maintenance", peers.maintenance);
  for (const auto& reader : peers.readers) add("reader", reader);
  add("supervisor", peers.supervisor);
  return all;
}

void store_fixture::note_broken_actors() {
  for (const auto& [role, actor] : actors())
    actor->attach_functor([role = role, broken = broken_actors_](const caf::error& why) {
      if (why && why.category() != caf::type_id_v<caf::exit_reason>)
        broken->push_back(role + ": " + caf::to_string(why));
    });
}

// All at once: a process that is gone does not go on with what was on its way. CAF lets an actor handle what it has
// taken from its mailbox before, but whatever that leads to comes behind the other actor's end.
void store_fixture::end_actors() {
  for (const auto& [role, actor] : actors()) caf::anon_send_exit(actor, caf::exit_reason::kill);
  peers = {};
  store = nullptr;
  run();
}

void store_fixture::forget(std::vector<std::byte> image) {
  peers = {};
  store = nullptr;
  run();
  image_ = std::move(image);
  BOOST_TEST(running_actors() == 0U);
  // What the timers still hold is not let go before they go off.
  det.advance(2h);
  rig.reset();
}

answer<receipt> store_fixture::put(std::string name, std::string value,
                                   std::optional<durability> level,
                                   std::optional<version> expected) {
  return ask<receipt>(*this,
                      put_request{std::move(name), payload{std::move(value)}, level, expected});
}
answer<receipt> store_fixture::remove(std::string name, std::optional<durability> level,
                                      std::optional<version> expected) {
  return ask<receipt>(*this, delete_request{std::move(name), level, expected});
}
answer<put_many_result> store_fixture::put_many(std::vector<single_write> writes,
                                                std::optional<durability> level) {
  return send(put_many_request{std::move(writes), level});
}
answer<commit_receipt> store_fixture::commit(transaction what, std::optional<durability> level) {
  return send(commit_request{std::move(what), level});
}
answer<receipt> store_fixture::put_until(std::uint64_t expires_at_ms, std::string name,
                                         std::string value, std::optional<durability> level) {
  put_request request{std::move(name), payload{std::move(value)}, level, {}};
  request.expires_at_ms = expires_at_ms;
  return send(std::move(request));
}
answer<receipt> store_fixture::clear(std::optional<durability> level) {
  return send(clear_request{level});
}
answer<receipt> store_fixture::send(clear_request request) { return ask<receipt>(*this, request); }
answer<receipt> store_fixture::send(put_request request) {
  return ask<receipt>(*this, std::move(request));
}
answer<receipt> store_fixture::send(delete_request request) {
  return ask<receipt>(*this, std::move(request));
}
answer<put_many_result> store_fixture::send(put_many_request request) {
  return ask<put_many_result>(*this, std::move(request));
}
answer<commit_receipt> store_fixture::send(commit_request request) {
  return ask<commit_receipt>(*this, std::move(request));
}
answer<block_value> store_fixture::get(std::string name, std::uint64_t offset,
                                       std::uint64_t length) {
  return ask<block_value>(*this, get_request{std::move(name), offset, length});
}
answer<bool> store_fixture::exists(std::string name) {
  return ask<bool>(*this, exists_request{std::move(name)});
}
answer<block_stat> store_fixture::stat(std::string name) {
  return ask<block_stat>(*this, stat_request{std::move(name)});
}
answer<block_list> store_fixture::list(std::string prefix, std::string after, std::uint32_t limit) {
  return ask<block_list>(*this, list_request{std::move(prefix), std::move(after), limit});
}
answer<void> store_fixture::flush() { return ask<void>(*this, flush_request{}); }
answer<store_status> store_fixture::ask_status() {
  return ask<store_status>(*this, status_request{});
}
answer<void> store_fixture::ask_checkpoint() { return ask<void>(*this, checkpoint_request{}); }
answer<compact_result> store_fixture::ask_compact() {
  return ask<compact_result>(*this, compact_request{});
}
answer<verify_result> store_fixture::ask_verify() {
  return ask<verify_result>(*this, verify_request{});
}
answer<backup_result> store_fixture::ask_backup(std::string path) {
  return ask<backup_result>(*this, backup_request{std::move(path)});
}
answer<read_view> store_fixture::ask_view() { return ask<read_view>(*this, view_request{}); }
answer<void> store_fixture::ask_close() { return ask<void>(*this, close_request{}); }

store_status store_fixture::status() {
  auto asked = ask_status();
  run();
  return *asked;
}

read_view store_fixture::view() {
  auto asked = ask_view();
  run();
  return *asked;
}

std::string store_fixture::value_of(const std::string& name) {
  auto got = get(name);
  run();
  if (got.get()) return std::string{got->value.text()};
  return got.code() == errc::not_found ? "-" : "!" + std::string{name_of(got.code())};
}

std::vector<std::pair<std::string, std::string>> store_fixture::contents() {
  std::vector<std::pair<std::string, std::string>> all;
  std::string after;
  for (bool more = true; more;) {
    auto page = list({}, after, 10'000);
    run();
    more = page->more;
    for (const auto& b : page->blocks) {
      all.emplace_back(b.name, value_of(b.name));
      after = b.name;
    }
  }
  return all;
}

compact_result store_fixture::compact() {
  auto asked = ask_compact();
  run();
  return *asked;
}

version store_fixture::put_durable(const std::string& name, std::string value) {
  auto done = put(name, std::move(value), durability::durable);
  run();
  return done->ver;
}

version store_fixture::put_durable_for(std::chrono::milliseconds life, const std::string& name,
                                       std::string value) {
  auto done = put_until(wall_ms() + static_cast<std::uint64_t>(life.count()), name,
                        std::move(value), durability::durable);
  run();
  return done->ver;
}

}  // namespace stowage::test
