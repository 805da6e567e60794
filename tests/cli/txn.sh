#!/usr/bin/env bash
# A transaction from stdin: all of it or nothing, and what it prints.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

"$stowage" create s
printf 'one' >one
printf 'two' >two
: >empty
truncate -s 67108865 over
old="$(printf 'old' | "$stowage" put s old)"

# put, delete, expect; a delete of a missing block changes nothing; VERSION NAME per write.
expect 0 "$stowage" txn s <<LINES
# two files, and what has to be true
put a one
put "b c\\xff" two   # any bytes
delete old
delete none
expect old $old
expect a absent
LINES
versions="$(cut -d' ' -f1 out | sort -n | uniq | wc -l)"
[[ "$versions" == 4 ]] || fail "four writes have four versions ($(<out))"
[[ "$(cut -d' ' -f2- out)" == $'a\nb c\\xff\nold\nnone' ]] || fail "names: $(<out)"
a="$(head -n 1 out | cut -d' ' -f1)"
expect 0 "$stowage" list s
expect_on_stdout $'a\nb c\\xff'
expect 0 "$stowage" get s --hex-name 622063ff
expect_on_stdout two
expect 0 "$stowage" stat s a
grep -q "$a" out || fail "the version of a is $a: $(<out)"

# Nothing to do is done.
expect 0 "$stowage" txn s <<<'# nothing'
expect_on_stdout ''

# A conflict names the block and both versions; nothing is applied.
expect 7 "$stowage" txn s <<LINES
put a two
put new one
expect a 1
LINES
grep -q "block a, expected version 1, found version $a" err || fail "conflict: $(<err)"
expect 7 "$stowage" txn s <<<$'delete a\nexpect a absent'
grep -q "expected absent, found version $a" err || fail "conflict: $(<err)"
expect 0 "$stowage" get s a
expect_on_stdout one
expect 5 "$stowage" get s new

# A mistake in the last line, or a file that is not there: nothing is applied.
untouched s 1 "$stowage" txn s <<<$'put new one\nput new'
grep -q 'standard input, line 2: too few fields for put' err || fail "mistake: $(<err)"
untouched s 4 "$stowage" txn s <<<$'put new one\nput new2 missing-file'
grep -q 'missing-file' err || fail "file: $(<err)"
untouched s 8 "$stowage" txn s <<<$'put new one\nput new2 over'
untouched s 8 "$stowage" txn s <<<$'put new one\ndelete ""'
expect 5 "$stowage" get s new

# 65,536 writes are a transaction, one more is not.
for ((i = 0; i < 65536; ++i)); do echo "put n$i empty"; done >many
expect 0 "$stowage" txn s <many
[[ "$(wc -l <out)" == 65536 ]] || fail "one line per write"
echo 'put one-more empty' >>many
expect 8 "$stowage" txn s <many

# The store's own failures.
expect 5 "$stowage" txn none <<<'delete a'
untouched one 9 "$stowage" txn one <<<'delete a'
expect 1 "$stowage" txn
expect 0 "$stowage" verify s
