#include <stowage/resp/session.hpp>

#include <stowage/resp/errors.hpp>
#include <stowage/resp/server_commands.hpp>
#include <stowage/resp/string_commands.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace stowage::resp {

namespace {

// Direct writes in one message, and their bytes: at most as many as make one group.
constexpr std::size_t writes_together_max = 500;
constexpr std::size_t write_bytes_together_max = 8 * limits::mib;
// Of answers, before there was one.
constexpr std::size_t first_expectation = 4 * limits::mib;

std::size_t bytes_of(const arguments& args) {
  return std::accumulate(
      args.begin(), args.end(), args.size() * argument_bytes,
      [](std::size_t sum, const payload& argument) { return sum + argument.size(); });
}

reply reply_to_get(store_answer answer) {
  if (auto* found = std::get_if<block_value>(&answer))
    return reply::string(std::move(found->value));
  const auto& why = std::get<failure>(answer);
  return why.code == errc::not_found ? reply::nothing() : to_reply(why);
}

}  // namespace

session::session(session_host& host, std::uint64_t id, std::string address,
                 const session_limits& limits)
    : host_{host},
      id_{id},
      address_{std::move(address)},
      limits_{limits},
      since_{host.now()},
      expected_answer_bytes_{first_expectation} {
  set_authenticated(host.server().options.requirepass.empty());
}

// -- requests ---------------------------------------------------------------------------------------

void session::advance() {
  do {
    begin_what_can();
    flush_writes();
    // Answers that were ready at once make room for what comes behind them.
  } while (deliver() && blocked_);
}

void session::begin_what_can() {
  blocked_ = false;
  while (!ended_ && reader_.buffered() > 0) {
    if (!may_begin()) {
      blocked_ = true;
      return;
    }
    auto next = reader_.next();
    if (std::holds_alternative<request_reader::incomplete>(next)) return;
    if (auto* wrong = std::get_if<request_reader::mistake>(&next)) {
      answer_now(reply::error("ERR " + wrong->what));
      ended_ = true;
      return;
    }
    begin(std::get<arguments>(std::move(next)));
  }
}

bool session::may_begin() {
  if (alone_) return false;
  waits_for_room_ = has_too_much_unsent();
  if (waits_for_room_) return false;
  const auto expected =
      limits_.expected_bytes_max / std::max<std::size_t>(expected_answer_bytes_, 1);
  if (slots_.size() >= std::clamp<std::size_t>(expected, 1, limits_.requests_max)) return false;
  return host_.may_begin(*this);
}

void session::begin(arguments args) {
  ++host_.server().commands_run;
  const auto* spec = find_command(text_of(args, 0));
  if (auto refused = refusal_of(spec, args)) {
    if (queue_) queue_->is_broken = true;
    return answer_now(*std::move(refused));
  }
  last_command_ = spec->name;
  if (queue_ && !spec->has(flag_not_queued)) return enqueue(*spec, std::move(args));
  run(*spec, std::move(args));
}

