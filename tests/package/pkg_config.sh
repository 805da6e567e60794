#!/usr/bin/env bash
# A program of somebody else is compiled by hand, with what pkg-config says.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

command -v pkg-config >/dev/null || skip "pkg-config is not installed"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
pkg-config --exists --print-errors stowage || fail "not found"
[[ "$(pkg-config --modversion stowage)" == "$("$prefix/bin/stowage" --version | cut -d' ' -f2)" ]] ||
  fail "another version: $(pkg-config --modversion stowage)"
mapfile -t flags < <(pkg-config --cflags --libs stowage | xargs -n 1)
must "$CXX" -std=c++20 -Wall -Wextra -Werror "$source/tests/package/consumer/main.cpp" -o consumer "${flags[@]}" \
  "-Wl,-rpath,$prefix/lib"
two_visits ./consumer
