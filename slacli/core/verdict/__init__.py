"""From counts to a report: what became of every file, term and duty, and the findings that follow.

It asks its questions of the tables that a plan made through `ask`, a function that runs one query and gives rows; it
knows nothing of files or engines. Rows are named by their key and by the number that a spreadsheet shows.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    terms,
    waivers,
)
from slacli.core.verdict.standing import standing
from slacli.core.verdict.state import Ask, FileFacts, Judge, Make, Options
from slacli.errors import CannotRun
from slacli.findings import ContractFacts, NotChecked, Problem, Report, Rule
from slacli.places import Address, SourceMap

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


def settled(state: Judge, sources: SourceMap, folder: str) -> Report:
    """Judge, and give the report; the judgement then knows all that it rests on. Raises CannotRun as `judge` does."""
    plan, options, contract = state.plan, state.options, state.contract
    facts = account.settle(state)
    moment = now.as_of(state)
    stale = now.stale_records(state, moment)
    today = moment.at if moment is not None else None
    clocks.settle(state, moment, stale)
    courses.settle(state, moment, stale)
    reliefs.settle(state, stale)
    order = list(contract.responsibilities)
    found = [*duties.outcomes(state, today, stale), *ledger.outcomes(state, moment)]
    outcomes = standing(contract, sorted(found, key=lambda one: order.index(one.duty)), today)
    reached = tuple(goals.outcomes(state, moment, stale))
    reviews = tuple(ledger.reviews(state, moment))
    verdicts = tuple(
        terms.cells(state, record, part)
        for name in contract.terms
        for record in plan.records.values()
        for part in record.terms
        if part.term.id == name and record.record.id not in stale and not _is_gap(state, name, "term")
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
    if options.demand_all:
        _demand(not_checked)
    findings, outcomes = waivers.accepted(contract, state.findings, outcomes, moment)
    return Report(
        journey="check",
        findings=findings,
        sources=sources,
        folder=folder,
        contract=ContractFacts(
            contract.id, contract.title, contract.version, contract.digest, data_files=contract.data_files
        ),
        titles=contract.titles(),
        teams=contract.teams(),
        as_of=moment,
        tz_database=zones.database(),
        judge=options.judge,
        files=facts,
        left_out=tuple(terms.left_out(state)),
        terms=verdicts,
        outcomes=outcomes,
        goals=reached,
        reviews=reviews,
        not_checked=not_checked,
    ).sorted()


def _is_gap(state: Judge, subject: str, kind: str) -> bool:
    return any(gap.subject == subject and gap.kind == kind for gap in state.gaps)


def _unique(gaps: Sequence[Gap]) -> list[Gap]:
    order = {"responsibility": 0, "term": 1, "goal": 2, "review": 3}
    found = {(gap.kind, gap.subject): gap for gap in reversed(gaps)}
    return sorted(found.values(), key=lambda gap: (order[gap.kind], gap.at.file, gap.at.pointer))


def _demand(not_checked: Sequence[NotChecked]) -> None:
    missing = [gap for gap in not_checked if gap.kind == "responsibility"]
    if missing:
        named = "; ".join(f"`{gap.subject}`: {gap.reason}" for gap in missing)
        raise CannotRun(
            f"{wording.counted(len(missing), 'duty', 'duties')} could not be checked, and `--all` demands every one: "
            f"{named}",
            "give what is missing, or leave `--all` out",
        )
