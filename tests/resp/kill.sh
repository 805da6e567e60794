#!/usr/bin/env bash
# kill -9 under the load of clients: what was answered durable, or before a successful WAITAOF, is there.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

python=/usr/bin/python3
cycles="$(dirname -- "${BASH_SOURCE[0]}")/kill_cycles.py"
case "${STOWAGE_TEST_SIZE:-small}" in
  full) lives=50 ;;
  long) lives=300 ;;
  *) lives=5 ;;
esac
# A failing seed is run again by `kill_cycles.py BINARY LIVES --seed N`, though threads are the system's.
seed="$((RANDOM + 1))"
"$python" "$cycles" "$stowage" "$lives" --seed "$seed" || fail "seed $seed: see above, and what is left in $PWD"
expect 0 "$stowage" verify s

# It notices when a store comes back as it was before.
mkdir lose
cd lose
! "$python" "$cycles" "$stowage" 3 --seed "$seed" --lose >out 2>err || fail "a store that lost writes passes"
grep -q 'on the disk was' err || fail "$(<err)"
