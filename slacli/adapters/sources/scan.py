"""One pass over the bytes of a file: its digest, whether an engine can read it as it is, and how many records it holds.

The count is made from nothing but quotes and line ends, so that it shares no code with any reader that it is to prove.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

from slacli.adapters.sources.footers import Footers
from slacli.adapters.sources.headers import BOM
from slacli.errors import CannotRun

# Two blocks, each with the end of a record in it, bound the length of any record below what an engine takes.
BLOCK = 450_000
MANY_CELLS = 5  # below, a line of text has as many commas as a row too easily

_QUOTE_OR_ANY_LINE = bytes(b for b in range(256) if b not in b'"\r\n\x00')
_STRAY_RETURN = re.compile(rb"\r(?!\n)")
_BLANK = re.compile(rb"\n\r?\n")
# Measured: DuckDB takes `"a" "b"` for one cell without its inner quotes, and some quotes behind two blanks for text.
_ODD_QUOTE = re.compile(rb' "(?:(?<=" ")|(?<=  "))')


class Readable(Protocol):
    """Something whose bytes can be read once, from its beginning on."""

    def read(self, size: int, /) -> bytes:
        """Give the next bytes, at most so many; none at the end."""
        ...


@dataclass(slots=True)
class Scan:
    """What the pass saw. Line ends are counted outside quotes; `tidy` says that nothing stands against the fast road.

    `ascii`, `utf8` and everything below them are about the content alone: without a mark at its start or a footer.
    """

    size: int = 0
    sha256: str = ""
    ascii: bool = True
    utf8: bool = True
    feeds: int = 0
    pairs: int = 0
    returns: int = 0
    any_feed: bool = False
    open_quote: bool = False
    ended: bool = True
    untidy: bool = False

    @property
    def records(self) -> int:
        """How many records the content holds, the header among them, where line ends are of one kind."""
        return self.feeds + self.pairs + (not self.ended)

    @property
    def tidy(self) -> bool:
        uniform = not self.returns and not (self.feeds and self.pairs)
        return self.utf8 and uniform and not self.open_quote and not self.untidy

    @property
    def only_returns(self) -> bool:
        """Whether records end with a carriage return alone."""
        return not self.any_feed or (self.returns > 0 and not self.open_quote and not self.feeds and not self.pairs)


class Scanner:
    """One pass over a file whose content lies between the offsets `start` and `stop`, with `header` as its first line.

    `footers` is given where the dialect has closing lines. Of a file that is `copied` record by record, line ends count
    only until it is known that they are mixed.
    """

    def __init__(
        self,
        shown: str,
        start: int,
        stop: int,
        *,
        header: bytes,
        delimiter: bytes,
        width: int,
        footers: Footers | None = None,
        copied: bool = False,
    ) -> None:
        self.copied = copied
        self.shown = shown
        self.start = start
        self.stop = stop
        self.delimiter = delimiter
        self.width = width
        self.footers = footers
        self.seen = Scan()
        cells = header.replace(b'"', b"").split(delimiter)
        headers = {header, delimiter.join(cells), delimiter.join(b'"%b"' % cell for cell in cells)}
        self._again = [b"\n%b" % line for line in headers]
        self._again_unquoted = [line for line in self._again if b'"' not in line]
        self._again_whole = re.compile(b"(?:%b)(?=[\r\n]|\\Z)" % b"|".join(map(re.escape, self._again)))
        self._keep = bytes(b for b in range(256) if b not in b'"\n' + delimiter)
        self._full_line = b"\n" + delimiter * (width - 1) + b"\n"
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._digest = hashlib.sha256()
        self._held = b""
        self._near = len(header) + 400  # bytes to either side of a block's edge in which a line may be cut in two
        self._edge = b""
        self._inside = False
        self._open = b""

    def glimpse(self, start: bytes) -> Scan:
        """Say what the first bytes of a file hold, up to the last line end among them, without digest and size."""
        self._block(start[: start.rfind(b"\n") + 1] or start)
        return self.seen

    def run(self, path: Path, halted: Event, seen: Callable[[int, int], None] = lambda _, __: None) -> Scan:
        """Read the whole file at `path` and say what it holds, or leave off where another thread says so.

        `seen` is told after each block how many bytes and about how many records were looked through. Raises CannotRun
        for a NUL byte, which no text has and which engines take for the end of a cell.
        """
        with path.open("rb", buffering=0) as file:
            passing = Passing(self, path, file, halted, seen)
            while passing.read(BLOCK):
                pass
        return self.whole()

    def take(self, path: Path, block: bytes) -> None:
        """Look through the next bytes of the file at `path`; raises CannotRun as `run` does."""
        # Measured: a thread of its own for the digest costs more in handing over than it saves.
        self._digest.update(block)
        at = self.seen.size
        self.seen.size += len(block)
        if 0 in block:
            raise self._nul(path, at + block.index(0))
        content = block
        if at < self.start or self.seen.size > self.stop:
            content = block[max(0, self.start - at) : max(0, self.stop - at)]
        if not content:
            return
        content = self._held + content
        self._held = b""
        # A pair of line ends must not fall apart between two blocks.
        if content.endswith(b"\r") and self.seen.size < self.stop:
            self._held, content = b"\r", content[:-1]
        if content:
            self._block(content)

    def whole(self) -> Scan:
        """Say what the file holds, when all of its bytes were taken."""
        if self._held:
            self._block(self._held)
        self._decode(b"", final=True)
        self.seen.sha256 = self._digest.hexdigest()
        self.seen.open_quote = self._inside
        return self.seen

    def _nul(self, path: Path, offset: int) -> CannotRun:
        line = 1
        with path.open("rb") as file:
            left = offset
            while left and (block := file.read(min(left, BLOCK))):
                left -= len(block)
                line += block.count(b"\n")
        return CannotRun(f"{self.shown} holds a NUL byte in line {line:,}: it is no text", "export the data again")

    def _decode(self, block: bytes, *, final: bool = False) -> None:
        try:
            self._decoder.decode(block, final)
        except UnicodeDecodeError:
            self.seen.utf8 = False

    def _block(self, block: bytes) -> None:
        seen = self.seen
        if not block.isascii():
            seen.ascii = False
        if seen.utf8 and not seen.ascii:
            self._decode(block)
        quoted = b'"' in block
        ended = self._roughly(block) if self._is_settled() else self._lines(block, quoted=quoted)
        if not ended and seen.size < self.stop:
            seen.untidy = True
        if not seen.untidy:
            self._look(block, quoted=quoted)
        self._edge = (self._edge + block[-self._near :])[-self._near :]
        seen.ended = block.endswith(b"\n")

    def _look(self, block: bytes, *, quoted: bool) -> None:
        """Look for what stands against the fast road: a second header or mark, a footer, odd quotes."""
        seen = self.seen
        edge = self._edge + block[: self._near]
        for text, has_quote in ((block, quoted), (edge, b'"' in edge)):
            again = self._again if has_quote else self._again_unquoted
            if any(line in text for line in again) and self._again_whole.search(text):
                seen.untidy = True
            if not seen.ascii and b"\n" + BOM in text:
                seen.untidy = True
            if has_quote and _ODD_QUOTE.search(text):
                seen.untidy = True
        if self.footers is not None and (self.footers.suspected(block) or self.footers.suspected(edge)):
            seen.untidy = True

    def _lines(self, block: bytes, *, quoted: bool) -> int:
        """Count the line ends of a block by kind, and give how many are outside quotes."""
        seen = self.seen
        was_inside = self._inside
        if not quoted:
            returns = block.count(b"\r") if b"\r" in block else 0
            pairs = block.count(b"\r\n") if returns else 0
            # Measured: quicker than to count the line ends and to search for blank lines.
            lines = block.split(b"\n")
            feeds = len(lines) - 1
            outside = (0, 0, 0) if was_inside else (feeds - pairs, pairs, returns - pairs)
            inner = lines[1:-1]
            blank = not was_inside and (not all(inner) or b"\r" in inner)
        else:
            # Where no return stands alone, the two of a pair are neighbours without the text between them, too.
            alone = _STRAY_RETURN.search(block) is not None
            reduced = (block.replace(b"\r\n", b"\x00") if alone else block).translate(None, _QUOTE_OR_ANY_LINE)
            reduced = reduced if alone else reduced.replace(b"\r\n", b"\x00")
            feeds = reduced.count(b"\n") + reduced.count(b"\x00")
            text = self._outside(reduced.replace(b'""', b""))
            outside = (text.count(b"\n"), text.count(b"\x00"), text.count(b"\r"))
            blank = not seen.untidy and self._has_blank_line(block, was_inside)
        if blank or (seen.ended and not was_inside and block.startswith((b"\n", b"\r\n"))):
            seen.untidy = True
        seen.feeds += outside[0]
        seen.pairs += outside[1]
        seen.returns += outside[2]
        seen.any_feed = seen.any_feed or feeds > 0
        if not seen.untidy and self.width >= MANY_CELLS and feeds > outside[0] + outside[1]:
            self._rows_in_quotes(block, was_inside=was_inside)
        return sum(outside)

    def _is_settled(self) -> bool:
        """Tell whether all is known that anybody asks about the lines of a file which is copied anyhow."""
        return self.copied and self.seen.feeds > 0 < self.seen.pairs

    def _roughly(self, block: bytes) -> int:
        """Count the line ends of a block without a look at its quotes."""
        feeds = block.count(b"\n")
        self.seen.feeds += feeds
        return feeds

    def _outside(self, reduced: bytes) -> bytes:
        """Give what stands outside quotes, and turn the state where the block ends inside them."""
        pieces = reduced.split(b'"')
        outside = b"".join(pieces[self._inside :: 2])
        self._inside ^= len(pieces) % 2 == 0
        return outside

    def _has_blank_line(self, block: bytes, inside: bool) -> bool:
        since = 0
        for blank in _BLANK.finditer(block):
            inside ^= block.count(b'"', since, blank.start()) % 2 == 1
            since = blank.start()
            if not inside:
                return True
        return False

    def _rows_in_quotes(self, block: bytes, *, was_inside: bool) -> None:
        """Look for rows between two quotes: one that nobody closed, and a stray one far below."""
        pieces = block.translate(None, self._keep).replace(b'""', b"").split(b'"')
        inside = pieces[not was_inside :: 2]
        if was_inside:
            inside[0] = self._open + inside[0]
        self._open = inside[-1][-BLOCK:] if self._inside and inside else b""
        if any(self._full_line in text and holds_rows(text, self.delimiter, self.width) for text in inside):
            self.seen.untidy = True


class Passing:
    """A file at `path` that a scanner looks through while somebody reads it; it ends where another thread says so.

    `seen` is told as by `Scanner.run`.
    """

    def __init__(
        self, scanner: Scanner, path: Path, file: Readable, halted: Event, seen: Callable[[int, int], None]
    ) -> None:
        self._scanner = scanner
        self._path = path
        self._file = file
        self._halted = halted
        self._seen = seen

    def read(self, size: int) -> bytes:
        """Give the next bytes: as many as asked for, fewer at the end. Raises CannotRun as `Scanner.run`."""
        blocks = []
        while size and not self._halted.is_set() and (block := self._file.read(min(size, BLOCK))):
            self._scanner.take(self._path, block)
            self._seen(self._scanner.seen.size, self._scanner.seen.feeds + self._scanner.seen.pairs)
            blocks.append(block)
            size -= len(block)
        return blocks[0] if len(blocks) == 1 else b"".join(blocks)


def holds_rows(text: bytes, delimiter: bytes, width: int, newline: bytes = b"\n") -> bool:
    """Tell whether the lines of a quoted cell, but for the first and the last, are rows that a lost quote swallowed."""
    if width < MANY_CELLS:
        return False
    lines = text.split(newline)[1:-1]
    rows = sum(line.count(delimiter) == width - 1 for line in lines)
    return len(lines) >= 2 and rows * 10 >= len(lines) * 9
