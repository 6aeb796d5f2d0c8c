#!/bin/sh
# The README's first command: everything that the demo needs, then the demo.
set -eu
cd "$(dirname "$0")/.."
[ -d node_modules ] || npm ci --no-audit --no-fund
exec node --import=tsx scripts/demo.ts
