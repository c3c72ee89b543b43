"""The agreement as people read it: for every term, duty and goal the sentence that binds, made from its parameters."""

from __future__ import annotations

from slacli.core import wording
from slacli.model import Contract, Goal, Metric, Responsibility, Term
from slacli.places import Address
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of the agreement: the sentence that binds, lines that belong to it, and prose that decides nothing."""

    id: str
    title: str
    sentence: str
    at: Address
    lines: tuple[str, ...] = ()
    prose: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the clauses below it."""

    title: str
    clauses: tuple[Clause, ...]


def sections(contract: Contract) -> tuple[Section, ...]:
    """Give the whole agreement: its words, what each side owes, and what both want to reach."""
    found = [Section("What the words mean", tuple(term(one, contract) for one in contract.terms.values()))]
    for department in contract.parties.values():
        owed = [
            duty(one, contract)
            for one in contract.responsibilities.values()
            if contract.department(one.owed_by) == department.id
        ]
        if department.part_of is None and owed:
            found.append(Section(f"What {department.title} owes", tuple(owed)))
    if contract.goals:
        found.append(
            Section("What both sides want to reach", tuple(goal(g, contract) for g in contract.goals.values()))
        )
    return tuple(found)


def clause(name: str, contract: Contract) -> Clause | None:
    """Give the clause of a term, a duty or a goal by its id, or None where no part has it."""
    if name in contract.responsibilities:
        return duty(contract.responsibilities[name], contract)
    if name in contract.terms:
        return term(contract.terms[name], contract)
    if name in contract.goals:
        return goal(contract.goals[name], contract)
    return None


def duty(owed: Responsibility, contract: Contract) -> Clause:
    """Say who owes whom what, and what follows when it is missed."""
    lines = []
    for consequence in owed.on_miss:
        times = f"{consequence.after} misses in a row" if consequence.in_a_row else (
            wording.counted(consequence.after, "missed period")
        )  # fmt: skip
        lines.append(f"after {times}: {consequence.then}")
    if owed.shown_by:
        lines.append(f"shown by {wording.listed([f'`{name}`' for name in owed.shown_by])}")
    return Clause(owed.id, owed.title, owed.duty.sentence(owed, contract), owed.at, tuple(lines), owed.note)


def term(one: Term, contract: Contract) -> Clause:
    """Say which rows a word means, how the CRM marks them, and where they count."""
    record = wording.uncapital(contract.records[one.record].title) if one.record in contract.records else one.record
    short = f" ({one.short})" if one.short and one.short != one.title else ""
    title = one.title if one.short else wording.uncapital(one.title)
    count = len(one.criteria)
    if count == 1:
        how = f"for which `{one.criteria[0].text}` holds"
    elif one.at_least == count:
        how = f"for which {'both' if count == 2 else f'all {count}'} of these hold"
    else:
        how = f"for which at least {one.at_least} of these {count} {'holds' if one.at_least == 1 else 'hold'}"
    sentence = f"{wording.article(title).capitalize()} {title}{short} is {wording.article(record)} {record} {how}."
    lines = [f"{test.name}: {test.text}" for test in one.criteria] if count > 1 else []
    facts = []
    if one.marked is not None:
        facts.append(f"the CRM marks it by `{one.marked.text}`")
    if one.dated is not None:
        facts.append(f"it counts in the period of `{one.dated}`")
    if one.narrows is not None:
        facts.append(f"every one is also {wording.article(one.narrows)} `{one.narrows}`")
    if one.owner is not None:
        facts.append(f"{contract.party_title(one.owner)} owns the definition")
    if facts:
        said = wording.listed(facts)
        sentence += f" {said[0].upper()}{said[1:]}."
    return Clause(one.id, one.title, sentence, one.at, tuple(lines), one.means)


def goal(one: Goal, contract: Contract) -> Clause:
    """Say who wants which figure to reach what, beside what it was before."""
    owners = wording.listed([contract.party_title(party) for party in one.owned_by])
    want = "wants" if len(one.owned_by) == 1 else "want"
    metric = contract.metrics[one.metric]
    base = ""
    if one.baseline is not None and one.baseline.collect:
        base = " Collecting a first figure is part of the goal."
    elif one.baseline is not None:
        base = f" It was {one.baseline.value} in {one.baseline.period}."
    steps = "".join(f", from {period} {target}" for period, target in one.ramp)
    audience = f" For {wording.listed([role.upper() for role in one.audience])}." if one.audience else ""
    sentence = f"{owners} {want} {_metric(metric, contract)}: {one.target}{steps}.{base}{audience}"
    return Clause(one.id, one.title, sentence, one.at)


def _metric(metric: Metric, contract: Contract) -> str:
    def rows(term: str | None) -> str:
        found = contract.terms.get(term or "")
        return wording.plural(wording.uncapital(found.name)) if found else str(term)

    of = rows(metric.of)
    match metric.kind:
        case "count":
            return f"the number of {of}"
        case "count_first":
            return f"the number of first {of} by `{metric.field}`"
        case "ratio":
            within = f" within {metric.within}" if metric.within else ""
            if metric.cohort:
                return f"the share of {rows(metric.base)} that become {of}{within}"
            return f"the share of {of} in {rows(metric.base)}"
        case "share":
            figure = f"`{metric.field}`" if metric.field else "number"
            return f"the share of {of} in the {figure} of {rows(metric.base)}"
        case "average":
            return f"the average `{metric.field}` of {of}"
        case "sum":
            return f"the sum of `{metric.field}` of {of}"
        case "median":
            return f"the median time from `{metric.start}` to `{metric.end}` of {of}"
