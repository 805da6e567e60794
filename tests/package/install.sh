#!/usr/bin/env bash
# Installs the tree for the tests beside it; nothing lies outside of the prefix, and no path of the build in a file.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

rm -rf -- "$prefix"
must cmake --install "$build" --prefix "$prefix" --strip
mapfile -t outside < <(grep -vxF '' "$build/install_manifest.txt" | grep -v "^$prefix/" || true)
[[ ${#outside[@]} == 0 ]] || fail "installed outside of the prefix: ${outside[*]}"
for file in bin/stowage share/man/man1/stowage.1 share/bash-completion/completions/stowage \
  lib/systemd/system/stowage.service etc/stowage/stowage.conf include/stowage/actors/runtime.hpp; do
  [[ -s "$prefix/$file" ]] || fail "$file is missing"
done
"$prefix/bin/stowage" --version | grep -q '^stowage [0-9]' || fail "the installed program does not run"

# The tree can be moved, and knows nothing of where it was built.
grep -rIlF -e "$build" -e "$source" "$prefix" >named || true
[[ ! -s named ]] || fail "the build's paths are in $(<named)"
