"""Writes rows as CSV that a spreadsheet or a CRM can load: whole or not at all, private, and safe to open."""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from slacli.core import wording
from slacli.errors import CannotRun

# A cell that begins like a formula runs when a spreadsheet opens the file; full-width signs count too.
_FORMULAS = frozenset("=+-@\t\r＝＋－＠")
_BLANKS = " \u00a0\u3000"
# A spreadsheet reads a plain number as what it is; an apostrophe would spoil it for whoever loads it back.
_NUMBER = re.compile(r"-[0-9]+(\.[0-9]+)?")
# What a terminal obeys, or turns the text that follows, when somebody prints the file.
_OBEYED = re.compile(f"[\n{wording.CONTROLS}{wording.BREAKS}{wording.UNPRINTABLE}]")


def safe(cell: str) -> str:
    """Give a cell that no spreadsheet takes for a formula, and no terminal for a command."""
    if not cell.isprintable():
        cell = _OBEYED.sub(lambda found: wording.escaped(found[0]), cell)
    first = cell[:1]
    if first == "-" and _NUMBER.fullmatch(cell):
        return cell
    if first and (first in _FORMULAS or (first in _BLANKS and cell.lstrip(_BLANKS)[:1] in _FORMULAS)):
        return f"'{cell}"
    return cell


def texts(lines: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Give some of the lines at a time as CSV."""
    held = io.StringIO(newline="")
    writer = csv.writer(held, lineterminator="\n")
    for number, line in enumerate(lines, 1):
        writer.writerow([safe(cell) for cell in line])
        if number % _AT_ONCE == 0:
            yield held.getvalue()
            held.seek(0)
            held.truncate()
    yield held.getvalue()


_AT_ONCE = 1000


def write(path: Path, lines: Iterable[tuple[str, ...]], option: str = "--rows") -> None:
    """Write the lines to a file that only its owner may read.

    Raises CannotRun where it cannot be written; `option` is what named it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.writelines(texts(lines))
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = (error.strerror or "the system gave no reason").lower()
        raise CannotRun(f"`{path}` cannot be written: {reason}", f"name another file with `{option}`") from None
