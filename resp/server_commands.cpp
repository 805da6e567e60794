#include <stowage/resp/server_commands.hpp>

#include <stowage/resp/command.hpp>
#include <stowage/resp/errors.hpp>
#include <stowage/resp/glob.hpp>
#include <stowage/resp/numbers.hpp>
#include <stowage/storage/core/limits.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace stowage::resp {

namespace {

// -- COMMAND ------------------------------------------------------------------------------------------

struct named_flag {
  command_flag flag;
  const char* name;
};

constexpr std::array named_flags{
    named_flag{flag_write, "write"},       named_flag{flag_readonly, "readonly"},
    named_flag{flag_denyoom, "denyoom"},   named_flag{flag_admin, "admin"},
    named_flag{flag_fast, "fast"},         named_flag{flag_no_auth, "no_auth"},
    named_flag{flag_no_multi, "no_multi"}, named_flag{flag_pubsub, "pubsub"}};

reply describe(const command_spec& spec) {
  std::vector<reply> flags;
  for (const auto& f : named_flags)
    if (spec.has(f.flag)) flags.push_back(reply::status(f.name));
  return reply::array({reply::string(std::string{spec.name}), reply::integer(spec.arity),
                       reply::array(std::move(flags)), reply::integer(spec.first_key),
                       reply::integer(spec.last_key), reply::integer(spec.key_step)});
}

// -- pages of names -----------------------------------------------------------------------------------

struct name_filter {
  std::string pattern;
  bool takes_all = true;

  [[nodiscard]] bool takes(std::string_view name) const {
    return takes_all || matches(pattern, name);
  }
  [[nodiscard]] std::string prefix() const { return takes_all ? "" : literal_prefix(pattern); }
};

void add_names(const block_list& page, const name_filter& filter, std::vector<reply>& to) {
  for (const auto& b : page.blocks)
    if (filter.takes(b.name)) to.push_back(reply::string(b.name));
}

// The answer to a request for a list; or null, and `done` has heard why.
block_list* page_or_error(store_answer& answer, const reply_handler& done) {
  if (auto* page = std::get_if<block_list>(&answer)) return page;
  done(to_reply(std::get<failure>(answer)));
  return nullptr;
}

void collect_keys(session_host& host, name_filter filter, std::string after,
                  std::vector<reply> found, reply_handler done) {
  list_request request{filter.prefix(), std::move(after), list_limit_max};
  host.ask(std::move(request), [&host, filter = std::move(filter), found = std::move(found),
                                done = std::move(done)](store_answer answer) mutable {
    auto* page = page_or_error(answer, done);
    if (page == nullptr) return;
    add_names(*page, filter, found);
    if (!page->more) return done(reply::array(std::move(found)));
    collect_keys(host, std::move(filter), std::move(page->blocks.back().name), std::move(found),
                 std::move(done));
  });
}

struct scan_options {
  std::string after;
  name_filter filter;
  std::uint32_t count = 10;
  bool is_of_other_type = false;
};

std::variant<scan_options, reply> parse_scan(const server_state& server, const arguments& args) {
  scan_options out;
  const auto cursor = parse_unsigned(text_of(args, 1));
  const auto after = cursor ? server.cursors.find(*cursor) : std::nullopt;
  if (!after) return error("ERR invalid cursor");
  out.after = *after;
  for (std::size_t i = 2; i < args.size(); i += 2) {
    if (i + 1 == args.size()) return error(syntax_error);
    const auto word = text_of(args, i);
    if (same_word(word, "count")) {
      const auto count = parse_integer(text_of(args, i + 1));
      if (!count) return error(not_an_integer);
      if (*count < 1) return error(syntax_error);
      out.count =
          static_cast<std::uint32_t>(std::min<std::int64_t>(*count, std::int64_t{list_limit_max}));
    } else if (same_word(word, "match")) {
      out.filter = {string_of(args, i + 1), text_of(args, i + 1) == "*"};
    } else if (same_word(word, "type")) {
      out.is_of_other_type = !same_word(text_of(args, i + 1), "string");
    } else {
      return error(syntax_error);
    }
  }
  return out;
}

}  // namespace

reply run_command(const arguments& args) {
  const auto what = args.size() < 2 ? std::string{} : lower_case(text_of(args, 1));
  if (what == "count") return reply::integer(static_cast<std::int64_t>(all_commands().size()));
  if (what == "docs") return reply::map();
  if (what == "list") {
    std::vector<reply> names;
    for (const auto& spec : all_commands()) names.push_back(reply::string(std::string{spec.name}));
    return reply::array(std::move(names));
  }
  std::vector<reply> out;
  if (what.empty() || (what == "info" && args.size() == 2)) {
    for (const auto& spec : all_commands()) out.push_back(describe(spec));
    return reply::array(std::move(out));
  }
  if (what != "info") return unknown_subcommand("COMMAND", text_of(args, 1));
  for (std::size_t i = 2; i < args.size(); ++i) {
    const auto* spec = find_command(text_of(args, i));
    out.push_back(spec == nullptr ? reply::nothing_array() : describe(*spec));
  }
  return reply::array(std::move(out));
}

