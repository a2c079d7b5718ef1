"""A deployment that changes a parameter publishes a new version of each function that reads it."""

import json
import subprocess
import unittest
from collections.abc import Iterator
from pathlib import Path

import graph
from transform import read, transformed

FUNCTION = "AWS::Serverless::Function"
TEMPLATES = (Path("template.yaml"), Path("infra/authorizer/template.yaml"))
REQUIRED = {"PublicUrl": "https://tokens.example.com"}
# Parameters of both templates that the authorizer reads.
READ = {"PublicUrl", "RouteRules", "IdentityProviders", "TokenAudience", "RootCertificates", "Architecture"}


def revision(file: Path, parameters: dict[str, str]) -> str:
    """The revision that docs/operate.sh computes."""
    values = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    script = 'FUNCTIONS_ONLY=1; . docs/operate.sh && revision "$(< "$1")" "$2"'
    command = ["bash", "-c", script, "bash", str(file), json.dumps(values)]
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
    shared = template.get("Globals", {}).get("Function")
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
        for file in TEMPLATES:
            template = read(file)
            names = {name for name, resource in template["Resources"].items() if resource["Type"] == FUNCTION}
            before = versions(template, REQUIRED | {"Revision": revision(file, REQUIRED)})
            self.assertEqual(before.keys(), names)
            for parameter in template["Parameters"].keys() - {"Revision"}:
                with self.subTest(template=file, parameter=parameter):
                    changed = REQUIRED | {parameter: "other"}
                    after = versions(template, changed | {"Revision": revision(file, changed)})
                    reading = readers(template, parameter)
                    self.assertEqual([name for name in sorted(reading) if after[name] == before[name]], [])

    def test_readers_of_parameters_are_found(self) -> None:
        for file in TEMPLATES:
            template = read(file)
            for parameter in READ:
                self.assertIn("Authorizer", readers(template, parameter), parameter)
            self.assertEqual(readers(template, "AlarmTopicArn"), set())

    def test_changed_parameter_without_a_revision_publishes_nothing(self) -> None:
        """The reason for the parameter `Revision`."""
        for file in TEMPLATES:
            template = read(file)
            changed = REQUIRED | {"RouteRules": '{"GET /orders": {"any_caller": true}}'}
            self.assertEqual(versions(template, REQUIRED), versions(template, changed))

    def test_revision_ignores_order_and_earlier_revision(self) -> None:
        values = REQUIRED | {"LogRetentionDays": "7"}
        reordered = dict(reversed(values.items())) | {"Revision": "0123456789"}
        self.assertEqual(revision(TEMPLATES[0], values), revision(TEMPLATES[0], reordered))
        self.assertNotEqual(revision(TEMPLATES[0], values), revision(TEMPLATES[1], values))


if __name__ == "__main__":
    unittest.main()
