#!/usr/bin/env bash
# shellcheck disable=SC2016 # the inner shell expands it
# backup: a dense copy with the same blocks and versions; a damaged block is left out and named.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

mkdir files
for ((i = 0; i < 30; ++i)); do head -c $((i * 20000)) /dev/urandom >"files/$i"; done
expect 0 "$stowage" import s files --create
for ((i = 0; i < 30; i += 2)); do rm "files/$i"; done
mapfile -t gone < <(seq 0 2 29)
expect 0 "$stowage" delete s "${gone[@]}"
expect 0 "$stowage" list s --long
cp out listed

untouched s 0 "$stowage" backup s copy
[[ "$(<out)" =~ ^copied\ 15\ blocks,\ [0-9]+\ bytes:\ ok$ ]] || fail "printed '$(<out)'"
expect 0 "$stowage" list copy --long
cmp -s out listed || fail "other blocks, or other versions: $(<out)"
expect 0 "$stowage" verify copy
expect 0 "$stowage" export copy exported
diff -r files exported >/dev/null || fail "other values"
# What was deleted takes no space, and the next version is one that was never given.
live="$(du -sb files | cut -f 1)"
(($(stat -c %s copy) < live + 3000000)) || fail "the copy has $(stat -c %s copy) bytes for $live"
last="$("$stowage" put s next /dev/null)"
expect 0 "$stowage" put copy next /dev/null
expect_on_stdout "$last"

# A copy of nothing.
"$stowage" create empty
expect 0 "$stowage" backup empty nothing
expect 0 "$stowage" list nothing
expect_on_stdout ''

# A damaged block.
offset="$("$stowage" inspect s extents | awk '$3 == "data" && $4 == "29" { print $1; exit }')"
cp s damaged
printf 'damaged!' | dd of=damaged bs=1 seek="$((offset + 5000))" conv=notrunc status=none
untouched damaged 2 "$stowage" backup damaged most
grep -qF "block 29, offset $offset" err || fail "not named: $(<err)"
expect 0 "$stowage" verify most
expect 5 "$stowage" get most 29
expect 0 "$stowage" get most 27
cmp -s out files/27 || fail "a block that was whole"

# A store that lost committed records is not backed up as if that were all of it.
record="$("$stowage" inspect s journal | awk 'NR == 2 { print $1 }')"
cp s journal
printf 'damaged!' | dd of=journal bs=1 seek="$((record + 10))" conv=notrunc status=none
untouched journal 2 "$stowage" backup journal part
[[ ! -e part ]] || fail "a part was backed up"

# The other exit codes; nothing is left behind.
untouched listed 7 "$stowage" backup s listed
untouched s 7 "$stowage" backup s s
expect 5 "$stowage" backup none new
expect 5 "$stowage" backup s no-directory/new
expect 6 bash -c 'ulimit -f 4000; exec "$1" backup s new' run "$stowage"
[[ ! -e new ]] || fail "half a store was left"
[[ -z "$(find . -name '.*.creating')" ]] || fail "a temporary file was left"
