#!/usr/bin/env bash
# Installs the suite from the action's own checkout, into an environment that the worker does not see.
# Takes DISPATCH_PYTHON, GITHUB_ACTION_PATH and RUNNER_TEMP.
set -euo pipefail

home=$RUNNER_TEMP/dispatch-conformance
"$DISPATCH_PYTHON" -m venv "$home"
"$home/bin/python" -m pip install --quiet --disable-pip-version-check "$GITHUB_ACTION_PATH"
