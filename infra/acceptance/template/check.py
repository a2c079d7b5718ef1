"""Checks the templates, as transformed by SAM, against rules that cfn-lint does not have."""

import copy
import sys
from pathlib import Path
from unittest import mock

from allowed import OPEN_ROUTES
from authorizers import authorizer_differences, undetected_differences
from mutations import MUTATIONS
from rules import RULES, of_types
from transform import read, transformed

DEPLOYMENTS = ("AWS::ApiGateway::Deployment",)


def main() -> int:
    failures = []
    for name, routes in OPEN_ROUTES.items():
        template = transformed(read(Path(name)))
        for rule in RULES:
            failures += [f"{name}: {rule.__name__}: {sentence}" for sentence in rule(template, routes)]
        failures += [f"{name}: {sentence}" for sentence in unchanged_deployments(Path(name))]
    failures += authorizer_differences(read(Path("infra/authorizer/template.yaml")))
    failures += undetected_mutations("template.yaml")
    failures += undetected_differences()
    for sentence in failures:
        print(f"FAILED  {sentence}")
    mutations = sum(map(len, MUTATIONS.values()))
    print(f"{len(RULES)} rules, {len(OPEN_ROUTES)} templates, {mutations} mutations, {len(failures)} failures")
    return int(bool(failures))


def unchanged_deployments(file: Path) -> list[str]:
    """REST APIs whose stage does not get a new deployment in each deployment of the stack, so that no changed parameter reaches it."""
    first, second = ({name for name, _ in of_types(transformed_at(file, second), DEPLOYMENTS)} for second in (1, 2))
    return [f"{name} is deployed only if the text of the template changes" for name in sorted(first & second)]


def transformed_at(file: Path, second: int) -> dict:
    """The template as SAM transforms it at this time, with which AlwaysDeploy identifies a deployment."""
    with mock.patch("time.time", return_value=second):
        return transformed(read(file))


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
