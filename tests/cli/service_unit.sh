#!/usr/bin/env bash
# The systemd unit is one that systemd takes, leaves the server what it needs, and little else.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

skip() {
  printf 'skipped: %s\n' "$*"
  exit 0
}

command -v systemd-analyze >/dev/null || skip "systemd-analyze is not installed (package systemd)"
command -v strace >/dev/null || skip "strace is not installed"
unit="$source/config/stowage.service"

# setting NAME: its values, one a line.
setting() {
  sed -n "s/^$1=//p" "$unit"
}

# The program is where this build has it.
sed "s|^ExecStart=/usr/bin/stowage |ExecStart=$stowage |" "$unit" >stowage.service
systemd-analyze verify "$PWD/stowage.service" >verified 2>&1 || fail "refused: $(<verified)"
# What it says of other units of the machine is not about this one.
! grep -q 'stowage' verified || fail "systemd says: $(<verified)"
systemd-analyze security --help | grep -q -- --offline || skip "this systemd cannot judge a unit that is not loaded"
systemd-analyze security --offline=yes --threshold=20 stowage.service >judged 2>&1 ||
  fail "more than 2.0 of 10 is exposed: $(<judged)"

# The drain ends before systemd ends it.
drain="$(sed -n 's/^  drain-max = \([0-9]*\)s$/\1/p' "$source/config/stowage.conf")"
(("$(setting TimeoutStopSec)" > drain)) || fail "TimeoutStopSec is not above $drain"

# members SET: the system calls of a set of systemd, those of sets in it as well.
members() {
  local word
  while read -r word; do
    case "$word" in
      "$1" | '#'* | '') ;;
      @*) members "$word" ;;
      *) printf '%s\n' "$word" ;;
    esac
  done < <(systemd-analyze syscall-filter "$1")
}

# Every system call of a session is allowed by the filter.
expected=$'@system-service\n~@privileged'
[[ "$(setting SystemCallFilter)" == "$expected" ]] || fail "another filter: $(setting SystemCallFilter)"
members @privileged | sort -u >refused
members @system-service | sort -u | comm -23 - refused >allowed
[[ "$(wc -l <allowed)" -gt 200 ]] || fail "systemd names $(wc -l <allowed) system calls"
mkdir copies
printf 'stowage { path = "s", backup-dir = "copies", resp { listen = "127.0.0.1:0" }, metrics { listen = "" } }\n' >conf
: >ready
strace -f -qq -o calls "$stowage" serve --config-file=conf >ready 2>log &
server=$!
trap 'kill -9 "$server" 2>/dev/null || true' EXIT
wait_until "the ready line" server_ready
port="$(sed 's/.*:\([0-9]*\)$/\1/' ready)"
exec 3<>"/dev/tcp/127.0.0.1/$port"
# ask COMMAND: by a bare socket; its first line of answer is in $line.
ask() {
  printf '%s\r\n' "$1" >&3
  read -r -t 60 -u 3 line || fail "no answer to $1"
}
ask "SET a $(printf 'x%.0s' {1..30000})"
[[ "$line" == $'+OK\r' ]] || fail "SET: $line"
ask "STOWAGE CHECKPOINT"
[[ "$line" == $'+OK\r' ]] || fail "CHECKPOINT: $line"
ask "STOWAGE BACKUP b"
[[ "$line" == '*'* ]] || fail "BACKUP: $line"
exec 3>&-
# strace passes no signal on: the server itself is the first process it saw.
kill -TERM "$(awk '{ print $1; exit }' calls)"
wait "$server" || fail "exit code $? ($(<log))"
sed -n 's/^[0-9]* *\([a-z_0-9]*\)(.*/\1/p' calls | sort -u >used
[[ "$(wc -l <used)" -gt 20 ]] || fail "strace saw: $(<used)"
# systemd itself starts the program.
comm -23 used allowed | grep -vx execve >missing || true
[[ ! -s missing ]] || fail "refused by the filter: $(<missing)"
# No memory is both written and run, and only sockets of the families that are allowed.
! grep -E '(mmap|mprotect)\(.*PROT_WRITE\|PROT_EXEC' calls || fail "MemoryDenyWriteExecute would refuse that"
families="$(setting RestrictAddressFamilies | tr ' ' '|')"
! grep -E ' socket\(' calls | grep -vE "socket\(($families)," || fail "RestrictAddressFamilies would refuse that"
