#include <stowage/testkit/device_conformance.hpp>

#include <stowage/testkit/device_checks.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace stowage::testkit {

namespace {

#define STOWAGE_CHECK(name, rule) \
  conformance_check { #name, rule, &device_checks::name }

constexpr std::array checks{
    STOWAGE_CHECK(a_new_device_has_no_bytes, "a device begins empty"),
    STOWAGE_CHECK(what_is_written_is_read_at_once,
                  "a write is visible to every later read at once, at any offset, of any size, in "
                  "both modes"),
    STOWAGE_CHECK(
        buffers_are_written_one_after_another,
        "a write takes any number of buffers of any size, in their order, and is never short"),
    STOWAGE_CHECK(later_writes_replace_earlier_ones,
                  "writes take effect in the order they were made"),
    STOWAGE_CHECK(writes_change_nothing_beside_them, "a write changes its own bytes"),
    STOWAGE_CHECK(nothing_is_a_size_as_well, "a call about no bytes succeeds and changes nothing"),
    STOWAGE_CHECK(reads_end_where_the_device_does,
                  "a read answers how many bytes there were, fewer only where the device ends"),
    STOWAGE_CHECK(writes_beyond_the_end_are_refused, "a write lies inside size()"),
    STOWAGE_CHECK(allocated_bytes_are_zeros, "new bytes read as zeros, and those before stay"),
    STOWAGE_CHECK(allocating_less_changes_nothing, "allocate makes a device at least so long"),
    STOWAGE_CHECK(what_is_cut_off_does_not_come_back, "resize cuts, and what grows again is zeros"),
    STOWAGE_CHECK(resize_does_not_grow, "resize only cuts"),
    STOWAGE_CHECK(
        a_full_device_says_so_and_stays_as_it_is,
        "allocate without room fails with no_space, changes nothing and may be tried again"),
    STOWAGE_CHECK(syncs_change_nothing_that_is_read, "a sync makes durable what is there already"),
    STOWAGE_CHECK(a_dropped_cache_loses_nothing, "drop_cache is advice: what was written stays"),
    STOWAGE_CHECK(what_is_synced_is_there_when_opened_again,
                  "writes and size are durable after a sync, whether the device was closed or not"),
    STOWAGE_CHECK(a_power_loss_takes_nothing_that_was_synced,
                  "a sector that was synced and not written since survives a power loss"),
    STOWAGE_CHECK(a_failed_read_says_where, "a failed read is io_error with offset and errno"),
    STOWAGE_CHECK(a_failed_write_says_where,
                  "a failed write is io_error or no_space with offset and errno, and harms only "
                  "its own bytes"),
    STOWAGE_CHECK(a_failed_sync_is_told, "a failed sync is io_error with errno, never a success"),
    STOWAGE_CHECK(a_failed_allocate_changes_nothing,
                  "a failed allocate is no_space or io_error and changes nothing"),
    STOWAGE_CHECK(a_failed_resize_is_told, "a failed resize is io_error and changes nothing"),
    STOWAGE_CHECK(threads_read_beside_the_one_that_writes,
                  "read may be called from any thread while one writes, syncs and allocates"),
    STOWAGE_CHECK(a_closed_device_does_nothing,
                  "after close nothing succeeds, and nothing changes"),
};

#undef STOWAGE_CHECK

}  // namespace

std::span<const conformance_check> device_conformance_checks() { return checks; }

conformance check_device(std::string_view name, const device_under_test& device) {
  const auto found =
      std::ranges::find_if(checks, [&](const conformance_check& c) { return c.name == name; });
  if (found == checks.end())
    throw misuse{"there is no conformance check named " + std::string{name}};
  try {
    return found->run(device);
  } catch (const not_conforming& why) {
    throw not_conforming{std::string{why.what()} + "; the rule: " + std::string{found->rule}};
  } catch (const invariant_violation& why) {
    throw not_conforming{"it breaks an invariant of its own: " + std::string{why.what()} +
                         "; the rule: " + std::string{found->rule}};
  }
}

}  // namespace stowage::testkit
