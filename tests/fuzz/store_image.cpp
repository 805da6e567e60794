#include <stowage/tests/fuzz/store_image.hpp>

#include <stowage/storage/checkpoint.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/creation.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/format/journal_record.hpp>
#include <stowage/storage/format/superblock_election.hpp>
#include <stowage/storage/journal_walk.hpp>
#include <stowage/tests/support/store_builder.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace stowage::fuzz {

namespace {

// Where the numbers stand in each structure, from docs/on-disk-format.md.
constexpr std::array root_at{std::uint64_t{120}, std::uint64_t{240}};
constexpr std::array superblock_fields{
    field{16, 2}, field{18, 2}, field{20, 4}, field{24, 8},  field{32, 8}, field{40, 8},
    field{48, 8}, field{56, 8}, field{64, 8}, field{72, 8},  field{80, 8}, field{88, 8},
    field{96, 4}, field{96, 4}, field{96, 4}, field{104, 8}, field{112, 8}};
constexpr std::array root_fields{field{0, 8},  field{8, 8},   field{32, 8}, field{40, 8},
                                 field{48, 8}, field{56, 8},  field{64, 8}, field{72, 8},
                                 field{96, 8}, field{104, 8}, field{112, 8}};
constexpr std::array record_fields{field{8, 2},  field{10, 2}, field{12, 4}, field{16, 4},
                                   field{20, 4}, field{24, 4}, field{32, 8}, field{40, 8},
                                   field{48, 8}, field{56, 8}, field{64, 8}, field{88, 8},
                                   field{96, 8}, field{104, 8}};
constexpr std::array op_fields{field{0, 1}, field{1, 1},  field{2, 2},  field{4, 2}, field{6, 2},
                               field{8, 8}, field{16, 8}, field{24, 8}, field{32, 1}};
constexpr std::array chunk_fields{field{0, 8}, field{8, 4}};
constexpr std::array manifest_fields{field{8, 2}, field{16, 8}, field{24, 8}, field{32, 8},
                                     field{40, 8}};
constexpr std::array page_ref_fields{field{0, 8}, field{8, 4}, field{12, 4}, field{32, 2},
                                     field{34, 1}};
constexpr std::array page_fields{field{8, 8}, field{16, 4}, field{20, 4}};

// Of a long list the first few are as good as all.
constexpr std::size_t listed_max = 12;

template <std::size_t n>
void add_fields(std::vector<field>& to, const std::array<field, n>& of, std::uint64_t at) {
  for (const auto& f : of) to.push_back({at + f.offset, f.width});
}

void add_op_fields(std::vector<field>& to, byte_view body, std::uint64_t at) {
  op_reader ops{body, at};
  auto op_at = at;
  for (std::size_t n = 0; !ops.finished() && n < listed_max; ++n) {
    const auto o = ops.next();
    if (!o) return;
    add_fields(to, op_fields, op_at);
    op_at += layout::op_fixed_bytes + o->name.size();
    for (std::size_t i = 0; i < o->chunks.size(); ++i, op_at += layout::chunk_bytes)
      add_fields(to, chunk_fields, op_at);
  }
}

byte_view part(const bytes& of, std::uint64_t at, std::uint64_t length) {
  return byte_view{of}.subspan(at, length);
}

void take_apart_checkpoint(base_image& b, const root& r) {
  b.places.push_back(r.manifest);
  add_fields(b.fields, manifest_fields, r.manifest.offset);
  const auto m =
      decode_manifest(part(b.content, r.manifest.offset, r.manifest.length), r.manifest.offset);
  if (!m) broken("a base image is valid");
  auto ref_at = r.manifest.offset + layout::manifest_header_bytes;
  for (const auto& p : m->pages) {
    b.places.push_back(p.where);
    add_fields(b.fields, page_ref_fields, ref_at);
    add_fields(b.fields, page_fields, p.where.offset);
    const auto entries_at = p.where.offset + layout::checkpoint_page_header_bytes;
    const auto length = load_le<std::uint32_t>(b.content, p.where.offset + 20);
    add_op_fields(b.fields, part(b.content, entries_at, length), entries_at);
    ref_at += layout::page_ref_fixed_bytes + p.first_name.size();
  }
}

void add_place(base_image& b, const extent& e) {
  if (std::ranges::find(b.places, e) == b.places.end()) b.places.push_back(e);
}

base_image take_apart(bytes content) {
  base_image b;
  b.content = std::move(content);
  for (const auto at : layout::superblock_offset) {
    b.places.push_back({at, layout::superblock_fields_bytes});
    add_fields(b.fields, superblock_fields, at);
    for (const auto r : root_at) add_fields(b.fields, root_fields, at + r);
  }
  const auto slot = [&](std::size_t i) {
    return part(b.content, layout::superblock_offset[i], layout::superblock_bytes);
  };
  const auto elected = elect_superblock({slot(0), slot(1)});
  if (!elected) broken("a base image is valid");
  b.sb = elected->winner;

  take_apart_checkpoint(b, b.sb.current);
  if (b.sb.previous.exists()) take_apart_checkpoint(b, b.sb.previous);

  test::overlay_device device{b.content};
  const auto& oldest = b.sb.previous.exists() ? b.sb.previous : b.sb.current;
  const journal_lineage lineage{low_half(b.sb.id), b.sb.hash_seed, b.sb.ep, b.sb.fence};
  const auto walked =
      walk_journal(device, lineage, oldest.start, lsn{UINT64_MAX}, read_mode::cached,
                   [&](const walked_record& r) -> result<void> {
                     b.records.push_back(r.offset);
                     b.places.push_back({r.offset, r.header.total_bytes});
                     add_fields(b.fields, record_fields, r.offset);
                     add_op_fields(b.fields, r.body, r.offset + layout::record_header_bytes);
                     return {};
                   });
  if (!walked) broken("a base image is valid");
  b.end = walked->position;
  for (const auto& a : walked->areas) b.places.push_back(a.where);
  b.places.push_back(b.end.next.where);

  const auto store = recover(device, store_access::read_only);
  if (!store) broken("a base image is valid");
  b.last_version = store->last_version;
  store->index.for_each_from({}, [&](const block_ref& block) {
    if (b.names.size() < listed_max) b.names.emplace_back(block->name());
    for (const auto& c : block->chunks())
      if (b.places.size() < 64) add_place(b, c.where);
    return true;
  });
  return b;
}

test::store_builder opened(block_device& device) {
  test::builder_habits habits;
  habits.growth_bytes = 256 * limits::kib;
  auto store = test::store_builder::open(device, habits);
  if (!store) broken("a base image is valid");
  return *std::move(store);
}

void expect_done(const result<void>& done) {
  if (!done) broken("a base image can be made");
}

bytes new_store(char who) {
  memory_device device;
  store_identity identity;
  identity.id.fill(static_cast<std::byte>(who));
  identity.hash_seed = 0x9e37'79b9'7f4a'7c15U * static_cast<unsigned char>(who);
  identity.area_salts = {0x1111, 0x2222};
  expect_done(create_store(device, identity));
  return device.image();
}

bytes made_by(char who, const std::function<void(test::store_builder&)>& make) {
  memory_device device{new_store(who)};
  auto store = opened(device);
  make(store);
  return device.image();
}

using test::clear;
using test::erase;
using test::put;
using test::relocate;

// Both roots, records behind them, a SEAL: as a kill leaves a store.
void two_roots(test::store_builder& s) {
  expect_done(s.commit({put("a", std::string(3000, 'a')), put("b", std::string(70'000, 'b'))}));
  expect_done(s.checkpoint());
  expect_done(s.commit({put("c", std::string(5000, 'c')), put("e", "")}));
  expect_done(s.checkpoint());
  expect_done(s.commit({put("d", std::string(66'000, 'd'), 4'000'000'000'000)}));
  expect_done(s.seal());
}

void every_op(test::store_builder& s) {
  expect_done(s.commit({put("a", "1"), put("b", "22"), put("c", std::string(9000, 'c'))}));
  expect_done(s.commit({clear(), put("a", "3"), put("dd", std::string(100, 'd'))}));
  expect_done(s.commit({erase("a"), erase("never")}));
  expect_done(s.commit({relocate("dd"), put("f", std::string(4096, 'f'))}));
  expect_done(s.commit({put("g", "last")}));
}

// The journal has gone to its next area; the record that left the first one behind is a long one.
void two_areas(test::store_builder& s) {
  expect_done(s.commit({put("a", "1")}));
  std::vector<test::change> many;
  for (std::size_t i = 0; i < 700; ++i)
    many.push_back(erase(std::to_string(i) + std::string(1000, '-')));
  expect_done(s.commit(many));
  expect_done(s.commit({put("b", "2")}));
  many.resize(400);
  expect_done(s.commit(many));
  expect_done(s.commit({put("c", "3")}));
}

// A checkpoint of several pages.
void many_blocks(test::store_builder& s) {
  std::vector<test::change> changes;
  for (int i = 100; i < 400; ++i)
    changes.push_back(put(std::to_string(i) + std::string(300, 'n'), std::to_string(i)));
  expect_done(s.commit(changes));
  expect_done(s.checkpoint());
  expect_done(s.commit({erase("200" + std::string(300, 'n')), put("z", "26")}));
}

}  // namespace

const std::vector<base_image>& base_images() {
  static const auto all = [] {
    std::vector<base_image> images;
    images.push_back(take_apart(made_by('1', two_roots)));
    images.push_back(take_apart(made_by('2', every_op)));
    images.push_back(take_apart(made_by('3', [](test::store_builder& s) {
      two_roots(s);
      expect_done(s.close());
    })));
    images.push_back(take_apart(made_by('4', two_areas)));
    images.push_back(take_apart(made_by('5', many_blocks)));
    images.push_back(take_apart(new_store('6')));
    return images;
  }();
  return all;
}

image_editor::image_editor(const base_image& base)
    : base_{&base},
      device_{base.content},
      seed_{base.sb.hash_seed},
      records_{base.records},
      places_{base.places},
      fields_{base.fields},
      end_{base.end},
      next_version_{base.last_version.next()} {}

void image_editor::edit(choices& from) {
  sums_chunks_ = !from.flag();
  constexpr std::array commands{&image_editor::set_field,       &image_editor::overwrite,
                                &image_editor::append_record,   &image_editor::replace_body,
                                &image_editor::replace_entries, &image_editor::copy_pages,
                                &image_editor::resize,          &image_editor::damage};
  for (int left = 64; !from.empty() && left > 0; --left) (this->*commands[from.below(8)])(from);
  sum_up();
  for (const auto& e : late_) {
    auto there = read(e.offset, 1);
    for (auto& b : there) b ^= std::byte{e.flip};
    device_.patch(e.offset, there);
  }
}

void image_editor::set_field(choices& from) {
  const auto& f = fields_[from.below(fields_.size())];
  const auto old = number_at(f.offset, f.width);
  const auto small = [&] {
    return static_cast<std::uint64_t>(
        static_cast<std::int64_t>(static_cast<std::int8_t>(from.byte())));
  };
  std::uint64_t value = 0;
  switch (from.below(9)) {
    case 0: value = from.byte(); break;
    case 1: value = old + small(); break;
    case 2: value = from.number<std::uint64_t>(); break;
    case 3: value = any_offset(from); break;
    case 4: {
      const auto& other = fields_[from.below(fields_.size())];
      value = number_at(other.offset, other.width);
      break;
    }
    case 5: value = places_[from.below(places_.size())].length; break;
    case 6: value = (std::uint64_t{1} << from.below(64)) + small(); break;
    case 7: value = old + page_size * small(); break;
    default: value = old ^ std::uint64_t{1} << from.below(64); break;
  }
  put_number(f.offset, f.width, value);
}

void image_editor::overwrite(choices& from) {
  const auto at = any_offset(from) + from.byte();
  device_.patch(at, from.bytes(from.byte()));
}

// Usually where the next record belongs, and right but for what the input says.
void image_editor::append_record(choices& from) {
  const unsigned unusual = from.byte();
  record_header h;
  h.kind = (unusual & 1U) != 0 ? record_kind::seal : record_kind::group;
  bytes body;
  if (h.kind == record_kind::group) {
    const auto ops = any_ops(from, false);
    byte_writer out{body};
    for (const auto& o : ops) encode_op(out, o.what);
    h.op_count = static_cast<std::uint32_t>(ops.size());
  }
  h.uuid_low = low_half(base_->sb.id);
  h.number = lsn{end_.last.value + 1 + ((unusual & 2U) != 0 ? from.byte() : 0U)};
  h.ep = epoch{base_->sb.ep.value + ((unusual & 4U) != 0 ? from.byte() - 2U : 0U)};
  h.synced_through = lsn{h.number.value - 1 - ((unusual & 8U) != 0 ? from.byte() : 0U)};
  const bool enters_next = (unusual & 16U) != 0;
  if (enters_next) {
    end_.area = end_.next;
    end_.offset = end_.area.where.offset;
  }
  h.area_salt = end_.area.salt;
  h.next_area = end_.next;
  if (enters_next || (unusual & 32U) != 0) h.next_area = any_area(from);
  const auto at = (unusual & 64U) != 0 ? any_offset(from) : end_.offset;

  const auto record = encode_record(h, body, seed_);
  device_.patch(at, record.bytes());
  records_.push_back(at);
  places_.push_back({at, record.size()});
  add_fields(fields_, record_fields, at);
  add_op_fields(fields_, body, at + layout::record_header_bytes);
  end_.last = h.number;
  end_.offset = at + record.size();
  end_.next = h.next_area;
}

void image_editor::replace_body(choices& from) {
  if (records_.empty()) return;
  const auto at = records_[from.below(records_.size())];
  const auto ops = any_ops(from, false);
  bytes body;
  byte_writer out{body};
  for (const auto& o : ops) encode_op(out, o.what);
  put_number(at + 12, 4, record_bytes_for(body.size()));
  put_number(at + 16, 4, body.size());
  put_number(at + 20, 4, ops.size());
  device_.patch(at + layout::record_header_bytes, body);
}

// The entries of one page of the newest checkpoint, and everything that counts them.
void image_editor::replace_entries(choices& from) {
  const auto root = layout::superblock_offset[base_->sb.slot()] + root_at[0];
  const auto manifest_at = number_at(root);
  const auto raw = read(manifest_at, number_at(root + 8));
  auto m = decode_manifest(raw, manifest_at);
  const auto which = from.byte();
  auto entries = any_ops(from, true);
  if (!m || entries.empty()) return;
  std::ranges::sort(entries, {}, &sketched_op::name);
  entries.erase(std::unique(entries.begin(), entries.end(),
                            [](const auto& a, const auto& b) { return a.name == b.name; }),
                entries.end());

  const bool is_new = m->pages.empty();
  const auto number = is_new ? 0 : which % m->pages.size();
  checkpoint_page_builder builder{number};
  for (auto& e : entries) {
    e.what.name = e.name;
    e.what.chunks = e.chunks;
    if (builder.fits(e.what)) builder.add(e.what);
  }
  const auto page = builder.finish();
  if (is_new) m->pages.push_back({{round_up_to_page(any_offset(from)), 0}, 0, {}, {}});
  auto& ref = m->pages[number];
  m->entry_count += builder.entry_count() - ref.entry_count;
  ref.entry_count = builder.entry_count();
  ref.first_name = builder.first_name();
  ref.where.length = page.size();
  device_.patch(ref.where.offset, page.bytes());
  const auto encoded = encode(*m);
  device_.patch(manifest_at, encoded.bytes());
  put_number(root + 8, 8, encoded.size());
  put_number(root + 32, 8, m->entry_count);
  add_op_fields(fields_,
                byte_view{page.bytes()}.subspan(24, load_le<std::uint32_t>(page.bytes(), 20)),
                ref.where.offset + 24);
}

void image_editor::copy_pages(choices& from) {
  const auto source = round_down(any_offset(from), page_size);
  const auto target = round_down(any_offset(from), page_size);
  const auto pages = 1 + from.below(32);
  device_.patch(target, read(source, pages * page_size));
}

void image_editor::resize(choices& from) {
  const auto size = std::min(any_offset(from) + from.byte(), file_bytes_max);
  // Neither fails on this device.
  if (size < device_.size())
    (void)device_.resize(size);
  else
    (void)device_.allocate(size);
}

void image_editor::damage(choices& from) {
  const auto& p = places_[from.below(places_.size())];
  const auto at = p.offset + from.number<std::uint16_t>() % std::max<std::uint64_t>(p.length, 1);
  late_.push_back({at, static_cast<std::uint8_t>(from.byte() | 1U)});
}

std::uint64_t image_editor::any_offset(choices& from) {
  const auto& p = places_[from.below(places_.size())];
  switch (from.below(6)) {
    case 0: return p.offset;
    case 1: return p.offset + p.length;
    case 2: return round_up_to_page(p.offset + p.length);
    case 3: return p.offset + std::uint64_t{from.byte()} * 64;
    case 4: return std::uint64_t{from.number<std::uint16_t>()} * page_size;
    default: return round_down(device_.size(), page_size) - std::uint64_t{from.byte()} * page_size;
  }
}

area_ref image_editor::any_area(choices& from) {
  if (from.below(8) == 7) return {};
  area_ref a;
  a.where.offset = round_down(any_offset(from), page_size);
  a.where.length = limits::mib + std::uint64_t{from.byte()} * page_size;
  a.salt = from.byte();
  if (!is_valid(a)) return end_.next;
  return a;
}

std::vector<image_editor::sketched_op> image_editor::any_ops(choices& from, bool only_puts) {
  std::vector<sketched_op> ops(from.below(12));
  for (auto& o : ops) o = any_op(from, only_puts);
  for (auto& o : ops) {
    o.what.name = o.name;
    o.what.chunks = o.chunks;
  }
  return ops;
}

image_editor::sketched_op image_editor::any_op(choices& from, bool only_puts) {
  sketched_op o;
  const unsigned how = from.byte();
  o.what.kind = only_puts ? op_kind::put : static_cast<op_kind>(1 + how % 4);
  const unsigned name = from.byte();
  o.name = name < base_->names.size()
               ? base_->names[name]
               : std::string(1 + name % 3, static_cast<char>('a' + name % 26));
  if (o.what.kind == op_kind::clear) o.name.clear();
  o.what.ver = (how & 4U) != 0 ? version{from.byte()} : next_version_;
  if ((how & 4U) == 0) next_version_ = next_version_.next();
  if (o.what.kind == op_kind::del || o.what.kind == op_kind::clear) return o;
  o.what.expires_at_ms = (how & 8U) != 0 ? from.byte() : 0U;
  const unsigned count = how >> 4U & 3U;
  for (unsigned i = 0; i < count; ++i) {
    chunk c;
    if ((how & 64U) != 0) {
      c.where = places_[from.below(places_.size())];
    } else {
      c.where.offset = round_down(any_offset(from), 64);
      c.where.length = 1 + from.number<std::uint16_t>();
    }
    o.what.value_length += c.where.length;
    o.chunks.push_back(c);
  }
  return o;
}

// From the leaves to the root, wherever the edited offsets lead.
void image_editor::sum_up() {
  const auto newest = number_at(layout::superblock_offset[1] + 64) > number_at(64) ? 1U : 0U;
  seed_ = number_at(layout::superblock_offset[newest] + 88);
  auto previous = base_->sb.previous.exists() ? base_->sb.previous.start.previous
                                              : base_->sb.current.start.previous;
  for (const auto at : records_) sum_record(at, previous);
  for (const auto slot : layout::superblock_offset) {
    for (const auto r : root_at) sum_root(slot + r);
    const auto fields = read(slot, layout::superblock_hash_at);
    put_hash(slot + layout::superblock_hash_at, checksum(fields, 0));
  }
}

void image_editor::sum_record(std::uint64_t at, hash128& previous) {
  const auto body_bytes = number_at(at + 16, 4);
  if (body_bytes > limits::record_bytes_max) return;
  const auto body_at = at + layout::record_header_bytes;
  sum_chunks(body_at, body_bytes);
  put_hash(at + 112, checksum(read(body_at, body_bytes), seed_));
  put_hash(at + 72, previous);
  previous = checksum(read(at, layout::record_header_hash_at), seed_);
  put_hash(at + layout::record_header_hash_at, previous);
  sums_by_lsn_[number_at(at + 48)] = previous;
}

void image_editor::sum_root(std::uint64_t at) {
  if (const auto link = sums_by_lsn_.find(number_at(at + 40)); link != sums_by_lsn_.end())
    put_hash(at + 80, link->second);
  const auto manifest_at = number_at(at);
  const auto length = number_at(at + 8);
  if (length == 0 || length > limits::mib || manifest_at >= device_.size()) return;

  auto ref_at = manifest_at + layout::manifest_header_bytes;
  const auto end =
      manifest_at + std::min(length, layout::manifest_header_bytes + number_at(manifest_at + 40));
  for (int left = 64; left > 0 && ref_at + layout::page_ref_fixed_bytes <= end; --left) {
    const auto page_at = number_at(ref_at);
    const auto page_bytes = number_at(ref_at + 8, 4);
    if (page_at < device_.size() && page_bytes <= layout::checkpoint_page_bytes_max) {
      sum_chunks(page_at + layout::checkpoint_page_header_bytes, number_at(page_at + 20, 4));
      put_hash(ref_at + 16, checksum(read(page_at, page_bytes), seed_));
    }
    ref_at += layout::page_ref_fixed_bytes + number_at(ref_at + 32, 2);
  }
  put_hash(at + 16, checksum(read(manifest_at, length), seed_));
}

// The checksums of the values that the ops of a body name.
void image_editor::sum_chunks(std::uint64_t at, std::uint64_t length) {
  if (!sums_chunks_ || length > limits::mib) return;
  auto body = read(at, length);
  bool changed = false;
  for (std::size_t o = 0; o + layout::op_fixed_bytes <= body.size();) {
    const auto name_bytes = load_le<std::uint16_t>(body, o + 4);
    const auto chunk_count = load_le<std::uint16_t>(body, o + 6);
    o += layout::op_fixed_bytes + name_bytes;
    for (std::size_t i = 0; i < chunk_count && o + layout::chunk_bytes <= body.size();
         ++i, o += layout::chunk_bytes) {
      const auto value_at = load_le<std::uint64_t>(body, o);
      const auto value_bytes = load_le<std::uint32_t>(body, o + 8);
      if (value_at >= device_.size() || value_bytes > limits::chunk_bytes_max) continue;
      summed_bytes_ += value_bytes;
      if (summed_bytes_ > 16 * limits::mib) return;
      const auto sum = checksum(read(value_at, value_bytes), seed_);
      store_le(body, o + 12, sum.low);
      store_le(body, o + 20, sum.high);
      changed = true;
    }
  }
  if (changed) device_.patch(at, body);
}

bytes image_editor::read(std::uint64_t at, std::uint64_t length) {
  if (at >= device_.size()) return {};
  bytes out(std::min({length, device_.size() - at, std::uint64_t{limits::record_bytes_max}}));
  (void)device_.read(at, out, read_mode::cached);
  return out;
}

std::uint64_t image_editor::number_at(std::uint64_t at, std::size_t width) {
  std::array<std::byte, 8> raw{};
  const auto there = read(at, width);
  std::ranges::copy(there, raw.begin());
  return load_le<std::uint64_t>(raw, 0);
}

void image_editor::put_number(std::uint64_t at, std::size_t width, std::uint64_t value) {
  std::array<std::byte, 8> raw{};
  store_le(raw, 0, value);
  device_.patch(at, byte_view{raw}.first(width));
}

void image_editor::put_hash(std::uint64_t at, const hash128& sum) {
  put_number(at, 8, sum.low);
  put_number(at + 8, 8, sum.high);
}

}  // namespace stowage::fuzz
