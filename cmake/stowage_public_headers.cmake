# The headers that are installed: what users name, and what those include. A test compiles each alone against the
# installed tree, so a header that includes another one belongs here together with it.
#
# Of messages/ all that is protocol: whoever says CAF_MAIN(caf::id_block::stowage) instantiates the whole block of type ids. What
# is between the store's own actors is no interface for all that: it changes from version to version.
set(STOWAGE_PUBLIC_HEADERS
  actors/runtime.hpp
  actors/store_options.hpp
  actors/wall_clock.hpp
  client/send_window.hpp
  client/store_client.hpp
  client/watcher.hpp
  messages/all.hpp
  messages/allocator.hpp
  messages/caf_compat.hpp
  messages/disk.hpp
  messages/error.hpp
  messages/ids.hpp
  messages/lifecycle.hpp
  messages/maintenance.hpp
  messages/payload.hpp
  messages/read_view.hpp
  messages/reader.hpp
  messages/register_types.hpp
  messages/relocation.hpp
  messages/store.hpp
  messages/transaction.hpp
  messages/type_ids.hpp
  messages/watch.hpp
  messages/wiring.hpp
  messages/writer.hpp
  # Values that requests, answers and options are made of.
  storage/core/bytes.hpp
  storage/core/checksum.hpp
  storage/core/errc.hpp
  storage/core/export.hpp
  storage/core/invariant.hpp
  storage/core/limits.hpp
  storage/core/result.hpp
  storage/core/types.hpp
  storage/dropped_tail.hpp
  storage/log/batch_options.hpp
  storage/log/sync_options.hpp
  # What a store lies on, for tests and for devices of one's own.
  storage/device/block_device.hpp
  storage/device/device_call.hpp
  storage/device/faulty_device.hpp
  storage/device/memory_device.hpp
  storage/device/tracing_device.hpp)
