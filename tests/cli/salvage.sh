#!/usr/bin/env bash
# shellcheck disable=SC2016 # the inner shell expands it
# salvage: what verifies is saved into a new store, what does not is named, and the damaged file is only read.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# overwrite FILE OFFSET: other bytes there.
overwrite() {
  printf 'damaged!' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# salvaged STORE TEXT: it exits with 2 and says TEXT, each line with advice; STORE stays as it is, OUT is whole.
salvaged() {
  local before code=0
  before="$(sha256sum <"$1")"
  rm -f out.stow
  "$stowage" salvage "$1" out.stow >out 2>err || code=$?
  [[ "$code" == 2 ]] || fail "salvage of $1: exit code $code ($(<err))"
  [[ "$(sha256sum <"$1")" == "$before" ]] || fail "salvage changed $1"
  grep -qF -- "$2" err || fail "salvage of $1 does not say '$2': $(<err)"
  ! grep -vqE '^stowage: .+: .+: .+' err || fail "no advice: $(<err)"
  expect 0 "$stowage" verify out.stow
}

# same NAME...: these blocks of out.stow are as they were, and no others are there.
same() {
  local name
  printf '%s\n' "$@" >names
  expect 0 "$stowage" list out.stow
  cmp -s out names || fail "saved were: $(tr '\n' ' ' <out)"
  for name in "$@"; do
    expect 0 "$stowage" get out.stow "$name"
    cmp -s out "$name.value" || fail "$name is not what it was"
  done
}

"$stowage" create s
for name in a b c d; do
  head -c 100000 /dev/urandom >"$name.value"
  "$stowage" put s "$name" "$name.value" >/dev/null
done
expect 0 "$stowage" list s --long
cp out listed

# Nothing is wrong: a copy with the same versions, that goes on counting where the other stopped.
untouched s 0 "$stowage" salvage s out.stow
expect_on_stdout 'saved 4 blocks, 400000 bytes: ok'
same a b c d
expect 0 "$stowage" list out.stow --long
cmp -s out listed || fail "other versions: $(<out)"
expect 0 "$stowage" put out.stow e a.value
expect_on_stdout 5

# A value.
offset="$("$stowage" inspect s extents | awk '$3 == "data" && $4 == "b" { print $1 }')"
cp s block
overwrite block "$((offset + 5000))"
salvaged block "block b, offset $offset"
same a c d

# A superblock; both of them, if what they name still proves them; not if nothing does.
cp s slots
overwrite slots 100
salvaged slots 'one of the two superblocks'
same a b c d
overwrite slots 65636
expect 2 "$stowage" list slots
salvaged slots 'both superblocks are damaged'
same a b c d
dd if=/dev/zero of=slots bs=4096 count=20 conv=notrunc status=none
printf '\xd3Stowage str\r\n\x1a\n' | dd of=slots conv=notrunc status=none
rm out.stow
untouched slots 2 "$stowage" salvage slots out.stow
[[ ! -e out.stow ]] || fail "a store was made of nothing"

# A record in the middle of the journal: the others are used.
record="$("$stowage" inspect s journal | awk 'NR == 2 { print $1 }')"
cp s journal
overwrite journal "$((record + 10))"
salvaged journal 'record 2 cannot be read'
same a c d
# What was lost may have had any version.
expect 0 "$stowage" put out.stow e a.value
(($(<out) > 4000000000)) || fail "a version that may have been given before: $(<out)"

# Cut short: what is left.
last="$("$stowage" inspect s extents | awk '$3 == "data" && $4 == "d" { print $1 }')"
cp s cut
truncate -s "$((last + 50000))" cut
expect 2 "$stowage" list cut
salvaged cut 'truncated'
same a b c

# Pages of both checkpoints, each of which has what the other one lost.
mkdir files
for ((i = 0; i < 3000; ++i)); do printf '%s' "$i" >"files/a rather long name, so that there are many pages $i"; done
expect 0 "$stowage" import t files --create
expect 0 "$stowage" compact t
mapfile -t pages < <("$stowage" inspect t checkpoint | awk '$1 == "current" && $2 == "page" { print $3 }')
mapfile -t older < <("$stowage" inspect t checkpoint | awk '$1 == "previous" && $2 == "page" { print $3 }')
((${#pages[@]} >= 3 && ${#older[@]} >= 3)) || fail "too few pages: ${pages[*]}, ${older[*]}"
overwrite t "$((pages[0] + 100))"
overwrite t "$((older[2] + 100))"
expect 2 "$stowage" list t
salvaged t 'a checkpoint page of'
expect 0 "$stowage" export out.stow exported
diff -r files exported >/dev/null || fail "blocks are missing"
overwrite t "$((older[0] + 100))"
salvaged t 'of them are lost'

# The other exit codes; nothing is left behind.
untouched s 7 "$stowage" salvage s listed
untouched s 7 "$stowage" salvage s s
expect 5 "$stowage" salvage none new
expect 5 "$stowage" salvage s no-directory/new
untouched listed 9 "$stowage" salvage listed new
expect 6 bash -c 'ulimit -f 2300; exec "$1" salvage s new' run "$stowage"
code=0
(ulimit -f 2300; exec "$stowage" salvage block new) >out 2>err || code=$?
[[ "$code" == 6 ]] || fail "what is damaged hides that there is no copy: $code"
[[ ! -e new ]] || fail "half a store was left"
[[ -z "$(find . -name '.*.creating')" ]] || fail "a temporary file was left"
expect 1 "$stowage" salvage s
