#include <stowage/bench/group_committer.hpp>

#include <utility>

namespace stowage::bench {

group_committer::group_committer(raw_file& file) : file_{&file}, thread_{[this] { work(); }} {}

group_committer::~group_committer() {
  {
    const std::scoped_lock lock{mutex_};
    stops_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

std::uint64_t group_committer::write_durably(byte_view value) {
  std::uint64_t place = 0;
  std::unique_lock lock{mutex_};
  waiting_.push_back({value, &place});
  const auto group = forming_;
  arrived_.notify_one();
  done_.wait(lock, [&] { return durable_ > group; });
  return place;
}

void group_committer::work() {
  std::vector<byte_view> values;
  std::unique_lock lock{mutex_};
  for (;;) {
    arrived_.wait(lock, [&] { return stops_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto group = std::exchange(waiting_, {});
    const auto number = forming_++;
    lock.unlock();
    values.clear();
    for (const auto& w : group) values.push_back(w.value);
    auto place = file_->append(values);
    file_->sync();
    for (const auto& w : group) {
      *w.place = place;
      place += w.value.size();
    }
    lock.lock();
    durable_ = number + 1;
    done_.notify_all();
  }
}

}  // namespace stowage::bench
