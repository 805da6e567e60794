#!/usr/bin/env bash
# What stowage-sim promises on its command line: replay, prefix, exit codes.
set -euo pipefail
sim=$1

expect_code() {
  local expected=$1 code=0
  shift
  "$@" >out 2>&1 || code=$?
  if [[ $code -ne $expected ]]; then
    echo "exit code $code instead of $expected: $*"
    cat out
    exit 1
  fi
}

expect_code 0 "$sim" --seed 11 --steps 300
cp out once
expect_code 0 "$sim" --seed 11 --steps 300
cmp out once
grep -q '^seed 11: trace [0-9a-f]\{16\}, 300 steps' out

expect_code 0 "$sim" --seed 11 --count 3 --steps 100
[[ $(grep -c '^seed ' out) -eq 3 ]]

expect_code 0 "$sim" --seed 11 --steps 100 --without failures --without large
grep -q ' 0 failed devices, 0 crashed recoveries' out

expect_code 0 "$sim" --seed 11 --steps 50 --shrink
grep -q 'does not fail' out

expect_code 2 "$sim" --sede 11
expect_code 2 "$sim" --without sense
expect_code 2 "$sim" --steps 0
