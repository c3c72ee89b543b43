"""The careful road: every record of an irregular file is either copied as regular text or counted with its reason.

It reads on after a fault: a quote that nobody closed costs the line where it stands, not the rest of the file. Most
lines of most files are a plain record each: those are told from the others a block at a time, and copied together.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import field
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Self, TextIO

from slacli.adapters.sources.footers import Block, Footers, Line, block
from slacli.adapters.sources.headers import BOM, Head
from slacli.adapters.sources.records import CELL_LIMIT, LINE_LIMIT, UNCLOSED, Grammar
from slacli.adapters.sources.scan import Readable, holds_rows
from slacli.values import dataclass

LOST_LIMIT = 1_000  # unreadable rows that are kept one by one; all are counted

_READ = 16 << 20
_AHEAD = 2 * LINE_LIMIT  # bytes in which a record must end
_BLOCK = 1 << 18  # bytes of lines that are looked at together: no cell and no line in them can be too long
_FLUSHED = 1 << 20  # bytes of rows that are written together
LONG_LINE = f"a line of more than {LINE_LIMIT / 10**6:g} MB"
LONG_CELL = f"a cell of more than {CELL_LIMIT / 10**6:g} MB"
_HELD = 200  # lines of one cell that wait for the next row before they are looked at for a footer,
_BEFORE = 20  # of which so many may still belong to one,
_MOST_HELD = 100_000  # and the most that ever wait


@dataclass(frozen=True, slots=True)
class Lost:
    """A row that cannot be read: the physical line where it starts, its row as a spreadsheet counts, and why.

    Nothing in it is a value of the row.
    """

    line: int
    row: int
    reason: str

    def written(self) -> str:
        """Give it as a line of an account, for `every_lost` to read."""
        return f"{self.line}\t{self.row}\t{self.reason}\n"


@dataclass(frozen=True, slots=True)
class Gaps:
    """Where rows of the file are missing from the copy: at which records, and how many up to there in all."""

    records: Sequence[int] = ()
    rows: Sequence[int] = ()

    def before(self, record: int) -> int:
        """Count the rows that the file has before this record and the copy has not."""
        index = bisect_right(self.records, record)
        return self.rows[index - 1] if index else 0


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the careful road made of a file.

    `records` says how many are in each part of the copy; `unclosed` that a row was lost by a quote that nobody closed.
    """

    records: tuple[int, ...]
    ascii: bool
    cut: tuple[tuple[str, int], ...]
    lost: tuple[Lost, ...]
    lost_total: int
    pasted: tuple[int, ...]
    gaps: Gaps
    unclosed: bool = False


def has_multi_byte(path: Path) -> bool:
    """Tell whether a file holds a valid UTF-8 sequence of several bytes anywhere."""
    edge = b""
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            # What is left without the bytes that belong to no sequence is ASCII, or proves that there is one.
            if not piece.isascii() and not (edge + piece).decode("utf-8", "ignore").isascii():
                return True
            edge = piece[-3:]
    return False


def recover(
    source: Readable,
    parts: Sequence[Path],
    head: Head,
    *,
    windows: bool,
    called: str,
    sound: bool,
    only_returns: bool,
    footers: Footers | None,
    lost: Path,
    size: int = 0,
    done: Callable[[int], None] = lambda _: None,
) -> Recovered:
    """Copy the good records of a file to the `parts`, the header first in each, and account for all others.

    Of a `size` in bytes each part but the last takes half of what the next one does; `done` is told the number of each
    as soon as it is whole. Every unreadable row is written to `lost`, for `every_lost` to give.
    With `windows` the text is Windows-1252, else UTF-8; `called` names what it was before. `sound` says that every byte
    of the file is known to be valid; `only_returns` that lines end with a carriage return alone; `footers` is given
    where the dialect has closing lines.
    """
    grammar = Grammar(head.delimiter, len(head.cells), b"\r" if only_returns else b"\n")
    header = grammar.write([c.encode() for c in head.cells])
    with lost.open("w", encoding="utf-8") as account, _Target(parts, header, size, done) as target:
        out = _Copy(target, account, head.blank_lines)
        _Reader(source, out, head, grammar, windows=windows, called=called, sound=sound, footers=footers).run()
        return out.account()


def every_lost(lost: Path) -> Iterator[Lost]:
    """Give every unreadable row of an account, in the order of the file."""
    with lost.open(encoding="utf-8") as file:
        for text in file:
            line, row, reason = text.rstrip("\n").split("\t", 2)
            yield Lost(int(line), int(row), reason)


