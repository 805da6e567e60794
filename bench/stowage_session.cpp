#include <stowage/bench/stowage_session.hpp>

#include <stowage/bench/bulk_writer.hpp>
#include <stowage/messages/caf_compat.hpp>

#include <caf/scoped_actor.hpp>

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace stowage::bench {

namespace {

constexpr std::string_view engine_name = "stowage";

auto send_put(caf::scoped_actor& self, const store_actor& store, std::uint64_t block,
              shared_bytes value) {
  return compat::request(
      self.ptr(), store,
      put_request{block_name(block), std::move(value), durability::accepted, {}});
}

auto send_get(caf::scoped_actor& self, const store_actor& store, std::uint64_t block) {
  return compat::request(self.ptr(), store, get_request{block_name(block)});
}

auto send_flush(caf::scoped_actor& self, const store_actor& store) {
  return compat::request(self.ptr(), store, flush_request{});
}

using put_answer = decltype(send_put(std::declval<caf::scoped_actor&>(),
                                     std::declval<const store_actor&>(), 0, {}));
using flush_answer =
    decltype(send_flush(std::declval<caf::scoped_actor&>(), std::declval<const store_actor&>()));

struct get_answer {
  decltype(send_get(std::declval<caf::scoped_actor&>(), std::declval<const store_actor&>(),
                    0)) value;
  std::uint64_t block;
  byte_view expected;
};

class stowage_session final : public session {
 public:
  stowage_session(running_store& store, const session_shape& shape, reads_by how)
      : store_{store.handle()},
        self_{store.system()},
        client_{store.client().for_another_thread()},
        outstanding_{shape.outstanding} {
    if (shape.puts_together > 1) bulk_.emplace(store);
    if (how == reads_by::view) view_.emplace(unwrap(client_.view()));
  }

  void put(std::uint64_t block, shared_bytes value) override {
    if (bulk_) {
      bulk_->put(block_name(block), std::move(value));
      return;
    }
    make_room();
    under_way_.emplace_back(send_put(self_, store_, block, std::move(value)));
  }

  bench_clock::time_point flush() override {
    if (bulk_) bulk_->drain();
    // Sent before the receipts are taken: the store need not wait for us to see them.
    auto flushed = send_flush(self_, store_);
    settle();
    const auto accepted = bench_clock::now();
    finish_flush();
    take(flushed);
    return accepted;
  }

  void flush_behind() override {
    if (bulk_) bulk_->drain();
    finish_flush();
    flush_.emplace(send_flush(self_, store_));
  }

  void commit(std::span<const update> group) override {
    transaction t;
    for (const auto& u : group) t.put(block_name(u.block), u.value);
    (void)unwrap(client_.commit(std::move(t), durability::durable));
  }

  void put_durably(std::uint64_t block, const shared_bytes& value) override {
    (void)unwrap(client_.put(block_name(block), value, durability::durable));
  }

  void read(std::uint64_t block, byte_view expected) override {
    if (view_) {
      const auto found = unwrap(view_->get(block_name(block)));
      require_equal(engine_name, block, found.value.view(), expected);
      return;
    }
    make_room();
    under_way_.emplace_back(get_answer{send_get(self_, store_, block), block, expected});
  }

  void settle() override {
    if (bulk_) bulk_->drain();
    while (!under_way_.empty()) take_oldest();
  }

 private:
  // Half of the window at a time: a thread that sleeps for each answer is woken for each.
  void make_room() {
    if (under_way_.size() < outstanding_) return;
    while (under_way_.size() > outstanding_ / 2) take_oldest();
  }

  void take_oldest() {
    std::visit([this](auto& answer) { take(answer); }, under_way_.front());
    under_way_.pop_front();
  }

  void take(put_answer& answer) {
    std::move(answer).receive([](const receipt&) {}, throw_failure);
  }
  void take(get_answer& answer) {
    std::move(answer.value)
        .receive(
            [&](const block_value& found) {
              require_equal(engine_name, answer.block, found.value.view(), answer.expected);
            },
            throw_failure);
  }
  void take(flush_answer& answer) {
    std::move(answer).receive([] {}, throw_failure);
  }
  void finish_flush() {
    if (!flush_) return;
    take(*flush_);
    flush_.reset();
  }

  store_actor store_;
  caf::scoped_actor self_;
  store_client client_;
  std::size_t outstanding_;
  std::deque<std::variant<put_answer, get_answer>> under_way_;
  std::optional<flush_answer> flush_;
  std::optional<bulk_writer> bulk_;
  std::optional<read_view> view_;
};

}  // namespace

std::unique_ptr<session> make_stowage_session(running_store& store, const session_shape& shape,
                                              reads_by how) {
  return std::make_unique<stowage_session>(store, shape, how);
}

}  // namespace stowage::bench
