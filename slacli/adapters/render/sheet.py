"""How text is laid on lines: what is made inert, how wide it is on a screen, where it may break, what colour it has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import StringIO

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.text import Text

from slacli.core.wording import sanitised

WORDS = 1000
"""How much of a sentence is shown: messages hold names that were cut before, so that only hostile ones are longer."""

_BREAKS = re.compile(r" +(?!%)")
_COMMANDS = re.compile(r"##(?=\w*\[)|:(?=:)")
_ESCAPES = {"##": r"\x23#", ":": r"\x3a"}
_SIGNS = (" =", " +")
_TAB = 4
_NARROWEST = 16


def inert(text: str, limit: int = 200) -> str:
    """Make text of others safe to print: no control characters, and nothing that a CI runner takes for a command.

    Runners obey `::name` where a line starts, which wrapping can bring about anywhere, and `##[name` and `##vso[`
    everywhere. One character of each is written as a visible escape.
    """
    return _COMMANDS.sub(lambda found: _ESCAPES[found[0]], sanitised(text, limit))


def characters(line: str) -> list[str]:
    """Give what is shown for each character of a line of source: one string each, tabs as blanks, escapes visible."""
    shown: list[str] = []
    at = 0
    for character in line:
        text = " " * (_TAB - at % _TAB) if character == "\t" else sanitised(character)
        shown.append(text)
        at += cell_len(text)
    for found in _COMMANDS.finditer(line):
        if found[0] == "##":
            shown[found.start()] = r"\x23"
    return shown


def wrap(text: Text, width: int, first: int | None = None) -> list[Text]:
    """Break a text into lines of at most `width` cells, the first of at most `first`.

    It breaks at blanks where it can; a per cent sign stays with its figure.
    """
    room = width if first is None else first
    plain = text.plain
    lines: list[Text] = []
    start = end = 0
    for opens, closes in _words(plain, min(room, width)):
        if cell_len(plain[start:closes]) > (width if lines else room):
            # Blanks before the first word are no line of their own; they give way where it needs their room.
            lines += [text[start:end]] if end > start else []
            start = opens
        end = closes
    lines.append(text[start:end])
    return lines


def _words(plain: str, width: int) -> Iterator[tuple[int, int]]:
    """Give where each word starts and ends; a word wider than `width` comes in pieces."""
    at = 0
    for gap in [*_BREAKS.finditer(plain), None]:
        stop = gap.start() if gap else len(plain)
        for piece in chop_cells(plain[at:stop], width) if stop > at else ():
            yield at, at + len(piece)
            at += len(piece)
        at = gap.end() if gap else stop


class Sheet:
    """Lines of text that are no wider than `width` cells."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: list[Text] = []

    def add(self, text: Text | str, *, head: Text | str = "", hang: int | None = None) -> None:
        """Add a text behind `head`; what does not fit goes on below, `hang` cells in or else where the text began."""
        head = Text.assemble(head)
        if self.width - head.cell_len < _NARROWEST:
            head, text, hang = Text(), Text.assemble(head, text), 2
        indent = head.cell_len if hang is None else hang
        first, *rest = wrap(Text.assemble(text), self.width - indent, self.width - head.cell_len)
        self.lines += [Text.assemble(head, first), *(Text.assemble(" " * indent, line) for line in rest)]

    def flow(self, items: Sequence[Text | str], *, head: Text | str = "", hang: int = 2) -> None:
        """Add items behind `head`, as many on a line as fit; lines below the first stand `hang` cells further in."""
        head = Text.assemble(head)
        first, *rest = flowed(items, self.width - head.cell_len, hang)
        self.lines.append(Text.assemble(head, first))
        self.lines += [Text.assemble(" " * head.cell_len, line) for line in rest]

    def gap(self) -> None:
        """Part what follows by an empty line, unless nothing stands before it."""
        if self.lines and self.lines[-1].plain:
            self.lines.append(Text())

    def text(self, *, colour: bool) -> str:
        """Give all lines as one string that ends with a line feed."""
        out = StringIO()
        console = Console(
            file=out,
            width=self.width,
            force_terminal=colour,
            color_system="standard" if colour else None,
            no_color=not colour,
            markup=False,
            emoji=False,
            highlight=False,
            legacy_windows=False,
            _environ={},
        )
        for line in self.lines:
            line.rstrip()
            console.print(_disarmed(line), soft_wrap=True)
        return out.getvalue()


def _disarmed(line: Text) -> Text:
    """Break a command that came about where text of others met a colon of ours, at the start of a line."""
    start = len(line.plain) - len(line.plain.lstrip())
    return Text.assemble(line[:start], r"\x3a", line[start + 1 :]) if line.plain.startswith("::", start) else line


def flowed(items: Sequence[Text | str], width: int, hang: int = 0) -> list[Text]:
    """Lay items on lines of at most `width` cells, parted by dots; only an item that is wider than a line is broken.

    An item that ends with a sign goes on with the next one, without a dot. Lines below the first start with blanks.
    """
    lines = [Text()]
    for item in map(Text.assemble, items):
        dot = "" if not lines[-1].plain.strip() or lines[-1].plain.endswith(_SIGNS) else " ·"
        gap = " " if lines[-1].plain.strip() else ""
        if gap and lines[-1].cell_len + len(dot) + 1 + item.cell_len <= width:
            lines[-1].append(dot + gap).append_text(item)
            continue
        indent = hang if gap else 0
        first, *rest = wrap(item, width - hang, width - indent)
        lines[-1:] = [lines[-1], Text.assemble(" " * indent, first)] if gap else [first]
        lines += [Text.assemble(" " * hang, line) for line in rest]
    return lines
