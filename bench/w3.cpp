#include <stowage/bench/hand_over.hpp>
#include <stowage/bench/raw_file.hpp>
#include <stowage/bench/running_store.hpp>
#include <stowage/bench/workloads.hpp>
#include <stowage/messages/caf_compat.hpp>

#include <caf/event_based_actor.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace stowage::bench {

namespace {

constexpr std::size_t value_bytes = 4096;
constexpr std::uint64_t outstanding = 64;
/// Blocks that are written, over and over.
constexpr std::uint64_t block_count = 4096;

std::string block_name(std::uint64_t op) { return "block-" + std::to_string(op % block_count); }

// Runs `work(thread)` on so many threads; the first exception is thrown on.
template <class Work>
void on_threads(unsigned count, Work work) {
  std::vector<std::future<void>> running;
  for (unsigned t = 0; t < count; ++t)
    running.push_back(std::async(std::launch::async, [&work, t] { work(t); }));
  for (auto& r : running) r.get();
}

// -- raw --------------------------------------------------------------------------------------------

// Threads hand their values to one that writes all it finds and syncs once.
class group_committer {
 public:
  explicit group_committer(raw_file& file) : file_{&file}, thread_{[this] { work(); }} {}
  group_committer(const group_committer&) = delete;
  group_committer& operator=(const group_committer&) = delete;
  ~group_committer() {
    {
      const std::scoped_lock lock{mutex_};
      stops_ = true;
    }
    arrived_.notify_one();
    thread_.join();
  }

  void write_durably(byte_view value) {
    std::unique_lock lock{mutex_};
    waiting_.push_back(value);
    const auto group = forming_;
    arrived_.notify_one();
    done_.wait(lock, [&] { return durable_ > group; });
  }

