#!/usr/bin/env bash
# A tree goes in and comes out again; names that are no paths stay in.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

mkdir -p tree/a/b/c tree/a-b tree/empty tree/$'odd \xff\nname'
for i in {1..300}; do printf 'value %s' "$i" >"tree/a/b/$i"; done
printf x >tree/a/b/c/deep
printf x >tree/a-b/file
printf x >tree/a.b
printf x >"tree/ -leading"
printf x >tree/$'odd \xff\nname'/$'\x01'
: >tree/zero
head -c 5000000 /dev/urandom >tree/large
ln -s large tree/symlink
ln -s ../.. tree/up
mkfifo tree/fifo

expect 5 "$stowage" import s tree
expect 0 "$stowage" import s tree --create
[[ ! -s out ]] || fail "import printed something"

# Byte order of the whole path, which is not that of the walk: `-` and `.` stand before `/`.
expect 0 "$stowage" list s
(cd tree && find . -type f -print0) | LC_ALL=C sort -z >paths
[[ "$(wc -l <out)" == "$(tr -cd '\0' <paths | wc -c)" ]] || fail "not all files were imported"
"$stowage" list s --long | LC_ALL=C sort -n | cut -d' ' -f3- >by_version
cmp out by_version || fail "not in byte order"

expect 0 "$stowage" export s back
rm tree/symlink tree/up tree/fifo
rmdir tree/empty
diff -r tree back

# Prefixes: what import adds, export takes off.
expect 0 "$stowage" import s tree/a-b --prefix p/
expect 0 "$stowage" get s p/file
expect 0 "$stowage" export s prefixed --prefix p/
diff -r tree/a-b prefixed

# The store may lie in the tree.
expect 0 "$stowage" import tree/s tree --create
expect 0 "$stowage" import tree/s tree
expect 5 "$stowage" get tree/s s

# What cannot be read or taken is reported, and the rest goes on.
mkdir wrong
printf 1 >wrong/a
truncate -s 67108865 wrong/b
printf 3 >wrong/c
expect 8 "$stowage" import w wrong --create
grep -q 'wrong/b' err || fail "not named: $(<err)"
expect 0 "$stowage" list w
expect_on_stdout 'a
c'

# Hostile names never leave the directory.
expect 0 "$stowage" create h
mkdir jail
for name in ../out /abs a//b . .. x/../../out ./dot end/ "$(printf 'y%.0s' {1..256})"; do
  printf h | "$stowage" put h "$name" >/dev/null
done
printf h | "$stowage" put h 6e756c00 --hex-name >/dev/null
printf h | "$stowage" put h clash >/dev/null
printf h | "$stowage" put h clash/below >/dev/null
printf h | "$stowage" put h link/file >/dev/null
printf h | "$stowage" put h good/file >/dev/null
mkdir -p jail/dir outside
ln -s ../../outside jail/dir/link
code=0
"$stowage" export h jail/dir 2>err || code=$?
[[ "$code" == 8 && "$(wc -l <err)" == 12 ]] || fail "export of hostile names: $code $(<err)"
[[ "$(cd jail && find . | LC_ALL=C sort | tr '\n' ' ')" == \
  ". ./dir ./dir/clash ./dir/good ./dir/good/file ./dir/link " ]] || fail "$(find jail)"
[[ -z "$(ls outside)" ]] || fail "a symlink was followed"
