"""Release notes are the changelog's section of the version."""

import unittest

from changelog import section

CHANGELOG = """\
# Changelog

## [Unreleased]

## [0.2.0] - 2030-01-02

### Added

* Something.

## [0.1.0] - 2030-01-01

* First.
"""


class SectionTest(unittest.TestCase):
    def test_section_ends_at_the_next_version(self) -> None:
        self.assertEqual(section(CHANGELOG, "0.2.0"), "### Added\n\n* Something.\n")
        self.assertEqual(section(CHANGELOG, "0.1.0"), "* First.\n")

    def test_missing_or_empty_section_is_an_error(self) -> None:
        with self.assertRaisesRegex(ValueError, "no section"):
            section(CHANGELOG, "0.3.0")
        with self.assertRaisesRegex(ValueError, "empty"):
            section(CHANGELOG, "Unreleased")


if __name__ == "__main__":
    unittest.main()
