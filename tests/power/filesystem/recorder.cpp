#include <stowage/tests/power/filesystem/recorder.hpp>

#include <stowage/storage/core/bytes.hpp>

#include <csignal>

#include <algorithm>

namespace stowage::test {

void recorder::record(const file_operation& o, pid_t process) {
  const std::scoped_lock lock{mutex_};
  log_.append(o);
  if (o.call != file_call::write) return;
  writes_.push_back(o.offset);
  written_.notify_all();
  if (writes_until_kill_ > 0 && --writes_until_kill_ == 0) (void)::kill(process, SIGKILL);
}

void recorder::note(std::string_view text) {
  file_operation o;
  const auto bytes = as_bytes(text);
  o.bytes.assign(bytes.begin(), bytes.end());
  const std::scoped_lock lock{mutex_};
  log_.append(o);
  writes_.clear();
}

void recorder::kill_at_write(std::uint64_t n) {
  const std::scoped_lock lock{mutex_};
  writes_until_kill_ = n;
}

bool recorder::await_writes(std::uint64_t n, std::uint64_t begin, std::uint64_t end,
                            std::chrono::seconds deadline) {
  std::unique_lock lock{mutex_};
  return written_.wait_for(lock, deadline, [&] {
    const auto seen = std::ranges::count_if(
        writes_, [&](std::uint64_t offset) { return offset >= begin && offset < end; });
    return static_cast<std::uint64_t>(seen) >= n;
  });
}

}  // namespace stowage::test
