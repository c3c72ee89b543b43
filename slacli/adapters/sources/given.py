"""How a name from the command line becomes a regular file.

It knows which binding the name asks for, keeps standard input and pipes in a private file, refuses links that lead
out of a checkout, and hides names that an engine would take for a pattern.
"""

from __future__ import annotations

import errno
import glob
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from slacli.core.wording import number, sanitised
from slacli.errors import CannotRun
from slacli.model import Binding
from slacli.values import dataclass

SPOOL_LIMIT = 20 * 10**9  # bytes kept of standard input or of a pipe; a file on disk has no limit

_BLOCK = 1 << 20
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
# Measured: DuckDB takes these for patterns or for partitions (`year=2026/` adds a column) and unpacks by the ending.
_UNSAFE = re.compile(r"[*?\[\]{}=]|://")
_PATTERN = re.compile(r"[*?]")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_PLAIN_ENDINGS = (".csv", ".txt", ".tsv")


@dataclass(frozen=True, slots=True)
class Given:
    """One export as the user gave it, the binding or record that it was named for, and the sheet of a workbook."""

    name: str
    binding: str | None = None
    record: str | None = None
    sheet: str = ""

    @property
    def title(self) -> str:
        """How a report calls it."""
        called = "standard input" if self.name == "-" else self.name
        return f"{called}#{self.sheet}" if self.sheet else called

    @property
    def shown(self) -> str:
        """How messages call it."""
        return self.title if self.name == "-" else f"`{self.plain}`"

    @property
    def plain(self) -> str:
        return sanitised(f"{self.name}#{self.sheet}" if self.sheet else self.name)


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells that a file is still the one that was read."""

    device: int
    inode: int
    size: int
    changed: int

    @classmethod
    def of(cls, found: os.stat_result) -> Identity:
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def read_given(text: str, bindings: Mapping[str, Binding]) -> Given:
    """Read `leads.csv`, `book.xlsx#Leads` (a sheet), `lead=leads.csv` (a record) or `salesforce_leads=leads.csv`.

    A file whose whole name holds the `=` or the `#` comes first.
    """
    before, equals, after = text.partition("=")
    if equals and after and not os.path.lexists(text):
        if before in bindings:
            return replace(_of_sheet(after), binding=before)
        if any(b.record == before for b in bindings.values()):
            return replace(_of_sheet(after), record=before)
    return _of_sheet(text)


def read_said(text: str) -> Given:
    """Read a name as `read_given` does, where nobody knows yet which records there are: any id may be that of one."""
    before, equals, after = text.partition("=")
    if equals and after and _ID.fullmatch(before) and not os.path.lexists(text):
        return replace(_of_sheet(after), record=before)
    return _of_sheet(text)


def _of_sheet(text: str) -> Given:
    """Tell the name of a workbook from that of its sheet behind a `#`."""
    if "#" in text and "\0" not in text and not os.path.lexists(text):
        for found in re.finditer("#", text):
            name, sheet = text[: found.start()], text[found.end() :]
            if name and sheet and (name == "-" or os.path.lexists(name) or _PATTERN.search(name)):
                return Given(name, sheet=sheet)
    return Given(text)


def spread(given: Given) -> list[Given]:
    """Give the files of a folder, or those that a pattern such as `Leads_*.csv` names, in the order of their names.

    Hidden ones are left out; a file whose whole name looks like a pattern is that file. Raises CannotRun where there
    are none, or where a folder holds folders, of which nobody could say whether they are meant.
    """
    if given.name in {"", "-"} or "\0" in given.name or _ADDRESS.match(given.name):
        return [given]
    path = Path(given.name)
    with reading(given.shown):
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if not one.name.startswith("."))
            folders = [one for one in inside if one.is_dir()]
            if folders:
                raise CannotRun(
                    f"{given.shown} holds the folder `{sanitised(folders[0].name)}`, and slacli does not look into it",
                    f"name the files: `{given.plain.rstrip('/')}/*.csv`",
                )
            if not inside:
                raise CannotRun(f"{given.shown} is a folder without files", "give the name of an exported file")
            # Joined as text: a path would drop a leading `./`, and reports name files as they were given.
            before = given.name if given.name.endswith("/") else f"{given.name}/"
            return [replace(given, name=before + one.name) for one in inside]
        if not _PATTERN.search(given.name) or os.path.lexists(path):
            return [given]
        # A bracket is always itself: `q[1].csv`, when it is not there, must never become `q1.csv`.
        found = sorted(glob.glob(given.name.replace("[", "[[]")))  # noqa: PTH207 - names stay as they were given
        if not found:
            raise CannotRun(f"no file has a name like {given.shown}", "check the name")
        return [replace(given, name=one) for one in found]


def find(given: Given, stdin: BinaryIO | None, room: Path) -> tuple[Path, Identity]:
    """Find the regular file that holds what was given; what can be read only once is kept in a file in `room`.

    Raises CannotRun for what is no file: an address, a folder, a device, a link out of the checkout under `CI=true`.
    """
    if given.name == "-":
        stream = stdin or getattr(sys.stdin, "buffer", None)  # a program without a console has none
        if stream is None or stream.isatty():
            raise CannotRun("nothing is piped into standard input", "pipe an exported file into it")
        return _spool(given, stream, room)
    if _ADDRESS.match(given.name):
        raise CannotRun(
            f"{given.shown} is a web address, and slacli reads only files",
            "download it first and give the name of the file",
        )
    if not given.name or "\0" in given.name:
        raise CannotRun(f"{given.shown} is no name of a file", "give the name of an exported file")
    with reading(given.shown):
        path = Path(given.name)
        try:
            found = path.stat()
        except FileNotFoundError as none:
            before, equals, _ = given.name.partition("=")
            help_ = f"`{sanitised(before)}` is no record and no binding of the contract" if equals else "check the name"
            if path.is_symlink():
                help_ = "it is a link that leads nowhere"
            raise CannotRun(f"there is no file {given.shown}", help_) from none
        piped = stat.S_ISFIFO(found.st_mode)
        _refuse_links_out(given, piped=piped)
        if piped:
            with path.open("rb", buffering=0) as pipe:
                return _spool(given, pipe, room)
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a device"
            raise CannotRun(f"{given.shown} is {kind}, not a file", "give the name of an exported file")
        real = path.resolve(strict=True)
        return real, Identity.of(real.stat())


def is_safe(name: str) -> bool:
    """Tell whether an engine can only take `name` for what it is."""
    return name.isprintable() and not _UNSAFE.search(name)


def _is_plain(path: Path) -> bool:
    """Tell whether an engine can only read `path` as this one file."""
    return is_safe(str(path)) and path.suffix.lower() in _PLAIN_ENDINGS


def safe(path: Path, room: Path) -> str:
    """Give a name for `path` that an engine can only read as this one file: its own, else a private link to it."""
    if _is_plain(path):
        return str(path)
    link = private(room)
    link.unlink()
    for make in (link.symlink_to, link.hardlink_to):
        try:
            make(path)
        except OSError:
            continue
        return str(link)
    return str(shutil.copyfile(path, private(room)))


def private(room: Path) -> Path:
    """Create an empty file in `room` that nobody else may read, and give its name."""
    handle, name = tempfile.mkstemp(suffix=".csv", dir=room)
    os.close(handle)
    return Path(name)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn an error of the operating system in this block into CannotRun; `what` is how messages call the file."""
    try:
        yield
    except OSError as failed:
        full = failed.errno in {errno.ENOSPC, errno.EDQUOT}
        raise CannotRun(
            f"{what} could not be read: {(failed.strerror or 'the system gave no reason').lower()}",
            "make room on the disk that holds temporary files" if full else "check the file and who may read it",
        ) from failed


