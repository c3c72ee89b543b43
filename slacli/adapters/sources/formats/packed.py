"""Packed files: gzip, and zip archives that hold one file, unpacked within limits that no bomb passes."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import Path
from typing import Protocol

from slacli.adapters.sources.formats.made import TEXT_LIMIT, Task
from slacli.adapters.sources.given import private
from slacli.core.wording import number
from slacli.errors import CannotRun

RATIO = 200  # how many times its size a packed file may hold; what CRMs write seldom passes 30
FREE = 100 << 20  # bytes below which no ratio is asked for

_BLOCK = 1 << 20
BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError)
_UNPACK = "unpack it and give the files that you mean"


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def is_gzip(start: bytes) -> bool:
    return start.startswith(b"\x1f\x8b")


def is_zip(start: bytes) -> bool:
    return start.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def gunzip(task: Task) -> Path:
    """Unpack a gzip file, of one member or of several.

    Raises CannotRun where it is damaged or holds more than it may.
    """
    with task.path.open("rb") as file, gzip.GzipFile(fileobj=file) as packed:
        return _copied(task, packed, task.size)


def unzip(task: Task) -> Path:
    """Unpack the one file of a zip archive.

    Raises CannotRun where it holds none or several, is locked or damaged, or holds more than it may.
    """
    with opened(task) as archive:
        found = [one for one in archive.infolist() if not (one.is_dir() or _hidden(one.filename))]
        if len(found) != 1:
            what = f"{number(len(found))} files" if found else "no file"
            raise CannotRun(f"{task.shown} is an archive (zip) with {what}", _UNPACK)
        refuse_locked(task, found[0])
        try:
            with archive.open(found[0]) as packed:
                return _copied(task, packed, max(found[0].compress_size, 1))
        except BROKEN as error:
            raise damaged(task) from error


def opened(task: Task) -> zipfile.ZipFile:
    """Open a zip archive; raises CannotRun where its list of files cannot be read."""
    try:
        return zipfile.ZipFile(task.path)
    except BROKEN as error:
        raise damaged(task) from error


def refuse_locked(task: Task, member: zipfile.ZipInfo) -> None:
    """Return when a file in an archive can be read without a password; raises CannotRun otherwise."""
    if member.flag_bits & 1:
        raise CannotRun(f"{task.shown} is locked with a password", "unlock it, or export the data again")


def damaged(task: Task) -> CannotRun:
    return CannotRun(f"{task.shown} is damaged: it cannot be unpacked to its end", "fetch or export it again")


def _copied(task: Task, packed: _Readable, size: int) -> Path:
    copy = private(task.room)
    limit = min(TEXT_LIMIT, max(FREE, RATIO * size))
    total = 0
    with copy.open("wb") as target:
        while block := _block(task, packed):
            total += len(block)
            if total > limit:
                raise CannotRun(
                    f"{task.shown} holds more than {number(limit // 10**6)} MB, which is too much for its size",
                    "unpack it yourself if you trust it, and give the file",
                )
            target.write(block)
    return copy


def _block(task: Task, packed: _Readable) -> bytes:
    try:
        return packed.read(_BLOCK)
    except BROKEN as error:
        raise damaged(task) from error


def _hidden(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == "__MACOSX" or parts[-1].startswith(".")
