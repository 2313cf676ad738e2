#!/usr/bin/env bash
# Sets up, builds and runs every test. The last line is the sum: N passed, N failed, N skipped.
# Tests start the servers that they need on free ports, and stop them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

deploy/local/setup.sh --tests
dotnet build MTRec.sln -c Release --nologo -v quiet -clp:NoSummary

results=var/test-results
rm -rf "$results"
mkdir -p "$results"
passed=0 failed=0 skipped=0

# counter FILE NAME: a number from the result file's one <Counters ... />.
counter() { sed -n "s/.*<Counters .*\b$2=\"\([0-9]*\)\".*/\1/p" "$1"; }

echo "test: dotnet format"
if ! dotnet format MTRec.sln --verify-no-changes --no-restore --exclude src/Polyfills/Microsoft.ML.OnnxRuntime; then
  echo "test: dotnet format found the above; it counts as one failed test"
  failed=$((failed + 1))
fi

for project in tests/*.Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  echo "test: $name"
  status=0
  # A hung test is ended, and fails its project.
  dotnet test "$project" -c Release --no-build --nologo --logger "trx;LogFileName=$name.trx" --results-directory "$results" \
    --blame-hang-timeout 15m --blame-hang-dump-type none || status=$?
  trx=$results/$name.trx
  project_failed=0
  if [[ -f $trx ]]; then
    total=$(counter "$trx" total) executed=$(counter "$trx" executed)
    project_failed=$(counter "$trx" failed)
    passed=$((passed + $(counter "$trx" passed)))
    skipped=$((skipped + total - executed))
  fi
  if [[ $status -ne 0 && $project_failed -eq 0 ]]; then
    echo "test: $name ended with $status without naming a failed test; it counts as one"
    project_failed=1
  fi
  failed=$((failed + project_failed))
done

echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 && $passed -gt 0 ]]
