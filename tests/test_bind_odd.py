"""Whatever an export holds, a draft of it is a file that can be read, with nothing wrong but what is open."""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path

import pytest
import yaml
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


ODD = "Ref,Colour,Created,Owner Email\n1,red,2026-01-02,a@one.example\n2,blue,2026-01-05,b@one.example\n"


@pytest.mark.parametrize("command", [("bind",), ("init", "--yes", "more")])
@pytest.mark.parametrize(
    ("name", "what", "help_"),
    [
        (
            "Our Lead=a.csv",
            "`Our Lead` is no id of a record: small letters, digits and `_` make one",
            "write `our_lead=a.csv`, or give the file alone",
        ),
        ("lead=b.csv", "there is no file `b.csv`", "check the name"),
    ],
)
def test_what_is_said_of_a_file_must_be_an_id_and_the_file_there(
    tmp_path: Path, command: tuple[str, ...], name: str, what: str, help_: str
) -> None:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    (tmp_path / "a.csv").write_text(ODD)
    ran = slacli(*command, name, folder=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"could not run: {what}\n  help: {help_}\n"


def test_what_a_row_is_can_be_said_where_headers_do_not_tell(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ODD)
    ran = slacli("init", "--yes", "lead=a.csv", folder=tmp_path)
    assert ran.code == 1
    begun = yaml.safe_load((tmp_path / "contracts" / "definitions.yaml").read_text("utf-8"))
    assert list(begun["records"]) == ["lead", "opportunity"]
    assert begun["records"]["lead"] == {
        "title": "Lead",
        "dated": "created_at",
        "fields": {
            "created_at": {"type": "date"},
            "ref": {"type": "integer"},
            "colour": {"type": "text"},
            "owner_email": {"type": "text", "format": "email", "personal": True},
        },
    }
    assert yaml.safe_load((tmp_path / "contracts" / "bindings" / "a.yaml").read_text("utf-8"))["binds"] == "lead"


def test_a_record_of_any_name_can_be_said_and_is_judged_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ODD)
    ran = slacli("init", "--yes", "parcel=a.csv", folder=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert "Every row of Parcel has its facts" in ran.out
    assert "a.csv 2 rows, all judged" in ran.out


def test_one_table_given_as_two_records_is_bound_twice(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(ODD)
    slacli("init", "--yes", "lead=a.csv", "opportunity=b.csv", folder=tmp_path)
    bound = [yaml.safe_load(path.read_text("utf-8"))["binds"] for path in (tmp_path / "contracts").glob("bindings/*")]
    assert sorted(bound) == ["lead", "opportunity"]


def test_a_log_of_changes_is_what_is_said_of_it(tmp_path: Path) -> None:
    for name in ("salesforce-leads.csv", "salesforce-history.csv"):
        shutil.copy(ROOT / "examples" / "exports" / name, tmp_path)
    for said, kept in (("", "lead_change"), ("lead_change=", "lead_change"), ("step=", "step")):
        place = f"as-{said.removesuffix('=')}"
        exports = ["salesforce-leads.csv", f"{said}salesforce-history.csv"]
        assert slacli("init", "--yes", place, *exports, folder=tmp_path).code in {0, 1}
        begun = yaml.safe_load((tmp_path / place / "definitions.yaml").read_text("utf-8"))
        assert ("history" in begun["records"][kept]) == (kept == "lead_change")


def test_a_word_of_the_language_is_no_record(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ODD)
    ran = slacli("init", "--yes", "in=a.csv", folder=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "could not run: `in` is a word of the language, and no record can be called so\n"
        "  help: say another: `in_row=a.csv`\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_binding_is_drafted_for_the_record_that_is_said(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    (tmp_path / "a.csv").write_text(ODD)
    said = slacli("bind", "opportunity=a.csv", folder=tmp_path)
    assert said.out.startswith("# ")
    assert said == slacli("bind", "a.csv", "--record", "opportunity", folder=tmp_path)
    twice = slacli("bind", "opportunity=a.csv", "--record", "lead", folder=tmp_path)
    assert twice.code == 2
    assert twice.err == (
        "could not run: `opportunity=a.csv` says that a row is `opportunity`, and `--record` that it is `lead`\n"
        "  help: say it once\n"
    )
