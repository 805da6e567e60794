#!/usr/bin/env bash
# With --connect, a store that is served is asked; what is said is what a command on the file says.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
trap '[[ -z "${server:-}" ]] || kill -9 "$server" 2>/dev/null || true
  [[ -z "${other:-}" ]] || kill -9 "$other" 2>/dev/null || true' EXIT

# serve_s [SETTING...]: serves ./s; sets $at.
serve_s() {
  printf '%s\n' 'stowage {' 'path = "s"' 'metrics { listen = "" }' "$@" '}' >conf
  start_server --config-file=conf
  at="$(sed -n 's/.* resp=\([^ ]*\).*/\1/p' ready)"
  [[ -n "$at" ]] || fail "no address: $(<ready)"
}
free='resp { listen = "127.0.0.1:0" }'
# says CODE REGEX COMMAND...: one line on stderr, about the server.
says() {
  local want="$1" regex="$2"
  shift 2
  expect "$want" "$@"
  grep -qE "^stowage: $at: $regex" err || fail "$* says: $(<err)"
}
# field NAME: of ./out, as stat prints it.
field() {
  sed -n "s/^$1: //p" out
}

expect 0 "$stowage" create s
for ((i = 0; i < 5; ++i)); do head -c 100000 /dev/urandom | "$stowage" put s "block $i" >/dev/null; done
printf 'value' | "$stowage" put s "$(printf 'b\xff')" >/dev/null
expect 0 "$stowage" stat s
cp out stat-of-file
expect 0 "$stowage" verify s
cp out verify-of-file
expect 0 "$stowage" verify s --json
cp out verify-of-file.json
expect 0 "$stowage" stat s "block 3"
grep -v '^chunks: ' out >block-of-file
expect 0 "$stowage" stat s "$(printf 'b\xff')" --json
python_without_chunks='import json, sys
d = json.load(sys.stdin)
d.pop("chunks", None)
print(json.dumps(d))'
/usr/bin/python3 -c "$python_without_chunks" <out >block-of-file.json

mkdir copies
serve_s "$free" 'backup-dir = "copies"'
for command in stat verify compact; do expect 3 "$stowage" "$command" s; done
expect 3 "$stowage" backup s x

# The same lines, for the facts that are the same.
expect 0 "$stowage" verify --connect "$at"
cmp -s out verify-of-file || fail "verify: $(<out)"
expect 0 "$stowage" verify --connect "$at" --json
cmp -s out verify-of-file.json || fail "verify --json: $(<out)"
expect 0 "$stowage" stat --connect "$at" "block 3"
cmp -s out block-of-file || fail "stat of a block: $(<out)"
expect 0 "$stowage" stat --connect "$at" 62ff --hex-name --json
/usr/bin/python3 -c "$python_without_chunks" <out | cmp -s - block-of-file.json || fail "stat --json of a block: $(<out)"
expect 0 "$stowage" stat --connect "$at"
for name in path uuid version blocks value_bytes; do
  grep -qxF "$name: $(field "$name")" stat-of-file || fail "stat says $name: $(field "$name"), of the file: $(<stat-of-file)"
done
# It has been opened to be written since, once, which takes superblocks.
before() {
  sed -n "s/^$1: //p" stat-of-file
}
[[ "$(field epoch)" == $(($(before epoch) + 1)) ]] || fail "epoch $(field epoch), of the file $(before epoch)"
[[ "$(field generation)" -gt "$(before generation)" ]] ||
  fail "generation $(field generation), of the file $(before generation)"
[[ "$(field state)" == open && "$(field free_bytes)" -gt 0 && "$(field lsn)" -gt 0 ]] || fail "stat: $(<out)"
expect 0 "$stowage" stat --connect "$at" --json
/usr/bin/python3 -c 'import json, sys
d = json.load(sys.stdin)
assert d["blocks"] == 6 and d["path"] == "s" and d["state"] == "open", d' <out || fail "stat --json: $(<out)"
expect 0 "$stowage" compact --connect "$at"
grep -qE '^moved [0-9]+ blocks, [0-9]+ bytes: the file had [0-9]+ bytes and has [0-9]+$' out || fail "compact: $(<out)"
expect 0 "$stowage" backup --connect "$at" monday
expect_on_stdout 'copied 6 blocks, 500005 bytes: ok'
expect 0 "$stowage" verify copies/monday
expect 0 "$stowage" get copies/monday "$(printf 'b\xff')"
expect_on_stdout value
# localhost is a name, and this is what it names.
expect 0 "$stowage" verify --connect "localhost:${at##*:}"

