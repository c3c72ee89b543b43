"""Which part of one version is which part of another: by its id, else by `was:`; and names as both sides know them.

A part that was renamed is named in many places. Each side is read with the names of the newer one, so that a rename
is one change and not one more in every line that names the part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, fields, is_dataclass, replace
from enum import Enum
from typing import Any, Literal, Protocol, TypeVar

from slacli.criterion import And, Between, Compare, Criterion, FieldValue, In, Known, Meets, Not, Operand, Or
from slacli.model import Column, Contract, Event, Reads, Test
from slacli.places import Address
from slacli.values import dataclass

Sort = Literal[
    "party", "role", "calendar", "review", "record", "field", "term", "lifecycle", "stage", "handoff",
    "responsibility", "metric", "goal", "any field",
]  # fmt: skip
"""What a name is the name of. `any field` is a field of a record that is not said."""


class Part(Protocol):
    """What has an id, and perhaps had another one."""

    @property
    def id(self) -> str: ...
    @property
    def was(self) -> str | None: ...


P = TypeVar("P", bound=Part)
Pair = tuple[P | None, P | None]


def pairs(old: Mapping[str, P], new: Mapping[str, P]) -> Iterator[Pair[P]]:
    """Give each part beside the one that it was: in the order of the new text, then what was taken out.

    An id that both sides have is the same part. `was:` counts on either side, so that a comparison the other way round
    finds the same pairs.
    """
    origin = {name: name for name in new if name in old}
    left = [name for name in old if name not in new]
    for name, part in new.items():
        if name in origin:
            continue
        found = part.was if part.was in left else next((one for one in left if old[one].was == name), None)
        if found is not None:
            origin[name] = found
            left.remove(found)
    for name, part in new.items():
        yield (old[origin[name]] if name in origin else None, part)
    for name in left:
        yield (old[name], None)


Key = tuple[Sort, str]
"""A sort of parts and, for fields, stages and hand-offs, the record or the lifecycle that has them."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of two versions: its text, what its names are called in the newer one, and the part that is being read."""

    contract: Contract
    names: Mapping[Key, Mapping[str, str]] = field(default_factory=dict)
    record: str | None = None
    cycle: str | None = None

    def within(self, record: str | None, cycle: str | None = None) -> Side:
        return replace(self, record=record, cycle=cycle)

    def called(self, sort: Sort, name: str) -> str:
        """Give what the newer version calls a part of this one."""
        match sort:
            case "field":
                return self.names.get(("field", self.record or ""), {}).get(name, name)
            case "stage":
                if self.cycle is not None:
                    return self.names.get(("stage", self.cycle), {}).get(name, name)
                cycles = [one.id for one in self.contract.lifecycles.values() if one.record == self.record]
                return next((new for one in cycles if (new := self._stage(one, name)) != name), name)
            case "any field":
                found = (known.get(name) for (of, _), known in self.names.items() if of == "field")
                return next((one for one in found if one is not None), name)
            case _:
                return self.names.get((sort, ""), {}).get(name, name)

    def _stage(self, cycle: str, name: str) -> str:
        return self.names.get(("stage", cycle), {}).get(name, name)


