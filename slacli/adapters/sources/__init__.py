"""Opens exported files for an engine, and proves that no row is lost.

A file of another form than CSV text is made into it first (`formats`); all that follows is about text. It knows how to
see that a file is regular in one quick pass, what to do where it is not, and how many records the
engine must find. An engine reads `Export.parts` with the delimiter given here, a quote as quote and escape, every
column as text, and the header line skipped; if it refuses the file or counts otherwise, `careful` gives a copy in
which every record that can be read is regular and every other one is accounted for.

A file that its first bytes show to be irregular is copied in the pass that looks through it, in parts: the engine can
read the first ones while the others are still made.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import field as _field
from dataclasses import replace
from functools import partial
from heapq import merge
from operator import attrgetter
from pathlib import Path
from threading import Condition, Event
from typing import BinaryIO, Protocol

from slacli.adapters.sources.ends import find_end
from slacli.adapters.sources.footers import Footers
from slacli.adapters.sources.formats import Made, made, name_of
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
    spread,
)
from slacli.adapters.sources.headers import BOM, HEAD_LIMIT, Chosen, Head, choose
from slacli.adapters.sources.kinds import refuse_other_kinds
from slacli.adapters.sources.recover import LOST_LIMIT, Gaps, Lost, Recovered, every_lost, has_multi_byte, recover
from slacli.adapters.sources.scan import Passing, Scan, Scanner
from slacli.core.dialects import DIALECTS
from slacli.core.wording import sanitised
from slacli.errors import CannotRun
from slacli.model import Binding
from slacli.values import dataclass

__all__ = [
    "Export", "Lost", "Meanwhile", "Part", "Seen", "as_read", "careful", "opened", "rebound", "unchanged", "under",
    "unreadable",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that was given, and the text to read: the file itself, or what was made of it."""

    given: Given
    file: Path
    identity: Identity
    path: Path
    size: int
    sha256: str = ""
    made: Made = _field(default=Made(Path()), repr=False)

    @property
    def part(self) -> tuple[int, int, str]:
        """What tells this table from every other: the file that it is in, and the sheet."""
        return self.identity.device, self.identity.inode, self.made.sheet


# Each part of a copy holds twice as much as the one before it: the engine is still reading one when the next is made,
# and most is left for when it has the whole machine to itself. Measured: with two parts it waits longer, and with four
# it plans longer; a tenth of the time is won by three.
_PARTS = 3
_MANY_BYTES = 32 << 20

Seen = Callable[[str, int, int, int], None]
"""Is told the name of a file, how many bytes of it were looked through, its size, and about how many records that is.

It is called from another thread, after each block of a file.
"""


