#!/usr/bin/env bash
# The completion of bash knows every command and option, and completes names and files, also odd ones.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

stowage="$prefix/bin/stowage"
PATH="$prefix/bin:$PATH"
hash -r
# It is only ever asked to.
compopt() { :; }
# shellcheck source=/dev/null
. "$prefix/share/bash-completion/completions/stowage"
[[ "$(complete -p stowage)" == "complete -F _stowage stowage" ]] || fail "not registered: $(complete -p stowage)"

# offers WORDS... : what is offered for the last of them, one a line, in ./offered.
offers() {
  COMP_WORDS=(stowage "$@")
  COMP_CWORD=$#
  COMPREPLY=()
  _stowage
  printf '%s\n' "${COMPREPLY[@]}" >offered
}

# expect_offer OFFER WORDS...
expect_offer() {
  local offer="$1"
  shift
  offers "$@"
  grep -qxF -- "$offer" offered || fail "'$offer' is not offered for '$*': $(<offered)"
}

expect_no_offer() {
  local offer="$1"
  shift
  offers "$@"
  ! grep -qxF -- "$offer" offered || fail "'$offer' is offered for '$*'"
}

"$stowage" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' >commands
[[ "$(wc -l <commands)" -ge 17 ]] || fail "commands found in --help: $(<commands)"
offers ""
grep -v '^-' offered | sort | diff - <(sort commands) || fail "other commands are offered than there are"
while read -r command; do
  "$stowage" "$command" --help | grep -oE '(^|[ ,])--?[a-z][a-z-]*' | tr -d ' ,' | grep -vx -- -h | sort -u >options
  offers "$command" -
  sort offered | diff - options || fail "other options of $command are offered than there are"
done <commands

"$stowage" create 'a store'
for name in plain 'with blank' 'a;b' '$(touch hurt)' '*'; do
  printf v | "$stowage" put 'a store' "$name" >/dev/null
done
printf v | "$stowage" put 'a store' $'not\nprintable' >/dev/null
mkdir directory
expect_offer "compact" comp
expect_no_offer "create" comp
expect_offer "a store" get a
expect_offer "plain" get "a store" p
expect_no_offer "with blank" get "a store" p
expect_offer "with blank" get "a store" ""
# shellcheck disable=SC2016 # not for us
expect_offer '$(touch hurt)' delete "a store" plain ""
expect_offer '*' stat --json "a store" ""
expect_no_offer 'not\x0aprintable' list "a store" ""
expect_offer "journal" inspect "a store" j
expect_offer "directory" import "a store" ""
expect_no_offer "commands" import "a store" ""
expect_offer "commands" get "a store" plain -o comm
expect_offer "commands" put "a store" plain comm
expect_offer "commands" serve --config-file comm
expect_no_offer "commands" get "a store" --offset ""
expect_offer "directory" check-config ""
[[ ! -e hurt ]] || fail "a name was run"
# No store, no names, no noise.
offers get "no store" "" 2>noise
[[ ! -s noise && "$(<offered)" == "" ]] || fail "for a missing store: $(<offered) $(<noise)"
