"""The working of every verdict about one record: nothing is judged here again, only told, and told alike or not at all.

The verdicts are the codes that a check counts. What a reader needs to follow them by hand (values and their states,
rows of children, hours that were open) is read from the same tables and put beside them; where that telling leads to
another verdict, slacli says that it has a fault, and shows neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from slacli.core import ledger, periods
from slacli.core.criteria import State
from slacli.core.explain import clocks, courses, criteria, rows
from slacli.core.explain.criteria import Reader, differs
from slacli.core.explain.rows import Row
from slacli.core.explain.working import (
    DutyWorking,
    Happening,
    Mark,
    Place,
    RunWorking,
    Seen,
    Source,
    Stretch,
    TermWorking,
    Told,
    Working,
)
from slacli.core.plan import questions, tables
from slacli.core.plan.tables import DutyPlan, RecordPlan, away
from slacli.core.verdict import clocks as judged_clocks
from slacli.core.verdict.state import Judge
from slacli.criterion import And, Known, Meets
from slacli.findings import ContractFacts, Report
from slacli.model import Contract, Course, Episodes, RecordTest, Tally, Tries

__all__ = [
    "DutyWorking",
    "Happening",
    "Mark",
    "Place",
    "RunWorking",
    "Seen",
    "Source",
    "Stretch",
    "TermWorking",
    "Told",
    "Working",
    "working",
    "working_of_versions",
]

_OUTCOMES: Mapping[int, tuple[str, str]] = {
    tables.MET: ("met", ""),
    tables.MISSED: ("missed", ""),
    tables.UNCLEAR: ("unclear", ""),
    tables.MAY_MEET: ("unclear", "met, if the duty is about it"),
    tables.MAY_MISS: ("unclear", "missed, if the duty is about it"),
    tables.MAY_NEITHER: ("unclear", "neither met nor missed, if the duty is about it"),
    tables.LEFT_OUT: ("left out", ""),
    tables.OPEN: ("open", ""),
    tables.NOT_STARTED: ("not started", ""),
    tables.BY_SILENCE: ("by silence", ""),
    tables.SUPERSEDED: ("superseded", ""),
    tables.RELIEVED: ("left out", ""),
}


def working(state: Judge, report: Report, key: str, record: str | None = None, *, values: bool = True) -> Working:
    """Give the working of every verdict that a settled judgement has about the record with a key.

    Without `values` it holds times and stages alone. Raises CannotRun where no row has the key, or rows of several
    records do, or where a working does not lead to the verdict.
    """
    found = rows.holder(state, key.strip(), record)
    contract = state.contract
    row = rows.kept(state, found)
    held = found.record.record
    told = Working(
        key=found.key,
        record=held.id,
        title=held.title or held.id,
        sources=found.sources,
        contract=report.contract,
        as_of=report.as_of,
        zone=contract.time_zone,
        tz_database=report.tz_database,
        short={name: contract.party_title(name) for name in contract.parties},
    )
    if row is None:
        return told
    return _Teller(state, report, found.record, row, values=values).tell(told)


def working_of_versions(
    states: Sequence[Judge], report: Report, key: str, record: str | None = None, *, values: bool = True
) -> Working:
    """Give the working of each verdict by the version that judged it; `states` are those of all, the oldest first.

    Raises CannotRun as `working` does.
    """
    newest = working(states[-1], report, key, record, values=values)
    # An older version may not know the record; of one that it knows every row is there for it too.
    others = [state for state in reversed(states[:-1]) if newest.record in state.plan.records]
    found = [newest, *(working(state, report, newest.key, newest.record, values=values) for state in others)]
    about = {duty.id for one in found for duty in one.duties}
    judged = {duty.version for one in found for duty in one.duties} | {t.version for one in found for t in one.terms}
    judged |= {state.contract.version for state, one in zip((states[-1], *others), found, strict=True) if one.left_out}
    elsewhere = {name: why for one in reversed(found) for name, why in one.elsewhere if name not in about}
    parties = list(states[-1].contract.parties)

    def place(duty: DutyWorking) -> list[int]:
        sides = (duty.owed_by, duty.owed_to)
        return [parties.index(party) if party in parties else len(parties) for party in sides]

    return replace(
        newest,
        left_out=next((one.left_out for one in found if one.left_out is not None), None),
        terms=tuple(term for one in found for term in one.terms),
        duties=tuple(sorted((duty for one in found for duty in one.duties), key=place)),
        elsewhere=tuple(elsewhere.items()),
        versions=tuple(_facts(state.contract) for state in states if state.contract.version in judged),
    )


def _facts(contract: Contract) -> ContractFacts:
    return ContractFacts(contract.id, contract.title, contract.version, contract.digest)


class _Teller:
    """Tells of one row of one record."""

    def __init__(self, state: Judge, report: Report, record: RecordPlan, row: Row, *, values: bool) -> None:
        self._state = state
        self._values = values
        self._contract = state.contract
        self._report = report
        self._record = record
        self._row = row
        self._reader = criteria.reader(state.contract, record, row, values=values)
        self._children = cache(self._of_child)
        self._version = state.contract.version if state.plan.span is not None else None

    def _merged(self) -> Told:
        """Say by what it is known that the row was merged into another."""
        record = self._record.record
        if record.merged_into is not None and self._reader.row.get(record.merged_into) != State.BLANK:
            name = record.merged_into
            return Told(tables.MERGED_AWAY, f"{name} is not blank", "meets", (self._reader.seen(name),))
        return Told(tables.MERGED_AWAY, f"another {record.id} names it in {record.merged_ids}", "meets", ())

    def tell(self, told: Working) -> Working:
        if self._row.left_out and self._placed(away(self._record.span, self._record.dated)) == tables.AWAY:
            return told
        if self._row.left_out == tables.MERGED:
            return replace(told, left_out=self._merged())
        if self._row.left_out:
            return replace(told, left_out=self._reader.told(self._record.record.left_out[self._row.left_out - 1]))
        gaps = {(gap.kind, gap.subject): gap.reason for gap in reversed(self._state.gaps)}
        mine = {part.owed.id for part in self._record.duties}
        about = [
            owed.id
            for owed in self._contract.responsibilities.values()
            if owed.id in mine or (owed.covers is not None and owed.covers.record == self._record.record.id)
        ]
        duties, elsewhere = [], []
        for part in self._record.duties:
            if ("responsibility", part.owed.id) in gaps:
                continue
            found = self._duty(part)
            if found is not None:
                duties.append(replace(found, version=self._version))
            elif why := self._why_not(part):
                elsewhere.append((part.owed.id, why))
        order = list(self._contract.responsibilities)
        parties = list(self._contract.parties)
        duties.sort(key=lambda one: (parties.index(one.owed_by), parties.index(one.owed_to), order.index(one.id)))
        terms = [part.term.id for part in self._record.terms if self._placed(part.away) == 0]
        return replace(
            told,
            terms=tuple(
                replace(self._reader.term(term), version=self._version)
                for term in self._contract.terms.values()
                if term.id in terms and ("term", term.id) not in gaps
            ),
            duties=tuple(duties),
            elsewhere=tuple(elsewhere),
            not_checked=tuple(
                [(name, gaps["responsibility", name]) for name in about if ("responsibility", name) in gaps]
                + [(name, gaps["term", name]) for name in terms if ("term", name) in gaps]
            ),
        )

    def _placed(self, away: str | None) -> int:
        """Say whether the day of the row lies in the span of the version: 0 where it does, or where one text judges."""
        if away is None:
            return 0
        ((place,),) = self._state.ask(questions.placed(self._record, away, self._row.r))
        return int(place)

    def _of_child(self, name: str) -> Sequence[tuple[Row, Reader]]:
        child = self._state.plan.records[name]
        return [
            (row, criteria.reader(self._contract, child, row, values=self._values))
            for row in rows.of_child(self._state, self._record, child, self._row.r)
        ]

    # --- one duty -----------------------------------------------------------------------------

    def _duty(self, part: DutyPlan) -> DutyWorking | None:
        """Give the working of a duty, or None where it is not about the row."""
        owed = part.owed
        found = self._state.ask(questions.of_row(self._record, part, self._row.r))
        self._agrees(part)
        if not found:
            return None
        outcomes, whys = zip(*(self._outcome(part, code, plain) for _, code, plain in found), strict=True)
        told = DutyWorking(
            id=owed.id,
            title=owed.title or owed.id,
            owed_by=owed.owed_by,
            owed_to=owed.owed_to,
            at=owed.at,
            outcome=_summed(outcomes),
            why="; ".join(dict.fromkeys(why for why in whys if why)),
            period=", ".join(dict.fromkeys(filter(None, (self._period(part, slot) for slot, _, _ in found)))),
            about=self._about(part),
        )
        measure = part.measure
        codes = {code for _, _, code in found}
        if isinstance(measure, Tally) and measure.split_by is not None:
            return replace(told, known=(self._reader.seen(measure.split_by),))
        if isinstance(measure, RecordTest) and codes != {tables.LEFT_OUT}:
            tests, known = self._tests(part, measure)
            return replace(told, tests=tests, known=known)
        if isinstance(measure, Episodes) and codes != {tables.LEFT_OUT} and owed.id in self._state.agreed:
            return replace(told, runs=self._runs(part, [code for _, _, code in found]), wanted=_wanted(measure))
        if isinstance(measure, Course) and codes != {tables.LEFT_OUT} and measure.lifecycle in self._state.ways:
            ways = self._state.ways[measure.lifecycle]
            history = self._children(ways.history.record.id) if ways.history is not None else ()
            way = courses.told(self._state, ways, self._row, self._reader, history)
            if way is not None:
                return replace(told, moves=way[0], doubts=way[1])
        return told

    def _runs(self, part: DutyPlan, codes: list[int]) -> tuple[RunWorking, ...]:
        agreed = self._state.agreed[part.owed.id]
        asked = self._state, self._record, part, agreed, self._row.r
        dossier, found = judged_clocks.of_row(*asked)
        mine = judged_clocks.is_mine(*asked) if part.span is not None else (True,) * len(found)
        if dossier is None or [judged_clocks.code_of(run) for run, is_mine in zip(found, mine, strict=True)
                               if is_mine] != codes:  # fmt: skip
            raise differs(f"the duty `{part.owed.id}`")
        clock = clocks.Clock(self._state, self._record, part, agreed, self._row, self._reader, self._children, dossier)
        return tuple(one for one, is_mine in zip(clocks.told(clock, found), mine, strict=True) if is_mine)

    def _outcome(self, part: DutyPlan, code: int, plain: int) -> tuple[str, str]:
        outcome, why = _OUTCOMES[code]
        if code != plain and outcome == "unclear":
            relieving = ", ".join(f"`{name}`" for name in part.owed.relieved_by)
            why = f"{_OUTCOMES[plain][0]}, unless {relieving} relieves it"
        if code == tables.MISSED and isinstance(part.measure, Episodes) and part.measure.tries is None:
            outcome = "late"
        if (
            code == tables.LEFT_OUT
            and part.owed.where is not None
            and self._reader.holds(part.owed.where.tree) is False
        ):
            why = "its `where` does not hold"
        if code == tables.RELIEVED:
            why = f"relieved by {', '.join(f'`{name}`' for name in part.owed.relieved_by)}"
        if isinstance(part.measure, Tally):
            outcome = {"met": "counts", "unclear": "may count"}.get(outcome, outcome)
        standing = ledger.disputed(self._contract, part.owed.id).get(self._key(), "")
        if standing == "open" and outcome != "left out":
            return "unclear", f"{outcome}, and disputed"
        if standing == "left_out" and outcome != "left out":
            return "left out", f"{outcome}, and left out by a settled dispute"
        return outcome, why

    def _key(self) -> str:
        value = self._row.values.get(self._record.record.key or "")
        return str(value)

    def _period(self, part: DutyPlan, slot: int | None) -> str:
        owed = part.owed
        per = part.measure.per if isinstance(part.measure, Tally) else owed.target.per if owed.target else None
        if per is None or slot is None:
            return ""
        return periods.of_slot(slot, per, self._contract.fiscal_year).title

    # --- whether it is about the row ----------------------------------------------------------

    def _about(self, part: DutyPlan) -> tuple[Told, ...]:
        """Give the tests that say whether a duty is about the row: the mark or the term that it covers, its `where`."""
        found = []
        term = self._contract.terms[part.covers.term] if part.covers.term is not None else None
        if term is not None and part.covers.marked and term.marked is not None:
            found.append(self._reader.of_tree(f"marked {term.name}", term.marked.text, term.marked.tree))
        elif term is not None:
            found.append(self._reader.of_tree(term.name, term.id, Meets(term.id, (0, 0))))
        if part.owed.where is not None:
            found.append(self._reader.of_tree("where", part.owed.where.text, part.owed.where.tree))
        return tuple(found)

    def _member(self, part: DutyPlan) -> bool | None:
        term = self._contract.terms[part.covers.term] if part.covers.term is not None else None
        if term is None:
            return True
        if part.covers.marked:
            return self._reader.holds(term.marked.tree) if term.marked is not None else False
        return self._reader.meets(term.id)

    def _agrees(self, part: DutyPlan) -> None:
        """Raise CannotRun where the criteria of a duty do not come to the code that the check gave."""
        member = self._member(part)
        where = self._reader.holds(part.owed.where.tree) if part.owed.where is not None else True
        code = self._row.duties[part.owed.id]
        if isinstance(part.measure, RecordTest):
            expected = _code(member, where, self._reader.holds(part.measure.holds))
        elif isinstance(part.measure, Tally):
            expected = {True: tables.MET, False: tables.OUTSIDE, None: tables.UNCLEAR}[member]
        elif member is False or (where is False and member is None):
            expected = tables.OUTSIDE
        elif isinstance(part.measure, Course) and self._placed(part.away):
            # What another version judges is counted here as not judged.
            expected = tables.NOT_COUNTED
        else:
            expected = tables.NOT_COUNTED if where is False else tables.IN if member and where else tables.MAYBE_IN
        if code != expected:
            raise differs(f"the duty `{part.owed.id}`")

    def _why_not(self, part: DutyPlan) -> str:
        """Say why a duty is not about the row; nothing where another version judges it."""
        place = self._placed(part.away)
        if place == tables.AWAY:
            return ""
        if place in {tables.EARLIER, tables.LATER}:
            return "on its day nothing was in force, so that nobody judges it"
        if part.span is not None and self._member(part) is not False:
            return ""
        term = self._contract.terms[part.covers.term] if part.covers.term is not None else None
        if term is None:
            return "it covers other rows"
        return f"not marked as {term.name}" if part.covers.marked else f"no {term.name}"

    def _tests(self, part: DutyPlan, measure: RecordTest) -> tuple[tuple[Told, ...], tuple[Seen, ...]]:
        tree = measure.holds
        if isinstance(tree, And) and all(isinstance(one, Known) for one in tree.parts):
            names = [one.name for one in tree.parts if isinstance(one, Known)]
            return (), tuple(self._reader.seen(name) for name in names)
        test = getattr(part.owed.duty, "test", None)
        text = test.text if test is not None else ""
        return (self._reader.of_tree("must", text, tree),), ()


def _code(member: bool | None, where: bool | None, holds: bool | None) -> int:
    if member is False:
        return tables.OUTSIDE
    if where is False:
        return tables.LEFT_OUT if member else tables.OUTSIDE
    if member and where:
        return {True: tables.MET, False: tables.MISSED, None: tables.UNCLEAR}[holds]
    return {True: tables.MAY_MEET, False: tables.MAY_MISS, None: tables.UNCLEAR}[holds]


def _summed(outcomes: Sequence[str]) -> str:
    counts = Counter(outcomes)
    if len(outcomes) == 1:
        return outcomes[0]
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())


def _wanted(measure: Episodes) -> str:
    tries: Tries | None = measure.tries
    if tries is None:
        return ""
    parts = [f"at least {tries.at_least}"]
    if tries.apart is not None:
        parts.append(f"each {tries.apart} after the last that counts")
    if tries.channel is not None:
        parts.append(f"over at least {tries.channels} values of `{tries.channel}`")
    if measure.tiers:
        parts.append(f"within {measure.tiers[0].within}")
    return ", ".join(parts)