def _nobody(_name: str, _done: int, _size: int, _rows: int) -> None:
    """Take note of nothing."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """The bytes that an export came from, and what is known of them; `row` is about how long one of its rows is."""

    found: _Found
    room: Path
    head: Head
    bom: bool
    scan: Scan
    stop: int
    row: int

    @property
    def given(self) -> Given:
        return self.found.given

    @property
    def path(self) -> Path:
        return self.found.path

    @property
    def regular(self) -> bool:
        """Whether an engine can read the content as it is."""
        return self.scan.tidy and not self.head.blank_lines

    @property
    def whole(self) -> bool:
        """Whether every byte of the file is for the engine."""
        return not self.bom and self.stop == self.found.size


@dataclass(frozen=True, slots=True)
class Part:
    """A file that an engine reads, its header first, and the number of records in it."""

    path: str
    records: int


@dataclass(frozen=True, slots=True)
class Export:
    """One exported file, ready for an engine.

    `parts` are what the engine reads, one after the other: the file itself where it is regular, else a private
    copy, which may lie in several files. Their `newline` is for the engine to leave unsaid where it is a carriage
    return with a line feed (measured: DuckDB 2.0, told of it in strict mode, finds no rows and says nothing).
    `columns` and `currencies` lead from a field to an index of `header`. `sha256` and `size` are of the bytes that
    the user gave. `lost` keeps the first thousand unreadable rows, and `unreadable` gives all; `pasted` has the
    lines where another export seems to start or end in mid-file.
    """

    name: str
    parts: tuple[Part, ...]
    binding: Binding
    header: tuple[str, ...]
    columns: Mapping[str, int]
    currencies: Mapping[str, int]
    delimiter: str
    newline: str
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
    account: Path | None = _field(default=None, repr=False, compare=False)
    gaps: Gaps = _field(default=Gaps(), repr=False)
    origin: _Origin = _field(kw_only=True, repr=False, compare=False)

    @property
    def extent(self) -> tuple[int, int]:
        """The bytes that an engine reads, and about how many a row takes; 0 and 0 of a copy that was mended."""
        return (0, 0) if self.rewritten else (self.origin.stop, self.origin.row)

    @property
    def records(self) -> int:
        """The rows that an engine must find."""
        return sum(part.records for part in self.parts)

    @property
    def total(self) -> int:
        """All rows of the file but its header: those to be judged, those cut, and those that cannot be read."""
        return self.records + sum(count for _, count in self.cut) + self.lost_total

    def row(self, index: int) -> int:
        """Give the row that people see in the file for the engine's record `index`, counted from 0.

        A header line is row 1, and rows that were cut or lost count too.
        """
        return self.origin.found.made.row(index + self.origin.head.blank_lines + self.gaps.before(index))


class Meanwhile(Protocol):
    """Work that is begun while files are still looked through."""

    def planned(self, promised: tuple[Export, ...], whole: Callable[[int, int], bool]) -> Callable[[], None]:
        """Give the work with exports as the first bytes of their files promise them, without counts and digests.

        Of the export of a number, a part may be read when `whole` has said so: it waits until the part is made, and
        gives False where it never will be. Nothing that comes of it counts before `opened` has given the same exports.
        """
        ...

    def stop(self) -> None:
        """Leave off, asked from another thread: a file has broken its promise."""
        ...


@contextmanager
def opened(
    given: Sequence[str],
    bindings: Mapping[str, Binding],
    stdin: BinaryIO | None = None,
    meanwhile: Meanwhile | None = None,
    seen: Seen = _nobody,
) -> Iterator[tuple[Export, ...]]:
    """Open every export that was given, each under its binding, and remove all private copies in the end.

    `given` holds `leads.csv`, `lead=leads.csv` for a record, `salesforce_leads=leads.csv` for a binding, a folder or a
    pattern for all files of it, or `-` for standard input. `seen` follows the pass over each file. Raises CannotRun for
    a file that is none, that holds no table or that no single binding fits.
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
        wanted = [one for text in given for one in spread(read_given(text, bindings))]
        # Before any is read: a pipe gives its text once, and then waits for ever.
        refuse_repeats(((one, (one.name, one.sheet * (one.name != "-"))) for one in wanted), "are the same file")
        files = [(one, *find(one, stdin, room)) for one in wanted]
        found = [each for one in files for each in _found(*one, room, bindings)]
        refuse_repeats(((one.given, one.part) for one in found), "are the same file")
        exports = _opened(found, room, bindings, meanwhile, seen)
        filled = [e for e in exports if e.total]
        refuse_repeats(
            ((e.origin.given, (e.binding.id, e.sha256, e.origin.found.made.sheet)) for e in filled),
            "hold the same bytes",
        )
        refuse_repeats(((e.origin.given, (e.binding.id, e.origin.scan.sha256)) for e in filled), "hold the same rows")
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
    head, scan, before = origin.head, origin.scan, origin.found.made
    with reading(origin.given.shown), origin.path.open("rb") as source:
        encoding = _encoding(origin)
        raw = not before.encoding and encoding == "windows-1252"
        valid = scan.utf8 and origin.stop == scan.size and not raw
        copy, account = private(origin.room), private(origin.room)
        whole = recover(
            source,
            [copy],
            head,
            windows=raw,
            called=name_of(encoding),
            sound=valid,
            only_returns=scan.only_returns,
            footers=_footers(export.binding, head),
            lost=account,
        )
    unchanged(export)
    return _rewritten(export, [str(copy)], whole, account, encoding)


