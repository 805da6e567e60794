#include <stowage/resp/direct_write.hpp>

#include <stowage/resp/errors.hpp>
#include <stowage/resp/set_options.hpp>

#include <utility>

namespace stowage::resp {

namespace {

direct_write put(const arguments& args, bool only_if_absent) {
  direct_write w;
  w.what.name = string_of(args, 1);
  w.what.value = args[2];
  if (only_if_absent) w.what.expected = version{};
  return w;
}

}  // namespace

std::optional<direct_write> direct_write_of(const command_spec& spec, const arguments& args,
                                            std::uint64_t now_ms) {
  using condition = set_options::condition;
  if (refusal_of_names(spec, args)) return std::nullopt;
  if (spec.name == "set") {
    const auto parsed = parse_set_options(args);
    const auto* options = std::get_if<set_options>(&parsed);
    if (options == nullptr || options->get || options->only == condition::if_present ||
        options->expiry.keeps)
      return std::nullopt;
    const auto deadline = options->expiry.deadline_ms(now_ms);
    if (!deadline) return std::nullopt;
    auto w = put(args, options->only == condition::if_absent);
    w.what.expires_at_ms = *deadline;
    w.when_done = reply::ok();
    w.when_not = reply::nothing();
    return w;
  }
  if (spec.name == "setnx") {
    auto w = put(args, true);
    w.when_done = reply::integer(1);
    w.when_not = reply::integer(0);
    return w;
  }
  if ((spec.name == "del" || spec.name == "unlink") && args.size() == 2) {
    direct_write w;
    w.what.name = string_of(args, 1);
    w.what.removes = true;
    w.when_done = reply::integer(1);
    w.when_not = reply::integer(0);
    return w;
  }
  return std::nullopt;
}

reply reply_to(direct_write&& w, const failure* why) {
  if (why == nullptr) return std::move(w.when_done);
  if (why->code == errc::conflict || why->code == errc::not_found) return std::move(w.when_not);
  return to_reply(*why);
}

}  // namespace stowage::resp
