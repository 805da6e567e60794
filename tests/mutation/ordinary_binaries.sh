# An ordinary build holds no mutant: none of their names is in a program, and the variable that selects one
# changes nothing. `ordinary_binaries.sh STOWAGE DIRECTORY`
set -euo pipefail
binary="$1"
build="$(dirname "$binary")/.."
table="$(dirname "${BASH_SOURCE[0]}")/mutants.md"

complain() {
  echo "ordinary_binaries.sh: $*" >&2
  exit 1
}

# 1. What would be found is not found.
sed -n 's/^| `\([a-z0-9-]*\)` |.*/\1/p' "$table" >names
(($(wc -l <names) >= 45)) || complain "the table has too few rows to be whole"
printf '%s\n' selected_mutant STOWAGE_MUTANT >>names
programs=("$binary" "$build"/tests/test_storage_* "$build"/tests/test_actors "$build"/tests/stowage-sim)
for program in "${programs[@]}"; do
  [[ -f "$program" && -x "$program" ]] || continue
  # The search itself works: this is in every program with an engine or a test in it.
  grep -qaF stowage "$program" || complain "$program cannot be searched"
  if found="$(grep -aoFf names "$program")"; then complain "$program has ${found//$'\n'/ }"; fi
done

# 2. A name that a build with mutants would refuse, and mutants that would show at once.
long_name=a-name-of-more-than-thirty-one-bytes
STOWAGE_MUTANT=no-such-mutant "$binary" create store
STOWAGE_MUTANT=names-cut-at-31-bytes "$binary" put store "$long_name" <<<"value" >/dev/null
[[ "$(STOWAGE_MUTANT=empty-block-is-absent "$binary" list store)" == "$long_name" ]] ||
  complain "a mutant is at work"
: | STOWAGE_MUTANT=reads-miss-what-is-queued "$binary" put store empty >/dev/null
STOWAGE_MUTANT=empty-block-is-absent "$binary" get store empty >value || complain "a mutant is at work"
[[ ! -s value ]] || complain "an empty block is not empty"
