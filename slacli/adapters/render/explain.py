"""The working of one record as people read it: every verdict with the values, hours and rows that lead to it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.cells import cell_len
from rich.text import Text

from slacli.adapters.render.jsontext import Json, visible
from slacli.adapters.render.sheet import WORDS, Sheet, inert
from slacli.adapters.render.terminal import NARROWEST, WIDEST, as_of_line, contract_line
from slacli.core import zones
from slacli.core.calendars import local_day
from slacli.core.explain import (
    DutyWorking,
    Happening,
    Place,
    RunWorking,
    Seen,
    Stretch,
    TermWorking,
    Told,
    Working,
    words,
)
from slacli.core.runs import Moment
from slacli.core.wording import counted, listed, number
from slacli.findings import ContractFacts
from slacli.values import dataclass

FORMAT = "slacli-explain/1"

_STYLES = {
    "meets": "green", "met": "green", "counts": "green", "fails": "bold red", "late": "bold red", "missed": "bold red",
    "unclear": "yellow", "may count": "yellow", "open": "cyan",
}  # fmt: skip
_LOUD = {"late": "LATE", "missed": "MISSED"}
_MOST = 14
_FIRST, _LAST = 8, 4
_SHOWN = 12


def render(told: Working, format: str, *, width: int, colour: bool) -> str:
    """Give the whole text of a working, its last line ended."""
    if format == "json":
        return visible(json.dumps(_json(told), indent=2, ensure_ascii=False)) + "\n"
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    page = _Page(told)
    _head(sheet, told)
    _terms(sheet, told)
    parties = None
    for duty in told.duties:
        sheet.gap()
        if (duty.owed_by, duty.owed_to) != parties:
            parties = (duty.owed_by, duty.owed_to)
            owed = " owes ".join(inert(told.short.get(party, party)) for party in parties)
            sheet.add(Text(owed, "bold"))
        _duty(sheet, page, duty, several=len(told.versions) > 1)
    _rest(sheet, told)
    return sheet.text(colour=colour)


class _Page:
    """What all parts of a page share: the zone, and how files are called: by their last name where that is enough."""

    def __init__(self, told: Working) -> None:
        self.zone = told.zone
        runs = [run for duty in told.duties for run in duty.runs]
        events = [event for run in runs for event in (*run.counted, *run.ignored, run.start, run.stop) if event]
        events += [move for duty in told.duties for move in duty.moves]
        places = [event.place for event in events if event.place is not None]
        files = dict.fromkeys([source.at.file for source in told.sources] + [one.file for one in places])
        last = Counter(file.rpartition("/")[2] for file in files)
        names = {file: file.rpartition("/")[2] for file in files}
        self._names = {file: name if last[name] == 1 else file for file, name in names.items()}

    def row(self, place: Place | None) -> str:
        return f" ({inert(self._names[place.file])} row {number(place.row)})" if place is not None else ""


# --- what it is about -------------------------------------------------------------------------


def _head(sheet: Sheet, told: Working) -> None:
    sheet.add(Text.assemble((inert(told.key), "bold"), f" · {inert(told.title)}"))
    for file in dict.fromkeys(source.at.file for source in told.sources):
        rows = [source for source in told.sources if source.at.file == file]
        named = (f"row {number(one.at.row)}" + ("" if one.fate == "judged" else f" ({one.fate})") for one in rows)
        sheet.add(f"{inert(file)} {', '.join(named)}", head="  ")
    for contract in told.versions or filter(None, (told.contract,)):
        sheet.add(contract_line(contract), hang=2)
    if told.as_of is not None:
        sheet.add(as_of_line(told.as_of))
    if any(source.fate == "contradictory" for source in told.sources):
        sheet.gap()
        sheet.add("These rows have one key and say different things, so none of them is judged.")
    if told.left_out is not None:
        sheet.gap()
        sheet.add(f"Left out of everything as `{inert(told.left_out.name)}`:")
        _test(sheet, told.left_out, 0)


def _terms(sheet: Sheet, told: Working) -> None:
    for term in told.terms:
        sheet.gap()
        mark = {"marked": " · marked", "not marked": " · not marked", "unclear": " · the mark is unclear"}
        head = Text.assemble((inert(term.name), "bold"), ": ", _verdict(term.says))
        head.append(mark[term.mark] if term.mark is not None else "")
        sheet.add(head)
        if len(term.criteria) > 1:
            sheet.add(_count(term), head="  ")
        width = max(len(test.name) for test in (*term.criteria, *([term.marked_by] if term.marked_by else [])))
        for test in term.criteria:
            _test(sheet, test, width)
        if term.marked_by is not None:
            marked = Told("marked", term.marked_by.text, term.marked_by.says, term.marked_by.seen)
            _test(sheet, marked, width)


def _count(term: TermWorking) -> str:
    total = len(term.criteria)
    says = [test.says for test in term.criteria]
    wanted = f"at least {term.at_least} of {total}"
    if term.at_least == total:
        wanted = "both" if total == 2 else f"all {total}"
    verdicts = [("meets", "meet", "meets"), ("fails", "fail", "fails"), ("unclear", "are unclear", "is unclear")]
    counts = [(sum(said == one for said in says), many, single) for one, many, single in verdicts]
    parts = [f"{count} {single if count == 1 else many}" for count, many, single in counts if count]
    return f"{wanted} must hold: {', '.join(parts)}"


def _test(sheet: Sheet, test: Told, width: int, indent: int = 2) -> None:
    """Show a criterion on its line: its name, what it says, its text, and what it looked at."""
    name = inert(test.name)
    head = Text.assemble(" " * indent, f"{name:<{min(width, 24)}}", "  ", _verdict(test.says, pad=8))
    sheet.add(f"{inert(test.text, WORDS)}{_looked_at(test)}", head=head)


def _looked_at(test: Told) -> str:
    shown = ", ".join(_shown(test))
    return f"  ({shown})" if shown else ""


def _shown(test: Told) -> list[str]:
    fields = {seen.field for seen in test.seen}
    shown = [_seen(one, named=len(test.seen) > 1 or one.field not in test.text) for one in test.seen]
    shown += [f"{inert(name)} {says}" for name, says in test.terms]
    return shown + [f"{one.field} is {one.state}" for one in test.because if one.field not in fields]


def _seen(one: Seen, *, named: bool) -> str:
    text = inert(words.seen(one)) if one.text else words.seen(one)
    if named and one.masked:
        return f"{one.field} {text}"
    return f"{one.field} {'is ' if one.state else ''}{text}" if named else text.strip("()")


def _verdict(says: str, pad: int = 0) -> Text:
    return Text(f"{_LOUD.get(says, says):<{pad}}", _STYLES.get(says, ""))


def _rest(sheet: Sheet, told: Working) -> None:
    sheet.gap()
    groups: dict[str, list[str]] = {}
    for name, why in told.elsewhere:
        groups.setdefault(why, []).append(inert(name))
    for why, names in groups.items():
        sheet.add(f"{', '.join(names)} ({inert(why)})", head="Not about it: ", hang=2)
    for name, why in told.not_checked:
        sheet.add(f"{inert(name)} ({inert(why, WORDS)})", head="Not checked: ", hang=2)


# --- a duty -----------------------------------------------------------------------------------


def _duty(sheet: Sheet, page: _Page, duty: DutyWorking, *, several: bool) -> None:
    head = Text.assemble((inert(duty.title), "bold"), f" ({inert(duty.id)}): ", _outcome(duty))
    if duty.period:
        head.append(f" · {inert(duty.period)}")
    if several:
        head.append(f" · version {duty.version}")
    if duty.why:
        head.append(f" · {inert(duty.why, WORDS)}")
    sheet.add(head, hang=4)
    width = max((len(test.name) for test in (*duty.about, *duty.tests)), default=0)
    for test in duty.about:
        # That a row is marked stands with its term.
        if test.name == "where" or test.says != "meets":
            _test(sheet, test, 5)
    for test in duty.tests:
        _test(sheet, test, min(width, 5))
    if duty.known:
        known = [Text(_seen(one, named=True), "bold yellow" if one.state else "") for one in duty.known]
        sheet.flow(known, head="  ")
    if duty.wanted:
        sheet.add(inert(duty.wanted, WORDS), head="  wanted: ")
    for run in duty.runs[:_SHOWN]:
        _run(sheet, page, run, many=len(duty.runs))
    if len(duty.runs) > _SHOWN:
        sheet.add(f"{counted(len(duty.runs) - _SHOWN, 'more run')} (all of them with `--format json`)", head="  ")
    for move in duty.moves:
        _move(sheet, page, move)
    for doubt in duty.doubts:
        sheet.add(inert(doubt, WORDS), head="  unclear: ", hang=4)


def _outcome(duty: DutyWorking) -> Text:
    (run,) = duty.runs if len(duty.runs) == 1 else (None,)
    said = _verdict(duty.outcome)
    if run is not None and duty.outcome == "late" and run.over:
        said.append(f" by {_amount(run, run.over)}")
    return said


def _move(sheet: Sheet, page: _Page, move: Happening) -> None:
    at = f"{words.moment(move.at, page.zone)}  " if move.at is not None else ""
    named = ", ".join(f"{one.field} {inert(words.seen(one))}" for one in move.seen)
    text = Text(f"{at}{inert(move.name)}{f': {named}' if named else ''}{page.row(move.place)}")
    if move.why:
        text.append(f": {inert(move.why, WORDS)}", "bold red")
    sheet.add(text, head="  ", hang=6)


# --- a run ------------------------------------------------------------------------------------


def _run(sheet: Sheet, page: _Page, run: RunWorking, *, many: int) -> None:
    items: list[Text | str] = []
    if many > 1:
        items.append(Text.assemble(f"run {run.number} of {many}: ", _verdict(run.outcome)))
    zone = run.zone or page.zone
    if run.start is not None:
        items.append(f"from {inert(run.start.name)}{_at(run.start, zone)} {words.place(zone)}".rstrip())
    if run.tier or run.within:
        within = f"{f'tier {inert(run.tier)}' if run.tier else ''}{', ' if run.tier and run.within else ''}{run.within}"
        chosen = "; ".join(
            f"{inert(test.text, WORDS)} {test.says}: {', '.join(_shown(test))}" for test in run.chosen_by
        )
        items.append(f"{within}{f' ({chosen})' if chosen else ''}")
    if run.calendar:
        by = f" ({_seen(run.calendar_by, named=True)})" if run.calendar_by is not None else ""
        items.append(f"calendar {inert(run.calendar)}{by}")
    if items:
        sheet.flow(items, head="  ")
    hours = list(_hours(run.stretches, zone))
    _table(sheet, hours)
    for line in _sums(page, run, zone):
        sheet.add(line, head="    ", hang=6)
    if run.needed is not None:
        sheet.add(f"{len(run.counted)} of {run.needed} counted{':' if run.counted else ''}", head="    ")
        for one in run.counted:
            at = words.moment(one.at, zone) if one.at is not None else ""
            why = f": {inert(one.why, WORDS)}" if one.why else ""
            sheet.add(f"{at}  {inert(one.name)}{page.row(one.place)}{why}", head="      ", hang=8)
    if run.why:
        sheet.add(inert(run.why, WORDS), head="    ", hang=6)
    for one in run.ignored[:_SHOWN]:
        at = f"{words.moment(one.at, zone)}  " if one.at is not None and not one.is_personal else ""
        said = f"{at}{inert(one.name)}{page.row(one.place)}: {inert(one.why, WORDS)}"
        sheet.add(said, head="    not counted: ", hang=6)
    others = [f"{number(count)} {why}" for why, count in run.others]
    if len(run.ignored) > _SHOWN:
        others.insert(0, f"{number(len(run.ignored) - _SHOWN)} more in it")
    if others:
        sheet.add(listed(others), head="    not counted: ", hang=6)


def _at(one: Happening, zone: str) -> str:
    return f" {words.moment(one.at, zone)}" if one.at is not None and not one.is_personal else ""


def _amount(run: RunWorking, count: int) -> str:
    return words.dates(count) if run.by_dates else words.amount(count)


def _sums(page: _Page, run: RunWorking, zone: str) -> Iterator[Text]:
    """Say what was used of what is allowed, when it was due, and what ended it."""
    if run.allowed is not None and run.used is not None:
        if run.over is not None and run.due is not None:
            hours = " open hours" if "business" in run.within else ""
            yield Text(f"{_amount(run, run.allowed)}{hours} allowed, so it was due {words.instant(run.due, zone)}")
        else:
            due = f", due {words.instant(run.due, zone)}" if run.due is not None else ""
            yield Text(f"{_amount(run, run.used)} used of {_amount(run, run.allowed)}{due}")
    elif run.used is not None:
        yield Text(f"{_amount(run, run.used)} passed")
    elif run.due is not None:
        yield Text(f"its time ends {words.instant(run.due, zone)}")
    if run.stop is not None:
        yield Text.assemble(
            f"ended{_at(run.stop, zone)} by {inert(run.stop.name)}{page.row(run.stop.place)}",
            _over(run),
        )
    elif run.over and run.outcome == "late":
        yield Text.assemble("no answer", _over(run))


def _over(run: RunWorking) -> Text:
    return Text(f"  LATE by {_amount(run, run.over)}", "bold red") if run.outcome == "late" and run.over else Text()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the hours: from which day to which, which hours, how many, and what they are called."""

    days: str
    hours: str
    amount: str
    name: str
    kind: str


