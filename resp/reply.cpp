#include <stowage/resp/reply.hpp>

#include <stowage/resp/output_queue.hpp>

#include <algorithm>
#include <numeric>

namespace stowage::resp {

namespace {

void write_header(char kind, std::uint64_t count, output_queue& out) {
  out.append(kind + std::to_string(count) + "\r\n");
}

// A line of the protocol ends with the first line end in it.
std::string on_one_line(std::string_view text) {
  std::string out{text};
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  return out;
}

void write_string(const payload& bytes, output_queue& out) {
  write_header('$', bytes.size(), out);
  out.append(bytes);
  out.append("\r\n");
}

}  // namespace

std::size_t size_of(const reply& r) noexcept {
  constexpr std::size_t framing = 16;
  return std::accumulate(r.items.begin(), r.items.end(), framing + r.line.size() + r.bytes.size(),
                         [](std::size_t sum, const reply& item) { return sum + size_of(item); });
}

void write(const reply& r, int protocol, output_queue& out) {
  switch (r.kind) {
    case reply_kind::nothing: out.append(protocol >= 3 ? "_\r\n" : "$-1\r\n"); break;
    case reply_kind::nothing_array: out.append(protocol >= 3 ? "_\r\n" : "*-1\r\n"); break;
    case reply_kind::status: out.append("+" + on_one_line(r.line) + "\r\n"); break;
    case reply_kind::error: out.append("-" + on_one_line(r.line) + "\r\n"); break;
    case reply_kind::integer: out.append(":" + std::to_string(r.number) + "\r\n"); break;
    case reply_kind::string: write_string(r.bytes, out); break;
    case reply_kind::verbatim:
      if (protocol < 3) {
        write_string(r.bytes, out);
        break;
      }
      write_header('=', r.bytes.size() + 4, out);
      out.append("txt:");
      out.append(r.bytes);
      out.append("\r\n");
      break;
    case reply_kind::array:
      write_header('*', r.items.size(), out);
      for (const auto& item : r.items) write(item, protocol, out);
      break;
    case reply_kind::map:
      if (protocol < 3)
        write_header('*', r.items.size(), out);
      else
        write_header('%', r.items.size() / 2, out);
      for (const auto& item : r.items) write(item, protocol, out);
      break;
    case reply_kind::push:
      write_header(protocol < 3 ? '*' : '>', r.items.size(), out);
      for (const auto& item : r.items) write(item, protocol, out);
      break;
    case reply_kind::sequence:
      for (const auto& item : r.items) write(item, protocol, out);
      break;
  }
}

}  // namespace stowage::resp
