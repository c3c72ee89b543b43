"""Rules about duties: that each is judged on rows that are told apart, by one clock, to targets in their order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from slacli.core import periods, wording
from slacli.core.criteria import composed, lowered
from slacli.core.duties.clock import Clock
from slacli.core.duties.volume import Volume
from slacli.core.nodes import circles
from slacli.core.rules import reach
from slacli.findings import Problem, Related, Rule, Severity, rule
from slacli.model import Contract, Responsibility
from slacli.places import Address
from slacli.values import dataclass

# --- which rows -------------------------------------------------------------------------------


@rule(Severity.ERROR)
def unmarked_term(contract: Contract) -> Iterator[Problem]:
    """A duty is about the rows that are marked as a term, and the term does not say how they are marked.

    Why: nobody could tell which rows are meant, so nothing could be judged.
    Bad:
        responsibilities:
          facts: {owed_by: marketing, owed_to: sales, covers: {marked: sales_ready_lead}, complete: [company]}
    Good:
        terms: {sales_ready_lead: {marked: accepted_at is not blank}}
        responsibilities:
          facts: {owed_by: marketing, owed_to: sales, covers: {marked: sales_ready_lead}, complete: [company]}
    """
    for owed in contract.responsibilities.values():
        rows = reach.rows_of(owed)
        if rows is not None and rows.marked and rows.term and contract.terms[rows.term].marked is None:
            yield Problem(
                at=rows.at / "marked",
                message=f"`{owed.id}` is about rows marked as `{rows.term}`, which does not say how they are marked",
                label="has no `marked`",
                help=f"add `marked:` to `{rows.term}`, or write `{rows.term}` alone for the rows that meet it",
                related=(Related(contract.terms[rows.term].at, "defined here", key=True),),
            )


@rule(Severity.ERROR)
def unrelated_event(contract: Contract) -> Iterator[Problem]:
    """A duty counts or waits for rows of a record that belong to none of its own rows, or do not say when they happen.

    Why: a call that belongs to no lead stops the clock of none, and one without a time cannot have come in time.
    Bad:
        responsibilities: {first_touch: {clock: {stops: [sale]}}}
    Good:
        records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
        responsibilities: {first_touch: {clock: {stops: [sale]}}}
    """
    for owed in contract.responsibilities.values():
        rows = reach.rows_of(owed)
        for name, at in reach.child_terms(owed) if rows is not None else ():
            child = contract.records[contract.terms[name].record]
            if rows is not None and rows.record == child.id:
                message = f"that is about the `{child.id}` itself and not about rows that belong to it"
                help_ = f"name a date or time of `{child.id}`, or a term of a record that belongs to it"
            elif rows is not None and rows.record not in {link.parent for link in child.links}:
                message = f"rows of `{child.id}` belong to no `{rows.record}`"
                help_ = f"say in `of:` how `{child.id}` belongs to `{rows.record}`, or name another term"
            elif child.happens is None:
                message = f"`{child.id}` does not say when its rows happen"
                help_ = f"add `happens:` with a date or time of `{child.id}`"
            else:
                continue
            yield Problem(
                at=at,
                message=f"`{owed.id}` rests on `{name}`, but {message}",
                label=f"of `{child.id}`",
                help=help_,
                related=(Related(child.at, "defined here", key=True),),
            )


@rule(Severity.ERROR)
def split_value_unknown(contract: Contract) -> Iterator[Problem]:
    """A number is owed for a value that the field does not list.

    Why: no row will ever have that value, so the number is missed in every period.
    Bad:
        responsibilities: {volume: {volume: {split_by: region, at_least: {AMER: 30, EMEA: 20, APAC: 10}}}}
    Good:
        responsibilities: {volume: {volume: {split_by: region, at_least: {AMER: 30, EMEA: 20}}}}
    """
    for owed, split in _splits(contract):
        for value in split.unknown:
            near = wording.nearest(value, split.left)
            yield Problem(
                at=owed.at / "volume" / "at_least" / value,
                key=True,
                message=f"`{owed.id}` owes a number for `{value}`, which `{split.field}` does not list",
                label="not listed",
                help=f"did you mean `{near}`?" if near else f"`{split.field}` lists {wording.quoted(split.listed)}",
            )


@rule(Severity.WARNING)
def split_value_left_out(contract: Contract) -> Iterator[Problem]:
    """Numbers are owed by the values of a field, and some value has none.

    Why: rows of that value count for nothing, and people may think that they do.
    Bad:
        responsibilities: {volume: {volume: {split_by: region, at_least: {AMER: 30}}}}
    Good:
        responsibilities: {volume: {volume: {split_by: region, at_least: {AMER: 30, EMEA: 20}}}}
    """
    for owed, split in _splits(contract):
        if split.left and not split.unknown:
            yield Problem(
                at=owed.at / "volume" / "at_least",
                key=True,
                message=f"`{owed.id}` owes no number for {wording.quoted(split.left)} of `{split.field}`",
                label="not all values",
                help="give a number for each value, or one number without `split_by`",
            )


@dataclass(frozen=True, slots=True)
class _Split:
    """How the values of `at_least` and those that the field lists part."""

    field: str
    listed: tuple[str, ...]
    unknown: tuple[str, ...]
    left: tuple[str, ...]


def _splits(contract: Contract) -> Iterator[tuple[Responsibility, _Split]]:
    for owed in contract.responsibilities.values():
        duty = owed.duty
        if not isinstance(duty, Volume) or duty.split_by is None:
            continue
        field = contract.records[duty.of.record].fields[duty.split_by]
        if not field.one_of:
            continue
        form = lowered if field.ignore_case else composed
        given = [value for value, _ in duty.at_least if value is not None]
        forms, listed = {form(composed(value)) for value in given}, {form(composed(value)) for value in field.one_of}
        yield (
            owed,
            _Split(
                f"{duty.of.record}.{field.id}",
                field.one_of,
                tuple(value for value in given if form(composed(value)) not in listed),
                tuple(value for value in field.one_of if form(composed(value)) not in forms),
            ),
        )


# --- clocks -----------------------------------------------------------------------------------


@rule(Severity.ERROR)
def mixed_time(contract: Contract) -> Iterator[Problem]:
    """The tiers of one clock mix business time with time that runs day and night.

    Why: two hours of a Friday evening and two business hours are days apart, and readers take them for the same.
    `wall_clock: true` says that it is meant.
    Bad:
        responsibilities:
          first_touch:
            clock:
              within: null
              tiers:
                - {name: hot, when: source = 'Demo request', within: 2 hours}
                - {name: rest, otherwise: true, within: 4 business hours}
    Good:
        responsibilities:
          first_touch:
            clock:
              within: null
              tiers:
                - {name: hot, when: source = 'Demo request', within: 2 business hours}
                - {name: rest, otherwise: true, within: 4 business hours}
    """
    for owed in contract.responsibilities.values():
        if not isinstance(owed.duty, Clock) or owed.duty.wall_clock:
            continue
        (first, _), *others = reach.times_of(owed)
        for within, at in others:
            if (within.clock == "business") != (first.clock == "business"):
                yield Problem(
                    at=at,
                    message=f"`{owed.id}` gives {first} and {within}: business time and time day and night are mixed",
                    label="runs otherwise" if within.clock == "business" else "runs day and night",
                    help="write both in business time, or add `wall_clock: true` where it is meant",
                )
                break


@rule(Severity.WARNING)
def tier_without_rest(contract: Contract) -> Iterator[Problem]:
    """No tier of a clock takes the rows that are in none of the others.

    Why: such rows have no time limit at all, and nobody notices.
    Bad:
        responsibilities:
          first_touch:
            clock: {within: null, tiers: [{name: hot, when: source = 'Demo request', within: 1 business hour}]}
    Good:
        responsibilities:
          first_touch:
            clock:
              within: null
              tiers:
                - {name: hot, when: source = 'Demo request', within: 1 business hour}
                - {name: rest, otherwise: true, within: 4 business hours}
    """
    for owed in contract.responsibilities.values():
        if isinstance(owed.duty, Clock) and all(tier.when is not None for tier in owed.duty.tiers):
            named = wording.quoted((tier.name for tier in owed.duty.tiers), "or")
            yield Problem(
                at=owed.at / "clock" / "tiers",
                key=True,
                message=f"`{owed.id}` gives no time to rows that are not in {named}",
                label="no `otherwise`",
                help="add a last tier with `otherwise: true`",
            )


@rule(Severity.ERROR)
def tier_never_reached(contract: Contract) -> Iterator[Problem]:
    """A tier stands behind the one that takes every row.

    Why: the first tier that holds counts, so no row ever comes to this one.
    Bad:
        responsibilities:
          first_touch:
            clock:
              within: null
              tiers:
                - {name: rest, otherwise: true, within: 4 business hours}
                - {name: hot, when: source = 'Demo request', within: 1 business hour}
    Good:
        responsibilities:
          first_touch:
            clock:
              within: null
              tiers:
                - {name: hot, when: source = 'Demo request', within: 1 business hour}
                - {name: rest, otherwise: true, within: 4 business hours}
    """
    for owed in contract.responsibilities.values():
        if not isinstance(owed.duty, Clock):
            continue
        tiers = owed.duty.tiers
        rest = next((index for index, tier in enumerate(tiers) if tier.when is None), len(tiers))
        for index in range(rest + 1, len(tiers)):
            yield Problem(
                at=owed.at / "clock" / "tiers" / index / "name",
                message=f"no row of `{owed.id}` comes to the tier `{tiers[index].name}`, because `{tiers[rest].name}` "
                "takes every row before it",
                label="never reached",
                help=f"move it above `{tiers[rest].name}`",
            )


@rule(Severity.ERROR)
def paused_calendar_days(contract: Contract) -> Iterator[Problem]:
    """A clock that counts calendar days stands still in some stages.

    Why: a calendar day is a date and not a stretch of time, so half of one cannot be taken off.
    Bad:
        responsibilities:
          first_touch: {clock: {within: 3 calendar days, pauses: {while: [new]}}}
        records:
          change:
            of: {lead: [ref = lead.lead_id]}
            happens: at
            history: {of: status, to: value}
            fields: {ref: {type: text}, at: {type: time}, value: {type: text}}
    Good:
        responsibilities:
          first_touch: {clock: {within: 3 business days, pauses: {while: [new]}}}
        records:
          change:
            of: {lead: [ref = lead.lead_id]}
            happens: at
            history: {of: status, to: value}
            fields: {ref: {type: text}, at: {type: time}, value: {type: text}}
    """
    for owed in contract.responsibilities.values():
        if isinstance(owed.duty, Clock) and owed.duty.pauses:
            for within, _ in reach.times_of(owed):
                if within.clock == "calendar":
                    yield Problem(
                        at=owed.at / "clock" / "pauses",
                        key=True,
                        message=f"`{owed.id}` gives {within}, which cannot pause",
                        label="calendar days do not pause",
                        help="write the time in hours or in business days, or leave `pauses` out",
                    )
                    break


@rule(Severity.WARNING)
def pauses_without_history(contract: Contract) -> Iterator[Problem]:
    """A clock stands still in some stages, and no record holds the history of the stages.

    Why: without a history nobody knows how long a row was in a stage, so whatever is late is unclear.
    Bad:
        responsibilities: {first_touch: {clock: {pauses: {while: [new]}}}}
    Good:
        responsibilities: {first_touch: {clock: {pauses: {while: [new]}}}}
        records:
          change:
            of: {lead: [ref = lead.lead_id]}
            happens: at
            history: {of: status, to: value}
            fields: {ref: {type: text}, at: {type: time}, value: {type: text}}
    """
    followed = {record.parent for record in contract.records.values() if record.history is not None}
    for owed in contract.responsibilities.values():
        if isinstance(owed.duty, Clock) and owed.duty.pauses and owed.covers and owed.covers.record not in followed:
            yield Problem(
                at=owed.at / "clock" / "pauses",
                key=True,
                message=f"`{owed.id}` pauses in stages, but no record is the history of `{owed.covers.record}`",
                label="needs a history",
                help=f"add a record `of: {{{owed.covers.record}: ...}}` with `history:`, or leave `pauses` out",
            )


# --- relief -----------------------------------------------------------------------------------


@rule(Severity.ERROR)
def relief_circle(contract: Contract) -> Iterator[Problem]:
    """A duty is relieved by itself, by way of others.

    Why: neither could be judged before the other.
    Bad:
        responsibilities: {quality: {relieved_by: [first_touch]}, first_touch: {relieved_by: [quality]}}
    Good:
        responsibilities: {quality: {relieved_by: [first_touch]}}
    """
    rests = {name: owed.relieved_by for name, owed in contract.responsibilities.items()}
    for name, via in circles(rests):
        yield Problem(
            at=contract.responsibilities[name].at / "relieved_by",
            key=True,
            message=f"`{name}` is relieved by itself" + (f", by way of {wording.quoted(via)}" if via else ""),
            label="leads back here",
            help="take one of them out of `relieved_by`",
        )


@rule(Severity.ERROR)
def self_relief(contract: Contract) -> Iterator[Problem]:
    """A duty is relieved by one that the same side owes.

    Why: relief is for what the other side was late with. Here a side would gain by missing a duty of its own.
    Bad:
        responsibilities:
          complete_leads: {owed_by: marketing, owed_to: sales, covers: {marked: mql}, complete: [source], target: 90%}
          quality: {relieved_by: [complete_leads]}
    Good:
        responsibilities:
          complete_leads: {owed_by: marketing, owed_to: sales, covers: {marked: mql}, complete: [source], target: 90%}
          quality: {relieved_by: [first_touch]}
    """
    for owed, name, index in _reliefs(contract):
        other = contract.responsibilities[name]
        side = contract.department(owed.owed_by)
        if name != owed.id and contract.department(other.owed_by) == side:
            yield Problem(
                at=owed.at / "relieved_by" / index,
                message=f"`{owed.id}` is relieved by `{name}`, which `{side}` owes too",
                label="the same side",
                help="name a duty of the other side",
            )


@rule(Severity.ERROR)
def useless_relief(contract: Contract) -> Iterator[Problem]:
    """A duty is relieved by one that is about no rows, or about rows of another record.

    Why: a row is taken out where the other side missed the same row, and here no row is the same.
    Bad:
        responsibilities: {quality: {relieved_by: [loss_reasons]}}
    Good:
        responsibilities: {quality: {relieved_by: [first_touch]}}
    """
    for owed, name, index in _reliefs(contract):
        other = contract.responsibilities[name].covers
        if owed.covers is not None and (other is None or other.record != owed.covers.record):
            about = f"is about `{other.record}`" if other is not None else "is about no rows"
            yield Problem(
                at=owed.at / "relieved_by" / index,
                message=f"`{owed.id}` is about `{owed.covers.record}` and is relieved by `{name}`, which {about}",
                label="no row in common",
                help=f"name a duty about `{owed.covers.record}`",
            )


def _reliefs(contract: Contract) -> Iterator[tuple[Responsibility, str, int]]:
    for owed in contract.responsibilities.values():
        for index, name in enumerate(owed.relieved_by):
            yield owed, name, index


# --- periods ----------------------------------------------------------------------------------


@rule(Severity.ERROR)
def no_such_period(contract: Contract) -> Iterator[Problem]:
    """A period is named that the calendar does not have, such as week 53 of a year with 52.

    Why: a target that holds from no day on never holds.
    Bad:
        responsibilities: {quality: {ramp: {2027-W53: 97%}}}
    Good:
        responsibilities: {quality: {ramp: {2027-W52: 97%}}}
    """
    named = [(name, ramp / name, True) for ramp, names in _ramps(contract) for name in names]
    named += [
        (goal.baseline.period, goal.baseline.at / "period", False)
        for goal in contract.goals.values()
        if goal.baseline is not None and goal.baseline.period
    ]
    for name, at, key in named:
        if periods.named(name, contract.fiscal_year) is None:
            yield Problem(
                at=at,
                key=key,
                message=f"there is no period `{name}`",
                label="no such period",
                help="name a period that the calendar has",
            )


@rule(Severity.ERROR)
def ramp_out_of_order(contract: Contract) -> Iterator[Problem]:
    """The steps of a ramp do not follow each other in time.

    Why: whoever reads from top to bottom takes the last step for the one that holds in the end.
    Bad:
        responsibilities: {quality: {ramp: {2027-09: 98%, 2027-05: 97%}}}
    Good:
        responsibilities: {quality: {ramp: {2027-05: 97%, 2027-09: 98%}}}
    """
    for at, names in _ramps(contract):
        steps = [(name, found) for name in names if (found := periods.named(name, contract.fiscal_year))]
        for (before, earlier), (name, later) in pairwise(steps):
            if later.first <= earlier.first:
                how = "begins on the same day as" if later.first == earlier.first else "lies before"
                yield Problem(
                    at=at / name,
                    key=True,
                    message=f"in the ramp of `{at.pointer[1]}`, `{name}` {how} `{before}`, which stands above it",
                    label="out of order",
                    help="write the steps in the order of time, one for each day",
                )


def _ramps(contract: Contract) -> Iterator[tuple[Address, tuple[str, ...]]]:
    """Give the place of every ramp and the periods that it names."""
    for owed in contract.responsibilities.values():
        if owed.target is not None and owed.target.ramp:
            yield owed.at / "ramp", tuple(name for name, _ in owed.target.ramp)
        if isinstance(owed.duty, Volume) and owed.duty.ramp:
            yield owed.at / "volume" / "ramp", tuple(name for name, _ in owed.duty.ramp)
    for goal in contract.goals.values():
        if goal.ramp:
            yield goal.at / "ramp", tuple(name for name, _ in goal.ramp)


RULES: tuple[Rule[Contract], ...] = (
    unmarked_term,
    unrelated_event,
    split_value_unknown,
    split_value_left_out,
    mixed_time,
    tier_without_rest,
    tier_never_reached,
    paused_calendar_days,
    pauses_without_history,
    relief_circle,
    self_relief,
    useless_relief,
    no_such_period,
    ramp_out_of_order,
)
