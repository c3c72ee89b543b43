"""Classes that are made quickly, next to what the standard library makes of the same fields."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
from dataclasses import FrozenInstanceError, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import slacli
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Plain:
    """Fields of every kind."""

    first: Any
    second: int = 2
    third: list[int] = field(default_factory=list, hash=False)
    apart: Any = field(default=None, compare=False)
    hidden: Any = field(default=None, repr=False)
    counted: int = field(default=7, init=False)
    made: tuple[int, ...] = field(default_factory=tuple, init=False)
    named: int = field(default=0, kw_only=True)


@dataclasses.dataclass(frozen=True, slots=True)
class Slow:
    """The same fields."""

    first: Any
    second: int = 2
    third: list[int] = field(default_factory=list, hash=False)
    apart: Any = field(default=None, compare=False)
    hidden: Any = field(default=None, repr=False)
    counted: int = field(default=7, init=False)
    made: tuple[int, ...] = field(default_factory=tuple, init=False)
    named: int = field(default=0, kw_only=True)


@dataclass(frozen=True, slots=True)
class Base:
    first: int


@dataclass(frozen=True, slots=True)
class Derived(Base):
    second: int = 2
    total: int = field(default=0, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", self.first + self.second)


@dataclass(frozen=True, slots=True)
class Empty:
    pass


@dataclass(frozen=True, slots=True)
class Own:
    first: int

    def __repr__(self) -> str:
        return "mine"

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 5


VALUES = st.integers(0, 2) | st.none() | st.text(max_size=1)


@given(VALUES, VALUES, VALUES, VALUES, st.integers(0, 1), st.integers(0, 1))
def test_two_are_equal_where_the_standard_library_says_so(
    first: Any, other: Any, apart: Any, hidden: Any, named: int, second: int
) -> None:
    here = [(first, second, [], None, None, 0), (other, second, [], apart, hidden, named)]
    quick = [Plain(*one[:5], named=one[5]) for one in here]
    slow = [Slow(*one[:5], named=one[5]) for one in here]
    assert (quick[0] == quick[1]) is (slow[0] == slow[1])
    assert (quick[0] != quick[1]) is (slow[0] != slow[1])
    assert repr(quick[1]) == repr(slow[1]).replace("Slow", "Plain")
    assert quick[0] != slow[0]


def test_what_is_equal_has_one_hash() -> None:
    assert hash(Derived(1)) == hash(Derived(1, 2))
    assert len({Derived(1), Derived(1), Derived(2), Derived(1, 3), Base(1), Base(1)}) == 4
    assert (Derived(1), Base(1), Empty()) == (Derived(1), Base(1), Empty())
    assert hash(Empty()) == hash(Empty())
    assert hash(Plain(1, third=[1])) == hash(Plain(1, third=[2])) != hash(Plain(2))
    assert hash(Base(1)) != hash(Base(2))
    with pytest.raises(TypeError, match="unhashable"):
        hash(Base([]))  # type: ignore[arg-type]


def test_nothing_of_it_can_be_changed() -> None:
    for one in (Plain(1), Base(1), Derived(1)):
        with pytest.raises(FrozenInstanceError, match="cannot assign to field 'first'"):
            one.first = 2  # type: ignore[misc]
        with pytest.raises(FrozenInstanceError, match="cannot delete field 'first'"):
            del one.first
        with pytest.raises(FrozenInstanceError):
            one.other = 2  # type: ignore[union-attr]
        assert not hasattr(one, "__dict__")


def test_each_gets_lists_of_its_own() -> None:
    one, other = Plain(1), Plain(1)
    assert one.third == other.third == []
    assert one.third is not other.third
    assert (one.counted, one.made, one.named) == (7, (), 0)


def test_what_is_copied_replaced_or_pickled_is_the_same() -> None:
    one = Plain("x", third=[1], apart={"a": [1]}, named=3)
    for again in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one)), replace(one)):
        assert again == one
        assert (again.apart, again.named, again.counted) == ({"a": [1]}, 3, 7)
    assert copy.deepcopy(one).apart["a"] is not one.apart["a"]
    assert replace(Derived(1), second=5) == Derived(1, 5)
    assert replace(Derived(1), second=5).total == 6


def test_what_a_class_says_itself_stays() -> None:
    assert repr(Own(1)) == "mine"
    assert Own(1) == Own(2)
    assert hash(Own(1)) == 5


def test_fields_are_matched_by_their_place() -> None:
    match Derived(3):
        case Derived(first, second):
            assert (first, second) == (3, 2)
    with pytest.raises(TypeError):
        Plain()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Plain(1, 2, [], None, None, 3)  # type: ignore[misc]
    with pytest.raises(TypeError):
        Base(1, more=2)  # type: ignore[call-arg]


def test_other_wishes_go_to_the_standard_library() -> None:
    @dataclass(slots=True)
    class Open:
        first: int = 0

    @dataclass(frozen=True, slots=True, order=True)
    class Ordered:
        first: int

    one = Open()
    one.first = 3
    assert one == Open(3)
    assert Ordered(1) < Ordered(2)


def _classes() -> list[type]:
    found: dict[str, type] = {}
    for module in pkgutil.walk_packages(slacli.__path__, "slacli."):
        if module.name.rpartition(".")[2] in {"__main__", "parquet_child"}:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if inspect.isclass(value) and value.__module__ == module.name and dataclasses.is_dataclass(value):
                found[f"{module.name}.{name}"] = value
    return list(found.values())


def test_every_class_of_slacli_takes_what_the_standard_library_would_let_it_take() -> None:
    found = _classes()
    assert len(found) > 250
    for cls in found:
        as_made = [
            (one.name, one.type, field(default=one.default, init=one.init, kw_only=bool(one.kw_only))
             if one.default is not dataclasses.MISSING
             else field(default_factory=one.default_factory, init=one.init, kw_only=bool(one.kw_only)))  # type: ignore[arg-type]
            for one in dataclasses.fields(cls)
        ]  # fmt: skip
        twin = dataclasses.make_dataclass("twin", as_made)
        shown, expected = inspect.signature(cls), inspect.signature(twin)
        assert [(one.name, one.kind) for one in shown.parameters.values()] == [
            (one.name, one.kind) for one in expected.parameters.values()
        ], cls
        assert [one.default is inspect.Parameter.empty for one in shown.parameters.values()] == [
            one.default is inspect.Parameter.empty for one in expected.parameters.values()
        ], cls
        assert cls.__match_args__ == twin.__match_args__  # type: ignore[attr-defined]
