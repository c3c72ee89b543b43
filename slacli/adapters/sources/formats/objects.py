"""JSON: one object on each line, or one array of objects, read piece by piece.

Numbers stay as they are written. A line that is no object, or that says the same key twice, is lost alone; in an array
nobody could say where the next object begins, so a fault there ends the run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from slacli.adapters.sources.formats.made import Format, Made, Table, Task
from slacli.adapters.sources.headers import BOM
from slacli.adapters.sources.records import LINE_LIMIT
from slacli.adapters.sources.recover import LONG_LINE
from slacli.core.wording import number
from slacli.errors import CannotRun

KEYS_LIMIT = 20_000  # names that the objects of one file may have between them

_BLOCK = 1 << 20
_BEGINS = re.compile(rb'\s*(?:\{\s*["}]|\[\s*[{\]])')
_BETWEEN = re.compile(r"[ \t\r\n]*")
_HELP = "write one object on each line (JSON lines), or export CSV (UTF-8)"


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


class _Unreadable(Exception):
    """Why an object is no row."""


class _Twice:
    """An object that says a key twice."""


def is_json(start: bytes) -> bool:
    return _BEGINS.match(start.removeprefix(BOM)) is not None


def read(task: Task) -> Made:
    """Make CSV text of objects: a column for every name that any of them has, a blank where one has it not.

    Raises CannotRun where the file holds no objects, or an array that cannot be read to its end.
    """
    names: dict[str, None] = {}
    for _, found in _objects(task):
        if isinstance(found, dict):
            names.update(dict.fromkeys(found))
            if len(names) > KEYS_LIMIT:
                raise CannotRun(f"{task.shown} has more than {number(KEYS_LIMIT)} names in its objects", _HELP)
    if not names:
        raise CannotRun(f"{task.shown} is JSON without any object that has names", _HELP)
    header = tuple(names)
    chosen = task.chosen(header)
    decimal = chosen.binding.reads.decimal if chosen is not None else "."
    table = Table(task.room, header, above=-1)
    for line, found in _objects(task):
        if found is None:
            table.leave("blank line")
        elif isinstance(found, str):
            table.lose(found, line)
        else:
            try:
                cells = [_cell(found.get(name), decimal) for name in header]
            except (_Unreadable, RecursionError) as error:
                table.lose(str(error) if isinstance(error, _Unreadable) else "an object that is nested too deep", line)
            else:
                table.row(cells, line)
    return table.made("utf-8", ["read as JSON"])


JSON = Format("JSON", is_json, read)

# An object, why there is none, or None for a blank line; before it the line or, in an array, its number.
_Found = tuple[int, dict[str, Any] | str | None]


def _objects(task: Task) -> Iterator[_Found]:
    with task.path.open("rb") as file:
        if file.read(len(BOM)) != BOM:
            file.seek(0)
        if task.start.removeprefix(BOM).lstrip().startswith(b"["):
            yield from _elements(task, file)
        else:
            yield from _lines(task, file)


def _lines(task: Task, file: BinaryIO) -> Iterator[_Found]:
    line = 0
    begun = False
    while text := file.readline(LINE_LIMIT + 2):
        line += 1
        if len(text) > LINE_LIMIT and not text.endswith(b"\n"):
            while (rest := file.readline(_BLOCK)) and not rest.endswith(b"\n"):
                pass
            yield line, LONG_LINE
        elif not text.strip():
            yield line, None
        else:
            found = _line(text)
            if not begun and isinstance(found, str):
                raise CannotRun(
                    f"{task.shown} is JSON whose first line is no object of its own: {found}",
                    _HELP,
                )
            begun = True
            yield line, found


def _line(text: bytes) -> dict[str, Any] | str:
    try:
        found = _DECODER.decode(text.decode("utf-8"))
    except UnicodeDecodeError:
        return "a byte that is not UTF-8"
    except RecursionError:
        return "an object that is nested too deep"
    except ValueError:
        return "a line that is no JSON"
    return _row(found)


def _row(found: object) -> dict[str, Any] | str:
    if isinstance(found, dict):
        return found
    return "a name that stands twice in one object" if isinstance(found, _Twice) else "a line that is no object"


def _elements(task: Task, file: BinaryIO) -> Iterator[_Found]:
    """Give the elements of an array, with no more of it in memory than one of them needs."""
    text = ""
    held = b""
    at = 0
    count = 0

    def more() -> bool:
        nonlocal text, held, at
        piece = file.read(_BLOCK)
        whole = held + piece
        cut = len(whole) if not piece else whole.rfind(b"\n") + 1 or _whole(whole)
        try:
            text = text[at:] + whole[:cut].decode("utf-8")
        except UnicodeDecodeError as error:
            raise _broken(task, count) from error
        held, at = whole[cut:], 0
        return bool(piece)

    def sign() -> str:
        nonlocal at
        while True:
            between = _BETWEEN.match(text, at)
            at = between.end() if between else at
            if at < len(text) or not more():
                return text[at : at + 1]

    if sign() != "[":
        raise _broken(task, count)
    at += 1
    if sign() == "]":
        at += 1
    else:
        while True:
            if sign() != "{":
                raise _broken(task, count)
            while True:
                try:
                    found, at = _DECODER.raw_decode(text, at)
                    break
                except (ValueError, RecursionError) as error:
                    if len(text) - at > LINE_LIMIT or isinstance(error, RecursionError) or not more():
                        raise _broken(task, count) from error
            count += 1
            yield count, _row(found)
            end = sign()
            at += 1
            if end == "]":
                break
            if end != ",":
                raise _broken(task, count)
    if sign():
        raise _broken(task, count)


def _whole(text: bytes) -> int:
    """Give how many bytes hold whole characters."""
    cut = len(text)
    while cut and text[cut - 1] & 0xC0 == 0x80:
        cut -= 1
    return cut - 1 if cut and text[cut - 1] >= 0xC0 else len(text)


def _broken(task: Task, count: int) -> CannotRun:
    return CannotRun(f"{task.shown} is an array that is no JSON behind its object {number(count)}", _HELP)


def _pairs(pairs: Sequence[tuple[str, Any]]) -> object:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Twice()


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=_Number, parse_int=_Number, parse_constant=_Number)


def _cell(value: object, decimal: str) -> str:
    """Give the text of a value; lists of plain values are parted by semicolons, and what is nested stays JSON."""
    if value is None:
        return ""
    if isinstance(value, _Number):
        return value.replace(".", decimal)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(one, (dict, list, _Twice)) for one in value):
        cells = [_cell(one, decimal) for one in value]
        if not any(";" in cell for cell in cells):
            return ";".join(cells)
    return _nested(value)


def _nested(value: object) -> str:
    if isinstance(value, _Twice):
        raise _Unreadable("a name that stands twice in one object")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_nested(name)}: {_nested(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_nested, value)) + "]"
    return str(value) if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)
