#!/usr/bin/env bash
# Runs the suite as the action's inputs say, adds its summary to the step's, and sets the action's outputs.
# Takes the inputs as DISPATCH_…, and RUNNER_TEMP, GITHUB_STEP_SUMMARY and GITHUB_OUTPUT. Ends with 0 whatever
# the suite says, so that the report is kept before the exit code, an output, concludes.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
home=$RUNNER_TEMP/dispatch-conformance

arguments=("--worker=$DISPATCH_WORKER" "--level=$DISPATCH_LEVEL" "--profile=$DISPATCH_PROFILE")
arguments+=("--repeat-failures=$DISPATCH_REPEAT_FAILURES" "--timeout-scale=$DISPATCH_TIMEOUT_SCALE")
arguments+=("--out=$DISPATCH_OUT")
if [ -n "$DISPATCH_BASELINE" ]; then arguments+=("--baseline=$DISPATCH_BASELINE"); fi
if [ -n "$DISPATCH_SEED" ]; then arguments+=("--seed=$DISPATCH_SEED"); fi

# the report of an earlier run is not this one's; an empty name is misuse, and must not mean the root
report=${DISPATCH_OUT:-/dev/null}
rm -f -- "$report"/{results.json,report.html,report.sarif,junit.xml,summary.md}

# what a worker prints must not be taken for a command to the runner
token=$("$home/bin/python" -I -c 'import secrets; print(secrets.token_hex(16))')
code=0
echo "::stop-commands::$token"
"$home/bin/dispatch-conformance" run "${arguments[@]}" 2>&1 || code=$?
echo "::$token::"

if [ -f "$report/summary.md" ]; then
  cat -- "$report/summary.md" >> "$GITHUB_STEP_SUMMARY"
else
  echo "The conformance suite gave no report: exit code $code. Its log says why." >> "$GITHUB_STEP_SUMMARY"
fi
"$home/bin/python" -I "$here/outputs.py" "$report" "$code" >> "$GITHUB_OUTPUT"
