#!/usr/bin/env bash
# A program of somebody else finds the installed tree by find_package, also where that was moved to.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

cp -a -- "$prefix" moved
[[ -d moved/lib/stowage/caf ]] && unset CAF_DIR
must cmake -G Ninja -S "$source/tests/package/consumer" -B build -DCMAKE_PREFIX_PATH="$PWD/moved" -DCMAKE_BUILD_TYPE=Debug
must cmake --build build
two_visits build/consumer
if [[ -d moved/lib/stowage/caf ]]; then
  [[ "$(loads build/consumer libcaf_core)" == "$PWD/moved/"* ]] || fail "CAF is $(loads build/consumer libcaf_core)"
  [[ "$(loads build/consumer libstowage)" == "$PWD/moved/"* ]] || fail "stowage is $(loads build/consumer libstowage)"
fi

# refused WHY ARGUMENT...: CMake says why not.
refused() {
  local why="$1"
  shift
  if cmake -G Ninja -S "$source/tests/package/consumer" -B refused -DCMAKE_PREFIX_PATH="$PWD/moved" "$@" >refused.log 2>&1; then
    fail "taken: $*"
  fi
  tr -s ' \n' ' ' <refused.log | grep -qF -- "$why" || fail "not '$why' for $*: $(<refused.log)"
  rm -rf refused
}

# Another CAF than it was compiled with.
mkdir other
echo 'set(CAF_VERSION 9.9.9)' >other/CAFConfig.cmake
printf 'set(PACKAGE_VERSION 9.9.9)\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\n' >other/CAFConfigVersion.cmake
refused "but in $PWD/other is CAF 9.9.9" -DCAF_DIR="$PWD/other"
# Another version than was asked for.
refused "compatible with requested version \"7.0\"" -DSTOWAGE_WANTED=7.0
