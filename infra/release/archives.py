"""Archives whose bytes depend on the names, modes and contents of their members only."""

import gzip
import io
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

# The earliest time that a zip archive can express.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
UNIX = 3
REGULAR_FILE = 0o100000


@dataclass(frozen=True)
class Member:
    content: bytes
    mode: int = 0o644


def zip_bytes(members: dict[str, Member]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, member in sorted(members.items()):
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Lambda requires that all users may execute the binary.
            entry.external_attr = (REGULAR_FILE | member.mode) << 16
            # The system that wrote the entry, which otherwise depends on the machine.
            entry.create_system = UNIX
            archive.writestr(entry, member.content)
    return buffer.getvalue()


def write_tar_gz(path: Path, members: dict[str, Member]) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, member in sorted(members.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(member.content)
            entry.mode = member.mode
            archive.addfile(entry, io.BytesIO(member.content))
    path.write_bytes(gzip.compress(buffer.getvalue(), mtime=0))
