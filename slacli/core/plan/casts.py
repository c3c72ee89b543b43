"""From the text of a cell to a typed value with a state: a closed list of shapes, each checked before its cast.

A cast of the engine takes more than people mean (`0x10`, `1e3`, `infinity`, 24 o'clock), so a value is cast only
where its text has one of the shapes that the documentation lists. Times become ranges of whole UTC seconds; offsets
come from the packaged zone database as plain comparisons, never from the engine.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

from slacli.core import criteria, zones
from slacli.core.dialects import DIALECTS, ID_LETTERS, SIGNS, Ids
from slacli.core.plan import fragments as f
from slacli.model import Column, Field, Reads
from slacli.values import dataclass

# States of a field in a row: what stands in `s_<field>`.
VALUE, BLANK, UNREADABLE, NOT_ALLOWED, NOT_BOUND = range(5)

# Flags of a time column: what stands in `z_<field>`.
NAIVE, OFFSET, UNDECIDED, DAY_FIRST, MONTH_FIRST, GAP, OUTSIDE, OTHER_SHAPE = (1 << n for n in range(8))

# What fits into the engine's numbers, a sign and a point apart.
MOST_DIGITS = 18

_USUAL = 4

_HOUR_MINUTE = r"[0-9]{1,2}:[0-9]{2}"
_OFFSET = r"(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)"
_ZONE_AT_END = rf"{_OFFSET}$"
_FRACTION = r"(\.[0-9]*)?"
_ZONE = rf"( ?{_OFFSET})?"
_NUMERIC_DATE = r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-]([0-9]{4}|[0-9]{2})"
_LONG_YEAR = r"^[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}"
_WITH_ZONE = rf"[0-9]{{1,2}}[/.-][0-9]{{1,2}}[/.-][0-9]{{4}}[ T]{_HOUR_MINUTE}:[0-9]{{2}} ?{_OFFSET}"
_MONTH_DATE = r"[0-9]{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec),? [0-9]{4}"
_CLOCK = rf"(,? {_HOUR_MINUTE}(:[0-9]{{2}})?( ?[AaPp][Mm])?)?"

# Kinds of a time: its precision in the low bits, and whether it carried an offset.
_SECOND, _MINUTE, _DAY, _WITH_OFFSET = 0, 1, 2, 4


@dataclass(frozen=True, slots=True)
class Window:
    """The years whose offsets are written out; a time outside sets OUTSIDE, and the file is read again with all."""

    first: int
    last: int


ALL_YEARS = Window(zones.FIRST_YEAR, zones.LAST_YEAR)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one bound column is read: the field, its column of the binding, the settings, and facts of the file.

    `plain` says that the first rows hold nothing but `2026-01-31 14:05:09`: then only that is read, at half the cost,
    and a cell of another shape sets OTHER_SHAPE, so that the column is read again with all shapes. `ids` says in which
    form ids stand that other rows name, and is plain for what is no such id.
    """

    field: Field
    bound: Column
    reads: Reads
    cell: str
    currency_cell: str | None
    ascii_only: bool
    contract_zone: str
    contract_currency: str
    rates: Mapping[str, Decimal]
    window: Window
    plain: bool = False
    ids: Ids = "plain"

    @property
    def zone(self) -> str:
        """The zone of times without an offset."""
        return self.reads.time_zone or DIALECTS[self.reads.dialect].zone or self.contract_zone

    @property
    def zone_of_days(self) -> str:
        """The zone of a day that stands for all its seconds: no vendor fixes that one."""
        return self.reads.time_zone or self.contract_zone

    def words(self) -> tuple[list[str], list[str]]:
        """Give the texts that mean yes and those that mean no."""
        if self.bound.true_when or self.bound.false_when:
            return list(self.bound.true_when), list(self.bound.false_when)
        dialect = DIALECTS[self.reads.dialect]
        return _spelt(dialect.true_words), _spelt(dialect.false_words)

    def column(self, prefix: str) -> str:
        """Give the quoted name of a column that reading this field makes."""
        return f.name(f"{prefix}_{self.field.id}")


Level = tuple[int, str, str]
"""The level of an expression (it may use those below), its alias, and the expression."""


def levels(one: Reading) -> Iterator[Level]:
    """Give every expression that reading one column takes.

    Most cells have the plain shape of their type, and a quick test takes those as they stand. Only what is left is
    cleaned (blanks off both ends, placeholders and translations applied) and tried against the other shapes; that
    stands in branches which the engine evaluates for those rows alone.
    """
    for level, prefix, expression in _TYPES[one.field.type](one):
        yield level, f"{prefix}_{one.field.id}", expression


def shown(one: Reading) -> str:
    """Give the expression for the text of a cell as a report may show it."""
    return _cleaned(one)


def noun(field: Field) -> str:
    """Name what a cell of a field holds, as messages call it."""
    return "e-mail address" if field.format == "email" else _NOUNS[field.type]


