"""What every journey speaks in: rules, problems, findings, outcomes, and the one report that holds them."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from datetime import date, datetime
from enum import IntEnum
from fractions import Fraction
from typing import Generic, Literal, TypeVar

from slacli.places import Address, SourceMap
from slacli.values import dataclass

Subject = TypeVar("Subject")


class Severity(IntEnum):
    """How much a finding weighs; `--fail-on` compares by it."""

    NOTE = 0
    WARNING = 1
    ERROR = 2

    @property
    def word(self) -> str:
        return self.name.lower()


# --- rules and what they see ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that explains a problem, with a few words to stand beside it."""

    at: Address
    says: str
    key: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule sees: it never names itself and never sets its own weight.

    `at` is the place, its key where `key` is set, only the characters `part` of its text where that is given.
    `label` stands under the underlined text; `help` is one action that the reader can take.
    `subject` names what the finding is about (`lead.status`, `mql_quality`), for the fingerprint.
    """

    at: Address
    message: str
    label: str = ""
    help: str = ""
    key: bool = False
    part: tuple[int, int] | None = None
    related: tuple[Related, ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """A check that slacli makes: its name, its weight, its page, and the function where it has one of its own."""

    name: str
    severity: Severity
    page: str
    check: Callable[[Subject], Iterator[Problem]] | None = None

    def found(self, problem: Problem) -> Finding:
        """Turn a problem that this rule saw into a finding."""
        return Finding(
            rule=self.name,
            severity=self.severity,
            message=problem.message,
            at=problem.at,
            label=problem.label,
            help=problem.help,
            key=problem.key,
            part=problem.part,
            related=problem.related,
            subject=problem.subject or "/".join(map(str, (problem.at.file, *problem.at.pointer))),
        )


def rule(severity: Severity) -> Callable[[Callable[[Subject], Iterator[Problem]]], Rule[Subject]]:
    """Make a rule of a function: its name in kebab-case names the rule, its docstring is the rule's page."""

    def wrap(check: Callable[[Subject], Iterator[Problem]]) -> Rule[Subject]:
        return Rule(check.__name__.replace("_", "-"), severity, inspect.getdoc(check) or "", check)

    return wrap


def reported(severity: Severity, name: str, page: str) -> Rule[None]:
    """Declare a rule that other code reports while it reads or judges; `page` is written like a rule's docstring."""
    return Rule(name, severity, inspect.cleandoc(page))


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one export that a finding rests on: how many, and a few of their keys and row numbers to look at.

    `beside` names for each of them the duties that the other side missed on the same row.
    """

    file: str
    keys: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    more: int = 0
    beside: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Owed:
    """Whose promise a finding is about: the parties that owe it, and the one that is owed.

    An empty `to` is every party of another side, such as for a stage of which only the owner is agreed.
    """

    by: tuple[str, ...]
    to: str = ""


@dataclass(frozen=True, slots=True)
class Waived:
    """That the side that is owed accepts a finding: who of it, why, and the last day on which it does."""

    by: str
    because: str
    until: date
    at: Address


Standing = Literal["new", "still"]
"""Whether an earlier report already had it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with its rule and weight; `data` names rows where it is about data.

    `owed` is there where a promise was not kept, which is what can be waived. `addressed_to` names the one party that
    has to do something: such a finding fails nobody's build. `standing` is there where a report is compared with an
    earlier one.
    """

    rule: str
    severity: Severity
    message: str
    at: Address | None = None
    label: str = ""
    help: str = ""
    key: bool = False
    part: tuple[int, int] | None = None
    related: tuple[Related, ...] = ()
    subject: str = ""
    period: str = ""
    data: tuple[Rows, ...] = ()
    owed: Owed | None = None
    waived: Waived | None = None
    addressed_to: str = ""
    standing: Standing | None = None

    @property
    def can_fail(self) -> bool:
        """Whether it can fail a build: it is not waived, and not for one party alone."""
        return self.waived is None and not self.addressed_to

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits of rule, subject and period: never of rows or counts, so that it outlives an export."""
        text = f"{self.rule}\n{self.subject}\n{self.period}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]


