#!/usr/bin/env bash
# shellcheck disable=SC2016 # the inner shell expands it
# Each command does what it says.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

expect 0 "$stowage" --version
grep -q '^stowage [0-9]' out || fail "no version"
expect 0 "$stowage" --help
for command in create put get delete list stat import export verify inspect serve check-config; do
  grep -q "^  $command " out || fail "--help does not list $command"
done

expect 0 "$stowage" create s
[[ ! -s out ]] || fail "create printed something"
expect 0 "$stowage" list s
expect_on_stdout ""

# Values and versions.
printf 'first' | expect 0 "$stowage" put s a
expect_on_stdout 1
printf 'second' >file
expect 0 "$stowage" put s b file
expect_on_stdout 2
printf 'third' | expect 0 "$stowage" put s a -
expect_on_stdout 3
expect 0 "$stowage" get s a
expect_on_stdout third
expect 0 "$stowage" put s empty /dev/null
expect 0 "$stowage" get s empty
expect_on_stdout ""

# Ranges are cut to the value's end.
expect 0 "$stowage" get s b --offset 2 --length 3
expect_on_stdout con
expect 0 "$stowage" get s b --offset 4 --length 99
expect_on_stdout nd
expect 0 "$stowage" get s b --offset 99
expect_on_stdout ""
printf 'longer than the value' >target
expect 0 "$stowage" get s b -o target
expect_on_stdout ""
cmp file target
untouched s 1 "$stowage" get s b -o s

# A value of many chunks.
head -c 9000001 /dev/urandom >large
expect 0 "$stowage" put s large large
"$stowage" get s large | cmp - large
cmp <("$stowage" get s large --offset 4194300 --length 10) <(tail -c +4194301 large | head -c 10)

# Names of any bytes.
printf 1 | expect 0 "$stowage" put s $'new\nline\\'
printf 2 | expect 0 "$stowage" put s 00ff --hex-name
printf 3 | expect 0 "$stowage" put s '[x,y]'
expect 0 "$stowage" get s 00FF --hex-name
expect_on_stdout 2
expect 0 "$stowage" list s
expect_on_stdout '\x00\xff
[x,y]
a
b
empty
large
new\x0aline\x5c'
expect 0 "$stowage" delete s '[x,y]' $'new\nline\\'
expect 0 "$stowage" delete s 00ff --hex-name

# Lists.
expect 0 "$stowage" list s --long
expect_on_stdout '3 5 a
2 6 b
4 0 empty
5 9000001 large'
expect 0 "$stowage" list s --limit 2
expect_on_stdout 'a
b'
expect 0 "$stowage" list s --after b --limit 1
expect_on_stdout empty
expect 0 "$stowage" list s la
expect_on_stdout large
expect 0 "$stowage" list s la --after z
expect_on_stdout ""

# What is known of it.
expect 0 "$stowage" stat s
for line in 'blocks: 4' 'value_bytes: 9000012' 'clean: true'; do
  grep -qx "$line" out || fail "stat without '$line': $(<out)"
done
expect 0 "$stowage" stat s large
expect_on_stdout 'name: large
version: 5
size: 9000001
chunks: 3'
expect 0 "$stowage" verify s
expect_on_stdout 'verified 4 blocks, 5 chunks, 9000012 bytes: ok'
for part in superblock journal checkpoint extents; do
  expect 0 "$stowage" inspect s "$part"
  [[ -s out ]] || fail "inspect $part printed nothing"
  expect 0 "$stowage" inspect s "$part" --json
done

# Over many items it goes on, and the first failure counts.
code=0
"$stowage" delete s none a "$(printf 'x%.0s' {1..1025})" b >out 2>err || code=$?
[[ "$code" == 5 && "$(wc -l <err)" == 2 ]] || fail "delete of many: $code $(<err)"
expect 0 "$stowage" list s
expect_on_stdout 'empty
large'

# Readers write nothing, not even to a store they may not write to.
for command in "get s large" "list s" "stat s" "stat s large" "verify s" "export s dir" \
  "inspect s superblock" "inspect s journal" "inspect s checkpoint" "inspect s extents"; do
  # shellcheck disable=SC2086
  untouched s 0 "$stowage" $command
done

# A reader that goes away is no event.
("$stowage" get s large || true) 2>err | head -c 1 >/dev/null
[[ ! -s err ]] || fail "a closed pipe was reported: $(<err)"
expect 4 bash -c '"$1" get s large >/dev/full' run "$stowage"
# With stdout closed nothing is printed into the store instead.
expect 4 bash -c '"$1" put s empty /dev/null >&-' run "$stowage"
expect 0 "$stowage" verify s
