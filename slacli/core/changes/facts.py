"""What changed between two versions: facts only, by id and `was:`, each edit once, with its place on both sides."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from slacli.core.changes.kinds import KINDS, Kind
from slacli.core.changes.names import Side, pairs, sides, told
from slacli.core.changes.placed import PLACED, About, Says, Words
from slacli.core.duties.clock import Clock
from slacli.core.duties.volume import Volume
from slacli.model import (
    Binding,
    Calendar,
    Choice,
    Contract,
    Exceptional,
    Handoff,
    Lifecycle,
    Metric,
    Record,
    Responsibility,
    Target,
    Term,
    Tier,
)
from slacli.places import Address
from slacli.values import dataclass

_HOLIDAYS = "holidays.yaml"


@dataclass(frozen=True, slots=True)
class Change:
    """One edit. `before` and `after` are the whole part that it is in, None where the part is new or was taken out.

    `subject` names the part as messages do (`first_touch`, `lead.budget`), by its new id. `key` says which of several
    changes of one kind in one part it is: the text that was reworded, or the tier.
    """

    kind: Kind
    about: About
    subject: str
    key: str
    before: Any
    after: Any
    at_before: Address | None
    at_after: Address | None

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits of rule and subject: never of lines or commits, so that it outlives both."""
        text = f"{self.kind.name}\n{self.about} {self.subject}\n{self.key}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]


def compare(old: Contract, new: Contract) -> tuple[Change, ...]:
    """Give every change from one version to another, in the order of the newer text; nothing where both say the same.

    Layout, comments, the order of keys and the names of the files of bindings are no change, and neither is what is
    written down as data: deliverables, reviews held, disputes, waivers.
    """
    return tuple(_Walk(*sides(old, new)).agreement())


