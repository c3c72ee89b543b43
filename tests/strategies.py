"""Hypothesis strategies: records with fields of every type, criteria over them, and rows with all that can be odd."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from random import Random

from hypothesis import strategies as st

from slacli.core.criteria import Moment, Scope, State, Value, composed, lowered
from slacli.model import Field, FieldType, Record
from slacli.places import Address

AT = Address("definitions.yaml")
TYPES: tuple[FieldType, ...] = ("text", "ids", "integer", "number", "money", "yes_no", "date", "time")
ZONES = (
    "America/New_York",
    "Europe/London",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Pacific/Apia",
    "Pacific/Chatham",
)
# Few texts, so that two of them are often the same; among them what lowers, composes or matches in an unusual way.
TEXTS = ("VP", "vp", "Vp x", "O'Brien", "a%b", "a_b", "é", "e\u0301", "É", "İx", "ΣΑΣ", "straße", "🙂", "x, y", "(and)")
DAYS = tuple(
    map(date.fromisoformat, ("2026-03-08", "2026-10-30", "2026-11-01", "2011-12-30", "2011-12-31", "2018-11-04"))
)


@dataclass(frozen=True)
class Written:
    """A record with lists and terms, as a contract would have them; terms are (at least, criteria), children first."""

    record: Record
    lists: Mapping[str, tuple[str, ...]]
    terms: Mapping[str, tuple[int, tuple[str, ...]]]
    zone: str

    @property
    def scope(self) -> Scope:
        return Scope(self.record, dict.fromkeys(self.terms, self.record.id), self.lists, {self.record.id: self.record})


def _same(text: str) -> str:
    return lowered(composed(text))


def texts() -> st.SearchStrategy[str]:
    """Texts as an export may hold them, trimmed."""
    return st.sampled_from(TEXTS)


@cache
def numbers(field: Field) -> st.SearchStrategy[Decimal]:
    """Numbers that a numeric field allows."""
    places = {"integer": 0, "money": field.decimals}.get(field.type, 3)
    low = 0 if field.low is None else int(field.low)
    high = 6 if field.high is None else int(field.high)
    return st.integers(low * 10**places, high * 10**places).map(lambda whole: Decimal(whole).scaleb(-places))


def _variants(name: str, kind: FieldType) -> list[Field]:
    """The kinds of field of one type that criteria tell apart; a closed set, so that strategies over them are kept."""
    if kind in {"text", "ids"}:
        some, lowered_too = ("VP", "é", "a%b", "straße"), ("vp", "İx", "e\u0301", "Vp x", "ΣΑΣ")
        return [
            Field(name, kind, AT, one_of=allowed, ignore_case=folded)
            for allowed in ((), some, lowered_too)
            for folded in (False, True)
        ]
    if kind in {"integer", "number", "money"}:
        limits = ((None, None), (Decimal(0), None), (Decimal(-2), Decimal(4)))
        return [Field(name, kind, AT, low=low, high=high) for low, high in limits]
    return [Field(name, kind, AT, when_blank=value) for value in ((None, None, False) if kind == "yes_no" else (None,))]


FIELDS = {f"{kind}_{letter}": _variants(f"{kind}_{letter}", kind) for kind in TYPES for letter in "ab"}


def _record(chosen: Random) -> Record:
    return Record("lead", "Lead", {name: chosen.choice(variants) for name, variants in FIELDS.items()}, AT)


def records() -> st.SearchStrategy[Record]:
    """A record with two fields of every type, each of some variant; from a closed set, because drawing is slow."""
    return st.sampled_from([_record(Random(seed)) for seed in range(64)])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@cache
def _constants(field: Field) -> st.SearchStrategy[str]:
    if field.type in {"text", "ids"}:
        return (st.sampled_from(field.one_of) if field.one_of else texts()).map(_quoted)
    if field.type in {"date", "time"}:
        return st.sampled_from(DAYS).map(lambda day: f"'{day}'")
    return numbers(field).map(str)


@st.composite
def _operands(draw: st.DrawFn, field: Field, record: Record) -> str:
    others = [other.id for other in record.fields.values() if other.type == field.type and other.id != field.id]
    if not others or draw(st.booleans()):
        return draw(_constants(field))
    name = draw(st.sampled_from(others))
    if field.type not in {"date", "time"} or draw(st.booleans()):
        return name
    unit = draw(st.sampled_from(("day", "days") if field.type == "date" else ("days", "hours", "hour", "minutes")))
    return f"{name} {draw(st.sampled_from('+-'))} {draw(st.integers(0, 400))} {unit}"


@st.composite
def _tests(draw: st.DrawFn, written: Written) -> str:
    """One test of a field or a term, in each way that the language has for its type."""
    record = written.record
    name = draw(st.sampled_from((*record.fields, *written.terms)))
    if name not in record.fields:
        return name
    field = record.fields[name]
    kinds = ["blank"] if field.when_blank is None else []
    kinds += {
        "text": ["equal", "in", "list", "like"],
        "ids": ["in", "list"],
        "yes_no": ["alone"],
    }.get(field.type, ["equal", "order", "between", "in"])
    negated = draw(st.sampled_from(("", "not ")))
    match draw(st.sampled_from(kinds)):
        case "blank":
            return f"{name} is {negated}blank"
        case "equal":
            return f"{name} {draw(st.sampled_from(('=', '<>')))} {draw(_operands(field, record))}"
        case "order":
            return f"{name} {draw(st.sampled_from(('<', '<=', '>', '>=')))} {draw(_operands(field, record))}"
        case "between":
            low, high = draw(_operands(field, record)), draw(_operands(field, record))
            if low[0].isalpha() or high[0].isalpha():
                return f"{name} between {low} and {high}"
            low, high = sorted((low, high), key=lambda end: end if end[0] == "'" else Decimal(end))
            return f"{name} between {low} and {high}"
        case "in":
            several = [draw(_constants(field)) for _ in range(draw(st.integers(1, 3)))]
            once = {_same(constant): constant for constant in several}
            return f"{name} {negated}in ({', '.join(once.values())})"
        case "list":
            allowed = {composed(one) for one in field.one_of}
            fit = [known for known, held in written.lists.items() if not allowed or {*map(composed, held)} <= allowed]
            return f"{name} {negated}in {draw(st.sampled_from(fit))}" if fit else f"{name} is blank"
        case "like":
            some = composed(draw(st.sampled_from(field.one_of or TEXTS)))
            start, end = sorted((draw(st.integers(0, len(some))), draw(st.integers(0, len(some)))))
            pattern = draw(st.sampled_from(("%" + some[start:] + "%", some[:start] + "%" + some[end:], "_" + some[1:])))
            return f"{name} {negated}like {_quoted(pattern)}"
        case _:
            return name


@st.composite
def criteria(draw: st.DrawFn, written: Written, depth: int = 3) -> str:
    """The text of a criterion that is valid for a record."""
    shape = draw(st.sampled_from(("test", "test", "and", "or", "not"))) if depth else "test"
    if shape == "test":
        return draw(_tests(written))
    if shape == "not":
        inner = draw(criteria(written, depth - 1))
        return f"not ({inner})" if " and " in inner or " or " in inner or draw(st.booleans()) else f"not {inner}"
    parts = [draw(criteria(written, depth - 1)) for _ in range(draw(st.integers(2, 3)))]
    return f" {shape} ".join(f"({part})" for part in parts)


_LISTS = st.lists(texts(), min_size=1, max_size=4, unique_by=_same).map(tuple)


@st.composite
def contracts(draw: st.DrawFn) -> Written:
    """A record with two lists and up to three terms that lean on each other."""
    record = draw(records())
    lists = {"hot": ("vp", "é"), "rivals": draw(_LISTS)}
    terms: dict[str, tuple[int, tuple[str, ...]]] = {}
    zone = draw(st.sampled_from(ZONES))
    for name in ("mql", "ready", "best")[: draw(st.integers(0, 3))]:
        so_far = Written(record, lists, dict(terms), zone)
        tests = draw(st.lists(criteria(so_far, 1), min_size=1, max_size=3))
        terms[name] = (draw(st.integers(1, len(tests))), tuple(tests))
    return Written(record, lists, terms, zone)


@st.composite
def moments(draw: st.DrawFn) -> Moment:
    """Times near the days that criteria name: to the second, the minute, the day, or over an hour that comes twice."""
    day = draw(st.sampled_from(DAYS)).toordinal() - date(1970, 1, 1).toordinal()
    low = day * 86_400 + draw(st.integers(-30, 30)) * 3_600 + draw(st.sampled_from((-1, 0, 1, 59)))
    return Moment(low, low + draw(st.sampled_from((0, 0, 59, 3_600, 86_399))))


@cache
def values(field: Field) -> st.SearchStrategy[Value]:
    """What a row may hold for a field: a value, or why it has none."""
    allowed = st.sampled_from(field.one_of) if field.one_of else texts()
    good: st.SearchStrategy[Value]
    match field.type:
        case "text":
            good = allowed.map(composed)
        case "ids":
            good = st.lists(allowed.map(composed), min_size=1, max_size=3).map(tuple)
        case "yes_no":
            good = st.booleans()
        case "date":
            good = st.sampled_from(DAYS) | st.dates(date(2011, 1, 1), date(2027, 1, 1))
        case "time":
            good = moments()
        case _:
            good = numbers(field)
    odd = [State.UNREADABLE, State.NOT_ALLOWED, State.NOT_BOUND]
    odd += [State.BLANK] * 3 if field.when_blank is None else []
    return good | good | st.sampled_from(odd)


def rows(record: Record, names: Iterable[str] | None = None) -> st.SearchStrategy[dict[str, Value]]:
    """A typed row of a record, or of some of its fields; those that are not bound are not in it."""
    kept = [name for name in record.fields if names is None or name in names]
    return st.tuples(*(values(record.fields[name]) for name in kept)).map(
        lambda row: {name: value for name, value in zip(kept, row, strict=True) if value is not State.NOT_BOUND}
    )