std::optional<reply> session::refusal_of(const command_spec* spec, const arguments& args) {
  if (spec == nullptr) return unknown_command(args);
  if (!takes_so_many(*spec, args.size())) return wrong_number_of_arguments(spec->name);
  if (!is_authenticated_ && !spec->has(flag_no_auth))
    return reply::error("NOAUTH Authentication required.");
  if (queue_ && spec->has(flag_no_multi))
    return reply::error("ERR Command not allowed inside a transaction");
  if (is_only_subscriber() && !may_run_when_subscribed(*spec))
    return reply::error("ERR Can't execute '" + std::string{spec->name} +
                        "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                        "allowed in this context");
  return std::nullopt;
}

void session::enqueue(const command_spec& spec, arguments args) {
  queue_->bytes += bytes_of(args);
  if (queue_->commands.size() >= limits_.queued_max || queue_->bytes > limits_.queued_bytes_max) {
    queue_->is_broken = true;
    queue_->commands.clear();
    return answer_now(reply::error("ERR a transaction queues at most " +
                                   std::to_string(limits_.queued_max) + " commands and " +
                                   std::to_string(limits_.queued_bytes_max) + " bytes"));
  }
  if (!queue_->is_broken) queue_->commands.push_back({&spec, std::move(args)});
  answer_now(reply::status("QUEUED"));
}

void session::run(const command_spec& spec, arguments args) {
  switch (spec.id) {
    case command_id::of_blocks: return run_of_blocks(spec, std::move(args));
    case command_id::exec: return run_exec();
    case command_id::watch: return run_watch(args);
    case command_id::psubscribe:
    case command_id::subscribe: flush_writes(); return run_subscribe(spec, args);
    case command_id::punsubscribe:
    case command_id::unsubscribe: return run_unsubscribe(spec, args);
    case command_id::dbsize:
    case command_id::flush:
    case command_id::info:
    case command_id::keys:
    case command_id::randomkey:
    case command_id::scan:
    case command_id::stowage:
    case command_id::waitaof: flush_writes(); return run_asking(spec, args);
    default:
      // The answer may be in another version of the protocol than that of the request.
      auto here = run_here(spec, args);
      answer_now(std::move(here));
  }
}

void session::run_of_blocks(const command_spec& spec, arguments args) {
  if (auto direct = direct_write_of(spec, args, unix_ms(host_.now()))) {
    write_bytes_ += direct->what.value.size();
    writes_.push_back({*std::move(direct), open_slot()});
    if (writes_.size() >= writes_together_max || write_bytes_ >= write_bytes_together_max)
      flush_writes();
    return;
  }
  if (spec.evaluate == get_command) return run_get(args);
  flush_writes();
  evaluation e;
  e.commands.push_back({&spec, std::move(args)});
  e.done = reads_before_it_writes(e) ? answer_before_anything_else() : answer_later();
  start(host_, std::move(e));
}

// What is asked most often, and takes no evaluation. Where nothing of this session is under way, it may be answered
// here: behind its own requests it would come too early.
void session::run_get(const arguments& args) {
  auto name = string_of(args, 1);
  if (unanswered_ == 0 || mutant("get-overtakes-requests"))
    if (auto known = host_.look(name)) return answer_now(reply_to_get(*std::move(known)));
  flush_writes();
  host_.ask(get_request{std::move(name)}, [done = answer_later()](store_answer answer) {
    done(reply_to_get(std::move(answer)));
  });
}

void session::flush_writes() {
  if (writes_.empty()) return;
  put_many_request request;
  request.writes.reserve(writes_.size());
  for (auto& w : writes_) request.writes.push_back(std::move(w.what.what));
  write_bytes_ = 0;
  host_.ask(std::move(request), [weak = weak_from_this(), writes = std::exchange(writes_, {})](
                                    const store_answer& outcome) mutable {
    if (const auto self = weak.lock()) self->settle_writes(std::move(writes), outcome);
  });
}

void session::settle_writes(std::vector<pending_write> writes, const store_answer& outcome) {
  if (const auto* why = std::get_if<failure>(&outcome)) {
    for (auto& w : writes) answer(w.to, reply_to(std::move(w.what), why));
    return;
  }
  const auto& failures = std::get<put_many_result>(outcome).failures;
  auto next = failures.begin();
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const failure* why = nullptr;
    if (next != failures.end() && next->at == i) why = &(next++)->why;
    answer(writes[i].to, reply_to(std::move(writes[i].what), why));
  }
}

void session::run_asking(const command_spec& spec, const arguments& args) {
  switch (spec.id) {
    case command_id::dbsize: return run_dbsize(host_, answer_before_anything_else());
    case command_id::flush: return run_flush(host_, args, answer_later());
    case command_id::info: return run_info(host_, args, answer_later());
    case command_id::keys: return run_keys(host_, args, answer_before_anything_else());
    case command_id::randomkey: return run_randomkey(host_, answer_before_anything_else());
    case command_id::scan: return run_scan(host_, args, answer_later());
    case command_id::stowage: return run_stowage(host_, args, answer_later());
    default: return run_waitaof(host_, args, answer_later());
  }
}

