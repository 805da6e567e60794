#!/usr/bin/env bash
# Every workload runs, with every engine this build has, at a thousandth of its size; a value that reads back wrong
# would end it. What it found is printed, and in the document and the charts.
set -euo pipefail
bench="$1"
cd -- "$2"

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

"$bench" W1 W2 W3 W4 W5 W6 W7 W8 scale --rounds 1 --scale 0.001 --directory . --json found.json \
  --plots charts >out 2>err || fail "$(<err)"
[[ ! -s err ]] || fail "unexpected on stderr: $(<err)"
for workload in W1 W2 W3 W4 W5 W6 W7 W8 scale; do
  grep -q "^$workload: " out || fail "no table of $workload"
done
python3 - <<'END' || fail "not what the document must hold"
import json
found = json.load(open("found.json"))
assert found["format"] == 1
for table in found["measurements"]:
    rows = {row["engine"]: row for row in table["rows"]}
    assert {"raw", "stowage"} <= rows.keys(), table["title"]
    for row in rows.values():
        assert len(row["rounds"]) == 1 and row["rounds"][0] > 0, (table["title"], row)
    if table["workload"] != "W8":
        assert rows["stowage"]["messages_per_op"] > 0, table["title"]
        assert rows["stowage"]["mallocs_per_op"] > 0, table["title"]
w7 = [t for t in found["measurements"] if t["workload"] == "W7"][0]
assert [r for r in w7["rows"] if r["engine"] == "stowage"][0]["also"]["disk/live"][0] > 1
END
for picture in latency-1 latency-64 throughput-by-clients group-size-by-clients scale; do
  [[ "$(tail -n 1 "charts/$picture.svg")" == '</svg>' ]] || fail "no chart $picture"
done
# Nothing is left of the stores.
left="$(find . -mindepth 1 -maxdepth 1 ! -name out ! -name err ! -name found.json ! -name charts)"
[[ -z "$left" ]] || fail "left behind: $left"

# Who takes part can be chosen; who is not there cannot.
"$bench" W1 --rounds 1 --engines stowage --directory . >out 2>err || fail "$(<err)"
! grep -q '^raw' out || fail "raw was not asked for"
! "$bench" W1 --engines nobody >out 2>err || fail "an engine that is not there"
! "$bench" W9 >out 2>err || fail "a workload that is not there"
