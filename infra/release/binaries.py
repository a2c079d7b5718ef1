"""Builds the binaries of a release, and checks for which systems they run."""

import re
import struct
from pathlib import Path

import workspace

# The options of cargo-lambda and the machine in the ELF header, by Lambda's name of the architecture.
ARCHITECTURES = {"arm64": ("--arm64", 183), "x86_64": ("--x86-64", 62)}
MACHINES = {"aarch64-unknown-linux-gnu": 183, "x86_64-unknown-linux-gnu": 62}
# The runtime provided.al2023 contains glibc 2.34.
FUNCTION_GLIBC_MINOR = 34
# `latchkey` also runs on distributions of 2018 and later.
CLI_GLIBC_MINOR = 28


def build_functions(architecture: str) -> dict[str, Path]:
    """Builds all functions as `sam build` does and returns the paths by their names.

    `cargo lambda` links with zig against an old glibc, whatever the processor and the glibc of this machine are. A plain
    `cargo build` on a newer distribution links functions that do not start on Lambda.
    """
    names = workspace.functions()
    option, _ = ARCHITECTURES[architecture]
    selected = [argument for name in names for argument in ("--bin", name)]
    workspace.run(["cargo", "lambda", "build", "--release", "--locked", option, *selected])
    return function_paths(workspace.TARGET / "lambda")


def function_paths(folder: Path) -> dict[str, Path]:
    """The paths in the folder layout of cargo-lambda."""
    return {name: folder / name / "bootstrap" for name in workspace.functions()}


def build_cli(target: str) -> Path:
    """Builds `latchkey` for a Rust target and returns its path."""
    is_linux = target in MACHINES
    # Apple's linker supports all versions of macOS that Rust supports.
    build, suffix = ("zigbuild", f".2.{CLI_GLIBC_MINOR}") if is_linux else ("build", "")
    options = ["--bin", "latchkey", "--features", "cli/aws", "--target", target + suffix]
    workspace.run(["cargo", build, "--release", "--locked", *options])
    return workspace.TARGET / target / "release/latchkey"


def check_function(name: str, binary: bytes, architecture: str) -> None:
    check_elf(name, binary, ARCHITECTURES[architecture][1], FUNCTION_GLIBC_MINOR)


def check_cli(target: str, binary: bytes) -> None:
    if target in MACHINES:
        check_elf("latchkey", binary, MACHINES[target], CLI_GLIBC_MINOR)


def check_elf(name: str, binary: bytes, machine: int, glibc_minor: int) -> None:
    """Raises an error if the binary is for another processor, or requires a newer glibc."""
    if binary[:4] != b"\x7fELF":
        raise ValueError(f"`{name}` is not an ELF binary")
    # e_machine of the header.
    if (found := struct.unpack_from("<H", binary, 18)[0]) != machine:
        raise ValueError(f"`{name}` is for machine {found} and not for {machine}")
    # The names of the symbol versions that the dynamic linker looks up.
    required = max((int(minor) for minor in re.findall(rb"\0GLIBC_2\.(\d+)", binary)), default=0)
    if required > glibc_minor:
        raise ValueError(f"`{name}` requires glibc 2.{required}, and the system has 2.{glibc_minor}")
