#include <stowage/resp/errors.hpp>

#include <stowage/resp/command.hpp>

#include <algorithm>
#include <array>

namespace stowage::resp {

namespace {

// Commands of channels that carry anything.
constexpr std::array missing_of_channels{"publish", "pubsub", "spublish", "ssubscribe",
                                         "sunsubscribe"};

// Of what a client sent, in an error.
constexpr std::size_t quoted_bytes_max = 128;

std::string_view shortened(std::string_view text) noexcept {
  return text.substr(0, std::min(text.size(), quoted_bytes_max));
}

}  // namespace

reply wrong_number_of_arguments(std::string_view command) {
  return reply::error("ERR wrong number of arguments for '" + std::string{command} + "' command");
}

reply invalid_expire_time(std::string_view command) {
  return reply::error("ERR invalid expire time in '" + std::string{command} + "' command");
}

reply unknown_command(const arguments& args) {
  const auto name = shortened(text_of(args, 0));
  if (is_of_missing_type(name))
    return reply::error("ERR '" + std::string{name} +
                        "' is not supported: the values of Stowage are strings");
  if (std::ranges::any_of(missing_of_channels, [&](const char* c) { return same_word(name, c); }))
    return reply::error("ERR '" + std::string{name} +
                        "' is not supported: channels carry keyspace events and nothing else");
  std::string text = "ERR unknown command '" + std::string{name} + "', with args beginning with: ";
  std::size_t quoted = 0;
  for (std::size_t i = 1; i < args.size() && quoted < quoted_bytes_max; ++i) {
    const auto argument = text_of(args, i).substr(0, quoted_bytes_max - quoted);
    text += "'" + std::string{argument} + "' ";
    quoted += argument.size() + 3;
  }
  return reply::error(std::move(text));
}

reply unknown_subcommand(std::string_view command, std::string_view subcommand) {
  return reply::error("ERR unknown subcommand '" + std::string{shortened(subcommand)} + "'. Try " +
                      std::string{command} + " HELP.");
}

reply to_reply(const failure& why) {
  std::string text = describe(why);
  if (!why.name.empty() && why.code != errc::limit_exceeded) text += ": " + why.name;
  switch (why.code) {
    case errc::poisoned:
    case errc::read_only: return reply::error("MISCONF " + text);
    case errc::no_space: return reply::error("OOM " + text);
    default: return reply::error("ERR " + text);
  }
}

}  // namespace stowage::resp
