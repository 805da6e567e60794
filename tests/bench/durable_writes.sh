#!/usr/bin/env bash
# W1, W2 and W3 run at a thousandth of their size.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

run_tiny W1 W2 W3
has_chart latency-1 latency-64 throughput-by-clients group-size-by-clients
