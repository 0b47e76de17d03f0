#!/bin/sh
# Runs the benchmarks and prints their tables. They trace real processes beside other tracers, so they
# need root, and a machine that does nothing else.
#   scripts/bench.sh [NAME...]   files of bench/ without .ts (default: all)
set -eu
cd "$(dirname "$0")/.."

root=""
if [ "$(id -u)" != 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    echo "bench: tracing needs root: run this as root, or run 'sudo -v' first" >&2
    exit 1
  fi
  root="sudo -n env PATH=$PATH"
fi
if [ $# = 0 ]; then set -- pair-cost peers agent-load first-sample stacks-complete analysis-speed verdicts; fi

sh scripts/setup.sh bench
sh scripts/build.sh
for name in "$@"; do
  if [ ! -f "bench/$name.ts" ]; then
    echo "bench: there is no bench/$name.ts" >&2
    exit 2
  fi
  printf '\n== %s\n' "$name"
  $root node --expose-gc --import tsx "bench/$name.ts"
done
