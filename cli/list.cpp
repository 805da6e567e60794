#include <stowage/cli/block_name.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/json_output.hpp>
#include <stowage/cli/offline_store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace stowage::cli {

namespace {

/// Visits what was asked for; answers whether the limit left some out.
bool for_each_listed(const list_command& what, const offline_store& store,
                     const std::function<void(const block&)>& visit) {
  std::uint64_t left = what.limit;
  bool more = false;
  store.for_each_from(std::max(what.prefix, what.after), [&](const block_ref& b) {
    if (b->name() <= what.after) return true;
    if (!b->name().starts_with(what.prefix)) return false;
    if (left == 0) {
      more = true;
      return false;
    }
    --left;
    visit(*b);
    return true;
  });
  return more;
}

}  // namespace

void run(const list_command& what, console& con) {
  const auto store = open_offline(what.store, con);
  if (!store) return;
  if (what.as_json) {
    json_list rows{con, "blocks"};
    const bool more = for_each_listed(what, *store, [&](const block& b) {
      json row;
      add_name(row, b.name());
      row["version"] = b.ver().value;
      row["size"] = b.value_length();
      add_expiry(row, b);
      rows.add(row);
    });
    rows.end({{"more", more}});
    return;
  }
  for_each_listed(what, *store, [&](const block& b) {
    const auto name = show_name(b.name());
    if (what.as_long)
      con.print(fmt::format("{} {} {}\n", b.ver().value, b.value_length(), name));
    else
      con.print(name + "\n");
  });
}

}  // namespace stowage::cli
