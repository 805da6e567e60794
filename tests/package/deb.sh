#!/usr/bin/env bash
# What is in the Debian packages, and that what was unpacked works: the program, and a program compiled by somebody else.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

command -v dpkg-deb >/dev/null || skip "this is no Debian"
command -v dpkg-shlibdeps >/dev/null || skip "dpkg-shlibdeps is not installed (package dpkg-dev)"
must cpack -G DEB --config "$build/CPackConfig.cmake" -B "$PWD/packages"
version="$("$build/cli/stowage" --version | cut -d' ' -f2)"
architecture="$(dpkg --print-architecture)"

# deb NAME: its file.
deb() {
  printf '%s/packages/%s_%s_%s.deb' "$PWD" "$1" "$version" "$architecture"
}

library="libstowage${version%.*}"
for name in stowage "$library" libstowage-dev; do
  [[ -s "$(deb "$name")" ]] || fail "no package $name: $(ls packages)"
  dpkg-deb -c "$(deb "$name")" >"$name.list"
  dpkg-deb -x "$(deb "$name")" root
  dpkg-deb -e "$(deb "$name")" "$name.control"
  # Everything is root's, for everybody to read and nobody else to write, and lies where packages may put things. Of the
  # config only root may read.
  awk '$2 != "root/root" { print }' "$name.list" >odd
  awk '$1 ~ /^-/ && $1 !~ /^-rw-r--r--$|^-rwxr-xr-x$/ && $6 != "./etc/stowage/stowage.conf" { print }' "$name.list" >>odd
  awk '$1 ~ /^d/ && $1 !~ /^drwxr-xr-x$/ { print }' "$name.list" >>odd
  grep -vE ' \./(usr/.*|etc/|etc/stowage/.*)?$| \./usr/.* -> ' "$name.list" >>odd || true
  [[ ! -s odd ]] || fail "in $name: $(<odd)"
  field() { dpkg-deb -f "$(deb "$name")" "$1"; }
  [[ "$(field Version)" == "$version" ]] || fail "$name: another version: $(field Version)"
  [[ "$(field Maintainer)" == *"<"*"@"*">" ]] || fail "$name: no maintainer"
  [[ "$(field Description | head -n 1)" != "$(dpkg-deb -f "$(deb stowage)" Description | head -n 1)" || "$name" == stowage ]] ||
    fail "$name: described as another package"
  [[ -n "$(field Section)" && -n "$(field Installed-Size)" && -n "$(field Description)" ]] || fail "$name: lacks fields"
  # Its copyright is where Debian looks for it.
  grep -q 'License: BSD-3-Clause' "root/usr/share/doc/$name/copyright" || fail "$name: no copyright"
  (cd root && md5sum --quiet -c "../$name.control/md5sums") || fail "$name: other checksums"
done

# The program is one that needs no library of ours, and names what it needs of Debian.
grep -qE 'libc6 \(>= ' <(dpkg-deb -f "$(deb stowage)" Depends) || fail "depends on $(dpkg-deb -f "$(deb stowage)" Depends)"
! dpkg-deb -f "$(deb stowage)" Depends | grep -qi 'caf\|stowage' || fail "the program is not alone"
! readelf -d root/usr/bin/stowage | grep -qE 'RPATH|RUNPATH' || fail "the program has a path to load from"
! readelf -S root/usr/bin/stowage | grep -q '\.debug_info' || fail "the program is not stripped"
"$PWD/root/usr/bin/stowage" check-config root/etc/stowage/stowage.conf || fail "the installed config is refused"
[[ "$(stat -c %a root/etc/stowage/stowage.conf)" == 600 ]] || fail "everybody can read the config"
[[ "$(<stowage.control/conffiles)" == /etc/stowage/stowage.conf ]] || fail "conffiles: $(<stowage.control/conffiles)"
cmp -s root/usr/lib/systemd/system/stowage.service "$source/config/stowage.service" || fail "another unit"
gzip -dc root/usr/share/man/man1/stowage.1.gz | cmp -s - "$source/docs/stowage.1" || fail "another manual page"
[[ -s root/usr/share/bash-completion/completions/stowage ]] || fail "no completion"
for script in postinst prerm postrm; do
  [[ -x "stowage.control/$script" ]] || fail "$script cannot be run"
  sh -n "stowage.control/$script" || fail "$script is no script"
  # Without systemd, as in a container, each of them does nothing and succeeds.
  [[ -d /run/systemd/system ]] || for step in configure remove upgrade purge; do
    sh "stowage.control/$script" "$step" || fail "$script $step fails"
  done
done

# Of the library, the runtime package has what runs and the other what compiles.
! grep -qE '\.hpp$|\.cmake$|\.pc$|\.so$' "$library.list" || fail "$library has more than what runs"
grep -qE 'libstowage\.so\.[0-9.]+$' "$library.list" || fail "$library has no library"
! grep -v -e ' -> ' libstowage-dev.list | grep -qE '\.so\.[0-9.]+$|/bin/' || fail "libstowage-dev has what belongs to $library"
dpkg-deb -f "$(deb libstowage-dev)" Depends | grep -qF "$library (= $version)" || fail "libstowage-dev takes any library"

# The README's way, with what was unpacked: no CAF is there but the one in the package.
unset CAF_DIR
cp -r root/usr/share/doc/libstowage-dev/examples example
must cmake -G Ninja -S example -B built -DCMAKE_PREFIX_PATH="$PWD/root/usr" -DCMAKE_CXX_FLAGS=-O0
must cmake --build built
[[ "$(built/hello-store "$PWD")" == $'first visit\nvisits: 1 bytes' ]] || fail "the first run of the example"
[[ "$(built/hello-store "$PWD")" == "visit 2, version 2, survives power loss"* ]] || fail "the second run of the example"

# And tests of somebody's actors. What the test kit is linked with is asked of the packages, not of this machine.
dpkg-deb -f "$(deb libstowage-dev)" Depends | grep -q 'libxxhash-dev' || fail "libstowage-dev does without what its test kit links"
must cmake -G Ninja -S example/testing -B built-tests -DCMAKE_PREFIX_PATH="$PWD/root/usr" -DCMAKE_CXX_FLAGS=-O0
must cmake --build built-tests
must built-tests/testing-actors
