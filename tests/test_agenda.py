"""`slacli status` says what is due: each kind of it, the days around its edges, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from commands import Ran, slacli
from jsonschema import Draft202012Validator
from pytest_regressions.file_regression import FileRegressionFixture

ROOT = Path(__file__).parent.parent
SCHEMA = Draft202012Validator(
    json.loads(resources.files("slacli.schemas").joinpath("signed.schema.json").read_text("utf-8"))
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The reference contract, in which nothing was signed, handed over, held or disputed."""
    import shutil

    made = tmp_path / "contracts"
    shutil.copytree(ROOT / "contracts", made)
    (made / "evidence.yaml").write_text("delivered: []\nheld: []\n")
    (made / "disputes.yaml").write_text("disputes: []\n")
    return made


def status(place: Path, day: str, *more: str, code: int = 0) -> Ran:
    ran = slacli("status", "--as-of", day, *more, folder=place.parent)
    assert ran.code == code, ran.text
    return ran


def due(place: Path, day: str, kind: str = "") -> dict[str, tuple[str | None, str]]:
    """Give the day and the state of everything that is due, by what it is about: the first of several."""
    told = json.loads(status(place, day, "--format", "json").out)
    SCHEMA.validate(told)
    assert [one["due"] or "~" for one in told["due"]] == sorted(one["due"] or "~" for one in told["due"])
    mine = [one for one in reversed(told["due"]) if kind in {"", one["kind"]}]
    return {one["subject"]: (one["due"], one["state"]) for one in mine}


def edit(place: Path, file: str, changes: Mapping[str, str]) -> None:
    text = (place / file).read_text("utf-8")
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    (place / file).write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("day", "state"),
    [("2026-11-01", "soon"), ("2026-11-12", "soon"), ("2026-11-13", "today"), ("2026-11-14", "overdue"),
     ("2026-11-30", "overdue")],
)  # fmt: skip
def test_a_review_is_soon_today_and_overdue_until_its_period_is_over(place: Path, day: str, state: str) -> None:
    """The tenth business day of November 2026 is Friday the 13th."""
    told = json.loads(status(place, day, "--format", "json").out)["due"]
    november = [one for one in told if one["subject"] == "sales_monthly" and "November" in one["says"]]
    assert [(one["due"], one["state"]) for one in november] == [("2026-11-13", state)]


def test_a_review_of_a_month_that_is_over_cannot_be_held_any_more(place: Path) -> None:
    told = json.loads(status(place, "2026-12-01", "--format", "json").out)["due"]
    assert [one["due"] for one in told if one["subject"] == "sales_monthly"] == ["2026-12-14"]


def test_a_review_that_was_held_is_not_due_and_one_without_a_party_is(place: Path) -> None:
    (place / "evidence.yaml").write_text(
        "delivered: []\nheld:\n"
        "  - {review: sales_monthly, day: 2026-11-10, parties: [sales]}\n"
        "  - {review: quarterly, day: 2026-11-10, parties: [sales]}\n"
    )
    found = due(place, "2026-11-18", "review")
    assert "sales_monthly" not in found or found["sales_monthly"][0] != "2026-11-13"
    assert found["quarterly"][1] in {"soon", "today", "overdue"}


def test_a_deliverable_is_overdue_until_it_is_handed_over_however_late(place: Path) -> None:
    found = due(place, "2027-01-10", "deliverable")
    assert {name: state for name, (_, state) in found.items()}["competitive_brief"] in {"overdue", "soon"}
    told = json.loads(status(place, "2027-01-10", "--format", "json").out)["due"]
    overdue = [one for one in told if one["subject"] == "competitive_brief" and one["state"] == "overdue"]
    assert [one["who"] for one in overdue] == [["marketing"]]
    (place / "evidence.yaml").write_text(
        "delivered:\n  - {duty: competitive_brief, day: 2027-01-09, by: marketing, for: FY27-Q4}\nheld: []\n"
    )
    told = json.loads(status(place, "2027-01-10", "--format", "json").out)["due"]
    assert not [one for one in told if one["subject"] == "competitive_brief" and one["state"] == "overdue"]


def test_what_is_dated_after_today_has_not_happened(place: Path) -> None:
    (place / "evidence.yaml").write_text(
        "delivered: []\nheld:\n  - {review: sales_monthly, day: 2026-11-20, parties: [sales]}\n"
    )
    assert due(place, "2026-11-18", "review")["sales_monthly"] == ("2026-11-13", "overdue")