_NOUNS: Mapping[str, str] = MappingProxyType(
    {
        "text": "text",
        "ids": "list of ids",
        "integer": "whole number",
        "number": "number",
        "money": "amount",
        "yes_no": "yes or no",
        "date": "date",
        "time": "time",
    }
)


def can_be_unreadable(field: Field) -> bool:
    """Tell whether a cell can hold something that is no value of the field's type."""
    return field.type not in {"text", "ids", "yes_no"} or field.format != ""


def can_be_disallowed(field: Field) -> bool:
    """Tell whether a value can be one that the contract does not allow."""
    return bool(field.one_of) or field.low is not None or field.high is not None or field.type == "yes_no"


def _cleaned(one: Reading, quick: str | None = None) -> str:
    """Give the text of a cell that `quick` did not take, without blanks, placeholders and foreign spellings."""
    text = f.trimmed(one.cell, ascii_only=one.ascii_only)
    pairs = []
    if quick is not None:
        pairs.append((f"{one.cell} IS NULL OR {quick}", "NULL"))
    if one.reads.missing:
        pairs.append((f.among(text, map(f.text, one.reads.missing)), "NULL"))
    pairs += [(f"{text} = {f.text(raw)}", f.text(value)) for raw, value in one.bound.values.items()]
    return f.cases(pairs, text)


def _foreign(one: Reading) -> set[str]:
    """Give the texts that do not stand for themselves: placeholders and spellings that the binding translates."""
    return {*one.reads.missing, *one.bound.values}


def _plainly(one: Reading, test: str) -> str:
    """Narrow a quick test where a placeholder could pass it."""
    digits = [text for text in _foreign(one) if text[:1].isdigit() or text[1:2].isdigit()]
    return f"({test}) AND {one.cell} NOT IN {f.texts(sorted(digits))}" if digits else test


def _is_blank(one: Reading) -> str:
    return f"{one.cell} IS NULL OR ({_cleaned(one)}) IS NULL"


def _states(one: Reading, allowed: str | None = None, bad: int = UNREADABLE) -> Iterator[Level]:
    """Give the state of the value `w_`, and the value itself where it is allowed."""
    value = one.column("w")
    pairs = [(f"{value} IS NOT NULL" + (f" AND ({allowed})" if allowed else ""), str(VALUE))]
    if allowed:
        pairs.append((f"{value} IS NOT NULL", str(NOT_ALLOWED)))
    pairs.append((_is_blank(one), str(BLANK)))
    yield 4, "s", f"({f.cases(pairs, str(bad))})::UTINYINT"
    yield 4, "v", value if allowed is None else f"CASE WHEN {allowed} THEN {value} END"


def _range(one: Reading) -> str | None:
    value = one.column("w")
    tests = []
    if one.field.low is not None:
        tests.append(f"{value} >= {f.number(one.field.low)}")
    if one.field.high is not None:
        tests.append(f"{value} <= {f.number(one.field.high)}")
    return " AND ".join(tests) or None


def _text(one: Reading) -> Iterator[Level]:
    field, cleaned = one.field, _cleaned(one)
    if field.one_of and field.ignore_case:
        pairs = [(f"lower({cleaned}) = lower({f.text(value)})", f.text(value)) for value in field.one_of]
        yield 2, "w", f.cases([(f"{one.cell} IS NULL", "NULL"), *pairs])
        yield from _states(one, bad=NOT_ALLOWED)
    elif field.one_of:
        plain = [value for value in field.one_of if value not in _foreign(one)]
        # A place in a list asks only once for the text, which costs more than all else here.
        listed = f"[{', '.join(map(f.text, field.one_of))}]"
        slow = f"{listed}[list_position({listed}, {cleaned})]"
        pairs = [(f"{one.cell} IS NULL", "NULL")]
        pairs += [(f.among(one.cell, map(f.text, plain)), one.cell)] * bool(plain)
        yield 2, "w", f.cases(pairs, slow)
        yield from _states(one, bad=NOT_ALLOWED)
    elif field.format == "email":
        shape = f.text(criteria.EMAIL_SHAPE)
        slow = f"CASE WHEN regexp_full_match({cleaned}, {shape}) THEN {cleaned} END"
        # Blanks are not in the shape; what else could stand for something other than itself is looked at closely.
        as_it_is = not any(re.fullmatch(criteria.EMAIL_SHAPE, text) for text in _foreign(one))
        shaped = f"regexp_full_match({one.cell}, {shape})" + ("" if one.ascii_only else f" AND {f.is_ascii(one.cell)}")
        quick = [(shaped, one.cell)] * as_it_is
        yield 2, "w", f.cases([(f"{one.cell} IS NULL", "NULL"), *quick], slow)
        yield from _states(one)
    else:
        if one.ascii_only and not one.reads.missing:
            filled = f"{one.cell} >= '!'"
        else:
            # Few cells hold a placeholder: what has no blank at either end and is none stands as it is.
            filled = one.column("p")
            stands = f.stands(one.cell, ascii_only=one.ascii_only)
            if foreign := sorted(_foreign(one)):
                stands += f" AND {one.cell} NOT IN {f.texts(foreign)}"
            yield 0, "p", stands
            cleaned = f"CASE WHEN {filled} THEN {one.cell} ELSE {cleaned} END"
        if one.ids == "plain":
            yield 2, "w", cleaned
        else:
            yield 1, "u", cleaned
            yield 2, "w", long_id(one.column("u"), one.ids)
        yield 4, "s", f"({f.cases([(filled, str(VALUE)), (_is_blank(one), str(BLANK))], str(VALUE))})::UTINYINT"
        yield 4, "v", one.column("w")


