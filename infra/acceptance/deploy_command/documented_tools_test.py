"""The tools that docs/deploy.md installs are those with which the suites deploy."""

import re
import unittest
from pathlib import Path

PIN = re.compile(r"[\w-]+==[\w.]+")
REQUIREMENTS = Path("infra/acceptance/requirements")


class DocumentedTools(unittest.TestCase):
    def test_documented_versions_are_those_of_the_suites(self) -> None:
        [command] = re.findall(r"^pip install (.+)$", Path("docs/deploy.md").read_text(), re.MULTILINE)
        documented = PIN.findall(command)
        self.assertEqual(" ".join(documented), command)
        self.assertEqual(sorted(documented), sorted((REQUIREMENTS / "sam.txt").read_text().split()))

    def test_release_is_built_with_the_same_versions(self) -> None:
        tools = {pin.split("==")[0]: pin for pin in (REQUIREMENTS / "sam.txt").read_text().split()}
        for pin in (REQUIREMENTS / "release.txt").read_text().split():
            self.assertEqual(tools.get(pin.split("==")[0], pin), pin)


if __name__ == "__main__":
    unittest.main()
