"""What a cell looks like, and so as which types it can be read: the documented shapes, told apart one by one.

It says nothing about what a cell means. `docs/reading.md` lists the shapes; its tables are the tests of this room.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from slacli.core import criteria
from slacli.core.dialects import SIGNS
from slacli.values import dataclass

Kind = Literal[
    "blank", "text", "email", "yes", "no", "one", "zero", "whole", "whole_zeros", "decimal", "decimal3", "decimals",
    "grouped", "grouped_decimal", "comma", "comma3", "comma_grouped", "long", "day", "naive", "offset", "either",
    "either_naive", "dmy",
    "dmy_naive", "mdy", "mdy_naive", "short_dmy", "short_dmy_naive", "short_mdy", "short_mdy_naive",
]  # fmt: skip

_NUMBER = re.compile(r"-?([0-9]+)(?:\.([0-9]+))?")
_GROUPED = re.compile(r"-?([0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]+))?")
_COMMA = re.compile(r"-?([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,([0-9]+))?")
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,9})?)?(.*))?"
)
_OFFSET = re.compile(r" ?(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)")
_CLOCK = r"(?:,? ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?: ?([AaPp])[Mm])?)?"
_NUMERIC = re.compile(rf"([0-9]{{1,2}})[/.-]([0-9]{{1,2}})[/.-]([0-9]{{4}}|[0-9]{{2}}){_CLOCK}")
_WORDS = re.compile(rf"([0-9]{{1,2}}) ([A-Z][a-z]{{2}}),? ([0-9]{{4}}){_CLOCK}")
_CURRENCIES = {**{code: code for code in SIGNS}, **{sign: code for code, signs in SIGNS.items() for sign in signs}}
_ANY_SIGN = "|".join(re.escape(sign) for sign in sorted(_CURRENCIES, key=lambda one: (-len(one), one)))
_SPLIT = re.compile("[ '\u00a0\u202f\u2019]")
_SPLIT_GROUPS = re.compile("-?[0-9]{1,3}(?:([ '\u00a0\u202f\u2019])[0-9]{3})(?:\\1[0-9]{3})*(?:[.,][0-9]+)?")
_BLANK = "[ \u00a0\u202f]?"
_SIGNED = re.compile(
    rf"(?P<minus>-?)(?:(?P<before>{_ANY_SIGN}){_BLANK}(?P<inner>-?)|(?P<behind>))"
    rf"(?P<digits>[0-9][0-9.,' \u00a0\u202f\u2019]*?)(?:{_BLANK}(?P<after>{_ANY_SIGN}))?"
)
_EMAIL = re.compile(criteria.EMAIL_SHAPE)
_MONTHS = {name: at for at, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_YES, _NO = (
    frozenset({"true", "TRUE", "True", "yes", "YES", "Yes"}),
    frozenset({"false", "FALSE", "False", "no", "NO", "No"}),
)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_MOST_DIGITS = 18
_MOST_OF_AN_AMOUNT = 12  # digits that fit before the mark of any amount; longer ones are ids, as a rule

_DATES: frozenset[Kind] = frozenset({"day", "naive", "offset"})
_ANY_ORDER: frozenset[Kind] = frozenset({"either", "either_naive"})
_MONTH_FIRST: frozenset[Kind] = frozenset({"mdy", "mdy_naive", "short_mdy", "short_mdy_naive"})
_DAY_FIRST: frozenset[Kind] = frozenset({"dmy", "dmy_naive", "short_dmy", "short_dmy_naive"})
_WHOLE: frozenset[Kind] = frozenset({"one", "zero", "whole", "whole_zeros"})

NUMERIC_DATES = _ANY_ORDER | _MONTH_FIRST | _DAY_FIRST
"""Dates whose order of day and month has to be said."""
NAIVE: frozenset[Kind] = frozenset(
    {"naive", "either_naive", "dmy_naive", "mdy_naive", "short_dmy_naive", "short_mdy_naive"}
)
"""Times that say no zone."""
PROOFS: Mapping[str, frozenset[Kind]] = MappingProxyType(
    {"mdy": frozenset({"mdy", "mdy_naive"}), "dmy": frozenset({"dmy", "dmy_naive"})}
)
"""What proves an order of day and month: a day above 12, beside a year of four digits."""


def trimmed(cell: str) -> str:
    """Give a cell without the blanks at its ends."""
    return cell.strip(criteria.BLANKS)


@lru_cache(maxsize=65_536)
def kind(cell: str) -> Kind:
    """Give the shape of a cell that was trimmed."""
    if not cell:
        return "blank"
    if not any(sign.isdigit() for sign in cell):
        if cell in _YES:
            return "yes"
        if cell in _NO:
            return "no"
        return "email" if _EMAIL.fullmatch(cell) else "text"
    if not cell.isascii():
        return "email" if _EMAIL.fullmatch(cell) else "text"
    return _number(cell) or _iso(cell) or _dated(cell) or ("email" if _EMAIL.fullmatch(cell) else "text")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount that is more than digits: the currency that its sign or code tells, its sign of thousands, the rest."""

    currency: str
    thousands: str
    kind: Kind


