#include <stowage/testkit/store_fixture.hpp>

#include <stowage/storage/core/expiry.hpp>
#include <stowage/storage/creation.hpp>
#include <stowage/storage/read_block.hpp>
#include <stowage/storage/recovery.hpp>

#include <utility>

namespace stowage::testkit {

namespace {

// The same in each test.
store_identity fixed_identity() {
  store_identity identity;
  identity.id.fill(std::byte{7});
  identity.hash_seed = 0x5eed;
  identity.area_salts = {11, 12};
  return identity;
}

}  // namespace

// -- lives --------------------------------------------------------------------------------------------------

store_fixture::store_fixture(store_options how) : options{std::move(how)} { reopen(); }

store_fixture::~store_fixture() {
  det.go_on();
  kill_own_actors();
  if (store_) end_store();
  det.let_timers_go();
  for (const auto& broken : take_broken_actors()) complain("an actor ended: " + broken);
  if (rig_)
    for (const auto& fault : rig_->faults_to_come())
      complain("a fault was asked for and never happened: " + fault);
}

const store_actor& store_fixture::store() const {
  if (!store_) throw misuse{"no store is open: reopen() it before"};
  if (has_crashed()) throw misuse{"the power is lost: reopen() the store before"};
  return store_;
}

bool store_fixture::is_open() const noexcept { return store_ && !has_crashed(); }

bool store_fixture::has_crashed() const noexcept { return store_ && !rig_->has_power(); }

device_rig& store_fixture::faults() {
  if (!rig_) {
    rig_ = std::make_unique<device_rig>(std::move(image_), capacity_, fault_seed + lives_ + 1);
    image_.clear();
  }
  return *rig_;
}

void store_fixture::reopen() {
  if (auto opened = try_reopen(); !opened)
    throw unexpected_answer{"the store does not open: " + describe(opened.error())};
}

result<void> store_fixture::try_reopen() {
  if (has_crashed()) crash();
  if (store_) {
    const auto to_come = rig_->faults_to_come();
    throw misuse{
        "the store is open: close() it or crash() it before" +
        (to_come.empty() ? std::string{} : ", for this has not happened: " + to_come.front())};
  }
  auto& rig = faults();
  ++lives_;
  rig.on_power_loss = [this] { det.stand_still(); };
  auto device = rig.open();
  const auto failed = [&](failure why) -> result<void> {
    device.reset();
    det.go_on();
    image_ = rig.has_power() ? rig.image() : rig.image_after_power_loss();
    rig_.reset();
    return why;
  };
  if (device->size() == 0) {
    if (auto created = create_store(*device, fixed_identity()); !created) {
      auto why = failed(std::move(created).error());
      // Half a store is none: the next attempt begins anew.
      image_.clear();
      return why;
    }
  }
  auto recovered = recover(*device, store_access::read_write);
  if (!recovered) return failed(std::move(recovered).error());
  was_clean = recovered->was_clean;
  recovered_version = recovered->last_version;
  dropped = recovered->dropped;
  rig.trace.clear();
  store_ = spawn_store(sys, options, std::move(device), std::move(*recovered), lives_,
                       threading::scheduled, wall_clock(), &peers_);
  watch_actors();
  run();
  return {};
}

void store_fixture::close() {
  auto closed = ask_close();
  run();
  if (closed.code() != errc::none)
    throw unexpected_answer{"the store does not close: " + describe(closed.error())};
  keep(rig_->image());
}

void store_fixture::crash() {
  if (!store_) throw misuse{"no store is open that could crash"};
  auto left = rig_->image_after_power_loss();
  rig_->forget_faults();
  det.go_on();
  // All at once: a process that is gone does not go on with what was on its way.
  send_kills();
  end_store();
  keep(std::move(left));
}

std::vector<std::pair<std::string, caf::actor>> store_fixture::actors() const {
  std::vector<std::pair<std::string, caf::actor>> all;
  const auto add = [&](const std::string& role, const auto& handle) {
    if (handle) all.emplace_back(role, caf::actor_cast<caf::actor>(handle));
  };
  add("registry", store_);
  add("writer", peers_.writer);
  add("allocator", peers_.allocator);
  add("disk", peers_.disk);
  add("maintenance", peers_.maintenance);
  for (const auto& reader : peers_.readers) add("reader", reader);
  add("supervisor", peers_.supervisor);
  return all;
}

void store_fixture::watch_actors() {
  for (const auto& [role, actor] : actors()) {
    ++*alive_;
    actor->attach_functor(
        [role = role, broken = broken_actors_, alive = alive_](const caf::error& why) {
          --*alive;
          if (why && why.category() != caf::type_id_v<caf::exit_reason>)
            broken->push_back(role + ": " + caf::to_string(why));
        });
  }
}

// All at once: a process that is gone does not go on with what was on its way. CAF lets an actor handle what it has
// taken from its mailbox before, but whatever that leads to comes behind the other actor's end.
void store_fixture::end_store() {
  for (const auto& [role, actor] : actors()) caf::anon_send_exit(actor, caf::exit_reason::kill);
  peers_ = {};
  store_ = nullptr;
  run();
}

void store_fixture::keep(std::vector<std::byte> image) {
  peers_ = {};
  store_ = nullptr;
  run();
  image_ = std::move(image);
  if (*alive_ != 0)
    complain(std::to_string(*alive_) + " actors of a store that has ended are still alive");
  rig_.reset();
}

// -- what is there ------------------------------------------------------------------------------------------

std::map<std::string, std::string> store_fixture::durable_blocks() {
  memory_device device{rig_ ? rig_->synced_image() : image_};
  auto recovered = recover(device, store_access::read_only);
  if (!recovered)
    throw unexpected_answer{"what is durable does not open: " + describe(recovered.error())};
  std::map<std::string, std::string> all;
  recovered->index.for_each_from({}, [&](const block_ref& b) {
    if (has_expired(b->expires_at_ms(), wall_ms())) return true;
    auto value = read_block(device, *b, recovered->sb.hash_seed, 0, UINT64_MAX);
    if (!value)
      throw unexpected_answer{"what is durable cannot be read: " + describe(value.error())};
    all.emplace(b->name(), value->text());
    return true;
  });
  return all;
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
    auto page = list({}, after, list_limit_max);
    run();
    more = page->more;
    for (const auto& b : page->blocks) {
      all.emplace_back(b.name, value_of(b.name));
      after = b.name;
    }
  }
  return all;
}

