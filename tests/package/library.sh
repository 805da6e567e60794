#!/usr/bin/env bash
# What libstowage shows of itself: its SONAME, the functions of the public headers, and nothing of what lies below them.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

library="$(find "$prefix/lib" -maxdepth 1 -name 'libstowage.so.*.*.*')"
[[ -n "$library" ]] || skip "the library is static here"
version="${library##*.so.}"
readelf -d "$library" >dynamic
grep -q "SONAME.*\[libstowage.so.${version%.*}\]" dynamic || fail "another SONAME: $(grep SONAME dynamic)"
[[ "$(readlink "$prefix/lib/libstowage.so")" == "libstowage.so.${version%.*}" ]] || fail "another link for the linker"
# shellcheck disable=SC2016 # the loader's own
grep -qF 'RUNPATH' dynamic && grep -qF '[$ORIGIN/stowage/caf/lib]' dynamic || fail "another RUNPATH: $(grep PATH dynamic)"
# One CAF, and that one is beside it.
grep -q 'NEEDED.*libcaf_core.so' dynamic || fail "CAF is not loaded but contained"
[[ "$(loads "$library" libcaf_core)" == "$prefix/lib/stowage/caf/lib/libcaf_core.so."* ]] ||
  fail "CAF is $(loads "$library" libcaf_core)"

nm -DC --defined-only "$library" | sed 's/^[0-9a-f]* . //' >shown
for function in 'stowage::open_store(' 'stowage::store_client::put(' 'stowage::register_message_types()' \
  'stowage::to_failure(' 'stowage::memory_device::read(' 'typeinfo for stowage::block_device' \
  'stowage::sync_mode_from_name('; do
  grep -qF "$function" shown || fail "$function is not shown"
done
# Classes that no public header names.
for hidden in block_index free_map space_map journal_record write_plan registry_state allocator_state writer_state \
  latched_device posix_device checkpoint_page; do
  ! grep -E "^stowage::$hidden" shown >leaked || fail "shown though internal: $(head -n 3 leaked)"
done
# Nor functions of other libraries that were compiled in.
! grep -E '^XXH' shown >leaked || fail "shown though of others: $(head -n 3 leaked)"
