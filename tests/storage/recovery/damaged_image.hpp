// Images of stores, taken apart and put together again with what they should never hold.
//
// Contract: what is not changed on purpose stays right: checksums, chains and both slots agree again
// after an edit, so that a test meets the check it is about and no earlier one.
// Concurrency: one thread.
// Limits: an edited record keeps its number of pages.
#pragma once

#include <stowage/storage/format/checkpoint_page.hpp>
#include <stowage/storage/format/journal_record.hpp>
#include <stowage/storage/format/manifest.hpp>
#include <stowage/storage/format/superblock_election.hpp>
#include <stowage/storage/journal_walk.hpp>
#include <stowage/tests/storage/recovery/store_model.hpp>
#include <stowage/tests/support/overlay_device.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace stowage::test {

/// A store in memory with the model beside it.
class session {
 public:
  explicit session(image start = new_store(), store_state state = {},
                   builder_habits habits = small())
      : device_{std::make_unique<memory_device>(std::move(start))}, state_{std::move(state)} {
    auto opened = store_builder::open(*device_, habits);
    REQUIRE_OK(opened);
    store_.emplace(*std::move(opened));
  }

  void commit(const std::vector<change>& changes) {
    const auto next = store_->last_version().next();
    REQUIRE_OK(store_->commit(changes));
    state_ = after(std::move(state_), changes, next);
  }
  /// A record of about `bytes` without a value or an effect.
  void fill(std::uint64_t bytes) {
    std::vector<change> changes;
    for (std::uint64_t done = 0; done < bytes; done += 1032) {
      auto name = std::to_string(done);
      name.resize(1000, '-');
      changes.push_back(erase(std::move(name)));
    }
    commit(changes);
  }
  void seal() { REQUIRE_OK(store_->seal()); }
  void checkpoint() { REQUIRE_OK(store_->checkpoint()); }
  void close() { REQUIRE_OK(store_->close()); }

  [[nodiscard]] store_builder& store() noexcept { return *store_; }
  [[nodiscard]] const store_state& state() const noexcept { return state_; }
  [[nodiscard]] image bytes() const { return device_->image(); }

  static builder_habits small() {
    builder_habits h;
    h.growth_bytes = 256 * limits::kib;
    return h;
  }

 private:
  std::unique_ptr<memory_device> device_;
  store_state state_;
  std::optional<store_builder> store_;
};

inline mutable_byte_view part(image& bytes, std::uint64_t offset, std::uint64_t length) {
  return mutable_byte_view{bytes}.subspan(offset, length);
}
inline byte_view part(const image& bytes, std::uint64_t offset, std::uint64_t length) {
  return byte_view{bytes}.subspan(offset, length);
}

inline void flip(image& bytes, std::uint64_t offset) { bytes.at(offset) ^= std::byte{0x10}; }

inline void put_bytes(image& bytes, std::uint64_t offset, byte_view what) {
  std::ranges::copy(what, part(bytes, offset, what.size()).begin());
}

inline superblock newest_superblock(const image& bytes) {
  const auto slot = [&](std::size_t i) {
    return part(bytes, layout::superblock_offset[i], layout::superblock_bytes);
  };
  const auto elected = elect_superblock({slot(0), slot(1)});
  REQUIRE_OK(elected);
  return elected->winner;
}

/// Changes the newest superblock, in its slot.
inline void edit_superblock(image& bytes, const std::function<void(superblock&)>& edit) {
  auto sb = newest_superblock(bytes);
  const auto slot = sb.slot();
  edit(sb);
  put_bytes(bytes, layout::superblock_offset[slot], encode(sb).bytes());
}

/// The journal of the newest superblock's current root.
struct found_record {
  record_header header;
  std::uint64_t offset = 0;
  std::vector<std::byte> body;
  area_ref area;
};

