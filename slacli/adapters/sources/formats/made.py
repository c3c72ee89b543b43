"""What every format becomes: CSV text in a private file, with an account of what was left out on the way.

It knows how rows that are not in the text, and lines of the text that are not rows of the file, lead back to the row
that people see in the file that they gave.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from slacli.adapters.sources.given import Given, private
from slacli.adapters.sources.headers import Chosen, choose
from slacli.adapters.sources.records import CELL_LIMIT, LINE_LIMIT, Grammar
from slacli.adapters.sources.recover import LONG_CELL, LONG_LINE, LOST_LIMIT, Lost
from slacli.model import Binding
from slacli.values import dataclass

TEXT_LIMIT = 20 * 10**9  # bytes of text that a packed file may hold


@dataclass(frozen=True, slots=True)
class Steps:
    """A count that grows now and then: at which numbers, and what it is from there on."""

    at: Sequence[int] = ()
    count: Sequence[int] = ()

    def before(self, number: int) -> int:
        """Give the count that holds at this number."""
        index = bisect_right(self.at, number)
        return self.count[index - 1] if index else 0


@dataclass(frozen=True, slots=True)
class Made:
    """CSV text in the file at `path`, and how it came out of the file that was given.

    `encoding` is empty where the bytes are to be tried as those of any CSV text; otherwise the text is UTF-8 already,
    and it names what was read. `delimiter` is empty where the header line has to tell it. `rows` counts the rows that
    were written below the header, for a proof, and is below zero where only the text can tell. `above` rows stand
    over the header and are not in the text; it is -1 where the file has no header line. `lost` keeps the first thousand
    rows that were lost, and the file `account` has all. `left` and `inside` lead from a row of the text, and from a
    line of it, to the rows of the file. `given` is what the text is of, where a file holds several.
    """

    path: Path
    encoding: str = ""
    notes: tuple[str, ...] = ()
    delimiter: bytes = b""
    rows: int = -1
    above: int = 0
    cut: tuple[tuple[str, int], ...] = ()
    lost: tuple[Lost, ...] = ()
    lost_total: int = 0
    account: Path | None = None
    left: Steps = Steps()
    inside: Steps = Steps()
    given: Given | None = None
    sheet: str = ""

    def row(self, number: int) -> int:
        """Give the row of the file for a row of the text, where the first one below the header is 0."""
        return number + self.above + self.left.before(number) + 2

    def line(self, number: int) -> int:
        """Give the row of the file, or its line where lines are what people see, for a line of the text."""
        if self.rows < 0:
            return number
        return self.row(number - self.inside.before(number) - 2)


@dataclass(frozen=True, slots=True)
class Task:
    """A file to be made into CSV text: its first bytes, what messages call it, and the bindings that it may be of.

    `bindings` is None where the file is only looked at, so that none has to fit.
    """

    given: Given
    path: Path
    size: int
    start: bytes
    room: Path
    bindings: Mapping[str, Binding] | None

    @property
    def shown(self) -> str:
        return self.given.shown

    def chosen(self, header: Sequence[str], given: Given | None = None) -> Chosen | None:
        """Choose the binding for a header, or give None where none has to fit.

        Raises CannotRun where none or more than one fits.
        """
        if self.bindings is None:
            return None
        line = Grammar(b",", len(header)).write([cell.encode("utf-8", "replace") for cell in header])
        return choose(given or self.given, line, whole=True, bindings=self.bindings, delimiter=b",")


@dataclass(frozen=True, slots=True)
class Format:
    """A form that exports come in: what tells it by the first bytes, and what makes it CSV text."""

    name: str
    tells: Callable[[bytes], bool]
    make: Callable[[Task], Made]


class Table:
    """Writes a table as regular CSV text, and keeps the account of rows that are not in it.

    `above` is for the row numbers of the file, as `Made` has it.
    """

    __slots__ = (
        "_above",
        "_account",
        "_cut",
        "_grammar",
        "_inside",
        "_left",
        "_line",
        "_lines",
        "_lost",
        "_lost_total",
        "_path",
        "_room",
        "_size",
        "_told",
        "_written",
    )

    def __init__(self, room: Path, header: Sequence[str], above: int = 0) -> None:
        self._above = above
        self._account: Path | None = None
        self._cut: Counter[str] = Counter({"row above the header": above} if above > 0 else {})
        self._grammar = Grammar(b",", len(header))
        self._inside = (array("q"), array("q"))
        self._left = (array("q"), array("q"))
        self._line = 1
        self._lines: list[bytes] = []
        self._lost: list[Lost] = []
        self._lost_total = 0
        self._path = private(room)
        self._room = room
        self._size = 0
        self._told: list[str] = []
        self._written = 0
        self._put(self._grammar.write([cell.encode("utf-8", "replace") for cell in header]))

    def row(self, cells: Sequence[str], line: int | None = None) -> None:
        """Write a row, or lose it where no engine would read it; `line` is where it stands if that is not its row."""
        try:
            encoded = [cell.encode() for cell in cells]
        except UnicodeEncodeError:
            self.lose("half a character", line)
            return
        text = self._grammar.write(encoded)
        if len(text) > CELL_LIMIT and max(map(len, encoded)) > CELL_LIMIT:
            self.lose(LONG_CELL, line)
        elif len(text) > LINE_LIMIT:
            self.lose(LONG_LINE, line)
        else:
            self._written += 1
            self._put(text)

    def blank(self) -> None:
        """Write a row of which nothing is filled in, as the blank line that it would be in CSV text."""
        self._written += 1
        self._put(b"")

    def lose(self, reason: str, line: int | None = None) -> None:
        """Count a row that cannot be read."""
        here = self._written + (self._left[1][-1] if self._left[1] else 0) + self._above + 2
        lost = Lost(here if line is None else line, here, reason)
        if len(self._lost) < LOST_LIMIT:
            self._lost.append(lost)
        self._lost_total += 1
        self._told.append(lost.written())
        if len(self._told) >= LOST_LIMIT:
            self._tell()
        _step(self._left, self._written, 1)

    def leave(self, reason: str) -> None:
        """Count a row that is none, such as a blank line."""
        self._cut[reason] += 1
        _step(self._left, self._written, 1)

    def made(self, encoding: str, notes: Sequence[str]) -> Made:
        """Give the text that was written, with its account."""
        self._flush()
        self._tell()
        return Made(
            path=self._path,
            encoding=encoding,
            notes=tuple(notes),
            delimiter=b",",
            rows=self._written,
            above=self._above,
            cut=tuple(self._cut.items()),
            lost=tuple(self._lost),
            lost_total=self._lost_total,
            account=self._account,
            left=Steps(*self._left),
            inside=Steps(*self._inside),
        )

    def _tell(self) -> None:
        """Write down the rows that were lost, so that however many they are, they need no memory."""
        if self._told:
            self._account = self._account or private(self._room)
            with self._account.open("a", encoding="utf-8") as file:
                file.writelines(self._told)
            self._told.clear()

    def _put(self, text: bytes) -> None:
        more = text.count(b"\n")
        self._line += 1 + more
        if more:
            _step(self._inside, self._line, more)
        self._lines.append(text)
        self._size += len(text)
        if self._size > 1 << 20:
            self._flush()

    def _flush(self) -> None:
        if self._lines:
            with self._path.open("ab") as file:
                file.write(b"\n".join(self._lines) + b"\n")
            self._lines.clear()
            self._size = 0


def _step(steps: tuple[array[int], array[int]], at: int, more: int) -> None:
    where, count = steps
    total = (count[-1] if count else 0) + more
    if where and where[-1] == at:
        count[-1] = total
    else:
        where.append(at)
        count.append(total)
