"""Builds the artifacts of a release for this machine's processor with infra/release, and checks them."""

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import unittest
import zipfile
from pathlib import Path

import binaries
import build
import workspace
from archives import Member
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ARCHITECTURE = build.ARCHITECTURE
CLI_TARGET = f"{os.uname().machine}-unknown-linux-gnu"
VERSION = workspace.version()
FOLDER = workspace.TARGET / "acceptance/release"
FUNCTIONS = f"latchkey-functions-{VERSION}-{ARCHITECTURE}.tar.gz"
CLI = f"latchkey-{VERSION}-{CLI_TARGET}"
TEMPLATE = f"latchkey-template-{VERSION}.yaml"
SBOM = f"latchkey-sbom-{VERSION}.cdx.json"
# The suite `deployment` has built the same binaries there.
DEPLOYMENT = workspace.TARGET / "acceptance/deployment"
BINARIES = DEPLOYMENT / "cargo/lambda"


def release(*arguments: str, output: str = "first") -> subprocess.CompletedProcess:
    """Runs a command of infra/release."""
    environment = dict(os.environ)
    tools = Path(sys.executable).parent
    if arguments[0] == "functions":
        # Another environment would compile everything again.
        (DEPLOYMENT / "state").mkdir(parents=True, exist_ok=True)
        environment = build.environment(DEPLOYMENT)
        tools = os.environ["FUNCTION_TOOLS"]
    environment["PATH"] = f"{tools}:{environment['PATH']}"
    command = [sys.executable, "-B", "infra/release/release.py", "--output", str(FOLDER / output), *arguments]
    return subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE)


def members(archive: Path) -> dict[str, Member]:
    with tarfile.open(archive) as opened:
        return {entry.name: Member(opened.extractfile(entry).read(), entry.mode) for entry in opened.getmembers()}


def setUpModule() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    for arguments in (("functions", ARCHITECTURE), ("cli", CLI_TARGET), ("template",), ("sbom",), ("sums",)):
        release(*arguments).check_returncode()


class FunctionsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.members = members(FOLDER / "first" / FUNCTIONS)
        self.prefix = f"latchkey/{VERSION}/"

    def test_archive_has_template_and_one_zip_per_function(self) -> None:
        zips = {f"{self.prefix}{ARCHITECTURE}/{name}.zip" for name in workspace.functions()}
        self.assertEqual(self.members.keys(), {f"{self.prefix}template.yaml", *zips})

    def test_zip_has_only_executable_bootstrap(self) -> None:
        for name, member in self.members.items():
            if name.endswith(".zip"):
                [entry] = zipfile.ZipFile(io.BytesIO(member.content)).infolist()
                self.assertEqual((entry.filename, entry.external_attr >> 16), ("bootstrap", 0o100755), name)

    def test_template_refers_to_exactly_the_zips(self) -> None:
        template = self.members[f"{self.prefix}template.yaml"].content.decode()
        keys = re.findall(r'CodeUri: \{ Bucket: !Ref ArtifactBucket, Key: !Sub "\$\{ArtifactPrefix\}/(.+)" \}', template)
        expected = {key.replace("${Architecture}", ARCHITECTURE) for key in keys}
        self.assertEqual({f"latchkey/{key}" for key in expected}, {name for name in self.members if name.endswith(".zip")})
        self.assertEqual(template.count("CodeUri:"), len(expected))
        self.assertNotIn("BuildMethod", template)

    def test_template_is_that_of_the_release(self) -> None:
        template = (FOLDER / "first" / TEMPLATE).read_bytes()
        self.assertEqual(self.members[f"{self.prefix}template.yaml"].content, template)

    def test_packaging_again_yields_the_same_bytes(self) -> None:
        for arguments in (("functions", ARCHITECTURE, "--binaries", str(BINARIES)), ("template",), ("sbom",)):
            release(*arguments, output="second").check_returncode()
        for name in (FUNCTIONS, TEMPLATE, SBOM):
            first, second = ((FOLDER / output / name).read_bytes() for output in ("first", "second"))
            self.assertEqual(first, second, name)

    def test_binary_for_another_processor_is_rejected(self) -> None:
        other = next(name for name in binaries.ARCHITECTURES if name != ARCHITECTURE)
        binary = (BINARIES / "authorizer/bootstrap").read_bytes()
        with self.assertRaisesRegex(ValueError, "is for machine"):
            binaries.check_function("authorizer", binary, other)

    def test_binary_for_newer_glibc_is_rejected(self) -> None:
        binary = (BINARIES / "authorizer/bootstrap").read_bytes()
        newer = binary + b"\0GLIBC_2.35\0"
        with self.assertRaisesRegex(ValueError, "requires glibc 2.35"):
            binaries.check_function("authorizer", newer, ARCHITECTURE)


class CliTest(unittest.TestCase):
    def test_archive_has_executable_client_license_and_runbooks(self) -> None:
        archive = members(FOLDER / "first" / f"{CLI}.tar.gz")
        modes = {name: member.mode for name, member in archive.items()}
        self.assertEqual(modes, {f"{CLI}/latchkey": 0o755, f"{CLI}/LICENSE": 0o644, f"{CLI}/operate.sh": 0o644})

    def test_client_can_access_the_table_of_a_deployment(self) -> None:
        with tarfile.open(FOLDER / "first" / f"{CLI}.tar.gz") as archive:
            archive.extractall(FOLDER, filter="data")
        result = subprocess.run([FOLDER / CLI / "latchkey", "apply", "--help"], capture_output=True, text=True, check=True)
        self.assertIn("--table", result.stdout)


class PublicationTest(unittest.TestCase):
    def test_sums_match_all_files(self) -> None:
        lines = (FOLDER / "first/SHA256SUMS").read_text().splitlines()
        sums = dict(reversed(line.split("  ")) for line in lines)
        self.assertEqual(sums.keys(), {FUNCTIONS, f"{CLI}.tar.gz", TEMPLATE, SBOM})
        for name, digest in sums.items():
            self.assertEqual(digest, hashlib.sha256((FOLDER / "first" / name).read_bytes()).hexdigest(), name)

    def test_sbom_is_valid_and_contains_linked_packages(self) -> None:
        text = (FOLDER / "first" / SBOM).read_text()
        self.assertIsNone(JsonStrictValidator(SchemaVersion.V1_6).validate_str(text))
        for package in ("pkg:cargo/aws-lc-rs@", "pkg:cargo/lambda_runtime@", "pkg:npm/preact@"):
            self.assertIn(package, text)
        for package in ("pkg:cargo/proptest@", "pkg:npm/vite@"):
            self.assertNotIn(package, text)

    def test_another_tag_is_rejected(self) -> None:
        self.assertEqual(release("check-tag", "v999.0.0").returncode, 1)


if __name__ == "__main__":
    unittest.main()
