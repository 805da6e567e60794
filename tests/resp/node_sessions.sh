#!/usr/bin/env bash
# A client of Node.js (Debian's node-redis); the server is killed and started again under it.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# Where Debian's packages are, for any Node.js there is.
export NODE_PATH=/usr/share/nodejs
if [[ "${STOWAGE_TEST_SIZE:-small}" == small ]]; then
  echo "skipped: sessions of Node.js are held at sizes full and long"
  exit 0
fi

start_resp
: >said
timeout 250 node "$(dirname -- "${BASH_SOURCE[0]}")/node_sessions.js" "$port" >said 2>heard &
client=$!
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
