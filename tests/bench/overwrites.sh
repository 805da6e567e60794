#!/usr/bin/env bash
# W7 runs at a thousandth of its size, and tells the space its files took.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

run_tiny W7
python3 - <<'END' || fail "not what the document must hold"
import json
for table in json.load(open("found.json"))["measurements"]:
    ours = [row for row in table["rows"] if row["engine"] == "stowage"][0]
    assert ours["also"]["disk/live"][0] > 1 and ours["also"]["reopen ms"][0] > 0, ours
    assert any("compaction" in note for note in table["notes"]), table["notes"]
END