@lru_cache(maxsize=65_536)
def amount(cell: str) -> Amount | None:
    """Tell an amount with a sign of a currency, or with blanks or apostrophes between its thousands.

    None where a cell is neither.
    """
    found = _SIGNED.fullmatch(cell)
    if found is None:
        return None
    sign = found["before"] or found["behind"] or found["after"] or ""
    bare = ("-" if "-" in (found["minus"], found["inner"]) else "") + found["digits"]
    split = _SPLIT.search(bare)
    thousands = split[0] if split else ""
    if thousands:
        if not _SPLIT_GROUPS.fullmatch(bare):
            return None
        bare = _SPLIT.sub("", bare)
    if not sign and not thousands:
        return None
    found_kind = _number(bare)
    if found_kind is None or found_kind in {"text", "long"}:
        return None
    return Amount(_CURRENCIES.get(sign, ""), thousands, found_kind)


def readable(type_: str, date_order: str | None, thousands: str, decimal: str, decimals: int = 2) -> frozenset[Kind]:
    """Give the shapes that are read as values of a type under the settings of a binding."""
    if type_ in {"date", "time"}:
        ordered = {"mdy": _ANY_ORDER | _MONTH_FIRST, "dmy": _ANY_ORDER | _DAY_FIRST}
        return _DATES | ordered.get(date_order or "", frozenset())
    if type_ == "yes_no":
        return frozenset({"yes", "no", "one", "zero"})
    if type_ not in {"integer", "number", "money"}:
        every: frozenset[Kind] = frozenset(Kind.__args__)  # type: ignore[attr-defined]
        return every
    found: set[Kind] = set(_WHOLE)
    fractions = type_ == "number" or (type_ == "money" and decimals > 0)
    if type_ == "integer":
        found.add("long")
    if thousands == ",":
        found.add("grouped")
    if decimal == ",":
        found.discard("whole_zeros")
        found |= {"comma"} if fractions else set()
        found |= {"comma3"} if type_ == "number" else set()
        found |= {"decimal3"} if thousands == "." else set()
        found |= {"comma_grouped"} if thousands == "." and fractions else set()
    elif fractions:
        found.add("decimal")
        found |= {"decimal3", "decimals"} if type_ == "number" or decimals >= 3 else set()
        found |= {"grouped_decimal"} if thousands == "," else set()
    return frozenset(found)


def _number(cell: str) -> Kind | None:
    found = _NUMBER.fullmatch(cell)
    if found:
        whole, tail = found[1].lstrip("0"), found[2]
        if len(whole) > _MOST_DIGITS:
            return "text"
        if tail is None and len(whole) > _MOST_OF_AN_AMOUNT:
            return "long"
        if tail is None:
            return "one" if cell == "1" else "zero" if cell == "0" else "whole"
        if len(tail) == 3:
            return "decimal3"
        kept = tail.rstrip("0")
        if not kept:
            return "whole_zeros"
        return (
            "decimal"
            if len(kept) <= 2
            else "decimals"
            if len(kept) <= 6 and len(whole) <= _MOST_OF_AN_AMOUNT
            else "text"
        )
    found = _GROUPED.fullmatch(cell)
    if found:
        tail = found[2] or ""
        if len(found[1].replace(",", "").lstrip("0")) > _MOST_DIGITS or len(tail) > 2:
            return "text"
        return "grouped_decimal" if tail.strip("0") else "grouped"
    found = _COMMA.fullmatch(cell)
    if found is None:
        return None
    tail = found[2] or ""
    kept = tail if len(tail) == 3 else tail.rstrip("0")
    if "." in found[1]:
        return "comma_grouped" if len(kept) <= 2 else "text"
    return "comma" if len(kept) <= 2 else "comma3" if len(kept) <= 6 else "text"


def _iso(cell: str) -> Kind | None:
    found = _ISO.fullmatch(cell)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, rest = found.groups()
    if not _is_day(int(year), int(month), int(day)):
        return "text"
    if hour is None:
        return "day"
    short = len(hour) == 1
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        return "text"
    if short and (second is None or fraction or rest or cell[10] == "T"):
        return "text"
    if not rest:
        return "naive"
    return "offset" if _OFFSET.fullmatch(rest) else "text"


def _dated(cell: str) -> Kind | None:
    """Tell the shapes of other places: `31/01/2026 2:05 PM`, and `31 Jan, 2026`."""
    found = _WORDS.fullmatch(cell)
    if found:
        known = found[2] in _MONTHS and _is_day(int(found[3]), _MONTHS.get(found[2], 1), int(found[1]))
        if not known or not _is_clock(found[4], found[5], found[6], found[7]):
            return "text"
        return "day" if found[4] is None else "naive"
    found = _NUMERIC.fullmatch(cell)
    if not found:
        return None
    first, second, written = int(found[1]), int(found[2]), found[3]
    year = int(written) if len(written) == 4 else 2000 + int(written)
    if not _is_clock(found[4], found[5], found[6], found[7]):
        return "text"
    month_first, day_first = _is_day(year, first, second), _is_day(year, second, first)
    if not month_first and not day_first:
        return "text"
    name = "either" if month_first and day_first else "mdy" if month_first else "dmy"
    if name != "either" and (len(written) == 2 or max(first, second) <= 12):
        name = f"short_{name}"
    chosen: Kind = f"{name}_naive" if found[4] is not None else name  # type: ignore[assignment]
    return chosen


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        return _FIRST_YEAR <= date(year, month, day).year <= _LAST_YEAR
    except ValueError:
        return False


def _is_clock(hour: str | None, minute: str | None, second: str | None, half: str | None) -> bool:
    if hour is None or minute is None:
        return True
    most = range(1, 13) if half else range(24)
    return int(hour) in most and int(minute) < 60 and int(second or 0) < 60