# The same exit codes.
says 5 'no such block' "$stowage" stat --connect "$at" none
says 8 'a limit of the store is exceeded' "$stowage" stat --connect "$at" "$(printf 'x%.0s' {1..1025})"
says 7 'something already exists at this path' "$stowage" backup --connect "$at" monday
says 1 'the name of a backup' "$stowage" backup --connect "$at" ../monday
expect 1 "$stowage" verify --connect nowhere
expect 1 "$stowage" verify s --connect "$at"
stop_server TERM 0

# Nobody there.
says 4 'no server can be reached here \(Connection refused\): see whether' "$stowage" verify --connect "$at"
at=nowhere.invalid:1
says 4 'no server can be reached here' "$stowage" stat --connect "$at"

# Damage is found as in the file.
offset="$("$stowage" inspect s extents | awk '$3 == "data" && $5 == "3" { print $1; exit }')"
[[ -n "$offset" ]] || fail "no extent of block 3: $("$stowage" inspect s extents)"
printf 'damaged!' | dd of=s bs=1 seek="$((offset + 5000))" conv=notrunc status=none
expect 2 "$stowage" verify s --json
cp out verify-of-file.json
sed 's/^stowage: s: //' err >err-of-file
serve_s "$free" 'backup-dir = "copies"'
expect 2 "$stowage" verify --connect "$at" --json
cmp -s out verify-of-file.json || fail "verify of damage: $(<out)"
sed "s/^stowage: $at: //" err | cmp -s - err-of-file || fail "verify of damage says: $(<err)"
says 2 "the block's bytes do not match their checksum \(block block 3, " "$stowage" backup --connect "$at" tuesday
expect_on_stdout 'copied 5 blocks, 400005 bytes: 1 damaged'
stop_server TERM 0

# A password, from the environment; without backup-dir there are no backups.
serve_s 'resp { listen = "127.0.0.1:0", requirepass = "secret" }'
says 4 'the password is not the server.s .*: set STOWAGE_PASSWORD' "$stowage" stat --connect "$at"
export STOWAGE_PASSWORD=wrong
says 4 'the password is not the server.s .*: set STOWAGE_PASSWORD' "$stowage" stat --connect "$at"
export STOWAGE_PASSWORD=secret
expect 0 "$stowage" stat --connect "$at" "block 1"
says 1 'the config sets no backup-dir' "$stowage" backup --connect "$at" x
stop_server TERM 0
unset STOWAGE_PASSWORD

# Who answers something else is no server of ours; who hangs up is complained about.
cat >other.py <<'END_OF_PROGRAM'
import socket, sys
there = socket.socket()
there.bind(("127.0.0.1", 0))
there.listen()
print(there.getsockname()[1], flush=True)
for answer in sys.argv[1:]:
    client, _ = there.accept()
    client.recv(4096)
    client.sendall(answer.encode().decode("unicode_escape").encode())
    client.close()
END_OF_PROGRAM
/usr/bin/python3 other.py '' 'HTTP/1.1 400 Bad Request\r\n\r\n' '+OK\r\n' '*1\r\n:1\r\n' '*2\r\n:1\r\n:2\r\n' \
  '*2\r\n$1\r\na\r\n:-1\r\n' '*2\r\n$1\r\na\r\n*1\r\n:1\r\n' "-ERR unknown command 'STOWAGE'\r\n" \
  '-ERR max number of clients reached\r\n' '-MISCONF an earlier write failed and the store takes no more\r\n' \
  '-OOM no space is left for this write\r\n' '-ERR something new\r\n' '-ERR\r\n' >port &
other=$!
wait_until "a port" test -s port
at="127.0.0.1:$(<port)"
says 4 'the connection broke before the answer came' "$stowage" stat --connect "$at"
for ((i = 0; i < 6; ++i)); do
  says 9 'what answers here is no Stowage server: check the address' "$stowage" stat --connect "$at"
done
says 9 'this server does not know the request' "$stowage" stat --connect "$at"
says 75 'max number of clients reached' "$stowage" stat --connect "$at"
says 4 'an earlier write failed and the store takes no more: ' "$stowage" compact --connect "$at"
says 6 'no space is left for this write: ' "$stowage" compact --connect "$at"
says 1 'something new: ' "$stowage" compact --connect "$at"
says 1 '.*: ' "$stowage" compact --connect "$at"