reply run_config(session_host& host, const arguments& args) {
  if (!same_word(text_of(args, 1), "get"))
    return error("ERR the settings are those of the config file: only CONFIG GET is there");
  if (args.size() < 3) return wrong_number_of_arguments("config|get");
  const auto& server = host.server();
  const std::array<std::pair<const char*, std::string>, 10> known{{
      {"appendfsync", server.level == durability::durable ? "always" : "everysec"},
      {"appendonly", "yes"},
      {"databases", "1"},
      {"maxclients", std::to_string(server.clients_max)},
      {"maxmemory", "0"},
      {"maxmemory-policy", "noeviction"},
      // Of keys in general, of strings, and of their expiry; by key and by event.
      {"notify-keyspace-events", "g$xKE"},
      {"port", std::to_string(server.port)},
      {"proto-max-bulk-len", std::to_string(limits::value_bytes_max)},
      {"save", ""},
  }};
  std::vector<reply> out;
  for (const auto& [name, setting] : known) {
    for (std::size_t i = 2; i < args.size(); ++i) {
      if (!matches_any_case(text_of(args, i), name)) continue;
      out.push_back(reply::string(std::string{name}));
      out.push_back(reply::string(setting));
      break;
    }
  }
  return reply::map(std::move(out));
}

// There are none: those who begin with an empty server ask for that, and have it.
reply run_function(const arguments& args) {
  const auto what = lower_case(text_of(args, 1));
  if (what == "list")
    return args.size() == 2 ? reply::array() : wrong_number_of_arguments("function|list");
  if (what != "flush") return error("ERR Stowage runs no functions");
  if (args.size() > 3) return wrong_number_of_arguments("function|flush");
  if (args.size() == 3 && !same_word(text_of(args, 2), "sync") &&
      !same_word(text_of(args, 2), "async"))
    return error(syntax_error);
  return reply::ok();
}

reply run_time(session_host& host) {
  using namespace std::chrono;
  const auto since = duration_cast<microseconds>(host.now().time_since_epoch()).count();
  return reply::array({reply::string(std::to_string(since / 1'000'000)),
                       reply::string(std::to_string(since % 1'000'000))});
}

// The number of blocks counts those that are durable: so that it counts what was answered before, everything is
// made durable first.
void run_dbsize(session_host& host, reply_handler done) {
  host.ask(flush_request{}, [&host, done = std::move(done)](const store_answer& flushed) {
    if (const auto* why = std::get_if<failure>(&flushed)) return done(to_reply(*why));
    host.ask(status_request{}, [done](const store_answer& answer) {
      if (const auto* why = std::get_if<failure>(&answer)) return done(to_reply(*why));
      done(
          reply::integer(static_cast<std::int64_t>(std::get<boxed<store_status>>(answer)->blocks)));
    });
  });
}

void run_flush(session_host& host, const arguments& args, reply_handler done) {
  const bool is_known =
      args.size() == 1 || (args.size() == 2 && (same_word(text_of(args, 1), "sync") ||
                                                same_word(text_of(args, 1), "async")));
  if (!is_known) return done(error(syntax_error));
  host.ask(clear_request{}, [done = std::move(done)](const store_answer& answer) {
    const auto* why = std::get_if<failure>(&answer);
    done(why == nullptr ? reply::ok() : to_reply(*why));
  });
}

void run_keys(session_host& host, const arguments& args, reply_handler done) {
  collect_keys(host, {string_of(args, 1), text_of(args, 1) == "*"}, {}, {}, std::move(done));
}

void run_scan(session_host& host, const arguments& args, reply_handler done) {
  auto parsed = parse_scan(host.server(), args);
  if (auto* wrong = std::get_if<reply>(&parsed)) return done(std::move(*wrong));
  auto options = std::get<scan_options>(std::move(parsed));
  list_request request{options.filter.prefix(), std::move(options.after), options.count};
  host.ask(std::move(request), [&host, options = std::move(options),
                                done = std::move(done)](store_answer answer) {
    const auto* page = page_or_error(answer, done);
    if (page == nullptr) return;
    std::vector<reply> names;
    if (!options.is_of_other_type) add_names(*page, options.filter, names);
    const auto next = page->more ? host.server().cursors.add(page->blocks.back().name) : 0;
    done(reply::array({reply::string(std::to_string(next)), reply::array(std::move(names))}));
  });
}

// One of the next thousand names after those of the call before: each name's turn comes.
void run_randomkey(session_host& host, reply_handler done) {
  auto& after = host.server().random_after;
  const bool from_the_beginning = after.empty();
  host.ask(list_request{{}, after, 1000}, [&host, from_the_beginning,
                                           done = std::move(done)](store_answer answer) {
    const auto* page = page_or_error(answer, done);
    if (page == nullptr) return;
    host.server().random_after = page->more ? page->blocks.back().name : std::string{};
    if (!page->blocks.empty())
      return done(reply::string(page->blocks[host.random_below(page->blocks.size())].name));
    if (from_the_beginning) return done(reply::nothing());
    run_randomkey(host, done);
  });
}

void run_waitaof(session_host& host, const arguments& args, reply_handler done) {
  for (std::size_t i = 1; i < args.size(); ++i) {
    const auto number = parse_integer(text_of(args, i));
    if (!number) return done(error(not_an_integer));
    if (*number < 0) return done(error("ERR value is out of range, must be positive"));
  }
  host.ask(flush_request{}, [done = std::move(done)](const store_answer& answer) {
    if (const auto* why = std::get_if<failure>(&answer)) return done(to_reply(*why));
    done(reply::array({reply::integer(1), reply::integer(0)}));
  });
}

}  // namespace stowage::resp