def sides(old: Contract, new: Contract) -> tuple[Side, Side]:
    """Give both versions, the older one with what its names became."""
    names: dict[Key, dict[str, str]] = {}

    def met(sort: Sort, of: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
        for one, other in pairs(before, after):
            if one is not None and other is not None:
                names.setdefault((sort, of), {})[one.id] = other.id
                yield one, other

    sections: tuple[tuple[Sort, str], ...] = (
        ("party", "parties"), ("role", "sign_off"), ("calendar", "calendars"), ("review", "reviews"),
        ("term", "terms"), ("responsibility", "responsibilities"), ("metric", "metrics"), ("goal", "goals"),
    )  # fmt: skip
    for sort, section in sections:
        for _ in met(sort, "", getattr(old, section), getattr(new, section)):
            pass
    for one, other in met("record", "", old.records, new.records):
        for _ in met("field", one.id, one.fields, other.fields):
            pass
    for one, other in met("lifecycle", "", old.lifecycles, new.lifecycles):
        for _ in met("stage", one.id, one.stages, other.stages):
            pass
    return Side(old, names), Side(new)


# --- what is said, in the names of the newer version ------------------------------------------

Refers = Mapping[tuple[str, str], Sort]
_REFERS: Refers = {
    ("Covers", "record"): "record",
    ("Covers", "term"): "term",
    ("People", "record"): "record",
    ("People", "key"): "field",
    ("People", "active"): "field",
    ("Link", "parent"): "record",
    ("Link", "parent_field"): "any field",
    ("Link", "field"): "field",
    ("History", "of"): "any field",
    ("History", "old"): "field",
    ("History", "new"): "field",
    ("History", "by"): "field",
    ("Reads", "holds_by"): "field",
    ("Reads", "newest_by"): "field",
    ("Column", "field"): "field",
}
"""What the texts in values name that are compared whole."""

_UNORDERED = {(Reads, "missing"), (Column, "true_when"), (Column, "false_when")}

Reading = Callable[[Any, Side, Sort | None], Any]


def told(value: Any, side: Side, sort: Sort | None = None) -> Any:
    """Give what a value says, so that two are equal where they say the same: no places, no layout, new names."""
    if isinstance(value, str):
        return side.called(sort, value) if sort else value
    if isinstance(value, Address):
        return None
    if isinstance(value, Test):
        return renamed(value.tree, side)
    if isinstance(value, Event):
        kinds: Mapping[str, Sort] = {"field": "field", "entering": "stage", "term": "term"}
        return (value.kind, side.called(kinds[value.kind], value.name))
    if isinstance(value, tuple):
        return tuple(told(item, side, sort) for item in value)
    if isinstance(value, Mapping):
        return frozenset((told(key, side), told(item, side, sort)) for key, item in value.items())
    if is_dataclass(value) and not isinstance(value, type | Enum):
        name = type(value).__name__
        return (name, *(
            (bag if (type(value), one.name) in _UNORDERED else told)(
                getattr(value, one.name), side, _REFERS.get((name, one.name))
            )
            for one in fields(value)
            if one.compare
        ))  # fmt: skip
    return value


def bag(value: Any, side: Side, sort: Sort | None = None) -> Any:
    """Give what several values say where their order says nothing."""
    return None if value is None else frozenset(told(item, side, sort) for item in value)


def bags(value: Mapping[str, tuple[str, ...]], side: Side, sort: Sort | None = None) -> Any:
    """Give what a mapping to several values says where neither order says anything; its keys are names too."""
    pairs_of = ((told(key, side, sort), bag(items, side, sort)) for key, items in value.items())
    return frozenset((key, items) for key, items in pairs_of if items)


def renamed(tree: Criterion, side: Side, *, values: bool = False) -> Criterion:
    """Give a criterion in the new names.

    What a list holds is for the list to say, not for each line that names it: it is kept only where `values` says so.
    """
    match tree:
        case And(parts=parts):
            return replace(tree, parts=tuple(renamed(one, side, values=values) for one in parts))
        case Or(parts=parts):
            return replace(tree, parts=tuple(renamed(one, side, values=values) for one in parts))
        case Not(inner=inner):
            return replace(tree, inner=renamed(inner, side, values=values))
        case Meets(term=term):
            return replace(tree, term=side.called("term", term))
        case Compare(name=name, operand=operand):
            return replace(tree, name=side.called("field", name), operand=_operand(operand, side))
        case Between(name=name, low=low, high=high):
            return replace(tree, name=side.called("field", name), low=_operand(low, side), high=_operand(high, side))
        case In(name=name, list_name=list_name, values=held):
            return replace(tree, name=side.called("field", name), values=() if list_name and not values else held)
        case Known():
            return tree
        case _:
            return replace(tree, name=side.called("field", tree.name))


def _operand(operand: Operand, side: Side) -> Operand:
    return replace(operand, name=side.called("field", operand.name)) if isinstance(operand, FieldValue) else operand
