// What a durable write costs that threads hand to each other: from the client to one that orders writes, from there
// to one that writes and syncs, and the answer back the same way.
//
// Contract: `write_durably` returns when the value is written and synced; nothing but the handing over is added to the
// two system calls, so this is what any store with a thread of its own for the disk can reach with one client.
// Concurrency: one client.
#pragma once

#include <stowage/bench/raw_file.hpp>
#include <stowage/storage/core/bytes.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace stowage::bench {

class hand_over {
 public:
  explicit hand_over(raw_file& file);
  hand_over(const hand_over&) = delete;
  hand_over& operator=(const hand_over&) = delete;
  ~hand_over();

  void write_durably(byte_view value);

 private:
  /// One message, and whoever waits for it.
  template <class T>
  class mailbox {
   public:
    void put(T what) {
      {
        const std::scoped_lock lock{mutex_};
        what_ = what;
      }
      arrived_.notify_one();
    }
    T take() {
      std::unique_lock lock{mutex_};
      arrived_.wait(lock, [&] { return what_.has_value(); });
      const auto what = *what_;
      what_.reset();
      return what;
    }

   private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::optional<T> what_;
  };
  struct done {};

  /// Null ends the thread that takes it.
  using job = const byte_view*;
  mailbox<job> to_order_;
  mailbox<job> to_write_;
  mailbox<done> written_;
  mailbox<done> answered_;
  std::thread disk_;
  std::thread order_;
};

}  // namespace stowage::bench
