"""Facts about the workspace that the release needs."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()


def version() -> str:
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
    return manifest["workspace"]["package"]["version"]


def functions() -> list[str]:
    """The names of the function packages, which are also those of their binaries."""
    return sorted(manifest.parent.name for manifest in (ROOT / "functions").glob("*/Cargo.toml"))


def run(command: list[str]) -> None:
    """Runs a command at the root of the workspace and exits if it fails."""
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        sys.exit(f"`{' '.join(command)}` failed")


def output(command: list[str]) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
