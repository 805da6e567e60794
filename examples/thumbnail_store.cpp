// A store of thumbnails: values of many KiB, loaded in bulk, read in parts, backed up while in use.
//
//   thumbnail-store DIRECTORY
//
// What to learn from it: `put_many` is the fast path for bulk work and answers each write; a range read brings (and
// verifies) only what it touches; a value is shared bytes and never copied on the way; a backup is a store of its own.

#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/all.hpp>

#include <caf/caf_main.hpp>

#include <iostream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace stowage;

/// The value of what cannot reasonably fail here; the example ends if it does.
template <class T>
T expect(result<T> outcome) {
  if (!outcome) throw std::runtime_error{describe(outcome.error())};
  if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}

/// A picture of so many pixels, as good as any: a header in text, then three bytes for each pixel.
std::string picture(std::size_t width, std::size_t height, std::size_t seed) {
  auto text = "P6 " + std::to_string(width) + " " + std::to_string(height) + " 255\n";
  text.reserve(text.size() + width * height * 3);
  for (std::size_t i = 0; i < width * height * 3; ++i)
    text.push_back(static_cast<char>((i * 31 + seed * 7) % 251));
  return text;
}

/// Loads them all with one message; what could not be taken is told one by one.
void load(store_client& client) {
  std::vector<single_write> writes;
  for (std::size_t i = 1; i <= 40; ++i)
    writes.push_back(
        {"thumb/" + std::to_string(100 + i), payload{picture(8 * i, 6 * i, i)}, false, {}, 0});
  // A name that is too long is refused, and the others are not.
  writes.push_back({std::string(2000, 'x'), payload{picture(1, 1, 0)}, false, {}, 0});
  const auto done = expect(client.put_many(std::move(writes), durability::accepted));
  std::cout << done.versions.size() - done.failures.size() << " thumbnails loaded\n";
  for (const auto& refused : done.failures)
    std::cout << "number " << refused.at << " was not: " << name_of(refused.why.code) << '\n';
  // One wait for all of them.
  expect(client.flush());
}

void read(store_client& client) {
  // The first bytes say how large it is.
  const auto head = expect(client.get("thumb/140", 0, 14));
  std::cout << "thumb/140 begins: " << head.value.text().substr(0, head.value.text().find('\n'))
            << '\n';
  const auto middle = expect(client.get("thumb/140", 100'000, 1000));
  const auto whole = expect(client.get("thumb/140"));
  std::cout << "thumb/140 has " << whole.value.size() << " bytes, "
            << (whole.value.slice(100'000, 1000) == middle.value ? "the same" : "others")
            << " in the middle\n";
  const auto missing = client.get("thumb/999");
  std::cout << "thumb/999: " << (missing ? "there" : describe(missing.error())) << '\n';
}

/// Where each thumbnail of the first store is, byte for byte, in the second.
std::size_t same_in(store_client& first, store_client& second) {
  std::size_t same = 0;
  for (const auto& block : expect(first.list({"thumb/", {}, 1000})).blocks) {
    const auto copied = second.get(block.name);
    if (copied && copied->ver == block.ver && copied->value == expect(first.get(block.name)).value)
      ++same;
  }
  return same;
}

/// A store that is left open keeps the actor system alive.
struct closed_at_the_end {
  store_client& client;
  ~closed_at_the_end() { (void)client.close(); }
};

void run(caf::actor_system& system, const std::string& directory) {
  store_options options;
  options.path = directory + "/thumbnails.stow";
  options.create = true;
  store_client client{system, expect(open_store(system, options)).handle};
  const closed_at_the_end closes{client};
  load(client);
  read(client);

  const auto copy = directory + "/backup.stow";
  const auto made = expect(client.backup(copy));
  std::cout << "backup: " << made.blocks << " blocks, " << made.value_bytes << " bytes of values\n";
  const auto again = client.backup(copy);
  std::cout << "backup again: " << (again ? "done" : std::string{name_of(again.error().code)})
            << '\n';

  store_options of_copy;
  of_copy.path = copy;
  store_client backup{system, expect(open_store(system, of_copy)).handle};
  const closed_at_the_end closes_too{backup};
  std::cout << same_in(client, backup) << " are the same in the backup\n";
  (void)expect(client.remove("thumb/101"));
  std::cout << "deleted here, " << (expect(backup.exists("thumb/101")) ? "there" : "gone")
            << " in the backup\n";
  expect(backup.close());
  expect(client.close());
}

}  // namespace

int caf_main(caf::actor_system& system, const caf::actor_system_config& config) try {
  const auto arguments = stowage::compat::arguments(config);
  if (arguments.size() != 1)
    throw std::runtime_error{"one argument, please: the directory of the store"};
  run(system, arguments.front());
  return 0;
} catch (const std::exception& why) {
  std::cerr << "thumbnail-store: " << why.what() << '\n';
  return 1;
}

CAF_MAIN(caf::id_block::stowage)
