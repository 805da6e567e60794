// How the registry takes writes: limits, turn, credit, expectations, space, version.
#include <stowage/actors/registry.hpp>

#include <stowage/actors/budget_need.hpp>
#include <stowage/actors/peer_failure.hpp>
#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/log/batch.hpp>
#include <stowage/storage/log/batch_policy.hpp>
#include <stowage/storage/log/group.hpp>

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

namespace stowage {

namespace {

// Space is asked for in pieces, so that the allocator is not asked per op, and before the last one is used
// up. Pieces grow as long as writes had to wait for one, but what is promised and not used makes the file longer: to
// 1/16 of what lives in it at most.
constexpr std::uint64_t budget_piece_bytes_max = 32 * limits::mib;
constexpr std::uint64_t budget_piece_part = 16;

constexpr std::uint64_t checkpoint_growth_bytes_min = 256 * limits::kib;
constexpr std::uint64_t checkpoint_growth_bytes_max = 4 * limits::mib;
constexpr std::uint64_t checkpoint_growth_part = 4;

// The current root and the one before it both move on past the journal written before.
constexpr int checkpoints_that_free_areas = 2;

// The most that of a `put_many` is taken at once, as a share of the credit: so the disk works on one part
// while the next is accepted.
constexpr std::uint64_t parts_in_flight = 4;

std::optional<failure> name_refusal(const std::string& name) {
  if (!name.empty() && name.size() <= limits::name_bytes_max) return std::nullopt;
  auto why = fail(errc::limit_exceeded,
                  "a name has 1 to 1024 bytes, this one " + std::to_string(name.size()));
  why.name = name.substr(0, limits::name_bytes_max);
  return why;
}

std::optional<failure> write_refusal(const std::string& name, const shared_bytes& value) {
  if (auto why = name_refusal(name)) return why;
  if (value.size() <= limits::value_bytes_max) return std::nullopt;
  auto why = fail(errc::limit_exceeded, "a value has at most 64 MiB, this one " +
                                            std::to_string(value.size()) + " bytes");
  why.name = name;
  return why;
}

// What one request may hold, so that its record and its values always fit one group.
class request_size {
 public:
  void add_name(std::uint64_t bytes) noexcept {
    ++names_;
    name_bytes_ += bytes;
  }
  void add_value(std::uint64_t bytes) noexcept { value_bytes_ += bytes; }
  [[nodiscard]] std::uint64_t value_bytes() const noexcept { return value_bytes_; }

  [[nodiscard]] std::optional<failure> refusal(std::string_view what) const {
    const auto over = [&](std::uint64_t n, std::uint64_t max, std::string_view unit) {
      return fail(errc::limit_exceeded, std::string{what} + " has at most " + std::to_string(max) +
                                            std::string{unit} + ", this one " + std::to_string(n));
    };
    if (names_ > limits::transaction_ops_max)
      return over(names_, limits::transaction_ops_max, " ops");
    if (value_bytes_ > limits::transaction_value_bytes_max)
      return over(value_bytes_, limits::transaction_value_bytes_max, " bytes of values");
    if (name_bytes_ > limits::transaction_name_bytes_max)
      return over(name_bytes_, limits::transaction_name_bytes_max, " bytes of names");
    return std::nullopt;
  }

