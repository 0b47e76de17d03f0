#!/bin/sh
# Everything that has to hold, from a fresh clone on: formatters and linters, the agent's tests and
# fuzzers with sanitizers, the TypeScript tests, and the end-to-end tests with real eBPF. The editor has
# tests of its own (scripts/test-vscode.sh). The last line is the sum of all. Tracing needs root: run it as root, or where
# `sudo -n` works.
set -eu
cd "$(dirname "$0")/.."

root=""
if [ "$(id -u)" != 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    echo "test: the end-to-end tests trace real processes, which needs root: run this as root, or" >&2
    echo "test: run 'sudo -v' first so that 'sudo -n' works." >&2
    exit 1
  fi
  root="sudo -n env PATH=$PATH CI=${CI:-}"
fi

passed=0
failed=0
logs="$PWD/build/test-logs"
mkdir -p "$logs"

# count PASSED FAILED: adds to the sum; a runner that says nothing has failed.
count() {
  passed=$((passed + ${1:-0}))
  failed=$((failed + ${2:-1}))
}

stage() { printf '\n== %s (%s s)\n' "$1" "$(($(date +%s) - began))"; }
began="$(date +%s)"
# Inputs for each fuzzer; the slow ones end after 20 s.
FUZZ_RUNS=40000

# run NAME COMMAND...: one command that passes or fails as a whole.
run() {
  name="$1"
  shift
  if "$@"; then
    count 1 0
  else
    echo "FAILED: $name"
    count 0 1
  fi
}

# node_tests NAME COMMAND...: a run of node's test runner. What it skips counts as failed.
node_tests() {
  log="$logs/$1.txt"
  shift
  "$@" 2>&1 | tee "$log"
  count "$(sed -nE 's/^(#|ℹ) pass //p' "$log")" \
    "$(awk '/^(#|ℹ) (fail|cancelled|skipped) /{n += $3; seen = 1} END {if (seen) print n}' "$log")"
}

finish() {
  echo
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}

stage "build"
sh scripts/setup.sh test
if ! sh scripts/build.sh; then
  count 0 1
  finish
  exit 1
fi

stage "formatters and linters"
run check sh scripts/check.sh

stage "the agent's tests, with sanitizers"
# Without a build type: the sanitizers' own options say how much is optimised.
cmake -S . -B build/sanitized -G Ninja -DLEAKLENS_TESTS=ON -DCMAKE_BUILD_TYPE=None \
  -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ --log-level=WARNING >/dev/null
if cmake --build build/sanitized -- --quiet; then
  $root build/sanitized/agent/agent_tests --no-colors >"$logs/agent_tests.txt" 2>&1 || true
  cat "$logs/agent_tests.txt"
  summary="$(sed -n 's/^\[doctest\] test cases: *//p' "$logs/agent_tests.txt" | tr -d ' ')"
  # "12|11passed|1failed|0skipped"; a crash prints no such line.
  count "$(echo "$summary" | sed -n 's/.*|\([0-9]*\)passed.*/\1/p')" \
    "$(echo "$summary" | sed -n 's/.*|\([0-9]*\)failed.*/\1/p')"

  stage "fuzzers"
  # Each time the same inputs, so that a run is as long as the one before and a failure comes again.
  rm -rf build/fuzz
  mkdir -p build/fuzz artifacts
  for script in agent/fuzz/make_*_corpus.sh; do sh "$script" build/fuzz; done
  for source in agent/fuzz/*_fuzz.cpp; do
    name="$(basename "$source" .cpp)"
    corpus="build/fuzz/${name%_fuzz}"
    mkdir -p "$corpus"
    run "$name" "build/sanitized/agent/$name" -seed=1 -runs="$FUZZ_RUNS" -max_total_time=20 -timeout=30 \
      -rss_limit_mb=2048 -verbosity=0 -print_final_stats=0 -artifact_prefix="artifacts/$name-" "$corpus"
  done
else
  count 0 1
fi

stage "TypeScript tests"
unit_tests="$(find protocol extension webview -name '*.test.ts')"
# shellcheck disable=SC2086
node_tests unit node --import tsx --test --test-reporter=spec --test-timeout=120000 $unit_tests

stage "end-to-end tests"
# One file after another: within a file as much runs at once as two cores carry.
# shellcheck disable=SC2086
node_tests end-to-end $root node --import tsx --test --test-reporter=spec --test-concurrency=1 \
  --test-timeout=240000 \
  test/*.test.ts

finish
