"""The oracle: what slacli says, said a second time, slowly and plainly, by code that shares nothing with slacli.

Criteria. A row is a dict from field to a plain Python value: `str` (text), a tuple of `str` (ids), `Decimal` (integer,
number, money), `bool` (yes_no), `date` (date), `When(low, high)` (time: whole seconds of UTC, both ends included), or
`Odd("blank")`, `Odd("unreadable")`, `Odd("not allowed")`. A field that is not in the row is not bound.
The three truths are the numbers -1 (false), 0 (unclear) and 1 (true), so that `and` is the least of them, `or` the
greatest, and `not` the negative.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

FALSE, UNCLEAR, TRUE = -1, 0, 1
COMPARE = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SECONDS = {"day": 86_400, "hour": 3_600, "minute": 60}
WORD = re.compile(r"\s*('(?:[^']|'')*'|\d+(?:\.\d+)?|\w+|<>|<=|>=|[=<>(),+-])")


@dataclass(frozen=True)
class Odd:
    """What stands in a row in place of a value: `blank`, `unreadable` or `not allowed`."""

    why: str


@dataclass(frozen=True)
class When:
    """A time that lies somewhere between two whole seconds of UTC."""

    low: int
    high: int


@dataclass(frozen=True)
class World:
    """What criteria may name: fields (and whether their case is ignored), lists, terms as (at least, criteria)."""

    fields: Mapping[str, bool]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    terms: Mapping[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


def judge(text: str, row: Mapping[str, object], world: World) -> bool | None:
    """Say whether a criterion holds of a row; None is unclear."""
    return {FALSE: False, UNCLEAR: None, TRUE: True}[_Line(text, row, world).all()]


def judge_term(name: str, row: Mapping[str, object], world: World) -> str:
    """Say whether a row `meets` a term, `fails` it, or is `unclear`."""
    at_least, texts = world.terms[name]
    truths = [_Line(text, row, world).all() for text in texts]
    true, false = truths.count(TRUE), truths.count(FALSE)
    if true >= at_least:
        return "meets"
    return "fails" if len(texts) - false < at_least else "unclear"


class _Line:
    """Reads a line from left to right and judges while it reads."""

    def __init__(self, text: str, row: Mapping[str, object], world: World) -> None:
        self.words = WORD.findall(text)
        self.row, self.world = row, world

    def all(self) -> int:
        truth = self.several()
        assert not self.words, f"not read: {self.words}"
        return truth

    def several(self) -> int:
        truths = [self.one()]
        joined = self.words[0] if self.words else ""
        while joined in {"and", "or"} and self.words[:1] == [joined]:
            self.words.pop(0)
            truths.append(self.one())
        return max(truths) if joined == "or" else min(truths)

    def one(self) -> int:
        word = self.words.pop(0)
        if word == "not":
            return -self.one()
        if word == "(":
            truth = self.several()
            assert self.words.pop(0) == ")"
            return truth
        follows = self.words[0] if self.words else ""
        if follows in COMPARE:
            return self.compare(word, self.words.pop(0), self.operand())
        if follows == "between":
            self.words.pop(0)
            low = self.operand()
            assert self.words.pop(0) == "and"
            return min(self.compare(word, ">=", low), self.compare(word, "<=", self.operand()))
        if follows == "is":
            self.words.pop(0)
            sign = -1 if self.skip("not") else 1
            assert self.words.pop(0) == "blank"
            return sign * self.blank(word)
        if follows in {"not", "in", "like"}:
            sign = -1 if self.skip("not") else 1
            return sign * (self.among(word) if self.words.pop(0) == "in" else self.like(word))
        if word in self.world.terms:
            return {"fails": FALSE, "unclear": UNCLEAR, "meets": TRUE}[judge_term(word, self.row, self.world)]
        return {True: TRUE, False: FALSE}.get(self.value(word), UNCLEAR)

    def skip(self, word: str) -> bool:
        found = self.words[0] == word
        if found:
            self.words.pop(0)
        return found

    # --- what stands on either side ----------------------------------------------------------

    def value(self, name: str) -> object:
        return self.row.get(name, Odd("not bound"))

    def form(self, text: str, *names: str) -> str:
        """The form in which two texts are the same: composed, each character in lower case where a field says so."""
        text = unicodedata.normalize("NFC", text)
        if any(self.world.fields[name] for name in names):
            text = "".join(letter.lower()[:1] for letter in text)
        return text

    def constant(self) -> str | Decimal:
        word = self.words.pop(0)
        if word.startswith("'"):
            return word[1:-1].replace("''", "'")
        return -Decimal(self.words.pop(0)) if word == "-" else Decimal(word)

    def operand(self) -> tuple[object, int, str | None]:
        """A constant, or the value of a field with the seconds that it is moved by and its name."""
        if not self.words[0].isidentifier():
            return self.constant(), 0, None
        name, moved = self.words.pop(0), 0
        if self.words[:1] in (["+"], ["-"]):
            sign = 1 if self.words.pop(0) == "+" else -1
            moved = sign * int(self.words.pop(0)) * SECONDS[self.words.pop(0).removesuffix("s")]
        return self.value(name), moved, name

    # --- single tests ------------------------------------------------------------------------

    def blank(self, name: str) -> int:
        value = self.value(name)
        if value == Odd("blank"):
            return TRUE
        return UNCLEAR if isinstance(value, Odd) else FALSE

    def compare(self, name: str, sign: str, operand: tuple[object, int, str | None]) -> int:
        left, (right, moved, other) = self.value(name), operand
        if isinstance(left, Odd) or isinstance(right, Odd):
            return UNCLEAR
        if isinstance(left, str) and isinstance(right, str):
            names = [name, other] if other else [name]
            found = {COMPARE[sign](self.form(left, *names), self.form(right, *names))}
        elif isinstance(left, When):
            found = set(self.readings(left, sign, right, moved))
        elif isinstance(left, date):
            day = date.fromisoformat(right) if isinstance(right, str) else right
            found = {COMPARE[sign](left.toordinal(), day.toordinal() + moved // 86_400)}
        else:
            found = {COMPARE[sign](left, right)}
        return UNCLEAR if len(found) > 1 else TRUE if found == {True} else FALSE

    def readings(self, left: When, sign: str, right: object, moved: int) -> Iterator[bool]:
        """Every answer that some reading of the two times gives."""
        if isinstance(right, When):
            low, high = right.low + moved, right.high + moved
            ends = {left.low, left.high, low, high}
            for here in (end for end in ends if left.low <= end <= left.high):
                for there in (end for end in ends if low <= end <= high):
                    yield COMPARE[sign](here, there)
        else:
            day = date.fromisoformat(str(right))
            first, last = self.day(left.low), self.day(left.high)
            for here in {first, last} | ({day} if first <= day <= last else set()):
                yield COMPARE[sign](here, day)

    def day(self, second: int) -> date:
        return datetime.fromtimestamp(second, self.world.zone).date()

    def among(self, name: str) -> int:
        if self.skip("("):
            values: list[object] = [self.constant()]
            while self.skip(","):
                values.append(self.constant())
            assert self.words.pop(0) == ")"
        else:
            values = list(self.world.lists[self.words.pop(0)])
        held = self.value(name)
        if isinstance(held, tuple):
            wanted = [self.form(str(value), name) for value in values]
            return TRUE if any(self.form(one, name) in wanted for one in held) else FALSE
        return max(self.compare(name, "=", (value, 0, None)) for value in values)

    def like(self, name: str) -> int:
        pattern, held = self.form(str(self.constant()), name), self.value(name)
        if isinstance(held, Odd):
            return UNCLEAR
        shape = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern)
        return TRUE if re.fullmatch(shape, self.form(str(held), name), re.DOTALL) else FALSE


# --- cells ------------------------------------------------------------------------------------
#
# What a cell of an export means, as docs/reading.md tells users. Values are those that rows hold above.

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
OFFSET = r"(?P<offset>Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)"
ISO = re.compile(
    r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"
    rf"(?:[ T](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d{{1,9}})?)?(?: ?{OFFSET})?)?",
    re.ASCII,
)
SHORT_HOUR = re.compile(
    r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d) (?P<hour>\d):(?P<minute>\d\d):(?P<second>\d\d)", re.ASCII
)
CLOCK = r"(?:,? (?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?: ?(?P<half>[AaPp])[Mm])?)?"
NAMED = re.compile(rf"(?P<d>\d{{1,2}}) (?P<month>{'|'.join(MONTHS)}),? (?P<y>\d{{4}}){CLOCK}", re.ASCII)
NUMERIC = {
    "mdy": re.compile(rf"(?P<m>\d{{1,2}})[/.-](?P<d>\d{{1,2}})[/.-](?P<y>\d{{4}}|\d\d){CLOCK}", re.ASCII),
    "dmy": re.compile(rf"(?P<d>\d{{1,2}})[/.-](?P<m>\d{{1,2}})[/.-](?P<y>\d{{4}}|\d\d){CLOCK}", re.ASCII),
}
ZONED = {
    order: re.compile(
        rf"(?P<{order[0]}>\d{{1,2}})[/.-](?P<{order[1]}>\d{{1,2}})[/.-](?P<y>\d{{4}})"
        rf"[ T](?P<hour>\d{{1,2}}):(?P<minute>\d\d):(?P<second>\d\d) ?{OFFSET}",
        re.ASCII,
    )
    for order in NUMERIC
}


@dataclass(frozen=True)
class Column:
    """What decides how a cell is read: the field's type and what it allows, and the words of the binding."""

    kind: str
    one_of: tuple[str, ...] = ()
    ignore_case: bool = False
    email: bool = False
    low: Decimal | None = None
    high: Decimal | None = None
    decimals: int = 2
    when_blank: bool | None = None
    missing: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    thousands: str = ""
    point: str = "."
    order: str | None = None
    zone: str = "UTC"
    home: str = "UTC"
    currency: str = "USD"
    rates: Mapping[str, Decimal] = field(default_factory=dict)