# --- what a check of data says ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """Which text judged. `state` is `draft` where nobody has signed it, and says whether signatures were verified.

    `signed_by` are the roles of which they were, and `since` the day since when a signed text is in force.
    `data_files` are the files beside the agreement that count too, each with the SHA-256 of its bytes: what was
    delivered, disputed and waived. The digest of the agreement does not cover them.
    """

    id: str
    title: str
    version: int
    digest: str
    state: Literal["draft", "signed", "signatures not verified here"] = "draft"
    revision: int | None = None
    signed_by: tuple[str, ...] = ()
    since: date | None = None
    data_files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AsOf:
    """The moment that is now for the report, and where it came from: `--as-of`, or a row of a file."""

    at: datetime
    source: Literal["--as-of", "latest time"]
    file: str | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class RowCount:
    """The account of one file: `total` is always the sum of the others."""

    total: int = 0
    judged: int = 0
    cut: int = 0
    unreadable: int = 0
    repeated: int = 0
    contradictory: int = 0


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """One file that was read. `orphans` counts the rows of a child record that belong to no row of `parent`."""

    record: str
    binding: str
    name: str
    sha256: str
    size: int
    encoding: str
    rows: RowCount
    cut: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    orphans: int | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows of a record that a `left_out` rule takes out everywhere; a row counts under the first rule that holds."""

    record: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Blame:
    """How many unclear verdicts of a term rest on a field, and what is wrong with its value."""

    field: str
    state: Literal["blank", "unreadable", "not allowed", "too coarse", "not bound"]
    count: int


@dataclass(frozen=True, slots=True)
class TermCells:
    """The rows of a record by the verdict of one term and by how the CRM marks them.

    Without `marked` in the contract only the `unmarked_*` cells are filled. `mark_unclear` holds the rows of which
    the mark itself cannot be read. `version` is the number of the text that judged.
    """

    term: str
    title: str
    record: str
    has_mark: bool
    marked_meets: int = 0
    marked_fails: int = 0
    marked_unclear: int = 0
    unmarked_meets: int = 0
    unmarked_fails: int = 0
    unmarked_unclear: int = 0
    mark_unclear: int = 0
    unclear_because: tuple[Blame, ...] = ()
    version: int | None = None

    @property
    def total(self) -> int:
        marked = self.marked_meets + self.marked_fails + self.marked_unclear + self.mark_unclear
        return marked + self.unmarked_meets + self.unmarked_fails + self.unmarked_unclear


PeriodState = Literal["finished", "running", "not covered", "whole"]


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    """A stretch of local days, both ends included; `whole` is all that the export holds.

    `version` is there where one of several versions judges only these days of the period.
    """

    name: str
    title: str
    first: date | None
    last: date | None
    state: PeriodState
    version: int | None = None

    @property
    def shown(self) -> str:
        """What people call it, with the days and the version of a part."""
        if self.version is None:
            return self.title
        days = [f" {word} {day}" for word, day in (("from", self.first), ("to", self.last)) if day is not None]
        return f"{self.title}{''.join(days)} (version {self.version})"

    @property
    def mark(self) -> str:
        """What tells the period, or the part of it, from every other: findings are known by it."""
        return self.name if self.version is None else f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Counts:
    """The account of one duty in one period: `covered` is always the sum of the others.

    `may_meet` and `may_miss` say for how many of the unclear each end is possible, and `disputed` how many of them
    are unclear because somebody contests their verdict; `relieved` counts those of the left out on which the other
    side was late. They are not part of the sum.
    """

    covered: int = 0
    met: int = 0
    missed: int = 0
    open: int = 0
    unclear: int = 0
    left_out: int = 0
    not_started: int = 0
    by_silence: int = 0
    may_meet: int = 0
    may_miss: int = 0
    disputed: int = 0
    relieved: int = 0


@dataclass(frozen=True, slots=True)
class Response:
    """How long runs of a clock took until they were answered, in seconds of the time that it counts.

    `median` and `late` (the 90th percentile) are by the nearest rank, over the `answered` runs that are known to the
    second; runs that nobody answered are in neither.
    """

    answered: int
    median: int
    late: int


Status = Literal["met", "missed", "unclear", "running", "not covered", "too few", "no data"]


