#include <stowage/messages/register_types.hpp>

#include <stowage/messages/all.hpp>

namespace stowage {

void register_message_types() {
  caf::init_global_meta_objects<caf::id_block::stowage>();
  caf::core::init_global_meta_objects();
}

}  // namespace stowage
