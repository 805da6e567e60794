#include <stowage/cli/put_pipeline.hpp>

#include <stowage/storage/core/limits.hpp>

#include <utility>

namespace stowage::cli {

namespace {

constexpr std::size_t puts_max = 256;
constexpr std::uint64_t bytes_max = 32 * limits::mib;

// After these no later put can succeed; another line for each would say nothing new.
bool ends_all(errc code) noexcept {
  return code == errc::poisoned || code == errc::io_error || code == errc::closed ||
         code == errc::outcome_unknown;
}

}  // namespace

put_pipeline::put_pipeline(live_store& store, on_failure_fn on_failure)
    : store_{store}, on_failure_{std::move(on_failure)}, self_{store.system()} {}

bool put_pipeline::make_room(std::uint64_t bytes) {
  while (!window_.empty() && (window_.size() >= puts_max || bytes_ + bytes > bytes_max))
    take_oldest();
  return !ended_;
}

void put_pipeline::put(std::string name, shared_bytes value) {
  const std::uint64_t bytes = value.size();
  auto answer = compat::request(self_.ptr(), store_.handle(),
                                put_request{name, std::move(value), durability::accepted, {}});
  window_.push_back({std::move(answer), std::move(name), bytes});
  bytes_ += bytes;
}

void put_pipeline::take_oldest() {
  auto oldest = std::move(window_.front());
  window_.pop_front();
  bytes_ -= oldest.bytes;
  std::move(oldest.answer)
      .receive([](const receipt&) {},
               [&](const caf::error& error) {
                 auto why = to_failure(error);
                 if (std::exchange(ended_, ended_ || ends_all(why.code))) return;
                 why.name = std::move(oldest.name);
                 on_failure_(why);
               });
}

result<void> put_pipeline::finish() {
  while (!window_.empty()) take_oldest();
  // What ended it was reported; the flush could only say it again.
  if (ended_) return {};
  return store_.client().flush();
}

}  // namespace stowage::cli
