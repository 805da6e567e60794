#include <stowage/storage/checkpoint.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/format/layout.hpp>

#include <vector>

namespace stowage {

checkpoint_writer::checkpoint_writer(index_snapshot snapshot, journal_position at,
                                     std::uint64_t hash_seed)
    : snapshot_{std::move(snapshot)}, at_{at}, hash_seed_{hash_seed} {
  manifest_.number = at_.last;
}

std::optional<page_buffer> checkpoint_writer::next_page() {
  if (manifest_.entry_count == snapshot_.size()) return std::nullopt;
  checkpoint_page_builder builder{manifest_.pages.size()};
  std::string last;
  snapshot_.for_each_from(next_name_, [&](const block_ref& b) {
    const auto entry = b->as_op();
    if (!builder.fits(entry)) return false;
    builder.add(entry);
    last = entry.name;
    return true;
  });
  // The least name after `last`.
  next_name_ = std::move(last);
  next_name_.push_back('\0');

  auto page = builder.finish();
  checkpoint_page_ref ref;
  ref.entry_count = builder.entry_count();
  ref.first_name = builder.first_name();
  ref.sum = checksum(page.bytes(), hash_seed_);
  ref.where.length = page.size();
  manifest_.entry_count += ref.entry_count;
  manifest_.pages.push_back(std::move(ref));
  return page;
}

void checkpoint_writer::page_placed(const extent& where) {
  invariant(placed_ < manifest_.pages.size(), "a page is placed once");
  auto& page = manifest_.pages[placed_++];
  invariant(where.length == page.where.length, "a page gets room for all of it");
  page.where = where;
}

page_buffer checkpoint_writer::encode_manifest() {
  invariant(manifest_.entry_count == snapshot_.size() && placed_ == manifest_.pages.size(),
            "a manifest follows the last page");
  auto bytes = encode(manifest_);
  const auto read = decode_manifest(bytes.bytes(), 0);
  invariant(read.ok() && *read == manifest_, "I7: a manifest is read as it was written");
  manifest_sum_ = checksum(bytes.bytes(), hash_seed_);
  return bytes;
}

root checkpoint_writer::finish(const extent& where) const {
  root r;
  r.manifest = where;
  r.manifest_sum = manifest_sum_;
  r.entry_count = manifest_.entry_count;
  r.start = at_;
  return r;
}

namespace {

// Each entry in a page of its own, under the longest name.
constexpr std::uint64_t manifest_bytes_max(std::uint64_t entries) noexcept {
  return round_up_to_page(layout::manifest_header_bytes +
                          entries * (layout::page_ref_fixed_bytes + limits::name_bytes_max));
}

}  // namespace

result<manifest> load_manifest(block_device& device, const root& r, std::uint64_t hash_seed,
                               read_mode mode) {
  // R8: before memory is taken for it, a length has to be one of a manifest and lie inside the file.
  if (r.manifest.length > manifest_bytes_max(r.entry_count) && !mutant("manifest-length-trusted"))
    return fail_at(errc::corrupt, r.manifest.offset,
                   "a checkpoint manifest too long for its entries");
  if (r.manifest.end() > device.size())
    return fail_at(errc::corrupt, r.manifest.offset,
                   "truncated: a checkpoint beyond the end of the file");
  page_buffer bytes{r.manifest.length};
  if (auto got = read_exactly(device, r.manifest.offset, bytes.bytes(), mode); !got)
    return std::move(got).error();
  if (checksum(bytes.bytes(), hash_seed) != r.manifest_sum)
    return fail_at(errc::corrupt, r.manifest.offset,
                   "a checkpoint manifest that does not match its checksum");
  auto m = decode_manifest(bytes.bytes(), r.manifest.offset);
  if (m && (m->number != r.start.last || m->entry_count != r.entry_count))
    return fail_at(errc::corrupt, r.manifest.offset, "a checkpoint manifest of another root");
  return m;
}

result<void> checkpoint_reader::next_page(block_device& device, read_mode mode,
                                          const std::function<result<void>(const op&)>& visit) {
  auto read = read_page(next_++, device, mode, visit);
  if (!read) last_name_.clear();
  return read;
}

result<void> checkpoint_reader::read_page(std::uint64_t number, block_device& device,
                                          read_mode mode,
                                          const std::function<result<void>(const op&)>& visit) {
  const auto& p = manifest_.pages[number];
  if (p.where.end() > device.size())
    return fail_at(errc::corrupt, p.where.offset,
                   "truncated: a checkpoint page beyond the end of the file");
  page_buffer bytes{p.where.length};
  if (auto got = read_exactly(device, p.where.offset, bytes.bytes(), mode); !got) return got;
  if (checksum(bytes.bytes(), hash_seed_) != p.sum && !mutant("checkpoint-page-not-verified"))
    return fail_at(errc::corrupt, p.where.offset,
                   "a checkpoint page that does not match its checksum");
  std::uint32_t entries = 0;
  auto visited = decode_checkpoint_page(
      bytes.bytes(), p.where.offset, number, [&](const op& entry) -> result<void> {
        // No name is empty, so the first name of all comes after this as well.
        if ((entries == 0 && entry.name != p.first_name) || entry.name <= last_name_)
          return fail_at(errc::corrupt, p.where.offset, "a checkpoint out of order");
        last_name_ = entry.name;
        ++entries;
        return visit(entry);
      });
  if (!visited) return visited;
  if (entries != p.entry_count)
    return fail_at(errc::corrupt, p.where.offset,
                   "a checkpoint page of another size than its manifest says");
  return {};
}

result<void> load_checkpoint(block_device& device, const manifest& m, std::uint64_t hash_seed,
                             read_mode mode, const std::function<result<void>(const op&)>& visit) {
  checkpoint_reader pages{m, hash_seed};
  while (!pages.is_over())
    if (auto read = pages.next_page(device, mode, visit); !read) return read;
  return {};
}

}  // namespace stowage
