// All messages: what CAF_MAIN(caf::id_block::stowage, ...) needs to see.
#pragma once

#include <stowage/messages/allocator.hpp>
#include <stowage/messages/disk.hpp>
#include <stowage/messages/error.hpp>
#include <stowage/messages/lifecycle.hpp>
#include <stowage/messages/maintenance.hpp>
#include <stowage/messages/payload.hpp>
#include <stowage/messages/read_view.hpp>
#include <stowage/messages/reader.hpp>
#include <stowage/messages/relocation.hpp>
#include <stowage/messages/store.hpp>
#include <stowage/messages/transaction.hpp>
#include <stowage/messages/watch.hpp>
#include <stowage/messages/wiring.hpp>
#include <stowage/messages/writer.hpp>
