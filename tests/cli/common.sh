# What the end-to-end scripts share: read with `.`, not run. CTest runs each as `SCRIPT BINARY DIRECTORY`
# in a fresh, empty directory.
# shellcheck shell=bash
set -euo pipefail

stowage="$1"
# shellcheck disable=SC2034 # for those who read this file
source="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)"
cd -- "$2"

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# expect CODE COMMAND...: runs it with stdout in ./out and stderr in ./err, and requires the exit code; on
# a failure exactly one line that says what is wrong and what to do, on success silence.
expect() {
  local want="$1" got=0
  shift
  "$@" >out 2>err || got=$?
  [[ "$got" == "$want" ]] || fail "exit code $got instead of $want: $* ($(<err))"
  if [[ "$want" == 0 ]]; then
    [[ ! -s err ]] || fail "unexpected on stderr: $* ($(<err))"
  else
    [[ "$(wc -l <err)" == 1 ]] || fail "not one line on stderr: $* ($(<err))"
    grep -qE '^stowage: .+: .+: .+' err || fail "no advice: $* ($(<err))"
  fi
}

# expect_on_stdout TEXT: the last command printed exactly this.
expect_on_stdout() {
  [[ "$(<out)" == "$1" ]] || fail "printed '$(<out)' instead of '$1'"
}

# untouched FILE COMMAND...: as `expect`, and FILE is byte-identical afterwards.
untouched() {
  local file="$1" before
  shift
  before="$(sha256sum <"$file")"
  expect "$@"
  [[ "$(sha256sum <"$file")" == "$before" ]] || fail "$file was changed by: $*"
}

# wait_until WHAT COMMAND...: polls for an event; the deadline only ends a hang.
wait_until() {
  local what="$1" deadline=$((SECONDS + 60))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || fail "waited too long for $what"
    read -r -t 0.01 <> <(:) || true
  done
}

# start_server [OPTION...]: serves in the background and waits for the ready line; sets $server.
start_server() {
  : >ready
  "$stowage" serve "$@" >ready 2>log &
  server=$!
  wait_until "the ready line" server_ready
}

server_ready() {
  kill -0 "$server" 2>/dev/null || fail "the server ended: $(<log)"
  [[ -s ready ]]
}

# stop_server SIGNAL CODE
stop_server() {
  local got=0
  kill "-$1" "$server"
  wait "$server" || got=$?
  [[ "$got" == "$2" ]] || fail "the server's exit code is $got instead of $2 ($(<log))"
}
