"""From counts to a report: what became of every file, term and duty, and the findings that follow.

It asks its questions of the tables that a plan made through `ask`, a function that runs one query and gives rows; it
knows nothing of files or engines. Rows are named by their key and by the number that a spreadsheet shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from slacli.core import wording, zones
from slacli.core.plan.tables import Gap, Plan
from slacli.core.verdict import (
    account,
    clocks,
    courses,
    disputes,
    duties,
    goals,
    ledger,
    lifecycles,
    now,
    pages,
    reliefs,
    split,
    terms,
    waivers,
)
from slacli.core.verdict.standing import Followed, followed, provisional
from slacli.core.verdict.state import Ask, FileFacts, Judge, Make, Options
from slacli.errors import CannotRun
from slacli.findings import AsOf, ContractFacts, ExportFacts, NotChecked, Outcome, Problem, Report, Rule
from slacli.model import Contract
from slacli.places import Address, SourceMap
from slacli.values import dataclass

__all__ = ["RULES", "Ask", "FileFacts", "Judge", "Options", "judge", "judgement", "settled"]

RULES: tuple[Rule[None], ...] = (
    *pages.RULES, *ledger.RULES, *disputes.RULES, *waivers.RULES, *lifecycles.RULES,
)  # fmt: skip


def judge(
    plan: Plan, files: Sequence[FileFacts], ask: Ask, make: Make, options: Options, sources: SourceMap, folder: str
) -> Report:
    """Give the report of a check.

    Raises CannotRun where more of an export is unreadable than its binding accepts, where `--judge` names no period,
    and where everything is demanded and something cannot be checked.
    """
    return settled(judgement(plan, files, ask, make, options), sources, folder)


def judgement(plan: Plan, files: Sequence[FileFacts], ask: Ask, make: Make, options: Options) -> Judge:
    """Give a judgement that has not begun."""
    # Several parts ask the same of the tables; what is added to them later nobody has asked for before.
    return Judge(plan, files, cache(ask), make, options, gaps=list(plan.not_checked))


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a judgement rests on before any period is judged: the files, the moment that is now, what is too old."""

    files: tuple[ExportFacts, ...]
    moment: AsOf | None
    stale: frozenset[str]


def settled(state: Judge, sources: SourceMap, folder: str) -> Report:
    """Judge, and give the report; the judgement then knows all that it rests on. Raises CannotRun as `judge` does."""
    ready = prepared(state)
    report = judged(state, ready, sources, folder)
    if state.options.demand_all:
        demand(report.not_checked)
    by_duty: dict[str, list[Followed]] = {}
    for one in report.outcomes:
        by_duty.setdefault(one.duty, []).append((one, state.contract.responsibilities[one.duty].on_miss))
    outcomes = [one for mine in by_duty.values() for one in followed(mine)]
    findings, waived = waivers.accepted(state.contract, report.findings, outcomes, ready.moment)
    return replace(report, findings=findings, outcomes=waived).sorted()


def prepared(state: Judge, moment: AsOf | None = None) -> Prepared:
    """Settle what became of every row and run; `moment` is the one that is now, where it is known."""
    facts = account.settle(state)
    moment = moment or now.as_of(state)
    stale = now.stale_records(state, moment)
    clocks.settle(state, moment, stale)
    courses.settle(state, moment, stale)
    reliefs.settle(state, stale)
    return Prepared(facts, moment, stale)


def judged(state: Judge, ready: Prepared, sources: SourceMap, folder: str) -> Report:
    """Give the report of what was prepared, before anything follows from it or is waived."""
    plan, contract, moment = state.plan, state.contract, ready.moment
    today = moment.at if moment is not None else None
    order = list(contract.responsibilities)
    found = [*duties.outcomes(state, today, ready.stale), *ledger.outcomes(state, moment)]
    missing = tuple(split.not_split(state, found)) if state.options.by is not None else ()
    found = list(split.sliced(state, found))
    outcomes = tuple(
        _by(contract, provisional(contract, one, today)) for one in sorted(found, key=lambda one: order.index(one.duty))
    )
    reached = tuple(replace(one, version=contract.version) for one in goals.outcomes(state, moment, ready.stale))
    reviews = tuple(ledger.reviews(state, moment))
    verdicts = tuple(
        replace(terms.cells(state, record, part), version=contract.version)
        for name in contract.terms
        for record in plan.records.values()
        for part in record.terms
        if part.term.id == name and record.record.id not in ready.stale and not _is_gap(state, name, "term")
    )
    not_checked = tuple(NotChecked(gap.subject, gap.kind, gap.reason, gap.at) for gap in _unique(state.gaps))
    for gap in not_checked:
        if gap.kind == "review":
            # No verdict rests on a review, so a contract that keeps no evidence yet needs no warning on every run.
            continue
        state.report(
            pages.NOT_CHECKED,
            Problem(
                at=gap.at or Address("contract.yaml"),
                key=True,
                message=f"`{gap.subject}` is not checked: {gap.reason}",
                subject=gap.subject,
            ),
        )
    return Report(
        journey="check",
        findings=tuple(state.findings),
        sources=sources,
        folder=folder,
        contract=ContractFacts(
            contract.id, contract.title, contract.version, contract.digest, data_files=contract.data_files
        ),
        titles=contract.titles(),
        teams=contract.teams(),
        as_of=moment,
        tz_database=zones.database(),
        judge=state.options.judge,
        files=ready.files,
        left_out=tuple(terms.left_out(state)),
        terms=verdicts,
        outcomes=outcomes,
        goals=reached,
        reviews=reviews,
        not_checked=not_checked,
        by=state.options.by or "",
        not_split=missing,
    )


def _by(contract: Contract, outcome: Outcome) -> Outcome:
    """Give an outcome with the number of the text that judged it."""
    parts = tuple(_by(contract, part) for part in outcome.parts)
    return replace(outcome, version=contract.version, parts=parts)


def _is_gap(state: Judge, subject: str, kind: str) -> bool:
    return any(gap.subject == subject and gap.kind == kind for gap in state.gaps)


def _unique(gaps: Sequence[Gap]) -> list[Gap]:
    order = {"responsibility": 0, "term": 1, "goal": 2, "review": 3}
    found = {(gap.kind, gap.subject): gap for gap in reversed(gaps)}
    return sorted(found.values(), key=lambda gap: (order[gap.kind], gap.at.file, gap.at.pointer))


def demand(not_checked: Sequence[NotChecked]) -> None:
    """Raise CannotRun where a duty could not be checked."""
    missing = [gap for gap in not_checked if gap.kind == "responsibility"]
    if missing:
        named = "; ".join(f"`{gap.subject}`: {gap.reason}" for gap in missing)
        raise CannotRun(
            f"{wording.counted(len(missing), 'duty', 'duties')} could not be checked, and `--all` demands every one: "
            f"{named}",
            "give what is missing, or leave `--all` out",
        )
