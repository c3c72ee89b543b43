"""Promises by a day: what is due when, whose entry counts, what follows from a miss, and contested verdicts."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import commands
import exports
import pytest
import reports
import samples
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_regressions.file_regression import FileRegressionFixture
from rich.cells import cell_len

from slacli.adapters import rowsfile
from slacli.adapters.render import Options, render
from slacli.core import ledger
from slacli.core.ledger import Today
from slacli.core.text import parse
from slacli.core.verdict import Options as Checked
from slacli.core.verdict import standing
from slacli.findings import Counts, Outcome, PeriodFacts, Report, ReviewFacts, Sequel
from slacli.model import Consequence, Contract, Ledger
from slacli.places import Address

NEW_YORK = ZoneInfo("America/New_York")

PARTIES = """
parties: {sdr: {title: Sales Development, part_of: sales}, ae: {title: Account Executives, part_of: sales}}
"""
BRIEF = """
responsibilities:
  brief: {owed_by: marketing, owed_to: sales, provide: {every: %s, by: %s, artefact: A brief}}
"""


def agreed(sample: str) -> Contract:
    """Give the small contract with a sample laid over it; nothing may be wrong with its text."""
    read = parse.parse(samples.merged(sample))
    assert read.contract is not None, [one.message for one in read.findings]
    return read.contract


def said(sample: str) -> list[str]:
    return [f"{one.rule}: {one.message}" for one in parse.parse(samples.merged(sample)).findings]


def brief(every: str = "quarter", by: str | None = "10th business day", more: str = "") -> Contract:
    made = BRIEF % (every, by or "null")
    return agreed(made + more)


def entries(contract: Contract, now: Today, duty: str = "brief") -> dict[str, ledger.Entry[Any]]:
    owed = contract.responsibilities[duty]
    measure = owed.duty.measure(owed, contract)
    assert isinstance(measure, Ledger)
    return {one.period.name: one for one in ledger.deliveries(contract, owed, measure, now)}


def on(day: str, *, over: bool = True) -> Today:
    there = date.fromisoformat(day)
    return Today(there, there if over else there - timedelta(days=1))


# --- when things are due ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "by", "due"),
    [
        ("quarter", "10th business day", {"FY27-Q1": "2027-01-14", "FY27-Q2": "2027-04-14"}),
        ("quarter", "1st day", {"FY27-Q1": "2027-01-01", "FY27-Q2": "2027-04-01"}),
        ("quarter", None, {"FY27-Q1": "2027-03-31", "FY27-Q2": "2027-06-30"}),
        ("month", "1st business day", {"2027-01": "2027-01-01", "2027-05": "2027-05-03"}),
        ("month", "21st business day", {"2027-05": "2027-06-01"}),
        ("week", "2nd business day", {"2027-W22": "2027-06-02", "2027-W23": "2027-06-08"}),
        ("year", "40th day", {"FY27": "2027-02-09"}),
    ],
)
def test_the_day_is_one_of_the_period_itself(every: str, by: str | None, due: Mapping[str, str]) -> None:
    found = entries(brief(every, by), on("2027-06-30"))
    assert {name: str(found[name].due) for name in due} == due


def test_a_holiday_is_no_business_day() -> None:
    months = BRIEF % ("month", "1st business day") + "holidays: {office: {closed: {2027-01-01: New Year}}}"
    assert str(entries(agreed(months), on("2027-01-31"))["2027-01"].due) == "2027-01-04"


def test_a_period_is_owed_where_its_day_lies_within_the_agreement() -> None:
    more = "effective: 2027-01-20\nexpires: 2027-08-10"
    found = entries(brief("quarter", "10th business day", more), on("2028-12-31"))
    assert list(found) == ["FY27-Q2", "FY27-Q3"]
    assert list(entries(brief("quarter", None, more), on("2028-12-31"))) == ["FY27-Q1", "FY27-Q2"]


def test_nothing_is_owed_before_the_agreement_takes_effect() -> None:
    assert entries(brief(), on("2026-12-31")) == {}
    assert list(entries(brief(), on("2027-01-01"))) == ["FY27-Q1"]


def test_a_calendar_that_ends_leaves_the_day_unclear_once_the_period_is_over() -> None:
    short = "calendars: {office: {covers: 2026-11-01..2027-04-09}}\ndelivered: []"
    contract = brief("quarter", "10th business day", short)
    assert [(one.due, one.state) for one in entries(contract, on("2027-06-29")).values()] == [
        (date(2027, 1, 14), "missed"),
        (None, "open"),
    ]
    assert entries(contract, on("2027-06-30"))["FY27-Q2"].state == "unclear"


# --- what was done ----------------------------------------------------------------------------


def delivered(*items: str) -> str:
    listed = "".join(f"\n  - {{duty: brief, {item}}}" for item in items)
    return f"{PARTIES}\ndelivered:{listed}"


def state(more: str, now: Today, period: str = "FY27-Q1") -> str:
    return entries(brief(more=more), now)[period].state


IN_TIME = delivered("day: 2027-01-14, by: marketing, for: FY27-Q1")
LATE = delivered("day: 2027-01-15, by: marketing, for: FY27-Q1")
NEVER = "delivered: []"


@pytest.mark.parametrize(
    ("more", "now", "expected"),
    [
        (IN_TIME, on("2027-01-13"), "open"),  # what is dated later has not happened yet
        (IN_TIME, on("2027-01-14", over=False), "met"),
        (IN_TIME, on("2027-01-14"), "met"),
        (IN_TIME, on("2027-12-31"), "met"),
        (LATE, on("2027-01-14", over=False), "open"),
        (LATE, on("2027-01-14"), "missed"),
        (LATE, on("2027-01-15", over=False), "late"),
        (NEVER, on("2027-01-14", over=False), "open"),
        (NEVER, on("2027-01-14"), "missed"),
        (delivered("day: 2026-12-01, by: marketing, for: FY27-Q1"), on("2027-01-01"), "met"),
        (delivered("day: 2027-01-14, by: marketing, for: FY27-Q2"), on("2027-01-20"), "missed"),
    ],
)  # fmt: skip
def test_it_is_met_by_an_entry_for_the_period_by_its_day(more: str, now: Today, expected: str) -> None:
    assert state(more, now) == expected


def test_the_first_entry_counts() -> None:
    twice = delivered("day: 2027-02-01, by: marketing, for: FY27-Q1", "day: 2027-01-12, by: marketing, for: FY27-Q1")
    found = entries(brief(more=twice), on("2027-03-01"))["FY27-Q1"]
    assert (found.state, str(found.done and found.done.day)) == ("met", "2027-01-12")


@pytest.mark.parametrize(
    ("owed_by", "by", "counts"),
    [
        ("sales", "sales", True),
        ("sales", "sdr", True),
        ("sdr", "sales", True),
        ("sdr", "ae", False),
        ("sdr", "marketing", False),
        ("sales", "marketing", False),
    ],
)
def test_a_party_is_stood_for_by_its_department_and_its_own_teams(owed_by: str, by: str, counts: bool) -> None:
    duty = f"owed_by: {owed_by}, owed_to: marketing, provide: {{every: quarter, artefact: A brief}}"
    more = f"responsibilities: {{brief: {{{duty}}}}}" + delivered(f"day: 2027-01-12, by: {by}, for: FY27-Q1")
    found = entries(agreed(more), on("2027-04-01"))["FY27-Q1"]
    assert (found.state, len(found.others)) == (("met", 0) if counts else ("missed", 1))


@pytest.mark.parametrize(
    ("moment", "given_", "day", "over"),
    [
        ("2027-01-15T00:00", True, "2027-01-14", "2027-01-14"),
        ("2027-01-15T00:00", False, "2027-01-15", "2027-01-14"),
        ("2027-01-14T23:59:59", True, "2027-01-14", "2027-01-13"),
        ("2027-01-14T12:00", False, "2027-01-14", "2027-01-13"),
    ],
)
def test_a_midnight_that_was_given_ends_the_day_before(moment: str, given_: bool, day: str, over: str) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=NEW_YORK)
    for same in (now, now.astimezone(UTC)):
        found = ledger.today(same, "America/New_York", given=given_)
        assert (str(found.day), str(found.over)) == (day, over)


STEPS = {"open": {"open", "met", "missed", "unclear"}, "met": {"met"}, "missed": {"missed", "late"}, "late": {"late"}}


@given(
    days=st.lists(st.integers(-40, 130), max_size=4),
    by=st.sampled_from(["1st business day", "10th business day", "62nd business day", "90th day", None]),
)
@settings(max_examples=60)
def test_time_never_takes_back_what_was_decided(days: list[int], by: str | None) -> None:
    first = date(2027, 1, 1)
    listed = [f"day: {first + timedelta(days=n)}, by: marketing, for: FY27-Q1" for n in days]
    contract = brief(by=by, more=delivered(*listed) if listed else NEVER)
    due = entries(contract, on("2027-12-31"))["FY27-Q1"].due
    assert due is not None
    before = "open"
    for number, over in product(range(140), (False, True)):
        day = first + timedelta(days=number)
        found = entries(contract, on(day.isoformat(), over=over))["FY27-Q1"]
        handed = min((first + timedelta(days=n) for n in days), default=None)
        known = handed if handed is not None and handed <= day else None
        wanted = ("met" if known <= due else "late") if known else "missed" if (day, over) >= (due, True) else "open"
        assert found.state == wanted
        assert found.state in STEPS[before]
        before = found.state


# --- reviews ----------------------------------------------------------------------------------


def reviews(more: str, now: Today, review: str = "together") -> dict[str, ledger.Entry[Any]]:
    contract = agreed(more)
    return {one.period.name: one for one in ledger.reviews(contract, contract.reviews[review], now)}


def test_a_review_counts_for_the_period_that_its_day_lies_in() -> None:
    held = """
        reviews: {together: {by: 15th business day}}
        held:
          - {review: together, day: 2027-01-21, parties: [marketing, sales]}
          - {review: together, day: 2027-06-30, parties: [sales, marketing]}
    """
    found = reviews(held, on("2027-07-01"))
    assert {name: (str(one.due), one.state) for name, one in found.items()} == {
        "FY27-Q1": ("2027-01-21", "met"),
        "FY27-Q2": ("2027-04-21", "late"),
        "FY27-Q3": ("2027-07-21", "open"),
    }


def test_a_review_is_held_only_where_every_party_took_part() -> None:
    held = "{review: together, day: 2027-02-01, parties: [%s]}"
    alone = reviews(f"{PARTIES}\nheld: [{held % 'marketing'}]", on("2027-03-31"))["FY27-Q1"]
    assert (alone.state, len(alone.others)) == ("missed", 1)
    team = reviews(f"{PARTIES}\nheld: [{held % 'marketing, sdr'}]", on("2027-03-31"))["FY27-Q1"]
    assert (team.state, team.others) == ("met", ())
    again = f"{PARTIES}\nheld: [{held % 'marketing'}, {held.replace('02-01', '02-08') % 'marketing, ae'}]"
    assert reviews(again, on("2027-03-31"))["FY27-Q1"].state == "met"


# --- when figures are final -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "last", "final"),
    [
        ("5 business days", "2027-01-31", "2027-02-06T00:00"),
        ("5 business days", "2027-05-31", "2027-06-08T00:00"),
        ("1 business day", "2027-05-30", "2027-06-02T00:00"),  # Memorial Day is closed
        ("4 business hours", "2027-01-31", "2027-02-01T13:00"),
        ("14 days", "2027-02-28", "2027-03-15T01:00"),  # of 24 hours each, over the start of daylight time
        ("14 calendar days", "2027-02-28", "2027-03-15T00:00"),
        ("6 hours", "2027-02-28", "2027-03-01T06:00"),
        (None, "2027-02-28", "2027-03-01T00:00"),
    ],
)
def test_figures_are_final_when_the_time_to_dispute_has_passed(after: str | None, last: str, final: str) -> None:
    contract = agreed(f"final_after: {after or 'null'}")
    wanted = datetime.fromisoformat(final).replace(tzinfo=NEW_YORK)
    assert ledger.final_from(date.fromisoformat(last), contract) == int(wanted.timestamp())


@pytest.mark.parametrize("after", ["5 business days", "40 business hours"])
def test_nobody_can_say_when_figures_are_final_behind_the_calendar(after: str) -> None:
    assert ledger.final_from(date(2028, 12, 31), agreed(f"final_after: {after}")) is None
    assert ledger.final_from(date(2028, 12, 29), agreed(f"final_after: {after}")) is None


def outcome(name: str, status: Any, number: int, state_: Any = "finished") -> Outcome:
    first = date(2027 + number // 12, number % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    period = PeriodFacts(f"{first:%Y-%m}", f"{first:%B %Y}", first, last, state_)
    return Outcome(name, name, "must", "marketing", "sales", period, "share", Counts(), None, None, None, status)


def test_a_finished_period_is_provisional_until_its_figures_are_final() -> None:
    contract = agreed("final_after: 5 business days")
    parts = (outcome("quality", "met", 0),)
    found = [replace(outcome("quality", "missed", 0), parts=parts), outcome("quality", "running", 1, "running")]

    def at(moment: str) -> list[bool]:
        now = datetime.fromisoformat(moment).replace(tzinfo=NEW_YORK)
        told = [standing.provisional(contract, one, now) for one in found]
        return [one.provisional for whole in told for one in (whole, *whole.parts)]

    assert at("2027-02-05T23:59:59") == [True, True, False]
    assert at("2027-02-06T00:00") == [False, False, False]


# --- what follows from a miss -----------------------------------------------------------------

AT = Address("responsibilities.yaml")


def in_all(after: int, then: str, misses: int) -> Sequel:
    return Sequel(after, in_a_row=False, then=then, misses=misses)


def in_a_row(after: int, then: str, misses: int) -> Sequel:
    return Sequel(after, in_a_row=True, then=then, misses=misses)


def followed(steps: Sequence[tuple[int, bool, str]], statuses: Sequence[str]) -> list[Sequel | None]:
    contract = agreed("")
    quality = replace(
        contract.responsibilities["quality"], on_miss=tuple(Consequence(*step, AT) for step in steps)
    )  # fmt: skip
    found = [
        outcome("quality", status, n, status if status in {"running", "not covered"} else "finished")
        for n, status in enumerate(statuses)
    ]
    shuffled = sorted(found, key=lambda one: hash(one.period.name))
    told = {one.period.name: one.consequence for one in standing.followed([(one, quality.on_miss) for one in shuffled])}
    return [told[one.period.name] for one in found]


LADDER = ((1, False, "explain"), (3, True, "partner desk"))


@pytest.mark.parametrize(
    ("statuses", "last"),
    [
        (["missed"], in_all(1, "explain", 1)),
        (["missed", "met", "missed"], in_all(1, "explain", 2)),
        (["missed", "missed", "missed"], in_a_row(3, "partner desk", 3)),
        (["missed", "missed", "missed", "missed"], in_a_row(3, "partner desk", 4)),
        (["missed", "missed", "met", "missed"], in_all(1, "explain", 3)),
        (["missed", "missed", "unclear", "missed"], in_all(1, "explain", 3)),
        (["missed", "missed", "too few", "missed"], in_all(1, "explain", 3)),
        (["not covered", "missed", "missed", "missed"], in_a_row(3, "partner desk", 3)),
        (["missed", "met"], None),
        (["missed", "unclear"], None),
        (["missed", "missed", "missed", "running"], None),
    ],
)
def test_the_highest_step_that_is_reached_follows(statuses: list[str], last: Sequel | None) -> None:
    assert followed(LADDER, statuses)[-1] == last


def test_a_duty_without_consequences_has_none() -> None:
    assert followed((), ["missed", "missed"]) == [None, None]


@given(
    steps=st.lists(st.tuples(st.integers(1, 5), st.booleans(), st.sampled_from("abc")), max_size=4),
    statuses=st.lists(st.sampled_from(["missed", "missed", "met", "unclear", "no data"]), max_size=12),
)
def test_consequences_are_those_that_slow_counting_finds(
    steps: list[tuple[int, bool, str]], statuses: list[str]
) -> None:
    for at, found in enumerate(followed(steps, statuses)):
        history = statuses[: at + 1]
        tail = next((n for n, status in enumerate(reversed(history)) if status != "missed"), len(history))
        reached = [step for step in steps if step[0] <= (tail if step[1] else history.count("missed"))]
        if history[-1] != "missed" or not reached:
            assert found is None
            continue
        assert found is not None
        assert found.after == max(step[0] for step in reached)
        assert (found.after, found.in_a_row, found.then) == [s for s in reached if s[0] == found.after][-1]
        assert found.misses == (tail if found.in_a_row else history.count("missed"))


# --- what is written down ---------------------------------------------------------------------


def test_every_reference_of_the_ledger_is_checked(file_regression: FileRegressionFixture) -> None:
    wrong = """
        responsibilities:
          brief: {owed_by: marketing, owed_to: sales, provide: {every: quarter, artefact: A brief}}
        delivered:
          - {duty: breif, day: 2027-01-12, by: marketing, for: FY27-Q1}
          - {duty: quality, day: 2027-01-12, by: marketing, for: FY27-Q1}
          - {duty: brief, day: 2027-01-12, by: marketting, for: FY27-Q1}
          - {duty: brief, day: 2027-01-12, by: marketing, for: 2027-01}
          - {duty: brief, day: 2027-01-12, by: marketing, for: 2027-W53}
          - {duty: brief, day: 2027-01-12, by: marketing, for: FY26-Q4}
        held:
          - {review: togehter, day: 2027-01-12, parties: [sales]}
          - {review: together, day: 2027-01-12, parties: [sales, marketting]}
        disputes:
          - {duty: qualty, key: 00Q1, raised_by: marketing, day: 2027-02-01, says: x}
          - {duty: quality, key: 00Q1, raised_by: marketting, day: 2027-02-01, says: x}
          - {duty: quality, key: 00Q2, raised_by: sales, day: 2027-02-01, says: x}
          - {duty: quality, key: 00Q2, raised_by: sales, day: 2027-02-01, says: x}
          - {duty: quality, key: 00Q3, raised_by: sales, day: 2027-02-01, says: x,
             settled: {by: revop, day: 2027-02-02, outcome: stands}}
          - {duty: quality, key: 00Q4, raised_by: sales, day: 2027-02-01, says: x,
             settled: {by: revops, day: 2027-01-31, outcome: stands}}
          - {duty: brief, key: 00Q1, raised_by: sales, day: 2027-02-01, says: x}
          - {duty: brief, key: FY27-Q1, raised_by: sales, day: 2027-02-01, says: x}
    """
    read = parse.parse(samples.merged(wrong))
    assert read.contract is None
    report = Report("validate", read.findings, read.sources)
    file_regression.check(render(report, "terminal"), extension=".txt", encoding="utf-8")


def test_a_duty_with_errors_of_its_own_is_not_called_undefined() -> None:
    broken = (
        "responsibilities: {brief: {owed_by: nobody, owed_to: sales, provide: {every: quarter, artefact: A brief}}}"
    )
    found = said(f"{broken}\ndelivered: [{{duty: brief, day: 2027-01-12, by: marketing, for: FY27-Q1}}]")
    assert [one.partition(":")[0] for one in found] == ["undefined-reference"]


def test_there_need_be_no_deliverable_to_hold_reviews() -> None:
    contract = agreed("held: [{review: together, day: 2027-01-12, parties: [sales, marketing]}]")
    assert (contract.delivered, len(contract.held), contract.disputes) == ((), 1, ())
    assert agreed("").delivered is None


def test_the_ledger_is_no_part_of_what_is_signed() -> None:
    held = "held: [{review: together, day: 2027-01-12, parties: [sales, marketing]}]"
    dispute = "disputes: [{duty: quality, key: 00Q1, raised_by: sales, day: 2027-02-01, says: x}]"
    assert agreed(held).digest == agreed(dispute).digest == agreed("").digest


# --- whole checks -----------------------------------------------------------------------------

LEADS = exports.text(
    ["Lead ID", "Lead Status", "Company", "Lead Source", "Region", "Annual Budget", "Decision Role", "Create Date",
     "MQL Date", "Accepted Date"],
    [["1", "MQL", "A", "Web", "AMER", "25000", "VP", "01/05/2027", "01/05/2027", ""],
     ["2", "MQL", "B", "Web", "AMER", "500", "VP", "01/06/2027", "01/06/2027", ""]],
)  # fmt: skip


def as_of(day: str) -> Checked:
    return Checked(as_of=datetime.fromisoformat(day).replace(tzinfo=NEW_YORK))


def checked(folder: Path, sample: str, options: Checked | None = None, leads: bytes = LEADS) -> Report:
    agreement = exports.loaded(folder, sample)
    return exports.check(folder, agreement, {"leads": leads}, options or as_of("2027-04-01T00:00"))


def why(report: Report) -> dict[str, str]:
    return {one.subject: one.reason for one in report.not_checked}


WITH_BRIEF = BRIEF % ("quarter", "10th business day")


def test_without_evidence_nothing_is_known_to_be_missing(tmp_path: Path) -> None:
    report = checked(tmp_path, WITH_BRIEF)
    assert exports.outcomes(report, "brief") == {}
    assert why(report)["brief"] == why(report)["reviews"] == "the contract has no `evidence.yaml`"
    assert report.reviews == ()
    assert [one.subject for one in exports.found(report, "not-checked") if one.subject == "reviews"] == []


def test_without_a_day_nothing_is_due(tmp_path: Path) -> None:
    no_times = LEADS.replace(b"01/05/2027", b"").replace(b"01/06/2027", b"")
    report = checked(tmp_path, f"{WITH_BRIEF}\ndelivered: []", Checked(), no_times)
    assert report.as_of is None
    reason = "no export at hand says what day it is, and `--as-of` was not given"
    assert why(report)["brief"] == why(report)["reviews"] == reason


def test_what_is_due_needs_no_export_of_its_own(tmp_path: Path) -> None:
    report = checked(tmp_path, f"{WITH_BRIEF}\ndelivered: []")
    found = exports.outcomes(report, "brief")
    assert {name: (one.status, one.judged) for name, one in found.items()} == {"FY27-Q1": ("missed", True)}
    assert "brief" not in why(report)
    assert [one.period for one in exports.found(report, "target-missed") if one.subject == "brief"] == ["FY27-Q1"]
    order = [one.duty for one in report.outcomes]
    assert order == sorted(order, key=["quality", "volume", "first_touch", "loss_reasons", "brief"].index)


def test_what_needs_no_export_is_judged_without_one_where_the_day_is_known(tmp_path: Path) -> None:
    exports.loaded(tmp_path, f"{WITH_BRIEF}\ndelivered: []")
    report = commands.report("check", "--contract", "contract", "--as-of", "2027-06-20", folder=tmp_path)
    assert {(one["duty"], one["status"]) for one in report["outcomes"]} == {("brief", "missed")}
    assert report["files"] == []
    ran = commands.slacli("check", "--contract", "contract", folder=tmp_path)
    assert ran.code == 2
    assert ran.err.startswith("could not run: no export was given, and no day\n")


def test_all_duties_are_demanded_of_the_ledger_too(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_bytes(LEADS)
    exports.loaded(tmp_path, WITH_BRIEF)
    ran = commands.slacli("check", "leads=leads.csv", "--contract", "contract", "--all", folder=tmp_path)
    assert ran.code == 2
    assert "`brief`: the contract has no `evidence.yaml`" in re.sub(r"\s+", " ", ran.err)


def test_only_the_last_review_that_was_due_is_reported(tmp_path: Path) -> None:
    report = checked(tmp_path, "held: []")
    assert {(one.subject, one.period) for one in exports.found(report, "review-not-held")} == {
        ("reviews/sales_alone", "2027-03"),
        ("reviews/marketing_alone", "2027-03"),
        ("reviews/together", "FY27-Q1"),
        ("reviews/halfway", "FY27-Q1"),
    }
    assert Counter(one.review for one in report.reviews) == {
        "sales_alone": 3, "marketing_alone": 3, "together": 1, "halfway": 1
    }  # fmt: skip


def test_a_deliverable_can_be_contested_by_its_period(tmp_path: Path) -> None:
    dispute = "disputes: [{duty: brief, key: FY27-Q1, raised_by: sales, day: 2027-02-01, says: Two are missing.%s}]"

    def became(settled: str) -> tuple[str, Counts]:
        more = dispute % settled
        report = checked(tmp_path, f"{WITH_BRIEF}{IN_TIME}\n{more}")
        (one,) = exports.outcomes(report, "brief").values()
        return one.status, one.counts

    assert became("") == ("unclear", Counts(1, unclear=1, may_meet=1, may_miss=1, disputed=1))
    assert became(", settled: {by: revops, day: 2027-02-02, outcome: stands}") == ("met", Counts(1, met=1))
    assert became(", settled: {by: revops, day: 2027-02-02, outcome: left_out}") == ("no data", Counts(1, left_out=1))


# --- contested rows ---------------------------------------------------------------------------

KINDS: Mapping[str, tuple[str, str]] = {"meets": ("25000", "01/05/2027"), "fails": ("500", "02/05/2027"),
                                        "unclear": ("", "01/05/2027"), "outside": ("25000", "")}  # fmt: skip


@st.composite
def contested(draw: st.DrawFn) -> tuple[list[tuple[str, str, str]], dict[int, str]]:
    """Rows as kind, region and whether `where` keeps them; and disputes by the number of the row."""
    row = st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from(["AMER", "EMEA", ""]), st.sampled_from(["A", "B"]))
    rows = draw(st.lists(row, min_size=1, max_size=8))
    numbers = st.integers(0, len(rows))  # one more than there are rows
    return rows, draw(st.dictionaries(numbers, st.sampled_from(["open", "stands", "left_out"]), max_size=4))


def _expected(kind: str, company: str, dispute: str | None) -> str | None:
    if kind == "outside":
        return None
    if company == "B" or dispute == "left_out":
        return "left_out"
    return "disputed" if dispute == "open" else {"meets": "met", "fails": "missed", "unclear": "unclear"}[kind]


def wanted_rows(path: Path) -> exports.journeys.Wanted:
    return exports.journeys.Wanted(rows=partial(rowsfile.write, path))


@given(contested())
@settings(max_examples=25)
def test_a_contested_row_counts_both_ways_until_it_is_settled(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[list[tuple[str, str, str]], dict[int, str]]
) -> None:
    rows, disputes = case
    listed = [
        f"{{duty: quality, key: R{number}, raised_by: sales, day: 2027-02-01, says: x"
        + (f", settled: {{by: revops, day: 2027-02-02, outcome: {how}}}}}" if how != "open" else "}")
        for number, how in disputes.items()
    ]
    sample = "responsibilities: {quality: {where: company <> 'B', shown_by: [region]}}"
    sample += f"\ndisputes: [{', '.join(listed)}]" if listed else ""
    cells = [
        [f"R{number}", "MQL", company, "Web", region, KINDS[kind][0], "VP", "01/05/2027", KINDS[kind][1], ""]
        for number, (kind, region, company) in enumerate(rows)
    ]
    header = LEADS.decode().split("\n")[0].split(",")
    folder = tmp_path_factory.mktemp("disputes")
    agreement = exports.loaded(folder, sample)
    path = folder / "leads.csv"
    path.write_bytes(exports.text(header, cells))
    written = folder / "rows.csv"
    report = exports.journeys.check(agreement, [f"leads={path}"], as_of("2027-12-01"), wanted=wanted_rows(written))
    for region in (None, "AMER", "EMEA", "(blank or not listed)"):
        for outcome_ in exports.outcomes(report, "quality").values():
            part = next((p for p in outcome_.parts if dict(p.part_of)["region"] == region), None)
            whole = outcome_ if region is None else part
            wanted = Counter(
                what
                for number, (kind, there, company) in enumerate(rows)
                if region is None or region == (there or "(blank or not listed)")
                if outcome_.period.name == f"2027-{KINDS[kind][1][:2]}"
                if (what := _expected(kind, company, disputes.get(number))) is not None
            )
            assert (whole is None) == (not wanted and region is not None)
            if whole is None:
                continue
            unclear = wanted["unclear"] + wanted["disputed"]
            assert whole.counts == Counts(
                sum(wanted.values()), wanted["met"], wanted["missed"], unclear=unclear, left_out=wanted["left_out"],
                may_meet=unclear, may_miss=unclear, disputed=wanted["disputed"],
            )  # fmt: skip
            decided = wanted["met"] + wanted["missed"] + unclear
            if decided:
                assert whole.lower == Fraction(wanted["met"], decided)
                assert whole.upper == Fraction(wanted["met"] + unclear, decided)
            named = [key for rows_ in outcome_.samples for key in rows_.keys]
            shown = {"missed": {"missed"}, "unclear": {"unclear", "disputed"}}.get(outcome_.status, set())
            assert {_of(rows, disputes, key) for key in named} <= shown
    told = dict(_outcomes_of_rows(written))
    words = {"met": "met", "missed": "missed", "unclear": "unclear", "disputed": "unclear", "left_out": "left out"}
    judged = {f"R{n}": _expected(kind, company, disputes.get(n)) for n, (kind, _, company) in enumerate(rows)}
    assert told == {key: words[what] for key, what in judged.items() if what is not None}
    lost = {one.subject.partition("/")[2] for one in exports.found(report, "dispute-without-row")}
    covered = {number for number, (kind, _, _) in enumerate(rows) if kind != "outside"}
    assert lost == {f"R{number}" for number in disputes if number not in covered}


def _of(rows: list[tuple[str, str, str]], disputes: Mapping[int, str], key: str) -> str | None:
    kind, _, company = rows[int(key[1:])]
    return _expected(kind, company, disputes.get(int(key[1:])))


def _outcomes_of_rows(path: Path) -> Iterator[tuple[str, str]]:
    for row in csv.DictReader(path.read_text("utf-8").splitlines()):
        if row["duty"] == "quality":
            yield row["key"], row["outcome"]


def test_a_row_of_a_number_can_be_contested(tmp_path: Path) -> None:
    more = """
        responsibilities: {volume: {volume: {at_least: 1}}}
        disputes: [{duty: volume, key: "1", raised_by: sales, day: 2027-02-01, says: It is a test.}]
    """
    report = checked(tmp_path, more)
    found = exports.outcomes(report, "volume")["2027-01"]
    assert (found.lower, found.upper, found.counts.disputed) == (Fraction(0), Fraction(1), 1)


# --- what people see --------------------------------------------------------------------------

FORECAST = ("forecast", "Forecast of what Sales expects to close", "provide", "sales", "marketing")


def handed_over(period: PeriodFacts, due: date | None, came: date | None, status: Any, **more: Any) -> Outcome:
    counts = {"met": Counts(1, met=1), "missed": Counts(1, missed=1), "running": Counts(1, open=1)}
    counts["unclear"] = Counts(1, unclear=1, may_meet=1, may_miss=1)
    settings_ = {"judged": status != "running", "counts": counts[status], **more}
    return Outcome(
        *FORECAST, period, "ledger", lower=None, upper=None, target=None, status=status, due=due, delivered=came,
        **settings_,
    )  # fmt: skip


EXPLAIN = in_all(1, "Sales presents its forecast in person", 1)
DESK = in_a_row(3, "Marketing plans without a forecast until the next joint review, and Sales is told so", 3)
NOVEMBER, DECEMBER, JANUARY = reports.MONTHS[1:4]


def kept_by_hand() -> Report:
    """Deliverables in every state, consequences, rows under dispute, and reviews."""
    late = date(2026, 12, 9)
    quality = reports.share("mql_quality", replace(reports.counted(571, 22, 8), disputed=3), "97", provisional=True)
    return replace(
        reports.KEPT,
        outcomes=(
            replace(quality, consequence=DESK),
            handed_over(NOVEMBER, date(2026, 11, 6), date(2026, 11, 5), "met"),
            handed_over(DECEMBER, date(2026, 12, 7), late, "missed", consequence=EXPLAIN),
            handed_over(JANUARY, date(2027, 1, 8), None, "missed", consequence=DESK),
            handed_over(
                reports.FEBRUARY, None, None, "unclear", counts=Counts(1, unclear=1, may_meet=1, may_miss=1)
            ),
            handed_over(replace(reports.MARCH, state="running"), date(2027, 3, 5), None, "running"),
        ),
        reviews=tuple(
            ReviewFacts("together", "joint", ("sales", "marketing"), *one)
            for one in (
                (DECEMBER, date(2026, 12, 14), date(2026, 12, 14), "held", False),
                (JANUARY, date(2027, 1, 15), date(2027, 1, 18), "late", False),
                (reports.FEBRUARY, date(2027, 2, 12), None, "not held", True, ("sales",)),
                (replace(reports.MARCH), date(2027, 3, 12), None, "open", False),
            )
        ),
    )  # fmt: skip


@pytest.mark.parametrize("width", [100, 60])
@pytest.mark.parametrize("long", [False, True])
def test_the_ledger_reads_as_agreed(width: int, long: bool, file_regression: FileRegressionFixture) -> None:
    text = render(kept_by_hand(), "terminal", width=width, options=Options(long=long))
    name = f"kept_by_hand_{width}{'_long' if long else ''}"
    file_regression.check(text, extension=".txt", basename=name, encoding="utf-8")


def test_the_ledger_is_told_to_machines(file_regression: FileRegressionFixture) -> None:
    text = render(kept_by_hand(), "json")
    commands.Draft202012Validator(commands.SCHEMA).validate(json.loads(text))
    file_regression.check(text, extension=".json", encoding="utf-8")


@pytest.mark.parametrize("width", [40, 60, 100])
def test_no_text_of_the_ledger_does_harm_or_is_wider_than_the_screen(width: int) -> None:
    report = reports.hostile(kept_by_hand())
    for long in (False, True):
        text = render(report, "terminal", width=width, options=Options(long=long))
        assert max(cell_len(line) for line in text.split("\n")) <= width
        assert "\x1b" not in text
        assert "\u202e" not in text
