"""The duty that something happens in time: a start, the stops that end it, tiers of time, and a calendar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from slacli.core import criteria, wording
from slacli.core.criteria import fields_of
from slacli.core.duties import phrases
from slacli.core.nodes import Node, Reader, duration
from slacli.findings import Problem
from slacli.model import Contract, Covers, Episodes, Event, Responsibility, Tier
from slacli.places import Address
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Runs from the first of `starts` that is filled to the earliest of `stops`, by the first tier that holds."""

    starts: tuple[Event, ...]
    stops: tuple[Event, ...]
    tiers: tuple[Tier, ...]
    calendar: str | None = None
    silence: Literal["late", "accepted"] = "late"
    pauses: tuple[str, ...] = ()
    every: str | None = None
    until: tuple[Event, ...] = ()
    wall_clock: bool = False
    kind: ClassVar[str] = "clock"

    def sentence(self, owed: Responsibility, contract: Contract) -> str:
        what = f"get {_events(self.stops, contract, 'or')}" if self.stops else ""
        if self.every is not None:
            what = f"get {wording.article(contract.terms[self.every].title)} {_small(contract.terms[self.every].title)}"
        times = [
            f"{tier.within}" + (f" ({tier.name}: `{tier.when.text}`)" if tier.when else f" ({tier.name})")
            for tier in self.tiers
        ]
        within = str(self.tiers[0].within) if len(self.tiers) == 1 else wording.listed(times, "or")
        again = "every" if self.every is not None else "within"
        since = "" if self.every is not None else f" of {_events(self.starts, contract, 'or')}"
        until = f" until {_events(self.until, contract, 'or')}" if self.until else ""
        by = f", by the calendar `{self.calendar}`" if self.calendar else ""
        silence = " No answer in time counts as acceptance." if self.silence == "accepted" else ""
        return (
            f"{phrases.owes(owed, contract)}: {phrases.of_rows(owed, contract)} {what} "
            f"{again} {within}{since}{until}{by}.{silence}{phrases.after(owed, contract)}"
        )

    def measure(self, owed: Responsibility, contract: Contract) -> Episodes:
        stops = self.stops if self.every is None else self.until
        return Episodes(self.starts, stops, self.tiers, self.calendar, self.silence, self.pauses, self.every)

    def fields(self, owed: Responsibility, contract: Contract) -> Iterator[tuple[str, str, Address]]:
        if owed.covers is None:
            return
        for event in (*self.starts, *self.stops, *self.until):
            if event.kind == "field":
                yield owed.covers.record, event.name, event.at
        for tier in self.tiers:
            if tier.when:
                for name in fields_of(tier.when.tree):
                    yield owed.covers.record, name, tier.when.at


def _small(title: str) -> str:
    return wording.uncapital(title)


def _events(events: tuple[Event, ...], contract: Contract, last: str) -> str:
    words = []
    for event in events:
        if event.kind == "term":
            title = _small(contract.terms[event.name].title)
            words.append(f"{wording.article(title)} {title}")
        elif event.kind == "entering":
            words.append(f"the stage `{event.name}`")
        else:
            words.append(f"`{event.name}`")
    return wording.listed(words, last)


def event(node: Node, reader: Reader, record: str | None) -> Event | None:
    """Read what starts or stops a clock: a time field, a term of a child record, or `{entering: stage}`."""
    if isinstance(node.data, dict):
        stage = reader.refer(f"stage of `{record}`", node["entering"])
        return Event("entering", stage, node.at) if stage else None
    name = str(node.data)
    if record in reader.records and name not in reader.records[record].fields and name in reader.terms:
        found = reader.terms[name]
        return Event("term", name, node.at) if found in reader.records else None
    if record in reader.records and name not in reader.records[record].fields:
        near = wording.nearest(name, [*reader.records[record].fields, *reader.terms])
        reader.report(
            criteria.UNDEFINED_FIELD,
            Problem(
                at=node.at,
                message=f"`{name}` is neither a field of `{record}` nor a term",
                label="not defined",
                help=f"did you mean `{near}`?"
                if near
                else f"name a time of `{record}`, or a term of one of its children",
            ),
        )
        return None
    known = reader.field(record, node, "time", "date")
    return Event("field", known, node.at) if known else None


def events(node: Node, key: str, reader: Reader, record: str | None) -> tuple[Event, ...]:
    found = (event(item, reader, record) for item in node.list(key))
    return tuple(item for item in found if item is not None)


def parse(node: Node, reader: Reader, covers: Covers | None) -> Clock | None:
    record = covers.record if covers else None
    starts = events(node, "starts", reader, record)
    stops = events(node, "stops", reader, record)
    until = events(node, "until", reader, record)
    calendar = reader.refer("calendar", node.get("calendar"))
    every = reader.term(node.get("every"))
    tiers = []
    for item in node.list("tiers"):
        when = reader.test(item.get("when"), record)
        if when is not None or "when" not in item:
            tiers.append(Tier(item.text("name"), duration(item.text("within")), when))
    if "within" in node:
        tiers = [Tier("all", duration(node.text("within")))]
    pauses = node.get("pauses")
    stages = tuple(
        stage
        for item in (pauses.list("while") if pauses else ())
        if (stage := reader.refer(f"stage of `{record}`", item)) is not None
    )
    if not starts or not tiers or (not stops and every is None):
        return None
    return Clock(
        starts, stops, tuple(tiers), calendar, node.data.get("silence", "late"), stages, every, until,
        bool(node.data.get("wall_clock", False)),
    )  # fmt: skip
