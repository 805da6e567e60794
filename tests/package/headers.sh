#!/usr/bin/env bash
# The installed headers are closed: each one compiles alone, with nothing but the installed tree.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

command -v pkg-config >/dev/null || skip "pkg-config is not installed"
flags="$(PKG_CONFIG_PATH="$prefix/lib/pkgconfig" pkg-config --cflags stowage)"
(cd -- "$prefix/include" && find stowage -name '*.hpp') | sort >headers
[[ "$(wc -l <headers)" -gt 30 ]] || fail "headers found: $(<headers)"
# Of others, only CAF and the standard library: nobody needs the headers of robin-map or xxHash.
(cd -- "$prefix/include" && xargs grep -hE '^ *# *include' <"$OLDPWD/headers") |
  sed 's/.*include *//; s/ *\/\/.*//' | sort -u | grep -vE '^<(stowage/|caf/|boost/test/)' | grep -E '[./]' >others || true
[[ ! -s others ]] || fail "headers of others: $(<others)"

# shellcheck disable=SC2016,SC2086 # the inner shell's
xargs -P 2 -I{} bash -c 'printf "#include <%s>\n" "$1" |
  $CXX -std=c++20 -fsyntax-only -Wall -Wextra -Werror -x c++ '"$flags"' - || { echo "$1"; exit 1; }' _ {} \
  <headers >failed 2>&1 || fail "not alone: $(head -n 20 failed)"
