"""Hypothesis strategies: agreements about time with the rows they judge, for the oracle and as a folder for slacli.

A case is made once, in the words of `clock_reference.py`, with the text of each cell beside its value. `Case.write`
writes the same case as a contract folder and CSV exports. Most times lie near an edge: of open hours, of the time that
is allowed, of a change of clocks. There are four families, so that a difference is found where it is:

- `fields`: clocks on time fields and child rows, to the second, minute or day, blank, unreadable, before the start;
- `tries`: attempts; `gaps`: clocks that begin again with every event; both on times that are known to the second;
- `history`: entries into stages, pauses, and the lifecycle itself, from an export of moves.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from clock_reference import (
    Agreement,
    Attempts,
    Calendar,
    Child,
    Choice,
    Clock,
    Duty,
    Event,
    Follows,
    Lifecycle,
    Move,
    Precision,
    Row,
    Stage,
    Tier,
    Time,
    Volume,
    Windows,
    Within,
    allowed,
    due,
    instants,
    local,
    possible_calendars,
    possible_tiers,
    read,
    starts_of,
)
from hypothesis import strategies as st
from reference import Odd, World

Family = Literal["fields", "tries", "gaps", "history"]
FAMILIES: tuple[Family, ...] = ("fields", "tries", "gaps", "history")

# --- where and when ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Scene:
    """A zone, and a day about which everything happens: most often one on which its clocks change."""

    zone: str
    day: date


SCENES = tuple(
    Scene(zone, date.fromisoformat(day))
    for zone, day in (
        ("America/New_York", "2026-03-08"),
        ("America/New_York", "2026-11-01"),
        ("Europe/London", "2026-03-29"),
        ("Europe/London", "2026-10-25"),
        ("Australia/Lord_Howe", "2026-04-05"),
        ("Australia/Lord_Howe", "2026-10-04"),
        ("Asia/Kolkata", "2026-06-30"),
        ("UTC", "2026-12-31"),
    )
)
AWAY = ("Europe/London", "America/New_York")


def _week(*days: tuple[str, ...]) -> tuple[Windows, Windows, Windows, Windows, Windows, Windows, Windows]:
    mon, tue, wed, thu, fri, sat, sun = (tuple(_window(text) for text in day) for day in days)
    return mon, tue, wed, thu, fri, sat, sun


def _window(text: str) -> tuple[int, int]:
    opens, closes = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    return opens, closes if closes > opens else closes + 1440


OFFICE, NIGHT, LUNCH = ("09:00-17:00",), ("22:00-06:00",), ("08:30-12:00", "13:00-17:30")
HOURS = {
    "office": _week(*[OFFICE] * 5, (), ()),
    "lunch": _week(*[LUNCH] * 5, (), ()),
    "uneven": _week(*[("09:00-17:30",)] * 4, ("09:00-15:00",), ("10:00-13:00",), ()),
    "night": _week(*[NIGHT] * 5, (), ()),
    "every_night": _week(*[NIGHT] * 7),
    "always": _week(*[("00:00-24:00",)] * 7),
    # Edges inside the hour that is skipped or happens twice.
    "edges": _week(*[("01:15-02:15", "12:00-18:45")] * 7),
}
_HALF_DAY = _window("08:30-13:00")


@cache
def calendar(hours: str, zone: str, day: date, *, exceptions: bool) -> Calendar:
    """Give a calendar about a day: the same object for the same hours, because its minutes are counted only once."""
    others: tuple[tuple[date, Windows], ...] = ()
    if exceptions:
        others = ((day - timedelta(days=2), ()), (day + timedelta(days=1), (_HALF_DAY,)))
    ten = timedelta(days=10)
    return Calendar(zone, HOURS[hours], day - ten, day + ten, others, 8 * 3600)


# --- cells ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """The text of a cell, and the value that it stands for."""

    text: str
    value: object


BLANK = Cell("", Odd("blank"))
UNREADABLE = Cell("?", Odd("unreadable"))


@dataclass(frozen=True)
class Style:
    """How times of an export are written: local times of a zone, or with an offset; `home` is the contract's zone."""

    home: str
    zone: str | None

    def cell(self, instant: int, precision: Precision) -> Cell:
        if self.zone is None:
            least = instant if precision == "second" else instant - instant % 60
            high = least + (0 if precision == "second" else 59)
            wall = local(least, "UTC")
            text = f"{wall:%Y-%m-%d %H:%M:%S}Z" if precision == "second" else f"{wall:%Y-%m-%dT%H:%MZ}"
            return Cell(text, Time(((least, high),), local(least, self.home).date()))
        return self.wall(local(instant, self.zone), precision)

    def wall(self, wall: datetime, precision: Precision) -> Cell:
        """Write what the clock on the wall shows, also where it never shows it, or twice."""
        if self.zone is None:
            return self.cell(instants(wall, self.home)[0], precision)
        if precision == "second":
            text = f"{wall:%Y-%m-%d %H:%M:%S}"
        elif precision == "minute":
            wall, text = wall.replace(second=0), f"{wall:%Y-%m-%d %H:%M}"
        else:
            wall, text = wall.replace(hour=0, minute=0, second=0), f"{wall:%Y-%m-%d}"
        return Cell(text, read(wall, precision, self.zone, self.home))


