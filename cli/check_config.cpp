#include <stowage/cli/commands.hpp>
#include <stowage/config/settings.hpp>

namespace stowage::cli {

void run(const check_config_command& what, console& con) {
  if (auto config = load_config(what.file); !config)
    con.complain_line(config.error().detail, exit_code::usage);
}

void run(const text_command& what, console& con) { con.print(what.text); }

}  // namespace stowage::cli
