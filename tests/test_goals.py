"""Goals: every kind of metric, counted once more in plain Python for every row that the exports could mean."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

import exports
import pytest
import test_real_data as real
import yaml
from commands import report, slacli
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

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
                rights = [
                    arrived(row["accepted"], row["accepted_on"], row["qualified_on"], 10, today, after=False)
                    for _, row in pairs
                ]
                for chosen in product(*rights):
                    found.add(ratio(chosen.count(True), len(chosen)))
        return found
    if metric == "conversion":
        mine = [row for row in leads if in_month(read("qualified_on", row), month)]
        for world, sold in product(worlds(mine, {"score": (10, 90)}), worlds(deals, {"stage": ("Won", "Lost")})):
            chances = []
            for lead in (row for row in world if row["score"] >= 50):
                each = [
                    arrived(deal["stage"] == "Won", deal["closed_on"], lead["qualified_on"], 30, today, after=True)
                    for deal in sold
                    if deal["lead_ref"] == lead["lead_id"]
                ]
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


def arrived(is_one: bool, day: date | None, start: date, within: int, today: date, *, after: bool) -> set[bool]:
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
    leads: list[Row] = [
        {
            "lead_id": f"L{n}", "source": draw(st.sampled_from(["Web", "Web", "Web", "Test"])),
            "score": draw(cells("10", "50", "90", odd=["high"])), "qualified_on": draw(DATES),
            "accepted": draw(cells("yes", "no", odd=["maybe"])), "accepted_on": draw(DATES),
            "called_at": draw(TIMES), "answered_at": draw(TIMES),
        }
        for n in range(draw(st.integers(1, 6)))
    ]  # fmt: skip
    deals: list[Row] = [
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


@settings(max_examples=40)
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


# --- single cases ------------------------------------------------------------------------------


class Agreed:
    """The contract of these tests with other metrics or goals, and exports that a test fills."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[str] = []
        shutil.copytree(CONTRACT, folder / "contracts")

    def goals(self, metrics: Mapping[str, Any], **goals: Mapping[str, Any]) -> Agreed:
        base = {"owned_by": ["sales", "marketing"], "audience": ["ceo"], "kind": "financial", "baseline": "collect"}
        told = {"metrics": metrics, "goals": {name: {**base, **goal} for name, goal in goals.items()}}
        (self.folder / "contracts" / "goals.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(told))), "utf-8")
        return self

    def edit(self, file: str, before: str, after: str) -> Agreed:
        path = self.folder / "contracts" / file
        text = path.read_text("utf-8")
        assert before in text
        path.write_text(text.replace(before, after), "utf-8")
        return self

    def deals(self, *rows: Mapping[str, str]) -> Agreed:
        usual = {"stage": "Won", "currency": "USD", "amount": "100", "product": "Core", "created_on": "2026-01-01"}
        return self._write("deals.csv", DEAL, [{**usual, "deal_id": f"D{n}", **row} for n, row in enumerate(rows)])

    def leads(self, *rows: Mapping[str, str]) -> Agreed:
        usual = {"source": "Web", "score": "90"}
        return self._write("leads.csv", LEAD, [{**usual, "lead_id": f"L{n}", **row} for n, row in enumerate(rows)])

    def _write(self, name: str, header: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Agreed:
        content = exports.text(header, [[row.get(column, "") for column in header] for row in rows])
        (self.folder / name).write_bytes(content)
        self.files.append(name)
        return self

    def report(self, *options: str) -> dict[str, Any]:
        return report("check", *self.files, *options, folder=self.folder)

    def goal(self, name: str, period: str, *options: str) -> dict[str, Any]:
        found = self.report(*options)["goals"]
        return next(one for one in found if one["goal"] == name and one["period"]["name"] == period)


@pytest.fixture
def agreed(tmp_path: Path) -> Agreed:
    return Agreed(tmp_path)


def figure(one: Mapping[str, Any], key: str = "value") -> str | None:
    return one[key]["text"] if one[key] is not None else None


REVENUE = {"revenue": {"sum": "amount", "of": "sale"}}


def test_a_running_period_is_not_judged_and_shows_where_it_goes_at_its_pace(agreed: Agreed) -> None:
    agreed.goals(REVENUE, more={"metric": "revenue", "target": "at least 1000 per month"})
    agreed.deals({"closed_on": "2026-02-02", "amount": "300"})
    one = agreed.goal("more", "2026-02", "--as-of", "2026-02-14")
    assert (one["status"], figure(one), figure(one, "pace"), one["judged"]) == ("running", "300.00", "600.00", False)


def test_a_miss_is_a_warning_that_names_the_owners_and_fails_no_build_by_itself(agreed: Agreed) -> None:
    goal = {"metric": "revenue", "target": "at least 1000 per month", "baseline": {"period": "2025-12", "value": 900}}
    agreed.goals(REVENUE, more=goal).deals({"closed_on": "2026-02-02"})
    found = [one for one in agreed.report("--as-of", "2026-02-28")["findings"] if one["rule"] == "goal-missed"]
    assert [(one["severity"], one["subject"], one["period"]) for one in found] == [("warning", "more", "2026-02")]
    assert found[0]["message"] == (
        "missed in February 2026: Sales and Marketing want `more` to come to at least 1,000.00, and it came to 100.00"
    )
    arguments = ("check", *agreed.files, "--as-of", "2026-02-28")
    assert slacli(*arguments, folder=agreed.folder).code == 0
    strict = slacli(*arguments, "--fail-on", "warning", "--quiet", folder=agreed.folder)
    assert strict.code == 1
    assert "1 of 1 goal missed" in strict.out


def test_a_miss_is_no_finding_while_the_baseline_is_being_collected(agreed: Agreed) -> None:
    agreed.goals(REVENUE, more={"metric": "revenue", "target": "at least 1000 per month"})
    agreed.deals({"closed_on": "2026-02-02"})
    found = agreed.report("--as-of", "2026-02-28")
    assert [one["status"] for one in found["goals"] if one["judged"]] == ["missed"]
    assert "goal-missed" not in {one["rule"] for one in found["findings"]}


def test_judge_says_which_periods_of_a_goal_are_judged(agreed: Agreed) -> None:
    goal = {"metric": "revenue", "target": "at least 1000 per month", "baseline": {"period": "2025-12", "value": 900}}
    agreed.goals(REVENUE, more=goal).deals({"closed_on": "2026-01-02"}, {"closed_on": "2026-03-02"})

    def judged(*options: str) -> list[str]:
        found = agreed.report("--as-of", "2026-03-31", *options)
        missed = [one["period"] for one in found["findings"] if one["rule"] == "goal-missed"]
        assert missed == [one["period"]["name"] for one in found["goals"] if one["judged"]]
        return missed

    assert judged() == ["2026-03"]
    assert judged("--judge", "all") == ["2026-01", "2026-02", "2026-03"]
    assert judged("--judge", "2026-01") == ["2026-01"]


def test_a_step_of_a_ramp_holds_from_its_period_on(agreed: Agreed) -> None:
    ramp = {"2026-02": "at least 200", "2026-03": "at least 50 per month"}
    agreed.goals(REVENUE, more={"metric": "revenue", "target": "at least 100 per month", "ramp": ramp})
    agreed.deals(*({"closed_on": f"2026-0{month}-02"} for month in (1, 2, 3)))
    found = agreed.report("--as-of", "2026-03-31")["goals"]
    assert [(one["target"], one["status"]) for one in found] == [
        ("at least 100 per month", "met"), ("at least 200 per month", "missed"), ("at least 50 per month", "met"),
    ]  # fmt: skip


@pytest.mark.parametrize(("amount", "status"), [("110", "met"), ("109", "missed")])
def test_growth_on_the_same_month_a_year_before_takes_that_month_from_the_exports(
    agreed: Agreed, amount: str, status: str
) -> None:
    agreed.edit("bindings/deals.yaml", "since: 2026-01-01", "since: 2025-01-01")
    agreed.goals(REVENUE, more={"metric": "revenue", "target": "grows 10% on the same month a year before"})
    agreed.deals({"closed_on": "2025-02-28"}, {"closed_on": "2026-02-02", "amount": amount})
    one = agreed.goal("more", "2026-02", "--as-of", "2026-02-28")
    assert (one["wanted"]["from"]["text"], one["status"], one["why"]) == ("110.00", status, "")


def test_growth_on_a_period_that_the_exports_lack_takes_the_baseline_of_that_period(agreed: Agreed) -> None:
    goal = {"metric": "revenue", "target": "grows 10% on the month before"}
    agreed.goals(REVENUE, more={**goal, "baseline": {"period": "2025-12", "value": 80}})
    agreed.deals({"closed_on": "2026-01-02"}, {"closed_on": "2026-02-02"})
    found = agreed.report("--as-of", "2026-02-28")["goals"]
    assert [(figure(one["wanted"], "from"), one["status"]) for one in found] == [("88.00", "met"), ("110.00", "missed")]


def test_growth_on_a_figure_that_nobody_knows_is_no_data_with_the_reason(agreed: Agreed) -> None:
    agreed.goals(
        REVENUE,
        before={"metric": "revenue", "target": "grows 10% on the month before"},
        base={"metric": "revenue", "target": "grows 10% on the baseline"},
    )
    agreed.deals({"closed_on": "2026-02-02"})
    found = {
        (one["goal"], one["period"]["name"]): (one["status"], one["why"])
        for one in agreed.report("--as-of", "2026-02-28")["goals"]
    }
    assert found == {
        ("before", "2026-01"):
            ("no data", "the exports do not cover December 2025, which it grows on, and it is no baseline"),
        ("before", "2026-02"): ("no data", "nothing grows on a figure of 0.00 (January 2026)"),
        ("base", ""): ("no data", "the baseline that it grows on is being collected"),
    }  # fmt: skip


def test_growth_on_an_unclear_figure_is_decided_only_where_every_figure_says_so(agreed: Agreed) -> None:
    agreed.goals(REVENUE, more={"metric": "revenue", "target": "grows 10% on the month before"})
    agreed.deals({"closed_on": "2026-01-02"}, {"closed_on": "2026-01-02", "stage": ""}, {"closed_on": "2026-02-02"})
    one = agreed.goal("more", "2026-02", "--as-of", "2026-02-28")
    assert (figure(one["wanted"], "from"), figure(one["wanted"], "to"), one["status"]) == ("110.00", "220.00", "missed")
    agreed.deals({"closed_on": "2026-01-02"}, {"closed_on": "2026-01-02", "stage": ""},
                 {"closed_on": "2026-02-02", "amount": "150"})  # fmt: skip
    agreed.files.pop()
    assert agreed.goal("more", "2026-02", "--as-of", "2026-02-28")["status"] == "unclear"


def test_a_cohort_runs_until_the_time_of_its_last_row_is_over(agreed: Agreed) -> None:
    metrics = {"rate": {"ratio": {"of": "sale", "from": "mql"}, "kind": "cohort", "within": "30 days"}}
    agreed.goals(metrics, more={"metric": "rate", "target": "at least 50% per month"})
    agreed.leads({"qualified_on": "2026-01-01"}, {"qualified_on": "2026-01-31"}, {"qualified_on": "2026-01-31"})
    agreed.deals({"lead_ref": "L0", "closed_on": "2026-01-31"}, {"lead_ref": "L1", "closed_on": "2026-03-04"})
    for day, status, waiting in (
        ("2026-02-28", "running", 2),
        ("2026-03-02", "running", 2),
        ("2026-03-03", "missed", 0),
    ):
        one = agreed.goal("more", "2026-01", "--as-of", day)
        assert (one["status"], one["waiting"], one["value"]["number"], one["rows"]) == (status, waiting, "1/3", 3), day


def test_a_cohort_that_can_no_longer_miss_its_target_has_met_it_before_its_time_is_over(agreed: Agreed) -> None:
    metrics = {"rate": {"ratio": {"of": "sale", "from": "mql"}, "kind": "cohort", "within": "30 days"}}
    agreed.goals(metrics, more={"metric": "rate", "target": "at least 50% per month"})
    agreed.leads({"qualified_on": "2026-01-30"}, {"qualified_on": "2026-01-31"})
    agreed.deals({"lead_ref": "L0", "closed_on": "2026-02-01"}, {"lead_ref": "X", "closed_on": "2026-02-10"})
    one = agreed.goal("more", "2026-01", "--as-of", "2026-02-10")
    assert (one["status"], one["waiting"], figure(one)) == ("met", 1, "50.0 %")


def test_a_sale_before_the_lead_qualified_is_no_conversion_of_it(agreed: Agreed) -> None:
    metrics = {"rate": {"ratio": {"of": "sale", "from": "mql"}, "kind": "cohort"}}
    agreed.goals(metrics, more={"metric": "rate", "target": "at least 50% per month"})
    agreed.leads({"qualified_on": "2026-01-10"}, {"qualified_on": "2026-01-10"})
    agreed.deals({"lead_ref": "L0", "closed_on": "2026-01-09"}, {"lead_ref": "L1", "closed_on": "2026-01-10"})
    assert figure(agreed.goal("more", "2026-01", "--as-of", "2026-01-31")) == "50.0 %"


def test_january_and_february_by_period_and_by_cohort(agreed: Agreed) -> None:
    """January 100 qualified, February 40; accepted 10 in January, in February 22 of January and 8 more."""
    ratio_of = {"of": "accepted_lead", "from": "mql"}
    metrics = {"period": {"ratio": ratio_of}, "cohort": {"ratio": ratio_of, "kind": "cohort"}}
    target = "at least 1% per month"
    agreed.goals(metrics, one={"metric": "period", "target": target}, other={"metric": "cohort", "target": target})
    rows = [
        {"qualified_on": f"2026-0{month}-05", "accepted": "no"} for month in (1, 2) for _ in range((100, 40)[month - 1])
    ]
    for numbers, day in ((range(10), "2026-01-20"), (range(10, 32), "2026-02-20"), (range(100, 108), "2026-02-20")):
        for n in numbers:
            rows[n] |= {"accepted": "yes", "accepted_on": day}
    agreed.leads(*rows)
    found = agreed.report("--as-of", "2026-02-28")["goals"]
    assert [(one["goal"], one["period"]["name"], figure(one)) for one in found] == [
        ("one", "2026-01", "10.0 %"), ("one", "2026-02", "75.0 %"),
        ("other", "2026-01", "32.0 %"), ("other", "2026-02", "20.0 %"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "target"),
    [
        ({"ratio": {"of": "sale", "from": "closed"}}, "at least 1% per month"),
        ({"share": {"sum": "amount", "of": "core_sale", "from": "sale"}}, "at least 1% per month"),
        ({"average": "amount", "of": "sale"}, "at least 1 per month"),
        ({"median": {"from": "created_on", "to": "closed_on"}, "of": "sale"}, "at most 1 day per month"),
    ],
)
def test_a_zero_denominator_gives_no_figure_and_never_a_miss(agreed: Agreed, metric: Any, target: str) -> None:
    agreed.goals({"figure": metric}, more={"metric": "figure", "target": target})
    agreed.deals({"closed_on": "2026-01-02", "stage": "Open"})
    one = agreed.goal("more", "2026-01", "--as-of", "2026-01-31")
    assert (one["status"], one["value"], one["lower"], one["upper"]) == ("no data", None, None, None)
    shown = slacli("check", *agreed.files, "--as-of", "2026-01-31", folder=agreed.folder).out
    assert "n/a" in shown


def test_an_amount_of_another_currency_without_a_rate_bounds_a_sum_and_is_never_added(agreed: Agreed) -> None:
    goal = {"metric": "revenue", "target": "at least 400 per month"}
    agreed.goals(REVENUE, more=goal)
    agreed.deals({"closed_on": "2026-01-02"}, {"closed_on": "2026-01-02", "currency": "EUR", "amount": "200"})
    one = agreed.goal("more", "2026-01", "--as-of", "2026-01-31")
    assert (figure(one), figure(one, "lower"), figure(one, "upper")) == ("100.00", "100.00", "1,100.00")
    assert (one["status"], one["unclear"]) == ("unclear", 1)
    agreed.edit("definitions.yaml", "from: 0, to: 1000", "from: 0")
    one = agreed.goal("more", "2026-01", "--as-of", "2026-01-31")
    assert (figure(one, "lower"), one["upper"], one["status"]) == ("100.00", None, "unclear")
    agreed.edit("contract.yaml", "currency: USD", 'currency: USD\nrates: {EUR: "1.50"}')
    one = agreed.goal("more", "2026-01", "--as-of", "2026-01-31")
    assert (figure(one), figure(one, "upper"), one["status"]) == ("400.00", "400.00", "met")


def test_a_blank_amount_is_not_zero_and_is_told(agreed: Agreed) -> None:
    agreed.goals(
        {"size": {"average": "amount", "of": "sale"}}, more={"metric": "size", "target": "at least 1 per month"}
    )
    agreed.deals({"closed_on": "2026-01-02"}, {"closed_on": "2026-01-02", "amount": ""})
    one = agreed.goal("more", "2026-01", "--as-of", "2026-01-31")
    assert (figure(one), one["rows"], one["without"]) == ("100.00", 1, 1)


def test_a_goal_of_which_no_export_was_given_is_not_checked_with_the_reason(agreed: Agreed) -> None:
    metrics = {**REVENUE, "rate": {"ratio": {"of": "sale", "from": "mql"}, "kind": "cohort"}}
    target = "at least 1% per month"
    agreed.goals(
        metrics, more={"metric": "rate", "target": target}, money={"metric": "revenue", "target": "at least 1"}
    )
    agreed.leads({"qualified_on": "2026-01-02"})
    found = agreed.report("--as-of", "2026-01-31")
    assert {one["subject"]: one["reason"] for one in found["not_checked"] if one["kind"] == "goal"} == {
        "more": "no export of `deal` was given", "money": "no export of `deal` was given",
    }  # fmt: skip


def test_records_that_nothing_joins_make_no_cohort(agreed: Agreed) -> None:
    agreed.edit("bindings/deals.yaml", "  lead_ref: lead_ref\n", "")
    metrics = {"rate": {"ratio": {"of": "sale", "from": "mql"}, "kind": "cohort"}}
    agreed.goals(metrics, more={"metric": "rate", "target": "at least 1% per month"})
    agreed.leads({"qualified_on": "2026-01-02"}).deals({"closed_on": "2026-01-02"})
    reasons = [one["reason"] for one in agreed.report("--as-of", "2026-01-31")["not_checked"] if one["kind"] == "goal"]
    assert reasons == ["nothing at hand joins `deal`, of `sale`, to `lead`, of `mql`"]


def test_a_date_that_keeps_the_latest_time_cannot_say_when_a_row_first_qualified(agreed: Agreed) -> None:
    agreed.edit("definitions.yaml", "qualified_on: {type: date}", "qualified_on: {type: date, keeps: latest}")
    agreed.goals({"leads": {"count": "mql"}}, more={"metric": "leads", "target": "at least 1 per month"})
    agreed.leads({"qualified_on": "2026-01-02"})
    reasons = [one["reason"] for one in agreed.report("--as-of", "2026-01-31")["not_checked"] if one["kind"] == "goal"]
    assert reasons == ["`qualified_on` keeps the latest time, and `counts: first` asks for the first"]


# --- baselines ---------------------------------------------------------------------------------


def test_a_baseline_is_printed_as_a_line_for_the_contract(agreed: Agreed) -> None:
    agreed.deals({"closed_on": "2026-01-02"}, {"closed_on": "2026-02-02"}, {"closed_on": "2026-02-03", "stage": "Lost"})
    ran = slacli("baseline", "win_rate", *agreed.files, "--as-of", "2026-02-28", folder=agreed.folder)
    digest = hashlib.sha256((agreed.folder / "deals.csv").read_bytes()).hexdigest()
    assert ran.out == (
        "# Win rate in February 2026 (2026-02-01 to 2026-02-28), of 2 rows.\n"
        f'baseline: {{period: 2026-02, value: 50%, n: 2, source: "sha256:{digest}"}}\n'
    )
    earlier = slacli(
        "baseline", "win_rate", "deals.csv", "--period", "2026-01", "--format", "json", folder=agreed.folder
    )
    told = json.loads(earlier.out)
    assert told["baseline"] == {"period": "2026-01", "value": "100%", "n": 1, "source": f"sha256:{digest}"}


@pytest.mark.parametrize(
    "layout", ["collect", "{period: 2025-12, value: 50%}", "\n      period: 2025-12\n      value: 50%"]
)
def test_a_baseline_is_written_and_every_other_character_stays(agreed: Agreed, layout: str) -> None:
    text = (
        "# What we want.\nmetrics: {win_rate: {ratio: {of: sale, from: closed}}}\ngoals:\n  more:  # both\n"
        "    owned_by: [sales, marketing]\n    audience: [ceo]\n    kind: financial\n    metric: win_rate\n"
        f"    baseline: {layout}\n    target: at least 1% per month  # for now\n"
    )
    path = agreed.folder / "contracts" / "goals.yaml"
    path.write_text(text, "utf-8")
    agreed.deals({"closed_on": "2026-01-02"}, {"closed_on": "2026-01-03", "stage": "Lost"})
    ran = slacli("baseline", "win_rate", "deals.csv", "--as-of", "2026-01-31", "--write", folder=agreed.folder)
    assert ran.out.startswith("wrote 50% of 2026-01 into `more` of "), ran.text
    new = path.read_text("utf-8")
    before, _, after = text.partition(f"baseline: {layout}")
    assert new.startswith(before)
    assert new.endswith(after)
    digest = yaml.safe_load(new)["goals"]["more"]["baseline"].pop("source")
    assert digest.startswith("sha256:")
    assert slacli("validate", folder=agreed.folder).code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("win_rat", "deals.csv"), "the contract has no metric `win_rat`"),
        (("win_rate", "deals.csv", "--period", "soon"), "`--period soon` names no period"),
        (("win_rate", "deals.csv", "--period", "2026-03"), "`2026-03` is not covered by the exports"),
        (("leads", "deals.csv"), "`leads` cannot be computed: no export of `lead` was given"),
        (("win_rate", "deals.csv", "--period", "2026-02", "--as-of", "2026-02-10"), "`2026-02` is still running"),
    ],
)
def test_a_baseline_that_cannot_be_computed_says_why(agreed: Agreed, arguments: tuple[str, ...], says: str) -> None:
    agreed.deals({"closed_on": "2026-01-02"}, {"closed_on": "2026-02-02"})
    ran = slacli("baseline", *arguments, folder=agreed.folder)
    assert ran.code == 2
    assert says in ran.err


