#include <stowage/cli/remote_answer.hpp>

#include <stowage/cli/advice.hpp>

#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace stowage::cli {

namespace {

std::optional<remote_field> field_of(const redisReply& name, const redisReply& value) {
  if (name.type != REDIS_REPLY_STRING) return std::nullopt;
  remote_field out{{name.str, static_cast<std::size_t>(name.len)}, {}};
  switch (value.type) {
    case REDIS_REPLY_INTEGER:
      if (value.integer < 0) return std::nullopt;
      out.value = static_cast<std::uint64_t>(value.integer);
      return out;
    case REDIS_REPLY_STRING:
      out.value = std::string{value.str, static_cast<std::size_t>(value.len)};
      return out;
    case REDIS_REPLY_ARRAY: {
      std::vector<remote_fields> rows;
      for (std::size_t i = 0; i < value.elements; ++i) {
        auto row = fields_of(*value.element[i]);
        if (!row) return std::nullopt;
        rows.push_back(*std::move(row));
      }
      out.value = std::move(rows);
      return out;
    }
    default: return std::nullopt;
  }
}

template <class T>
const T* find(const remote_fields& all, std::string_view name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [name](const auto& f) { return f.name == name; });
  return found == all.end() ? nullptr : std::get_if<T>(&found->value);
}

failure failure_of(const remote_fields& row) {
  auto why = fail(errc_from_name(text_in(row, "code")).value_or(errc::corrupt));
  why.name = text_in(row, "name");
  why.detail = text_in(row, "detail");
  if (const auto* offset = find<std::uint64_t>(row, "offset")) why.offset = *offset;
  why.os_error = static_cast<int>(number_in(row, "os_error"));
  return why;
}

// Errors begin with the sentence of their code. No sentence begins another one.
std::optional<errc> code_of_sentence(std::string_view text) {
  for (std::uint8_t i = 1; i <= errc_max; ++i) {
    const auto code = static_cast<errc>(i);
    if (text.starts_with(sentence_of(code))) return code;
  }
  return std::nullopt;
}

}  // namespace

std::optional<remote_fields> fields_of(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements % 2 != 0) return std::nullopt;
  remote_fields all;
  for (std::size_t i = 0; i < reply.elements; i += 2) {
    auto field = field_of(*reply.element[i], *reply.element[i + 1]);
    if (!field) return std::nullopt;
    all.push_back(*std::move(field));
  }
  return all;
}

std::uint64_t number_in(const remote_fields& all, std::string_view name) {
  const auto* number = find<std::uint64_t>(all, name);
  return number == nullptr ? 0 : *number;
}

std::string text_in(const remote_fields& all, std::string_view name) {
  const auto* text = find<std::string>(all, name);
  return text == nullptr ? std::string{} : *text;
}

std::vector<failure> failures_in(const remote_fields& all, std::string_view name) {
  std::vector<failure> out;
  if (const auto* rows = find<std::vector<remote_fields>>(all, name))
    for (const auto& row : *rows) out.push_back(failure_of(row));
  return out;
}

remote_refusal refusal_of(std::string_view error_line) {
  // `MISCONF an earlier write failed ...`
  const auto blank = std::min(error_line.find(' '), error_line.size());
  const auto word = error_line.substr(0, blank);
  const auto text = error_line.substr(std::min(blank + 1, error_line.size()));
  if (const auto code = code_of_sentence(text))
    return {std::string{text}, std::string{what_to_do(*code)}, exit_code_of(*code)};
  if (word == "NOAUTH" || word == "WRONGPASS" || text.starts_with("AUTH "))
    return {"the password is not the server's (" + std::string{text} + ")",
            "set STOWAGE_PASSWORD to its resp.requirepass", exit_code::failed};
  if (text.starts_with("unknown command") || text.starts_with("unknown subcommand"))
    return {"this server does not know the request", "check the address, or use its own stowage",
            exit_code::not_a_store};
  if (text.starts_with("max number of clients"))
    return {std::string{text}, std::string{what_to_do(errc::overloaded)}, exit_code::busy};
  return {std::string{text.empty() ? error_line : text},
          "correct the command line, or the server's config", exit_code::usage};
}

remote_refusal not_a_server() {
  return {"what answers here is no Stowage server", "check the address", exit_code::not_a_store};
}

}  // namespace stowage::cli
