#!/usr/bin/env bash
# The unit as systemd really runs it: in a container of this system's own files, whose changes are dropped.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

skip() {
  printf 'skipped: %s\n' "$*"
  exit 0
}

command -v systemd-nspawn >/dev/null || skip "systemd-nspawn is not installed (package systemd-container)"
command -v redis-cli >/dev/null || skip "redis-cli is not installed (package redis-tools)"
((EUID == 0)) || skip "only root starts a container"

# What is mounted goes with this process.
if [[ -z "${STOWAGE_BOOT_MOUNTS:-}" ]]; then
  unshare --mount true 2>unshared || skip "no mounts of our own: $(<unshared)"
  STOWAGE_BOOT_MOUNTS=own exec unshare --mount --propagation private bash "${BASH_SOURCE[0]}" "$stowage" "$PWD"
fi
mkdir -p layer root
mount -t tmpfs tmpfs layer
mkdir layer/changes layer/work
mount -t overlay overlay -o "lowerdir=/,upperdir=$PWD/layer/changes,workdir=$PWD/layer/work" root 2>mounted ||
  skip "no overlay over the root: $(<mounted)"
# The host's machine keeps what it knows of itself, and its journal.
rm -f root/etc/machine-id
container=(systemd-nspawn --quiet --register=no --keep-unit --private-network --link-journal=no --directory="$PWD/root")
timeout --kill-after=10 60 "${container[@]}" --as-pid2 /bin/true >tried 2>&1 ||
  skip "no container starts here: $(tail -n 1 tried)"

# As the Debian package installs it, with a password in a file that is root's alone.
mkdir -p root/etc/stowage
cp -- "$stowage" root/usr/bin/stowage
cp -- "$source/config/stowage.service" root/etc/systemd/system/stowage.service
sed 's/^\( *requirepass = \)""$/\1"secret"/' "$source/config/stowage.conf" >root/etc/stowage/stowage.conf
grep -q 'requirepass = "secret"' root/etc/stowage/stowage.conf || fail "the config has no place for a password"
chmod 0600 root/etc/stowage/stowage.conf
sed 's/^\( *\)durability = /\1durabilty = /' "$source/config/stowage.conf" >root/etc/stowage/misspelt.conf
misspelt=0
"$stowage" check-config root/etc/stowage/misspelt.conf >checked 2>&1 || misspelt=$?
((misspelt != 0)) || fail "a misspelt key is accepted"

cat >root/etc/systemd/system/boot-probe.target <<'END'
[Unit]
Wants=stowage.service boot-probe.service
END
cat >root/etc/systemd/system/boot-probe.service <<'END'
[Unit]
After=stowage.service
[Service]
Type=oneshot
ExecStart=/bin/bash /boot-probe.sh
ExecStopPost=/bin/systemctl --no-block exit 0
END
cat >root/boot-probe.sh <<END
misspelt=$misspelt
END
cat >>root/boot-probe.sh <<'END'
exec >/boot-probe.log 2>&1
fail() {
  printf 'FAILED: %s\n' "$*"
  journalctl --no-pager --unit=stowage --lines=40
  exit 1
}
# is PROPERTY VALUE
is() {
  local got
  got="$(systemctl show stowage --property="$1" --value)"
  [[ "$got" == "$2" ]] || fail "$1 is $got instead of $2"
}
# asked ANSWER COMMAND...
asked() {
  local want="$1" got
  shift
  got="$(timeout 60 redis-cli -p 7411 --no-auth-warning -a secret "$@" 2>&1)"
  [[ "$got" == "$want" ]] || fail "$* is answered $got instead of $want"
}
wait_for_ready() {
  for ((i = 0; i < 600; ++i)); do
    [[ "$(systemctl show stowage --property=SubState --value)" != running ]] || return 0
    sleep 0.1
  done
  fail "not running: $(systemctl show stowage --property=SubState --value)"
}

# 1. Started: with Type=notify, and that is when it is ready.
is ActiveState active
is Type notify
is StatusText "serving stowage-data/blocks.stow"
[[ "$(redis-cli -p 7411 get a)" == NOAUTH* ]] || fail "no password is asked for"
asked OK set a durable

# 2. Its user is nobody's else, and so is what it stores.
pid="$(systemctl show stowage --property=MainPID --value)"
[[ "$(stat --format=%u "/proc/$pid")" -gt 60000 ]] || fail "it runs as user $(stat --format=%u "/proc/$pid")"
grep -q '^CapEff:[[:space:]]0*$' "/proc/$pid/status" || fail "it has privileges: $(grep CapEff "/proc/$pid/status")"
[[ "$(stat --format=%a /var/lib/private/stowage)" == 700 ]] || fail "others may look into the store's directory"
[[ -s /var/lib/private/stowage/stowage-data/blocks.stow ]] || fail "there is no store where it should be"

# 3. Killed, it comes back with what was acknowledged.
kill -9 "$pid"
for ((i = 0; i < 600; ++i)); do
  [[ "$(systemctl show stowage --property=NRestarts --value)" == 0 ]] || break
  sleep 0.1
done
wait_for_ready
is NRestarts 1
asked durable get a

# 4. Restarted in order, it drains first.
asked OK set b drained
systemctl restart stowage || fail "it does not restart"
asked drained get b
journalctl --no-pager --unit=stowage | grep -q 'opened: 2 blocks, closed in order before' ||
  fail "it was not closed in order"

# 5. Stopped.
systemctl stop stowage || fail "it does not stop"
is ActiveState inactive
is Result success
is ExecMainStatus 0
journalctl --no-pager --unit=stowage | tail -n 5 | grep -q 'closed: everything accepted is durable' ||
  fail "it does not say that everything is durable"

# 6. With a config that has a mistake it says so, and is not started over and over.
cp /etc/stowage/misspelt.conf /etc/stowage/stowage.conf
! systemctl start stowage || fail "it starts with a mistake in the config"
is ActiveState failed
is ExecMainStatus "$misspelt"
sleep 7 # longer than RestartSec
is ActiveState failed
journalctl --no-pager --unit=stowage | grep -q 'durabilty' || fail "the journal does not name the mistake"
echo passed
END

timeout --kill-after=10 240 "${container[@]}" --boot systemd.unit=boot-probe.target >booted 2>&1 ||
  true # the probe's log says how it went
[[ -e root/boot-probe.log ]] || skip "no system boots in a container here: $(tail -n 1 booted)"
[[ "$(tail -n 1 root/boot-probe.log)" == passed ]] || fail "$(<root/boot-probe.log)"