// -- requests -----------------------------------------------------------------------------------------------

answer<receipt> store_fixture::put(std::string name, std::string value,
                                   std::optional<durability> level,
                                   std::optional<version> expected) {
  return ask_store<receipt>(
      put_request{std::move(name), payload{std::move(value)}, level, expected});
}
answer<receipt> store_fixture::remove(std::string name, std::optional<durability> level,
                                      std::optional<version> expected) {
  return ask_store<receipt>(delete_request{std::move(name), level, expected});
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
answer<receipt> store_fixture::send(clear_request request) { return ask_store<receipt>(request); }
answer<receipt> store_fixture::send(put_request request) {
  return ask_store<receipt>(std::move(request));
}
answer<receipt> store_fixture::send(delete_request request) {
  return ask_store<receipt>(std::move(request));
}
answer<put_many_result> store_fixture::send(put_many_request request) {
  return ask_store<put_many_result>(std::move(request));
}
answer<commit_receipt> store_fixture::send(commit_request request) {
  return ask_store<commit_receipt>(std::move(request));
}
answer<block_value> store_fixture::get(std::string name, std::uint64_t offset,
                                       std::uint64_t length) {
  return ask_store<block_value>(get_request{std::move(name), offset, length});
}
answer<bool> store_fixture::exists(std::string name) {
  return ask_store<bool>(exists_request{std::move(name)});
}
answer<block_stat> store_fixture::stat(std::string name) {
  return ask_store<block_stat>(stat_request{std::move(name)});
}
answer<block_list> store_fixture::list(std::string prefix, std::string after, std::uint32_t limit) {
  return ask_store<block_list>(list_request{std::move(prefix), std::move(after), limit});
}
answer<void> store_fixture::flush() { return ask_store<void>(flush_request{}); }
answer<store_status> store_fixture::ask_status() {
  return ask_store<store_status>(status_request{});
}
answer<void> store_fixture::ask_checkpoint() { return ask_store<void>(checkpoint_request{}); }
answer<compact_result> store_fixture::ask_compact() {
  return ask_store<compact_result>(compact_request{});
}
answer<read_view> store_fixture::ask_view() { return ask_store<read_view>(view_request{}); }
answer<verify_result> store_fixture::ask_verify() {
  return ask_store<verify_result>(verify_request{});
}
answer<backup_result> store_fixture::ask_backup(std::string path) {
  return ask_store<backup_result>(backup_request{std::move(path)});
}
answer<void> store_fixture::ask_close() { return ask_store<void>(close_request{}); }

read_view store_fixture::view() {
  auto asked = ask_view();
  run();
  return *asked;
}

store_status store_fixture::status() {
  auto asked = ask_status();
  run();
  return *asked;
}

version store_fixture::put_durable(const std::string& name, std::string value) {
  auto done = put(name, std::move(value), durability::durable);
  run();
  return done->ver;
}

}  // namespace stowage::testkit