def long_id(text: str, ids: Ids) -> str:
    """Give an id in the form in which rows of one program name each other, whatever the form in the file."""
    return text if ids == "plain" else _LONG[ids](f"({text})")


def _long_salesforce(text: str) -> str:
    """Lengthen an id of 15 characters, which counts by its case, by the three that say which of them are capitals."""
    groups = []
    for first in (1, 6, 11):
        bits = (f"({text}[{first + at}] BETWEEN 'A' AND 'Z')::TINYINT * {1 << at}" for at in range(5))
        groups.append(f"{f.text(ID_LETTERS)}[1 + {' + '.join(bits)}]")
    shape = f"strlen({text}) = 15 AND regexp_full_match({text}, '[A-Za-z]*[0-9][A-Za-z0-9]*')"
    return f"CASE WHEN {shape} THEN {text} || {' || '.join(groups)} ELSE {text} END"


def _bare_zoho(text: str) -> str:
    return f"CASE WHEN regexp_full_match({text}, 'zcrm_[0-9]+') THEN substr({text}, 6) ELSE {text} END"


_LONG: Mapping[str, Callable[[str], str]] = MappingProxyType({"salesforce": _long_salesforce, "zoho": _bare_zoho})


def _ids(one: Reading) -> Iterator[Level]:
    field, text, value = one.field, one.column("q"), one.column("w")
    yield 1, "q", _cleaned(one)
    trimmed = f"list_transform(string_split({text}, ';'), lambda x: trim(x, {f.text(criteria.BLANKS)}))"
    parts = f"list_filter({trimmed}, lambda x: x <> '')"
    if one.ids != "plain":
        parts = f"list_transform({parts}, lambda x: {long_id('x', one.ids)})"
    yield 2, "w", f"CASE WHEN len({parts}) > 0 THEN {parts} END"
    if not field.one_of:
        yield from _ids_states(one)
        return
    part, listed = "x", [f.text(allowed) for allowed in field.one_of]
    if field.ignore_case:
        part, listed = "lower(x)", [f"lower({allowed})" for allowed in listed]
    yield from _ids_states(one, f"len(list_filter({value}, lambda x: {part} NOT IN ({', '.join(listed)}))) = 0")


def _ids_states(one: Reading, allowed: str = "true") -> Iterator[Level]:
    """Give state and value of a list; a cell of semicolons alone names nothing."""
    value = one.column("w")
    pairs = [(f"{value} IS NULL", str(BLANK)), (allowed, str(VALUE))]
    yield 4, "s", f"({f.cases(pairs, str(NOT_ALLOWED))})::UTINYINT"
    yield 4, "v", f"CASE WHEN {allowed} THEN {value} END"


def _plain_number(one: Reading, whole: int, decimals: int) -> tuple[str, str]:
    """Give the shape of a number in the file's own marks, and the cleaned text with a point and no grouping."""
    point = "[.]" if one.reads.decimal == "." else ","
    digits = f"0*[0-9]{{1,{whole}}}"
    text = f"({_cleaned(one)})"
    if one.reads.thousands:
        digits = f"([0-9]{{1,3}}([{one.reads.thousands}][0-9]{{3}})+|{digits})"
        text = f"replace({text}, {f.text(one.reads.thousands)}, '')"
    if one.reads.decimal != ".":
        text = f"replace({text}, {f.text(one.reads.decimal)}, '.')"
    return f"-?{digits}({point}({_decimals(decimals)}))?", text


def _decimals(most: int) -> str:
    """Give the shape of what may stand behind the mark: zeros beyond `most` say nothing.

    Three digits where fewer are allowed are no decimals for sure: `1.500` may mean one and a half thousand.
    """
    if most >= 3:
        return f"[0-9]{{1,{most}}}0*"
    short = ("0{1,2}", "[0-9]0?", "[0-9]{1,2}")[most]
    return f"{short}|[0-9]{{{most}}}0{{{4 - most},}}"


