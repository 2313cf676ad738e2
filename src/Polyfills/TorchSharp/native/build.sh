#!/bin/sh
# Compiles the shim over the system's libtorch: build.sh FOLDER writes FOLDER/libTorchSharpShim.so.
set -eu
sources=$(cd "$(dirname "$0")" && pwd)
target=$1

command -v g++ >/dev/null || { echo "error: g++ is not installed; install it or build with -p:TorchProvider=nuget" >&2; exit 1; }

mkdir -p "$target"
objects=$(mktemp -d "$target/objects.XXXXXX")
trap 'rm -rf "$objects"' EXIT

compilers=
for source in "$sources"/*.cpp; do
  g++ -std=c++17 -O2 -fno-math-errno -fPIC -fvisibility=hidden -Wall -Wextra -Wno-unused-parameter -Wno-deprecated-declarations \
    -I/usr/include/torch/csrc/api/include -c "$source" -o "$objects/$(basename "$source" .cpp).o" &
  compilers="$compilers $!"
done
for compiler in $compilers; do wait "$compiler"; done

# The rename keeps a concurrent build from loading half a library.
g++ -shared -Wl,--no-undefined -o "$objects/library.so" "$objects"/*.o -ltorch -ltorch_cpu -lc10
mv "$objects/library.so" "$target/libTorchSharpShim.so"
