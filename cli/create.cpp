#include <stowage/actors/runtime.hpp>
#include <stowage/cli/commands.hpp>

namespace stowage::cli {

void run(const create_command& what, console& con) {
  if (auto created = create_store_file(what.store); !created)
    con.complain(what.store, created.error());
}

}  // namespace stowage::cli
