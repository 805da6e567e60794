// The commands there are: how each is called, and what it does to blocks.
//
// Contract: a command of blocks is a function of its arguments and a view of the blocks; `needs` says how much of
// each has to be known before. All others are run by the connection itself, by their id.
// Concurrency: the table is immutable.
// Limits: commands of types that Stowage does not have are known only by name, for a clear answer.
#pragma once

#include <stowage/resp/arguments.hpp>
#include <stowage/resp/block_view.hpp>
#include <stowage/resp/reply.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace stowage::resp {

/// What the connection runs itself.
enum class command_id : std::uint8_t {
  of_blocks,
  auth,
  client,
  command,
  config,
  dbsize,
  discard,
  echo,
  exec,
  flush,
  function,
  hello,
  info,
  keys,
  multi,
  ping,
  psubscribe,
  punsubscribe,
  quit,
  randomkey,
  reset,
  scan,
  select,
  stowage,
  subscribe,
  time,
  unsubscribe,
  unwatch,
  wait,
  waitaof,
  watch,
};

/// As COMMAND tells them.
enum command_flag : std::uint32_t {
  flag_write = 1U << 0U,
  flag_readonly = 1U << 1U,
  flag_denyoom = 1U << 2U,
  flag_admin = 1U << 3U,
  flag_fast = 1U << 4U,
  flag_no_auth = 1U << 5U,
  flag_no_multi = 1U << 6U,
  /// Runs at once where others are queued.
  flag_not_queued = 1U << 7U,
  flag_pubsub = 1U << 8U,
};

struct command_spec {
  using evaluate_fn = reply (*)(const arguments&, block_view&);
  /// Of the key at this place among the arguments.
  using needs_fn = need (*)(const arguments&, std::size_t key);

  std::string_view name;
  /// With the name; -N = N or more.
  int arity = 0;
  std::uint32_t flags = 0;
  /// Places of the keys: first, last (-1 = the last argument) and the distance of two. 0 = none.
  int first_key = 0;
  int last_key = 0;
  int key_step = 0;
  command_id id = command_id::of_blocks;
  evaluate_fn evaluate = nullptr;
  needs_fn needs = nullptr;

  [[nodiscard]] bool has(command_flag flag) const noexcept { return (flags & flag) != 0; }
};

[[nodiscard]] std::span<const command_spec> all_commands() noexcept;
/// In any case of its letters.
[[nodiscard]] const command_spec* find_command(std::string_view name);
/// Redis has it and Stowage has not, because it has no such type of values.
[[nodiscard]] bool is_of_missing_type(std::string_view name);

[[nodiscard]] bool takes_so_many(const command_spec& spec, std::size_t count) noexcept;
/// Places of the keys among the arguments, which are as many as the command takes.
[[nodiscard]] std::vector<std::size_t> key_places(const command_spec& spec, const arguments& args);

/// Whether the command can write what it was asked to: an error if a name cannot be one of a block.
[[nodiscard]] std::optional<reply> refusal_of_names(const command_spec& spec,
                                                    const arguments& args);

/// A command of blocks, on what is known of them.
[[nodiscard]] reply evaluate(const command_spec& spec, const arguments& args, block_view& blocks);

}  // namespace stowage::resp
