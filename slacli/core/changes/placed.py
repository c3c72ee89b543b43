"""Where every field of the agreement belongs: which kind of change it is when what it says is not what it said.

A field that nobody placed here fails the tests, so that no part of an agreement can change unseen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from slacli import model
from slacli.core.changes.names import Reading, Side, Sort, bag, bags, told
from slacli.core.duties.attempts import Attempts
from slacli.core.duties.clock import Clock
from slacli.core.duties.complete import Complete
from slacli.core.duties.follows import Follows
from slacli.core.duties.must import Must
from slacli.core.duties.provide import Provide
from slacli.core.duties.volume import Volume
from slacli.model import Calendar, Choice, Test
from slacli.values import dataclass

About = Literal[
    "agreement", "party", "people", "role", "list", "calendar", "review", "incentive", "record", "field", "exclusion",
    "term", "lifecycle", "stage", "handoff", "responsibility", "metric", "goal", "binding", "column",
]  # fmt: skip
"""What a change is about."""


@dataclass(frozen=True, slots=True)
class Says:
    """A field that says something itself. Fields of one part with one kind make one change, at the first that differs.

    `keys` lead from the part to the place of the field; left out, it is the field's own name. `sort` is what it names,
    `unset` what it says when it is left out.
    """

    kind: str
    keys: tuple[str | int, ...] | None = None
    sort: Sort | None = None
    read: Reading = told


@dataclass(frozen=True, slots=True)
class Words:
    """Words that no verdict depends on. Left out, a title is the id in other words."""

    title: bool = False


@dataclass(frozen=True, slots=True)
class Holds:
    """Parts with ids of their own, one below another."""

    about: About


@dataclass(frozen=True, slots=True)
class Apart:
    """A field that is compared by a function of its own, in `facts`."""

    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A field of which no change is told, and why."""

    because: str


Placement = Says | Words | Holds | Apart | Unsaid

_ID = Unsaid("parts are found by it")
_AT = Unsaid("a place says nothing")
_WAS = Unsaid("parts are found by it")
_DATA = Unsaid("what happened beside the exports is data, not agreement")
_COMMON: Mapping[str, Placement] = MappingProxyType({"id": _ID, "at": _AT, "was": _WAS})


def definition(value: tuple[Test, ...], side: Side, sort: Sort | None = None) -> Any:
    """Give the criteria of a term, whatever their names and their order."""
    return frozenset(Counter(told(test, side, sort) for test in value).items())


def steps(value: Any, side: Side, sort: Sort | None = None) -> Any:
    return bag(value.ramp if isinstance(value, model.Target) else value, side, sort)


def columns(value: Mapping[str, model.Column], side: Side, sort: Sort | None = None) -> Any:
    """Give the columns of a binding, whatever their order; each knows the field that it is of."""
    return bag(tuple(value.values()), side, sort)


def derived(value: tuple[str, str] | None, side: Side, sort: Sort | None = None) -> Any:
    if value is None:
        return None
    return (value[0], side.called(sort or ("field" if value[0] == "domain_of" else "term"), value[1]))


