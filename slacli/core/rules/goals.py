"""Rules about goals and metrics: that they rest on what was, are owned by both sides, and ask for more than numbers."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from slacli.core import figures, wording
from slacli.core.duties.complete import Complete
from slacli.core.duties.must import Must
from slacli.core.duties.volume import Volume
from slacli.core.rules.agreement import departments
from slacli.core.rules.terms import standing_for
from slacli.findings import Problem, Rule, Severity, rule
from slacli.model import Contract
from slacli.places import Address

_GOALS = Address("goals.yaml", ("goals",))


@rule(Severity.NOTE)
def no_goals(contract: Contract) -> Iterator[Problem]:
    """The agreement has duties and no goal.

    Why: duties say what each side does for the other; only goals say what both of them do it for.
    Bad:
        goals: null
    Good:
        goals: {more_revenue: {horizon: strategic}}
    """
    if not contract.goals:
        yield Problem(
            at=contract.at / "title",
            message="the agreement has no goals",
            label="no `goals.yaml` with goals",
            help="add `goals.yaml` with at least one goal that both departments own",
        )


@rule(Severity.ERROR)
def goal_without_baseline(contract: Contract) -> Iterator[Problem]:
    """A goal does not say what its figure was before, nor that collecting it is the goal.

    Why: a target that rests on no earlier figure is a guess, and nobody could tell later whether it was ambitious.
    Bad:
        goals: {more_revenue: {baseline: null}}
    Good:
        goals: {more_revenue: {baseline: {period: FY26-Q4, value: 412000.00}}}
    """
    for goal in contract.goals.values():
        if goal.baseline is None:
            yield Problem(
                at=goal.at,
                key=True,
                message=f"`{goal.id}` does not say what `{goal.metric}` was before",
                label="no `baseline`",
                help="add `baseline:` with the period and the value, or `baseline: collect` where nobody knows",
            )


@rule(Severity.ERROR)
def figure_in_another_unit(contract: Contract) -> Iterator[Problem]:
    """A target or a baseline is written in a unit in which its metric does not count.

    Why: 26 is not 26 %, and a sum is no number of days: nobody could say whether such a target was reached. Rows and
    amounts are plain numbers, ratios and shares are written with `%`, and medians as minutes, hours or days. A step
    of a ramp is for the same kind of period as the target.
    Bad:
        goals: {more_revenue: {target: at least 26% per quarter}}
    Good:
        goals: {more_revenue: {target: at least 120000 per quarter}}
    """
    for goal in contract.goals.values():
        metric = contract.metrics[goal.metric]
        fit = figures.written_units(figures.unit_of(metric, contract))
        written = wording.listed([_UNITS[unit] for unit in fit], "or")
        steps = [(goal.target, goal.at / "target")]
        steps += [(target, goal.at / "ramp" / period) for period, target in goal.ramp]
        for target, at in steps:
            if target.way != "grows" and target.unit not in fit:
                yield _unfit(goal.id, metric.id, f"asks for {_UNITS[target.unit]}", written, at)
            elif target.per not in {None, goal.target.per}:
                yield Problem(
                    at=at,
                    message=f"`{goal.id}` asks for `{goal.target}`, and this step is per {target.per}",
                    label="another kind of period",
                    help="leave out `per`: the step is for the same kind of period",
                    subject=goal.id,
                )
        if goal.baseline is not None and not goal.baseline.collect:
            unit = figures.value(goal.baseline.value)[1]
            if unit not in fit:
                at = goal.baseline.at / "value"
                yield _unfit(goal.id, metric.id, f"was {_UNITS[unit]}", written, at)


_UNITS = {"": "a plain number", "%": "a share", "minutes": "minutes", "hours": "hours", "days": "days"}


def _unfit(goal: str, metric: str, what: str, written: str, at: Address) -> Problem:
    return Problem(
        at=at,
        message=f"`{goal}` {what}, and `{metric}` counts {written}",
        label="another unit",
        help=f"write it as {written}",
        subject=goal,
    )


@rule(Severity.ERROR)
def goals_without_reviews(contract: Contract) -> Iterator[Problem]:
    """A review is missing: a separate one of each department that owns goals, a joint one, or an interim one.

    Why: goals that nobody looks at together are looked at when it is too late. An interim review is the time for fine
    tuning; a separate one is where a side finds out what to mend before it meets the other.
    Bad:
        reviews: {halfway: null}
    Good:
        reviews: {halfway: {kind: interim, parties: [sales, marketing], every: quarter}}
    """
    if not contract.goals:
        return
    agreeing = {party.id for party in departments(contract)}
    owners = {contract.department(party) for goal in contract.goals.values() for party in goal.owned_by} & agreeing
    reviewing = [
        (review.kind, {contract.department(party) for party in review.parties}) for review in contract.reviews.values()
    ]
    at = contract.at / "reviews" if contract.reviews else _GOALS
    for party in sorted(owners):
        if not any(kind == "separate" and party in sides for kind, sides in reviewing):
            yield Problem(
                at=at,
                key=True,
                message=f"`{party}` owns goals and has no separate review",
                label="no separate review",
                help=f"add a review with `kind: separate` and `parties: [{party}]`",
                subject=f"reviews/separate/{party}",
            )
    if not any(kind == "joint" and owners <= sides and len(sides) > 1 for kind, sides in reviewing):
        yield Problem(
            at=at,
            key=True,
            message="no joint review brings together the departments that own goals",
            label="no joint review",
            help="add a review with `kind: joint` and both departments",
            subject="reviews/joint",
        )
    if not any(kind == "interim" for kind, _ in reviewing):
        yield Problem(
            at=at,
            key=True,
            message="no interim review looks at the goals before a period ends",
            label="no interim review",
            help="add a review with `kind: interim`",
            subject="reviews/interim",
        )


@rule(Severity.WARNING)
def volume_only(contract: Contract) -> Iterator[Problem]:
    """A number of rows is asked for, and neither a duty of that side nor a goal asks how good they are.

    Why: whoever is measured by quantity alone delivers quantity. What guards it is a duty of the same side with `must`
    or `complete` on these rows, or a goal on what comes of them. A number of sales needs no guard.
    Bad:
        responsibilities: {quality: null}
    Good:
        responsibilities: {quality: {must: mql}}
    """
    sales = {term.id for term in standing_for(contract, "sale")}
    for owed in contract.responsibilities.values():
        if isinstance(owed.duty, Volume) and owed.duty.of.term not in sales:
            of = owed.duty.of
            if not _guarded(contract, of.record, of.term, {contract.department(owed.owed_by)}):
                yield _volume(owed.id, of.term or of.record, owed.at / "volume" / "of")
    for goal in contract.goals.values():
        metric = contract.metrics[goal.metric]
        if metric.kind == "count" and metric.of not in sales:
            sides = {contract.department(party) for party in goal.owned_by}
            if not _guarded(contract, contract.terms[metric.of].record, metric.of, sides):
                yield _volume(goal.id, metric.of, goal.at / "metric")


def _volume(subject: str, counted: str, at: Address) -> Problem:
    return Problem(
        at=at,
        message=f"`{subject}` asks for a number of `{counted}`, and nothing asks how good they are",
        label="quantity only",
        help=f"add a duty of the same side with `must:` or `complete:` on `{counted}`, or a goal on what comes of them",
        subject=subject,
    )


def _guarded(contract: Contract, record: str, term: str | None, sides: AbstractSet[str]) -> bool:
    for owed in contract.responsibilities.values():
        covers = owed.covers
        if isinstance(owed.duty, Must | Complete) and covers is not None and covers.record == record:
            same = term is None or covers.term in {term, None}
            if same and contract.department(owed.owed_by) in sides:
                return True
    for goal in contract.goals.values():
        metric = contract.metrics[goal.metric]
        counted = {metric.of, metric.base} - {None}
        if metric.outcome and any(
            one == term if term is not None else contract.terms[str(one)].record == record for one in counted
        ):
            return True
    return False


@rule(Severity.WARNING)
def no_shared_goal(contract: Contract) -> Iterator[Problem]:
    """No goal is owned by two departments.

    Why: both are responsible for the bottom line. Where each has goals of its own only, each can reach them while the
    company misses its own.
    Bad:
        goals: {more_revenue: {owned_by: [sales]}}
    Good:
        goals: {more_revenue: {owned_by: [sales, marketing]}}
    """
    agreeing = {party.id for party in departments(contract)}
    shared = (agreeing & {contract.department(party) for party in goal.owned_by} for goal in contract.goals.values())
    if contract.goals and not any(len(owners) > 1 for owners in shared):
        yield Problem(
            at=_GOALS,
            key=True,
            message="no goal is owned by two departments",
            label="none is shared",
            help=f"let {wording.quoted(sorted(agreeing))} own one goal together, such as revenue",
        )


@rule(Severity.WARNING)
def no_financial_goal(contract: Contract) -> Iterator[Problem]:
    """No financial goal is there for the CEO or the CFO to look at.

    Why: what counts above both departments is money, and goals that say nothing about it lose their support.
    Bad:
        goals: {more_revenue: {kind: performance}}
    Good:
        goals: {more_revenue: {kind: financial}}
    """
    if contract.goals and not any(
        goal.kind == "financial" and {"ceo", "cfo"} & set(goal.audience) for goal in contract.goals.values()
    ):
        yield Problem(
            at=_GOALS,
            key=True,
            message="no goal is financial and has `ceo` or `cfo` in its audience",
            label="none for the CEO or CFO",
            help="add a goal with `kind: financial` and `audience: [ceo, cfo]`",
        )


RULES: tuple[Rule[Contract], ...] = (
    no_goals,
    goal_without_baseline,
    figure_in_another_unit,
    goals_without_reviews,
    volume_only,
    no_shared_goal,
    no_financial_goal,
)