def _hours(stretches: Sequence[Stretch], zone: str) -> Iterator[_Line]:
    """Give a line for each stretch; days in a row with the same hours, and closed days of one name, share a line."""
    at = 0
    while at < len(stretches):
        one = stretches[at]
        alike = [one]
        while at + len(alike) < len(stretches) and _alike(one, stretches[at + len(alike)], zone):
            alike.append(stretches[at + len(alike)])
        at += len(alike)
        yield _line(alike, zone)


def _alike(one: Stretch, other: Stretch, zone: str) -> bool:
    if one.kind != other.kind or one.name != other.name or one.kind == "paused":
        return False
    return one.kind == "closed" or _span(one, zone) == _span(other, zone)


def _span(one: Stretch, zone: str) -> str:
    ends = words.clock(one.ends, zone)
    # What ends with the day ends at 24 o'clock, not at the 0 o'clock with which it began.
    if ends == "00:00" and one.ends > one.begins:
        ends = "24:00"
    return f"{words.clock(one.begins, zone)}-{ends}"


def _line(alike: Sequence[Stretch], zone: str) -> _Line:
    first, last = local_day(alike[0].begins, zone), local_day(max(alike[-1].ends - 1, alike[-1].begins), zone)
    if alike[0].kind == "open":
        last = local_day(alike[-1].begins, zone)
    days = words.day(first, year=False)
    if last != first:
        short = f"{first:%a} {first.day}" if (first.month, first.year) == (last.month, last.year) else days
        days = f"{short} - {words.day(last, year=False)}"
    if alike[0].kind == "closed":
        return _Line(days, "closed", "", alike[0].name if alike[0].name != "closed" else "", "closed")
    if alike[0].kind == "after hours":
        return _Line(days, words.clock(alike[0].begins, zone), "", alike[0].name, "closed")
    if alike[0].kind == "paused":
        return _Line(days, _span(alike[0], zone), f"-{words.amount(alike[0].seconds)}", "paused", "paused")
    total = sum(one.seconds for one in alike)
    name = alike[0].name
    if len(alike) > 1:
        name = f"{len(alike)} x {words.amount(alike[0].seconds)}" + (f", {name}" if name else "")
    return _Line(days, _span(alike[0], zone), words.amount(total), name, "open")