# --- a case -----------------------------------------------------------------------------------

FIELDS = ("lead_id", "source", "region", "status", "created_at", "qualified_at", "accepted_at", "rejected_at",
          "entered_at", "closed_on")  # fmt: skip
TOUCH = ("touch_id", "lead_ref", "at", "kind", "direction")
CHANGE = ("ref", "at", "old_value", "new_value")
STAGES = {"new": "New", "qualified": "MQL", "accepted": "SAL", "hold": "Hold", "done": "Done"}
MOVES = {
    "new": ("qualified", "done"),
    "qualified": ("accepted", "hold", "done"),
    "accepted": ("qualified", "hold", "done"),
    "hold": ("qualified", "accepted"),
}
PATH = ("new", "qualified", "accepted", "done")
SOURCES, REGIONS = ("Web", "Event", "Chat"), ("AMER", "EMEA", "APAC")


@dataclass(frozen=True)
class Case:
    """An agreement with its duties, the rows of its exports as they are written and as they are meant, and as-of."""

    family: Family
    agreement: Agreement
    duties: tuple[Duty, ...]
    as_of: int
    style: Style
    touch_style: Style
    leads: tuple[Mapping[str, Cell], ...]
    touches: tuple[Mapping[str, Cell], ...]
    changes: tuple[Mapping[str, Cell], ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """What the oracle judges: each lead with its own touches and moves."""
        found = []
        for lead in self.leads:
            key = lead["lead_id"].text
            values = {name: cell.value for name, cell in lead.items()}
            found.append(Row(key, values, _children(self.touches, key), _moves(self.changes, key)))
        return tuple(found)

    @property
    def moment(self) -> str:
        return f"{local(self.as_of, 'UTC'):%Y-%m-%dT%H:%M:%SZ}"

    def exports(self) -> dict[str, str]:
        """Give the exports as CSV, by file name."""
        given = {"leads.csv": _csv(FIELDS, self.leads), "touches.csv": _csv(TOUCH, self.touches)}
        if self.agreement.history:
            given["changes.csv"] = _csv(CHANGE, self.changes)
        return given

    def contract(self) -> dict[str, str]:
        """Give the files of the contract, by their paths in its folder."""
        return {name: json.dumps(part, indent=1) for name, part in _contract(self).items()}

    def write(self, folder: Path) -> list[str]:
        """Write `contracts/` and the exports into a folder; give the names of the exports."""
        for name, text in self.contract().items():
            path = folder / "contracts" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        for name, text in self.exports().items():
            (folder / name).write_text(text, "utf-8")
        return list(self.exports())

    def __repr__(self) -> str:
        """Show a case as the files that people would look at."""
        read = self.style.zone or "with offsets"
        parts = {f"{self.family}, as of {self.moment}, times of leads {read}": json.dumps(_calendars(self))}
        parts |= {"holidays": json.dumps(_holidays(self.agreement)), **self.exports()}
        for one in self.duties:
            parts[one.id] = json.dumps(_duty(one))
        return "\n".join(["", *(f"--- {name}\n{text.strip()}" for name, text in parts.items()), ""])

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """Let Hypothesis show it so too."""
        printer.text(repr(self))


def _children(touches: Sequence[Mapping[str, Cell]], key: str) -> tuple[Child, ...]:
    found = []
    for touch in touches:
        at = touch["at"].value
        if touch["lead_ref"].text == key and isinstance(at, Time | Odd):
            values = {name: touch[name].value for name in ("kind", "direction")}
            found.append(Child(at, values, touch["touch_id"].text))
    return tuple(found)


def _moves(changes: Sequence[Mapping[str, Cell]], key: str) -> tuple[Move, ...]:
    found = []
    for change in changes:
        at = change["at"].value
        if change["ref"].text == key and isinstance(at, Time | Odd):
            found.append(Move(at, change["old_value"].text or None, change["new_value"].text))
    return tuple(found)


def _csv(header: Sequence[str], rows: Sequence[Mapping[str, Cell]]) -> str:
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[row[name].text for name in header] for row in rows])
    return made.getvalue()


# --- the contract as files --------------------------------------------------------------------

