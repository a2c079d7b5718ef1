"""Builds the artifacts of a release. Each command writes into the output folder and prints what it has written."""

import argparse
import hashlib
import sys
from pathlib import Path

import binaries
import changelog
import workspace
from archives import Member, write_tar_gz, zip_bytes
from packaged_template import key, packaged

CLI_TARGETS = ["aarch64-apple-darwin", "aarch64-unknown-linux-gnu", "x86_64-apple-darwin", "x86_64-unknown-linux-gnu"]
# Default of the parameter ArtifactPrefix. The archives of functions have the layout of the bucket.
PREFIX = "latchkey"
SUMS = "SHA256SUMS"
EXECUTABLE = 0o755


def main() -> None:
    arguments = parse()
    arguments.output.mkdir(parents=True, exist_ok=True)
    try:
        arguments.command(arguments)
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="infra/release/run", description=__doc__)
    parser.add_argument("--output", type=Path, default=workspace.TARGET / "release-artifacts", metavar="FOLDER")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function, text: str) -> argparse.ArgumentParser:
        subparser = commands.add_parser(name, help=text, description=text)
        subparser.set_defaults(command=function)
        return subparser

    functions = command("functions", functions_archive, "build the functions and archive them with the template")
    functions.add_argument("architecture", choices=binaries.ARCHITECTURES)
    functions.add_argument("--binaries", type=Path, metavar="FOLDER", help="use the binaries that cargo-lambda wrote there")
    cli = command("cli", cli_archive, "build the command-line client and archive it")
    cli.add_argument("target", choices=CLI_TARGETS)
    command("template", template, "write the packaged template")
    command("sbom", write_sbom, "write the software bill of materials in the CycloneDX format")
    command("notes", notes, "print the changelog's section of the version")
    command("sums", sums, f"write {SUMS} with the SHA-256 digests of all files in the output folder")
    tag = command("check-tag", check_tag, "fail if a tag is not that of the version, or the changelog is not ready for it")
    tag.add_argument("tag")
    return parser.parse_args()


def functions_archive(arguments: argparse.Namespace) -> None:
    architecture = arguments.architecture
    version = workspace.version()
    folder = arguments.binaries
    paths = binaries.function_paths(folder) if folder else binaries.build_functions(architecture)
    members = {f"{PREFIX}/{version}/template.yaml": Member(packaged_template())}
    for name, path in paths.items():
        binary = path.read_bytes()
        binaries.check_function(name, binary, architecture)
        code = zip_bytes({"bootstrap": Member(binary, EXECUTABLE)})
        members[f"{PREFIX}/{key(version, architecture, name)}"] = Member(code)
    write(arguments.output / f"latchkey-functions-{version}-{architecture}.tar.gz", members)


def cli_archive(arguments: argparse.Namespace) -> None:
    binary = binaries.build_cli(arguments.target).read_bytes()
    binaries.check_cli(arguments.target, binary)
    name = f"latchkey-{workspace.version()}-{arguments.target}"
    members = {f"{name}/latchkey": Member(binary, EXECUTABLE)}
    # The functions of the runbooks, for operators without a checkout.
    for path in ("LICENSE", "docs/operate.sh"):
        members[f"{name}/{Path(path).name}"] = Member((workspace.ROOT / path).read_bytes())
    write(arguments.output / f"{name}.tar.gz", members)


def write(path: Path, members: dict[str, Member]) -> None:
    write_tar_gz(path, members)
    print(path)


def packaged_template() -> bytes:
    source = (workspace.ROOT / "template.yaml").read_text()
    return packaged(source, workspace.version()).encode()


def template(arguments: argparse.Namespace) -> None:
    path = arguments.output / f"latchkey-template-{workspace.version()}.yaml"
    path.write_bytes(packaged_template())
    print(path)


def write_sbom(arguments: argparse.Namespace) -> None:
    # The only command that needs a package.
    import sbom

    path = arguments.output / f"latchkey-sbom-{workspace.version()}.cdx.json"
    path.write_text(sbom.document(CLI_TARGETS))
    print(path)


def notes(_: argparse.Namespace) -> None:
    print(changelog.section((workspace.ROOT / "CHANGELOG.md").read_text(), workspace.version()), end="")


def sums(arguments: argparse.Namespace) -> None:
    """Writes lines in the format of `sha256sum`."""
    files = sorted(path for path in arguments.output.iterdir() if path.is_file() and path.name != SUMS)
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    path = arguments.output / SUMS
    path.write_text("".join(lines))
    print(path)


def check_tag(arguments: argparse.Namespace) -> None:
    if arguments.tag != f"v{workspace.version()}":
        raise ValueError(f"the tag `{arguments.tag}` is not `v{workspace.version()}`, the version in Cargo.toml")
    text = (workspace.ROOT / "CHANGELOG.md").read_text()
    changelog.section(text, workspace.version())
    changelog.require_none_unreleased(text)


if __name__ == "__main__":
    main()