def _table(sheet: Sheet, lines: list[_Line]) -> None:
    if len(lines) > _MOST:
        middle = lines[_FIRST:-_LAST]
        lines = [*lines[:_FIRST], _Line(f"... {len(middle)} more lines", "", "", "", "closed"), *lines[-_LAST:]]
    days = max((cell_len(line.days) for line in lines), default=0)
    hours = max((cell_len(line.hours) for line in lines if line.kind != "closed"), default=0)
    amounts = max((cell_len(line.amount) for line in lines), default=0)
    for line in lines:
        text = f"{line.days:<{days}}  {line.hours:<{hours}}  {line.amount:>{amounts}}  {inert(line.name)}"
        sheet.add(Text(text.rstrip(), "" if line.kind != "closed" else "dim"), head="    ", hang=6)


# --- for machines -----------------------------------------------------------------------------


def _json(told: Working) -> dict[str, Json]:
    return {
        "format": FORMAT,
        "key": told.key,
        "record": told.record,
        "title": told.title,
        "sources": [{**_place(one.at), "fate": one.fate} for one in told.sources],
        "contract": _contract(told.contract) if told.contract is not None else None,
        "versions": [_contract(one) for one in told.versions],
        "as_of": told.as_of.at.isoformat() if told.as_of is not None else None,
        "tz_database": told.tz_database,
        "left_out": _criterion(told.left_out) if told.left_out is not None else None,
        "terms": [_term(one) for one in told.terms],
        "duties": [_owed(one, told.zone) for one in told.duties],
        "elsewhere": [{"subject": name, "reason": why} for name, why in told.elsewhere],
        "not_checked": [{"subject": name, "reason": why} for name, why in told.not_checked],
    }


