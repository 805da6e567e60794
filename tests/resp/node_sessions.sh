#!/usr/bin/env bash
# Debian's client for Node.js, node-redis.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

if [[ "${STOWAGE_TEST_SIZE:-small}" == small ]]; then
  echo "skipped: sessions of Node.js are held at sizes full and long"
  exit 0
fi
# Where Debian's packages are, for any Node.js there is.
export NODE_PATH=/usr/share/nodejs
hold_node_sessions "$(dirname -- "${BASH_SOURCE[0]}")/node_sessions.js"