def _rewritten(export: Export, parts: Sequence[str], whole: Recovered, account: Path, encoding: str) -> Export:
    """Give an export as it stands in a copy that the careful road made of a file in an encoding."""
    before = export.origin.found.made
    windows = not before.encoding and encoding == "windows-1252"
    return replace(
        export,
        parts=tuple(Part(*pair) for pair in zip(parts, whole.records, strict=True)),
        newline="\n",
        encoding=encoding,
        ascii=whole.ascii,
        cut=(*before.cut, *whole.cut),
        lost=(*before.lost, *(_in_the_file(before, one) for one in whole.lost))[:LOST_LIMIT],
        lost_total=before.lost_total + whole.lost_total,
        notes=(*before.notes, *_notes(export.origin.scan, unclosed=whole.unclosed, windows=windows)),
        pasted=tuple(before.line(line) for line in whole.pasted),
        rewritten=True,
        account=account,
        gaps=whole.gaps,
    )


def unreadable(export: Export) -> Iterator[Lost]:
    """Give every row of an export that cannot be read, in the order of the file, for as long as it is open."""
    before = export.origin.found.made
    on_the_way = every_lost(before.account) if before.account is not None else iter(())
    in_the_text = every_lost(export.account) if export.account is not None else iter(())
    yield from merge(on_the_way, (_in_the_file(before, one) for one in in_the_text), key=attrgetter("row"))


def _in_the_file(before: Made, one: Lost) -> Lost:
    """Give a row that was lost in a text by where it stands in the file that the text was made of."""
    if before.rows < 0:
        return one
    row = before.line(one.line)
    return Lost(row, row, one.reason)


def rebound(export: Export, bindings: Mapping[str, Binding]) -> Export | None:
    """Give an export as other bindings name its columns, without looking through the file again.

    None where they read the file itself in another way, so that its rows would not be the same. Raises CannotRun where
    no single one of them fits.
    """
    origin = export.origin
    found = origin.found
    if found.given.binding not in {None, *bindings}:
        # Who named a binding has named its record.
        found = replace(found, given=replace(found.given, binding=None, record=export.binding.record))
    chosen = _look(found, bindings).chosen
    if chosen.head != origin.head or _as_text(chosen.binding) != _as_text(export.binding):
        return None
    return replace(export, binding=chosen.binding, columns=chosen.columns, currencies=chosen.currencies)


def _as_text(binding: Binding) -> tuple[str, str, bool]:
    """Give what of a binding says which text a file is, and where it ends."""
    reads = binding.reads
    return reads.encoding, reads.sheet, DIALECTS[reads.dialect].footer


def under(export: Export, binding: Binding) -> Export:
    """Give an export under a binding that names no more of its columns than its own does."""
    columns = {name: at for name, at in export.columns.items() if name in binding.columns}
    currencies = {name: at for name, at in export.currencies.items() if name in binding.columns}
    return replace(export, binding=binding, columns=columns, currencies=currencies)


def as_read(export: Export, read: Export) -> Export:
    """Give an export with what is known of its file since it was read under another binding."""
    return replace(read, binding=export.binding, columns=export.columns, currencies=export.currencies)


def unchanged(export: Export) -> None:
    """Return when the file is still the one that was opened; raises CannotRun where it changed meanwhile."""
    origin = export.origin
    with reading(origin.given.shown):
        here = origin.found
        same = Identity.of(here.file.stat()) == here.identity and origin.scan.size == here.size
    if not same:
        raise CannotRun(
            f"{origin.given.shown} changed while it was read",
            "export it to a file that nothing else writes to, and run again",
        )