def _contract(one: ContractFacts) -> Json:
    return {
        "id": one.id,
        "version": one.version,
        "revision": one.revision,
        "digest": one.digest,
        "state": one.state,
        "signed_by": list(one.signed_by),
        "since": one.since.isoformat() if one.since is not None else None,
    }


def _place(one: Place) -> dict[str, Json]:
    return {"file": one.file, "row": one.row}


def _value(one: Seen) -> Json:
    return {
        "field": one.field,
        "value": one.text if not (one.state or one.masked) else None,
        "state": one.state or "value",
        "masked": one.masked or None,
    }


def _criterion(one: Told) -> Json:
    return {
        "name": one.name,
        "text": one.text,
        "says": one.says,
        "seen": [_value(seen) for seen in one.seen],
        "unclear_because": [{"field": seen.field, "state": seen.state} for seen in one.because],
        "terms": [{"term": name, "says": says} for name, says in one.terms],
    }


def _term(one: TermWorking) -> Json:
    return {
        "id": one.id,
        "says": one.says,
        "version": one.version,
        "at_least": one.at_least,
        "criteria": [_criterion(test) for test in one.criteria],
        "mark": one.mark,
        "marked_by": _criterion(one.marked_by) if one.marked_by is not None else None,
    }


def _owed(one: DutyWorking, zone: str) -> Json:
    return {
        "id": one.id,
        "title": one.title,
        "owed_by": one.owed_by,
        "owed_to": one.owed_to,
        "version": one.version,
        "outcome": one.outcome,
        "why": one.why or None,
        "period": one.period or None,
        "about": [_criterion(test) for test in one.about],
        "tests": [_criterion(test) for test in one.tests],
        "known": [_value(seen) for seen in one.known],
        "wanted": one.wanted or None,
        "runs": [_clock(run, run.zone or zone) for run in one.runs],
        "moves": [_event(move, zone) for move in one.moves],
        "doubts": list(one.doubts),
    }


