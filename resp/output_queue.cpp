#include <stowage/resp/output_queue.hpp>

#include <stowage/storage/core/invariant.hpp>

namespace stowage::resp {

namespace {

// Smaller values are cheaper copied than carried as a piece of their own.
constexpr std::size_t shared_bytes_min = 1024;
// Texts are collected up to about this size.
constexpr std::size_t text_bytes_max = std::size_t{16} * 1024;

}  // namespace

std::string_view output_queue::text_of(const piece& p) {
  if (const auto* text = std::get_if<std::string>(&p)) return *text;
  return std::get<payload>(p).text();
}

void output_queue::append(std::string_view text) {
  if (text.empty()) return;
  size_ += text.size();
  auto* last = pieces_.empty() ? nullptr : std::get_if<std::string>(&pieces_.back());
  if (last != nullptr && last->size() + text.size() <= text_bytes_max)
    last->append(text);
  else
    pieces_.emplace_back(std::string{text});
}

void output_queue::append(const payload& bytes) {
  if (bytes.size() < shared_bytes_min) return append(bytes.text());
  size_ += bytes.size();
  pieces_.emplace_back(bytes);
}

std::size_t output_queue::peek(std::span<iovec> out) const {
  std::size_t count = 0;
  auto skip = out_of_first_;
  for (const auto& p : pieces_) {
    if (count == out.size()) break;
    const auto rest = text_of(p).substr(skip);
    skip = 0;
    // The system takes it as not const, and does not write to it.
    out[count++] = {const_cast<char*>(rest.data()), rest.size()};
  }
  return count;
}

void output_queue::drop(std::size_t count) {
  invariant(count <= size_, "no more goes out than there is");
  size_ -= count;
  out_of_first_ += count;
  while (!pieces_.empty() && out_of_first_ >= text_of(pieces_.front()).size()) {
    out_of_first_ -= text_of(pieces_.front()).size();
    pieces_.pop_front();
  }
}

void output_queue::clear() {
  pieces_.clear();
  out_of_first_ = 0;
  size_ = 0;
}

}  // namespace stowage::resp
