"""Adds closed days to the text of `holidays.yaml`, and leaves every other character of it as it was.

It knows which days are worth a line: those that the calendar covers, is open on, and has no word about yet. A new day
goes behind the one before it, so that a comment stays with the day below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from slacli.core import calendars
from slacli.core.text import scalars, schema, yamltext
from slacli.errors import CannotRun
from slacli.findings import Severity
from slacli.model import Calendar
from slacli.places import Address, Span
from slacli.values import dataclass

FILE = "holidays.yaml"
_MODELINE = "# yaml-language-server: $schema=../schemas/holidays.schema.json\n"
_PLAIN = re.compile(r"[^\W\d_][\w .,'’()/&;-]*")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Closed days for a calendar by their names, and those that are not proposed.

    `closed` are days on which the calendar is closed every week, `outside` days that it does not cover, and `known`
    days that it has as an exception already.
    """

    calendar: str
    days: Mapping[date, str]
    closed: tuple[date, ...] = ()
    outside: tuple[date, ...] = ()
    known: tuple[date, ...] = ()


def proposed(calendar: Calendar, holidays: Mapping[date, str]) -> Proposal:
    """Give the holidays that would change when a calendar is open."""
    known = {one.day for one in calendar.exceptions}
    covered = [day for day in sorted(holidays) if calendar.first <= day <= calendar.last]
    unknown = [day for day in covered if day not in known]
    return Proposal(
        calendar.id,
        {day: holidays[day] for day in unknown if calendars.usually_open(calendar, day)},
        closed=tuple(day for day in unknown if not calendars.usually_open(calendar, day)),
        outside=tuple(day for day in sorted(holidays) if day not in covered),
        known=tuple(day for day in covered if day in known),
    )


def block(proposal: Proposal) -> str:
    """Give the section of `holidays.yaml` that holds the proposed days alone."""
    return "\n".join([f"{proposal.calendar}:", *_closed(proposal.days, "  ", "  ")]) + "\n"


def added(raw: bytes | None, proposal: Proposal) -> str:
    """Give the text of `holidays.yaml` with the proposed days added; `raw` is the file as it is, if there is one.

    Raises CannotRun where the text is laid out so that they cannot be added without changing anything else.
    """
    if raw is None:
        return _MODELINE + block(proposal)
    reading = yamltext.read(FILE, raw)
    data: Any = reading.data
    text = raw.decode("utf-8", "replace")
    if isinstance(data, dict):
        # Line by line the text is that of the spans; only the ends of its lines may differ.
        lines = text.split("\n")
        for line, column, more in sorted(_insertions(reading, data, proposal), reverse=True):
            whole = lines[line - 1]
            end = len(whole.rstrip("\r")) if column is None else column - 1
            ends = "\r\n" if whole.endswith("\r") else "\n"
            lines[line - 1] = whole[:end] + more.replace("\n", ends) + whole[end:]
        text = "\n".join(lines)
    _prove(text, data, proposal)
    return text


_Insertion = tuple[int, int | None, str]
"""A line, the column in it (None for its end), and what comes there."""


def _insertions(reading: yamltext.Reading, data: Mapping[str, Any], proposal: Proposal) -> Iterator[_Insertion]:
    root = Address(FILE)
    section = root / proposal.calendar
    if proposal.calendar not in data:
        if _in_braces(reading, root):
            yield _first_in_braces(reading, root, f"{proposal.calendar}: {{closed: {{{_flow(proposal.days)}}}}}")
            return
        rows = reading.text.rstrip("\n").split("\n")
        left = " " * (min(reading.keys[root / name].column for name in data) - 1)
        lines = [f"{left}{proposal.calendar}:", *_closed(proposal.days, f"{left}  ", "  ")]
        yield len(rows), None, "".join(f"\n{line}" for line in lines)
    elif "closed" not in data[proposal.calendar]:
        if _in_braces(reading, section):
            yield _first_in_braces(reading, section, f"closed: {{{_flow(proposal.days)}}}")
            return
        key = reading.keys[section]
        inner = min(reading.keys[section / name].column for name in data[proposal.calendar]) - 1
        lines = _closed(proposal.days, " " * inner, " " * (inner - key.column + 1))
        yield key.end_line, None, "".join(f"\n{line}" for line in lines)
    else:
        yield from _among(reading, section / "closed", [*data[proposal.calendar]["closed"]], proposal.days)


def _among(
    reading: yamltext.Reading, closed: Address, known: list[str], days: Mapping[date, str]
) -> Iterator[_Insertion]:
    """Put each day behind the latest earlier one, else before all others."""
    is_flow = _in_braces(reading, closed)
    behind: dict[str | None, dict[date, str]] = {}
    for day in sorted(days):
        earlier = [text for text in known if text < day.isoformat()]
        behind.setdefault(max(earlier, default=None), {})[day] = days[day]
    for text, group in behind.items():
        if is_flow and text is None:
            yield _first_in_braces(reading, closed, _flow(group))
        elif is_flow:
            end = reading.values[closed / str(text)]
            yield end.end_line, end.end_column, f", {_flow(group)}"
        else:
            left = " " * (reading.keys[closed / known[0]].column - 1)
            end = reading.keys[closed] if text is None else reading.values[closed / text]
            yield end.end_line, None, "".join(f"\n{left}{line}" for line in _lines(group))


def _in_braces(reading: yamltext.Reading, at: Address) -> bool:
    span = reading.values[at]
    return reading.text.split("\n")[span.line - 1][span.column - 1 : span.column] == "{"


def _first_in_braces(reading: yamltext.Reading, at: Address, more: str) -> _Insertion:
    span: Span = reading.values[at]
    is_last = len(reading.text.split("\n")[span.line - 1]) == span.column
    return span.line, span.column + 1, f"{more}," if is_last else f"{more}, "


def _closed(days: Mapping[date, str], left: str, step: str) -> list[str]:
    return [f"{left}closed:", *(f"{left}{step}{line}" for line in _lines(days))]


def _lines(days: Mapping[date, str]) -> list[str]:
    return [f"{day}: {_scalar(name)}" for day, name in sorted(days.items())]


def _flow(days: Mapping[date, str]) -> str:
    return ", ".join(f"{day}: {scalars.in_quotes(name)}" for day, name in sorted(days.items()))


def _scalar(name: str) -> str:
    """Give a name as YAML writes it, without quotes where no reader could take it for anything else."""
    is_plain = _PLAIN.fullmatch(name) and scalars.plain(name) == (name, None)
    return name if is_plain else scalars.in_quotes(name)


def _prove(text: str, before: Any, proposal: Proposal) -> None:
    """Raise CannotRun unless a text says what it said before, and the proposed days besides, and nothing else."""
    reading = yamltext.read(FILE, text.encode())
    expected = {name: {**section} for name, section in before.items()} if isinstance(before, dict) else {}
    section = expected.setdefault(proposal.calendar, {})
    section["closed"] = {**section.get("closed", {}), **{day.isoformat(): name for day, name in proposal.days.items()}}
    found = (*reading.findings, *(schema.check(FILE, reading.data) if reading.data is not None else ()))
    if reading.data != expected or any(one.severity is Severity.ERROR for one in found):
        raise CannotRun(
            f"`{FILE}` is laid out so that slacli cannot add to it without changing the rest",
            "leave out `--write`, and add the days by hand",
        )
