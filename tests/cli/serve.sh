#!/usr/bin/env bash
# The runtime says when it is ready, keeps others out, and ends in order.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

cat >conf <<'END'
stowage {
  path = "the store"
  create = true
  resp { listen = "" }
  metrics { listen = "" }
}
END

start_server --config-file=conf
[[ "$(<ready)" == 'ready: path=the\x20store blocks=0' ]] || fail "ready line: $(<ready)"
for command in list stat verify; do untouched "the store" 3 "$stowage" "$command" "the store"; done
untouched "the store" 3 "$stowage" put "the store" a /dev/null
untouched "the store" 3 "$stowage" delete "the store" a
expect 3 "$stowage" serve --config-file=conf
ln -s "the store" alias
expect 3 "$stowage" list alias
expect 7 "$stowage" create "the store"

stop_server TERM 0
[[ "$(wc -l <ready)" == 1 ]] || fail "more than one line on stdout"
# The lock is gone, and the store is clean.
printf 1 | expect 0 "$stowage" put "the store" a
expect 0 "$stowage" stat "the store"
grep -qx 'clean: true' out || fail "not clean: $(<out)"

start_server --config-file=conf
[[ "$(<ready)" == 'ready: path=the\x20store blocks=1' ]] || fail "ready line: $(<ready)"
stop_server INT 0

# A killed one leaves no lock, and nothing is lost.
start_server --config-file=conf
kill -9 "$server"
wait "$server" 2>/dev/null || true
expect 0 "$stowage" get "the store" a
expect_on_stdout 1

# CAF's own file is not looked for, from here on.
printf 'nonsense {' >caf-application.conf

# Without a config file, the defaults; the directory is made as well. Others on this machine may have the default
# address: then that is said.
for port in 7411 9411; do
  if (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then taken=$port && break; fi
done
if [[ -n "${taken:-}" ]]; then
  expect 4 "$stowage" serve
  grep -q "127.0.0.1:$taken: .*Address already in use.*: .*stowage.*.listen" err || fail "$(<err)"
else
  start_server
  [[ "$(<ready)" == 'ready: path=stowage-data/blocks.stow blocks=0 resp=127.0.0.1:7411 metrics=127.0.0.1:9411' ]] ||
    fail "ready: $(<ready)"
  stop_server TERM 0
fi

# A store is not created where that is not wanted.
printf 'stowage { path = "other", create = false, resp { listen = "" }, metrics { listen = "" } }' >conf
expect 5 "$stowage" serve --config-file=conf
[[ ! -e other ]] || fail "a store was created"

# Port 0 is any free one.
printf 'stowage { resp { listen = "127.0.0.1:0" }, metrics { listen = "" } }' >conf
start_server --config-file=conf
grep -qx 'ready: path=stowage-data/blocks.stow blocks=0 resp=127.0.0.1:[1-9][0-9]*' ready ||
  fail "ready: $(<ready)"
# Two cannot have one address.
port="$(sed 's/.*:\([0-9]*\)$/\1/' ready)"
printf 'stowage { path = "second", resp { listen = "127.0.0.1:%s" }, metrics { listen = "" } }' "$port" >second.conf
expect 4 "$stowage" serve --config-file=second.conf
grep -q "^stowage: 127.0.0.1:$port: .*Address already in use.*: .*stowage.resp.listen" err ||
  fail "instead of the address: $(<err)"
[[ ! -e second ]] || fail "a store was created"
stop_server TERM 0

printf 'stowage { device = "memory", resp { listen = "" }, metrics { listen = "" } }' >conf
start_server --config-file=conf
stop_server TERM 0