def read_cell(raw: str, column: Column, currency: str | None = None) -> object:
    """Give the value of a cell, or what is odd about it; `currency` is the cell beside an amount that has one."""
    text = strip(raw)
    if text in map(composed, column.missing):
        text = ""
    text = next((composed(value) for spelt, value in column.values.items() if text and composed(spelt) == text), text)
    if not text:
        return Odd("blank") if column.when_blank is None else column.when_blank
    match column.kind:
        case "text":
            return _read_text(text, column)
        case "ids":
            return _read_ids(text, column)
        case "yes_no":
            return _read_yes_no(text, column)
        case "date":
            stamp = read_stamp(text, column)
            return stamp if isinstance(stamp, Odd) else stamp.day
        case "time":
            stamp = read_stamp(text, column)
            return stamp if isinstance(stamp, Odd) else stamp.when
        case _:
            return _read_number(text, column, currency)


def is_blank(letter: str) -> bool:
    return letter in "\u200b\ufeff" or (letter.isspace() and not "\x1c" <= letter <= "\x1f")


def strip(raw: str) -> str:
    """Take all blanks off both ends, and compose what is left."""
    start, end = 0, len(raw)
    while start < end and is_blank(raw[start]):
        start += 1
    while end > start and is_blank(raw[end - 1]):
        end -= 1
    return composed(raw[start:end])


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def lowered(text: str) -> str:
    return "".join(letter.lower()[:1] for letter in text)


