// Bytes from a client in, requests out.
//
// Contract: however the bytes are cut, the requests are the same. Each header is held against the limits before
// hiredis' reader, which takes the requests apart, sees it; a mistake has Redis' own words, is final, and comes
// after the requests before it. Lines that do not begin with `*` are requests as well (telnet); empty ones, and
// requests of no arguments, are passed over.
// Concurrency: one thread.
// Limits: what it holds is at most one request, which the limits bound, and what was fed and not yet taken: feed
// again when `next` has nothing more. A value is there twice only while it is copied out of hiredis' buffer.
#pragma once

#include <stowage/resp/arguments.hpp>
#include <stowage/storage/core/limits.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

struct redisReader;

namespace stowage::resp {

struct request_limits {
  std::size_t arguments_max = 1'048'576;
  /// A value of the largest size, and somewhat more, so that it is the store who says what is too large.
  std::size_t bulk_bytes_max = limits::value_bytes_max + 64 * limits::kib;
  /// Of all arguments together, each of them with `argument_bytes` on top.
  std::size_t request_bytes_max = 128 * limits::mib;
};

/// What an argument takes besides its bytes.
inline constexpr std::size_t argument_bytes = 64;
/// Of a request in a line, and of a header.
inline constexpr std::size_t line_bytes_max = 64 * limits::kib;

/// Before a client has said the password.
inline constexpr request_limits stranger_limits{10, 16 * limits::kib, 256 * limits::kib};

class request_reader {
 public:
  /// Nothing until more is fed.
  struct incomplete {};
  /// The client cannot be understood from here on.
  struct mistake {
    std::string what;
  };
  using outcome = std::variant<incomplete, arguments, mistake>;

  explicit request_reader(const request_limits& limits = {});

  void feed(std::string_view bytes);
  [[nodiscard]] outcome next();

  /// For requests that begin from here on.
  void set_limits(const request_limits& limits) noexcept { limits_ = limits; }
  /// Bytes fed that no request has been made of yet.
  [[nodiscard]] std::size_t buffered() const noexcept { return input_.size() - at_; }

 private:
  struct free_reader {
    void operator()(redisReader* reader) const noexcept;
  };

  [[nodiscard]] std::optional<std::string_view> take_line();
  [[nodiscard]] outcome begin_request(std::string_view line);
  [[nodiscard]] std::optional<outcome> begin_argument(std::string_view line);
  [[nodiscard]] bool pass_argument();
  [[nodiscard]] outcome fail(std::string what);
  [[nodiscard]] outcome finish();
  void pass(std::string_view bytes);
  void renew();
  void drop_consumed();

  request_limits limits_;
  std::unique_ptr<redisReader, free_reader> reader_;
  /// Where hiredis' reader puts the arguments; at a fixed address, because it keeps it.
  std::unique_ptr<arguments> parsed_;
  std::string input_;
  std::size_t at_ = 0;
  /// No line ends before this place.
  std::size_t searched_ = 0;

  bool in_request_ = false;
  std::size_t arguments_left_ = 0;
  /// Bytes of the argument that is passed on, with its line end.
  std::size_t bulk_left_ = 0;
  std::size_t request_bytes_ = 0;
  std::size_t largest_bulk_ = 0;
  std::optional<mistake> mistake_;
};

}  // namespace stowage::resp
