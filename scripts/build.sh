#!/bin/sh
# Builds everything that runs: the agent with its kernel programs, the sample targets, the bundles.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh build
cmake -S . -B build/release -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
  --log-level=WARNING >/dev/null
cmake --build build/release -- --quiet
mkdir -p dist/agent
# Installed by rename: a running agent keeps its file, and nobody sees a half-written one.
cp build/release/agent/leaklens-agent dist/agent/leaklens-agent.new
mv dist/agent/leaklens-agent.new dist/agent/leaklens-agent
node scripts/bundle.mjs
