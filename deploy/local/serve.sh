#!/usr/bin/env bash
# Sets up, builds and serves on http://127.0.0.1:5080. Arguments go to the service, such as --Blending:Weight=0.5.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

"$here/setup.sh"
"$here/build.sh" MTRec.Serving
cd "$here/../.."

# The process becomes the service, so that signals reach it.
exec dotnet src/MTRec.Serving/bin/Release/net10.0/MTRec.Serving.dll --urls http://127.0.0.1:5080 "$@"
