"""Runs the deployment commands as an operator does, in a folder with the files of a checkout and a substitute for the account."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FILES = ("docs/operate.sh", "infra/deploy/run", "template.yaml")
STACK = "latchkey"
# The operator's other commands. A machine may have the tools that are replaced here.
COMMANDS = "awk bash cat cut date dirname env find grep head jq mktemp rm sha256sum sort".split()


class Operator:
    """The folder, the state of the account, and the commands."""

    def __init__(self, parameters: dict[str, str] | None = None, **stack: object) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        for file in FILES:
            (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, self.folder / file)
        self.template = (self.folder / "template.yaml").read_text()
        self.programs = self.folder / "programs"
        self.programs.mkdir()
        for name in ("aws", "sam", "cargo-lambda"):
            program = self.programs / name
            program.write_text(f"#!{sys.executable} -B\n{Path(__file__).with_name('account.py').read_text()}")
            program.chmod(0o755)
        for name in COMMANDS:
            (self.programs / name).symlink_to(shutil.which(name))
        self.file = self.folder / "account.json"
        existing = parameters is not None and {
            "StackId": f"arn:aws:cloudformation:eu-central-1:111122223333:stack/{STACK}/1",
            "StackStatus": "CREATE_COMPLETE",
            "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            "Tags": [],
            **stack,
        }
        state = {"stack": existing or None, "template": self.template, "objects": {}, "calls": [], "deployments": 0}
        self.write(**state, fail=0, code="first")

    def use_template(self, template: str) -> None:
        """Replaces the template of the checkout and of the stack."""
        (self.folder / "template.yaml").write_text(template)
        self.template = template
        self.write(template=template)

    def write(self, **state: object) -> None:
        self.file.write_text(json.dumps((self.state if self.file.exists() else {}) | state))

    @property
    def state(self) -> dict:
        return json.loads(self.file.read_text())

    @property
    def parameters(self) -> dict[str, str]:
        return {one["ParameterKey"]: one["ParameterValue"] for one in self.state["stack"]["Parameters"]}

    @property
    def commands(self) -> list[str]:
        """The first words of each call."""
        return [" ".join(call[: 3 if call[0] == "aws" else 2]) for call in self.state["calls"]]

    def deploy(self, *arguments: str) -> subprocess.CompletedProcess:
        return self.run("infra/deploy/run", STACK, *arguments)

    def function(self, name: str, *arguments: str) -> subprocess.CompletedProcess:
        """Runs a function of operate.sh."""
        return self.run("bash", "-c", '. docs/operate.sh && "$@"', "bash", name, *arguments)

    def run(self, *command: str) -> subprocess.CompletedProcess:
        variables = {
            "ACCOUNT": str(self.file),
            "FUNCTIONS_ONLY": "1",
            "PATH": str(self.programs),
            "STACK": STACK,
            "TMPDIR": str(self.folder),
        }
        return subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True, timeout=120)
