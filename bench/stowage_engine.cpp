// Stowage, read by messages or by views, with a payload cache as large as the others' caches. Where the workload syncs only on its own flushes, so does the store (`sync.mode = lazy`), and
// its credit has no bound of ops but the largest there is; else the options are the defaults.
#include <stowage/bench/engines.hpp>

#include <stowage/bench/running_store.hpp>
#include <stowage/bench/stowage_session.hpp>

#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/metric.hpp>
#include <caf/telemetry/metric_family.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <type_traits>

namespace stowage::bench {

namespace {

store_options options_for(const engine_setup& setup) {
  store_options options;
  options.path = setup.directory + "/blocks.stow";
  options.create = true;
  options.cache_bytes = cache_bytes;
  if (setup.syncs_only_on_flush) {
    options.level = durability::accepted;
    options.sync.mode = sync_mode::lazy;
    options.batch.max_ops = 65'536;
    options.credit.max_ops = 1'000'000;
  }
  return options;
}

/// What CAF counts: messages that actors have handled. Threads that wait for an answer are no actors.
struct handled_messages {
  template <class Value>
  void operator()(const caf::telemetry::metric_family* family, const caf::telemetry::metric* /*of*/,
                  const Value* value) {
    if constexpr (std::is_same_v<Value, caf::telemetry::int_counter>)
      if (family->prefix() == "caf.system" && family->name() == "processed-messages")
        count += static_cast<std::uint64_t>(value->value());
  }

  std::uint64_t count = 0;
};

class stowage_engine final : public engine {
 public:
  stowage_engine(const engine_setup& setup, reads_by how)
      : is_lazy_{setup.syncs_only_on_flush}, reads_by_{how}, store_{options_for(setup)} {}

  [[nodiscard]] std::string_view name() const override { return "stowage"; }
  [[nodiscard]] std::string shape() const override {
    std::string text{
        is_lazy_ ? "sync.mode = lazy, batches without a bound of ops, credit 64 MiB"
                 : "a sync per group; batch 50 ops / 50 ms / 8 MiB, credit 1000 ops / 64 MiB"};
    text += "; cache 512 MiB";
    if (reads_by_ == reads_by::view) text += "; reads by a view, without messages";
    return text;
  }
  [[nodiscard]] std::unique_ptr<session> connect(const session_shape& shape) override {
    return make_stowage_session(store_, shape, reads_by_);
  }
  [[nodiscard]] std::uint64_t messages() override {
    handled_messages handled;
    store_.system().metrics().collect(handled);
    return handled.count;
  }
  [[nodiscard]] running_store* store() override { return &store_; }
  [[nodiscard]] std::uint64_t syncs() override { return unwrap(store_.client().status()).syncs; }

 private:
  bool is_lazy_;
  reads_by reads_by_;
  running_store store_;
};

}  // namespace

std::unique_ptr<engine> make_stowage(const engine_setup& setup) {
  return std::make_unique<stowage_engine>(setup, reads_by::message);
}

std::unique_ptr<engine> make_stowage_with_view(const engine_setup& setup) {
  return std::make_unique<stowage_engine>(setup, reads_by::view);
}

}  // namespace stowage::bench
