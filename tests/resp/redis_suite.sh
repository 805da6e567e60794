#!/usr/bin/env bash
# Redis 7.0's own test-suite against the real binary, in its external mode: what it says of strings, counters, scans,
# expiry, names, transactions and the protocol. redis_suite.skip names the tests that are left out, each with a reason.
# The suite is Debian's source archive of Redis; REDIS_TARBALL=path replaces the download (same checksum).
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=../../scripts/debian_source.sh
. "$source/scripts/debian_source.sh"

passes_min=200
units=(type/string type/incr scan expire keyspace multi protocol quit)
# needs:debug    commands that reach into Redis' memory
# needs:repl     replication
# needs:config-maxmemory, needs:save    settings and files that are Redis'
denied='-needs:debug -needs:repl -needs:config-maxmemory -needs:save'
list="$source/tests/resp/redis_suite.skip"
name=redis_7.0.15.orig.tar.gz
sha256=4b1dc4ee6d622a09fff9c6777191209750fb5e5a725ef78ea012d6eef4c22982

if [[ "${STOWAGE_TEST_SIZE:-small}" == small ]]; then
  echo "skipped: Redis' test-suite is run at sizes full and long"
  exit 0
fi

# The archive is kept beside CAF's, and unpacked where nothing is of the tree.
tarball="${REDIS_TARBALL:-$source/.deps/$name}"
if ! has_checksum "$tarball" "$sha256"; then
  [[ -z "${REDIS_TARBALL:-}" ]] || fail "REDIS_TARBALL=$tarball is missing or not the source of Redis 7.0.15 (sha256 $sha256)"
  download_source bookworm redis "$name" "$sha256" "$PWD" download.log ||
    fail "the source of Redis could not be downloaded by apt: $(tail -n 5 download.log)"
  mkdir -p "$source/.deps"
  mv "$name" "$tarball"
fi
suite="$(mktemp -d)"
here="$PWD"
trap 'rm -rf -- "$suite"; [[ -z "${server:-}" ]] || kill -9 "$server" 2>/dev/null || true' EXIT
tar -xzf "$tarball" -C "$suite" --strip-components=1

# Theirs has names alone.
sed -n 's/^\([^#].*\) | .*$/\1/p' "$list" >skips
[[ "$(wc -l <skips)" == "$(grep -cvE '^(#|$)' "$list")" ]] || fail "a line of $list has no reason"

wanted=()
for unit in "${units[@]}"; do wanted+=(--single "unit/$unit"); done
start_resp 'durability = "accepted"'
(cd "$suite" && timeout 280 ./runtest --host 127.0.0.1 --port "$port" --singledb --ignore-encoding --ignore-digest \
  --clients 1 --durable --tags "$denied" --skipfile "$here/skips" "${wanted[@]}") \
  >raw 2>&1 </dev/null && status=0 || status=$?
sed $'s/\e\\[[0-9;]*m//g' raw >suite.log

passed="$(grep -c '^\[ok\]: ' suite.log || true)"
! grep '^\[\(err\|exception\|TIMEOUT\)\]' suite.log >&2 || fail "of Redis' tests the above failed: $PWD/suite.log"
[[ "$status" == 0 ]] || fail "the suite ended with $status: $(tail -n 5 suite.log)"
for unit in "${units[@]}"; do
  grep -q "^\[.* done\]: unit/$unit " suite.log || fail "unit $unit did not come to its end"
done
# An entry that keeps nothing out is a mistake in the list.
while IFS= read -r skip; do
  grep -qxF -- "[skip]: $skip" suite.log || fail "$list names '$skip', which is no test that would run"
done <skips
((passed >= passes_min)) || fail "only $passed of Redis' tests passed"
stop_server TERM 0
expect 0 "$stowage" verify s
echo "$passed of Redis' tests passed, $(wc -l <skips) left out by name"
