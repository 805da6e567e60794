// SUBSCRIBE, PSUBSCRIBE, UNSUBSCRIBE and PUNSUBSCRIBE: what a connection hears of the keyspace.
#include <stowage/resp/errors.hpp>
#include <stowage/resp/session.hpp>

#include <utility>

namespace stowage::resp {

namespace {

reply confirmation(const command_spec& of, reply name, std::size_t subscriptions) {
  return reply::push({reply::string(std::string{of.name}), std::move(name),
                      reply::integer(static_cast<std::int64_t>(subscriptions))});
}

subscription_kind kind_of(const command_spec& spec) noexcept {
  return spec.id == command_id::psubscribe || spec.id == command_id::punsubscribe
             ? subscription_kind::pattern
             : subscription_kind::channel;
}

}  // namespace

bool session::may_run_when_subscribed(const command_spec& spec) noexcept {
  switch (spec.id) {
    case command_id::ping:
    case command_id::psubscribe:
    case command_id::punsubscribe:
    case command_id::quit:
    case command_id::reset:
    case command_id::subscribe:
    case command_id::unsubscribe: return true;
    default: return false;
  }
}

// Confirmed when the events come: nothing that becomes durable afterwards is missed.
void session::run_subscribe(const command_spec& spec, const arguments& args) {
  const auto kind = kind_of(spec);
  auto& feed = host_.server().events;
  std::vector<std::string> added;
  std::vector<reply> confirmations;
  for (std::size_t i = 1; i < args.size(); ++i) {
    auto name = string_of(args, i);
    if (!subscriptions_of(kind).contains(name)) {
      if (subscriptions() == limits_.subscriptions_max ||
          subscription_bytes_ + name.size() > limits_.subscription_bytes_max) {
        for (const auto& each : added) forget_subscription(kind, each);
        return answer_now(reply::error("ERR a connection has at most " +
                                       std::to_string(limits_.subscriptions_max) +
                                       " subscriptions, with names of " +
                                       std::to_string(limits_.subscription_bytes_max) + " bytes"));
      }
      subscriptions_of(kind).insert(name);
      subscription_bytes_ += name.size();
      feed.add(kind, name, shared_from_this());
      added.push_back(name);
    }
    confirmations.push_back(confirmation(spec, reply::string(std::move(name)), subscriptions()));
  }
  auto done = answer_before_anything_else();
  feed.when_running(host_, [weak = weak_from_this(), kind, added = std::move(added),
                            confirmations = std::move(confirmations),
                            done = std::move(done)](const failure* why) mutable {
    if (why == nullptr) return done(reply::sequence(std::move(confirmations)));
    if (const auto self = weak.lock())
      for (const auto& each : added) self->forget_subscription(kind, each);
    done(to_reply(*why));
  });
}

void session::run_unsubscribe(const command_spec& spec, const arguments& args) {
  const auto kind = kind_of(spec);
  std::vector<std::string> names;
  for (std::size_t i = 1; i < args.size(); ++i) names.push_back(string_of(args, i));
  if (args.size() == 1) names.assign(subscriptions_of(kind).begin(), subscriptions_of(kind).end());
  std::vector<reply> confirmations;
  for (auto& name : names) {
    forget_subscription(kind, name);
    confirmations.push_back(confirmation(spec, reply::string(std::move(name)), subscriptions()));
  }
  if (confirmations.empty())
    confirmations.push_back(confirmation(spec, reply::nothing(), subscriptions()));
  answer_now(reply::sequence(std::move(confirmations)));
}

void session::forget_subscription(subscription_kind kind, const std::string& name) {
  if (subscriptions_of(kind).erase(name) == 0) return;
  subscription_bytes_ -= name.size();
  host_.server().events.remove(host_, kind, name, id_);
}

void session::leave() {
  for (const auto kind : {subscription_kind::channel, subscription_kind::pattern})
    for (const auto& name : std::exchange(subscriptions_of(kind), {}))
      host_.server().events.remove(host_, kind, name, id_);
  subscription_bytes_ = 0;
}

// Behind the answers to what was asked before.
void session::push(reply what) {
  if (ended_) return;
  if (answer_bytes_ + output_.size() == 0) pushed_bytes_ = 0;
  const auto size = size_of(what);
  pushed_bytes_ += size;
  answer_bytes_ += size;
  slots_.push_back({std::move(what), protocol_});
  host_.attend(*this);
}

}  // namespace stowage::resp
