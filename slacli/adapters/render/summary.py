"""What a report comes to, alike in every format: the verdict, who missed what, and figures that never flatter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Literal

from slacli.core.wording import share
from slacli.findings import Outcome, PeriodFacts, Report, Sequel, Severity, Status
from slacli.places import Address, Span
from slacli.values import dataclass

Verdict = Literal["broken", "unclear", "waived", "kept", "not judged"]

_GRAVEST: tuple[Status, ...] = ("missed", "unclear", "met", "too few", "no data", "running", "not covered")
_NO_DUTY = {"term", "goal", "metric", "lifecycle", "record", "review"}


@dataclass(frozen=True, slots=True)
class Missed:
    """The duties that one party missed, and the department that answers for it."""

    party: str
    department: str
    duties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The verdict of a check, the judged duties by their gravest status, those that were not, and what follows.

    `waived` are those of the missed duties of which every judged miss is waived, `waived_errors` the other errors that
    are: neither is among `other_errors`.
    """

    verdict: Verdict
    periods: tuple[PeriodFacts, ...]
    judged: Mapping[str, int]
    waiting: Mapping[str, int]
    not_checked: int
    missed: tuple[Missed, ...]
    consequences: tuple[tuple[str, Sequel], ...]
    other_errors: int
    waived: tuple[str, ...]
    waived_errors: int
    findings: Mapping[Severity, int]


def summary(report: Report) -> Summary:
    """Say what a report comes to. A duty with several judged periods counts once, under its gravest status."""
    judged: dict[str, list[Outcome]] = {}
    others: dict[str, list[Outcome]] = {}
    for outcome in report.outcomes:
        (judged if outcome.judged else others).setdefault(outcome.duty, []).append(outcome)
    standing = {duty: _gravest(outcomes) for duty, outcomes in judged.items()}
    waiting = {duty: _gravest(outcomes) for duty, outcomes in others.items() if duty not in judged}
    missed = _missed(report, {duty for duty, status in standing.items() if status == "missed"})
    statuses = Counter(standing.values())
    ids = {duty for party in missed for duty in party.duties}
    waived = tuple(
        duty
        for duty, outcomes in judged.items()
        if standing[duty] == "missed" and all(o.waived for o in outcomes if o.status == "missed")
    )
    others_wrong = [f for f in report.findings if f.severity == Severity.ERROR and f.subject not in ids]
    return Summary(
        verdict=_verdict(statuses, len(waived)),
        periods=distinct(o.period for o in report.outcomes if o.judged),
        judged=_ordered(statuses),
        waiting=_ordered(Counter(waiting.values())),
        not_checked=len({n.subject for n in report.not_checked if n.kind not in _NO_DUTY}),
        missed=missed,
        consequences=_consequences(report),
        other_errors=sum(f.waived is None for f in others_wrong),
        waived=waived,
        waived_errors=sum(f.waived is not None for f in others_wrong),
        findings={s: sum(f.severity == s for f in report.findings) for s in sorted(Severity, reverse=True)},
    )


def distinct(periods: Iterable[PeriodFacts]) -> tuple[PeriodFacts, ...]:
    """Give each period once, in the order of their days."""
    unique = {period.name: period for period in periods}
    return tuple(sorted(unique.values(), key=lambda p: (p.last or date.max, p.first or date.min, p.name)))


def _gravest(outcomes: Iterable[Outcome]) -> Status:
    return min((outcome.status for outcome in outcomes), key=_GRAVEST.index)


def _ordered(counts: Mapping[Status, int]) -> Mapping[str, int]:
    return {status: counts[status] for status in _GRAVEST if counts.get(status)}


def _verdict(statuses: Mapping[Status, int], waived: int) -> Verdict:
    if statuses.get("missed", 0) > waived:
        return "broken"
    if statuses.get("unclear"):
        return "unclear"
    if waived:
        return "waived"
    return "kept" if statuses.get("met") else "not judged"


def _missed(report: Report, duties: set[str]) -> tuple[Missed, ...]:
    """Group the missed duties by who owes them; the parties of a department stand together."""
    owed: dict[str, list[str]] = {}
    for outcome in report.outcomes:
        if outcome.duty in duties and outcome.duty not in owed.setdefault(outcome.owed_by, []):
            owed[outcome.owed_by].append(outcome.duty)
    found = [Missed(party, report.teams.get(party, party), tuple(ids)) for party, ids in owed.items()]
    departments = list(dict.fromkeys(missed.department for missed in found))
    return tuple(sorted(found, key=lambda missed: departments.index(missed.department)))


def _consequences(report: Report) -> tuple[tuple[str, Sequel], ...]:
    """Give what follows now for each duty: from its last judged miss."""
    found = {o.duty: o for o in report.outcomes if o.judged and o.status == "missed"}
    return tuple((duty, outcome.consequence) for duty, outcome in found.items() if outcome.consequence)


# --- figures ----------------------------------------------------------------------------------


def digits(target: Fraction | None) -> int:
    """Give how many decimals a rate needs beside its target: rounded down, a miss then never reads as the target."""
    needed = 0
    while target is not None and needed < 12 and (target * 100 * 10**needed).denominator != 1:
        needed += 1
    return max(1, needed)


def exact(target: Fraction) -> str:
    """Write a target as a percentage with all the decimals that it was given and no others."""
    text = share(target, digits(target))
    return text.rstrip("0").rstrip(".") if "." in text else text


def rate(outcome: Outcome) -> tuple[str, str] | None:
    """Give the two bounds of a share as percentages without the sign, or None where nothing was decided."""
    if outcome.measure != "share" or outcome.lower is None or outcome.upper is None:
        return None
    decimals = digits(outcome.target)
    return share(outcome.lower, decimals), share(outcome.upper, decimals)


# --- places -----------------------------------------------------------------------------------


def path(report: Report, file: str) -> str:
    """Give a file of the contract as a path that opens from where the reader stands."""
    return file if report.folder in {"", "."} else f"{report.folder.rstrip('/')}/{file}"


def span(report: Report, at: Address, *, key: bool = False, part: tuple[int, int] | None = None) -> Span | None:
    """Give the lines and columns of an address, or None where its file has no text."""
    if at.file not in report.sources.texts:
        return None
    return report.sources.span(at, key=key) if key or part is None else report.sources.part(at, *part)
