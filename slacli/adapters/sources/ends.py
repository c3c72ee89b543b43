"""Where the data of a file stop: what is left when blank lines and a footer at its end are taken away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from slacli.adapters.sources.footers import Footers, Line, block
from slacli.adapters.sources.headers import Head

_TAIL = 1 << 16  # bytes at the end of a file in which a footer must begin


def find_end(path: Path, size: int, head: Head, footers: Footers | None) -> tuple[int, Counter[str]]:
    """Give the offset behind the last row, and why how many lines beyond it are cut.

    Where that takes more than a look at the last lines, everything stays, for the careful road to decide.
    """
    start = max(head.end, size - _TAIL)
    with path.open("rb") as file:
        file.seek(start)
        tail = file.read(size - start)
    if start > head.end:
        first = tail.find(b"\n") + 1
        start, tail = start + first, tail[first:]
    texts = tail.split(b"\n")
    if not texts[-1]:
        texts.pop()
    lines: list[Line] = []
    for text in reversed([t.removesuffix(b"\r") for t in texts]):
        line = _line(text, head, footers)
        if line.kind == "row":
            break
        lines.append(line)
    lines.reverse()
    begin = _begin(lines)
    if begin == 0 and len(lines) == len(texts) and start > head.end:
        return size, Counter()
    cut = lines[begin:]
    kept = len(texts) - len(cut)
    stop = start + sum(len(t) + 1 for t in texts[:kept])
    return min(stop, size), Counter("blank line" if line.kind == "blank" else "footer" for line in cut)


def _line(text: bytes, head: Head, footers: Footers | None) -> Line:
    blank = not text or (len(head.cells) > 1 and not text.strip(b" \t" if head.delimiter != b"\t" else b" "))
    if blank:
        return Line(0, text, "blank")
    if footers is None or b"\r" in text:
        return Line(0, text, "row")
    return footers.line(0, text)


def _begin(lines: Sequence[Line]) -> int:
    """Give the index of the first of the last lines that is cut."""
    since = 0
    while found := block(lines, since):
        if found.stop == len(lines):
            return found.start
        since = found.stop
    begin = len(lines)
    while begin and lines[begin - 1].kind == "blank":
        begin -= 1
    return begin
