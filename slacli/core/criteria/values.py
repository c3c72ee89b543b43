"""What a value is: how text becomes one, which texts are the same, and which stretch of time a stamp stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from unicodedata import normalize
from zoneinfo import ZoneInfo

from slacli.core import zones
from slacli.model import Field


class State(Enum):
    """Why there is no value: every test of it is unclear, but that a blank is blank."""

    BLANK = "blank"
    UNREADABLE = "unreadable"
    NOT_ALLOWED = "not allowed"
    NOT_BOUND = "not bound"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant that is known to lie between two whole seconds of UTC, both included: as precise as it was written.

    A stamp with seconds has one, a stamp with minutes sixty, a day alone all that the local day has. A local time
    that happens twice spans both readings; one that never happens moves forward by the gap.
    """

    low: int
    high: int

    @property
    def exact(self) -> bool:
        return self.low == self.high


Value = str | tuple[str, ...] | Decimal | bool | date | Moment | State

BLANKS = (
    " \t\n\r\v\f\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\ufeff"
)
"""What is trimmed from both ends of every text before it is looked at; engines keep the no-break space."""

EMAIL_SHAPE = rf"[^@{BLANKS}]+@[^@{BLANKS}]+\.[^@{BLANKS}]+"
"""The whole text of an address, as a regular expression that every engine reads alike."""

MOST_DIGITS = 18
_NUMBER = re.compile(r"-?[0-9]+(?:\.([0-9]+))?")
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_YES = frozenset({"true", "yes"})
_NO = frozenset({"false", "no"})


def typed(field: Field, raw: object, zone: ZoneInfo) -> Value:
    """Give the value that a contract writes for a field: ISO dates and times, plain numbers, text, true and false.

    A time without an offset is local to `zone`.
    """
    if raw is None or raw == "" or (isinstance(raw, str) and not raw.strip(BLANKS)):
        return State.BLANK if field.type != "yes_no" or field.when_blank is None else field.when_blank
    match field.type:
        case "text":
            return _text(field, raw)
        case "ids":
            return _ids(field, raw)
        case "integer" | "number" | "money":
            return _number(field, raw)
        case "yes_no":
            return _yes_no(raw)
        case "date":
            day = _day(_written(raw))
            return State.UNREADABLE if day is None else day
        case "time":
            moment = _moment(_written(raw), zone)
            return State.UNREADABLE if moment is None else moment


def row_of(fields: Mapping[str, Field], raw: Mapping[str, object], zone: ZoneInfo) -> dict[str, Value]:
    """Give the typed values of a record that a contract writes out: what it leaves out is blank, or derived."""
    row = {name: typed(field, raw.get(name), zone) for name, field in fields.items()}
    for name, field in fields.items():
        if field.derived and field.derived[0] == "domain_of" and row[name] is State.BLANK:
            row[name] = domain(row.get(field.derived[1], State.NOT_BOUND))
    return row


def domain(email: Value) -> Value:
    """Give the lower-cased text after the last `@`; what is no address has an unreadable domain."""
    if isinstance(email, State):
        return email
    if not isinstance(email, str):
        return State.UNREADABLE
    _, sign, name = email.rpartition("@")
    return lowered(name) if sign and name else State.UNREADABLE


