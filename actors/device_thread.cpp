#include <stowage/actors/device_thread.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace stowage {

struct device_thread::queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> jobs;
  bool ends = false;

  void work() {
    std::unique_lock lock{mutex};
    for (;;) {
      changed.wait(lock, [this] { return ends || !jobs.empty(); });
      if (ends) return;
      auto job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job();
      job = nullptr;
      lock.lock();
    }
  }
};

device_thread::device_thread(std::function<void()> begin)
    : queue_{std::make_shared<queue>()}, thread_{[queue = queue_, begin = std::move(begin)] {
        begin();
        queue->work();
      }} {}

device_thread::~device_thread() {
  {
    // Goes after the lock: what a job holds may be anything.
    std::deque<std::function<void()>> dropped;
    const std::scoped_lock lock{queue_->mutex};
    queue_->ends = true;
    dropped.swap(queue_->jobs);
  }
  queue_->changed.notify_one();
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else
    thread_.join();
}

void device_thread::run(std::function<void()> job) {
  {
    const std::scoped_lock lock{queue_->mutex};
    queue_->jobs.push_back(std::move(job));
  }
  queue_->changed.notify_one();
}

}  // namespace stowage