def _integer(one: Reading) -> Iterator[Level]:
    quick = one.column("q")
    yield 0, "q", f"TRY_CAST({one.cell} AS BIGINT)"
    # A text that the engine writes back unchanged has the plain shape, at a third of the cost of looking at it.
    inside = f"BETWEEN {1 - 10**MOST_DIGITS} AND {10**MOST_DIGITS - 1}"
    written = _plainly(one, f"CAST({quick} AS VARCHAR) = {one.cell} AND {quick} {inside}")
    shape, text = _plain_number(one, MOST_DIGITS, 0)
    slow = f"TRY_CAST(split_part({text}, '.', 1) AS BIGINT)"
    yield (
        3,
        "w",
        f.cases(
            [
                (f"{one.cell} IS NULL", "NULL"),
                (written, quick),
                (f"regexp_full_match({_cleaned(one)}, {f.text(shape)}) AND {slow} {inside}", slow),
            ]
        ),
    )
    yield from _states(one, _range(one))


def _decimal(one: Reading, whole: int, decimals: int) -> Iterator[Level]:
    kind = f"DECIMAL({MOST_DIGITS},{decimals})"
    quick = one.column("q")
    yield 0, "q", f"TRY_CAST({one.cell} AS {kind})"
    shape, text = _plain_number(one, whole, decimals)
    # As with whole numbers: `25000.00` writes itself back, anything else is looked at.
    written = [(_plainly(one, f"CAST({quick} AS VARCHAR) = {one.cell}"), quick)] * (one.reads.decimal == ".")
    pairs = [
        (f"{one.cell} IS NULL", "NULL"),
        *written,
        (f"regexp_full_match({_cleaned(one)}, {f.text(shape)})", f"TRY_CAST({text} AS {kind})"),
    ]

    def signed(currency: str) -> tuple[str, str]:
        """The amounts that are written with a sign of their currency, and what such a one is."""
        # The point of `Fr.` is no mark of decimals: `Fr. 8` are eight francs.
        plain = text
        for sign in sorted((one for one in SIGNS.get(currency, ()) if "." in one), key=len, reverse=True):
            plain = f"replace({plain}, {f.text(sign)}, '')"
        bare = f"regexp_replace({plain}, '[^-0-9.]', '', 'g')"
        return f"regexp_full_match({_cleaned(one)}, {f.text(_signed(shape, currency))})", f"TRY_CAST({bare} AS {kind})"

    if one.currency_cell is None:
        yield 3, "w", f.cases([*pairs, signed(one.contract_currency)] if one.field.type == "money" else pairs)
        yield from _states(one, _range(one))
        return
    code = f"upper({f.trimmed(one.currency_cell, ascii_only=one.ascii_only)})"
    # An amount has at most 18 digits and a rate 20, so that their product is exact before it is rounded.
    wide = "DECIMAL(38,8)"
    amount = one.column("x")
    yield 2, "x", f.cases(pairs)
    rated = []
    for currency, rate in {one.contract_currency: Decimal(1), **one.rates}.items():
        known = f"coalesce({amount}, {f.cases([signed(currency)])})"
        product = f"CAST({known} AS {kind}) * {_rate(rate)}" if currency != one.contract_currency else known
        rated.append((f"{code} = {f.text(currency)}", f"CAST({product} AS {wide})"))
    yield 3, "w", f.cases(rated)
    yield from _states(one, _range(one))


def _signed(shape: str, currency: str) -> str:
    """Give the shape of an amount with a sign of its currency before or behind it."""
    sign = "(" + "|".join(re.escape(sign) for sign in (currency, *SIGNS.get(currency, ()))) + ")"
    blank, bare = r"[ \x{a0}\x{202f}]?", shape.removeprefix("-?")
    return f"-?{sign}{blank}({bare})|{sign}{blank}-({bare})|-?({bare}){blank}{sign}"


def sign(text: str) -> str:
    """Give the sign or code of a currency at either end of an amount, or nothing where there is none that is known."""
    known = sorted({*SIGNS, *(one for signs in SIGNS.values() for one in signs)}, key=lambda one: (-len(one), one))
    listed = "|".join(re.escape(one) for one in known)
    ends = (f"^-?({listed})[^A-Za-z]*[0-9]", f"[0-9][^A-Za-z]*({listed})$")
    found = (f"nullif(regexp_extract({text}, {f.text(end)}, 1), '')" for end in ends)
    return f"coalesce({', '.join(found)})"


def _rate(rate: Decimal) -> str:
    return f"CAST({f.number(rate)} AS DECIMAL(20,{max(0, -int(rate.as_tuple().exponent))}))"


def _number(one: Reading) -> Iterator[Level]:
    yield from _decimal(one, MOST_DIGITS - 6, 6)


def _money(one: Reading) -> Iterator[Level]:
    yield from _decimal(one, MOST_DIGITS - one.field.decimals, one.field.decimals)


