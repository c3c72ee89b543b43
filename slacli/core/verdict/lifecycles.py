"""What is wrong with the ways that records take through a lifecycle: one finding for each cause, with how many took it.

Each finding names the stages and, under them, the party that owns the one that was left: whom to ask. They are
warnings, because the target of a duty decides how much of it is too much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from slacli.core import wording
from slacli.core.lifecycle import DOUBTS, Course, DoubtKind, Fault, FaultKind, Judged
from slacli.core.people import NO_PARTY, Owner
from slacli.core.verdict.state import verb
from slacli.findings import Finding, Owed, PeriodFacts, Problem, Rows, Rule, Severity, reported
from slacli.model import Contract
from slacli.places import Address
from slacli.values import dataclass

ILLEGAL_START = reported(
    Severity.WARNING,
    "illegal-start",
    """Records begin in a stage in which the lifecycle lets none begin.

    Why: what comes in behind the first stages was never tested by those who own them.
    """,
)
ILLEGAL_MOVE = reported(
    Severity.WARNING,
    "illegal-move",
    """Records move from one stage to another that may not follow it.

    Why: both sides agreed on the ways that a record may take; on any other nobody knows who has to do what.
    """,
)
SKIPPED_STAGE = reported(
    Severity.WARNING,
    "skipped-stage",
    """Records come to a stage without the stages that lie before it on the path.

    Why: the clocks and facts of a stage that is skipped are skipped with it.
    """,
)
BACKWARD_MOVE = reported(
    Severity.WARNING,
    "backward-move",
    """Records move back on the path where the lifecycle does not let them.

    Why: the dates and counts of the stages after it are counted again, or lost.
    """,
)
REOPENED = reported(
    Severity.WARNING,
    "reopened",
    """Records leave a stage that is final, such as a won deal that is lost later.

    Why: what was counted as done was reported, and perhaps paid, before it changed.
    """,
)
HISTORY_GAP = reported(
    Severity.WARNING,
    "history-gap",
    """A history does not go on from where it stopped, or does not end in the stage of today.

    Why: moves are missing, and nobody can tell what happened in between. Often an export was cut, or is older.
    """,
)
WRONG_PARTY = reported(
    Severity.WARNING,
    "wrong-party",
    """Records are moved by people of a party that does not own the stage that they leave, nor takes part in a hand-off.

    Why: who moves another's records takes their decision, and answers for nothing.
    """,
)
UNDOCUMENTED_HANDOFF = reported(
    Severity.WARNING,
    "undocumented-handoff",
    """Records are handed over without the facts that must go with them.

    Why: whoever takes a record has to know where it comes from and whose it is.
    """,
)
MISSING_FACT = reported(
    Severity.WARNING,
    "missing-fact",
    """Records come to a stage without a fact that it requires, or stand in it without its date.

    Why: a rejection without a reason, or a stage without a date, teaches nobody anything.
    """,
)
UNOWNED = reported(
    Severity.WARNING,
    "unowned",
    """Records belong to nobody, to a queue, or to people who are no longer active.

    Why: a record that no person owns is worked by nobody, and each side believes that the other has it.
    """,
)
UNCLEAR_LIFECYCLE = reported(
    Severity.NOTE,
    "unclear-lifecycle",
    """Nobody can see whether records keep their lifecycle, because the exports do not show what it asks for.

    Why: what cannot be seen is neither kept nor broken. Each reason says what would have to be exported.
    """,
)
TIE_RESOLVED = reported(
    Severity.NOTE,
    "tie-resolved",
    """Records moved several times at what the export shows as one time, and their moves were put in order.

    Why: a history says nothing about the order within a second or a minute, so an order that is allowed is believed.
    """,
)
RULES: tuple[Rule[None], ...] = (
    ILLEGAL_START, ILLEGAL_MOVE, SKIPPED_STAGE, BACKWARD_MOVE, REOPENED, HISTORY_GAP, WRONG_PARTY,
    UNDOCUMENTED_HANDOFF, MISSING_FACT, UNOWNED, UNCLEAR_LIFECYCLE, TIE_RESOLVED,
)  # fmt: skip

_RULE_OF: dict[FaultKind, Rule[None]] = {
    "illegal-start": ILLEGAL_START,
    "illegal-move": ILLEGAL_MOVE,
    "skipped-stage": SKIPPED_STAGE,
    "backward-move": BACKWARD_MOVE,
    "reopened": REOPENED,
    "history-gap": HISTORY_GAP,
    "other-stage-now": HISTORY_GAP,
    "wrong-party": WRONG_PARTY,
    "wrong-hand": WRONG_PARTY,
    "undocumented-handoff": UNDOCUMENTED_HANDOFF,
    "missing-fact": MISSING_FACT,
}


@dataclass(frozen=True, slots=True)
class Broken:
    """How many records have a fault, and a few of their rows."""

    fault: Fault
    count: int
    rows: tuple[Rows, ...] = ()


@dataclass(frozen=True, slots=True)
class Unclear:
    """How many records one doubt leaves unclear, the fields that it is about, and a few of their rows."""

    kind: DoubtKind
    count: int
    fields: tuple[str, ...] = ()
    rows: tuple[Rows, ...] = ()


@dataclass(frozen=True, slots=True)
class Unowned:
    """How many records of a stage have an owner that is no person at work, by the field that names the owner."""

    field: str
    stage: str
    owner: Owner
    count: int
    rows: tuple[Rows, ...] = ()


def findings(
    contract: Contract,
    rules: Course,
    broken: Iterable[Broken],
    unowned: Iterable[Unowned] = (),
    tied: int = 0,
    period: PeriodFacts | None = None,
    unclear: Iterable[Unclear] = (),
) -> Iterator[Finding]:
    """Give one finding for each cause, those of most records first.

    `tied` counts the records of which moves were put in order. Owners that are persons, or that nobody can tell, give
    no finding. `period` says when the records count; without it they are all that the export holds.
    """
    name = period.name if period is not None else ""
    speaker = _Speaker(contract, rules, f" of {period.title}" if period is not None and period.name else "")
    for one in sorted(broken, key=lambda one: (-one.count, one.fault.kind, one.fault.stages)):
        found = _RULE_OF[one.fault.kind].found(speaker.fault(one))
        yield replace(found, data=one.rows, period=name, owed=speaker.owed(one.fault))
    for other in sorted(unowned, key=lambda one: (-one.count, one.stage, one.owner)):
        if other.owner in _OWNERS:
            owed = speaker.owed_by_owner(other.stage)
            yield replace(UNOWNED.found(speaker.unowned(other)), data=other.rows, period=name, owed=owed)
    for doubt in sorted(unclear, key=lambda one: (-one.count, one.kind)):
        yield replace(UNCLEAR_LIFECYCLE.found(speaker.unclear(doubt)), data=doubt.rows, period=name)
    if tied:
        yield replace(TIE_RESOLVED.found(speaker.tied(tied)), period=name)


def short(judged: Judged) -> str:
    """Say in a few words why a record breaks its lifecycle, or why that is unclear; nothing where it keeps it."""
    faults = [
        f"{_RULE_OF[one.kind].name} {' > '.join(stage or 'no stage' for stage in one.stages)}"
        + (f" ({', '.join(one.facts)})" if one.facts else "")
        for one in dict.fromkeys(judged.faults)
    ]
    return "; ".join(faults or dict.fromkeys(DOUBTS[one.kind] for one in judged.doubts))


_OWNERS: dict[Owner, str] = {
    "nobody": "to nobody",
    "queue": "to a queue and to no person",
    "inactive": "to people who are no longer active",
}


_SEE: dict[DoubtKind, str] = {
    "history-cut": "export the history from the first day of the oldest record",
    "history-behind": "export the history together with the records, and say with `fresh` how old it may be",
    "no-time": "mend the times of the history",
    "no-stage": "fill in the value, or translate it in `values:` of the binding",
    "mover": "give the history with who made each change, and everybody with their team, integrations too",
    "not-bound": "bind the field, or give the export that holds it",
    "earlier-round": "keep what was known when a record comes round again",
    "too-many-at-once": "export times to the second",
    "hidden-round": "give the history of `{field}` too",
    "unseen-move": "give the history of `{field}` too",
}


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Says what is wrong in the words of one lifecycle. `period` stands behind the records, or is nothing."""

    contract: Contract
    rules: Course
    period: str

    def fault(self, one: Broken) -> Problem:
        """Say what became of the records of one cause."""
        fault, cycle = one.fault, self.rules.cycle
        now = ["now"] if fault.kind == "other-stage-now" else []
        subject = "/".join([cycle.id, *fault.stages, *now, *fault.parties, *fault.facts])
        return Problem(
            at=self._at(fault),
            key=True,
            message=self._message(fault, one.count),
            label=self._owner(next((stage for stage in fault.stages if stage), "")),
            help=self._help(fault),
            subject=f"{subject}/dates" if fault.dates else subject,
        )

    def unowned(self, one: Unowned) -> Problem:
        """Say to whom the records of a stage belong."""
        record = self.contract.records[self.rules.cycle.record]
        blank = f": `{record.id}.{one.field}` is blank" if one.owner == "nobody" else ""
        return Problem(
            at=record.fields[one.field].at,
            key=True,
            message=f"{self._counted(one.count)} {verb(one.count, 'stands', 'stand')} in `{one.stage}` and "
            f"{verb(one.count, 'belongs', 'belong')} {_OWNERS[one.owner]}{blank}",
            label=self._owner(one.stage),
            help=f"give {verb(one.count, 'it', 'each')} an owner who is at work",
            subject=f"{record.id}.{one.field}/{one.stage}/{one.owner}",
        )

    def unclear(self, one: Unclear) -> Problem:
        """Say why nobody can tell whether records kept the lifecycle."""
        cycle = self.rules.cycle
        fields = f" ({wording.quoted(one.fields)})" if one.fields else ""
        return Problem(
            at=cycle.at,
            key=True,
            message=f"whether {self._counted(one.count)} {verb(one.count, 'keeps', 'keep')} the lifecycle "
            f"`{cycle.id}` is unclear, {verb(one.count, '', 'each ')}because {DOUBTS[one.kind]}{fields}",
            help=_SEE[one.kind].format(field=f"{cycle.record}.{cycle.field}"),
            subject=f"{cycle.id}/{one.kind}",
        )

    def tied(self, count: int) -> Problem:
        """Say how many records moved several times at once."""
        return Problem(
            at=self.rules.cycle.at,
            key=True,
            message=f"{self._counted(count)} moved several times at what the export shows as one time; the moves were "
            f"put in an order that the lifecycle `{self.rules.cycle.id}` allows",
            subject=self.rules.cycle.id,
        )

    def owed(self, fault: Fault) -> Owed | None:
        """Say who broke what to whom, or nothing where that is about an export, or where nobody owns the stage."""
        if fault.kind in {"history-gap", "other-stage-now"}:
            return None
        stage = next((stage for stage in fault.stages if stage), "")
        if fault.kind not in {"wrong-party", "wrong-hand"}:
            return self.owed_by_owner(stage)
        owner = self.rules.cycle.stages[stage].owner if stage in self.rules.cycle.stages else None
        return Owed(tuple(party for party in fault.parties if party != NO_PARTY), owner) if owner else None

    def owed_by_owner(self, stage: str) -> Owed | None:
        """Say that who owns a stage owes what is agreed of it to every other side."""
        owner = self.rules.cycle.stages[stage].owner if stage in self.rules.cycle.stages else None
        return Owed((owner,)) if owner else None

    def _message(self, fault: Fault, count: int) -> str:
        cycle, many, last = self.rules.cycle, self._counted(count), fault.stages[-1]
        between = f"from `{fault.stages[0]}` to `{last}`"
        seen = f"by {verb(count, 'its', 'their')} dates, {many}" if fault.dates else many
        moved = f"{seen} moved {between}"
        were = verb(count, "was", "were")
        facts = wording.quoted(fault.facts, "or")
        match fault.kind:
            case "illegal-start":
                starts = wording.quoted(cycle.starts, "or")
                return f"{seen} began in `{last}`, and the lifecycle `{cycle.id}` begins in {starts}"
            case "illegal-move":
                return f"{moved}, which the lifecycle `{cycle.id}` does not allow"
            case "backward-move":
                return f"{seen} moved back {between}, which the lifecycle `{cycle.id}` does not allow"
            case "skipped-stage":
                return f"{moved} and skipped {self._skipped(fault)}"
            case "reopened":
                return f"{moved}, but `{fault.stages[0]}` is final"
            case "history-gap":
                ends, goes_on = self._stage(fault.stages[0]), self._stage(last)
                return f"the history of {many} stops in {ends} and goes on from {goes_on}"
            case "other-stage-now":
                ends = "dates end" if fault.dates else "history ends"
                return (
                    f"{many} {verb(count, 'stands', 'stand')} in {self._stage(last)}, but "
                    f"{verb(count, 'its', 'their')} {ends} in {self._stage(fault.stages[0])}"
                )
            case "wrong-party" | "wrong-hand":
                by, may, them = self._movers(fault), self._may(fault), verb(count, "it", "them")
                return f"{many} {were} moved {between} by {by}, and only {may} may move {them}"
            case "undocumented-handoff":
                return f"{many} {were} handed over by `{fault.handoff}` without {facts}"
            case "missing-fact":
                return f"{many} came to `{last}` without {facts}"

    def _help(self, fault: Fault) -> str:
        first, last = fault.stages[0], fault.stages[-1]
        allow = f"or add `{last}` to the moves of `{first}`"
        field = f"{self.rules.cycle.record}.{self.rules.cycle.field}"
        match fault.kind:
            case "illegal-start":
                return f"enter records where they begin, or add `{last}` to `starts`"
            case "illegal-move":
                return f"take an allowed way, {allow}"
            case "backward-move":
                return f"find out what sends them back, {allow}"
            case "skipped-stage":
                return f"move through {self._skipped(fault)}, {allow}"
            case "reopened":
                return f"open a new record instead, or take `final` out of `{first}`"
            case "history-gap":
                return f"export every change of `{field}`"
            case "other-stage-now":
                return f"export every change of `{field}`, at the same time as the records"
            case "wrong-party" | "wrong-hand":
                return f"let {self._may(fault)} make the move"
            case "undocumented-handoff":
                return f"fill in {wording.quoted(fault.facts)} before the hand-off"
            case "missing-fact":
                return f"fill in {wording.quoted(fault.facts)}"

    def _at(self, fault: Fault) -> Address:
        """Give the line of the lifecycle that says otherwise."""
        cycle = self.rules.cycle
        stage = cycle.stages.get(fault.stages[0])
        if fault.kind in {"history-gap", "other-stage-now"} or stage is None:
            return cycle.at
        if fault.kind == "illegal-start":
            return cycle.at / "starts"
        if fault.handoff:
            return next((one.at for one in cycle.handoffs if one.id == fault.handoff), cycle.at)
        if fault.kind == "missing-fact":
            return stage.at / ("entered" if stage.entered in fault.facts else "requires")
        if fault.kind == "wrong-party" and stage.owner is not None:
            return stage.at / "owner"
        return cycle.at / "moves" / stage.id if stage.id in cycle.moves else stage.at

    def _owner(self, stage: str) -> str:
        owner = self.rules.cycle.stages[stage].owner if stage in self.rules.cycle.stages else None
        return f"{self.contract.party_title(owner)} owns `{stage}`" if owner else f"nobody owns `{stage}`"

    def _stage(self, stage: str) -> str:
        return f"`{stage}`" if stage else "no stage"

    def _skipped(self, fault: Fault) -> str:
        path = self.rules.cycle.path
        return wording.quoted(path[path.index(fault.stages[0]) + 1 : path.index(fault.stages[1])])

    def _movers(self, fault: Fault) -> str:
        named = [self.contract.party_title(party) for party in fault.parties if party != NO_PARTY]
        return wording.listed([*named, *(["people of no party"] if NO_PARTY in fault.parties else [])], "or")

    def _may(self, fault: Fault) -> str:
        named = self.rules.hands[fault.stages[0], fault.stages[1]].named
        return wording.listed([self.contract.party_title(party) for party in named], "or")

    def _counted(self, count: int) -> str:
        title = wording.uncapital(self.contract.records[self.rules.cycle.record].title)
        return f"{wording.counted(count, title, wording.plural(title))}{self.period}"
