#!/usr/bin/env bash
# W5 and W6 run at a thousandth of their size.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

run_tiny W5 W6
