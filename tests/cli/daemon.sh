#!/usr/bin/env bash
# A server under a service manager: what it tells it, what it logs, and how it drains.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
trap '[[ -z "${server:-}" ]] || kill -9 "$server" 2>/dev/null || true
  [[ -z "${manager:-}" ]] || kill -9 "$manager" 2>/dev/null || true' EXIT

# config [SETTING...]: ./conf with these settings of the section.
config() {
  printf '%s\n' 'stowage {' 'path = "s"' "$@" '}' >conf
}
# Neither listener where a test needs none.
quiet='resp { listen = "" }, metrics { listen = "" }'
logged() { grep -qE "$1" log; }
# logs LEVEL TEXT: a line of the log, with its time.
logs() {
  logged "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z $1 s: $2" || fail "no line '$1 s: $2': $(<log)"
}

# -- what the service manager is told -----------------------------------------------------------------

# Each message is a line of ./told, its own lines separated by |.
cat >manager.py <<'END_OF_PROGRAM'
import socket
there = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
there.bind("notify")
with open("told", "w") as told:
    while True:
        told.write(there.recv(4096).decode().replace("\n", "|") + "\n")
        told.flush()
END_OF_PROGRAM
# Debian's own, as in the tests with Redis' clients.
/usr/bin/python3 manager.py &
manager=$!
wait_until "the socket" test -S notify
was_told() { grep -qxF "$1" told; }
config "$quiet"
export NOTIFY_SOCKET="$PWD/notify"
start_server --config-file=conf
wait_until "READY" was_told 'READY=1|STATUS=serving s'
[[ "$(wc -l <told)" == 1 ]] || fail "told: $(<told)"
stop_server TERM 0
wait_until "STOPPING" was_told 'STOPPING=1|STATUS=draining'
[[ "$(wc -l <told)" == 2 ]] || fail "told: $(<told)"
! logged 'service manager' || fail "$(<log)"
# One that does not start is never ready.
expect 5 "$stowage" serve --config-file=<(printf 'stowage { path = "none", create = false, %s }' "$quiet")
[[ "$(wc -l <told)" == 2 ]] || fail "told: $(<told)"
# Without its socket the store serves all the same.
NOTIFY_SOCKET="$PWD/nobody" start_server --config-file=conf
wait_until "a warning" logged ' warning s: the service manager cannot be told \(No such file or directory\)'
unset NOTIFY_SOCKET
stop_server TERM 0

# -- the log ------------------------------------------------------------------------------------------

start_server --config-file=conf
stop_server TERM 0
logs info 'opened: 0 blocks, closed in order before$'
logs info 'draining: '
logs info 'closed: everything accepted is durable$'
[[ "$(wc -l <log)" == 3 && "$(wc -l <ready)" == 1 ]] || fail "more lines: $(<log)"
start_server --config-file=conf
kill -9 "$server"
wait "$server" 2>/dev/null || true
start_server --config-file=conf
logs info 'opened: 0 blocks, recovered, because it was not closed in order$'
stop_server INT 0

# In the journal each line has its priority, also of what keeps the store from being opened.
: >log
journal="$(stat -c %d:%i log)"
JOURNAL_STREAM="$journal" start_server --config-file=conf
stop_server TERM 0
[[ "$(grep -cE '^<6>s: (opened|draining|closed): ' log)" == 3 && "$(wc -l <log)" == 3 ]] || fail "$(<log)"
printf 'stowage { path = "none", create = false, %s }' "$quiet" >none.conf
got=0
JOURNAL_STREAM="$journal" "$stowage" serve --config-file=none.conf 2>log || got=$?
[[ "$got" == 5 ]] && grep -q '^<3>none: no store is at this path' log || fail "exit code $got: $(<log)"
# Of somebody else's stream nothing is known.
JOURNAL_STREAM=1:1 start_server --config-file=conf
stop_server TERM 0
logs info 'opened: '

config "$quiet" 'log-level = "off"'
start_server --config-file=conf
stop_server TERM 0
[[ ! -s log ]] || fail "not off: $(<log)"
config 'resp { listen = "127.0.0.1:0" }' 'metrics { listen = "" }' 'log-level = "trace"'
start_server --config-file=conf
port="$(sed 's/.* resp=127.0.0.1:\([0-9]*\).*/\1/' ready)"
logs info "listening on 127.0.0.1:$port for Redis clients\$"
exec 3<>"/dev/tcp/127.0.0.1/$port"
# ask COMMAND: the first line of the answer is in $line.
ask() {
  printf '%s\r\n' "$1" >&3
  read -r -t 60 -u 3 line || fail "no answer to $1"
}
# The first look at the store tells nothing: there was none before. So it is written to again and again.
traced() {
  ask 'APPEND a x'
  logged 'Z trace s: 1 blocks, version'
}
wait_until "a line of trace" traced
checkpointed() {
  ask 'STOWAGE CHECKPOINT'
  logged 'Z debug s: checkpoint [0-9]+ is durable'
}
wait_until "a checkpoint" checkpointed
exec 3>&-
stop_server TERM 0

# -- draining -----------------------------------------------------------------------------------------

# A client that does not read holds the drain up for a while. Signals meanwhile cost nothing of what was accepted.
head -c 50000000 /dev/zero >large
expect 0 "$stowage" put s large large
config 'resp { listen = "127.0.0.1:0" }' 'metrics { listen = "" }' 'durability = "accepted"' 'sync { mode = "lazy", max-interval = 60s }'
start_server --config-file=conf
port="$(sed 's/.* resp=127.0.0.1:\([0-9]*\).*/\1/' ready)"
exec 3<>"/dev/tcp/127.0.0.1/$port" 4<>"/dev/tcp/127.0.0.1/$port"
printf 'GET large\r\n' >&4
read -r -t 60 -N 1 -u 4 line || fail "no answer to GET"
ask 'SET b accepted'
[[ "$line" == $'+OK\r' ]] || fail "SET: $line"
kill -TERM "$server"
wait_until "draining" logged ' info s: draining'
kill -INT "$server"
wait_until "word of a second signal" logged ' warning s: it drains already'
kill -TERM "$server"
exec 4>&-
got=0
wait "$server" || got=$?
[[ "$got" == 0 ]] || fail "exit code $got after further signals: $(<log)"
exec 3>&-
logs info 'closed: everything accepted is durable$'
expect 0 "$stowage" get s b
expect_on_stdout accepted
expect 0 "$stowage" stat s
grep -qx 'clean: true' out || fail "not clean: $(<out)"

# The deadline ends a drain that takes too long; what was durable is.
config 'resp { listen = "127.0.0.1:0" }' 'metrics { listen = "" }' 'drain-max = 0ms'
start_server --config-file=conf
port="$(sed 's/.* resp=127.0.0.1:\([0-9]*\).*/\1/' ready)"
exec 3<>"/dev/tcp/127.0.0.1/$port"
ask 'SET c durable'
stop_server TERM 4
exec 3>&-
logs error 'the time of drain-max was over before everything was durable: '
expect 0 "$stowage" get s c
expect_on_stdout durable
expect 0 "$stowage" verify s
