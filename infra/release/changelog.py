"""Release notes from CHANGELOG.md, which follows Keep a Changelog."""

import re

HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\].*$", re.MULTILINE)


def section(changelog: str, version: str) -> str:
    """The entries of a version, without its heading. Raises an error if the version is missing or has no entry."""
    headings = list(HEADING.finditer(changelog))
    for heading, following in zip(headings, [*headings[1:], None]):
        if heading["version"] == version:
            end = following.start() if following else len(changelog)
            if entries := changelog[heading.end() : end].strip():
                return entries + "\n"
            raise ValueError(f"the section of {version} in CHANGELOG.md is empty")
    raise ValueError(f"CHANGELOG.md has no section of {version}")
