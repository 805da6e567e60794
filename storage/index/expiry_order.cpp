#include <stowage/storage/index/expiry_order.hpp>

#include <stowage/storage/core/expiry.hpp>
#include <stowage/storage/core/invariant.hpp>

#include <tuple>

namespace stowage {

// Versions are given once; the name is for files that somebody made up.
bool expiry_order::earlier::operator()(const block_ref& a, const block_ref& b) const noexcept {
  return std::tuple{a->expires_at_ms(), a->ver(), a->name()} <
         std::tuple{b->expires_at_ms(), b->ver(), b->name()};
}

void expiry_order::add(const block_ref& b) {
  if (b->expires_at_ms() != 0) blocks_.insert(b);
}

void expiry_order::remove(const block_ref& b) {
  if (b->expires_at_ms() != 0) blocks_.erase(b);
}

std::uint64_t expiry_order::next_ms() const {
  invariant(!blocks_.empty(), "a block that expires");
  return (*blocks_.begin())->expires_at_ms();
}

void expiry_order::for_each_expired(std::uint64_t now_ms,
                                    const std::function<bool(const block&)>& visit) const {
  for (const auto& b : blocks_)
    if (!has_expired(b->expires_at_ms(), now_ms) || !visit(*b)) return;
}

}  // namespace stowage
