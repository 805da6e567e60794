# Shared by the scripts in this directory: read with `.`, not run.
# What a script says itself goes to stderr, because stdout belongs to the program it starts.
# shellcheck shell=bash

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"

say() {
  printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2
}

fail() {
  say "$*"
  exit 1
}

# build_preset PRESET [TARGET...]: configures if needed and builds. Says one line if there is something
# to do, and shows the errors if it fails; the rest is in the log.
build_preset() {
  local preset="$1" directory="$root/build/$1" log="$root/build/$1/build.log"
  shift
  mkdir -p "$directory"
  # One at a time: scripts started together share this directory. The lock ends with the subshell,
  # and is not handed on to what it starts.
  (
    set -o pipefail # whoever sourced this may not have
    exec 8>"$directory/build.lock" && flock 8 && cd -- "$root" || fail "Cannot use $directory."
    # A tree that was moved or copied with its build directory would build the old place.
    if ! grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$directory/CMakeCache.txt"; then
      rm -rf "$directory/CMakeCache.txt" "$directory/CMakeFiles" "$directory/build.ninja"
    elif [[ -n "${CAF_DIR:-}" ]] && ! grep -qsxF "CAF_DIR:PATH=$CAF_DIR" "$directory/CMakeCache.txt"; then
      rm -f "$directory/build.ninja"
    fi
    {
      if [[ ! "$directory/build.ninja" -nt CMakePresets.json ]]; then
        cmake --preset "$preset" && touch "$directory/build.ninja"
      fi && cmake --build --preset "$preset" "${@/#/--target=}" -- -k 0
    } 2>&1 </dev/null 8>&- | {
      : >"$log"
      while IFS= read -r line; do
        printf '%s\n' "$line" >>"$log"
        if [[ "$line" =~ ^\[1/([0-9]+)\]\ (Building|Linking) ]]; then
          say "building preset $preset, ${BASH_REMATCH[1]} steps"
        fi
      done
    } || {
      # FILE:LINE: error: ..., of compilers and clang-tidy alike; without any, the end of the log.
      grep -E -A 5 '^[^ ]+:[0-9]+:.* (error|warning):|undefined reference|^CMake Error' "$log" |
        head -n 80 >&2 || tail -n 40 "$log" >&2
      fail "The build of preset $preset failed (log: $log)."
    }
  )
}
