"""Whether a constant fits a field: of its type, and a value that the field can have at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from slacli.core import wording
from slacli.core.criteria.faults import BAD_CRITERION, Said, cut, in_quotes, some
from slacli.core.criteria.values import (
    BLANKS,
    MOST_DIGITS,
    decimals_of,
    is_email,
    is_like,
    lowered,
    same_form,
)
from slacli.findings import Severity, reported
from slacli.model import Field, FieldType

TYPE_CLASH = reported(
    Severity.ERROR,
    "type-clash",
    """A criterion compares what cannot be compared: a field with a value or another field of a different type.

    Why: an amount is never equal to a text and a text has no order, so such a test would decide nothing or by chance.
    Bad:
        records: {lead: {fields: {company: {type: text}}}}
        terms: {named: {title: Named lead, of: lead, criteria: {named: company = 3}}}
    Good:
        records: {lead: {fields: {company: {type: text}}}}
        terms: {named: {title: Named lead, of: lead, criteria: {named: company = '3'}}}
    """,
)
IMPOSSIBLE_VALUE = reported(
    Severity.ERROR,
    "impossible-value",
    """A criterion names a value, or a range of values, that its field can never have.

    Why: a test that nothing can pass looks like a rule and is none; most often one letter is wrong.
    Bad:
        records: {lead: {fields: {authority: {type: text, one_of: [CFO, VP]}}}}
        terms: {named: {title: Named lead, of: lead, criteria: {named: authority = 'CEO'}}}
    Good:
        records: {lead: {fields: {authority: {type: text, one_of: [CFO, VP]}}}}
        terms: {named: {title: Named lead, of: lead, criteria: {named: authority = 'CFO'}}}
    """,
)
ORDERED: frozenset[FieldType] = frozenset({"integer", "number", "money", "date", "time"})
TEXTS: frozenset[FieldType] = frozenset({"text", "ids"})
NOUNS: Mapping[FieldType, str] = MappingProxyType(
    {
        "text": "text",
        "ids": "a set of ids",
        "integer": "a whole number",
        "number": "a number",
        "money": "an amount of money",
        "yes_no": "yes or no",
        "date": "a date",
        "time": "a time",
    }
)
_A_DAY = "'2026-01-31'"
_WRITE_DAY = "write a day as year-month-day in quotes, such as '2026-01-31'"


def usual_test(field: Field) -> str:
    """Give a test of a field that is well written, to show how one looks."""
    if field.type == "yes_no":
        return f"`{field.id}`"
    if field.type in TEXTS:
        value = in_quotes(field.one_of[0]) if field.one_of else "'…'"
        return f"`{field.id} = {value}`" if field.type == "text" else f"`{field.id} in ({value})`"
    return f"`{field.id} >= {'1' if field.type in {'integer', 'number', 'money'} else _A_DAY}`"


def number(field: Field, where: str, digits: str) -> Decimal | Said:
    """Give the number that a field is compared with, or why it cannot be."""
    if sum(char.isdigit() for char in digits) > MOST_DIGITS:
        return Said(BAD_CRITERION, f"a number has at most {MOST_DIGITS} digits", "too long", "write fewer digits")
    if field.type in TEXTS:
        message = f"{where} is {NOUNS[field.type]} and is compared with the number {digits}"
        return Said(TYPE_CLASH, message, "a number", f"put text in single quotes: '{digits}'")
    if field.type in {"date", "time"}:
        message = f"{where} is {NOUNS[field.type]} and is compared with the number {digits}"
        return Said(TYPE_CLASH, message, "a number", _WRITE_DAY)
    value, places = Decimal(digits), decimals_of(field)
    if value != round(value, places):
        holds = "is a whole number" if places == 0 else f"has at most {places} decimals"
        helped = "write a whole number" if places == 0 else "write fewer decimals"
        return Said(IMPOSSIBLE_VALUE, f"{where} {holds}, unlike {digits}", "never", helped)
    if field.low is not None and value < field.low:
        message = f"{digits} lies below {field.low}, the lowest value of {where}"
        return Said(IMPOSSIBLE_VALUE, message, "never", f"write at least {field.low}")
    if field.high is not None and value > field.high:
        message = f"{digits} lies above {field.high}, the highest value of {where}"
        return Said(IMPOSSIBLE_VALUE, message, "never", f"write at most {field.high}")
    return value


def text(field: Field, where: str, written: str) -> str | date | Said:
    """Give the text or the day that a field is compared with, or why it cannot be."""
    if field.type in {"date", "time"}:
        return _day(field, where, written)
    if field.type in TEXTS:
        return _never(field, where, written) or written
    digits = written.replace(",", "").strip(BLANKS)
    plain = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", digits)
    return Said(
        TYPE_CLASH,
        f"{where} is {NOUNS[field.type]} and is compared with the text {in_quotes(written)}",
        "text",
        f"write the number without quotes: {digits}" if plain else "write a number, such as 10000",
    )


def pattern(field: Field, where: str, written: str) -> Said | None:
    """Say why nothing that a text field can hold is like a pattern, or None where something may be."""
    if "\\" in written:
        message = "a pattern takes no backslash: `%` and `_` alone have a meaning of their own"
        return Said(BAD_CRITERION, message, "a backslash", "write `_` for any one character")
    if field.one_of and written.strip(BLANKS):
        form = same_form(written, ignore_case=field.ignore_case)
        if any(is_like(same_form(one, ignore_case=field.ignore_case), form) for one in field.one_of):
            return None
        message = f"none of the values of {where} is like {in_quotes(written)}"
        return Said(IMPOSSIBLE_VALUE, message, "never", f"values of {where}: {some(map(in_quotes, field.one_of))}")
    return _misshapen(field, where, written)


def _never(field: Field, where: str, written: str) -> Said | None:
    """Say why a text or ids field never holds a text, or None where it may."""
    said = in_quotes(written)
    misshapen = _misshapen(field, where, written)
    if misshapen:
        return misshapen
    if field.one_of:
        forms = {same_form(one, ignore_case=field.ignore_case) for one in field.one_of}
        if same_form(written, ignore_case=field.ignore_case) in forms:
            return None
        near = wording.nearest(written, field.one_of)
        helped = (
            f"did you mean {in_quotes(near)}?" if near else f"values of {where}: {some(map(in_quotes, field.one_of))}"
        )
        return Said(IMPOSSIBLE_VALUE, f"{said} is not among the values of {where}", "never", helped)
    if field.format == "email" and not is_email(written):
        helped = f"for a part of it, write `{field.id} like '%{cut(written)}'`"
        return Said(IMPOSSIBLE_VALUE, f"{said} is no address, so {where} is never that", "no address", helped)
    if field.type == "ids" and ";" in written:
        message = f"{said} is more than one id: `;` separates them"
        return Said(IMPOSSIBLE_VALUE, message, "several ids", "write each id by itself")
    return None


def _misshapen(field: Field, where: str, written: str) -> Said | None:
    """Say why no value, and no pattern, of a field looks like this."""
    trimmed = written.strip(BLANKS)
    if not trimmed:
        return Said(IMPOSSIBLE_VALUE, f"{where} is never an empty text", "empty", f"write `{field.id} is blank`")
    if trimmed != written:
        message = f"{where} never begins or ends with a blank, unlike {in_quotes(written)}"
        return Said(IMPOSSIBLE_VALUE, message, "a blank too many", f"write {in_quotes(trimmed)}")
    if field.derived and field.derived[0] == "domain_of" and lowered(written) != written:
        message = f"{where} is always in lower case, unlike {in_quotes(written)}"
        return Said(IMPOSSIBLE_VALUE, message, "upper case", f"write {in_quotes(lowered(written))}")
    return None


def _day(field: Field, where: str, written: str) -> date | Said:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", written):
        stamp = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T][0-9:.Z+-]+", written)
        return Said(
            TYPE_CLASH,
            f"{where} is {NOUNS[field.type]} and is compared with the text {in_quotes(written)}",
            "not a day",
            f"a criterion compares with whole days: write '{stamp[1]}'" if stamp else _WRITE_DAY,
        )
    try:
        return date.fromisoformat(written)
    except ValueError:
        return Said(IMPOSSIBLE_VALUE, f"there is no day {written}", "no such day", "write a day of the calendar")
