#include <stowage/resp/command.hpp>

#include <stowage/resp/bit_commands.hpp>
#include <stowage/resp/errors.hpp>
#include <stowage/resp/expiry_commands.hpp>
#include <stowage/resp/key_commands.hpp>
#include <stowage/resp/string_commands.hpp>
#include <stowage/storage/core/limits.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace stowage::resp {

namespace {

need no_need(const arguments& /*args*/, std::size_t /*key*/) { return need::nothing; }
need presence(const arguments& /*args*/, std::size_t /*key*/) { return need::presence; }
need value(const arguments& /*args*/, std::size_t /*key*/) { return need::value; }
// What is overwritten is not read for it.
need value_of_first(const arguments& /*args*/, std::size_t key) {
  return key == 1 ? need::value : need::presence;
}
need value_for_encoding(const arguments& args, std::size_t /*key*/) {
  return same_word(text_of(args, 1), "encoding") ? need::value : need::presence;
}

constexpr auto reading = flag_readonly;
constexpr auto reading_fast = flag_readonly | flag_fast;
constexpr auto writing = flag_write | flag_denyoom;
constexpr auto writing_fast = flag_write | flag_denyoom | flag_fast;
constexpr auto frees = flag_write | flag_fast;
// For the connection itself.
constexpr auto at_once = flag_fast | flag_not_queued;
constexpr auto alone = flag_no_multi;

constexpr std::array table{
    command_spec{"append", 3, writing_fast, 1, 1, 1, {}, append_command, value},
    command_spec{"auth", -2, flag_fast | flag_no_auth | alone, 0, 0, 0, command_id::auth},
    command_spec{"client", -2, flag_admin, 0, 0, 0, command_id::client},
    command_spec{"command", -1, 0, 0, 0, 0, command_id::command},
    command_spec{"config", -2, flag_admin, 0, 0, 0, command_id::config},
    command_spec{"copy", -3, writing, 1, 2, 1, {}, copy_command, value_of_first},
    command_spec{"dbsize", 1, reading_fast | alone, 0, 0, 0, command_id::dbsize},
    command_spec{"decr", 2, writing_fast, 1, 1, 1, {}, decr_command, value},
    command_spec{"decrby", 3, writing_fast, 1, 1, 1, {}, decrby_command, value},
    command_spec{"del", -2, flag_write, 1, -1, 1, {}, del_command, presence},
    command_spec{"discard", 1, at_once, 0, 0, 0, command_id::discard},
    command_spec{"echo", 2, flag_fast, 0, 0, 0, command_id::echo},
    command_spec{"exec", 1, flag_not_queued, 0, 0, 0, command_id::exec},
    command_spec{"exists", -2, reading_fast, 1, -1, 1, {}, exists_command, presence},
    command_spec{"expire", -3, frees, 1, 1, 1, {}, expire_command, value},
    command_spec{"expireat", -3, frees, 1, 1, 1, {}, expire_command, value},
    command_spec{"expiretime", 2, reading_fast, 1, 1, 1, {}, ttl_command, presence},
    command_spec{"flushall", -1, flag_write | alone, 0, 0, 0, command_id::flush},
    command_spec{"flushdb", -1, flag_write | alone, 0, 0, 0, command_id::flush},
    command_spec{"function", -2, flag_admin, 0, 0, 0, command_id::function},
    command_spec{"get", 2, reading_fast, 1, 1, 1, {}, get_command, value},
    command_spec{"getbit", 3, reading_fast, 1, 1, 1, {}, getbit_command, value},
    command_spec{"getdel", 2, frees, 1, 1, 1, {}, getdel_command, value},
    command_spec{"getex", -2, frees, 1, 1, 1, {}, getex_command, value},
    command_spec{"getrange", 4, reading, 1, 1, 1, {}, getrange_command, value},
    command_spec{"getset", 3, writing_fast, 1, 1, 1, {}, getset_command, value},
    command_spec{"hello", -1, flag_fast | flag_no_auth | alone, 0, 0, 0, command_id::hello},
    command_spec{"incr", 2, writing_fast, 1, 1, 1, {}, incr_command, value},
    command_spec{"incrby", 3, writing_fast, 1, 1, 1, {}, incrby_command, value},
    command_spec{"incrbyfloat", 3, writing_fast, 1, 1, 1, {}, incrbyfloat_command, value},
    command_spec{"info", -1, alone, 0, 0, 0, command_id::info},
    command_spec{"keys", 2, reading | alone, 0, 0, 0, command_id::keys},
    command_spec{"memory", -3, reading, 2, 2, 1, {}, memory_command, presence},
    command_spec{"mget", -2, reading_fast, 1, -1, 1, {}, mget_command, value},
    command_spec{"mset", -3, writing, 1, -1, 2, {}, mset_command, no_need},
    command_spec{"msetnx", -3, writing, 1, -1, 2, {}, msetnx_command, presence},
    command_spec{"multi", 1, at_once, 0, 0, 0, command_id::multi},
    command_spec{"object", -3, reading, 2, 2, 1, {}, object_command, value_for_encoding},
    command_spec{"persist", 2, frees, 1, 1, 1, {}, persist_command, value},
    command_spec{"pexpire", -3, frees, 1, 1, 1, {}, expire_command, value},
    command_spec{"pexpireat", -3, frees, 1, 1, 1, {}, expire_command, value},
    command_spec{"pexpiretime", 2, reading_fast, 1, 1, 1, {}, ttl_command, presence},
    command_spec{"ping", -1, flag_fast, 0, 0, 0, command_id::ping},
    command_spec{"psetex", 4, writing, 1, 1, 1, {}, setex_command, no_need},
    command_spec{"psubscribe", -2, flag_pubsub | alone, 0, 0, 0, command_id::psubscribe},
    command_spec{"pttl", 2, reading_fast, 1, 1, 1, {}, ttl_command, presence},
    command_spec{"punsubscribe", -1, flag_pubsub | alone, 0, 0, 0, command_id::punsubscribe},
    command_spec{"quit", -1, at_once | flag_no_auth, 0, 0, 0, command_id::quit},
    command_spec{"randomkey", 1, reading | alone, 0, 0, 0, command_id::randomkey},
    command_spec{"rename", 3, flag_write, 1, 2, 1, {}, rename_command, value_of_first},
    command_spec{"renamenx", 3, frees, 1, 2, 1, {}, renamenx_command, value_of_first},
    command_spec{"reset", 1, at_once | flag_no_auth, 0, 0, 0, command_id::reset},
    command_spec{"scan", -2, reading | alone, 0, 0, 0, command_id::scan},
    command_spec{"select", 2, flag_fast, 0, 0, 0, command_id::select},
    command_spec{"set", -3, writing, 1, 1, 1, {}, set_command, set_needs},
    command_spec{"setbit", 4, writing, 1, 1, 1, {}, setbit_command, value},
    command_spec{"setex", 4, writing, 1, 1, 1, {}, setex_command, no_need},
    command_spec{"setnx", 3, writing_fast, 1, 1, 1, {}, setnx_command, presence},
    command_spec{"setrange", 4, writing, 1, 1, 1, {}, setrange_command, value},
    command_spec{"stowage", -2, flag_admin | alone, 0, 0, 0, command_id::stowage},
    command_spec{"strlen", 2, reading_fast, 1, 1, 1, {}, strlen_command, presence},
    command_spec{"subscribe", -2, flag_pubsub | alone, 0, 0, 0, command_id::subscribe},
    command_spec{"substr", 4, reading, 1, 1, 1, {}, getrange_command, value},
    command_spec{"time", 1, flag_fast, 0, 0, 0, command_id::time},
    command_spec{"touch", -2, reading_fast, 1, -1, 1, {}, exists_command, presence},
    command_spec{"ttl", 2, reading_fast, 1, 1, 1, {}, ttl_command, presence},
    command_spec{"type", 2, reading_fast, 1, 1, 1, {}, type_command, presence},
    command_spec{"unlink", -2, frees, 1, -1, 1, {}, del_command, presence},
    command_spec{"unsubscribe", -1, flag_pubsub | alone, 0, 0, 0, command_id::unsubscribe},
    command_spec{"unwatch", 1, flag_fast, 0, 0, 0, command_id::unwatch},
    command_spec{"wait", 3, alone, 0, 0, 0, command_id::wait},
    command_spec{"waitaof", 4, alone, 0, 0, 0, command_id::waitaof},
    command_spec{"watch", -2, at_once, 1, -1, 1, command_id::watch},
};

constexpr std::array missing_types{
    // lists
    "blmove", "blmpop", "blpop", "brpop", "brpoplpush", "lindex", "linsert", "llen", "lmove",
    "lmpop", "lpop", "lpos", "lpush", "lpushx", "lrange", "lrem", "lset", "ltrim", "rpop",
    "rpoplpush", "rpush", "rpushx", "sort", "sort_ro",
    // hashes
    "hdel", "hexists", "hget", "hgetall", "hincrby", "hincrbyfloat", "hkeys", "hlen", "hmget",
    "hmset", "hrandfield", "hscan", "hset", "hsetnx", "hstrlen", "hvals",
    // sets
    "sadd", "scard", "sdiff", "sdiffstore", "sinter", "sintercard", "sinterstore", "sismember",
    "smembers", "smismember", "smove", "spop", "srandmember", "srem", "sscan", "sunion",
    "sunionstore",
    // sorted sets
    "bzmpop", "bzpopmax", "bzpopmin", "geoadd", "geodist", "geohash", "geopos", "georadius",
    "georadiusbymember", "geosearch", "geosearchstore", "zadd", "zcard", "zcount", "zdiff",
    "zdiffstore", "zincrby", "zinter", "zintercard", "zinterstore", "zlexcount", "zmpop", "zmscore",
    "zpopmax", "zpopmin", "zrandmember", "zrange", "zrangebylex", "zrangebyscore", "zrangestore",
    "zrank", "zrem", "zremrangebylex", "zremrangebyrank", "zremrangebyscore", "zrevrange",
    "zrevrangebylex", "zrevrangebyscore", "zrevrank", "zscan", "zscore", "zunion", "zunionstore",
    // streams, bitmaps as a whole, counters
    "xack", "xadd", "xautoclaim", "xclaim", "xdel", "xgroup", "xinfo", "xlen", "xpending", "xrange",
    "xread", "xreadgroup", "xrevrange", "xsetid", "xtrim", "bitcount", "bitfield", "bitfield_ro",
    "bitop", "bitpos", "pfadd", "pfcount", "pfmerge"};

// No name of ours or of theirs is longer.
constexpr std::size_t name_bytes_max = 32;

}  // namespace

