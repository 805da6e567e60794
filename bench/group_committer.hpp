// Group commit of bare threads: they hand their values to one that writes all it finds and syncs once.
//
// Contract: `write_durably` returns when the value is written and synced, and says where it is. A failure ends the
// process: the thread that writes throws.
// Concurrency: any number of threads.
#pragma once

#include <stowage/bench/raw_file.hpp>
#include <stowage/storage/core/bytes.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace stowage::bench {

class group_committer {
 public:
  explicit group_committer(raw_file& file);
  group_committer(const group_committer&) = delete;
  group_committer& operator=(const group_committer&) = delete;
  ~group_committer();

  std::uint64_t write_durably(byte_view value);

 private:
  struct write {
    byte_view value;
    std::uint64_t* place = nullptr;
  };
  void work();

  raw_file* file_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable done_;
  std::vector<write> waiting_;
  std::uint64_t forming_ = 0;
  std::uint64_t durable_ = 0;
  bool stops_ = false;
  std::thread thread_;
};

}  // namespace stowage::bench
