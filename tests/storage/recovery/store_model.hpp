// What a store should hold, kept without any of the store's code, and whether a recovery holds that.
//
// Contract: `store_model` applies changes as the words say; a state is remembered for each lsn.
// `complaint_about` reads and verifies every value.
// Concurrency: plain values.
// Limits: for stores of a few hundred small blocks.
#pragma once

#include <stowage/storage/creation.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/read_block.hpp>
#include <stowage/storage/recovery.hpp>
#include <stowage/testkit/printing.hpp>
#include <stowage/tests/support/store_builder.hpp>
#include <stowage/tests/support/test_size.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::test {

using image = std::vector<std::byte>;

struct expected_block {
  version ver;
  std::uint64_t expires_at_ms = 0;
  shared_bytes value;
};

using store_state = std::map<std::string, expected_block, std::less<>>;

/// The state after `changes`, whose versions start at `next`.
inline store_state after(store_state state, const std::vector<change>& changes, version next) {
  for (const auto& c : changes) {
    if (c.kind == op_kind::relocate) continue;
    if (c.kind == op_kind::clear) state.clear();
    if (c.kind == op_kind::del) state.erase(c.name);
    if (c.kind == op_kind::put) state[c.name] = {next, c.expires_at_ms, c.value};
    next = next.next();
  }
  return state;
}

/// What is wrong with this recovered state; nothing if it is `expected` and can be read.
inline std::string complaint_about(const recovered_store& got, block_device& device,
                                   const store_state& expected) {
  if (got.index.size() != expected.size())
    return std::to_string(got.index.size()) + " blocks where there should be " +
           std::to_string(expected.size());
  for (const auto& [name, e] : expected) {
    const auto b = got.index.find(name);
    if (!b) return "no block " + name.substr(0, 20);
    if (b->ver() != e.ver) return "another version of " + name.substr(0, 20);
    if (b->expires_at_ms() != e.expires_at_ms) return "another expiry of " + name.substr(0, 20);
    const auto value = read_block(device, *b, got.sb.hash_seed, 0, b->value_length());
    if (!value) return describe(value.error());
    if (*value != e.value) return "another value of " + name.substr(0, 20);
  }
  return {};
}

/// A store as creation makes it.
inline image new_store(std::uint64_t seed = 7) {
  memory_device device;
  store_identity identity;
  identity.id.fill(static_cast<std::byte>(seed));
  identity.hash_seed = seed * 0x9e37'79b9'7f4a'7c15U;
  identity.area_salts = {seed ^ 0x1111, seed ^ 0x2222};
  BOOST_REQUIRE(create_store(device, identity).ok());
  return device.image();
}

template <class T>
errc code_of(const result<T>& outcome) {
  return outcome ? errc::none : outcome.error().code;
}

template <class T>
std::string why(const result<T>& outcome) {
  return outcome ? "ok" : describe(outcome.error());
}

#define REQUIRE_OK(...)                                                          \
  do {                                                                           \
    const auto& outcome_ = (__VA_ARGS__);                                        \
    BOOST_REQUIRE_MESSAGE(outcome_.ok(), #__VA_ARGS__ << ": " << why(outcome_)); \
  } while (false)

}  // namespace stowage::test
