// INFO and STOWAGE: what the store says of itself, and what is done to all of it.
#include <stowage/resp/errors.hpp>
#include <stowage/resp/server_commands.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

namespace stowage::resp {

namespace {

// -- INFO ---------------------------------------------------------------------------------------------

class info_text {
 public:
  explicit info_text(const arguments& args) {
    for (std::size_t i = 1; i < args.size(); ++i) wanted_.push_back(lower_case(text_of(args, i)));
  }

  void section(const std::string& title) {
    const auto is_wanted = [&](std::string_view word) {
      return std::find(wanted_.begin(), wanted_.end(), word) != wanted_.end();
    };
    shows_ = wanted_.empty() || is_wanted(lower_case(title)) || is_wanted("all") ||
             is_wanted("everything") || is_wanted("default");
    if (!shows_) return;
    if (!text_.empty()) text_ += "\r\n";
    text_ += "# " + title + "\r\n";
  }
  void line(std::string_view name, const std::string& setting) {
    if (shows_) text_.append(name).append(":").append(setting).append("\r\n");
  }
  void line(std::string_view name, std::uint64_t number) { line(name, std::to_string(number)); }

  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::vector<std::string> wanted_;
  std::string text_;
  bool shows_ = true;
};

std::string info(session_host& host, const arguments& args, const store_status& store) {
  using namespace std::chrono;
  const auto& server = host.server();
  const auto uptime = duration_cast<seconds>(host.now() - server.started).count();
  info_text out{args};
  out.section("Server");
  // Clients ask for it to know which commands there are.
  out.line("redis_version", "7.0.0");
  out.line("server_name", "stowage");
  out.line("redis_mode", "standalone");
  out.line("run_id", server.run_id);
  out.line("tcp_port", server.port);
  out.line("uptime_in_seconds", static_cast<std::uint64_t>(std::max<std::int64_t>(uptime, 0)));
  out.section("Clients");
  out.line("connected_clients", server.clients);
  out.line("maxclients", server.clients_max);
  out.section("Persistence");
  out.line("loading", 0);
  out.line("aof_enabled", 1);
  out.line("aof_last_write_status", store.state == "poisoned" ? "err" : "ok");
  out.line("store_state", store.state);
  out.line("store_last_version", store.last_version.value);
  out.line("store_durable_version", store.durable_version.value);
  out.line("store_file_bytes", store.file_bytes);
  out.line("store_free_bytes", store.free_bytes);
  out.section("Stats");
  out.line("total_connections_received", server.connections_accepted);
  out.line("total_commands_processed", server.commands_run);
  out.line("total_net_input_bytes", server.input_bytes);
  out.line("total_net_output_bytes", server.output_bytes);
  out.line("expired_keys", store.blocks_expired);
  out.line("pubsub_channels", server.events.channels());
  out.line("pubsub_patterns", server.events.patterns());
  out.line("keyspace_event_gaps", server.events.gaps());
  out.line("rejected_connections", server.connections_rejected);
  out.line("client_output_buffer_limit_disconnections", server.output_limit_closed);
  out.section("Replication");
  out.line("role", "master");
  out.line("connected_slaves", 0);
  out.section("Keyspace");
  if (store.blocks > 0)
    out.line("db0", "keys=" + std::to_string(store.blocks) +
                        ",expires=" + std::to_string(store.blocks_expiring) + ",avg_ttl=0");
  return std::move(out).take();
}

// -- STOWAGE ------------------------------------------------------------------------------------------

class fields {
 public:
  fields& add(std::string name, std::uint64_t number) {
    items_.push_back(reply::string(std::move(name)));
    items_.push_back(reply::integer(static_cast<std::int64_t>(number)));
    return *this;
  }
  fields& add(std::string name, const std::string& text) {
    items_.push_back(reply::string(std::move(name)));
    items_.push_back(reply::string(text));
    return *this;
  }
  /// What could not be read, fields for each that is named.
  fields& add(std::string name, const std::vector<failure>& named) {
    std::vector<reply> rows;
    for (const auto& why : named) {
      fields row;
      row.add("message", describe(why)).add("code", std::string{name_of(why.code)});
      if (!why.name.empty()) row.add("name", why.name);
      if (!why.detail.empty()) row.add("detail", why.detail);
      if (why.offset) row.add("offset", *why.offset);
      if (why.os_error != 0) row.add("os_error", static_cast<std::uint64_t>(why.os_error));
      rows.push_back(row.take());
    }
    items_.push_back(reply::string(std::move(name)));
    items_.push_back(reply::array(std::move(rows)));
    return *this;
  }
  [[nodiscard]] reply take() { return reply::map(std::move(items_)); }

