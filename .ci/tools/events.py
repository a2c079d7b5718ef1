"""Each of events/ gives what events/expected.json says of it, by the tools that people use on a function."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import routes
from cargo_lambda import Watch
from local_stack import Local
from sam_local import Sam, environments

EVENTS = Path("events")


def check(name: str, tool: Watch | Sam, expected: list[dict]) -> int:
    """Sends all events, in the order of the list, and gives how many were not answered as they should be."""
    begun, wrong = time.monotonic(), 0
    for item in expected:
        try:
            difference = tool.send(item["function"], EVENTS / f"{item['event']}.json").differs(item)
        except Exception as error:
            difference = f"{type(error).__name__}: {error}"
        if difference:
            wrong += 1
            print(f"FAILED  {name}, {item['event']}: {difference}", flush=True)
    print(f"{name}: {len(expected) - wrong} of {len(expected)} events, {time.monotonic() - begun:.0f} s", flush=True)
    return wrong


def main(tools: Path) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    # SAM asks who runs it; nobody that AWS would know.
    os.environ |= {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
    expected = json.loads((EVENTS / "expected.json").read_text())
    environment = environments()
    misrouted = routes.differences()
    for sentence in misrouted:
        print(f"FAILED  cargo lambda watch, routes: {sentence}", flush=True)
    wrong = len(misrouted)
    # A stack for each, since a token that is revoked stays so.
    for name, tool in {"cargo lambda watch": Watch, "sam local invoke": Sam}.items():
        with Local(tools) as local, tool(tools, local, environment) as asked:
            wrong += check(name, asked, expected)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
