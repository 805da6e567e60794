#!/usr/bin/env bash
# compact: the file becomes shorter, what is in it stays, and a rotten block is named.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

mkdir files
for ((i = 0; i < 60; ++i)); do head -c 1000000 /dev/urandom >"files/$i"; done
expect 0 "$stowage" import s files --create
# Of 60 MB every tenth stays.
names=()
for ((i = 0; i < 60; ++i)); do ((i % 10 == 5)) || names+=("$i"); done
expect 0 "$stowage" delete s "${names[@]}"
before="$(stat -c %s s)"
expect 0 "$stowage" list s --long
cp out listed

expect 0 "$stowage" compact s
grep -qE '^moved [0-9]+ blocks, [0-9]+ bytes: the file had [0-9]+ bytes and has [0-9]+$' out ||
  fail "compact printed '$(<out)'"
after="$(stat -c %s s)"
((before > 60000000 && after < 16000000)) || fail "the file had $before bytes and has $after"
expect 0 "$stowage" verify s
# Versions stay as well.
expect 0 "$stowage" list s --long
cmp -s out listed || fail "compact changed the list"
for ((i = 5; i < 60; i += 10)); do
  expect 0 "$stowage" get s "$i" -o got
  cmp -s got "files/$i" || fail "block $i has changed"
done
expect 0 "$stowage" compact s
(($(stat -c %s s) <= after)) || fail "a second compact made the file longer"

# A rotten block stays where it is, and its name is said.
for ((i = 0; i < 30; ++i)); do expect 0 "$stowage" put s "again $i" "files/$i"; done
expect 0 "$stowage" put s last files/55
offset="$("$stowage" stat s last --json | grep -m 1 -o '"offset": *[0-9]*' | grep -o '[0-9]*$')"
printf 'rotten' | dd of=s bs=1 seek=$((offset + 1000)) conv=notrunc status=none
for ((i = 0; i < 30; ++i)); do expect 0 "$stowage" delete s "again $i"; done
expect 2 "$stowage" compact s
grep -q 'last' err || fail "the rotten block is not named: $(<err)"
expect 2 "$stowage" get s last
expect 0 "$stowage" get s 55 -o got
cmp -s got files/55 || fail "block 55 has changed"

expect 5 "$stowage" compact missing
