#include <stowage/storage/core/bytes.hpp>

#include <stowage/storage/core/page_pool.hpp>

#include <cstring>
#include <new>

namespace stowage {

page_buffer::page_buffer(std::size_t size) : size_{size} {
  if (size == 0) return;
  data_.reset(static_cast<std::byte*>(::operator new (size, std::align_val_t{alignment})));
  std::memset(data_.get(), 0, size);
}

void page_buffer::release::operator()(std::byte* data) const noexcept {
  if (home)
    home->take_back({data, bytes});
  else
    ::operator delete (data, std::align_val_t{alignment});
}

shared_bytes page_buffer::share(page_buffer&& buffer) {
  auto owner = std::make_shared<const page_buffer>(std::move(buffer));
  const auto view = owner->bytes();
  return {std::move(owner), view};
}

}  // namespace stowage
