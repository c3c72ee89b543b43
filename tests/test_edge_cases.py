"""The twenty cases that exports of a CRM get wrong most often, F01 to F20, each from exports to verdicts."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import commands
import exports
import pytest
from pytest_regressions.file_regression import FileRegressionFixture
from worlds import LEAD, World, attempts, duty, touches

STARTED = "2026-06-09 10:00:00"
JUNE = ("--as-of", "2026-06-30")
KEEPS = {"owed_by": "sdr", "owed_to": "marketing", "covers": "lead", "follows": "lead", "target": "90%"}
ENTRY = {"starts": {"entering": "qualified"}, "stops": [{"entering": "accepted"}]}


def within(hours: int = 4, **more: Any) -> dict[str, Any]:
    return duty(within=f"{hours} business hours", **more)


def outcomes(rows: Sequence[Mapping[str, str]]) -> list[str]:
    return [row["outcome"] for row in rows]


def moves(lead: str, *stamped: str) -> list[dict[str, str]]:
    """Give lines of a history, each written as `2026-06-08 08:00 New > MQL`."""
    found = []
    for text in stamped:
        at, move = text[:19], text[19:]
        old, new = move.split(">")
        found.append({"lead_ref": lead, "at": at, "old": old.strip(), "new": new.strip()})
    return found


# --- F01: open clocks -------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2001, 2150])
def test_f01_whether_a_clock_is_open_depends_on_the_exports_and_never_on_the_clock_of_the_machine(
    world: Any, year: int
) -> None:
    created = {"created_at": f"{year}-06-05 09:00:00"}
    made = world(answer=duty(within="4 hours", calendar=None)).leads(
        {**created, "started_at": f"{year}-06-05 16:00:00"},
        {**created, "started_at": f"{year}-06-05 12:00:00"},
        {**created, "started_at": f"{year}-06-05 11:59:59"},
        created,
    )
    rows = made.rows()
    assert outcomes(rows) == ["open", "open", "late", "not started"]
    assert made.report()["as_of"]["from"] == "latest time"


@pytest.mark.parametrize(
    ("as_of", "status", "open_", "missed"),
    [("2026-06-05T20:00", "running", 1, 0), ("2026-06-05T20:00:01", "missed", 0, 1)],
)
def test_f01_a_clock_that_is_not_due_neither_passes_nor_fails(
    world: Any, as_of: str, status: str, open_: int, missed: int
) -> None:
    made = world(answer=duty(within="4 hours", calendar=None, target="90%")).leads(
        {"started_at": "2026-06-05 16:00:00"}
    )
    outcome = made.outcome("--as-of", as_of)
    counts = outcome["counts"]
    assert (outcome["status"], counts["met"], counts["open"], counts["missed"]) == (status, 0, open_, missed)


def test_f01_what_happens_after_the_day_of_the_report_is_not_known_on_it(world: Any) -> None:
    made = world(answer=within()).leads(
        {"started_at": STARTED, "answered_at": "2026-06-09 12:00:00"},
        {"started_at": STARTED, "answered_at": "2026-06-19 12:00:00"},
    )
    assert outcomes(made.rows("--as-of", "2026-06-09T13:00")) == ["met", "open"]
    assert outcomes(made.rows("--as-of", "2026-06-09T11:00")) == ["open", "open"]


# --- F02: a touch before the clock ------------------------------------------------------------


def test_f02_an_answer_before_the_start_took_no_time_and_never_less_than_none(world: Any) -> None:
    made = world(answer=within()).leads({"started_at": STARTED, "answered_at": "2026-05-20 10:00:00"})
    (row,) = made.rows(*JUNE)
    assert (row["outcome"], row["elapsed"]) == ("met", "0")
    assert made.outcome(*JUNE)["response"] == {"answered": 1, "median": 0, "p90": 0}


def test_f02_the_report_says_how_many_answers_came_before_the_start(
    world: Any, file_regression: FileRegressionFixture
) -> None:
    before = {"started_at": STARTED, "answered_at": "2026-05-20 10:00:00"}
    made = world(answer=within()).leads(before, before, {"started_at": STARTED, "answered_at": STARTED})
    (found,) = (one for one in made.report(*JUNE)["findings"] if one["rule"] == "answered-before")
    assert found["message"] == "2 answers of `answer` lie before the start of their clocks, and count as at once"
    assert (found["severity"], [rows["keys"] for rows in found["data"]]) == ("note", [["L0", "L1"]])
    printed = made.ran(*JUNE, "--long").out
    file_regression.check(re.sub(r"(sha256:? ?)[0-9a-f]{64}|(time zones )\w+", r"\1\2...", printed))


def test_f02_a_stage_that_was_entered_before_the_start_and_an_earlier_touch_answer_nothing(world: Any) -> None:
    made = (
        world(stage=within(stops=["accepted_at"]), call=within(stops=["touch"]))
        .leads({"started_at": STARTED, "accepted_at": "2026-06-08 10:00:00"})
        .activities(*touches("L0", "2026-06-08 10:00:00", "2026-06-29 10:00:00"))
    )
    assert {row["duty"]: row["outcome"] for row in made.rows(*JUNE)} == {"stage": "late", "call": "late"}


# --- F03: a lead that qualifies again ---------------------------------------------------------

AGAIN = moves(
    "L0",
    "2026-06-08 09:00:00 New > MQL",
    "2026-06-08 10:00:00 MQL > SAL",
    "2026-06-15 09:00:00 SAL > MQL",
    "2026-06-17 09:00:00 MQL > SAL",
)


def test_f03_a_history_gives_each_round_of_a_lead_a_clock_of_its_own(world: Any) -> None:
    lead = {"status": "SAL", "started_at": "2026-06-15 09:00:00", "accepted_at": "2026-06-17 09:00:00"}
    made = world(answer=within(**ENTRY)).leads(lead).changes(*AGAIN)
    found = [(row["episode"], row["outcome"], row["elapsed"]) for row in made.rows(*JUNE)]
    assert found == [("1", "met", "3600"), ("2", "late", str(16 * 3600))]


def test_f03_dates_alone_give_the_one_round_that_they_hold(world: Any) -> None:
    lead = {"status": "SAL", "started_at": "2026-06-15 09:00:00", "accepted_at": "2026-06-17 09:00:00"}
    found = [(row["episode"], row["outcome"]) for row in world(answer=within(**ENTRY)).leads(lead).rows(*JUNE)]
    assert found == [("1", "late")]


def test_f03_whether_a_column_keeps_the_first_or_the_latest_time_decides_what_it_proves(world: Any) -> None:
    lead = {
        "started_at": STARTED,
        "answered_at": "2026-06-20 10:00:00",
        "first_seen_at": "2026-06-05 10:00:00",
        "last_seen_at": "2026-06-20 10:00:00",
    }
    made = world(
        only=within(stops=["answered_at"]), first=within(stops=["first_seen_at"]), latest=within(stops=["last_seen_at"])
    ).leads(lead)
    # The only answer is late; the first may have been for an earlier round; the latest may not have been the first.
    assert {row["duty"]: row["outcome"] for row in made.rows(*JUNE)} == {
        "only": "late", "first": "unclear", "latest": "unclear",
    }  # fmt: skip


def test_f03_a_start_that_keeps_the_latest_time_is_the_start_of_the_last_round(world: Any) -> None:
    clock = within(starts="last_seen_at", stops=["touch"])
    made = (
        world(answer=clock)
        .leads({"last_seen_at": "2026-06-15 09:00:00"})
        .activities(*touches("L0", "2026-06-08 09:30:00", "2026-06-15 12:00:00", "2026-06-29 10:00:00"))
    )
    found = [(row["episode"], row["start"], row["elapsed"]) for row in made.rows(*JUNE)]
    assert found == [("1", "2026-06-15T09:00:00-04:00", str(3 * 3600))]


# --- F04: clocks that are set forward and back ------------------------------------------------


@pytest.mark.parametrize(
    ("started", "in_time", "late"),
    [
        # 24 hours are 24 hours: over the night of spring the wall shows 25, over that of autumn 23.
        ("2026-03-07 12:00:00", "2026-03-08 13:00:00", "2026-03-08 13:00:01"),
        ("2026-10-31 12:00:00", "2026-11-01 11:00:00", "2026-11-01 11:00:01"),
        ("2026-06-06 12:00:00", "2026-06-07 12:00:00", "2026-06-07 12:00:01"),
    ],
)
def test_f04_local_times_are_counted_in_hours_that_passed(world: Any, started: str, in_time: str, late: str) -> None:
    made = world(answer=duty(within="24 hours", calendar=None)).leads(
        {"started_at": started, "answered_at": in_time}, {"started_at": started, "answered_at": late}
    )
    assert [(row["outcome"], row["elapsed"]) for row in made.rows("--as-of", "2026-12-31")] == [
        ("met", "86400"), ("late", "86401"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("calendar", "started", "answered", "hours"),
    [
        ("satn", "2026-03-07 22:00:00", "2026-03-08 06:00:00", 7),
        ("satn", "2026-06-06 22:00:00", "2026-06-07 06:00:00", 8),
        ("satn", "2026-10-31 22:00:00", "2026-11-01 06:00:00", 9),
        ("satl", "2026-03-28 18:00:00", "2026-03-29 01:00:00", 7),
        ("satl", "2026-10-24 17:00:00", "2026-10-25 02:00:00", 9),
    ],
)
def test_f04_a_night_shift_has_seven_eight_or_nine_hours(
    world: Any, calendar: str, started: str, answered: str, hours: int
) -> None:
    made = world(answer=within(10, calendar=calendar)).leads({"started_at": started, "answered_at": answered})
    (row,) = made.rows("--as-of", "2026-12-31")
    assert row["elapsed"] == str(hours * 3600)


def test_f04_a_local_time_that_never_was_is_read_behind_the_gap_and_told(world: Any) -> None:
    made = world(answer=duty(within="1 hours", calendar=None)).leads(
        {"started_at": "2026-03-08 02:30:00", "answered_at": "2026-03-08 04:30:00"}
    )
    (row,) = made.rows(*JUNE)
    assert (row["start"], row["outcome"], row["elapsed"]) == ("2026-03-08T03:30:00-04:00", "met", "3600")
    assert len(made.findings("time-in-gap", *JUNE)) == 1


def test_f04_times_that_never_were_are_told_for_each_column_with_their_first_rows(world: Any) -> None:
    def lead(number: int) -> dict[str, str]:
        started = "2026-03-08 02:30:00" if number % 2 else "2026-03-09 02:30:00"
        return {"started_at": started, "answered_at": "2026-03-08 02:45:00" if number > 6 else ""}

    made = world(answer=duty(within="1 hours", calendar=None)).leads(*map(lead, range(1, 10)))
    told = {one["message"].split("`")[1]: one for one in made.findings("time-in-gap", *JUNE)}
    assert told["started_at"]["message"].startswith("5 rows hold a time in `started_at` ")
    assert told["answered_at"]["message"].startswith("3 rows hold a time in `answered_at` ")
    shown = {name: [(rows["rows"], rows["more"]) for rows in one["data"]] for name, one in told.items()}
    assert shown == {"started_at": [([2, 4, 6], 2)], "answered_at": [([8, 9, 10], 0)]}


def test_f04_an_offset_is_no_zone(world: Any) -> None:
    # In June New York is at -04:00, so 08:30 at -05:00 is 09:30 there.
    made = world(answer=within()).leads(
        {"started_at": "2026-06-08T08:30:00-05:00", "answered_at": "2026-06-08T10:30:00-05:00"}
    )
    (row,) = made.rows(*JUNE)
    assert (row["start"], row["elapsed"]) == ("2026-06-08T09:30:00-04:00", "7200")


# --- F05: coarse times ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "outcome"),
    [
        ("2026-06-09 10:04", "met"),  # at most 4:59
        ("2026-06-09 10:05", "unclear"),  # from 4:01 to 5:59
        ("2026-06-09 10:06", "late"),  # at least 5:01
        ("2026-06-09 10:04:59", "met"),
        ("2026-06-09 10:05:00", "met"),
        ("2026-06-09 10:05:01", "unclear"),
        ("2026-06-09 10:06:00", "late"),
    ],
)
def test_f05_minutes_never_prove_a_clock_of_five_minutes_that_took_about_five(
    world: Any, answered: str, outcome: str
) -> None:
    made = world(answer=duty(within="5 business minutes")).leads(
        {"started_at": "2026-06-09 10:00", "answered_at": answered}
    )
    assert outcomes(made.rows(*JUNE)) == [outcome]


def test_f05_a_clock_that_coarse_times_decide_is_decided_and_the_others_are_two_bounds(world: Any) -> None:
    days = [("2026-06-05", "2026-06-05"), ("2026-06-05", "2026-06-08"), ("2026-06-05", "2026-06-10")]
    made = world(answer=within(8, target="50%")).leads(
        *({"started_at": start, "answered_at": stop} for start, stop in days)
    )
    assert outcomes(made.rows(*JUNE)) == ["met", "unclear", "late"]
    outcome = made.outcome(*JUNE)
    assert (outcome["status"], outcome["bounds"]["lower"]["share"], outcome["bounds"]["upper"]["share"]) == (
        "unclear", "1/3", "2/3",
    )  # fmt: skip


# --- F06: times without a zone ----------------------------------------------------------------

ZONED = {"started_at": "2026-06-09T10:00:00-04:00", "answered_at": "2026-06-09T15:00:00Z"}


def test_f06_times_without_a_zone_are_not_guessed(world: Any) -> None:
    made = world(answer=within()).reads(time_zone=None).leads({"started_at": STARTED, "answered_at": STARTED})
    ran = made.ran(*JUNE)
    assert ran.code == 2
    assert "time_zone" in ran.err


def test_f06_times_that_all_say_their_offset_need_no_zone(world: Any) -> None:
    lead = {**ZONED, "created_at": "2026-06-01T09:00:00Z"}
    (row,) = world(answer=within()).reads(time_zone=None).leads(lead).rows(*JUNE)
    assert (row["outcome"], row["elapsed"]) == ("met", "3600")


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_f06_the_zone_of_the_binding_is_no_zone_of_times_that_say_their_own(world: Any, zone: str) -> None:
    lead = {**ZONED, "created_at": "2026-06-01T09:00:00Z"}
    (row,) = world(answer=within()).reads(time_zone=zone).leads(lead).rows(*JUNE)
    assert (row["outcome"], row["start"], row["elapsed"]) == ("met", "2026-06-09T10:00:00-04:00", "3600")


def test_f06_one_column_with_and_without_offsets_stops_the_run(world: Any) -> None:
    made = world(answer=within()).leads({"started_at": STARTED}, ZONED)
    ran = made.ran(*JUNE)
    assert ran.code == 2
    assert "mixes times with an offset (row 3) and without (row 2)" in ran.err


# --- F07: the order of day and month ----------------------------------------------------------


def either_way(*started: str) -> list[dict[str, str]]:
    """Give leads whose days can be read both ways, all answered within the hour."""
    return [{"started_at": f"{day} 10:00:00", "answered_at": f"{day} 11:00:00"} for day in started]


def test_f07_days_that_can_be_read_both_ways_stop_the_run(world: Any) -> None:
    ran = world(answer=within()).leads(*either_way("03/05/2026")).ran(*JUNE)
    assert ran.code == 2
    assert "date_order" in ran.err


@pytest.mark.parametrize(
    ("order", "start"), [("mdy", "2026-03-05T10:00:00-05:00"), ("dmy", "2026-05-03T10:00:00-04:00")]
)
def test_f07_the_order_that_the_binding_says_is_used(world: Any, order: str, start: str) -> None:
    made = world(answer=within()).reads(date_order=order).leads(*either_way("03/05/2026"))
    assert made.rows(*JUNE)[0]["start"] == start


@pytest.mark.parametrize(("proof", "start"), [("05/28/2026", "2026-03-05"), ("28/05/2026", "2026-05-03")])
def test_f07_one_day_that_can_be_read_one_way_alone_proves_the_order_of_all(world: Any, proof: str, start: str) -> None:
    made = world(answer=within()).leads(*either_way("03/05/2026", proof))
    assert made.rows(*JUNE)[0]["start"].startswith(start)


def test_f07_two_exports_pasted_together_prove_both_orders_and_stop_the_run(world: Any) -> None:
    ran = world(answer=within()).leads(*either_way("03/05/2026", "05/28/2026", "28/05/2026")).ran(*JUNE)
    assert ran.code == 2
    assert "03/05/2026" not in ran.out


# --- F08: lines that are no leads -------------------------------------------------------------

FOOTER = (
    '"",""\n"Grand Totals (2 records)"\n\n"Leads of June"\n'
    '"Copyright © 2000-2026 salesforce.com, inc. All rights reserved."\n'
    '"Confidential Information - Do Not Distribute"\n"Generated By: Ann Example 30/06/2026 10:00"\n"Acme Inc."\n'
)
TWO = [
    {"lead_id": "00Qbm00000Orxk5", "region": "AMER", "created_at": STARTED, "started_at": STARTED},
    {"lead_id": "00Qbm00000Orxk6", "region": "AMER", "created_at": STARTED, "started_at": STARTED,
     "answered_at": "2026-06-09 11:00:00"},
]  # fmt: skip


def report_of(rows: Sequence[Mapping[str, str]], *, between: str = "", after: str = "") -> bytes:
    """Give a report export, with lines between its rows and behind them."""
    header, *lines = exports.text(LEAD, [[row.get(name, "") for name in LEAD] for row in rows]).decode().splitlines()
    return ("\n".join([header, lines[0], *between.splitlines(), *lines[1:]]) + "\n" + after).encode()


def counted(made: World, *options: str) -> tuple[Any, ...]:
    """Give the account of rows and what became of the clock."""
    found = made.report(*JUNE, *options)
    (file,) = found["files"]
    (outcome,) = (one for one in found["outcomes"] if one["duty"] == "answer")
    counts = outcome["counts"]
    return file["rows"]["total"], file["rows"]["judged"], file["rows"]["cut"], counts["covered"], counts["met"]


def test_f08_closing_lines_are_counted_and_are_no_leads(world: Any) -> None:
    made = world(answer=within()).reads(dialect="salesforce_report").text("leads.csv", report_of(TWO, after=FOOTER))
    total, judged, cut, covered, met = counted(made)
    assert (judged, covered, met) == (2, 2, 1)
    assert (total, cut) == (2 + FOOTER.count("\n"), FOOTER.count("\n"))


@pytest.mark.parametrize("padding", ["{}", ",{}", "{},,,,,,,,,,", ",{},,,,,,,,,"])
def test_f08_closing_lines_stand_in_the_first_or_the_second_column(world: Any, padding: str) -> None:
    after = "".join(padding.format(line) + "\n" for line in ("Total", "Confidential Information - Do Not Distribute"))
    made = world(answer=within()).reads(dialect="salesforce_report").text("leads.csv", report_of(TWO, after=after))
    assert counted(made)[1:] == (2, 2, 2, 1)


@pytest.mark.parametrize("line", ["Subtotal (1 record)", "Grand Totals (1 record)"])
def test_f08_sums_among_the_leads_are_no_leads_and_an_error(world: Any, line: str) -> None:
    made = world(answer=within()).reads(dialect="salesforce_report")
    made.text("leads.csv", report_of(TWO, between=f'"{line}"'))
    assert counted(made)[1:] == (2, 1, 2, 1)
    assert [found["severity"] for found in made.findings("pasted-exports", *JUNE)] == ["error"]


def test_f08_where_no_dialect_explains_them_closing_lines_stop_the_run(world: Any) -> None:
    ran = world(answer=within()).text("leads.csv", report_of(TWO, after=FOOTER)).ran(*JUNE)
    assert ran.code == 2
    assert "unread" in ran.err


def test_f08_rows_that_only_look_blank_are_never_leads_that_kept_a_clock(world: Any) -> None:
    blanks = '"","","","","","","","","","",""\n' * 2
    made = world(answer=within()).text("leads.csv", report_of(TWO, after=blanks))
    outcome = made.outcome(*JUNE)
    assert (outcome["counts"]["met"], outcome["counts"]["missed"]) == (1, 1)
    assert [found["severity"] for found in made.findings("blank-keys", *JUNE)] == ["warning"]


# --- F09: ids in two forms --------------------------------------------------------------------


FORMS = [
    ("salesforce_report", "00Qbm00000Orxk5EAB", "00Qbm00000Orxk5"),  # 18 characters and the first 15 of them
    ("salesforce_data_loader", "006bm00000LKJNa", "006bm00000LKJNaAAP"),
    ("zoho", "4150868000000251001", "zcrm_4150868000000251001"),
    ("zoho", "zcrm_4150868000000251001", "4150868000000251001"),
]


def touched(made: World, key: str, ref: str, dialect: str = "csv") -> World:
    made.reads(dialect=dialect).leads({"lead_id": key, "started_at": STARTED})
    return made.activities(*touches(ref, "2026-06-09 11:00:00", "2026-06-29 11:00:00"))


@pytest.mark.parametrize(
    ("key", "ref"),
    [
        *(forms[1:] for forms in FORMS),
        ("00Qbm00000Orxk5EAB", "00QBM00000ORXK5EAB"),
        ("00123", "123"),
        ("1234567890123456789", "1.23457E+18"),
    ],
)
def test_f09_an_id_in_another_form_belongs_to_nobody_and_is_told(world: Any, key: str, ref: str) -> None:
    made = touched(world(answer=within(stops=["touch"])), key, ref)
    assert outcomes(made.rows(*JUNE)) != ["met"]
    assert made.report(*JUNE)["files"][1]["orphans"] == 2
    (found,) = made.findings("no-parent", *JUNE)
    assert found["message"] == "2 rows of `activity` belong to no `lead` of the exports at hand"
    assert "activities.csv 2 rows, all judged · 2 without a lead" in made.ran(*JUNE).out


@pytest.mark.parametrize(("dialect", "key", "ref"), FORMS)
def test_f09_where_the_dialect_says_whose_ids_they_are_both_forms_are_one_lead(
    world: Any, dialect: str, key: str, ref: str
) -> None:
    # The activities are of no dialect: their ids are of leads, and so of the same program.
    made = touched(world(answer=within(stops=["touch"])), key, ref, dialect)
    (row,) = made.rows(*JUNE)
    assert (row["outcome"], row["elapsed"]) == ("met", "3600")
    assert row["key"] == max(key, ref, key=len).removeprefix("zcrm_")
    assert made.report(*JUNE)["files"][1]["orphans"] == 0
    assert made.findings("ids-in-another-case", *JUNE) == []


def test_f09_an_id_in_another_case_is_never_the_same_in_any_dialect(tmp_path: Path) -> None:
    for ref in ("00QBM00000ORXK5", "00qbm00000orxk5eab"):
        made = touched(
            World(tmp_path / ref, {"answer": within(stops=["touch"])}), "00Qbm00000Orxk5", ref, "salesforce_api"
        )
        assert made.report(*JUNE)["files"][1]["orphans"] == 2
        (found,) = made.findings("ids-in-another-case", *JUNE)
        assert found["message"] == (
            "2 rows of `activity` name a `lead` in other capitals than it has, and belong to none"
        )


def test_f09_the_two_forms_of_one_id_are_one_key_and_say_the_same(world: Any) -> None:
    lead = {"lead_id": "00Qbm00000Orxk5", "started_at": STARTED}
    twice = (lead, {**lead, "lead_id": "00Qbm00000Orxk5EAB"})
    made = world(answer=within()).reads(dialect="salesforce_report").leads(*twice)
    rows = made.report(*JUNE)["files"][0]["rows"]
    assert (rows["judged"], rows["repeated"], rows["contradictory"]) == (1, 1, 0)
    assert [row["key"] for row in made.rows(*JUNE)] == ["00Qbm00000Orxk5EAB"]

    other = ({**lead}, {**twice[1], "answered_at": STARTED})
    made.files.clear()
    rows = made.leads(*other).report(*JUNE)["files"][0]["rows"]
    assert (rows["judged"], rows["repeated"], rows["contradictory"]) == (0, 0, 2)


def test_f09_only_what_can_be_an_id_of_the_program_is_lengthened(world: Any) -> None:
    keys = ("L1", "0123456789ABCD", "annabelleparker", "00Qbm00000Orx-5", "00Qbm00000Orxk\u00e9", "zcrm_1")
    made = world(answer=within()).reads(dialect="salesforce_report")
    made.leads(*({"lead_id": key, "started_at": STARTED} for key in keys))
    assert [row["key"] for row in made.rows(*JUNE)] == list(keys)


def test_f09_a_dispute_and_a_question_may_name_a_lead_in_either_form(world: Any) -> None:
    made = world(answer=within(target="50%")).reads(dialect="salesforce_report")
    made.leads({"lead_id": "00Qbm00000Orxk5", "started_at": STARTED})
    said = {
        "duty": "answer",
        "key": "00Qbm00000Orxk5",
        "raised_by": "sales",
        "day": date(2026, 6, 20),
        "says": "called",
    }
    made.patched("disputes.yaml", {"disputes": [said]})
    (row,) = made.rows(*JUNE)
    assert (row["key"], row["outcome"], row["reason"]) == ("00Qbm00000Orxk5EAB", "unclear", "disputed")
    assert made.findings("dispute-without-row", *JUNE) == []
    for key in ("00Qbm00000Orxk5", "00Qbm00000Orxk5EAB"):
        told = commands.slacli("explain", key, "--data", "leads.csv", *JUNE, folder=made.folder)
        assert (told.code, "00Qbm00000Orxk5EAB" in told.out) == (0, True), told.err


def test_f09_ids_of_15_characters_that_differ_in_case_alone_are_two_leads(world: Any) -> None:
    made = (
        world(answer=within(stops=["touch"]))
        .leads(
            {"lead_id": "00Qbm00000Orxk5", "started_at": STARTED}, {"lead_id": "00Qbm00000OrxK5", "started_at": STARTED}
        )
        .activities(*touches("00Qbm00000OrxK5", "2026-06-09 11:00:00"), *touches("x", "2026-06-29 11:00:00"))
    )
    assert [(row["key"], row["outcome"]) for row in made.rows(*JUNE)] == [
        ("00Qbm00000Orxk5", "late"), ("00Qbm00000OrxK5", "met"),
    ]  # fmt: skip


def test_f09_leads_that_a_spreadsheet_gave_one_id_are_an_error_and_none_of_them_is_judged(world: Any) -> None:
    damaged = {"lead_id": "4.15087E+18", "started_at": STARTED}
    made = world(answer=within()).leads(damaged, {**damaged, "answered_at": "2026-06-09 11:00:00"}, {"lead_id": "L2"})
    found = made.report(*JUNE)
    rows = found["files"][0]["rows"]
    assert (rows["judged"], rows["contradictory"]) == (1, 2)
    assert [one["severity"] for one in found["findings"] if one["rule"] == "contradictory-keys"] == ["error"]
    assert outcomes(made.rows(*JUNE)) == ["not started"]


# --- F10: a lead becomes a contact ------------------------------------------------------------

CONVERTED = (*LEAD, "converted", "contact_id", "deal_id")


def converting(made: World, *leads: Mapping[str, str]) -> World:
    """Let activities belong to a lead by its own id, and by those of its contact and its opportunity."""
    fields = {"converted": {"type": "yes_no"}, "contact_id": {"type": "text"}, "deal_id": {"type": "text"}}
    links = [f"lead_ref = lead.{field}" for field in ("lead_id", "contact_id", "deal_id")]
    made.patched("definitions.yaml", {"records": {"lead": {"fields": fields}, "activity": {"of": {"lead": links}}}})
    made.patched("bindings/leads.yaml", {"columns": {name: name for name in fields}})
    defaults = {"region": "AMER", "created_at": "2026-06-01 09:00:00", "started_at": STARTED}
    return made.write(
        "leads.csv", CONVERTED, [{**defaults, "lead_id": f"L{n}", **lead} for n, lead in enumerate(leads)]
    )


def test_f10_touches_of_the_contact_and_the_opportunity_count_for_the_leads_they_came_from(world: Any) -> None:
    made = converting(
        world(answer=within(stops=["touch"])),
        {"converted": "true", "contact_id": "C1", "deal_id": "D1"},
        {"converted": "true", "contact_id": "C1"},  # the same person, without an opportunity
        {"converted": "true", "contact_id": "C2", "deal_id": "D2"},
        {"converted": "false"},
        {"converted": "false"},
    ).activities(
        *touches("C1", "2026-06-09 11:00:00"),
        *touches("D2", "2026-06-09 12:00:00"),
        *touches("L3", "2026-06-09 13:00:00"),
        *touches("", "2026-06-09 13:00:00"),
        *touches("L0", "2026-06-29 11:00:00"),
    )
    found = [(row["key"], row["outcome"], row["elapsed"]) for row in made.rows(*JUNE)]
    # What names nobody is nobody's: a blank is not the blank contact of the last lead.
    assert found[:4] == [("L0", "met", "3600"), ("L1", "met", "3600"), ("L2", "met", "7200"), ("L3", "met", "10800")]
    assert found[4][:2] == ("L4", "late")
    assert made.report(*JUNE)["files"][1]["orphans"] == 1


def test_f10_a_touch_that_two_of_its_ids_lead_to_is_one(world: Any) -> None:
    ended = {"accepted_at": "2026-06-12 09:00:00", "contact_id": "L0", "deal_id": "L0"}
    made = converting(world(answer=attempts()), ended)
    made.activities(*touches("L0", "2026-06-09 11:00:00", "2026-06-10 11:00:00"), *touches("x", "2026-06-29 11:00:00"))
    assert outcomes(made.rows(*JUNE)) == ["missed"]


def test_f10_a_status_and_a_flag_that_part_company_are_counted(world: Any) -> None:
    agrees = {**KEEPS, "must": "converted or status <> 'Closed'", "target": "100%"}
    agrees.pop("follows")
    made = converting(
        world(agrees=agrees),
        {"status": "Closed", "converted": "true"},
        {"status": "Closed", "converted": "false"},
        {"status": "New", "converted": "false"},
    )
    assert outcomes(made.rows(*JUNE)) == ["met", "missed", "met"]


# --- F11: merged records ----------------------------------------------------------------------


def test_f11_a_record_that_was_merged_away_is_left_out_by_name_and_counted(world: Any) -> None:
    made = world(answer=within(target="50%"))
    made.patched(
        "definitions.yaml",
        {"records": {"lead": {"fields": {"merged_into": {"type": "text"}},
                              "left_out": {"merged": "merged_into is not blank"}}}},
    )  # fmt: skip
    made.patched("bindings/leads.yaml", {"columns": {"merged_into": "merged_into"}})
    lead = {"region": "AMER", "created_at": STARTED, "started_at": STARTED}
    made.write(
        "leads.csv",
        (*LEAD, "merged_into"),
        [{**lead, "lead_id": "W", "answered_at": "2026-06-09 11:00:00"}, {**lead, "lead_id": "V", "merged_into": "W"}],
    )
    found = made.report(*JUNE)
    assert found["left_out"] == [{"record": "lead", "name": "merged", "count": 1}]
    (outcome,) = (one for one in found["outcomes"] if one["duty"] == "answer")
    assert (outcome["status"], outcome["counts"]["covered"], outcome["counts"]["met"]) == ("met", 1, 1)


MERGED = {"merged_into": "text", "merged_ids": "ids"}


def merging(made: World, *leads: Mapping[str, str], by: Sequence[str] = ("merged_into",)) -> World:
    """Let leads be merged by `merged_into`, the key of the winner, or by `merged_ids`, the keys of the losers."""
    fields = {name: {"type": MERGED[name]} for name in by}
    made.patched("definitions.yaml", {"records": {"lead": {"fields": fields, **{name: name for name in by}}}})
    made.patched("bindings/leads.yaml", {"columns": {name: name for name in by}})
    lead = {"region": "AMER", "created_at": STARTED, "started_at": STARTED}
    return made.write("leads.csv", (*LEAD, *by), [{**lead, **one} for one in leads])


SOON, FAR = "2026-06-09 11:00:00", "2026-06-29 11:00:00"
CHAIN = ({"lead_id": "A", "merged_into": "B"}, {"lead_id": "C"}, {"lead_id": "B", "merged_into": "C"})


def test_f11_what_was_done_for_a_merged_lead_counts_for_the_one_it_ended_in(world: Any) -> None:
    made = merging(world(answer=within(stops=["touch"])), *CHAIN, {"lead_id": "D"})
    made.activities(*touches("A", SOON), *touches("D", FAR), *touches("nobody", SOON))
    found = made.report(*JUNE)
    assert [(row["key"], row["outcome"]) for row in made.rows(*JUNE)] == [("C", "met"), ("D", "late")]
    assert found["left_out"] == [{"record": "lead", "name": "merged_away", "count": 2}]
    assert [file["orphans"] for file in found["files"]] == [None, 1]
    assert "Lead 2: merged_away 2" in made.ran(*JUNE).out


def test_f11_without_a_word_about_merging_nothing_is_passed_on(world: Any) -> None:
    made = merging(world(answer=within(stops=["touch"])), *CHAIN)
    made.patched("definitions.yaml", {"records": {"lead": {"merged_into": None}}})
    made.activities(*touches("A", SOON), *touches("C", FAR))
    assert [(row["key"], row["outcome"]) for row in made.rows(*JUNE)] == [("A", "met"), ("C", "late"), ("B", "late")]


def test_f11_the_moves_of_merged_leads_are_those_of_the_one_they_ended_in(world: Any) -> None:
    made = merging(world(answer=within(starts={"entering": "qualified"}, stops=["touch"])), *CHAIN)
    made.activities(*touches("C", SOON))
    made.changes(*moves("A", "2026-06-09 10:00:00 New > MQL"))
    assert [(row["key"], row["start"][:16]) for row in made.rows(*JUNE)] == [("C", "2026-06-09T10:00")]


def test_f11_leads_that_were_merged_in_a_circle_are_an_error_and_none_is_judged(world: Any) -> None:
    circle = [{"lead_id": "A", "merged_into": "B"}, {"lead_id": "B", "merged_into": "A"}]
    into_it = {"lead_id": "X", "merged_into": "A"}
    itself = {"lead_id": "S", "merged_into": "S"}
    made = merging(world(answer=within(stops=["touch"])), *circle, into_it, itself, {"lead_id": "D"})
    made.activities(*touches("A", SOON), *touches("X", SOON), *touches("D", FAR))
    assert [(row["key"], row["outcome"]) for row in made.rows(*JUNE)] == [("D", "late")]
    (found,) = made.findings("merge-circle", *JUNE)
    assert found["severity"] == "error"
    assert (found["data"][0]["keys"], found["message"]) == (
        ["A", "B", "X"],
        "4 rows of `lead` were merged in a circle or into two others, so nobody can say in which they live on",
    )
    assert made.findings("winner-not-given", *JUNE) == []


def test_f11_a_winner_that_no_export_holds_is_told(world: Any) -> None:
    made = merging(world(answer=within(stops=["touch"])), {"lead_id": "A", "merged_into": "gone"}, {"lead_id": "D"})
    made.activities(*touches("A", SOON), *touches("D", SOON))
    assert [(row["key"], row["outcome"]) for row in made.rows(*JUNE)] == [("D", "met")]
    (found,) = made.findings("winner-not-given", *JUNE)
    assert (found["severity"], found["data"][0]["keys"]) == ("warning", ["A"])
    assert made.findings("merge-circle", *JUNE) == []


def test_f11_the_list_of_old_ids_says_the_same_whether_the_old_rows_are_there_or_gone(world: Any) -> None:
    # 103 took in 102, which had taken in 100 and 101; it lists itself too.
    listed = {"lead_id": "103", "merged_ids": "100;101;102;103"}
    old = {"lead_id": "102", "merged_ids": "100;101"}
    for leads, left in (((listed, {"lead_id": "7"}), 0), ((old, listed, {"lead_id": "7"}), 1)):
        made = merging(world(answer=within(stops=["touch"])), *leads, by=["merged_ids"])
        made.activities(*touches("101", SOON), *touches("7", FAR), *touches("8", FAR))
        assert [(row["key"], row["outcome"]) for row in made.rows(*JUNE)] == [("103", "met"), ("7", "late")]
        found = made.report(*JUNE)
        assert sum(one["count"] for one in found["left_out"]) == left
        assert [file["orphans"] for file in found["files"]] == [None, 1]
        shutil.rmtree(made.folder / "contracts")


def test_f11_an_old_id_that_two_leads_list_belongs_to_neither(world: Any) -> None:
    leads = ({"lead_id": "1", "merged_ids": "9"}, {"lead_id": "2", "merged_ids": "9;8"}, {"lead_id": "9"})
    made = merging(world(answer=within(stops=["touch"])), *leads, by=["merged_ids"])
    made.activities(*touches("9", SOON), *touches("8", SOON), *touches("x", FAR))
    assert [(row["key"], row["outcome"]) for row in made.rows(*JUNE)] == [("1", "late"), ("2", "met")]
    assert [found["data"][0]["keys"] for found in made.findings("merge-circle", *JUNE)] == [["9"]]


def test_f11_what_a_record_counts_of_its_children_counts_those_of_merged_leads_too(world: Any) -> None:
    counted = {**KEEPS, "must": "touched = 2", "target": "100%"}
    counted.pop("follows")
    made = merging(world(counted=counted), *CHAIN, {"lead_id": "D"})
    made.patched(
        "definitions.yaml", {"records": {"lead": {"fields": {"touched": {"type": "integer", "count": "touch"}}}}}
    )
    made.activities(*touches("A", SOON), *touches("C", FAR), *touches("D", SOON))
    assert [(row["key"], row["outcome"]) for row in made.rows(*JUNE)] == [("C", "met"), ("D", "missed")]


def test_f11_ids_of_salesforce_lead_to_the_winner_in_either_form(world: Any) -> None:
    loser = {"lead_id": "00Qbm00000Orxk5", "merged_into": "006bm00000LKJNaAAP"}
    made = merging(world(answer=within(stops=["touch"])), loser, {"lead_id": "006bm00000LKJNa"})
    made.reads(dialect="salesforce_report").activities(*touches("00Qbm00000Orxk5EAB", SOON))
    assert [(row["key"], row["outcome"]) for row in made.rows(*JUNE)] == [("006bm00000LKJNaAAP", "met")]


def test_f11_explain_says_that_a_lead_was_merged(world: Any) -> None:
    made = merging(world(answer=within(stops=["touch"])), *CHAIN).activities(*touches("A", SOON))
    told = commands.slacli("explain", "A", "--data", "leads.csv", *JUNE, folder=made.folder)
    assert "Left out of everything as `merged_away`" in told.out
    told = commands.slacli("explain", "C", "--data", "leads.csv", "--data", "activities.csv", *JUNE, folder=made.folder)
    assert (told.code, "merged_away" in told.out) == (0, False), told.err


@pytest.mark.parametrize("seed", range(3))
def test_f11_chains_of_merges_come_out_as_a_plain_walk_says(world: Any, seed: int) -> None:
    dice = random.Random(seed)
    keys = [f"K{n}" for n in range(60)]
    into = {key: dice.choice([*keys, "gone"]) for key in dice.sample(keys, 40)}
    # A chain that is longer than any other.
    into |= {f"K{n}": f"K{n + 1}" for n in range(20)}
    touched = dice.sample(keys, 12)

    def end(key: str) -> str | None:
        seen: list[str] = []
        while key in into and key not in seen:
            seen.append(key)
            key = into[key]
        return None if key in into or key not in keys else key

    made = merging(
        world(answer=within(stops=["touch"])), *({"lead_id": key, "merged_into": into.get(key, "")} for key in keys)
    ).activities(*touches("nobody", FAR), *(touch for key in touched for touch in touches(key, SOON)))
    met = {end(key) for key in touched} - {None}
    assert {row["key"]: row["outcome"] for row in made.rows(*JUNE)} == {
        key: "met" if key in met else "late" for key in keys if key not in into
    }


def test_f11_touches_and_moves_of_a_record_that_is_gone_are_counted_and_belong_to_nobody(world: Any) -> None:
    made = (
        world(answer=within(stops=["touch"]))
        .leads({"started_at": STARTED, "status": "MQL"})
        .activities(*touches("gone", "2026-06-09 11:00:00"), *touches("L0", "2026-06-29 11:00:00"))
        .changes(*moves("gone", "2026-06-08 09:00:00 New > MQL"), *moves("L0", "2026-06-08 09:00:00 New > MQL"))
    )
    assert [file["orphans"] for file in made.report(*JUNE)["files"]] == [None, 1, 1]
    assert len(made.findings("no-parent", *JUNE)) == 2


def test_f11_a_person_who_stands_twice_is_one_and_never_two_that_contradict_each_other(world: Any) -> None:
    lead = {"lead_id": "L1", "started_at": STARTED, "answered_at": "2026-06-09 11:00:00"}
    made = world(answer=within()).leads(lead, lead)
    assert (len(made.rows(*JUNE)), made.report(*JUNE)["files"][0]["rows"]["repeated"]) == (1, 1)


# --- F12: owners change -----------------------------------------------------------------------


def staffed(made: World) -> World:
    """Give leads an owner, look owners up among people, and ask for one in every stage but the first and the last."""
    made.patched("contract.yaml", {"people": {"record": "person", "key": "user_id", "active": "active"}})
    fields = {"user_id": {"type": "text"}, "active": {"type": "yes_no"}}
    made.patched(
        "definitions.yaml",
        {"records": {"lead": {"fields": {"owner": {"type": "text", "person": True}}},
                     "person": {"key": "user_id", "fields": fields}},
         "lifecycles": {"lead": {"stages": {"qualified": {"requires": ["owner"]}}}}},
    )  # fmt: skip
    made.patched("bindings/leads.yaml", {"columns": {"owner": "owner"}})
    made.patched("bindings/people.yaml", {"binds": "person", "columns": {name: name for name in fields}})
    people = [{"user_id": "ann", "active": "true"}, {"user_id": "bob", "active": "false"}]
    made.write("people.csv", ("user_id", "active"), people)
    made.files[-1] = "people=people.csv"
    return made


def owned(made: World, *owners: str) -> World:
    lead = {"region": "AMER", "created_at": STARTED, "started_at": STARTED, "status": "MQL"}
    rows = [{**lead, "lead_id": f"L{n}", "owner": owner} for n, owner in enumerate(owners)]
    return made.write("leads.csv", (*LEAD, "owner"), rows)


def test_f12_leads_of_a_queue_of_nobody_or_of_somebody_who_left_are_told(world: Any) -> None:
    made = owned(staffed(world(keeps=KEEPS)), "ann", "bob", "00G-queue", "")
    told = " ".join(found["message"] for found in made.findings("unowned", *JUNE))
    keys = [key for found in made.findings("unowned", *JUNE) for rows in found["data"] for key in rows["keys"]]
    assert sorted(keys) == ["L1", "L2", "L3"], told


def test_f12_a_clock_goes_on_whoever_owns_the_lead_today(tmp_path: Path) -> None:
    found = [
        {name: row[name] for name in ("key", "start", "due", "elapsed", "outcome")}
        for owner in ("ann", "bob", "00G-queue")
        for row in owned(staffed(World(tmp_path / owner, {"answer": within()})), owner).rows(*JUNE)
    ]
    assert found == [found[0]] * 3


def test_f12_hours_that_follow_the_sun_are_those_of_the_region_and_unclear_where_it_matters_which(world: Any) -> None:
    # From 09:00 to 17:00 in London, which is from 04:00 to 12:00 in New York.
    lead = {"started_at": "2026-06-08T09:00:00+01:00", "answered_at": "2026-06-08T17:00:00+01:00"}
    lead["created_at"] = "2026-06-01T09:00:00Z"
    regions = [{**lead, "region": region} for region in ("EMEA", "AMER", "APAC")]
    made = world(answer=within(calendar="local")).leads(*regions)
    assert [(row["outcome"], row["elapsed"]) for row in made.rows(*JUNE)][:2] == [("late", "28800"), ("met", "10800")]
    assert made.rows(*JUNE)[2]["outcome"] == "unclear"


@pytest.mark.parametrize("own", [0, 5, 12, 40, 70])
def test_f12_a_hundred_countries_choose_hours_and_share_them_or_have_their_own(world: Any, own: int) -> None:
    countries = [f"C{number:02}" for number in range(100)]
    mine = {one: f"of_{one.lower()}" for one in countries[:own]}
    hours = {"time_zone": "America/New_York", "covers": "2026-01-01..2027-12-31"}
    calendars: dict[str, Any] = {
        name: {**hours, "hours": {"mon-fri": f"09:00-{17 + number % 7:02}:00"}}
        for number, name in enumerate(mine.values())
    }
    cases = {one: mine.get(one, "lon" if number % 2 else "ny") for number, one in enumerate(countries)}
    calendars["local"] = {"cases": {"AMER": None, "EMEA": None, **cases}, "otherwise": "ny"}
    lead = {"started_at": "2026-06-08T09:00:00-04:00", "answered_at": "2026-06-09T13:00:00-04:00"}
    lead["created_at"] = "2026-06-01T09:00:00Z"
    made = world(answer=within(hours=8, calendar="local", target="1%"))
    made.patched("contract.yaml", {"calendars": calendars})
    made.patched("definitions.yaml", {"records": {"lead": {"fields": {"region": {"one_of": countries}}}}})
    found = made.leads(*({**lead, "region": one} for one in [*countries, ""])).rows(*JUNE)
    # In London it was 14:00 when it began, and the next day was over when it ended.
    took = {number: 11 if number % 2 else 12 for number in range(100)}
    took |= {number: 12 + number % 7 for number in range(own)}
    assert [float(row["elapsed"]) / 3600 for row in found[:100]] == [took[number] for number in range(100)]
    assert found[100]["outcome"] == "late"


@pytest.mark.parametrize("region", ["", "nowhere"])
def test_f12_a_value_that_nobody_knows_is_no_doubt_where_all_values_have_the_same_hours(
    world: Any, region: str
) -> None:
    lead = {"started_at": "2026-06-08T09:00:00-04:00", "answered_at": "2026-06-08T10:00:00-04:00", "region": region}
    made = world(answer=within(calendar="local"))
    made.patched("contract.yaml", {"calendars": {"local": {"cases": {"EMEA": "ny"}, "otherwise": "ny"}}})
    (row,) = made.leads({**lead, "created_at": "2026-06-01T09:00:00Z"}).rows(*JUNE)
    assert (row["outcome"], row["elapsed"]) == ("met", "3600")


# --- F13: definitions that change behind one's back -------------------------------------------


def test_f13_every_report_and_every_row_says_which_text_judged_and_that_nobody_signed_it(world: Any) -> None:
    lead = {"started_at": STARTED, "answered_at": "2026-06-09 16:00:00"}
    made = world(answer=within(4)).leads(lead)
    before, (row,) = made.report(*JUNE)["contract"], made.rows(*JUNE)
    assert (row["outcome"], row["version"], before["version"], before["state"]) == ("late", "3", 3, "draft")

    # The same June again by a later text: another verdict, under another name.
    made.patched("contract.yaml", {"version": 4, "effective": "2026-07-01"})
    made.patched("responsibilities.yaml", {"responsibilities": {"answer": within(8)}})
    after, (row,) = made.report(*JUNE)["contract"], made.rows(*JUNE)
    assert (row["outcome"], row["version"], after["version"], after["state"]) == ("met", "4", 4, "draft")
    assert before["digest"] != after["digest"]
    assert "Clocks, version 4, draft: nobody has signed this text" in made.ran(*JUNE).out


def test_f13_a_text_that_was_changed_under_its_old_version_has_another_digest(world: Any) -> None:
    made = world(answer=within(4)).leads({"started_at": STARTED})
    digests = [made.report(*JUNE)["contract"]["digest"]]
    made.patched("definitions.yaml", {"terms": {"qualified_lead": {"criteria": {"known": "source is not blank"}}}})
    digests.append(made.report(*JUNE)["contract"]["digest"])
    made.patched("holidays.yaml", {"ny": {"closed": {date(2026, 7, 6): "Bridge day"}}})
    digests.append(made.report(*JUNE)["contract"]["digest"])
    assert len(set(digests)) == 3


# --- F14: values that are edited later --------------------------------------------------------

TIERS = [
    {"name": "hot", "when": "source = 'Chat'", "within": "1 business hours"},
    {"name": "rest", "otherwise": True, "within": "4 business hours"},
]


def test_f14_what_was_noted_at_the_time_decides_and_no_later_edit_of_the_field_beside_it(world: Any) -> None:
    noted = [{**TIERS[0], "when": "case = 'Chat'"}, TIERS[1]]
    lead = {"started_at": STARTED, "answered_at": "2026-06-09 12:00:00", "case": "Chat"}
    made = world(answer=duty(tiers=noted)).leads({**lead, "source": "Chat"}, {**lead, "source": "Web"})
    assert [(row["tier"], row["outcome"]) for row in made.rows(*JUNE)] == [("hot", "late")] * 2


def test_f14_a_value_that_an_edit_took_away_leaves_open_only_what_it_would_decide(world: Any) -> None:
    made = world(answer=duty(tiers=TIERS)).leads(
        *({"started_at": STARTED, "answered_at": f"2026-06-09 {hour}:00"} for hour in ("10:30", "12:00", "15:00"))
    )
    assert [(row["tier"], row["outcome"]) for row in made.rows(*JUNE)] == [("", "met"), ("", "unclear"), ("", "late")]


def test_f14_every_row_names_the_tier_that_it_was_judged_by(world: Any) -> None:
    lead = {"started_at": STARTED, "answered_at": "2026-06-09 12:00:00"}
    made = world(answer=duty(tiers=TIERS, shown_by=["tier"], target="50%")).leads(
        {**lead, "source": "Chat"}, {**lead, "source": "Web"}
    )
    assert [(row["tier"], row["due"][:19]) for row in made.rows(*JUNE)] == [
        ("hot", "2026-06-09T11:00:00"), ("rest", "2026-06-09T14:00:00"),
    ]  # fmt: skip
    assert {part["by"]["tier"]: part["counts"]["met"] for part in made.outcome(*JUNE)["parts"]} == {"hot": 0, "rest": 1}


# --- F15: two holidays, both right ------------------------------------------------------------


def test_f15_a_holiday_holds_in_its_own_calendar_alone(world: Any) -> None:
    # Good Friday in London: from Thursday 16:00 there to Friday 12:00 there.
    lead = {
        "created_at": "2026-04-01T09:00:00Z",
        "started_at": "2026-04-02T16:00:00+01:00",
        "answered_at": "2026-04-03T16:00:00+01:00",
    }
    made = world(answer=within(4, calendar="local")).leads({**lead, "region": "EMEA"}, {**lead, "region": "AMER"})
    assert [(row["outcome"], row["elapsed"]) for row in made.rows("--as-of", "2026-04-30")] == [
        ("met", "3600"), ("late", "28800"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("calendar", "started", "answered", "elapsed"),
    [
        ("ny", "2026-12-24 11:00:00", "2026-12-28 10:00:00", 3 * 3600),  # a half day
        ("ny", "2026-12-24 14:00:00", "2026-12-28 10:00:00", 3600),  # behind its close
        ("ny", "2026-07-02 16:00:00", "2026-07-06 10:00:00", 2 * 3600),  # the day instead of a Saturday
        ("night", "2026-11-25 23:00:00", "2026-11-26 05:00:00", 3600),  # a holiday is a date, and takes the morning
        ("night", "2026-11-26 22:00:00", "2026-11-27 05:00:00", 5 * 3600),  # and what is behind its midnight stays
    ],
)
def test_f15_half_days_days_in_lieu_and_night_shifts(
    world: Any, calendar: str, started: str, answered: str, elapsed: int
) -> None:
    made = world(answer=within(8, calendar=calendar)).leads({"started_at": started, "answered_at": answered})
    assert made.rows("--as-of", "2026-12-31")[0]["elapsed"] == str(elapsed)


def test_f15_where_a_calendar_ends_nothing_is_guessed_and_it_is_told(world: Any) -> None:
    made = world(answer=within(calendar="short")).leads(
        {"started_at": "2026-05-29 10:00:00", "answered_at": "2026-06-02 10:00:00"},
        {"started_at": "2026-06-10 16:00:00"},
        {"started_at": STARTED},
    )
    assert outcomes(made.rows(*JUNE)) == ["unclear", "unclear", "unclear"]
    (found,) = made.findings("outside-calendar", *JUNE)
    assert found["data"][0]["keys"] == ["L0", "L1", "L2"]
    assert outcomes(made.rows("--as-of", "2026-06-10T23:59:59")) == ["unclear", "open", "late"]


def test_f15_the_last_day_that_a_calendar_covers_is_covered_to_its_end(world: Any) -> None:
    made = world(answer=within(calendar="short")).leads({"started_at": "2026-06-10 16:00:00"}, {"started_at": STARTED})
    assert outcomes(made.rows("--as-of", "2026-06-10")) == ["open", "late"]


# --- F16: what is a response ------------------------------------------------------------------


def responding(made: World, *activities: Mapping[str, str]) -> World:
    """Let only an outbound call or mail of a person be a touch."""
    made.patched("contract.yaml", {"lists": {"robots": ["outreach.sync", "import.user"]}})
    made.patched(
        "definitions.yaml",
        {"records": {"activity": {"fields": {"way": {"type": "text", "one_of": ["Outbound", "Inbound"]}}}},
         "terms": {"touch": {"criteria": {"outbound": "way = 'Outbound'"}}}},
    )  # fmt: skip
    made.patched("bindings/activities.yaml", {"columns": {"way": "way"}})
    usual = {"lead_ref": "L0", "at": "2026-06-09 11:00:00", "kind": "Call", "by": "ann", "way": "Outbound"}
    rows = [{"activity_id": f"A{n}", **usual, **activity} for n, activity in enumerate(activities)]
    later = {**usual, "activity_id": "Z", "lead_ref": "other", "at": "2026-06-29 11:00:00"}
    header = ("activity_id", "lead_ref", "at", "kind", "by", "way")
    return made.leads({"started_at": STARTED}).write("activities.csv", header, [*rows, later])


@pytest.mark.parametrize(
    ("activity", "outcome"),
    [
        ({}, "met"),
        ({"kind": "Email"}, "met"),
        ({"by": "outreach.sync"}, "late"),  # a mail of a sequence, or an automatic reply
        ({"by": "import.user"}, "late"),  # many at once, closed by an import
        ({"way": "Inbound"}, "late"),  # the prospect wrote, or booked a meeting
        ({"by": ""}, "unclear"),  # nobody knows who it was
        ({"way": "Both"}, "unclear"),
        ({"by": "", "at": "2026-06-09 15:00:00"}, "late"),  # too late, whoever it was
        ({"at": ""}, "late"),  # planned, and not done so far
        ({"at": "soon"}, "unclear"),
    ],
)
def test_f16_only_what_the_term_means_is_a_response(world: Any, activity: dict[str, str], outcome: str) -> None:
    made = responding(world(answer=within(stops=["touch"])).reads("activities", unreadable="at most 100%"), activity)
    assert outcomes(made.rows(*JUNE)) == [outcome]


def test_f16_the_first_of_several_is_the_response_in_whatever_order_they_stand(world: Any) -> None:
    stamps = ["2026-06-12 11:00:00", "2026-06-09 10:30:00", "2026-06-09 10:10:00", "2026-06-09 09:00:00"]
    made = responding(world(answer=within(stops=["touch"])), *({"at": at} for at in stamps), {"by": "outreach.sync"})
    assert made.rows(*JUNE)[0]["elapsed"] == "600"


def test_f16_a_call_that_was_logged_twice_is_one_try(world: Any) -> None:
    ended = {"started_at": "2026-06-08 09:00:00", "accepted_at": "2026-06-12 09:00:00"}
    day, again = "2026-06-08 10:00:00", "2026-06-08 10:00:01"
    made = (
        world(answer=attempts())
        .leads(ended, ended)
        .activities(
            *touches("L0", day, again, "2026-06-09 10:00:00"),
            *touches("L1", day, "2026-06-08 10:00:02", "2026-06-09 10:00:00"),
            *touches("x", "2026-06-29 10:00:00"),
        )
    )
    assert outcomes(made.rows(*JUNE)) == ["missed", "met"]


# --- F17: percent at the threshold ------------------------------------------------------------


@pytest.mark.parametrize(
    ("met", "of", "target", "status", "percent"),
    [
        (949, 999, "95%", "missed", "94.9"),
        (950, 1000, "95%", "met", "95.0"),
        (19, 20, "95%", "met", "95.0"),
        (18, 20, "95%", "missed", "90.0"),
        (2, 3, "66.66%", "met", "66.66"),
        (2, 3, "66.67%", "missed", "66.66"),
        (1999, 2000, "100%", "missed", "99.9"),
    ],
)
def test_f17_a_share_is_compared_whole_and_never_shown_above_what_it_is(
    world: Any, met: int, of: int, target: str, status: str, percent: str
) -> None:
    answered = {"started_at": STARTED, "answered_at": "2026-06-09 11:00:00"}
    made = world(answer=within(target=f"{target} per month")).leads(
        *[answered] * met, *[{"started_at": STARTED}] * (of - met)
    )
    outcome = made.outcome("--as-of", "2026-07-02", period="2026-06")
    assert (outcome["status"], outcome["bounds"]["lower"]["percent"]) == (status, percent)


def test_f17_of_nothing_there_is_no_share(world: Any) -> None:
    made = world(answer=within(target="95%")).leads({}, {})
    outcome = made.outcome(*JUNE)
    assert (outcome["status"], outcome["bounds"], outcome["counts"]["not_started"]) == ("no data", None, 2)


@pytest.mark.parametrize(("rows", "status"), [(19, "too few"), (20, "missed")])
def test_f17_too_few_rows_are_not_judged(world: Any, rows: int, status: str) -> None:
    made = world(answer=within(target="95%", judge_from=20)).leads(*[{"started_at": STARTED}] * rows)
    assert made.outcome(*JUNE)["status"] == status
    assert bool(made.findings("too-few", *JUNE)) == (status == "too few")


# --- F18: gaps and ties in a history ----------------------------------------------------------

WAY = ("2026-06-08 09:00:00 New > MQL", "2026-06-09 09:00:00 MQL > SAL", "2026-06-10 09:00:00 SAL > Closed")


def kept(made: World, status: str, *stamped: str) -> tuple[str, str]:
    """Say what became of a lead by its history."""
    made.leads({"status": status}).changes(*moves("L0", *stamped))
    (row,) = made.rows(*JUNE)
    return row["outcome"], row["reason"]


def test_f18_a_history_that_stands_newest_first_reads_as_any_other(world: Any) -> None:
    assert kept(world(keeps=KEEPS), "Closed", *reversed(WAY)) == ("met", "")


def test_f18_moves_of_one_second_keep_the_lifecycle_if_one_order_does_and_it_is_told(tmp_path: Path) -> None:
    same = [f"2026-06-08 09:00:00{move[19:]}" for move in WAY]
    for seed in range(3):
        random.Random(seed).shuffle(same)
        made = World(tmp_path / str(seed), {"keeps": KEEPS})
        assert kept(made, "Closed", *same) == ("met", "")
        assert len(made.findings("tie-resolved", *JUNE)) == 1


def test_f18_a_move_that_is_missing_is_a_gap(world: Any) -> None:
    outcome, reason = kept(world(keeps=KEEPS), "Closed", WAY[0], WAY[2])
    assert (outcome, "history-gap" in reason) == ("missed", True)


def test_f18_what_a_history_may_not_hold_is_unclear_and_no_fault(world: Any) -> None:
    made = world(keeps=KEEPS).reads("changes", holds={"by": "at", "since": "2026-06-09"})
    assert kept(made, "Closed", *WAY[1:])[0] == "unclear"


def test_f18_a_closed_lead_that_moves_on_was_reopened(world: Any) -> None:
    outcome, reason = kept(world(keeps=KEEPS), "MQL", *WAY, "2026-06-11 09:00:00 Closed > MQL")
    assert (outcome, "reopened" in reason) == ("missed", True)


def test_f18_lines_that_change_nothing_start_no_clock(world: Any) -> None:
    same = ("2026-06-08 09:10:00 MQL > MQL", "2026-06-08 09:20:00 MQL > MQL")
    made = world(answer=within(**ENTRY)).leads({"status": "SAL"})
    found = made.changes(*moves("L0", WAY[0], *same, "2026-06-08 10:00:00 MQL > SAL")).rows(*JUNE)
    assert [(row["outcome"], row["elapsed"]) for row in found] == [("met", "3600")]


def test_f18_dates_against_their_order_break_the_lifecycle_and_give_no_negative_time(world: Any) -> None:
    lead = {"status": "SAL", "started_at": STARTED, "accepted_at": "2026-06-01 10:00:00"}
    made = world(keeps=KEEPS, answer=within())
    # Who was accepted is never qualified again, or the two dates could be of two rounds.
    made.patched("definitions.yaml", {"lifecycles": {"lead": {"moves": {"accepted": ["closed"]}}}})
    found = {row["duty"]: row for row in made.leads(lead).rows(*JUNE)}
    assert (found["keeps"]["outcome"], found["answer"]["outcome"]) == ("missed", "late")
    assert "-" not in found["answer"]["elapsed"]


# --- F19: who is counted, and when ------------------------------------------------------------


def test_f19_a_clock_is_of_the_period_in_which_it_started_and_no_other(world: Any) -> None:
    lead = {
        "created_at": "2026-04-30 12:00:00", "started_at": "2026-05-29 16:00:00", "answered_at": "2026-06-01 10:00:00",
        "source": "Web",
    }  # fmt: skip
    made = world(
        answer=within(target="50% per month"),
        created=quality(target="50% per month"),
        answered=quality(target="50% per month", dated="answered_at"),
    ).leads(lead)
    assert {row["duty"]: row["period"] for row in made.rows("--as-of", "2026-07-31")} == {
        "answer": "2026-05", "created": "2026-04", "answered": "2026-06",
    }  # fmt: skip


def test_f19_a_period_that_the_export_holds_only_in_part_is_not_covered_and_not_missed(world: Any) -> None:
    made = world(answer=within(target="90% per month"))
    made.reads(holds={"by": "started_at", "since": "2026-05-15"}).leads(
        {"started_at": "2026-05-20 10:00:00"}, {"started_at": STARTED, "answered_at": STARTED}
    )
    assert made.outcome("--as-of", "2026-07-02", period="2026-05")["status"] == "not covered"
    assert made.outcome("--as-of", "2026-07-02", period="2026-06")["status"] == "met"


def test_f19_a_month_that_was_not_over_when_the_leads_were_exported_is_not_judged(world: Any) -> None:
    made = world(answer=within(target="90% per month")).reads(fresh=None)
    made.leads({"started_at": "2026-05-20 10:00:00", "answered_at": "2026-05-20 11:00:00"}, {"started_at": STARTED})
    assert made.outcome("--as-of", "2026-07-31", period="2026-05")["status"] == "met"
    assert made.outcome("--as-of", "2026-07-31", period="2026-06")["status"] in {"running", "not covered"}


def test_f19_touches_of_leads_that_a_filter_left_out_of_the_export_are_told(world: Any) -> None:
    # Only those that are still MQL were exported, so all that were handled are gone.
    handled = [line for n in range(9) for line in touches(f"H{n}", "2026-06-09 11:00:00")]
    made = (
        world(answer=within(stops=["touch"]))
        .leads({"started_at": STARTED, "status": "MQL"})
        .activities(*handled, *touches("L0", "2026-06-29 11:00:00"))
    )
    (found,) = made.findings("no-parent", *JUNE)
    assert found["message"] == "9 rows of `activity` belong to no `lead` of the exports at hand"


def test_f19_rows_without_the_date_of_their_duty_are_in_no_period_and_are_told(world: Any) -> None:
    lead = {"source": "Web", "started_at": STARTED}
    made = world(web=quality(target="50% per month"), answer=within()).leads({**lead, "created_at": ""}, lead)
    periods = [one for one in made.report("--as-of", "2026-07-02")["outcomes"] if one["duty"] == "web"]
    assert sum(one["counts"]["covered"] for one in periods) == sum(one["undated"] for one in periods) == 1
    (found,) = made.findings("undated-rows", "--as-of", "2026-07-02")
    assert found["message"] == "1 row that `web` covers is in no period, because `created_at` is blank or unreadable"


# --- F20: fair to both sides ------------------------------------------------------------------


def quality(**more: Any) -> dict[str, Any]:
    return {
        "owed_by": "marketing",
        "owed_to": "sdr",
        "covers": "lead",
        "must": "source = 'Web'",
        "target": "60%",
        **more,
    }


LATE = {"started_at": STARTED, "answered_at": "2026-06-20 11:00:00"}
IN_TIME = {"started_at": STARTED, "answered_at": "2026-06-09 11:00:00"}


def test_f20_what_leaves_a_duty_for_the_other_sides_lateness_is_counted_and_both_figures_are_shown(world: Any) -> None:
    made = world(answer=within(target="10%"), quality=quality(relieved_by=["answer"])).leads(
        {**IN_TIME, "source": "Web"}, {**LATE, "source": "Chat"}, {**LATE, "source": "Chat"}
    )
    outcome = made.outcome(*JUNE, name="quality")
    assert (outcome["status"], outcome["counts"]["left_out"], outcome["counts"]["relieved"]) == ("met", 2, 2)
    assert (outcome["bounds"]["lower"]["share"], outcome["without_relief"]["lower"]["share"]) == ("1/1", "1/3")


def test_f20_two_duties_never_excuse_each_other(world: Any) -> None:
    made = world(answer={**within(), "relieved_by": ["quality"]}, quality=quality(relieved_by=["answer"])).leads(LATE)
    ran = made.ran(*JUNE)
    assert (ran.code, ran.out) == (2, "")
    assert "`answer` is relieved by itself, by way of `quality`" in ran.err


@pytest.mark.parametrize(
    ("settled", "status", "counts"),
    [
        (None, "unclear", (1, 0, 1, 0)),
        ({"by": "revops", "day": "2026-06-28", "outcome": "stands"}, "missed", (1, 1, 0, 0)),
        ({"by": "revops", "day": "2026-06-28", "outcome": "left_out"}, "met", (1, 0, 0, 1)),
    ],
)
def test_f20_a_row_that_is_disputed_counts_both_ways_until_it_is_settled(
    world: Any, settled: dict[str, str] | None, status: str, counts: tuple[int, ...]
) -> None:
    said = {"duty": "answer", "key": "L1", "raised_by": "sdr", "day": "2026-06-25", "says": "Sent by post."}
    made = world(answer=within(target="90%")).leads(IN_TIME, LATE)
    made.patched("disputes.yaml", {"disputes": [{**said, **({"settled": settled} if settled else {})}]})
    outcome = made.outcome(*JUNE)
    found = tuple(outcome["counts"][name] for name in ("met", "missed", "unclear", "left_out"))
    assert (outcome["status"], found) == (status, counts)


def test_f20_a_lead_that_both_sides_failed_is_named_on_both_sides(world: Any) -> None:
    made = world(answer=within(), quality=quality(target="90%")).leads({**LATE, "source": "Chat"})
    beside = {
        name: [sample["beside"] for sample in made.outcome(*JUNE, name=name)["samples"]]
        for name in ("answer", "quality")
    }
    assert beside == {"answer": [[["quality"]]], "quality": [[["answer"]]]}


def test_f20_every_row_that_is_left_out_is_counted_by_its_rule(world: Any) -> None:
    made = world(answer=within(where="source <> 'Partner'", target="50%"))
    rules = {"test": "case = 'test'", "own": "case like 'own%'"}
    made.patched("definitions.yaml", {"records": {"lead": {"left_out": rules}}}).leads(
        {**LATE, "case": "test", "source": "Web"},
        {**LATE, "case": "own people", "source": "Web"},
        {**LATE, "case": "own test", "source": "Web"},
        {**LATE, "case": "x", "source": "Partner"},
        {**IN_TIME, "case": "x", "source": "Web"},
    )
    found = made.report(*JUNE)
    assert found["left_out"] == [
        {"record": "lead", "name": "test", "count": 1}, {"record": "lead", "name": "own", "count": 2},
    ]  # fmt: skip
    counts = made.outcome(*JUNE)["counts"]
    assert (counts["covered"], counts["left_out"], counts["met"], counts["missed"]) == (2, 1, 1, 0)
    assert outcomes(made.rows(*JUNE)) == ["left out", "met"]
