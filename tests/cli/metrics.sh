#!/usr/bin/env bash
# What Prometheus finds at `serve`, and that documents, alerts and dashboard speak of nothing else.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
here="$(dirname -- "${BASH_SOURCE[0]}")"
config="$here/../../config"
docs="$here/../../docs"
command -v promtool >/dev/null || fail "promtool is missing: scripts/packages run installs it"

# ask TEXT: sends it to the metrics server and puts the answer into ./answer.
ask() {
  local fd
  exec {fd}<>"/dev/tcp/127.0.0.1/$port"
  printf '%b' "$1" >&"$fd"
  cat <&"$fd" >answer
  exec {fd}>&-
}

# fetch: the page into ./page.
fetch() {
  ask 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'
  grep -q '^HTTP/1.1 200 OK' answer || fail "no page: $(head -n 1 answer)"
  sed '1,/^\r$/d' answer >page
}

# metrics_port: from the ready line.
metrics_port() { sed -n 's/^ready: .* metrics=127\.0\.0\.1:\([1-9][0-9]*\)$/\1/p' ready; }

# value SAMPLE: of a sample without its label store.
value() { sed -n "s/^$1{store=\"the store\"} \([^ ]*\) .*/\1/p" page; }

cat >conf <<'END_OF_CONF'
stowage {
  path = "the store"
  create = true
  resp { listen = "" }
  metrics { listen = "127.0.0.1:0" }
}
END_OF_CONF
expect 0 "$stowage" create "the store"
printf value | expect 0 "$stowage" put "the store" name

start_server --config-file=conf
port="$(metrics_port)"
[[ -n "$port" ]] || fail "ready line: $(<ready)"
fetch
promtool check metrics <page >lint 2>&1 || fail "promtool: $(<lint)"
[[ ! -s lint ]] || fail "promtool: $(<lint)"
[[ "$(value stowage_blocks)" == 1 ]] || fail "blocks: $(grep ^stowage_blocks page)"
[[ "$(value stowage_open)" == 1 ]] || fail "not open"
for actor in registry writer allocator disk reader maintenance; do
  grep -q "^caf_actor_mailbox_size{name=\"stowage.$actor\"} " page || fail "no mailbox of $actor"
done

# The table of the document is what is exported: names and kinds.
sed -n 's/^# TYPE \(stowage_[a-z_]*\) \([a-z]*\)$/\1 \2/p' page | sort >exported
sed -n 's/^| `\(stowage_[a-z_]*\)` | \([a-z]*\) |.*/\1 \2/p' "$docs/metrics.md" | sort >documented
diff exported documented >difference || fail "docs/metrics.md: $(<difference)"
[[ "$(wc -l <exported)" -gt 30 ]] || fail "few metrics: $(<exported)"

# Alerts and dashboard name samples that are there.
sed -n 's/^\([a-z_]*\)[{ ].*/\1/p' page | sort -u >samples
for file in alerts.yml dashboard.json; do
  grep -oE '\b(stowage|caf)_[a-z_]+' "$config/$file" | sort -u >used
  [[ -s used ]] || fail "$file uses no metric"
  comm -23 used samples >unknown
  [[ ! -s unknown ]] || fail "$file names what is not exported: $(<unknown)"
done
# All but the count and sum of a histogram are on the dashboard.
grep -oE '\b(stowage)_[a-z_]+' "$config/dashboard.json" | sort -u >used
grep '^stowage_' samples | grep -vE '_(sum|count)$' | comm -23 - used >missing
[[ ! -s missing ]] || fail "dashboard.json does not show: $(<missing)"

promtool check rules "$config/alerts.yml" >lint 2>&1 || fail "alerts.yml: $(<lint)"
promtool test rules "$here/alerts_test.yml" >lint 2>&1 || fail "alerts_test.yml: $(<lint)"
# Every alert has a test that makes it fire.
sed -n 's/.*- alert: //p' "$config/alerts.yml" | while read -r alert; do
  grep -A1 -x " *alertname: $alert" "$here/alerts_test.yml" | grep -q exp_alerts ||
    fail "no test makes $alert fire"
done
# The queries of the dashboard are PromQL: Prometheus takes them as rules.
{
  printf 'groups:\n - name: dashboard\n   rules:\n'
  sed -n 's/^ *"expr": "\(.*\)",$/\1/p' "$config/dashboard.json" |
    sed 's/\\"/"/g; s/\$__rate_interval/5m/g' |
    awk '{ printf "    - record: panel:%d\n      expr: |-\n        %s\n", NR, $0 }'
} >dashboard.yml
promtool check rules dashboard.yml >lint 2>&1 || fail "dashboard.json: $(<lint)"
queries="$(grep -c '"expr"' "$config/dashboard.json")"
grep -q "SUCCESS: $queries rules found" lint || fail "not $queries queries: $(<lint)"

# What else can be asked.
ask 'GET / HTTP/1.1\r\n\r\n'
grep -q '^HTTP/1.1 404 ' answer || fail "answered: $(<answer)"
ask 'POST /metrics HTTP/1.1\r\n\r\n'
grep -q '^HTTP/1.1 405 ' answer || fail "answered: $(<answer)"

# Two cannot have one address, and nothing is created for the one that comes second.
printf 'stowage { path = "second", resp { listen = "" }, metrics { listen = "127.0.0.1:%s" } }' "$port" >second.conf
expect 4 "$stowage" serve --config-file=second.conf
grep -q "^stowage: 127.0.0.1:$port: .*Address already in use.*: .*stowage.metrics.listen" err ||
  fail "instead of the address: $(<err)"
[[ ! -e second ]] || fail "a store was created"
stop_server TERM 0

# Other machines are not let in.
printf 'stowage { path = "second", resp { listen = "" }, metrics { listen = "0.0.0.0:0" } }' >second.conf
expect 1 "$stowage" serve --config-file=second.conf
expect 1 "$stowage" check-config second.conf

# Without a listener the ready line names none.
printf 'stowage { path = "the store", resp { listen = "" }, metrics { listen = "" } }' >none.conf
start_server --config-file=none.conf
[[ "$(<ready)" == 'ready: path=the\x20store blocks=1' ]] || fail "ready line: $(<ready)"
stop_server TERM 0

# A process that has no descriptor left for a while answers when it has again.
: >ready
strace -f -qq -o trace -e trace=accept4 -e inject=accept4:error=EMFILE:when=1..2 \
  "$stowage" serve --config-file=conf >ready 2>log &
tracer=$!
server=$tracer
wait_until "the ready line" server_ready
port="$(metrics_port)"
fetch
grep -q 'EMFILE' trace || fail "no descriptor was refused: $(<trace)"
[[ "$(value stowage_open)" == 1 ]] || fail "not open"
# shellcheck disable=SC2046 # a blank follows the id
kill -TERM $(<"/proc/$tracer/task/$tracer/children")
wait "$tracer" || fail "the server's exit code is $?: $(<log)"
