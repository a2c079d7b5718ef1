"""Checks the templates, as transformed by SAM, against rules that cfn-lint does not have."""

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
    failures += undetected_mutations("template.yaml")
    for sentence in failures:
        print(f"FAILED  {sentence}")
    mutations = sum(map(len, MUTATIONS.values()))
    print(f"{len(RULES)} rules, {len(OPEN_ROUTES)} templates, {mutations} mutations, {len(failures)} failures")
    return int(bool(failures))


def undetected_mutations(name: str) -> list[str]:
    """One sentence for each rule without a mutation, and for each mutation that its rule does not detect."""
    source = read(Path(name))
    failures = [f"{rule.__name__} has no mutation" for rule in RULES if not MUTATIONS.get(rule)]
    for rule, mutations in MUTATIONS.items():
        for mutation in mutations:
            template = copy.deepcopy(source)
            mutation(template)
            if not list(rule(transformed(template), OPEN_ROUTES[name])):
                failures.append(f"{rule.__name__} does not detect the mutation {mutation.__name__}")
    return failures


if __name__ == "__main__":
    sys.exit(main())
