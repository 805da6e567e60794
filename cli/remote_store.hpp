// A store that is served, asked over its Redis protocol.
//
// Contract: one request at a time, each answered with fields or with why not. The password is that of
// $STOWAGE_PASSWORD, if it is set.
// Concurrency: one thread. SIGPIPE must be ignored.
// Limits: connecting takes at most 5 s; an answer takes as long as the server needs. Nothing is encrypted.
#pragma once

#include <stowage/cli/remote_answer.hpp>
#include <stowage/cli/server_address.hpp>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

struct redisContext;
struct redisReply;

namespace stowage::cli {

class remote_store {
 public:
  [[nodiscard]] static std::variant<remote_store, remote_refusal> connect(
      const server_address& where);

  /// `STOWAGE WORD...`
  [[nodiscard]] std::variant<remote_fields, remote_refusal> ask(std::vector<std::string> words);

 private:
  struct close_connection {
    void operator()(redisContext* context) const noexcept;
  };
  struct free_reply {
    void operator()(redisReply* reply) const noexcept;
  };
  using owned_reply = std::unique_ptr<redisReply, free_reply>;

  explicit remote_store(redisContext* context) : context_{context} {}

  [[nodiscard]] std::variant<owned_reply, remote_refusal> run(
      const std::vector<std::string>& words);
  [[nodiscard]] std::optional<remote_refusal> say_password();
  [[nodiscard]] remote_refusal broken() const;

  std::unique_ptr<redisContext, close_connection> context_;
};

}  // namespace stowage::cli
