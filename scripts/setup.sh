#!/bin/sh
# Installs the system packages that building and testing need, from Debian or Ubuntu, and the
# project's own npm packages. Idempotent, and quick when there is nothing to do.
#   scripts/setup.sh [build|test|bench]   what for (default: build)
set -eu
cd "$(dirname "$0")/.."
purpose="${1:-build}"

build_packages="clang llvm libbpf-dev libelf-dev libdw-dev zlib1g-dev liblzma-dev libbz2-dev
  libzstd-dev nlohmann-json3-dev cmake ninja-build g++ libc6-dev"
test_packages="doctest-dev clang-format clang-tidy binutils file libjemalloc2 libtcmalloc-minimal4
  libmimalloc-dev musl chromium fonts-dejavu-core libkrb5-dev pkg-config python3"

case "$purpose" in
  build) wanted="$build_packages" ;;
  test) wanted="$build_packages $test_packages" ;;
  bench) wanted="$build_packages $bench_packages" ;;
  *) echo "setup: unknown purpose '$purpose': say build, test or bench" >&2; exit 2 ;;
esac

missing=""
for package in $wanted; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
  if ! command -v apt-get >/dev/null; then
    echo "setup: missing packages and no apt-get to install them:$missing" >&2
    exit 1
  fi
  as_root=""
  if [ "$(id -u)" != 0 ]; then as_root="sudo"; fi
  echo "setup: installing from the distribution:$missing"
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

if [ "$purpose" = test ]; then
  # The sanitizers' runtime is named after the compiler's version.
  major="$(clang -dumpversion | cut -d. -f1)"
  if ! ls /usr/lib/llvm-"$major"/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a >/dev/null 2>&1; then
    echo "setup: installing from the distribution: libclang-rt-$major-dev"
    as_root=""
    if [ "$(id -u)" != 0 ]; then as_root="sudo"; fi
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      "libclang-rt-$major-dev" >/dev/null
  fi
fi

if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "setup: installing npm packages"
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi
