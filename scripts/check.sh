#!/bin/sh
# Formatters and linters, one of each per language; the same here and in CI.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh test
npx tsc -p .
# What runs in a browser has a browser's types.
npx tsc -p webview
npx tsc -p test/webview
npx eslint .
npx prettier --check . --log-level warn
find agent bpf targets -name '*.cpp' -o -name '*.h' -o -name '*.c' | xargs clang-format --dry-run -Werror
cmake -S . -B build/release -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
  --log-level=WARNING >/dev/null
find agent -name '*.cpp' -not -path '*/tests/*' -not -path '*/fuzz/*' -print0 |
  xargs -0 -P "$(nproc)" -n 4 clang-tidy -p build/release --quiet 2>/dev/null
echo "check: all clean"