def refuse_repeats(keys: Iterable[tuple[Given, Hashable]], same: str) -> None:
    """Return when the keys of what was given all differ; `same` says what it means where two are equal.

    Raises CannotRun otherwise: every row would count twice.
    """
    seen: dict[Hashable, Given] = {}
    for given, key in keys:
        first = seen.setdefault(key, given)
        if first is not given:
            twice = f"{given.shown} was given twice"
            what = twice if first.title == given.title else f"{given.shown} and {first.shown} {same}"
            raise CannotRun(what, "give every export once")


def _refuse_links_out(given: Given, *, piped: bool) -> None:
    if os.environ.get("CI", "").lower() not in {"true", "1"}:
        return
    here = Path.cwd().resolve()
    path = Path(os.path.normpath(Path.cwd() / given.name))
    real = path.resolve()
    inside = path.is_relative_to(Path.cwd()) or path.is_relative_to(here)
    if real.is_relative_to(here) or not (inside or path.is_symlink()):
        return
    if piped and real.is_relative_to("/proc"):  # a shell's `<(...)`
        return
    raise CannotRun(
        f"{given.shown} is a link that leads out of the working directory, which `CI=true` does not allow",
        "give the file itself",
    )


def _spool(given: Given, stream: BinaryIO, room: Path) -> tuple[Path, Identity]:
    with reading(given.shown):
        path = private(room)
        size = 0
        # One call of the system at a time: an interrupt between two calls would wait for a pipe that says nothing.
        read = getattr(stream, "read1", stream.read)
        with path.open("wb") as copy:
            while block := read(_BLOCK):
                size += len(block)
                if size > SPOOL_LIMIT:
                    raise CannotRun(
                        f"{given.shown} gave more than {number(SPOOL_LIMIT // 10**6)} MB",
                        "give the name of a file instead",
                    )
                copy.write(block)
        return path, Identity.of(path.stat())
