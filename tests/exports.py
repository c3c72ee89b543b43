"""Exports made on the spot: cells as the engine types them, plans that are run, and whole checks of small contracts."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import samples
from reference import Odd, When

from slacli import journeys
from slacli.adapters import engines
from slacli.adapters.engines import Engine
from slacli.core.plan import casts, questions
from slacli.core.plan.build import build
from slacli.core.plan.casts import ALL_YEARS, Window
from slacli.core.plan.tables import Part, Plan, RecordPlan, Scan
from slacli.core.verdict import Options
from slacli.findings import Finding, Outcome, Report, TermCells
from slacli.model import Binding, Column, Contract, Field, Reads, Record
from slacli.places import Address

AT = Address("bindings/main.yaml")
ODD = {casts.BLANK: "blank", casts.UNREADABLE: "unreadable", casts.NOT_ALLOWED: "not allowed"}

Row = Sequence[str | None]


def text(header: Sequence[str], rows: Sequence[Row]) -> bytes:
    """Give a CSV file, with quotes where cells need them."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return made.getvalue().encode()


@contextmanager
def engine() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as temporary, engines.opened("duckdb", temporary) as opened:
        yield opened


def contract(record: Record, bindings: Mapping[str, Binding] | None = None, zone: str = "UTC") -> Contract:
    """Give a contract about one record, with nothing agreed yet."""
    return Contract(
        id="small",
        project="1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
        title="Small",
        version=1,
        effective=date(2026, 1, 1),
        time_zone=zone,
        currency="USD",
        at=AT,
        records={record.id: record},
        bindings=bindings or {},
    )


def bound(record: str, fields: Sequence[str], reads: Reads, name: str = "main") -> Binding:
    """Bind each field to the column of its own name."""
    return Binding(name, record, {one: Column(one, (one,), AT) for one in fields}, reads, AT, joins_on="id")


def scan(
    opened: Engine,
    folder: Path,
    binding: Binding,
    rows: Sequence[Row],
    *,
    ascii_only: bool | None = None,
    plain: Sequence[str] = (),
) -> Scan:
    """Write rows of the columns of a binding, with those of currencies behind them, and give them as a scan."""
    header = list(binding.columns)
    currencies = [name for name, column in binding.columns.items() if column.currency]
    content = text([*header, *(f"{name} currency" for name in currencies)], rows)
    path = folder / f"{binding.id}.csv"
    path.write_bytes(content)
    width = len(header) + len(currencies)
    return Scan(
        binding=binding,
        columns={name: at for at, name in enumerate(header)},
        currencies={name: len(header) + at for at, name in enumerate(currencies)},
        ascii_only=content.isascii() if ascii_only is None else ascii_only,
        parts=(Part(opened.source(str(path), ["x"] * width, ",", "\n"), len(rows)),),
        name=path.name,
        plain=frozenset(plain),
    )


def run(opened: Engine, agreed: Contract, scans: Sequence[Scan], window: Window = ALL_YEARS) -> Plan:
    """Plan the check of the scans and fill every table."""
    plan = build(agreed, scans, window)
    assert journeys._run(plan, opened, {}) is None
    return plan


# --- cells ------------------------------------------------------------------------------------


PLAIN = Column("", (), AT)


@dataclass(frozen=True)
class Asked:
    """A column of cells: its field, how its binding reads it, and for money the currency of each cell."""

    field: Field
    cells: Sequence[str]
    column: Column = PLAIN
    currencies: Sequence[str] | None = None


@dataclass(frozen=True)
class Read:
    """What became of a cell, in the words of the reference; of a time also its own day and its flags."""

    value: object
    day: date | None = None
    flags: int = 0


def typed(
    opened: Engine,
    folder: Path,
    asked: Sequence[Asked],
    reads: Reads,
    *,
    zone: str = "UTC",
    rates: Mapping[str, Decimal] | None = None,
    ascii_only: bool | None = None,
    plain: bool = False,
    window: Window = ALL_YEARS,
) -> list[list[Read]]:
    """Give what the engine makes of each cell of each column, by the whole plan of an export.

    A second export of the same record makes the plan keep the typed columns of the first.
    """
    fields = {one.field.id: one.field for one in asked}
    record = Record("thing", "Thing", {"id": Field("id", "text", AT), **fields}, AT, key="id")
    main = bound("thing", ["id", *fields], reads)
    columns = {one.field.id: replace(one.column, field=one.field.id, headers=(one.field.id,)) for one in asked}
    main = replace(main, columns={**main.columns, **columns})
    other = bound("thing", ["id"], Reads(), "other")
    lines = [list(cells) for cells in zip(*(one.cells for one in asked), strict=True)]
    money = [one.currencies for one in asked if one.currencies is not None]
    rows = [[str(n), *cells, *(codes[n] for codes in money)] for n, cells in enumerate(lines)]
    times = [name for name, one in fields.items() if one.type in {"time", "date"}]
    opened.clear()
    scans = [
        scan(opened, folder, main, rows, ascii_only=ascii_only, plain=times if plain else ()),
        scan(opened, folder, other, []),
    ]
    agreed = replace(contract(record, {"main": main, "other": other}, zone), rates=rates or {})
    plan = run(opened, agreed, scans, window).records["thing"]
    return [_column(opened, one, plan) for one in fields.values()]


def _column(opened: Engine, one: Field, plan: RecordPlan) -> list[Read]:
    name, table = one.id, '"g_thing_main"'
    if one.type not in {"time", "date"}:
        found = opened.rows(f'SELECT "s_{name}", "v_{name}" FROM {table} ORDER BY rowid')
        return [Read(_value(one, state, value)) for state, value in found]
    column, shift = questions.flags_at(plan)[name]
    listed = ", ".join(f'"{prefix}_{name}"' for prefix in ("s", "lo", "hi", "day"))
    listed += f", ({column} >> {shift}) & 255"
    return [
        Read(
            Odd(ODD[state]) if state != casts.VALUE else _day(day) if one.type == "date" else When(low, high),
            _day(day) if state == casts.VALUE else None,
            flags,
        )
        for state, low, high, day, flags in opened.rows(f"SELECT {listed} FROM {table} ORDER BY rowid")
    ]


def _value(one: Field, state: int, value: object) -> object:
    if state != casts.VALUE:
        assert value is None
        return Odd(ODD[state])
    if isinstance(value, list):
        return tuple(value)
    return Decimal(str(value)) if one.type == "integer" else value


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


# --- whole checks -----------------------------------------------------------------------------


def loaded(folder: Path, sample: str) -> journeys.Loaded:
    """Read the small contract with a sample laid over it."""
    place = folder / "contract"
    for name, content in samples.merged(sample).items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return journeys.load(place)


def check(folder: Path, agreed: journeys.Loaded, files: Mapping[str, bytes], options: Options | None = None) -> Report:
    """Check files, each named for the binding that it is of (`leads`, or `leads 2` for a second one)."""
    given = []
    for name, content in files.items():
        path = folder / f"{name}.csv"
        path.write_bytes(content)
        given.append(f"{name.split()[0]}={path}")
    return journeys.check(agreed, given, options or Options())


def outcomes(report: Report, duty: str) -> dict[str, Outcome]:
    """Give what became of a duty, by the names of its periods."""
    return {one.period.name: one for one in report.outcomes if one.duty == duty}


def cells(report: Report, term: str) -> TermCells:
    return next(one for one in report.terms if one.term == term)


def found(report: Report, rule: str) -> list[Finding]:
    return [one for one in report.findings if one.rule == rule]