# --- exports that CRM systems really wrote -----------------------------------------------------


def test_the_conversion_of_each_month_of_the_olist_funnel_is_what_counting_gives(tmp_path: Path) -> None:
    files = [str((ROOT / name).resolve()) for name in real.given(real.OLIST)]
    shutil.copytree(ROOT / "tests" / "contracts" / "olist_child", tmp_path / "contracts")
    goal = {"owned_by": ["sales", "marketing"], "audience": ["ceo"], "kind": "performance", "metric": "rate",
            "baseline": "collect", "target": "at least 10% per month"}  # fmt: skip
    metric = {"ratio": {"of": "won_deal", "from": "qualified_lead"}, "kind": "cohort"}
    (tmp_path / "contracts" / "goals.yaml").write_text(
        yaml.safe_dump({"metrics": {"rate": metric}, "goals": {"rate": goal}})
    )
    cover = tmp_path / "contracts" / "contract.yaml"
    reviews = {
        f"{kind}_{side}": {"kind": kind, "parties": parties, "every": "quarter"}
        for kind, side, parties in (
            ("separate", "one", ["sales"]), ("separate", "two", ["marketing"]),
            ("joint", "both", ["sales", "marketing"]), ("interim", "both", ["sales", "marketing"]),
        )
    }  # fmt: skip
    cover.write_text(cover.read_text("utf-8") + yaml.safe_dump(json.loads(json.dumps({"reviews": reviews}))), "utf-8")
    found = report("check", *files, "--judge", "all", folder=tmp_path)["goals"]
    with Path(files[0]).open(encoding="utf-8", newline="") as leads, Path(files[1]).open(encoding="utf-8") as deals:
        contacted = {row["mql_id"]: row["first_contact_date"] for row in csv.DictReader(leads)}
        won = {row["mql_id"]: row["won_date"] for row in csv.DictReader(deals)}
    recount: dict[str, list[int]] = {}
    for lead, day in contacted.items():
        of_month = recount.setdefault(day[:7], [0, 0, 0])
        of_month[0] += 1
        # Contacts are known to the day: a deal of the same day may have been before or after.
        of_month[1] += lead in won and won[lead][:10] > day
        of_month[2] += lead in won and won[lead][:10] == day
    told = {one["period"]["name"]: one for one in found}
    assert {name: one["lower"]["number"] for name, one in told.items()} == {
        name: str(Fraction(sure, total)) for name, (total, sure, _) in recount.items()
    }
    assert {name: one["unclear"] for name, one in told.items()} == {name: same for name, (*_, same) in recount.items()}
    before = {name: real.MONTHS[name][1] - sure - same for name, (_, sure, same) in recount.items()}
    assert {name: total for name, (total, *_) in recount.items()} == {name: one[0] for name, one in real.MONTHS.items()}
    # What the months of the funnel count besides are deals from before their lead was first contacted.
    assert sum(before.values()) == sum(lead in won and won[lead][:10] < day for lead, day in contacted.items())


