// Makes the store's messages known to CAF.
#pragma once

#include <stowage/storage/core/export.hpp>

namespace STOWAGE_EXPORT stowage {

/// Registers the messages of this library and of CAF's core. Call it once, before the first actor
/// system, unless CAF_MAIN(caf::id_block::stowage, ...) does it.
void register_message_types();

}  // namespace stowage