inline std::vector<found_record> records_of(const image& bytes) {
  const auto sb = newest_superblock(bytes);
  overlay_device device{bytes};
  std::vector<found_record> all;
  const journal_lineage lineage{low_half(sb.id), sb.hash_seed, sb.ep, sb.fence};
  const auto end = walk_journal(
      device, lineage, sb.current.start, lsn{UINT64_MAX}, read_mode::cached,
      [&](const walked_record& r) -> result<void> {
        all.push_back({r.header, r.offset, {r.body.begin(), r.body.end()}, r.after.area});
        return {};
      });
  REQUIRE_OK(end);
  return all;
}

/// Writes the records back where they stood, linked to one another again.
inline void put_records(image& bytes, std::vector<found_record> records) {
  const auto sb = newest_superblock(bytes);
  auto previous = sb.current.start.previous;
  for (auto& r : records) {
    r.header.previous = previous;
    put_bytes(bytes, r.offset, encode_record(r.header, r.body, sb.hash_seed).bytes());
    previous = r.header.header_sum;
  }
}

/// Changes ops of a body; an edited op may have fewer chunks, not more.
inline std::vector<std::byte> edited_body(
    const std::vector<std::byte>& body, const std::function<void(op&, std::vector<chunk>&)>& edit) {
  std::vector<std::byte> out;
  byte_writer to{out};
  op_reader from{body, 0};
  while (!from.finished()) {
    auto o = from.next();
    REQUIRE_OK(o);
    std::vector<chunk> chunks{o->chunks.begin(), o->chunks.end()};
    edit(*o, chunks);
    o->chunks = chunks;
    encode_op(to, *o);
  }
  return out;
}

/// Changes the entries of the current checkpoint, and everything that vouches for them.
inline void edit_checkpoint(image& bytes,
                            const std::function<void(op&, std::vector<chunk>&)>& edit_op,
                            const std::function<void(manifest&)>& edit_manifest = {}) {
  edit_superblock(bytes, [&](superblock& sb) {
    const auto where = sb.current.manifest;
    auto m = decode_manifest(part(bytes, where.offset, where.length), where.offset);
    REQUIRE_OK(m);
    for (std::size_t i = 0; i < m->pages.size(); ++i) {
      auto& p = m->pages[i];
      const image page{part(bytes, p.where.offset, p.where.length).begin(),
                       part(bytes, p.where.offset, p.where.length).end()};
      checkpoint_page_builder built{i};
      REQUIRE_OK(
          decode_checkpoint_page(page, p.where.offset, i, [&](const op& entry) -> result<void> {
            auto o = entry;
            std::vector<chunk> chunks{entry.chunks.begin(), entry.chunks.end()};
            edit_op(o, chunks);
            o.chunks = chunks;
            built.add(o);
            return {};
          }));
      const auto encoded = built.finish();
      p.sum = checksum(encoded.bytes(), sb.hash_seed);
      put_bytes(bytes, p.where.offset, encoded.bytes());
    }
    if (edit_manifest) edit_manifest(*m);
    const auto encoded = encode(*m);
    sb.current.manifest_sum = checksum(encoded.bytes(), sb.hash_seed);
    put_bytes(bytes, where.offset, encoded.bytes());
  });
}

/// Recovers a copy of the image; what a test says about the outcome is about these.
struct opened_image {
  overlay_device device;
  result<recovered_store> store;

  /// The device reads the image where it stands, so a temporary one will not do.
  opened_image(const image& bytes, store_access access)
      : device{bytes}, store{recover(device, access)} {}
  opened_image(image&&, store_access) = delete;
  [[nodiscard]] errc code() const { return code_of(store); }
  /// Empty if it opened with exactly this state.
  [[nodiscard]] std::string complaint(const store_state& expected) {
    return store ? complaint_about(*store, device, expected) : why(store);
  }
};

inline opened_image open_to_write(const image& bytes) { return {bytes, store_access::read_write}; }
opened_image open_to_write(image&&) = delete;
inline opened_image open_to_read(const image& bytes) { return {bytes, store_access::read_only}; }
opened_image open_to_read(image&&) = delete;

}  // namespace stowage::test
