"""Rules about terms: that their examples come out as agreed, and that what marks a row as one does not wear off.

It knows the three terms that every agreement needs, and puts a verdict into words.
"""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from slacli.core import criteria, wording, zones
from slacli.core.criteria import State
from slacli.core.rules import reach
from slacli.findings import Problem, Rule, Severity, rule
from slacli.model import Contract, Example, Field, Lifecycle, Term, Test

REQUIRED = ("qualified_lead", "sales_ready_lead", "sale")
"""What every agreement defines, by id or by `stands_for`."""


def standing_for(contract: Contract, word: str) -> list[Term]:
    """Give the terms that are, or stand for, a term that every agreement needs."""
    return [term for term in contract.terms.values() if word in {term.id, term.stands_for}]


# --- examples ---------------------------------------------------------------------------------


@rule(Severity.ERROR)
def example_disagrees(contract: Contract) -> Iterator[Problem]:
    """An example of a term comes out otherwise than it says.

    Why: an example is what both sides pictured when they agreed. Where the criteria say something else, one of the
    two is not what was meant.
    Bad:
        terms: {mql: {examples: [{meets: {budget: 500}, because: a good company}]}}
    Good:
        terms: {mql: {examples: [{meets: {budget: 50000}, because: a good company}]}}
    """
    zone = zones.zone(contract.time_zone)
    for term in contract.terms.values():
        for example in term.examples:
            if zone is None or any(_faults(contract, term, example)):
                continue
            found, account = _verdict(contract, term, example, zone)
            if found != example.verdict:
                yield Problem(
                    at=example.at / example.verdict,
                    key=True,
                    message=f"an example of `{term.id}` should {_SHOULD[example.verdict]} and {_DOES[found]}: "
                    f"{account}",
                    label=_DOES[found],
                    help=f"write it as `{found}:` if the criteria are right, else mend the criteria",
                )


_SHOULD = {"meets": "meet it", "fails": "fail", "unclear": "be unclear"}
_DOES = {"meets": "meets it", "fails": "fails", "unclear": "is unclear"}


def _verdict(contract: Contract, term: Term, example: Example, zone: ZoneInfo) -> tuple[criteria.Verdict, str]:
    """Give the verdict of a term on an example, and in words what each criterion says."""
    fields = contract.records[term.record].fields
    row = criteria.row_of(fields, example.values, zone)
    meets = criteria.meeting(contract.terms, row, zone, fields)
    said: dict[bool | None, list[Test]] = {True: [], False: [], None: []}
    for test in term.criteria:
        said[criteria.evaluate(test.tree, row, meets, zone, fields)].append(test)
    parts = [
        f"{wording.quoted(test.name for test in tests)} {one if len(tests) == 1 else many}"
        for tests, one, many in (
            (said[True], "holds", "hold"), (said[False], "fails", "fail"), (said[None], "is unclear", "are unclear")
        )
        if tests
    ]  # fmt: skip
    reasons: dict[str, list[str]] = {}
    for name, reason in criteria.blame([test.tree for test in said[None]], row, zone, fields, contract.terms):
        reasons.setdefault(reason, []).append(name)
    if reasons:
        blamed = (
            f"{wording.quoted(names)} {'is' if len(names) == 1 else 'are'} {why}" for why, names in reasons.items()
        )
        parts[-1] += f" ({wording.listed(blamed)})"
    if 1 < len(term.criteria) != term.at_least:
        parts.append(f"{term.at_least} of {len(term.criteria)} must hold")
    return criteria.verdict(term, row, meets, zone, fields), "; ".join(parts)


@rule(Severity.ERROR)
def impossible_example(contract: Contract) -> Iterator[Problem]:
    """An example gives a field a value that it can never have.

    Why: no row will ever look like that, so the example proves nothing; most often one letter is wrong.
    Bad:
        terms: {mql: {examples: [{fails: {budget: 500, authority: Vice}}]}}
    Good:
        terms: {mql: {examples: [{fails: {budget: 500, authority: VP}}]}}
    """
    for term in contract.terms.values():
        for example in term.examples:
            yield from _faults(contract, term, example)


def _faults(contract: Contract, term: Term, example: Example) -> Iterator[Problem]:
    zone = zones.zone(contract.time_zone)
    fields = contract.records[term.record].fields
    for name, raw in example.values.items():
        state = criteria.typed(fields[name], raw, zone) if zone is not None else None
        if state not in {State.UNREADABLE, State.NOT_ALLOWED}:
            continue
        where = f"`{term.record}.{name}`"
        value = "a value" if fields[name].personal else f"the value `{_written(raw)}`"
        message = f"an example of `{term.id}` gives {where} {value}, which {_never(fields[name], state)}"
        yield Problem(
            at=example.at / example.verdict / name,
            message=message,
            label="not allowed" if state is State.NOT_ALLOWED else "not readable",
            help=_possible(fields[name], _written(raw), state),
        )