WORDS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _contract(case: Case) -> dict[str, object]:
    agreed, zone = case.agreement, case.agreement.zone
    cover = {
        "format": 1,
        "id": "small",
        "project": "1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
        "title": "A small agreement",
        "version": 1,
        "effective": "2020-01-01",
        "time_zone": zone,
        "currency": "USD",
        "parties": {"marketing": {"title": "Marketing"}, "sales": {"title": "Sales"}},
        "sign_off": {
            "vp_sales": {"title": "VP Sales", "for": "sales"},
            "vp_marketing": {"title": "VP Marketing", "for": "marketing"},
            "ceo": {"title": "CEO"},
            "revops": {"title": "Head of RevOps", "steward": True},
        },
        "calendars": _calendars(case),
    }
    time = {"type": "time"}
    fields: dict[str, dict[str, object]] = {
        "lead_id": {"type": "text"},
        "source": {"type": "text", "one_of": list(SOURCES)},
        "region": {"type": "text", "one_of": list(REGIONS)},
        "status": {"type": "text", "one_of": list(STAGES.values())},
        **{name: dict(time) for name in ("created_at", "qualified_at", "accepted_at", "rejected_at", "entered_at")},
        "closed_on": {"type": "date"},
    }
    for name, keeps in agreed.keeps.items():
        fields[name]["keeps"] = keeps
    records: dict[str, object] = {
        "lead": {
            "key": "lead_id",
            "dated": "created_at",
            "fields": fields,
            **({"left_out": {"test": agreed.left_out[0]}} if agreed.left_out else {}),
        },
        "touch": {
            "of": {"lead": ["lead_ref = lead.lead_id"]},
            "key": "touch_id",
            "happens": "at",
            "fields": {
                **{name: {"type": "text"} for name in ("touch_id", "lead_ref")},
                "at": time,
                "kind": {"type": "text", "one_of": ["Call", "Email"]},
                "direction": {"type": "text", "one_of": ["In", "Out"]},
            },
        },
    }
    if agreed.history:
        records["change"] = {
            "of": {"lead": ["ref = lead.lead_id"]},
            "happens": "at",
            "history": {"of": "status", "from": "old_value", "to": "new_value"},
            "fields": {name: time if name == "at" else {"type": "text"} for name in CHANGE},
        }
    terms = {
        "mql": {
            "stands_for": "qualified_lead",
            "of": "lead",
            "criteria": {"asked": "source in ('Web', 'Chat')"},
            "marked": "qualified_at is not blank",
        },
        "sales_ready_lead": {"of": "lead", "criteria": {"qualified": "mql", "here": "region = 'AMER'"}},
        "sale": {"of": "lead", "criteria": {"won": "status = 'Done'"}},
        "human_touch": {"of": "touch", "criteria": {"outbound": "direction = 'Out'"}},
    }
    lifecycle = {
        "of": "lead",
        "field": "status",
        "stages": {
            name: {"value": stage.value}
            | ({"entered": stage.entered} if stage.entered else {})
            | ({"final": True} if stage.final else {"owner": "sales"})
            for name, stage in agreed.lifecycle.stages.items()
        },
        "starts": list(agreed.lifecycle.starts),
        "path": list(agreed.lifecycle.path),
        "moves": {name: list(moves) for name, moves in agreed.lifecycle.moves.items()},
    }
    # An export that is fresh holds all that had happened by as-of; every cell may be unreadable.
    reads: dict[str, object] = {"fresh": "3000 days", "unreadable": "at most 100%"}
    files: dict[str, object] = {
        "contract.yaml": cover,
        "definitions.yaml": {"records": records, "terms": terms, "lifecycles": {"lead": lifecycle}},
        "responsibilities.yaml": {"responsibilities": {one.id: _duty(one) for one in case.duties}},
    }
    closed = _holidays(agreed)
    if closed:
        files["holidays.yaml"] = closed
    columns = [("lead", FIELDS, FIELDS[:3]), ("touch", TOUCH, TOUCH[:2])]
    columns += [("change", CHANGE, CHANGE)] if agreed.history else []
    for record, names, matches in columns:
        style = case.touch_style if record == "touch" else case.style
        files[f"bindings/{record}s.yaml"] = {
            "binds": record,
            "matches": list(matches),
            "reads": {**reads, "time_zone": style.zone or zone},
            "columns": {name: name for name in names},
        }
    return files


def _calendars(case: Case) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, one in case.agreement.calendars.items():
        if isinstance(one, Choice):
            found[name] = {"choose": one.field, "cases": dict(one.cases), "otherwise": one.otherwise}
            continue
        found[name] = {
            "time_zone": one.zone,
            "hours": {day: _hours(windows) for day, windows in zip(WORDS, one.hours, strict=True) if windows},
            "business_day": "8 hours",
            "covers": f"{one.first}..{one.last}",
        }
    return found


def _hours(windows: Windows) -> str:
    return ", ".join(f"{_clock(opens)}-{_clock(closes)}" for opens, closes in windows)


def _clock(minute: int) -> str:
    minute = minute if minute <= 1440 else minute - 1440
    return f"{minute // 60:02}:{minute % 60:02}"


def _holidays(agreed: Agreement) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, one in agreed.calendars.items():
        if isinstance(one, Calendar) and one.exceptions:
            found[name] = {
                "closed": {str(day): "Closed" for day, windows in one.exceptions if not windows},
                "open": {str(day): _hours(windows) for day, windows in one.exceptions if windows},
            }
    return found


def _duty(duty: Duty) -> dict[str, object]:
    if isinstance(duty.what, Volume):
        volume = {"of": {"marked": "mql"}, "per": duty.per, "at_least": 2}
        return {"owed_by": "marketing", "owed_to": "sales", "volume": volume}
    written: dict[str, object] = {"owed_by": "sales", "owed_to": "marketing"}
    written["covers"] = {None: "lead", "mql": "mql"}.get(duty.covers, {"marked": "mql"})
    written["target"] = f"90% per {duty.per}" if duty.per else "90%"
    if duty.where is not None:
        written["where"] = duty.where
    match duty.what:
        case Follows():
            written["follows"] = "lead"
        case Clock() as clock:
            written["clock"] = _clock_of(clock)
        case Attempts() as tries:
            written["attempts"] = _attempts_of(tries)
    return written


