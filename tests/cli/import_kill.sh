#!/usr/bin/env bash
# kill -9 in the middle of an import leaves a prefix in its order, and another import completes it.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

mkdir tree
head -c 20000 /dev/urandom >data
for i in {1000..2999}; do ln data "tree/$i"; done
(cd tree && printf '%s\n' *) >names

"$stowage" create s
size="$(stat -c %s s)"
# It grows by 16 MiB at a time, so more than that is about half of the 40 MB.
has_grown() {
  (($(stat -c %s s) > size + 17 * 1024 * 1024)) || ! kill -0 "$import" 2>/dev/null
}

"$stowage" import s tree &
import=$!
wait_until "the file to grow twice" has_grown
kill -9 "$import" 2>/dev/null || true
code=0
wait "$import" 2>/dev/null || code=$?

"$stowage" verify s >out 2>err || fail "verify after kill: $(<err)"
"$stowage" list s >listed 2>err
count="$(wc -l <listed)"
head -n "$count" names | cmp - listed || fail "not a prefix"
if [[ "$code" == 137 ]]; then
  ((count < 2000)) || fail "killed and yet complete"
fi

"$stowage" import s tree 2>err || fail "the second import: $(<err)"
expect 0 "$stowage" list s
cmp out names
expect 0 "$stowage" verify s
"$stowage" get s 2500 | cmp - data
