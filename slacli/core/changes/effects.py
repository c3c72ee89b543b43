"""What a change means for each party: who owes more or less, and who is owed more or less; and who must sign.

A duty that is tighter lets its owner owe more and the other side be owed more. A definition moves every duty that rests
on it, also by way of other terms, and which way depends on where the duty uses it: who is covered, what is asked, what
stops a clock. Goals are owed by their owners. What moves several duties in different ways moves a party otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, Literal

from slacli.core.changes import amounts, children, questions
from slacli.core.changes.amounts import Way, added, all_of, opposite, rising
from slacli.core.changes.facts import ALL_OF_THEM, Change, paired_tiers
from slacli.core.changes.kinds import Weight
from slacli.core.changes.names import Side, Sort, pairs, sides, told
from slacli.core.changes.questions import Ask, Meaning, Open, Verdict
from slacli.core.criteria import leaves
from slacli.core.duties.attempts import Attempts
from slacli.core.duties.clock import Clock
from slacli.core.duties.complete import Complete
from slacli.core.duties.follows import Follows
from slacli.core.duties.must import Must
from slacli.core.duties.provide import Provide
from slacli.core.duties.volume import Volume
from slacli.criterion import Between, Compare, Criterion, FieldValue, In, Meets
from slacli.model import (
    Calendar,
    Choice,
    Contract,
    Covers,
    Duration,
    Event,
    Field,
    Goal,
    Handoff,
    Lifecycle,
    NthDay,
    Responsibility,
    Signer,
    Test,
    Tier,
)
from slacli.values import dataclass

Holds = Literal["owes", "is owed"]


@dataclass(frozen=True, slots=True)
class Touch:
    """What a change does to one party: what it owes or is owed has become more, less, or is otherwise.

    `through` names the duties and goals by way of which it does so.
    """

    party: str
    holds: Holds
    way: Way
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """A change as it is judged. Without `touches` it means nothing for what anybody owes.

    `meanings` are the comparisons that it rests on, by the names of `questions`, its own first. The weight is that of
    its kind, but editorial where a text was rewritten and proven to mean the same.
    """

    change: Change
    weight: Weight
    touches: tuple[Touch, ...] = ()
    meanings: tuple[tuple[str, Meaning], ...] = ()


def effects(changes: Iterable[Change], old: Contract, new: Contract, meaning: Ask) -> tuple[Effect, ...]:
    """Judge each change: one effect for one change, in their order.

    `meaning` is asked for names that `asked` gives beforehand.
    """
    judge = _Judge(*sides(old, new), meaning)
    return tuple(judge.effect(change) for change in changes)


def asked(changes: Iterable[Change], old: Contract, new: Contract) -> tuple[tuple[str, str], ...]:
    """Give what `effects` will ask: pairs of names in the older and the newer contract of `questions.comparable`."""
    judge = _Judge(*sides(old, new), lambda _: Open())
    for change in changes:
        judge.effect(change)
    return tuple(dict.fromkeys(judge.pairs))


def must_sign(found: Iterable[Effect], old: Contract, new: Contract) -> tuple[Signer, ...]:
    """Give the roles that must sign what changed: those of this version and of the one before, together.

    Nobody drops a role by taking it out, renaming it or making it the steward's. What the steward keeps is signed by
    the steward, and by nobody else where nothing else changed.
    """
    weights = {effect.weight for effect in found}
    roles: dict[str, Signer] = {}
    for role in (*new.sign_off.values(), *old.sign_off.values()):
        needed = "stewardship" in weights if role.steward else weights - {"stewardship"}
        if needed:
            roles.setdefault(role.id, role)
    return tuple(roles.values())


# --- judging ----------------------------------------------------------------------------------

Named = set[str]


@dataclass(slots=True)
class _Touched:
    """What a change reaches, in the names of the newer version: terms, marks, lists, and fields as (record, field).

    `derived` are those of the fields that child rows decide. `blunt` says that no comparison of criteria can tell what
    it does to them.
    """

    terms: Named = field(default_factory=set)
    marks: Named = field(default_factory=set)
    lists: Named = field(default_factory=set)
    fields: set[tuple[str, str]] = field(default_factory=set)
    derived: set[tuple[str, str]] = field(default_factory=set)
    blunt: bool = False


_Mentioned = tuple[frozenset[str], frozenset[str], frozenset[tuple[str, str]]]
"""The terms, the lists and the fields that a criterion speaks of, in the names of the newer version."""


@dataclass(slots=True)
class _Judge:
    old: Side
    new: Side
    meaning: Ask
    pairs: list[tuple[str, str]] = field(default_factory=list)
    told: dict[str, Meaning] = field(default_factory=dict)
    kept: dict[str, tuple[Responsibility, Responsibility]] = field(init=False)
    spelt: tuple[Contract, Contract] = field(init=False)
    terms: list[tuple[str, tuple[Test, ...], Test | None, Side]] = field(init=False)
    mentions: dict[tuple[int, str | None], _Mentioned] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = pairs(self.old.contract.responsibilities, self.new.contract.responsibilities)
        self.spelt = questions.comparable(self.old.contract, self.new.contract)
        self.terms = [
            (side.called("term", term.id), term.criteria, term.marked, side.within(term.record))
            for side in (self.old, self.new)
            for term in side.contract.terms.values()
        ]
        self.kept = {other.id: (one, other) for one, other in found if one is not None and other is not None}

    def effect(self, change: Change) -> Effect:
        self.told = {}
        touches = tuple(self._merged(self._touches(change)))
        weight = change.kind.weight
        own = next(iter(self.told.items()), None)
        if own is not None and own[0] == _question(change) and own[1].verdict == "equal":
            weight = "editorial"
        return Effect(change, weight, touches, tuple(self.told.items()))

    def ask(self, now: str, was: str | None = None) -> Verdict:
        """Give how a term compares with what it was, or with another one; not decided where one side has none."""
        before = was or now
        if before not in self.spelt[0].terms or now not in self.spelt[1].terms:
            return "not decided"
        self.pairs.append((before, now))
        if now not in self.told:
            own = self.told[now] = self.meaning(now)
            # What it rests on is told behind it.
            self.told[now] = children.rests(own, self._moves(before, now))
        return self.told[now].verdict

    def _moves(self, was: str, now: str) -> dict[str, tuple[int, set[int], str]]:
        """Give the fields of a term that child rows decide which count otherwise now, with which way they moved."""
        old, new = self.spelt
        before, found = children.derived(old, was), {}
        for name, (how, term) in children.derived(new, now).items():
            # A field that is derived otherwise is a change of its own, and blunt.
            if before.get(name) != (how, term):
                continue
            verdict = self.ask(term)
            if verdict == "equal":
                continue
            meaning = self.told.get(term)
            steady = how == "count" and getattr(meaning, "steady", False)
            up = {"looser": children.UP, "tighter": children.DOWN}.get(verdict, children.UNKNOWN)
            words = f"`{new.terms[now].record}.{name}`, which is the {how} of `{term}`"
            ways = children.ways(old, was, name) | children.ways(new, now, name)
            found[name] = (up if steady else children.UNKNOWN, ways, words)
        return found

    @staticmethod
    def _merged(touches: Iterable[Touch]) -> Iterator[Touch]:
        """Give one touch for each party and what it holds."""
        found: dict[tuple[str, Holds], list[Touch]] = {}
        for one in touches:
            found.setdefault((one.party, one.holds), []).append(one)
        for (party, holds), several in found.items():
            way = all_of(one.way for one in several)
            if way is not None:
                through = tuple(dict.fromkeys(name for one in several for name in one.through))
                yield Touch(party, holds, way, through)

    # --- by what a change is about ------------------------------------------------------------

    def _touches(self, change: Change) -> Iterator[Touch]:
        match change.about:
            case "responsibility":
                yield from self._of_duty(change)
            case "goal":
                yield from self._of_goal(change)
            case "review":
                yield from self._of_review(change)
            case "handoff":
                yield from self._of_handoff(change)
            case "metric" if change.kind.name == "metric-changed":
                for goal, was in self._goals():
                    if self.old.called("metric", was.metric) == goal.metric == change.subject:
                        yield from self._owners(goal, "otherwise")
            case "calendar":
                yield from self._of_calendar(change)
            case "agreement":
                yield from self._of_agreement(change)
            case "lifecycle" | "stage":
                yield from self._of_cycle(change)
            case "record":
                yield from self._of_record(change)
            case "exclusion" if change.kind.name != "reworded":
                yield from self._of_exclusion(change)
            case "term" | "list" | "field":
                yield from self._of_meaning(change)

    def _duties(self) -> Iterator[tuple[Responsibility, Responsibility]]:
        """Give the duties that both sides have, of one kind on both, the older one first."""
        return (pair for pair in self.kept.values() if type(pair[0].duty) is type(pair[1].duty))

    def _goals(self) -> Iterator[tuple[Goal, Goal]]:
        """Give the goals that both sides have, the newer one first."""
        for one, other in pairs(self.old.contract.goals, self.new.contract.goals):
            if one is not None and other is not None:
                yield other, one

    # --- duties -------------------------------------------------------------------------------

    def _of_duty(self, change: Change) -> Iterator[Touch]:
        one, other = change.before, change.after
        name = change.kind.name
        if one is None or other is None:
            yield from self._both(other or one, "more" if one is None else "less")
        elif name == "owing-party-changed":
            yield Touch(self.old.called("party", one.owed_by), "owes", "less", (other.id,))
            yield Touch(other.owed_by, "owes", "more", (other.id,))
        elif name == "owed-party-changed":
            yield Touch(self.old.called("party", one.owed_to), "is owed", "less", (other.id,))
            yield Touch(other.owed_to, "is owed", "more", (other.id,))
        else:
            yield from self._both(other, self._duty_way(change, one, other))

    def _both(self, owed: Responsibility, way: Way | None) -> Iterator[Touch]:
        """Touch both sides of a duty, but not a party that has it only now: to it the whole duty is new."""
        if way is None:
            return
        was = self.kept.get(owed.id, (owed, owed))[0]
        if self.old.called("party", was.owed_by) == owed.owed_by or was is owed:
            yield Touch(owed.owed_by, "owes", way, (owed.id,))
        if self.old.called("party", was.owed_to) == owed.owed_to or was is owed:
            yield Touch(owed.owed_to, "is owed", way, (owed.id,))

    def _duty_way(self, change: Change, one: Responsibility, other: Responsibility) -> Way | None:
        a: Any = one.duty
        b: Any = other.duty
        was, now = self._scope(self.old, one), self._scope(self.new, other)
        match change.kind.name:
            case "renamed" | "reworded" | "shown-by-changed" | "wall-clock-changed":
                return None
            case "coverage-changed":
                return self._rows(one.covers, other.covers)
            case "counted-rows-changed":
                return opposite(self._rows(a.of, b.of))
            case "condition-changed":
                if one.where is None or other.where is None:
                    return "less" if one.where is None else "more"
                return _way(self.ask(questions.where(other.id)), "less")
            case "requirement-changed":
                return _way(self.ask(questions.asks(other.id)), "more")
            case "target-changed":
                left, right = one.target, other.target
                if (left.per if left else None) != (right.per if right else None):
                    return "otherwise"
                return rising(left.share if left else ALL_OF_THEM, right.share if right else ALL_OF_THEM)
            case "ramp-changed":
                return _ramp(one, other)
            case "judged-from-changed":
                return rising(other.judge_from, one.judge_from)
            case "reliefs-changed":
                return opposite(added(*self._named("responsibility", one.relieved_by, other.relieved_by)))
            case "consequences-changed":
                return _consequences(one, other)
            case "clock-stops-changed":
                return opposite(added(*_events(a.stops, b.stops, was, now)))
            case "repetition-end-changed":
                return _optional(opposite(added(*_events(a.until, b.until, was, now))), a.until, b.until, "less")
            case "giving-up-changed":
                return added(*_events(a.until, b.until, was, now))
            case "deadline-changed":
                return self._deadline(change, one, other, was, now)
            case "tier-added" | "tier-removed":
                return self._tier_came(change, one, other)
            case "tier-changed":
                return self._tier_changed(change, one, other, was, now)
            case "clock-calendar-changed":
                return self._other_calendar(one, other)
            case "silence-changed":
                return "less" if b.silence == "accepted" else "more"
            case "pauses-changed":
                return opposite(added(*(set(told(x.pauses, side, "stage")) for x, side in ((a, was), (b, now)))))
            case "number-of-tries-changed":
                return rising(a.at_least, b.at_least)
            case "tries-apart-changed":
                if a.apart is None or b.apart is None:
                    return "more" if a.apart is None else "less"
                return opposite(amounts.shorter(a.apart, b.apart))
            case "channels-changed":
                if a.channel is None or b.channel is None:
                    return "more" if a.channel is None else "less"
                return rising(a.channels, b.channels) if a.channel == b.channel else "otherwise"
            case "facts-changed":
                return added(*({was_now.called("field", n) for n, _ in x.facts} for x, was_now in ((a, was), (b, now))))
            case "volume-changed":
                return _volume(a, b) if told(a.split_by, was, "field") == b.split_by else "otherwise"
            case "volume-period-changed":
                return amounts.oftener(a.per, b.per)
            case "counting-changed":
                return "less" if b.counts == "each" else "more"
            case "delivery-period-changed":
                return amounts.oftener(a.every, b.every)
            case "delivery-day-changed":
                return amounts.earlier(a.by, b.by)
            case _:
                return "otherwise"

    def _scope(self, side: Side, owed: Responsibility) -> Side:
        rows = _rows_of(owed)
        return side.within(rows.record if rows else None)

    def _named(self, sort: Sort, old: Iterable[str], new: Iterable[str]) -> tuple[set[str], set[str]]:
        return {self.old.called(sort, name) for name in old}, set(new)

    def _rows(self, old: Covers | None, new: Covers | None) -> Way | None:
        """Give `more` where a duty is about more rows: all of a record are more than those of a term."""
        if old is None or new is None or self.old.called("record", old.record) != new.record:
            return "otherwise"
        if old.term is None or new.term is None:
            return "more" if new.term is None else "less"
        if old.marked or new.marked:
            return "otherwise"
        wide = {self.old.called("term", name) for name in self._above(self.old, old.term)}
        if new.term in wide:
            return "more"
        return "less" if self.old.called("term", old.term) in self._above(self.new, new.term) else "otherwise"

    @staticmethod
    def _above(side: Side, term: str) -> set[str]:
        """Give the terms that a term narrows, and those that they narrow."""
        found: set[str] = set()
        above = side.contract.terms[term].narrows
        while above is not None and above not in found and above in side.contract.terms:
            found.add(above)
            above = side.contract.terms[above].narrows
        return found

    def _deadline(self, change: Change, one: Responsibility, other: Responsibility, was: Side, now: Side) -> Way | None:
        if isinstance(one.duty, Attempts) and isinstance(other.duty, Attempts):
            return amounts.shorter(one.duty.within, other.duty.within)
        assert isinstance(one.duty, Clock)
        assert isinstance(other.duty, Clock)
        for left, right in paired_tiers(one.duty.tiers, other.duty.tiers, was, now):
            if left and right and (change.key in {"", right.name}) and left.within != right.within:
                return amounts.shorter(left.within, right.within)
        return None

    @staticmethod
    def _tier_came(change: Change, one: Responsibility, other: Responsibility) -> Way | None:
        """Judge a tier that came or went by the time of the tiers that its rows have without it."""
        came = change.kind.name == "tier-added"
        duty = other.duty if came else one.duty
        assert isinstance(duty, Clock)
        tier = next(item for item in duty.tiers if item.name == change.key)
        way = _against_rest(tier, duty)
        return way if came else opposite(way)

    def _tier_changed(
        self, change: Change, one: Responsibility, other: Responsibility, was: Side, now: Side
    ) -> Way | None:
        assert isinstance(one.duty, Clock)
        assert isinstance(other.duty, Clock)
        for left, right in paired_tiers(one.duty.tiers, other.duty.tiers, was, now):
            if left and right and right.name == change.key:
                verdict = self.ask(questions.tier(other.id, right.name), questions.tier(other.id, left.name))
                left_way, right_way = _against_rest(left, one.duty), _against_rest(right, other.duty)
                if left_way != right_way or left_way in {None, "otherwise"}:
                    return None if verdict == "equal" or (left_way is None and right_way is None) else "otherwise"
                return _way(verdict, opposite(left_way))
        return "otherwise"

    # --- calendars ----------------------------------------------------------------------------

    def _other_calendar(self, one: Responsibility, other: Responsibility) -> Way | None:
        left = self.old.contract.calendars.get(_calendar_of(one) or "")
        right = self.new.contract.calendars.get(_calendar_of(other) or "")
        if not [time for time, _ in _times(one, other) if time.clock != "wall"]:
            return None
        if isinstance(left, Calendar) and isinstance(right, Calendar) and left.time_zone == right.time_zone:
            return self._open(left, right, _times(one, other))
        return "otherwise"

    @staticmethod
    def _open(left: Calendar, right: Calendar, times: Iterable[tuple[Duration, bool]]) -> Way | None:
        """Judge other open time: with more of it a clock is faster, and its owner owes more."""
        ways: list[Way | None] = []
        for time, sooner in times:
            if time.clock == "business":
                way = all_of((amounts.open_hours(left, right, time.unit), amounts.open_days(left, right)))
                if time.unit == "days" and left.business_day != right.business_day:
                    day = _business_day(left, right)
                    way = day if way is None else all_of((way, day))
                ways.append(way if sooner else opposite(way))
        return all_of(ways)

    def _of_calendar(self, change: Change) -> Iterator[Touch]:
        name = change.kind.name
        if name in {"calendar-added", "calendar-removed", "calendar-coverage-changed", "renamed", "reworded"}:
            return
        for one, other in self._duties():
            uses = change.subject in _calendars(self.new.contract, _calendar_of(other))
            before = {self.old.called("calendar", used) for used in _calendars(self.old.contract, _calendar_of(one))}
            if uses and change.subject in before:
                yield from self._both(other, self._calendar_way(change, _times(one, other)))
        cover = self.new.contract.calendar
        if cover == change.subject and name in {"hours-changed", "holidays-changed"}:
            yield from self._by_days(self._day_way(change))

    @staticmethod
    def _calendar_way(change: Change, times: Iterable[tuple[Duration, bool]]) -> Way | None:
        times = [(time, sooner) for time, sooner in times if time.clock != "wall"]
        one, other = change.before, change.after
        ways: list[Way | None] = []
        for time, sooner in times:
            way: Way | None = "otherwise"
            if change.kind.name == "holidays-changed":
                way = amounts.open_days(one, other) if time.clock == "business" else None
            elif change.kind.name == "hours-changed":
                way = amounts.open_hours(one, other, time.unit) if time.clock == "business" else None
            elif change.kind.name == "business-day-changed":
                way = _business_day(one, other) if (time.clock, time.unit) == ("business", "days") else None
            ways.append(way if sooner else opposite(way))
        return all_of(ways)

    @staticmethod
    def _day_way(change: Change) -> Way | None:
        """Judge what is due by the nth business day: more open days are earlier ones."""
        one, other = change.before, change.after
        if change.kind.name == "holidays-changed":
            days = {item.day for item in (*one.exceptions, *other.exceptions)}
            return all_of(added(*(({1} if amounts.on_day(c, day) else set()) for c in (one, other))) for day in days)
        return added(*({window.weekday for window in c.windows} for c in (one, other)))

    def _by_days(self, way: Way | None) -> Iterator[Touch]:
        """Touch whoever owes something by the nth business day."""

        def business(day: NthDay | None) -> bool:
            return day is not None and day.clock == "business"

        for was, owed in self._duties():
            days = [one.duty.by for one in (was, owed) if isinstance(one.duty, Provide)]
            if days and all(business(day) for day in days):
                yield from self._both(owed, way)
        for one, review in pairs(self.old.contract.reviews, self.new.contract.reviews):
            if one is not None and review is not None and business(one.by) and business(review.by) and way is not None:
                old, new = self._named("party", one.parties, review.parties)
                for party in sorted(old & new):
                    yield Touch(party, "owes", way, (review.id,))

    # --- the cover ----------------------------------------------------------------------------

    def _of_agreement(self, change: Change) -> Iterator[Touch]:
        old, new = self.old.contract, self.new.contract
        match change.kind.name:
            case "expiry-changed":
                longer: Way | None
                if old.expires is None or new.expires is None:
                    longer = "more" if new.expires is None else "less"
                else:
                    longer = rising(old.expires, new.expires)
                for _, owed in self._duties():
                    yield from self._both(owed, longer)
            case "agreement-zone-changed" | "fiscal-year-changed":
                zone = change.kind.name == "agreement-zone-changed"
                for _, owed in self._duties():
                    if (per := _period_of(owed)) is not None and (zone or per in {"quarter", "year"}):
                        yield from self._both(owed, "otherwise")
            case "currency-changed" | "rates-changed":
                money = {
                    (record.id, name)
                    for record in new.records.values()
                    for name, found in record.fields.items()
                    if found.type == "money"
                }
                yield from self._through(_Touched(fields=money, blunt=True))
            case "part-periods-changed":
                skipped: Way = "less" if new.part_periods == "skipped" else "more"
                for _, owed in self._duties():
                    if isinstance(owed.duty, Volume):
                        yield from self._both(owed, skipped)
                for goal, _ in self._goals():
                    yield from self._owners(goal, skipped)
            case "business-days-changed":
                yield from self._by_days("otherwise")

    def _owners(self, goal: Goal, way: Way | None) -> Iterator[Touch]:
        """Touch the owners of a goal, but not a party that owns it only now: to it the whole goal is new."""
        was = next((one for other, one in self._goals() if other.id == goal.id), goal)
        before = {self.old.called("party", party) for party in was.owned_by}
        for party in goal.owned_by:
            if way is not None and (party in before or was is goal):
                yield Touch(party, "owes", way, (goal.id,))

    def _of_goal(self, change: Change) -> Iterator[Touch]:
        one, other = change.before, change.after
        match change.kind.name:
            case "goal-added" | "goal-removed":
                yield from self._owners(other or one, "more" if one is None else "less")
            case "goal-owners-changed":
                was, now = self._named("party", one.owned_by, other.owned_by)
                for party in sorted(was ^ now):
                    yield Touch(party, "owes", "more" if party in now else "less", (other.id,))
            case "goal-target-changed":
                yield from self._owners(other, amounts.goal(one.target, other.target))
            case "goal-ramp-changed":
                left, right = dict(one.ramp), dict(other.ramp)
                ways = [
                    amounts.goal(left.get(period, one.target), right.get(period, other.target))
                    for period in sorted({*left, *right})
                ]
                yield from self._owners(other, all_of(ways))
            case "goal-metric-changed":
                yield from self._owners(other, "otherwise")
            case "baseline-changed" if one.target.on == other.target.on == "baseline":
                yield from self._owners(other, "otherwise")

    def _of_review(self, change: Change) -> Iterator[Touch]:
        one, other = change.before, change.after
        if change.kind.name not in {"review-added", "review-removed", "review-changed"}:
            return
        if one is None or other is None:
            for party in (other or one).parties:
                yield Touch(party, "owes", "more" if one is None else "less", (change.subject,))
            return
        was, now = self._named("party", one.parties, other.parties)
        for party in sorted(was ^ now):
            yield Touch(party, "owes", "more" if party in now else "less", (change.subject,))
        way = all_of((amounts.oftener(one.every, other.every), amounts.earlier(one.by, other.by)))
        for party in sorted(was & now):
            if way is not None:
                yield Touch(party, "owes", way, (change.subject,))

    # --- lifecycles ---------------------------------------------------------------------------

    def _of_handoff(self, change: Change) -> Iterator[Touch]:
        one, other = change.before, change.after
        if change.kind.name not in {"handoff-added", "handoff-removed", "handoff-changed"}:
            return
        if one is None or other is None:
            yield from _handed(other or one, "more" if one is None else "less", change.subject)
            return
        fixed = {
            (self.old.called("party", one.given_by), self.old.called("party", one.taken_by)),
            (other.given_by, other.taken_by),
        }
        same = len(fixed) == 1 and (one.old, one.new) == (other.old, other.new)
        way = added(one.documents, other.documents) if same else "otherwise"
        for giver, taker in sorted(fixed):
            if way is not None:
                yield Touch(giver, "owes", way, (change.subject,))
                yield Touch(taker, "is owed", way, (change.subject,))

    def _of_cycle(self, change: Change) -> Iterator[Touch]:
        one, other = change.before, change.after
        name = change.kind.name
        ways: Mapping[str, Way | None] = {
            "stage-added": "less", "stage-removed": "more", "stage-changed": "otherwise",
            "lifecycle-field-changed": "otherwise",
        }  # fmt: skip
        way = ways.get(name)
        if name == "lifecycle-starts-changed":
            way = opposite(added(*self._stages(one, one.starts, other.starts)))
        if name == "moves-changed":
            moves = [{(old, new) for old, targets in x.moves.items() for new in targets} for x in (one, other)]
            scope = self.old.within(one.record, one.id)
            before = {(scope.called("stage", old), scope.called("stage", new)) for old, new in moves[0]}
            way = opposite(added(before, moves[1]))
        cycle = change.subject.partition(".")[0]
        for was, owed in self._duties():
            if isinstance(was.duty, Follows) and isinstance(owed.duty, Follows):
                if self.old.called("lifecycle", was.duty.lifecycle) == owed.duty.lifecycle == cycle:
                    yield from self._both(owed, way)
            elif name in {"stage-changed", "lifecycle-field-changed"}:
                old_cycle = next(
                    found for found in self.old.contract.lifecycles if self.old.called("lifecycle", found) == cycle
                )
                if self._sees(self.old, was, old_cycle, one) and self._sees(self.new, owed, cycle, other):
                    yield from self._both(owed, "otherwise")

    def _stages(self, one: Lifecycle, old: Iterable[str], new: Iterable[str]) -> tuple[set[str], set[str]]:
        scope = self.old.within(one.record, one.id)
        return {scope.called("stage", name) for name in old}, set(new)

    @staticmethod
    def _sees(side: Side, owed: Responsibility, cycle: str, part: Any) -> bool:
        """Say whether a duty starts, stops or pauses at a stage that changed."""
        rows = _rows_of(owed)
        known = side.contract.lifecycles.get(cycle)
        if rows is None or known is None or rows.record != known.record:
            return False
        named = {event.name for event in _events_of(owed) if event.kind == "entering"}
        if isinstance(owed.duty, Clock):
            named |= set(owed.duty.pauses)
        return bool(named) if isinstance(part, Lifecycle) else part.id in named

    # --- what terms and duties rest on --------------------------------------------------------

    def _of_record(self, change: Change) -> Iterator[Touch]:
        name, record = change.kind.name, change.subject
        if name not in {
            "record-key-changed", "record-date-changed", "links-changed", "history-changed", "merging-changed",
        }:  # fmt: skip
            return
        if name in {"links-changed", "history-changed"}:
            history = name == "history-changed"
            for one, owed in self._duties():
                before = self._sees_children(self.old, one, change.before.id, history=history)
                if before and self._sees_children(self.new, owed, record, history=history):
                    yield from self._both(owed, "otherwise")
            return
        if name == "record-date-changed":
            # When a child happens decides what is the first and the last of it.
            timed = {
                (found.id, one.id)
                for found in self.new.contract.records.values()
                for one in found.fields.values()
                if one.derived is not None
                and one.derived[0] in {"first", "last"}
                and self.new.contract.terms[one.derived[1]].record == record
            }
            if timed:
                yield from self._through(_Touched(fields=timed, derived=set(timed), blunt=True))
        for _, owed in self._duties():
            rows = _rows_of(owed)
            if rows is None or rows.record != record:
                continue
            if name != "record-date-changed" or self._dated_by(owed) is None:
                yield from self._both(owed, "otherwise")

    @staticmethod
    def _sees_children(side: Side, owed: Responsibility, child: str, *, history: bool) -> bool:
        """Say whether a duty looks at the rows of a child record: as events, in derived fields, or as a change log."""
        rows = _rows_of(owed)
        parents = {link.parent for link in side.contract.records[child].links}
        if rows is None or rows.record not in parents:
            return False
        events = _events_of(owed)
        if history:
            paused = isinstance(owed.duty, Clock) and bool(owed.duty.pauses)
            moves = isinstance(owed.duty, Follows | Volume) or any(event.kind == "entering" for event in events)
            return paused or moves
        terms = {event.name for event in events if event.kind == "term"}
        if isinstance(owed.duty, Attempts):
            terms.add(owed.duty.of)
        if isinstance(owed.duty, Clock) and owed.duty.every is not None:
            terms.add(owed.duty.every)
        for found in side.contract.records[rows.record].fields.values():
            if found.derived is not None and found.derived[0] != "domain_of":
                read = owed.duty.fields(owed, side.contract)
                if any((rows.record, found.id) == (record, name) for record, name, _ in read):
                    terms.add(found.derived[1])
        return any(side.contract.terms[name].record == child for name in terms)

    def _dated_by(self, owed: Responsibility) -> str | None:
        """Give what places the rows of a duty in a period nearer than their record does."""
        rows = _rows_of(owed)
        if isinstance(owed.duty, Clock | Attempts) or _period_of(owed) is None:
            return "its start, or no period"
        term = self.new.contract.terms[rows.term].dated if rows and rows.term else None
        return owed.dated or term

    def _of_exclusion(self, change: Change) -> Iterator[Touch]:
        one, other = change.before, change.after
        record, _, name = change.subject.partition(".")
        way: Way | None = "more"
        if one is not None and other is not None:
            verdict = self.ask(questions.exclusion(record, name))
            way = _way(verdict, "less")
        elif one is not None:
            way = "less"
        yield from self._left_out(record, way)

    def _left_out(self, record: str, way: Way | None) -> Iterator[Touch]:
        """Touch the duties about a record of which more rows, fewer, or others are left out."""
        for _, owed in self._duties():
            rows = _rows_of(owed)
            if rows is not None and rows.record == record:
                yield from self._both(owed, way if isinstance(owed.duty, Volume) else opposite(way))

    def _of_meaning(self, change: Change) -> Iterator[Touch]:
        name, subject = change.kind.name, change.subject
        match name:
            case "definition-changed":
                self.ask(change.after.id)
                yield from self._through(_Touched(terms={subject}))
            case "term-record-changed":
                yield from self._through(_Touched(terms={subject}, marks={subject}, blunt=True))
            case "mark-changed":
                one, other = change.before, change.after
                known = one.marked is not None and other.marked is not None
                if known:
                    self.ask(questions.mark(other.id))
                yield from self._through(_Touched(marks={subject}, blunt=not known))
            case "term-date-changed":
                for _, owed in self._duties():
                    rows = _rows_of(owed)
                    timed = isinstance(owed.duty, Clock | Attempts)
                    if rows and rows.term == subject and not timed and _period_of(owed) and owed.dated is None:
                        yield from self._both(owed, "otherwise")
                for goal, _ in self._goals():
                    metric = self.new.contract.metrics[goal.metric]
                    if subject in {metric.of, metric.base}:
                        yield from self._owners(goal, "otherwise")
            case "list-changed":
                yield from self._through(_Touched(lists={subject}))
            case "field-values-changed" | "field-type-changed" | "field-reading-changed":
                record, _, field_id = subject.partition(".")
                one, other = change.before, change.after
                compared = name == "field-values-changed" or _compared_alike(one, other)
                yield from self._through(_Touched(fields={(record, field_id)}, blunt=not compared))

    def _through(self, touched: _Touched) -> Iterator[Touch]:
        """Touch everybody whose duties and goals rest on what a change reaches, also by way of terms and exclusions."""
        self._spread(touched)
        for name in sorted(touched.terms):
            if not touched.blunt and name in self.new.contract.terms:
                self.ask(name)
        for one, other in self._duties():
            yield from self._both(other, all_of(self._ways(one, other, touched)))
        for record in self.new.contract.records.values():
            for test in record.left_out:
                if self._reaches(test, self.new.within(record.id), touched):
                    yield from self._left_out(record.id, opposite(self._excluded(record.id, test, touched)))
        for goal, was in self._goals():
            if self.old.called("metric", was.metric) == goal.metric:
                yield from self._owners(goal, self._goal_way(goal, was, touched))

    def _excluded(self, record: str, test: Test, touched: _Touched) -> Way | None:
        if touched.blunt:
            return "otherwise"
        was = next(
            (one for one in self.old.contract.records.values() if self.old.called("record", one.id) == record), None
        )
        if was is None or not any(one.name == test.name for one in was.left_out):
            return None
        return _way(self.ask(questions.exclusion(record, test.name)), "more")

    def _spread(self, touched: _Touched) -> None:
        """Add the terms that rest on what is reached, on either side, and the fields that are derived from those."""
        size = -1
        while size != len(touched.terms) + len(touched.marks) + len(touched.fields):
            size = len(touched.terms) + len(touched.marks) + len(touched.fields)
            for name, tests, marked, scope in self.terms:
                if name not in touched.terms and any(self._reaches(test, scope, touched) for test in tests):
                    touched.terms.add(name)
                if marked is not None and name not in touched.marks and self._reaches(marked, scope, touched):
                    touched.marks.add(name)
            for side in (self.old, self.new):
                for record in side.contract.records.values():
                    scope = side.within(record.id)
                    for found in record.fields.values():
                        if found.derived is not None and self._derived(found, scope, touched):
                            of = side.called("record", record.id), scope.called("field", found.id)
                            touched.fields.add(of)
                            how, term = found.derived
                            if how != "domain_of" and (
                                touched.blunt or self.ask(scope.called("term", term)) != "equal"
                            ):
                                touched.derived.add(of)

    @staticmethod
    def _derived(found: Field, scope: Side, touched: _Touched) -> bool:
        if found.derived is None:
            return False
        how, name = found.derived
        if how == "domain_of":
            record = scope.called("record", scope.record or "")
            return (record, scope.called("field", name)) in touched.fields
        return scope.called("term", name) in touched.terms

    def _reaches(self, test: Test | None, scope: Side, touched: _Touched) -> bool:
        """Say whether a criterion speaks of something that is reached."""
        if test is None:
            return False
        key = (id(test), scope.record)
        if key not in self.mentions:
            self.mentions[key] = _mentioned(test, scope)
        terms, lists, fields = self.mentions[key]
        return not (
            terms.isdisjoint(touched.terms) and lists.isdisjoint(touched.lists) and fields.isdisjoint(touched.fields)
        )

    def _ways(self, one: Responsibility, other: Responsibility, touched: _Touched) -> Iterator[Way | None]:
        """Give the way of each use that a duty makes of what is reached, where both sides use it alike."""
        was, now = self._scope(self.old, one), self._scope(self.new, other)
        rows, earlier = _rows_of(other), _rows_of(one)
        fewer: Way = "more" if isinstance(other.duty, Volume) else "less"

        def way(name: str, tighter: Way) -> Way | None:
            return "otherwise" if touched.blunt else _way(self.ask(name), tighter)

        if rows is not None and rows.term is not None and told(earlier, was) == told(rows, now):
            if rows.marked and rows.term in touched.marks:
                yield way(questions.mark(rows.term), fewer)
            if not rows.marked and rows.term in touched.terms:
                yield way(rows.term, fewer)
        if self._alike(one.where, other.where, was, now, touched):
            yield way(questions.where(other.id), "less")
        match (one.duty, other.duty):
            case (Must(test=left), Must(test=right)) if self._alike(left, right, was, now, touched):
                yield way(questions.must(other), "more")
            case (Clock(), Clock()):
                yield from self._clock_ways(one, other, was, now, touched)
            case (Attempts(of=left_of), Attempts(of=right_of)):
                if right_of in touched.terms and self.old.called("term", left_of) == right_of:
                    yield way(right_of, "more")
                yield from self._event_ways(one.duty.until, other.duty.until, "less", touched)
        if touched.blunt and self._reads(one, was, touched) and self._reads(other, now, touched):
            yield "otherwise"
        if _named(one, was) & _named(other, now) & touched.derived:
            yield "otherwise"

    def _clock_ways(
        self, one: Responsibility, other: Responsibility, was: Side, now: Side, touched: _Touched
    ) -> Iterator[Way | None]:
        assert isinstance(one.duty, Clock)
        assert isinstance(other.duty, Clock)
        every = other.duty.every
        if every is not None and every in touched.terms and told(one.duty.every, was, "term") == every:
            yield "otherwise" if touched.blunt else _way(self.ask(every), "more")
        yield from self._event_ways(one.duty.stops, other.duty.stops, "more", touched)
        yield from self._event_ways(one.duty.until, other.duty.until, "more", touched)
        yield from self._event_ways(one.duty.starts, other.duty.starts, "otherwise", touched)
        for left, right in paired_tiers(one.duty.tiers, other.duty.tiers, was, now):
            if left and right and self._alike(left.when, right.when, was, now, touched):
                rest = _against_rest(right, other.duty)
                if touched.blunt or rest == "otherwise":
                    yield "otherwise"
                elif rest is not None:
                    names = questions.tier(other.id, left.name), questions.tier(other.id, right.name)
                    yield _way(self.ask(names[1], names[0]), opposite(rest))

    def _event_ways(
        self, old: Iterable[Event], new: Iterable[Event], tighter: Way, touched: _Touched
    ) -> Iterator[Way | None]:
        before = {self.old.called("term", event.name) for event in old if event.kind == "term"}
        for event in new:
            if event.kind == "term" and event.name in touched.terms & before:
                blunt = touched.blunt or tighter == "otherwise"
                yield "otherwise" if blunt else _way(self.ask(event.name), tighter)

    def _alike(self, left: Test | None, right: Test | None, was: Side, now: Side, touched: _Touched) -> bool:
        """Say whether both sides have the same words, and these speak of something that is reached."""
        if left is None or right is None or told(left, was) != told(right, now):
            return False
        return self._reaches(left, was, touched) or self._reaches(right, now, touched)

    @staticmethod
    def _reads(owed: Responsibility, scope: Side, touched: _Touched) -> bool:
        found = owed.duty.fields(owed, scope.contract)
        return any((scope.called("record", of), scope.called("field", name)) in touched.fields for of, name, _ in found)

    def _goal_way(self, goal: Goal, was: Goal, touched: _Touched) -> Way | None:
        """Judge a goal by what its metric counts: with fewer rows a number of them, or a share, is harder to reach."""
        metric = self.new.contract.metrics[goal.metric]
        ways: list[Way | None] = []
        harder: Way = "less" if goal.target.way == "at most" else "more"
        figures = metric.kind in {"count", "count_first", "sum", "ratio", "share"}
        figures = figures and (goal.target.way == "at most") == (was.target.way == "at most")
        for term, tighter in ((metric.of, harder), (metric.base, opposite(harder))):
            if term is not None and term in touched.terms:
                if touched.blunt or not figures or tighter is None:
                    ways.append("otherwise")
                else:
                    ways.append(_way(self.ask(term), tighter))
        named = {metric.field, metric.start, metric.end} - {None}
        known = self.new.contract.terms.get(metric.of)
        moved = touched.fields if touched.blunt else touched.derived
        if known is not None and any((known.record, name) in moved for name in named):
            ways.append("otherwise")
        return all_of(ways)


# --- small things -----------------------------------------------------------------------------


def _question(change: Change) -> str | None:
    """Name the comparison that tells whether a text was only rewritten."""
    after = change.after
    match change.kind.name:
        case "definition-changed":
            return str(after.id)
        case "mark-changed":
            return questions.mark(after.id)
        case "condition-changed":
            return questions.where(after.id)
        case "requirement-changed":
            return questions.asks(after.id)
        case "tier-changed":
            return questions.tier(after.id, change.key)
        case "exclusion-changed":
            return questions.exclusion(*change.subject.split(".", 1))
        case _:
            return None


def _way(verdict: Verdict, tighter: Way | None) -> Way | None:
    """Give which way a comparison goes where a tighter term goes the way of `tighter`."""
    match verdict:
        case "tighter":
            return tighter
        case "looser":
            return opposite(tighter)
        case "equal":
            return None
        case _:
            return "otherwise"


def _handed(found: Handoff, way: Way, subject: str) -> Iterator[Touch]:
    yield Touch(found.given_by, "owes", way, (subject,))
    yield Touch(found.taken_by, "is owed", way, (subject,))


def _rows_of(owed: Responsibility) -> Covers | None:
    return owed.duty.of if isinstance(owed.duty, Volume) else owed.covers


def _events_of(owed: Responsibility) -> tuple[Event, ...]:
    match owed.duty:
        case Clock(starts=starts, stops=stops, until=until):
            return (*starts, *stops, *until)
        case Attempts(starts=starts, until=until):
            return (*starts, *until)
        case _:
            return ()


def _named(owed: Responsibility, scope: Side) -> set[tuple[str, str]]:
    """Give the fields that a duty names itself, and not by way of a criterion."""
    names = {event.name for event in _events_of(owed) if event.kind == "field"}
    if isinstance(owed.duty, Complete):
        names |= {name for name, _ in owed.duty.facts}
    if owed.dated is not None:
        names.add(owed.dated)
    return {(scope.called("record", scope.record or ""), scope.called("field", name)) for name in names}


def _period_of(owed: Responsibility) -> str | None:
    match owed.duty:
        case Volume(per=per):
            return per
        case Provide(every=every):
            return every
        case _:
            return owed.target.per if owed.target else None


def _calendar_of(owed: Responsibility) -> str | None:
    return owed.duty.calendar if isinstance(owed.duty, Clock | Attempts) else None


def _calendars(contract: Contract, name: str | None) -> set[str]:
    """Give a calendar, and where it is a choice those that it chooses from."""
    found: set[str] = set()
    left = [name] if name else []
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            calendar = contract.calendars.get(one)
            if isinstance(calendar, Choice):
                left += [*calendar.cases.values(), calendar.otherwise]
    return found


def _times(one: Responsibility, other: Responsibility) -> list[tuple[Duration, bool]]:
    """Give the lengths of time in a duty that are counted alike on both sides, and whether a shorter one is harder."""
    before = {(time.clock, time.unit, sooner) for time, sooner in _lengths(one)}
    return [(time, sooner) for time, sooner in _lengths(other) if (time.clock, time.unit, sooner) in before]


def _lengths(owed: Responsibility) -> Iterator[tuple[Duration, bool]]:
    """Give the lengths of time in a duty, and whether a shorter one is harder to keep."""
    match owed.duty:
        case Clock(tiers=tiers):
            for tier in tiers:
                yield tier.within, True
        case Attempts(within=within, apart=apart):
            if within is not None:
                yield within, True
            if apart is not None:
                yield apart, False


def _business_day(one: Calendar, other: Calendar) -> Way | None:
    """Judge another length of the business day: a longer one gives a clock of days more time."""
    if one.business_day is None or other.business_day is None:
        return "otherwise"
    return rising(other.business_day, one.business_day)


def _events(old: Iterable[Event], new: Iterable[Event], was: Side, now: Side) -> tuple[set[Any], set[Any]]:
    return {told(one, was) for one in old}, {told(one, now) for one in new}


def _optional(way: Way | None, old: tuple[Event, ...], new: tuple[Event, ...], first: Way) -> Way | None:
    """Judge events of which having none says something else than having few: no end is the longest time."""
    if not old or not new:
        return first if not old else opposite(first)
    return way


def _against_rest(tier: Tier, duty: Clock) -> Way | None:
    """Give what it means for a row to be in a tier rather than in those below: `more` where its time is the shortest.

    Below the last tier a row has no time at all, and is owed nothing.
    """
    below = duty.tiers[duty.tiers.index(tier) + 1 :]
    return all_of(amounts.shorter(one.within, tier.within) for one in below) if below else "more"


def _ramp(one: Responsibility, other: Responsibility) -> Way | None:
    if isinstance(one.duty, Volume) and isinstance(other.duty, Volume):
        left, right = one.duty, other.duty
        bases = [duty.at_least[0][1] if duty.split_by is None else None for duty in (left, right)]
        return amounts.steps(left.ramp, right.ramp, bases[0], bases[1])
    was, now = one.target, other.target
    return amounts.steps(
        was.ramp if was else (), now.ramp if now else (), was.share if was else ALL_OF_THEM,
        now.share if now else ALL_OF_THEM,
    )  # fmt: skip


def _volume(one: Volume, other: Volume) -> Way | None:
    """Compare the numbers that are owed value by value; a value without a number is owed none."""
    was, now = dict(one.at_least), dict(other.at_least)
    return all_of(rising(was.get(value, 0), now.get(value, 0)) for value in was.keys() | now.keys())


def _consequences(one: Responsibility, other: Responsibility) -> Way | None:
    """Compare what follows from misses: more of it, or sooner, weighs more on who owes."""
    was = {(found.then, found.in_a_row): found.after for found in one.on_miss}
    now = {(found.then, found.in_a_row): found.after for found in other.on_miss}
    return all_of((added(was, now), *(rising(now[key], was[key]) for key in was.keys() & now.keys())))


def _compared_alike(one: Field, other: Field) -> bool:
    """Say whether two fields differ only in what a comparison of criteria takes in."""

    def rest(found: Field) -> tuple[Any, ...]:
        return (found.derived, found.keeps, found.planned, found.person)

    return rest(one) == rest(other)


def _mentioned(test: Test, scope: Side) -> _Mentioned:
    record = scope.called("record", scope.record or "")
    found = [*leaves(test.tree)]
    return (
        frozenset(scope.called("term", leaf.term) for leaf in found if isinstance(leaf, Meets)),
        frozenset(leaf.list_name for leaf in found if isinstance(leaf, In) and leaf.list_name is not None),
        frozenset((record, scope.called("field", name)) for leaf in found for name in _fields(leaf)),
    )


def _fields(leaf: Criterion) -> Iterator[str]:
    name = getattr(leaf, "name", None)
    if name is not None:
        yield name
    if isinstance(leaf, Compare) and isinstance(leaf.operand, FieldValue):
        yield leaf.operand.name
    if isinstance(leaf, Between):
        for end in (leaf.low, leaf.high):
            if isinstance(end, FieldValue):
                yield end.name
