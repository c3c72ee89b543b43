"""Which binding an export is of: its header line under each delimiter, and the columns that a binding asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from slacli.adapters.sources.given import Given
from slacli.adapters.sources.records import DELIMITERS
from slacli.core.dialects import normal, tidy
from slacli.core.wording import counted, nearest, quoted
from slacli.errors import CannotRun
from slacli.model import Binding, Column
from slacli.values import dataclass

HEAD_LIMIT = 1 << 20  # bytes in which the header line must end

BOM = b"\xef\xbb\xbf"
_SIGNS = {"\t": "a tab"}
_BLANK_LINES = re.compile(rb"(?:[ \t]*(?:\r\n|\r|\n))*")
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Head:
    """The header line of a file: its cells, where it starts and ends, and what stands before it."""

    cells: tuple[str, ...]
    delimiter: bytes
    start: int
    end: int
    raw: bytes
    blank_lines: int
    lines: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """A file's binding, its header under the right delimiter, and where the bound columns are."""

    binding: Binding
    head: Head
    columns: Mapping[str, int]
    currencies: Mapping[str, int]


def encoding_of(
    given: Given, start: bytes, bindings: Mapping[str, Binding], decoded: Callable[[bytes, str], bytes]
) -> str:
    """Give the encoding that the binding of a file says it is written in, or nothing where it says none.

    A mark at the start of the file says more than a binding.
    """
    if start.startswith(BOM):
        return ""
    wanted = _wanted(given, bindings)
    if wanted is not None:
        return wanted.reads.encoding
    for binding in bindings.values():
        encoding = binding.reads.encoding
        if encoding and binding.matches and given.record in {None, binding.record}:
            names = _read_heads(decoded(start, encoding), DELIMITERS, whole=False)
            if any(not one.missed(binding) for one in names if _parts(binding, one.head)):
                return encoding
    return ""


def choose(
    given: Given, start: bytes, *, whole: bool, bindings: Mapping[str, Binding], delimiter: bytes = b""
) -> Chosen:
    """Choose the binding of a file from its first bytes; `whole` says that they are all of it.

    `delimiter` is given where it is known, whatever a binding says. Raises CannotRun where there is no header line,
    where no binding or more than one has its headers, and where the binding's columns are not there, each once.
    """
    names = _read_heads(start, (delimiter,) if delimiter else DELIMITERS, whole=whole)
    if not names:
        if start.removeprefix(BOM).strip():
            raise CannotRun(
                f"the first line of {given.shown} is no header line: it has no end within {HEAD_LIMIT >> 20} MB, "
                "or a quote in it is not closed",
                "export the data again as CSV (UTF-8)",
            )
        raise CannotRun(f"{given.shown} has no header line: it holds only blanks", "export the data again")
    free = bool(delimiter)
    binding = _wanted(given, bindings) or _matching(given, names, bindings, free=free)
    parted = [n for n in names if free or _parts(binding, n.head)]
    if not parted or not any(n.score(binding) for n in parted):
        _refuse_other_delimiter(given, binding, names)
    parted = parted or names
    best = max(parted, key=lambda n: (n.score(binding), len(n.head.cells)))
    columns, currencies = _columns(given, binding, best)
    return Chosen(binding, best.head, columns, currencies)


def fitting(given: Given, header: Sequence[str], bindings: Mapping[str, Binding]) -> list[Binding]:
    """Give the bindings that may be meant and of which a line has the headers."""
    names = _Names(Head(tuple(header), b",", 0, 0, b"", 0, 0))
    wanted = _wanted(given, bindings)
    if wanted is not None:
        return [wanted] if all(names.first(headers) for headers in _bound(wanted)) else []
    return [b for b in bindings.values() if given.record in {None, b.record} and b.matches and not names.missed(b)]


def _read_heads(start: bytes, delimiters: Sequence[bytes], *, whole: bool) -> list[_Names]:
    return [_Names(head) for d in delimiters if (head := read_head(start, d, whole=whole)) is not None]


