#!/usr/bin/env bash
# Damage is found, named and left as it is; what is whole stays readable.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# overwrite FILE OFFSET: other bytes there.
overwrite() {
  printf 'damaged!' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

"$stowage" create s
for name in a b c; do
  head -c 100000 /dev/urandom >"$name.value"
  "$stowage" put s "$name" "$name.value" >/dev/null
done
offset="$("$stowage" inspect s extents | awk '$3 == "data" && $4 == "b" { print $1 }')"

# A block.
cp s block
overwrite block "$((offset + 5000))"
untouched block 2 "$stowage" get block b
[[ ! -s out ]] || fail "unverified bytes were printed"
grep -q "block b, offset $offset" err || fail "not named: $(<err)"
expect 0 "$stowage" get block a
cmp out a.value
untouched block 2 "$stowage" verify block
expect_on_stdout 'verified 3 blocks, 3 chunks, 200000 bytes: 1 damaged'
untouched block 2 "$stowage" verify block --json
grep -q '"name": "b"' out || fail "verify: $(<out)"
grep -q "\"offset\": $offset" out || fail "verify: $(<out)"
untouched block 2 "$stowage" export block exported
cmp exported/c c.value
[[ ! -e exported/b ]] || fail "an unverified block was exported"
# A new value is the cure.
expect 0 "$stowage" put block b b.value
expect 0 "$stowage" verify block

# One superblock of two: a warning, and a finding of verify.
cp s slot
overwrite slot 100
before="$(sha256sum <slot)"
"$stowage" list slot >out 2>err || fail "one slot is enough: $(<err)"
grep -q 'warning' err || fail "no warning"
expect_on_stdout 'a
b
c'
code=0
"$stowage" verify slot >out 2>err || code=$?
[[ "$code" == 2 ]] || fail "verify did not find the slot: $code"
[[ "$(sha256sum <slot)" == "$before" ]] || fail "a reader changed the file"

# Both superblocks.
cp slot both
overwrite both 65636
untouched both 2 "$stowage" list both
untouched both 2 "$stowage" put both a a.value

# A committed record: what precedes it can be read.
cp s journal
record="$("$stowage" inspect s journal | awk 'NR == 2 { print $1 }')"
overwrite journal "$((record + 10))"
untouched journal 2 "$stowage" list journal
expect_on_stdout a
untouched journal 2 "$stowage" get journal a
cmp out a.value
untouched journal 2 "$stowage" stat journal
untouched journal 2 "$stowage" verify journal
untouched journal 2 "$stowage" put journal a a.value
untouched journal 2 "$stowage" inspect journal journal