def _clock_of(clock: Clock) -> dict[str, object]:
    written: dict[str, object] = {"starts": _starts(clock.starts), "silence": clock.silence}
    if clock.stops:
        written["stops"] = [_event(one) for one in clock.stops]
    if len(clock.tiers) == 1 and clock.tiers[0].when is None:
        written["within"] = _span(clock.tiers[0].within)
    else:
        written["tiers"] = [
            {"name": one.name, "within": _span(one.within), **({"when": one.when} if one.when else {"otherwise": True})}
            for one in clock.tiers
        ]
    if clock.calendar:
        written["calendar"] = clock.calendar
    if clock.pauses:
        written["pauses"] = {"while": list(clock.pauses)}
    if clock.every:
        written["every"] = clock.every
    if clock.until:
        written["until"] = [_event(one) for one in clock.until]
    return written


def _attempts_of(tries: Attempts) -> dict[str, object]:
    written: dict[str, object] = {"of": tries.of, "starts": _starts(tries.starts), "at_least": tries.at_least}
    if tries.until:
        written["until"] = [_event(one) for one in tries.until]
    if tries.within:
        written["within"] = _span(tries.within)
    if tries.apart:
        written["apart"] = _span(tries.apart)
    if tries.channel:
        written["channels"] = {"of": tries.channel, "at_least": tries.channels}
    if tries.calendar:
        written["calendar"] = tries.calendar
    return written


def _starts(events: Sequence[Event]) -> object:
    return _event(events[0]) if events[0].kind == "entering" else [one.name for one in events]


def _event(event: Event) -> object:
    return {"entering": event.name} if event.kind == "entering" else event.name


def _span(within: Within) -> str:
    unit = within.unit if within.amount > 1 else within.unit[:-1]
    return f"{within.amount} {unit}" if within.clock == "wall" else f"{within.amount} {within.clock} {unit}"


# --- drawing: what is agreed ------------------------------------------------------------------

BUSINESS = (Within(10, "minutes", "business"), Within(1, "hours", "business"), Within(4, "hours", "business"),
            Within(8, "hours", "business"), Within(1, "days", "business"), Within(2, "days", "business"))  # fmt: skip
WALL = (Within(5, "minutes"), Within(2, "hours"), Within(24, "hours"), Within(2, "days"))
DATES = (Within(1, "days", "calendar"), Within(2, "days", "calendar"))
HOT, WARM = "source = 'Chat'", "source in ('Web', 'Chat')"
FIELD_STOPS = (Event("field", "accepted_at"), Event("field", "rejected_at"), Event("field", "entered_at"),
               Event("field", "closed_on"), Event("term", "human_touch"), Event("entering", "accepted"))  # fmt: skip
QUALIFIED, ENTERING = Event("field", "qualified_at"), Event("entering", "qualified")
REJECTED, TOUCHED = Event("field", "rejected_at"), Event("term", "human_touch")


@st.composite
def _calendars_of(draw: st.DrawFn, scene: Scene) -> dict[str, Calendar | Choice]:
    main = calendar(draw(st.sampled_from(sorted(HOURS))), scene.zone, scene.day, exceptions=draw(st.booleans()))
    if draw(st.integers(0, 2)):
        return {"main": main}
    away = calendar(
        draw(st.sampled_from(("office", "always"))), draw(st.sampled_from(AWAY)), scene.day, exceptions=False
    )
    return {"main": main, "away": away, "local": Choice("region", (("EMEA", "away"),), "main")}


@st.composite
def _timing(draw: st.DrawFn, calendars: Mapping[str, object], *, dates: bool) -> tuple[tuple[Tier, ...], str | None]:
    """Tiers of one kind of time, and the calendar that business time needs."""
    kind = draw(st.sampled_from(("business", "business", "business", "wall", *(("dates",) if dates else ()))))
    some = st.sampled_from({"business": BUSINESS, "wall": WALL, "dates": DATES}[kind])
    named = draw(st.sampled_from(("main", "local") if "local" in calendars else ("main",)))
    tests = draw(st.sampled_from(((), (), (HOT,), (HOT, WARM))))
    tiers = [Tier(name, draw(some), test) for name, test in zip(("hot", "warm"), tests, strict=False)]
    return (*tiers, Tier("rest", draw(some))), named if kind == "business" else None