 private:
  std::vector<reply> items_;
};

std::string hex_of(const std::array<std::uint8_t, 16>& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto b : bytes) {
    text += digits[b >> 4U];
    text += digits[b & 15U];
  }
  return text;
}

reply show(const store_status& s) {
  return fields{}
      .add("state", s.state)
      .add("cause", s.cause)
      .add("path", s.path)
      .add("uuid", hex_of(s.uuid))
      .add("epoch", s.epoch)
      .add("generation", s.generation)
      .add("blocks", s.blocks)
      .add("value_bytes", s.value_bytes)
      .add("blocks_expiring", s.blocks_expiring)
      .add("blocks_expired", s.blocks_expired)
      .add("last_version", s.last_version.value)
      .add("durable_version", s.durable_version.value)
      .add("durable_lsn", s.durable_lsn.value)
      .add("ops_in_flight", s.ops_in_flight)
      .add("bytes_in_flight", s.bytes_in_flight)
      .add("requests_parked", s.requests_parked)
      .add("ops_accepted", s.ops_accepted)
      .add("ops_rejected", s.ops_rejected)
      .add("batches", s.batches)
      .add("groups", s.groups)
      .add("syncs", s.syncs)
      .add("bytes_written", s.bytes_written)
      .add("checkpoints", s.checkpoints)
      .add("compactions", s.compactions)
      .add("blocks_verified", s.blocks_verified)
      .add("blocks_to_verify", s.blocks_to_verify)
      .add("journal_bytes", s.journal_bytes)
      .add("file_bytes", s.file_bytes)
      .add("free_bytes", s.free_bytes)
      .add("watches", s.watches)
      .add("watch_gaps", s.watch_gaps)
      .add("cache_hits", s.cache_hits)
      .add("cache_misses", s.cache_misses)
      .add("cache_entries", s.cache_entries)
      .add("cache_bytes", s.cache_bytes)
      .add("view_reads", s.view_reads)
      .take();
}

reply show(const verify_result& r) {
  return fields{}
      .add("blocks", r.blocks)
      .add("chunks", r.chunks)
      .add("verified_bytes", r.verified_bytes)
      .add("found_count", r.found_count)
      .add("found", r.found)
      .take();
}

reply show(const compact_result& r) {
  return fields{}
      .add("blocks_moved", r.blocks_moved)
      .add("bytes_moved", r.bytes_moved)
      .add("file_bytes_before", r.file_bytes_before)
      .add("file_bytes_after", r.file_bytes_after)
      .add("unreadable_count", r.unreadable_count)
      .add("unreadable", r.unreadable)
      .take();
}

reply show(const backup_result& r) {
  return fields{}
      .add("blocks", r.blocks)
      .add("value_bytes", r.value_bytes)
      .add("file_bytes", r.file_bytes)
      .add("through_version", r.through.value)
      .add("unreadable_count", r.unreadable_count)
      .add("unreadable", r.unreadable)
      .take();
}

reply show(const block_stat& s) {
  return fields{}
      .add("version", s.ver.value)
      .add("size", s.size)
      .add("expires_at_ms", s.expires_at_ms)
      .take();
}

reply show(const done_answer& /*done*/) { return reply::ok(); }

template <class T>
reply show(const boxed<T>& what) {
  return show(*what);
}

template <class Answer>
void ask_and_show(session_host& host, store_request&& what, reply_handler done) {
  host.ask(std::move(what), [done = std::move(done)](const store_answer& answer) {
    if (const auto* why = std::get_if<failure>(&answer)) return done(to_reply(*why));
    done(show(std::get<Answer>(answer)));
  });
}

void run_backup(session_host& host, const arguments& args, reply_handler done) {
  if (args.size() != 3) return done(wrong_number_of_arguments("stowage|backup"));
  const auto& directory = host.server().options.backup_dir;
  if (directory.empty()) return done(error("ERR the config sets no backup-dir: backups are off"));
  const auto name = text_of(args, 2);
  if (name.empty() || name == "." || name == ".." ||
      name.find_first_of(std::string_view{"/\0", 2}) != std::string_view::npos)
    return done(error("ERR the name of a backup is one of a file, without '/'"));
  ask_and_show<boxed<backup_result>>(host, backup_request{directory + "/" + std::string{name}},
                                     std::move(done));
}

}  // namespace

void run_info(session_host& host, const arguments& args, reply_handler done) {
  host.ask(status_request{}, [&host, args, done = std::move(done)](const store_answer& answer) {
    if (const auto* why = std::get_if<failure>(&answer)) return done(to_reply(*why));
    done(reply::verbatim(info(host, args, *std::get<boxed<store_status>>(answer))));
  });
}

void run_stowage(session_host& host, const arguments& args, reply_handler done) {
  const auto what = lower_case(text_of(args, 1));
  if (what == "backup") return run_backup(host, args, std::move(done));
  if (args.size() != (what == "stat" ? 3 : 2))
    return done(wrong_number_of_arguments("stowage|" + what));
  if (what == "stat")
    return ask_and_show<block_stat>(host, stat_request{std::string{text_of(args, 2)}},
                                    std::move(done));
  if (what == "status")
    return ask_and_show<boxed<store_status>>(host, status_request{}, std::move(done));
  if (what == "verify")
    return ask_and_show<boxed<verify_result>>(host, verify_request{}, std::move(done));
  if (what == "compact")
    return ask_and_show<boxed<compact_result>>(host, compact_request{}, std::move(done));
  if (what == "checkpoint")
    return ask_and_show<done_answer>(host, checkpoint_request{}, std::move(done));
  done(error(
      "ERR unknown subcommand: STOWAGE has STATUS, STAT, VERIFY, COMPACT, CHECKPOINT and BACKUP"));
}

}  // namespace stowage::resp
