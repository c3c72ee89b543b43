"""Rules about what criteria mean, proven over all records: what nothing can meet, and what never makes a difference.

Each says nothing where the proof was not found in its time.
"""

from __future__ import annotations

from collections.abc import Iterator

from slacli.core import proofs, wording, zones
from slacli.core.criteria import fields_of, terms_of
from slacli.core.duties.clock import Clock
from slacli.core.duties.must import Must
from slacli.criterion import And, Criterion, Meets
from slacli.findings import Problem, Related, Rule, Severity, rule
from slacli.model import Contract, Term, Test


@rule(Severity.ERROR)
def impossible_term(contract: Contract) -> Iterator[Problem]:
    """No record whatever can meet a term.

    Why: criteria that exclude each other look like a high bar and are none. What counts the term counts zero, and what
    is owed to it is owed to nobody.
    Bad:
        terms: {mql: {criteria: {budget: budget >= 10000, small: budget <= 5000}}}
    Good:
        terms: {mql: {criteria: {budget: budget >= 10000, small: budget <= 50000}}}
    """
    for term in _impossible(contract).values():
        names = _at_odds(contract, term)
        together = f": {wording.quoted(names)} exclude each other" if len(names) > 1 else ""
        alone = f": {wording.quoted(names)} never holds" if len(names) == 1 else ""
        yield Problem(
            at=term.at,
            key=True,
            message=f"no `{term.record}` can meet `{term.id}`{together}{alone}",
            label="nothing meets this",
            help="mend the criteria, or join those that exclude each other by `or`",
        )


def _impossible(contract: Contract) -> dict[str, Term]:
    """Give the terms that nothing can meet, but for those that are so only because they lean on one."""
    if zones.zone(contract.time_zone) is None:
        return {}
    found: dict[str, Term] = {}
    for term in contract.terms.values():
        if not proofs.can_meet(contract, term.record, Meets(term.id, (0, 0))):
            found[term.id] = term
    return {
        name: term
        for name, term in found.items()
        if not any(other in found for test in term.criteria for other in terms_of(test.tree))
    }


def _at_odds(contract: Contract, term: Term) -> list[str]:
    """Give the criteria that exclude each other, as few as there can be, where all must hold."""
    if term.at_least < len(term.criteria):
        return []
    kept = list(term.criteria)
    for test in term.criteria:
        rest = [one for one in kept if one is not test]
        if rest and not proofs.can_meet(contract, term.record, And(tuple(one.tree for one in rest), (0, 0))):
            kept = rest
    return [test.name for test in kept]


@rule(Severity.WARNING)
def criterion_always_true(contract: Contract) -> Iterator[Problem]:
    """A criterion can never fail, whatever a record holds.

    Why: it looks like a demand and rules nothing out; most often a number or an `or` is wrong. To demand that a value
    is known, say so.
    Bad:
        terms: {mql: {criteria: {known: budget >= 0}}}
    Good:
        terms: {mql: {criteria: {known: budget is not blank}}}
    """
    if zones.zone(contract.time_zone) is None:
        return
    for record, subject, test in _tests(contract):
        if isinstance(test.tree, Meets) or proofs.can_fail(contract, record, test.tree):
            continue
        fields = fields_of(test.tree)
        known = f", or write `{fields[0]} is not blank` to demand a value" if len(fields) == 1 else ""
        yield Problem(
            at=test.at,
            message=f"{subject} can never fail",
            label="holds of everything that is known",
            help=f"leave it out{known}",
        )


def _tests(contract: Contract) -> Iterator[tuple[str, str, Test]]:
    """Give the criteria that say which rows count, each with its record and what it is called."""
    for record in contract.records.values():
        for test in record.left_out:
            yield record.id, f"`{test.name}`, by which rows of `{record.id}` are left out,", test
    for term in contract.terms.values():
        for test in term.criteria:
            yield term.record, f"the criterion `{test.name}` of `{term.id}`", test
        if term.marked is not None:
            yield term.record, f"the mark of `{term.id}`", term.marked
    for owed in contract.responsibilities.values():
        if owed.covers is None:
            continue
        if owed.where is not None:
            yield owed.covers.record, f"the `where` of `{owed.id}`", owed.where
        if isinstance(owed.duty, Must):
            yield owed.covers.record, f"the `must` of `{owed.id}`", owed.duty.test


