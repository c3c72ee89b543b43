"""Workbooks (XLSX): the sheet that has the headers, read as a stream of XML within limits that no bomb passes.

Cells become the text that CSV would hold: days and times in ISO form by the format of the cell, so that midnight stays
a time; numbers with the 15 digits that a workbook keeps; what shows an error as that error. Formulas are never run.
"""

from __future__ import annotations

import gc
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import combinations, islice
from pathlib import Path
from typing import Literal
from xml.parsers import expat

from slacli.adapters.sources.formats import packed
from slacli.adapters.sources.formats.made import Made, Table, Task
from slacli.adapters.sources.given import Given
from slacli.adapters.sources.headers import fitting
from slacli.core.wording import counted, number, quoted, sanitised
from slacli.errors import CannotRun
from slacli.model import Binding
from slacli.values import dataclass

TOTAL_LIMIT = 10**9  # bytes of XML in a workbook; one of a million rows and 15 columns has less
RATIO = 500  # how many times its size a part may hold; texts that are nearly all alike reach 112
FREE = 10 << 20  # bytes below which no ratio is asked for
TEXTS_LIMIT = 256 << 20  # bytes of XML with the texts that cells share, which are kept in memory
LAST_ROW = 1 << 20
HEAD_ROWS = 50  # rows in which the header must stand

