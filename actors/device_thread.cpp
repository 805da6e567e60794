#include <stowage/actors/device_thread.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace stowage {

class device_thread::queue final : public jobs {
 public:
  [[nodiscard]] bool are_waiting() const override {
    const std::scoped_lock lock{mutex_};
    return ends_ || !waiting_.empty();
  }

  void push(job what) {
    {
      const std::scoped_lock lock{mutex_};
      waiting_.push_back(std::move(what));
    }
    changed_.notify_one();
  }

  void end() {
    {
      // Goes after the lock: what a job holds may be anything.
      std::deque<job> dropped;
      const std::scoped_lock lock{mutex_};
      ends_ = true;
      dropped.swap(waiting_);
    }
    changed_.notify_one();
  }

  void work() {
    std::unique_lock lock{mutex_};
    for (;;) {
      changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
      if (ends_) return;
      auto next = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      next(*this);
      next = nullptr;
      lock.lock();
    }
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<job> waiting_;
  bool ends_ = false;
};

device_thread::device_thread(std::function<void()> begin)
    : queue_{std::make_shared<queue>()},
      thread_{[queue = queue_, begin = std::move(begin)]() mutable {
        begin();
        std::exchange(queue, nullptr)->work();
      }} {}

device_thread::~device_thread() {
  queue_->end();
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else
    thread_.join();
}

void device_thread::run(job what) { queue_->push(std::move(what)); }

}  // namespace stowage
