"""Runs the command blocks of README.md and `docs/`, beside a local stack, and compares their output.

Every block with the language `bash` must have a valid syntax. A block with the info string `bash run` is run. The blocks of a page share one bash session, at the root of the repository, and
each page has a stack of its own. A block whose info string ends with `output` is compared with the output of the block before
it: white space is ignored, and `…` stands for any text.

The documents name the default addresses of `cargo local`. Here they are replaced by those of the stack, and `cargo local` and
`cargo latchkey` are directed to it.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from pages import ROOT, parse, tracked_files

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from local_stack import LocalStack  # noqa: E402

# The first blocks of README.md start the service and test it. The stack of this check is started by the first command, and the
# step `tests` of the tier `ci` is the second.
README_COMMANDS = ["cargo local", "cargo test"]
SECONDS = 300
SEPARATOR = "----- end of block -----"
PREAMBLE = f"""
set -euo pipefail
cargo() {{
  case "${{1:-}}" in
    local | latchkey) command cargo "$@" --data "$LATCHKEY_DATA" ;;
    *) command cargo "$@" ;;
  esac
}}
latchkey() {{ cargo latchkey "$@"; }}
end_of_block() {{ printf '\\n%s\\n' '{SEPARATOR}'; }}
"""


@dataclass
class Block:
    """A block that is run, its line, and the expected outputs."""

    line: int
    code: str
    outputs: list[str] = field(default_factory=list)


def blocks(page: str) -> list[Block]:
    found: list[Block] = []
    follows_block = False
    for token in parse(page):
        if token.type == "fence":
            words = token.info.split()
            if words[:2] == ["bash", "run"]:
                found.append(Block(token.map[0] + 1, token.content))
            elif words[-1:] == ["output"]:
                if not follows_block:
                    raise SystemExit(f"{page}:{token.map[0] + 1}: the block before an output must be `bash run`")
                found[-1].outputs.append(token.content)
            follows_block = words[:2] == ["bash", "run"]
    return found


def addresses(stack: LocalStack) -> dict[str, str]:
    sample = stack.description["sample"]
    return {
        "http://127.0.0.1:8080": stack.url,
        "http://127.0.0.1:8082": sample["rest"],
        "http://127.0.0.1:8083": sample["http"],
    }


def matches(expected: str, output: str) -> bool:
    parts = ["".join(part.split()) for part in expected.split("…")]
    return re.fullmatch(".*".join(map(re.escape, parts)), "".join(output.split()), re.DOTALL) is not None


def run_page(page: str) -> list[str]:
    """The errors of the page's blocks."""
    found = blocks(page)
    with LocalStack() as stack:
        replaced = addresses(stack)

        def local(text: str) -> str:
            for documented, actual in replaced.items():
                text = text.replace(documented, actual)
            return text

        script = PREAMBLE + "".join(f"{local(block.code)}\nend_of_block\n" for block in found)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LATCHKEY_")}
        environment["LATCHKEY_DATA"] = str(stack.data)
        result = subprocess.run(
            ["bash", "-c", script], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS
        )
    *outputs, _ = result.stdout.split(f"\n{SEPARATOR}\n")
    if result.returncode != 0:
        return [f"{page}:{found[len(outputs)].line}: exit status {result.returncode}\n{result.stdout[-500:]}{result.stderr[-2000:]}"]
    return [
        f"{page}:{block.line}: expected {expected!r}, got {output!r}"
        for block, output in zip(found, outputs, strict=True)
        for expected in map(local, block.outputs)
        if not matches(expected, output)
    ]


def syntax_errors(page: str) -> list[str]:
    found = []
    for token in parse(page):
        if token.type == "fence" and token.info.split()[:1] == ["bash"]:
            result = subprocess.run(["bash", "-n"], input=token.content, capture_output=True, text=True)
            if result.returncode != 0:
                found.append(f"{page}:{token.map[0] + 1}: {result.stderr}")
    return found


def readme_errors() -> list[str]:
    commands = [token.content.strip() for token in parse("README.md") if token.type == "fence" and token.info.startswith("bash")]
    return [] if commands[:2] == README_COMMANDS else [f"README.md: the first two blocks must be {README_COMMANDS}"]


def main(pages: list[str]) -> int:
    all_pages = [path for path in tracked_files() if re.fullmatch(r"README\.md|docs/.*\.md", path)]
    errors = readme_errors()
    for page in pages or all_pages:
        errors += syntax_errors(page)
        if count := len(blocks(page)):
            print(f"{page}: {count} blocks", flush=True)
            errors += run_page(page)
    print("\n".join(errors) or "all command blocks run")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