PLACED: Mapping[type, Mapping[str, Placement]] = MappingProxyType({
    model.Contract: {
        "id": Says("another-agreement"),
        "project": Says("another-agreement"),
        "title": Words(),
        "version": Unsaid("every version has its own number; it stands above what changed"),
        "effective": Says("effective-changed"),
        "expires": Says("expiry-changed"),
        "amendment": Unsaid("every version has its own reason; it stands above what changed"),
        "at": _AT,
        "time_zone": Says("agreement-zone-changed"),
        "currency": Says("currency-changed"),
        "fiscal_year": Says("fiscal-year-changed"),
        "calendar": Says("business-days-changed", sort="calendar"),
        "rates": Says("rates-changed"),
        "part_periods": Says("part-periods-changed"),
        "final_after": Says("dispute-time-changed"),
        "parties": Holds("party"),
        "people": Says("people-changed"),
        "sign_off": Holds("role"),
        "lists": Apart(("list-added", "list-removed", "list-changed")),
        "calendars": Apart(("calendar-added", "calendar-removed", "calendar-replaced")),
        "reviews": Holds("review"),
        "incentives": Apart(("incentives-changed",)),
        "records": Holds("record"),
        "terms": Holds("term"),
        "lifecycles": Holds("lifecycle"),
        "responsibilities": Holds("responsibility"),
        "metrics": Holds("metric"),
        "goals": Holds("goal"),
        "bindings": Apart(("binding-added", "binding-removed")),
        "delivered": _DATA,
        "held": _DATA,
        "disputes": _DATA,
        "waivers": _DATA,
        "waived_changes": _DATA,
        "digests": Unsaid("it is made of everything else"),
        "data_files": _DATA,
    },
    model.Party: {
        **_COMMON,
        "title": Words(title=True),
        "mandate": Words(),
        "qualification": Words(),
        "part_of": Says("party-changed", sort="party"),
        "kind": Says("party-changed"),
        "members": Says("members-changed"),
    },
    model.Signer: {
        **_COMMON,
        "title": Words(title=True),
        "party": Says("role-changed", ("for",), "party"),
        "steward": Says("role-changed"),
    },
    Calendar: {
        **_COMMON,
        "time_zone": Says("calendar-zone-changed"),
        "windows": Says("hours-changed", ("hours",), read=bag),
        "first": Says("calendar-coverage-changed", ("covers",)),
        "last": Says("calendar-coverage-changed", ("covers",)),
        "business_day": Says("business-day-changed"),
        "exceptions": Apart(("holidays-changed", "reworded")),
    },
    Choice: {
        **_COMMON,
        "field": Says("calendar-choice-changed", ("choose",), "any field"),
        "cases": Says("calendar-choice-changed", ("cases",), "calendar"),
        "otherwise": Says("calendar-choice-changed", ("otherwise",), "calendar"),
    },
    model.Review: {
        **_COMMON,
        "kind": Says("review-changed"),
        "parties": Says("review-changed", sort="party", read=bag),
        "every": Says("review-changed"),
        "by": Says("review-changed"),
    },
    model.Record: {
        **_COMMON,
        "title": Words(title=True),
        "fields": Holds("field"),
        "key": Says("record-key-changed", sort="field"),
        "dated": Says("record-date-changed", sort="field"),
        "happens": Says("record-date-changed", sort="field"),
        "left_out": Apart(("exclusion-added", "exclusion-removed", "exclusion-changed")),
        "links": Says("links-changed", ("of",), read=bag),
        "history": Says("history-changed"),
        "merged_into": Says("merging-changed", sort="field"),
        "merged_ids": Says("merging-changed", sort="field"),
    },
    model.Field: {
        **_COMMON,
        "type": Says("field-type-changed"),
        "title": Words(),
        "note": Words(),
        "unit": Words(),
        "one_of": Says("field-values-changed", read=bag),
        "format": Says("field-values-changed"),
        "low": Says("field-values-changed", ("from",)),
        "high": Says("field-values-changed", ("to",)),
        "decimals": Says("field-values-changed"),
        "when_blank": Says("field-reading-changed"),
        "ignore_case": Says("field-reading-changed"),
        "personal": Says("privacy-changed"),
        "person": Says("field-reading-changed"),
        "planned": Says("field-reading-changed"),
        "keeps": Says("field-reading-changed"),
        "derived": Says("field-reading-changed", (), read=derived),
    },
    model.Term: {
        **_COMMON,
        "title": Words(title=True),
        "short": Words(),
        "means": Words(),
        "record": Says("term-record-changed", ("of",), "record"),
        "criteria": Says("definition-changed", read=definition),
        "at_least": Says("definition-changed", ("qualifies",)),
        "owner": Says("term-owner-changed", sort="party"),
        "stands_for": Says("stands-for-changed"),
        "narrows": Says("narrowing-changed", sort="term"),
        "marked": Says("mark-changed"),
        "dated": Says("term-date-changed", sort="field"),
        "examples": Apart(("examples-changed",)),
    },
    model.Lifecycle: {
        **_COMMON,
        "record": Says("lifecycle-field-changed", ("of",), "record"),
        "field": Says("lifecycle-field-changed", sort="field"),
        "stages": Holds("stage"),
        "starts": Says("lifecycle-starts-changed", sort="stage", read=bag),
        "path": Says("path-changed", sort="stage"),
        "moves": Says("moves-changed", sort="stage", read=bags),
        "handoffs": Holds("handoff"),
    },
    model.Stage: {
        **_COMMON,
        "value": Says("stage-changed"),
        "owner": Says("stage-owner-changed", sort="party"),
        "entered": Says("stage-changed", sort="field"),
        "requires": Says("stage-facts-changed", sort="field", read=bag),
        "final": Says("stage-changed"),
    },
    model.Handoff: {
        **_COMMON,
        "old": Says("handoff-changed", ("from",), "stage"),
        "new": Says("handoff-changed", ("to",), "stage"),
        "given_by": Says("handoff-changed", sort="party"),
        "taken_by": Says("handoff-changed", sort="party"),
        "documents": Says("handoff-changed", sort="field", read=bag),
    },
    model.Responsibility: {
        **_COMMON,
        "title": Words(title=True),
        "note": Words(),
        "owed_by": Says("owing-party-changed", sort="party"),
        "owed_to": Says("owed-party-changed", sort="party"),
        "duty": Apart(("duty-kind-changed",)),
        "covers": Says("coverage-changed"),
        "where": Says("condition-changed"),
        "dated": Says("duty-date-changed", sort="field"),
        "target": Apart(("target-changed", "ramp-changed")),
        "judge_from": Says("judged-from-changed"),
        "shown_by": Says("shown-by-changed", sort="field", read=bag),
        "relieved_by": Says("reliefs-changed", sort="responsibility", read=bag),
        "on_miss": Says("consequences-changed", read=bag),
    },
    Clock: {
        "starts": Says("clock-start-changed"),
        "stops": Says("clock-stops-changed", read=bag),
        "tiers": Apart(("deadline-changed", "tier-added", "tier-removed", "tier-changed", "tier-order-changed")),
        "calendar": Says("clock-calendar-changed", sort="calendar"),
        "silence": Says("silence-changed"),
        "pauses": Says("pauses-changed", sort="stage", read=bag),
        "every": Says("repetition-changed", sort="term"),
        "until": Says("repetition-end-changed", read=bag),
        "wall_clock": Says("wall-clock-changed"),
    },
    Attempts: {
        "of": Says("try-changed", sort="term"),
        "starts": Says("clock-start-changed"),
        "until": Says("giving-up-changed", read=bag),
        "at_least": Says("number-of-tries-changed"),
        "within": Says("deadline-changed"),
        "apart": Says("tries-apart-changed"),
        "channel": Says("channels-changed", ("channels", "of")),
        "channels": Says("channels-changed", ("channels", "at_least")),
        "calendar": Says("clock-calendar-changed", sort="calendar"),
    },
    Complete: {"facts": Says("facts-changed", (), "field", bag)},
    Must: {"test": Says("requirement-changed", ())},
    Follows: {"lifecycle": Says("followed-lifecycle-changed", (), "lifecycle"), "at": _AT},
    Volume: {
        "of": Says("counted-rows-changed"),
        "per": Says("volume-period-changed"),
        "at_least": Says("volume-changed", read=bag),
        "counts": Says("counting-changed"),
        "split_by": Says("volume-changed", sort="field"),
        "ramp": Says("ramp-changed", read=bag),
    },
    Provide: {
        "every": Says("delivery-period-changed"),
        "artefact": Says("artefact-changed"),
        "by": Says("delivery-day-changed"),
    },
    model.Metric: {
        **_COMMON,
        "title": Words(title=True),
        "kind": Says("metric-changed", ()),
        "of": Says("metric-changed", (), "term"),
        "base": Says("metric-changed", (), "term"),
        "field": Says("metric-changed", (), "field"),
        "start": Says("metric-changed", (), "field"),
        "end": Says("metric-changed", (), "field"),
        "counts": Says("metric-changed"),
        "cohort": Says("metric-changed", ("kind",)),
        "within": Says("metric-changed"),
    },
    model.Goal: {
        **_COMMON,
        "title": Words(title=True),
        "owned_by": Says("goal-owners-changed", sort="party", read=bag),
        "audience": Says("goal-audience-changed", read=bag),
        "kind": Says("goal-kind-changed"),
        "metric": Says("goal-metric-changed", sort="metric"),
        "target": Says("goal-target-changed"),
        "baseline": Says("baseline-changed"),
        "ramp": Says("goal-ramp-changed", read=bag),
        "horizon": Says("goal-horizon-changed"),
    },
    model.Binding: {
        "id": _ID,
        "at": _AT,
        "record": Unsaid("bindings of one record are compared with each other"),
        "columns": Apart(("column-added", "column-removed", "column-changed")),
        "reads": Says("reading-changed"),
        "matches": Says("binding-changed", read=bag),
        "joins_on": Says("binding-changed", sort="field"),
        "compares": Says("binding-changed", read=columns),
    },
})  # fmt: skip
"""Every field of every part that is compared by its fields. Values below them are compared whole, by `names.told`."""

__all__ = ["PLACED", "About", "Apart", "Holds", "Placement", "Says", "Unsaid", "Words"]
