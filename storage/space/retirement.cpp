#include <stowage/storage/space/retirement.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <algorithm>

namespace stowage {

std::uint64_t pin::epoch() const {
  invariant(token_ != nullptr, "the epoch of an empty pin");
  return token_->epoch;
}

pin retirement::take() {
  if (!current_pin_) {
    auto gone = std::make_shared<std::atomic<bool>>(false);
    current_pin_ = pin{std::make_shared<const pin::token>(current_, std::move(gone))};
  }
  return current_pin_;
}

void retirement::advance() {
  if (current_pin_) {
    pinned_epoch ended;
    ended.epoch = current_;
    ended.gone = current_pin_.token_->gone;
    current_pin_.reset();
    if (!ended.is_gone()) past_.push_back(std::move(ended));
  }
  ++current_;
}

void retirement::retire(std::span<const extent> extents, std::uint64_t born_epoch) {
  invariant(born_epoch <= current_, "an extent is superseded before it was published");
  for (const auto& e : extents) place({e, born_epoch, current_});
}

void retirement::collect(std::vector<extent>& freed) {
  // First settle which pins are gone, then place what waited with them: a pin that goes in between
  // counts as live for all of this call.
  std::vector<item> orphans;
  std::erase_if(past_, [&orphans](pinned_epoch& p) {
    if (!p.is_gone()) return false;
    orphans.insert(orphans.end(), p.waiting.begin(), p.waiting.end());
    return true;
  });
  for (const auto& it : orphans) {
    pinned_bytes_ -= it.what.length;
    place(it);
  }
  freed.insert(freed.end(), ready_.begin(), ready_.end());
  ready_.clear();
}

std::optional<std::uint64_t> retirement::oldest_pin_epoch() const noexcept {
  for (const auto& p : past_)
    if (!p.is_gone()) return p.epoch;
  // One reference is our own.
  if (current_pin_ && current_pin_.token_.use_count() > 1) return current_;
  return std::nullopt;
}

void retirement::place(const item& it) {
  // The newest pin that needs it. Pins mostly go in the order they came, so the others are likely
  // to be gone by the time this one is, and the item is looked at once. Taken after it was
  // superseded, a pin never needs it, so an item is looked at no more often than there were pins at
  // that time.
  const auto after =
      std::lower_bound(past_.begin(), past_.end(), it.retired,
                       [](const pinned_epoch& p, std::uint64_t e) { return p.epoch < e; });
  if (after == past_.begin() || std::prev(after)->epoch < it.born || mutant("pins-ignored")) {
    ready_.push_back(it.what);
    return;
  }
  std::prev(after)->waiting.push_back(it);
  pinned_bytes_ += it.what.length;
}

}  // namespace stowage
