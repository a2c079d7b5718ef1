"""The functions as they ship, for this machine's processors."""

import os
import platform
import sys
from pathlib import Path

import process

ARCHITECTURE = "arm64" if platform.machine() == "aarch64" else "x86_64"


def environment(tools: Path) -> dict[str, str]:
    """What `sam` and `cargo lambda` need: to find each other, and folders of their own for whatever they keep."""
    own = {
        "CARGO_TARGET_DIR": tools / "cargo",
        "PATH": f"{tools / 'sam/bin'}:{os.environ['PATH']}",
        "SAM_CLI_TELEMETRY": 0,
        "TMPDIR": tools / "state",
        "XDG_CACHE_HOME": tools / "cache",
        "__SAM_CLI_APP_DIR": tools / "cache/sam",
    }
    return os.environ | {name: str(value) for name, value in own.items()}


def validate(tools: Path) -> None:
    """Ends the run where SAM takes one of the templates for no good one."""
    for template in ("template.yaml", "infra/sample/template.yaml"):
        run(["sam", "validate", "--lint", "--template-file", template], tools)


def build(tools: Path) -> Path:
    """Builds what template.yaml deploys: the template that `sam deploy` takes."""
    # All at once, so that two are linked at a time; `sam build` builds one after the other, and finds them done.
    names = sorted(manifest.parent.name for manifest in Path("functions").glob("*/Cargo.toml"))
    binaries = [argument for name in names for argument in ("--bin", name)]
    built = tools / "built"
    run(["cargo", "lambda", "build", "--release", "--locked", *binaries], tools)
    run(["sam", "build", "--build-dir", built, "--parameter-overrides", f"Architecture={ARCHITECTURE}"], tools)
    return built / "template.yaml"


def run(command: list, tools: Path) -> None:
    if process.run(command, env=environment(tools)) != 0:
        sys.exit(f"{command[0]} {command[1]} failed")
