"""From the text of a cell to a typed value with a state: a closed list of shapes, each checked before its cast.

A cast of the engine takes more than people mean (`0x10`, `1e3`, `infinity`, 24 o'clock), so a value is cast only
where its text has one of the shapes that the documentation lists. Times become ranges of whole UTC seconds; offsets
come from the packaged zone database as plain comparisons, never from the engine.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from slacli.core import zones
from slacli.core.plan import fragments as f
from slacli.model import Column, Field, Reads

# States of a field in a row: what stands in `s_<field>`.
VALUE, BLANK, UNREADABLE, NOT_ALLOWED, NOT_BOUND = range(5)

# Flags of a time column: what stands in `z_<field>`.
NAIVE, OFFSET, UNDECIDED, DAY_FIRST, MONTH_FIRST, GAP, OUTSIDE = (1 << n for n in range(7))

TRUE_WORDS = ("true", "yes", "1")
FALSE_WORDS = ("false", "no", "0")

_HOUR_MINUTE = r"[0-9]{1,2}:[0-9]{2}"
_ZONE_AT_END = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_FRACTION = r"(\.[0-9]*)?"
_ZONE = r"( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?"
_NUMERIC_DATE = r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-]([0-9]{4}|[0-9]{2})"
_MONTH_DATE = r"[0-9]{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec),? [0-9]{4}"
_CLOCK = rf"(,? {_HOUR_MINUTE}(:[0-9]{{2}})?( ?[AaPp][Mm])?)?"

# Kinds in the low bits of an encoded time: its precision, and whether it carried an offset.
_SECOND, _MINUTE, _DAY, _WITH_OFFSET = 0, 1, 2, 4
_SPAN = {_SECOND: 0, _MINUTE: 59, _DAY: zones.DAY - 1}


@dataclass(frozen=True, slots=True)
class Window:
    """The years whose offsets are written out; a time outside sets OUTSIDE, and the file is read again with all."""

    first: int
    last: int


ALL_YEARS = Window(zones.FIRST_YEAR, zones.LAST_YEAR)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one bound column is read: the field, its column of the binding, the settings, and facts of the file."""

    field: Field
    column: Column
    reads: Reads
    cell: str
    currency_cell: str | None
    ascii_only: bool
    contract_zone: str
    contract_currency: str
    rates: Mapping[str, Decimal]
    window: Window

    @property
    def zone(self) -> str:
        return self.reads.time_zone or self.contract_zone


def levels(one: Reading) -> Iterator[tuple[int, str, str]]:
    """Give level, alias and expression of everything that reading one column takes.

    Level 0 cleans, 1 casts, 2 converts, 3 sets the state and takes values away that are not allowed.
    """
    field, at = one.field, one.field.id
    clean = f.trimmed(one.cell, ascii_only=one.ascii_only)
    yield 0, f"t_{at}", clean
    shown = f.name(f"t_{at}")
    if one.reads.missing:
        shown = f"CASE WHEN {shown} IN {f.texts(one.reads.missing)} THEN NULL ELSE {shown} END"
    if one.column.values:
        pairs = [(f"{shown} = {f.text(raw)}", f.text(value)) for raw, value in one.column.values.items()]
        shown = f.cases(pairs, shown)
    yield 1, f"u_{at}", shown
    yield from _TYPES[field.type](one, f.name(f"u_{at}"))


def _state(one: Reading, value: str, allowed: str | None = None) -> str:
    raw = f.name(f"u_{one.field.id}")
    pairs = [(f"{raw} IS NULL", str(BLANK)), (f"{value} IS NULL", str(UNREADABLE))]
    if allowed is not None:
        pairs.append((f"NOT ({allowed})", str(NOT_ALLOWED)))
    return f"({f.cases(pairs, str(VALUE))})::UTINYINT"


def _finish(one: Reading, cast: str, allowed: str | None = None) -> Iterator[tuple[int, str, str]]:
    """Give the state of a value that `cast` computes, and the value where it is allowed."""
    at = one.field.id
    yield 2, f"w_{at}", cast
    value = f.name(f"w_{at}")
    yield 3, f"s_{at}", _state(one, value, allowed)
    yield 3, f"v_{at}", value if allowed is None else f"CASE WHEN {allowed} THEN {value} END"


