#include <stowage/storage/checkpoint.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/device/faulty_device.hpp>
#include <stowage/storage/device/memory_device.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/tests/storage/device/device_helpers.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::uint64_t seed = 17;
constexpr extent manifest_place{layout::data_start, page_size};
constexpr std::uint64_t file_bytes = layout::data_start + 64 * page_size;

using names = std::vector<std::string>;
using page_list = std::vector<names>;

std::uint64_t page_place(std::size_t i) { return manifest_place.end() + i * page_size; }

op entry_of(const std::string& name) { return {op_kind::put, 0, name, version{1}, 0, 0, {}}; }

/// A checkpoint that someone made: every checksum is right, whatever it says.
struct made_checkpoint {
  std::unique_ptr<memory_device> device = std::make_unique<memory_device>(file_bytes);
  root named;

  explicit made_checkpoint(const page_list& pages, const std::function<void(manifest&)>& edit = {},
                           std::uint64_t first_page_number = 0) {
    BOOST_REQUIRE(device->allocate(file_bytes).ok());
    manifest m;
    m.number = lsn{7};
    for (std::size_t i = 0; i < pages.size(); ++i) {
      checkpoint_page_builder page{first_page_number + i};
      for (const auto& n : pages[i]) page.add(entry_of(n));
      const auto bytes = page.finish();
      write(page_place(i), bytes.bytes());
      m.entry_count += page.entry_count();
      m.pages.push_back({{page_place(i), bytes.size()},
                         page.entry_count(),
                         checksum(bytes.bytes(), seed),
                         page.first_name()});
    }
    if (edit) edit(m);
    const auto bytes = encode(m);
    write(manifest_place.offset, bytes.bytes());
    named.manifest = {manifest_place.offset, bytes.size()};
    named.manifest_sum = checksum(bytes.bytes(), seed);
    named.entry_count = m.entry_count;
    named.start.last = m.number;
  }

  void write(std::uint64_t offset, byte_view bytes) const {
    BOOST_REQUIRE(device->write(offset, {&bytes, 1}).ok());
  }
  void flip(std::uint64_t offset) const {
    auto byte = device->image().at(offset) ^ std::byte{1};
    write(offset, {&byte, 1});
  }
  [[nodiscard]] result<manifest> manifest_of() const {
    return load_manifest(*device, named, seed, read_mode::cached);
  }
  /// What a load answers, and the names it showed until then.
  [[nodiscard]] std::pair<result<void>, names> load() const {
    auto m = manifest_of();
    BOOST_REQUIRE(m.ok());
    names seen;
    auto loaded =
        load_checkpoint(*device, *m, seed, read_mode::cached, [&](const op& o) -> result<void> {
          seen.emplace_back(o.name);
          return {};
        });
    return {std::move(loaded), std::move(seen)};
  }
};

const page_list two_pages{{"a", "b"}, {"m", "n"}};

template <class T>
void check_corrupt(const result<T>& got, std::uint64_t offset, const std::string& detail) {
  BOOST_TEST(code_of(got) == errc::corrupt);
  if (got.ok()) return;
  BOOST_TEST(got.error().offset.value_or(0) == offset);
  BOOST_TEST(got.error().detail == detail);
}