@dataclass(frozen=True, slots=True)
class _Walk:
    old: Side
    new: Side

    def agreement(self) -> Iterator[Change]:
        old, new = self.old.contract, self.new.contract
        yield from self._inside("agreement", "", old, new, self._people(self.old), self._people(self.new))
        yield from self._held("party", old.parties, new.parties)
        yield from self._held("role", old.sign_off, new.sign_off)
        yield from self._lists()
        yield from self._calendars()
        yield from self._held("review", old.reviews, new.reviews)
        yield from self._incentives()
        for record in self._held_parts("record", old.records, new.records):
            yield from self._record(record)
        yield from self._held("term", old.terms, new.terms)
        for cycle in self._held_parts("lifecycle", old.lifecycles, new.lifecycles):
            yield from self._cycle(cycle)
        yield from self._held("responsibility", old.responsibilities, new.responsibilities)
        yield from self._held("metric", old.metrics, new.metrics)
        yield from self._held("goal", old.goals, new.goals)
        yield from self._bindings()

    # --- parts --------------------------------------------------------------------------------

    def _held(self, about: About, old: Mapping[str, Any], new: Mapping[str, Any], of: str = "") -> Iterator[Change]:
        for found in self._held_parts(about, old, new, of):
            if isinstance(found, Change):
                yield found

    def _held_parts(
        self, about: About, old: Mapping[str, Any], new: Mapping[str, Any], of: str = ""
    ) -> Iterator[Change | tuple[Any, Any]]:
        """Give the changes of parts with ids, and behind those of each part that both sides have, the two."""
        name = "duty" if about == "responsibility" else about
        for one, other in pairs(old, new):
            if one is None or other is None:
                yield self._come_or_gone(name, about, of, one, other)
                continue
            subject = of + other.id
            if one.id != other.id:
                yield Change(KINDS["renamed"], about, subject, "", one, other, one.at, other.at)
            yield from self._inside(about, subject, one, other, *self._scopes(one, other))
            yield (one, other)

    @staticmethod
    def _come_or_gone(name: str, about: About, of: str, one: Any, other: Any) -> Change:
        kind = KINDS[f"{name}-added" if one is None else f"{name}-removed"]
        part = one if other is None else other
        return Change(kind, about, of + part.id, "", one, other, one.at if one else None, other.at if other else None)

    def _scopes(self, one: Any, other: Any) -> tuple[Side, Side]:
        return self._scope(self.old, one), self._scope(self.new, other)

    def _scope(self, side: Side, part: Any) -> Side:
        match part:
            case Record(id=record) | Term(record=record) | Binding(record=record):
                return side.within(record)
            case Lifecycle(id=cycle, record=record):
                return side.within(record, cycle)
            case Responsibility(covers=covers, duty=duty):
                rows = duty.of if isinstance(duty, Volume) else covers
                return side.within(rows.record if rows else None)
            case Metric(of=of):
                term = side.contract.terms.get(of)
                return side.within(term.record if term else None)
            case _:
                return self._people(side) if side.record is None else side

    @staticmethod
    def _people(side: Side) -> Side:
        people = side.contract.people
        return side.within(people.record if people else None)

    # --- the fields of a part -----------------------------------------------------------------

    def _inside(
        self,
        about: About,
        subject: str,
        one: Any,
        other: Any,
        was: Side,
        now: Side,
        keys: tuple[str, ...] = (),
        whole: tuple[Any, Any] | None = None,
    ) -> Iterator[Change]:
        """Compare two parts field by field; `keys` lead to them from the place of the `whole` that they are in."""
        before, after = whole or (one, other)
        seen: set[str] = set()
        for name, placed in PLACED[type(other)].items():
            if isinstance(placed, Words):
                if not _same_words(one, other, name, title=placed.title):
                    ends = before.at / name, after.at / name
                    yield Change(KINDS["reworded"], about, subject, name, before, after, *ends)
            elif isinstance(placed, Says) and placed.kind not in seen:
                left = placed.read(getattr(one, name), was, placed.sort)
                right = placed.read(getattr(other, name), now, placed.sort)
                if left != right:
                    seen.add(placed.kind)
                    path = (*keys, *((name,) if placed.keys is None else placed.keys))
                    ends = _below(before.at, path), _below(after.at, path)
                    yield Change(KINDS[placed.kind], about, subject, "", before, after, *ends)
        match other:
            case Term():
                yield from self._term(one, other, was, now)
            case Calendar():
                yield from self._holidays(one, other)
            case Responsibility():
                yield from self._duty(one, other, was, now)

    def _term(self, one: Term, other: Term, was: Side, now: Side) -> Iterator[Change]:
        def labelled(term: Term, side: Side) -> set[Any]:
            return {(test.name, told(test, side)) for test in term.criteria}

        said, says = labelled(one, was), labelled(other, now)
        if said != says and Counter(tree for _, tree in said) == Counter(tree for _, tree in says):
            ends = one.at / "criteria", other.at / "criteria"
            yield Change(KINDS["reworded"], "term", other.id, "criteria", one, other, *ends)

        def shown(term: Term, side: Side) -> set[Any]:
            return {
                (
                    example.verdict,
                    frozenset((side.called("field", name), repr(v)) for name, v in example.values.items()),
                )
                for example in term.examples
            }

        def why(term: Term) -> list[str]:
            return sorted(example.because for example in term.examples)

        ends = one.at / "examples", other.at / "examples"
        if shown(one, was) != shown(other, now):
            yield Change(KINDS["examples-changed"], "term", other.id, "", one, other, *ends)
        elif why(one) != why(other):
            yield Change(KINDS["reworded"], "term", other.id, "examples", one, other, *ends)

    def _record(self, found: Change | tuple[Record, Record]) -> Iterator[Change]:
        if isinstance(found, Change):
            yield found
            return
        one, other = found
        was, now = self.old.within(one.id), self.new.within(other.id)
        yield from self._held("field", one.fields, other.fields, f"{other.id}.")
        left = {test.name: test for test in one.left_out}
        for test in other.left_out:
            earlier = left.pop(test.name, None)
            subject = f"{other.id}.{test.name}"
            if earlier is None:
                same = next((t for t in left.values() if told(t, was) == told(test, now)), None)
                if same is not None and same.name not in {t.name for t in other.left_out}:
                    del left[same.name]
                    yield Change(KINDS["reworded"], "exclusion", subject, "", same, test, same.at, test.at)
                else:
                    yield Change(KINDS["exclusion-added"], "exclusion", subject, "", None, test, None, test.at)
            elif told(earlier, was) != told(test, now):
                yield Change(KINDS["exclusion-changed"], "exclusion", subject, "", earlier, test, earlier.at, test.at)
        for gone in left.values():
            subject = f"{other.id}.{gone.name}"
            yield Change(KINDS["exclusion-removed"], "exclusion", subject, "", gone, None, gone.at, None)

    def _cycle(self, found: Change | tuple[Lifecycle, Lifecycle]) -> Iterator[Change]:
        if isinstance(found, Change):
            yield found
            return
        one, other = found
        walk = _Walk(*self._scopes(one, other))
        of = f"{other.id}."
        yield from walk._held("stage", one.stages, other.stages, of)  # a walk in the scope of this lifecycle
        yield from walk._held("handoff", _by_id(one.handoffs), _by_id(other.handoffs), of)

    # --- the cover ----------------------------------------------------------------------------

    def _lists(self) -> Iterator[Change]:
        old, new = self.old.contract.lists, self.new.contract.lists
        kinds = ("list-added", "list-removed", "list-changed")
        yield from self._entries("list", "lists", kinds, old, new, frozenset, frozenset)

    def _incentives(self) -> Iterator[Change]:
        old = {self.old.called("party", name): values for name, values in self.old.contract.incentives.items()}
        new = self.new.contract.incentives
        yield from self._entries(
            "incentive", "incentives", ("incentives-changed",) * 3, old, new,
            lambda values: frozenset(self.old.called("metric", one) for one in values), frozenset,
        )  # fmt: skip

    @staticmethod
    def _entries(
        about: About, section: str, kinds: tuple[str, str, str], old: Mapping[str, Any], new: Mapping[str, Any],
        was: Any, now: Any,
    ) -> Iterator[Change]:  # fmt: skip
        added, removed, changed = kinds
        for name in [*new, *(name for name in old if name not in new)]:
            here = Address("contract.yaml", (section, name))
            ends = here if name in old else None, here if name in new else None
            kind = changed if name in old and name in new else added if name in new else removed
            if kind != changed or name not in old or name not in new or was(old[name]) != now(new[name]):
                yield Change(KINDS[kind], about, name, "", old.get(name), new.get(name), *ends)

    def _calendars(self) -> Iterator[Change]:
        for one, other in pairs(self.old.contract.calendars, self.new.contract.calendars):
            if one is None or other is None:
                yield self._come_or_gone("calendar", "calendar", "", one, other)
                continue
            if one.id != other.id:
                yield Change(KINDS["renamed"], "calendar", other.id, "", one, other, one.at, other.at)
            if isinstance(one, Choice) != isinstance(other, Choice):
                yield Change(KINDS["calendar-replaced"], "calendar", other.id, "", one, other, one.at, other.at)
            else:
                yield from self._inside("calendar", other.id, one, other, self.old, self.new)

    @staticmethod
    def _holidays(one: Calendar, other: Calendar) -> Iterator[Change]:
        said = {day.day: day for day in one.exceptions}
        says = {day.day: day for day in other.exceptions}
        moved = sorted(day for day in said.keys() | says.keys() if _hours(said.get(day)) != _hours(says.get(day)))
        if moved:
            ends = _day_at(one, said, moved), _day_at(other, says, moved)
            yield Change(KINDS["holidays-changed"], "calendar", other.id, "", one, other, *ends)
        named = sorted(d for d in said.keys() & says.keys() if d not in moved and said[d].name != says[d].name)
        if named:
            ends = _day_at(one, said, named), _day_at(other, says, named)
            yield Change(KINDS["reworded"], "calendar", other.id, "holidays", one, other, *ends)

    # --- duties -------------------------------------------------------------------------------

    def _duty(self, one: Responsibility, other: Responsibility, was: Side, now: Side) -> Iterator[Change]:
        def change(kind: str, key: str, keys: tuple[str | int, ...], earlier: tuple[str | int, ...] = ()) -> Change:
            ends = _below(one.at, earlier or keys), _below(other.at, keys)
            return Change(KINDS[kind], "responsibility", other.id, key, one, other, *ends)

        said, says = one.target or Target(ALL_OF_THEM, None), other.target or Target(ALL_OF_THEM, None)
        if (said.share, said.per) != (says.share, says.per):
            yield change("target-changed", "", ("target",))
        if set(said.ramp) != set(says.ramp):
            yield change("ramp-changed", "", ("ramp",))
        if type(one.duty) is not type(other.duty):
            yield change("duty-kind-changed", "", (other.duty.kind,), (one.duty.kind,))
            return
        keys = (other.duty.kind,)
        yield from self._inside("responsibility", other.id, one.duty, other.duty, was, now, keys, (one, other))
        if isinstance(one.duty, Clock) and isinstance(other.duty, Clock):
            yield from self._tiers(one, other, was, now)

    @staticmethod
    def _tiers(one: Responsibility, other: Responsibility, was: Side, now: Side) -> Iterator[Change]:
        assert isinstance(one.duty, Clock)
        assert isinstance(other.duty, Clock)
        found = paired_tiers(one.duty.tiers, other.duty.tiers, was, now)
        for left, right in found:
            ends = _tier_at(one, left), _tier_at(other, right)

            def change(kind: str, key: str, ends: tuple[Address | None, Address | None] = ends) -> Change:
                return Change(KINDS[kind], "responsibility", other.id, key, one, other, *ends)

            if left is None:
                assert right is not None
                yield change("tier-added", right.name)
            elif right is None:
                yield change("tier-removed", left.name)
            else:
                if left.within != right.within:
                    yield change("deadline-changed", "" if len(found) == 1 else right.name)
                if told(left.when, was) != told(right.when, now):
                    yield change("tier-changed", right.name)
                if left.name != right.name and left.when is not None:
                    yield change("reworded", f"tier {right.name}")
        kept = [one.duty.tiers.index(left) for left, right in found if left is not None and right is not None]
        if kept != sorted(kept):
            ends = _below(one.at, ("clock", "tiers")), _below(other.at, ("clock", "tiers"))
            yield Change(KINDS["tier-order-changed"], "responsibility", other.id, "", one, other, *ends)

    # --- bindings -----------------------------------------------------------------------------

    def _bindings(self) -> Iterator[Change]:
        """Compare bindings by what they say, whatever their files are called."""
        left = dict(self.old.contract.bindings)
        found: dict[str, Binding] = {}
        for same in (self._says_the_same, _same_file, _same_record):
            for name, binding in self.new.contract.bindings.items():
                if name not in found:
                    was = next(
                        (one for one in left.values() if self._same_kind(one, binding) and same(one, binding)), None
                    )
                    if was is not None:
                        found[name] = left.pop(was.id)
        for name, binding in self.new.contract.bindings.items():
            if name not in found:
                yield self._come_or_gone("binding", "binding", "", None, binding)
                continue
            one = found[name]
            was_side, now_side = self._scopes(one, binding)
            yield from self._inside("binding", name, one, binding, was_side, now_side)
            yield from self._columns(one, binding, was_side, now_side)
        for gone in left.values():
            yield self._come_or_gone("binding", "binding", "", gone, None)

    def _same_kind(self, one: Binding, other: Binding) -> bool:
        return self.old.called("record", one.record) == other.record

    def _says_the_same(self, one: Binding, other: Binding) -> bool:
        scopes = self._scopes(one, other)
        return not [*self._inside("binding", "", one, other, *scopes), *self._columns(one, other, *scopes)]

    @staticmethod
    def _columns(one: Binding, other: Binding, was: Side, now: Side) -> Iterator[Change]:
        left = {was.called("field", name): column for name, column in one.columns.items()}
        for name in [*other.columns, *(name for name in left if name not in other.columns)]:
            said, says = left.get(name), other.columns.get(name)
            kind = "column-added" if said is None else "column-removed" if says is None else "column-changed"
            if said is None or says is None or told(said, was) != told(says, now):
                ends = said.at if said else None, says.at if says else None
                yield Change(KINDS[kind], "column", f"{other.record}.{name}", other.id, said, says, *ends)


