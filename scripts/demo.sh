#!/bin/sh
# The main job on real input: builds everything, starts a C++ program that leaks, traces it with eBPF
# for some seconds, and prints the line that leaks with its call stack.
#   scripts/demo.sh [TARGET [DURATION]]    a program of targets/ (default: error_path_leak, 15s)
set -eu
cd "$(dirname "$0")/.."
name="${1:-error_path_leak}"
duration="${2:-15s}"

echo "demo: building (the first time takes a few minutes)"
sh scripts/build.sh
program="build/release/targets/$name"
if [ ! -x "$program" ]; then
  echo "demo: there is no program targets/$name" >&2
  exit 2
fi

echo "demo: starting $program, which runs as on any machine: no preload, no special build"
"$program" >/dev/null &
target=$!
trap 'kill "$target" 2>/dev/null && wait "$target" || true' EXIT
trap 'exit 130' INT TERM

node dist/cli.js capture --pid "$target" --duration "$duration"

echo
echo "demo: for comparison, what the sources mark as leaking:"
grep -Hn '// LEAK' targets/"$name".c* | sed 's/: */: /2' || echo "nothing"