def day_of(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """Give the first second of a local day in UTC and the first one after it."""
    return zones.day_bounds(day, zone.key)


def is_email(text: str) -> bool:
    """Whether a text has one `@`, something before it, a dot within what follows, and no blanks."""
    return re.fullmatch(EMAIL_SHAPE, text) is not None


def composed(text: str) -> str:
    """Give a text in the one form (NFC) in which it is compared."""
    return normalize("NFC", text)


def lowered(text: str) -> str:
    """Lower the case of each character by itself, as engines do: one character stays one character."""
    return "".join(char.lower()[0] for char in text)


def same_form(text: str, *, ignore_case: bool) -> str:
    """Give the form under which two texts are the same: composed, and in lower case where case is ignored."""
    form = composed(text)
    return lowered(form) if ignore_case else form


def is_like(text: str, pattern: str) -> bool:
    """Whether a whole text fits a pattern in which `%` stands for any text and `_` for one character.

    Both are in the same form already. The time is at most the product of the two lengths, whatever the pattern.
    """
    at = here = 0
    star, resume = -1, 0
    while at < len(text):
        if here < len(pattern) and pattern[here] == "%":
            star, resume = here, at
            here += 1
        elif here < len(pattern) and pattern[here] in {"_", text[at]}:
            here += 1
            at += 1
        elif star >= 0:
            resume += 1
            here, at = star + 1, resume
        else:
            return False
    return not pattern[here:].strip("%")


def decimals_of(field: Field) -> int:
    """Give how many decimals a value of a numeric field may have."""
    return {"integer": 0, "number": 6}.get(field.type, field.decimals)


# --- one type each ----------------------------------------------------------------------------


def _written(raw: object) -> str:
    """Give the text of a scalar, without blanks at its ends; nothing for what is no scalar or absurdly long."""
    if isinstance(raw, bool):
        return ""
    if isinstance(raw, int):
        return str(raw) if abs(raw) < 10**MOST_DIGITS else ""
    if isinstance(raw, Decimal):
        return format(raw, "f") if raw.is_finite() and abs(raw.adjusted()) < 2 * MOST_DIGITS else ""
    return raw.strip(BLANKS) if isinstance(raw, str) else ""


def _text(field: Field, raw: object) -> Value:
    text = composed(_written(raw))
    if not text or (field.format == "email" and not is_email(text)):
        return State.UNREADABLE
    return text if _allowed(field, text) else State.NOT_ALLOWED


def _ids(field: Field, raw: object) -> Value:
    if isinstance(raw, list | tuple):
        several: list[object] = [*raw]
    elif isinstance(raw, str):
        several = [*raw.split(";")]
    else:
        several = [raw]
    named = [one for one in several if not (isinstance(one, str) and not one.strip(BLANKS))]
    ids = tuple(composed(_written(one)) for one in named)
    if not ids:
        return State.BLANK
    if not all(ids):
        return State.UNREADABLE
    return ids if all(_allowed(field, one) for one in ids) else State.NOT_ALLOWED


def _allowed(field: Field, text: str) -> bool:
    if not field.one_of:
        return True
    form = same_form(text, ignore_case=field.ignore_case)
    return any(same_form(one, ignore_case=field.ignore_case) == form for one in field.one_of)


def _number(field: Field, raw: object) -> Value:
    text = _written(raw)
    found = _NUMBER.fullmatch(text)
    if not found or sum(char.isdecimal() for char in text) > MOST_DIGITS or len(found[1] or "") > decimals_of(field):
        return State.UNREADABLE
    number = Decimal(text)
    if (field.low is not None and number < field.low) or (field.high is not None and number > field.high):
        return State.NOT_ALLOWED
    return number


def _yes_no(raw: object) -> Value:
    if isinstance(raw, bool):
        return raw
    text = _written(raw).lower()
    return True if text in _YES else False if text in _NO else State.UNREADABLE


def _day(text: str) -> date | None:
    found = _TIME.fullmatch(text)
    if not found or found[2]:
        return None
    try:
        return date.fromisoformat(found[1])
    except ValueError:
        return None


def _moment(text: str, zone: ZoneInfo) -> Moment | None:
    found = _TIME.fullmatch(text)
    day = _day(found[1]) if found else None
    if not found or day is None:
        return None
    offsets = zones.offsets(zone.key)
    midnight = (day - zones.EPOCH).days * zones.DAY
    if found[2] is None:
        return Moment(offsets.earliest(midnight), offsets.latest(midnight + zones.DAY - 1))
    hour, minute, second = int(found[2]), int(found[3]), int(found[4] or 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    low = midnight + hour * 3600 + minute * 60 + second
    high = low if found[4] else low + 59
    if not found[5]:
        return Moment(offsets.earliest(low), offsets.latest(high))
    if found[5] == "Z":
        return Moment(low, high)
    east = int(found[5][1:3]) * 3600 + int(found[5][4:]) * 60
    if int(found[5][1:3]) > 23 or int(found[5][4:]) > 59:
        return None
    east = -east if found[5][0] == "-" else east
    return Moment(low - east, high - east)