# --- small things -----------------------------------------------------------------------------

ALL_OF_THEM = Fraction(1)
"""What a duty without a target owes: all of its rows."""


def paired_tiers(
    old: tuple[Tier, ...], new: tuple[Tier, ...], was: Side, now: Side
) -> list[tuple[Tier | None, Tier | None]]:
    """Give each tier beside the one that it was: by its name, as the tier for the rest, or with the same rows.

    They come in the order of the newer text, then those that were taken out.
    """
    left = list(old)
    found: dict[str, Tier] = {}
    ways: tuple[Callable[[Tier, Tier], bool], ...] = (
        lambda one, other: one.name == other.name and (one.when is None) == (other.when is None),
        lambda one, other: one.when is None and other.when is None,
        lambda one, other: told(one.when, was) == told(other.when, now),
    )
    for way in ways:
        for tier in new:
            if tier.name not in found:
                match = next((one for one in left if way(one, tier)), None)
                if match is not None:
                    left.remove(match)
                    found[tier.name] = match
    return [*((found.get(tier.name), tier) for tier in new), *((tier, None) for tier in left)]


def _tier_at(owed: Responsibility, tier: Tier | None) -> Address | None:
    if tier is None or not isinstance(owed.duty, Clock):
        return None
    if len(owed.duty.tiers) == 1 and tier.name == "all":
        return owed.at / "clock" / "within"
    return owed.at / "clock" / "tiers" / owed.duty.tiers.index(tier)


