"""A deployment that changes a parameter publishes a new version of each function that reads it."""

import json
import subprocess
import unittest
from collections.abc import Iterator
from pathlib import Path

import graph
from transform import read, transformed

TEMPLATE = Path("template.yaml")
FUNCTION = "AWS::Serverless::Function"
REQUIRED = {"PublicUrl": "https://tokens.example.com"}


def revision(parameters: dict[str, str]) -> str:
    """The revision that docs/operate.sh computes."""
    values = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    script = 'FUNCTIONS_ONLY=1; . docs/operate.sh && revision "$(< "$1")" "$2"'
    command = ["bash", "-c", script, "bash", str(TEMPLATE), json.dumps(values)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def versions(template: dict, parameters: dict[str, str]) -> dict[str, str]:
    """The logical id of the version of each function, in the template that SAM has transformed."""
    resources = transformed(template, parameters)["Resources"]
    return {
        version["Properties"]["FunctionName"]["Ref"]: name
        for name, version in resources.items()
        if version["Type"] == "AWS::Lambda::Version"
    }


def readers(template: dict, parameter: str) -> set[str]:
    """The functions whose properties refer to the parameter, directly or in a condition."""
    conditions = {name for name, value in template["Conditions"].items() if parameter in graph.references(value)}
    shared = template["Globals"]["Function"]
    return {
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == FUNCTION
        and (
            parameter in graph.references([resource["Properties"], shared])
            or conditions & set(used_conditions([resource["Properties"], shared]))
        )
    }


def used_conditions(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for member in value:
            yield from used_conditions(member)
    elif isinstance(value, dict):
        for key, member in value.items():
            if key == "Fn::If":
                yield member[0]
            yield from used_conditions(member)


class Versions(unittest.TestCase):
    def test_changed_parameter_publishes_the_functions_that_read_it(self) -> None:
        template = read(TEMPLATE)
        names = {name for name, resource in template["Resources"].items() if resource["Type"] == FUNCTION}
        before = versions(template, REQUIRED | {"Revision": revision(REQUIRED)})
        self.assertEqual(before.keys(), names)
        unread = set()
        for parameter in template["Parameters"].keys() - {"Revision"}:
            with self.subTest(parameter=parameter):
                changed = REQUIRED | {parameter: "other"}
                after = versions(template, changed | {"Revision": revision(changed)})
                reading = readers(template, parameter)
                unread |= set() if reading else {parameter}
                self.assertEqual([name for name in sorted(reading) if after[name] == before[name]], [])
        # The test reads the template: these are read by functions, and this one is not.
        self.assertEqual(unread & {"PublicUrl", "RouteRules", "IdentityProviders", "AdditionalAccessKeyArns", "TokenAudience"}, set())
        self.assertIn("WebAclArn", unread)

    def test_changed_parameter_without_a_revision_publishes_nothing(self) -> None:
        """The reason for the parameter `Revision`."""
        template = read(TEMPLATE)
        changed = REQUIRED | {"RouteRules": '{"GET /orders": {"any_caller": true}}'}
        self.assertEqual(versions(template, REQUIRED), versions(template, changed))

    def test_same_revision_publishes_nothing(self) -> None:
        template = read(TEMPLATE)
        self.assertEqual(
            versions(template, REQUIRED | {"Revision": revision(REQUIRED)}),
            versions(template, dict(reversed(REQUIRED.items())) | {"Revision": revision(REQUIRED | {"Revision": "0123456789"})}),
        )


if __name__ == "__main__":
    unittest.main()
