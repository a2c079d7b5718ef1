"""Release notes from CHANGELOG.md, which follows Keep a Changelog."""

import re

HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\].*$", re.MULTILINE)
ENTRY = re.compile(r"^[*-] ", re.MULTILINE)


def sections(changelog: str) -> dict[str, str]:
    """The text of each version, without its heading."""
    headings = list(HEADING.finditer(changelog))
    ends = [*(heading.start() for heading in headings[1:]), len(changelog)]
    return {heading["version"]: changelog[heading.end() : end].strip() for heading, end in zip(headings, ends)}


def section(changelog: str, version: str) -> str:
    """The entries of a version, without its heading. Raises an error if the version is missing or has no entry."""
    entries = sections(changelog).get(version)
    if entries is None:
        raise ValueError(f"CHANGELOG.md has no section of {version}")
    if not entries:
        raise ValueError(f"the section of {version} in CHANGELOG.md is empty")
    return entries + "\n"


def require_none_unreleased(changelog: str) -> None:
    """Raises an error if the section Unreleased has entries, which a release of this commit would contain without notes."""
    if ENTRY.search(sections(changelog).get("Unreleased", "")):
        raise ValueError("the section Unreleased of CHANGELOG.md has entries: move them to the section of the version")