def _opened(
    found: Sequence[_Found], room: Path, bindings: Mapping[str, Binding], meanwhile: Meanwhile | None, seen: Seen
) -> tuple[Export, ...]:
    """Look through every file, in a thread of its own so that something else can be done meanwhile."""
    promised = _promised(found, room, bindings) if meanwhile is not None else ()
    halted, making = Event(), _Making()

    def passed(number: int) -> Export:
        kept = not promised
        try:
            if promised and promised[number].rewritten:
                made = partial(making.done, number)
                export = _mend_through(found[number], promised[number], room, bindings, halted, seen, made)
            else:
                if promised and not promised[number].origin.whole:
                    _copy(promised[number], halted)
                    making.done(number, 0)
                export = _look_through(found[number], room, bindings, halted, seen)
            kept = kept or _reads_alike(promised[number], export)
        finally:
            if meanwhile is not None and not kept:
                making.give_up()
                meanwhile.stop()
        return export

    def is_there(number: int) -> bool:
        return not promised or (promised[number].origin.whole and not promised[number].rewritten)

    def whole(number: int, part: int) -> bool:
        return is_there(number) or making.wait(number, part)

    with ThreadPoolExecutor(max_workers=1) as thread:

        def look() -> dict[int, Future[Export]]:
            # First those of which a copy is waited for.
            return {number: thread.submit(passed, number) for number in sorted(range(len(found)), key=is_there)}

        try:
            if meanwhile is None or not promised:
                passes = look()
            elif all(map(is_there, range(len(found)))):
                # Python does one thing at a time: what is to be read is planned first.
                work = meanwhile.planned(promised, whole)
                passes = look()
                work()
            else:
                passes = look()
                meanwhile.planned(promised, whole)()
            return tuple(
                _ready(passes[number].result(), promised[number] if promised else None, halted)
                for number in range(len(found))
            )
        finally:
            halted.set()


class _Making:
    """Which parts of which exports are made so far, for another thread to wait for."""

    def __init__(self) -> None:
        self._done: set[tuple[int, int]] = set()
        self._over = False
        self._news = Condition()

    def done(self, number: int, part: int) -> None:
        with self._news:
            self._done.add((number, part))
            self._news.notify_all()

    def give_up(self) -> None:
        with self._news:
            self._over = True
            self._news.notify_all()

    def wait(self, number: int, part: int) -> bool:
        """Wait until a part is made; False says that it never will be, or is of no use."""
        with self._news:
            self._news.wait_for(lambda: self._over or (number, part) in self._done)
            return not self._over


def _promised(found: Sequence[_Found], room: Path, bindings: Mapping[str, Binding]) -> tuple[Export, ...]:
    """Give the exports as the first bytes of their files promise them; none where one of them promises nothing.

    Neither are any given where all files are so small that they are looked through in no time.
    """
    if all(one.size <= HEAD_LIMIT for one in found):
        return ()
    exports = []
    for one in found:
        try:
            look = _look(one, bindings)
        except CannotRun:
            return ()
        scan = look.scanner().glimpse(look.start[look.begin :])
        export = look.export(scan, room)
        if export.origin.regular:
            exports.append(_named(export, one.given))
        elif scan.only_returns or not scan.utf8:
            return ()
        else:
            exports.append(_copied(export))
    return tuple(exports)


def _named(export: Export, given: Given) -> Export:
    """Give an export the name by which an engine reads it: of the file, or of a copy of what is its own in the file."""
    origin = export.origin
    with reading(given.shown):
        name = safe(origin.path, origin.room) if origin.whole else str(private(origin.room))
    return replace(export, parts=(Part(name, export.records),))


def _copied(export: Export) -> Export:
    """Promise a copy of an irregular file, in as many parts as its size is worth."""
    origin = export.origin
    count = _PARTS if origin.found.size >= _MANY_BYTES else 1
    parts = tuple(Part(str(private(origin.room)), 0) for _ in range(count))
    return replace(export, parts=parts, newline="\n", rewritten=True)