@st.composite
def _duties(draw: st.DrawFn, family: Family, calendars: Mapping[str, object], *, dates: bool) -> tuple[Duty, ...]:
    found: list[Duty] = [Duty("volume", Volume(), "qualified_at is not blank", None, "month")]

    def add(name: str, what: Clock | Attempts | Follows | Volume, *, sifted: bool = True) -> None:
        covers = draw(st.sampled_from((None, "qualified_at is not blank", "mql"))) if sifted else None
        where = draw(st.sampled_from((None, None, "source <> 'Event'"))) if sifted else None
        found.append(
            Duty(name, what, covers, where, draw(st.sampled_from((None, "month", "month", "week", "quarter"))))
        )

    tiers, named = draw(_timing(calendars, dates=dates and family != "history"))
    silence: Literal["late", "accepted"] = draw(st.sampled_from(("late", "late", "accepted")))
    if family == "history":
        stops = tuple(
            draw(st.lists(st.sampled_from((Event("entering", "accepted"), TOUCHED)), min_size=1, unique=True))
        )
        pauses: tuple[str, ...] = draw(st.sampled_from(((), (), ("hold",), ("hold", "accepted"))))
        add("again", Clock((ENTERING,), stops, tiers, named, silence, pauses), sifted=draw(st.booleans()))
        add("kept", Follows(), sifted=False)
        return tuple(found)
    stops = tuple(draw(st.lists(st.sampled_from(FIELD_STOPS), min_size=1, max_size=4, unique=True)))
    starts = draw(st.sampled_from(((QUALIFIED,), (QUALIFIED,), (QUALIFIED, Event("field", "created_at")))))
    if family == "fields":
        add("answer", Clock(starts, stops, tiers, named, silence))
        if draw(st.booleans()):
            other, where = draw(_timing(calendars, dates=dates))
            add("second", Clock((QUALIFIED,), (draw(st.sampled_from(FIELD_STOPS)),), other, where))
    elif family == "gaps":
        until = draw(st.sampled_from(((), (REJECTED,))))
        add("gaps", Clock((QUALIFIED,), (), tiers, named, every="human_touch", until=until), sifted=False)
    else:
        within = draw(st.sampled_from((None, None, *BUSINESS[2:])))
        until = (REJECTED,) if within is None else draw(st.sampled_from(((), (REJECTED,))))
        channels = draw(st.sampled_from((0, 0, 1, 2)))
        tries = Attempts(
            "human_touch",
            (QUALIFIED,),
            draw(st.sampled_from((1, 1, 1, 2, 2, 3))),
            until,
            within,
            draw(st.sampled_from((None, None, *BUSINESS[:3], *WALL[:2]))),
            "kind" if channels else None,
            channels,
            draw(st.sampled_from(("main", "local") if "local" in calendars else ("main",))),
        )
        add("tries", tries)
    return tuple(found)


@st.composite
def _agreements(draw: st.DrawFn, family: Family, scene: Scene) -> Agreement:
    keeps: dict[str, Literal["first", "latest"]] = {}
    if family == "fields":
        for name in ("accepted_at", "entered_at"):
            kept: Literal["first", "latest"] | None = draw(st.sampled_from((None, None, "first", "latest")))
            if kept is not None:
                keeps[name] = kept
    left_out = ("source = 'Event' and region = 'APAC'",) if draw(st.booleans()) else ()
    return agreement(scene, draw(_calendars_of(scene)), keeps, left_out, history=family == "history")


def agreement(
    scene: Scene,
    calendars: Mapping[str, Calendar | Choice],
    keeps: Mapping[str, Literal["first", "latest"]] = MappingProxyType({}),
    left_out: tuple[str, ...] = (),
    *,
    history: bool = False,
) -> Agreement:
    """Give what all cases agree on, with calendars of their own."""
    stages = {name: Stage(value, final=name == "done") for name, value in STAGES.items()}
    if not history:
        stages["accepted"] = replace(stages["accepted"], entered="entered_at")
    return Agreement(
        zone=scene.zone,
        world=World(dict.fromkeys(FIELDS, False), terms={"mql": (1, (WARM,))}),
        dated="created_at",
        calendars=calendars,
        keeps=keeps,
        children=World(dict.fromkeys(TOUCH, False), terms={"human_touch": (1, ("direction = 'Out'",))}),
        lifecycle=Lifecycle(stages, starts=("new",), path=PATH, moves=MOVES),
        history=history,
        left_out=left_out,
    )


def every_kind() -> Case:
    """A small case with a duty of every kind, always the same."""
    scene = SCENES[0]
    style = Style(scene.zone, None)
    agreed = agreement(scene, {"main": calendar("office", scene.zone, scene.day, exceptions=False)}, history=True)
    rest = (Tier("rest", BUSINESS[2]),)
    duties = (
        Duty("volume", Volume(), "qualified_at is not blank", None, "month"),
        Duty("answer", Clock((QUALIFIED,), (TOUCHED,), rest, "main")),
        Duty("again", Clock((ENTERING,), (Event("entering", "accepted"),), rest, "main", pauses=("hold",))),
        Duty("gaps", Clock((QUALIFIED,), (), rest, "main", every="human_touch")),
        Duty("tries", Attempts("human_touch", (QUALIFIED,), 2, within=BUSINESS[2], calendar="main")),
        Duty("kept", Follows()),
    )
    noon = datetime.combine(date(2026, 3, 6), datetime.min.time()) + timedelta(hours=12)
    lead, touch = dict.fromkeys(FIELDS, BLANK), _orphan(style, noon)
    lead |= {"lead_id": Cell("L0", "L0"), "source": Cell("Web", "Web"), "status": Cell("MQL", "MQL")}
    lead |= {name: style.wall(noon - timedelta(hours=2), "second") for name in ("created_at", "qualified_at")}
    touch |= {"touch_id": Cell("T0", "T0"), "lead_ref": lead["lead_id"], "direction": Cell("Out", "Out")}
    change = {"ref": lead["lead_id"], "at": lead["created_at"], "old_value": BLANK, "new_value": lead["status"]}
    (as_of,) = instants(noon, scene.zone)
    return Case("history", agreed, duties, as_of, style, style, (lead,), (touch,), (change,))