def _parts(binding: Binding, head: Head) -> bool:
    """Tell whether the delimiter of a header line is one that the binding allows."""
    return binding.reads.delimiter in {"", head.delimiter.decode()}


def _refuse_other_delimiter(given: Given, binding: Binding, names: Sequence[_Names]) -> None:
    """Return when no other delimiter than that of the binding shows its headers; raises CannotRun otherwise."""
    other = next((n for n in names if not _parts(binding, n.head) and n.score(binding) and not n.missed(binding)), None)
    if other is not None:
        here, asked = (
            _SIGNS.get(sign, f"`{sign}`") for sign in (other.head.delimiter.decode(), binding.reads.delimiter)
        )
        raise CannotRun(
            f"{given.shown} has {here} between its cells where `{binding.id}` says {asked}",
            f"mend or leave out `delimiter:` in bindings/{binding.id}.yaml",
        )


def read_head(start: bytes, delimiter: bytes, *, whole: bool) -> Head | None:
    """Read the first line of a file that is not blank, or give None where it does not end or a quote is not closed."""
    bom = len(BOM) if start.startswith(BOM) else 0
    before = _BLANK_LINES.match(start, bom)
    first = at = before.end() if before else bom
    d = re.escape(delimiter)
    cell = re.compile(rb' *"([^"]*+(?:""[^"]*+)*+)" *|([^\r\n' + d + rb"]*)")
    cells: list[bytes] = []
    while found := cell.match(start, at):
        quoted, plain = found.groups()
        cells.append(plain if quoted is None else quoted.replace(b'""', b'"'))
        at = found.end()
        if start[at : at + 1] != delimiter:
            break
        at += 1
    end = _LINE_END.match(start, at)
    if end is None and (at < len(start) or not whole):
        return None
    raw = start[first:at]
    if not raw.strip():
        return None
    stop = end.end() if end else at
    blank = len(_LINE_END.findall(start[bom:first]))
    lines = len(_LINE_END.findall(start[bom:stop]))
    return Head(tuple(_decoded(c) for c in cells), delimiter, first, stop, raw, blank, lines)


def _decoded(cell: bytes) -> str:
    try:
        return cell.decode("utf-8")
    except UnicodeDecodeError:
        return cell.decode("cp1252", "replace")


# --- headers by name --------------------------------------------------------------------------


class _Names:
    """The headers of a file under one delimiter, found as written, else whatever their case, blanks and quotes."""

    __slots__ = ("_exact", "_found_loosely", "head")

    def __init__(self, head: Head) -> None:
        self.head = head
        self._exact: dict[str, list[int]] = {}
        self._found_loosely: dict[str, list[int]] = {}
        for index, cell in enumerate(head.cells):
            self._exact.setdefault(tidy(cell), []).append(index)
            self._found_loosely.setdefault(normal(cell), []).append(index)

    def find(self, header: str) -> list[int]:
        return self._exact.get(tidy(header)) or self._found_loosely.get(normal(header)) or []

    def first(self, headers: Sequence[str]) -> list[int]:
        return next((found for header in headers if (found := self.find(header))), [])

    def missed(self, binding: Binding) -> list[str]:
        return [header for header in binding.matches if not self.find(header)]

    def score(self, binding: Binding) -> int:
        return sum(bool(self.first(headers)) for headers in _bound(binding)) + sum(
            bool(self.find(header)) for header in binding.matches
        )

    def nearest(self, header: str) -> str | None:
        """Give the header of the file that is clearly nearest to `header`, or None where none is.

        A file without a header line holds a row there: only what is almost the header itself is ever shown.
        """
        return nearest(tidy(header), filter(None, map(tidy, self.head.cells)))


def _bound(binding: Binding) -> list[tuple[str, ...]]:
    columns = binding.columns.values()
    return [c.headers for c in columns] + [(c.currency,) for c in columns if c.currency is not None]


# --- the binding ------------------------------------------------------------------------------