def test_a_dispute_is_due_when_the_figures_would_be_final_and_gone_once_settled(place: Path) -> None:
    """Raised on Wednesday 6 January 2027; the contract allows five business days, so that the 13th is the last."""
    (place / "disputes.yaml").write_text(
        "disputes:\n  - {duty: mql_quality, key: 00Q5f00000D1spuEAB, raised_by: marketing, "
        "day: 2027-01-06, says: No.}\n"
    )
    subject = "mql_quality/00Q5f00000D1spuEAB"
    assert due(place, "2027-01-05", "dispute") == {}
    assert due(place, "2027-01-06", "dispute") == {subject: ("2027-01-13", "soon")}
    assert due(place, "2027-01-13", "dispute") == {subject: ("2027-01-13", "today")}
    assert due(place, "2027-01-14", "dispute") == {subject: ("2027-01-13", "overdue")}
    edit(place, "contract.yaml", {"\nfinal_after:": "\n# final_after:"})
    assert due(place, "2027-03-01", "dispute") == {subject: (None, "open")}
    edit(place, "disputes.yaml", {"says: No.": "says: No., settled: {by: revops, day: 2027-01-12, outcome: stands}"})
    assert due(place, "2027-03-01", "dispute") == {}


def test_a_waiver_is_told_thirty_days_before_it_lapses(place: Path) -> None:
    (place / "waivers.yaml").write_text(
        "waivers:\n  - {finding: 4f1d09ab22c7, granted_by: sales, because: A long reason., until: 2027-01-31}\n"
    )
    found = {day: due(place, day, "waiver") for day in ("2027-01-01", "2027-01-30", "2027-01-31", "2027-02-01")}
    assert list(found.values()) == [
        {"4f1d09ab22c7": ("2027-01-31", "soon")},
        {"4f1d09ab22c7": ("2027-01-31", "soon")},
        {"4f1d09ab22c7": ("2027-01-31", "today")},
        {},
    ]


def test_the_end_of_the_agreement_and_of_a_calendar_is_told_thirty_days_ahead(place: Path) -> None:
    assert due(place, "2027-09-30", "agreement") == {}
    assert due(place, "2027-10-01", "agreement") == {"acme": ("2027-10-31", "soon")}
    assert due(place, "2027-10-31", "agreement") == {"acme": ("2027-10-31", "today")}
    assert due(place, "2027-11-01", "agreement") == {"acme": ("2027-10-31", "overdue")}
    assert due(place, "2027-10-01", "calendar") == {}


def test_exit_codes_ask_for_what_is_overdue_or_soon(place: Path) -> None:
    assert due(place, "2026-11-17")["sales_monthly"][1] == "overdue"
    for threshold, code in (("never", 0), ("overdue", 1), ("soon", 1)):
        status(place, "2026-11-17", "--fail-on", threshold, code=code)
    status(place, "2026-11-01", "--fail-on", "overdue", code=0)
    status(place, "2026-11-01", "--fail-on", "soon", code=1)
    assert "is no day" in status(place, "soon", code=2).text


def test_every_promised_day_is_found_by_an_independent_count(place: Path) -> None:
    """Business days counted by hand from the hours and holidays of the contract, for every month of the agreement."""
    holidays = {date(2026, 11, 26), date(2026, 12, 25), date(2027, 1, 1), date(2027, 1, 18)}
    for year, month in ((2026, 11), (2026, 12), (2027, 1)):
        days = (date(year, month, number) for number in range(1, 31))
        open_days = [day for day in days if day.weekday() < 5 and day not in holidays]
        told: list[Any] = json.loads(status(place, f"{year}-{month:02}-01", "--format", "json").out)["due"]
        found = {one["due"] for one in told if one["subject"] == "marketing_monthly"}
        assert open_days[9].isoformat() in found


def test_status_as_people_see_it(place: Path, file_regression: FileRegressionFixture) -> None:
    (place / "disputes.yaml").write_text(
        "disputes:\n  - {duty: mql_quality, key: 00Q5f00000D1spuEAB, raised_by: marketing, "
        "day: 2026-11-16, says: No.}\n"
    )
    file_regression.check(status(place, "2026-11-17").out + "\n" + status(place, "2027-10-20").out)
