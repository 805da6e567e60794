#include <stowage/cli/remote_store.hpp>

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <sys/time.h>

#include <cstdlib>
#include <new>
#include <utility>

namespace stowage::cli {

namespace {

constexpr timeval connect_time_max{5, 0};

}  // namespace

void remote_store::close_connection::operator()(redisContext* context) const noexcept {
  redisFree(context);
}

void remote_store::free_reply::operator()(redisReply* reply) const noexcept {
  freeReplyObject(reply);
}

std::variant<remote_store, remote_refusal> remote_store::connect(const server_address& where) {
  remote_store out{redisConnectWithTimeout(where.host.c_str(), where.port, connect_time_max)};
  auto* const context = out.context_.get();
  if (context == nullptr) throw std::bad_alloc{};
  if (context->err != 0)
    return remote_refusal{fmt::format("no server can be reached here ({})", context->errstr),
                          "see whether `stowage serve` runs, and on which address",
                          exit_code::failed};
  // A server whose machine is gone says nothing any more.
  (void)redisEnableKeepAlive(context);
  if (auto refused = out.say_password()) return *std::move(refused);
  return out;
}

std::variant<remote_fields, remote_refusal> remote_store::ask(std::vector<std::string> words) {
  words.insert(words.begin(), "STOWAGE");
  auto answered = run(words);
  if (auto* refused = std::get_if<remote_refusal>(&answered)) return std::move(*refused);
  if (auto all = fields_of(*std::get<owned_reply>(answered))) return *std::move(all);
  return not_a_server();
}

std::optional<remote_refusal> remote_store::say_password() {
  const char* const password = std::getenv("STOWAGE_PASSWORD");
  if (password == nullptr || *password == '\0') return std::nullopt;
  auto answered = run({"AUTH", password});
  if (auto* refused = std::get_if<remote_refusal>(&answered)) return std::move(*refused);
  return std::nullopt;
}

std::variant<remote_store::owned_reply, remote_refusal> remote_store::run(
    const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  for (const auto& word : words) {
    texts.push_back(word.data());
    lengths.push_back(word.size());
  }
  owned_reply reply{static_cast<redisReply*>(redisCommandArgv(
      context_.get(), static_cast<int>(words.size()), texts.data(), lengths.data()))};
  if (!reply) return broken();
  if (reply->type == REDIS_REPLY_ERROR)
    return refusal_of({reply->str, static_cast<std::size_t>(reply->len)});
  return reply;
}

remote_refusal remote_store::broken() const {
  if (context_->err == REDIS_ERR_PROTOCOL) return not_a_server();
  return {fmt::format("the connection broke before the answer came ({})", context_->errstr),
          "see whether the store is served still, then try again", exit_code::failed};
}

}  // namespace stowage::cli
