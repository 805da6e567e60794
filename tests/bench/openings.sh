#!/usr/bin/env bash
# W8 runs at a thousandth of its size.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

run_tiny W8