def _reads_alike(promised: Export, export: Export) -> bool:
    """Tell whether a file that was looked through is read as it was promised."""
    if promised.rewritten:
        return export.rewritten and export.ascii == promised.ascii
    return export.origin.regular and (export.newline, export.ascii) == (promised.newline, promised.ascii)


@dataclass(frozen=True, slots=True)
class _Look:
    """What the first and the last bytes of a file tell: its binding, its header, where its rows begin and end."""

    found: _Found
    start: bytes
    chosen: Chosen
    footers: Footers | None
    stop: int
    cut: Mapping[str, int]

    @property
    def begin(self) -> int:
        return len(BOM) if self.start.startswith(BOM) else 0

    def scanner(self, *, copied: bool = False) -> Scanner:
        head = self.chosen.head
        return Scanner(
            self.found.given.shown,
            self.begin,
            self.stop,
            header=head.raw,
            delimiter=head.delimiter,
            width=len(head.cells),
            footers=self.footers,
            copied=copied,
        )

    def export(self, scan: Scan, room: Path) -> Export:
        """Describe the file as an engine reads it where it lies, by what a pass saw in it."""
        chosen, head, found = self.chosen, self.chosen.head, self.found
        first = self.start[head.end : self.start.rfind(b"\n")]
        return Export(
            name=found.given.title,
            parts=(Part(str(found.path), scan.records - 1),),
            binding=chosen.binding,
            header=head.cells,
            columns=chosen.columns,
            currencies=chosen.currencies,
            delimiter=head.delimiter.decode(),
            newline="\r\n" if scan.pairs else "\n",
            sha256=found.sha256 or scan.sha256,
            size=found.identity.size,
            encoding=found.made.encoding or ("utf-8 with BOM" if self.begin else "utf-8"),
            ascii=scan.ascii,
            cut=(*found.made.cut, *self.cut.items()),
            lost=found.made.lost,
            lost_total=found.made.lost_total,
            notes=found.made.notes,
            origin=_Origin(
                found, room, head, self.begin > 0, scan, self.stop, len(first) // max(first.count(b"\n"), 1)
            ),
        )


def _found(given: Given, file: Path, identity: Identity, room: Path, bindings: Mapping[str, Binding]) -> list[_Found]:
    """Make the texts to read of a file that was given: one, but for a workbook with several sheets that are bound."""
    with reading(given.shown):
        texts = made(given, file, room, bindings)
        if not texts:
            return [_Found(given, file, identity, file, identity.size)]
        digest = ""
        if any(text.path != file for text in texts):
            with file.open("rb") as held:
                digest = hashlib.file_digest(held, "sha256").hexdigest()
        found = []
        for text in texts:
            own = text.path == file
            size = identity.size if own else text.path.stat().st_size
            found.append(_Found(text.given or given, file, identity, text.path, size, "" if own else digest, text))
        return found


def _look(found: _Found, bindings: Mapping[str, Binding]) -> _Look:
    given, path = found.given, found.path
    with reading(given.shown):
        with path.open("rb") as file:
            start = file.read(HEAD_LIMIT)
        if not found.made.delimiter:
            refuse_other_kinds(given.shown, start)
        whole = found.size <= len(start)
        chosen = choose(given, start, whole=whole, bindings=bindings, delimiter=found.made.delimiter)
        footers = _footers(chosen.binding, chosen.head)
        stop, cut = find_end(path, found.size, chosen.head, footers)
    return _Look(found, start, chosen, footers, stop, cut)


def _look_through(found: _Found, room: Path, bindings: Mapping[str, Binding], halted: Event, seen: Seen) -> Export:
    """Look through a whole file, and describe it as it lies."""
    look = _look(found, bindings)

    def told(done: int, rows: int) -> None:
        seen(look.found.given.title, done, look.found.size, rows)

    with reading(look.found.given.shown):
        export = look.export(look.scanner().run(look.found.path, halted, told), room)
    unchanged(export)
    return export


