#!/usr/bin/env bash
# ioredis, which is no Debian package: npm brings it for the time of the test.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

if [[ "${STOWAGE_TEST_SIZE:-small}" == small ]]; then
  echo "skipped: sessions of Node.js are held at sizes full and long"
  exit 0
fi
# npm is not asked for by scripts/packages, because Debian's brings some four hundred packages more.
if ! command -v npm >/dev/null || ! npm install --prefix packages --no-audit --no-fund ioredis@5.4.1 >npm.log 2>&1; then
  echo "skipped: npm did not bring ioredis"
  exit 0
fi
export NODE_PATH="$PWD/packages/node_modules"
hold_node_sessions "$(dirname -- "${BASH_SOURCE[0]}")/ioredis_sessions.js"
