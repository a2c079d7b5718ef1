"""The recipes of docs/verify-offline.md: the code blocks with the info string `LANGUAGE recipe=NAME`."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

SUITE = Path(__file__).resolve().parent
ROOT = SUITE.parents[2]
PAGE = ROOT / "docs/verify-offline.md"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()
OUTPUT = TARGET / "acceptance/offline_verification"

BLOCK = re.compile(r"^```(\w+) recipe=([\w-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BASE = "https://tokens.example.com"
ISSUER_PATH = "/v1/access-tokens"
# The issuer of each family, below the base URL.
ISSUER_PATHS = {"access": ISSUER_PATH, "public": f"{ISSUER_PATH}/public"}
TIMEOUT_SECONDS = 60


class Recipe:
    """A recipe, for the tokens of one family that the stack at `base` issues."""

    def __init__(self, language: str, name: str, code: str, base: str, family: str) -> None:
        self.name, self.base, self.family = name, base, family
        # Rust code is compiled before, see jsonwebtoken/build.rs.
        self.code = code if language == "rust" else replace(replace(code, BASE, base), ISSUER_PATH, ISSUER_PATHS[family])
        self.command = getattr(self, f"{language}_command")

    def verify(self, tokens: list[str]) -> list[dict]:
        """Verifies each token. The result has `claims` if the recipe accepts the token, otherwise `error`."""
        lines = "".join(f"{token}\n" for token in tokens)
        run = subprocess.run(self.command(), input=lines, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_SECONDS)
        if run.returncode != 0:
            sys.exit(f"{self.name} exited with status {run.returncode}")
        return [parse_result(line) for line in run.stdout.splitlines()]

    def write(self, extension: str) -> Path:
        file = OUTPUT / f"{self.name.replace('-', '_')}_{self.family}.{extension}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.code)
        return file

    def js_command(self) -> list:
        return ["node", SUITE / "run_recipe.mjs", self.write("mjs")]

    def python_command(self) -> list:
        return [sys.executable, "-B", SUITE / "run_recipe.py", self.write("py")]

    def rust_command(self) -> list:
        return [TARGET / "debug/jsonwebtoken-recipe", self.base, self.family]


def parse_result(line: str) -> dict:
    result = json.loads(line)
    assert result.keys() in ({"claims"}, {"error"}), line
    return result


def replace(code: str, old: str, new: str) -> str:
    """Replaces the only occurrence: with another number of them the recipe would use a value that is not replaced."""
    assert code.count(old) == 1, f"`{old}` must occur once in\n{code}"
    return code.replace(old, new)


def load(base: str) -> list[Recipe]:
    """Each recipe of the page for each family."""
    link_packages()
    blocks = BLOCK.findall(PAGE.read_text())
    return [Recipe(*block, base, family) for block in blocks for family in ISSUER_PATHS]


def link_packages() -> None:
    """Node.js searches packages in the folder of the recipe."""
    link = OUTPUT / "node_modules"
    if not link.is_symlink():
        OUTPUT.mkdir(parents=True, exist_ok=True)
        link.symlink_to(SUITE.parent / "node_modules")
