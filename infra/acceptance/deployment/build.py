"""Builds the functions and the templates as they are deployed, for this machine's processor architecture."""

import os
import platform
import shutil
import sys
import tarfile
from pathlib import Path

import processes

ARCHITECTURE = "arm64" if platform.machine() == "aarch64" else "x86_64"


def environment(folder: Path) -> dict[str, str]:
    """The environment of `sam` and `cargo lambda`, which keep their files in the folder."""
    variables = {
        "CARGO_TARGET_DIR": folder / "cargo",
        "SAM_CLI_TELEMETRY": 0,
        "TMPDIR": folder / "state",
        "XDG_CACHE_HOME": folder / "cache",
        "__SAM_CLI_APP_DIR": folder / "cache/sam",
    }
    return os.environ | {name: str(value) for name, value in variables.items()}


def validate(folder: Path) -> None:
    """Exits if SAM rejects one of the templates."""
    for template in ("template.yaml", "infra/authorizer/template.yaml", "infra/sample/template.yaml"):
        run(["sam", "validate", "--lint", "--template-file", template], folder)


def build(folder: Path) -> Path:
    """Builds template.yaml and returns the template for `sam deploy`."""
    # One command builds all binaries and links two at a time. `sam build`, which builds one after the other, reuses them.
    names = sorted(manifest.parent.name for manifest in Path("functions").glob("*/Cargo.toml"))
    binaries = [argument for name in names for argument in ("--bin", name)]
    built = folder / "built"
    run(["cargo", "lambda", "build", "--release", "--locked", *binaries], folder)
    run(["sam", "build", "--build-dir", str(built), "--parameter-overrides", f"Architecture={ARCHITECTURE}"], folder)
    return built / "template.yaml"


def package(folder: Path) -> Path:
    """Archives the built functions as a release does, and returns the folder with the extracted files."""
    artifacts = folder / "artifacts"
    shutil.rmtree(artifacts, ignore_errors=True)
    binaries = folder / "cargo/lambda"
    release = [sys.executable, "-B", "infra/release/release.py", "--output", str(artifacts)]
    run([*release, "functions", ARCHITECTURE, "--binaries", str(binaries)], folder)
    [archive] = artifacts.glob(f"latchkey-functions-*-{ARCHITECTURE}.tar.gz")
    extracted = folder / "state/release"
    with tarfile.open(archive) as members:
        members.extractall(extracted, filter="data")
    return extracted


def run(command: list[str], folder: Path) -> None:
    if processes.run(command, env=environment(folder)) != 0:
        sys.exit(f"{command[0]} {command[1]} failed")
