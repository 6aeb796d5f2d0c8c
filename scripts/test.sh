#!/bin/bash
# Every check of this project, one after the other; none is left out because another one failed.
# Ends with one line, "N passed, N failed". Build, typecheck, lint and format count as one each,
# and so does every test of mocha, on each daemon that it runs on; a skipped test counts as failed.
set -u
cd "$(dirname "$0")/.." || exit 1

passed=0
failed=0
failures=()
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

count() {
  passed=$((passed + $1))
  failed=$((failed + $2))
  [ "$2" -eq 0 ] || failures+=("$3")
}

# check NAME COMMAND...: one check, passed when the command succeeds
check() {
  local name=$1
  shift
  printf '\n== %s\n' "$name"
  if "$@"; then count 1 0 "$name"; else count 0 1 "$name"; fi
}

# prepare NAME COMMAND...: no check of the project, but a failure is one
prepare() {
  local name=$1
  shift
  printf '\n== %s\n' "$name"
  "$@" && return
  count 0 1 "$name"
  return 1
}

# tests NAME MOCHA-ARGUMENT...
tests() {
  local name=$1 status counts
  shift
  printf '\n== %s\n' "$name"
  rm -f "$work/counts"
  COUNT_FILE=$work/counts npx --no-install mocha --reporter scripts/count-reporter.cjs "$@"
  status=$?
  # No tests, a run that died, or an error outside any test: a failure that no count shows.
  counts=$(node -e '
    const [file, status] = process.argv.slice(1);
    let run = { passes: 0, failures: 0, pending: 0, done: false };
    try { run = JSON.parse(require("node:fs").readFileSync(file, "utf8")); } catch {}
    let bad = run.failures + run.pending;
    if (!run.done || run.passes + bad === 0 || (status !== "0" && bad === 0)) bad += 1;
    console.log(run.passes, bad);
  ' "$work/counts" "$status") || counts='0 1'
  # shellcheck disable=SC2086 # two numbers
  count $counts "$name"
}

prepare 'test engine' sh scripts/ensure-engine.sh
[ -d node_modules ] || prepare 'npm ci' npm ci
check build npm run --silent build
check typecheck npm run --silent typecheck
check lint npm run --silent lint
check format npm run --silent format:check
tests 'unit and property tests' --parallel --jobs 2
second=
prepare 'dockerd 26.1' scripts/newer-docker.sh 26.1 && second=$(scripts/newer-docker.sh 26.1)
tests 'end-to-end tests' --config .mocharc.e2e.json 'test/e2e/**/*.test.ts'
# Without the second daemon its tests are not run on the first again: one failure has said it all.
if [ -n "$second" ]; then
  mapfile -t files < <(grep -v '^#' test/e2e/every-daemon.txt)
  E2E_DOCKERD=$second tests 'end-to-end tests on dockerd 26.1' --config .mocharc.e2e.json "${files[@]}"
fi

printf '\n'
for name in "${failures[@]}"; do echo "failed: $name"; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