def _read_text(text: str, column: Column) -> object:
    if column.one_of:
        allowed = map(composed, column.one_of)
        if column.ignore_case:
            return next((one for one in allowed if lowered(one) == lowered(text)), Odd("not allowed"))
        return text if text in allowed else Odd("not allowed")
    if column.email:
        name, _, place = text.partition("@")
        whole = name and "." in place[1:-1] and "@" not in place and not any(map(is_blank, text))
        return text if whole else Odd("unreadable")
    return text


def _read_ids(text: str, column: Column) -> object:
    ids = tuple(filter(None, map(strip, text.split(";"))))
    if not ids:
        return Odd("blank")
    form = lowered if column.ignore_case else str
    allowed = {form(composed(one)) for one in column.one_of}
    return ids if not allowed or {form(one) for one in ids} <= allowed else Odd("not allowed")


def _read_yes_no(text: str, column: Column) -> object:
    yes, no = column.yes, column.no
    if not yes and not no:
        yes, no = (
            tuple(spelt for word in words for spelt in (word, word.upper(), word.title()))
            for words in (("yes", "true", "1"), ("no", "false", "0"))
        )
    return True if text in map(composed, yes) else False if text in map(composed, no) else Odd("not allowed")


SIGNS = {"USD": ("USD", "US$", "$"), "GBP": ("GBP", "\u00a3"), "EUR": ("EUR", "\u20ac"), "CAD": ("CAD", "CA$", "C$")}


def _without_sign(text: str, currency: str) -> str:
    """Take the sign of a currency off one end of an amount, with one blank between."""
    blanks = (" ", "\u00a0", "\u202f")
    for sign in SIGNS.get(currency, ()):
        minus, bare = ("-", text[1:]) if text.startswith("-") else ("", text)
        if bare.startswith(sign):
            rest = bare[len(sign) :]
            rest = rest[1:] if rest.startswith(blanks) else rest
            return "?" if minus and rest.startswith("-") else minus + rest
        if text.endswith(sign):
            rest = text[: -len(sign)]
            return rest[:-1] if rest.endswith(blanks) else rest
    return text