_BLOCK = 1 << 18
_LAST_DAY = 2_958_466  # the first of the year 10000, counted as workbooks do
_SAVE = "open it in the program that made it and save it as CSV (UTF-8)"
_SPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_TAGS = "workbookPr sheet numFmt cellXfs xf si t rPh row c v is".split()
_NAMES = {f"{space} {tag}": tag for space in _SPACES for tag in _TAGS}
_RELATION = "http://schemas.openxmlformats.org/package/2006/relationships Relationship"
_ID = re.compile(r"http\S*/relationships id")
_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
_HEXED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_POSITIVE = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_DIGITS = 15  # what a workbook keeps of a number
_UNTOLD = re.compile(r'"[^"]*"|\\.|[_*].|am/pm|a/p|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)

Shown = Literal["", "day", "time", "elapsed"]
# The formats that every workbook has without listing them.
_BUILT_IN: Mapping[int, Shown] = {
    **dict.fromkeys((*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58), "day"),
    **dict.fromkeys((*range(18, 23), 32, 33, 34, 35, 45, 47, 55, 56), "time"),
    46: "elapsed",
}  # fmt: skip


class _Lost(str):
    """A number with more digits than a workbook keeps: what stands there is not what was written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    part: str
    visible: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a table is in a workbook: its sheet, how many rows stand above its header, and the header.

    `given` is what was given, as if the sheet had been named with its binding, where a workbook holds several.
    """

    sheet: _Sheet
    above: int
    header: tuple[str, ...]
    given: Given


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    hidden: bool
    cells: tuple[str, ...]


def is_workbook(path: Path) -> bool:
    """Tell whether a zip archive holds a spreadsheet of whatever kind."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return "[Content_Types].xml" in names or "content.xml" in names or any(name.startswith("xl/") for name in names)


def read(task: Task) -> tuple[Made, ...]:
    """Make CSV text of each sheet that has the headers of a binding; of every visible one where none has to fit.

    Raises CannotRun where the workbook is of another kind, locked, damaged or too large, where no sheet has the
    headers of a binding, and where two have those of one.
    """
    with packed.opened(task) as archive, _uncollected():
        book = _Book(task, archive)
        if task.bindings is None:
            return tuple(_made(task, book, one) for one in _tables(task, book))
        return tuple(_made(task, book, one) for one in _chosen(task, book, task.bindings))


def _made(task: Task, book: _Book, place: _Place) -> Made:
    sheet, above, header = place.sheet, place.above, place.header
    chosen = task.chosen(header, place.given)
    bound: list[int] = []
    book.decimal = "."
    if chosen is not None:
        bound = sorted({*chosen.columns.values(), *chosen.currencies.values()})
        book.decimal = chosen.binding.reads.decimal
    table = Table(task.room, header, above)
    hidden = 0
    at = above + 1
    for row in book.rows(sheet):
        if row.number <= above + 1:
            continue
        cells = row.cells[: len(header)]
        cells += ("",) * (len(header) - len(cells))
        if not any(cells):
            continue
        for _ in range(row.number - at - 1):
            table.blank()
        at = row.number
        hidden += row.hidden
        lost = next((column for column in bound if isinstance(cells[column], _Lost)), None)
        if lost is None:
            table.row(cells)
        else:
            table.lose(f"a number of more than {_DIGITS} digits in column {_letters(lost)}, of which workbooks "
                       f"keep {_DIGITS}")  # fmt: skip
    notes = [f"sheet `{sanitised(sheet.name)}`"]
    if hidden:
        notes.append(f"{counted(hidden, 'hidden row')} read")
    return replace(table.made("xlsx", notes), given=place.given, sheet=sheet.name)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Stop the collector of circular garbage, of which reading makes none. Measured: it takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


# --- which sheet ------------------------------------------------------------------------------


def _chosen(task: Task, book: _Book, bindings: Mapping[str, Binding]) -> list[_Place]:
    """Give each sheet that has the headers of a binding, else the fullest header, which is then the wrong one."""
    named = _named(task, book)
    found: list[tuple[_Sheet, _Row, list[Binding]]] = []
    fullest: tuple[_Sheet, _Row] | None = None
    asked = {b.reads.sheet for b in bindings.values()} - {""}
    for sheet in named or book.sheets:
        if not (named or sheet.visible or sheet.name in asked):
            continue
        for row in _head_rows(book, sheet):
            if fullest is None or sum(map(bool, row.cells)) > sum(map(bool, fullest[1].cells)):
                fullest = (sheet, row)
            fits = fitting(task.given, row.cells, bindings)
            # Who names a sheet says more than a binding, but of two bindings the one that names it is meant.
            able = [b for b in fits if b.reads.sheet == sheet.name or (sheet.visible and not b.reads.sheet)]
            if named:
                able = [b for b in able if b.reads.sheet] or able or fits
            if able:
                found.append((sheet, row, able))
                break
    _refuse_twins(task, found)
    if found:
        several = len(found) > 1 or bool(named)
        return [
            _Place(
                sheet, row.number - 1, _header(row),
                replace(task.given, sheet=sheet.name, binding=able[0].id, record=None)
                if several and len(able) == 1 else task.given,
            )
            for sheet, row, able in found
        ]  # fmt: skip
    missing = asked - {sheet.name for sheet in book.sheets}
    if missing and all(b.reads.sheet for b in bindings.values()):
        raise CannotRun(
            f"{task.shown} has no sheet {quoted(sorted(map(sanitised, missing)), 'or')}",
            f"its sheets are {_listed(book)}: mend `sheet:`",
        )
    if fullest is None:
        raise CannotRun(f"{task.shown} is a workbook without a header line", "export the data again")
    sheet, row = fullest
    return [_Place(sheet, row.number - 1, _header(row), task.given)]


def _refuse_twins(task: Task, found: Sequence[tuple[_Sheet, _Row, Sequence[Binding]]]) -> None:
    """Return when no two sheets can be of the same binding; raises CannotRun otherwise."""
    for (one, _, ours), (other, _, theirs) in combinations(found, 2):
        both = next((b.id for b in ours if b in theirs), None)
        if both is not None:
            name = sanitised(one.name)
            raise CannotRun(
                f"{task.shown} has two sheets with the headers of `{both}`: `{name}` and `{sanitised(other.name)}`",
                f"say which: `{task.given.plain}#{name}`, or `sheet: {name}` below `reads` in bindings/{both}.yaml",
            )


def _tables(task: Task, book: _Book) -> list[_Place]:
    """Give the sheet that was named, else every visible one that looks like a table."""
    named = _named(task, book)
    found = []
    for sheet in named or [one for one in book.sheets if one.visible]:
        rows = list(_head_rows(book, sheet))
        head = _likely(rows)
        if head is not None and (rows[-1].number > head.number or named):
            found.append(_Place(sheet, head.number - 1, _header(head), replace(task.given, sheet=sheet.name)))
    if not found:
        raise CannotRun(f"{task.shown} is a workbook without a table", "give the name of an export")
    return found


def _likely(rows: Sequence[_Row]) -> _Row | None:
    """Give the row that is most likely the header: the first that is nearly full and holds only different words."""
    most = max((sum(map(bool, row.cells)) for row in rows), default=0)
    for row in rows:
        filled = [cell for cell in row.cells if cell]
        is_words = len({*filled}) == len(filled) and not any(cell[0].isdigit() for cell in filled)
        if filled and is_words and len(filled) * 5 >= most * 4:
            return row
    return next((row for row in rows if most and sum(map(bool, row.cells)) == most), None)


def _named(task: Task, book: _Book) -> list[_Sheet]:
    """Give the sheet that was named with the file, if one was; raises CannotRun where there is none of this name."""
    wanted = task.given.sheet
    found = [sheet for sheet in book.sheets if sheet.name == wanted]
    found = found or [sheet for sheet in book.sheets if wanted and sheet.name.casefold() == wanted.casefold()]
    if wanted and not found:
        raise CannotRun(
            f"`{sanitised(task.given.name)}` has no sheet `{sanitised(wanted)}`",
            f"its sheets are {_listed(book)}",
        )
    return found


def _listed(book: _Book) -> str:
    return quoted(sanitised(sheet.name) for sheet in book.sheets)


def _head_rows(book: _Book, sheet: _Sheet) -> Iterator[_Row]:
    """Give the first rows of a sheet, in which its header stands."""
    for row in islice(book.rows(sheet), HEAD_ROWS):
        if row.number > HEAD_ROWS:
            return
        yield row


def _header(row: _Row) -> tuple[str, ...]:
    cells = list(row.cells)
    while len(cells) > 1 and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _column(reference: str, known: dict[str, int]) -> int:
    """Give the column of a reference such as `B12`, counted from 0; raises ValueError where it is none."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise ValueError(reference)
    letters = found[1]
    if letters not in known:
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - 64
        if column > 1 << 14:
            raise ValueError(reference)
        known[letters] = column - 1
    return known[letters]


# --- the parts of a workbook ------------------------------------------------------------------


class _Book:
    """An open workbook: its sheets, the texts that cells share, and how each format shows a number."""

    def __init__(self, task: Task, archive: zipfile.ZipFile) -> None:
        self._task = task
        self._archive = archive
        self._from_1904 = False
        self._texts: list[str] | None = None
        self._columns: dict[str, int] = {}
        self.decimal = "."
        self._refuse_kinds()
        root = self._related("", "/officeDocument")
        if not root:
            raise self._damaged()
        parts = self._relations(root[0])
        self._workbook = root[0]
        self.sheets: list[_Sheet] = []
        self._list_sheets(parts)
        # Only the formats that show something else than a number.
        self._shown = {str(n): shown for n, shown in enumerate(self._styles()) if shown}

    def rows(self, sheet: _Sheet) -> Iterator[_Row]:
        """Give the rows of a sheet in their order; blank ones may be left out.

        Raises CannotRun where the sheet is damaged.
        """
        done: list[_Row] = []
        known = self._columns
        cells: list[str] = []
        text: list[str] = []
        row = at = 0
        style = "0"
        hidden = phonetic = False
        kind = ""
        last = 0
        parser = expat.ParserCreate(namespace_separator=" ")

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal row, at, style, kind, hidden, phonetic, last
            tag = _NAMES.get(name)
            if tag == "c":
                if "r" in attributes:
                    letters = attributes["r"].rstrip("0123456789")
                    at = known[letters] if letters in known else _column(attributes["r"], known)
                else:
                    at += 1
                style = attributes.get("s", "0")
                kind = attributes.get("t", "n")
                text.clear()
            elif tag == "v" or (tag == "t" and not phonetic):
                parser.CharacterDataHandler = text.append
            elif tag == "row":
                row = int(attributes["r"]) if "r" in attributes else last + 1
                if not last < row <= LAST_ROW:
                    raise ValueError(row)
                last = row
                at = -1
                hidden = attributes.get("hidden") in {"1", "true"}
                cells.clear()
            elif tag == "rPh":
                phonetic = True

        def end(name: str) -> None:
            nonlocal phonetic
            tag = _NAMES.get(name)
            if tag == "v" or tag == "t":  # noqa: PLR1714 - in the innermost loop
                parser.CharacterDataHandler = None
            elif tag == "c":
                if text:
                    if at != len(cells):
                        if at < len(cells):
                            raise ValueError(at)
                        cells.extend([""] * (at - len(cells)))
                    cells.append(self._value("".join(text), kind, style))
            elif tag == "row":
                done.append(_Row(row, hidden, tuple(cells)))
            elif tag == "rPh":
                phonetic = False

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        for _ in self._parsed(sheet.part, parser):
            yield from done
            done.clear()

    def _value(self, text: str, kind: str, style: str) -> str:
        if kind == "n":
            if shown := self._shown.get(style):
                return _moment(text, shown, from_1904=self._from_1904)
            return text if _PLAIN.fullmatch(text) else self._number(text)
        if kind == "s":
            return self._shared()[int(text)]
        if kind == "b":
            return {"1": "true", "0": "false"}.get(text, text)
        return _unescaped(text) if kind in {"str", "inlineStr"} else text

    def _number(self, text: str) -> str:
        try:
            exact = Decimal(text)
            if not exact.is_finite() or exact.adjusted() < -_DIGITS:
                return text
            kept = Decimal(f"{exact:.{_DIGITS}g}")
        except InvalidOperation:
            return text
        if abs(kept) >= 10**_DIGITS:
            return _Lost(text)
        plain = f"{kept.normalize():f}"
        return plain.replace(".", self.decimal)

    def _refuse_kinds(self) -> None:
        """Return when the archive is a workbook that can be read; raises CannotRun otherwise."""
        shown = self._task.shown
        members = self._archive.infolist()
        names = [one.filename for one in members]
        if len(set(names)) < len(names):
            raise self._damaged()
        kind = next(
            (
                kind
                for part, kind in (
                    ("xl/vbaProject.bin", "a workbook with macros"),
                    ("xl/workbook.bin", "a binary Excel workbook (XLSB)"),
                    ("content.xml", "an OpenDocument spreadsheet"),
                )
                if part in names
            ),
            "",
        )
        if kind:
            raise CannotRun(f"{shown} is {kind}", _SAVE.replace("CSV (UTF-8)", "XLSX or CSV"))
        if not any(name.startswith("xl/") for name in names):
            raise CannotRun(f"{shown} is a document, and no Excel workbook", "give the name of an export")
        for one in members:
            packed.refuse_locked(self._task, one)
            if one.file_size > max(FREE, RATIO * one.compress_size):
                raise CannotRun(
                    f"{shown} holds more than it may: a part of it is {number(RATIO)} times as large as it is packed",
                    _SAVE,
                )
        total = sum(one.file_size for one in members)
        if total > TOTAL_LIMIT:
            raise CannotRun(f"{shown} holds more than {number(TOTAL_LIMIT // 10**6)} MB", _SAVE)

    def _damaged(self) -> CannotRun:
        return CannotRun(f"{self._task.shown} is damaged: it cannot be read as a workbook", _SAVE)

    def _parsed(self, part: str, parser: expat.XMLParserType) -> Iterator[None]:
        """Parse a part block by block; raises CannotRun for what no workbook holds, such as a document type."""
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        try:
            with self._archive.open(part) as file:
                while block := file.read(_BLOCK):
                    parser.Parse(block)
                    yield
                parser.Parse(b"", True)  # noqa: FBT003
                yield
        except (expat.ExpatError, KeyError, IndexError, *packed.BROKEN) as error:
            raise self._damaged() from error

    def _refuse_doctype(self, *_: object) -> None:
        raise CannotRun(f"{self._task.shown} declares a document type, which no workbook has", _SAVE)

    def _elements(self, part: str, take: Callable[[str, dict[str, str]], None]) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = take
        for _ in self._parsed(part, parser):
            pass

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Give the kind and the target of each relation of a part, by its id."""
        folder, name = posixpath.split(part)
        where = posixpath.join(folder, "_rels", f"{name}.rels")
        if where not in self._archive.namelist():
            return {}
        found: dict[str, tuple[str, str]] = {}

        def take(name: str, attributes: dict[str, str]) -> None:
            if name == _RELATION and attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attributes["Target"])).lstrip("/")
                found[attributes["Id"]] = (attributes["Type"], target)

        self._elements(where, take)
        return found

    def _related(self, part: str, kind: str) -> list[str]:
        return [target for what, target in self._relations(part).values() if what.endswith(kind)]

    def _list_sheets(self, parts: Mapping[str, tuple[str, str]]) -> None:
        def take(name: str, attributes: dict[str, str]) -> None:
            tag = _NAMES.get(name)
            if tag == "workbookPr":
                self._from_1904 = attributes.get("date1904") in {"1", "true"}
            elif tag == "sheet":
                what, target = parts[next((value for key, value in attributes.items() if _ID.fullmatch(key)), "")]
                if what.endswith("/worksheet"):
                    visible = attributes.get("state", "visible") == "visible"
                    self.sheets.append(_Sheet(attributes["name"], target, visible))

        self._elements(self._workbook, take)

    def _styles(self) -> list[Shown]:
        own: dict[int, Shown] = {}
        shown: list[Shown] = []
        inside = False

        def take(name: str, attributes: dict[str, str]) -> None:
            tag = _NAMES.get(name)
            if tag == "numFmt":
                own[int(attributes["numFmtId"])] = _shown(attributes["formatCode"])
            elif tag == "xf" and inside:
                format_ = int(attributes.get("numFmtId", "0"))
                shown.append(own.get(format_, _BUILT_IN.get(format_, "")))

        def begin(name: str, attributes: dict[str, str]) -> None:
            nonlocal inside
            inside = inside or _NAMES.get(name) == "cellXfs"
            take(name, attributes)

        def end(name: str) -> None:
            nonlocal inside
            inside = inside and _NAMES.get(name) != "cellXfs"

        for part in self._related(self._workbook, "/styles"):
            parser = expat.ParserCreate(namespace_separator=" ")
            parser.StartElementHandler = begin
            parser.EndElementHandler = end
            for _ in self._parsed(part, parser):
                pass
        return shown

    def _shared(self) -> Sequence[str]:
        if self._texts is None:
            self._texts = []
            for part in self._related(self._workbook, "/sharedStrings"):
                self._read_shared(part, self._texts)
        return self._texts

    def _read_shared(self, part: str, texts: list[str]) -> None:
        if any(one.filename == part and one.file_size > TEXTS_LIMIT for one in self._archive.infolist()):
            raise CannotRun(f"{self._task.shown} holds more than {number(TEXTS_LIMIT >> 20)} MB of texts", _SAVE)
        parser = expat.ParserCreate(namespace_separator=" ")
        text: list[str] = []
        phonetic = False

        def start(name: str, _: dict[str, str]) -> None:
            nonlocal phonetic
            tag = _NAMES.get(name)
            if tag == "t" and not phonetic:
                parser.CharacterDataHandler = text.append
            elif tag == "rPh":
                phonetic = True

        def end(name: str) -> None:
            nonlocal phonetic
            tag = _NAMES.get(name)
            if tag == "t":
                parser.CharacterDataHandler = None
            elif tag == "rPh":
                phonetic = False
            elif tag == "si":
                texts.append(_unescaped("".join(text)))
                text.clear()

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        for _ in self._parsed(part, parser):
            pass


# --- cells ------------------------------------------------------------------------------------


def _shown(code: str) -> Shown:
    """Tell what a format shows of a number: a day, a time with or without a day, a span of hours, or the number."""
    plain = _UNTOLD.sub("", code.partition(";")[0]).lower()
    if _ELAPSED.search(plain):
        return "elapsed"
    if "h" in plain or "s" in plain:
        return "time"
    return "day" if any(letter in plain for letter in "dym") else ""


def _moment(text: str, shown: Shown, *, from_1904: bool) -> str:
    """Write a number that a workbook shows as a day or a time, or give it as it is where it can be neither."""
    if not _POSITIVE.fullmatch(text):
        return text
    value = float(text)
    if value >= _LAST_DAY:
        return text
    milliseconds = round(value * 86_400_000)
    days, rest = divmod(milliseconds, 86_400_000)
    if shown == "elapsed":
        return _clock(milliseconds)
    if days == 0 and not from_1904:
        return _clock(rest)
    day = _day(days, from_1904=from_1904)
    return day if shown == "day" and not rest else f"{day} {_clock(rest)}"


def _day(days: int, *, from_1904: bool) -> str:
    if from_1904:
        return (date(1904, 1, 1) + timedelta(days=days)).isoformat()
    if days == 60:
        return "1900-02-29"  # workbooks have this day, and no calendar has it
    return (date(1899, 12, 30 if days > 60 else 31) + timedelta(days=days)).isoformat()


def _clock(milliseconds: int) -> str:
    seconds, fraction = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}" + (f".{fraction:03}" if fraction else "")


def _unescaped(text: str) -> str:
    return _HEXED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