def _range(one: Reading) -> str | None:
    value = f.name(f"w_{one.field.id}")
    tests = []
    if one.field.low is not None:
        tests.append(f"{value} >= {f.number(one.field.low)}")
    if one.field.high is not None:
        tests.append(f"{value} <= {f.number(one.field.high)}")
    return " AND ".join(tests) or None


def _text(one: Reading, raw: str) -> Iterator[tuple[int, str, str]]:
    field = one.field
    if field.format == "email":
        shape = r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+"
        yield from _finish(one, f"CASE WHEN regexp_full_match({raw}, {f.text(shape)}) THEN {raw} END")
    elif field.one_of and field.ignore_case:
        pairs = [(f"lower({raw}) = lower({f.text(value)})", f.text(value)) for value in field.one_of]
        value = f.name(f"w_{field.id}")
        yield from _finish(one, f.cases(pairs, raw), f"{value} IN {f.texts(field.one_of)}")
    elif field.one_of:
        yield from _finish(one, raw, f"{f.name(f'w_{field.id}')} IN {f.texts(field.one_of)}")
    else:
        yield from _finish(one, raw)


def _ids(one: Reading, raw: str) -> Iterator[tuple[int, str, str]]:
    parts = f"list_filter(list_transform(string_split({raw}, ';'), lambda x: trim(x)), lambda x: x <> '')"
    yield from _finish(one, f"CASE WHEN len({parts}) > 0 THEN {parts} END")


def _plain_number(one: Reading, raw: str, whole: int, decimals: int) -> tuple[str, str]:
    """Give the shape of a number in the file's own marks, and its text with a point and no grouping."""
    point = "[.]" if one.reads.decimal == "." else ","
    digits = f"[0-9]{{1,{whole}}}"
    if one.reads.thousands:
        mark = "[" + one.reads.thousands.replace("\u00a0", " ") + "]"
        digits = f"([0-9]{{1,3}}({mark}[0-9]{{3}})+|[0-9]{{1,{whole}}})"
    part = f"({point}[0-9]{{1,{decimals}}}0*)?" if decimals else f"({point}0+)?"
    text = raw
    if one.reads.thousands:
        text = f"replace({text}, {f.text(one.reads.thousands)}, '')"
    if one.reads.decimal != ".":
        text = f"replace({text}, {f.text(one.reads.decimal)}, '.')"
    return f"-?{digits}{part}", text


def _integer(one: Reading, raw: str) -> Iterator[tuple[int, str, str]]:
    shape, text = _plain_number(one, raw, 18, 0)
    quick = f"TRY_CAST({raw} AS BIGINT)"
    cast = f.cases(
        [
            # A text that the engine writes back unchanged has the plain shape: the common case, at a third of the cost.
            (f"CAST({quick} AS VARCHAR) = {raw}", quick),
            (f"regexp_full_match({raw}, {f.text(shape)})", f"TRY_CAST(split_part({text}, '.', 1) AS BIGINT)"),
        ]
    )
    yield from _finish(one, f"CASE WHEN abs({cast}) < 1000000000000000000 THEN {cast} END", _range(one))


def _number(one: Reading, raw: str) -> Iterator[tuple[int, str, str]]:
    shape, text = _plain_number(one, raw, 12, 6)
    cast = f"CASE WHEN regexp_full_match({raw}, {f.text(shape)}) THEN TRY_CAST({text} AS DECIMAL(18,6)) END"
    yield from _finish(one, cast, _range(one))


def _money(one: Reading, raw: str) -> Iterator[tuple[int, str, str]]:
    decimals = one.field.decimals
    shape, text = _plain_number(one, raw, min(15, 18 - decimals), decimals)
    kind = f"DECIMAL(18,{decimals})"
    cast = f"CASE WHEN regexp_full_match({raw}, {f.text(shape)}) THEN TRY_CAST({text} AS {kind}) END"
    if one.currency_cell is not None:
        code = f"upper({f.trimmed(one.currency_cell, ascii_only=one.ascii_only)})"
        wide = "DECIMAL(38,8)"
        pairs = [(f"{code} = {f.text(one.contract_currency)}", f"CAST({cast} AS {wide})")]
        pairs += [
            (f"{code} = {f.text(other)}", f"CAST({cast} AS {wide}) * CAST({f.number(rate)} AS DECIMAL(18,6))")
            for other, rate in one.rates.items()
        ]
        cast = f"CAST({f.cases(pairs)} AS {wide})"
    yield from _finish(one, cast, _range(one))


