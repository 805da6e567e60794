// How long the scheduler lets a thread run before others get their turn.
#pragma once

namespace stowage {

/// Asks for the shortest time slices there are for the calling thread, at its present priority: what the disk
/// has woken then gets a CPU beside busy neighbours within about 0.1 ms, where it would wait for up to 4 ms. It
/// gets no larger share of the CPU by that. Needs no privilege and Linux 6.12; before that, or where it is
/// refused, nothing changes. Answers whether the system took it.
/// Source: sched(7), `sched_runtime` of SCHED_OTHER; the kernel's documentation of EEVDF.
bool ask_for_short_time_slices() noexcept;

}  // namespace stowage
