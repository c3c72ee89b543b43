"""How a stretch of source is shown: its line, cut around what is meant, and the marks below it in the right cells."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from slacli.adapters.render.sheet import characters, wrap
from slacli.places import Span


def snippet(line: str, span: Span, label: str, *, mark: str, style: str, gutter: int, width: int) -> list[Text]:
    """Show the first line of `span` with `mark` below what it covers and `label` behind the marks.

    `gutter` is the width of the line numbers. A label that does not fit goes on below.
    """
    room = width - gutter - 3
    first = span.column - 1
    last = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    shown, offset, length = _cut(line, first, max(last, first + 1), room)
    rows = [
        Text(" " * (gutter + 1) + "|", "blue"),
        Text.assemble((f"{span.line:>{gutter}} |", "blue"), " ", shown),
    ]
    marks = Text.assemble(" " * offset, (mark * length, style))
    below = [marks]
    if label and offset + length + 1 + cell_len(label) <= room:
        below = [Text.assemble(marks, " ", (label, style))]
    elif label:
        indent = offset if room - offset >= min(cell_len(label), room // 2) else 0
        below += [Text.assemble(" " * indent, part) for part in wrap(Text(label, style), room - indent)]
    return rows + [Text.assemble((" " * (gutter + 1) + "|", "blue"), " ", row) for row in below]


def _cut(line: str, first: int, last: int, room: int) -> tuple[str, int, int]:
    """Give what is shown of a line in `room` cells, where the marks start in it and how many there are."""
    near = max(0, first - 2 * room)
    cells = characters(line[near : first + 2 * room].rstrip())
    more = len(line.rstrip()) > first + 2 * room
    first, last = first - near, last - near
    low = 0
    if near or (_width(cells) > room and _width(cells[:last]) >= room):
        low = first
        while low > 0 and _width(cells[low - 1 : first]) <= room // 3:
            low -= 1
    left = "…" if near + low else ""
    high = len(cells)
    if more or cell_len(left) + _width(cells[low:]) > room:
        high = low
        while high < len(cells) and cell_len(left) + _width(cells[low : high + 1]) < room:
            high += 1
    right = "…" if more or high < len(cells) else ""
    offset = cell_len(left) + _width(cells[low:first])
    length = _width(cells[first : min(last, high)])
    return left + "".join(cells[low:high]) + right, offset, max(1, min(length, room - offset))


def _width(cells: list[str]) -> int:
    return cell_len("".join(cells))
