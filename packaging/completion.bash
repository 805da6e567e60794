# bash completion of stowage: commands, their options, block names of a store, files.
# tests/package/completion.sh completes with it.

# _stowage_names STORE PREFIX: names of blocks, as `stowage list` prints them; silent where the store cannot be read.
# At most 200: a store may have millions. What is escaped there cannot be typed as it stands.
_stowage_names() {
  command stowage list "$1" "$2" --limit 200 2>/dev/null | command grep -v '\\'
}

_stowage() {
  local current previous command store="" index arguments=0
  COMPREPLY=()
  current="${COMP_WORDS[COMP_CWORD]}"
  previous="${COMP_WORDS[COMP_CWORD - 1]}"
  if ((COMP_CWORD == 1)); then
    local commands="create put get delete list stat txn import export verify salvage compact backup inspect map serve
      check-config"
    mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$current")
    return
  fi
  command="${COMP_WORDS[1]}"

  # What an option takes.
  case "$previous" in
    -o | --config-file)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --connect)
      mapfile -t COMPREPLY < <(compgen -W "127.0.0.1:7411" -- "$current")
      return
      ;;
    --offset | --length | --limit | --after | --prefix) return ;;
  esac

  if [[ "$current" == -* ]]; then
    local options="--help"
    case "$command" in
      put | delete) options+=" --hex-name" ;;
      get) options+=" -o --offset --length --hex-name" ;;
      list) options+=" --after --limit --long --json --hex-name" ;;
      stat) options+=" --connect --json --hex-name" ;;
      import) options+=" --prefix --create" ;;
      export) options+=" --prefix" ;;
      verify) options+=" --connect --json" ;;
      compact | backup) options+=" --connect" ;;
      inspect) options+=" --json" ;;
      map) options+=" -o" ;;
      serve) options+=" --config-file" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    return
  fi

  # Which argument it is, not counting options and what they take.
  for ((index = 2; index < COMP_CWORD; ++index)); do
    case "${COMP_WORDS[index]}" in
      -o | --config-file | --connect | --offset | --length | --limit | --after | --prefix) ((++index)) ;;
      -*) ;;
      *)
        ((arguments++)) || store="${COMP_WORDS[index]}"
        ;;
    esac
  done
  case "$command:$arguments" in
    *:0 | salvage:1 | backup:1 | put:2)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      ;;
    import:1 | export:1)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      ;;
    inspect:1) mapfile -t COMPREPLY < <(compgen -W "superblock journal checkpoint extents" -- "$current") ;;
    put:1 | get:1 | list:1 | stat:1 | delete:*)
      # Not by compgen -W, which would split and expand names.
      mapfile -t COMPREPLY < <(_stowage_names "$store" "$current")
      ;;
  esac
}
complete -F _stowage stowage
