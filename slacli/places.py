"""Where things stand: addresses made of keys, spans made of lines and columns, and the map from one to the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from slacli.values import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """A route into a contract: a file, named relative to the contract folder, and the keys and indices below it."""

    file: str
    pointer: tuple[str | int, ...] = ()

    def __truediv__(self, step: str | int) -> Address:
        return Address(self.file, (*self.pointer, step))

    @property
    def parent(self) -> Address:
        return Address(self.file, self.pointer[:-1])


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one file: 1-based lines and columns in code points; the end column is the first one after it."""

    line: int
    column: int
    end_line: int
    end_column: int


_START = Span(1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class SourceMap:
    """The texts of a contract by file, with the span of every value and of every key."""

    texts: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[Address, Span] = field(default_factory=dict)
    keys: Mapping[Address, Span] = field(default_factory=dict)

    def span(self, address: Address, *, key: bool = False) -> Span:
        """Give the span of the value (or of the key) at `address`, else of its nearest known ancestor."""
        if key and address in self.keys:
            return self.keys[address]
        here = address
        while here not in self.values and here.pointer:
            if here in self.keys:
                return self.keys[here]
            here = here.parent
        return self.values.get(here, _START)

    def part(self, address: Address, start: int, end: int) -> Span:
        """Give the span of the characters `start` to `end` (0-based) of the one-line scalar at `address`.

        Quotes and escapes of the YAML text are accounted for. A scalar over several lines gives its whole span.
        """
        whole = self.span(address)
        if whole.line != whole.end_line or address not in self.values:
            return whole
        line = self.line(address.file, whole.line)
        raw = line[whole.column - 1 : whole.end_column - 1]
        offsets = _offsets(raw)
        last = len(offsets) - 1
        first = offsets[min(start, last)]
        stop = offsets[min(end, last)]
        return Span(whole.line, whole.column + first, whole.line, whole.column + max(stop, first + 1))

    def line(self, file: str, number: int) -> str:
        """Give the text of a 1-based line, or nothing where the file has none."""
        lines = self.texts.get(file, "").split("\n")
        return lines[number - 1].rstrip("\r") if 1 <= number <= len(lines) else ""


_ESCAPE_WIDTH = {"x": 4, "u": 6, "U": 10}


def _offsets(raw: str) -> list[int]:
    """Give, for each character of a scalar and for its end, the offset in its source text `raw`."""
    quote = raw[:1]
    if quote not in {"'", '"'}:
        return list(range(len(raw) + 1))
    offsets = []
    at = 1
    while at < len(raw) - 1:
        offsets.append(at)
        if quote == "'" and raw[at] == "'":
            at += 2
        elif quote == '"' and raw[at] == "\\":
            at += _ESCAPE_WIDTH.get(raw[at + 1], 2)
        else:
            at += 1
    return [*offsets, len(raw) - 1]
