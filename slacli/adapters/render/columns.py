"""How figures stand: in right-aligned columns where the screen is wide enough, else each row in words on two lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.text import Text

from slacli.adapters.render.sheet import Sheet, flowed, wrap
from slacli.values import dataclass

COUNTS = ("due", "met", "missed", "open", "unclear")
_HEADINGS = (*COUNTS, "rate", "target")
_ALWAYS = ("due", "met", "missed", "unclear", "rate", "target")
_GAP = 2
_NAME = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a block: a name with figures under the headings, or with `amounts` that stand across them."""

    indent: int
    name: str
    figures: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    status: tuple[str, str] = ("", "")
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under a title of their own."""

    title: str
    rows: tuple[Row, ...]


def lay(sheet: Sheet, blocks: Sequence[Block]) -> None:
    """Put blocks on a sheet, all with the same columns.

    `open` is a column only where something is open; a block of amounts alone has no headings.
    """
    rows = [row for block in blocks for row in block.rows]
    kept = [
        index
        for index, heading in enumerate(_HEADINGS)
        if heading in _ALWAYS or any(row.figures and row.figures[index] not in {"", "0"} for row in rows)
    ]
    widths = {
        index: max(len(_HEADINGS[index]), *(cell_len(row.figures[index]) for row in rows if row.figures), 0)
        for index in kept
    }
    figures = sum(width + _GAP for width in widths.values())
    status = max((cell_len(row.status[0]) for row in rows), default=0) + _GAP
    needed = max((row.indent + cell_len(row.name) for row in rows if row.status[0] or row.figures), default=0)
    needed = max(needed, *(cell_len(block.title) for block in blocks), 0)
    name = min(needed, sheet.width - figures - status)
    for block in blocks:
        sheet.gap()
        if name < min(needed, _NAME):
            _in_words(sheet, block)
        else:
            _in_columns(sheet, block, name, widths)


def _in_columns(sheet: Sheet, block: Block, name: int, widths: dict[int, int]) -> None:
    title = Text(block.title, "bold")
    if title.cell_len > name:
        sheet.add(title)
        title = Text()
    if any(row.figures for row in block.rows):
        headings = "".join(f"{_HEADINGS[index]:>{width + _GAP}}" for index, width in widths.items())
        sheet.lines.append(Text.assemble(_padded(title, name), (headings, "dim")))
    elif title.plain:
        sheet.add(title)
    middle = sum(width + _GAP for width in widths.values()) - _GAP
    for row in block.rows:
        alone = not (row.figures or row.amounts or row.status[0])
        names = wrap(Text(row.name), (sheet.width if alone else name) - row.indent)
        beside = [Text()]
        if row.figures:
            figures = (" " * (width + _GAP - cell_len(row.figures[i])) + row.figures[i] for i, width in widths.items())
            beside = [Text("".join(figures))]
        elif row.amounts:
            beside = [Text.assemble(" " * _GAP, line) for line in flowed(row.amounts, middle)]
        for number, (left, right) in enumerate(zip_longest(names, beside, fillvalue=Text())):
            line = Text.assemble(_padded(Text.assemble(" " * row.indent, left), name), right)
            if number == 0 and row.status[0]:
                line = Text.assemble(_padded(line, name + middle + _GAP), " " * _GAP, row.status)
            sheet.lines.append(line)
        _notes(sheet, row)


def _in_words(sheet: Sheet, block: Block) -> None:
    sheet.add(Text(block.title, "bold"))
    for row in block.rows:
        room = sheet.width - row.indent - (cell_len(row.status[0]) + _GAP if row.status[0] else 0)
        for number, part in enumerate(wrap(Text(row.name), room)):
            line = Text.assemble(" " * row.indent, part)
            if number == 0 and row.status[0]:
                line = Text.assemble(_padded(line, row.indent + room), " " * _GAP, row.status)
            sheet.lines.append(line)
        said = _said(row.figures) if row.figures else list(row.amounts)
        if said:
            sheet.flow(said, head=" " * (row.indent + 2), hang=0)
        _notes(sheet, row)


def _said(figures: tuple[str, ...]) -> list[str]:
    """Say in words what stands under the headings."""
    value = dict(zip(_HEADINGS, figures, strict=True))
    counts = [f"{value[name]} {name}" for name in COUNTS[1:] if value[name] not in {"", "0"}]
    said = [f"{value['due']} due: {', '.join(counts)}" if counts else f"{value['due']} due"] if value["due"] else []
    shares = [value["rate"].replace("n/a", ""), f"target {value['target']}" if value["target"] else ""]
    return [*said, *([", ".join(filter(None, shares))] if any(shares) else [])]


def _notes(sheet: Sheet, row: Row) -> None:
    if row.notes:
        sheet.flow(row.notes, head=" " * (row.indent + 2), hang=0)


def _padded(text: Text, width: int) -> Text:
    """Fill a text up with blanks to `width` cells; a wider one stays as it is."""
    return Text.assemble(text, " " * (width - text.cell_len))
