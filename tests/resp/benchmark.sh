#!/usr/bin/env bash
# redis-benchmark runs to its end, pipelined and with many clients, and the store is whole afterwards.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

start_resp
# run ARGUMENT...: every test named ends with a rate.
run() {
  local got
  got="$(timeout 200 redis-benchmark -p "$port" --csv "$@" 2>err)" || fail "redis-benchmark $*: $(<err)"
  ! grep -qi 'error' <<<"$got" || fail "redis-benchmark $*: $got"
  printf '%s\n' "$got"
}
[[ "$(run -n 20000 -c 50 -P 16 -d 4096 -r 1000 -t set,get | wc -l)" == 3 ]] || fail "not two tests"
run -n 2000 -c 200 -t ping,set,get,mset >/dev/null
run -n 500 -c 20 -P 4 -r 10 -t incr >/dev/null
[[ "$(cli get counter:000000000001)" =~ ^[0-9]+$ ]] || fail "no counter"
sum=0
for n in {0..9}; do sum=$((sum + $(cli get "counter:00000000000$n"))); done
[[ "$sum" == 500 ]] || fail "of 500 increments $sum took effect"
stop_server TERM 0
expect 0 "$stowage" verify s
