"""Sees at once that data fits its schema; whatever it cannot be sure of is left to the library, which also says why.

Measured: most contracts are in order, and only to import the library takes longer than to look through one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

Schema = Mapping[str, Any] | bool


def fits(data: object, schema: Schema) -> bool:
    """Tell whether data fits a schema for certain; False says that it does not, or that nobody here can tell.

    The schema holds no references. A keyword that none of the tables below knows makes everything uncertain.
    """
    if isinstance(schema, bool):
        return schema
    for keyword, wanted in schema.items():
        test = _TESTS.get(keyword)
        if test is None:
            if keyword not in _SAYS_NOTHING:
                return False
        elif not test(wanted, data, schema):
            return False
    return True


def exists(day: str) -> bool:
    """Tell a day that there is from a text that only looks like one."""
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


FORMATS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {"date": exists, "date-range": lambda text: all(map(exists, text.split("..")))}
)
"""What a text of a format must be, beyond its pattern."""

_Test = Callable[[Any, Any, Mapping[str, Any]], bool]

_KINDS: Mapping[str, frozenset[type]] = MappingProxyType(
    {
        "string": frozenset({str}), "integer": frozenset({int}), "number": frozenset({int, Decimal}),
        "boolean": frozenset({bool}), "array": frozenset({list}), "object": frozenset({dict}),
    }
)  # fmt: skip


def _type(wanted: Any, data: object, _: object) -> bool:
    return any(type(data) in _KINDS.get(kind, ()) for kind in ([wanted] if isinstance(wanted, str) else wanted))


def _one_of(wanted: Any, data: object, _: object) -> bool:
    # Python calls lists equal that hold `true` and 1.
    return not isinstance(data, list | dict) and any(type(one) is type(data) and one == data for one in wanted)


def _all_keys(wanted: Any, data: object, _: object) -> bool:
    return not isinstance(data, dict) or all(key in data for key in wanted)


def _keys_of_keys(wanted: Any, data: object, schema: Mapping[str, Any]) -> bool:
    return not isinstance(data, dict) or all(
        _all_keys(keys, data, schema) for name, keys in wanted.items() if name in data
    )


def _properties(wanted: Any, data: object, _: object) -> bool:
    return not isinstance(data, dict) or all(fits(value, wanted[key]) for key, value in data.items() if key in wanted)


def _others(wanted: Any, data: object, schema: Mapping[str, Any]) -> bool:
    known = schema.get("properties", ())
    return not isinstance(data, dict) or all(fits(value, wanted) for key, value in data.items() if key not in known)


def _names(wanted: Any, data: object, _: object) -> bool:
    return not isinstance(data, dict) or all(fits(key, wanted) for key in data)


def _items(wanted: Any, data: object, _: object) -> bool:
    return not isinstance(data, list) or all(fits(value, wanted) for value in data)


def _branch(wanted: Any, data: object, schema: Mapping[str, Any]) -> bool:
    # Only of the presence of keys is it certain which branch counts.
    if not isinstance(wanted, dict) or wanted.keys() != {"required"}:
        return False
    return fits(data, schema.get("then" if _all_keys(wanted["required"], data, schema) else "else", {}))


def _none_of(wanted: Any, data: object, _: object) -> bool:
    # Of nothing but texts is it certain that they differ.
    if not isinstance(wanted, dict) or wanted.keys() != {"enum"} or not isinstance(data, str):
        return False
    return all(isinstance(one, str) and one != data for one in wanted["enum"])


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _of(kinds: type | tuple[type, ...], test: Callable[[Any, Any], bool]) -> _Test:
    """Give a test that asks nothing of data of other kinds."""
    return lambda wanted, data, _: not isinstance(data, kinds) or test(data, wanted)


_NUMBERS = (int, Decimal)

_TESTS: Mapping[str, _Test] = MappingProxyType(
    {
        "type": _type,
        "enum": _one_of,
        "required": _all_keys,
        "dependentRequired": _keys_of_keys,
        "properties": _properties,
        "additionalProperties": _others,
        "propertyNames": _names,
        "items": _items,
        "allOf": lambda wanted, data, _: all(fits(data, one) for one in wanted),
        "anyOf": lambda wanted, data, _: any(fits(data, one) for one in wanted),
        "if": _branch,
        "not": _none_of,
        "minimum": _of(_NUMBERS, lambda data, least: data >= least),
        "maximum": _of(_NUMBERS, lambda data, most: data <= most),
        "exclusiveMinimum": _of(_NUMBERS, lambda data, below: data > below),
        "pattern": _of(str, lambda data, pattern: _pattern(pattern).search(data) is not None),
        "format": _of(str, lambda data, name: name in FORMATS and FORMATS[name](data)),
        "minLength": _of(str, lambda data, least: len(data) >= least),
        "maxLength": _of(str, lambda data, most: len(data) <= most),
        "minItems": _of(list, lambda data, least: len(data) >= least),
        "minProperties": _of(dict, lambda data, least: len(data) >= least),
        "maxProperties": _of(dict, lambda data, most: len(data) <= most),
    }
)

# `then` and `else` are read with `if`; what begins with `x-` says how to tell what is wrong.
_SAYS_NOTHING = frozenset(
    {"$schema", "$id", "title", "description", "examples", "default", "then", "else", "x-says", "x-help", "x-beside"}
)
