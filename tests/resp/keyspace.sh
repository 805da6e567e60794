#!/usr/bin/env bash
# Keyspace events: redis-cli and redis-py are told what became durable.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

start_resp
says $'notify-keyspace-events\ng$xKE' config get notify-keyspace-events
says "ERR 'publish' is not supported: channels carry keyspace events and nothing else" publish a b
timeout 250 /usr/bin/python3 "$(dirname -- "${BASH_SOURCE[0]}")/keyspace.py" "$port" || fail "see above"

# redis-cli prints events as they come; it is there when it has said so.
timeout 60 redis-cli -p "$port" subscribe __keyspace@0__:greeting >heard &
subscriber=$!
wait_until "redis-cli to have subscribed" grep -q subscribe heard
says OK set greeting hello
wait_until "redis-cli to hear of it" grep -qx set heard
kill "$subscriber"
wait "$subscriber" 2>/dev/null || true

# Somebody who listens does not keep the server from ending.
timeout 60 redis-cli -p "$port" psubscribe "*" >heard &
subscriber=$!
wait_until "redis-cli to have subscribed" grep -q psubscribe heard
stop_server TERM 0
kill "$subscriber" 2>/dev/null || true
wait "$subscriber" 2>/dev/null || true
expect 0 "$stowage" verify s

# Write-behind: not when it is answered, but when it is durable.
start_resp 'durability = "accepted"' 'batch { max-delay = 60s, max-ops = 65536 }' 'sync { mode = "lazy", max-interval = 60s }'
timeout 60 redis-cli -p "$port" subscribe __keyspace@0__:behind >heard &
subscriber=$!
wait_until "redis-cli to have subscribed" grep -q subscribe heard
says OK set behind 1
says 1 get behind
! grep -qx set heard || fail "told before it was durable"
says $'1\n0' waitaof 1 0 0
wait_until "redis-cli to hear of it" grep -qx set heard
kill "$subscriber"
wait "$subscriber" 2>/dev/null || true
stop_server INT 0
