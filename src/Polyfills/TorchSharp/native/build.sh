#!/bin/sh
# Compiles the shim over the system's libtorch: build.sh FOLDER writes FOLDER/libTorchSharpShim.so. Objects that are up to date stay.
set -eu
sources=$(cd "$(dirname "$0")" && pwd)
target=$1

command -v g++ >/dev/null || { echo "error: g++ is not installed; install it or build with -p:TorchProvider=nuget" >&2; exit 1; }

mkdir -p "$target"
# Every output is written beside its place and renamed: a concurrent build never sees half a file.
compile() {
  g++ -std=c++17 -O2 -fno-math-errno -fPIC -fvisibility=hidden -Wall -Wextra -Wno-unused-parameter -c "$1" -o "$2.$$"
  mv "$2.$$" "$2"
}

objects=
compilers=
for source in "$sources"/*.cpp; do
  object=$target/$(basename "$source" .cpp).o
  objects="$objects $object"
  [ -n "$(find "$object" -newer "$source" -newer "$sources/shim.h" -newer "$0" 2>/dev/null)" ] && continue
  compile "$source" "$object" &
  compilers="$compilers $!"
done
for compiler in $compilers; do wait "$compiler"; done

library=$target/libTorchSharpShim.so
g++ -shared -Wl,--no-undefined -o "$library.$$" $objects -ltorch -ltorch_cpu -lc10
mv "$library.$$" "$library"
