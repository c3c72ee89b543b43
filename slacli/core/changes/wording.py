"""How changes read: a line for each, `first_touch: within 8 business hours -> 4 business hours`, grouped by reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from slacli.core import wording
from slacli.core.changes.amounts import Way, all_of
from slacli.core.changes.effects import Effect, Holds
from slacli.core.changes.facts import Change
from slacli.core.duties import phrases
from slacli.core.duties.attempts import Attempts
from slacli.core.duties.volume import Volume
from slacli.model import (
    Baseline,
    Binding,
    Calendar,
    Choice,
    Column,
    Consequence,
    Contract,
    Covers,
    Duration,
    Event,
    Exceptional,
    Field,
    Goal,
    GoalTarget,
    Handoff,
    History,
    Lifecycle,
    Link,
    Metric,
    NthDay,
    People,
    Responsibility,
    Review,
    Signer,
    Target,
    Term,
    Test,
)
from slacli.places import Address, SourceMap
from slacli.values import dataclass

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = "January February March April May June July August September October November December".split()
NONE = "none"
NOBODY = "Nobody"
"""The title of the changes by which nobody owes or is owed anything else."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a change stands: a file of the newer text, or of the older one where something was taken away."""

    at: Address
    line: int
    older: bool

    def __str__(self) -> str:
        return f"{self.at.file}:{self.line}" + (" (before)" if self.older else "")


