"""The duty to try often enough before giving up: a child term, how many of it, how far apart, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from slacli.core import wording
from slacli.core.duties import clock, phrases
from slacli.core.nodes import Node, Reader, duration
from slacli.model import Contract, Covers, Duration, Episodes, Event, Responsibility, Tier, Tries
from slacli.places import Address
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Attempts:
    """At least `at_least` rows of the child term `of`, each `apart` after the last counted, over enough channels."""

    of: str
    starts: tuple[Event, ...]
    until: tuple[Event, ...]
    at_least: int
    within: Duration | None = None
    apart: Duration | None = None
    channel: str | None = None
    channels: int = 0
    calendar: str | None = None
    kind: ClassVar[str] = "attempts"

    def sentence(self, owed: Responsibility, contract: Contract) -> str:
        named = wording.plural(wording.uncapital(contract.terms[self.of].title))
        apart = f", {self.apart} apart" if self.apart else ""
        over = f", over at least {self.channels} values of `{self.channel}`" if self.channel else ""
        within = f" within {self.within}" if self.within else ""
        ends = wording.listed([f"`{event.name}`" for event in self.until], "or")
        until = f" before {ends}" if self.until else ""
        by = f", by the calendar `{self.calendar}`" if self.calendar else ""
        return (
            f"{phrases.owes(owed, contract)}: {phrases.of_rows(owed, contract)} get at least "
            f"{self.at_least} {named}{apart}{over}{within}{until}{by}.{phrases.after(owed, contract)}"
        )

    def measure(self, owed: Responsibility, contract: Contract) -> Episodes:
        tries = Tries(self.of, self.at_least, self.apart, self.channel, self.channels)
        tiers = (Tier("all", self.within),) if self.within is not None else ()
        return Episodes(self.starts, self.until, tiers, self.calendar, tries=tries)

    def fields(self, owed: Responsibility, contract: Contract) -> Iterator[tuple[str, str, Address]]:
        if owed.covers is None:
            return
        for event in (*self.starts, *self.until):
            if event.kind == "field":
                yield owed.covers.record, event.name, event.at
        if self.channel is not None:
            yield contract.terms[self.of].record, self.channel, owed.at


def parse(node: Node, reader: Reader, covers: Covers | None) -> Attempts | None:
    record = covers.record if covers else None
    of = reader.term(node["of"])
    starts = clock.events(node, "starts", reader, record)
    until = clock.events(node, "until", reader, record)
    calendar = reader.refer("calendar", node.get("calendar"))
    channels = node.get("channels")
    channel = reader.field(reader.terms.get(of or ""), channels["of"]) if channels else None
    if of is None or not starts or (channels and channel is None):
        return None
    return Attempts(
        of, starts, until, int(node.data["at_least"]),
        duration(node.text("within")) if "within" in node else None,
        duration(node.text("apart")) if "apart" in node else None,
        channel, int(channels.data["at_least"]) if channels else 0, calendar,
    )  # fmt: skip
