#!/usr/bin/env bash
# shellcheck disable=SC2016 # the inner shell expands it
# Each exit code, with one line on stderr, and the file as it was.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

readers=("get X a" "list X" "stat X" "stat X a" "verify X" "inspect X superblock" "inspect X journal"
  "inspect X checkpoint" "inspect X extents" "export X exported" "map X -o picture.svg" "backup X copied")
writers=("put X a" "delete X a" "import X tree")
mkdir tree
printf 1 >tree/file

# all CODE FILE [reader|writer]: every command that takes a store.
all() {
  local code="$1" file="$2" command
  local -a commands=("${readers[@]}")
  [[ "${3:-all}" == reader ]] || commands+=("${writers[@]}")
  for command in "${commands[@]}"; do
    # shellcheck disable=SC2086
    if [[ -f "$file" && -r "$file" ]]; then
      untouched "$file" "$code" "$stowage" ${command/X/$file} </dev/null
    else
      expect "$code" "$stowage" ${command/X/$file} </dev/null
    fi
  done
}

# 1: the command line, and a config.
expect 1 "$stowage"
expect 1 "$stowage" nonsense
expect 1 "$stowage" get
expect 1 "$stowage" list s --limit x
expect 1 "$stowage" check-config none.conf

# 5: no store; none is made.
all 5 none
[[ ! -e none ]] || fail "a store was created"
expect 5 "$stowage" create no-directory/s

# 9: something else.
: >empty
head -c 1048576 /dev/urandom >random
printf 'no store' >short
mkfifo fifo
mkdir directory
for other in empty random short fifo directory; do all 9 "$other"; done

"$stowage" create s
printf 'value' | "$stowage" put s a >/dev/null

# 5: no such block. 8: no such name can be.
untouched s 5 "$stowage" get s none
untouched s 5 "$stowage" stat s none
expect 5 "$stowage" delete s none
long="$(printf 'x%.0s' {1..1025})"
for name in "$long" ""; do
  untouched s 8 "$stowage" get s "$name"
  untouched s 8 "$stowage" put s "$name" /dev/null
done
truncate -s 67108865 over
untouched s 8 "$stowage" put s over over
untouched s 8 bash -c '"$1" put s over <over' run "$stowage"
expect 8 bash -c 'cat over | "$1" put s over' run "$stowage"

# 7: the path is taken, by whatever.
untouched s 7 "$stowage" create s
untouched random 7 "$stowage" create random
ln -s nowhere link
expect 7 "$stowage" create link
expect 7 "$stowage" create directory

# 4: the user's own files.
untouched s 4 "$stowage" put s b no-such-file
untouched s 4 "$stowage" put s b directory
untouched s 4 "$stowage" get s a -o directory
untouched s 4 "$stowage" import s no-directory
untouched s 4 "$stowage" export s random

# 4: permission. Root has none to lack, so it asks as someone else where it can.
chmod 000 s
if [[ "$(id -u)" != 0 ]]; then
  all 4 s
elif command -v setpriv >/dev/null && setpriv --reuid 65534 --regid 65534 --clear-groups \
  test -x "$stowage" -a -x . 2>/dev/null; then
  expect 4 setpriv --reuid 65534 --regid 65534 --clear-groups "$stowage" list s
  expect 4 setpriv --reuid 65534 --regid 65534 --clear-groups "$stowage" put s a /dev/null
fi
chmod 600 s

# 6: no space to grow into.
cp s full
head -c 33554432 /dev/urandom >big
expect 6 bash -c 'ulimit -f 24576; exec "$1" put full large big' run "$stowage"
expect 0 "$stowage" verify full
expect 0 "$stowage" get full a
expect_on_stdout value

# 2: cut short.
for size in 4096 131072 1000000; do
  cp s cut
  truncate -s "$size" cut
  all 2 cut
done

# The store itself is as good as ever.
expect 0 "$stowage" verify s
