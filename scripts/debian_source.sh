# Brings source archives of Debian packages: read with `.` after common.sh, not run.
# shellcheck shell=bash

# has_checksum FILE SHA256
has_checksum() {
  printf '%s  %s\n' "$2" "$1" | sha256sum --check --status 2>/dev/null
}

# The addresses of the Debian archives this machine uses. Before the first `apt-get update` apt does
# not know a source's origin: then each source is a candidate, and the wrong ones fail harmlessly.
archive_addresses() {
  # shellcheck disable=SC2016 # apt replaces $(...)
  apt-get indextargets --format '$(ORIGIN)/$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
    sed -n -e 's|^Debian/Debian ||p' -e 's|^\$(ORIGIN)/\$(LABEL) ||p' -e 's|^/ ||p' | sort -u
}

# download_source SUITE PACKAGE[=VERSION] FILE SHA256 DIRECTORY LOG: DIRECTORY/FILE, or 1 and the log says why.
#
# apt with its own lists and one source line, so that this machine's sources stay as they are. An index
# past its date, as of a frozen mirror, will do: the signature is checked, and the checksum is ours.
download_source() {
  local suite="$1" package="$2" file="$3" sha256="$4" directory="$5" log="$6"
  local apt="$5/apt" keyring=/usr/share/keyrings/debian-archive-keyring.gpg option='' address
  local private_apt=(
    apt-get -q
    -o Dir::Etc::sourcelist="$apt/one.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache"
    -o APT::Sandbox::User=root -o Acquire::Languages=none
    -o Acquire::Check-Valid-Until=false
  )
  if [[ -r "$keyring" ]]; then option="[signed-by=$keyring] "; fi
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  while read -r address; do
    echo "deb-src $option$address $suite main" >"$apt/one.list"
    # --tar-only: the packaging archive is not needed and may not be served.
    if "${private_apt[@]}" update >>"$log" 2>&1 &&
      (cd "$directory" && "${private_apt[@]}" source --download-only --tar-only "$package") >>"$log" 2>&1 &&
      has_checksum "$directory/$file" "$sha256"; then
      return
    fi
  done < <(archive_addresses 2>>"$log")
  return 1
}
