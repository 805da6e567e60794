#!/usr/bin/env bash
# A session of redis-cli, restarts in between: what was answered is there.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

start_resp
says PONG ping
says OK set greeting "hello world"
says "hello world" get greeting
says "" get nothing
says 1 incr counter
says 5 append counter 2345
says 12346 incr counter
says OK mset a 1 b 2 c 3
says $'1\n2\n\n3' mget a b x c
says 2 del a b
says OK set soon gone px 1
wait_until "what expires to be gone" eval '[[ "$(cli exists soon)" == 0 ]]'
says OK set later there ex 1000
says 1000 ttl later
says 4 dbsize
says $'c\ncounter\ngreeting\nlater' --scan
says "ERR unknown command 'nonsense', with args beginning with: 'x' " nonsense x
says "ERR wrong number of arguments for 'get' command" get
says "ERR 'lpush' is not supported: the values of Stowage are strings" lpush l 1
[[ "$(cli -3 hello)" == *"proto 3"* ]] || fail "no version 3"
[[ "$(printf 'multi\nset t 1\nincr t\nexec\n' | cli)" == $'OK\nQUEUED\nQUEUED\nOK\n2' ]] || fail "exec"

# A value as large as one can be, and one byte more.
head -c 67108864 /dev/zero | tr '\0' v >large
says OK -x set large <large
says 67108864 strlen large
[[ "$(cli get large | head -c 67108864 | sha256sum)" == "$(sha256sum <large)" ]] || fail "another value"
printf v >>large
[[ "$(cli -x set large <large)" == "ERR a limit of the store is exceeded"* ]] || fail "too large a value"
says 1 del large

# In order, then without warning.
stop_server TERM 0
start_resp
says "hello world" get greeting
says 12346 get counter
says OK set greeting "hello again"
kill -9 "$server"
wait "$server" 2>/dev/null || true
start_resp
says "hello again" get greeting
[[ "$(cli ttl later)" -gt 900 ]] || fail "what expires has lost that"
says OK flushall
says 0 dbsize
stop_server TERM 0
expect 0 "$stowage" verify s

# write-behind: WAITAOF makes it durable.
start_resp 'durability = "accepted"' 'batch { max-delay = 60s, max-ops = 65536 }' 'sync { mode = "lazy", max-interval = 60s }'
says OK set behind 1
says $'1\n0' waitaof 1 0 0
kill -9 "$server"
wait "$server" 2>/dev/null || true
start_resp
says 1 get behind
stop_server INT 0
