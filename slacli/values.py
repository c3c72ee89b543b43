"""Dataclasses that are made quickly: a command makes a hundred and fifty of them before it does anything.

`dataclass` is that of the standard library, and what it makes is a dataclass to everybody. Measured: of the half second
that `slacli validate` takes, a third went into compiling six functions for each frozen class one by one. Here one is
compiled for all classes of the same shape, and the others are shared by all.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import MISSING, FrozenInstanceError
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool = False, slots: bool = False, **options: Any) -> Callable[[type], type]:
        """Make a dataclass, quickly where it is frozen, has slots and asks for nothing else."""
        if frozen and slots and not options:
            return _quickly
        return dataclasses.dataclass(frozen=frozen, slots=slots, **options)


def _quickly(cls: type) -> type:
    own = {**cls.__dict__}
    cls.__doc__ = cls.__doc__ or cls.__name__  # else a signature is worked out to stand for it
    made: type[Any] = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    fields = dataclasses.fields(made)
    compared = [field.name for field in fields if field.compare]
    hashed = [field.name for field in fields if (field.compare if field.hash is None else field.hash)]
    given = {
        "__init__": _init(made, fields),
        "__repr__": _repr,
        "__eq__": _eq,
        "__hash__": _hash,
        "__setattr__": _set,
        "__delattr__": _delete,
        "__getstate__": _state,
        "__setstate__": _restored,
        "_compared": _taken(compared),
        "_hashed": _taken(hashed),
    }
    for name, value in given.items():
        if name not in own:
            setattr(made, name, value)
    return made


def _init(cls: type, fields: Sequence[dataclasses.Field[Any]]) -> Callable[..., None]:
    """Give the one function that is each class's own: the code of its shape, with the names of its fields.

    Measured: to compile one for each class takes four times as long.
    """
    known: dict[str, Any] = {"_absent": MISSING}
    by_place = [field for field in fields if field.init and not field.kw_only]
    by_name = [field for field in fields if field.init and field.kw_only]
    argument = {field.name: f"a{at}" for at, field in enumerate((*by_place, *by_name))}
    does = []
    for at, field in enumerate(fields):
        is_made, has_default = field.default_factory is not MISSING, field.default is not MISSING
        if is_made:
            known[f"_make_{at}"] = field.default_factory
        if field.init:
            mine = argument[field.name]
            value = f"_make_{at}() if {mine} is _absent else {mine}" if is_made else mine
        elif is_made or has_default:
            known[f"_default_{at}"] = field.default
            value = f"_make_{at}()" if is_made else f"_default_{at}"
        else:
            continue
        known[f"_set_{at}"] = getattr(cls, field.name).__set__
        does.append(f" _set_{at}(self, {value})")
    if hasattr(cls, "__post_init__"):
        does.append(" self.__post_init__()")
    takes = ["self", *(argument[field.name] for field in by_place)]
    takes += ["*", *(argument[field.name] for field in by_name)] if by_name else []
    code = _compiled("\n".join([f"def __init__({', '.join(takes)}):", *(does or [" pass"])]))
    init = FunctionType(code.replace(co_varnames=("self", *argument)), known, "__init__")
    # What is made where it is absent has no default, and that is the mark of what is absent.
    init.__defaults__ = tuple(field.default for field in by_place if _may_be_absent(field))
    init.__kwdefaults__ = {field.name: field.default for field in by_name if _may_be_absent(field)}
    init.__qualname__, init.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    init.__annotations__ = {field.name: field.type for field in fields if field.init} | {"return": None}
    return init


@cache
def _compiled(text: str) -> CodeType:
    """Compile a function that is written for all classes of one shape."""
    (code,) = (one for one in compile(text, __file__, "exec").co_consts if isinstance(one, CodeType))
    return code


def _may_be_absent(field: dataclasses.Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _taken(names: Sequence[str]) -> Callable[[object], tuple[Any, ...]]:
    """Give what takes some fields of a value, as a tuple."""
    return attrgetter(*names) if len(names) > 1 else _Few(names)


class _Few:
    """Takes one field or none, as a tuple too."""

    __slots__ = ("_names",)

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def __call__(self, value: object) -> tuple[Any, ...]:
        return tuple(getattr(value, name) for name in self._names)


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self._compared(self) == self._compared(other)


def _hash(self: Any) -> int:
    return hash(self._hashed(self))


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _set(_self: object, name: str, _value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(_self: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restored(self: Any, state: Sequence[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