# --- drawing: what happened -------------------------------------------------------------------

# What the wall shows where things happen: edges of hours, and of the hour that is skipped or comes twice.
WALLS = tuple(
    timedelta(hours=hour, minutes=minute)
    for hour, minute in (
        *((0, 0), (1, 0), (1, 15), (1, 30), (1, 45), (2, 0), (2, 15), (2, 30), (3, 0), (6, 0), (8, 30), (9, 0)),
        *((10, 10), (11, 59), (12, 0), (13, 0), (15, 0), (16, 59), (17, 0), (17, 30), (18, 45), (22, 0), (23, 59)),
    )
)


@dataclass(frozen=True)
class Drawn:
    """What is drawn so far; a `rough` case has coarse times and cells that cannot be read."""

    scene: Scene
    style: Style
    touch_style: Style
    agreement: Agreement
    duties: tuple[Duty, ...]
    family: Family
    rough: bool

    @property
    def exactly(self) -> bool:
        return not self.rough or self.family in {"gaps", "history"}

    @property
    def unread(self) -> bool:
        return self.rough and self.family != "gaps"

    @property
    def known_tries(self) -> bool:
        """Whether the times of touches must be known to the second."""
        return self.family in {"gaps", "tries"}


@dataclass(frozen=True)
class Around:
    """The instants of a row near which something is decided."""

    limits: tuple[int, ...]
    starts: tuple[int, ...]


def _around(drawn: Drawn, row: Row) -> Around:
    starts = [one.low for one in (*row.values.values(), *(move.at for move in row.moves)) if isinstance(one, Time)]
    return Around(tuple(_limits(drawn, row)), tuple(starts))


def _walls(scene: Scene) -> st.SearchStrategy[datetime]:
    midnight = datetime.combine(scene.day, datetime.min.time())
    days = st.sampled_from((-3, -2, -1, -1, 0, 0, 0, 1, 1, 2, 3))
    seconds = st.sampled_from((0, 0, 0, 1, 30, 59))
    return st.tuples(days, st.sampled_from(WALLS), seconds).map(
        lambda one: midnight + timedelta(days=one[0], seconds=one[2]) + one[1]
    )


@st.composite
def _precisions(draw: st.DrawFn, drawn: Drawn) -> Precision:
    if drawn.exactly:
        return "second"
    if drawn.style.zone is None:
        return draw(st.sampled_from(("second", "minute")))
    return draw(st.sampled_from(("second", "second", "minute", "minute", "minute", "day")))


@st.composite
def _start(draw: st.DrawFn, drawn: Drawn) -> Cell:
    chance = draw(st.integers(0, 19))
    if chance == 0:
        return BLANK
    if chance == 1 and drawn.unread:
        return UNREADABLE
    wall = draw(_walls(drawn.scene))
    if chance == 2 and drawn.rough:
        # No calendar speaks for that day.
        wall -= timedelta(days=20)
    cell = drawn.style.wall(wall, draw(_precisions(drawn)))
    if drawn.family == "tries" and isinstance(cell.value, Time) and len(cell.value.readings) > 1:
        return drawn.style.wall(wall.replace(hour=12), "second")
    return cell


def _limits(drawn: Drawn, row: Row) -> list[int]:
    """Give the instants at which the time of a row is up, by each duty that it may be judged by."""
    found = []
    for duty in drawn.duties:
        what = duty.what
        if isinstance(what, Follows | Volume):
            continue
        starts = [one for one in starts_of(drawn.agreement, what, row) if isinstance(one, Time)]
        if isinstance(what, Clock):
            withins = [tier.within for tier in possible_tiers(drawn.agreement, what, row) if tier is not None]
        else:
            withins = [one for one in (what.within, what.apart) if one is not None]
        for start in starts:
            for within in withins:
                for found_calendar in possible_calendars(drawn.agreement, what.calendar, row):
                    found += _limit(drawn, within, found_calendar, start.low)
    return found


def _limit(drawn: Drawn, within: Within, by: Calendar | None, start: int) -> list[int]:
    amount = allowed(within, by)
    if amount is None:
        return []
    if within.clock == "calendar":
        day = local(start, drawn.scene.zone).date() + timedelta(days=amount + 1)
        return [instants(datetime.combine(day, datetime.min.time()), drawn.scene.zone)[0] - 1]
    if within.clock == "wall":
        return [start + amount]
    found = due(by, start, amount) if by is not None else None
    return [] if found is None else [found]