def _wanted(given: Given, bindings: Mapping[str, Binding]) -> Binding | None:
    """Give the binding that the user named, by its id or as the only one of a record."""
    if given.binding is not None:
        return bindings[given.binding]
    if given.record is not None:
        of_record = [b for b in bindings.values() if b.record == given.record]
        if len(of_record) == 1:
            return of_record[0]
    return None


def _matching(given: Given, names: Sequence[_Names], bindings: Mapping[str, Binding], *, free: bool) -> Binding:
    asked = [b for b in bindings.values() if given.record in {None, b.record}]
    able = [b for b in asked if b.matches]
    found = [b for b in able if any(not n.missed(b) for n in names if free or _parts(b, n.head))]
    if len(found) == 1:
        return found[0]
    if found:
        both = quoted(b.id for b in found)
        raise CannotRun(f"{given.shown} has the headers of {both}", f"say which it is: `{found[0].id}={given.plain}`")
    for one in able:
        _refuse_other_delimiter(given, one, names)
    what = f"{given.shown} has the headers of no binding" + (f" of `{given.record}`" if given.record else "")
    if not able:
        first = asked[0].id if asked else "binding"
        raise CannotRun(
            f"{what}: none says which headers it `matches`" if asked else f"{what}: the contract has none",
            f"name one: `{first}={given.plain}`" if asked else "add a file to `bindings/`",
        )
    best, binding = min(
        ((n, b) for b in able for n in names),
        key=lambda pair: (len(pair[0].missed(pair[1])) / len(pair[1].matches), -pair[0].score(pair[1])),
    )
    missed = best.missed(binding)
    if len(missed) == len(binding.matches) and not best.score(binding):
        raise CannotRun(what, f"is its first line the header line? the bindings are {quoted(b.id for b in able)}")
    near = best.nearest(missed[0])
    raise CannotRun(
        f"{what}; the nearest is `{binding.id}`, of which it lacks {quoted(missed)}",
        f"did you mean its column {quoted([near])}?" if near else f"export it with {quoted(missed)}",
    )


def _columns(given: Given, binding: Binding, names: _Names) -> tuple[dict[str, int], dict[str, int]]:
    columns: dict[str, int] = {}
    currencies: dict[str, int] = {}
    missing: list[tuple[str, tuple[str, ...]]] = []
    for field, column in binding.columns.items():
        for into, headers in _asked(column, columns, currencies):
            found = names.first(headers)
            if not found:
                missing.append((field, headers))
            elif len(found) > 1:
                header = quoted([tidy(names.head.cells[found[0]])])
                often = "twice" if len(found) == 2 else counted(len(found), "time")
                raise CannotRun(
                    f"{given.shown} has the header {header} {often}, and `{binding.id}` reads it as "
                    f"`{binding.record}.{field}`",
                    "export the column once, or rename the others",
                )
            else:
                into[field] = found[0]
    if missing:
        raise _lacking(given, binding, names, missing)
    return columns, currencies


def _asked(
    column: Column, columns: dict[str, int], currencies: dict[str, int]
) -> list[tuple[dict[str, int], tuple[str, ...]]]:
    asked = [(columns, column.headers)]
    return asked if column.currency is None else [*asked, (currencies, (column.currency,))]


def _lacking(
    given: Given, binding: Binding, names: _Names, missing: Sequence[tuple[str, tuple[str, ...]]]
) -> CannotRun:
    field, headers = missing[0]
    more = f", and {counted(len(missing) - 1, 'more column')}" if len(missing) > 1 else ""
    what = (
        f"{given.shown} lacks the column {quoted(headers, 'or')}, which `{binding.id}` reads as "
        f"`{binding.record}.{field}`{more}"
    )
    if len(names.head.cells) == 1:
        help_ = "export it with commas, semicolons, tabs or bars between the cells"
    else:
        near = next((n for h in headers if (n := names.nearest(h))), None)
        help_ = (
            f"did you mean its column {quoted([near])}?" if near else "export it with this column, or mend the binding"
        )
    return CannotRun(what, help_)
