// A store against a map: groups of every op, checkpoints, orderly ends and sudden ones, full devices, and what
// is found when it is opened again.
//
// Input: the builder's habits and the capacity of the device, then one command after another.

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/creation.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/read_block.hpp>
#include <stowage/tests/fuzz/choices.hpp>
#include <stowage/tests/fuzz/fuzz_target.hpp>
#include <stowage/tests/support/overlay_device.hpp>
#include <stowage/tests/support/store_builder.hpp>

#include <array>
#include <map>
#include <optional>
#include <string>

namespace stowage::fuzz {

namespace {

using test::change;
using test::store_builder;

constexpr int commands_max = 40;
// An open reads the journal's areas, which are a megabyte each.
constexpr int opens_max = 4;

struct expected_block {
  version ver;
  std::uint64_t expires_at_ms = 0;
  std::string value;
};

using expected_state = std::map<std::string, expected_block, std::less<>>;

const bytes& new_store() {
  static const auto image = [] {
    memory_device device;
    if (!create_store(device, {{}, 1, {1, 2}})) broken("a store can be created");
    return device.image();
  }();
  return image;
}

std::string any_name(choices& from) {
  const auto number = from.below(24);
  if (number == 23) return std::string(limits::name_bytes_max, 'n');
  return std::string(1 + number % 3, static_cast<char>('a' + number));
}

// Packed and not, whole pages and not, more than a chunk rarely.
std::string any_value(choices& from) {
  constexpr std::array<std::size_t, 8> sizes{0, 1, 64, 4096, 65'535, 65'536, 100'000, 3000};
  const auto how = from.byte();
  const auto size = sizes[how % sizes.size()] + (how >> 3U & 15U);
  return std::string(how == 255 ? limits::chunk_bytes_max + 1 : size,
                     static_cast<char>(from.byte()));
}

class driver {
 public:
  explicit driver(choices& from) {
    habits_.seed = from.byte();
    habits_.run_bytes_max = (1 + from.below(64)) * page_size;
    habits_.growth_bytes = (1 + from.below(128)) * page_size;
    const unsigned how = from.byte();
    habits_.two_phase = (how & 1U) != 0;
    if ((how & 2U) != 0) device_.limit_to(3 * limits::mib + from.byte() * 16 * limits::kib);
    open();
  }

  void run(choices& from) {
    using command = void (driver::*)(choices&);
    static constexpr std::array<command, 10> commands{
        &driver::commit,     &driver::commit,
        &driver::commit,     &driver::commit_names,
        &driver::seal,       &driver::begin_checkpoint,
        &driver::checkpoint, &driver::close_and_reopen,
        &driver::reopen,     &driver::read};
    for (int left = commands_max; !from.empty() && left > 0 && opens_ < opens_max; --left)
      (this->*commands[from.below(commands.size())])(from);
    reopen(from);
    auto reader = recover(device_, store_access::read_only);
    require(reader.ok(), "an open store can be read after any end");
    check(*reader);
  }

 private:
  void commit(choices& from) {
    std::vector<change> changes(1 + from.below(6));
    for (auto& c : changes) c = any_change(from);
    commit_all(std::move(changes));
  }
  // A long record: it takes the journal to its next area, and from 1 MiB on to a larger one.
  void commit_names(choices& from) {
    std::vector<change> changes(1 + from.below(5) * 280);
    for (std::size_t i = 0; i < changes.size(); ++i)
      changes[i] = test::erase(std::to_string(i) + std::string(1000, '-'));
    commit_all(std::move(changes));
  }

  change any_change(choices& from) {
    auto name = any_name(from);
    switch (from.below(8)) {
      case 0: return test::erase(std::move(name));
      case 1:
        return state_.contains(name) ? test::relocate(std::move(name))
                                     : test::erase(std::move(name));
      case 2: return from.byte() > 200 ? test::clear() : test::erase(std::move(name));
      default: return test::put(std::move(name), any_value(from), from.below(3) * 1'000'000);
    }
  }

  void commit_all(std::vector<change> changes) {
    auto next = store_->last_version().next();
    auto after = state_;
    for (auto& c : changes) {
      // A group relocates what is durable; what it writes itself has no place yet.
      if (c.kind == op_kind::relocate && !is_untouched(after, c.name)) c = test::erase(c.name);
      if (c.kind == op_kind::relocate) continue;
      if (c.kind == op_kind::clear) after.clear();
      if (c.kind == op_kind::del) after.erase(c.name);
      if (c.kind == op_kind::put)
        after[c.name] = {next, c.expires_at_ms, std::string{c.value.text()}};
      next = next.next();
    }
    if (finished(store_->commit(std::move(changes)))) state_ = std::move(after);
  }
  [[nodiscard]] bool is_untouched(const expected_state& after, const std::string& name) const {
    const auto before = state_.find(name);
    const auto now = after.find(name);
    return before != state_.end() && now != after.end() && before->second.ver == now->second.ver;
  }

  void seal(choices&) { (void)finished(store_->seal()); }
  void begin_checkpoint(choices&) {
    if (!store_->has_checkpoint_under_way()) store_->begin_checkpoint();
  }
  void checkpoint(choices&) { (void)finished(store_->checkpoint()); }
  void close_and_reopen(choices&) {
    abandons_checkpoint_ = store_->has_checkpoint_under_way();
    if (!finished(store_->close())) return;
    open();
    require(was_clean_, "an orderly close is seen");
  }
  void reopen(choices&) { open(); }

  void read(choices& from) {
    const auto name = any_name(from);
    const auto found = state_.find(name);
    require(static_cast<bool>(store_->index().find(name)) == (found != state_.end()),
            "a block is there if it was put");
    if (found != state_.end())
      require(store_->read(name).value().text() == found->second.value, "a block has its value");
  }

  // A full device ends a life: nothing of what failed may be found.
  bool finished(const result<void>& done) {
    if (done) return true;
    require(done.error().code == errc::no_space, "only space can be missing");
    full_ = true;
    open();
    return false;
  }

  // As after a kill, or a close.
  void open() {
    ++opens_;
    const bool is_new = !store_;
    // A checkpoint that is given up leaves pages behind that the builder takes for used.
    const bool knows_free =
        !is_new && !full_ && !abandons_checkpoint_ && !store_->has_checkpoint_under_way();
    const auto free_before = knows_free ? store_->free_bytes() : 0;
    const auto last = is_new ? version{} : store_->last_version();
    auto recovered = recover(device_, store_access::read_write);
    if (!recovered) broken("a store opens after any end: " + describe(recovered.error()));
    check(*recovered);
    require(recovered->last_version >= last, "no version is given twice");
    const auto free_now = recovered->space.stats().free_bytes;
    if (knows_free && free_now != free_before)
      broken("free space is found again (" + std::to_string(free_before) + " bytes, then " +
             std::to_string(free_now) + ")");
    was_clean_ = recovered->was_clean;
    full_ = false;
    abandons_checkpoint_ = false;
    store_.emplace(device_, *std::move(recovered), habits_);
  }

  void check(const recovered_store& found) {
    require(!found.dropped && !found.damage && !found.used_previous_root &&
                !found.superblock_slot_damaged,
            "nothing is lost");
    require(found.index.size() == state_.size(), "as many blocks as were put");
    for (const auto& [name, e] : state_) {
      const auto b = found.index.find(name);
      require(b && b->ver() == e.ver && b->expires_at_ms() == e.expires_at_ms,
              "each block with its version");
      const auto value = read_block(device_, *b, found.sb.hash_seed, 0, b->value_length());
      require(value.ok() && value->text() == e.value, "each block with its value");
    }
  }

  test::builder_habits habits_;
  test::overlay_device device_{new_store()};
  std::optional<store_builder> store_;
  expected_state state_;
  int opens_ = 0;
  bool was_clean_ = false;
  bool abandons_checkpoint_ = false;
  bool full_ = false;
};

}  // namespace

const std::size_t input_bytes_max = 300;

void run(byte_view input) {
  choices from{input};
  driver{from}.run(from);
}

std::vector<bytes> seeds() {
  // Puts and a read; a checkpoint under way over commits; long records; a close; a full device.
  return {seed_of({1, 63, 63, 0, 7, 0, 2, 0, 7, 2, 97, 0, 1, 7, 6, 98, 1, 9, 0}),
          seed_of({2, 0, 15, 1, 7, 0, 1, 3, 7, 3, 97, 0, 5, 0, 0, 3, 1, 4, 0, 0, 3, 0, 8, 6, 8}),
          seed_of({3, 63, 63, 0, 7, 3, 4, 3, 3, 3, 1, 3, 4, 6, 3, 4, 4, 7}),
          seed_of({4, 1, 1, 2, 4,  7, 0, 5, 0, 7, 6, 97, 0, 1, 7, 6, 98,
                   0, 2, 7, 6, 99, 0, 3, 7, 6, 1, 0, 6,  0, 0, 0, 0})};
}

}  // namespace stowage::fuzz
