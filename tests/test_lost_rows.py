"""Rows that are lost while a file becomes text are told one by one, however many they are, and add up."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import workbooks
from commands import report, slacli

CONTRACT = Path(__file__).parent / "contracts" / "leads"
NAMES = ("Lead ID", "Email", "Company", "Lead Source", "Region", "Budget", "Create Date", "MQL Date", "Reason")
TWICE = "a name that stands twice in one object"
NO_JSON = "a line that is no JSON"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    shutil.copytree(CONTRACT, tmp_path / "contracts")
    return tmp_path


def cells(number: int) -> tuple[str, ...]:
    return f"L{number}", "a@one.example", "One", "Web", "AMER", "25000", "2026-02-02 09:00", "2026-02-03 10:00", ""


def good(number: int) -> str:
    return json.dumps(dict(zip(NAMES, cells(number), strict=True)))


def twice(number: int) -> str:
    return f'{good(number)[:-1]}, "Region": "EMEA"}}'


def told(work: Path) -> list[tuple[int, int, str, str]]:
    with (work / "rejects.csv").open(encoding="utf-8", newline="") as file:
        return [(int(one["row"]), int(one["line"] or 0), one["kind"], one["reason"]) for one in csv.DictReader(file)]


def rejected(work: Path, name: str, content: str | bytes) -> tuple[str, list[tuple[int, int, str, str]]]:
    """What the program says of a file of which too many rows are lost, and the rows that it lists."""
    (work / name).write_bytes(content.encode() if isinstance(content, str) else content)
    ran = slacli("check", name, "--rejects", "rejects.csv", folder=work)
    assert ran.code == 2
    return ran.err, told(work)


def test_every_broken_line_of_json_is_told_beyond_the_first_thousand(work: Path) -> None:
    lines = ["{broken" if n % 3 == 1 else twice(n) if n % 3 == 2 else good(n) for n in range(4_500)]
    said, found = rejected(work, "leads.jsonl", "\n".join(lines) + "\n")
    assert "3,000 rows of `leads.jsonl` cannot be read" in said
    reasons = {1: NO_JSON, 2: TWICE}
    assert found == [(n + 1, n + 1, "unreadable", reasons[n % 3]) for n in range(4_500) if n % 3]


def test_every_broken_object_of_an_array_is_told_by_its_place(work: Path) -> None:
    objects = [twice(n) if n % 2 else good(n) for n in range(2_400)]
    said, found = rejected(work, "leads.json", "[" + ",\n".join(objects) + "]")
    assert "1,200 rows of `leads.json` cannot be read" in said
    assert found == [(n + 1, n + 1, "unreadable", TWICE) for n in range(2_400) if n % 2]


def test_rows_of_a_workbook_that_are_lost_are_told_beyond_the_first_thousand(work: Path) -> None:
    def row(number: int) -> Sequence[workbooks.Value]:
        wrong = workbooks.Cell("1234567890123456789")
        return [wrong if number % 2 else f"L{number}", *cells(number)[1:]]

    sheet = workbooks.Sheet([list(NAMES), *map(row, range(2_400))])
    said, found = rejected(work, "leads.xlsx", workbooks.book({"Leads": sheet}))
    assert "1,200 rows of `leads.xlsx` cannot be read" in said
    assert [(at, line, kind) for at, line, kind, _ in found] == [
        (n + 2, n + 2, "unreadable") for n in range(2_400) if n % 2
    ]


def test_lost_lines_and_blank_ones_and_rows_of_json_add_up(work: Path) -> None:
    lines = [good(1), "", "{broken", good(2), "", "", twice(3), good(4), good(4), "[1]"]
    (work / "leads.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (file,) = report("check", "leads.jsonl", "--rejects", "rejects.csv", folder=work)["files"]
    assert (file["rows"]["total"], file["rows"]["cut"], file["rows"]["unreadable"]) == (10, 3, 3)
    assert [(at, kind) for at, _, kind, _ in told(work)] == [
        (3, "unreadable"),
        (7, "unreadable"),
        (9, "repeated"),
        (10, "unreadable"),
    ]
