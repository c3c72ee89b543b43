"""Which version of an agreement was in force on which day, and one report of what each says about the rows of its days.

A row belongs to the version in force on the day that places it: the one on which its clock began, else the day of the
field that dates it. A clock that spans a change keeps its version. What stands in the evidence, in disputes and in
waivers is no part of the agreement: what the newest version has of it holds for every one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from slacli.core import periods, verdict, wording, zones
from slacli.core.changes import meanings
from slacli.core.changes.names import Part, pairs
from slacli.core.periods import Period
from slacli.core.plan import questions
from slacli.core.plan.tables import EARLIER, DutyPlan, Span
from slacli.core.verdict import Judge, Prepared, duties, goals, ledger, now, pages, split, stretches, waivers
from slacli.core.verdict.standing import followed
from slacli.core.verdict.stretches import Stretch
from slacli.findings import (
    AsOf,
    Counts,
    Finding,
    GoalOutcome,
    LeftOut,
    NotChecked,
    NotSplit,
    Outcome,
    PeriodFacts,
    Problem,
    Report,
    Split,
    Unjudged,
    VersionFacts,
)
from slacli.model import Binding, Consequence, Contract, Episodes
from slacli.places import Address, SourceMap
from slacli.places import Span as Place
from slacli.values import dataclass

_DAY = timedelta(days=1)
DATA = frozenset({"evidence.yaml", "disputes.yaml", "waivers.yaml"})
"""The files beside the agreement that are no part of it."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version with its days, its commit, and the places of its text.

    `is_on_disk` says that its files are those on disk, so that places in it need not say which version they are of.
    `signed_on` is the day of its last signature where that is later than the day on which it says that it takes effect.
    """

    contract: Contract
    span: Span
    commit: str
    sources: SourceMap
    is_on_disk: bool
    signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """A version and its judgement; `borrowed` are the files of the newest one from which it took a binding."""

    version: Version
    state: Judge
    borrowed: frozenset[str] = frozenset()


def spans(contracts: Sequence[Contract]) -> tuple[Span | None, ...]:
    """Give the days on which each of some versions is in force, the oldest first, None where it never was.

    A version is in force from its `effective` to the day before that of the next one, and no longer than it says.
    """
    found: list[Span | None] = []
    for number, one in enumerate(contracts):
        then = contracts[number + 1].effective if number + 1 < len(contracts) else None
        ends = [day for day in (one.expires, then - _DAY if then is not None else None) if day is not None]
        last = min(ends, default=None)
        never = last is not None and last < one.effective
        found.append(None if never else Span(one.effective, last, then, not any(found)))
    return tuple(found)


def with_data_of(contract: Contract, newer: Sequence[Contract], span: Span) -> Contract:
    """Give an older version with the evidence, the disputes and the waivers that the newest one has.

    `newer` are the versions after it, the oldest first. It begins and ends with its span. What is told of parts that no
    newer version has stays as it was told then.
    """
    contract = replace(contract, effective=span.first, expires=span.last)
    if not newer:
        return contract
    line = [contract, *newer]
    duties_of, parties, reviews = (_names(line, part) for part in (_responsibilities, _parties, _reviews))
    newest = newer[-1]

    def party(name: str) -> str:
        return parties.get(name, name)

    delivered = tuple(
        replace(one, duty=duties_of[one.duty], by=party(one.by))
        for one in newest.delivered or ()
        if one.duty in duties_of
    )
    gone = {name for name in contract.responsibilities if name not in duties_of.values()}
    delivered += tuple(one for one in contract.delivered or () if one.duty in gone)
    held = tuple(
        replace(one, review=reviews[one.review], parties=tuple(map(party, one.parties)))
        for one in newest.held
        if one.review in reviews
    )
    disputes = tuple(
        replace(one, duty=duties_of[one.duty]) for one in newest.disputes if one.duty in duties_of
    ) + tuple(one for one in contract.disputes if one.duty in gone)
    kept = newest.delivered is not None or contract.delivered is not None
    return replace(
        contract,
        delivered=delivered if kept else None,
        held=held,
        disputes=disputes,
        waivers=(),
    )


def formerly(found: Sequence[Version], by: Mapping[str, str]) -> list[Mapping[str, str]]:
    """Give for each version, the oldest first, the fields of its records that the newest one calls as `by` says."""
    told: list[Mapping[str, str]] = [by]
    for old, new in reversed(list(pairwise(one.contract for one in found))):
        mine = {}
        for was, now_ in pairs(old.records, new.records):
            if was is None or now_ is None or now_.id not in told[0]:
                continue
            fields_of = (old.records[was.id].fields, new.records[now_.id].fields)
            names = {later.id: before.id for before, later in pairs(*fields_of) if before and later}
            if told[0][now_.id] in names:
                mine[was.id] = names[told[0][now_.id]]
        told.insert(0, mine)
    return [split.able(one.contract, mine) for one, mine in zip(found, told, strict=True)]


def lent(binding: Binding, newest: Contract, contract: Contract) -> Binding | None:
    """Give a binding of the newest version for an older one, with the columns that both know alike.

    None where the older one has no such record.
    """
    if binding.record not in contract.records:
        return None
    mine, theirs = (one.records[binding.record].fields for one in (contract, newest))
    columns = {
        name: column
        for name, column in binding.columns.items()
        if name in mine and mine[name].type == theirs[name].type and mine[name].derived is None
    }
    joins_on = binding.joins_on if binding.joins_on in mine else None
    return replace(binding, columns=columns, joins_on=joins_on)


def judged_by(report: Report, side: Side) -> frozenset[str]:
    """Name the duties of which a version judged anything."""
    return frozenset(one.duty for one in report.outcomes if one.version == side.version.contract.version)


def periods_judged(report: Report, side: Side, duty: str) -> frozenset[str]:
    """Name the periods of a duty that can fail and of which a version judged rows."""
    mine = side.version.contract.version
    return frozenset(
        one.period.name for one in report.outcomes if one.judged and one.duty == duty and one.version == mine
    )


def _responsibilities(contract: Contract) -> Mapping[str, Part]:
    return contract.responsibilities


def _parties(contract: Contract) -> Mapping[str, Part]:
    return contract.parties


def _reviews(contract: Contract) -> Mapping[str, Part]:
    return contract.reviews


def _goals(contract: Contract) -> Mapping[str, Part]:
    return contract.goals


def _names(line: Sequence[Contract], part: Callable[[Contract], Mapping[str, Part]]) -> dict[str, str]:
    """Give what the first of some versions calls the parts of the last one, by what that calls them."""
    found = {name: name for name in part(line[0])}
    for old, new in pairwise(line):
        found = {
            now.id: found[was.id]
            for was, now in pairs(part(old), part(new))
            if was is not None and now is not None and was.id in found
        }
    return found


# --- the report -------------------------------------------------------------------------------


def settled(sides: Sequence[Side], folder: str, told: Iterable[Finding] = ()) -> Report:
    """Judge every row by the version of its day, the oldest first, and give one report; `told` is known before.

    Raises CannotRun as the judgement of one version does.
    """
    newest = sides[-1]
    moment = next(filter(None, (now.as_of(side.state) for side in reversed(sides))), None)
    ready = [verdict.prepared(side.state, moment) for side in sides]
    unjudged = [one for side, prepared in zip(sides, ready, strict=True) for one in _unjudged(side, prepared)]
    _compare_places(sides)
    _pick(sides, ready, moment)
    _mark_breaks(sides)
    reports = [
        _placed(sides, side, verdict.judged(side.state, prepared, side.version.sources, folder))
        for side, prepared in zip(sides, ready, strict=True)
    ]
    not_checked = _not_checked(reports)
    if newest.state.options.demand_all:
        verdict.demand(not_checked)
    outcomes = _followed(sides, reports)
    findings, outcomes = waivers.accepted(newest.version.contract, (*told, *_once(reports)), outcomes, ready[-1].moment)
    return replace(
        reports[-1],
        findings=findings,
        sources=_joined(report.sources for report in reports),
        titles={name: title for report in reports for name, title in report.titles.items()},
        teams={name: team for report in reports for name, team in report.teams.items()},
        left_out=_left_out(reports),
        terms=tuple(term for report in reports for term in report.terms),
        outcomes=outcomes,
        goals=_reached(sides, reports),
        reviews=tuple(review for report in reports for review in report.reviews),
        not_checked=not_checked,
        not_split=_not_split(reports),
        versions=tuple(_facts(side.version) for side in sides),
        split=tuple(_split(sides, outcomes)),
        unjudged=tuple(unjudged),
    ).sorted()


def _facts(version: Version) -> VersionFacts:
    contract = version.contract
    return VersionFacts(contract.version, version.span.first, version.span.last, contract.digest, version.commit)


# --- the rows of no version -------------------------------------------------------------------


def _unjudged(side: Side, ready: Prepared) -> Iterator[Unjudged]:
    """Count the rows that no version judges, and take all that is not of this one out of its tables of runs."""
    state = side.state
    for record in state.plan.records.values():
        if record.record.id in ready.stale:
            continue
        for term in record.terms:
            for where, count in state.ask(questions.without_version(record, term)):
                yield _told(side, Unjudged(term.term.id, "term", *_days(side.version.span, where), count))
        for part in record.duties:
            if part.owed.id in state.unsettled:
                continue
            for where, count in state.ask(questions.nobodys(record, part)):
                found = Unjudged(part.owed.id, "responsibility", *_days(side.version.span, where), count)
                yield _told(side, found, part)
            if part.episodes is not None:
                state.make(questions.only_mine(part))


def _days(span: Span, where: int) -> tuple[date | None, date | None]:
    """Give the first and last day of those beside a span on which nothing was in force."""
    if where == EARLIER:
        return None, span.first - _DAY
    first = span.last + _DAY if span.last is not None else None
    return first, span.then - _DAY if span.then is not None else None


def _told(side: Side, found: Unjudged, part: DutyPlan | None = None) -> Unjudged:
    """Report the rows of a duty that nobody judges."""
    if part is None:
        return found
    contract, count = side.version.contract, found.count
    rows = f"{wording.counted(count, 'row')} that `{found.subject}` covers began"
    if found.first is None:
        rule, when = (
            pages.BEFORE_FIRST_VERSION,
            f"before version {contract.version} took effect on {contract.effective}",
        )
        label, advice = "the first version", ""
        if side.version.signed_on is not None:
            when = f"before everybody had signed version {contract.version}, on {side.version.signed_on}"
            advice = "nothing was agreed on those days; see with `--draft` what the text at hand says of them"
    else:
        rule, label = pages.NO_VERSION_IN_FORCE, "the version before"
        when = f"after version {contract.version} ended with {side.version.span.last}"
        when += f", and before the next one took effect on {side.version.span.then}" if side.version.span.then else ""
        advice = "let the versions follow one another, if this was agreed"
    at = contract.at / ("effective" if found.first is None else "expires")
    side.state.report(
        rule,
        Problem(
            at=at,
            message=f"{rows} {when}: nobody judges {'it' if count == 1 else 'them'}",
            label=label,
            help=advice,
            subject=found.subject,
        ),
    )
    return found


def _compare_places(sides: Sequence[Side]) -> None:
    """Report the duties of which two versions that follow one another place the rows by different times."""
    for before, after in pairwise(sides):
        old, new = (_places(side) for side in (before, after))
        for was, now_ in pairs(_responsibilities(before.state.contract), _responsibilities(after.state.contract)):
            if was is None or now_ is None or was.id not in old or now_.id not in new:
                continue
            part, places = new[now_.id]
            record = part.covers.record
            names = {
                mine.id: theirs.id
                for mine, theirs in pairs(*(_fields(side, record) for side in (before, after)))
                if mine is not None and theirs is not None
            }
            formerly = tuple(names.get(one, one) for one in old[was.id][1])
            if formerly != places:
                numbers = [side.version.contract.version for side in (before, after)]
                after.state.report(
                    pages.PLACED_OTHERWISE,
                    Problem(
                        at=part.owed.at,
                        key=True,
                        message=f"version {numbers[0]} places the rows of `{now_.id}` by {_told_by(formerly)}, and "
                        f"version {numbers[1]} by {_told_by(places)}: near the change a row may count in both, or in "
                        "none",
                        label=part.owed.title,
                        subject=now_.id,
                    ),
                )


def _places(side: Side) -> dict[str, tuple[DutyPlan, tuple[str, ...]]]:
    """Give each duty with the times that place its rows: what starts its clock, and the field that dates it."""
    found = {}
    for record in side.state.plan.records.values():
        for part in record.duties:
            starts = part.measure.starts if isinstance(part.measure, Episodes) else ()
            named = dict.fromkeys((*(event.name for event in starts), *([part.dated] if part.dated else [])))
            found[part.owed.id] = part, tuple(named)
    return found


def _fields(side: Side, record: str) -> Mapping[str, Part]:
    found = side.state.contract.records.get(record)
    return found.fields if found is not None else {}


def _told_by(places: Sequence[str]) -> str:
    return wording.quoted(places) if places else "no time"


# --- which periods can fail -------------------------------------------------------------------


def _pick(sides: Sequence[Side], ready: Sequence[Prepared], moment: AsOf | None) -> None:
    """Tell every judgement which periods of its duties can fail.

    The last finished period of a duty may be one that several versions judge in parts, and that of a duty which the
    newest one has not is the last only while no other of its kind has ended.
    """
    today = moment.at if moment is not None else None
    lines: dict[tuple[int, str], list[tuple[int, str, Stretch | None]]] = {}
    for number, (side, prepared) in enumerate(zip(sides, ready, strict=True)):
        side.state.picked = {}
        found = [
            *duties.owed_in(side.state, today, prepared.stale),
            *ledger.owed_in(side.state, moment),
            *goals.owed_in(side.state, today, prepared.stale),
        ]
        for name, owed in found:
            line = _last_name(sides, number, name)
            lines.setdefault(line, []).extend((number, name, one) for one in owed)
    picked: dict[tuple[int, str], set[Period | None]] = {}
    judge = sides[-1].state.options.judge
    named = stretches.named_period(sides[-1].state)
    current = max(
        (n for n, side in enumerate(sides) if today is None or side.version.span.first <= today.date()), default=0
    )
    for (last, _), members in lines.items():
        chosen = stretches.chosen(_in_order(one for *_, one in members), named, judge)
        if judge == "latest" and last < len(sides) - 1 and today is not None:
            contract = sides[last].version.contract
            chosen = {
                one for one in chosen if one is not None and not _has_ended(_next(one, contract), contract, today)
            }
        for number, name, one in members:
            if one is None and (number == current or judge == "all"):
                picked.setdefault((number, name), set()).add(None)
            elif one is not None and one[1] == "finished" and one[0] in chosen:
                picked.setdefault((number, name), set()).add(one[0])
    for number, side in enumerate(sides):
        side.state.picked = {name: frozenset(one) for (at, name), one in picked.items() if at == number}


def _in_order(found: Iterable[Stretch | None]) -> list[Stretch | None]:
    return sorted(found, key=lambda one: (one is not None, one[0].last if one is not None else date.min))


def _next(period: Period, contract: Contract) -> Period:
    return periods.of_day(period.last + _DAY, period.kind, contract.fiscal_year)


def _has_ended(period: Period, contract: Contract, today: datetime) -> bool:
    return zones.day_bounds(period.last + _DAY, contract.time_zone)[0] <= today.timestamp()


def _last_name(sides: Sequence[Side], number: int, name: str) -> tuple[int, str]:
    """Give the last version that has a duty, a review or a goal, and what it is called there."""
    sort, slash, own = name.rpartition("/")
    part = {"reviews": _reviews, "goals": _goals}.get(sort, _responsibilities)
    line = [side.version.contract for side in sides[number:]]
    for old, new in pairwise(line):
        later = next(
            (now.id for was, now in pairs(part(old), part(new)) if was is not None and was.id == own and now), None
        )
        if later is None:
            break
        own, number = later, number + 1
    return number, f"{sort}{slash}{own}"


# --- growth over a change -----------------------------------------------------------------------


def _mark_breaks(sides: Sequence[Side]) -> None:
    """Tell every judgement on which days what its growing goals count was given another meaning."""
    for number, side in enumerate(sides):
        contract = side.version.contract
        growing = [
            goal
            for goal in contract.goals.values()
            if any(step.on for step in (goal.target, *(s for _, s in goal.ramp)))
        ]
        found = ((goal.id, _break(sides[: number + 1], goal.metric)) for goal in growing)
        side.state.redefined = {name: told for name, told in found if told is not None}


def _break(sides: Sequence[Side], metric: str) -> tuple[date, str] | None:
    """Give the day since when a metric of the last side means what it does, and by what it changed; None if ever."""
    for before, after in reversed(list(pairwise(sides))):
        old, new = before.version.contract, after.version.contract
        former = next((was for was, now_ in pairs(old.metrics, new.metrics) if now_ and now_.id == metric), None)
        name = metric if former is None else meanings.changed(old, new, former, new.metrics[metric])
        if name is not None or former is None:
            return after.version.span.first, name or metric
        metric = former.id
    return None


# --- one out of several -----------------------------------------------------------------------


def _followed(sides: Sequence[Side], reports: Sequence[Report]) -> tuple[Outcome, ...]:
    """Give all outcomes with what follows from misses, which are counted through all versions of a duty."""
    lines: dict[tuple[int, str], list[tuple[Outcome, Sequence[Consequence]]]] = {}
    for number, (side, report) in enumerate(zip(sides, reports, strict=True)):
        for one in report.outcomes:
            steps = side.state.contract.responsibilities[one.duty].on_miss
            lines.setdefault(_last_name(sides, number, one.duty), []).append((one, steps))
    order = list(sides[-1].version.contract.responsibilities)
    ranked = sorted(
        lines.items(), key=lambda item: (-item[0][0], order.index(item[0][1]) if item[0][1] in order else 0)
    )
    return tuple(one for _, mine in ranked for one in followed(mine))


def _reached(sides: Sequence[Side], reports: Sequence[Report]) -> tuple[GoalOutcome, ...]:
    """Give what became of every goal: those of the newest version first, each by its periods."""
    found: dict[tuple[int, str], list[GoalOutcome]] = {}
    for number, report in enumerate(reports):
        for one in report.goals:
            found.setdefault(_last_name(sides, number, f"goals/{one.goal}"), []).append(one)
    order = [f"goals/{name}" for name in sides[-1].version.contract.goals]
    ranked = sorted(
        found.items(), key=lambda item: (-item[0][0], order.index(item[0][1]) if item[0][1] in order else 0)
    )
    return tuple(
        one
        for _, mine in ranked
        for one in sorted(mine, key=lambda one: (one.period.last or date.max, one.version or 0))
    )


def _split(sides: Sequence[Side], outcomes: Sequence[Outcome]) -> Iterator[Split]:
    """Give the sum of each period that several versions judged in parts, under the last name of the duty."""
    numbers = {side.version.contract.version: number for number, side in enumerate(sides)}
    parts: dict[tuple[str, str], list[Outcome]] = {}
    for one in outcomes:
        if one.period.version is not None and one.version is not None:
            _, name = _last_name(sides, numbers[one.version], one.duty)
            parts.setdefault((name, one.period.name), []).append(one)
    for (name, _), mine in parts.items():
        versions = tuple(one.version for one in mine if one.version is not None)
        if len(versions) > 1 and any(one.counts.covered for one in mine):
            counts = Counts(**{
                part.name: sum(getattr(one.counts, part.name) for one in mine) for part in fields(Counts)
            })  # fmt: skip
            yield Split(name, _whole(sides[-1].version.contract, mine), versions, counts)


def _whole(contract: Contract, parts: Sequence[Outcome]) -> PeriodFacts:
    first, last = parts[0].period, parts[-1].period
    period = periods.named(first.name, contract.fiscal_year)
    if period is None:
        return PeriodFacts("", "all that the export holds", None, None, "whole")
    return PeriodFacts(period.name, period.title, period.first, period.last, last.state)


def _left_out(reports: Sequence[Report]) -> tuple[LeftOut, ...]:
    found: dict[tuple[str, str], int] = {}
    for report in reversed(reports):
        for one in report.left_out:
            found[one.record, one.name] = found.get((one.record, one.name), 0) + one.count
    return tuple(LeftOut(*name, count) for name, count in found.items())


def _not_checked(reports: Sequence[Report]) -> tuple[NotChecked, ...]:
    """Give what no version says anything about, each once, as the newest one says it."""
    found: dict[tuple[str, str, str], NotChecked] = {}
    for report in reversed(reports):
        for one in report.not_checked:
            found.setdefault((one.kind, one.subject, one.reason), one)
    return tuple(found.values())


def _not_split(reports: Sequence[Report]) -> tuple[NotSplit, ...]:
    """Give the duties that no field splits, those of the newest version first; of an older one with its number."""
    newest = reports[-1].not_split
    found = dict.fromkeys(newest)
    for report in reversed(reports[:-1]):
        number = report.contract.version if report.contract is not None else 0
        found |= dict.fromkeys(
            replace(one, reason=f"{one.reason} (version {number})") for one in report.not_split if one not in newest
        )
    return tuple(found)


def _once(reports: Sequence[Report]) -> Iterator[Finding]:
    """Give the findings of all versions, the newest first; what several say alike is said once."""
    seen = set()
    for report in reversed(reports):
        for one in report.findings:
            said = (one.rule, one.subject, one.message, one.period)
            if said not in seen:
                seen.add(said)
                yield one


# --- places -----------------------------------------------------------------------------------


def _placed(sides: Sequence[Side], side: Side, report: Report) -> Report:
    """Give a report with its places in the text of its version, which is not always the one on disk."""

    def file(name: str) -> str:
        lent = name in DATA or name in side.borrowed
        version = sides[-1].version if lent else side.version
        return name if version.is_on_disk else file_of(name, version.contract.version)

    def at(place: Address) -> Address:
        return replace(place, file=file(place.file))

    own = replace(
        report.sources,
        texts={file(name): text for name, text in report.sources.texts.items() if not _is_lent(sides, side, name)},
        values={at(one): span for one, span in report.sources.values.items() if not _is_lent(sides, side, one.file)},
        keys={at(one): span for one, span in report.sources.keys.items() if not _is_lent(sides, side, one.file)},
    )
    return replace(
        report,
        sources=own,
        findings=tuple(
            replace(
                one,
                at=at(one.at) if one.at is not None else None,
                related=tuple(replace(other, at=at(other.at)) for other in one.related),
            )
            for one in report.findings
        ),
        not_checked=tuple(replace(one, at=at(one.at) if one.at is not None else None) for one in report.not_checked),
    )


def file_of(name: str, version: int) -> str:
    """Give what a file of a version is called that is not the one on disk."""
    return f"{name} (version {version})"


def _is_lent(sides: Sequence[Side], side: Side, name: str) -> bool:
    """Tell whether a file of an older version is not what its places are shown in."""
    return side is not sides[-1] and (name in DATA or name in side.borrowed)


def _joined(sources: Iterable[SourceMap]) -> SourceMap:
    texts: dict[str, str] = {}
    values: dict[Address, Place] = {}
    keys: dict[Address, Place] = {}
    for one in sources:
        texts |= one.texts
        values |= one.values
        keys |= one.keys
    return SourceMap(texts, values, keys)
