#!/usr/bin/env bash
# map: a picture of the file, of a damaged one too, and never over the store itself.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

"$stowage" create s
head -c 100000 /dev/urandom >value
"$stowage" put s a value >/dev/null
"$stowage" put s b value >/dev/null
printf 'longer than any picture, %.0s' {1..9999} >picture.svg
untouched s 0 "$stowage" map s -o picture.svg
[[ "$(head -c 5 picture.svg)" == '<svg ' && "$(tail -n 1 picture.svg)" == '</svg>' ]] ||
  fail "this is no picture: $(head -c 100 picture.svg)"
grep -q '2 blocks with 195 KiB of values' picture.svg || fail "the totals are not in it"
untouched s 0 "$stowage" map s -o -
cmp -s out picture.svg || fail "standard output shows another one"

untouched s 1 "$stowage" map s -o s
untouched s 4 "$stowage" map s -o no-directory/picture.svg
expect 5 "$stowage" map none -o none.svg
[[ ! -e none.svg ]] || fail "a picture of nothing"
untouched picture.svg 9 "$stowage" map picture.svg -o other.svg

# What precedes the damage is drawn, and the damage told.
record="$("$stowage" inspect s journal | awk 'NR == 2 { print $1 }')"
printf 'damaged!' | dd of=s bs=1 seek="$((record + 10))" conv=notrunc status=none
untouched s 2 "$stowage" map s -o damaged.svg
grep -q '1 block with' damaged.svg || fail "not drawn: $(<err)"