class _Target:
    """The files that a copy is made of, one after the other."""

    def __init__(self, parts: Sequence[Path], header: bytes, size: int, done: Callable[[int], None]) -> None:
        self.parts = parts
        self.header = header + b"\n"
        self.share = size / (2 ** len(parts) - 1)
        self.done = done
        self.records: list[int] = []
        self.ascii = header.isascii()
        self._before = 0
        self._size = 0
        self._file = self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, text: bytes, records: int) -> None:
        """Take lines, up to so many records of the whole copy."""
        self._file.write(text)
        self.ascii = self.ascii and text.isascii()
        self._size += len(text)
        at = len(self.records)
        if at < len(self.parts) - 1 and self._size >= self.share * 2**at:
            self._end(records)
            self._file = self._begin()

    def end(self, records: int) -> None:
        """End the copy with so many records; what is left of its parts holds a header alone."""
        self._end(records)
        while len(self.records) < len(self.parts):
            self._file = self._begin()
            self._end(records)

    def _begin(self) -> BinaryIO:
        file = self.parts[len(self.records)].open("wb")
        file.write(self.header)
        self._size = 0
        return file

    def _end(self, records: int) -> None:
        self._file.close()
        self.done(len(self.records))
        self.records.append(records - self._before)
        self._before = records


@dataclass(slots=True)
class _Copy:
    """The copy in the making, and the account of what is not in it."""

    target: _Target
    told: TextIO
    blank_before: int
    unclosed: bool = False
    records: int = 0
    lost_total: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    kept: list[Lost] = field(default_factory=list)
    pasted: list[int] = field(default_factory=list)
    _gap_records: array[int] = field(default_factory=lambda: array("q"))
    _gap_rows: array[int] = field(default_factory=lambda: array("q"))
    _lines: list[bytes] = field(default_factory=list)
    _size: int = 0

    def __post_init__(self) -> None:
        if self.blank_before:
            self.cut["blank line"] += self.blank_before

    def write(self, line: bytes) -> None:
        self._lines.append(line)
        self._size += len(line)
        if self._size > _FLUSHED:
            self._flush()

    def record(self, line: bytes) -> None:
        self.records += 1
        self.write(line)

    def lines(self, lines: Sequence[bytes]) -> None:
        """Copy lines of which each is a record as it stands, or blank."""
        blanks = _blanks(lines)
        if blanks:
            self._gap_each([self.records + at - passed for passed, at in enumerate(blanks)])
            self.cut["blank line"] += len(blanks)
        if len(blanks) < len(lines):
            self.records += len(lines) - len(blanks)
            self.write(b"\n".join(filter(None, lines) if blanks else lines))

    def lose(self, line: int, reason: str) -> None:
        self.lost_total += 1
        self.unclosed = self.unclosed or reason == UNCLOSED
        missing = self._gap_rows[-1] if self._gap_rows else 0
        lost = Lost(line, self.records + 2 + self.blank_before + missing, reason)
        self.told.write(lost.written())
        if len(self.kept) < LOST_LIMIT:
            self.kept.append(lost)
        self._gap(self.records)

    def leave(self, reason: str) -> None:
        self.cut[reason] += 1
        self._gap(self.records)

    def account(self) -> Recovered:
        self._flush()
        self.target.end(self.records)
        return Recovered(
            records=tuple(self.target.records),
            ascii=self.target.ascii,
            cut=tuple(self.cut.items()),
            lost=tuple(self.kept),
            lost_total=self.lost_total,
            pasted=tuple(self.pasted),
            gaps=Gaps(self._gap_records, self._gap_rows),
            unclosed=self.unclosed,
        )

    def _gap(self, record: int) -> None:
        if self._gap_records and self._gap_records[-1] == record:
            self._gap_rows[-1] += 1
        else:
            self._gap_rows.append(self._gap_rows[-1] + 1 if self._gap_rows else 1)
            self._gap_records.append(record)

    def _gap_each(self, records: Sequence[int]) -> None:
        """Note rows that are missing at some records, in their order."""
        gaps, rows = self._gap_records, self._gap_rows
        if (gaps and gaps[-1] == records[0]) or len(set(records)) < len(records):
            for record in records:
                self._gap(record)
            return
        before = rows[-1] if rows else 0
        gaps.extend(records)
        rows.extend(range(before + 1, before + 1 + len(records)))

    def _flush(self) -> None:
        if self._lines:
            self.target.write(b"\n".join(self._lines) + b"\n", self.records)
            self._lines.clear()
            self._size = 0


