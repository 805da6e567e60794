# What the tests of the installed tree share: read with `.`, not run. CTest runs each as `SCRIPT BUILD PREFIX` in a fresh,
# empty directory, with CXX and CAF_DIR as the build has them.
# shellcheck shell=bash
set -euo pipefail

# shellcheck disable=SC2034 # for those who read this file
build="$1" prefix="$2"
source="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)"

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

skip() {
  printf 'skipped: %s\n' "$*"
  exit 0
}

# must COMMAND...: shows what it said only if it fails.
must() {
  "$@" >must.log 2>&1 || fail "$* ($(tail -n 30 must.log))"
}

# two_visits PROGRAM: the consumer, run twice: the second run reads what the first wrote.
two_visits() {
  local said
  said="$("$1" "$PWD/store.stow" 2>&1)" || fail "the first run: $said"
  [[ "$said" == "visits: 1" ]] || fail "the first run said '$said'"
  said="$("$1" "$PWD/store.stow" 2>&1)" || fail "the second run: $said"
  [[ "$said" == "visits: 2" ]] || fail "the second run said '$said'"
}

# loads PROGRAM LIBRARY: the path of the library that the program loads; LD_LIBRARY_PATH has no say.
loads() {
  env -u LD_LIBRARY_PATH ldd "$1" | sed -n "s|.*\b$2[^ ]* => \([^ ]*\) .*|\1|p"
}
