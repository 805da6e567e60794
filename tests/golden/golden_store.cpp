#include <stowage/tests/golden/golden_store.hpp>

#include <stowage/storage/checkpoint.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/execute_plan.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/log/group.hpp>
#include <stowage/storage/read_block.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace stowage::test {

namespace {

using limits::mib;

template <class T>
T must(result<T> r) {
  if (!r) throw std::runtime_error{describe(r.error())};
  if constexpr (!std::is_void_v<T>) return std::move(r).value();
}

// Zeros with a word here and there, so that a large value is a small text.
std::string sparse(std::size_t size, std::size_t stride) {
  std::string value(size, '\0');
  for (std::size_t at = 0; at + 12 <= size; at += stride)
    value.replace(at, 12, ("at " + std::to_string(at) + std::string(9, '.')).substr(0, 12));
  value.replace(size - 4, 4, "end.");
  return value;
}

std::string letters(std::size_t size) {
  std::string value;
  while (value.size() < size) value += static_cast<char>('a' + value.size() % 26);
  return value;
}

// Opens a store as a read-write recovery does, with a fence of its own: how recovery writes its fence may
// change, these bytes may not.
recovered_store begin_life(block_device& device) {
  auto store = must(recover(device, store_access::read_only));
  auto& sb = store.sb;
  sb.ep = sb.ep.next();
  sb.fence = store.position.last;
  sb.clean = false;
  sb.min_file_bytes = device.size();
  sb.version_floor = store.last_version;
  for (int slots = 0; slots < 2; ++slots) {
    sb.gen = sb.gen.next();
    write_plan plan;
    plan.set_superblock(layout::superblock_offset[sb.slot()], page_buffer::share(encode(sb)));
    must(execute(plan, device));
  }
  return store;
}

const std::string long_name(limits::name_bytes_max, '\0');
// UTF-8, a NUL, and bytes that are no text at all.
const std::string strange_name{"gr\xc3\xbc\xc3\x9f\0\xff\x80\n", 10};
const std::string split_value = letters(2 * page_size + 100);
const std::string large_value = sparse(64 * 1024 + 1234, 20'000);
const std::string chunked_value = sparse(4 * mib + 5, mib);

}  // namespace

store_identity golden_identity(char last) {
  store_identity who;
  const std::string id = std::string{"Stowage golden "} + last;
  std::ranges::copy(as_bytes(id), who.id.begin());
  who.hash_seed = 0x0123'4567'89ab'cdef;
  who.area_salts = {0xa1a1'a1a1'0000'0001, 0xa1a1'a1a1'0000'0002};
  return who;
}

journal_position first_position(const store_identity& who) {
  journal_position at;
  at.area = {{layout::data_start, mib}, who.area_salts[0]};
  at.offset = layout::data_start;
  at.next = {{layout::data_start + mib, mib}, who.area_salts[1]};
  return at;
}

golden_writer::golden_writer(block_device& device, recovered_store recovered)
    : device_{device},
      sb_{recovered.sb},
      index_{std::move(recovered.index)},
      areas_{recovered.position, recovered.kept_areas},
      last_version_{recovered.last_version},
      synced_file_bytes_{device.size()} {}

extent golden_writer::take(std::uint64_t bytes) {
  const extent taken{device_.size(), round_up_to_page(bytes)};
  must(device_.allocate(taken.end()));
  return taken;
}

accepted_op golden_writer::put(std::string name, std::string value, std::uint64_t expires_at_ms) {
  accepted_op o;
  o.name = std::move(name);
  o.ver = last_version_ = last_version_.next();
  o.expires_at_ms = expires_at_ms;
  o.value = shared_bytes{std::move(value)};
  return o;
}

accepted_op golden_writer::del(std::string name) {
  auto o = put(std::move(name), {});
  o.kind = op_kind::del;
  return o;
}

accepted_op golden_writer::clear() {
  auto o = put({}, {});
  o.kind = op_kind::clear;
  return o;
}

accepted_op golden_writer::relocate(const std::string& name) {
  const auto b = index_.find(name);
  accepted_op o;
  o.kind = op_kind::relocate;
  o.name = name;
  o.ver = b->ver();
  o.expires_at_ms = b->expires_at_ms();
  o.value = must(read_block(device_, *b, sb_.hash_seed, 0, b->value_length()));
  return o;
}

void golden_writer::commit(std::vector<accepted_op> ops, std::vector<extent> runs) {
  const accepted_ops all{std::move(ops)};
  const auto kept = coalesce(all.all());
  const page_pool buffers{0};
  if (const auto bytes = value_pages_bytes(kept); runs.empty() && bytes > 0) runs = {take(bytes)};
  const auto placed = place_values(kept, runs, sb_.hash_seed, buffers, plan_);
  append(record_kind::group, static_cast<std::uint32_t>(placed.size()),
         encode_body(placed, buffers).body(), plan_);
  carry_out(plan_);
  for (const auto& o : placed) index_.apply(o.kind, o.what, 0, [](const block_ref&) {});
}

void golden_writer::seal_with_larger_area(std::uint64_t bytes, std::uint64_t salt) {
  (void)areas_.announce_larger({take(bytes), salt});
  append(record_kind::seal, 0, {}, plan_);
  carry_out(plan_);
}

void golden_writer::append(record_kind kind, std::uint32_t op_count, byte_view body,
                           write_plan& plan) {
  const auto& at = areas_.position();
  record_parts parts;
  parts.kind = kind;
  parts.op_count = op_count;
  parts.transaction_count = op_count == 0 ? 0 : 1;
  parts.synced_through = at.last;  // one group at a time
  parts.in_reserved_page = kind == record_kind::seal;
  append_record({low_half(sb_.id), sb_.hash_seed, sb_.ep}, parts, record_draft{body}, {}, areas_,
                plan);
}

void golden_writer::carry_out(write_plan& plan) {
  plan.seal();
  must(execute(plan, device_));
  synced_file_bytes_ = device_.size();
  plan = {};
}

void golden_writer::start_checkpoint() {
  checkpoint_writer writer{index_.snapshot(), areas_.position(), sb_.hash_seed};
  while (auto page = writer.next_page()) {
    const auto where = take(page->size());
    plan_.add_value(where.offset, page_buffer::share(std::move(*page)));
    writer.page_placed(where);
  }
  auto bytes = writer.encode_manifest();
  const auto where = take(bytes.size());
  plan_.add_value(where.offset, page_buffer::share(std::move(bytes)));
  next_root_ = writer.finish(where);
}

void golden_writer::finish_checkpoint() {
  sb_.previous = sb_.current;
  sb_.current = next_root_;
  sb_ = next_superblock(false);
  plan_.set_superblock(layout::superblock_offset[sb_.slot()], page_buffer::share(encode(sb_)));
}

void golden_writer::close() {
  sb_ = next_superblock(true);
  plan_.set_superblock(layout::superblock_offset[sb_.slot()], page_buffer::share(encode(sb_)));
  carry_out(plan_);
}

superblock golden_writer::next_superblock(bool clean) {
  auto sb = sb_;
  sb.gen = sb.gen.next();
  sb.fence = areas_.position().last;
  sb.clean = clean;
  sb.min_file_bytes = synced_file_bytes_;
  sb.version_floor = last_version_;
  return sb;
}

std::vector<golden_block> golden_blocks() {
  return {
      {long_name, version{13}, 0, "a name of 1024 NUL bytes"},
      {"after", version{19}, 0, "written after the second checkpoint"},
      {"chunks", version{11}, 0, chunked_value},
      {"empty", version{4}, 0, ""},
      {"expiring", version{16}, golden_expiry_ms, "until 2100"},
      {strange_name, version{12}, 0, std::string("\0\r\n\x1a\xff", 5)},
      {"large", version{10}, 0, large_value},
      {"packed/1", version{6}, 0, letters(63)},
      {"packed/2", version{7}, 0, letters(64)},
      {"split", version{21}, 0, split_value},
      {"tiny", version{15}, 0, "T"},
  };
}

std::vector<std::byte> make_golden_image() {
  memory_device device;
  must(create_store(device, golden_identity('1')));
  {
    golden_writer w{device, begin_life(device)};
    w.commit({w.put("cleared", "gone with the clear"), w.put("doomed", "1")});
    w.commit({w.clear(), w.put("empty", ""), w.put("tiny", "t"), w.put("packed/1", letters(63)),
              w.put("packed/2", letters(64)), w.put("packed/3", letters(65)),
              w.put("doomed", "2")});
    w.commit({w.put("large", large_value), w.put("chunks", chunked_value),
              w.put(strange_name, std::string("\0\r\n\x1a\xff", 5)),
              w.put(long_name, "a name of 1024 NUL bytes")});
    w.start_checkpoint();
    w.commit({w.del("doomed"), w.put("tiny", "T")});
    w.finish_checkpoint();
    w.commit({w.put("expiring", "until 2100", golden_expiry_ms)});
    w.close();
  }
  {
    golden_writer w{device, begin_life(device)};
    w.start_checkpoint();
    w.commit({w.put("short-lived", "deleted again in the last group"), w.relocate("packed/2")});
    w.finish_checkpoint();
    w.commit({w.put("coalesced", "never written"),
              w.put("after", "written after the second checkpoint"), w.del("coalesced")});
    w.seal_with_larger_area(2 * mib, 0xa1a1'a1a1'0000'0003);
    // In two runs that do not touch.
    const auto first = w.take(page_size);
    (void)w.take(page_size);
    const auto second = w.take(3 * page_size);
    w.commit({w.put("split", split_value), w.del("packed/3"), w.del("short-lived")},
             {first, second});
  }
  return device.image();
}

std::vector<std::byte> make_tiny_image() {
  memory_device device;
  must(create_store(device, golden_identity('0')));
  golden_writer w{device, begin_life(device)};
  w.commit({w.put("hello", "world")});
  return device.image();
}

}  // namespace stowage::test
