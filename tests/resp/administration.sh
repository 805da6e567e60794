#!/usr/bin/env bash
# STOWAGE administers the store that is served; a password and a limit of clients hold.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

mkdir copies
start_resp 'backup-dir = "copies"' 'resp { listen = "127.0.0.1:0", requirepass = "secret" }'
says "NOAUTH Authentication required." get a
says "WRONGPASS invalid username-password pair or user is disabled." auth wrong
export REDISCLI_AUTH=secret
says OK set a 1
says $'blocks\n1\nchunks\n1\nverified_bytes\n1\nfound_count\n0\nfound' stowage verify
[[ "$(cli stowage status)" == $'state\nopen\n'* ]] || fail "status: $(cli stowage status)"
says OK stowage checkpoint
[[ "$(cli stowage compact)" == $'blocks_moved\n'* ]] || fail "compact: $(cli stowage compact)"
[[ "$(cli stowage backup tuesday)" == $'blocks\n1\n'* ]] || fail "backup"
[[ "$(cli stowage backup tuesday)" == "ERR something already exists at this path"* ]] || fail "twice"
says "ERR the name of a backup is one of a file, without '/'" stowage backup ../tuesday
expect 0 "$stowage" get copies/tuesday a
expect_on_stdout 1
stop_server TERM 0
unset REDISCLI_AUTH

# Without a password only this machine is served.
printf 'stowage { path = "s", resp { listen = "0.0.0.0:0" } }' >conf
expect 1 "$stowage" serve --config-file=conf
grep -q 'stowage.resp.requirepass' err || fail "$(<err)"

# With few descriptors, few clients: 64 are kept for the store.
# shellcheck disable=SC2016 # the inner shell expands it
printf '#!/usr/bin/env bash\nulimit -n 67 && exec "%s" "$@"\n' "$stowage" >few
chmod +x few
stowage=./few
start_resp
exec 3<>"/dev/tcp/127.0.0.1/$port" 4<>"/dev/tcp/127.0.0.1/$port" 5<>"/dev/tcp/127.0.0.1/$port"
for fd in 3 4 5; do
  printf 'PING\r\n' >&"$fd"
  read -r -t 60 -u "$fd" line
  [[ "$line" == $'+PONG\r' ]] || fail "client $fd: $line"
done
exec 6<>"/dev/tcp/127.0.0.1/$port"
read -r -t 60 -u 6 line
[[ "$line" == $'-ERR max number of clients reached\r' ]] || fail "one too many: $line"
exec 3>&-
# Its place is free as soon as that is seen.
wait_until "a place" eval '[[ "$(cli ping 2>&1)" == PONG ]]'
stop_server TERM 0
