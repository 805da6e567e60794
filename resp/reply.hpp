// What a client is answered, before it is written in the client's version of the protocol.
//
// Contract: a value. In version 2 a map is an array of keys and values, a verbatim text is a string, and "nothing"
// is a string or an array that is not there.
// Concurrency: a plain value; strings share their bytes.
#pragma once

#include <stowage/messages/payload.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stowage::resp {

enum class reply_kind : std::uint8_t {
  nothing,        ///< no string
  nothing_array,  ///< no array
  status,         ///< a line, as "OK"
  error,          ///< a line that begins with the error's code
  integer,
  string,    ///< any bytes
  verbatim,  ///< text for people
  array,
  map,       ///< items: key, value, key, value ...
  push,      ///< what nobody asked for; in version 2 an array
  sequence,  ///< items one after another, as replies of their own
};

struct reply {
  reply_kind kind = reply_kind::nothing;
  std::int64_t number = 0;
  std::string line;
  payload bytes;
  std::vector<reply> items;

  [[nodiscard]] static reply nothing() { return {}; }
  [[nodiscard]] static reply nothing_array() { return of(reply_kind::nothing_array); }
  [[nodiscard]] static reply status(std::string text) {
    auto r = of(reply_kind::status);
    r.line = std::move(text);
    return r;
  }
  [[nodiscard]] static reply ok() { return status("OK"); }
  [[nodiscard]] static reply error(std::string text) {
    auto r = of(reply_kind::error);
    r.line = std::move(text);
    return r;
  }
  [[nodiscard]] static reply integer(std::int64_t value) {
    auto r = of(reply_kind::integer);
    r.number = value;
    return r;
  }
  [[nodiscard]] static reply string(payload value) {
    auto r = of(reply_kind::string);
    r.bytes = std::move(value);
    return r;
  }
  [[nodiscard]] static reply string(std::string value) { return string(payload{std::move(value)}); }
  [[nodiscard]] static reply verbatim(std::string text) {
    auto r = of(reply_kind::verbatim);
    r.bytes = payload{std::move(text)};
    return r;
  }
  [[nodiscard]] static reply array(std::vector<reply> items = {}) {
    auto r = of(reply_kind::array);
    r.items = std::move(items);
    return r;
  }
  [[nodiscard]] static reply map(std::vector<reply> items = {}) {
    auto r = of(reply_kind::map);
    r.items = std::move(items);
    return r;
  }

  [[nodiscard]] static reply push(std::vector<reply> items) {
    auto r = of(reply_kind::push);
    r.items = std::move(items);
    return r;
  }
  [[nodiscard]] static reply sequence(std::vector<reply> items) {
    auto r = of(reply_kind::sequence);
    r.items = std::move(items);
    return r;
  }

  [[nodiscard]] bool is_error() const noexcept { return kind == reply_kind::error; }

 private:
  [[nodiscard]] static reply of(reply_kind kind) {
    reply r;
    r.kind = kind;
    return r;
  }
};

/// About how many bytes it takes on its way to the client.
[[nodiscard]] std::size_t size_of(const reply& r) noexcept;

/// The versions of the protocol.
inline constexpr int oldest_protocol = 2;
inline constexpr int newest_protocol = 3;

class output_queue;
/// Appends `r` as the protocol of that version writes it.
void write(const reply& r, int protocol, output_queue& out);

/// Takes the answer of a command that comes later.
using reply_handler = std::function<void(reply)>;

}  // namespace stowage::resp
