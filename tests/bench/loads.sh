#!/usr/bin/env bash
# W4 and the stores of growing size run at a thousandth of their size.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

run_tiny W4 scale
has_chart scale