@rule(Severity.ERROR)
def false_narrows(contract: Contract) -> Iterator[Problem]:
    """A term says that it narrows another one, and some record is more of it than of the other.

    Why: who reads `narrows` counts on it: every sales-ready lead is a qualified lead. It is proven and not trusted.
    Bad:
        terms: {sales_ready_lead: {criteria: {qualified: null}, examples: [{fails: {source: Web}}]}}
    Good:
        terms: {sales_ready_lead: {criteria: {qualified: mql}}}
    """
    for term in contract.terms.values():
        narrowed = contract.terms.get(term.narrows or "")
        if narrowed is None or narrowed.record != term.record or zones.zone(contract.time_zone) is None:
            continue
        found = proofs.wider(contract, term, narrowed)
        if found is not None:
            yield Problem(
                at=term.at / "narrows",
                message=f"`{term.id}` does not narrow `{narrowed.id}`: `{proofs.written(found.values)}` "
                f"{_DOES[found.verdict]} `{term.id}` and {_DOES[found.narrowed]} `{narrowed.id}`",
                label="does not hold",
                help=f"add the criterion `{narrowed.id}` to `{term.id}`, or leave `narrows` out",
                related=(Related(narrowed.at, "should be the wider one", key=True),),
            )


_DOES = {"meets": "meets", "fails": "fails", "unclear": "is unclear for"}


@rule(Severity.WARNING)
def same_meaning(contract: Contract) -> Iterator[Problem]:
    """Two terms say the same of every record.

    Why: two words for one thing drift apart with the next change, and until then people look for a difference.
    Bad:
        terms: {big_lead: {of: lead, criteria: {big: not budget < 10000}}}
    Good:
        terms: {big_lead: {of: lead, criteria: {big: not budget < 20000}}}
    """
    if zones.zone(contract.time_zone) is None:
        return
    for first, second in proofs.alike(contract):
        yield Problem(
            at=second.at,
            key=True,
            message=f"`{first.id}` and `{second.id}` mean the same: no `{second.record}` tells them apart",
            label=f"the same as `{first.id}`",
            help="leave one of them out, or write the criterion that sets them apart",
            related=(Related(first.at, "the other one", key=True),),
        )


@rule(Severity.ERROR)
def covered_tier(contract: Contract) -> Iterator[Problem]:
    """The tiers before a tier of a clock hold of every row that it holds of.

    Why: the first tier that holds is the one that counts. A time that is promised in a tier behind it is never kept and
    never broken.
    Bad:
        responsibilities:
          first_touch:
            clock:
              within: null
              tiers:
                - {name: large, when: budget >= 10000, within: 4 business hours}
                - {name: huge, when: budget >= 50000, within: 1 business hours}
                - {name: rest, otherwise: true, within: 8 business hours}
    Good:
        responsibilities:
          first_touch:
            clock:
              within: null
              tiers:
                - {name: huge, when: budget >= 50000, within: 1 business hours}
                - {name: large, when: budget >= 10000, within: 4 business hours}
                - {name: rest, otherwise: true, within: 8 business hours}
    """
    for owed in contract.responsibilities.values():
        if not isinstance(owed.duty, Clock) or len(owed.duty.tiers) < 2 or zones.zone(contract.time_zone) is None:
            continue
        whens: list[Criterion | None] = [tier.when.tree if tier.when else None for tier in owed.duty.tiers]
        for index in proofs.covered_tiers(contract, owed, whens):
            tier = owed.duty.tiers[index]
            yield Problem(
                at=owed.at / owed.duty.kind / "tiers" / index,
                message=f"no row of `{owed.id}` can come to the tier `{tier.name}`",
                label="never reached",
                help="put it before the wider tiers, or leave it out",
            )


RULES: tuple[Rule[Contract], ...] = (
    impossible_term,
    criterion_always_true,
    false_narrows,
    same_meaning,
    covered_tier,
)
