#include <stowage/cli/block_name.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/json_output.hpp>
#include <stowage/cli/offline_store.hpp>
#include <stowage/cli/remote_commands.hpp>
#include <stowage/storage/format/layout.hpp>

#include <fmt/format.h>

namespace stowage::cli {

namespace {

// `name: value` lines of the members that are no lists.
void print_members(console& con, const json& document) {
  for (const auto& [name, value] : document.items())
    con.print(
        fmt::format("{}: {}\n", name, value.is_string() ? value.get<std::string>() : value.dump()));
}

json describe_store(const std::string& path, const offline_store& store) {
  const auto& state = store.state;
  return {{"path", json_text(path)},
          {"uuid", to_hex(as_text(state.sb.id))},
          {"format", fmt::format("{}.{}", layout::format_major, layout::format_minor)},
          {"generation", state.sb.gen.value},
          {"epoch", state.sb.ep.value},
          {"lsn", state.position.last.value},
          {"version", state.last_version.value},
          {"clean", state.was_clean},
          {"damaged", state.damage.has_value()},
          {"dropped_groups", state.dropped ? state.dropped->records : 0},
          {"blocks", state.index.size()},
          {"value_bytes", state.index.value_bytes()},
          {"file_bytes", store.device->size()},
          {"free_bytes", state.space.free_space().free_bytes()},
          {"journal_bytes", state.journal_bytes}};
}

void stat_block(const stat_command& what, const offline_store& store, console& con) {
  if (auto named = check_name(*what.name); !named) {
    con.complain(what.store, named.error());
    return;
  }
  const auto block = store.find(*what.name);
  if (!block) {
    auto why = fail(errc::not_found);
    why.name = *what.name;
    con.complain(what.store, why);
    return;
  }
  json document;
  if (what.as_json)
    add_name(document, block->name());
  else
    document["name"] = show_name(block->name());
  document["version"] = block->ver().value;
  document["size"] = block->value_length();
  add_expiry(document, *block);
  if (!what.as_json) {
    document["chunks"] = block->chunks().size();
    print_members(con, document);
    return;
  }
  document["chunks"] = json::array();
  for (const auto& c : block->chunks())
    document["chunks"].push_back({{"offset", c.where.offset}, {"length", c.where.length}});
  print_json(con, document);
}

}  // namespace

void run(const stat_command& what, console& con) {
  if (what.connect) return run_remote(what, *what.connect, con);
  const auto store = open_offline(what.store, con);
  if (!store) return;
  if (what.name) {
    stat_block(what, *store, con);
    return;
  }
  const auto document = describe_store(what.store, *store);
  if (what.as_json)
    print_json(con, document);
  else
    print_members(con, document);
}

}  // namespace stowage::cli
