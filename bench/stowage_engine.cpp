#include <stowage/bench/engine.hpp>

#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/register_types.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace stowage::bench {

namespace {

double ms_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

// As the stowage binary sets it: idle workers that poll cost a wake of 77 us instead of 7.
struct system_config : caf::actor_system_config {
  system_config() {
    register_message_types();
    set("caf.work-stealing.moderate-poll-attempts", 0);
    set("caf.scheduler.max-threads", std::max(1U, std::thread::hardware_concurrency()));
  }
};

template <class T>
T unwrap(result<T> r) {
  if (!r) throw std::runtime_error{"stowage: " + describe(r.error())};
  if constexpr (!std::is_void_v<T>) return std::move(r).value();
}

std::string block_name(std::uint32_t block) { return "block-" + std::to_string(block); }

class stowage_engine final : public engine {
 public:
  explicit stowage_engine(const std::string& directory) {
    store_options options;
    options.path = directory + "/blocks.stow";
    options.create = true;
    store_ = unwrap(open_store(system_, options)).handle;
    client_.emplace(system_, store_);
  }
  ~stowage_engine() override {
    // The figures are out; a store that cannot close would have failed a round before.
    if (auto closed = client_->close(); !closed)
      std::fprintf(stderr, "%s\n", describe(closed.error()).c_str());
  }

  [[nodiscard]] std::string_view name() const override { return "stowage"; }
  [[nodiscard]] std::string shape() const override {
    return "default options (batch 50 ops / 50 ms / 8 MiB, sync per group, credit 1000 ops / 64 "
           "MiB); "
           "one client pipelines accepted puts, takes every receipt, then one flush";
  }

  void fill(const std::vector<shared_bytes>& values) override {
    for (std::uint32_t i = 0; i < values.size(); ++i)
      unwrap(client_->put(block_name(i), values[i], durability::accepted));
    unwrap(client_->flush());
  }

  round_figures update_then_flush(const std::vector<update>& updates) override {
    std::vector<std::string> names;
    names.reserve(updates.size());
    for (const auto& u : updates) names.push_back(block_name(u.block));

    caf::scoped_actor self{system_};
    const auto request = [&](std::size_t i) {
      return compat::request(
          self.ptr(), store_,
          put_request{std::move(names[i]), updates[i].value, durability::accepted, {}});
    };
    std::vector<decltype(request(0))> receipts;
    receipts.reserve(updates.size());

    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < updates.size(); ++i) receipts.push_back(request(i));
    auto flushed = compat::request(self.ptr(), store_, flush_request{});
    const auto on_error = [](const caf::error& why) {
      throw std::runtime_error{"stowage: " + describe(to_failure(why))};
    };
    for (auto& r : receipts) r.receive([](const receipt&) {}, on_error);
    const auto accepted = ms_since(start);
    flushed.receive([] {}, on_error);
    return {accepted, ms_since(start)};
  }

  std::string last_round() override {
    const auto now = unwrap(client_->status());
    const auto before = std::exchange(counted_, now);
    return std::to_string(now.batches - before.batches) + " batches in " +
           std::to_string(now.groups - before.groups) + " groups, " +
           std::to_string(now.syncs - before.syncs) + " syncs";
  }

  shared_bytes read(std::uint32_t block) override {
    return unwrap(client_->get(block_name(block))).value;
  }

 private:
  system_config config_;
  caf::actor_system system_{config_};
  store_actor store_;
  std::optional<store_client> client_;
  store_status counted_;
};

}  // namespace

std::unique_ptr<engine> make_stowage_engine(const std::string& directory) {
  return std::make_unique<stowage_engine>(directory);
}

}  // namespace stowage::bench
