// A thread for calls that block, one after the other.
//
// Contract: jobs run in the order they were given, each once; those that have not begun when it ends are dropped.
// Woken by one system call, made without a lock. CAF wakes the thread of a detached actor with the lock held that the
// thread then has to wait for: two wake-ups, and a lone durable client waits for both
// (docs/decisions/0015-the-disk-has-a-thread-of-ours.md).
// Concurrency: `run` from any thread. Its end waits for the job that is under way, unless it comes from that job; then the
// thread ends by itself.
// Limits: knows no actors.
#pragma once

#include <functional>
#include <memory>
#include <thread>

namespace stowage {

class device_thread {
 public:
  /// What a job may ask while it runs.
  class jobs {
   public:
    jobs() = default;
    jobs(const jobs&) = delete;
    jobs& operator=(const jobs&) = delete;
    virtual ~jobs() = default;
    /// Whether the thread is wanted for something else, be it for its end.
    [[nodiscard]] virtual bool are_waiting() const = 0;
  };
  using job = std::function<void(const jobs&)>;

  /// Calls `begin` first, on the thread. What it holds goes last.
  explicit device_thread(std::function<void()> begin);
  device_thread(const device_thread&) = delete;
  device_thread& operator=(const device_thread&) = delete;
  ~device_thread();

  void run(job what);

 private:
  class queue;

  /// The thread has a share of it: an actor whose last handle is in a job is destroyed on the thread.
  std::shared_ptr<queue> queue_;
  std::thread thread_;
};

}  // namespace stowage
