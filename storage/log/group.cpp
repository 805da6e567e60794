#include <stowage/storage/log/group.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>
#include <utility>

namespace stowage {

namespace {

bool is_packed(std::uint64_t value_bytes) noexcept {
  return value_bytes < limits::packed_value_bytes_end;
}

// Values below this are copied into one buffer per group: a buffer each would cost the kernel more than
// the copy costs us. Larger ones are written from where they are.
constexpr std::uint64_t staged_value_bytes_end = 2048;

shared_bytes zeros(std::uint64_t length) {
  static const shared_bytes page = page_buffer::share(page_buffer{page_size});
  invariant(length <= page_size, "padding is shorter than a page");
  return page.slice(0, length);
}

// Walks over the runs from start to end.
class run_cursor {
 public:
  explicit run_cursor(const std::vector<extent>& runs) noexcept : runs_{&runs} {}

  [[nodiscard]] std::uint64_t offset() const noexcept { return (*runs_)[run_].offset + used_; }
  // Bytes left in the current run, which is the next one as soon as one is full.
  [[nodiscard]] std::uint64_t room() {
    invariant(!runs_->empty(), "the runs hold the values of their group");
    while (used_ == (*runs_)[run_].length) {
      used_ = 0;
      ++run_;
      invariant(run_ < runs_->size(), "the runs hold the values of their group");
    }
    return (*runs_)[run_].length - used_;
  }
  void advance(std::uint64_t bytes) noexcept { used_ += bytes; }
  [[nodiscard]] std::uint64_t in_run() const noexcept { return used_; }

 private:
  const std::vector<extent>* runs_;
  std::size_t run_ = 0;
  std::uint64_t used_ = 0;
};

// Where small values are copied one behind another.
class staging {
 public:
  staging(std::uint64_t bytes, const page_pool& buffers)
      : buffer_{std::make_shared<page_buffer>(buffers.take(bytes))} {}

  [[nodiscard]] bool has_room(std::uint64_t bytes) const noexcept {
    return bytes <= buffer_->size() - used_;
  }
  void add(byte_view value) noexcept {
    std::memcpy(buffer_->bytes().data() + used_, value.data(), value.size());
    used_ += value.size();
  }
  void add_zeros(std::uint64_t count) noexcept {
    std::memset(buffer_->bytes().data() + used_, 0, count);
    used_ += count;
  }

  /// How much was added since the last `take`, and all of it.
  [[nodiscard]] std::uint64_t added() const noexcept { return used_ - taken_; }
  [[nodiscard]] shared_bytes take() {
    const auto from = std::exchange(taken_, used_);
    return {buffer_, buffer_->bytes().subspan(from, used_ - from)};
  }

 private:
  std::shared_ptr<page_buffer> buffer_;
  std::size_t used_ = 0;
  std::size_t taken_ = 0;
};

class value_writer {
 public:
  value_writer(const std::vector<extent>& runs, std::uint64_t staged_bytes, std::uint64_t seed,
               const page_pool& buffers, write_plan& plan)
      : cursor_{runs}, staging_{staged_bytes, buffers}, seed_{seed}, plan_{&plan} {}

  void write(const shared_bytes& value, std::vector<chunk>& chunks) {
    if (!is_packed(value.size())) pad_to(page_size);
    for (std::size_t at = 0; at < value.size();) {
      const auto length =
          std::min({value.size() - at, cursor_.room(), std::uint64_t{limits::chunk_bytes_max}});
      const auto piece = value.view().subspan(at, length);
      chunks.push_back({{cursor_.offset(), length}, checksum(piece, seed_)});
      if (length < staged_value_bytes_end && staging_.has_room(length))
        stage(piece);
      else
        emit(value.slice(at, length));
      at += length;
      pad_to(limits::packing_unit);
    }
  }

  void finish() {
    pad_to(page_size);
    emit_staged();
  }

 private:
  // Zeros up to the next multiple of `unit`; runs end on page boundaries, so it stays in the run.
  void pad_to(std::uint64_t unit) {
    const auto over = cursor_.in_run() % unit;
    if (over == 0) return;
    const auto count = unit - over;
    if (staging_.added() == 0 || !staging_.has_room(count)) return emit(zeros(count));
    staging_.add_zeros(count);
    cursor_.advance(count);
  }

  // What lies together there and on the device is one buffer: each costs the kernel more than its bytes.
  void stage(byte_view piece) {
    if (staged_at_ + staging_.added() != cursor_.offset()) emit_staged();
    if (staging_.added() == 0) staged_at_ = cursor_.offset();
    staging_.add(piece);
    cursor_.advance(piece.size());
  }

  void emit_staged() {
    if (staging_.added() > 0) plan_->add_value(staged_at_, staging_.take());
  }

  void emit(shared_bytes bytes) {
    emit_staged();
    const auto length = bytes.size();
    plan_->add_value(cursor_.offset(), std::move(bytes));
    cursor_.advance(length);
  }

