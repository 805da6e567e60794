#include <stowage/storage/core/page_pool.hpp>

#include <new>

namespace stowage {

namespace {

// Sizes are whole multiples of this, so that buffers of about one size are taken for each other.
constexpr std::size_t piece_unit = std::size_t{256} << 10U;

// A piece this many times as large as what is needed is left to who needs it.
constexpr std::size_t too_large_times = 4;

void give_back(const detail::waiting_pages::piece& p) noexcept {
  ::operator delete (p.data, std::align_val_t{page_buffer::alignment});
}

}  // namespace

namespace detail {

// With room for all that may wait, so that taking one back allocates nothing.
waiting_pages::waiting_pages(std::size_t bytes_max) : bytes_max_{bytes_max} {
  waiting_.reserve(bytes_max / piece_unit);
}

waiting_pages::piece waiting_pages::take(std::size_t size) noexcept {
  const std::scoped_lock lock{mutex_};
  auto best = waiting_.end();
  for (auto it = waiting_.begin(); it != waiting_.end(); ++it)
    if (it->size >= size && it->size / too_large_times < size &&
        (best == waiting_.end() || it->size < best->size))
      best = it;
  if (best == waiting_.end()) return {};
  const auto found = *best;
  waiting_.erase(best);
  bytes_ -= found.size;
  return found;
}

void waiting_pages::take_back(piece what) noexcept {
  {
    const std::scoped_lock lock{mutex_};
    if (what.size <= bytes_max_ - bytes_) {
      waiting_.push_back(what);
      bytes_ += what.size;
      return;
    }
  }
  give_back(what);
}

void waiting_pages::let_go() noexcept {
  const std::scoped_lock lock{mutex_};
  for (const auto& p : waiting_) give_back(p);
  waiting_.clear();
  bytes_ = 0;
}

std::size_t waiting_pages::bytes() const noexcept {
  const std::scoped_lock lock{mutex_};
  return bytes_;
}

}  // namespace detail

page_buffer page_pool::take(std::size_t size) const {
  if (size < piece_unit) return page_buffer{size};
  auto found = pages_->take(size);
  if (found.data == nullptr) {
    found.size = (size + piece_unit - 1) / piece_unit * piece_unit;
    found.data = static_cast<std::byte*>(
        ::operator new (found.size, std::align_val_t{page_buffer::alignment}));
  }
  return page_buffer{found.data, size, page_buffer::release{pages_, found.size}};
}

}  // namespace stowage