def _yes_no(one: Reading) -> Iterator[Level]:
    foreign = _foreign(one)
    words = one.words()
    meant = (("true", words[0]), ("false", words[1]))
    # An export spells them in one way, most likely an early one; each further word is tried on what is left.
    quick = [
        (f"{one.cell} = {f.text(listed[at])}", meaning)
        for at in range(_USUAL)
        for meaning, listed in meant
        if at < len(listed) and listed[at] not in foreign
    ]
    slow = [(f.among(f"({_cleaned(one)})", map(f.text, listed)), meaning) for meaning, listed in meant if listed]
    value = one.column("w")
    yield 2, "w", f.cases([(f"{one.cell} IS NULL", "NULL"), *quick, *slow])
    if one.field.when_blank is None:
        yield from _states(one, bad=NOT_ALLOWED)
        return
    blank = "true" if one.field.when_blank else "false"
    known = [(f"{value} IS NOT NULL", str(VALUE)), (_is_blank(one), str(VALUE))]
    yield 4, "s", f"({f.cases(known, str(NOT_ALLOWED))})::UTINYINT"
    filled = [(f"{value} IS NOT NULL", value), (_is_blank(one), blank)]
    yield 4, "v", f.cases(filled)


def _spelt(words: tuple[str, ...]) -> list[str]:
    """Give the spellings that exports use: comparing them costs less than folding the case of every cell."""
    return list(dict.fromkeys(s for word in words for s in (word, word.upper(), word.capitalize())))


# --- times ------------------------------------------------------------------------------------


def _seconds(timestamp: str, kind: int) -> str:
    """Encode the seconds of a timestamp without a fraction and its kind in one number."""
    return f"((epoch_us({timestamp}) // 1000000) * 8 + {kind})"


def _iso(raw: str) -> Iterator[tuple[str, str]]:
    """The ISO shapes: a day, with `T` or a blank a minute or a second, fractions dropped, an offset or none."""
    day = f"TRY_CAST({raw} AS DATE)"
    yield f"CAST({day} AS VARCHAR) = {raw} AND {raw} < ':'", _seconds(f"TRY_CAST({day} AS TIMESTAMP)", _DAY)
    for length, kind, tail in ((19, _SECOND, r"(\.[0-9]{1,9})?" + _ZONE), (16, _MINUTE, _ZONE)):
        stamp = f"replace(left({raw}, {length}), 'T', ' ')" + ("" if length == 19 else " || ':00'")
        cast = f"TRY_CAST({stamp} AS TIMESTAMP)"
        rest = f"substr({raw}, {length + 1})"
        same = f"CAST({cast} AS VARCHAR) = {stamp} AND regexp_full_match({rest}, {f.text(tail)})"
        yield f"{same} AND regexp_full_match({rest}, {f.text(_FRACTION)})", _seconds(cast, kind)
        yield same, f"({_seconds(cast, kind | _WITH_OFFSET)} - {_own_offset(rest)} * 8)"
    # An hour without its leading zero, as some warehouses write it.
    short = f"left({raw}, 11) || '0' || substr({raw}, 12)"
    cast = f"TRY_CAST({short} AS TIMESTAMP)"
    yield (
        f"regexp_full_match({raw}, {f.text('[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]:[0-9]{2}:[0-9]{2}')})",
        _seconds(cast, _SECOND),
    )


def _own_offset(text: str) -> str:
    """Give the seconds of the offset that a text ends with."""
    zone = f"regexp_extract({text}, {f.text(_ZONE_AT_END)}, 1)"
    hours = f"CAST(substr({zone}, 2, 2) AS BIGINT)"
    minutes = f"(CASE WHEN length({zone}) > 3 THEN CAST(right({zone}, 2) AS BIGINT) ELSE 0 END)"
    return (
        f"(CASE WHEN {zone} = 'Z' THEN 0 WHEN left({zone}, 1) = '-' THEN -1 ELSE 1 END "
        f"* CASE WHEN {zone} = 'Z' THEN 0 ELSE {hours} * 3600 + {minutes} * 60 END)"
    )


def _clock_formats(date_format: str) -> str:
    clocks = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", " %I:%M:%S%p")
    return "[" + ", ".join(f.text(date_format + clock) for clock in clocks) + "]"


def _by_clock(stamp: str, raw: str) -> str:
    """Encode by the number of colons: none is a day, one a minute, two a second."""
    colons = f"(length({raw}) - length(replace({raw}, ':', '')))"
    kind = f"(CASE {colons} WHEN 0 THEN {_DAY} WHEN 1 THEN {_MINUTE} ELSE {_SECOND} END)"
    return f"((epoch_us({stamp}) // 1000000) * 8 + {kind})"