  run_cursor cursor_;
  staging staging_;
  /// Where on the device that goes which was staged and not yet emitted.
  std::uint64_t staged_at_ = 0;
  std::uint64_t seed_;
  write_plan* plan_;
};

}  // namespace

op_list coalesce(op_list ops) {
  // Most groups write each name once, and whoever accepted the ops knows it.
  if (std::ranges::none_of(ops, &accepted_op::may_supersede_pending)) return ops;
  // From the last op to the first: a name whose put or delete was seen makes earlier ops moot. A
  // RELOCATE decides nothing (it applies only to its own version), a CLEAR has no name.
  std::unordered_set<std::string_view> decided;
  for (auto i = ops.size(); i-- > 0;) {
    const auto& o = *ops[i];
    if (o.kind == op_kind::clear) continue;
    if (decided.contains(o.name))
      ops[i] = nullptr;
    else if (o.kind != op_kind::relocate)
      decided.insert(o.name);
  }
  std::erase(ops, nullptr);
  return ops;
}

void value_pages::add(std::uint64_t value_bytes) noexcept {
  if (is_packed(value_bytes))
    packed_ += round_up(value_bytes, limits::packing_unit);
  else
    own_pages_ += round_up_to_page(value_bytes);
}

std::uint64_t value_pages::bytes() const noexcept { return round_up_to_page(packed_) + own_pages_; }

std::uint64_t value_pages_bytes(const op_list& ops) noexcept {
  value_pages sum;
  for (const auto* o : ops) sum.add(o->value.size());
  return sum.bytes();
}

std::uint64_t record_body_bytes_for(std::uint64_t name_bytes, std::uint64_t value_bytes) noexcept {
  // One chunk more than the value needs by size: a run may end inside it.
  return encoded_op_bytes(name_bytes, value_bytes / limits::chunk_bytes_max + 2);
}

std::vector<committed_op> place_values(const op_list& ops, const std::vector<extent>& runs,
                                       std::uint64_t seed, const page_pool& buffers,
                                       write_plan& plan) {
  // With what pads them.
  std::uint64_t staged_bytes = 0;
  for (const auto* o : ops)
    if (o->value.size() < staged_value_bytes_end)
      staged_bytes += round_up(o->value.size(), limits::packing_unit);

  std::vector<committed_op> placed(ops.size());
  value_writer writer{runs, round_up_to_page(staged_bytes), seed, buffers, plan};
  std::vector<chunk> chunks;
  for (const bool packed_turn : {true, false}) {
    for (std::size_t i = 0; i < ops.size(); ++i) {
      const auto& o = *ops[i];
      if (is_packed(o.value.size()) != packed_turn) continue;
      chunks.clear();
      writer.write(o.value, chunks);
      placed[i] = {o.kind, block::make({o.kind, o.flags, o.name, o.ver, o.expires_at_ms,
                                        o.value.size(), chunks},
                                       0)};
    }
  }
  writer.finish();
  return placed;
}

record_draft encode_body(const std::vector<committed_op>& ops, const page_pool& buffers) {
  const auto as_written = [](const committed_op& o) {
    auto w = o.as_op();
    if (mutant("names-cut-at-31-bytes")) w.name = w.name.substr(0, 31);
    return w;
  };
  std::size_t bytes = 0;
  for (const auto& o : ops) {
    const auto w = as_written(o);
    bytes += encoded_op_bytes(w.name.size(), w.chunks.size());
  }
  record_draft record{bytes, buffers};
  byte_writer out{record.body()};
  for (const auto& o : ops) encode_op(out, as_written(o));
  invariant(out.size() == bytes, "a body is filled: what was in its buffer is not written");
  return record;
}

void append_record(const journal_identity& who, const record_parts& parts, record_draft draft,
                   const area_ref& spare, journal_areas& areas, write_plan& plan) {
  if (mutant("log-payload-truncated"))
    draft = record_draft{byte_view{draft.body()}.first(draft.body().size() / 2)};
  const auto bytes = record_bytes_for(draft.body().size());
  record_header header;
  header.kind = parts.kind;
  header.op_count = parts.op_count;
  header.transaction_count = parts.transaction_count;
  header.uuid_low = who.uuid_low;
  if (!parts.in_reserved_page) areas.place(bytes, spare);
  const auto& at = areas.position();
  header.area_salt = at.area.salt;
  header.number = at.last.next();
  header.ep = who.ep;
  header.synced_through = parts.synced_through;
  header.previous = at.previous;
  header.next_area = at.next;
  auto record = encode_record(header, std::move(draft), who.hash_seed);
  invariant(decode_record_header(record.bytes(), at.offset, who.hash_seed).ok(),
            "I7: a record that is written can be read");
  plan.add_record(at.offset, page_buffer::share(std::move(record)));
  areas.record_placed(header.number, header.header_sum, bytes);
}

}  // namespace stowage
