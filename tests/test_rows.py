"""The files of rows beside a report: each row that was not judged stands in one, and none holds what is personal."""

from __future__ import annotations

import csv
import random
import shutil
import stat
from collections import Counter
from pathlib import Path

import pytest
from commands import report, slacli

HERE = Path(__file__).parent
HEAD = b"Lead ID,Email,Company,Lead Source,Region,Budget,Create Date,MQL Date,Reason\n"
GOOD = b"L%d,ann@one.example,One,Web,AMER,25000,2026-02-02 09:00:00,2026-02-03 10:00:00,\n"
SHORT = b"L%d,ann@one.example,One\n"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    shutil.copytree(HERE / "contracts" / "leads", tmp_path / "contracts")
    return tmp_path


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_unreadable_row_is_told_beyond_the_first_thousand(work: Path) -> None:
    rows = [(SHORT if n % 3 == 0 else GOOD) % n for n in range(9_000)]
    (work / "leads.csv").write_bytes(HEAD + b"".join(rows))
    ran = slacli("check", "leads.csv", "--rejects", "rejects.csv", folder=work)
    assert ran.code == 2, "a third of the file is more than the binding accepts"
    assert "3,000 rows of `leads.csv` cannot be read" in ran.err
    found = lines(work / "rejects.csv")
    assert [(int(one["row"]), int(one["line"])) for one in found] == [(n + 2, n + 2) for n in range(0, 9_000, 3)]
    assert {(one["kind"], one["reason"]) for one in found} == {("unreadable", "3 cells where the header has 9")}


def test_rejects_add_up_to_the_account_of_the_file(work: Path) -> None:
    twice, other = GOOD % 1, (GOOD % 2).replace(b"25000", b"26000")
    (work / "a.csv").write_bytes(HEAD + b"\n" + GOOD % 1 + twice + SHORT % 7 + GOOD % 2 + b"\n" + other + GOOD % 3)
    (work / "b.csv").write_bytes(HEAD + twice.replace(b"Web", b"Fax") + GOOD % 4 + SHORT % 8 + GOOD % 5)
    found = report("check", "a.csv", "b.csv", "--rejects", "rejects.csv", folder=work)
    written = lines(work / "rejects.csv")
    for file in found["files"]:
        kinds = Counter(one["kind"] for one in written if one["file"] == file["name"])
        for kind in ("unreadable", "repeated", "contradictory"):
            assert kinds[kind] == file["rows"][kind]
    assert [(one["file"], one["row"], one["kind"]) for one in written] == [
        ("a.csv", "3", "contradictory"),
        ("a.csv", "4", "contradictory"),
        ("a.csv", "5", "unreadable"),
        ("a.csv", "6", "contradictory"),
        ("a.csv", "8", "contradictory"),
        ("b.csv", "2", "contradictory"),
        ("b.csv", "2", "not allowed cell"),
        ("b.csv", "4", "unreadable"),
    ]


def test_a_file_of_rows_is_for_its_owner_alone_and_holds_no_personal_value(work: Path) -> None:
    bad = (GOOD % 9).replace(b"ann@one.example", b"canary at home")
    (work / "leads.csv").write_bytes(HEAD + b"".join(GOOD % n for n in range(1, 5)) + bad + SHORT % 3)
    slacli("check", "leads.csv", "--rejects", "rejects.csv", "--rows", "rows.csv", folder=work)
    for name in ("rejects.csv", "rows.csv"):
        path = work / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not {"canary", "ann@one"} & set(path.read_text(encoding="utf-8").replace(" ", ",").split(","))
    assert [(one["field"], one["key"]) for one in lines(work / "rejects.csv")] == [("email", "L9"), ("", "")]


