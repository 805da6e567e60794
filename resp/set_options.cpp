#include <stowage/resp/set_options.hpp>

#include <stowage/resp/errors.hpp>

namespace stowage::resp {

std::variant<set_options, reply> parse_set_options(const arguments& args) {
  using condition = set_options::condition;
  set_options out;
  for (std::size_t i = 3; i < args.size(); ++i) {
    const auto word = text_of(args, i);
    const bool is_nx = same_word(word, "nx");
    if (is_nx || same_word(word, "xx")) {
      const auto wanted = is_nx ? condition::if_absent : condition::if_present;
      if (out.only != condition::none && out.only != wanted) return error(syntax_error);
      out.only = wanted;
    } else if (same_word(word, "get")) {
      out.get = true;
    } else if (auto wrong = out.expiry.take(args, i, "keepttl")) {
      return *std::move(wrong);
    }
  }
  return out;
}

}  // namespace stowage::resp
