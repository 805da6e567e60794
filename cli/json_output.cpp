#include <stowage/cli/json_output.hpp>

#include <stowage/cli/block_name.hpp>

#include <string>

namespace stowage::cli {

void add_name(json& object, std::string_view name) {
  if (is_utf8(name))
    object["name"] = name;
  else
    object["name_hex"] = to_hex(name);
}

void add_expiry(json& object, const block& b) {
  if (b.expires_at_ms() != 0) object["expires_at_ms"] = b.expires_at_ms();
}

json json_text(std::string_view text) { return is_utf8(text) ? json(text) : json(show_name(text)); }

void print_json(console& con, const json& document) { con.print(document.dump(2) + "\n"); }

json_list::json_list(console& con, std::string_view name) : con_{con} {
  con_.print("{\n  " + json(name).dump() + ": [");
}

void json_list::add(const json& row) {
  con_.print(empty_ ? "\n    " : ",\n    ");
  con_.print(row.dump());
  empty_ = false;
}

void json_list::end(const json& rest) {
  con_.print(empty_ ? "]" : "\n  ]");
  for (const auto& [name, value] : rest.items())
    con_.print(",\n  " + json(name).dump() + ": " + value.dump());
  con_.print("\n}\n");
}

}  // namespace stowage::cli
