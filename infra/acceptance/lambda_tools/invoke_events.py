"""Invokes each event file of events/ with cargo-lambda and SAM, and compares the outcomes with events/expected.json.

The variants of the event files are covered by `cargo test --test e2e events`.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import routes
from cargo_lambda import CargoLambda
from local_stack import OUTPUT, LocalStack
from sam_local import SamLocal, environments

EVENTS = Path("events")


def check(name: str, tool: CargoLambda | SamLocal, expected: list[dict]) -> int:
    """Sends all event files in the order of the list. Returns the number of unexpected outcomes."""
    started = time.monotonic()
    failures = 0
    for item in expected:
        event = item["event"]
        function = event.split("/")[0]
        try:
            difference = tool.invoke(function, EVENTS / f"{event}.json").difference(item)
        except Exception as error:
            difference = f"{type(error).__name__}: {error}"
        if difference:
            failures += 1
            print(f"FAILED  {name}, {event}: {difference}", flush=True)
    seconds = time.monotonic() - started
    print(f"{name}: {len(expected) - failures} of {len(expected)} events, {seconds:.0f} s", flush=True)
    return failures


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    # SAM copies the credentials of the shell into the environment of the functions.
    os.environ |= {"AWS_ACCESS_KEY_ID": "unused", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
    expected = json.loads((EVENTS / "expected.json").read_text())
    environment = environments()
    route_differences = routes.differences()
    for difference in route_differences:
        print(f"FAILED  cargo lambda watch, routes: {difference}", flush=True)
    failures = len(route_differences)
    folder = OUTPUT / "lambda_tools"
    folder.mkdir(parents=True, exist_ok=True)
    # Each tool has a stack of its own, because a revoked token stays revoked.
    for name, tool in {"cargo lambda watch": CargoLambda, "sam local invoke": SamLocal}.items():
        with LocalStack() as stack, tool(folder, stack, environment) as running:
            failures += check(name, running, expected)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