def test_the_pipeline_of_a_public_crm_is_what_counting_gives(agreed: Agreed) -> None:
    (name,) = real.given(("maven-crm/sales_pipeline.csv",))
    path = (ROOT / name).resolve()
    (agreed.folder / "contracts" / "bindings" / "deals.yaml").write_text(
        "binds: deal\nmatches: [opportunity_id, deal_stage]\n"
        "reads: {date_order: dmy, time_zone: America/New_York, fresh: 30 days, "
        "holds: {by: closed_on, since: 2017-01-01}}\n"
        "columns:\n  deal_id: opportunity_id\n  account: account\n"
        "  stage: {column: deal_stage, values: {Engaging: Open, Prospecting: Open}}\n"
        "  amount: close_value\n  created_on: engage_date\n  closed_on: close_date\n"
    )
    agreed.edit("definitions.yaml", "from: 0, to: 1000", "from: 0")
    metrics = {
        "revenue": {"sum": "amount", "of": "sale"},
        "size": {"average": "amount", "of": "sale"},
        "cycle": {"median": {"from": "created_on", "to": "closed_on"}, "of": "sale"},
        "rate": {"ratio": {"of": "sale", "from": "closed"}},
        "accounts": {"count_first": "account", "of": "sale"},
    }
    targets = {"size": "at least 1", "revenue": "at least 1", "cycle": "at most 1 day", "rate": "at least 1%"}
    agreed.goals(
        metrics, **{one: {"metric": one, "target": f"{targets.get(one, 'at least 1')} per month"} for one in metrics}
    )
    agreed.files.append(str(path))
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["close_date"]]
    for row in rows:
        day, month, year = row["close_date"].split("-")
        start = row["engage_date"].split("-")
        row["month"] = f"20{year}-{month}"
        row["days"] = str((date(2000 + int(year), int(month), int(day))
                           - date(2000 + int(start[2]), int(start[1]), int(start[0]))).days)  # fmt: skip
    expected: dict[tuple[str, str], Fraction | None] = {}
    seen: set[str] = set()
    for month in sorted({row["month"] for row in rows}):
        closed = [row for row in rows if row["month"] == month]
        won = [row for row in closed if row["deal_stage"] == "Won"]
        revenue = Fraction(sum(int(row["close_value"]) for row in won))
        new = {row["account"] for row in won if row["account"]} - seen
        seen |= new
        expected |= {
            ("revenue", month): revenue, ("size", month): revenue / len(won), ("accounts", month): Fraction(len(new)),
            ("cycle", month): middle([int(row["days"]) for row in won]), ("rate", month): ratio(len(won), len(closed)),
        }  # fmt: skip
    found = agreed.report("--judge", "all")["goals"]
    told = {(one["goal"], one["period"]["name"]): one for one in found if one["rows"]}
    assert {key: Fraction(one["value"]["number"]) for key, one in told.items()} == expected
    assert all(one["lower"] == one["upper"] == one["value"] for one in told.values())


