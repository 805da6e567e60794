#include <stowage/cli/remote_commands.hpp>

#include <stowage/cli/block_name.hpp>
#include <stowage/cli/maintenance_output.hpp>
#include <stowage/cli/remote_store.hpp>

#include <fmt/format.h>

#include <csignal>
#include <optional>
#include <utility>

namespace stowage::cli {

namespace {

class conversation {
 public:
  conversation(const server_address& where, console& con) : where_{where}, con_{con} {
    // A server that hangs up is complained about.
    (void)std::signal(SIGPIPE, SIG_IGN);
    store_ = or_complain(remote_store::connect(where));
  }
  conversation(const conversation&) = delete;
  conversation& operator=(const conversation&) = delete;
  // What is printed may end the program as quietly as ever.
  ~conversation() { (void)std::signal(SIGPIPE, SIG_DFL); }

  /// Nothing where there is no answer, which was complained about then.
  [[nodiscard]] std::optional<remote_fields> ask(std::vector<std::string> words) {
    if (!store_) return std::nullopt;
    return or_complain(store_->ask(std::move(words)));
  }

 private:
  template <class T>
  [[nodiscard]] std::optional<T> or_complain(std::variant<T, remote_refusal> answered) {
    if (auto* value = std::get_if<T>(&answered)) return std::move(*value);
    const auto& why = std::get<remote_refusal>(answered);
    con_.complain(where_.text, why.what, why.advice, why.code);
    return std::nullopt;
  }

  const server_address& where_;
  console& con_;
  std::optional<remote_store> store_;
};

std::optional<remote_fields> ask(const server_address& where, std::vector<std::string> words,
                                 console& con) {
  return conversation{where, con}.ask(std::move(words));
}

void complain_of(const std::vector<failure>& named, std::uint64_t count,
                 const server_address& where, console& con) {
  for (const auto& why : named) con.complain(where.text, why);
  if (count > named.size())
    con.warn(where.text, fmt::format("{} more are damaged", count - named.size()));
}

json value_of(const remote_field& f) {
  if (const auto* number = std::get_if<std::uint64_t>(&f.value)) return *number;
  const auto* text = std::get_if<std::string>(&f.value);
  return text == nullptr ? json{} : json_text(*text);
}

void print(const json& document, bool as_json, console& con) {
  if (as_json) return print_json(con, document);
  for (const auto& [name, value] : document.items())
    con.print(
        fmt::format("{}: {}\n", name, value.is_string() ? value.get<std::string>() : value.dump()));
}

void stat_block(const std::string& name, bool as_json, const server_address& where, console& con) {
  // A server has no such block; here it is said that there can be none.
  if (auto named = check_name(name); !named) {
    con.complain(where.text, named.error());
    return;
  }
  const auto found = ask(where, {"STAT", name}, con);
  if (!found) return;
  json document;
  if (as_json)
    add_name(document, name);
  else
    document["name"] = show_name(name);
  document["version"] = number_in(*found, "version");
  document["size"] = number_in(*found, "size");
  if (const auto expiry = number_in(*found, "expires_at_ms"); expiry != 0)
    document["expires_at_ms"] = expiry;
  print(document, as_json, con);
}

}  // namespace

void run_remote(const stat_command& what, const server_address& where, console& con) {
  if (what.name) return stat_block(*what.name, what.as_json, where, con);
  const auto status = ask(where, {"STATUS"}, con);
  if (!status) return;
  json document;
  // A file knows these two by other names.
  for (const auto& field : *status)
    document[field.name == "last_version"  ? "version"
             : field.name == "durable_lsn" ? "lsn"
                                           : field.name] = value_of(field);
  print(document, what.as_json, con);
}

void run_remote(const verify_command& what, const server_address& where, console& con) {
  conversation server{where, con};
  // The file's path, and then what is in it.
  const auto status = server.ask({"STATUS"});
  if (!status) return;
  const auto answer = server.ask({"VERIFY"});
  if (!answer) return;
  verify_result done;
  done.blocks = number_in(*answer, "blocks");
  done.chunks = number_in(*answer, "chunks");
  done.verified_bytes = number_in(*answer, "verified_bytes");
  done.found_count = number_in(*answer, "found_count");
  done.found = failures_in(*answer, "found");
  complain_of(done.found, done.found_count, where, con);
  if (!what.as_json) {
    con.print(verified_line(done));
    return;
  }
  auto rows = json::array();
  for (const auto& why : done.found) rows.push_back(describe_found(why));
  // What is dropped is dropped when a store is opened.
  print_json(con, verified_document(text_in(*status, "path"), done, 0, rows));
}

void run_remote(const compact_command& /*what*/, const server_address& where, console& con) {
  const auto answer = ask(where, {"COMPACT"}, con);
  if (!answer) return;
  compact_result done;
  done.blocks_moved = number_in(*answer, "blocks_moved");
  done.bytes_moved = number_in(*answer, "bytes_moved");
  done.file_bytes_before = number_in(*answer, "file_bytes_before");
  done.file_bytes_after = number_in(*answer, "file_bytes_after");
  complain_of(failures_in(*answer, "unreadable"), number_in(*answer, "unreadable_count"), where,
              con);
  con.print(compacted_line(done));
}

void run_remote(const backup_command& what, const server_address& where, console& con) {
  const auto answer = ask(where, {"BACKUP", what.out}, con);
  if (!answer) return;
  const auto damaged = number_in(*answer, "unreadable_count");
  complain_of(failures_in(*answer, "unreadable"), damaged, where, con);
  con.print(copied_line("copied", number_in(*answer, "blocks"), number_in(*answer, "value_bytes"),
                        damaged));
}

}  // namespace stowage::cli
