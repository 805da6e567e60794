#!/usr/bin/env bash
# A config is checked before anything is done with it.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# refused LINE WORDS: both commands that read a config refuse ./conf, naming line and words.
refused() {
  local command
  for command in "check-config conf" "serve --config-file=conf"; do
    # shellcheck disable=SC2086
    expect 1 "$stowage" $command
    grep -q "^stowage: conf:$1: .*$2" err || fail "instead of '$1: $2': $(<err)"
  done
  [[ ! -e stowage-data ]] || fail "something was created"
}

printf 'stowage {\n  batch {\n    max-opps = 50\n  }\n}\n' >conf
refused 3 'unknown key stowage.batch.max-opps: did you mean stowage.batch.max-ops?'
printf 'stowage {\n\n  readers = "many"\n}\n' >conf
refused 3 'stowage.readers'
printf 'stowage { }\nserver { }\n' >conf
refused 2 'unknown section server'
printf 'stowage {\n path = "x"\n' >conf
refused 1 'is not closed'
printf 'stowage {\n readers = two\n}\n' >conf
refused 2 "not CAF's config syntax"

expect 0 "$stowage" check-config "$(dirname -- "${BASH_SOURCE[0]}")/../../config/stowage.conf"
printf 'caf { scheduler { max-threads = 1 } }\n' >conf
expect 0 "$stowage" check-config conf
expect 1 "$stowage" check-config none
expect 1 "$stowage" check-config .
