#!/bin/bash
# The end-to-end tests, on this machine's dockerd or on a newer one:
#
#   npm run e2e -- [--daemon 26.1|28.5] [MOCHA-ARGUMENT...]
#
# What it needs is installed or fetched first (as root). Further arguments are mocha's: test files,
# or `--grep undo`.
set -eu
cd "$(dirname "$0")/.."

if [ "${1:-}" = --daemon ]; then
  E2E_DOCKERD=$(scripts/newer-docker.sh "${2:?--daemon needs a version}")
  export E2E_DOCKERD
  shift 2
fi
scripts/ensure-engine.sh
npm run --silent build
exec npx --no-install mocha --config .mocharc.e2e.json "$@"
