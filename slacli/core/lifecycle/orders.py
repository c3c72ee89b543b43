"""Moves of one moment have no order of their own: this finds the order in which the least is wrong.

It goes from moment to moment and keeps, for each place to which some order leads, only the best way there, so that
the work grows with the moves of one moment and never with those of a whole record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from slacli.core.lifecycle.judged import Doubt, Fault, Judged, Outcome
from slacli.values import dataclass

MOST_AT_ONCE = 8
"""So many moves of one moment are tried in every order."""

Place = TypeVar("Place")
Item = TypeVar("Item")
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Step(Generic[Place]):
    """What one move leads to, and the stages that it left (nothing where nobody can tell) and entered.

    `beside` counts the faults and doubts that will be named elsewhere, and weigh as much.
    """

    place: Place
    faults: tuple[Fault, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    entered: tuple[tuple[str, str], ...] = ()
    beside: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A stage that the move `at` entered, and the stage that it left, nothing where nobody can tell."""

    at: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Trail:
    """Moves in one order, and what was found on the way."""

    faults: tuple[Fault, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    entered: tuple[Entry, ...] = ()
    order: tuple[int, ...] = ()
    beside: tuple[int, int] = (0, 0)

    @property
    def weight(self) -> tuple[int, int, tuple[int, ...]]:
        """Fewest faults, then fewest doubts; the rest only makes the choice the same each time."""
        return len(self.faults) + self.beside[0], len(self.doubts) + self.beside[1], self.order

    def then(self, step: Step[Place], at: int, number: int | None = None) -> Trail:
        """Give the trail with one more step. `number` is that of the move as sorted."""
        return Trail(
            self.faults + tuple([replace(fault, at=at) for fault in step.faults]),
            self.doubts + tuple([replace(doubt, at=at) for doubt in step.doubts]),
            self.entered + tuple([Entry(at, old, new) for old, new in step.entered]),
            self.order if number is None else (*self.order, number),
            step.beside,
        )


@dataclass(frozen=True, slots=True)
class Numbered(Generic[Item]):
    """A move with its number when those of each moment are sorted, and its number in the variant."""

    number: int
    at: int
    item: Item


def numbered(moments: Iterable[Sequence[Item]], key: Callable[[Item], str]) -> list[list[Numbered[Item]]]:
    """Sort the moves of each moment, so that it does not matter how they were written down."""
    found: list[list[Numbered[Item]]] = []
    first = 0
    for moment in moments:
        at_hand = list(enumerate(moment, first))
        if len(moment) > 1:
            at_hand.sort(key=lambda one: key(one[1]))
        found.append([Numbered(number, at, item) for number, (at, item) in enumerate(at_hand, first)])
        first += len(moment)
    return found


def best(
    start: Place,
    moments: Sequence[Sequence[Numbered[Item]]],
    step: Callable[[Place, Item], Step[Place]],
    blurred: Callable[[Place, Sequence[Item]], Step[Place]],
    end: Callable[[Place], Step[Place]],
) -> Trail:
    """Give the best of all orders of the moves.

    A moment of more than MOST_AT_ONCE moves is one step, which `blurred` makes; `end` judges where all of them led.
    """
    found = {start: Trail()}
    for moment in moments:
        following: dict[Place, Trail] = {}
        if len(moment) == 1:
            (one,) = moment
            for place, trail in found.items():
                done = step(place, one.item)
                _keep(following, done.place, trail.then(done, one.at, one.number))
        elif len(moment) > MOST_AT_ONCE:
            for place, trail in found.items():
                done = blurred(place, [one.item for one in moment])
                _keep(following, done.place, trail.then(done, min(one.at for one in moment)))
        else:
            following = _in_any_order(found, moment, step)
        found = following
    count = sum(map(len, moments))
    return min((trail.then(end(place), count) for place, trail in found.items()), key=lambda trail: trail.weight)


def _in_any_order(
    found: Mapping[Place, Trail], moment: Sequence[Numbered[Item]], step: Callable[[Place, Item], Step[Place]]
) -> dict[Place, Trail]:
    """Try the moves of one moment in every order; of several alike, any number from one to all may have happened."""
    alike: dict[Item, list[Numbered[Item]]] = {}
    for one in moment:
        alike.setdefault(one.item, []).append(one)
    kinds = list(alike.values())
    layer = {((0,) * len(kinds), place): trail for place, trail in found.items()}
    ended: dict[Place, Trail] = {}
    for _ in moment:
        following: dict[tuple[tuple[int, ...], Place], Trail] = {}
        for (used, place), trail in layer.items():
            for index, copies in enumerate(kinds):
                if used[index] < len(copies):
                    one = copies[used[index]]
                    done = step(place, one.item)
                    now = (*used[:index], used[index] + 1, *used[index + 1 :])
                    _keep(following, (now, done.place), trail.then(done, one.at, one.number))
        for (used, place), trail in following.items():
            if all(used):
                _keep(ended, place, trail)
        layer = following
    return ended


def _keep(found: dict[_Key, Trail], key: _Key, trail: Trail) -> None:
    if key not in found or trail.weight < found[key].weight:
        found[key] = trail


def concluded(
    moments: Sequence[Sequence[Numbered[Item]]], trail: Trail, faults: Iterable[Fault], doubts: Iterable[Doubt]
) -> Judged:
    """Put together what was found on the best way and what was found beside it."""
    given = {one.number: one.at for moment in moments for one in moment}
    wrong = {fault.at for fault in trail.faults}
    ties = sum(
        len({one.item for one in moment}) > 1
        and len(moment) <= MOST_AT_ONCE
        and not any(one.at in wrong for one in moment)
        for moment in moments
    )
    order = tuple(given[number] for number in trail.order)
    place = {at: number for number, at in enumerate(order)}

    def turn(one: Fault | Doubt) -> int:
        return place.get(one.at, len(given))

    every = tuple(sorted((*trail.faults, *faults), key=turn))
    unseen = tuple(dict.fromkeys((*trail.doubts, *sorted(doubts, key=turn))))
    outcome: Outcome = "breaks" if every else "unclear" if unseen else "keeps"
    return Judged(outcome, every, unseen, ties, order)
