#!/usr/bin/env bash
# build.sh PROJECT: builds src/PROJECT in Release, unless no source is newer than its last build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

project=$1
stamp=var/build/$project
mkdir -p var/build

# Two scripts started at once must not build into the same folders.
exec 9> var/build/lock
flock 9

sources() {
  find src Directory.Build.props Directory.Packages.props global.json \( -name bin -o -name obj -o -name node_modules \) -prune \
    -o -type f "$@" -print | sort
}

# The stamp's time is the last build's start, its text the sources of then: a file deleted since shows in no time stamp.
changed() {
  [[ ! -f $stamp ]] || [[ -n $(sources -newer "$stamp") ]] || ! cmp -s <(sources) "$stamp"
}

if changed; then
  started=$(mktemp var/build/started.XXXXXX)
  sources > "$started"
  echo "build: $project" >&2
  dotnet build "src/$project" -c Release --nologo -v quiet -clp:NoSummary >&2 || { rm -f "$started"; exit 1; }
  mv "$started" "$stamp"
fi
