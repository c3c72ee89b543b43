"""What somebody reads in the terminal before they sign: the same sentences as on the page for passkeys."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from slacli.adapters.render.sheet import WORDS, Sheet, inert
from slacli.adapters.render.terminal import NARROWEST, WIDEST
from slacli.core.seen import ALIKE, Figures, Seen


def render(title: str, shown: Seen, *, width: int, colour: bool) -> str:
    """Give the whole text of what somebody is about to sign, its last line ended."""
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    sheet.add(Text(inert(title, WORDS), "bold"), hang=2)
    sheet.add(inert(shown.told, WORDS), hang=2)
    if shown.alike:
        _part(sheet, ALIKE, shown.alike)
    for part in shown.changes:
        _part(sheet, part.heading, part.lines)
    if not shown.since and not shown.changes:
        sheet.add("Read it before you sign: `slacli show` prints it whole.")
    if shown.since and not shown.changes:
        sheet.add("Nothing else has changed." if shown.steward else "Nothing that decides anything has changed.")
    if shown.steward:
        _part(sheet, "What the steward has changed since, without your signature", shown.steward)
    if shown.replay is not None:
        _figures(sheet, shown.replay)
    return sheet.text(colour=colour)


def figures(shown: Figures, *, width: int, colour: bool) -> str:
    """Give how a past period would have come out as text, its last line ended."""
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    _figures(sheet, shown)
    return sheet.text(colour=colour)


def blobs(found: Iterable[tuple[str, str]], *, width: int, colour: bool) -> str:
    """Give the files with the hashes of their bytes, its last line ended."""
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    sheet.add("the files as Git knows them:")
    sheet.flow([f"{inert(name)} {hashed[:_SHORT]}" for name, hashed in found], head="  ", hang=0)
    return sheet.text(colour=colour)


_SHORT = 12


def _figures(sheet: Sheet, shown: Figures) -> None:
    _part(sheet, "What it would have done to real rows", (shown.told, *shown.lines))


def _part(sheet: Sheet, heading: str, lines: Iterable[str]) -> None:
    sheet.gap()
    sheet.add(Text(inert(heading, WORDS), "bold"))
    for line in lines:
        sheet.add(inert(line, WORDS), head="  ", hang=2)
