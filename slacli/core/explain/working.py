"""The nouns of a working: what was looked at, what it said, and how one verdict after the other follows from it."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from slacli.core.criteria import Verdict
from slacli.core.runs import Moment
from slacli.findings import AsOf, ContractFacts
from slacli.places import Address
from slacli.values import dataclass

Mark = Literal["marked", "not marked", "unclear"]
Fate = Literal["judged", "repeated", "contradictory"]
Masked = Literal["", "personal", "not shown"]


@dataclass(frozen=True, slots=True)
class Place:
    """A row of an export, as a spreadsheet numbers it."""

    file: str
    row: int


@dataclass(frozen=True, slots=True)
class Source:
    """A row that told of the record, and what became of it."""

    at: Place
    fate: Fate = "judged"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a row holds in a field: a value as text, or in `state` why there is none.

    A value that is `masked` has no text: it is personal, or no values were to be shown.
    """

    field: str
    text: str = ""
    state: str = ""
    masked: Masked = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A criterion, what it says of a row, and what it looked at. `because` names what makes it unclear."""

    name: str
    text: str
    says: Verdict
    seen: tuple[Seen, ...] = ()
    because: tuple[Seen, ...] = ()
    terms: tuple[tuple[str, Verdict], ...] = ()


@dataclass(frozen=True, slots=True)
class TermWorking:
    """How a term came to its verdict, and whether the CRM marks the row as one."""

    id: str
    name: str
    says: Verdict
    at_least: int
    criteria: tuple[Told, ...]
    mark: Mark | None = None
    marked_by: Told | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something with a time: a field that was filled, a row of a child, a move.

    `at` is None where nobody can read when it was, and `is_personal` hides it. `why` says why it does not count.
    """

    name: str
    at: Moment | None = None
    place: Place | None = None
    why: str = ""
    seen: tuple[Seen, ...] = ()
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the time between a start and an end: open hours that counted, or a time that did not, with its name."""

    kind: Literal["open", "closed", "after hours", "paused"]
    begins: int
    ends: int
    seconds: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class RunWorking:
    """One run of a clock, from its start to what ended it.

    `used` and `allowed` are seconds of the time that counts, or local dates where `by_dates` says so. `over` is by how
    much it is late. `counted` are the tries that count, of `needed` ones. `ignored` is what does not count, and
    `others` how many more of each kind there are that `ignored` leaves out.
    """

    number: int
    outcome: str
    why: str = ""
    start: Happening | None = None
    zone: str = ""
    tier: str = ""
    within: str = ""
    chosen_by: tuple[Told, ...] = ()
    calendar: str = ""
    calendar_by: Seen | None = None
    by_dates: bool = False
    stretches: tuple[Stretch, ...] = ()
    used: int | None = None
    allowed: int | None = None
    due: int | None = None
    stop: Happening | None = None
    over: int | None = None
    needed: int | None = None
    counted: tuple[Happening, ...] = ()
    ignored: tuple[Happening, ...] = ()
    others: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class DutyWorking:
    """How a duty came to its verdict on a record: whether it is about it, and what became of it.

    `wanted` says in the contract's words what a run needs beside its time. `moves` are the way through a lifecycle, in
    order, with what is wrong with each in `why`; `doubts` are what nobody can see.
    """

    id: str
    title: str
    owed_by: str
    owed_to: str
    outcome: str
    at: Address
    why: str = ""
    period: str = ""
    about: tuple[Told, ...] = ()
    tests: tuple[Told, ...] = ()
    known: tuple[Seen, ...] = ()
    runs: tuple[RunWorking, ...] = ()
    wanted: str = ""
    moves: tuple[Happening, ...] = ()
    doubts: tuple[str, ...] = ()
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Working:
    """The working of every verdict about one record.

    `left_out` is the rule that takes it out of everything. `elsewhere` are the duties that are not about it, with the
    reason, and `not_checked` those of which the exports say nothing. `versions` are those that judged anything of it,
    the oldest first, where each judges the rows of its own days.
    """

    key: str
    record: str
    title: str
    sources: tuple[Source, ...]
    contract: ContractFacts | None
    as_of: AsOf | None
    zone: str
    tz_database: str
    left_out: Told | None = None
    terms: tuple[TermWorking, ...] = ()
    duties: tuple[DutyWorking, ...] = ()
    elsewhere: tuple[tuple[str, str], ...] = ()
    not_checked: tuple[tuple[str, str], ...] = ()
    short: dict[str, str] = field(default_factory=dict)
    versions: tuple[ContractFacts, ...] = ()
