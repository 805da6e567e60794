#!/usr/bin/env bash
# shellcheck disable=SC2154 # common.sh sets it
# Single bits of a store rot, by chance: the binary names what it cannot read, verify lists exactly that, salvage
# saves the rest, and no reader changes the file. tests/storage/recovery does this to more bits in one process.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

mkdir files
for ((i = 0; i < 20; ++i)); do head -c $((i * i * 400)) /dev/urandom >"files/block $i"; done
expect 0 "$stowage" import s files --create
expect 0 "$stowage" compact s
printf 'one more' >"files/in the journal"
expect 0 "$stowage" put s "in the journal" "files/in the journal"
expect 0 "$stowage" inspect s extents
grep -E ' (data|superblock)' out >extents
expect 0 "$stowage" inspect s checkpoint
awk '$1 == "current" && $2 == "page" { print $3, $4, "checkpoint" }' out >>extents

RANDOM=5
for ((round = 0; round < 12; ++round)); do
  read -r offset length kind owner < <(shuf -n 1 --random-source=<(yes "$round") extents)
  # Whole values rot, of the other extents what is certain to be in use.
  at=$((offset + RANDOM % (length < 48 ? length : 48)))
  cp s flipped
  byte="$(od -An -tu1 -j "$at" -N 1 s)"
  # shellcheck disable=SC2059 # the format is the byte
  printf "$(printf '\\x%02x' $((byte ^ 1 << RANDOM % 8)))" |
    dd of=flipped bs=1 seek="$at" conv=notrunc status=none
  before="$(sha256sum <flipped)"
  where="round $round: byte $at of $kind $owner"

  code=0
  "$stowage" verify flipped >out 2>err || code=$?
  case "$kind" in
  data)
    expected="block $owner, offset $offset"
    [[ "$code" == 2 && "$(wc -l <err)" == 1 ]] || fail "verify, $where: exit code $code ($(<err))"
    grep -qF -- "$expected" err || fail "verify, $where: $(<err)"
    expect 2 "$stowage" get flipped "$owner"
    grep -qF -- "$expected" err || fail "get, $where: $(<err)"
    [[ ! -s out ]] || fail "get, $where: unverified bytes"
    ;;
  *) [[ "$code" == 2 ]] || fail "verify, $where: exit code $code ($(<err))" ;;
  esac
  rm -rf saved saved.stow
  code=0
  "$stowage" salvage flipped saved.stow >out 2>err || code=$?
  [[ "$code" == 2 ]] || fail "salvage, $where: exit code $code ($(<err))"
  expect 0 "$stowage" verify saved.stow
  expect 0 "$stowage" export saved.stow saved
  diff -r files saved >differences || true
  if [[ "$kind" == data ]]; then
    [[ "$(<differences)" == "Only in files: $owner" ]] || fail "salvage, $where: $(<differences)"
  else
    [[ ! -s differences ]] || fail "salvage, $where: $(<differences)"
  fi
  [[ "$(sha256sum <flipped)" == "$before" ]] || fail "a reader changed the file, $where"
done
