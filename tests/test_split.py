"""`check --by FIELD`: the parts add up to the whole as a recount in plain Python finds them, and are never judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import commands
import pytest
import worlds
from repositories import Repository

from slacli.core.verdict import duties
from slacli.model import Field, FieldType
from slacli.places import Address

QUALITY = {
    "owed_by": "sdr", "owed_to": "marketing", "covers": "lead", "must": "status is not blank",
    "target": "50% per month",
}  # fmt: skip
ENOUGH = {"owed_by": "sdr", "owed_to": "marketing", "volume": {"of": "lead", "per": "month", "at_least": 5}}
COUNTS = ("covered", "met", "missed", "open", "unclear", "left_out", "not_started", "by_silence", "disputed")


def slices(outcome: Mapping[str, Any]) -> dict[tuple[str, str | None], dict[str, Any]]:
    found = {(one["state"], one["value"]): one for one in outcome["slices"]["values"]}
    assert len(found) == len(outcome["slices"]["values"])
    return found


def adds_up(outcome: Mapping[str, Any]) -> None:
    for name in COUNTS:
        assert outcome["counts"][name] == sum(one["counts"][name] for one in slices(outcome).values()), name


def leads(count: int = 300) -> list[dict[str, str]]:
    random = Random(11)
    return [
        {
            "region": random.choice(("AMER", "EMEA", "", "APAC")),
            "status": random.choice(("New", "MQL", "")),
            "case": random.choice(("first", "second")),
            "created_at": f"2026-0{random.choice((5, 6))}-1{random.randrange(10)} 09:00:00",
        }
        for _ in range(count)
    ]


def world(folder: Path, duties: Mapping[str, Any], **fields: Any) -> worlds.World:
    made = worlds.World(folder, duties).reads(unreadable="at most 90%")
    return made.patched("definitions.yaml", {"records": {"lead": {"fields": fields}}}) if fields else made


# --- sums ---------------------------------------------------------------------------------------


def test_the_parts_are_those_of_a_recount_and_add_up_to_the_whole(tmp_path: Path) -> None:
    rows = leads()
    found = world(tmp_path, {"answer": QUALITY}).leads(*rows).report("--by", "region", "--as-of", "2026-07-02")
    judged = [one for one in found["outcomes"] if one["judged"]]
    mine = next(one for one in judged if one["duty"] == "answer")
    assert mine["period"]["name"] == "2026-06"
    june = [row for row in rows if row["created_at"].startswith("2026-06")]
    states = {"": ("blank", None), "APAC": ("not allowed", None)}
    wanted = Counter((states.get(row["region"], ("value", row["region"])), bool(row["status"])) for row in june)
    told = {which: one["counts"] for which, one in slices(mine).items()}
    assert {(which, True): counts["met"] for which, counts in told.items()} | {
        (which, False): counts["missed"] for which, counts in told.items()
    } == wanted
    for one in judged:
        adds_up(one)
    amer = slices(mine)["value", "AMER"]
    met, missed = amer["counts"]["met"], amer["counts"]["missed"]
    numerator, denominator = map(int, amer["bounds"]["lower"]["share"].split("/"))
    assert numerator * (met + missed) == met * denominator


def test_the_most_rows_come_first_and_cells_without_a_value_last(tmp_path: Path) -> None:
    rows = [{"region": name} for name in ("", "", "", "EMEA", "EMEA", "AMER", "APAC")]
    outcome = world(tmp_path, {"answer": {**QUALITY, "target": "50%"}}).leads(*rows).outcome("--by", "region")
    assert list(slices(outcome)) == [("value", "EMEA"), ("value", "AMER"), ("blank", None), ("not allowed", None)]


def test_a_cell_that_cannot_be_read_stands_apart_from_a_blank_one(tmp_path: Path) -> None:
    made = world(tmp_path, {"answer": {**QUALITY, "target": "50%"}}, case={"type": "integer"})
    made.leads(*({"case": text} for text in ("1", "1", "007", "", "x", "x y")))
    outcome = made.outcome("--by", "case")
    assert {which: one["counts"]["covered"] for which, one in slices(outcome).items()} == {
        ("value", "1"): 2, ("value", "7"): 1, ("blank", None): 1, ("unreadable", None): 2,
    }  # fmt: skip
    adds_up(outcome)
    printed = made.ran("--by", "case").out
    assert "case (blank)" in printed
    assert "case (unreadable)" in printed


def test_a_value_that_reads_like_a_missing_one_stays_a_value_for_machines(tmp_path: Path) -> None:
    made = world(tmp_path, {"answer": {**QUALITY, "target": "50%"}}).leads({"case": "(blank)"}, {"case": ""})
    assert set(slices(made.outcome("--by", "case"))) == {("value", "(blank)"), ("blank", None)}


def test_what_the_contract_reads_alike_is_one_value(tmp_path: Path) -> None:
    made = world(tmp_path, {"answer": {**QUALITY, "target": "50%"}}, case={"ignore_case": True})
    made.leads(*({"case": text} for text in ("web", "Web", "WEB", "chat")))
    assert {value: one["counts"]["covered"] for (_, value), one in slices(made.outcome("--by", "case")).items()} == {
        "WEB": 3, "chat": 1,
    }  # fmt: skip


def test_a_row_that_only_another_export_holds_stands_apart(tmp_path: Path) -> None:
    made = world(tmp_path, {"answer": {**QUALITY, "target": "50%"}}, team={"type": "text"})
    made.patched("bindings/leads.yaml", {"joins_on": "lead_id"})
    teams = {"binds": "lead", "matches": ["who"], "joins_on": "lead_id", "columns": {"lead_id": "who", "team": "team"}}
    made.patched("bindings/teams.yaml", teams).leads({"status": "New"}, {"status": "New"}, {})
    made.write("teams.csv", ("who", "team"), [{"who": "L0", "team": "East"}, {"who": "L1", "team": ""}])
    outcome = made.outcome("--by", "team")
    assert {which: one["counts"]["covered"] for which, one in slices(outcome).items()} == {
        ("value", "East"): 1, ("blank", None): 1, ("not bound", None): 1,
    }  # fmt: skip
    adds_up(outcome)


def test_yes_and_no_and_numbers_read_as_people_write_them(tmp_path: Path) -> None:
    fields = {"case": {"type": "yes_no"}, "source": {"type": "number", "one_of": None}}
    made = world(tmp_path, {"answer": {**QUALITY, "target": "50%"}}, **fields)
    made.leads({"case": "true", "source": "1.50"}, {"case": "no", "source": "20"})
    assert set(slices(made.outcome("--by", "case"))) == {("value", "yes"), ("value", "no")}
    assert set(slices(made.outcome("--by", "source"))) == {("value", "1.5"), ("value", "20")}


# --- kinds of duties ------------------------------------------------------------------------------


def test_every_run_of_a_clock_counts_by_the_value_at_its_row(tmp_path: Path) -> None:
    clock = worlds.duty(stops=None, every="touch", until=["accepted_at"], within="2 business days", target="90%")
    made = world(tmp_path, {"answer": clock})
    made.leads(
        {"lead_id": "A", "region": "AMER", "started_at": "2026-06-01 09:00:00", "accepted_at": "2026-06-30 10:00:00"},
        {"lead_id": "B", "region": "EMEA", "started_at": "2026-06-03 09:00:00", "accepted_at": "2026-06-05 10:00:00"},
    )
    made.activities(
        *worlds.touches("A", "2026-06-01 10:00:00", "2026-06-02 10:00:00", "2026-06-20 10:00:00"),
        *worlds.touches("B", "2026-06-03 10:00:00"),
    )
    outcome = made.outcome("--by", "region", "--as-of", "2026-07-31")
    wanted = Counter(row["key"] for row in made.rows("--as-of", "2026-07-31"))
    told = {value: one["counts"]["covered"] for (_, value), one in slices(outcome).items()}
    assert told == {"AMER": wanted["A"], "EMEA": wanted["B"]}
    assert told["AMER"] > 1
    adds_up(outcome)


def test_a_volume_is_counted_by_value_and_judged_whole(tmp_path: Path) -> None:
    rows = [{"region": name, "created_at": "2026-06-03 09:00:00"} for name in ("AMER", "AMER", "EMEA", "", "AMER")]
    rows += [{"region": "EMEA", "created_at": f"2026-0{month}-01 00:00:00"} for month in (5, 7)]
    made = world(tmp_path, {"answer": ENOUGH}).leads(*rows)
    outcome = made.outcome("--by", "region", "--as-of", "2026-07-01", period="2026-06")
    assert outcome["status"] == "met"
    told = {which: one["bounds"]["lower"]["number"] for which, one in slices(outcome).items()}
    assert told == {("value", "AMER"): 3, ("value", "EMEA"): 1, ("blank", None): 1}
    adds_up(outcome)
    assert "region AMER" in made.ran("--by", "region", "--as-of", "2026-07-01").out


def test_a_disputed_row_counts_where_its_value_stands(tmp_path: Path) -> None:
    made = world(tmp_path, {"answer": {**QUALITY, "target": "50%"}})
    made.leads({"region": "AMER"}, {"region": "EMEA", "status": "New"})
    dispute = {"duty": "answer", "key": "L0", "raised_by": "marketing", "day": date(2026, 6, 2), "says": "a duplicate"}
    made.patched("disputes.yaml", {"disputes": [dispute]})
    outcome = made.outcome("--by", "region")
    assert slices(outcome)["value", "AMER"]["counts"]["disputed"] == 1
    adds_up(outcome)


# --- verdicts stay ------------------------------------------------------------------------------


def test_it_changes_no_verdict_and_judges_no_part(tmp_path: Path) -> None:
    made = world(tmp_path, {"answer": QUALITY, "enough": ENOUGH}).leads(*leads())
    plain, split = (made.report(*more, "--judge", "all") for more in ((), ("--by", "region")))
    assert split.pop("by") == {"field": "region", "not_split": []}
    for outcome in split["outcomes"]:
        for one in outcome.pop("slices", {"values": []})["values"]:
            assert set(one) == {"value", "state", "counts", "bounds"}
    assert split == plain


def test_only_judged_periods_are_split_and_else_the_last_with_rows(tmp_path: Path) -> None:
    made = world(tmp_path, {"answer": QUALITY}).leads(*leads())

    def split(*options: str) -> list[str]:
        found = made.report("--by", "region", *options)["outcomes"]
        return [one["period"]["name"] for one in found if one["duty"] == "answer" and "slices" in one]

    assert split("--as-of", "2026-07-02") == ["2026-06"]
    assert split("--as-of", "2026-07-02", "--judge", "all") == ["2026-05", "2026-06"]
    assert split("--as-of", "2026-05-20") == ["2026-05"]


def test_the_quiet_form_has_no_figures(tmp_path: Path) -> None:
    made = world(tmp_path, {"answer": QUALITY}).leads(*leads())
    assert made.ran("--by", "region", "--quiet").out == made.ran("--quiet").out


def test_standard_input_is_split_as_a_file_is(tmp_path: Path) -> None:
    made = world(tmp_path, {"answer": QUALITY}).leads(*leads())
    text = (tmp_path / "leads.csv").read_bytes()
    piped = commands.report("check", "-", "--by", "region", folder=tmp_path, stdin=text)
    assert piped["outcomes"] == made.report("--by", "region")["outcomes"]


# --- what cannot be split -----------------------------------------------------------------------


def test_a_field_that_no_export_binds_is_said_and_nothing_else_changes(tmp_path: Path) -> None:
    made = world(tmp_path, {"answer": {**QUALITY, "target": "50%"}}, team={"type": "text"}).leads({"status": "New"})
    found = made.report("--by", "team")
    reason = "no export at hand binds `lead.team`"
    assert found["by"]["not_split"] == [{"duty": name, "reason": reason} for name in ("answer", "region")]
    assert not any("slices" in one for one in found["outcomes"])
    assert made.ran("--by", "team").out.count("no export at hand") == 1


def test_duties_of_another_record_are_said_once(tmp_path: Path) -> None:
    made = world(tmp_path, {"answer": {**QUALITY, "target": "50%"}}).leads({"status": "New"})
    ran = made.ran("--by", "stage")
    assert ran.code in {0, 1}
    assert ran.out.count("`lead` has no field `stage`") == 1
    assert "Not split" in ran.out


@pytest.mark.parametrize(
    ("field", "patch", "said"),
    [
        ("regoin", {}, "did you mean `region`?"),
        ("led.region", {}, "did you mean `lead.region`?"),
        ("lead.regoin", {}, "did you mean `region`?"),
        ("region", {"region": {"personal": True}}, "`lead.region` is personal"),
        ("created_at", {}, "is a time"),
        ("lead_id", {}, "tells rows apart"),
        ("", {}, "names no field"),
        ("lead.", {}, "names no field"),
        (".", {}, "names no field"),
        ("zzz\x1b[31m", {}, "names no field"),
    ],
)
def test_a_field_that_splits_nothing_ends_the_run_with_the_reason(
    tmp_path: Path, field: str, patch: Mapping[str, Any], said: str
) -> None:
    made = world(tmp_path, {"answer": worlds.duty(within="4 hours", target="50%")}, **patch).leads({"region": "AMER"})
    ran = made.ran("--by", field)
    assert ran.code == 2
    assert said in ran.err
    assert "\x1b" not in ran.err
    assert "AMER" not in ran.text


def test_a_log_shows_only_values_that_the_contract_tells(tmp_path: Path) -> None:
    made = world(tmp_path, {"answer": {**QUALITY, "target": "50%"}}).leads({"region": "AMER", "case": "Canary"})

    def logged(field: str) -> commands.Ran:
        return commands.slacli("check", "leads.csv", "--by", field, folder=tmp_path, env={"CI": "true"})

    assert "region AMER" in logged("region").out
    assert logged("case").code == 2
    assert "`CI=true`" in logged("case").err
    assert "Canary" not in logged("case").text
    made.patched("responsibilities.yaml", {"responsibilities": {"answer": {"shown_by": ["case"]}}})
    assert "case Canary" in logged("case").out


# --- many values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("many", "shown", "rest"), [(21, 21, 0), (22, 20, 2), (60, 20, 40)])
def test_twenty_values_are_shown_and_the_others_in_one_line(tmp_path: Path, many: int, shown: int, rest: int) -> None:
    made = world(tmp_path, {"answer": {**QUALITY, "target": "50%"}})
    made.leads(*({"case": f"c{n:02}", "status": "New"} for n in range(many)))
    block = made.ran("--by", "case").out.split("region is not blank")[0].split("A lead comes")[0]
    lines = [line for line in block.splitlines() if line.strip().startswith("case c")]
    of_one = lines[: len(lines) // 2]
    assert len(of_one) == shown
    assert (f"and {rest} more (--long)" in block) == bool(rest)
    whole = made.ran("--by", "case", "--long").out
    assert sum(line.strip().startswith("case c") for line in whole.splitlines()) == 2 * many
    assert len(slices(made.outcome("--by", "case"))) == many


@pytest.mark.parametrize("width", ["40", "60", "100"])
def test_no_line_is_wider_than_the_screen(tmp_path: Path, width: str) -> None:
    made = world(tmp_path, {"answer": {**QUALITY, "target": "50%"}})
    made.leads({"case": "x" * 150}, {"case": "::error::y"}, {"case": "漢字" * 30})
    ran = commands.slacli("check", "leads.csv", "--by", "case", folder=tmp_path, env={"COLUMNS": width})
    assert max(map(len, ran.out.splitlines())) <= int(width)
    assert "::error::" not in ran.out


# --- several versions -----------------------------------------------------------------------------


def versions(folder: Path, *second: tuple[str, Mapping[str, Any]]) -> tuple[worlds.World, Sequence[dict[str, str]]]:
    repository = Repository(folder / "work")
    made = worlds.World(repository.top, {"answer": QUALITY}).reads(unreadable="at most 90%")
    made.patched("contract.yaml", {"version": 1, "effective": date(2026, 1, 1)})
    repository.commit("Version 1")
    for file, patch in second:
        made.patched(file, patch)
    made.patched("contract.yaml", {"version": 2, "effective": date(2026, 6, 1), "amendment": "why not"})
    repository.commit("Version 2")
    rows = leads()
    made.leads(*rows)
    return made, rows


def test_each_version_splits_the_rows_that_it_judges(tmp_path: Path) -> None:
    made, rows = versions(tmp_path)
    found = made.report("--by-version", "--by", "region", "--judge", "all", "--as-of", "2026-07-02")["outcomes"]
    mine = {one["period"]["name"]: one for one in found if one["duty"] == "answer" and "slices" in one}
    assert {name: one["version"] for name, one in mine.items()} == {"2026-05": 1, "2026-06": 2}
    for name, one in mine.items():
        adds_up(one)
        amer = [row for row in rows if row["created_at"].startswith(name) and row["region"] == "AMER"]
        assert slices(one)["value", "AMER"]["counts"]["covered"] == len(amer)


def test_a_field_that_had_another_name_is_found_under_it(tmp_path: Path) -> None:
    renamed = (
        ("definitions.yaml", {"records": {"lead": {"fields": {
            "ticket": {"type": "text", "was": "case"}, "case": None,
        }}}}),
        ("bindings/leads.yaml", {"matches": ["lead_id", "region"], "columns": {"ticket": "case", "case": None}}),
    )  # fmt: skip
    made, _ = versions(tmp_path, *renamed)
    found = made.report("--by-version", "--by", "ticket", "--judge", "all", "--as-of", "2026-07-02")["outcomes"]
    mine = {one["version"]: one for one in found if one["duty"] == "answer" and "slices" in one}
    assert {number: one["slices"]["field"] for number, one in mine.items()} == {1: "case", 2: "ticket"}
    for one in mine.values():
        adds_up(one)


def test_a_version_that_calls_a_field_personal_does_not_show_it(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "work")
    made = worlds.World(repository.top, {"answer": QUALITY})
    made.patched("definitions.yaml", {"records": {"lead": {"fields": {"case": {"personal": True}}}}})
    made.patched("contract.yaml", {"version": 1, "effective": date(2026, 1, 1)})
    repository.commit("Version 1")
    made.patched("definitions.yaml", {"records": {"lead": {"fields": {"case": {"personal": None}}}}})
    made.patched("contract.yaml", {"version": 2, "effective": date(2026, 6, 1), "amendment": "why not"})
    repository.commit("Version 2")
    made.leads(
        {"case": "Canary", "created_at": "2026-05-05 09:00:00"}, {"case": "Open", "created_at": "2026-06-05 09:00:00"}
    )
    ran = made.ran("--by-version", "--by", "case", "--judge", "all", "--as-of", "2026-07-02")
    assert "case Open" in ran.out
    assert "Canary" not in ran.text
    assert "(version 1)" in ran.out


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("number", "12.500000", "12.5"), ("number", "12.000000", "12"), ("number", "100", "100"),
        ("integer", "100", "100"), ("yes_no", "true", "yes"), ("yes_no", "false", "no"), ("text", "1.50", "1.50"),
    ],
)  # fmt: skip
def test_values_are_written_as_people_write_them(kind: FieldType, value: str, told: str) -> None:
    assert duties.written(value, Field("shown", kind, Address("definitions.yaml"))) == told
