"""The agreement as values: a contract and its parts, frozen, each with its address, and nothing that judges.

`was` is the id that a part had in an earlier version. Like an address it says where a part comes from and not what it
says, so neither counts where parts are compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import field as _field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal, Protocol

from slacli.criterion import Criterion
from slacli.places import Address
from slacli.values import dataclass

# --- amounts of time and targets --------------------------------------------------------------

TimeUnit = Literal["minutes", "hours", "days"]
PeriodKind = Literal["week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class Duration:
    """A stretch of time. `clock` says which time counts: every hour, only open hours of a calendar, or local dates."""

    amount: int
    unit: TimeUnit
    clock: Literal["wall", "business", "calendar"] = "wall"

    def __str__(self) -> str:
        unit = self.unit[:-1] if self.amount == 1 else self.unit
        return f"{self.amount} {unit}" if self.clock == "wall" else f"{self.amount} {self.clock} {unit}"


@dataclass(frozen=True, slots=True)
class NthDay:
    """The nth day of a period: `10th business day`."""

    number: int
    clock: Literal["business", "calendar"]

    def __str__(self) -> str:
        ending = {1: "st", 2: "nd", 3: "rd"}.get(self.number % 10 if self.number // 10 % 10 != 1 else 0, "th")
        return f"{self.number}{ending} {'business ' if self.clock == 'business' else ''}day"


@dataclass(frozen=True, slots=True)
class Target:
    """At least `share` of the rows, of each `per` where that is given. `ramp` raises it from a named period on."""

    share: Fraction
    per: PeriodKind | None
    ramp: tuple[tuple[str, Fraction], ...] = ()


@dataclass(frozen=True, slots=True)
class GoalTarget:
    """What a figure has to come to: at least or at most an amount, or a growth on an earlier figure.

    A share and a growth are fractions (`8%` is 2/25). `per` is the kind of period that each figure is of; a step of a
    ramp need not say it again, and a growth on the baseline takes that of the baseline.
    """

    way: Literal["at least", "at most", "grows"]
    amount: Fraction
    unit: Literal["", "%", "minutes", "hours", "days"] = ""
    per: PeriodKind | None = None
    on: Literal["", "baseline", "before", "a year before"] = ""

    def __str__(self) -> str:
        amount = self.amount * 100 if self.unit == "%" else self.amount
        figure = f"{Decimal(amount.numerator) / Decimal(amount.denominator):f}"
        if self.on:
            ons = {"baseline": "the baseline", "before": f"the {self.per} before"}
            return f"grows {figure}% on {ons.get(self.on, f'the same {self.per} a year before')}"
        unit = "%" if self.unit == "%" else f" {self.unit[:-1] if amount == 1 else self.unit}" if self.unit else ""
        return f"{self.way} {figure}{unit}" + (f" per {self.per}" if self.per else "")


@dataclass(frozen=True, slots=True)
class FiscalYear:
    """The month (1 to 12) in which the year starts, and whether it is named for the calendar year of its end."""

    starts: int = 1
    named_for_end: bool = False


# --- who, when, and what is agreed ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Test:
    """A named criterion: its text as it was written and the tree that was read from it."""

    name: str
    text: str
    tree: Criterion = _field(compare=False)
    at: Address = _field(compare=False)


@dataclass(frozen=True, slots=True)
class Party:
    """A department, a team that is `part_of` one, or an agency. `members` tells from a person's record who belongs."""

    id: str
    title: str
    at: Address = _field(compare=False)
    part_of: str | None = None
    kind: Literal["department", "agency"] = "department"
    mandate: str = ""
    qualification: str = ""
    members: Test | None = None
    was: str | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class People:
    """Where owners and actors are looked up: a record, its key field, and the yes/no field that says who is active."""

    record: str
    key: str
    active: str | None
    at: Address = _field(compare=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """A role that must sign, for which party, and whether it is the steward of bindings and holidays."""

    id: str
    title: str
    at: Address = _field(compare=False)
    party: str | None = None
    steward: bool = False
    was: str | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Window:
    """Open hours of a weekday (Monday is 0) in minutes after midnight; `closes` beyond 1440 lies on the next day."""

    weekday: int
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Exceptional:
    """A day that differs: the windows that are open instead, none for a closed day, and what the day is called."""

    day: date
    windows: tuple[tuple[int, int], ...]
    name: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Open hours in one zone over the days that it covers, exceptions included."""

    id: str
    time_zone: str
    windows: tuple[Window, ...]
    first: date
    last: date
    at: Address = _field(compare=False)
    business_day: int | None = None
    exceptions: tuple[Exceptional, ...] = ()
    was: str | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """A calendar that is chosen by the value of a field of the record."""

    id: str
    field: str
    cases: Mapping[str, str]
    otherwise: str
    at: Address = _field(compare=False)
    was: str | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Review:
    """A meeting that the agreement asks for."""

    id: str
    kind: Literal["separate", "joint", "interim"]
    parties: tuple[str, ...]
    every: PeriodKind
    by: NthDay | None
    at: Address = _field(compare=False)
    was: str | None = _field(default=None, compare=False)


# --- records and terms ------------------------------------------------------------------------

FieldType = Literal["text", "ids", "integer", "number", "money", "yes_no", "date", "time"]


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a record in the contract's words.

    `derived` is `domain_of` a field, or the `first`, `last` or `count` of a child term; a derived field is in no
    binding. `keeps` is what the CRM keeps when a time happens again.
    """

    id: str
    type: FieldType
    at: Address = _field(compare=False)
    title: str = ""
    note: str = ""
    one_of: tuple[str, ...] = ()
    format: Literal["", "email"] = ""
    low: Decimal | None = None
    high: Decimal | None = None
    decimals: int = 2
    unit: str = ""
    when_blank: bool | None = None
    ignore_case: bool = False
    personal: bool = False
    person: bool = False
    planned: bool = False
    keeps: Literal["only", "first", "latest"] = "only"
    derived: tuple[Literal["domain_of", "first", "last", "count"], str] | None = None
    was: str | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Link:
    """One way in which a child belongs to a parent: equal values, or the parent's value among the child's `ids`."""

    parent: str
    field: str
    parent_field: str
    among: bool
    at: Address = _field(compare=False)


@dataclass(frozen=True, slots=True)
class History:
    """Says that a record is the change log of a field of its parent."""

    of: str
    old: str | None
    new: str
    by: str | None
    only: Test | None
    at: Address = _field(compare=False)


@dataclass(frozen=True, slots=True)
class Record:
    """A kind of CRM row: its fields, how rows are told apart, and how it belongs to another record.

    `merged_into` is the field that holds the key of the row into which a row was merged, `merged_ids` the one with the
    keys of all rows that were merged into it.
    """

    id: str
    title: str
    fields: Mapping[str, Field]
    at: Address = _field(compare=False)
    key: str | None = None
    dated: str | None = None
    happens: str | None = None
    left_out: tuple[Test, ...] = ()
    links: tuple[Link, ...] = ()
    history: History | None = None
    merged_into: str | None = None
    merged_ids: str | None = None
    was: str | None = _field(default=None, compare=False)

    @property
    def merges(self) -> tuple[str, ...]:
        """The fields that say which rows were merged."""
        return tuple(name for name in (self.merged_into, self.merged_ids) if name is not None)

    @property
    def parent(self) -> str | None:
        return self.links[0].parent if self.links else None

    @property
    def moment(self) -> str | None:
        """The field that places a row in time where nothing nearer does."""
        return self.dated or self.happens


@dataclass(frozen=True, slots=True)
class Example:
    """A record written into the contract, and the verdict that both sides agreed it gets."""

    verdict: Literal["meets", "fails", "unclear"]
    values: Mapping[str, object]
    because: str
    at: Address = _field(compare=False)


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the agreement: which rows it means. `at_least` of its criteria must hold."""

    id: str
    title: str
    record: str
    criteria: tuple[Test, ...]
    at_least: int
    at: Address = _field(compare=False)
    owner: str | None = None
    short: str = ""
    means: str = ""
    stands_for: str | None = None
    narrows: str | None = None
    marked: Test | None = None
    dated: str | None = None
    examples: tuple[Example, ...] = ()
    was: str | None = _field(default=None, compare=False)

    @property
    def name(self) -> str:
        return self.short or self.title


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a lifecycle: the value of its field, who owns a record there, and what must be known on entry."""

    id: str
    value: str
    at: Address = _field(compare=False)
    owner: str | None = None
    entered: str | None = None
    requires: tuple[str, ...] = ()
    final: bool = False
    was: str | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Handoff:
    """A move at which a record passes from one party to another, with the facts that go with it."""

    id: str
    old: str
    new: str
    given_by: str
    taken_by: str
    documents: tuple[str, ...]
    at: Address = _field(compare=False)
    was: str | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The stages of a record and the moves between them that the agreement allows."""

    id: str
    record: str
    field: str
    stages: Mapping[str, Stage]
    starts: tuple[str, ...]
    path: tuple[str, ...]
    moves: Mapping[str, tuple[str, ...]]
    handoffs: tuple[Handoff, ...]
    at: Address = _field(compare=False)
    was: str | None = _field(default=None, compare=False)


# --- duties -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Covers:
    """Which rows a duty is about: all rows of a record, those that meet a term, or those marked as one."""

    record: str
    at: Address = _field(compare=False)
    term: str | None = None
    marked: bool = False


@dataclass(frozen=True, slots=True)
class RecordTest:
    """A measure of single rows: the duty is met by a row where `holds` is true, missed where it is false."""

    holds: Criterion


@dataclass(frozen=True, slots=True)
class Tally:
    """A measure of how many: rows of `covers` in each period, in all or for each value of a field."""

    covers: Covers
    per: PeriodKind
    at_least: tuple[tuple[str | None, int], ...]
    split_by: str | None = None
    ramp: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """What starts or stops a clock: a time field, the entry into a stage, or a child row that meets a term."""

    kind: Literal["field", "entering", "term"]
    name: str
    at: Address = _field(compare=False)


@dataclass(frozen=True, slots=True)
class Tier:
    """How much time a row has; `when` is absent in the tier for the rest."""

    name: str
    within: Duration
    when: Test | None = None


@dataclass(frozen=True, slots=True)
class Tries:
    """What counts as enough: `at_least` rows of a child term, each `apart` after the last counted, over channels."""

    of: str
    at_least: int
    apart: Duration | None = None
    channel: str | None = None
    channels: int = 0


@dataclass(frozen=True, slots=True)
class Episodes:
    """A measure of runs of a clock, one for each start of a row: answered by the first of `stops`, or given up.

    With `every` each gap between two events of a child term is a run of its own, up to the first of `stops`. With
    `tries` a run is met by enough of them before the first of `stops`, or before its time is over. Without tiers a run
    has no limit.
    """

    starts: tuple[Event, ...]
    stops: tuple[Event, ...]
    tiers: tuple[Tier, ...]
    calendar: str | None = None
    silence: Literal["late", "accepted"] = "late"
    pauses: tuple[str, ...] = ()
    every: str | None = None
    tries: Tries | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """A measure of how rows moved: met by a row whose moves are all allowed by the lifecycle."""

    lifecycle: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """A measure of what was done by a day: one entry in the evidence for every period. Without `by` its last day."""

    every: PeriodKind
    by: NthDay | None


Measure = RecordTest | Episodes | Course | Tally | Ledger


class Duty(Protocol):
    """What every kind of duty can say of itself. Each kind is a frozen dataclass in a file of its own."""

    @property
    def kind(self) -> str:
        """The key of `responsibilities.yaml` that makes a duty this kind."""
        ...

    def sentence(self, owed: Responsibility, contract: Contract) -> str:
        """The sentence that binds, made from the parameters."""
        ...

    def measure(self, owed: Responsibility, contract: Contract) -> Measure:
        """What has to be counted to judge it."""
        ...

    def fields(self, owed: Responsibility, contract: Contract) -> Iterator[tuple[str, str, Address]]:
        """The fields that it reads, as record, field and the place that names them."""
        ...


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows after so many misses, in all or in a row."""

    after: int
    in_a_row: bool
    then: str
    at: Address = _field(compare=False)


@dataclass(frozen=True, slots=True)
class Responsibility:
    """A duty that one party owes another: over which rows, how much of it, and what follows when it is missed."""

    id: str
    title: str
    owed_by: str
    owed_to: str
    duty: Duty
    at: Address = _field(compare=False)
    covers: Covers | None = None
    where: Test | None = None
    dated: str | None = None
    target: Target | None = None
    judge_from: int = 0
    shown_by: tuple[str, ...] = ()
    relieved_by: tuple[str, ...] = ()
    on_miss: tuple[Consequence, ...] = ()
    note: str = ""
    was: str | None = _field(default=None, compare=False)


# --- goals ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that goals count. `kind` is its key; `of` the term counted, `base` the term below a fraction line."""

    id: str
    title: str
    kind: Literal["count", "count_first", "ratio", "average", "median", "sum", "share"]
    of: str
    at: Address = _field(compare=False)
    base: str | None = None
    field: str | None = None
    start: str | None = None
    end: str | None = None
    counts: Literal["first", "each"] = "first"
    cohort: bool = False
    within: Duration | None = None
    was: str | None = _field(default=None, compare=False)

    @property
    def outcome(self) -> bool:
        """Whether it measures what came of the work (money, conversion) and not only how much was done."""
        return self.kind not in {"count", "median"}


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the figure was before; `collect` says that collecting it is the goal."""

    collect: bool
    at: Address = _field(compare=False)
    period: str = ""
    value: str = ""
    n: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """What the owners want a metric to reach. `ramp` has other targets, each from a named period on."""

    id: str
    title: str
    owned_by: tuple[str, ...]
    audience: tuple[str, ...]
    kind: Literal["financial", "performance"]
    metric: str
    target: GoalTarget
    at: Address = _field(compare=False)
    baseline: Baseline | None = None
    ramp: tuple[tuple[str, GoalTarget], ...] = ()
    horizon: str = ""
    was: str | None = _field(default=None, compare=False)


# --- bindings ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field stands in an export: the first of `headers` that the file has, and how its values are read."""

    field: str
    headers: tuple[str, ...]
    at: Address = _field(compare=False)
    values: Mapping[str, str] = _field(default_factory=dict)
    true_when: tuple[str, ...] = ()
    false_when: tuple[str, ...] = ()
    currency: str | None = None


DateOrder = Literal["ymd", "mdy", "dmy"]


@dataclass(frozen=True, slots=True)
class Reads:
    """How the text of an export is read. `unreadable` is the largest share of unreadable rows that is still judged.

    `encoding`, `delimiter` and `sheet` are empty where the file itself has to tell them.
    """

    dialect: str = "csv"
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    time_zone: str | None = None
    date_order: DateOrder | None = None
    thousands: str = ""
    decimal: str = "."
    missing: tuple[str, ...] = ()
    fresh: Duration | None = None
    holds_by: str | None = None
    holds_since: date | None = None
    holds_until: date | None = None
    unreadable: Fraction = Fraction(1, 1000)
    newest_by: str | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """How the columns of one kind of export become the fields of a record.

    `compares` are columns of fields that another binding gives: two exports are compared by them, nothing is judged.
    """

    id: str
    record: str
    columns: Mapping[str, Column]
    reads: Reads
    at: Address = _field(compare=False)
    matches: tuple[str, ...] = ()
    joins_on: str | None = None
    compares: Mapping[str, Column] = _field(default_factory=dict)


# --- what happened beside the exports ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivery:
    """A thing that was handed over: for which duty and period, on which day, by whom, and where it can be read."""

    duty: str
    day: date
    by: str
    period: str
    at: Address = _field(compare=False)
    link: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A review that was held: on which day, who took part, and where its minutes can be read."""

    review: str
    day: date
    parties: tuple[str, ...]
    at: Address = _field(compare=False)
    link: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a dispute ended: the verdict `stands`, or the row is `left_out`."""

    by: str
    day: date
    outcome: Literal["stands", "left_out"]


@dataclass(frozen=True, slots=True)
class Dispute:
    """What one side says against the verdict on one row of a duty, by its key; a deliverable's key is its period."""

    duty: str
    key: str
    raised_by: str
    day: date
    says: str
    at: Address = _field(compare=False)
    settled: Settlement | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """A finding that the side that is owed accepts, up to the end of a day; `finding` is its fingerprint.

    Or a change that the side from which it takes accepts; then that is the name of the change.
    """

    finding: str
    granted_by: str
    because: str
    until: date
    at: Address = _field(compare=False)


# --- the whole --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contract:
    """The whole agreement. Everything in it is keyed by id, in the order of the text.

    `delivered` is None where there is no `evidence.yaml`: nobody keeps a ledger, so nothing is known to be missing.
    `digests` are of what each file says that decides anything, by its name in the folder.
    `data_files` are the names and the SHA-256 of the files that are data and no agreement.
    """

    id: str
    project: str
    title: str
    version: int
    effective: date
    time_zone: str
    currency: str
    at: Address = _field(compare=False)
    expires: date | None = None
    amendment: str = ""
    fiscal_year: FiscalYear = FiscalYear()
    calendar: str | None = None
    rates: Mapping[str, Decimal] = _field(default_factory=dict)
    part_periods: Literal["prorated", "skipped"] = "prorated"
    final_after: Duration | None = None
    parties: Mapping[str, Party] = _field(default_factory=dict)
    people: People | None = None
    sign_off: Mapping[str, Signer] = _field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = _field(default_factory=dict)
    calendars: Mapping[str, Calendar | Choice] = _field(default_factory=dict)
    reviews: Mapping[str, Review] = _field(default_factory=dict)
    incentives: Mapping[str, tuple[str, ...]] = _field(default_factory=dict)
    records: Mapping[str, Record] = _field(default_factory=dict)
    terms: Mapping[str, Term] = _field(default_factory=dict)
    lifecycles: Mapping[str, Lifecycle] = _field(default_factory=dict)
    responsibilities: Mapping[str, Responsibility] = _field(default_factory=dict)
    metrics: Mapping[str, Metric] = _field(default_factory=dict)
    goals: Mapping[str, Goal] = _field(default_factory=dict)
    bindings: Mapping[str, Binding] = _field(default_factory=dict)
    delivered: tuple[Delivery, ...] | None = None
    held: tuple[Held, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    waived_changes: tuple[Waiver, ...] = ()
    digests: Mapping[str, str] = _field(default_factory=dict, compare=False)
    data_files: tuple[tuple[str, str], ...] = _field(default=(), compare=False)

    @property
    def digest(self) -> str:
        """One digest for all that the agreement says: of the names and digests of its files, as signed bytes are."""
        lines = "".join(f"{name} {digest}\n" for name, digest in sorted(self.digests.items()))
        return "sha256:" + hashlib.sha256(lines.encode()).hexdigest()

    def department(self, party: str) -> str:
        """Give the department of a party: itself, or the one that it is part of."""
        seen: set[str] = set()
        while party in self.parties and party not in seen:
            seen.add(party)
            above = self.parties[party].part_of
            if above is None:
                break
            party = above
        return party

    def stands_for(self, one: str, other: str) -> bool:
        """Say whether what one party does counts as done by the other: itself, its department, or a team of its own."""
        return one == other or one in self._above(other) or other in self._above(one)

    def _above(self, party: str) -> tuple[str, ...]:
        found: list[str] = []
        above = self.parties[party].part_of if party in self.parties else None
        while above is not None and above not in found:
            found.append(above)
            above = self.parties[above].part_of if above in self.parties else None
        return tuple(found)

    def titles(self) -> dict[str, str]:
        """Give what people call each record, term, duty, goal and party; a party's title wins where ids are alike."""
        titles: dict[str, str] = {}
        for group in (self.records, self.terms, self.responsibilities, self.goals, self.parties):
            titles |= {name: part.title for name, part in group.items()}
        return titles

    def teams(self) -> dict[str, str]:
        """Give the department of every party."""
        return {party: self.department(party) for party in self.parties}

    def party_title(self, party: str) -> str:
        return self.parties[party].title if party in self.parties else party
