"""Findings that the side that is owed accepts for a time: they stay what they are, and fail no build.

A waiver names a finding by its fingerprint. Only a promise that was not kept can be waived, and only by the side to
which it was made; it lasts until its day is over where the agreement is, at the moment of the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from slacli.core import ledger, wording
from slacli.core.verdict import pages
from slacli.findings import AsOf, Finding, Outcome, Owed, Problem, Related, Rule, Severity, Waived, reported
from slacli.model import Contract, Waiver

WAIVER_REFUSED = reported(
    Severity.WARNING,
    "waiver-refused",
    """A waiver does not count: who granted it is not the side that is owed, or nobody can waive what it names.

    Why: who owes something cannot excuse itself, and what cannot be judged, such as rows that contradict each other,
    is no promise that anybody could let pass. A change can be waived by whom it takes from: who owes more by it, or is
    owed less. The finding or the change stands as if there were no waiver.
    """,
)
WAIVER_LAPSED = reported(
    Severity.NOTE,
    "waiver-lapsed",
    """The last day of a waiver is over, so it accepts nothing any more.

    Why: what was accepted for a time should be mended by then, or be accepted anew. This is for who granted it, and
    fails nobody's build.
    """,
)
WAIVER_UNUSED = reported(
    Severity.NOTE,
    "waiver-unused",
    """A waiver names no finding of the report and no change of the comparison, or nobody said what day it is.

    Why: it may be mistyped, or what it accepted is mended, and then it should go before it hides the next one. This is
    for who granted it, and fails nobody's build.
    """,
)
RULES: tuple[Rule[None], ...] = (WAIVER_REFUSED, WAIVER_LAPSED, WAIVER_UNUSED)

_SAME = {
    pages.TARGET_MISSED.name: pages.OLDER_MISS.name,
    pages.OLDER_MISS.name: pages.TARGET_MISSED.name,
}
"""A miss is the same whether a run judges its period or a later one."""


def accepted(
    contract: Contract, findings: Sequence[Finding], outcomes: Sequence[Outcome], moment: AsOf | None
) -> tuple[tuple[Finding, ...], tuple[Outcome, ...]]:
    """Give findings and outcomes with what is waived of them, and what is to be said of the waivers themselves."""
    by_name: dict[str, list[int]] = {}
    for number, one in enumerate(findings):
        for name in _names(one):
            by_name.setdefault(name, []).append(number)
    told = list(findings)
    about: list[Finding] = []
    today = _today(contract, moment)
    for waiver in contract.waivers:
        meant = by_name.get(waiver.finding, [])
        about += _said(contract, waiver, [findings[number] for number in meant], today)
        for number in meant:
            if today is not None and _may_grant(contract, waiver.granted_by, findings[number].owed):
                told[number] = _marked(told[number], waiver, lasts=today <= waiver.until)
    missed = {(one.subject, one.period): one.waived for one in told if one.rule in _SAME and one.waived}
    marked = tuple(
        replace(one, waived=missed.get((one.duty, one.period.mark))) if one.status == "missed" else one
        for one in outcomes
    )
    return (*told, *about), marked


def _names(found: Finding) -> Iterator[str]:
    yield found.fingerprint
    if found.rule in _SAME:
        yield replace(found, rule=_SAME[found.rule]).fingerprint


def _today(contract: Contract, moment: AsOf | None) -> date | None:
    if moment is None:
        return None
    return ledger.today(moment.at, contract.time_zone, given=moment.source == "--as-of").day


def _marked(found: Finding, waiver: Waiver, *, lasts: bool) -> Finding:
    """Give a finding as waived, or with the waiver that has lapsed beside it."""
    if lasts:
        return replace(found, waived=Waived(waiver.granted_by, waiver.because, waiver.until, waiver.at))
    return replace(found, related=(*found.related, Related(waiver.at, f"waived until {waiver.until}, which is over")))


def _may_grant(contract: Contract, party: str, owed: Owed | None) -> bool:
    """Say whether a party stands for the side that is owed, and not for the one that owes."""
    if owed is None or any(contract.stands_for(party, one) for one in owed.by):
        return False
    if owed.to:
        return contract.stands_for(party, owed.to)
    return all(contract.department(party) != contract.department(one) for one in owed.by)


def _said(contract: Contract, waiver: Waiver, meant: Sequence[Finding], today: date | None) -> Iterator[Finding]:
    """Say why a waiver does not count, or nothing where it does."""
    who = contract.party_title(waiver.granted_by)
    refused = [one for one in meant if not _may_grant(contract, waiver.granted_by, one.owed)]
    if refused:
        rule, at, label = WAIVER_REFUSED, waiver.at / "granted_by", "not the side that is owed"
        message, advice = _refusal(contract, who, refused[0])
        if refused[0].owed is None:
            at, label = waiver.at / "finding", f"a `{refused[0].rule}`"
    elif today is None:
        rule, at, label = WAIVER_UNUSED, waiver.at / "until", "on which day?"
        message = f"the waiver of {who} for `{waiver.finding}` accepts nothing: no export says what day it is"
        advice = "give the day with `--as-of`"
    elif waiver.until < today:
        rule, at, label = WAIVER_LAPSED, waiver.at / "until", "over"
        message = f"the waiver of {who} for `{waiver.finding}` lapsed at the end of {waiver.until}"
        advice = "agree on a later day, or remove it" if meant else "remove it: the report has no such finding"
    elif not meant:
        rule, at, label = WAIVER_UNUSED, waiver.at / "finding", "no such finding"
        message = f"the waiver of {who} for `{waiver.finding}` names no finding of this report"
        advice = "remove it if what it accepted is mended; else correct it, or give the export that it is about"
    else:
        return
    problem = Problem(at=at, message=message, label=label, help=advice, subject=f"waivers/{waiver.finding}")
    yield replace(rule.found(problem), addressed_to=waiver.granted_by)


def _refusal(contract: Contract, who: str, found: Finding) -> tuple[str, str]:
    """Say why a finding is not waived by a party, and what to do."""
    if found.owed is None:
        return f"{who} waives a `{found.rule}`, which nobody can waive", "mend what it says, and remove the waiver"
    owes = wording.listed(_titles(contract, found.owed.by))
    owed = contract.party_title(found.owed.to) if found.owed.to else "any other side"
    about = wording.sanitised(found.subject, 60)
    by = f", which {owes} owes" if owes else ""
    return f"{who} waives a `{found.rule}` of `{about}`{by}, and is not the side that is owed", f"let {owed} grant it"


def _titles(contract: Contract, parties: Iterable[str]) -> list[str]:
    return [contract.party_title(party) for party in parties]
