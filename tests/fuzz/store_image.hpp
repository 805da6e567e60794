// Whole stores for a fuzz target: small valid ones, and what an input makes of them.
//
// Contract: `base_images` are always the same. An `image_editor` reads commands from an input: they set fields
// of any structure, put records behind the journal, exchange the ops of a record and the entries of a
// checkpoint, copy pages, change the length. Then every checksum and every link of the chain is put right again,
// from the values up to the superblocks and wherever the edited offsets point now, so that a recovery meets what
// the edit says and not a wrong checksum. Last come the edits that are to stay damage. No bytes are an error.
// Concurrency: one thread.
// Limits: a file of at most 64 MiB; knows the format from its documentation, by offsets of its own.
#pragma once

#include <stowage/storage/format/journal_position.hpp>
#include <stowage/storage/format/op.hpp>
#include <stowage/storage/format/superblock.hpp>
#include <stowage/tests/fuzz/choices.hpp>
#include <stowage/tests/fuzz/fuzz_target.hpp>
#include <stowage/tests/support/overlay_device.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace stowage::fuzz {

/// A number in the file.
struct field {
  std::uint64_t offset = 0;
  std::size_t width = 0;
};

/// A valid store, taken apart.
struct base_image {
  bytes content;
  superblock sb;
  /// The journal from the oldest root on.
  std::vector<std::uint64_t> records;
  /// Where the next record would go.
  journal_position end;
  version last_version;
  std::vector<std::string> names;
  /// Superblocks, manifests, checkpoint pages, records, areas, values.
  std::vector<extent> places;
  /// The numbers of all structures.
  std::vector<field> fields;
};

[[nodiscard]] const std::vector<base_image>& base_images();

class image_editor {
 public:
  static constexpr std::uint64_t file_bytes_max = std::uint64_t{64} << 20U;

  explicit image_editor(const base_image& base);

  /// Carries out the commands of `from`, all of it.
  void edit(choices& from);

  /// The store as it is now.
  [[nodiscard]] const test::overlay_device& device() const noexcept { return device_; }

 private:
  struct sketched_op {
    op what;
    std::string name;
    std::vector<chunk> chunks;
  };

  void set_field(choices& from);
  void overwrite(choices& from);
  void append_record(choices& from);
  void replace_body(choices& from);
  void replace_entries(choices& from);
  void copy_pages(choices& from);
  void resize(choices& from);
  void damage(choices& from);

  [[nodiscard]] std::uint64_t any_offset(choices& from);
  [[nodiscard]] area_ref any_area(choices& from);
  [[nodiscard]] std::vector<sketched_op> any_ops(choices& from, bool only_puts);
  [[nodiscard]] sketched_op any_op(choices& from, bool only_puts);

  void sum_up();
  void sum_record(std::uint64_t at, hash128& previous);
  void sum_root(std::uint64_t at);
  void sum_chunks(std::uint64_t at, std::uint64_t length);

  [[nodiscard]] bytes read(std::uint64_t at, std::uint64_t length);
  [[nodiscard]] std::uint64_t number_at(std::uint64_t at, std::size_t width = 8);
  void put_number(std::uint64_t at, std::size_t width, std::uint64_t value);
  void put_hash(std::uint64_t at, const hash128& sum);

  const base_image* base_;
  test::overlay_device device_;
  std::uint64_t seed_;
  std::vector<std::uint64_t> records_;
  std::vector<extent> places_;
  std::vector<field> fields_;
  journal_position end_;
  version next_version_;
  bool sums_chunks_ = true;
  std::uint64_t summed_bytes_ = 0;
  std::map<std::uint64_t, hash128> sums_by_lsn_;
  struct late_edit {
    std::uint64_t offset = 0;
    std::uint8_t flip = 0;
  };
  std::vector<late_edit> late_;
};

}  // namespace stowage::fuzz
