#include <stowage/storage/format/checkpoint_page.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/little_endian.hpp>

namespace stowage {

bool checkpoint_page_builder::fits(const op& entry) const noexcept {
  const auto bytes = layout::checkpoint_page_header_bytes + body_.size() +
                     encoded_op_bytes(entry.name.size(), entry.chunks.size());
  return empty() || bytes <= limits::checkpoint_page_bytes;
}

void checkpoint_page_builder::add(const op& entry) {
  invariant(fits(entry), "an entry fits its checkpoint page");
  invariant(entry.kind == op_kind::put, "a checkpoint holds puts");
  invariant(empty() || last_name_ < entry.name, "names ascend in a checkpoint page");
  if (empty()) {
    first_name_ = entry.name;
    body_.reserve(limits::checkpoint_page_bytes);
  }
  last_name_ = entry.name;
  byte_writer out{body_};
  encode_op(out, entry);
  ++count_;
}

page_buffer checkpoint_page_builder::finish() const {
  page_buffer page{round_up_to_page(layout::checkpoint_page_header_bytes + body_.size())};
  byte_writer{page.bytes()}
      .number(layout::checkpoint_page_magic)
      .number(number_)
      .number(count_)
      .number(static_cast<std::uint32_t>(body_.size()))
      .bytes(body_);
  return page;
}

result<void> decode_checkpoint_page(byte_view page, std::uint64_t offset, std::uint64_t page_number,
                                    const std::function<result<void>(const op&)>& visit) {
  const auto bad = [offset](const char* what) { return fail_at(errc::corrupt, offset, what); };
  byte_reader in{page};
  const auto magic = in.number<std::uint64_t>();
  const auto number = in.number<std::uint64_t>();
  const auto count = in.number<std::uint32_t>();
  const auto body_bytes = in.number<std::uint32_t>();
  const auto body = in.bytes(body_bytes);
  if (in.failed()) return bad("a checkpoint page is cut short");
  if (magic != layout::checkpoint_page_magic || number != page_number)
    return bad("another page stands where a checkpoint page should");

  op_reader entries{body, offset + layout::checkpoint_page_header_bytes};
  std::string last;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto entry = entries.next();
    if (!entry) return std::move(entry).error();
    if (entry->kind != op_kind::put || (i > 0 && entry->name <= last))
      return bad("a checkpoint page out of order");
    last = entry->name;
    if (auto visited = visit(*entry); !visited) return visited;
  }
  if (!entries.finished()) return bad("a checkpoint page with more than its entries");
  return {};
}

}  // namespace stowage
