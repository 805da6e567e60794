#!/usr/bin/env bash
# shellcheck disable=SC2016 # sed's own
# The manual page names every command, option and exit code of the program, and groff has nothing to complain about.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

page="$prefix/share/man/man1/stowage.1"
stowage="$prefix/bin/stowage"
command -v man >/dev/null || skip "man is not installed (package man-db)"
said="$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=120 man --warnings=all -E UTF-8 -l "$page" 2>&1 >text)"
[[ -z "$said" ]] || fail "groff says: $said"
# Without the backspaces of a terminal, and dashes as they are typed.
col -b <text | sed 's/‐/-/g; s/−/-/g' >plain
grep -q '^NAME' plain || fail "the page has no text: $(head -n 5 plain)"

# One line a command: `  put   Store a value...`
"$stowage" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' >commands
[[ "$(wc -l <commands)" -ge 17 ]] || fail "commands found in --help: $(<commands)"
while read -r command; do
  grep -qE "^ +stowage $command( |$)" plain || fail "the command $command is not in the page"
  # Every option of the command, in the paragraph of the command or among the options of all.
  sed -n "/^ *stowage $command\( \|\$\)/,/^ *stowage /p; /^OPTIONS/,/^EXIT/p" plain >about
  "$stowage" "$command" --help | grep -oE '(^|[ ,])--?[a-z][a-z-]*' | tr -d ' ,' | sort -u >options
  [[ -s options ]] || fail "no option of $command found"
  while read -r option; do
    grep -qE -- "(^|[^a-z-])$option([^a-z-]|\$)" about || fail "$command $option is not in the page"
  done <options
done <commands

# Exit codes as the program's table has them.
sed -n '/^enum class exit_code/,/^};/s/^ *[a-z_]* = \([0-9]*\),.*/\1/p' "$source/cli/exit_code.hpp" >codes
[[ "$(wc -l <codes)" == 12 ]] || fail "exit codes found: $(<codes)"
sed -n '/^EXIT STATUS/,/^ENVIRONMENT/p' plain >statuses
while read -r code; do
  grep -qE "^ +$code( |\$)" statuses || fail "exit status $code is not in the page"
done <codes
# None that the program does not have.
grep -oE '^ {7}[0-9]+' statuses | tr -d ' ' | sort -n | diff - <(sort -n codes) || fail "other exit statuses in the page"
# What is read of the environment.
grep -rhoE 'getenv\("[A-Z_]+"\)' "$source/cli" "$source/resp" "$source/config" | sed 's/.*"\(.*\)".*/\1/' | sort -u >variables
grep -q STOWAGE_PASSWORD variables || fail "no variables found"
while read -r variable; do
  grep -q "$variable" plain || fail "$variable is not in the page"
done <variables
