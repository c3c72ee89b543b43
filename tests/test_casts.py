"""A cell becomes a value exactly where it has one of the documented shapes; everything else is odd in a known way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest
import reference
import yaml
from exports import AT, Asked, engine, typed
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from reference import Odd, When

from slacli.adapters.engines import Engine
from slacli.core import zones
from slacli.core.plan import casts
from slacli.core.plan.casts import Window
from slacli.model import Column, DateOrder, Field, FieldType, Reads

READING = Path(__file__).parent.parent / "docs" / "reading.md"
BLANK, UNREADABLE, NOT_ALLOWED = Odd("blank"), Odd("unreadable"), Odd("not allowed")
NEW_YORK = "America/New_York"


@pytest.fixture(scope="module")
def opened() -> Iterator[Engine]:
    with engine() as one:
        yield one


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


PLAIN, USUAL = Column("x", ("x",), AT), Reads()


@dataclass(frozen=True)
class Way:
    """One way to read a column: the same for the engine and for the oracle."""

    field: Field
    column: Column = PLAIN
    reads: Reads = USUAL
    zone: str = "UTC"
    rates: Mapping[str, Decimal] | None = None

    @property
    def oracle(self) -> reference.Column:
        field, reads = self.field, self.reads
        return reference.Column(
            kind=field.type,
            one_of=field.one_of,
            ignore_case=field.ignore_case,
            email=field.format == "email",
            low=field.low,
            high=field.high,
            decimals=field.decimals,
            when_blank=field.when_blank,
            missing=reads.missing,
            values=self.column.values,
            yes=self.column.true_when,
            no=self.column.false_when,
            thousands=reads.thousands,
            point=reads.decimal,
            order=reads.date_order,
            zone=reads.time_zone or self.zone,
            home=self.zone,
            rates=self.rates or {},
        )


def field(kind: Any, **properties: Any) -> Field:
    return Field("x", kind, AT, **properties)


def column(**properties: Any) -> Column:
    return Column("x", ("x",), AT, **properties)


def values(opened: Engine, folder: Path, way: Way, cells: Sequence[str]) -> list[object]:
    """Give what the engine makes of cells, after both the road for ASCII and the other one said the same."""
    asked = [Asked(way.field, cells, way.column)]
    found = [one.value for one in typed(opened, folder, asked, way.reads, zone=way.zone, rates=way.rates)[0]]
    if "".join(cells).isascii():
        again = typed(opened, folder, asked, way.reads, zone=way.zone, rates=way.rates, ascii_only=False)[0]
        assert [one.value for one in again] == found
    return found


# --- tables -----------------------------------------------------------------------------------

Table = Mapping[str, object]


def number(*texts: str) -> Table:
    """Texts that are read as the number before `=`, or as the text itself."""
    return {text.rpartition("=")[2]: Decimal(text.partition("=")[0]) for text in texts}


def odd(what: Odd, *texts: str) -> Table:
    return dict.fromkeys(texts, what)


def utc(text: str, seconds: int = 0) -> When:
    start = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
    return When(start, start + seconds)


BLANKS = (
    "", " ", "\t", "\v", "\f", "\u0085", "\u00a0", "\u1680", "\u2000", "\u2003", "\u200a", "\u2028", "\u202f",
    "\u205f", "\u3000", "\u200b", "\ufeff", " \u00a0\t ",
)  # fmt: skip
NOT_BLANK = ("\u200c", "\u2060", "\u180e", "\x1c", "\x01", "_")

TABLES: dict[str, tuple[Way, Table]] = {
    "text": (
        Way(field("text")),
        {
            **odd(BLANK, *BLANKS),
            **{text: text for text in (*NOT_BLANK, "NULL", "-", "0", "a  b", "O'Brien", 'say "no"', "x" * 5000)},
            " a ": "a",
            "\u00a0VP\u3000": "VP",
            "\ufeffVP": "VP",
            "line\nand line": "line\nand line",
            "line\nund Brücke\n": "line\nund Brücke",
            "\n\u00a0Zürich\u2028\n": "Zürich",
            "\u00a0\n\u3000": BLANK,
            "Ame\u0301lie": "Am\u00e9lie",
            "e\u0301": "\u00e9",
            "\u212b": "\u00c5",
            "🙂": "🙂",
        },
    ),
    "text in ASCII": (Way(field("text")), {**odd(BLANK, "", " ", "\t\v\f ", "\n"), " a\tb ": "a\tb", "\x1ca": "\x1ca"}),
    "text that is listed": (
        Way(field("text", one_of=("VP", "Ame\u0301lie", "1"))),
        {
            "VP": "VP",
            " VP\u00a0": "VP",
            "Am\u00e9lie": "Am\u00e9lie",
            "Ame\u0301lie": "Am\u00e9lie",
            "1": "1",
            **odd(NOT_ALLOWED, "vp", "V P", "Amelie", "1.0", "CFO"),
            **odd(BLANK, "", " "),
        },
    ),
    "text that is listed in any case": (
        Way(field("text", one_of=("Paid search", "\u00c9t\u00e9", "\u03a3\u0391\u03a3"), ignore_case=True)),
        {
            "paid SEARCH": "Paid search",
            " Paid Search ": "Paid search",
            "\u00e9T\u00c9": "\u00c9t\u00e9",
            "E\u0301T\u00e9": "\u00c9t\u00e9",
            "\u03c3\u03b1\u03c3": "\u03a3\u0391\u03a3",
            **odd(NOT_ALLOWED, "Paidsearch", "ete", "\u03c3\u03b1\u03c2"),
            **odd(BLANK, "", "\u00a0"),
        },
    ),
    "e-mail": (
        Way(field("text", format="email")),
        {
            "ann@acme.com": "ann@acme.com",
            " Ann@ACME.com ": "Ann@ACME.com",
            "a@b.c": "a@b.c",
            "\u00fcm@b\u00fccher.example": "\u00fcm@b\u00fccher.example",
            **odd(UNREADABLE, "ann", "ann@acme", "@acme.com", "ann@", "ann@.com", "ann@acme.", "a@b@c.d", "a b@c.d"),
            **odd(UNREADABLE, "ann@ac me.com", "ann\u00a0@acme.com", "a@b.c, d@e.f", "Ann <ann@acme.com>x y"),
            **odd(BLANK, "", " "),
        },
    ),
    "ids": (
        Way(field("ids")),
        {
            "003A": ("003A",),
            "003A;003B": ("003A", "003B"),
            " 003A ; \u00a0003B\u00a0;; ": ("003A", "003B"),
            "a,b": ("a,b",),
            "a;a": ("a", "a"),
            "e\u0301;b": ("\u00e9", "b"),
            **odd(BLANK, "", " ", ";", " ; ;\u00a0"),
        },
    ),
    "ids that are listed": (
        Way(field("ids", one_of=("a", "B"), ignore_case=True)),
        {"A;b": ("A", "b"), "a": ("a",), **odd(NOT_ALLOWED, "a;c", "c"), **odd(BLANK, "", ";")},
    ),
    "integer": (
        Way(field("integer")),
        {
            **number("0", "7", "-7", "42", "999999999999999999", "-999999999999999999"),
            **number("7=007", "0=-0", "0=00", "1=1.0", "25=25.00", "25=25.0000", "-3=-3.0"),
            **number("7= 7 ", "7=\u00a07", "7=\t7"),
            **number("5=00000000000000000000000000000005"),
            **odd(UNREADABLE, "1000000000000000000", "-1000000000000000000", "9223372036854775808"),
            **odd(UNREADABLE, "1" * 19, "1" * 400),
            **odd(UNREADABLE, "1.000", "-25.000", "1.500"),
            **odd(UNREADABLE, "1.5", "2.5", "1.01", "5.", ".5", ".", "-", "--1", "- 1", "+5", "1e3", "1E3", "0x10"),
            **odd(UNREADABLE, "0b1", "0o7", "1_000", "1,000", "1 000", "1\u00a0000", "1'000", "(5)", "5-", "5%", "$5"),
            **odd(UNREADABLE, "inf", "infinity", "nan", "NaN", "true", "ten", "1;2", "\u0663", "\uff15"),
            **odd(UNREADABLE, "1.0.0", "1.-0"),
            **odd(BLANK, "", " ", "\u00a0"),
        },
    ),
    "integer with limits": (
        Way(field("integer", low=Decimal(0), high=Decimal(36))),
        {
            **number("0", "36", "36=36.0", "0=-0"),
            **odd(NOT_ALLOWED, "37", "-1", "999999999999999999"),
            **odd(UNREADABLE, "1000000000000000000", "36.5"),
        },
    ),
    "grouped integer": (
        Way(field("integer"), reads=Reads(thousands=",")),
        {
            **number("1000=1,000", "-1234567=-1,234,567", "1000", "12=012", "1=0,001", "1000=1,000.0", "1000=1,000.00"),
            **odd(UNREADABLE, "1,00", "1,0000", ",100", "1,,000", "1,000,", "1000,000", "1.000", "1,000.5", "1 000"),
            **odd(UNREADABLE, "1,000,000,000,000,000,000"),
            **number("999999999999999999=999,999,999,999,999,999", "1=000,000,000,000,000,000,001"),
        },
    ),
    "number": (
        Way(field("number")),
        {
            **number("0", "0.5", "-0.5", "3.141593", "0.1=0.100000", "0.1=0.1000000000", "1.5=01.5", "-0.000001"),
            **number("999999999999.999999", "2=2.0", "0=-0.0", "0.5= 0.5\u00a0"),
            **odd(UNREADABLE, "3.1415926", "1000000000000", "1000000000000.5", "5.", ".5", "+5", "1e3"),
            **odd(UNREADABLE, "1.5e3", "0x10", "1_000.5", "1,5", "1.2.3", "infinity", "-infinity", "nan"),
            **odd(UNREADABLE, "1.5 ct", "50 %", "\u00bd"),
            **odd(BLANK, "", " "),
        },
    ),
    "number with limits": (
        Way(field("number", low=Decimal("-0.5"), high=Decimal("1.25"))),
        {**number("-0.5", "1.25", "1.25=1.2500000"), **odd(NOT_ALLOWED, "-0.500001", "1.250001", "2")},
    ),
    "money": (
        Way(field("money", low=Decimal(0))),
        {
            **number("25000", "25000.00", "25000.5", "0", "0.01", "1.5=1.5000", "1=1.00000", "7=007.0", "1=0001"),
            **number("9999999999999999.99", "9999999999999999"),
            **odd(UNREADABLE, "1.500", "1.000", "25.000", "1.0050"),
            **number("5=$5", "5=$ 5.00", "5=5$", "5=5 USD", "5=USD 5", "5=US$5", "5=5\u00a0$", "5=USD\u202f5"),
            **number("5=$005"),
            **odd(UNREADABLE, "1.005", "0.001", "10000000000000000", "12345678901234567.89", "usd 5", "A$5", "5  USD"),
            **odd(UNREADABLE, "$5$", "$$5", "$", "USD", "$ ", "--$5", "-$-5", "$1,000", "$1.500", "US5", "5 CAD"),
            **odd(UNREADABLE, "1,000", "1,000.00", "5.", ".5", "+5", "1e3", "(5.00)", "10k", "\u20ac5", "$10k"),
            **odd(NOT_ALLOWED, "-0.01", "-5", "-$5", "$-5", "-5 USD", "USD -5"),
            **odd(BLANK, "", " "),
        },
    ),
    "money without decimals": (
        Way(field("money", decimals=0)),
        {
            **number("7=$7", "5", "5=5.0", "5=5.00", "999999999999999999"),
            **odd(UNREADABLE, "5.5", "1000000000000000000"),
        },
    ),
    "money with six decimals": (
        Way(field("money", decimals=6)),
        {**number("0.000001", "999999999999.999999"), **odd(UNREADABLE, "0.0000001", "1000000000000")},
    ),
    "money with points between thousands": (
        Way(field("money"), reads=Reads(thousands=".", decimal=",")),
        {
            **number("1234.5=1.234,50", "1234.5=1234,5", "1000=1.000", "1000=1000", "0.5=0,5"),
            **number("-1000000=-1.000.000,00"),
            **odd(UNREADABLE, "1,234.50", "1.5", "1.50", "1234.50", "1.000.00", ",5", "5,", "1,005", "1'000"),
        },
    ),
    "money with signs and points between thousands": (
        Way(field("money"), reads=Reads(thousands=".", decimal=",")),
        {**number("1234.5=$1.234,50", "-1234.5=-1.234,50 $", "1000=1.000 USD"), **odd(UNREADABLE, "$1,234.50")},
    ),
    "money with signs and blanks between thousands": (
        Way(field("money"), reads=Reads(thousands=" ", decimal=",")),
        {**number("1234.5=$ 1 234,50", "1234.5=1 234,50 $"), **odd(UNREADABLE, "$ 1 23")},
    ),
    "money with a comma": (
        Way(field("money"), reads=Reads(decimal=",")),
        {
            **number("1.5=1,5", "1000", "0.05=0,05", "1.5=1,5000"),
            **odd(UNREADABLE, "1,000", "1.5", "1.000", "1.000,50", "1,005", "1,,5"),
        },
    ),
    **{
        f"money with {name} between thousands": (
            Way(field("money"), reads=Reads(thousands=sign)),
            {**number(f"1234.5=1{sign}234.50", "1"), **odd(UNREADABLE, f"1{sign}23", f"12{sign}3456")},
        )
        for name, sign in {
            "blanks": " ",
            "apostrophes": "'",
            "curly apostrophes": "\u2019",
            "no-break blanks": "\u00a0",
            "narrow blanks": "\u202f",
        }.items()
    },
    "yes or no": (
        Way(field("yes_no")),
        {
            **dict.fromkeys(("true", "TRUE", "True", "yes", "YES", "Yes", "1", " yes\u00a0"), True),
            **dict.fromkeys(("false", "FALSE", "False", "no", "NO", "No", "0"), False),
            **odd(NOT_ALLOWED, "y", "n", "t", "f", "on", "off", "X", "2", "1.0", "yES", "wahr", "-", "\u2713"),
            **odd(BLANK, "", " "),
        },
    ),
    "yes or no in words of its own": (
        Way(field("yes_no"), column(true_when=("Y", "Ou\u0301i"), false_when=("N", "0"))),
        {
            **dict.fromkeys(("Y", " Y ", "Ou\u0301i", "O\u00fai"), True),
            **dict.fromkeys(("N", "0"), False),
            **odd(NOT_ALLOWED, "y", "n", "yes", "true", "1", "no"),
            **odd(BLANK, ""),
        },
    ),
    "yes alone in words of its own": (
        Way(field("yes_no"), column(true_when=("x",))),
        {"x": True, **odd(NOT_ALLOWED, "X", "no", "0"), **odd(BLANK, "")},
    ),
    "yes or no with blank for no": (
        Way(field("yes_no", when_blank=False), column(true_when=("1",), false_when=("0",)), Reads(missing=("-", "0"))),
        {"1": True, "0": False, "": False, " ": False, "-": False, "\u00a0": False, **odd(NOT_ALLOWED, "2", "yes")},
    ),
    "yes or no with blank for yes": (Way(field("yes_no", when_blank=True)), {"": True, "no": False, "yes": True}),
    "placeholders of text": (
        Way(field("text"), reads=Reads(missing=("-", "N/A", "Ame\u0301lie"))),
        {**odd(BLANK, "-", " - ", "N/A", "\u00a0N/A", "Am\u00e9lie", ""), "n/a": "n/a", "--": "--"},
    ),
    "placeholders of listed text": (
        Way(field("text", one_of=("VP", "Other")), reads=Reads(missing=("Other", "?"))),
        {"VP": "VP", **odd(BLANK, "Other", " Other", "?", ""), **odd(NOT_ALLOWED, "other")},
    ),
    "placeholders that are numbers": (
        Way(field("integer", low=Decimal(0)), reads=Reads(missing=("0", "-1", "99"))),
        {
            **odd(BLANK, "0", "-1", "99", " 0 ", "-1\u00a0", ""),
            **number("1", "0=00", "0=0.0", "9", "990"),
            **odd(NOT_ALLOWED, "-2", "-1.0"),
        },
    ),
    "placeholders that are amounts": (
        Way(field("money"), reads=Reads(missing=("0", "0.00", "-1"), thousands=",")),
        {**odd(BLANK, "0", "0.00", "-1", " 0"), **number("0=0.0", "-1=-1.00", "1", "1000=1,000")},
    ),
    "placeholders that are days": (
        Way(field("date"), reads=Reads(missing=("1900-01-01", "2099-12-31 00:00:00"), time_zone="UTC")),
        {
            **odd(BLANK, "1900-01-01", "2099-12-31 00:00:00", " 1900-01-01 "),
            "1900-01-02": date(1900, 1, 2),
            "1900-01-01 00:00:00": date(1900, 1, 1),
            "2099-12-31": date(2099, 12, 31),
        },
    ),
    "placeholders that mean yes": (
        Way(field("yes_no"), reads=Reads(missing=("0", "no"))),
        {**odd(BLANK, "0", "no", " 0"), "NO": False, "1": True, "false": False},
    ),
    "translations of text": (
        Way(
            field("text", one_of=("MQL", "New")),
            column(values={"Marketing Qualified": "MQL", "Ne\u0301": "New", "New": "MQL"}),
        ),
        {
            "Marketing Qualified": "MQL",
            " Marketing Qualified\u00a0": "MQL",
            "N\u00e9": "New",
            "MQL": "MQL",
            "New": "MQL",
            **odd(NOT_ALLOWED, "marketing qualified", "Marketing"),
        },
    ),
    "translations of numbers": (
        Way(field("integer"), column(values={"few": "2", "10": "11", "none": "0"}), Reads(missing=("none",))),
        {**number("2=few", "11=10", "10=010", "12"), **odd(BLANK, "none"), **odd(UNREADABLE, "Few")},
    ),
    "translations to yes": (
        Way(field("yes_no"), column(values={"ja": "yes", "1": "no"})),
        {"ja": True, "1": False, "yes": True, **odd(NOT_ALLOWED, "nein")},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("way", "table"), TABLES.values(), ids=list(TABLES))
def test_cells_are_read_exactly_as_documented(opened: Engine, folder: Path, way: Way, table: Table) -> None:
    cells = list(table)
    assert dict(zip(cells, values(opened, folder, way, cells), strict=True)) == dict(table)
    assert {cell: reference.read_cell(cell, way.oracle) for cell in cells} == dict(table)


# --- times ------------------------------------------------------------------------------------

MINUTE, DAY = 59, 86_399
HERE = Reads(time_zone=NEW_YORK)
US = Reads(time_zone=NEW_YORK, date_order="mdy")
BRITISH = Reads(time_zone="Europe/London", date_order="dmy")

TIMES: dict[str, tuple[Way, Table]] = {
    "ISO": (
        Way(field("time"), reads=HERE, zone=NEW_YORK),
        {
            "2026-01-31 14:05:09": utc("2026-01-31 19:05:09"),
            "2026-01-31T14:05:09": utc("2026-01-31 19:05:09"),
            " 2026-01-31 14:05:09\u00a0": utc("2026-01-31 19:05:09"),
            "2026-01-31 14:05:09.5": utc("2026-01-31 19:05:09"),
            "2026-01-31 14:05:09.999999": utc("2026-01-31 19:05:09"),
            "2026-01-31T14:05:09.123456789": utc("2026-01-31 19:05:09"),
            "2026-01-31 14:05": utc("2026-01-31 19:05", MINUTE),
            "2026-01-31T14:05": utc("2026-01-31 19:05", MINUTE),
            "2026-01-31 9:05:09": utc("2026-01-31 14:05:09"),
            "2026-01-31 00:00:00": utc("2026-01-31 05:00"),
            "2026-01-31": utc("2026-01-31 05:00", DAY),
            "2024-02-29": utc("2024-02-29 05:00", DAY),
            "1969-12-31 18:59:59.75": utc("1969-12-31 23:59:59"),
            "1960-07-01 00:00:00.5": utc("1960-07-01 04:00"),
            "2026-01-31T19:05:09Z": utc("2026-01-31 19:05:09"),
            "2026-01-31 19:05:09 Z": utc("2026-01-31 19:05:09"),
            "2026-01-31T14:05:09+00:00": utc("2026-01-31 14:05:09"),
            "2026-01-31T14:05:09.000+0000": utc("2026-01-31 14:05:09"),
            "2026-01-31 14:05:09-03:00": utc("2026-01-31 17:05:09"),
            "2026-01-31 14:05:09 -03": utc("2026-01-31 17:05:09"),
            "2026-01-31 14:05:09.5 +0530": utc("2026-01-31 08:35:09"),
            "2026-01-31T14:05Z": utc("2026-01-31 14:05", MINUTE),
            "2026-01-31 14:05 +23:59": utc("2026-01-30 14:06", MINUTE),
            **odd(UNREADABLE, "2026-02-30", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-1-31"),
            **odd(UNREADABLE, "2026-01-31 24:00:00", "2026-01-31 23:60:00", "2026-01-31 23:59:60", "2026-01-31 25:00"),
            **odd(UNREADABLE, "2026-03-05 10: e:07", "2026-01-31 9:05", "2026-01-31T9:05:09", "2026-01-31 9:05:09Z"),
            **odd(UNREADABLE, "2026-01-31  14:05:09", "2026-01-31\u00a014:05:09", "2026-01-31t14:05:09"),
            **odd(UNREADABLE, "2026-01-31 T", "2026-01-31T"),
            **odd(UNREADABLE, "2026-01-31 14:05:09.", "2026-01-31 14:05:09,5", "2026-01-31 14:05:09.1234567890"),
            **odd(UNREADABLE, "2026-01-31 14:05:09z", "2026-01-31 14:05:09+24:00", "2026-01-31 14:05:09+01:60"),
            **odd(UNREADABLE, "2026-01-31 14:05:09+1", "2026-01-31 14:05:09+1:00", "2026-01-31 14:05:09 UTC"),
            **odd(UNREADABLE, "2026-01-31 14:05:09 America/New_York", "2026-01-31 14:05:09 EST", "2026-01-31Z"),
            **odd(UNREADABLE, "2026-01-31 14:05:09 (BC)", "0044-03-15 (BC)", "0044-03-15 (BC) 00:00:00", "2026-01-31 "
                  "14"),
            **odd(UNREADABLE, "epoch", "infinity", "-infinity", "now", "today", "14:05:09", "20260131", "1769868309"),
            **odd(UNREADABLE, "20260131T140509Z", "2026/01/31", "2026-031", "2026-W05-6", "46053", "Jan 31, 2026", "x"),
            **odd(UNREADABLE, "01/31/2026", "31.01.2026", "1/2/26", "\u0662026-01-31", "2026-01-31 14:05 PM"),
            **odd(BLANK, "", " ", "\u00a0"),
        },
    ),
    "ISO in ASCII": (
        Way(field("time"), reads=HERE, zone=NEW_YORK),
        {
            "2026-01-31 14:05:09": utc("2026-01-31 19:05:09"),
            "\t2026-01-31 ": utc("2026-01-31 05:00", DAY),
            **odd(UNREADABLE, "-infinity", "epoch", "2026-03-05 10: e:07"),
            **odd(BLANK, "", " \t"),
        },
    ),
    "years": (
        Way(field("time")),
        {
            "1900-01-01": utc("1900-01-01", DAY),
            "1900-01-01 00:00:00": utc("1900-01-01"),
            "2050-01-01 00:00:00": utc("2050-01-01"),
            "2199-12-31 23:59:59": utc("2199-12-31 23:59:59"),
            "2199-12-31T23:59:59Z": utc("2199-12-31 23:59:59"),
            "1899-12-31T23:59:59-01:00": utc("1900-01-01 00:59:59"),
            **odd(UNREADABLE, "0001-01-01", "0001-01-01 00:00:00", "0000-00-00", "0000-00-00 00:00:00", "1899-12-31"),
            **odd(UNREADABLE, "1899-12-30 00:00:00", "1899-12-31 23:59:59", "2200-01-01", "2200-01-01 00:00:00"),
            **odd(UNREADABLE, "942018-04-01", "5881580-07-10", "294246-12-31 00:00:00", "294248-01-01 00:00:00"),
            **odd(UNREADABLE, "9999-12-31", "9999-12-31 23:59:59", "9999-12-31T23:59:59Z", "10000-01-01"),
            **odd(UNREADABLE, "12026-01-31 14:05:09", "1900-01-01T00:00:00+01:00", "2199-12-31T23:59:59-01:00"),
        },
    ),
    "month first": (
        Way(field("time"), reads=US, zone=NEW_YORK),
        {
            "01/31/2026": utc("2026-01-31 05:00", DAY),
            "1/31/2026": utc("2026-01-31 05:00", DAY),
            "01.31.2026": utc("2026-01-31 05:00", DAY),
            "01-31-2026": utc("2026-01-31 05:00", DAY),
            "1/31/26": utc("2026-01-31 05:00", DAY),
            "02/29/72": utc("2072-02-29 05:00", DAY),
            "01/31/69": utc("2069-01-31 05:00", DAY),
            "01/31/00": utc("2000-01-31 05:00", DAY),
            "12/31/99": utc("2099-12-31 05:00", DAY),
            "01/31/2026 14:05": utc("2026-01-31 19:05", MINUTE),
            "01/31/2026 9:05": utc("2026-01-31 14:05", MINUTE),
            "01/31/2026 14:05:09": utc("2026-01-31 19:05:09"),
            "1/31/2026, 2:05 PM": utc("2026-01-31 19:05", MINUTE),
            "1/31/2026 2:05:09 pm": utc("2026-01-31 19:05:09"),
            "1/31/26 2:05PM": utc("2026-01-31 19:05", MINUTE),
            "1/31/2026 02:05 Am": utc("2026-01-31 07:05", MINUTE),
            "1/31/2026 12:00 AM": utc("2026-01-31 05:00", MINUTE),
            "1/31/2026 12:30:00 AM": utc("2026-01-31 05:30"),
            "1/31/2026 12:00 PM": utc("2026-01-31 17:00", MINUTE),
            "1/31/2026 12:59:59 PM": utc("2026-01-31 17:59:59"),
            "2026-01-31 14:05:09": utc("2026-01-31 19:05:09"),
            "15 Apr, 2021 00:03:00": utc("2021-04-15 04:03:00"),
            **odd(UNREADABLE, "31/01/2026", "02/30/2026", "2/29/2026", "0/1/2026", "1/0/2026", "13/13/2026"),
            **odd(UNREADABLE, "1/31/026", "1/1"),
            **odd(UNREADABLE, "1/31/2026 13:05 PM", "1/31/2026 0:05 AM", "1/31/2026 24:00", "1/31/2026 9:5", "1/31"),
            **odd(UNREADABLE, "1/31/2026 2 PM", "1/31/2026 2:05 P.M.", "1/31/2026 2:05\u202fPM", "1/31/2026 23:59:60"),
            **odd(UNREADABLE, "1/31/2026T14:05", "1/31/2026 14:05:09.5", "1/31/2026 14:05Z", "1/31/2026 14:05 +01:00"),
            **odd(UNREADABLE, "1 /31/2026", "1/31/20260", "001/31/2026", "1/31/2026 2:05 PM EST", "Sat 1/31/2026"),
            **odd(UNREADABLE, "1/31/0001", "1/31/1899", "1/31/2200", "1/31/9999", "1/31/2026,14:05", "1\\31\\2026"),
        },
    ),
    "day first": (
        Way(field("time"), reads=BRITISH, zone="Europe/London"),
        {
            "31/01/2026": utc("2026-01-31", DAY),
            "31.1.2026 14:05": utc("2026-01-31 14:05", MINUTE),
            "05/06/26 1:30 PM": utc("2026-06-05 12:30", MINUTE),
            "29-02-2024 00:00:01": utc("2024-02-29 00:00:01"),
            **odd(UNREADABLE, "01/31/2026", "30/02/2026", "29.02.2026"),
        },
    ),
    "months by name": (
        Way(field("time")),
        {
            "15 Apr, 2021 00:03:00": utc("2021-04-15 00:03"),
            "15 Apr 2021": utc("2021-04-15", DAY),
            "5 Apr, 2021": utc("2021-04-05", DAY),
            "05 Dec 2021 9:05": utc("2021-12-05 09:05", MINUTE),
            "15 May, 2021, 12:03 AM": utc("2021-05-15 00:03", MINUTE),
            **{f"1 {month} 2026": utc(f"2026-{n:02}-01", DAY) for n, month in enumerate(reference.MONTHS, start=1)},
            **odd(UNREADABLE, "15 apr 2021", "15 APR 2021", "15 April 2021", "Apr 15, 2021", "31 Apr 2021"),
            **odd(UNREADABLE, "0 Apr 2021", "32 Apr 2021"),
            **odd(UNREADABLE, "15-Apr-2021", "15 Apr 21", "15 Avr 2021", "15  Apr 2021", "15 Apr,2021", "15. Apr 2021"),
        },
    ),
    "year first is ISO alone": (
        Way(field("time"), reads=Reads(time_zone="UTC", date_order="ymd")),
        {"2026-01-02": utc("2026-01-02", DAY), **odd(UNREADABLE, "2026/01/02", "26-01-02", "01/02/2026", "2026.01.02")},
    ),
    "hours that come twice and hours that never come": (
        Way(field("time"), reads=US, zone=NEW_YORK),
        {
            "2026-03-08 01:59:59": utc("2026-03-08 06:59:59"),
            "2026-03-08 02:00:00": utc("2026-03-08 07:00:00"),
            "2026-03-08 02:30:00": utc("2026-03-08 07:30:00"),
            "2026-03-08 03:00:00": utc("2026-03-08 07:00:00"),
            "3/8/2026 2:30 AM": utc("2026-03-08 07:30", MINUTE),
            "2026-11-01 00:59:59": utc("2026-11-01 04:59:59"),
            "2026-11-01 01:00:00": utc("2026-11-01 05:00", 3_600),
            "2026-11-01 01:59:59": utc("2026-11-01 05:59:59", 3_600),
            "2026-11-01 02:00:00": utc("2026-11-01 07:00"),
            "11/1/2026 1:30 AM": utc("2026-11-01 05:30", 3_600 + MINUTE),
            "11/1/2026 12:59 AM": utc("2026-11-01 04:59", MINUTE),
            "2026-11-01T01:30:00-04:00": utc("2026-11-01 05:30"),
            "2026-03-08": utc("2026-03-08 05:00", 23 * 3_600 - 1),
            "2026-11-01": utc("2026-11-01 04:00", 25 * 3_600 - 1),
        },
    ),
    "a day that begins at one": (
        Way(field("time"), reads=Reads(time_zone="America/Sao_Paulo"), zone="America/Sao_Paulo"),
        {
            "2018-11-04": utc("2018-11-04 03:00", 23 * 3_600 - 1),
            "2018-11-04 00:30:00": utc("2018-11-04 03:30"),
            "2018-02-17": utc("2018-02-17 02:00", 25 * 3_600 - 1),
            "2018-02-17 23:30:00": utc("2018-02-18 01:30", 3_600),
        },
    ),
    "the zone of the contract for days": (
        Way(field("time"), zone="Asia/Kolkata"),
        {"2026-01-31": utc("2026-01-30 18:30", DAY), "2026-01-31T00:00:00Z": utc("2026-01-31")},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("way", "table"), TIMES.values(), ids=list(TIMES))
def test_times_are_read_exactly_as_documented(opened: Engine, folder: Path, way: Way, table: Table) -> None:
    test_cells_are_read_exactly_as_documented(opened, folder, way, table)


DAYS: dict[str, tuple[Way, Mapping[str, date | Odd]]] = {
    "a day is itself in every zone": (
        Way(field("date"), reads=Reads(time_zone="Pacific/Auckland", date_order="dmy"), zone=NEW_YORK),
        {
            "2026-01-31": date(2026, 1, 31),
            "31/01/2026": date(2026, 1, 31),
            "31.1.26": date(2026, 1, 31),
            "31 Jan, 2026": date(2026, 1, 31),
            "2018-11-04": date(2018, 11, 4),
            "1960-01-01": date(1960, 1, 1),
            "1900-01-01": date(1900, 1, 1),
            "2199-12-31": date(2199, 12, 31),
        },
    ),
    "a time is the local day of the contract": (
        Way(field("date"), reads=Reads(time_zone="Pacific/Auckland", date_order="dmy"), zone=NEW_YORK),
        {
            "2026-01-31 17:59:59": date(2026, 1, 30),
            "2026-01-31 18:00:00": date(2026, 1, 31),
            "31/01/2026 9:00 AM": date(2026, 1, 30),
            "2026-01-31T04:59:59Z": date(2026, 1, 30),
            "2026-01-31T05:00:00Z": date(2026, 1, 31),
            "2026-01-31T23:30-05:00": date(2026, 1, 31),
            "1960-01-01 00:00:00": date(1959, 12, 31),
        },
    ),
    "a time of the same zone keeps its day": (
        Way(field("date"), reads=HERE, zone=NEW_YORK),
        {
            "2026-03-08 02:30:00": date(2026, 3, 8),
            "2026-11-01 23:59:59": date(2026, 11, 1),
            "1969-12-31 23:59:59": date(1969, 12, 31),
            "1970-01-01 00:00:00": date(1970, 1, 1),
        },
    ),
}


@pytest.mark.parametrize(("way", "table"), DAYS.values(), ids=list(DAYS))
def test_the_day_of_a_cell(opened: Engine, folder: Path, way: Way, table: Table) -> None:
    test_cells_are_read_exactly_as_documented(opened, folder, way, table)
    asked = [Asked(field("time"), list(table))]
    found = typed(opened, folder, asked, way.reads, zone=way.zone)[0]
    assert dict(zip(table, (one.day for one in found), strict=True)) == dict(table)


def test_amounts_are_worth_what_the_rates_of_the_contract_say(opened: Engine, folder: Path) -> None:
    rates = {"GBP": Decimal("1.27"), "IDR": Decimal("0.0000612345"), "BTC": Decimal("1234567890.1234567891"),
             "XTS": Decimal("0.0000000001")}  # fmt: skip
    table = {
        ("100", "USD"): Decimal(100),
        ("100", "GBP"): Decimal("127.00"),
        ("100.01", " gbp\u00a0"): Decimal("127.0127"),
        ("-1.5", "GBP"): Decimal("-1.905"),
        ("1,000", "usd"): Decimal(1000),
        ("2500000000", "IDR"): Decimal("153086.25"),
        ("0.01", "IDR"): Decimal("0.00000061"),
        ("9999999999999999.99", "BTC"): Decimal("12345678901234567878654321.09876543"),
        ("9999999999999999.99", "XTS"): Decimal("1000000.00000000"),
        ("0.01", "XTS"): Decimal("0E-8"),
        ("100", "EUR"): UNREADABLE,
        ("100", ""): UNREADABLE,
        ("100", "-"): UNREADABLE,
        ("100", "$"): UNREADABLE,
        ("x", "USD"): UNREADABLE,
        ("$1,000.50", "USD"): Decimal("1000.5"),
        ("GBP 100", "GBP"): Decimal(127),
        ("-100 \u00a3", " gbp"): Decimal(-127),
        ("$100", "GBP"): UNREADABLE,
        ("\u00a3100", "USD"): UNREADABLE,
        ("$100", "CAD"): UNREADABLE,
        ("$100", ""): UNREADABLE,
        ("", "USD"): BLANK,
        ("", "EUR"): BLANK,
        ("-", "USD"): BLANK,
        (" ", ""): BLANK,
        ("none", "GBP"): Decimal(0),
        ("5,0", "GBP"): UNREADABLE,
    }
    way = Way(field("money"), column(currency="c", values={"none": "0"}), Reads(missing=("-",), thousands=","))
    amounts, codes = zip(*table, strict=True)
    asked = [Asked(way.field, amounts, way.column, codes)]
    found = [one.value for one in typed(opened, folder, asked, way.reads, rates=rates)[0]]
    assert dict(zip(table, found, strict=True)) == table
    oracle = reference.Column("money", missing=("-",), thousands=",", values={"none": "0"}, rates=rates)
    assert [reference.read_cell(amount, oracle, code) for amount, code in table] == found


def test_an_amount_is_held_against_its_limits_in_the_currency_of_the_contract(opened: Engine, folder: Path) -> None:
    asked = [
        Asked(field("money", high=Decimal(100)), ["100", "80", "100.01", ""], column(currency="c"), ["USD", "GBP"] * 2)
    ]
    found = typed(opened, folder, asked, Reads(), rates={"GBP": Decimal("1.27")})[0]
    assert [one.value for one in found] == [Decimal(100), NOT_ALLOWED, NOT_ALLOWED, BLANK]


def test_only_a_date_that_can_be_read_one_way_alone_proves_an_order(opened: Engine, folder: Path) -> None:
    undecided, day, month = casts.UNDECIDED, casts.UNDECIDED | casts.DAY_FIRST, casts.UNDECIDED | casts.MONTH_FIRST
    proofs = {
        "01/02/2026": undecided, "12.12.26 14:05": undecided, "13/01/2026": day, "31-12-2026, 2:05 PM": day,
        "01/13/2026": month, "12/31/2026 14:05:09": month, "26/01/31": undecided, "12/31/26": undecided,
        "31/31/2026": 0, "99/01/2026": 0, "01/99/2026": 0, "0/13/2026": 0, "13/00/2026": 0, "1/2/026": 0, "x": 0, "": 0,
        "15 Apr, 2021 00:03:00": casts.NAIVE, "2026-01-02": 0, "2026-01-02 00:00": casts.NAIVE,
        "2026-01-02 00:00Z": casts.OFFSET,
    }  # fmt: skip
    found = typed(opened, folder, [Asked(field("time"), list(proofs))], Reads(time_zone="UTC"))[0]
    assert dict(zip(proofs, (one.flags for one in found), strict=True)) == proofs
    for order in ("mdy", "dmy", "ymd"):
        declared = Reads(time_zone="UTC", date_order=order)
        found = typed(opened, folder, [Asked(field("time"), list(proofs))], declared)[0]
        assert not any(one.flags & undecided for one in found)


# --- any text at all --------------------------------------------------------------------------

LETTERS = (
    "0123456789" * 3 + "-+.,:;/@ TZApmM_exE$%'\t\u00a0\u202f\u2019\u200b\u00e9\u0301\u0130\u03a3\u0663\uff15🙂\x01\x1f"
)
ZONES = (NEW_YORK, "UTC", "Europe/London", "Asia/Kolkata", "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe")
YEARS = Window(2016, 2019)
ANY: tuple[tuple[Field, Column], ...] = tuple(
    (replace(field(kind, **properties), id=name), column(**binding))
    for name, kind, properties, binding in (
        ("free", "text", {}, {"values": {"n/a": "none"}}),
        ("listed", "text", {"one_of": ("VP", "Vp", "e\u0301", "1", "-1")}, {"values": {"2": "VP"}}),
        ("folded", "text", {"one_of": ("VP", "e\u0301", "\u03a3"), "ignore_case": True}, {}),
        ("email", "text", {"format": "email"}, {}),
        ("ids", "ids", {}, {}),
        ("few_ids", "ids", {"one_of": ("VP", "1", "e\u0301"), "ignore_case": True}, {}),
        ("whole", "integer", {}, {}),
        ("near", "integer", {"low": Decimal(-1), "high": Decimal(40)}, {"values": {"many": "12", "7": "8"}}),
        ("number", "number", {}, {}),
        ("money", "money", {"low": Decimal("-2.5")}, {}),
        ("cents", "money", {"decimals": 3}, {}),
        ("flag", "yes_no", {}, {}),
        ("tick", "yes_no", {"when_blank": False}, {"true_when": ("VP", "1"), "false_when": ("e\u0301",)}),
        ("day", "date", {}, {}),
        ("at", "time", {}, {}),
    )
)


WORDS = (
    "VP", "vp", "e\u0301", "\u00e9", "\u03c3", "n/a", "-", "1", "0", "2", "many", "none", "yes", "No", "TRUE", "a@b.c",
    "a@b", "VP;1", "VP; ;e\u0301", "infinity", "-infinity", "epoch", "nan", "now", "0x10", "1e3", "1_000", "5.", ".5",
    "", " ", ";", "$7", "US$ 41", "-$1234.50", "7 USD", "USD", "\u20ac7",
)  # fmt: skip


def _piece(random: Random, reads: Reads) -> str:
    """A text of one of the shapes, or nearly."""
    kind = random.randrange(5)
    if kind == 0:
        return random.choice(WORDS)
    if kind == 1:
        whole = str(random.choice((0, 1, 7, 40, 41, 1000, 1234567, random.randrange(10**19))))
        if reads.thousands and random.random() < 0.5:
            whole = f"{int(whole):,}".replace(",", reads.thousands)
        tail = "".join(random.choice("0055123") for _ in range(random.choice((1, 2, 3, 4, 6, 7))))
        return (
            random.choice(("", "", "-", "0", "00", "+"))
            + whole
            + random.choice(("", "", reads.decimal + tail, ".0", "."))
        )
    return _stamp(random)


def _stamp(random: Random) -> str:
    day = random.choice((date(2018, 3, 11), date(2018, 11, 4), date(2018, 10, 28), date(2018, 4, 1), date(2018, 2, 18),
                         date(2016, 1, 1) + timedelta(random.randrange(-400, 1800)), date(1969, 12, 31),
                         date(1900, 1, 1), date(2199, 12, 31), date(2000, 2, 29)))  # fmt: skip
    h, m, s = (
        random.choice((0, 1, 2, 3, 12, 23, random.randrange(26))),
        random.randrange(61),
        random.choice((0, 59, 60, 7)),
    )
    written = random.choice((
        "{y:04}-{mo:02}-{d:02}", "{y:04}-{mo:02}-{d:02} ", "{y:04}-{mo:02}-{d:02}T", "{mo}/{d}/{y}", "{y:04}/{mo}/{d} ",
        "{mo:02}.{d:02}.{yy:02} ", "{d:02}/{mo:02}/{y:04} ", "{d}-{mo}-{yy:02}, ", "{d} {name}, {y:04} ",
        "{d:02} {name} {y:04}, ",
    ))  # fmt: skip
    if written.endswith((" ", "T")):
        written += random.choice(("{h:02}:{m:02}", "{h:02}:{m:02}:{s:02}", "{h}:{m:02}:{s:02}", "{h}:{m:02}"))
        written += random.choice(
            ("",) * 6 + (".5", ".123456789", " PM", "am", "Z", " Z", "-03:00", "+0530", " +14", "+24")
        )
    return written.format(y=day.year, yy=day.year % 100, mo=day.month, d=day.day, name=reference.MONTHS[day.month - 1],
                          h=h, m=m, s=s)  # fmt: skip


def _mutated(random: Random, text: str) -> str:
    for _ in range(random.choice((0, 0, 0, 1, 1, 2))):
        at = random.randrange(len(text) + 1)
        text = random.choice((
            text[:at] + random.choice(LETTERS) + text[at:], text[:at] + text[at + 1 :], text + random.choice(LETTERS),
            text[:at] + random.choice(LETTERS) + text[at + 1 :], text[at : at + 1] + text, text.swapcase(),
            f"{random.choice(LETTERS[-16:])}{text} ",
        ))  # fmt: skip
    return text


def _cells(random: Random, reads: Reads, texts: Sequence[str], count: int) -> list[str]:
    return [*texts, *(_mutated(random, _piece(random, reads)) for _ in range(count))]


READS = st.builds(
    lambda marks, missing, order, zone: Reads(
        thousands=marks[0], decimal=marks[1], missing=missing, date_order=order, time_zone=zone
    ),
    st.sampled_from((("", "."), (",", "."), (".", ","), ("", ","), ("'", "."), ("\u202f", ","))),
    st.sampled_from(((), ("-", "n/a"), ("0", "-1", "no", "VP"), ("2018-03-11", "1900-01-01 00:00:00", "e\u0301"))),
    st.sampled_from((None, "mdy", "dmy", "ymd")),
    st.sampled_from((None, *ZONES)),
)
SLOWLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@settings(SLOWLY, max_examples=10)
@given(
    texts=st.lists(
        st.text(
            st.sampled_from(sorted(set(LETTERS))) | st.characters(codec="utf-8", exclude_characters="\0\r\n"),
            max_size=12,
        ),
        max_size=30,
    ),
    seed=st.integers(0, 2**32),
    reads=READS,
    home=st.sampled_from(ZONES),
)
def test_any_text_is_what_the_documentation_says(
    opened: Engine, folder: Path, texts: list[str], seed: int, reads: Reads, home: str
) -> None:
    random = Random(seed)
    cells = _cells(random, reads, texts, 250)
    for some in ([cell for cell in cells if cell.isascii()], cells):
        if not some:
            continue
        asked = [Asked(one, some, how) for one, how in ANY]
        found = typed(opened, folder, asked, reads, zone=home, window=YEARS)
        for (one, how), column in zip(ANY, found, strict=True):
            oracle = Way(one, how, reads, home).oracle
            wrong = {
                cell: (got.value, reference.read_cell(cell, oracle))
                for cell, got in zip(some, column, strict=True)
                if not got.flags & casts.OUTSIDE and got.value != reference.read_cell(cell, oracle)
            }
            assert wrong == {}, one.id


# --- the quick road of times ------------------------------------------------------------------

CHANGING = (
    NEW_YORK, "Europe/London", "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Gaza",
    "Pacific/Chatham", "Asia/Tehran", "Africa/Casablanca", "America/St_Johns", "Antarctica/Troll",
)  # fmt: skip


def _near_changes(random: Random, zone: str, first: int, last: int, count: int) -> list[str]:
    """Plain times of some years, most of them near a change of clocks, with a few that are not plain."""
    start, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (first, last + 1))
    changes = [at for at in zones.offsets(zone).instants if start <= at < end]
    cells = []
    for _ in range(count):
        at = random.choice(changes) if changes and random.random() < 0.8 else random.randrange(start, end)
        local = (
            at + random.choice((0, 3_600, -3_600, 1_800, random.randrange(-DAY, DAY))) + random.choice((-1, 0, 0, 1))
        )
        when = reference.EPOCH + timedelta(seconds=local + random.choice(zones.offsets(zone).offsets[-2:]))
        cells.append(when.strftime("%Y-%m-%d %H:%M:%S"))
    return [
        *cells,
        "",
        " ",
        "2018-03-11",
        "2018-03-11 02:30",
        "2018-03-11T02:30:00Z",
        "x",
        "-infinity",
        "0001-01-01 00:00:00",
    ]


@settings(SLOWLY, max_examples=8)
@given(
    seed=st.integers(0, 2**32),
    zone=st.sampled_from(CHANGING),
    home=st.sampled_from(CHANGING),
    years=st.integers(1960, 2090).flatmap(lambda first: st.integers(first, first + 9).map(lambda last: (first, last))),
)
@example(seed=0, zone=NEW_YORK, home=NEW_YORK, years=(1998, 2002))
def test_the_quick_road_of_times_leads_where_the_full_one_does(
    opened: Engine, folder: Path, seed: int, zone: str, home: str, years: tuple[int, int]
) -> None:
    cells = _near_changes(Random(seed), zone, *years, 300)
    asked = [Asked(field("time"), cells)]
    reads, window = Reads(time_zone=zone), Window(*years)
    quick = typed(opened, folder, asked, reads, zone=home, window=window, plain=True)[0]
    full = typed(opened, folder, asked, reads, zone=home, window=window)[0]
    oracle = reference.Column("time", zone=zone, home=home)
    for cell, left, right in zip(cells, quick, full, strict=True):
        assert not right.flags & casts.OTHER_SHAPE, cell
        if left.flags & casts.OTHER_SHAPE:
            assert cell not in cells[:300], cell
        else:
            assert left == right, cell
        if not right.flags & casts.OUTSIDE:
            stamp = reference.read_cell(cell, oracle)
            assert right.value == stamp, cell
            if isinstance(stamp, When):
                known = reference.read_stamp(cell, oracle)
                assert isinstance(known, reference.Stamp)
                assert right.day == known.day, cell


def test_a_time_that_the_window_holds_is_read_as_with_all_years(opened: Engine, folder: Path) -> None:
    for zone in (NEW_YORK, "Africa/Casablanca"):
        cells = _near_changes(Random(1), zone, 2015, 2021, 300)
        asked, reads = [Asked(field("time"), cells)], Reads(time_zone=zone)
        some = typed(opened, folder, asked, reads, zone=zone, window=Window(2016, 2020))[0]
        every = typed(opened, folder, asked, reads, zone=zone)[0]
        outside = [cell for cell, one in zip(cells, some, strict=True) if one.flags & casts.OUTSIDE]
        assert {cell[:4] for cell in outside} >= {"2015", "2021"}
        assert not any("2016-01-03" <= cell < "2020-12-30" for cell in outside)
        for cell, left, right in zip(cells, some, every, strict=True):
            if cell not in outside:
                assert left == right, cell


@pytest.mark.parametrize("plain", [False, True])
def test_no_year_is_outside_of_all_years(opened: Engine, folder: Path, *, plain: bool) -> None:
    cells = [
        "1900-01-01 00:00:00",
        "1900-01-02 12:00:00",
        "2199-12-31 23:59:59",
        "2026-03-08 02:30:00",
        "1899-12-31 23:59:59",
    ]
    found = typed(opened, folder, [Asked(field("time"), cells)], HERE, zone=NEW_YORK, plain=plain)[0]
    assert [one.flags & casts.OUTSIDE for one in found] == [0] * 5
    assert [bool(one.flags & casts.GAP) for one in found] == [False, False, False, True, False]
    assert [isinstance(one.value, When) for one in found] == [True] * 4 + [False]


def test_every_change_of_clocks_is_known() -> None:
    """Some zones change their clocks and change them back within a week."""
    base = datetime(1970, 1, 1, tzinfo=UTC)
    for zone in ("America/Recife", "America/Noronha", "America/Boa_Vista", "Asia/Gaza", "Africa/Tunis", NEW_YORK):
        there, known = reference.place(zone), zones.offsets(zone)
        hours = range(
            int(datetime(1930, 1, 1, tzinfo=UTC).timestamp()),
            int(datetime(2060, 1, 1, tzinfo=UTC).timestamp()),
            DAY + 1,
        )
        for at in hours:
            offset = (base + timedelta(seconds=at)).astimezone(there).utcoffset()
            assert offset is not None
            assert known.local(at) - at == offset.total_seconds(), (zone, at)


# --- the page that users read -----------------------------------------------------------------

SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
OF_READS = {"missing", "thousands", "decimal", "date_order"}
OF_COLUMN = {"values", "true_when", "false_when"}
NAMES = {"from": "low", "to": "high"}


def spans(text: str) -> list[str]:
    return [one[2].strip(" `") or " " for one in SPAN.finditer(text)]


def lines_of_reading() -> list[tuple[str, str, str, str]]:
    """Give the heading, the cells, what they are read as and the settings of every line of a table of cells."""
    found, heading, inside = [], "", False
    for line in READING.read_text("utf-8").splitlines():
        if line.startswith("#"):
            heading, inside = line.strip("# "), False
        elif line.startswith("| In the file"):
            inside = True
        elif inside and line.startswith("| `"):
            cells, means, settings_, *_ = (part.strip() for part in line.strip("|").split(" | "))
            found.append((heading, cells, means, settings_))
    return found


def way_of(heading: str, said: Sequence[str]) -> Iterator[Way]:
    """Give each way to read that a line of a table is about."""
    chosen = {name: yaml.safe_load(f"{name}: {value}")[name] for name, value in (one.split(": ", 1) for one in said)}
    kinds = [chosen.pop("type")] if "type" in chosen else spans(heading)
    reads: dict[str, Any] = {name: chosen.pop(name) for name in OF_READS & chosen.keys()}
    how = {name: chosen.pop(name) for name in OF_COLUMN & chosen.keys()}
    if "missing" in reads:
        reads["missing"] = tuple(map(str, reads["missing"]))
    how = {name: tuple(value) if isinstance(value, list) else value for name, value in how.items()}
    limits = {"from": Decimal, "to": Decimal, "one_of": tuple}
    properties = {NAMES.get(name, name): limits.get(name, lambda it: it)(value) for name, value in chosen.items()}
    for kind in kinds:
        yield Way(field(kind, **properties), column(**how), Reads(time_zone="UTC", **reads))


@pytest.mark.parametrize("line", lines_of_reading(), ids=lambda line: f"{line[0]} {line[1]} {line[3]}")
def test_the_page_about_reading_says_what_is_read(
    opened: Engine, folder: Path, line: tuple[str, str, str, str]
) -> None:
    heading, written, means, said = line
    cells = spans(written)
    assert cells
    for way in way_of(heading, spans(said)):
        found = values(opened, folder, way, cells)
        assert found == [reference.read_cell(cell, way.oracle) for cell in cells]
        assert {one.why if isinstance(one, Odd) else "read" for one in found} == {
            means if means in {"blank", "unreadable", "not allowed"} else "read"
        }


def test_the_page_about_reading_has_a_table_for_every_type() -> None:
    kinds = {way.field.type for heading, _, _, said in lines_of_reading() for way in way_of(heading, spans(said))}
    assert kinds == set(get_args(FieldType))
    assert {order for order in get_args(DateOrder) if order != "ymd"} <= {
        way.reads.date_order for heading, _, _, said in lines_of_reading() for way in way_of(heading, spans(said))
    }
