#!/usr/bin/env bash
# Installs what this clone needs and this machine lacks; run again, it finds nothing to do.
#   deploy/local/setup.sh            what building, serving and training need
#   deploy/local/setup.sh --tests    and what some tests drive or compare with
#   deploy/local/setup.sh --bench    and what deploy/local/bench.sh measures with
#   deploy/local/setup.sh --loop     and what deploy/local/loop.sh runs beside
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

onnxruntime_folder=src/Polyfills/Microsoft.ML.OnnxRuntime
torch_header=/usr/include/torch/csrc/api/include/torch/torch.h
torch_cxx=GLIBCXX_3.4.32
torch_packages=(libtorch-dev libopenblas0-openmp g++)
# Chromium drives Swagger UI; sessions and events go into real Redis servers; nginx stands before two replicas; Prometheus asks
# what dashboard and alerts ask; Open MPI joins ranks of a training; the Python packages are the references that results are compared with.
test_packages=(chromium redis-server nginx-light prometheus openmpi-bin python3-torch python3-onnx python3-sklearn)
# wrk makes the load; the reference is a service in Node.js.
bench_packages=(wrk redis-server util-linux)
reference_folder=tests/NodeReference
probe_results=var/setup

with_tests=no with_bench=no with_loop=no
case "${1:-}" in
  '') ;;
  --tests) with_tests=yes ;;
  --bench) with_bench=yes ;;
  --loop) with_loop=yes ;;
  *) echo "usage: deploy/local/setup.sh [--tests | --bench | --loop]" >&2; exit 2 ;;
esac

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

check_dotnet() {
  command -v dotnet > /dev/null \
    || fail "the .NET SDK 10 is missing; install it (https://dotnet.microsoft.com/download/dotnet/10.0) and run this again"
  local version
  version=$(dotnet --version) || fail "no installed .NET SDK satisfies global.json (above); install SDK 10"
  say ".NET SDK $version is there"
}

pinned_version() {
  sed -n "s/.*PackageVersion Include=\"$1\" Version=\"\([^\"]*\)\".*/\1/p" Directory.Packages.props
}

# Asks the NuGet source for a package with all that it depends on, once: the answer is kept under var/.
nuget_offers() {
  local package=$1 version answer folder log
  version=$(pinned_version "$package")
  answer=$probe_results/$package-$version
  if [[ ! -f $answer ]]; then
    folder=$(mktemp -d)
    cat > "$folder/probe.csproj" << EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="$package" Version="[$version]" /></ItemGroup>
</Project>
EOF
    if log=$(dotnet restore "$folder/probe.csproj" --nologo 2>&1); then
      log=yes
    elif grep -qE 'NU110[123]' <<< "$log"; then
      log=no
    else
      rm -rf "$folder"
      echo "$log" >&2
      fail "the NuGet source did not say whether it offers $package $version (above); check the network and the NuGet configuration"
    fi
    rm -rf "$folder"
    mkdir -p "$probe_results"
    echo "$log" > "$answer"
  fi
  [[ $(< "$answer") == yes ]]
}

installed() {
  dpkg-query -W -f='${Status}' "$1" 2> /dev/null | grep -q 'install ok installed'
}

# apt_install REASON PACKAGE...: installs those that are missing.
apt_install() {
  local reason=$1 package
  shift
  command -v apt-get > /dev/null \
    || { echo "setup: $reason: needs $* (their Debian names), and this machine has no apt; install them by its own means" >&2; return 1; }
  local missing=()
  for package in "$@"; do
    installed "$package" || missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  [[ $(id -u) -eq 0 ]] \
    || { echo "setup: $reason: as root, run: apt-get install --no-install-recommends ${missing[*]}" >&2; return 1; }
  say "$reason: installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || say "the package lists could not be refreshed; trying with those at hand"
  apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" > /dev/null \
    || { echo "setup: $reason: apt-get could not install ${missing[*]} (its reason is above)" >&2; return 1; }
}

setup_onnxruntime() {
  if [[ -d $onnxruntime_folder/node_modules/com.github.asus4.onnxruntime ]]; then
    say "ONNX Runtime from npm is there"
    return
  fi
  if nuget_offers Microsoft.ML.OnnxRuntime; then
    say "ONNX Runtime comes from NuGet"
    return
  fi
  [[ $(uname -sm) == 'Linux x86_64' ]] \
    || fail "the NuGet source lacks Microsoft.ML.OnnxRuntime, and the npm package that stands in runs on Linux x86-64 only"
  command -v npm > /dev/null \
    || fail "the NuGet source lacks Microsoft.ML.OnnxRuntime, and npm, which has a stand-in, is missing; install Node.js with npm"
  say "ONNX Runtime: the NuGet source lacks Microsoft.ML.OnnxRuntime $(pinned_version Microsoft.ML.OnnxRuntime); installing its sources and native library from npm"
  (cd "$onnxruntime_folder" && npm ci --ignore-scripts --no-progress --loglevel=error > /dev/null) \
    || fail "npm ci failed in $onnxruntime_folder (its reason is above)"
}

# TorchSharp's native library is built with GCC 13: a system whose C++ library is older cannot load it.
torch_loads() {
  [[ $(uname -sm) == 'Linux x86_64' ]] || return 0
  local library
  library=$(ldconfig -p | sed -n 's/.*libstdc++\.so\.6 (libc6,x86-64).* => //p' | head -n 1)
  [[ -n $library ]] && grep -q "$torch_cxx" "$library"
}

setup_torch() {
  local reason="the NuGet source lacks TorchSharp-cpu $(pinned_version TorchSharp-cpu)"
  if [[ ! -f $torch_header ]] && nuget_offers TorchSharp-cpu; then
    if torch_loads; then
      say "TorchSharp comes from NuGet"
      return
    fi
    reason="TorchSharp-cpu $(pinned_version TorchSharp-cpu) needs a libstdc++ with $torch_cxx"
  fi
  apt_install "training: $reason, so the system's libtorch stands in" "${torch_packages[@]}" || exit 1
  say "libtorch from the system is there"
}

# Tests whose program is missing are skipped and say so: no reason to stop.
setup_tests() {
  local package
  for package in "${test_packages[@]}"; do
    apt_install "tests" "$package" || say "the tests that need $package will be skipped"
  done
}

setup_bench() {
  apt_install "benchmarks" "${bench_packages[@]}" || exit 1
  [[ ! -d $reference_folder/node_modules ]] || return 0
  command -v npm > /dev/null || fail "npm, which installs what the service is compared with, is missing; install Node.js 20 or later with npm"
  say "benchmarks: installing the reference in Node.js from npm"
  # ONNX Runtime's package holds its library for the processor; its install script would only fetch those for graphics cards.
  (cd "$reference_folder" && npm ci --ignore-scripts --no-progress --no-audit --no-fund --loglevel=error > /dev/null) \
    || fail "npm ci failed in $reference_folder (its reason is above)"
}

check_dotnet
setup_onnxruntime
setup_torch
[[ $with_tests == no ]] || setup_tests
[[ $with_bench == no ]] || setup_bench
[[ $with_loop == no ]] || apt_install "the closed loop" redis-server || exit 1
say "done"
