"""Checks that links in the documents lead to files of the repository and to headings, and that paths in code spans exist.

Addresses of other sites are not requested: the check needs no network.
"""

import re
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pages import ROOT, inline_tokens, parse, tracked_files

# A path of this repository in a code span: its first folder is one of these.
CODE_PATH = re.compile(r"(?:\.ci|\.github|docs|events|functions|infra|shared)/[\w./-]*[\w/]")
# Written by builds and by the local stack, or not part of the repository.
GENERATED = re.compile(r"infra/fuzz/artifacts|node_modules|/target/")


def headings(path: str) -> set[str]:
    return {str(token.attrs["id"]) for token in parse(path) if token.type == "heading_open"}


def link_error(page: str, target: str, files: set[str], folders: set[str]) -> str | None:
    """Why `target` is not a valid link of `page`."""
    url = urlsplit(target)
    if url.scheme:
        return None if url.scheme in ("https", "mailto") or url.hostname == "127.0.0.1" else "use https"
    path = page
    if url.path:
        absolute = (ROOT / page).parent / unquote(url.path)
        if not absolute.resolve().is_relative_to(ROOT):
            return "leads out of the repository"
        path = str(absolute.resolve().relative_to(ROOT))
        if path not in files and path not in folders:
            return "no such file"
    if url.fragment and path.endswith(".md") and url.fragment not in headings(path):
        return "no such heading"
    return None


def errors(page: str, files: set[str], folders: set[str]) -> list[str]:
    found = []
    for line, token in inline_tokens(parse(page)):
        target = token.attrs.get("href") or token.attrs.get("src")
        if target and (error := link_error(page, str(target), files, folders)):
            found.append(f"{page}:{line}: {target}: {error}")
        if token.type == "code_inline" and CODE_PATH.fullmatch(token.content) and not GENERATED.search(token.content):
            path = token.content.rstrip("/")
            if path not in files and path not in folders:
                found.append(f"{page}:{line}: `{token.content}`: no such file")
    return found


def main() -> int:
    files = set(tracked_files())
    folders = {str(folder) for path in files for folder in Path(path).parents}
    # The licenses of the page's packages have links of their authors; the changelog names files of earlier versions.
    pages = [path for path in files if path.endswith(".md") and not path.startswith("functions/portal/assets/")]
    found = [error for page in sorted(pages) if page != "CHANGELOG.md" for error in errors(page, files, folders)]
    print("\n".join(found) or f"links of {len(pages)} documents lead to files and headings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
