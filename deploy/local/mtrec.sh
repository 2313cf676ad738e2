#!/usr/bin/env bash
# The trainer's command line: deploy/local/mtrec.sh --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Standard output belongs to the command.
"$here/setup.sh" > /dev/null
"$here/build.sh" MTRec.Trainer

# The process becomes the command, so that signals reach it; paths are the caller's, so the folder stays.
exec dotnet "$here/../../src/MTRec.Trainer/bin/Release/net10.0/mtrec.dll" "$@"
