#!/usr/bin/env bash
# redis-py, and clients on bare sockets that behave badly.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# Debian's own, which has the package.
python=/usr/bin/python3
start_resp
timeout 250 "$python" "$(dirname -- "${BASH_SOURCE[0]}")/sessions.py" "$port" || fail "see above"
stop_server TERM 0
expect 0 "$stowage" verify s
