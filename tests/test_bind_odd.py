"""Whatever an export holds, a draft of it is a file that can be read, with nothing wrong but what is open."""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path

import pytest
from commands import slacli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parent.parent
HEADERS = (
    "Lead ID", "lead_id", "Email", "Source", "Lead Source", "Budget", "Create Date", "CREATEDDATE", "MQL Date",
    "Region", "Status: all", "a # b", '"quoted"', "it's", "- x", "? y", "{z}", "[w]",
    "*a", "&b", "!c", "%d", "@e", "`f`", "yes",
    "no", "null", "~", "1", "01", "1e3", "17:00", "2026-01-31", "", " ", "\u00a0Lead ID", "Re\u0301gion", "\u202eLead",
    "Lead\nID", "K\u00f6ln", "\u0421ompany", "\U0001f600", "x" * 300, "\\n", "key:", ": value", "#", "<<", "=", "\t",
)  # fmt: skip
CELLS = (
    "", " ", "1", "0", "Web", "web", "WEB ", "Event", "Fair", "N/A", "-", "yes", "no", "X", "?", "#", "a: b", "'",
    '"', "\\",
    "2026-01-31", "2026-01-31 10:00", "2026-01-31T10:00:00Z", "31/01/2026", "01/31/2026", "03/04/2026", "1,000.50",
    "1.000,50", "1.500", "$5", "a@b.co", "\u202ex", "line\nend", "AMER", "emea", "\u00e9", "n\u0303", "true",
    "999999999999",
)  # fmt: skip
TABLES = st.tuples(
    st.lists(st.sampled_from(HEADERS), min_size=1, max_size=8),
    st.lists(st.lists(st.sampled_from(CELLS), min_size=8, max_size=8), min_size=1, max_size=12),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd")


def table(headers: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(row[: len(headers)] for row in rows)
    return text.getvalue()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TABLES)
def test_a_draft_can_always_be_read(folder: Path, found: tuple[list[str], list[list[str]]]) -> None:
    export = folder / "odd.csv"
    export.write_text(table(*found), encoding="utf-8")
    binding = folder / "contracts" / "bindings" / "odd.yaml"
    for name in ("contract.yaml", "definitions.yaml", "responsibilities.yaml", "goals.yaml"):
        path = folder / "contracts" / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_text((ROOT / "tests" / "contracts" / "leads" / name).read_text("utf-8"), encoding="utf-8")
    binding.unlink(missing_ok=True)
    ran = slacli("bind", "odd.csv", "--record", "lead", "--write", folder=folder)
    if ran.code == 2:
        assert not binding.exists()
        return
    told = slacli("validate", folder=folder)
    assert {*re.findall(r"^error\[([a-z-]+)\]", told.out, re.MULTILINE)} == ({"open-question"} if ran.code else set())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TABLES)
def test_what_is_begun_can_always_be_read(
    tmp_path_factory: pytest.TempPathFactory, found: tuple[list[str], list[list[str]]]
) -> None:
    folder = tmp_path_factory.mktemp("begun")
    (folder / "odd.csv").write_text(table(*found), encoding="utf-8")
    ran = slacli("init", "--yes", "contracts", "odd.csv", folder=folder)
    if ran.code == 2:
        assert [path.name for path in folder.rglob("*")] == ["odd.csv"]
        return
    told = slacli("validate", folder=folder)
    assert {*re.findall(r"^error\[([a-z-]+)\]", told.out, re.MULTILINE)} == ({"open-question"} if ran.code else set())


@pytest.mark.parametrize("command", [("bind",), ("init", "--yes")])
def test_a_file_behind_what_its_rows_are_is_asked_for_alone(tmp_path: Path, command: tuple[str, ...]) -> None:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    (tmp_path / "leads.csv").write_text("Lead ID,Email\n1,\n")
    ran = slacli(*command, "lead=leads.csv", folder=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "could not run: `lead=leads.csv` says what a row is, and here the headers of a file tell that\n"
        "  help: give the file alone: `leads.csv`; `slacli bind` takes `--record lead` besides\n"
    )
