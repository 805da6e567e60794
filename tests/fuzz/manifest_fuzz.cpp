// The manifest of a checkpoint.
//
// Input: a byte of switches, then the bytes of the manifest. Its own length is put in, and the sum of its
// pages' entries, unless a switch leaves them out; its checksum is the caller's to compare.

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/little_endian.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/format/manifest.hpp>
#include <stowage/tests/fuzz/choices.hpp>
#include <stowage/tests/fuzz/fuzz_target.hpp>
#include <stowage/tests/fuzz/heap_meter.hpp>

#include <algorithm>

namespace stowage::fuzz {

namespace {

enum : unsigned {
  own_header = 1,  // magic and body length
  own_counts = 2,  // pages and entries
  not_padded = 4,  // not whole pages
};

constexpr std::uint64_t at = 3 * limits::mib;
constexpr std::size_t header_bytes = layout::manifest_header_bytes;

// Counts the page references that are whole, and their entries.
void put_counts(mutable_byte_view manifest) {
  std::uint64_t pages = 0;
  std::uint64_t entries = 0;
  byte_reader refs{byte_view{manifest}.subspan(header_bytes)};
  while (refs.remaining() >= layout::page_ref_fixed_bytes) {
    refs.bytes(12);
    const auto count = refs.number<std::uint32_t>();
    refs.hash();
    refs.bytes(refs.number<std::uint16_t>());
    if (refs.failed()) break;
    entries += count;
    ++pages;
  }
  store_le(manifest, 24, entries);
  store_le(manifest, 32, pages);
}

bytes manifest_of(choices& from, unsigned switches) {
  const auto given = from.rest();
  bytes out{given.begin(), given.end()};
  if (out.size() < header_bytes) return out;
  if ((switches & own_header) == 0) {
    store_le(out, 0, layout::manifest_magic);
    store_le<std::uint64_t>(out, 40, out.size() - header_bytes);
  }
  if ((switches & own_counts) == 0) put_counts(out);
  if ((switches & not_padded) == 0) out.resize(round_up_to_page(out.size()));
  return out;
}

void check_page(const checkpoint_page_ref& p) {
  const auto& w = p.where;
  require(!w.empty() && is_page_aligned(w.offset) && is_page_aligned(w.length) &&
              w.offset >= layout::data_start && w.length <= layout::checkpoint_page_bytes_max &&
              w.end() <= limits::file_bytes_max,
          "a checkpoint page is pages of a file");
  require(p.entry_count > 0, "a checkpoint page has entries");
  require(!p.first_name.empty() && p.first_name.size() <= limits::name_bytes_max,
          "a checkpoint page has a first name");
}

}  // namespace

const std::size_t input_bytes_max = 4096;

void run(byte_view input) {
  choices from{input};
  const unsigned switches = from.byte();
  const auto given = manifest_of(from, switches);
  const heap_meter heap;
  const auto decoded = decode_manifest(given, at);
  require(heap.peak_bytes() <= 8 * given.size() + 64 * limits::kib,
          "a manifest takes memory for what is there");
  if (!decoded) {
    const auto& why = decoded.error();
    require(why.code == errc::corrupt || why.code == errc::unsupported_version,
            "a manifest is damaged or of a newer format");
    require(why.offset == at, "a failure names the manifest's place");
    return;
  }

  std::uint64_t entries = 0;
  for (std::size_t i = 0; i < decoded->pages.size(); ++i) {
    const auto& p = decoded->pages[i];
    check_page(p);
    require(i == 0 || decoded->pages[i - 1].first_name < p.first_name, "first names ascend");
    entries += p.entry_count;
  }
  require(entries == decoded->entry_count, "a manifest adds up");

  const auto again = encode(*decoded);
  bytes expected{given};
  store_le<std::uint16_t>(expected, 10, 0);
  store_le<std::uint32_t>(expected, 12, 0);
  expected.resize(header_bytes + static_cast<std::size_t>(load_le<std::uint64_t>(expected, 40)));
  expected.resize(round_up_to_page(expected.size()));
  require(std::ranges::equal(again.bytes(), expected), "encode is the inverse of decode");
}

std::vector<bytes> seeds() {
  manifest m;
  m.number = lsn{17};
  for (const auto* name : {"a", "b", "ba", "c"}) {
    checkpoint_page_ref p;
    p.where = {at + (m.pages.size() + 1) * limits::checkpoint_page_bytes,
               limits::checkpoint_page_bytes};
    p.entry_count = 5 + static_cast<std::uint32_t>(m.pages.size());
    p.sum = {m.pages.size(), 99};
    p.first_name = name;
    m.entry_count += p.entry_count;
    m.pages.push_back(std::move(p));
  }
  const auto input = [](unsigned switches, const manifest& what) {
    const auto encoded = encode(what);
    const auto used = header_bytes + load_le<std::uint64_t>(encoded.bytes(), 40);
    return seed_of({switches}, encoded.bytes().first(used));
  };
  auto unsorted = m;
  std::swap(unsorted.pages[1], unsorted.pages[2]);
  auto named = m;
  named.pages.back().first_name.assign(limits::name_bytes_max, 'z');
  manifest empty;
  empty.number = lsn{1};
  return {input(0, m),          input(0, unsorted),   input(0, named),
          input(0, empty),      input(own_counts, m), input(own_header | own_counts, m),
          input(own_header, m), input(not_padded, m)};
}

}  // namespace stowage::fuzz
