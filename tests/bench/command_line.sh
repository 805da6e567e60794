#!/usr/bin/env bash
# Who takes part can be chosen; who is not there cannot.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

"$bench" W1 --rounds 1 --engines stowage --directory . >out 2>err || fail "$(<err)"
grep -q '^stowage ' out || fail "stowage was asked for"
! grep -q '^raw ' out || fail "raw was not asked for"
! "$bench" W1 --engines nobody >out 2>err || fail "an engine that is not there"
! "$bench" W9 >out 2>err || fail "a workload that is not there"
! "$bench" W1 --rounds 0 >out 2>err || fail "no rounds"
! "$bench" W1 --rounds 1 --engines raw --directory out/under >out 2>err || fail "a file is no directory"
[[ "$(wc -l <err)" == 1 ]] || fail "not one line: $(<err)"
