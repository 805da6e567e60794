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
