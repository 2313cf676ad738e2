#!/usr/bin/env bash
# Makes an API key: prints it, once, and what the configuration has to hold of it, which is no secret.
#   deploy/local/key.sh NAME SCOPE...    with scopes Rank, Feedback, Metrics, Admin
set -euo pipefail

usage() { echo "usage: deploy/local/key.sh NAME SCOPE...   (scopes: Rank, Feedback, Metrics, Admin)" >&2; exit 2; }

[[ $# -ge 2 ]] || usage
name=$1
shift
[[ $name =~ ^[A-Za-z0-9._-]{1,64}$ ]] || { echo "key: a name is 1 to 64 letters, digits, '.', '_' or '-'" >&2; exit 2; }
scopes=
for scope in "$@"; do
  case $scope in
    Rank | Feedback | Metrics | Admin) scopes+="${scopes:+, }\"$scope\"" ;;
    *) usage ;;
  esac
done

# 256 random bits in base64url, which pads 32 bytes to 43 characters and one '='.
key=mtrec_$(head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '=')
hash=$(printf '%s' "$key" | sha256sum | cut -d ' ' -f 1)

echo "The key, for the caller alone; it is kept nowhere:" >&2
echo "$key"
echo "For Access:Keys in appsettings.json:" >&2
echo "{ \"Name\": \"$name\", \"Sha256\": \"$hash\", \"Scopes\": [$scopes] }" >&2