 private:
  std::uint64_t names_ = 0;
  std::uint64_t name_bytes_ = 0;
  std::uint64_t value_bytes_ = 0;
};

}  // namespace

// -- requests ---------------------------------------------------------------------------------------

caf::result<receipt> registry_state::on_put(put_request& request) {
  auto why = write_refusal(request.name, request.value);
  one_write w;
  w.name = std::move(request.name);
  w.value = std::move(request.value);
  w.expected = request.expected;
  w.expires_at_ms = request.expires_at_ms;
  return on_write<receipt>(std::move(w), request.level, request.wait_for_credit, std::move(why));
}

caf::result<receipt> registry_state::on_delete(delete_request& request) {
  auto why = name_refusal(request.name);
  one_write w;
  w.kind = op_kind::del;
  w.name = std::move(request.name);
  w.expected = request.expected;
  return on_write<receipt>(std::move(w), request.level, request.wait_for_credit, std::move(why));
}

caf::result<put_many_result> registry_state::on_put_many(put_many_request& request) {
  request_size size;
  for (auto& w : request.writes) {
    if (w.removes) {
      w.value = {};
      w.expires_at_ms = 0;
    }
    size.add_name(w.name.size());
    size.add_value(w.value.size());
  }
  many_writes w;
  w.writes = std::move(request.writes);
  w.answer_so_far.versions.reserve(w.writes.size());
  return on_write<put_many_result>(std::move(w), request.level, request.wait_for_credit,
                                   size.refusal("a put_many"));
}

caf::result<commit_receipt> registry_state::on_commit(commit_request& request) {
  request_size writes;
  request_size expectations;
  std::optional<failure> why;
  for (const auto& w : request.what.writes()) {
    writes.add_name(w.name.size());
    writes.add_value(w.value.size());
    if (!why) why = write_refusal(w.name, w.value);
  }
  for (const auto& e : request.what.expectations()) {
    expectations.add_name(e.name.size());
    if (!why) why = name_refusal(e.name);
  }
  if (!why) why = writes.refusal("a transaction");
  if (!why) why = expectations.refusal("what a transaction expects");
  whole_transaction t;
  t.what = std::move(request.what);
  t.value_bytes = writes.value_bytes();
  return on_write<commit_receipt>(std::move(t), request.level, request.wait_for_credit,
                                  std::move(why));
}

caf::result<receipt> registry_state::on_clear(const clear_request& request) {
  one_write w;
  w.kind = op_kind::clear;
  return on_write<receipt>(std::move(w), request.level, request.wait_for_credit, {});
}

template <class T, class What>
caf::result<T> registry_state::on_write(What what, std::optional<durability> level,
                                        bool wait_for_credit, std::optional<failure> refusal) {
  if (!takes_writes()) refusal = refusal_of_writes();
  if (!refusal && ((is_overloaded() && !mutant("parked-requests-unbounded")) ||
                   (!wait_for_credit && !parked_.empty())))
    refusal = overloaded();
  if (refusal) {
    count_rejected(refusal->code);
    return to_error(*refusal);
  }
  what.answer = self_->make_response_promise<T>();
  auto answer = what.answer;
  serve_in_turn(write_request{std::move(what), level.value_or(options_.level), wait_for_credit});
  return answer;
}

failure registry_state::overloaded() const {
  return fail(errc::overloaded, std::to_string(parked_.size()) + " requests wait, " +
                                    std::to_string(pending_.sum().ops) + " ops and " +
                                    std::to_string(pending_.sum().bytes) + " bytes are in flight");
}

// -- turn -------------------------------------------------------------------------------------------

// Name and value of every write that is still to be done; a clear has no name.
template <class Visit>
void registry_state::for_each_write(const request_in_turn& r, Visit visit) {
  const auto* w = std::get_if<write_request>(&r);
  if (w == nullptr) return;
  if (const auto* one = std::get_if<one_write>(&w->what)) {
    if (one->kind != op_kind::clear) visit(one->name, one->value);
  } else if (const auto* many = std::get_if<many_writes>(&w->what)) {
    for (auto i = many->next; i < many->writes.size(); ++i)
      visit(many->writes[i].name, many->writes[i].value);
  } else {
    for (const auto& each : std::get<whole_transaction>(w->what).what.writes())
      visit(each.name, each.value);
  }
}

bool registry_state::is_clear(const request_in_turn& r) {
  const auto* w = std::get_if<write_request>(&r);
  const auto* one = w == nullptr ? nullptr : std::get_if<one_write>(&w->what);
  return one != nullptr && one->kind == op_kind::clear;
}

// At once if nothing waits, else behind all that does.
void registry_state::serve_in_turn(request_in_turn r) {
  if ((parked_.empty() || mutant("parked-put-overtaken")) && serve(r)) return close_when_settled();
  park(std::move(r));
}

// Takes what waits, in order, as far as credit and space allow.
void registry_state::serve_parked() {
  while (!parked_.empty() && serve(parked_.front().what)) unpark_front();
  remove_expired();
  close_when_settled();
}

void registry_state::park(request_in_turn r) {
  const bool clears = is_clear(r);
  parked p{std::move(r), 0, {}, clears};
  for_each_write(p.what,
                 [&](const std::string&, const shared_bytes& value) { p.bytes += value.size(); });
  parked_bytes_ += p.bytes;
  parked_clears_ += p.clears ? 1 : 0;
  invariant(
      parked_bytes_ <= parked_bytes_max() + limits::transaction_value_bytes_max && !is_queue_full(),
      "I8: what waits is bounded");
  if (parked_names_) list_names_of(p);
  parked_.push_back(std::move(p));
  metrics_.parked(parked_.size(), parked_bytes_);
}

void registry_state::unpark_front() {
  const auto& p = parked_.front();
  parked_bytes_ -= p.bytes;
  parked_clears_ -= p.clears ? 1 : 0;
  for (const auto& n : p.names) {
    const auto it = parked_names_->find(n);
    if (--it->second == 0) parked_names_->erase(it);
  }
  parked_.pop_front();
  if (parked_.empty()) parked_names_.reset();
  metrics_.parked(parked_.size(), parked_bytes_);
}

void registry_state::list_names_of(parked& p) {
  for_each_write(p.what, [&](const std::string& block, const shared_bytes&) {
    p.names.push_back(block);
    ++(*parked_names_)[block];
  });
}

void registry_state::list_parked_names() {
  if (parked_names_) return;
  parked_names_.emplace();
  for (auto& p : parked_) list_names_of(p);
}

// Whether a write of this block waits.
bool registry_state::is_parked(const std::string& block) {
  if (parked_.empty()) return false;
  if (parked_clears_ > 0 && !mutant("read-overtakes-a-parked-clear")) return true;
  list_parked_names();
  return parked_names_->contains(block);
}

bool registry_state::is_any_parked(const std::string& prefix) {
  if (parked_.empty()) return false;
  if (parked_clears_ > 0) return true;
  list_parked_names();
  return std::ranges::any_of(
      *parked_names_, [&](const auto& waiting) { return waiting.first.starts_with(prefix); });
}

// Whether it is done with; else it waits for credit or space.
bool registry_state::serve(request_in_turn& r) {
  if (auto* flush = std::get_if<pending_replies::flush_promise>(&r)) {
    const bool anything_pending = !pending_.empty();
    if (mutant("flush-misses-what-is-in-flight")) flush->deliver();
    pending_.add_waiter(std::move(*flush));
    if (anything_pending)
      compat::send(self_, writer_, close_batch{static_cast<std::uint8_t>(close_cause::flush)});
    return true;
  }
  if (auto* read = std::get_if<deferred_read>(&r)) {
    (*read)();
    return true;
  }
  auto& request = std::get<write_request>(r);
  const auto outcome = std::visit([&](auto& what) { return admit(what, request); }, request.what);
  if (outcome == admission::needs_credit) {
    if (!request.wait_for_credit) {
      refuse(request, overloaded());
      return true;
    }
    // Only durability gives credit back: what is open has to go to the disk now.
    if (!std::exchange(pressed_, true))
      compat::send(self_, writer_, close_batch{static_cast<std::uint8_t>(close_cause::credit)});
  }
  return outcome == admission::answered;
}

void registry_state::refuse(write_request& request, const failure& why) {
  count_rejected(why.code);
  if (auto* many = std::get_if<many_writes>(&request.what);
      many != nullptr && why.code == errc::overloaded && many->next > 0) {
    // Those before have their versions: only the rest is refused.
    for (auto& i = many->next; i < many->writes.size(); ++i) fail_next(*many, why);
    many->answer_so_far.reached = request.level;
    return answer_write(many->answer, std::move(many->answer_so_far), request.level);
  }
  auto context = why;
  if (const auto* one = std::get_if<one_write>(&request.what)) context.name = one->name;
  std::visit([&](auto& what) { what.answer.deliver(to_error(context)); }, request.what);
}

// -- credit, expectations, space --------------------------------------------------------------------

bool registry_state::has_credit(std::uint64_t ops, std::uint64_t bytes) const noexcept {
  const auto& held = pending_.sum();
  return held.ops + ops <= options_.credit.max_ops &&
         (held.bytes + bytes <= options_.credit.max_bytes || mutant("credit-in-ops-only"));
}

// Why an op is refused by the state right before it.
std::optional<failure> registry_state::refusal_now(op_kind kind, const std::string& block,
                                                   const std::optional<version>& expected) const {
  if (!expected && kind != op_kind::del) return std::nullopt;
  const auto now = current_version(block);
  std::optional<failure> why;
  if (expected && *expected != now && !mutant("expectations-not-tested")) {
    why = fail(errc::conflict);
    why->expected = *expected;
    why->actual = now;
  } else if (kind == op_kind::del && now == version{}) {
    why = fail(errc::not_found);
  }
  if (why) why->name = block;
  return why;
}

bool registry_state::take_budget(std::uint64_t bytes, std::uint64_t entry_bytes) {
  const auto checkpoint_bytes = newest_checkpoint_bytes() + entry_bytes;
  const bool checkpoint_fits = bytes == 0 || checkpoint_bytes <= reserved_checkpoint_bytes_;
  if ((budget_ >= bytes && checkpoint_fits) || mutant("space-not-taken-before-acceptance")) {
    budget_ -= bytes;
    return true;
  }
  if (space_is_ample_ && budget_ < bytes)
    budget_piece_bytes_ = std::min(2 * budget_piece_bytes(), budget_piece_bytes_max);
  request_budget(bytes - std::min(bytes, budget_), checkpoint_bytes);
  return false;
}

registry_state::admission registry_state::admit(one_write& w, const write_request& request) {
  // What is larger than the whole credit goes alone.
  if (!has_credit(1, w.value.size()) && pending_.sum().ops > 0) return admission::needs_credit;
  if (auto why = refusal_now(w.kind, w.name, w.expected)) {
    count_rejected(why->code);
    w.answer.deliver(to_error(*why));
    return admission::answered;
  }
  budget_need need;
  if (w.kind == op_kind::put) need.add_value(w.name.size(), w.value.size());
  if (!take_budget(need.bytes(), need.entry_bytes())) return admission::needs_budget;

  auto unit = std::make_shared<batch>();
  unit->ops.reserve(1);
  const auto bytes = w.value.size();
  const auto given = add_op(*unit, w.kind, std::move(w.name), std::move(w.value), w.expires_at_ms);
  sequence(std::move(unit), {1, bytes, need.bytes(), need.entry_bytes()}, request.level);
  answer_write(w.answer, receipt{given, request.level}, request.level);
  return admission::answered;
}

registry_state::admission registry_state::admit(many_writes& w, const write_request& request) {
  const auto ops_max = std::min<std::uint64_t>(
      w.together_max, std::max<std::uint64_t>(options_.credit.max_ops / parts_in_flight, 1));
  const auto bytes_max = options_.credit.max_bytes / parts_in_flight;
  while (w.next < w.writes.size()) {
    // 1. As many as there is credit for. What is larger than the whole credit goes alone.
    std::uint64_t bytes = 0;
    budget_need need;
    auto end = w.next;
    for (; end < w.writes.size() && end - w.next < ops_max; ++end) {
      const auto& next = w.writes[end];
      const auto more = bytes + next.value.size();
      const bool alone = end == w.next && pending_.sum().ops == 0;
      if (!alone && !has_credit(end - w.next + 1, more)) break;
      if (end > w.next && more > bytes_max) break;
      bytes = more;
      if (!next.removes) need.add_value(next.name.size(), next.value.size());
      overlay_.prefetch(next.name);
    }
    if (end == w.next) return admission::needs_credit;
    // 2. Space for all of these.
    if (!take_budget(need.bytes(), need.entry_bytes())) return admission::needs_budget;
    // 3. Each against the state right before it.
    auto unit = std::make_shared<batch>();
    unit->ops.reserve(end - w.next);
    pending_replies::held holds{0, 0, need.bytes(), need.entry_bytes()};
    while (w.next < end) {
      auto& next = w.writes[w.next];
      const auto kind = next.removes ? op_kind::del : op_kind::put;
      auto why = write_refusal(next.name, next.value);
      if (!why) why = refusal_now(kind, next.name, next.expected);
      if (why) {
        count_rejected(why->code);
        fail_next(w, *why);
      } else {
        ++holds.ops;
        holds.bytes += next.value.size();
        w.answer_so_far.versions.push_back(
            add_op(*unit, kind, std::move(next.name), std::move(next.value), next.expires_at_ms));
      }
      ++w.next;
    }
    if (unit->empty())
      budget_ += need.bytes();
    else
      sequence(std::move(unit), holds, request.level);
  }
  w.answer_so_far.reached = request.level;
  answer_write(w.answer, std::move(w.answer_so_far), request.level);
  return admission::answered;
}

void registry_state::fail_next(many_writes& w, failure why) {
  if (why.name.empty()) why.name = w.writes[w.next].name;
  w.answer_so_far.versions.emplace_back();
  w.answer_so_far.failures.push_back({static_cast<std::uint32_t>(w.next), std::move(why)});
}

registry_state::admission registry_state::admit(whole_transaction& w,
                                                const write_request& request) {
  const auto ops = w.what.writes().size();
  if (!has_credit(ops, w.value_bytes) && pending_.sum().ops > 0) return admission::needs_credit;
  for (const auto& e : w.what.expectations()) {
    if (auto why = refusal_now(op_kind::put, e.name, e.ver)) {
      count_rejected(why->code);
      w.answer.deliver(to_error(*why));
      if (!mutant("conflict-reported-but-applied")) return admission::answered;
    }
  }
  budget_need need;
  for (const auto& each : w.what.writes()) {
    if (!each.removes) need.add_value(each.name.size(), each.value.size());
    overlay_.prefetch(each.name);
  }
  if (!take_budget(need.bytes(), need.entry_bytes())) return admission::needs_budget;

  commit_receipt answer;
  answer.reached = request.level;
  if (ops > 0) {
    auto unit = std::make_shared<batch>();
    unit->ops.reserve(ops);
    unit->transaction_count = 1;
    answer.versions.reserve(ops);
    for (auto& each : std::move(w.what).take_writes())
      answer.versions.push_back(each.removes ? add_op(*unit, op_kind::del, std::move(each.name), {})
                                             : add_op(*unit, op_kind::put, std::move(each.name),
                                                      std::move(each.value), each.expires_at_ms));
    sequence(std::move(unit), {ops, w.value_bytes, need.bytes(), need.entry_bytes()},
             request.level);
  }
  answer_write(w.answer, std::move(answer), request.level);
  return admission::answered;
}

// -- version ----------------------------------------------------------------------------------------

// From here on the op is never refused.
version registry_state::add_op(batch& unit, op_kind kind, std::string block, shared_bytes value,
                               std::uint64_t expires_at_ms) {
  last_version_ = last_version_.next();
  invariant(unit.ops.size() < unit.ops.capacity(), "an op stays where the overlay found it");
  auto& o = unit.ops.emplace_back();
  o.kind = kind;
  o.name = std::move(block);
  o.ver = last_version_;
  o.expires_at_ms = expires_at_ms;
  o.value = std::move(value);
  overlay_.set(o);
  if (mutant("extent-freed-at-acceptance"))
    index_.apply(op{op_kind::del, 0, o.name, {}, 0, 0, {}}, retirement_.epoch(),
                 [this](const block_ref& old) { retire(*old); });
  return last_version_;
}

void registry_state::sequence(std::shared_ptr<batch> unit, const pending_replies::held& holds,
                              durability level) {
  unit->through = last_version_;
  ops_accepted_ += holds.ops;
  pending_.add(last_version_, holds);
  overlay_.keep(unit);
  metrics_.accepted(unit->ops);
  metrics_.in_flight(pending_.sum().ops, pending_.sum().bytes);
  invariant(pending_.sum().bytes <= std::max(options_.credit.max_bytes, holds.bytes),
            "I8: values in flight stay within the credit, or are those of one request");
  compat::send(self_, writer_, write_ops{std::move(unit), level == durability::durable});
  const bool checkpoint_grows =
      newest_checkpoint_bytes() + checkpoint_growth_bytes() / 2 > reserved_checkpoint_bytes_;
  if (lacking_stock() > 0 || checkpoint_grows) prefetch_budget();
}

template <class T>
void registry_state::answer_write(promise_of<T>& promise, T answer, durability level) {
  if (level == durability::durable && !mutant("durable-answered-at-acceptance"))
    pending_.add_waiter(pending_replies::deferred<T>{promise, std::move(answer)});
  else
    promise.deliver(std::move(answer));
}

// -- space ------------------------------------------------------------------------------------------

void registry_state::free_what_readers_let_go() {
  std::vector<extent> reusable;
  retirement_.collect(reusable);
  if (!reusable.empty())
    compat::send(self_, allocator_, group_space{nullptr, std::move(reusable), 0});
  tell_what_there_is();
}

// With what is in flight.
std::uint64_t registry_state::newest_checkpoint_bytes() const {
  return index_.checkpoint_bytes() + pending_.sum().entry_bytes;
}

std::uint64_t registry_state::budget_piece_bytes() const noexcept {
  return std::min(budget_piece_bytes_,
                  std::max(budget_piece_bytes_min, index_.dense_bytes() / budget_piece_part));
}

// What a checkpoint may grow by before the allocator hears of it again. By what is in flight: a load of new names would
// else ask with every second message, and wait while the allocator accounts for a group. What is asked for after it is as
// little as ever.
std::uint64_t registry_state::checkpoint_growth_bytes() const noexcept {
  // On a disk that is nearly full it would be missing elsewhere.
  if (!space_is_ample_) return checkpoint_growth_bytes_min;
  return std::clamp(pending_.sum().entry_bytes / checkpoint_growth_part,
                    checkpoint_growth_bytes_min, checkpoint_growth_bytes_max);
}

// The allocator keeps what it was asked for last, also where that is less than before or more than there is.
void registry_state::reserve_is_wanted(const budget_request& asked) noexcept {
  wanted_checkpoint_bytes_ = asked.checkpoint_bytes;
  reserved_checkpoint_bytes_ = std::min(reserved_checkpoint_bytes_, wanted_checkpoint_bytes_);
}

void registry_state::reserve_is_granted(const budget_request& asked) noexcept {
  reserved_checkpoint_bytes_ = std::max(reserved_checkpoint_bytes_,
                                        std::min(asked.checkpoint_bytes, wanted_checkpoint_bytes_));
}

// What is asked for ahead of need: nothing where only the checkpoint has become larger.
std::uint64_t registry_state::lacking_stock() const noexcept {
  const auto piece = budget_piece_bytes();
  return budget_ < piece / 2 ? piece : 0;
}

void registry_state::request_budget(std::uint64_t needed, std::uint64_t checkpoint_bytes) {
  if (budget_waits_for_ != budget_wait::nothing) return;
  budget_waits_for_ = budget_wait::allocator;
  // What readers have let go meanwhile may be the space that is missing.
  free_what_readers_let_go();

  const budget_request bare{needed, checkpoint_bytes};
  const budget_request with_stock{std::max(needed, lacking_stock()),
                                  checkpoint_bytes + checkpoint_growth_bytes(), true};
  const auto granted = [this](const budget_request& what) {
    budget_waits_for_ = budget_wait::nothing;
    budget_ += what.bytes;
    reserve_is_granted(what);
    serve_parked();
  };
  const auto refused = [this](const caf::error& why) { on_budget_refused(peer_failure(why)); };
  if (compaction_running_) {
    reserve_is_wanted(bare);
    compat::request(self_, allocator_, bare).then([granted, bare] { granted(bare); }, refused);
    return;
  }
  reserve_is_wanted(with_stock);
  compat::request(self_, allocator_, with_stock)
      .then(
          [this, granted, with_stock] {
            space_is_ample_ = true;
            granted(with_stock);
          },
          [this, granted, refused, bare](const caf::error& why) {
            space_is_ample_ = false;
            if (!(why == errc::no_space)) return refused(why);
            reserve_is_wanted(bare);
            compat::request(self_, allocator_, bare)
                .then([granted, bare] { granted(bare); }, refused);
          });
}

// So that the next writes do not wait while the file grows. Nobody is refused if it fails: who needs space
// asks again.
void registry_state::prefetch_budget() {
  if (budget_waits_for_ != budget_wait::nothing || budget_is_prefetched_ || !space_is_ample_ ||
      compaction_running_)
    return;
  budget_is_prefetched_ = true;
  const budget_request ahead{lacking_stock(), newest_checkpoint_bytes() + checkpoint_growth_bytes(),
                             true};
  reserve_is_wanted(ahead);
  compat::request(self_, allocator_, ahead)
      .then(
          [this, ahead] {
            budget_is_prefetched_ = false;
            budget_ += ahead.bytes;
            reserve_is_granted(ahead);
            serve_parked();
          },
          [this](const caf::error&) {
            budget_is_prefetched_ = false;
            space_is_ample_ = false;
          });
}

void registry_state::on_budget_refused(const failure& why) {
  budget_waits_for_ = budget_wait::nothing;
  if (parked_.empty()) return;
  if (why.code == errc::no_space && waits_for_space_to_come_back()) return;
  refuse_front(why);
}

// The one that asked for space is refused; those behind it may need less.
void registry_state::refuse_front(const failure& why) {
  if (parked_.empty()) return;
  if (auto* request = std::get_if<write_request>(&parked_.front().what)) {
    if (auto* many = std::get_if<many_writes>(&request->what); many == nullptr) {
      refuse(*request, why);
      unpark_front();
    } else if (std::exchange(many->together_max, 1) == 1) {
      // Not even the next of them alone.
      count_rejected(why.code);
      fail_next(*many, why);
      ++many->next;
    }
  }
  serve_parked();
}

// Nothing is refused for space that is about to be free: what ops in flight were granted and do not need,
// what they supersede, and journal that two checkpoints make superfluous. Whatever came back meanwhile,
// it ends: nothing new is sequenced while the front of the queue waits here.
bool registry_state::waits_for_space_to_come_back() {
  if (failed_) return false;
  if (!pending_.empty()) {
    budget_waits_for_ = budget_wait::group;
    compat::send(self_, writer_, close_batch{static_cast<std::uint8_t>(close_cause::credit)});
    return true;
  }
  const auto superfluous = newest_journal_total_ - previous_root_total_;
  if (superfluous < limits::journal_area_bytes_min) return false;
  budget_waits_for_ = budget_wait::checkpoints;
  shorten_journal();
  return true;
}

void registry_state::shorten_journal() {
  // One that is under way began too early to count.
  checkpoints_wanted_ = checkpoints_that_free_areas + (checkpoint_running_ ? 1 : 0);
  if (!checkpoint_running_) start_checkpoint_of_newest();
}

}  // namespace stowage
