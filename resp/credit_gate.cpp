#include <stowage/resp/credit_gate.hpp>

#include <algorithm>

namespace stowage::resp {

namespace {

template <class Writes>
request_cost cost_of_writes(const Writes& writes) {
  request_cost cost;
  for (const auto& w : writes) cost.bytes += w.value.size();
  // One without writes is taken in turn all the same.
  cost.writes = std::max<std::uint64_t>(writes.size(), 1);
  return cost;
}

request_cost cost(const put_many_request& r) { return cost_of_writes(r.writes); }
request_cost cost(const commit_request& r) { return cost_of_writes(r.what.writes()); }
request_cost cost(const clear_request& /*r*/) { return {1, 0, 0}; }
request_cost cost(const get_request& /*r*/) { return {0, 0, 1}; }
request_cost cost(const stat_request& /*r*/) { return {0, 0, 1}; }
request_cost cost(const list_request& /*r*/) { return {0, 0, 1}; }
template <class Other>
request_cost cost(const Other& /*r*/) {
  return {};
}

}  // namespace

request_cost cost_of(const store_request& what) {
  return std::visit([](const auto& r) { return cost(r); }, what);
}

}  // namespace stowage::resp
