"""The grammar of one record of CSV text as the engine reads it: what a quote, a blank beside it, a line end mean."""

from __future__ import annotations

import csv
import re

from slacli.core.wording import counted, number
from slacli.values import dataclass

DELIMITERS = (b",", b";", b"\t", b"|")
LINE_LIMIT = 1_900_000  # bytes; measured: DuckDB refuses a record of more than 2,000,000
CELL_LIMIT = 1_000_000  # bytes

UNCLOSED = "a quote that is never closed"
_AFTER = "text after a closing quote"


@dataclass(frozen=True, slots=True)
class Parsed:
    """One record: its cells, or why it has none, and the offset behind its line end.

    `end` means nothing where `fault` says what is wrong.
    """

    cells: list[bytes]
    end: int
    fault: str = ""


class Grammar:
    """Reads and writes records of `width` cells. Lines end with `newline`; the other line end is text.

    Measured on DuckDB 2.0 in strict mode, and the same here: blanks outside quotes beside a quoted cell are dropped,
    a quote inside an unquoted cell is text, and empty cells beyond the last column are no fault.
    """

    __slots__ = (
        "_bare",
        "_closed",
        "_late_quote",
        "_needs_quotes",
        "_opening",
        "_spaces",
        "delimiter",
        "line",
        "newline",
        "record",
        "width",
    )

    def __init__(self, delimiter: bytes, width: int, newline: bytes = b"\n") -> None:
        self.delimiter = delimiter
        self.newline = newline
        self.width = width
        d = re.escape(delimiter)
        cell = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^"\r\n' + d + rb"]*+)"
        end = rb"(?:\r\n|\n)" if newline == b"\n" else rb"\r"
        cells = b"%b(?:%b%b){%d}" % (cell, d, cell, width - 1)
        # The whole of a regular record, from its start and without its end: most records of a file need nothing more.
        self.record = re.compile(b"(%b)%b" % (cells, end))
        self.line = re.compile(cells)
        self._spaces = re.compile(rb" *+")
        self._opening = re.compile(rb' *+"')
        self._closed = re.compile(rb'([^"]*+(?:""[^"]*+)*+)"')
        self._bare = re.compile(b"[^%b%b]*+" % (d, b"\r\n" if newline == b"\n" else b"\r"))
        self._late_quote = re.compile(b'(?:^|%b) +"' % d)
        self._needs_quotes = re.compile(rb'["\r\n' + d + b"]")

    def read(self, text: bytes, at: int, stop: int) -> Parsed:
        """Read the record at `at`, which may go on over several lines, but not beyond `stop`.

        A carriage return among lines that end with a line feed ends the record where that makes it whole, and is
        text where it does not.
        """
        cells: list[bytes] = []
        most = 4 * self.width + 64
        while len(cells) < most:
            opening = self._opening.match(text, at, stop)
            if opening:
                closed = self._closed.match(text, opening.end(), stop)
                if closed is None:
                    return Parsed(cells, stop, UNCLOSED)
                cells.append(closed[1].replace(b'""', b'"'))
                at = self._skip(self._spaces, text, closed.end(), stop)
            else:
                start = at
                at = self._skip(self._bare, text, at, stop)
                while self._is_text(text, at, stop, len(cells) + 1):
                    at = self._skip(self._bare, text, at + 1, stop)
                cells.append(text[start:at])
            if text[at : at + 1] == self.delimiter and at < stop:
                at += 1
                continue
            end = self._line_end(text, at, stop)
            return Parsed(cells, at, _AFTER) if end is None else Parsed(cells, end)
        return Parsed(cells, at, f"more than {self.wrong_width(most)}")

    def read_line(self, line: bytes) -> list[bytes] | None:
        """Read a line without its end the cheap way, or give None where it needs `read`."""
        if self._late_quote.search(line):
            return None
        try:
            text = line.decode("utf-8", "surrogateescape")
            rows = list(csv.reader([text], delimiter=self.delimiter.decode(), strict=True))
        except csv.Error:
            return None
        return [cell.encode("utf-8", "surrogateescape") for cell in rows[0]] if len(rows) == 1 else None

    def fitted(self, cells: list[bytes]) -> bool:
        """Drop empty cells beyond the last column, and tell whether the record then has as many as the header."""
        while len(cells) > self.width and not cells[-1]:
            cells.pop()
        return len(cells) == self.width

    def wrong_width(self, count: int) -> str:
        return f"{counted(count, 'cell')} where the header has {number(self.width)}"

    def write(self, cells: list[bytes]) -> bytes:
        """Give the record as regular text without a line end."""
        if cells == [b""]:
            return b'""'  # an empty line would be no record
        quoted = self._needs_quotes
        return self.delimiter.join(b'"%b"' % c.replace(b'"', b'""') if quoted.search(c) else c for c in cells)

    @staticmethod
    def _skip(pattern: re.Pattern[bytes], text: bytes, at: int, stop: int) -> int:
        found = pattern.match(text, at, stop)
        return found.end() if found else at

    def _is_text(self, text: bytes, at: int, stop: int, cells: int) -> bool:
        """Tell whether a carriage return in an unquoted cell is text: not before a line feed, nor in the last cell."""
        if self.newline != b"\n" or at >= stop or text[at] != 0x0D or cells == self.width:
            return False
        return text[self._after_returns(text, at, stop) :][:1] != b"\n"

    def _line_end(self, text: bytes, at: int, stop: int) -> int | None:
        if at >= stop:
            return stop
        if self.newline == b"\r":
            return at + 1 if text[at] == 0x0D else None
        after = self._after_returns(text, at, stop)
        if text[after : after + 1] == b"\n":
            return after + 1
        return after if after > at else None

    @staticmethod
    def _after_returns(text: bytes, at: int, stop: int) -> int:
        while at < stop and text[at] == 0x0D:
            at += 1
        return at