@st.composite
def _instants(draw: st.DrawFn, drawn: Drawn, around: Around, *, after: int | None = None) -> int:
    """An instant near where it matters: the end of the time that is allowed, the start, or any edge."""
    kind = draw(st.sampled_from(("limit", "limit", "limit", "start", "soon", "wall")))
    if kind == "soon" and around.starts:
        found = max(around.starts) + draw(st.sampled_from((60, 600, 3600, 5400, 4 * 3600, 86_400)))
    elif kind == "limit" and around.limits:
        found = draw(st.sampled_from(around.limits)) + draw(st.sampled_from((-3600, -60, -1, 0, 0, 1, 60, 3600)))
    elif kind == "start" and around.starts:
        found = draw(st.sampled_from(around.starts)) + draw(st.sampled_from((-3600, -1, 0, 1, 30, 59, 60, 3600)))
    else:
        found = instants(draw(_walls(drawn.scene)), drawn.scene.zone)[-1]
    return found if after is None else max(found, after)


@st.composite
def _stop(draw: st.DrawFn, drawn: Drawn, around: Around, *, after: int | None = None) -> Cell:
    chance = draw(st.integers(0, 19))
    if chance < 9:
        return BLANK
    if chance == 9 and drawn.unread:
        return UNREADABLE
    if chance == 10 and drawn.style.zone is not None and after is None:
        # What the wall shows may never be, or be twice.
        return drawn.style.wall(draw(_walls(drawn.scene)), draw(_precisions(drawn)))
    return drawn.style.cell(draw(_instants(drawn, around, after=after)), draw(_precisions(drawn)))


@st.composite
def _lead(draw: st.DrawFn, drawn: Drawn, number: int) -> tuple[dict[str, Cell], int]:
    """A lead, and how many touches it may have."""
    scene, style = drawn.scene, drawn.style
    noon = datetime.combine(scene.day, datetime.min.time()) + timedelta(days=-4, hours=12, seconds=number)
    source = draw(st.sampled_from((*SOURCES * 4, "", "Fax")))
    region = draw(st.sampled_from(REGIONS))
    lead = {
        "lead_id": Cell(f"L{number}", f"L{number}"),
        "source": Cell(source, source if source in SOURCES else Odd("not allowed") if source else Odd("blank")),
        "region": Cell(region, region),
        "status": Cell("MQL", "MQL"),
        "created_at": style.wall(noon, "second"),
        "qualified_at": draw(_start(drawn)),
        **dict.fromkeys(("accepted_at", "rejected_at", "entered_at", "closed_on"), BLANK),
    }
    around = _around(drawn, Row(f"L{number}", {name: cell.value for name, cell in lead.items()}))
    start = lead["qualified_at"].value
    begun = start.high + 1 if isinstance(start, Time) else None
    names = ["accepted_at", "rejected_at", "entered_at", "closed_on"]
    several = draw(st.integers(0, 5 if drawn.family == "tries" else 3))
    if isinstance(start, Time) and len(start.readings) > 1:
        # Which reading of the start comes before the stop is plain for one stop; for several it is a riddle.
        names, several = draw(st.sampled_from([([name], 0) for name in names] + [([], 1)]))
    for name in names if drawn.family != "history" else ():
        if name == "closed_on":
            if style.zone == drawn.agreement.zone and not drawn.exactly and draw(st.integers(0, 3)) == 0:
                day = local(draw(_instants(drawn, around)), scene.zone).date()
                lead[name] = Cell(str(day), day)
        elif name == "rejected_at":
            lead[name] = draw(_stop(drawn, around, after=begun))
        else:
            lead[name] = draw(_stop(drawn, around))
    return lead, several


@st.composite
def _touch(draw: st.DrawFn, drawn: Drawn, key: str, around: Around) -> dict[str, Cell]:
    direction = draw(st.sampled_from(("Out",) * 7 + ("In", "In", "")))
    if drawn.family == "gaps":
        # A gap that may be two is no single episode.
        direction = direction or "Out"
    kind = draw(st.sampled_from(("Call", "Email")))
    at = UNREADABLE
    if drawn.known_tries or not drawn.unread or draw(st.integers(0, 14)):
        precision: Precision = "second" if drawn.known_tries else draw(_precisions(drawn))
        at = drawn.touch_style.cell(draw(_instants(drawn, around)), precision)
    return {
        "touch_id": BLANK,
        "lead_ref": Cell(key, key),
        "at": at,
        "kind": Cell(kind, kind),
        "direction": Cell(direction, direction or Odd("blank")),
    }


@st.composite
def _changes(draw: st.DrawFn, drawn: Drawn, lead: dict[str, Cell], *, ties: bool) -> list[dict[str, Cell]]:
    """The moves of a lead from its creation on; its status is where they end, most often."""
    created = lead["created_at"].value
    assert isinstance(created, Time)
    stage, at, old = "new", created.low, ""
    if draw(st.integers(0, 19)) == 0:
        stage = "qualified"
    key = lead["lead_id"]
    found: list[dict[str, Cell]] = []
    for _ in range(draw(st.integers(1, 6))):
        value = STAGES[stage]
        when = drawn.style.cell(at, "second")
        found.append({"ref": key, "at": when, "old_value": Cell(old, old), "new_value": Cell(value, value)})
        old = value
        free = list(MOVES.get(stage, ()))
        anywhere = [name for name in STAGES if name != stage]
        astray = draw(st.integers(0, 9)) == 0
        stage = draw(st.sampled_from(anywhere if astray or not free else free))
        around = _around(drawn, Row(key.text, {}, moves=_moves(found, key.text)))
        step = 0 if ties and draw(st.integers(0, 3)) == 0 else 2
        at = max(draw(_instants(drawn, around)), at + step) if step else at
    lead["status"] = Cell(old, old)
    if draw(st.integers(0, 19)) == 0:
        lead["status"] = Cell("New", "New")
    return draw(st.permutations(found))


