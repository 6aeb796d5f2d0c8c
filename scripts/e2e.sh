#!/bin/bash
# The end-to-end tests, on this machine's dockerd or on a newer one:
#
#   npm run e2e -- [--daemon 26.1|28.5] [--matrix] [FILE | MOCHA-ARGUMENT...]
#
# All of them, those that test/e2e/every-daemon.txt lists (--matrix), or the test files named.
# What they need is installed or fetched first (as root). Other arguments are mocha's: `--grep undo`.
set -eu
cd "$(dirname "$0")/.."

files=()
arguments=()
while [ $# -gt 0 ]; do
  case $1 in
  --daemon)
    E2E_DOCKERD=$(scripts/newer-docker.sh "${2:?--daemon needs a version}")
    export E2E_DOCKERD
    shift
    ;;
  --matrix) mapfile -t files < <(grep -v '^#' test/e2e/every-daemon.txt) ;;
  *.test.ts) files+=("$1") ;;
  *) arguments+=("$1") ;;
  esac
  shift
done
[ ${#files[@]} -gt 0 ] || files=('test/e2e/**/*.test.ts')

scripts/ensure-engine.sh
npm run --silent build
exec npx --no-install mocha --config .mocharc.e2e.json "${arguments[@]}" "${files[@]}"