# --- what a change does, and what may be written -----------------------------------------------


def test_a_change_shows_each_goal_before_and_after(agreed: Agreed) -> None:
    goal = {"metric": "revenue", "target": "at least 150 per month", "baseline": {"period": "2025-12", "value": 90}}
    later = {"closed_on": "2026-02-01", "stage": "Open"}
    agreed.goals(REVENUE, more=goal)
    agreed.deals({"closed_on": "2026-01-02"}, {"closed_on": "2026-01-03", "product": "Other"}, later)
    shutil.copytree(agreed.folder / "contracts", agreed.folder / "new")
    terms = agreed.folder / "new" / "definitions.yaml"
    text = terms.read_text("utf-8").replace("{won: stage = 'Won'}", "{won: stage = 'Won', core: product = 'Core'}")
    terms.write_text(text, "utf-8")
    arguments = ("diff", "contracts/", "--contract", "new", "--data", "deals.csv")
    shown = slacli(*arguments, folder=agreed.folder).out
    assert "  more · January 2026: 200.00 met -> 100.00 MISSED" in shown.replace("More", "more")
    assert "| 200.00 met | 100.00 MISSED |" in slacli(*arguments, "--format", "markdown", folder=agreed.folder).out
    told = json.loads(slacli(*arguments, "--format", "json", folder=agreed.folder).out)
    schema = json.loads(resources.files("slacli.schemas").joinpath("diff.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(told)
    target = "at least 150 per month"
    assert told["impact"]["goals"] == [
        {
            "goal": "more", "period": "January 2026",
            "before": {"status": "met", "target": target, "lower": "200", "upper": "200"},
            "after": {"status": "missed", "target": target, "lower": "100", "upper": "100"},
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["at least 360 per quarter", "at least 400", "at least 8% per quarter", "at most 60 days per quarter",
     "at most 1 day", "at least 412000.5 per year", "grows 10% on the baseline", "grows 150% on the quarter before",
     "grows 0.5% on the same week a year before"],
)  # fmt: skip
def test_a_target_that_is_read_is_written_as_it_was(text: str) -> None:
    assert str(figures.target(text)) == text


@pytest.mark.parametrize(
    ("goal", "says"),
    [
        ({"target": "at least 26% per month"}, "`more` asks for a share, and `revenue` counts a plain number"),
        ({"target": "at least 1 per month", "baseline": {"period": "2025-12", "value": "3 days"}},
         "`more` was days, and `revenue` counts a plain number"),
        ({"target": "at least 1 per month", "ramp": {"2026-02": "at least 1 per week"}},
         "`more` asks for `at least 1 per month`, and this step is per week"),
    ],
)  # fmt: skip
def test_a_figure_in_another_unit_is_an_error_at_its_place(agreed: Agreed, goal: Any, says: str) -> None:
    agreed.goals(REVENUE, more={"metric": "revenue", **goal})
    ran = slacli("validate", folder=agreed.folder)
    assert ran.code == 1
    assert f"error[figure-in-another-unit]: {says}" in ran.out


def test_a_goal_of_an_export_that_is_too_old_is_not_checked(agreed: Agreed) -> None:
    agreed.edit("bindings/deals.yaml", "fresh: 500 days", "fresh: 8 days")
    agreed.goals(REVENUE, more={"metric": "revenue", "target": "at least 1 per month"})
    agreed.deals({"closed_on": "2026-01-02"})
    reasons = [one["reason"] for one in agreed.report("--as-of", "2026-03-31")["not_checked"] if one["kind"] == "goal"]
    assert reasons == ["the export of `deal` is too old for the day of the report"]


def test_exports_whose_ids_are_of_two_kinds_make_no_cohort(agreed: Agreed) -> None:
    metrics = {"rate": {"ratio": {"of": "sale", "from": "mql"}, "kind": "cohort"}}
    agreed.goals(metrics, more={"metric": "rate", "target": "at least 1% per month"})
    agreed.leads(*({"qualified_on": "2026-01-02"} for _ in range(20)))
    agreed.deals(*({"closed_on": "2026-01-02", "lead_ref": f"X{n}"} for n in range(20)))
    reasons = [one["reason"] for one in agreed.report("--as-of", "2026-01-31")["not_checked"] if one["kind"] == "goal"]
    assert reasons == ["no row of `deal` belongs to any `lead`"]


def test_weeks_and_years_and_all_that_the_export_holds_count_the_same_rows(agreed: Agreed) -> None:
    agreed.goals(
        {"sales": {"count": "sale"}},
        weekly={"metric": "sales", "target": "at least 1 per week"},
        yearly={"metric": "sales", "target": "at least 1 per year"},
        ever={"metric": "sales", "target": "at least 4"},
    )
    agreed.deals(*({"closed_on": f"2026-01-{day:02}"} for day in (4, 5, 11, 12)))
    found = agreed.report("--as-of", "2026-01-18")["goals"]
    assert [(one["goal"], one["period"]["name"], figure(one), one["status"]) for one in found] == [
        ("ever", "", "4", "met"),
        ("weekly", "2026-W01", "1", "not covered"),
        ("weekly", "2026-W02", "2", "met"),
        ("weekly", "2026-W03", "1", "met"),
        ("yearly", "FY26", "4", "running"),
    ]