def _same_words(one: Any, other: Any, name: str, *, title: bool) -> bool:
    """Say whether two texts are the same. A title that is the id in other words says no more than the id does."""
    said, says = getattr(one, name), getattr(other, name)
    plain = all(
        text in {part.id, part.id.replace("_", " ").capitalize()} for text, part in ((said, one), (says, other))
    )
    return bool(said == says or (title and plain))


def _below(at: Address, keys: Iterable[str | int]) -> Address:
    for key in keys:
        at = at / key
    return at


def _by_id(found: tuple[Handoff, ...]) -> Mapping[str, Handoff]:
    return {one.id: one for one in found}


def _hours(day: Exceptional | None) -> tuple[tuple[int, int], ...] | None:
    return None if day is None else day.windows


def _day_at(calendar: Calendar, days: Mapping[date, Exceptional], sought: list[date]) -> Address:
    """Give the place of the first of the days that this side has, else of the holidays of the calendar."""
    here = Address(_HOLIDAYS, (calendar.id,))
    found = next((days[day] for day in sought if day in days), None)
    return here if found is None else here / ("open" if found.windows else "closed") / found.day.isoformat()


def _same_file(one: Binding, other: Binding) -> bool:
    return one.id == other.id


def _same_record(_: Binding, __: Binding) -> bool:
    return True