def _yes_no(one: Reading, raw: str) -> Iterator[tuple[int, str, str]]:
    if one.column.true_when or one.column.false_when:
        pairs = [(f"{raw} IN {f.texts(one.column.true_when)}", "true")] if one.column.true_when else []
        pairs += [(f"{raw} IN {f.texts(one.column.false_when)}", "false")] if one.column.false_when else []
        cast = f.cases(pairs)
    else:
        cast = f.cases(
            [(f"{raw} IN {f.texts(_spelt(TRUE_WORDS))}", "true"), (f"{raw} IN {f.texts(_spelt(FALSE_WORDS))}", "false")]
        )
    at = one.field.id
    yield 2, f"w_{at}", cast
    value = f.name(f"w_{at}")
    unlisted = f"{raw} IS NOT NULL AND {value} IS NULL"
    if one.field.when_blank is None:
        pairs = [(f"{raw} IS NULL", str(BLANK)), (unlisted, str(NOT_ALLOWED))]
        yield 3, f"s_{at}", f"({f.cases(pairs, str(VALUE))})::UTINYINT"
        yield 3, f"v_{at}", value
    else:
        blank = "true" if one.field.when_blank else "false"
        yield 3, f"s_{at}", f"({f.cases([(unlisted, str(NOT_ALLOWED))], str(VALUE))})::UTINYINT"
        yield 3, f"v_{at}", f"CASE WHEN {raw} IS NULL THEN {blank} ELSE {value} END"


def _spelt(words: tuple[str, ...]) -> list[str]:
    """Give the spellings that exports use: comparing them costs less than folding the case of every cell."""
    return list(dict.fromkeys(s for word in words for s in (word, word.upper(), word.capitalize())))


# --- times ------------------------------------------------------------------------------------


def _seconds(timestamp: str, kind: int) -> str:
    """Encode a timestamp's seconds and its kind in one number."""
    return f"((epoch_us({timestamp}) // 1000000) * 8 + {kind})"


