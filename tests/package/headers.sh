#!/usr/bin/env bash
# The installed headers are closed: each one compiles with nothing but the installed tree.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

command -v pkg-config >/dev/null || skip "pkg-config is not installed"
flags="$(PKG_CONFIG_PATH="$prefix/lib/pkgconfig" pkg-config --cflags stowage)"
(cd -- "$prefix/include" && find stowage -name '*.hpp') | LC_ALL=C sort >headers
[[ "$(wc -l <headers)" -gt 30 ]] || fail "headers found: $(<headers)"
# Of others, only CAF and the standard library: nobody needs the headers of xxHash.
(cd -- "$prefix/include" && xargs grep -hE '^ *# *include' <"$OLDPWD/headers") |
  sed 's/.*include *//; s/ *\/\/.*//' | LC_ALL=C sort -u >included
grep -vE '^<(stowage/|caf/|boost/test/)' included | grep -E '[./]' >others || true
[[ ! -s others ]] || fail "headers of others: $(<others)"

# What they include of ours is installed too. That each of them compiles alone is then seen in the tree, with all of its
# includes there (STOWAGE_HEADER_CHECKS); at long again here.
sed -n 's/^<\(stowage\/.*\)>$/\1/p' included | LC_ALL=C comm -23 - headers >missing
[[ ! -s missing ]] || fail "included, but not installed: $(<missing)"
sed 's/.*/#include <&>/' headers >all.cpp
# shellcheck disable=SC2086 # flags are words
must "$CXX" -std=c++20 -fsyntax-only -Wall -Wextra -Werror $flags all.cpp

[[ "${STOWAGE_TEST_SIZE:-}" == long ]] || exit 0
# shellcheck disable=SC2016 # the inner shell's
xargs -P 2 -I{} bash -c 'printf "#include <%s>\n" "$1" |
  $CXX -std=c++20 -fsyntax-only -Wall -Wextra -Werror -x c++ '"$flags"' - || { echo "$1"; exit 1; }' _ {} \
  <headers >failed 2>&1 || fail "not alone: $(head -n 20 failed)"
