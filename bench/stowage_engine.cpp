#include <stowage/bench/engine.hpp>

#include <stowage/bench/running_store.hpp>
#include <stowage/messages/caf_compat.hpp>

#include <caf/scoped_actor.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace stowage::bench {

namespace {

double ms_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

std::string block_name(std::uint32_t block) { return "block-" + std::to_string(block); }

class stowage_engine final : public engine {
 public:
  stowage_engine(const std::string& directory, sync_mode mode) : mode_{mode} {
    store_options options;
    options.path = directory + "/" + std::string{name_of(mode)} + ".stow";
    options.create = true;
    options.sync.mode = mode;
    store_.emplace(options);
  }

  [[nodiscard]] std::string_view name() const override {
    return mode_ == sync_mode::lazy ? "stowage lazy" : "stowage";
  }
  [[nodiscard]] std::string shape() const override {
    return std::string{"default options (batch 50 ops / 50 ms / 8 MiB, credit 1000 ops / 64 MiB)"} +
           (mode_ == sync_mode::lazy ? " but sync.mode = lazy: nothing is synced before the flush"
                                     : ", sync per group") +
           "; one client pipelines accepted puts, takes every receipt, then one flush";
  }

  void fill(const std::vector<shared_bytes>& values) override {
    for (std::uint32_t i = 0; i < values.size(); ++i)
      unwrap(store_->client().put(block_name(i), values[i], durability::accepted));
    unwrap(store_->client().flush());
  }

  round_figures update_then_flush(const std::vector<update>& updates) override {
    std::vector<std::string> names;
    names.reserve(updates.size());
    for (const auto& u : updates) names.push_back(block_name(u.block));

    caf::scoped_actor self{store_->system()};
    const auto request = [&](std::size_t i) {
      return compat::request(
          self.ptr(), store_->handle(),
          put_request{std::move(names[i]), updates[i].value, durability::accepted, {}});
    };
    std::vector<decltype(request(0))> receipts;
    receipts.reserve(updates.size());

    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < updates.size(); ++i) receipts.push_back(request(i));
    auto flushed = compat::request(self.ptr(), store_->handle(), flush_request{});
    for (auto& r : receipts) r.receive([](const receipt&) {}, throw_failure);
    const auto accepted = ms_since(start);
    flushed.receive([] {}, throw_failure);
    return {accepted, ms_since(start)};
  }

  std::string last_round() override {
    const auto now = unwrap(store_->client().status());
    const auto before = std::exchange(counted_, now);
    return std::to_string(now.batches - before.batches) + " batches in " +
           std::to_string(now.groups - before.groups) + " groups, " +
           std::to_string(now.syncs - before.syncs) + " syncs";
  }

  shared_bytes read(std::uint32_t block) override {
    return unwrap(store_->client().get(block_name(block))).value;
  }

 private:
  sync_mode mode_;
  std::optional<running_store> store_;
  store_status counted_;
};

}  // namespace

std::unique_ptr<engine> make_stowage_engine(const std::string& directory, sync_mode mode) {
  return std::make_unique<stowage_engine>(directory, mode);
}

}  // namespace stowage::bench