def _apart(drawn: Drawn, touches: list[dict[str, Cell]], leads: Sequence[Mapping[str, Cell]]) -> list[dict[str, Cell]]:
    """Move touches that lie within two seconds of another one, but not those that are the same one twice.

    Gaps do not begin and end at once either.
    """
    taken: list[tuple[str, int, tuple[str, str] | None]] = []
    if drawn.family == "gaps":
        for lead in leads:
            times = [lead[name].value for name in ("qualified_at", "rejected_at")]
            taken += [(lead["lead_id"].text, one.low, None) for one in times if isinstance(one, Time)]
    kept = []
    for touch in touches:
        at, ref = touch["at"].value, touch["lead_ref"].text
        assert isinstance(at, Time)
        low, alike = at.low, (touch["kind"].text, touch["direction"].text)
        twice = drawn.family == "tries"
        while any(
            ref == other and abs(low - second) < 3 and not (twice and (low, alike) == (second, same))
            for other, second, same in taken
        ):
            low += 3
        taken.append((ref, low, alike))
        kept.append({**touch, "at": drawn.touch_style.cell(low, "second")})
    return kept


@st.composite
def cases(draw: st.DrawFn, family: Family) -> Case:
    """A case of a family: an agreement with two or three duties, two to seven leads, and the moment of the report."""
    scene = draw(st.sampled_from(SCENES))
    agreed = draw(_agreements(family, scene))
    zone: str | None = None
    if family == "fields":
        zone = draw(st.sampled_from((scene.zone, scene.zone, scene.zone, "Asia/Kolkata", "")))
    elif family == "tries":
        zone = draw(st.sampled_from((scene.zone, "")))
    style = Style(scene.zone, zone or None)
    # Tries and gaps are told apart to the second, so no reading of theirs may be in doubt.
    touch_style = Style(scene.zone, None) if family in {"gaps", "tries"} else style
    duties = draw(_duties(family, agreed.calendars, dates=zone == scene.zone))
    drawn = Drawn(scene, style, touch_style, agreed, duties, family, draw(st.booleans()))
    leads: list[dict[str, Cell]] = []
    touches: list[dict[str, Cell]] = []
    changes: list[dict[str, Cell]] = []
    for number in range(draw(st.integers(2, 7))):
        lead, several = draw(_lead(drawn, number))
        leads.append(lead)
        if family == "history":
            tied = draw(st.booleans())
            pausing = any(isinstance(one.what, Clock) and one.what.pauses for one in duties)
            changes += draw(_changes(drawn, lead, ties=tied and not pausing))
        key = lead["lead_id"].text
        values = {name: cell.value for name, cell in lead.items()}
        around = _around(drawn, Row(key, values, moves=_moves(changes, key)))
        touches += [draw(_touch(drawn, key, around)) for _ in range(several)]
    if drawn.known_tries:
        touches = _apart(drawn, touches, leads)
    stray = datetime.combine(scene.day, datetime.min.time()) - timedelta(days=4)
    touches.append(_orphan(touch_style, stray))
    touches = [{**touch, "touch_id": Cell(f"T{n}", f"T{n}")} for n, touch in enumerate(touches)]
    if family == "history":
        changes.append({"ref": Cell("none", "none"), "at": style.wall(stray, "second"), "old_value": BLANK,
                        "new_value": Cell("New", "New")})  # fmt: skip
    case = Case(family, agreed, duties, 0, style, touch_style, tuple(leads), tuple(touches), tuple(changes))
    return replace(case, as_of=draw(_as_of(drawn, case)))


def _orphan(style: Style, wall: datetime) -> dict[str, Cell]:
    """A touch of nobody, so that the export has a row."""
    return {
        "touch_id": BLANK,
        "lead_ref": Cell("none", "none"),
        "at": style.wall(wall, "second"),
        "kind": Cell("Call", "Call"),
        "direction": Cell("In", "In"),
    }


@st.composite
def _as_of(draw: st.DrawFn, drawn: Drawn, case: Case) -> int:
    """A moment after all that happened: soon after, days after, or where the time of a row is just up."""
    times = [
        cell.value.high
        for row in (*case.leads, *case.touches, *case.changes)
        for cell in row.values()
        if isinstance(cell.value, Time)
    ]
    days = [cell.value for row in case.leads for cell in row.values() if isinstance(cell.value, date)]
    after = timedelta(days=1)
    times += [instants(datetime.combine(day + after, datetime.min.time()), drawn.scene.zone)[-1] for day in days]
    latest = max(times)
    limits = [limit + beside for row in case.rows for limit in _limits(drawn, row) for beside in (-1, 0, 1)]
    later = [limit for limit in limits if limit >= latest]
    steps = [latest + step for step in (0, 1, 3600, 86_400, 3 * 86_400)]
    just_up = draw(st.booleans())
    return draw(st.sampled_from(later if later and just_up else steps))
