#!/usr/bin/env bash
# W5 and W6 run at a thousandth of their size.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

run_tiny W5 W6

# What a view answers costs no message.
python3 - <<'END' || fail "no reads by a view"
import json
tables = [t for t in json.load(open("found.json"))["measurements"] if t["workload"] == "W5"]
assert len(tables) == 2
for table in tables:
    rows = {row["engine"]: row for row in table["rows"]}
    assert rows["stowage view"]["messages_per_op"] < 0.1 < 0.9 < rows["stowage"]["messages_per_op"], rows
END