 private:
  void work() {
    std::unique_lock lock{mutex_};
    for (;;) {
      arrived_.wait(lock, [&] { return stops_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const auto group = std::exchange(waiting_, {});
      const auto number = forming_++;
      lock.unlock();
      file_->append(group);
      file_->sync();
      lock.lock();
      durable_ = number + 1;
      done_.notify_all();
    }
  }

  raw_file* file_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable done_;
  std::vector<byte_view> waiting_;
  std::uint64_t forming_ = 0;
  std::uint64_t durable_ = 0;
  bool stops_ = false;
  std::thread thread_;
};

void raw_blocking(raw_file& file, const value_source& values, unsigned clients, std::uint64_t ops) {
  if (clients == 1) {
    for (std::uint64_t op = 0; op < ops; ++op) {
      file.append(values.value(op).view());
      file.sync();
    }
    return;
  }
  group_committer committer{file};
  on_threads(clients, [&](unsigned t) {
    for (std::uint64_t op = t; op < ops; op += clients)
      committer.write_durably(values.value(op).view());
  });
}

void raw_handed_over(raw_file& file, const value_source& values, std::uint64_t ops) {
  hand_over writer{file};
  for (std::uint64_t op = 0; op < ops; ++op) writer.write_durably(values.value(op).view());
}

void raw_outstanding(raw_file& file, const value_source& values, std::uint64_t ops) {
  std::vector<byte_view> group;
  for (std::uint64_t op = 0; op < ops;) {
    group.clear();
    for (; group.size() < outstanding && op < ops; ++op) group.push_back(values.value(op).view());
    file.append(group);
    file.sync();
  }
}

// -- stowage ----------------------------------------------------------------------------------------

void stowage_blocking(running_store& store, const value_source& values, unsigned clients,
                      std::uint64_t ops) {
  on_threads(clients, [&](unsigned t) {
    auto client = store.client().for_another_thread();
    for (std::uint64_t op = t; op < ops; op += clients)
      unwrap(client.put(block_name(op), values.value(op), durability::durable));
  });
}

// One actor keeps so many puts under way.
struct submitter {
  std::uint64_t next = 0;
  std::uint64_t answered = 0;
  std::promise<void> done;
};

void submit_next(caf::event_based_actor* self, const std::shared_ptr<submitter>& state,
                 const store_actor& store, const value_source& values, std::uint64_t ops) {
  if (state->next == ops) return;
  const auto op = state->next++;
  compat::request(self, store,
                  put_request{block_name(op), values.value(op), durability::durable, {}})
      .then(
          [self, state, store, &values, ops](const receipt&) {
            submit_next(self, state, store, values, ops);
            if (++state->answered == ops) {
              state->done.set_value();
              self->quit();
            }
          },
          [self, state](const caf::error& why) {
            state->done.set_exception(std::make_exception_ptr(
                std::runtime_error{"stowage: " + describe(to_failure(why))}));
            self->quit();
          });
}

void stowage_outstanding(running_store& store, const value_source& values, std::uint64_t ops) {
  auto state = std::make_shared<submitter>();
  auto done = state->done.get_future();
  store.system().spawn([&, state](caf::event_based_actor* self) {
    for (std::uint64_t i = 0; i < std::min(outstanding, ops); ++i)
      submit_next(self, state, store.handle(), values, ops);
  });
  done.get();
}

void check_blocks(running_store& store, const value_source& values, std::uint64_t ops) {
  // The last op of a block of one client; with several, which of them came last is not known.
  for (std::uint64_t op = ops - std::min(ops, std::uint64_t{16}); op < ops; ++op) {
    const auto found = unwrap(store.client().get(block_name(op))).value;
    if (!(found == values.value(op)))
      throw std::runtime_error{fmt::format("stowage: {} reads back wrong", block_name(op))};
  }
}

struct shape {
  const char* clients;
  unsigned threads;  // 0: one submitter with all outstanding
  std::uint64_t ops;
};

}  // namespace

void run_w3(const options& how) {
  for (const auto& s : {shape{"1 client", 1, 4000}, shape{"8 clients", 8, 16'000},
                        shape{"64 clients", 64, 32'000}, shape{"64 outstanding", 0, 40'000}}) {
    // At most as many ops as there are blocks under way, so that the last of a block is the last sent.
    const auto ops = std::max<std::uint64_t>(
        64, static_cast<std::uint64_t>(static_cast<double>(s.ops) * how.scale));
    const value_source values{value_bytes, how.seed};
    raw_file raw{how.directory + "/raw.bin", std::size_t{64} << 20U};
    store_options options;
    options.path = how.directory + "/w3.stow";
    options.create = true;
    {
      running_store store{options};
      const participant of_raw{
          "raw",
          s.threads > 1
              ? "threads hand values to one that writes all it finds, one fdatasync a group"
          : s.threads == 1 ? "pwrite and fdatasync of each value, into a written file"
                           : "pwritev of 64 values and one fdatasync, into a written file",
          {},
          {},
          [&](unsigned) {
            if (s.threads > 0)
              raw_blocking(raw, values, s.threads, ops);
            else
              raw_outstanding(raw, values, ops);
          }};
      const participant of_stowage{
          "stowage",
          s.threads > 0 ? "default options; blocking clients, one durable put at a time each"
                        : "default options; one actor keeps 64 durable puts under way",
          {},
          [&](unsigned) { check_blocks(store, values, ops); },
          [&](unsigned) {
            if (s.threads > 0)
              stowage_blocking(store, values, s.threads, ops);
            else
              stowage_outstanding(store, values, ops);
          }};
      const participant of_hand_over{"raw handed",
                                     "the same by threads: the client hands the value to one that "
                                     "hands it to the one that writes, and "
                                     "the answer comes back the same way",
                                     {},
                                     {},
                                     [&](unsigned) { raw_handed_over(raw, values, ops); }};
      std::vector<participant> who{of_raw};
      if (s.threads == 1) who.push_back(of_hand_over);
      who.push_back(of_stowage);
      measure(
          {fmt::format("W3, {}: {} durable puts of {} B, closed loop", s.clients, ops, value_bytes),
           "ops/s", static_cast<double>(ops), static_cast<double>(ops)},
          who, how.rounds);
    }
    (void)std::remove(options.path.c_str());
  }
}

}  // namespace stowage::bench
