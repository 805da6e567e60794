# What the tests of the bench share: read with `.`, not run. CTest runs each as `SCRIPT BINARY DIRECTORY` in a fresh,
# empty directory.
# shellcheck shell=bash
set -euo pipefail

bench="$1"
cd -- "$2"

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# run_tiny WORKLOAD...: each of them once, with every engine this build has, at a thousandth of its size. A value that
# reads back wrong would end it. The tables are in ./out, the document in ./found.json, the charts in ./charts.
run_tiny() {
  "$bench" "$@" --rounds 1 --scale 0.001 --directory . --json found.json --plots charts >out 2>err ||
    fail "$(<err)"
  [[ ! -s err ]] || fail "unexpected on stderr: $(<err)"
  for workload in "$@"; do
    grep -q "^$workload: " out || fail "no table of $workload"
  done
  # Nothing is left of the stores.
  local left
  left="$(find . -mindepth 1 -maxdepth 1 ! -name out ! -name err ! -name found.json ! -name charts)"
  [[ -z "$left" ]] || fail "left behind: $left"
  python3 - <<'END' || fail "not what the document must hold"
import json
found = json.load(open("found.json"))
assert found["format"] == 1
for table in found["measurements"]:
    rows = {row["engine"]: row for row in table["rows"]}
    assert {"raw", "stowage"} <= rows.keys(), table["title"]
    for row in rows.values():
        assert len(row["rounds"]) == 1 and row["rounds"][0] > 0, (table["title"], row)
    # Opening is done by processes of their own.
    if table["workload"] != "W8":
        assert rows["stowage"]["messages_per_op"] > 0, table["title"]
        assert rows["stowage"]["mallocs_per_op"] > 0, table["title"]
END
}

# has_chart NAME...
has_chart() {
  local name
  for name in "$@"; do
    [[ "$(tail -n 1 "charts/$name.svg")" == '</svg>' ]] || fail "no chart $name"
  done
}
