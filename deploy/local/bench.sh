#!/usr/bin/env bash
# Measures the service side by side with a service in Node.js and with the floor (Kestrel, ONNX Runtime and Redis alone), in turns on one core;
# the load has the other. Prints the ratios. About ten minutes; an otherwise idle machine gives the steadiest figures.
#   deploy/local/bench.sh [--quick] [--out FILE.json]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

arguments=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --quick) arguments+=(--quick yes --rounds 2 --requests 2000); shift ;;
    --out) arguments+=(--out "${2:?--out needs a file}"); shift 2 ;;
    *) echo "usage: deploy/local/bench.sh [--quick] [--out FILE.json]" >&2; exit 2 ;;
  esac
done

[[ $(nproc) -ge 2 ]] || { echo "bench: needs two cores, one for the service and one for the load" >&2; exit 1; }
deploy/local/setup.sh --bench
dotnet build tests/MTRec.Benchmarks -c Release --nologo -v quiet -clp:NoSummary

exec taskset -c 1 dotnet tests/MTRec.Benchmarks/bin/Release/net10.0/MTRec.Benchmarks.dll serving "${arguments[@]}"
