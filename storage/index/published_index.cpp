#include <stowage/storage/index/published_index.hpp>

#include <utility>

namespace stowage {

published_index::~published_index() {
  for (auto& p : places_) delete p.next.load(std::memory_order_relaxed);
}

published_index::state_ptr published_index::place::move_on() noexcept {
  if (next.load(std::memory_order_acquire) == nullptr) return nullptr;
  return std::exchange(current, state_ptr{next.exchange(nullptr, std::memory_order_acq_rel)});
}

void published_index::publish(const index_snapshot& newest) { put_in_place(newest); }

void published_index::end() { put_in_place(std::nullopt); }

void published_index::put_in_place(const std::optional<index_snapshot>& newest) {
  for (auto& p : places_) {
    auto made = std::make_unique<const std::optional<index_snapshot>>(newest);
    // One that nobody has come for yet is not the newest any more.
    const state_ptr unseen{p.next.exchange(made.release(), std::memory_order_acq_rel)};
    // Who is at the lock moves on by itself, with its next look.
    if (std::unique_lock lock{p.busy, std::try_to_lock}; lock) {
      const auto old = p.move_on();
      lock.unlock();
    }
  }
}

published_index::place& published_index::place_of_this_thread() noexcept {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed);
  return places_[mine % places_.size()];
}

published_index::found published_index::find(std::string_view name) {
  auto& p = place_of_this_thread();
  state_ptr old;
  const std::lock_guard lock{p.busy};
  old = p.move_on();
  p.looks.store(p.looks.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (!p.current || !*p.current) return {};
  return {true, (*p.current)->find(name)};
}

std::optional<index_snapshot> published_index::state() {
  auto& p = place_of_this_thread();
  state_ptr old;
  const std::lock_guard lock{p.busy};
  old = p.move_on();
  return p.current ? *p.current : std::nullopt;
}

std::uint64_t published_index::looks() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& p : places_) sum += p.looks.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace stowage