// -- transactions -------------------------------------------------------------------------------------

void session::run_exec() {
  if (!queue_) return answer_now(error("ERR EXEC without MULTI"));
  auto queue = *std::exchange(queue_, std::nullopt);
  auto watched = std::exchange(watched_, {});
  auto failed = std::exchange(watch_failure_, std::nullopt);
  if (queue.is_broken)
    return answer_now(error("EXECABORT Transaction discarded because of previous errors."));
  if (failed) return answer_now(*std::move(failed));
  flush_writes();
  evaluation e;
  e.commands = std::move(queue.commands);
  e.watched = std::move(watched);
  e.is_transaction = true;
  e.run_other = [weak = weak_from_this()](const queued_command& c) {
    const auto self = weak.lock();
    return self ? self->run_here(*c.spec, c.args) : reply::nothing();
  };
  e.done = answer_before_anything_else();
  start(host_, std::move(e));
}

void session::run_watch(const arguments& args) {
  if (queue_) return answer_now(error("ERR WATCH inside MULTI is not allowed"));
  if (watched_.size() + args.size() - 1 > limits_.watched_max)
    return answer_now(reply::error("ERR a connection watches at most " +
                                   std::to_string(limits_.watched_max) + " keys"));
  flush_writes();
  std::vector<std::string> names;
  for (std::size_t i = 1; i < args.size(); ++i)
    // What is watched already keeps the version it had.
    if (watched_.try_emplace(string_of(args, i)).second) names.push_back(string_of(args, i));
  if (names.empty()) return answer_now(reply::ok());
  watches_unanswered_ = names.size();
  auto done = answer_before_anything_else();
  for (auto& name : names) {
    stat_request request{name};
    host_.ask(std::move(request),
              [weak = weak_from_this(), name = std::move(name), done](const store_answer& answer) {
                const auto self = weak.lock();
                if (!self) return;
                self->learn_watched(name, answer);
                if (--self->watches_unanswered_ == 0) done(reply::ok());
              });
  }
}

void session::learn_watched(const std::string& name, const store_answer& answer) {
  if (const auto* found = std::get_if<block_stat>(&answer)) {
    watched_[name] = found->ver;
  } else if (const auto* why = std::get_if<failure>(&answer); why->code != errc::not_found) {
    watch_failure_ = to_reply(*why);
  }
}

// -- answers ------------------------------------------------------------------------------------------

session::slot_number session::open_slot() {
  slots_.push_back({std::nullopt, protocol_});
  ++unanswered_;
  return first_slot_ + slots_.size() - 1;
}

void session::answer(slot_number to, reply what) {
  const auto size = size_of(what);
  answer_bytes_ += size;
  expected_answer_bytes_ = std::max(size, expected_answer_bytes_ / 2);
  slots_[to - first_slot_].answer = std::move(what);
  --unanswered_;
  host_.attend(*this);
}

reply_handler session::answer_later() {
  return [weak = weak_from_this(), to = open_slot()](reply what) {
    if (const auto self = weak.lock()) self->answer(to, std::move(what));
  };
}

reply_handler session::answer_before_anything_else() {
  alone_ = true;
  return [weak = weak_from_this(), to = open_slot()](reply what) {
    const auto self = weak.lock();
    if (!self) return;
    self->alone_ = false;
    self->answer(to, std::move(what));
  };
}

// Whether there was anything.
bool session::deliver() {
  const auto before = first_slot_;
  while (!slots_.empty() && slots_.front().answer) {
    const auto& first = slots_.front();
    answer_bytes_ -= size_of(*first.answer);
    write(*first.answer, first.protocol, output_);
    slots_.pop_front();
    ++first_slot_;
  }
  return first_slot_ != before;
}

}  // namespace stowage::resp