def test_rejects_of_two_exports_of_one_record_are_told_for_each(work: Path) -> None:
    (work / "contracts" / "bindings" / "other.yaml").write_text(
        "binds: lead\njoins_on: lead_id\nmatches: [Lead, Budget 2]\nreads: {unreadable: at most 90%}\n"
        "columns: {lead_id: Lead, reason: Why}\n",
        encoding="utf-8",
    )
    leads = work / "contracts" / "bindings" / "leads.yaml"
    told = leads.read_text(encoding="utf-8").replace("  reason: Reason\n", "")
    leads.write_text(f"joins_on: lead_id\n{told}", encoding="utf-8")
    (work / "leads.csv").write_bytes(HEAD + GOOD % 1 + SHORT % 2)
    (work / "other.csv").write_bytes(b"Lead,Why,Budget 2\nL1,a,1\nL1,b,1\nL2\nL1,a,2\n")
    ran = slacli("check", "leads.csv", "other.csv", "--rejects", "rejects.csv", folder=work)
    assert ran.code == 2, ran.text
    assert [(one["file"], one["row"], one["kind"], one["key"]) for one in lines(work / "rejects.csv")] == [
        ("leads.csv", "3", "unreadable", ""),
        ("other.csv", "2", "contradictory", "L1"),
        ("other.csv", "3", "contradictory", "L1"),
        ("other.csv", "4", "unreadable", ""),
        ("other.csv", "5", "contradictory", "L1"),
    ]


def test_what_is_listed_as_csv_is_what_the_screen_lists(work: Path) -> None:
    shutil.copytree(HERE / "cases" / "check" / "rows" / "data", work, dirs_exist_ok=True)
    for judge in ("latest", "all"):
        found = report("check", "leads.csv", "--list", "mql_quality", "--judge", judge, folder=work)
        ran = slacli("check", "leads.csv", "--list", "mql_quality", "--judge", judge, "--format", "csv", folder=work)
        shown = [
            row
            for one in found["outcomes"]
            if one["duty"] == "mql_quality" and one["judged"]
            for sample in one["samples"]
            for row in zip(sample["keys"], sample["rows"], strict=True)
        ]
        told = [(one["key"], int(one["row"])) for one in csv.DictReader(ran.out.splitlines())]
        assert sorted(told) == sorted(shown)
        assert len(told) > 3
        assert ran.code == 1


@pytest.mark.parametrize("listed", ["", "mql_quality"])
def test_beside_each_period_stand_its_first_rows_of_all_files(work: Path, listed: str) -> None:
    rng = random.Random(7)
    names = ("a.csv", "b.csv")
    for number, name in enumerate(names):
        rows = []
        for n in range((40, 300)[number]):
            day = f"2026-{rng.randint(1, 6):02}-{rng.randint(1, 28):02} 10:00:00"
            budget = rng.choice(["25000", "25000", "500", ""])
            region, reason = rng.choice(["AMER", "EMEA"]), rng.choice(["", "too small"])
            qualified = day if n % 5 else ""
            rows.append(f"L{number}{n:03},ann@one.example,One,Web,{region},{budget},{day},{qualified},{reason}\n")
        (work / name).write_bytes(HEAD + "".join(rows).encode())
    listing = ["--list", listed] if listed else []
    given = [*names, "--judge", "all", "--as-of", "2026-08-01", "--rows", "rows.csv", *listing]
    found = report("check", *given, folder=work)
    written = lines(work / "rows.csv")
    told = several = 0
    for outcome in found["outcomes"]:
        if outcome["status"] in {"missed", "unclear"}:
            period = outcome["period"]["name"] if outcome["duty"] == "mql_quality" else ""
            # What is listed are the misses, whatever came of the period.
            where = (outcome["duty"], period, "missed" if outcome["duty"] == listed else outcome["status"])
            mine = [one for one in written if (one["duty"], one["period"], one["outcome"]) == where]
            beside = [
                (one["file"], *pair)
                for one in outcome["samples"]
                for pair in zip(one["keys"], one["rows"], strict=True)
            ]
            shown = len(mine) if where[0] == listed else 3
            assert beside == [(one["file"], one["key"], int(one["row"])) for one in mine[:shown]]
            assert sum(one["more"] for one in outcome["samples"]) == len(mine[shown:])
            told += 1
            several += len(outcome["samples"]) > 1
    assert told > 4, "a test of several periods"
    assert several > 1, "a test of several files beside one period"
