#!/bin/sh
# The editor's end-to-end tests: the package that `npm run build` and scripts/package.mjs make, in a
# real VS Code in a real browser, against real programs and the real agent. Needs root.
#   scripts/test-vscode.sh [TEST FILES...]
set -eu
cd "$(dirname "$0")/.."
sh test/vscode/setup.sh
node scripts/package.mjs --output build/leaklens.vsix
mkdir -p artifacts
if [ $# = 0 ]; then set -- test/vscode/*.test.ts; fi
# One file after another: each has a VS Code of its own, which is enough for two cores.
exec node --import tsx --test --test-concurrency=1 "$@"
