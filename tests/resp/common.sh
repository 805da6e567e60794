# What the scripts with Redis' own clients share: read with `.`, not run. CTest runs each as `SCRIPT BINARY
# DIRECTORY` in a fresh, empty directory.
# shellcheck shell=bash
# shellcheck source=../cli/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../cli/common.sh"

# A failed script leaves no server behind.
trap '[[ -z "${server:-}" ]] || kill -9 "$server" 2>/dev/null || true' EXIT

# start_resp [SETTING...]: serves ./s on a free port with these settings of the section; sets $server and $port.
start_resp() {
  local resp='resp { listen = "127.0.0.1:0" }'
  [[ "$*" != *"resp {"* ]] || resp=""
  printf '%s\n' 'stowage {' 'path = "s"' 'metrics { listen = "" }' "$resp" "$@" '}' >conf
  start_server --config-file=conf
  port="$(sed -n 's/^ready: .* resp=127\.0\.0\.1:\([0-9]*\)$/\1/p' ready)"
  [[ -n "$port" ]] || fail "no port: $(<ready)"
}

# cli ARGUMENT...: redis-cli, with a deadline that only ends a hang.
cli() {
  timeout 60 redis-cli -p "$port" "$@"
}

# says WANT ARGUMENT...
says() {
  local want="$1" got
  shift
  got="$(cli "$@")" || fail "redis-cli $* failed: $got"
  [[ "$got" == "$want" ]] || fail "redis-cli $* says '$got' instead of '$want'"
}

# hold_node_sessions SCRIPT: a client of Node.js, under which the server is killed and started again on its port.
hold_node_sessions() {
  local client
  start_resp
  : >said
  timeout 250 node "$1" "$port" >said 2>heard &
  client=$!
  # shellcheck disable=SC2317 # wait_until calls it
  asks_or_ends() {
    grep -qx restart said || ! kill -0 "$client" 2>/dev/null
  }
  wait_until "the client to ask for a restart" asks_or_ends
  grep -qx restart said || fail "$(<heard)"
  kill -9 "$server"
  wait "$server" 2>/dev/null || true
  start_resp "resp { listen = \"127.0.0.1:$port\" }"
  wait "$client" || fail "$(<heard)"
  stop_server TERM 0
  expect 0 "$stowage" verify s
}
