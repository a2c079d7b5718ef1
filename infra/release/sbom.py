"""The software bill of materials of a release: the Rust and npm packages in the functions, the token page and `latchkey`."""

import base64
import json
import tomllib
import uuid
from collections.abc import Iterator
from datetime import datetime

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

import workspace

CLI = "cli"
PAGE = workspace.ROOT / "functions/portal/page/package-lock.json"


def document(cli_targets: list[str]) -> str:
    """A CycloneDX document in JSON. The same commit yields the same document."""
    product = component("latchkey", workspace.version(), "Apache-2.0", kind=ComponentType.APPLICATION)
    bom = Bom(
        serial_number=uuid.uuid5(uuid.NAMESPACE_OID, f"latchkey {workspace.version()}"),
        metadata=BomMetaData(component=product, timestamp=commit_time()),
    )
    direct = [*add_crates(bom, cli_targets), *add_page(bom)]
    bom.register_dependency(product, direct)
    text = JsonV1Dot6(bom).output_as_string(indent=2)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"the software bill of materials is invalid: {error}")
    return text + "\n"


def commit_time() -> datetime:
    return datetime.fromisoformat(workspace.output(["git", "log", "-1", "--format=%cI"]).strip())


def add_crates(bom: Bom, cli_targets: list[str]) -> list[Component]:
    """Adds the crates that the released binaries contain and returns the packages of the binaries."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--features", "cli/aws"]
    for target in cli_targets:
        command += ["--filter-platform", target]
    metadata = json.loads(workspace.output(command))
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    packages = {package["id"]: package for package in metadata["packages"]}
    names = {CLI, *workspace.functions()}
    released = [id for id in metadata["workspace_members"] if packages[id]["name"] in names]
    checksums = crate_checksums()
    components = {id: crate(packages[id], checksums, id in released) for id in reachable(released, nodes)}
    for id, added in components.items():
        bom.components.add(added)
        bom.register_dependency(added, [components[dependency] for dependency in linked(nodes[id])])
    return [components[id] for id in released]


def reachable(roots: list[str], nodes: dict[str, dict]) -> set[str]:
    found: set[str] = set()
    pending = list(roots)
    while pending:
        id = pending.pop()
        if id not in found:
            found.add(id)
            pending += linked(nodes[id])
    return found


def linked(node: dict) -> Iterator[str]:
    """The packages that a package depends on, without those for its build script and its tests."""
    return (dep["pkg"] for dep in node["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"]))


def crate_checksums() -> dict[tuple[str, str], str]:
    lock = tomllib.loads((workspace.ROOT / "Cargo.lock").read_text())
    return {(package["name"], package["version"]): package.get("checksum", "") for package in lock["package"]}


def crate(package: dict, checksums: dict[tuple[str, str], str], is_released: bool) -> Component:
    name = package["name"]
    version = package["version"]
    # An older form of the expression.
    license_text = (package["license"] or "").replace("/", " OR ")
    if package["source"] is None:
        kind = ComponentType.APPLICATION if is_released else ComponentType.LIBRARY
        return component(name, version, license_text, kind=kind)
    digest = HashType(alg=HashAlgorithm.SHA_256, content=checksums[name, version])
    return component(name, version, license_text, purl=PackageURL("cargo", None, name, version), hashes=[digest])


def add_page(bom: Bom) -> list[Component]:
    """Adds the npm packages that are bundled into the token page."""
    components = []
    for path, package in json.loads(PAGE.read_text())["packages"].items():
        if path and not package.get("dev"):
            group, _, name = path.rsplit("node_modules/", 1)[1].rpartition("/")
            purl = PackageURL("npm", group or None, name, package["version"])
            content = base64.b64decode(package["integrity"].removeprefix("sha512-")).hex()
            digest = HashType(alg=HashAlgorithm.SHA_512, content=content)
            components.append(component(name, package["version"], package["license"], group, purl=purl, hashes=[digest]))
    bom.components.update(components)
    return components


def component(name: str, version: str, license_text: str, group: str = "", **options) -> Component:
    """A component. Packages of the workspace have no package URL, because they are not published."""
    licenses = [LicenseFactory().make_from_string(license_text)] if license_text else []
    kind = options.pop("kind", ComponentType.LIBRARY)
    purl = options.get("purl")
    bom_ref = purl.to_string() if purl else f"{name}@{version}"
    return Component(
        name=name, group=group or None, version=version, type=kind, bom_ref=bom_ref, licenses=licenses, **options
    )
