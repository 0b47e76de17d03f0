#!/bin/sh
# Sets everything up and runs every test: linters, the agent's tests with sanitizers, fuzzers, the
# TypeScript tests, captures of real programs, a real browser, and a real VS Code. Nothing is skipped
# for want of a package or a right: it is installed, or the run fails.
#   scripts/test.sh [PHASE...]   check agent fuzz unit system browser editor (default: all)
# The log of each phase is kept in artifacts/test/. The last line counts all tests.
set -eu
cd "$(dirname "$0")/.."
phases="${*:-check agent fuzz unit system browser editor}"

if [ "$(id -u)" = 0 ]; then
  as_root=""
elif sudo -n true 2>/dev/null; then
  as_root="sudo -n env PATH=$PATH CI=${CI:-}"
else
  echo "test: capturing real programs needs root: run as root, or let sudo work without a password" >&2
  exit 1
fi

logs=artifacts/test
mkdir -p "$logs"
rm -f "$logs"/*.log
passed=0
failed=0

# Adds up what the runners say of themselves: node's test runner, and doctest.
count_tests() {
  awk '
    { gsub(/\033\[[0-9;]*m/, "") }
    /^(#|ℹ) pass [0-9]+$/ { passed += $3 }
    /^(#|ℹ) (fail|cancelled|skipped|todo) [0-9]+$/ { failed += $3 }
    /^\[doctest\] test cases:/ { split($0, part, "|"); passed += part[2]; failed += part[3] + part[4] }
    END { print passed + 0, failed + 0 }' "$1"
}

# phase NAME COMMAND...: a phase that ends with an error counts as one failure at least.
phase() {
  name="$1"
  shift
  case " $phases " in *" $name "*) ;; *) return 0 ;; esac
  echo "== $name"
  began=$(date +%s)
  status=0
  { "$@" 2>&1 || echo "phase-failed"; } | tee "$logs/$name.log" || status=1
  set -- $(count_tests "$logs/$name.log")
  if tail -n 1 "$logs/$name.log" | grep -q '^phase-failed$' && [ "$2" = 0 ]; then set -- "$1" 1; fi
  passed=$((passed + $1))
  failed=$((failed + $2 + status))
  echo "== $name: $1 passed, $2 failed, $(($(date +%s) - began)) s"
}

run_check() {
  sh scripts/check.sh && echo "# pass 1"
}

run_agent_tests() {
  $as_root build/sanitized/agent/agent_tests
}

# A fixed seed and a bounded number of inputs: each run does the same.
run_fuzzers() {
  for fuzzer in build/sanitized/agent/*_fuzz; do
    echo "fuzzing $(basename "$fuzzer")"
    "$fuzzer" -seed=1 -runs=20000 -max_total_time=20 -max_len=65536 -timeout=10 \
      -artifact_prefix="$logs/" -verbosity=0 -print_final_stats=0 || return 1
    echo "# pass 1"
  done
}

run_unit_tests() {
  find protocol extension webview -name '*.test.ts' -print0 |
    xargs -0 node --import tsx --test --test-concurrency=2
}

# Two at a time: each drives programs that run in real time.
run_system_tests() {
  $as_root node --import tsx --test --test-concurrency=2 test/*.test.ts
}

run_browser_tests() {
  node --import tsx --test test/webview/*.test.ts
}

run_editor_tests() {
  $as_root sh scripts/test-vscode.sh
}

sh scripts/setup.sh test
sh scripts/build.sh
case " $phases " in
  *" agent "* | *" fuzz "* | *" system "*)
    cmake -S . -B build/sanitized -G Ninja -DLEAKLENS_TESTS=ON -DCMAKE_C_COMPILER=clang \
      -DCMAKE_CXX_COMPILER=clang++ --log-level=WARNING >/dev/null
    cmake --build build/sanitized -- --quiet
    ;;
esac
phase check run_check
phase agent run_agent_tests
phase fuzz run_fuzzers
phase unit run_unit_tests
phase system run_system_tests
phase browser run_browser_tests
phase editor run_editor_tests

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
