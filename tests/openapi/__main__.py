"""Schemathesis against the running coordinator: `python -m tests.openapi [--seconds N] [--seed N]`.

Every operation of `/openapi.json` is tried with requests that fit it and requests that do not. Two are left
out: the event stream, which has no end, and putting faults to work, after which the server errs on purpose;
the tests in `tests/mockcoord/control` try those. Needs the command `schemathesis` (the extra `openapi`).
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

CONFIGURATION: Final = Path(__file__).with_name("schemathesis.toml")


def main() -> int:
    """Run it; the exit code is that of schemathesis: 0 where it finds nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.openapi", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--command", default=shutil.which("schemathesis"), help="where schemathesis is")
    options = parser.parse_args()
    if options.command is None:
        print("schemathesis is not installed: pip install '.[openapi]'", file=sys.stderr)
        return 2
    serving = [
        sys.executable,
        "-m",
        "dispatch_mockcoord",
        "--port",
        "0",
        "--ready-json",
        "--claim-failures",
        "0",
    ]
    with subprocess.Popen(serving, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = json.loads(server.stdout.readline())["url"]
            return subprocess.run(trying(options, url), check=False).returncode
        finally:
            server.terminate()


def trying(options: argparse.Namespace, url: str) -> list[str]:
    """The command that tries this server."""
    return [
        options.command,
        f"--config-file={CONFIGURATION}",
        "run",
        f"{url}/openapi.json",
        "--checks=all",
        f"--seed={options.seed}",
        f"--max-time={options.seconds}",
        "--continue-on-failure",
        "--request-timeout=20",
        "--exclude-path=/_mock/events",
        "--warnings=off",
    ]


if __name__ == "__main__":
    sys.exit(main())
