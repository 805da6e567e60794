#include <stowage/bench/update_plan.hpp>

namespace stowage::bench {

void fill(session& client, const value_source& values, std::uint64_t blocks) {
  for (std::uint64_t n = 0; n < blocks; ++n) client.put(n, values.value(n));
  client.flush();
}

void check_updated(session& client, const update_plan& plan,
                   const std::vector<numbered_update>& updates, const value_source& values) {
  for (const auto& u : updates) client.read(u.block, values.view(plan.newest()[u.block]));
  client.settle();
}

}  // namespace stowage::bench
