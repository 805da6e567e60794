#!/usr/bin/env bash
# Very many connections at once, each of which is served.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

case "${STOWAGE_TEST_SIZE:-small}" in
  full) count=2000 ;;
  long) count=10000 ;;
  *)
    echo "skipped: thousands of connections are tried at sizes full and long"
    exit 0
    ;;
esac
# The server raises its own limit as far as it may.
ulimit -Hn >limit
[[ "$(<limit)" == unlimited || "$(<limit)" -ge $((count + 100)) ]] || ulimit -Hn $((count + 100)) ||
  fail "$count connections take a limit of descriptors above $(<limit)"
start_resp
timeout 250 /usr/bin/python3 "$(dirname -- "${BASH_SOURCE[0]}")/crowd.py" "$port" "$server" "$count" ||
  fail "see above"
# They all leave, and nothing of them stays.
nobody_else() {
  [[ "$(cli info clients)" == *$'connected_clients:1\r'* ]]
}
wait_until "the server to see them gone" nobody_else
stop_server TERM 0
expect 0 "$stowage" verify s
