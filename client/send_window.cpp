#include <stowage/client/send_window.hpp>

namespace stowage {

send_window::taken send_window::take(std::uint64_t ops, std::uint64_t bytes) {
  std::unique_lock lock{mutex_};
  const auto ticket = next_ticket_++;
  changed_.wait(lock, [&] { return serving_ == ticket && fits(ops, bytes); });
  ++serving_;
  ops_ += ops;
  bytes_ += bytes;
  lock.unlock();
  changed_.notify_all();
  return {*this, ops, bytes};
}

void send_window::give_back(std::uint64_t ops, std::uint64_t bytes) {
  {
    const std::scoped_lock lock{mutex_};
    ops_ -= ops;
    bytes_ -= bytes;
  }
  changed_.notify_all();
}

}  // namespace stowage