def _clock(run: RunWorking, zone: str) -> Json:
    return {
        "number": run.number,
        "outcome": run.outcome,
        "why": run.why or None,
        "start": _event(run.start, zone) if run.start is not None else None,
        "tier": run.tier or None,
        "within": run.within or None,
        "chosen_by": [_criterion(test) for test in run.chosen_by],
        "calendar": run.calendar or None,
        "calendar_by": _value(run.calendar_by) if run.calendar_by is not None else None,
        "unit": "days" if run.by_dates else "seconds",
        "stretches": [
            {
                "kind": one.kind,
                "begins": _iso(one.begins, zone),
                "ends": _iso(one.ends, zone),
                "seconds": one.seconds,
                "name": one.name or None,
            }
            for one in run.stretches
        ],
        "used": run.used,
        "allowed": run.allowed,
        "due": _iso(run.due, zone) if run.due is not None else None,
        "stop": _event(run.stop, zone) if run.stop is not None else None,
        "over": run.over,
        "needed": run.needed,
        "counted": [_event(one, zone) for one in run.counted],
        "ignored": [_event(one, zone) for one in run.ignored],
        "others": [{"why": why, "count": count} for why, count in run.others],
    }


def _event(one: Happening, zone: str) -> Json:
    at: Moment | None = None if one.is_personal else one.at
    return {
        "name": one.name,
        "earliest": _iso(at.low, zone) if at is not None else None,
        "latest": _iso(at.high, zone) if at is not None else None,
        "place": _place(one.place) if one.place is not None else None,
        "why": one.why or None,
        "seen": [_value(seen) for seen in one.seen],
    }


def _iso(second: int, zone: str) -> str:
    return datetime.fromtimestamp(second, UTC).astimezone(zones.zone(zone)).isoformat()
