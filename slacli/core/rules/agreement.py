"""Rules about the agreement as a whole: that it has two sides, the words it needs, and the names that must sign it.

It knows what makes a text an agreement between departments and not the wish of one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from slacli.core import wording
from slacli.core.criteria import leaves
from slacli.core.duties.must import Must
from slacli.core.duties.volume import Volume
from slacli.core.rules import reach
from slacli.core.rules.terms import REQUIRED, standing_for
from slacli.criterion import Criterion, In
from slacli.findings import Problem, Related, Rule, Severity, rule
from slacli.model import Contract, Party, Responsibility
from slacli.places import Address


def departments(contract: Contract) -> list[Party]:
    """Give the departments that agree: no teams, no agencies."""
    return [party for party in contract.parties.values() if party.part_of is None and party.kind == "department"]


@rule(Severity.ERROR)
def missing_required_term(contract: Contract) -> Iterator[Problem]:
    """A term that every agreement needs is not defined: the qualified lead, the sales-ready lead or the sale.

    Why: these are the words that two departments use for different things until they have agreed on them.
    Bad:
        terms: {mql: {stands_for: null}}
    Good:
        terms: {mql: {stands_for: qualified_lead}}
    """
    for word in REQUIRED:
        if not standing_for(contract, word):
            yield Problem(
                at=Address("definitions.yaml", ("terms",)),
                key=True,
                message=f"no term says what a {word.replace('_', ' ')} is: none is, or stands for, `{word}`",
                label=f"no `{word}`",
                help=f"add a term `{word}`, or `stands_for: {word}` to the term that is one",
                subject=word,
            )


@rule(Severity.ERROR)
def required_term_twice(contract: Contract) -> Iterator[Problem]:
    """Two terms are, or stand for, the same term that every agreement needs.

    Why: with two meanings of a sale, each side would count by the one that suits it.
    Bad:
        terms:
          deal:
            of: opportunity
            stands_for: sale
            dated: closed_on
            criteria: {won: stage = 'Closed Won', paid: amount > 0}
            examples: [{meets: {stage: Closed Won, amount: 100}}]
    Good:
        terms:
          deal:
            of: opportunity
            dated: closed_on
            criteria: {won: stage = 'Closed Won', paid: amount > 0}
            examples: [{meets: {stage: Closed Won, amount: 100}}]
    """
    for word in REQUIRED:
        first, *others = standing_for(contract, word) or (None,)
        for term in others:
            if first is not None and term is not None:
                yield Problem(
                    at=term.at / "stands_for" if term.stands_for == word else term.at,
                    key=term.stands_for != word,
                    message=f"both `{first.id}` and `{term.id}` stand for `{word}`",
                    label="the second one",
                    help="keep one of them, and take `stands_for` out of the other",
                    related=(Related(first.at, "the first one", key=True),),
                )


@rule(Severity.ERROR)
def one_sided_party(contract: Contract) -> Iterator[Problem]:
    """A department owes the others nothing, or is owed nothing by them; what its teams owe and are owed counts.

    Why: an agreement defines the responsibilities of each department to the other; with one side it is an order.
    Bad:
        parties: {partners: {title: Partners}}
        sign_off: {vp_partners: {title: VP Partners, for: partners}}
    Good:
        parties: {partners: {title: Partners, part_of: sales}}
        sign_off: {vp_partners: {title: VP Partners, for: partners}}
    """
    pairs = [
        (contract.department(owed.owed_by), contract.department(owed.owed_to))
        for owed in contract.responsibilities.values()
    ]
    owing = {by for by, to in pairs if by != to}
    owed_to = {to for by, to in pairs if by != to}
    for party in departments(contract):
        lacking = []
        if party.id not in owing:
            lacking.append("owes the others nothing")
        if party.id not in owed_to:
            lacking.append("is owed nothing by them" if lacking else "is owed nothing by the others")
        if lacking:
            key = "owed_by" if party.id not in owing else "owed_to"
            yield Problem(
                at=party.at,
                key=True,
                message=f"`{party.id}` {wording.listed(lacking)}",
                label="one side only",
                help=f"add a duty with `{key}: {party.id}`, or make it a team with `part_of`",
            )


@rule(Severity.ERROR)
def incomplete_sign_off(contract: Contract) -> Iterator[Problem]:
    """A signature is not asked for: that of a department, or one for the company as a whole, such as the CEO's.

    Why: nobody is bound by what others signed, and the two departments answer to somebody above both.
    Bad:
        sign_off: {ceo: null}
    Good:
        sign_off: {ceo: {title: CEO}}
    """
    at = contract.at / "sign_off"
    signing = {signer.party for signer in contract.sign_off.values()}
    for party in departments(contract):
        if party.id not in signing:
            yield Problem(
                at=at,
                key=True,
                message=f"no role signs for `{party.id}`",
                label=f"nobody for `{party.id}`",
                help=f"add a role with `for: {party.id}`",
                subject=f"sign_off/{party.id}",
            )
    if not any(signer.party is None and not signer.steward for signer in contract.sign_off.values()):
        yield Problem(
            at=at,
            key=True,
            message="no role signs for the company as a whole, as a CEO does",
            label="nobody above the departments",
            help="add a role without `for`, such as `ceo: {title: CEO}`",
            subject="sign_off/company",
        )


@rule(Severity.WARNING)
def no_steward(contract: Contract) -> Iterator[Problem]:
    """No role is the steward who keeps and signs bindings and holidays.

    Why: a column or a holiday that changes is as good as a change of the agreement, and executives do not look at it.
    Bad:
        sign_off: {revops: {steward: false}}
    Good:
        sign_off: {revops: {steward: true}}
    """
    if not any(signer.steward for signer in contract.sign_off.values()):
        yield Problem(
            at=contract.at / "sign_off",
            key=True,
            message="no role is the steward of bindings and holidays",
            label="no steward",
            help="add `steward: true` to the role that keeps them",
        )


@rule(Severity.WARNING)
def agency_without_outcome(contract: Contract) -> Iterator[Problem]:
    """An agency is judged by nothing that came of its work.

    Why: most agencies want to be judged by what they made. What came of it is a `must` on rows, a `volume` of a term,
    or a goal of their own on a metric other than a time; pages, facts, tries and answers in time are not.
    Bad:
        parties: {northwind: {title: Northwind, kind: agency}}
        responsibilities:
          brief: {owed_by: northwind, owed_to: marketing, provide: {every: quarter, artefact: Three new campaigns}}
    Good:
        parties: {northwind: {title: Northwind, kind: agency}}
        responsibilities:
          brief: {owed_by: northwind, owed_to: marketing, provide: {every: quarter, artefact: Three new campaigns}}
          own_leads: {owed_by: northwind, owed_to: marketing, covers: {marked: mql}, must: mql, target: 90% per month}
    """
    for party in contract.parties.values():
        if party.kind != "agency":
            continue
        own = _under(contract, party.id)
        by_duty = any(owed.owed_by in own and _is_outcome(owed) for owed in contract.responsibilities.values())
        by_goal = any(
            own & set(goal.owned_by) and contract.metrics[goal.metric].kind != "median"
            for goal in contract.goals.values()
        )
        if not by_duty and not by_goal:
            yield Problem(
                at=party.at,
                key=True,
                message=f"the agency `{party.id}` is judged by no outcome of its work",
                label="no outcome",
                help=f"add a duty `owed_by: {party.id}` with `must:` or `volume:`, or a goal that it owns",
            )


def _under(contract: Contract, party: str) -> set[str]:
    """Give a party and all that is part of it."""
    found = {party}
    while more := {one.id for one in contract.parties.values() if one.part_of in found} - found:
        found |= more
    return found


def _is_outcome(owed: Responsibility) -> bool:
    duty = owed.duty
    return isinstance(duty, Must) or (isinstance(duty, Volume) and duty.of.term is not None)


@rule(Severity.WARNING)
def incentives_pull_apart(contract: Contract) -> Iterator[Problem]:
    """Two departments are paid on figures of which none is the same.

    Why: people do what they are paid for. A side that is paid on leads alone will send many, whoever they are.
    Bad:
        metrics: {leads: {count: mql}}
        incentives: {marketing: [leads]}
    Good:
        metrics: {leads: {count: mql}}
        incentives: {marketing: [leads, revenue]}
    """
    paid: dict[str, dict[str, None]] = {}
    for party, metrics in contract.incentives.items():
        paid.setdefault(contract.department(party), {}).update(dict.fromkeys(metrics))
    known = [party.id for party in departments(contract) if paid.get(party.id)]
    for first, second in combinations(known, 2):
        if not paid[first].keys() & paid[second].keys():
            yield Problem(
                at=contract.at / "incentives",
                key=True,
                message=f"`{first}` is paid on {wording.quoted(paid[first])}, `{second}` on "
                f"{wording.quoted(paid[second])}: no figure is the same",
                label="nothing in common",
                help="pay both sides on at least one common figure",
                subject=f"incentives/{first}/{second}",
            )


@rule(Severity.NOTE)
def unused_list(contract: Contract) -> Iterator[Problem]:
    """No criterion asks whether a value is in a list.

    Why: whoever signs takes a list of competitors for a promise to leave them out, and here nothing does.
    Bad:
        lists: {rivals: [Ledgerly, Rivalbooks]}
    Good:
        lists: {rivals: [Ledgerly, Rivalbooks]}
        records: {lead: {left_out: {rival: company in rivals}}}
    """
    used = {leaf.list_name for tree in _criteria(contract) for leaf in leaves(tree) if isinstance(leaf, In)}
    for name in contract.lists:
        if name not in used:
            yield Problem(
                at=contract.at / "lists" / name,
                key=True,
                message=f"no criterion uses the list `{name}`",
                label="decides nothing",
                help=f"write `field in {name}` in the criterion that it is for, or remove it",
            )


def _criteria(contract: Contract) -> Iterator[Criterion]:
    for record in contract.records.values():
        yield from (test.tree for test in record.left_out)
        if record.history is not None and record.history.only is not None:
            yield record.history.only.tree
    for term in contract.terms.values():
        yield from (test.tree for test in (*term.criteria, term.marked) if test)
    for owed in contract.responsibilities.values():
        yield from (tree for tree, _ in reach.trees_of(owed))
    for party in contract.parties.values():
        if party.members is not None:
            yield party.members.tree


RULES: tuple[Rule[Contract], ...] = (
    missing_required_term,
    required_term_twice,
    one_sided_party,
    incomplete_sign_off,
    no_steward,
    agency_without_outcome,
    incentives_pull_apart,
    unused_list,
)
