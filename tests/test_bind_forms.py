"""`slacli bind` and `slacli init` read whatever `slacli check` reads, and a workbook may hold several exports."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb
import pytest
import yaml
from commands import report, slacli
from workbooks import Sheet, book

LEADS: Sequence[Sequence[str]] = (
    ("Lead ID", "Email", "Lead Status", "Created Date"),
    *((f"L{n}", f"p{n}@x.org", ("New", "MQL", "SAL")[n % 3], f"2026-01-{n % 28 + 1:02}") for n in range(1, 31)),
)
DEALS: Sequence[Sequence[str]] = (
    ("Opportunity ID", "Stage", "Amount", "Close Date"),
    *((f"D{n}", ("Open", "Closed Won")[n % 2], f"{n}00", f"2026-02-{n % 28 + 1:02}") for n in range(1, 21)),
)


def as_csv(rows: Sequence[Sequence[str]], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def as_lines(rows: Sequence[Sequence[str]]) -> bytes:
    return b"".join(json.dumps(dict(zip(rows[0], row, strict=True))).encode() + b"\n" for row in rows[1:])


def as_parquet(rows: Sequence[Sequence[str]], folder: Path) -> bytes:
    source, made = folder / "source.csv", folder / "made.parquet"
    source.write_bytes(as_csv(rows))
    duckdb.sql(f"COPY (FROM read_csv('{source}', all_varchar = true)) TO '{made}' (FORMAT parquet)")
    return made.read_bytes()


def as_zip(rows: Sequence[Sequence[str]]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("leads.csv", as_csv(rows))
    return made.getvalue()


FORMS: Mapping[str, Callable[[Path], bytes]] = {
    "leads.csv": lambda _: as_csv(LEADS),
    "leads.tsv": lambda _: as_csv(LEADS, "\t"),
    "leads.txt": lambda _: as_csv(LEADS, ";").decode().encode("utf-16"),
    "leads.csv.gz": lambda _: gzip.compress(as_csv(LEADS)),
    "leads.zip": lambda _: as_zip(LEADS),
    "leads.jsonl": lambda _: as_lines(LEADS),
    "leads.json": lambda _: json.dumps([dict(zip(LEADS[0], row, strict=True)) for row in LEADS[1:]]).encode(),
    "leads.parquet": lambda folder: as_parquet(LEADS, folder),
    "leads.xlsx": lambda _: book({"About": [["Leads of today"]], "Leads": [["A report"], [], *LEADS]}),
    "leads.xlsx.gz": lambda _: gzip.compress(book({"Leads": LEADS})),
}


def columns(text: str) -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load(text)["columns"]
    return found


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_begun_from_bound_and_judged(name: str, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / name).write_bytes(FORMS[name](tmp_path))
    begun = slacli("init", "--yes", "--sales-from", "SAL", name, folder=work)
    assert begun.code == 0, begun.text
    path = work / "contracts" / "bindings" / "leads.yaml"
    assert columns(path.read_text("utf-8")) == {
        "lead_id": "Lead ID", "email": "Email", "status": "Lead Status", "created_at": "Created Date",
    }  # fmt: skip
    path.unlink()
    ran = slacli("bind", name, "--write", folder=work)
    assert ran.out.splitlines()[0] == "wrote contracts/bindings/leads.yaml"
    (file,) = report("check", name, folder=work)["files"]
    assert file["rows"]["judged"] == 30


def test_a_form_that_is_piped_in_is_bound_and_begun_from(tmp_path: Path) -> None:
    text = gzip.compress(as_lines(LEADS))
    ran = slacli("init", "--yes", "--sales-from", "SAL", "contracts", "-", folder=tmp_path, stdin=text)
    assert "wrote contracts/bindings/lead.yaml\n" in ran.out
    ran = slacli("bind", "-", "--as", "more", folder=tmp_path, stdin=text)
    assert "# Drafted from standard input: 30 rows, 4 columns" in ran.out


def parts(folder: Path) -> None:
    for number, rows in enumerate((LEADS[1:11], LEADS[11:21], LEADS[21:]), 1):
        (folder / f"Leads_00{number}.csv").write_bytes(as_csv([LEADS[0], *rows]))


@pytest.mark.parametrize("export", ["exports", "exports/", "exports/Leads_*.csv"])
def test_the_files_of_a_folder_or_a_pattern_are_bound_as_one_table(export: str, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    parts(folder)
    begun = slacli("init", "--yes", "--sales-from", "SAL", export, folder=tmp_path)
    assert begun.code == 0, begun.text
    path = tmp_path / "contracts" / "bindings" / "leads.yaml"
    assert '# Drafted from "Leads": 30 rows, 4 columns, 3 files' in path.read_text("utf-8")
    path.unlink()
    slacli("bind", export, "--write", folder=tmp_path)
    assert sum(file["rows"]["judged"] for file in report("check", export, folder=tmp_path)["files"]) == 30


def test_a_folder_of_several_tables_is_begun_from_but_a_binding_is_of_one(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    parts(folder)
    (folder / "deals.csv").write_bytes(as_csv(DEALS))
    assert slacli("init", "--yes", "--sales-from", "SAL", "exports", folder=tmp_path).code == 0
    assert {path.name for path in (tmp_path / "contracts" / "bindings").iterdir()} == {"leads.yaml", "deals.yaml"}
    ran = slacli("bind", "exports", folder=tmp_path)
    assert ran.err == (
        "could not run: `exports` holds 2 tables, and a binding is of one: `exports/Leads_001.csv` and "
        "`exports/deals.csv`\n  help: name one: `slacli bind 'exports/Leads_001.csv'`\n"
    )


# --- workbooks --------------------------------------------------------------------------------


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """Give a folder with a workbook of leads and deals, and a contract that was begun from it."""
    sheets = {"About": [["Everything"]], "Leads": LEADS, "Our deals": [["Deals"], *DEALS]}
    (tmp_path / "book.xlsx").write_bytes(book(sheets))
    assert slacli("init", "--yes", "--sales-from", "SAL", "book.xlsx", folder=tmp_path).code == 0
    return tmp_path


def files(folder: Path, *exports: str) -> list[tuple[str, int, int]]:
    found = report("check", *exports, folder=folder)["files"]
    return [(file["name"], file["rows"]["total"], file["rows"]["judged"]) for file in found]


def test_every_sheet_of_a_workbook_is_an_export_with_an_account_of_its_own(both: Path) -> None:
    assert files(both, "book.xlsx") == [("book.xlsx#Leads", 30, 30), ("book.xlsx#Our deals", 21, 20)]
    assert files(both, "book.xlsx#Our deals") == [("book.xlsx#Our deals", 21, 20)]
    assert files(both, "book.xlsx#Our deals", "book.xlsx#leads") == [
        ("book.xlsx#Our deals", 21, 20), ("book.xlsx#Leads", 30, 30),
    ]  # fmt: skip
    assert files(both, "lead=book.xlsx#Leads", "opportunity=book.xlsx") == [
        ("book.xlsx#Leads", 30, 30), ("book.xlsx", 21, 20),
    ]  # fmt: skip


def test_a_workbook_gives_the_same_verdicts_as_its_sheets_in_files_of_their_own(both: Path) -> None:
    (both / "leads.csv").write_bytes(as_csv(LEADS))
    (both / "deals.csv").write_bytes(as_csv(DEALS))
    one, two = report("check", "book.xlsx", folder=both), report("check", "leads.csv", "deals.csv", folder=both)
    for name in ("outcomes", "terms", "goals"):
        assert one[name] == two[name]


def test_a_workbook_may_come_by_standard_input(both: Path) -> None:
    text = (both / "book.xlsx").read_bytes()
    for given, names in (
        ("-", ["standard input#Leads", "standard input#Our deals"]),
        ("lead=-#Leads", names_of("Leads")),
    ):
        found = report("check", given, folder=both, stdin=text)["files"]
        assert [file["name"] for file in found] == names


def names_of(*sheets: str) -> list[str]:
    return [f"standard input#{sheet}" for sheet in sheets]


@pytest.mark.parametrize(
    ("arguments", "what", "help"),
    [
        (("check", "book.xlsx", "book.xlsx#Leads"), "`book.xlsx#Leads` was given twice", "give every export once"),
        (("check", "book.xlsx#Lead"), "`book.xlsx` has no sheet `Lead`",
         "its sheets are `About`, `Leads` and `Our deals`"),
        (("check", "leads.csv#Leads"), "`leads.csv` is no workbook, so it has no sheet `Leads`", "leave out `#Leads`"),
        (("bind", "leads.csv#Leads"), "`leads.csv` is no workbook, so it has no sheet `Leads`", "leave out `#Leads`"),
        (("check", "book.xlsx#About"), "`book.xlsx#About` has the headers of no binding",
         "is its first line the header line? the bindings are `leads` and `our_deals`"),
        (("check", "nothing.xlsx#Leads"), "there is no file `nothing.xlsx#Leads`", "check the name"),
        (("bind", "book.xlsx", "--as", "new"),
         "`book.xlsx` holds 2 tables, and a binding is of one: `book.xlsx#Leads` and `book.xlsx#Our deals`",
         "name one: `slacli bind 'book.xlsx#Leads'`"),
    ],
)  # fmt: skip
def test_a_sheet_that_is_named_wrongly(arguments: Sequence[str], what: str, help: str, both: Path) -> None:
    (both / "leads.csv").write_bytes(as_csv(LEADS))
    ran = slacli(*arguments, folder=both)
    assert ran.err == f"could not run: {what}\n  help: {help}\n"


def test_a_file_whose_name_holds_the_sign_is_that_file(both: Path) -> None:
    (both / "leads#1.csv").write_bytes(as_csv(LEADS))
    assert files(both, "leads#1.csv") == [("leads#1.csv", 30, 30)]
    (both / "book#1.xlsx").write_bytes((both / "book.xlsx").read_bytes())
    assert files(both, "book#1.xlsx#Leads") == [("book#1.xlsx#Leads", 30, 30)]


def test_two_sheets_of_one_table_are_told_apart_by_name(tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(
        book({"Jan": LEADS[:11], "Feb": [LEADS[0], *LEADS[11:]], "Old": Sheet(LEADS, state="hidden")})
    )
    ran = slacli("bind", "book.xlsx", "--write", folder=begun(tmp_path))
    assert "`book.xlsx` holds 2 tables, and a binding is of one: `book.xlsx#Jan` and `book.xlsx#Feb`" in ran.err
    slacli("bind", "book.xlsx#Feb", "--as", "leads", "--write", folder=tmp_path)
    text = (tmp_path / "contracts" / "bindings" / "leads.yaml").read_text("utf-8")
    assert "reads:\n  sheet: Feb\n" not in text
    assert files(tmp_path, "book.xlsx#Feb") == [("book.xlsx#Feb", 20, 20)]
    assert files(tmp_path, "book.xlsx#Jan", "book.xlsx#Feb") == [("book.xlsx#Jan", 10, 10), ("book.xlsx#Feb", 20, 20)]
    assert slacli("check", "book.xlsx", folder=tmp_path).err == (
        "could not run: `book.xlsx` has two sheets with the headers of `leads`: `Jan` and `Feb`\n"
        "  help: say which: `book.xlsx#Jan`, or `sheet: Jan` below `reads` in bindings/leads.yaml\n"
    )
    # Who names a sheet says more than the binding.
    (tmp_path / "contracts" / "bindings" / "leads.yaml").write_text(
        text.replace("reads:\n", "reads:\n  sheet: Feb\n"), encoding="utf-8"
    )
    assert files(tmp_path, "book.xlsx") == [("book.xlsx", 20, 20)]
    assert files(tmp_path, "book.xlsx#Old") == [("book.xlsx#Old", 30, 30)]


def begun(folder: Path) -> Path:
    """Begin a contract that knows leads and binds nothing."""
    slacli("init", folder=folder)
    return folder