def _written(one: Reading, raw: str) -> Iterator[tuple[str, str]]:
    """The shapes of other places: `31/01/2026 2:05 PM` in the declared order, and `31 Jan, 2026`."""
    order = one.reads.date_order
    if order in {"mdy", "dmy"}:
        plain = f"replace(translate({raw}, '.-', '//'), ',', '')"
        first = "%m/%d" if order == "mdy" else "%d/%m"
        shape = rf"{_NUMERIC_DATE}{_CLOCK}"
        long_year = f"regexp_matches({raw}, {f.text(_LONG_YEAR)})"
        stamp = f"try_strptime({plain}, {_clock_formats(first + '/%Y')})"
        short = f"try_strptime({plain}, {_clock_formats(first + '/%y')})"
        # Two-digit years are of this century, whatever the engine's pivot says.
        century = f"CASE WHEN year({short}) < 2000 THEN {short} + INTERVAL 100 YEAR ELSE {short} END"
        yield f"regexp_full_match({raw}, {f.text(shape)}) AND {long_year}", _by_clock(stamp, raw)
        local = f"translate(regexp_extract({raw}, '^[0-9/.-]+[ T][0-9:]+'), '.-T', '// ')"
        zoned = f"try_strptime({local}, {f.text(first + '/%Y %H:%M:%S')})"
        yield (
            f"regexp_full_match({raw}, {f.text(_WITH_ZONE)})",
            f"({_seconds(zoned, _SECOND | _WITH_OFFSET)} - {_own_offset(raw)} * 8)",
        )
        yield f"regexp_full_match({raw}, {f.text(shape)})", _by_clock(f"({century})", raw)
    plain = f"replace({raw}, ',', '')"
    yield (
        f"regexp_full_match({raw}, {f.text(_MONTH_DATE + _CLOCK)})",
        _by_clock(f"try_strptime({plain}, {_clock_formats('%d %b %Y')})", raw),
    )


def _moment(one: Reading) -> Iterator[Level]:
    """Read a time: its range `lo_` to `hi_` in seconds of UTC, its own local day, its state, and its flags."""
    yield from _plain_moment(one) if one.plain else _any_moment(one)


def _plain_moment(one: Reading) -> Iterator[Level]:
    """Read `2026-01-31 14:05:09` and nothing else; what depends on the zone comes from one walk down its changes."""
    cell, local, code = one.cell, one.column("w"), one.column("e")
    yield 0, "q", f"TRY_CAST({cell} AS TIMESTAMP)"
    same = _plainly(one, f"strlen({cell}) = 19 AND CAST({one.column('q')} AS VARCHAR) = {cell}")
    # As texts, years are in order too, and looking at the first two digits is cheap.
    in_time = f"{cell} >= '{zones.FIRST_YEAR}' AND {cell} < '{zones.LAST_YEAR + 1}'"
    yield 1, "y", f"CASE WHEN {same} AND {in_time} THEN {one.column('q')} END"
    yield 2, "w", f"epoch_us({one.column('y')}) // 1000000"
    missing = _cleaned(one)
    pairs = [
        (f"{local} IS NOT NULL", str(VALUE)),
        (f"{cell} IS NULL", str(BLANK)),
        (f"({missing}) IS NULL", str(BLANK)),
    ]
    yield 3, "s", f"({f.cases(pairs, str(UNREADABLE))})::UTINYINT"
    yield 3, "e", _zone_code(one, local)
    yield 4, "lo", f"{local} - ({code} >> {_OFFSET_AT})"
    yield 5, "hi", f"CASE WHEN {code} & {_TWICE} = 0 THEN {one.column('lo')} ELSE {_latest(one, local)} END"
    # What was not taken as it stands is a blank, or has another shape: then the column is read again.
    told = [
        (f"{local} IS NOT NULL", f"{code} & {_TWICE - 1}"),
        (f"{one.column('s')} = {BLANK}", "0"),
        (same, "0"),
    ]
    yield 4, "z", f"({f.cases(told, str(OTHER_SHAPE))})::UTINYINT"
    if one.zone == one.contract_zone:
        yield 5, "day", f"(CAST({one.column('y')} AS DATE) - DATE '1970-01-01')::INTEGER"
    else:
        yield 5, "day", _own_day(one, local, str(_SECOND))


def _any_moment(one: Reading) -> Iterator[Level]:
    cell, text = one.cell, one.column("u")
    yield 0, "q", f"TRY_CAST({cell} AS TIMESTAMP)"
    # `infinity` and `-infinity` would write themselves back too.
    yield 1, "p", _plainly(one, f"CAST({one.column('q')} AS VARCHAR) = {cell} AND {cell} >= '0' AND {cell} < ':'")
    quick = one.column("p")
    yield 2, "u", _cleaned(one, quick)
    # The engine's division rounds towards zero, and before 1970 a fraction must not round up.
    micros = f"epoch_us({one.column('q')})"
    taken = (quick, f"{micros} // 1000000 - ({micros} % 1000000 < 0)::BIGINT")
    encoded = one.column("e")
    yield 3, "e", f.cases([(f"{text} IS NULL", "NULL"), *_iso(text), *_written(one, text)])
    yield 4, "y", f.cases([taken], f"{encoded} >> 3")
    yield 5, "k", f"coalesce({encoded} & 7, 0)::UTINYINT"
    first, last = _seconds_of_year(zones.FIRST_YEAR), _seconds_of_year(zones.LAST_YEAR + 1)
    yield 5, "w", f"CASE WHEN {one.column('y')} BETWEEN {first} AND {last - 1} THEN {one.column('y')} END"
    local = one.column("w")
    pairs = [(f"{local} IS NOT NULL", str(VALUE)), (f"{text} IS NULL AND {one.column('y')} IS NULL", str(BLANK))]
    yield 6, "s", f"({f.cases(pairs, str(UNREADABLE))})::UTINYINT"
    kind = one.column("k")
    low = _offset(one, local, kind)
    yield 6, "n", _ordinary(one, local, kind)
    yield 7, "lo", f"CASE WHEN {kind} >= {_WITH_OFFSET} THEN {local} ELSE {local} - ({low}) END"
    span = f"(CASE {kind} & 3 WHEN {_SECOND} THEN 0 WHEN {_MINUTE} THEN 59 ELSE {zones.DAY - 1} END)"
    end = f"({local} + {span})"
    shifted = f"CASE WHEN {kind} >= {_WITH_OFFSET} THEN {end} ELSE {end} - ({_offset(one, end, kind, high=True)}) END"
    yield 8, "hi", f"CASE WHEN {one.column('n')} THEN {one.column('lo')} ELSE {shifted} END"
    yield 8, "day", _own_day(one, local, kind)
    yield 7, "z", f"CASE WHEN {one.column('n')} THEN {NAIVE}::UTINYINT ELSE {_flags(one, local, kind)} END"


