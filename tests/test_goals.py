"""Goals: every kind of metric, counted once more in plain Python for every row that the exports could mean."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import exports
import pytest
import yaml
from commands import report, slacli
from hypothesis import given, settings
from hypothesis import strategies as st

from slacli import journeys
from slacli.core import figures
from slacli.core.verdict import Options
from slacli.findings import GoalOutcome

ROOT = Path(__file__).parent.parent
CONTRACT = ROOT / "tests" / "contracts" / "goals"

LEAD = ("lead_id", "source", "score", "qualified_on", "accepted", "accepted_on", "called_at", "answered_at")
DEAL = ("deal_id", "lead_ref", "account", "stage", "product", "amount", "currency", "created_on", "closed_on")

Row = Mapping[str, str]
World = Mapping[str, Any]


# --- the same once more, in every world that unclear cells leave possible ----------------------

FAR = 10**9
"""Stands for a length that nobody knows."""


def worlds(rows: Sequence[Row], guesses: Mapping[str, tuple[Any, ...]]) -> Iterator[list[World]]:
    """Give every way in which cells that nobody can read may be meant."""
    options: list[list[World]] = []
    for row in rows:
        names = [name for name, values in guesses.items() if read(name, row) is None]
        options.append(
            [
                {**{name: read(name, row) for name in row}, **dict(zip(names, chosen, strict=True))}
                for chosen in product(*(guesses[name] for name in names))
            ]
        )
    for chosen in product(*options):
        yield list(chosen)


def read(name: str, row: Row) -> Any:
    """Give what a cell says; None where nobody can say, or where it is blank."""
    cell = row[name]
    match name:
        case "score":
            return int(cell) if cell.isdigit() else None
        case "accepted":
            return {"yes": True, "no": False}.get(cell)
        case "stage":
            return cell if cell in {"Won", "Lost", "Open"} else None
        case "product":
            return cell if cell in {"Core", "Other"} else None
        case "amount":
            right = cell.isdigit() and int(cell) <= 1000 and row["currency"] == "USD"
            return Fraction(cell) if right else None
        case "qualified_on" | "accepted_on" | "created_on" | "closed_on":
            return date.fromisoformat(cell) if cell[:1] == "2" else None
        case "called_at" | "answered_at":
            return datetime.fromisoformat(cell) if cell[:1] == "2" else None
        case _:
            return cell


def in_month(day: Any, month: str) -> bool:
    return isinstance(day, date) and f"{day:%Y-%m}" == month


def middle(values: Sequence[Any]) -> Fraction | None:
    """Give the median by the nearest rank."""
    return Fraction(sorted(values)[(len(values) + 1) // 2 - 1]) if values else None


def ratio(top: Any, bottom: Any) -> Fraction | None:
    return Fraction(top) / Fraction(bottom) if bottom else None


def unread(cell: str) -> bool:
    return cell != "" and cell[:1] != "2"


def lengths(rows: Sequence[tuple[Row, World]], start: str, end: str, unit: Any) -> Iterator[tuple[Any, ...]]:
    """Give for each row the lengths that it may have; nothing for one of which an end is blank."""
    for raw, world in rows:
        if not raw[start] or not raw[end]:
            continue
        known = None if unread(raw[start]) or unread(raw[end]) else (world[end] - world[start]) // unit
        yield (known,) if known is not None and known >= 0 else (0, FAR)


def possible(metric: str, month: str, leads: Sequence[Row], deals: Sequence[Row], today: date) -> set[Fraction | None]:
    """Give every figure that a metric may have in a month."""
    leads = [row for row in leads if row["source"] != "Test"]
    found: set[Fraction | None] = set()
    if metric in {"leads", "acceptance", "answer"}:
        mine = [row for row in leads if in_month(read("qualified_on", row), month)]
        for world in worlds(mine, {"score": (10, 90), "accepted": (True, False)}):
            pairs = [(raw, row) for raw, row in zip(mine, world, strict=True) if row["score"] >= 50]
            if metric == "leads":
                found.add(Fraction(len(pairs)))
            elif metric == "answer":
                for chosen in product(*lengths(pairs, "called_at", "answered_at", timedelta(seconds=1))):
                    found.add(middle(chosen))
            else:
                for chosen in product(*(arrived(row["accepted"], raw["accepted_on"], row["accepted_on"],
                                                row["qualified_on"], 10, today, after=False) for raw, row in pairs)):
                    found.add(ratio(chosen.count(True), len(chosen)))
        return found
    if metric == "conversion":
        mine = [row for row in leads if in_month(read("qualified_on", row), month)]
        for world, sold in product(
            worlds(mine, {"score": (10, 90)}), worlds(deals, {"stage": ("Won", "Lost")})
        ):
            chances = []
            for lead in (row for row in world if row["score"] >= 50):
                each = [
                    arrived(deal["stage"] == "Won", raw["closed_on"], deal["closed_on"], lead["qualified_on"], 30, today,
                            after=True)
                    for raw, deal in zip(deals, sold, strict=True) if deal["lead_ref"] == lead["lead_id"]
                ]  # fmt: skip
                chances.append({any(chosen) for chosen in product(*each)})
            for chosen in product(*chances):
                found.add(ratio(chosen.count(True), len(chosen)))
        return found
    mine = [row for row in deals if in_month(read("closed_on", row), month)]
    if metric == "accounts":
        mine = [row for row in deals if read("closed_on", row) is not None]
    for world in worlds(mine, {"stage": ("Won", "Lost", "Open"), "product": ("Core", "Other"), "amount": (0, 1000)}):
        rows = [(raw, row) for raw, row in zip(mine, world, strict=True) if row["stage"] == "Won"]
        paid = [(row["product"], Fraction(row["amount"])) for raw, row in rows if raw["amount"]]
        core = [row for _, row in rows if row["product"] == "Core"]
        match metric:
            case "accounts":
                first: dict[str, date] = {}
                for raw, row in rows:
                    if raw["account"]:
                        name = raw["account"]
                        first[name] = min(first.get(name, row["closed_on"]), row["closed_on"])
                found.add(Fraction(sum(in_month(day, month) for day in first.values())))
            case "win_rate":
                found.add(ratio(len(rows), sum(row["stage"] != "Open" for row in world)))
            case "core_rate":
                found.add(ratio(len(core), len(rows)))
            case "deal_size":
                found.add(ratio(sum(amount for _, amount in paid), len(paid)))
            case "revenue":
                found.add(Fraction(sum(amount for _, amount in paid)))
            case "core_share":
                top = sum(amount for product_of, amount in paid if product_of == "Core")
                found.add(ratio(top, sum(amount for _, amount in paid)))
            case "cycle":
                for chosen in product(*lengths(rows, "created_on", "closed_on", timedelta(days=1))):
                    found.add(middle(chosen))
    return found


def arrived(is_one: bool, cell: str, day: date | None, start: date, within: int, today: date, *, after: bool) -> set[bool]:
    """Say whether a row arrived in time; both where its day is not known."""
    if not is_one:
        return {False}
    if day is None:
        return {True, False}
    return {day <= today and (day - start).days <= within and (day >= start or not after)}


# --- random exports ----------------------------------------------------------------------------

DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in (0, 4, 16, 30, 31, 40, 58, 59, 75, 89)]


def cells(*usual: str, odd: Sequence[str] = ()) -> st.SearchStrategy[str]:
    """Draw a usual cell, and now and then one that is blank or that nobody can read."""
    return st.one_of(*[st.sampled_from(usual)] * 5, st.sampled_from(["", *odd]) if odd else st.just(""))


DATES = cells(*map(str, DAYS), odd=["soon"])
TIMES = cells("2026-01-05 09:00:00", "2026-01-05 10:30:00", "2026-01-05 12:00:00", odd=["noon"])


@st.composite
def made(draw: st.DrawFn) -> tuple[list[Row], list[Row], date]:
    leads = [
        {
            "lead_id": f"L{n}", "source": draw(st.sampled_from(["Web", "Web", "Web", "Test"])),
            "score": draw(cells("10", "50", "90", odd=["high"])), "qualified_on": draw(DATES),
            "accepted": draw(cells("yes", "no", odd=["maybe"])), "accepted_on": draw(DATES),
            "called_at": draw(TIMES), "answered_at": draw(TIMES),
        }
        for n in range(draw(st.integers(1, 6)))
    ]  # fmt: skip
    deals = [
        {
            "deal_id": f"D{n}", "lead_ref": draw(st.sampled_from([*(one["lead_id"] for one in leads), "X"])),
            "account": draw(cells("A", "B", "C")), "stage": draw(cells("Won", "Won", "Lost", "Open", odd=["Maybe"])),
            "product": draw(cells("Core", "Other", odd=["Third"])),
            "amount": draw(cells("0", "100", "400", "1000", odd=["much", "2000"])),
            "currency": draw(cells("USD", "USD", "USD", "EUR")),
            "created_on": draw(DATES), "closed_on": draw(DATES),
        }
        for n in range(draw(st.integers(1, 6)))
    ]  # fmt: skip
    return leads, deals, draw(st.sampled_from([date(2026, 2, 10), date(2026, 3, 31), date(2026, 4, 30)]))


def checked(folder: Path, leads: Sequence[Row], deals: Sequence[Row], today: date) -> list[GoalOutcome]:
    agreed = journeys.load(CONTRACT)
    files = {
        "leads": exports.text(LEAD, [[row[name] for name in LEAD] for row in leads]),
        "deals": exports.text(DEAL, [[row[name] for name in DEAL] for row in deals]),
    }
    options = Options(judge="all", as_of=journeys.moment(str(today), agreed.contract))
    return list(exports.check(folder, agreed, files, options).goals)


# Each of these is as narrow as can be; the others never leave out what is possible.
TIGHT = {"leads", "accounts", "conversion", "acceptance", "deal_size", "cycle", "answer", "revenue"}


@settings(max_examples=120)
@given(made())
def test_every_figure_lies_where_counting_every_possible_row_puts_it(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[list[Row], list[Row], date]
) -> None:
    leads, deals, today = drawn
    for goal in checked(tmp_path_factory.mktemp("goals"), leads, deals, today):
        every = possible(goal.metric, goal.period.name, leads, deals, today)
        values = sorted(one for one in every if one is not None)
        told = (goal.goal, goal.period.name, goal.lower, goal.upper, values)
        if not values:
            assert (goal.value, goal.lower, goal.upper) == (None, None, None), told
            continue
        least = goal.lower if goal.lower is not None else -FAR
        most = goal.upper if goal.upper is not None else FAR
        assert least <= values[0], told
        assert values[-1] <= most, told
        if goal.metric in TIGHT or len(every) == 1:
            assert (least, most) == (values[0], values[-1]), told
        if goal.value is not None:
            assert least <= goal.value <= most, told
        if goal.status in {"met", "missed"} and goal.wanted is not None:
            ends = [value <= goal.wanted[1] if goal.way == "at most" else value >= goal.wanted[0] for value in values]
            assert all(ends) if goal.status == "met" else not any(ends), told