class _Reader:
    """Goes through a file record by record and hands every row on: to the copy, or to what is cut or lost."""

    def __init__(
        self,
        source: Readable,
        out: _Copy,
        head: Head,
        grammar: Grammar,
        *,
        windows: bool,
        called: str,
        sound: bool,
        footers: Footers | None,
    ) -> None:
        self.source = source
        self.out = out
        self.grammar = grammar
        self.windows = windows
        self.called = called
        self.sound = sound
        self.footers = footers
        self.newline = grammar.newline
        self.delimiter = grammar.delimiter
        self.width = grammar.width
        self.header = [c.encode() for c in head.cells]
        self.header_lines = {
            head.raw,
            grammar.write(self.header),
            b'"%b"' % (b'"%b"' % head.delimiter).join(self.header),
        }
        self.blanks = bytes(b for b in b" \t\x0b\x0c" if b not in head.delimiter)
        self.no_signs = bytes(b for b in range(256) if b not in b'"\r\n' + head.delimiter)
        self.line = head.lines + 1
        self.held: list[Line] = []
        self.known_held = False
        self.text = b""
        self.at = 0
        self.ended = False
        source.read(head.end)

    def run(self) -> None:
        while self._more():
            if not self._block():
                self._record()
        self._settle(at_end=True)

    def _record(self) -> None:
        """Take in the record at this place."""
        if self.text.startswith(BOM, self.at):  # where another file was put behind this one
            self.at += len(BOM)
        end = self.text.find(self.newline, self.at, self.at + LINE_LIMIT + 1)
        if end < 0:
            self._too_long()
        elif self.text.find(b'"', self.at, end) < 0:
            line = self.text[self.at : end].rstrip(b"\r")
            self.at = end + 1
            self._unquoted(line)
            self.line += 1
        else:
            self._quoted(end)

    def _more(self) -> bool:
        """Fill the text ahead, and tell whether there is a record left. The last line always has an end."""
        while len(self.text) - self.at < _AHEAD + _BLOCK and not self.ended:
            piece = self.source.read(_READ)
            if self.windows:
                # The five bytes that Windows-1252 does not know stay as they are, and so are no valid UTF-8.
                piece = piece.decode("cp1252", "surrogateescape").encode("utf-8", "surrogateescape")
            self.text = b"".join((memoryview(self.text)[self.at :], piece))
            self.at = 0
            self.ended = not piece
            if self.ended and self.text and not self.text.endswith(self.newline):
                self.text += self.newline
        return self.at < len(self.text)

    # --- many lines at once ---

    def _block(self) -> bool:
        """Take in the lines of the next block, or give False where it has no line end, or other ones are asked for."""
        start, stop = self.at, self.text.rfind(b"\n", self.at, self.at + _BLOCK) + 1
        if not stop or self.newline != b"\n":
            return False
        block = self.text[start:stop]
        lines = block.splitlines()
        if len(lines) == block.count(b"\n"):
            odd = self._odd(block, lines, self.no_signs + b"\r")
        else:
            # A carriage return that stands alone ends a line only where it is looked at closely.
            text = b"\n".join(block.split(b"\r\n"))
            lines = text.split(b"\n")[:-1]
            odd = self._odd(text, lines, self.no_signs)
        starts = list(accumulate((len(line) + 1 for line in block.split(b"\n")), initial=start)) if odd else []
        done = 0
        for index in odd:
            if index < done:  # within a record that began above
                continue
            self._plain(lines[done:index])
            self.at = starts[index]
            first = self.line
            self._record()
            # A carriage return alone may have ended it in mid-line.
            while self.at < stop and self.text[self.at - 1] != 0x0A:
                self._record()
            if self.at >= stop:
                return True
            done = index + self.line - first
        self._plain(lines[done:])
        self.at = stop
        return True

    def _odd(self, text: bytes, lines: Sequence[bytes], no_signs: bytes) -> list[int]:
        """Give the indexes of the lines that are neither blank nor a regular record and plainly one of the data.

        `text` has their ends, too; `no_signs` are the bytes that say nothing of a shape.
        """
        # Measured: half the cost of asking each line for its delimiters, quotes and carriage returns.
        shapes = text.translate(None, no_signs).split(b"\n")[:-1]
        plain, quoted = self.delimiter * (self.width - 1), self.delimiter.join([b'""'] * self.width)
        whole, between, most = self.grammar.line.fullmatch, b'"%b"' % self.delimiter, self.width - 1
        # Where each cell holds two quotes, one at either side of every delimiter and at both ends leaves none for
        # anywhere else. Measured: a third of the cost of looking at the whole line.
        odd = [
            at
            for at, (shape, line) in enumerate(zip(shapes, lines, strict=True))
            if shape != plain
            and line
            and not (shape == quoted and line[0] == 0x22 == line[-1] and line.count(between) == most)
            and not whole(line)
        ]
        looks: list[Callable[[bytes], bool]] = []
        if any(line in text for line in self.header_lines) and not self.header_lines.isdisjoint(lines):
            looks.append(self.header_lines.__contains__)
        if BOM[0] in text and BOM in text:
            looks.append(lambda line: line.startswith(BOM))
        if not (self.sound or _is_sound(text)):
            looks.append(lambda line: not _is_sound(line))
        if self.footers is not None:
            is_row = self.footers.is_row
            looks.append(lambda line: not is_row(line))
        if looks:
            known = set(odd)
            rest = ((at, line) for at, line in enumerate(lines) if line and at not in known)
            odd = sorted(known.union(at for at, line in rest if any(look(line) for look in looks)))
        return odd

    def _plain(self, lines: Sequence[bytes]) -> None:
        """Take in lines of which each is plainly a row, or blank."""
        first, last = 0, len(lines)
        if self.footers is not None:
            # Blank lines beside others that wait, or behind the last row, may belong to a footer.
            while self.held and first < last and not lines[first]:
                first += 1
            while first < last and not lines[last - 1]:
                last -= 1
        self._blanks(first)
        if first < last:
            if self.held:
                self._settle()
            self.out.lines(lines[first:last])
            self.line += last - first
        self._blanks(len(lines) - last)

    def _blanks(self, count: int) -> None:
        for _ in range(count):
            self._blank(b"")
            self.line += 1

    # --- one line, one record ---

    def _unquoted(self, line: bytes) -> None:
        if (
            line.count(self.delimiter) == self.width - 1
            and len(line) <= CELL_LIMIT
            and (self.sound or _is_sound(line))
            and b"\r" not in line
            and b"\n" not in line
            and self._is_row(line)
        ):
            if self.held:
                self._settle()
            self.out.record(line)
        elif not line or (self.width > 1 and not line.strip(self.blanks)):
            self._blank(line)
        else:
            self._parted(line)

    def _is_row(self, line: bytes) -> bool:
        """Tell whether a regular record is plainly one of the data: no blank line, no second header, no footer."""
        if not line or line in self.header_lines:
            return False
        return self.footers is None or self.footers.kind(line) == "row"

    def _parted(self, line: bytes) -> None:
        """Take in a line without quotes that is not plainly a row; carriage returns in it may part several rows."""
        text = line + self.newline
        at = 0
        while at < len(text):
            parsed = self.grammar.read(text, at, len(text))
            if parsed.fault:
                self._settle()
                self.out.lose(self.line, parsed.fault)
                return
            part = text[at : parsed.end].rstrip(b"\r\n") if self.newline == b"\n" else text[at : parsed.end - 1]
            at = parsed.end
            if part:
                self._cells(part, parsed.cells, self.line)
            else:
                self._blank(part)

    def _quoted(self, end: int) -> None:
        """Take in the record at this place, whose first line ends at `end` and holds a quote."""
        stop = min(len(self.text), self.at + _AHEAD)
        regular = self.grammar.record.match(self.text, self.at, stop)
        if regular and self._regular(regular[1], regular.end()):
            return
        line = self.text[self.at : end].rstrip(b"\r")
        cells = None if regular else self.grammar.read_line(line)
        if cells is not None:
            self._cells(line, cells, self.line)
            self.at = end + 1
            self.line += 1
            return
        parsed = self.grammar.read(self.text, self.at, stop)
        record = self.text[self.at : parsed.end]
        if parsed.fault or self._swallows(record, parsed.cells):
            self._settle()
            # A quote that was opened on an earlier line and closed there by one of another row was never closed.
            here = parsed.fault and self.newline not in record
            self.out.lose(self.line, parsed.fault if here else UNCLOSED)
            self.at = end + 1
            self.line += 1
        else:
            self._cells(record.rstrip(b"\r\n"), parsed.cells, self.line)
            self.at = parsed.end
            self.line += record.count(self.newline)

    def _regular(self, record: bytes, after: int) -> bool:
        """Copy a regular record as it stands, or give False where it needs a closer look."""
        lines = self.text.count(self.newline, self.at, after)
        if (
            len(record) > CELL_LIMIT
            or not (self.sound or _is_sound(record))
            or not self._is_row(record)
            or (lines > 2 and any(map(self._is_whole_row, record.split(self.newline)[1:-1])))
        ):
            return False
        if self.held:
            self._settle()
        self.out.record(record)
        self.at = after
        self.line += lines
        return True

    def _swallows(self, record: bytes, cells: list[bytes]) -> bool:
        """Tell whether a record over several lines has swallowed rows because a quote was not closed."""
        lines = record.removesuffix(self.newline).split(self.newline)[1:]
        if not lines:
            return False
        if any(holds_rows(cell, self.delimiter, self.width, self.newline) for cell in cells):
            return True
        if self.grammar.fitted(cells) and len(record) <= LINE_LIMIT and max(map(len, cells)) <= CELL_LIMIT:
            return False
        rows = sum(map(self._is_whole_row, lines))
        return rows > 0 and rows * 2 >= len(lines)

    def _is_whole_row(self, line: bytes) -> bool:
        if b'"' not in line:
            return self.width > 1 and line.count(self.delimiter) == self.width - 1
        return self.grammar.record.fullmatch(line + self.newline) is not None

    # --- what becomes of it ---

    def _cells(self, raw: bytes, cells: list[bytes], number: int) -> None:
        """Take in a record of which the cells were read; `raw` is its text without the line end."""
        fits = self.grammar.fitted(cells)
        if cells == self.header and fits:
            self._settle()
            self.out.leave("repeated header")
            self.out.pasted.append(number)
            return
        if self.footers is not None and b"\n" not in raw and b"\r" not in raw:
            kind = self.footers.kind(raw)
            if kind != "row":
                self._hold(self.footers.line(number, raw, kind))
                return
        self._settle()
        self._keep(cells, number, fits=fits)

    def _keep(self, cells: list[bytes], number: int, *, fits: bool) -> None:
        if not fits:
            self.out.lose(number, self.grammar.wrong_width(len(cells)))
        elif max(map(len, cells)) > CELL_LIMIT:
            self.out.lose(number, LONG_CELL)
        elif not (self.sound or all(map(_is_sound, cells))):
            self.out.lose(number, f"a byte that is not {self.called}")
        else:
            line = self.grammar.write(cells)
            if len(line) > LINE_LIMIT:
                self.out.lose(number, LONG_LINE)
            else:
                self.out.record(line)

    def _too_long(self) -> None:
        """Lose a line of which the end is far away."""
        self._settle()
        self.out.lose(self.line, LONG_LINE)
        while self._more():
            end = self.text.find(self.newline, self.at)
            if end >= 0:
                self.at = end + 1
                break
            self.at = len(self.text)
        self.line += 1

    # --- footers: lines of one cell wait until the next row tells what they were ---

    def _blank(self, line: bytes) -> None:
        if self.footers is None:
            self.out.leave("blank line")
        else:
            self._hold(Line(self.line, line, "blank"))

    def _hold(self, line: Line) -> None:
        self.held.append(line)
        self.known_held = self.known_held or line.kind == "known"
        if len(self.held) % _HELD:
            return
        if not self.known_held:
            self._release(self.held[:-_BEFORE])
            del self.held[:-_BEFORE]
        elif (found := block(self.held)) and (found.stop < len(self.held) or len(self.held) > _MOST_HELD):
            self._settle()

    def _settle(self, *, at_end: bool = False) -> None:
        """Decide on the lines that wait: footers are cut, blank lines too, and the others are rows after all."""
        held, self.held = self.held, []
        found: Block | None = None
        since = 0
        while self.known_held and (found := block(held, since)):
            self._release(held[since : found.start])
            for line in held[found.start : found.stop]:
                self.out.leave("blank line" if line.kind == "blank" else "footer")
            if not at_end or found.stop < len(held):
                self.out.pasted.append(held[found.first].number)
            since = found.stop
        self._release(held[since:])
        self.known_held = False

    def _release(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if line.kind == "blank":
                self.out.leave("blank line")
                continue
            text = line.text + self.newline
            cells = self.grammar.read(text, 0, len(text)).cells
            self._keep(cells, line.number, fits=self.grammar.fitted(cells))


def _blanks(lines: Sequence[bytes]) -> list[int]:
    """Give the indexes of blank lines."""
    found: list[int] = []
    with suppress(ValueError):
        at = lines.index(b"")
        while True:
            found.append(at)
            at = lines.index(b"", at + 1)
    return found


def _is_sound(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
