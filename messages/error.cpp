#include <stowage/messages/error.hpp>

#include <caf/message.hpp>
#include <caf/sec.hpp>

namespace stowage {

std::string to_string(errc code) { return std::string{name_of(code)}; }

bool from_string(compat::string_view in, errc& out) {
  const auto found = errc_from_name({in.data(), in.size()});
  if (found) out = *found;
  return found.has_value();
}

bool from_integer(std::uint8_t in, errc& out) {
  const auto found = errc_from_integer(in);
  if (found) out = *found;
  return found.has_value();
}

caf::error to_error(const failure& why) { return caf::make_error(why.code, why); }

failure to_failure(const caf::error& why) {
  if (why.category() == caf::type_id_v<errc>) {
    if (why.context().match_elements<failure>()) return why.context().get_as<failure>(0);
    return fail(errc_from_integer(why.code()).value_or(errc::outcome_unknown));
  }
  const auto is = [&](caf::sec code) { return why == code; };
  if (is(caf::sec::request_receiver_down) || is(caf::sec::cannot_open_port) ||
      is(caf::sec::remote_lookup_failed))
    return fail(errc::closed, "the store's actors are gone: " + caf::to_string(why));
  return fail(errc::outcome_unknown, caf::to_string(why));
}

}  // namespace stowage