@dataclass(frozen=True, slots=True)
class Sequel:
    """What the agreement says follows, now that a duty was missed in so many periods: in all, or in a row.

    `misses` is how often it was missed up to this period, `after` how often it takes.
    """

    after: int
    in_a_row: bool
    then: str
    misses: int


SliceState = Literal["value", "blank", "unreadable", "not allowed", "not bound"]


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of an outcome that have one value in a field, or none for one reason: a count, and no judgement.

    `lower` and `upper` are what they are of the outcome.
    """

    state: SliceState
    value: str
    counts: Counts
    lower: Fraction | None
    upper: Fraction | None

    @property
    def shown(self) -> str:
        """The value, or why there is none."""
        return self.value if self.state == "value" else f"({self.state})"


@dataclass(frozen=True, slots=True)
class NotSplit:
    """A duty of which nothing can be shown by the values of the field that was asked for, and why."""

    duty: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one duty in one period.

    A `share` duty has `lower` and `upper` as exact fractions of rows and `target` as a fraction; a `number` duty
    (volume) has them as counts. A `ledger` duty (provide) has neither: its counts are of one thing, `due` is the day
    by which it was owed (None where no calendar says) and `delivered` the day on which it came.

    `judged` says whether the period was chosen by `--judge`, `provisional` whether its figures may still be disputed.
    `response` says how quick answers were; `without_relief` are the bounds that hold if no row is relieved. `parts`
    are the same outcome by the values of `shown_by` or of `split_by`: those of a `split_by` have targets of
    their own. `consequence` is what follows from a miss. A miss that is `waived` is still one.
    `version` is the number of the text that judged. `slices` are its rows by the values of the field `sliced_by`,
    where somebody asked for that. `standing` is there for a miss where a report is compared with an earlier one.
    """

    duty: str
    title: str
    kind: str
    owed_by: str
    owed_to: str
    period: PeriodFacts
    measure: Literal["share", "number", "ledger"]
    counts: Counts
    lower: Fraction | None
    upper: Fraction | None
    target: Fraction | None
    status: Status
    judged: bool = False
    judge_from: int = 0
    provisional: bool = False
    part_of: tuple[tuple[str, str], ...] = ()
    parts: tuple[Outcome, ...] = ()
    samples: tuple[Rows, ...] = ()
    undated: int = 0
    due: date | None = None
    delivered: date | None = None
    consequence: Sequel | None = None
    response: Response | None = None
    without_relief: tuple[Fraction, Fraction] | None = None
    waived: Waived | None = None
    version: int | None = None
    sliced_by: str = ""
    slices: tuple[Slice, ...] = ()
    standing: Standing | None = None

    @property
    def allowed(self) -> int | None:
        """How many misses the target leaves among the rows that were decided, or None where it is a number."""
        if self.measure != "share" or self.target is None:
            return None
        decided = self.counts.met + self.counts.missed
        return decided - -(-decided * self.target.numerator // self.target.denominator)


@dataclass(frozen=True, slots=True)
class GoalOutcome:
    """What became of one goal in one period.

    `value` is the figure of what is certain; `lower` and `upper` are what the unclear rows leave possible, each None
    where nothing bounds it on that side. All of them are exact, in `unit`: a share is a fraction of one, a time is in
    days or in seconds. `wanted` are the ends between which the target lies, which are one but where it grows on a
    figure that is unclear itself; None where it rests on a figure that nobody knows, and `why` says so.

    `rows` counts what the figure rests on, `unclear` the rows that leave its bounds apart, `waiting` those of a cohort
    whose time is not over, `without` those that have nothing to measure, and `undated` those in no period. `pace` is
    what a running period comes to if it goes on as it began. `baseline` is the figure before, None while it is being
    `collected`. `version` is the number of the text that judged.
    """

    goal: str
    title: str
    metric: str
    owned_by: tuple[str, ...]
    period: PeriodFacts
    unit: Literal["rows", "money", "number", "share", "days", "seconds"]
    status: Status
    value: Fraction | None
    lower: Fraction | None
    upper: Fraction | None
    target: str
    way: Literal["at least", "at most"]
    wanted: tuple[Fraction, Fraction] | None
    rows: int = 0
    unclear: int = 0
    waiting: int = 0
    without: int = 0
    undated: int = 0
    judged: bool = False
    pace: Fraction | None = None
    baseline: tuple[str, Fraction] | None = None
    collected: bool = False
    why: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What became of a review in one period: `absent` are parties that had to take part and did not."""

    review: str
    kind: Literal["separate", "joint", "interim"]
    parties: tuple[str, ...]
    period: PeriodFacts
    due: date | None
    held: date | None
    state: Literal["held", "late", "not held", "open", "unclear"]
    judged: bool = False
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One of several versions that judged, each the rows of its own days; `last` is None where nothing ends it."""

    version: int
    first: date
    last: date | None
    digest: str
    commit: str


@dataclass(frozen=True, slots=True)
class Split:
    """A period that several versions judged in parts: how many rows of a duty there are in all."""

    duty: str
    period: PeriodFacts
    versions: tuple[int, ...]
    counts: Counts


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Rows that no version judges, because none was in force on their day: from `first` to `last`, None where open."""

    subject: str
    kind: Literal["responsibility", "term"]
    first: date | None
    last: date | None
    count: int


@dataclass(frozen=True, slots=True)
class NotChecked:
    """A duty, term or goal that this run says nothing about, and why."""

    subject: str
    kind: str
    reason: str
    at: Address | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """A finding of an earlier report that this one does not have."""

    rule: str
    severity: Severity
    subject: str
    period: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Since:
    """What became of the findings of an earlier report, of those that can fail a build by `least`.

    `version` and `at` are those of the earlier report; `at` is the moment that was now for it. `mended` is what is
    proven to be over, `undecided` what this report cannot say it of: other exports, a period that they do not hold,
    rows that are unclear.
    """

    version: int
    at: datetime | None
    least: Severity
    new: int
    still: int
    mended: tuple[Gone, ...] = ()
    undecided: tuple[Gone, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a journey found. Every command prints one, every format shows the same one.

    `titles` maps the ids of parties, duties, terms and records to what people call them; `teams` maps a party to
    the department that it is part of. `contents` says in words what the contract holds: `14 responsibilities, 7 terms`.
    `versions` are there where several judged, the oldest first: `contract` is then the newest. `by` is the field by
    whose values somebody asked for the figures, and `not_split` are the duties that have none. `since` is there where
    the report is compared with an earlier one.
    """

    journey: str
    findings: tuple[Finding, ...] = ()
    sources: SourceMap = field(default_factory=SourceMap)
    folder: str = "contracts"
    contract: ContractFacts | None = None
    titles: Mapping[str, str] = field(default_factory=dict)
    as_of: AsOf | None = None
    tz_database: str = ""
    judge: str = ""
    files: tuple[ExportFacts, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    terms: tuple[TermCells, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    goals: tuple[GoalOutcome, ...] = ()
    reviews: tuple[ReviewFacts, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    teams: Mapping[str, str] = field(default_factory=dict)
    contents: str = ""
    versions: tuple[VersionFacts, ...] = ()
    split: tuple[Split, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    by: str = ""
    not_split: tuple[NotSplit, ...] = ()
    since: Since | None = None

    def worst(self) -> Severity | None:
        """Give the gravest severity among the findings that can fail a build, or None where there is none.

        What is waived fails none, nor does what only one party has to mend, nor what an earlier report had already.
        """
        failing = (f.severity for f in self.findings if f.can_fail and f.standing != "still")
        return max(failing, default=None)

    def sorted(self) -> Report:
        """Give the same report with its findings unique, gravest first, then by place."""
        unique = {(f.rule, f.at, f.part, f.message, f.period): f for f in self.findings}
        ordered = sorted(unique.values(), key=self._order)
        return replace(self, findings=tuple(ordered))

    def _order(self, found: Finding) -> tuple[int, str, int, int, str, str, str]:
        if found.at is None:
            return (-found.severity, "~", 0, 0, found.rule, found.period, found.message)
        span = self.sources.span(found.at, key=found.key)
        column = span.column + (found.part[0] if found.part else 0)
        return (-found.severity, found.at.file, span.line, column, found.rule, found.period, found.message)
