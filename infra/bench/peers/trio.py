"""One function in three languages, asked the same."""

import json
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from played import Function
from stack import Stack

OURS = "ours"


def commands(stack: Stack, folder: Path, function: str) -> dict[str, list[str]]:
    """How each of the three is run."""
    return {
        OURS: [stack.local["functions"][function]],
        "Node.js": ["node", str(folder / "dist" / f"{function}.mjs")],
        "Python": [sys.executable, str(folder / "app" / f"{function.replace('-', '_')}.py")],
    }


class Trio:
    """The three functions of one name, as long as the context lasts."""

    def __init__(self, stack: Stack, folder: Path, function: str, **more: str) -> None:
        environment = stack.environment(function) | more
        self.functions = {
            name: Function(function, command, environment, folder / f"{function}-{name}.log")
            for name, command in commands(stack, folder, function).items()
        }
        self.title, self.wrong, self.outcomes = f"{function} {more or ''}".strip(), 0, Counter()

    def __enter__(self) -> "Trio":
        with ExitStack() as begun:
            for function in self.functions.values():
                begun.enter_context(function)
            self.running = begun.pop_all()
        started = {name: sorted(map(call, function.calls())) for name, function in self.functions.items()}
        # Ours opens a connection to DynamoDB as well, by a read of a row that is nobody's.
        ahead = [one for one in started[OURS] if '"WARM"' in one]
        self.compare("the reads at the start, of ours", {OURS: len(ahead), "one": 1})
        started[OURS] = [one for one in started[OURS] if one not in ahead]
        self.compare("the calls at the start", started)
        return self

    def compare(self, case: str, said: dict[str, object]) -> None:
        """Tells where a peer says another thing than ours."""
        for name, answer in said.items():
            if answer != said[OURS]:
                self.wrong += 1
                print(f"FAILED  {self.title}, {case}\n  {OURS}: {said[OURS]}\n  {name}: {answer}", flush=True)

    def had(self, *outcomes: str | int) -> None:
        """Counts it as wrong where the cases had other outcomes than these: a stack that fails has all agree."""
        self.compare("the outcomes", {OURS: set(outcomes), "the cases": set(self.outcomes)})

    def __exit__(self, *_: object) -> None:
        self.running.close()
        print(f"{self.title}: {dict(self.outcomes)}, {self.wrong} differences", flush=True)


def call(called: tuple[str, dict]) -> str:
    """A call without what is another one each time."""
    operation, body = called
    if operation == "BatchGetItem":
        for table in body["RequestItems"].values():
            table["Keys"].sort(key=lambda key: (key["pk"]["S"], key["sk"]["S"]))
    elif operation == "PutItem":
        body["Item"] = {name: sorted(value) for name, value in body["Item"].items()}
    elif operation == "UpdateItem":
        body["ConditionExpression"] = " ".join(body["ConditionExpression"].split())
        del body["Key"]
    elif operation == "Sign":
        body["Message"] = len(body["Message"])
    return f"{operation} {json.dumps(body, sort_keys=True)}"
