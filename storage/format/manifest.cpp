#include <stowage/storage/format/manifest.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/little_endian.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/format/layout.hpp>

#include <algorithm>

namespace stowage {

page_buffer encode(const manifest& m) {
  std::vector<std::byte> body;
  byte_writer refs{body};
  for (const auto& p : m.pages) {
    refs.number(p.where.offset)
        .number(static_cast<std::uint32_t>(p.where.length))
        .number(p.entry_count)
        .hash(p.sum)
        .number(static_cast<std::uint16_t>(p.first_name.size()))
        .bytes(as_bytes(p.first_name));
  }
  std::vector<std::byte> header;
  byte_writer{header}
      .number(layout::manifest_magic)
      .number(layout::format_major)
      .number(std::uint16_t{0})
      .number(std::uint32_t{0})
      .number(m.number.value)
      .number(m.entry_count)
      .number(static_cast<std::uint64_t>(m.pages.size()))
      .number(static_cast<std::uint64_t>(body.size()));
  invariant(header.size() == layout::manifest_header_bytes, "the manifest's header is 48 bytes");

  page_buffer out{round_up_to_page(header.size() + body.size())};
  const auto rest = std::ranges::copy(header, out.bytes().begin()).out;
  std::ranges::copy(body, rest);
  return out;
}

result<manifest> decode_manifest(byte_view bytes, std::uint64_t offset) {
  const auto bad = [offset](const char* what) { return fail_at(errc::corrupt, offset, what); };
  byte_reader in{bytes};
  const auto magic = in.number<std::uint64_t>();
  const auto major = in.number<std::uint16_t>();
  in.number<std::uint16_t>();
  in.number<std::uint32_t>();
  manifest m;
  m.number = lsn{in.number<std::uint64_t>()};
  m.entry_count = in.number<std::uint64_t>();
  const auto page_count = in.number<std::uint64_t>();
  const auto body_bytes = in.number<std::uint64_t>();
  if (in.failed()) return bad("a checkpoint manifest is cut short");
  if (magic != layout::manifest_magic) return bad("no checkpoint manifest");
  if (major != layout::format_major)
    return fail_at(errc::unsupported_version, offset, "a checkpoint of a newer format");
  if (body_bytes > in.remaining()) return bad("a checkpoint manifest is cut short");
  // Before anything is reserved: a count the bytes cannot hold is a lie.
  if (page_count > body_bytes / layout::page_ref_fixed_bytes && !mutant("page-count-trusted"))
    return bad("a manifest of too many pages");

  byte_reader refs{in.bytes(static_cast<std::size_t>(body_bytes))};
  m.pages.reserve(static_cast<std::size_t>(page_count));
  std::uint64_t entries = 0;
  for (std::uint64_t i = 0; i < page_count; ++i) {
    checkpoint_page_ref p;
    p.where.offset = refs.number<std::uint64_t>();
    p.where.length = refs.number<std::uint32_t>();
    p.entry_count = refs.number<std::uint32_t>();
    p.sum = refs.hash();
    const auto name_bytes = refs.number<std::uint16_t>();
    p.first_name = as_text(refs.bytes(name_bytes));
    if (refs.failed()) return bad("a checkpoint manifest is cut short");
    if (!is_page_aligned(p.where.offset) || !is_page_aligned(p.where.length) || p.where.empty() ||
        p.where.length > layout::checkpoint_page_bytes_max || p.where.offset < layout::data_start ||
        p.where.offset > limits::file_bytes_max - p.where.length || p.entry_count == 0 ||
        p.first_name.empty() || p.first_name.size() > limits::name_bytes_max ||
        (i > 0 && p.first_name <= m.pages.back().first_name))
      return bad("a checkpoint manifest with impossible fields");
    entries += p.entry_count;
    m.pages.push_back(std::move(p));
  }
  if (!refs.finished() || entries != m.entry_count) return bad("a manifest that does not add up");
  return m;
}

}  // namespace stowage
