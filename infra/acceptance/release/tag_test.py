"""A tag is accepted only if it is that of the version, and the notes of the version are complete."""

import argparse
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import release
import workspace

CHANGELOG = "# Changelog\n\n## [Unreleased]\n{unreleased}\n## [0.2.0] - 2030-01-02\n{entries}"
ENTRIES = "\n### Added\n\n* Something.\n"


def check(tag: str, unreleased: str = "", entries: str = ENTRIES) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "CHANGELOG.md").write_text(CHANGELOG.format(unreleased=unreleased, entries=entries))
        with mock.patch.object(workspace, "ROOT", root), mock.patch.object(workspace, "version", lambda: "0.2.0"):
            release.check_tag(argparse.Namespace(tag=tag))


class TagTest(unittest.TestCase):
    def test_tag_of_the_version_with_notes_is_accepted(self) -> None:
        check("v0.2.0")

    def test_other_tag_is_rejected(self) -> None:
        for tag in ("0.2.0", "v0.2.0-rc.1", "v999.0.0"):
            with self.assertRaisesRegex(ValueError, "the version in Cargo.toml"):
                check(tag)

    def test_unreleased_entries_are_rejected(self) -> None:
        with self.assertRaisesRegex(ValueError, "Unreleased"):
            check("v0.2.0", unreleased=ENTRIES)

    def test_version_without_notes_is_rejected(self) -> None:
        with self.assertRaisesRegex(ValueError, "empty"):
            check("v0.2.0", entries="")


if __name__ == "__main__":
    unittest.main()