def _read_number(text: str, column: Column, currency: str | None) -> object:
    if column.kind == "money":
        text = _without_sign(text, column.currency if currency is None else strip(currency).upper())
    places = {"integer": 0, "number": 6, "money": column.decimals}[column.kind]
    whole, point, decimals = text.removeprefix("-").partition(column.point)
    if (point and not decimals) or (len(decimals) == 3 and places < 3):
        return Odd("unreadable")
    decimals = decimals.rstrip("0")
    groups = whole.split(column.thousands) if column.thousands else [whole]
    if len(groups) > 1 and not (1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])):
        return Odd("unreadable")
    digits = "".join(groups)
    if not digits or not set(digits + decimals) <= set("0123456789") or len(decimals) > places:
        return Odd("unreadable")
    if len(digits.lstrip("0")) > 18 - places:
        return Odd("unreadable")
    number = Decimal(f"{'-' if text.startswith('-') else ''}{digits}.{decimals or 0}")
    if currency is not None:
        code = strip(currency).upper()
        if code != column.currency:
            if code not in column.rates:
                return Odd("unreadable")
            with localcontext(prec=60):
                number = (number * column.rates[code]).quantize(Decimal("1e-8"), ROUND_HALF_UP)
    if (column.low is not None and number < column.low) or (column.high is not None and number > column.high):
        return Odd("not allowed")
    return number


@dataclass(frozen=True)
class Stamp:
    """A time as it was written: the seconds it may stand for, and the local day that it belongs to."""

    when: When
    day: date


def read_stamp(text: str, column: Column) -> Stamp | Odd:
    """Read a text without blanks at its ends as a time."""
    order = column.order or ""
    for shape in (ISO, SHORT_HOUR, NAMED, NUMERIC.get(order), ZONED.get(order)):
        if shape is not None and (found := shape.fullmatch(text)):
            return _stamp(found.groupdict(), column)
    return Odd("unreadable")


def _stamp(parts: Mapping[str, str | None], column: Column) -> Stamp | Odd:
    year, month = parts["y"] or "", parts.get("month")
    hour, half = int(parts["hour"] or 0), (parts.get("half") or "").lower()
    if half and not 1 <= hour <= 12:
        return Odd("unreadable")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        start = EPOCH.replace(tzinfo=None).replace(
            int(year) + (2000 if len(year) == 2 else 0),
            MONTHS.index(month) + 1 if month else int(parts["m"] or 0),
            int(parts["d"] or 0),
            hour,
            int(parts["minute"] or 0),
            int(parts["second"] or 0),
        )
    except ValueError:
        return Odd("unreadable")
    coarse = 86_399 if parts["hour"] is None else 59 if parts["second"] is None else 0
    end = start + timedelta(seconds=coarse) if start.year < 9999 else start
    offset = parts.get("offset")
    if offset:
        east = timedelta()
        if offset != "Z":
            figures = offset[1:].replace(":", "")
            east = timedelta(hours=int(figures[:2]), minutes=int(figures[2:] or 0)) * (-1 if offset[0] == "-" else 1)
        if not (EPOCH.replace(year=1900) + east <= start.replace(tzinfo=UTC) < EPOCH.replace(year=2200) + east):
            return Odd("unreadable")
        when = When(_second((start - east).replace(tzinfo=UTC)), _second((end - east).replace(tzinfo=UTC)))
    elif not 1900 <= start.year < 2200:
        return Odd("unreadable")
    else:
        when = When(instants(start, column.zone)[0], instants(end, column.zone)[1])
    if parts["hour"] is None or (not offset and column.zone == column.home):
        return Stamp(when, start.date())
    return Stamp(when, (EPOCH + timedelta(seconds=when.low)).astimezone(place(column.home)).date())


def instants(local: datetime, zone: str) -> tuple[int, int]:
    """Give the first and the last second of UTC that a local time can be; one that never was moves forward."""
    both = [local.replace(tzinfo=place(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]
    if both[0].astimezone(place(zone)).replace(tzinfo=None) != local:
        return _second(both[0]), _second(both[0])
    return _second(min(both)), _second(max(both))


def _second(when: datetime) -> int:
    return (when - EPOCH) // timedelta(seconds=1)


@cache
def place(zone: str) -> ZoneInfo:
    """Give a zone from the packaged database, whatever this machine has."""
    with resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, zone)
