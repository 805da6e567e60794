#include <stowage/bench/bulk_writer.hpp>
#include <stowage/messages/caf_compat.hpp>
#include <stowage/messages/store.hpp>

#include <deque>
#include <utility>
#include <vector>

namespace stowage::bench {

namespace {

auto send_writes(caf::scoped_actor& self, const store_actor& store,
                 std::vector<single_write> writes) {
  return compat::request(self.ptr(), store, put_many_request{std::move(writes), {}});
}

}  // namespace

struct bulk_writer::state {
  explicit state(running_store& s) : store{s.handle()}, self{s.system()} {}

  void send() {
    if (writes.empty()) return;
    if (under_way.size() == messages_under_way) take_answer();
    under_way.push_back(send_writes(self, store, std::exchange(writes, {})));
    bytes = 0;
  }
  void take_answer() {
    std::move(under_way.front())
        .receive(
            [](const put_many_result& done) {
              if (!done.failures.empty())
                throw std::runtime_error{"stowage: " + describe(done.failures.front().why)};
            },
            throw_failure);
    under_way.pop_front();
  }

  store_actor store;
  caf::scoped_actor self;
  std::vector<single_write> writes;
  std::uint64_t bytes = 0;
  std::deque<decltype(send_writes(self, store, {}))> under_way;
};

bulk_writer::bulk_writer(running_store& store) : state_{std::make_unique<state>(store)} {}
bulk_writer::~bulk_writer() = default;

void bulk_writer::put(std::string name, shared_bytes value) {
  const auto bytes = value.view().size();
  if (state_->writes.size() == message_ops_max || state_->bytes + bytes > message_bytes_max)
    state_->send();
  state_->bytes += bytes;
  state_->writes.push_back({std::move(name), std::move(value), false, {}});
}

void bulk_writer::drain() {
  state_->send();
  while (!state_->under_way.empty()) state_->take_answer();
}

}  // namespace stowage::bench
