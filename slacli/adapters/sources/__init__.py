"""Opens exported CSV files for an engine, and proves that no row is lost.

It knows how to see that a file is regular in one quick pass, what to do where it is not, and how many records the
engine must find. An engine reads `Export.path` with the delimiter given here, a quote as quote and escape, every
column as text, and the header line skipped; if it refuses the file or counts otherwise, `careful` gives a copy in
which every record that can be read is regular and every other one is accounted for.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from dataclasses import field as _field
from pathlib import Path
from typing import BinaryIO

from slacli.adapters.sources.ends import find_end
from slacli.adapters.sources.footers import DIALECTS, Footers
from slacli.adapters.sources.given import (
    Given,
    Identity,
    find,
    is_safe,
    private,
    read_given,
    reading,
    refuse_repeats,
    safe,
)
from slacli.adapters.sources.headers import BOM, HEAD_LIMIT, Head, choose
from slacli.adapters.sources.kinds import refuse_other_kinds
from slacli.adapters.sources.recover import Gaps, Lost, has_multi_byte, recover
from slacli.adapters.sources.scan import Scan, Scanner
from slacli.core.wording import sanitised
from slacli.errors import CannotRun
from slacli.model import Binding

__all__ = ["Export", "Lost", "careful", "opened", "unchanged"]

_Found = tuple[Given, Path, Identity]


@dataclass(frozen=True, slots=True)
class _Origin:
    """The bytes that an export came from, and what is known of them."""

    given: Given
    path: Path
    identity: Identity
    room: Path
    head: Head
    bom: bool
    scan: Scan
    stop: int


@dataclass(frozen=True, slots=True)
class Export:
    """One exported file, ready for an engine.

    `path` is what the engine reads: the file itself where it is regular, else a private copy. Its `newline` is for
    the engine to leave unsaid where it is a carriage return with a line feed (measured: DuckDB 2.0, told of it in
    strict mode, finds no rows and says nothing). `columns` and `currencies` lead from a field to an index of
    `header`. `sha256` and `size` are of the bytes that the user gave. `lost` keeps the first thousand unreadable
    rows; `pasted` has the lines where another export seems to start or end in mid-file.
    """

    name: str
    path: str
    binding: Binding
    header: tuple[str, ...]
    columns: Mapping[str, int]
    currencies: Mapping[str, int]
    delimiter: str
    newline: str
    records: int
    sha256: str
    size: int
    encoding: str
    ascii: bool
    cut: tuple[tuple[str, int], ...] = ()
    lost: tuple[Lost, ...] = ()
    lost_total: int = 0
    notes: tuple[str, ...] = ()
    pasted: tuple[int, ...] = ()
    rewritten: bool = False
    gaps: Gaps = _field(default=Gaps(), repr=False)
    origin: _Origin = _field(kw_only=True, repr=False, compare=False)

    @property
    def total(self) -> int:
        """All rows of the file but its header: those to be judged, those cut, and those that cannot be read."""
        return self.records + sum(count for _, count in self.cut) + self.lost_total

    def row(self, index: int) -> int:
        """Give the row that a spreadsheet shows for the engine's record `index`, counted from 0.

        The header is row 1, and rows that were cut or lost count too.
        """
        return index + 2 + self.origin.head.blank_lines + self.gaps.before(index)


@contextmanager
def opened(
    given: Sequence[str], bindings: Mapping[str, Binding], stdin: BinaryIO | None = None
) -> Iterator[tuple[Export, ...]]:
    """Open every export that was given, each under its binding, and remove all private copies in the end.

    `given` holds `leads.csv`, `lead=leads.csv` for a record, `salesforce_leads=leads.csv` for a binding, or `-` for
    standard input. Raises CannotRun for a file that is none, that holds no CSV text or that no single binding fits.
    """
    with reading("the folder for temporary files"):
        room = Path(tempfile.mkdtemp(prefix="slacli-"))
    try:
        if not is_safe(str(room)):
            where = sanitised(str(room.parent))
            raise CannotRun(
                f"the folder for temporary files has a name that engines take for a pattern: `{where}`",
                "set `TMPDIR` to a folder with a plain name",
            )
        wanted = [read_given(text, bindings) for text in given]
        # Before any is read: a pipe gives its text once, and then waits for ever.
        refuse_repeats(((one, one.name) for one in wanted), "are the same file")
        found = [(one, *find(one, stdin, room)) for one in wanted]
        refuse_repeats(((one, (at.device, at.inode)) for one, _, at in found), "are the same file")
        exports = tuple(_open(one, room, bindings) for one in found)
        filled = [e for e in exports if e.total]
        refuse_repeats(((e.origin.given, (e.binding.id, e.sha256)) for e in filled), "hold the same bytes")
        yield exports
    finally:
        shutil.rmtree(room, ignore_errors=True)


def careful(export: Export) -> Export:
    """Open an export again by the careful road: a copy of its readable records, and an account of all others.

    One that came by this road stays as it is. Raises CannotRun where the file is no longer the one that was opened.
    """
    if export.rewritten:
        return export
    origin = export.origin
    unchanged(export)
    head, scan = origin.head, origin.scan
    with reading(origin.given.shown):
        encoding = _encoding(origin)
        valid = scan.utf8 and origin.stop == scan.size and encoding != "windows-1252"
        copy = private(origin.room)
        made = recover(
            origin.path,
            copy,
            head,
            encoding=encoding,
            sound=valid,
            only_returns=scan.only_returns,
            footers=_footers(export.binding, head),
        )
    unchanged(export)
    return replace(
        export,
        path=str(copy),
        newline="\n",
        records=made.records,
        encoding=encoding,
        ascii=made.ascii,
        cut=made.cut,
        lost=made.lost,
        lost_total=made.lost_total,
        notes=tuple(_notes(scan, encoding)),
        pasted=made.pasted,
        rewritten=True,
        gaps=made.gaps,
    )


def unchanged(export: Export) -> None:
    """Return when the file is still the one that was opened; raises CannotRun where it changed meanwhile."""
    origin = export.origin
    with reading(origin.given.shown):
        same = Identity.of(origin.path.stat()) == origin.identity and origin.scan.size == origin.identity.size
    if not same:
        raise CannotRun(
            f"{origin.given.shown} changed while it was read",
            "export it to a file that nothing else writes to, and run again",
        )


def _open(found: _Found, room: Path, bindings: Mapping[str, Binding]) -> Export:
    given, path, identity = found
    with reading(given.shown):
        with path.open("rb") as file:
            start = file.read(HEAD_LIMIT)
        refuse_other_kinds(given.shown, start)
        chosen = choose(given, start, whole=identity.size <= len(start), bindings=bindings)
        binding, head = chosen.binding, chosen.head
        footers = _footers(binding, head)
        stop, cut = find_end(path, identity.size, head, footers)
        bom = start.startswith(BOM)
        begin = len(BOM) if bom else 0
        scan = Scanner(
            given.shown,
            begin,
            stop,
            header=head.raw,
            delimiter=head.delimiter,
            width=len(head.cells),
            footers=footers,
        ).run(path)
        regular = scan.tidy and not head.blank_lines
        whole = not begin and stop == scan.size
        name = str(path)
        if regular:
            name = safe(path, room) if whole else _part(path, room, begin, stop)
        export = Export(
            name=given.title,
            path=name,
            binding=binding,
            header=head.cells,
            columns=chosen.columns,
            currencies=chosen.currencies,
            delimiter=head.delimiter.decode(),
            newline="\r\n" if scan.pairs else "\n",
            records=scan.records - 1,
            sha256=scan.sha256,
            size=scan.size,
            encoding="utf-8 with BOM" if bom else "utf-8",
            ascii=scan.ascii,
            cut=tuple(cut.items()),
            origin=_Origin(given, path, identity, room, head, bom, scan, stop),
        )
    unchanged(export)
    return export if regular else careful(export)


def _footers(binding: Binding, head: Head) -> Footers | None:
    return Footers(head.delimiter, len(head.cells)) if binding.reads.dialect in DIALECTS else None


def _encoding(origin: _Origin) -> str:
    if origin.bom:
        return "utf-8 with BOM"
    return "utf-8" if origin.scan.utf8 or has_multi_byte(origin.path) else "windows-1252"


def _notes(scan: Scan, encoding: str) -> Iterator[str]:
    if encoding == "windows-1252":
        yield "read as Windows-1252"
    if scan.only_returns and scan.returns:
        yield "lines end with a carriage return alone"
    elif not scan.open_quote and sum(map(bool, (scan.feeds, scan.pairs, scan.returns))) > 1:
        yield "mixed line ends"


def _part(path: Path, room: Path, start: int, stop: int) -> str:
    """Copy a stretch of a file into a private one."""
    copy = private(room)
    with path.open("rb") as source, copy.open("wb") as target:
        source.seek(start)
        left = stop - start
        while left and (piece := source.read(min(left, 1 << 22))):
            target.write(piece)
            left -= len(piece)
    return str(copy)