def _offset(one: Reading, local: str, kind: str, *, high: bool = False) -> str:
    """Give the offset of local seconds, by the earlier or the later reading; a day has the zone of days."""
    stamps = _offset_in(one.zone, one, local, high=high)
    if one.zone == one.zone_of_days:
        return stamps
    return f"CASE {kind} WHEN {_DAY} THEN {_offset_in(one.zone_of_days, one, local, high=high)} ELSE {stamps} END"


def _offset_in(zone: str, one: Reading, local: str, *, high: bool) -> str:
    there = zones.offsets(zone)
    return f.steps(*_cut(there.high if high else there.low, there.offsets, one.window), local)


def _latest(one: Reading, local: str) -> str:
    return f"{local} - ({_offset_in(one.zone, one, local, high=True)})"


# A zone code holds the offset of the earlier reading (moved up; west of Greenwich the code is negative, and moving down
# and masking still give both parts), a bit that says that the local time happens twice, and the flags of a plain time.
_TWICE = 256
_OFFSET_AT = 9


def _zone_code(one: Reading, local: str) -> str:
    """Give the zone code of local seconds, by one walk down all moments at which any part of it changes."""
    there = zones.offsets(one.zone)
    first = _seconds_of_year(one.window.first) + 2 * zones.DAY
    last = _seconds_of_year(one.window.last + 1) - 2 * zones.DAY
    low, low_offsets = _cut(there.low, there.offsets, one.window)
    high, high_offsets = _cut(there.high, there.offsets, one.window)
    gaps = _gaps(one)
    windowed = one.window != ALL_YEARS
    edges = sorted({*low, *high, *(edge for gap in gaps for edge in gap), *((first, last + 1) if windowed else ())})

    def code(at: int) -> int:
        offset = low_offsets[bisect_right(low, at)]
        twice = _TWICE if high_offsets[bisect_right(high, at)] != offset else 0
        gap = GAP if any(start <= at < stop for start, stop in gaps) else 0
        outside = OUTSIDE if windowed and not first <= at <= last else 0
        return (offset << _OFFSET_AT) | twice | NAIVE | gap | outside

    codes = [code(edges[0] - 1) if edges else code(0), *(code(edge) for edge in edges)]
    return f.steps(edges, codes, local)


