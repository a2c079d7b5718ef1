"""The Markdown documents of the repository."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

ROOT = Path(__file__).resolve().parents[3]
# Headings get the ids that GitHub gives them.
PARSER = MarkdownIt("gfm-like", {"linkify": False}).use(anchors_plugin, max_level=6)


def tracked_files() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return [path for path in listed.stdout.splitlines() if (ROOT / path).exists()]


def parse(path: str) -> list[Token]:
    return PARSER.parse((ROOT / path).read_text())


def inline_tokens(tokens: list[Token]) -> Iterator[tuple[int, Token]]:
    """Each inline token with the line of its block."""
    for token in tokens:
        for child in token.children or []:
            yield (token.map[0] + 1 if token.map else 0), child