std::span<const command_spec> all_commands() noexcept { return table; }

const command_spec* find_command(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const command_spec*> out;
    for (const auto& spec : table) out.emplace(spec.name, &spec);
    return out;
  }();
  if (name.size() > name_bytes_max) return nullptr;
  const auto found = by_name.find(lower_case(name));
  return found == by_name.end() ? nullptr : found->second;
}

bool is_of_missing_type(std::string_view name) {
  static const std::unordered_set<std::string_view> names{missing_types.begin(),
                                                          missing_types.end()};
  return name.size() <= name_bytes_max && names.contains(lower_case(name));
}

bool takes_so_many(const command_spec& spec, std::size_t count) noexcept {
  const auto given = static_cast<std::int64_t>(count);
  return spec.arity >= 0 ? given == spec.arity : given >= -spec.arity;
}

std::vector<std::size_t> key_places(const command_spec& spec, const arguments& args) {
  std::vector<std::size_t> places;
  if (spec.first_key == 0) return places;
  const auto last = spec.last_key < 0 ? static_cast<std::int64_t>(args.size()) + spec.last_key
                                      : std::int64_t{spec.last_key};
  for (std::int64_t at = spec.first_key; at <= last; at += spec.key_step)
    places.push_back(static_cast<std::size_t>(at));
  return places;
}

std::optional<reply> refusal_of_names(const command_spec& spec, const arguments& args) {
  if (!spec.has(flag_write)) return std::nullopt;
  for (const auto at : key_places(spec, args)) {
    const auto bytes = args[at].size();
    if (bytes == 0 || bytes > limits::name_bytes_max)
      return reply::error("ERR a name has 1 to " + std::to_string(limits::name_bytes_max) +
                          " bytes, this one " + std::to_string(bytes));
  }
  return std::nullopt;
}

reply evaluate(const command_spec& spec, const arguments& args, block_view& blocks) {
  if (auto refused = refusal_of_names(spec, args)) return *std::move(refused);
  for (const auto at : key_places(spec, args)) {
    if (spec.needs(args, at) == need::nothing) continue;
    if (const auto* why = blocks.trouble(text_of(args, at))) return to_reply(*why);
  }
  return spec.evaluate(args, blocks);
}

}  // namespace stowage::resp