def _never(field: Field, state: object) -> str:
    if state is State.UNREADABLE:
        return f"is not {_KINDS[field.type]}" if field.format != "email" else "is not an e-mail address"
    if field.one_of:
        return "it does not list"
    bounds = [
        f"{word} {bound}" for word, bound in (("at least", field.low), ("at most", field.high)) if bound is not None
    ]
    return f"is not {wording.listed(bounds)}"


_KINDS = {
    "text": "text", "ids": "a list of ids", "integer": "a whole number", "number": "a number with up to 6 decimals",
    "money": "an amount", "yes_no": "`true` or `false`", "date": "a day", "time": "a time",
}  # fmt: skip
_SHAPES = {
    "yes_no": "write `true` or `false`", "date": "write a day such as `2027-01-31`",
    "time": 'write a time such as "2027-01-31 09:30"',
}  # fmt: skip


def _possible(field: Field, raw: str, state: object) -> str:
    if state is State.NOT_ALLOWED and field.one_of:
        near = wording.nearest(raw, field.one_of)
        return f"did you mean `{near}`?" if near else f"`{field.id}` lists {wording.quoted(field.one_of)}"
    return _SHAPES.get(field.type, "write a value that the field can have")


def _written(raw: object) -> str:
    return str(raw).lower() if isinstance(raw, bool) else wording.sanitised(str(raw), 60)


@rule(Severity.NOTE)
def term_without_example(contract: Contract) -> Iterator[Problem]:
    """A term that much rests on has no example: one that every agreement needs, or one of several criteria.

    Why: two people who read the same criteria picture different rows. An example says which one both of them mean, and
    is tested with every change of the criteria.
    Bad:
        terms: {mql: {examples: null}}
    Good:
        terms: {mql: {examples: [{meets: {budget: 50000}}]}}
    """
    resting = _rested_on(contract)
    for term in contract.terms.values():
        needed = {term.id, term.stands_for} & set(REQUIRED)
        if not term.examples and (needed or (term.id in resting and len(term.criteria) > 1)):
            yield Problem(
                at=term.at,
                key=True,
                message=f"`{term.id}` has no example",
                label="no `examples`",
                help="add a row that meets it and one that fails",
            )


def _rested_on(contract: Contract) -> set[str]:
    """Give the terms that duties and goals name."""
    found: set[str | None] = set()
    for owed in contract.responsibilities.values():
        found |= reach.terms_named(owed)
    for goal in contract.goals.values():
        metric = contract.metrics[goal.metric]
        found |= {metric.of, metric.base}
    return {term for term in found if term is not None}


# --- marks ------------------------------------------------------------------------------------


@rule(Severity.WARNING)
def survivors_only(contract: Contract) -> Iterator[Problem]:
    """Rows are marked as a term by a stage, and lose the mark when they move on.

    Why: a lead that was rejected is no longer marked, so only those that did well are left to be counted, and the
    figure looks better than what was delivered. A date outlives the stage.
    Bad:
        terms: {mql: {marked: status = 'MQL'}}
    Good:
        terms: {mql: {marked: qualified_at is not blank}}
    """
    for term in contract.terms.values():
        for cycle in contract.lifecycles.values():
            if cycle.record != term.record or term.marked is None:
                continue
            lost = _lost(contract, term.marked, cycle)
            if lost is None:
                continue
            old, new = lost
            entered = cycle.stages[old].entered
            yield Problem(
                at=term.marked.at,
                message=f"a row loses the mark of `{term.id}` when it moves on, as from `{old}` to `{new}`",
                label="changes with the stage",
                help=f"mark it by the date of the stage: `{entered} is not blank`"
                if entered
                else f"mark it by a date that is kept when a row leaves `{old}`",
            )
            break


def _lost(contract: Contract, marked: Test, cycle: Lifecycle) -> tuple[str, str] | None:
    """Give a move on which a mark is lost for certain, to a final stage where there is one."""
    zone = zones.zone(contract.time_zone)
    fields = contract.records[cycle.record].fields
    if zone is None:
        return None

    def says(stage: str) -> bool | None:
        row = {cycle.field: criteria.typed(fields[cycle.field], cycle.stages[stage].value, zone)}
        meets = criteria.meeting(contract.terms, row, zone, fields)
        return criteria.evaluate(marked.tree, row, meets, zone, fields)

    said = {stage: says(stage) for stage in cycle.stages}
    lost = [
        (old, new)
        for old, targets in cycle.moves.items()
        for new in targets
        if said[old] is not False and said[new] is False
    ]
    return max(lost, key=lambda move: cycle.stages[move[1]].final, default=None)


RULES: tuple[Rule[Contract], ...] = (
    example_disagrees,
    impossible_example,
    term_without_example,
    survivors_only,
)