def _seconds_of_year(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def _ordinary(one: Reading, local: str, kind: str) -> str:
    """Tell the times that need no second look: to the second, in the window, far from any change of offset."""
    # Before 1970 the engine's remainders are negative, and none of them is a time of day.
    first = max(_seconds_of_year(one.window.first) + 2 * zones.DAY, 0)
    last = _seconds_of_year(one.window.last + 1) - 2 * zones.DAY
    test = f"{kind} = {_SECOND} AND {local} BETWEEN {first} AND {last}"
    there = zones.offsets(one.zone)
    # Where clocks change they do so in the small hours: the time of day tells all other times apart at once.
    changes = [
        (min(low, high) % zones.DAY, abs(low - high))
        for low, high in (
            (at + before, at + after)
            for at, before, after in zip(there.instants, there.offsets, there.offsets[1:], strict=False)
            if first <= at <= last
        )
    ]
    if changes:
        early = min(start for start, _ in changes)
        late = max(start + length for start, length in changes)
        test += f" AND {local} % {zones.DAY} NOT BETWEEN {early} AND {late}"
        if late >= zones.DAY:
            test += f" AND {local} % {zones.DAY} > {late - zones.DAY}"
    return f"coalesce({test}, false)"


def _own_day(one: Reading, local: str, kind: str) -> str:
    """Give the local day of a time in the contract's zone, as days since 1970; a date keeps its own day."""
    low = one.column("lo")
    same_zone = one.zone == one.contract_zone
    pairs = [(f"{kind} < {_WITH_OFFSET}" if same_zone else f"{kind} = {_DAY}", _day_of(local))]
    there = zones.offsets(one.contract_zone)
    shifted = f"({low} + ({f.steps(*_cut(there.instants, there.offsets, one.window), low)}))"
    return f"({f.cases(pairs, _day_of(shifted))})::INTEGER"


def _day_of(local: str) -> str:
    """Give the days since 1970 of local seconds; the engine's division rounds towards zero, so both ends are moved."""
    ages = 100_000
    return f"(({local} + {ages * zones.DAY}) // {zones.DAY} - {ages})"


def _cut(thresholds: tuple[int, ...], offsets: tuple[int, ...], window: Window) -> tuple[list[int], list[int]]:
    """Keep the changes of offset inside the window of years."""
    first = int(datetime(window.first, 1, 1, tzinfo=UTC).timestamp()) - 2 * zones.DAY
    last = int(datetime(window.last + 1, 1, 1, tzinfo=UTC).timestamp()) + 2 * zones.DAY
    start, stop = bisect_left(thresholds, first), bisect_right(thresholds, last)
    return list(thresholds[start:stop]), list(offsets[start : stop + 1])


def _flags(one: Reading, local: str, kind: str) -> str:
    """Say what a time column holds that decides how, or whether, the file can be read."""
    has_offset = f"{kind} >= {_WITH_OFFSET}"
    plain = f.cases([(has_offset, str(OFFSET)), (f"{kind} & 3 = {_DAY}", "0")], str(NAIVE))
    parts = [f"CASE WHEN {local} IS NOT NULL THEN {plain} ELSE {_order_flags(one, one.column('u'))} END"]
    if one.window != ALL_YEARS:
        first = _seconds_of_year(one.window.first) + 2 * zones.DAY
        last = _seconds_of_year(one.window.last + 1) - 2 * zones.DAY
        parts.append(f"CASE WHEN {local} NOT BETWEEN {first} AND {last} THEN {OUTSIDE} ELSE 0 END")
    if gap := " OR ".join(f"{local} BETWEEN {start} AND {stop - 1}" for start, stop in _gaps(one)):
        parts.append(f"CASE WHEN ({gap}) AND NOT ({has_offset}) AND {kind} & 3 <> {_DAY} THEN {GAP} ELSE 0 END")
    return "(" + " | ".join(f"({part})::UTINYINT" for part in parts) + ")"


def _order_flags(one: Reading, raw: str) -> str:
    """Say of a date in an undeclared order that it is one, and whether it proves which order it has."""
    if one.reads.date_order is not None:
        return "0"
    numeric = f"regexp_full_match({raw}, {f.text(f'{_NUMERIC_DATE}{_CLOCK}|{_WITH_ZONE}')})"
    first = f"TRY_CAST(regexp_extract({raw}, '^([0-9]+)', 1) AS INTEGER)"
    second = f"TRY_CAST(regexp_extract({raw}, '^[0-9]+[/.-]([0-9]+)', 1) AS INTEGER)"
    # `26/01/31` may begin with its year: only a year of four digits leaves nothing but day and month.
    whole = f"regexp_matches({raw}, {f.text(_LONG_YEAR)})"
    proof = f.cases(
        [
            (f"{first} BETWEEN 1 AND 12 AND {second} BETWEEN 1 AND 12", str(UNDECIDED)),
            (f"{first} BETWEEN 13 AND 31 AND {second} BETWEEN 1 AND 12", _proved(whole, DAY_FIRST)),
            (f"{first} BETWEEN 1 AND 12 AND {second} BETWEEN 13 AND 31", _proved(whole, MONTH_FIRST)),
        ],
        "0",
    )
    return f"CASE WHEN {numeric} THEN {proof} ELSE 0 END"


def _proved(certain: str, order: int) -> str:
    return f"CASE WHEN {certain} THEN {UNDECIDED | order} ELSE {UNDECIDED} END"


def _gaps(one: Reading) -> list[tuple[int, int]]:
    """Give the stretches of local seconds that never happen, in the years of the window: first, and first after."""
    there = zones.offsets(one.zone)
    first, last = _seconds_of_year(one.window.first), _seconds_of_year(one.window.last + 1)
    return [
        (at + before, at + after)
        for at, before, after in zip(there.instants, there.offsets, there.offsets[1:], strict=False)
        if after > before and first <= at <= last
    ]


def _date(one: Reading) -> Iterator[Level]:
    yield from _moment(one)
    yield 9, "v", one.column("day")


_TYPES: Mapping[str, Callable[[Reading], Iterator[Level]]] = MappingProxyType(
    {
        "text": _text,
        "ids": _ids,
        "integer": _integer,
        "number": _number,
        "money": _money,
        "yes_no": _yes_no,
        "date": _date,
        "time": _moment,
    }
)