/// The device of a checkpoint, whose nth read fails.
faulty_device failing_at_read(const made_checkpoint& c, std::uint64_t nth) {
  return {std::make_unique<memory_device>(c.device->image()),
          {.script = {{device_call::read, nth, EIO, false}}}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoints)

BOOST_AUTO_TEST_CASE(what_is_written_is_loaded) {
  block_index index;
  names expected;
  // Each name takes half a page of the index: the pages of the checkpoint hold some 60 entries.
  for (int i = 0; i < 500; ++i) {
    auto name = std::to_string(1000 + i);
    name.resize(1000, '-');
    index.apply(entry_of(name), 0, [](const block_ref&) {});
    expected.push_back(std::move(name));
  }
  journal_position at;
  at.last = lsn{9};
  checkpoint_writer writer{index.snapshot(), at, seed};
  memory_device device;
  std::size_t pages = 0;
  const auto put = [&](const page_buffer& bytes) {
    const auto where = device.size();
    BOOST_REQUIRE(device.allocate(where + bytes.size()).ok());
    const byte_view view = bytes.bytes();
    BOOST_REQUIRE(device.write(where, {&view, 1}).ok());
    return extent{where, bytes.size()};
  };
  BOOST_REQUIRE(device.allocate(layout::data_start).ok());
  for (auto page = writer.next_page(); page; page = writer.next_page(), ++pages) {
    BOOST_TEST(page->size() <= limits::checkpoint_page_bytes);
    writer.page_placed(put(*page));
  }
  BOOST_TEST(pages == 8U);
  const auto named = writer.finish(put(writer.encode_manifest()));
  BOOST_TEST(named.entry_count == 500U);

  const auto m = load_manifest(device, named, seed, read_mode::cached);
  BOOST_REQUIRE(m.ok());
  names seen;
  BOOST_TEST(load_checkpoint(device, *m, seed, read_mode::cached, [&](const op& o) -> result<void> {
               seen.emplace_back(o.name);
               return {};
             }).ok());
  BOOST_TEST((seen == expected));
}

BOOST_AUTO_TEST_CASE(a_page_that_was_placed_has_room_for_all_of_it) {
  block_index index;
  index.apply(entry_of("a"), 0, [](const block_ref&) {});
  checkpoint_writer writer{index.snapshot(), {}, seed};
  BOOST_TEST(writer.next_page()->size() == page_size);
  BOOST_CHECK_THROW((void)writer.encode_manifest(), invariant_violation);
  BOOST_CHECK_THROW(writer.page_placed({layout::data_start, 2 * page_size}), invariant_violation);
  BOOST_CHECK_THROW(writer.page_placed({layout::data_start, page_size}), invariant_violation);
}

BOOST_AUTO_TEST_CASE(a_manifest_that_could_not_be_read_is_a_broken_invariant) {
  block_index index;
  index.apply(entry_of("a"), 0, [](const block_ref&) {});
  checkpoint_writer writer{index.snapshot(), {}, seed};
  (void)writer.next_page();
  // Where the superblocks are.
  writer.page_placed({0, page_size});
  BOOST_CHECK_THROW((void)writer.encode_manifest(), invariant_violation);
}

BOOST_AUTO_TEST_CASE(a_made_one_loads) {
  const made_checkpoint c{two_pages};
  const auto [loaded, seen] = c.load();
  BOOST_TEST(loaded.ok());
  BOOST_TEST((seen == names{"a", "b", "m", "n"}));
}

BOOST_AUTO_TEST_CASE(a_manifest_longer_than_its_entries_need) {
  made_checkpoint c{two_pages};
  c.named.manifest.length = 3 * page_size;
  check_corrupt(c.manifest_of(), manifest_place.offset,
                "a checkpoint manifest too long for its entries");
}

BOOST_AUTO_TEST_CASE(a_manifest_beyond_the_end_of_the_file) {
  made_checkpoint c{two_pages};
  c.named.manifest.offset = file_bytes;
  check_corrupt(c.manifest_of(), file_bytes, "truncated: a checkpoint beyond the end of the file");
}

BOOST_AUTO_TEST_CASE(a_manifest_that_rotted) {
  const made_checkpoint c{two_pages};
  c.flip(manifest_place.offset + 100);
  check_corrupt(c.manifest_of(), manifest_place.offset,
                "a checkpoint manifest that does not match its checksum");
}

BOOST_AUTO_TEST_CASE(a_manifest_that_is_none) {
  made_checkpoint c{two_pages};
  const page_buffer zeros{page_size};
  c.write(manifest_place.offset, zeros.bytes());
  c.named.manifest_sum = checksum(zeros.bytes(), seed);
  check_corrupt(c.manifest_of(), manifest_place.offset, "no checkpoint manifest");
}

BOOST_AUTO_TEST_CASE(a_manifest_of_another_root) {
  made_checkpoint other_record{two_pages};
  other_record.named.start.last = lsn{8};
  made_checkpoint other_count{two_pages};
  ++other_count.named.entry_count;
  for (const auto* c : {&other_record, &other_count})
    check_corrupt(c->manifest_of(), manifest_place.offset, "a checkpoint manifest of another root");
}

BOOST_AUTO_TEST_CASE(a_manifest_that_cannot_be_read) {
  const made_checkpoint c{two_pages};
  auto device = failing_at_read(c, 1);
  const auto got = load_manifest(device, c.named, seed, read_mode::cached);
  BOOST_TEST(code_of(got) == errc::io_error);
  BOOST_TEST(got.error().offset.value() == manifest_place.offset);
}

BOOST_AUTO_TEST_CASE(a_page_beyond_the_end_of_the_file) {
  const made_checkpoint c{two_pages, [](manifest& m) { m.pages[1].where.offset = file_bytes; }};
  const auto [loaded, seen] = c.load();
  check_corrupt(loaded, file_bytes, "truncated: a checkpoint page beyond the end of the file");
  BOOST_TEST((seen == names{"a", "b"}));
}

BOOST_AUTO_TEST_CASE(a_page_that_cannot_be_read) {
  const made_checkpoint c{two_pages};
  auto device = failing_at_read(c, 2);
  const auto m = load_manifest(device, c.named, seed, read_mode::cached);
  BOOST_REQUIRE(m.ok());
  const auto loaded = load_checkpoint(device, *m, seed, read_mode::cached,
                                      [](const op&) { return result<void>{}; });
  BOOST_TEST(code_of(loaded) == errc::io_error);
  BOOST_TEST(loaded.error().offset.value() == page_place(0));
}

BOOST_AUTO_TEST_CASE(a_page_that_rotted) {
  const made_checkpoint c{two_pages};
  c.flip(page_place(1) + 1000);
  const auto [loaded, seen] = c.load();
  check_corrupt(loaded, page_place(1), "a checkpoint page that does not match its checksum");
  BOOST_TEST((seen == names{"a", "b"}));
}

BOOST_AUTO_TEST_CASE(a_page_of_another_number) {
  const made_checkpoint c{two_pages, {}, 1};
  const auto [loaded, seen] = c.load();
  check_corrupt(loaded, page_place(0), "another page stands where a checkpoint page should");
  BOOST_TEST(seen.empty());
}

BOOST_AUTO_TEST_CASE(a_page_that_begins_with_another_name_than_its_manifest_says) {
  const made_checkpoint c{two_pages, [](manifest& m) { m.pages[1].first_name = "l"; }};
  const auto [loaded, seen] = c.load();
  check_corrupt(loaded, page_place(1), "a checkpoint out of order");
  BOOST_TEST((seen == names{"a", "b"}));
}

BOOST_AUTO_TEST_CASE(a_page_that_begins_before_the_last_one_ends) {
  const made_checkpoint c{{{"a", "z"}, {"m"}}};
  const auto [loaded, seen] = c.load();
  check_corrupt(loaded, page_place(1), "a checkpoint out of order");
  BOOST_TEST((seen == names{"a", "z"}));
}

BOOST_AUTO_TEST_CASE(a_page_with_fewer_entries_than_its_manifest_says) {
  const made_checkpoint c{two_pages, [](manifest& m) {
                            ++m.pages[0].entry_count;
                            ++m.entry_count;
                          }};
  const auto [loaded, seen] = c.load();
  check_corrupt(loaded, page_place(0), "a checkpoint page of another size than its manifest says");
  BOOST_TEST((seen == names{"a", "b"}));
}

BOOST_AUTO_TEST_CASE(what_the_visitor_fails_with_ends_it) {
  const made_checkpoint c{two_pages};
  const auto m = c.manifest_of();
  BOOST_REQUIRE(m.ok());
  names seen;
  const auto loaded =
      load_checkpoint(*c.device, *m, seed, read_mode::cached, [&](const op& o) -> result<void> {
        seen.emplace_back(o.name);
        if (seen.size() == 3) return fail(errc::limit_exceeded, "three are enough");
        return {};
      });
  BOOST_TEST(code_of(loaded) == errc::limit_exceeded);
  BOOST_TEST(loaded.error().detail == "three are enough");
  BOOST_TEST((seen == names{"a", "b", "m"}));
}

BOOST_AUTO_TEST_SUITE_END()