def _iso(raw: str) -> Iterator[tuple[str, str]]:
    """The ISO shapes: a day, with `T` or a blank a minute or a second, fractions dropped, an offset or none."""
    quick = f"TRY_CAST({raw} AS TIMESTAMP)"
    # `infinity` would write itself back too.
    yield f"CAST({quick} AS VARCHAR) = {raw} AND {raw} < ':'", _seconds(quick, _SECOND)
    day = f"TRY_CAST({raw} AS DATE)"
    yield f"CAST({day} AS VARCHAR) = {raw} AND {raw} < ':'", _seconds(f"CAST({day} AS TIMESTAMP)", _DAY)
    for length, kind, tail in ((19, _SECOND, r"(\.[0-9]{1,9})?" + _ZONE), (16, _MINUTE, _ZONE)):
        stamp = f"replace(left({raw}, {length}), 'T', ' ')" + ("" if length == 19 else " || ':00'")
        cast = f"TRY_CAST({stamp} AS TIMESTAMP)"
        rest = f"substr({raw}, {length + 1})"
        same = f"CAST({cast} AS VARCHAR) = {stamp} AND regexp_full_match({rest}, {f.text(tail)})"
        yield f"{same} AND regexp_full_match({rest}, {f.text(_FRACTION)})", _seconds(cast, kind)
        zone = f"regexp_extract({rest}, {f.text(_ZONE_AT_END)}, 1)"
        hours = f"CAST(substr({zone}, 2, 2) AS BIGINT)"
        minutes = f"(CASE WHEN length({zone}) > 3 THEN CAST(right({zone}, 2) AS BIGINT) ELSE 0 END)"
        offset = (
            f"(CASE WHEN {zone} = 'Z' THEN 0 WHEN left({zone}, 1) = '-' THEN -1 ELSE 1 END "
            f"* CASE WHEN {zone} = 'Z' THEN 0 ELSE {hours} * 3600 + {minutes} * 60 END)"
        )
        yield same, f"({_seconds(cast, kind | _WITH_OFFSET)} - {offset} * 8)"
    # An hour without its leading zero, as some warehouses write it.
    short = f"left({raw}, 11) || '0' || substr({raw}, 12)"
    cast = f"TRY_CAST({short} AS TIMESTAMP)"
    yield (
        f"regexp_full_match({raw}, {f.text('[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]:[0-9]{2}:[0-9]{2}')})",
        _seconds(cast, _SECOND),
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
        long_year = f"regexp_matches({raw}, {f.text(r'^[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}')})"
        stamp = f"try_strptime({plain}, {_clock_formats(first + '/%Y')})"
        short = f"try_strptime({plain}, {_clock_formats(first + '/%y')})"
        # Two-digit years are of this century, whatever the engine's pivot says.
        century = f"CASE WHEN year({short}) < 2000 THEN {short} + INTERVAL 100 YEAR ELSE {short} END"
        yield f"regexp_full_match({raw}, {f.text(shape)}) AND {long_year}", _by_clock(stamp, raw)
        yield f"regexp_full_match({raw}, {f.text(shape)})", _by_clock(f"({century})", raw)
    plain = f"replace({raw}, ',', '')"
    yield (
        f"regexp_full_match({raw}, {f.text(_MONTH_DATE + _CLOCK)})",
        _by_clock(f"try_strptime({plain}, {_clock_formats('%d %b %Y')})", raw),
    )


def _moment(one: Reading, raw: str) -> Iterator[tuple[int, str, str]]:
    """Read a time: `w_` the encoded local or UTC seconds, then the range `lo_`, `hi_`, the own day and the flags."""
    at = one.field.id
    shapes = f.cases([(f"{raw} IS NULL", "NULL"), *_iso(raw), *_written(one, raw)])
    yield 2, f"e_{at}", shapes
    encoded = f.name(f"e_{at}")
    first = int(datetime(zones.FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp()) * 8
    last = int(datetime(zones.LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp()) * 8
    yield 3, f"w_{at}", f"CASE WHEN {encoded} BETWEEN {first} AND {last} THEN {encoded} END"
    value = f.name(f"w_{at}")
    local, kind = f"({value} >> 3)", f"({value} & 3)"
    has_offset = f"({value} & {_WITH_OFFSET}) <> 0"
    span = f"(CASE {kind} WHEN {_SECOND} THEN 0 WHEN {_MINUTE} THEN 59 ELSE {_SPAN[_DAY]} END)"
    there = zones.offsets(one.zone)
    low = _cut(there.low, there.offsets, one.window)
    high = _cut(there.high, there.offsets, one.window)
    yield 4, f"lo_{at}", f"CASE WHEN {has_offset} THEN {local} ELSE {local} - ({f.steps(*low, local)}) END"
    end = f"({local} + {span})"
    yield 4, f"hi_{at}", f"CASE WHEN {has_offset} THEN {end} ELSE {end} - ({f.steps(*high, end)}) END"
    yield 4, f"s_{at}", _state(one, value)
    yield 5, f"day_{at}", own_day(one, local, kind, has_offset)
    yield 4, f"z_{at}", _flags(one, raw, value, local, kind, has_offset)


def own_day(one: Reading, local: str, kind: str, has_offset: str) -> str:
    """Give the local day of a time in the contract's zone, as days since 1970; a date keeps its own day."""
    low = f.name(f"lo_{one.field.id}")
    there = zones.offsets(one.contract_zone)
    shift = f.steps(*_cut(there.instants, there.offsets, one.window), low)
    converted = f"(({low} + ({shift})) // 86400)"
    if one.zone == one.contract_zone:
        converted = f"CASE WHEN {has_offset} THEN {converted} ELSE {local} // 86400 END"
    return f"(CASE WHEN {kind} = {_DAY} THEN {local} // 86400 ELSE {converted} END)::INTEGER"


def _cut(thresholds: tuple[int, ...], offsets: tuple[int, ...], window: Window) -> tuple[list[int], list[int]]:
    """Keep the changes of offset inside the window of years."""
    first = int(datetime(window.first, 1, 1, tzinfo=UTC).timestamp()) - 2 * zones.DAY
    last = int(datetime(window.last + 1, 1, 1, tzinfo=UTC).timestamp()) + 2 * zones.DAY
    start, stop = bisect_left(thresholds, first), bisect_right(thresholds, last)
    return list(thresholds[start:stop]), list(offsets[start : stop + 1])


def _flags(one: Reading, raw: str, value: str, local: str, kind: str, has_offset: str) -> str:
    """Say what a time column holds that decides how, or whether, the file can be read."""
    plain = f.cases([(has_offset, str(OFFSET)), (f"{kind} = {_DAY}", "0")], str(NAIVE))
    parts = [f"CASE WHEN {value} IS NOT NULL THEN {plain} ELSE {_order_flags(one, raw)} END"]
    if one.window != ALL_YEARS:
        first = int(datetime(one.window.first, 1, 1, tzinfo=UTC).timestamp()) + 2 * zones.DAY
        last = int(datetime(one.window.last + 1, 1, 1, tzinfo=UTC).timestamp()) - 2 * zones.DAY
        parts.append(f"CASE WHEN {local} NOT BETWEEN {first} AND {last} THEN {OUTSIDE} ELSE 0 END")
    if gap := _in_gap(one, local):
        parts.append(f"CASE WHEN {gap} AND NOT ({has_offset}) AND {kind} <> {_DAY} THEN {GAP} ELSE 0 END")
    return " | ".join(f"({part})::UTINYINT" for part in parts)


def _order_flags(one: Reading, raw: str) -> str:
    """Say of a date in an undeclared order that it is one, and whether it proves which order it has."""
    if one.reads.date_order is not None:
        return "0"
    numeric = f"regexp_full_match({raw}, {f.text(_NUMERIC_DATE + _CLOCK)})"
    first = f"TRY_CAST(regexp_extract({raw}, '^([0-9]+)', 1) AS INTEGER) > 12"
    second = f"TRY_CAST(regexp_extract({raw}, '^[0-9]+[/.-]([0-9]+)', 1) AS INTEGER) > 12"
    proof = f.cases([(first, str(UNDECIDED | DAY_FIRST)), (second, str(UNDECIDED | MONTH_FIRST))], str(UNDECIDED))
    return f"CASE WHEN {numeric} THEN {proof} ELSE 0 END"


def _in_gap(one: Reading, local: str) -> str:
    """Give the test for local times that never happen, in the years of the window, or nothing where none are."""
    there = zones.offsets(one.zone)
    first = int(datetime(one.window.first, 1, 1, tzinfo=UTC).timestamp())
    last = int(datetime(one.window.last + 1, 1, 1, tzinfo=UTC).timestamp())
    gaps = [
        (at + before, at + after - 1)
        for at, before, after in zip(there.instants, there.offsets, there.offsets[1:], strict=False)
        if after > before and first <= at <= last
    ]
    if not gaps:
        return ""
    # Gaps lie in the small hours: one look at the time of day spares most rows the list of days.
    early, late = min(low % zones.DAY for low, _ in gaps), max(low % zones.DAY + high - low for low, high in gaps)
    listed = " OR ".join(f"{local} BETWEEN {low} AND {high}" for low, high in gaps)
    return f"CASE WHEN {local} % {zones.DAY} BETWEEN {early} AND {late} THEN {listed} ELSE false END"


def _date(one: Reading, raw: str) -> Iterator[tuple[int, str, str]]:
    yield from _moment(one, raw)
    yield 6, f"v_{one.field.id}", f.name(f"day_{one.field.id}")


_TYPES = {
    "text": _text,
    "ids": _ids,
    "integer": _integer,
    "number": _number,
    "money": _money,
    "yes_no": _yes_no,
    "date": _date,
    "time": _moment,
}
