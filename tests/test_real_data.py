"""Exports that CRM systems really wrote: figures that were counted by other means, and the screen that people get."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from commands import report, slacli
from pytest_regressions.file_regression import FileRegressionFixture

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
OLIST = ("olist-funnel/olist_marketing_qualified_leads_dataset.csv", "olist-funnel/olist_closed_deals_dataset.csv")
X_EDUCATION = ("x-education-leads/Leads.csv",)
SALESFORCE = ("salesforce/powerbi-org-export/Lead.csv", "salesforce/powerbi-org-export/Opportunity.csv")
ZOHO = ("zoho-crm/Leads.csv", "zoho-crm/Calls.csv", "zoho-crm/Potentials.csv")
ZOHO_TASKS = ("zoho-crm/Tasks.csv",)
HUBSPOT = tuple(
    f"hubspot-dbt-seeds/{record}{kind}_data.csv"
    for record in ("company", "ticket", "deal")
    for kind in ("", "_property_history")
)
FUNNEL = {
    "organic_search": (2296, 271), "paid_search": (1586, 195), "social": (1350, 75), "unknown": (1099, 179),
    "direct_traffic": (499, 56), "email": (493, 15), "referral": (284, 24), "other": (150, 4), "display": (118, 6),
    "other_publicities": (65, 3), "(blank or not listed)": (60, 14),
}  # fmt: skip
MONTHS = {
    "2017-06": (4, 0), "2017-07": (239, 2), "2017-08": (386, 9), "2017-09": (312, 7), "2017-10": (416, 14),
    "2017-11": (445, 18), "2017-12": (200, 11), "2018-01": (1141, 152), "2018-02": (1028, 149),
    "2018-03": (1174, 167), "2018-04": (1352, 183), "2018-05": (1303, 130),
}  # fmt: skip


def given(exports: tuple[str, ...]) -> list[str]:
    """Name exports as they are reached from the root of the repository."""
    for export in exports:
        if not (DATA / export).is_file():
            pytest.skip(f"the optional test data is not here: shared/data/{export}")
    return [f"../shared/data/{export}" for export in exports]


@cache
def judged(contract: str, exports: tuple[str, ...], *options: str) -> dict[str, Any]:
    return report("check", "--contract", f"tests/contracts/{contract}", *options, *given(exports), folder=ROOT)


def outcome(found: dict[str, Any], duty: str, period: str = "") -> dict[str, Any]:
    (one,) = [o for o in found["outcomes"] if o["duty"] == duty and o["period"]["name"] == period]
    chosen: dict[str, Any] = one
    return chosen


def counts(one: dict[str, Any]) -> tuple[int, int, int]:
    """Give what was met, missed and unclear."""
    return one["counts"]["met"], one["counts"]["missed"], one["counts"]["unclear"]


def split(one: dict[str, Any], field: str) -> dict[str, tuple[int, int]]:
    """Give what an outcome covers and what of it is met, for each value of a field."""
    parts = [part for part in one["parts"] if field in part["by"]]
    return {part["by"][field]: (part["counts"]["covered"], part["counts"]["met"]) for part in parts}


def by_month(found: dict[str, Any], duty: str) -> dict[str, tuple[int, int]]:
    months = [one for one in found["outcomes"] if one["duty"] == duty]
    return {one["period"]["name"]: (one["counts"]["covered"], one["counts"]["met"]) for one in months}


def cells(found: dict[str, Any], term: str) -> dict[str, int]:
    """Give the cells of a term that hold anything."""
    (one,) = [t for t in found["terms"] if t["id"] == term]
    return {name: count for name, count in one["cells"].items() if count}


def rules(found: dict[str, Any]) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for finding in found["findings"]:
        told.setdefault(finding["rule"], []).append(finding["message"])
    return told


@pytest.mark.parametrize(
    "contract", ["olist_joined", "olist_child", "x_education", "salesforce_org", "zoho", "hubspot_history"]
)
def test_the_contracts_have_nothing_wrong_but_that_they_want_no_goals(contract: str) -> None:
    found = report("validate", "--contract", f"tests/contracts/{contract}", folder=ROOT, code=0)
    assert rules(found).keys() == {"no-goals"}


@pytest.mark.parametrize(
    ("contract", "exports", "code"),
    [
        ("olist_joined", OLIST, 0),
        ("olist_child", OLIST, 1),
        ("x_education", X_EDUCATION, 1),
        ("salesforce_org", SALESFORCE, 1),
        ("zoho", ZOHO, 1),
        ("hubspot_history", HUBSPOT, 1),
    ],
)
def test_reads_as_agreed(
    contract: str, exports: tuple[str, ...], code: int, file_regression: FileRegressionFixture
) -> None:
    ran = slacli("check", "--contract", f"tests/contracts/{contract}", *given(exports), folder=ROOT)
    assert (ran.code, ran.err) == (code, "")
    file_regression.check(ran.out, extension=".txt", basename=contract, encoding="utf-8")


# --- Olist: dates of contact and times of winning, in two files -----------------------------------


def test_olist_as_children_has_the_funnel_that_was_counted_by_other_means() -> None:
    found = judged("olist_child", OLIST, "--judge", "all")
    assert [(f["record"], f["rows"]["judged"]) for f in found["files"]] == [("lead", 8000), ("deal", 842)]
    whole = outcome(found, "conversion")
    assert (counts(whole), whole["bounds"]["lower"]) == (
        (842, 7158, 0),
        {"share": "421/4000", "percent": "10.5"},
    )
    assert split(whole, "origin") == FUNNEL
    assert by_month(found, "conversion_by_month") == MONTHS
    assert counts(outcome(found, "one_deal_each")) == (8000, 0, 0)
    assert counts(outcome(found, "first_win_is_known")) == (842, 0, 0)


def test_olist_has_one_deal_won_before_first_contact_and_33_that_a_day_cannot_tell() -> None:
    ran = slacli("check", "--contract", "tests/contracts/olist_child", "--list", "in_order", *given(OLIST), folder=ROOT)
    assert "b91cf8812365f50ff4bda4bcd6206b05" in ran.out
    found = judged("olist_child", OLIST)
    assert counts(outcome(found, "in_order")) == (808, 1, 33)
    assert outcome(found, "in_order")["status"] == "unclear"


def test_olist_as_one_record_of_two_exports_leaves_open_what_the_second_does_not_hold() -> None:
    found = judged("olist_joined", OLIST, "--judge", "all")
    whole = outcome(found, "conversion")
    assert counts(whole) == (842, 0, 7158)
    assert split(whole, "origin") == FUNNEL
    assert by_month(found, "conversion_by_month") == MONTHS
    assert counts(outcome(found, "in_order")) == (808, 1, 7158 + 33)
    assert cells(found, "sale") == {"marked_meets": 842, "mark_unclear": 7158}


def test_olist_leads_alone_say_nothing_of_deals() -> None:
    found = judged("olist_child", OLIST[:1])
    told = {entry["subject"]: entry["reason"] for entry in found["not_checked"]}
    assert {"conversion", "in_order", "won_deal", "segments"} <= told.keys()
    assert told["won_deal"] == "no export of `deal` was given"
    assert {o["duty"] for o in found["outcomes"]} == {"known_origin"}


# --- X Education: placeholders, no dates, a header without a name ---------------------------------


def test_x_education_converts_as_counted_and_takes_select_for_a_blank() -> None:
    found = judged("x_education", X_EDUCATION)
    assert found["as_of"] is None
    assert counts(outcome(found, "conversion")) == (3561, 9240 - 3561, 0)
    assert cells(found, "sale") == {"unmarked_meets": 3561, "unmarked_fails": 5679}
    with (DATA / X_EDUCATION[0]).open(encoding="utf-8", newline="") as file:
        known = sum(
            row["City"] not in {"", "Select"} and row["Lead Profile"] not in {"", "Select"}
            for row in csv.DictReader(file)
        )
    assert counts(outcome(found, "known_city")) == (known, 9240 - known, 0)


def test_x_education_spells_one_source_in_two_ways(tmp_path: Path) -> None:
    found = judged("x_education", X_EDUCATION)
    (told,) = [f for f in found["findings"] if "`google`" in f["message"]]
    assert told["message"] == "5 rows hold `google`, which `lead.source` does not list"
    assert told["help"] == "translate it in the binding, such as `values: {google: Google}`"

    # The help does what it says, and so does a field that does not mind the case.
    for file, old, new in [
        ("bindings/leads.yaml", "source: Lead Source", "source: {column: Lead Source, values: {google: Google}}"),
        (
            "definitions.yaml",
            "      source:\n        type: text\n",
            "      source:\n        type: text\n        ignore_case: true\n",
        ),
    ]:
        folder = shutil.copytree(ROOT / "tests/contracts/x_education", tmp_path / Path(file).stem)
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))
        found = report("check", "--contract", str(folder), *given(X_EDUCATION), folder=ROOT)
        assert not [f for f in found["findings"] if "google" in f["message"]]
        sources = split(outcome(found, "conversion"), "source")
        assert sum(n for name, (n, _) in sources.items() if name.lower() == "google") == 2873


def test_a_workbook_in_the_name_of_a_csv_has_the_verdicts_of_the_csv() -> None:
    plain = judged("x_education", X_EDUCATION)
    book = judged("x_education", ("x-education-leads/Leads_xlsx_renamed_to_csv.csv",))
    (file,) = book["files"]
    assert (file["encoding"], file["notes"], file["rows"]) == ("xlsx", ["sheet `Sheet1`"], plain["files"][0]["rows"])
    assert book["terms"] == plain["terms"]
    assert [counts(one) for one in book["outcomes"]] == [counts(one) for one in plain["outcomes"]]


# --- Salesforce: two figures for times, and a flag that contradicts the status --------------------


def test_salesforce_status_and_flag_part_company_over_three_leads() -> None:
    found = judged("salesforce_org", SALESFORCE)
    assert cells(found, "sales_ready_lead") == {"marked_meets": 5, "unmarked_meets": 3, "unmarked_fails": 14}
    assert counts(outcome(found, "flag_and_status_agree")) == (5, 3, 0)
    assert cells(found, "sale") == {"marked_meets": 12, "unmarked_fails": 24}
    assert counts(outcome(found, "amounts_are_known")) == (31, 5, 0)
    assert [f["orphans"] for f in found["files"]] == [None, 31]


def test_salesforce_times_with_am_and_pm_are_local_times_of_this_century() -> None:
    found = judged("salesforce_org", SALESFORCE[:1])
    assert outcome(found, "conversion_is_dated", "2026-02")["period"]["state"] == "running"
    assert found["as_of"]["at"] == "2026-02-24T23:59:59-08:00"
    assert not [f for f in found["findings"] if f["rule"] == "unreadable-values"]


# --- Zoho: a database that contradicts itself -----------------------------------------------------


def test_zoho_converts_leads_that_nobody_wanted() -> None:
    found = judged("zoho", ZOHO)
    assert cells(found, "junk")["marked_meets"] == 366
    assert cells(found, "lost_lead")["marked_meets"] == 371
    assert cells(found, "not_contacted")["marked_meets"] == 367
    assert counts(outcome(found, "alive_when_converted")) == (3632 - 366 - 371 - 367, 366 + 371 + 367, 0)


def test_zoho_opens_half_of_its_potentials_before_the_lead() -> None:
    found = judged("zoho", ZOHO)
    assert counts(outcome(found, "deal_after_lead")) == (3632 - 1819, 1819, 0)
    assert outcome(found, "deal_after_lead")["counts"]["left_out"] == 268
    assert cells(found, "sale")["unmarked_meets"] == 1425


def test_zoho_writes_two_kinds_of_times_and_a_placeholder_for_no_potential() -> None:
    found = judged("zoho", ZOHO)
    assert found["as_of"]["at"] == "2021-04-15T23:03:00-07:00"
    assert [(f["record"], f["rows"]["judged"], f["orphans"]) for f in found["files"]] == [
        ("lead", 3900, None), ("call", 4100, 4100 - 170), ("deal", 3632, 0),
    ]  # fmt: skip
    assert cells(found, "called_lead") == {"unmarked_meets": 157, "unmarked_fails": 3900 - 157}
    assert counts(outcome(found, "call_after_lead")) == (154, 3, 0)
    assert cells(found, "call_about_a_deal") == {"unmarked_meets": 4100 - 1361 - 1250, "unmarked_fails": 1361 + 1250}


def test_zoho_leads_are_called_within_30_days_as_a_subtraction_of_dates_finds() -> None:
    found = outcome(judged("zoho", ZOHO), "first_call")["counts"]
    calls: dict[str, list[datetime]] = {}
    with (DATA / ZOHO[1]).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            calls.setdefault(row["LEADID"], []).append(datetime.fromisoformat(row["Call Start Time"]))
    wanted = Counter[str]()
    with (DATA / ZOHO[0]).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            begun = datetime.strptime(row["Created Time"], "%d %b, %Y %H:%M:%S")  # noqa: DTZ007 - one zone for all
            answers = [call for call in calls.get(row["LEADID"], ()) if call >= begun]
            ended = min(answers, default=datetime(2021, 4, 15, 23, 3))  # noqa: DTZ001 - the latest time of the exports
            is_late = (ended.date() - begun.date()).days > 30
            wanted["missed" if is_late else "met" if answers else "open"] += 1
    assert {name: found[name] for name in wanted} == dict(wanted) == {"met": 9, "missed": 3809, "open": 82}


def test_zoho_opens_potentials_within_90_days_as_a_subtraction_of_dates_finds() -> None:
    found = outcome(judged("zoho", ZOHO), "first_deal")["counts"]
    opened: dict[str, date] = {}
    with (DATA / ZOHO[2]).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            opened[row["LEADID"]] = zoho_day(row["Created Time"])
    wanted = Counter[str]()
    with (DATA / ZOHO[0]).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            begun, answer = zoho_day(row["Created Time"]), opened.get(row["LEADID"])
            # A potential that was there before its lead answers nothing.
            is_answer = answer is not None and answer >= begun
            last = answer if answer is not None and is_answer else date(2021, 4, 15)
            wanted["missed" if (last - begun).days > 90 else "met" if is_answer else "open"] += 1
    assert {name: found[name] for name in wanted} == dict(wanted)
    assert found["unclear"] == 0


def zoho_day(text: str) -> date:
    return datetime.strptime(text[:-9], "%d %b, %Y").date()  # noqa: DTZ007 - one zone for all


def test_zoho_tasks_read_as_agreed(file_regression: FileRegressionFixture) -> None:
    ran = slacli("check", "--contract", "tests/contracts/zoho", *given(ZOHO_TASKS), folder=ROOT)
    assert (ran.code, ran.err) == (1, "")
    file_regression.check(ran.out, extension=".txt", basename="zoho_tasks", encoding="utf-8")


def test_zoho_changed_every_task_before_it_was_there() -> None:
    found = judged("zoho", ZOHO_TASKS)
    with (DATA / ZOHO_TASKS[0]).open(encoding="utf-8", newline="") as file:
        tasks = list(csv.DictReader(file))
    assert counts(outcome(found, "tasks_in_order")) == (0, len(tasks), 0)
    assert all(zoho_day(task["Modified Time"]) < zoho_day(task["Created Time"]) for task in tasks)
    # Rows that say which they are by no key are all judged, alike or not.
    assert len({tuple(task.values()) for task in tasks}) == 911
    assert found["files"][0]["rows"]["judged"] == len(tasks) == 2978


def test_zoho_amounts_with_the_sign_of_their_currency_are_amounts(tmp_path: Path) -> None:
    folder = shutil.copytree(ROOT / "tests/contracts/zoho", tmp_path / "contracts")
    for file, old, new in [
        ("definitions.yaml", "closes_at: {type: time,", "amount: {type: money}\n      closes_at: {type: time,"),
        ("bindings/deals.yaml", "stage: Stage}", "stage: Stage, amount: Amount}"),
    ]:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))
    ran = slacli("check", "--contract", str(folder), *given(ZOHO[2:]), "--format", "json", folder=ROOT)
    assert not [found for found in json.loads(ran.out)["findings"] if found["rule"] == "unreadable-values"]
    with (DATA / ZOHO[2]).open(encoding="utf-8", newline="") as file:
        amounts = [deal["Amount"] for deal in csv.DictReader(file)]
    assert len(amounts) == 3632
    assert all(re.fullmatch(r"\$[0-9]{1,3}(,[0-9]{3})*\.[0-9]{2}", amount) for amount in amounts if amount)


# --- HubSpot: a property history that joins three tables in three ways ----------------------------


def hubspot(name: str) -> list[dict[str, str]]:
    with (DATA / f"hubspot-dbt-seeds/{name}_data.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_hubspot_histories_are_of_other_records_for_the_most_part_and_it_is_told() -> None:
    found = judged("hubspot_history", HUBSPOT)
    wanted: list[tuple[int, int | None]] = []
    for record, key in (("company", "id"), ("ticket", "id"), ("deal", "deal_id")):
        rows, history = hubspot(record), hubspot(f"{record}_property_history")
        known = {row[key] for row in rows}
        wanted += [(len(rows), None), (len(history), sum(row[f"{record}_id"] not in known for row in history))]
    assert [(file["rows"]["judged"], file["orphans"]) for file in found["files"]] == wanted
    assert wanted == [(24, None), (100, 55), (25, None), (15, 11), (44, None), (100, 100)]
    assert rules(found)["no-parent"] == [
        "55 rows of `company_change` belong to no `company` of the exports at hand",
        "11 rows of `ticket_change` belong to no `ticket` of the exports at hand",
    ]
    assert rules(found)["nothing-joins"] == [
        "no row of `deal_change` belongs to any `deal` of the exports at hand, so nothing is judged by it",
    ]


def test_hubspot_companies_are_late_only_where_the_history_goes_on_for_long_enough_to_tell() -> None:
    entries: dict[str, datetime] = {}
    history = [(row["company_id"], datetime.fromisoformat(row["timestamp"])) for row in hubspot(HISTORY)]
    for key, at in history:
        entries[key] = min(at, entries.get(key, at))
    end = max(at for _, at in history)
    wanted = Counter[str]()
    for row in hubspot("company"):
        day, _, time = row["property_createdate"].partition(" ")
        due = datetime.fromisoformat(f"{day} {time:0>8}") + timedelta(days=365)
        answer = entries.get(row["id"])
        wanted["met" if answer and answer <= due else "missed" if answer or due < end else "unclear"] += 1
    found = outcome(judged("hubspot_history", HUBSPOT), "first_scoring")
    assert {name: found["counts"][name] for name in ("met", "missed", "unclear")} == {"met": 0, **wanted}
    # HubSpot keeps the last 45 values, so that the first one of this company is long gone.
    assert Counter(key for key, _ in history).most_common(1) == [("860870157", 45)]


HISTORY = "company_property_history"


def test_hubspot_tickets_are_judged_by_the_entries_of_their_stage_alone(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    found = judged("hubspot_history", HUBSPOT, "--rows", str(rows))
    with rows.open(encoding="utf-8", newline="") as file:
        told = {(row["duty"], row["key"]): row for row in csv.DictReader(file)}
    # Its four lines are of two properties: the two of its stage are one move.
    assert told["kept", "350123456"]["outcome"] == "met"
    solved = told["solved_in_time", "350123456"]
    assert (solved["start"], solved["outcome"]) == ("2020-07-09T11:06:21+00:00", "late")
    # Those that were there before the history began may have begun in any way.
    unclear = {key for (duty, key), row in told.items() if duty == "kept" and row["outcome"] == "unclear"}
    assert unclear == {
        row["id"] for row in hubspot("ticket")
        if row["property_createdate"] < "2020-07-09"
    }  # fmt: skip
    assert counts(outcome(found, "kept")) == (3, 18, 4)


def test_hubspot_replies_are_late_as_a_subtraction_finds() -> None:
    wanted = Counter[str]()
    for row in hubspot("ticket"):
        begun = datetime.fromisoformat(row["property_createdate"])
        replied = row["property_first_agent_reply_date"]
        took = datetime.fromisoformat(replied) - begun if replied else None
        wanted["none" if took is None else "met" if took <= timedelta(hours=1) else "missed"] += 1
    found = outcome(judged("hubspot_history", HUBSPOT), "first_reply")
    assert (wanted["met"], wanted["missed"], found["response"]["answered"]) == (2, 2, 4)
    # The newest ticket of all was due after the last reply that its export could hold.
    assert counts(found) == (2, 2 + wanted["none"] - 1, 1)