@dataclass(frozen=True, slots=True)
class Line:
    """A change in words: what it is about, what it says, what it does by way of others, and where it stands."""

    effect: Effect
    text: str
    notes: tuple[str, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The changes of one reader: `Sales owes more`. A change stands in a group for each department that owes by it."""

    title: str
    lines: tuple[Line, ...]

    @property
    def heading(self) -> str:
        return f"{self.title} ({len(self.lines)})"


def grouped(
    found: Iterable[Effect], old: Contract, new: Contract, old_places: SourceMap, new_places: SourceMap
) -> tuple[Group, ...]:
    """Give every change under those for whom it is one: who owes more first, who is only owed, and nobody last."""
    places = old_places, new_places
    groups: dict[tuple[int, str], list[Line]] = {}
    for effect in found:
        line = Line(effect, sentence(effect, old, new), _notes(effect, new), _places(effect.change, *places))
        for key in _readers(effect, old, new):
            groups.setdefault(key, []).append(line)
    return tuple(
        Group(title, tuple(lines)) for (_, title), lines in sorted(groups.items(), key=lambda item: item[0][0])
    )


_RANKS: Mapping[tuple[Holds, Way], int] = MappingProxyType({
    ("owes", "more"): 0, ("owes", "otherwise"): 1, ("owes", "less"): 2,
    ("is owed", "more"): 3, ("is owed", "otherwise"): 4, ("is owed", "less"): 5,
})  # fmt: skip
_NOBODY = 6


def _readers(effect: Effect, old: Contract, new: Contract) -> Iterator[tuple[int, str]]:
    """Give the groups that a change stands in: of those who owe by it, else of those who are owed, else nobody."""
    ways: dict[tuple[str, Holds], list[Way]] = {}
    for touch in effect.touches:
        known = new if touch.party in new.parties else old
        ways.setdefault((known.department(touch.party), touch.holds), []).append(touch.way)
    owing = {key: found for key, found in ways.items() if key[1] == "owes"} or ways
    for (party, holds), found in owing.items():
        way = all_of(found) or "otherwise"
        title = (new if party in new.parties else old).party_title(party)
        order = list({**new.parties, **old.parties})
        yield _RANKS[holds, way] * 1000 + order.index(party), f"{title} {holds} {way}"
    if not owing:
        yield _NOBODY * 1000, NOBODY


def _places(change: Change, old: SourceMap, new: SourceMap) -> tuple[Place, ...]:
    """Give the place in the newer text; where something was taken away, also that in the older one."""
    found = []
    if change.at_after is not None:
        found.append(Place(change.at_after, new.span(change.at_after).line, older=False))
    if change.at_before is not None and change.at_after not in new.values:
        found.append(Place(change.at_before, old.span(change.at_before).line, older=True))
    return tuple(found)


def _notes(effect: Effect, new: Contract) -> tuple[str, ...]:
    """Say how the meaning of what rests on a change has moved, with a record for each way where one is known."""
    notes = []
    first = next(iter(effect.meanings), None)
    for name, meaning in effect.meanings:
        if meaning.verdict == "equal":
            continue
        own = first is not None and name == first[0] and effect.change.kind.name in _BY_MEANING
        if not own:
            notes.append(f"`{name}` is {_verdict(meaning.verdict)}")
        notes += [f"`{name}` rests on {words}" for words in getattr(meaning, "because", ())]
        for side in ("fell", "rose"):
            witness = getattr(meaning, side, None)
            if witness is not None and own:
                notes.append(f"{_was(effect.change, witness.before, new)}, now {_NOW[witness.after]}: {witness}")
    return tuple(notes)


_NOW = MappingProxyType({"meets": "meets it", "fails": "fails", "unclear": "is unclear"})


def _was(change: Change, verdict: str, new: Contract) -> str:
    """Say what a record was: `was an MQL`, where the change is about what an MQL is."""
    if verdict == "meets" and change.kind.name == "definition-changed":
        name = new.terms[change.after.id].name
        return f"was {wording.article(name)} {wording.uncapital(name)}"
    return {"meets": "met it", "fails": "failed", "unclear": "was unclear"}[verdict]


def _verdict(word: str) -> str:
    return word if word != "not decided" else "not decided: tighter, looser or the same"


_BY_MEANING = frozenset(
    "definition-changed mark-changed condition-changed requirement-changed tier-changed exclusion-changed".split()
)


# --- one line ---------------------------------------------------------------------------------


def sentence(effect: Effect, old: Contract, new: Contract) -> str:
    """Say a change in one line, with what it was and what it is."""
    change = effect.change
    name = change.kind.name
    said = _SAID.get(name)
    subject = change.subject
    if name == "renamed":
        return f"{change.before.id} is now called {change.after.id}"
    if name.endswith("-added"):
        return _come(change, "is new", new)
    if name.endswith("-removed"):
        return _come(change, "was taken out", old)
    if name == "reworded":
        return f"{subject or 'agreement'}: {_reworded(change)}"
    if name in _BY_MEANING:
        return _by_meaning(effect)
    if said is None:
        said = _whole
    if isinstance(said, tuple):
        label, value = said
        before, after = plain(value(change.before, old)), plain(value(change.after, new))
    else:
        before, after, label = said(change)
    lead = f"{subject}: " if subject else "agreement: "
    return f"{lead}{label} {before} -> {after}" if label else f"{lead}{before} -> {after}"


def _come(change: Change, how: str, contract: Contract) -> str:
    part = change.after if change.after is not None else change.before
    key = f" tier {change.key}" if change.key and change.about == "responsibility" else ""
    text = ""
    match part:
        case Responsibility() if key:
            came = change.kind.name == "tier-added"
            duty = (change.after if came else change.before).duty
            tier = next(one for one in duty.tiers if one.name == change.key)
            text = f"within {tier.within}" + (f" where {tier.when.text}" if tier.when else "")
        case Responsibility():
            text = part.duty.sentence(part, contract)
        case Test():
            text = part.text
        case Goal():
            text = f"{', '.join(part.owned_by)}: {part.metric} {part.target}"
        case Term() | Field() | Metric() | Handoff() | Review() | Column() | Signer() | Calendar():
            text = plain(part)
        case tuple():
            text = plain(part)
    ending = f": {text}" if text else ""
    return f"{change.subject}:{key} {how}{ending}" if key else f"{change.subject} {how}{ending}"


def _reworded(change: Change) -> str:
    key = change.key
    if key in {"criteria", "holidays"} or key.startswith("tier ") or change.about == "exclusion":
        return f"{key or 'exclusion'} named otherwise"
    if key == "examples":
        return "an example is explained otherwise"
    if key in {"mandate", "means", "note", "qualification"}:
        return f"{key} reworded"
    return f"{key} {_quote(getattr(change.before, key))} -> {_quote(getattr(change.after, key))}"


def _quote(text: str) -> str:
    return f'"{wording.sanitised(text, 60)}"' if text else NONE


def _by_meaning(effect: Effect) -> str:
    change = effect.change
    verdict = next((meaning.verdict for _, meaning in effect.meanings), None)
    told = {
        "definition-changed": "", "mark-changed": "mark ", "condition-changed": "where ",
        "requirement-changed": "must ", "tier-changed": f"tier {change.key} ", "exclusion-changed": "",
    }[change.kind.name]  # fmt: skip
    before, after = _criteria(change)
    if verdict == "equal":
        return f"{change.subject}: {told}reworded, proven equal: {before} -> {after}"
    if verdict is None:
        return f"{change.subject}: {told}{before} -> {after}"
    return f"{change.subject}{f': {told}' if told else ' '}is {_verdict(verdict)}: {before} -> {after}"


def _criteria(change: Change) -> tuple[str, str]:
    """Give the criteria that are not on both sides, and how many must hold where that has changed."""
    one, other = change.before, change.after
    match change.kind.name:
        case "definition-changed":
            left, right = ({test.name: test for test in term.criteria} for term in (one, other))
            was = [test.text for name, test in left.items() if name not in right or right[name].tree != test.tree]
            now = [test.text for name, test in right.items() if name not in left or left[name].tree != test.tree]
            if _needed(one) != _needed(other):
                was, now = [*was, _needed(one)], [*now, _needed(other)]
            return " · ".join(was) or NONE, " · ".join(now) or NONE
        case "mark-changed":
            tests = one.marked, other.marked
        case "condition-changed":
            tests = one.where, other.where
        case "requirement-changed":
            tests = one.duty.test, other.duty.test
        case "tier-changed":
            found = [{tier.name: tier for tier in owed.duty.tiers} for owed in (one, other)]
            left_tier = found[0].get(change.key)
            tests = left_tier.when if left_tier else None, found[1][change.key].when
        case _:
            tests = one, other
    return plain(tests[0]), plain(tests[1])


def _needed(term: Term) -> str:
    return "all" if term.at_least == len(term.criteria) else f"at least {term.at_least}"


# --- values in words --------------------------------------------------------------------------


def plain(value: Any) -> str:
    """Write a value of the agreement in a few words."""
    match value:
        case None | "" | ():
            return NONE
        case bool():
            return "yes" if value else "no"
        case str():
            return wording.sanitised(value, 80)
        case Fraction():
            return phrases.percentage(value).replace(" ", "")
        case Decimal():
            return wording.number(value)
        case Duration() | NthDay() | GoalTarget():
            return str(value)
        case Target():
            return f"{plain(value.share)}" + (f" per {value.per}" if value.per else "")
        case Test():
            return value.text
        case Event(kind=kind, name=name):
            return f"entering {name}" if kind == "entering" else name
        case Covers(record=record, term=term, marked=marked):
            return f"marked {term}" if marked else term or record
        case Consequence():
            return f"after {value.after}{' in a row' if value.in_a_row else ''}: {value.then}"
        case Link():
            return f"{value.field} {'among' if value.among else '='} {value.parent}.{value.parent_field}"
        case History():
            return f"{value.of} from {value.old or NONE} to {value.new}" + (f" by {value.by}" if value.by else "")
        case People():
            return f"{value.record} by {value.key}" + (f", active by {value.active}" if value.active else "")
        case Baseline():
            return "collect" if value.collect else f"{value.value} in {value.period}"
        case Field():
            return value.type
        case Column():
            extra = [*(f"{a} as {b}" for a, b in value.values.items()), *value.true_when, *value.false_when]
            return " or ".join(value.headers) + (f" ({', '.join(extra)})" if extra else "")
        case Term():
            tests = " · ".join(test.text for test in value.criteria)
            return tests if len(value.criteria) == 1 else f"{_needed(value)} of {tests}"
        case Metric():
            base = f" from {value.base}" if value.base else ""
            within = f" within {value.within}" if value.within else ""
            ends = f" from {value.start} to {value.end}" if value.start else ""
            what = f" {value.field} of" if value.field else ""
            each = " each time" if value.counts == "each" else ""
            cohort = " by cohort" if value.cohort else ""
            return f"{value.kind.replace('_', ' ')}{what} {value.of}{base}{ends}{within}{each}{cohort}"
        case Handoff():
            documents = f" with {', '.join(sorted(value.documents))}" if value.documents else ""
            return f"{value.old} to {value.new}, {value.given_by} to {value.taken_by}{documents}"
        case Review():
            by = f" by the {value.by}" if value.by else ""
            return f"{value.kind}, {wording.listed(sorted(value.parties))}, every {value.every}{by}"
        case Signer():
            return f"{value.title}, " + ("the steward" if value.steward else f"for {value.party or 'the company'}")
        case Calendar():
            return f"{_week(value)} {value.time_zone}"
        case Choice():
            cases = ", ".join(f"{key}: {name}" for key, name in sorted(value.cases.items()))
            return f"by {value.field} ({cases}), otherwise {value.otherwise}"
        case tuple() | frozenset() | list():
            return ", ".join(plain(one) for one in value)
        case Mapping():
            return ", ".join(f"{key} {plain(one)}" for key, one in value.items()) or NONE
        case _:
            return str(value)


def _week(calendar: Calendar) -> str:
    """Write the open hours of a week, alike days together: `mon-fri 09:00-17:00`."""
    runs: list[tuple[int, int, str]] = []
    for day in range(7):
        hours = " ".join(f"{_clock(one.opens)}-{_clock(one.closes)}" for one in calendar.windows if one.weekday == day)
        if hours and runs and runs[-1][1] == day - 1 and runs[-1][2] == hours:
            runs[-1] = (runs[-1][0], day, hours)
        elif hours:
            runs.append((day, day, hours))
    return ", ".join(f"{_DAYS[a]}{f'-{_DAYS[b]}' if a != b else ''} {hours}" for a, b, hours in runs) or NONE


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24 if minute != 1440 else 24:02}:{minute % 60:02}"


def _ramped(steps: Iterable[tuple[str, Any]]) -> str:
    return ", ".join(f"from {period} {plain(value)}" for period, value in steps) or NONE


def _ramp(owed: Any, _: Contract) -> str:
    if isinstance(owed, Goal):
        return _ramped(owed.ramp)
    if isinstance(owed.duty, Volume):
        return _ramped(owed.duty.ramp)
    return _ramped(owed.target.ramp if owed.target else ())


def _field(name: str) -> Callable[[Any, Contract], Any]:
    return lambda part, _: getattr(part, name)


def _duty(name: str) -> Callable[[Any, Contract], Any]:
    return lambda owed, _: getattr(owed.duty, name)


def _sorted(name: str) -> Callable[[Any, Contract], Any]:
    return lambda part, _: tuple(sorted(getattr(part, name)))


def _amounts(owed: Any, _: Contract) -> str:
    duty = owed.duty
    if duty.split_by is None:
        return wording.number(duty.at_least[0][1])
    return f"{', '.join(f'{value} {wording.number(n)}' for value, n in sorted(duty.at_least))} by {duty.split_by}"


def _channels(owed: Any, _: Contract) -> str:
    duty = owed.duty
    return f"{duty.channels} by {duty.channel}" if duty.channel else NONE


def _target(owed: Any, _: Contract) -> str:
    return plain(owed.target) if owed.target else "all"


def _moves(cycle: Lifecycle) -> set[str]:
    return {f"{old} to {new}" for old, targets in cycle.moves.items() for new in targets}


def _fiscal(contract: Contract, _: Contract) -> str:
    year = contract.fiscal_year
    return f"from {_MONTHS[year.starts - 1]}, named for its {'end' if year.named_for_end else 'start'}"


Told = tuple[str, str, str]


def _only(names: Callable[[Any], set[str]], label: str) -> Callable[[Change], Told]:
    """Say of two sets what only one of them has."""

    def say(change: Change) -> Told:
        was, now = names(change.before), names(change.after)
        return (", ".join(sorted(was - now)) or NONE, ", ".join(sorted(now - was)) or NONE, label)

    return say


def _whole(change: Change) -> Told:
    return plain(change.before), plain(change.after), ""


def _deadline(change: Change) -> Told:
    one, other = change.before.duty, change.after.duty
    if isinstance(one, Attempts):
        return plain(one.within), plain(other.within), "within"
    right = next((tier for tier in other.tiers if tier.name == change.key), other.tiers[-1])
    left = next((tier for tier in one.tiers if tier.name == right.name), None)
    left = left or next((tier for tier in one.tiers if tier.when == right.when), one.tiers[-1])
    label = "every" if other.every else "within"
    return str(left.within), str(right.within), f"tier {change.key} {label}" if change.key else label


def _tiers(change: Change) -> Told:
    names = [", ".join(tier.name for tier in owed.duty.tiers) for owed in (change.before, change.after)]
    return names[0], names[1], "tiers"


def _holidays(change: Change) -> Told:
    was, now = ({one.day: one for one in side.exceptions} for side in (change.before, change.after))
    moved = sorted(day for day in was.keys() | now.keys() if _open(was.get(day)) != _open(now.get(day)))
    shown = [", ".join(f"{day} {_open(side.get(day))}" for day in moved) for side in (was, now)]
    return shown[0], shown[1], "holidays"


def _open(day: Exceptional | None) -> str:
    if day is None:
        return "as usual"
    return "closed" if not day.windows else " ".join(f"{_clock(a)}-{_clock(b)}" for a, b in day.windows)


def _values(found: Any, _: Contract) -> str:
    parts = [", ".join(sorted(found.one_of))] if found.one_of else []
    parts += [f"{word} {value}" for word, value in (("from", found.low), ("to", found.high)) if value is not None]
    parts += [found.format] if found.format else []
    parts += [f"{found.decimals} decimals"] if found.decimals != 2 else []
    return ", ".join(parts) or "any value"


def _reading(found: Any, _: Contract) -> str:
    parts = [f"{found.derived[0]} {found.derived[1]}"] if found.derived else []
    parts += [f"keeps {found.keeps}"] if found.keeps != "only" else []
    parts += [f"blank is {plain(found.when_blank)}"] if found.when_blank is not None else []
    parts += [word.replace("_", " ") for word in ("ignore_case", "planned", "person") if getattr(found, word)]
    return ", ".join(parts) or "as it is"


def _stage(stage: Any, _: Contract) -> str:
    dated = f", entered at {stage.entered}" if stage.entered else ""
    return f"{stage.value}{dated}{', an end' if stage.final else ''}"


def _clocked(record: Any, _: Contract) -> str:
    return plain(record.dated or record.happens)


def _reads(change: Change) -> Told:
    one, other = change.before.reads, change.after.reads
    names = [name for name in one.__slots__ if getattr(one, name) != getattr(other, name)]
    was, now = (", ".join(plain(getattr(side, name)) for name in names) for side in (one, other))
    return was, now, ", ".join(name.replace("_", " ") for name in names)


def _compared(part: Binding) -> str:
    return ", ".join(sorted(f"{name} with {plain(column)}" for name, column in part.compares.items()))


def _incentives(change: Change) -> Told:
    return plain(tuple(sorted(change.before or ()))), plain(tuple(sorted(change.after or ()))), "paid on"


_SAID: Mapping[str, Any] = MappingProxyType({
    "another-agreement": ("id", lambda part, _: f"{part.id} ({part.project})"),
    "effective-changed": ("effective", _field("effective")),
    "expiry-changed": ("expires", _field("expires")),
    "agreement-zone-changed": ("time zone", _field("time_zone")),
    "fiscal-year-changed": ("fiscal year", _fiscal),
    "currency-changed": ("currency", _field("currency")),
    "rates-changed": ("rates", _field("rates")),
    "business-days-changed": ("calendar", _field("calendar")),
    "part-periods-changed": ("part periods", _field("part_periods")),
    "dispute-time-changed": ("final after", _field("final_after")),
    "party-changed": ("", lambda part, _: f"{part.kind}" + (f" of {part.part_of}" if part.part_of else "")),
    "members-changed": ("members", _field("members")),
    "people-changed": ("people", _field("people")),
    "role-changed": _whole,
    "list-changed": _only(set, ""),
    "calendar-replaced": _whole,
    "calendar-zone-changed": ("time zone", _field("time_zone")),
    "hours-changed": ("hours", lambda part, _: _week(part)),
    "calendar-coverage-changed": ("covers", lambda part, _: f"{part.first}..{part.last}"),
    "business-day-changed": (
        "business day",
        lambda part, _: wording.took(part.business_day) if part.business_day else "as long as the open days",
    ),
    "calendar-choice-changed": _whole,
    "holidays-changed": _holidays,
    "review-changed": _whole,
    "incentives-changed": _incentives,
    "record-key-changed": ("key", _field("key")),
    "record-date-changed": ("dated", _clocked),
    "merging-changed": ("merged", lambda part, _: plain(part.merges)),
    "links-changed": ("of", lambda part, _: tuple(sorted(plain(x) for x in part.links))),
    "history-changed": ("history", _field("history")),
    "field-type-changed": ("type", _field("type")),
    "field-values-changed": ("allows", _values),
    "field-reading-changed": ("", _reading),
    "privacy-changed": ("personal", _field("personal")),
    "term-record-changed": ("of", _field("record")),
    "term-owner-changed": ("owner", _field("owner")),
    "stands-for-changed": ("stands for", _field("stands_for")),
    "narrowing-changed": ("narrows", _field("narrows")),
    "term-date-changed": ("dated", _field("dated")),
    "examples-changed": ("examples", lambda part, _: wording.counted(len(part.examples), "example")),
    "lifecycle-field-changed": ("", lambda part, _: f"{part.record}.{part.field}"),
    "stage-changed": ("", _stage),
    "stage-owner-changed": ("owner", _field("owner")),
    "stage-facts-changed": ("requires", _sorted("requires")),
    "lifecycle-starts-changed": ("starts", _sorted("starts")),
    "path-changed": ("path", _field("path")),
    "moves-changed": _only(_moves, "moves"),
    "handoff-changed": _whole,
    "owing-party-changed": ("owed by", lambda part, c: c.party_title(part.owed_by)),
    "owed-party-changed": ("owed to", lambda part, c: c.party_title(part.owed_to)),
    "duty-kind-changed": ("", lambda part, c: part.duty.sentence(part, c)),
    "coverage-changed": ("covers", _field("covers")),
    "duty-date-changed": ("dated", _field("dated")),
    "target-changed": ("target", _target),
    "ramp-changed": ("ramp", _ramp),
    "judged-from-changed": ("judged from", _field("judge_from")),
    "shown-by-changed": ("shown by", _sorted("shown_by")),
    "reliefs-changed": ("relieved by", _sorted("relieved_by")),
    "consequences-changed": ("on a miss", lambda part, _: "; ".join(plain(x) for x in part.on_miss)),
    "clock-start-changed": ("starts at", _duty("starts")),
    "clock-stops-changed": ("stops at", _duty("stops")),
    "deadline-changed": _deadline,
    "tier-order-changed": _tiers,
    "clock-calendar-changed": ("calendar", _duty("calendar")),
    "silence-changed": ("silence is", _duty("silence")),
    "pauses-changed": ("stands still in", lambda part, _: tuple(sorted(part.duty.pauses))),
    "repetition-changed": ("every", _duty("every")),
    "repetition-end-changed": ("until", _duty("until")),
    "wall-clock-changed": ("mixes clocks on purpose", _duty("wall_clock")),
    "try-changed": ("tries are", _duty("of")),
    "number-of-tries-changed": ("tries at least", _duty("at_least")),
    "giving-up-changed": ("until", _duty("until")),
    "tries-apart-changed": ("tries apart", _duty("apart")),
    "channels-changed": ("channels", _channels),
    "facts-changed": ("complete", lambda part, _: tuple(sorted(name for name, _ in part.duty.facts))),
    "followed-lifecycle-changed": ("follows", _duty("lifecycle")),
    "counted-rows-changed": ("counts", _duty("of")),
    "volume-changed": ("at least", _amounts),
    "volume-period-changed": ("per", _duty("per")),
    "counting-changed": ("counts", _duty("counts")),
    "delivery-period-changed": ("every", _duty("every")),
    "delivery-day-changed": ("by", lambda part, _: part.duty.by or "the last day"),
    "artefact-changed": ("hands over", _duty("artefact")),
    "metric-changed": _whole,
    "goal-owners-changed": ("owned by", _sorted("owned_by")),
    "goal-audience-changed": ("for", _sorted("audience")),
    "goal-kind-changed": ("kind", _field("kind")),
    "goal-metric-changed": ("metric", _field("metric")),
    "goal-target-changed": ("target", _field("target")),
    "goal-ramp-changed": ("ramp", _ramp),
    "baseline-changed": ("baseline", _field("baseline")),
    "goal-horizon-changed": ("horizon", _field("horizon")),
    "binding-changed": ("", lambda part, _: f"headers {', '.join(sorted(part.matches)) or NONE}"
                        + (f", joined on {part.joins_on}" if part.joins_on else "")
                        + (f", compares {_compared(part)}" if part.compares else "")),
    "reading-changed": _reads,
    "column-changed": _whole,
})  # fmt: skip
"""How each kind of change is said: a label and the value on each side, or both at once."""