def _mend_through(
    found: _Found,
    promised: Export,
    room: Path,
    bindings: Mapping[str, Binding],
    halted: Event,
    seen: Seen,
    done: Callable[[int], None],
) -> Export:
    """Look through a whole file, and copy in the same pass what can be read of it to the parts that were promised.

    `done` is told of each part when it is made. Where the file turns out to be in Windows-1252, or all of its line
    ends are lost in quotes, the copy is of no use, and the export is given as the file lies.
    """
    look = _look(found, bindings)
    scanner, title = look.scanner(copied=True), look.found.given.title
    parts = [part.path for part in promised.parts]
    with reading(look.found.given.shown), look.found.path.open("rb", buffering=0) as file:
        passing = Passing(scanner, look.found.path, file, halted, lambda at, rows: seen(title, at, found.size, rows))
        account = private(room)
        whole = recover(
            passing,
            [Path(part) for part in parts],
            look.chosen.head,
            windows=False,
            called=name_of(found.made.encoding or "utf-8"),
            sound=False,
            only_returns=False,
            footers=look.footers,
            lost=account,
            size=found.size,
            done=done,
        )
        export = look.export(scanner.whole(), room)
        encoding = _encoding(export.origin)
    unchanged(export)
    if export.origin.scan.only_returns or (encoding == "windows-1252" and not found.made.encoding):
        return export
    return _rewritten(export, parts, whole, account, encoding)


def _ready(export: Export, promised: Export | None, halted: Event) -> Export:
    """Give an export that was looked through for the engine, by the careful road where it is not regular."""
    origin = export.origin
    if promised is not None and not export.rewritten and (promised.rewritten or not origin.regular):
        # A copy that was promised, and of which nothing came.
        for part in promised.parts:
            if part.path != str(origin.path):
                with suppress(OSError):
                    Path(part.path).unlink()
        promised = None
    if origin.regular and not export.rewritten:
        if promised is None:
            promised = _named(export, origin.given)
            if not origin.whole:
                _copy(promised, halted)
        unchanged(export)
        ready = replace(export, parts=(Part(promised.parts[0].path, export.records),))
    else:
        ready = careful(export)
    before = origin.found.made
    if before.rows >= 0 and ready.total != before.rows + before.lost_total + sum(count for _, count in before.cut):
        raise CannotRun(
            f"{origin.given.shown} cannot be read: its rows could not be counted twice alike",
            "this is a fault of slacli: report it with the shape of the file, never with the file",
        )
    return ready


def _footers(binding: Binding, head: Head) -> Footers | None:
    return Footers(head.delimiter, len(head.cells)) if DIALECTS[binding.reads.dialect].footer else None


def _encoding(origin: _Origin) -> str:
    if origin.found.made.encoding:
        return origin.found.made.encoding
    if origin.bom:
        return "utf-8 with BOM"
    return "utf-8" if origin.scan.utf8 or has_multi_byte(origin.path) else "windows-1252"


def _notes(scan: Scan, *, unclosed: bool, windows: bool) -> Iterator[str]:
    if windows:
        yield "read as Windows-1252"
    if scan.only_returns and scan.returns:
        yield "lines end with a carriage return alone"
    elif not unclosed and sum(map(bool, (scan.feeds, scan.pairs, scan.returns))) > 1:
        yield "mixed line ends"


def _copy(promised: Export, halted: Event) -> None:
    """Copy what lies between the mark at the start of a file and the footer at its end to where it was promised.

    It leaves off where another thread says so.
    """
    origin = promised.origin
    copy = Path(promised.parts[0].path)
    with reading(origin.given.shown), origin.path.open("rb") as source, copy.open("wb") as target:
        left = origin.stop - source.seek(len(BOM) if origin.bom else 0)
        while left and not halted.is_set() and (piece := source.read(min(left, 1 << 22))):
            target.write(piece)
            left -= len(piece)
