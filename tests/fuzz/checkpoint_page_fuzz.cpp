// A page of a checkpoint and the entries in it.
//
// Input: a byte of switches, then the bytes of the page. Magic and length are put in, and the number of
// entries that can be read, unless a switch leaves them out; its checksum is the caller's to compare.

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/little_endian.hpp>
#include <stowage/storage/format/checkpoint_page.hpp>
#include <stowage/tests/fuzz/choices.hpp>
#include <stowage/tests/fuzz/fuzz_target.hpp>
#include <stowage/tests/fuzz/heap_meter.hpp>

#include <algorithm>
#include <string>

namespace stowage::fuzz {

namespace {

enum : unsigned {
  own_header = 1,  // magic and body length
  own_count = 2,
  other_number = 4,
  stop_early = 8,  // the visitor fails at the second entry
  not_padded = 16,
};

constexpr std::uint64_t at = 5 * limits::mib;
constexpr std::size_t header_bytes = layout::checkpoint_page_header_bytes;

// Counts the entries whose lengths end inside the page.
void put_count(mutable_byte_view page) {
  std::uint32_t count = 0;
  byte_reader in{byte_view{page}.subspan(header_bytes)};
  while (in.remaining() >= layout::op_fixed_bytes) {
    in.bytes(4);
    const auto name_bytes = in.number<std::uint16_t>();
    const auto chunk_count = in.number<std::uint16_t>();
    in.bytes(24 + name_bytes + chunk_count * layout::chunk_bytes);
    if (in.failed()) break;
    ++count;
  }
  store_le(page, 16, count);
}

bytes page_of(choices& from, unsigned switches) {
  const auto given = from.rest();
  bytes out{given.begin(), given.end()};
  if (out.size() < header_bytes) return out;
  if ((switches & own_header) == 0) {
    store_le(out, 0, layout::checkpoint_page_magic);
    store_le(out, 20, static_cast<std::uint32_t>(out.size() - header_bytes));
  }
  if ((switches & own_count) == 0) put_count(out);
  if ((switches & not_padded) == 0) out.resize(round_up_to_page(out.size()));
  return out;
}

}  // namespace

const std::size_t input_bytes_max = 4096;

void run(byte_view input) {
  choices from{input};
  const unsigned switches = from.byte();
  const auto given = page_of(from, switches);
  const auto number = given.size() < header_bytes ? 0 : load_le<std::uint64_t>(given, 8);
  const auto wanted = number + ((switches & other_number) != 0 ? 1 : 0);

  checkpoint_page_builder again{wanted};
  bool all_fit = true;
  std::string last;
  std::uint32_t visited = 0;
  const heap_meter heap;
  const auto decoded =
      decode_checkpoint_page(given, at, wanted, [&](const op& entry) -> result<void> {
        require(entry.kind == op_kind::put, "an entry is a PUT");
        require(visited == 0 || last < entry.name, "names ascend");
        last = entry.name;
        if (++visited == 2 && (switches & stop_early) != 0) return fail(errc::locked);
        all_fit = all_fit && again.fits(entry);
        if (all_fit) again.add(entry);
        return {};
      });
  require(heap.peak_bytes() <= 8 * given.size() + 64 * limits::kib,
          "a page takes memory for what is there");
  if (!decoded) {
    const auto& why = decoded.error();
    if (why.code == errc::locked) return require(visited == 2, "a visitor's failure ends it");
    require(why.code == errc::corrupt || why.code == errc::unsupported_version,
            "a page is damaged or of a newer format");
    require(why.offset && *why.offset >= at && *why.offset <= at + given.size(),
            "a failure names a place in the page");
    return;
  }
  require(visited < 2 || (switches & stop_early) == 0, "a visitor's failure is not lost");
  require(wanted == number, "a page of another number is refused");
  require(visited == load_le<std::uint32_t>(given, 16), "every entry is visited");
  if (!all_fit) return;  // more than a writer puts in one page

  bytes expected{given};
  expected.resize(header_bytes + load_le<std::uint32_t>(expected, 20));
  expected.resize(round_up_to_page(expected.size()));
  require(std::ranges::equal(again.finish().bytes(), expected), "encode is the inverse of decode");
}

std::vector<bytes> seeds() {
  const std::vector<chunk> one{{{layout::data_start + 64, 5}, {7, 8}}};
  const std::vector<chunk> two{{{layout::data_start + 8192, 4096}, {1, 2}},
                               {{layout::data_start + (16U << 20U), 100}, {3, 4}}};
  const std::string long_name(limits::name_bytes_max, 'z');
  const auto page = [&](unsigned switches, std::initializer_list<std::string_view> names) {
    checkpoint_page_builder builder{3};
    for (const auto name : names) {
      op o{op_kind::put, 0, name, version{builder.entry_count() + 1U}, 0, 0, {}};
      if (builder.entry_count() % 3 == 1) {
        o.chunks = one;
        o.value_length = 5;
      } else if (builder.entry_count() % 3 == 2) {
        o.chunks = two;
        o.value_length = 4196;
        o.expires_at_ms = 1'000'000;
      }
      builder.add(o);
    }
    const auto built = builder.finish();
    const auto used = header_bytes + load_le<std::uint32_t>(built.bytes(), 20);
    return seed_of({switches}, built.bytes().first(used));
  };
  return {page(0, {"a", "b", "c", "d"}),    page(0, {}),
          page(0, {"a", "aa", long_name}),  page(own_header | own_count, {"a", "b"}),
          page(other_number, {"a", "b"}),   page(stop_early, {"a", "b", "c"}),
          page(not_padded, {"a", "b", "c"})};
}

}  // namespace stowage::fuzz
