// Commands of the connection itself, which need nothing from the store.
#include <stowage/resp/errors.hpp>
#include <stowage/resp/numbers.hpp>
#include <stowage/resp/server_commands.hpp>
#include <stowage/resp/session.hpp>

#include <algorithm>
#include <utility>

namespace stowage::resp {

namespace {

constexpr std::string_view wrong_password =
    "WRONGPASS invalid username-password pair or user is disabled.";

bool is_name_of_client(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

// Takes the same time wherever the first difference is.
bool same_secret(std::string_view a, std::string_view b) noexcept {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < b.size(); ++i)
    difference |=
        static_cast<unsigned>(static_cast<unsigned char>(a.empty() ? 0 : a[i % a.size()]) ^
                              static_cast<unsigned char>(b[i]));
  return difference == 0;
}

reply run_wait(const arguments& args) {
  for (std::size_t i = 1; i < args.size(); ++i)
    if (!parse_integer(text_of(args, i))) return error(not_an_integer);
  // There are no replicas.
  return reply::integer(0);
}

}  // namespace

reply session::run_here(const command_spec& spec, const arguments& args) {
  switch (spec.id) {
    case command_id::auth: return run_auth(args);
    case command_id::client: return run_client(args);
    case command_id::command: return run_command(args);
    case command_id::config: return run_config(host_, args);
    case command_id::discard:
      if (!queue_) return error("ERR DISCARD without MULTI");
      queue_.reset();
      watched_.clear();
      watch_failure_.reset();
      return reply::ok();
    case command_id::echo: return reply::string(args[1]);
    case command_id::function: return run_function(args);
    case command_id::hello: return run_hello(args);
    case command_id::multi:
      if (queue_) return error("ERR MULTI calls can not be nested");
      queue_.emplace();
      return reply::ok();
    case command_id::ping: return run_ping(args);
    case command_id::quit: ended_ = true; return reply::ok();
    case command_id::reset: return run_reset();
    case command_id::select: return run_select(args);
    case command_id::time: return run_time(host_);
    case command_id::unwatch:
      watched_.clear();
      watch_failure_.reset();
      return reply::ok();
    case command_id::wait: return run_wait(args);
    default: return unknown_command(args);
  }
}

reply session::run_ping(const arguments& args) const {
  if (args.size() > 2) return wrong_number_of_arguments("ping");
  if (is_only_subscriber())
    return reply::array({reply::string(std::string{"pong"}),
                         args.size() == 2 ? reply::string(args[1]) : reply::string(payload{})});
  return args.size() == 2 ? reply::string(args[1]) : reply::status("PONG");
}

reply session::run_select(const arguments& args) const {
  const auto number = parse_integer(text_of(args, 1));
  if (!number) return error(not_an_integer);
  return *number == 0 ? reply::ok() : error("ERR DB index is out of range");
}

void session::set_authenticated(bool is) {
  is_authenticated_ = is;
  reader_.set_limits(is ? request_limits{} : stranger_limits);
}

bool session::is_password(std::string_view user, std::string_view password) const {
  const auto& wanted = host_.server().options.requirepass;
  return user == "default" && (wanted.empty() || same_secret(password, wanted));
}

reply session::run_auth(const arguments& args) {
  if (args.size() > 3) return error(syntax_error);
  const bool names_user = args.size() == 3;
  if (!names_user && host_.server().options.requirepass.empty())
    return error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  if (!is_password(names_user ? text_of(args, 1) : "default", text_of(args, args.size() - 1)))
    return error(wrong_password);
  set_authenticated(true);
  return reply::ok();
}

reply session::run_hello(const arguments& args) {
  auto wanted = protocol_;
  if (args.size() > 1) {
    const auto number = parse_integer(text_of(args, 1));
    if (!number) return error("ERR Protocol version is not an integer or out of range");
    if (*number < oldest_protocol || *number > newest_protocol)
      return error("NOPROTO unsupported protocol version");
    wanted = static_cast<int>(*number);
  }
  std::optional<std::string_view> name;
  bool says_password = false;
  for (std::size_t i = 2; i < args.size(); ++i) {
    const auto word = text_of(args, i);
    if (same_word(word, "auth") && i + 2 < args.size()) {
      if (!is_password(text_of(args, i + 1), text_of(args, i + 2))) return error(wrong_password);
      says_password = true;
      i += 2;
    } else if (same_word(word, "setname") && i + 1 < args.size()) {
      name = text_of(args, ++i);
    } else {
      return reply::error("ERR Syntax error in HELLO option '" + std::string{word.substr(0, 128)} +
                          "'");
    }
  }
  if (!is_authenticated_ && !says_password)
    return error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
  if (name)
    if (auto refused = set_name(*name)) return *std::move(refused);
  if (says_password) set_authenticated(true);
  protocol_ = wanted;
  return reply::map({reply::string(std::string{"server"}), reply::string(std::string{"stowage"}),
                     reply::string(std::string{"version"}), reply::string(std::string{"7.0.0"}),
                     reply::string(std::string{"proto"}), reply::integer(protocol_),
                     reply::string(std::string{"id"}),
                     reply::integer(static_cast<std::int64_t>(id_)),
                     reply::string(std::string{"mode"}), reply::string(std::string{"standalone"}),
                     reply::string(std::string{"role"}), reply::string(std::string{"master"}),
                     reply::string(std::string{"modules"}), reply::array()});
}

std::optional<reply> session::set_name(std::string_view name) {
  if (!is_name_of_client(name))
    return error("ERR Client names cannot contain spaces, newlines or special characters.");
  name_ = name;
  return std::nullopt;
}

reply session::run_client(const arguments& args) {
  const auto what = lower_case(text_of(args, 1));
  const auto takes = [&](std::size_t count) { return args.size() == count + 2; };
  const auto wrong = [&] { return wrong_number_of_arguments("client|" + what); };
  if (what == "id") return takes(0) ? reply::integer(static_cast<std::int64_t>(id_)) : wrong();
  if (what == "getname")
    return !takes(0) ? wrong() : name_.empty() ? reply::nothing() : reply::string(name_);
  if (what == "setname") {
    if (!takes(1)) return wrong();
    auto refused = set_name(text_of(args, 2));
    return refused ? *std::move(refused) : reply::ok();
  }
  if (what == "list") return takes(0) ? reply::verbatim(host_.list_clients()) : error(syntax_error);
  if (what == "info") return takes(0) ? reply::verbatim(describe()) : wrong();
  // What a client says of its library, and wishes about memory, are taken note of and mean nothing here.
  if (what == "setinfo") return takes(2) ? reply::ok() : wrong();
  if (what == "no-evict" || what == "no-touch") {
    if (!takes(1)) return wrong();
    const auto choice = text_of(args, 2);
    return same_word(choice, "on") || same_word(choice, "off") ? reply::ok() : error(syntax_error);
  }
  return unknown_subcommand("CLIENT", text_of(args, 1));
}

reply session::run_reset() {
  leave();
  queue_.reset();
  watched_.clear();
  watch_failure_.reset();
  name_.clear();
  protocol_ = oldest_protocol;
  set_authenticated(host_.server().options.requirepass.empty());
  return reply::status("RESET");
}

std::string session::describe() const {
  using namespace std::chrono;
  const auto age = duration_cast<seconds>(host_.now() - since_).count();
  return "id=" + std::to_string(id_) + " addr=" + address_ + " name=" + name_ +
         " age=" + std::to_string(std::max<std::int64_t>(age, 0)) +
         " db=0 sub=" + std::to_string(channels_.size()) +
         " psub=" + std::to_string(patterns_.size()) + " multi=" +
         std::to_string(queue_ ? static_cast<std::int64_t>(queue_->commands.size()) : -1) +
         " watch=" + std::to_string(watched_.size()) +
         " qbuf=" + std::to_string(reader_.buffered()) + " omem=" + std::to_string(output_.size()) +
         " cmd=" + last_command_ + " resp=" + std::to_string(protocol_) + "\n";
}

}  // namespace stowage::resp
