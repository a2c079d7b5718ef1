"""Holds the templates, as SAM transforms them, to what cfn-lint does not look at."""

import copy
import sys
from pathlib import Path

from allowed import OPEN_ROUTES
from mutations import MUTATIONS
from rules import RULES
from transform import read, transformed


def main() -> int:
    failures = []
    for name, routes in OPEN_ROUTES.items():
        template = transformed(read(Path(name)))
        for rule in RULES:
            failures += [f"{name}: {rule.__name__}: {sentence}" for sentence in rule(template, routes)]
    tried = sum(map(len, MUTATIONS.values()))
    failures += unnoticed("template.yaml")
    for sentence in failures:
        print(f"FAILED  {sentence}")
    print(f"{len(RULES)} rules on {len(OPEN_ROUTES)} templates, {tried} changes tried, {len(failures)} failures")
    return int(bool(failures))


def unnoticed(name: str) -> list[str]:
    """One sentence for each rule that no change is tried of, and for each change that its rule does not notice."""
    source = read(Path(name))
    failures = [f"nothing shows that {rule.__name__} can fail" for rule in RULES if not MUTATIONS.get(rule)]
    for rule, changes in MUTATIONS.items():
        for change in changes:
            template = copy.deepcopy(source)
            change(template)
            noticed = list(rule(transformed(template), OPEN_ROUTES[name]))
            if not noticed:
                failures.append(f"{rule.__name__} does not notice the change {change.__name__}")
    return failures


if __name__ == "__main__":
    sys.exit(main())
