"""Every format that an export comes in gives the rows that were written, and an account in which none is lost."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import itertools
import json
import re
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import workbooks
from commands import PARTS, report, slacli
from exports import text
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import CLOCK, DAY, DAYS, MOMENT, SPAN, Cell, Sheet, book

from slacli.adapters.sources import Export, careful, opened
from slacli.adapters.sources.formats import workbook
from slacli.adapters.sources.formats.wide import ENCODINGS
from slacli.adapters.sources.records import DELIMITERS
from slacli.errors import CannotRun
from slacli.model import Binding, Column, Reads
from slacli.places import Address

HERE = Path(__file__).parent
DATA = Path(__file__).parents[2] / "shared" / "data"
AT = Address("bindings/test.yaml")
ENGINE = duckdb.connect(config={"threads": 1})

Table = Sequence[Sequence[str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory, with the private copies in a folder beside it that must be empty in the end."""
    work, private = tmp_path / "work", tmp_path / "private"
    work.mkdir()
    private.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    yield work
    assert list(private.iterdir()) == []


def bindings(headers: Sequence[str] = ("Id", "Name"), **reads: Any) -> dict[str, Binding]:
    columns = {f"f{n}": Column(f"f{n}", (header,), AT) for n, header in enumerate(headers)}
    return {"leads": Binding("leads", "lead", columns, Reads(**reads), AT, matches=tuple(headers))}


def rows_of(export: Export) -> list[tuple[str, ...]]:
    """Give the rows that an engine reads, after they were found to be as many as were counted."""
    found = []
    for part in export.parts:
        with Path(part.path).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter=export.delimiter))[1:]
        assert len(rows) == part.records
        found += rows
    assert export.total == export.records + sum(count for _, count in export.cut) + export.lost_total
    return [tuple(row) for row in found]


def given_as(content: bytes, name: str = "leads.csv", bound: Mapping[str, Binding] | None = None) -> Any:
    """Open an export, and give it, its rows, and the rows of the file that they stand in."""
    Path(name).write_bytes(content)
    with opened([name], bound or bindings()) as (export,):
        found = rows_of(export)
        assert rows_of(careful(export)) == found
        return export, found, [export.row(at) for at in range(export.records)]


def refused(content: bytes, name: str = "leads.csv", bound: Mapping[str, Binding] | None = None) -> tuple[str, str]:
    """Give why an export cannot be read, and what helps; it is said within seconds."""
    Path(name).write_bytes(content)
    started = time.monotonic()
    with pytest.raises(CannotRun) as caught, opened([name], bound or bindings()):
        pass
    assert time.monotonic() - started < 10
    return caught.value.what, caught.value.help


# --- every format -----------------------------------------------------------------------------


def as_csv(table: Table) -> bytes:
    return text(table[0], table[1:])


def as_tabs(table: Table) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(table)
    return out.getvalue().encode()


def as_zip(table: Table) -> bytes:
    return workbooks.packed({"export/leads.csv": as_csv(table), "__MACOSX/export/._leads.csv": b"\0"})


def as_objects(table: Table) -> list[dict[str, str]]:
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]


def as_lines(table: Table) -> bytes:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in as_objects(table)).encode()


def as_array(table: Table) -> bytes:
    return json.dumps(as_objects(table), indent=1).encode()


def as_parquet(table: Table) -> bytes:
    listed = ", ".join(f'unnest($rows).c{n} AS "{name}"' for n, name in enumerate(table[0]))
    rows = [{f"c{n}": cell for n, cell in enumerate(row)} for row in table[1:]]
    with tempfile.TemporaryDirectory() as place:
        target = f"{place}/made.parquet"
        ENGINE.execute(f"COPY (SELECT {listed}) TO '{target}' (FORMAT parquet)", {"rows": rows})
        return Path(target).read_bytes()


# What makes a file of a table, the name of its encoding, and the row of the file that its first row is.
FORMS: Mapping[str, tuple[Callable[[Table], bytes], str, int]] = {
    "csv": (as_csv, "utf-8", 2),
    "utf-8-mark": (lambda t: b"\xef\xbb\xbf" + as_csv(t), "utf-8 with BOM", 2),
    "utf-16-le": (lambda t: b"\xff\xfe" + as_csv(t).decode().encode("utf-16-le"), "utf-16", 2),
    "utf-16-be": (lambda t: b"\xfe\xff" + as_tabs(t).decode().encode("utf-16-be"), "utf-16", 2),
    "utf-16-unmarked": (lambda t: as_tabs(t).decode().encode("utf-16-le"), "utf-16", 2),
    "utf-32": (lambda t: as_csv(t).decode().encode("utf-32"), "utf-32", 2),
    "gzip": (lambda t: gzip.compress(as_csv(t)), "utf-8", 2),
    "gzip-members": (lambda t: b"".join(gzip.compress(as_csv(t)[n : n + 9]) for n in range(0, len(as_csv(t)), 9)),
                     "utf-8", 2),
    "gzip-utf-16": (lambda t: gzip.compress(as_csv(t).decode().encode("utf-16")), "utf-16", 2),
    "zip": (as_zip, "utf-8", 2),
    "xlsx": (lambda t: book({"Leads": t}), "xlsx", 2),
    "json-lines": (as_lines, "utf-8", 1),
    "json-array": (as_array, "utf-8", 1),
    "json-gzip": (lambda t: gzip.compress(as_lines(t)), "utf-8", 1),
    "parquet": (as_parquet, "parquet", 1),
}  # fmt: skip
TABLE = (
    ("Id", "Name", "Note"),
    ("1", 'Müller, "Söhne"', "two\nlines"),
    ("00017", "", " blanks "),
    ("9" * 23, "=1+1", "a;b\tc|d"),
    ("4", "日本 😀", "-"),
)


@pytest.mark.parametrize("form", FORMS)
def test_a_table_is_the_same_in_every_format(folder: Path, form: str) -> None:
    make, encoding, first = FORMS[form]
    content = make(TABLE)
    export, rows, numbers = given_as(content)
    assert rows == list(TABLE[1:])
    assert (export.encoding, export.size) == (encoding, len(content))
    assert export.sha256 == hashlib.sha256(content).hexdigest()
    assert numbers == list(range(first, first + len(TABLE) - 1))


CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"), max_size=8)
TABLES = st.lists(st.tuples(st.from_regex(r"[A-Z][0-9]{1,4}", fullmatch=True), CELLS, CELLS), min_size=1, max_size=8)


@settings(max_examples=25)
@pytest.mark.parametrize("form", FORMS)
@given(rows=TABLES)
def test_any_table_comes_back_from_every_format(form: str, rows: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "leads.csv"
        path.write_bytes(FORMS[form][0]([("Id", "Name", "Note"), *rows]))
        with opened([str(path)], bindings()) as (export,):
            assert rows_of(export) == rows
            assert rows_of(careful(export)) == rows


# --- text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "codec", "name"),
    [
        ("windows-1250", "cp1250", "Łódź"),
        ("windows-1251", "cp1251", "Жук"),
        ("windows-1252", "cp1252", "Ã©"),
        ("iso-8859-15", "iso8859-15", "€"),
        ("mac-roman", "mac-roman", "Müller"),
        ("shift-jis", "cp932", "表|示"),
        ("gb18030", "gb18030", "中文"),
        ("utf-16", "utf-16-be", "é"),
    ],
)
def test_a_binding_says_what_its_text_is_written_in(folder: Path, encoding: str, codec: str, name: str) -> None:
    content = f"Id,Name\n1,{name}\n".encode(codec)
    export, rows, _ = given_as(content, bound=bindings(encoding=encoding))
    assert rows == [("1", name)]
    assert export.encoding == encoding
    assert export.notes[0].startswith("read as ")


def test_the_schema_lists_every_encoding_and_delimiter() -> None:
    schema = json.loads((HERE.parent / "schemas" / "binding.schema.json").read_text("utf-8"))
    reads = schema["properties"]["reads"]["properties"]
    assert reads["encoding"]["enum"] == list(ENCODINGS)
    assert [sign.encode() for sign in reads["delimiter"]["enum"]] == list(DELIMITERS)


def test_headers_in_another_encoding_find_their_binding(folder: Path) -> None:
    both = bindings(("Ид", "Имя"), encoding="windows-1251") | {"other": bindings()["leads"]}
    _, rows, _ = given_as("Ид,Имя\n1,Жук\n".encode("cp1251"), bound=both)
    assert rows == [("1", "Жук")]


def test_a_byte_that_the_encoding_does_not_know_loses_its_row_alone(folder: Path) -> None:
    Path("leads.csv").write_bytes(b"Id,Name\n1,a\n2,\x98\n3,\xc6\n")
    with opened(["leads.csv"], bindings(encoding="windows-1251")) as (export,):
        assert rows_of(export) == [("1", "a"), ("3", "Ж")]
        assert [(lost.line, lost.reason) for lost in export.lost] == [(3, "a byte that is not Windows-1251")]
        assert [export.row(0), export.row(1)] == [2, 4]


def test_half_a_character_of_wide_text_loses_its_row_alone(folder: Path) -> None:
    Path("leads.csv").write_bytes("Id,Name\n1,a\n2,".encode("utf-16") + b"\x00\xd8" + "\n3,b\n".encode("utf-16-le"))
    with opened(["leads.csv"], bindings()) as (export,):
        assert rows_of(export) == [("1", "a"), ("3", "b")]
        assert [(lost.line, lost.reason) for lost in export.lost] == [(3, "a byte that is not UTF-16")]


def test_utf_8_asked_for_is_never_taken_for_windows_1252(folder: Path) -> None:
    Path("leads.csv").write_bytes(b"Id,Name\n1,M\xfcller\n2,b\n")
    with opened(["leads.csv"], bindings(encoding="utf-8")) as (export,):
        assert rows_of(export) == [("2", "b")]
    with opened(["leads.csv"], bindings()) as (export,):
        assert rows_of(export) == [("1", "Müller"), ("2", "b")]


def test_a_mark_says_more_than_a_binding(folder: Path) -> None:
    content = b"\xef\xbb\xbf" + "Id,Name\n1,é\n".encode()
    assert given_as(content, bound=bindings(encoding="windows-1251"))[1] == [("1", "é")]


def test_a_delimiter_of_a_binding_is_the_only_one(folder: Path) -> None:
    assert given_as(b"Id;Name\n1;a,b\n", bound=bindings(delimiter=";"))[1] == [("1", "a,b")]
    answer = ("`leads.csv` has `,` between its cells where `leads` says a tab",
              "mend or leave out `delimiter:` in bindings/leads.yaml")  # fmt: skip
    assert refused(b"Id,Name\n1,a\n", bound=bindings(delimiter="\t")) == answer
    # A workbook has no delimiter, whatever the binding says of its text.
    assert given_as(book({"A": [["Id", "Name"], ["1", "a"]]}), bound=bindings(delimiter="\t"))[1] == [("1", "a")]


@pytest.mark.skipif(not DATA.exists(), reason="optional test data are not here")
@pytest.mark.parametrize("mark", ["UTF8", "UTF16BE", "UTF16LE", "UTF32BE", "UTF32LE"])
def test_marked_text_of_the_vendor_reads_as_its_plain_copy(mark: str) -> None:
    place = DATA / "salesforce" / "dataloader"
    names = ("column1", "column2", "column3")
    with opened([str(place / f"csvtext_BOM_{mark}.csv")], bindings(names)) as (export,):
        assert rows_of(export) == [tuple(f"row{row}-{n}" for n in (1, 2, 3)) for row in (1, 2)]


# --- packed -----------------------------------------------------------------------------------


def test_a_bomb_is_refused_in_seconds(folder: Path) -> None:
    bomb = io.BytesIO()
    with gzip.open(bomb, "wb", 9) as packed:
        for _ in range(500):
            packed.write(b"Id,Name\n" * (1 << 17))
    answer = "unpack it yourself if you trust it, and give the file"
    what, help_ = refused(bomb.getvalue())
    assert re.fullmatch(r"`leads\.csv` holds more than 1\d\d MB, which is too much for its size", what)
    assert help_ == answer
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("leads.csv", "w") as member:
        for _ in range(500):
            member.write(b"Id,Name\n" * (1 << 17))
    assert refused(held.getvalue())[1] == answer


DAMAGED = "`leads.csv` is damaged: it cannot be unpacked to its end"
PLAIN = b"Id,Name\n" + b"1,a\n" * 500


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (gzip.compress(PLAIN)[:-9], DAMAGED),
        (gzip.compress(PLAIN) + b"more", DAMAGED),
        (gzip.compress(PLAIN)[:-8] + b"\0" * 8, DAMAGED),
        (b"\x1f\x8b\x08\x00rest", DAMAGED),
        (b"PK\x03\x04" + b"\0" * 40, DAMAGED),
        (gzip.compress(gzip.compress(PLAIN)), "`leads.csv` is packed twice (gzip, gzip)"),
        (gzip.compress(b""), "`leads.csv` is empty: it has not even a header line"),
        (gzip.compress(b"%PDF-1.7"), "`leads.csv` is a PDF document, not CSV text"),
        (workbooks.packed({"a.csv": PLAIN, "b.csv": PLAIN}), "`leads.csv` is an archive (zip) with 2 files"),
        (workbooks.packed({"a/": b""}), "`leads.csv` is an archive (zip) with no file"),
        (workbooks.packed({"a.csv.gz": gzip.compress(PLAIN)}), "`leads.csv` is packed twice (zip, gzip)"),
    ],
    ids=itertools.count(),
)
def test_what_cannot_be_unpacked_is_refused(folder: Path, content: bytes, what: str) -> None:
    assert refused(content)[0] == what


def test_a_file_and_its_packed_copy_are_the_same_rows(folder: Path) -> None:
    Path("leads.csv").write_bytes(PLAIN)
    Path("leads.csv.gz").write_bytes(gzip.compress(PLAIN))
    with pytest.raises(CannotRun) as caught, opened(["leads.csv", "leads.csv.gz"], bindings()):
        pass
    assert caught.value.what == "`leads.csv.gz` and `leads.csv` hold the same rows"


def test_lines_of_a_packed_file_are_named_as_in_the_file(folder: Path) -> None:
    Path("leads.csv.gz").write_bytes(gzip.compress(b"\nId,Name\n1,a\nbad\n\n2,b\n"))
    with opened(["leads.csv.gz"], bindings()) as (export,):
        assert rows_of(export) == [("1", "a"), ("2", "b")]
        assert [lost.line for lost in export.lost] == [4]
        assert [export.row(0), export.row(1)] == [3, 6]


# --- workbooks --------------------------------------------------------------------------------

HEAD = ["Id", "Name"]


def cell(value: workbooks.Value, **reads: Any) -> str:
    """Give what the text of a cell of a workbook is."""
    found: str = given_as(book({"Leads": [HEAD, ["1", value], ["2", "end"]]}), bound=bindings(**reads))[1][0][1]
    return found


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Müller & <Söhne>", "Müller & <Söhne>"),
        (" kept ", " kept "),
        ("line_x000D_\nend", "line\r\nend"),
        ("_x005F_x000D_", "_x000D_"),
        (Cell("in the cell", "inlineStr"), "in the cell"),
        (Cell("of a formula", "str", formula='"of "&"a"'), "of a formula"),
        (Cell(formula="1+1"), ""),
        (Cell("", "str", formula="A1"), ""),
        (True, "true"),
        (False, "false"),
        (Cell("#N/A", "e"), "#N/A"),
        (Cell("#SPILL!", "e"), "#SPILL!"),
        (12, "12"),
        (Cell("12.0"), "12"),
        (Cell("1.2E3"), "1200"),
        (-0.5, "-0.5"),
        (Cell("1234.5600000000001"), "1234.56"),
        (Cell("0.30000000000000004"), "0.3"),
        (Cell("1E-7"), "0.0000001"),
        (Cell("999999999999999"), "999999999999999"),
        (Cell("3", style=DAYS), "3"),
        (Cell("46055", style=DAY), "2026-02-02"),
        (Cell("46055.375", style=DAY), "2026-02-02 09:00:00"),
        (Cell("46055", style=MOMENT), "2026-02-02 00:00:00"),
        (Cell("46055.375", style=MOMENT), "2026-02-02 09:00:00"),
        (Cell("46055.41666666666", style=MOMENT), "2026-02-02 10:00:00"),
        (Cell("46055.99999999999", style=MOMENT), "2026-02-03 00:00:00"),
        (Cell("46055.123456789", style=MOMENT), "2026-02-02 02:57:46.667"),
        (Cell("0.375", style=CLOCK), "09:00:00"),
        (Cell("1.5", style=SPAN), "36:00:00"),
        (Cell("2026-02-02T09:00:00Z", "d"), "2026-02-02T09:00:00Z"),
        (Cell("1", style=DAY), "1900-01-01"),
        (Cell("59", style=DAY), "1900-02-28"),
        (Cell("60", style=DAY), "1900-02-29"),
        (Cell("61", style=DAY), "1900-03-01"),
        (Cell("-5", style=DAY), "-5"),
        (Cell("2958465", style=DAY), "9999-12-31"),
        (Cell("2958466", style=DAY), "2958466"),
    ],
)
def test_a_cell_is_the_text_that_csv_would_hold(folder: Path, value: workbooks.Value, shown: str) -> None:
    assert cell(value) == shown


def test_numbers_of_a_workbook_have_the_decimal_sign_of_their_binding(folder: Path) -> None:
    assert cell(Cell("1.234"), thousands=".", decimal=",") == "1,234"
    assert cell("1.234", thousands=".", decimal=",") == "1.234"


def test_days_since_1904_are_read_so(folder: Path) -> None:
    table = [HEAD, ["1", Cell("44593.5", style=MOMENT)], ["2", Cell("0", style=DAY)]]
    assert [row[1] for row in given_as(book({"Leads": table}, from_1904=True))[1]] == [
        "2026-02-02 12:00:00", "1904-01-01",
    ]  # fmt: skip


def test_a_number_of_16_digits_loses_its_row_where_it_is_bound(folder: Path) -> None:
    long = Cell("1234567890123456789")
    table = [[*HEAD, "Fax"], ["1", "a", long], [long, "b", ""], ["3", "c", ""]]
    Path("leads.xlsx").write_bytes(book({"Leads": table}))
    with opened(["leads.xlsx"], bindings()) as (export,):
        assert [row[0] for row in rows_of(export)] == ["1", "3"]
        assert [(lost.line, lost.reason) for lost in export.lost] == [
            (3, "a number of more than 15 digits in column A, of which workbooks keep 15")
        ]
        assert [export.row(0), export.row(1)] == [2, 4]


def test_rows_above_the_header_and_blank_ones_are_cut_and_counted(folder: Path) -> None:
    table = [["All leads of May"], [], HEAD, ["1", "a"], [], ["2", "two\nlines"], [None, ""], [], ["3", "c"], [], []]
    export, rows, numbers = given_as(book({"Leads": table}), "leads.xlsx")
    assert rows == [("1", "a"), ("2", "two\nlines"), ("3", "c")]
    assert dict(export.cut) == {"row above the header": 2, "blank line": 3}
    assert numbers == [4, 6, 9]


def test_hidden_and_filtered_rows_are_read_and_told(folder: Path) -> None:
    table = Sheet([HEAD, ["1", "a"], ["2", "b"], ["3", "c"]], hidden=frozenset({2, 4}))
    export, rows, _ = given_as(book({"Leads": table}))
    assert len(rows) == 3
    assert export.notes == ("sheet `Leads`", "2 hidden rows read")


def test_an_empty_first_column_shifts_nothing(folder: Path) -> None:
    assert given_as(book({"Leads": [[None, *HEAD], [None, "1", "a"]]}))[1] == [("", "1", "a")]


def test_cells_without_references_stand_one_behind_the_other(folder: Path) -> None:
    content = workbooks.packed(workbooks.parts({"Leads": [HEAD, [None, "a"], ["2", "b"]]}, references=False))
    assert given_as(content)[1] == [("", "a"), ("2", "b")]


def test_cells_beyond_the_header_belong_to_no_column(folder: Path) -> None:
    assert given_as(book({"Leads": [HEAD, ["1", "a", None, "seen by Eve"]]}))[1] == [("1", "a")]


def test_a_prefix_of_names_changes_nothing(folder: Path) -> None:
    parts = workbooks.parts({"Leads": [HEAD, ["1", "a"]]})
    for name in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"):
        body = str(parts[name])
        for tag in ("worksheet", "dimension", "sheetData", "row", "c", "v", "sst", "si", "t"):
            for end in (" ", ">", "/"):
                body = body.replace(f"<{tag}{end}", f"<x:{tag}{end}").replace(f"</{tag}{end}", f"</x:{tag}{end}")
        parts[name] = body.replace("xmlns=", "xmlns:x=")
    assert given_as(workbooks.packed(parts))[1] == [("1", "a")]


def test_how_a_text_is_spoken_is_no_part_of_it(folder: Path) -> None:
    parts = workbooks.parts({"Leads": [HEAD, ["1", "東京"]]})
    parts["xl/sharedStrings.xml"] = str(parts["xl/sharedStrings.xml"]).replace(
        '<t xml:space="preserve">東京</t>', '<r><t>東</t></r><r><t>京</t></r><rPh sb="0" eb="2"><t>トウキョウ</t></rPh>'
    )
    assert given_as(workbooks.packed(parts))[1] == [("1", "東京")]


def test_the_sheet_with_the_headers_is_read(folder: Path) -> None:
    sheets: dict[str, Any] = {"About": [["Report"]], "Leads": [HEAD, ["1", "a"]], "Old": Sheet([HEAD], state="hidden")}
    export, rows, _ = given_as(book(sheets))
    assert (rows, export.notes) == ([("1", "a")], ("sheet `Leads`",))
    assert given_as(book(sheets), bound=bindings(sheet="Old"))[1] == []


def test_two_sheets_with_the_headers_have_to_be_told_apart(folder: Path) -> None:
    sheets = {"May": [HEAD, ["1", "a"]], "June": [HEAD, ["2", "b"]]}
    assert refused(book(sheets)) == (
        "`leads.csv` has two sheets with the headers of `leads`: `May` and `June`",
        "say which: `leads.csv#May`, or `sheet: May` below `reads` in bindings/leads.yaml",
    )
    assert given_as(book(sheets), bound=bindings(sheet="June"))[1] == [("2", "b")]
    assert refused(book(sheets), bound=bindings(sheet="July")) == (
        "`leads.csv` has no sheet `July`",
        "its sheets are `May` and `June`: mend `sheet:`",
    )


def test_a_workbook_of_no_binding_names_the_nearest(folder: Path) -> None:
    what, _ = refused(book({"Leads": [["Report"], ["Id", "Nmae"], ["1", "a"]]}))
    assert what == "`leads.csv` has the headers of no binding; the nearest is `leads`, of which it lacks `Name`"
    assert refused(book({"Leads": []}))[0] == "`leads.csv` is a workbook without a header line"


def test_a_far_cell_costs_nothing(folder: Path) -> None:
    parts = workbooks.parts({"Leads": [HEAD, ["1", "a"]]})
    sheet = "xl/worksheets/sheet1.xml"
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts[sheet] = str(parts[sheet]).replace("</sheetData>", far).replace('ref="A1"', 'ref="A1:XFD1048576"')
    export, rows, _ = given_as(workbooks.packed(parts), "leads.xlsx")
    assert (rows, export.total) == ([("1", "a")], 1)
    for wrong in ("XFE1", "AAAA1", "1", "A", "a1"):
        row = f'<row r="1"><c r="{wrong}"><v>1</v></c></row>'
        parts[sheet] = f'<worksheet xmlns="{workbooks.MAIN}"><sheetData>{row}</sheetData></worksheet>'
        assert "is damaged" in refused(workbooks.packed(parts))[0]


def altered(part: str, old: str, new: str) -> bytes:
    parts = workbooks.parts({"Leads": [HEAD, ["1", "a"]]})
    assert old in str(parts[part])
    parts[part] = str(parts[part]).replace(old, new)
    return workbooks.packed(parts)


SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
BROKEN_BOOK = "`leads.csv` is damaged: it cannot be read as a workbook"
DECLARES = "`leads.csv` declares a document type, which no workbook has"


def locked() -> bytes:
    content = bytearray(book({"Leads": [HEAD]}))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


def lying() -> bytes:
    """A workbook whose list says that a sheet is shorter than it is."""
    content = bytearray(workbooks.packed(workbooks.parts({"Leads": [HEAD, *([["1", "a"]] * 50)]})))
    at = content.index(b"PK\x01\x02")
    while content[at + 46 : at + 46 + len(SHEET)] != SHEET.encode():
        at = content.index(b"PK\x01\x02", at + 4)
    content[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(content)


def packed_with(**more: bytes) -> bytes:
    extra: dict[str, str | bytes] = {name.replace("__", "/").replace("_", "."): one for name, one in more.items()}
    return workbooks.packed({**workbooks.parts({"Leads": [HEAD]}), **extra})


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (altered(SHEET, "<worksheet", ENTITIES + "<worksheet"), DECLARES),
        (altered(STRINGS, "<sst", OUTSIDE + "<sst"), DECLARES),
        (altered(BOOK, "<workbook ", OUTSIDE + "<workbook "), DECLARES),
        (altered(SHEET, "</sheetData>", ""), BROKEN_BOOK),
        (altered(SHEET, '<row r="2">', '<row r="1">'), BROKEN_BOOK),
        (altered(SHEET, '<row r="2">', '<row r="1048577">'), BROKEN_BOOK),
        (altered(SHEET, '<row r="2">', '<row r="two">'), BROKEN_BOOK),
        (altered(SHEET, '<c r="B2"', '<c r="A2"'), BROKEN_BOOK),
        (altered(SHEET, "<v>3</v>", "<v>99</v>"), BROKEN_BOOK),
        (altered(SHEET, "<v>3</v>", "<v>x</v>"), BROKEN_BOOK),
        (altered("_rels/.rels", "/officeDocument", "/nothing"), BROKEN_BOOK),
        (altered(BOOK, 'r:id="rId1"', 'r:id="rId9"'), BROKEN_BOOK),
        (altered("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "../../../etc/passwd"), BROKEN_BOOK),
        (lying(), BROKEN_BOOK),
        (locked(), "`leads.csv` is locked with a password"),
        (packed_with(xl__vbaProject_bin=b"x"), "`leads.csv` is a workbook with macros"),
        (packed_with(xl__workbook_bin=b"x"), "`leads.csv` is a binary Excel workbook (XLSB)"),
        (workbooks.packed({"content.xml": "<x/>", "mimetype": "x"}), "`leads.csv` is an OpenDocument spreadsheet"),
        (workbooks.packed({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}),
         "`leads.csv` is a document, and no Excel workbook"),
        (packed_with(xl__worksheets__sheet9_xml=b" " * (50 << 20)),
         "`leads.csv` holds more than it may: a part of it is 500 times as large as it is packed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 40,
         "`leads.csv` is an old or a protected Excel workbook, not CSV text"),
    ],
)  # fmt: skip
def test_a_hostile_workbook_is_refused_in_seconds(folder: Path, content: bytes, what: str) -> None:
    assert refused(content)[0] == what


def test_a_workbook_with_more_text_than_memory_should_hold_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = book({"Leads": [HEAD, *(["1", f"{n:100}"] for n in range(12_000))]})
    assert len(given_as(content)[1]) == 12_000
    monkeypatch.setattr(workbook, "TEXTS_LIMIT", 1 << 20)
    assert refused(content)[0] == "`leads.csv` holds more than 1 MB of texts"


def test_a_workbook_of_many_rows_is_read(folder: Path) -> None:
    rows = [[f"L{n}", "a", Cell(str(46000 + n / 100), style=MOMENT)] for n in range(20_000)]
    started = time.monotonic()
    export, found, numbers = given_as(book({"Leads": [[*HEAD, "When"], *rows]}), "leads.xlsx")
    assert time.monotonic() - started < 30
    assert (export.records, found[-1][0], numbers[-1]) == (20_000, "L19999", 20_001)


@pytest.mark.skipif(not DATA.exists(), reason="optional test data are not here")
@pytest.mark.parametrize("name", ["Leads_xlsx_renamed_to_csv.csv", "Leads Data Dictionary.xlsx"])
def test_a_real_workbook_has_the_cells_that_another_reader_finds(name: str) -> None:
    calamine = pytest.importorskip("python_calamine", reason="no second reader of workbooks is installed")
    path = DATA / "x-education-leads" / name
    whole = calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    above = next(n for n, row in enumerate(whole) if sum(map(bool, row)) > 1)
    header, *rows = whole[above:]
    once = [cell for cell in header if cell and header.count(cell) == 1]
    with opened([str(path)], bindings(once)) as (export,):
        assert export.encoding == "xlsx"
        width = len(export.header)
        expected = [tuple(map(_shown, row[:width])) for row in rows if any(cell != "" for cell in row)]
        assert rows_of(export) == expected


def _shown(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell)


# --- JSON and Parquet -------------------------------------------------------------------------


def test_lines_of_json_keep_numbers_as_written_and_lose_bad_lines_alone(folder: Path) -> None:
    Path("leads.jsonl").write_bytes(
        b'{"Id": "1", "Name": 1.50}\n\nno json\n{"Id": 2, "Name": null, "More": ["a", 1e3]}\n'
        b'{"Id": "3", "Id": "4"}\n[1]\n{"Name": {"a": [1.0, true]}}\n{"Id": "\\ud800"}\n{"Id": 12345678901234567890}\n'
    )
    with opened(["leads.jsonl"], bindings()) as (export,):
        assert rows_of(export) == [
            ("1", "1.50", ""), ("2", "", "a;1e3"), ("", '{"a": [1.0, true]}', ""), ("12345678901234567890", "", ""),
        ]  # fmt: skip
        assert [(lost.line, lost.reason) for lost in export.lost] == [
            (3, "a line that is no JSON"),
            (5, "a name that stands twice in one object"),
            (6, "a line that is no object"),
            (8, "half a character"),
        ]
        assert [export.row(at) for at in range(4)] == [1, 4, 7, 9]
        assert (export.total, export.cut) == (9, (("blank line", 1),))


def test_numbers_of_json_have_the_decimal_sign_of_their_binding(folder: Path) -> None:
    bound = bindings(thousands=".", decimal=",")
    assert given_as(b'{"Id": "1.234", "Name": 1.234}\n', bound=bound)[1] == [("1.234", "1,234")]


def test_an_array_is_read_however_it_is_broken_into_lines(folder: Path) -> None:
    rows = [{"Id": str(n), "Name": "é😀" * 50} for n in range(30_000)]
    for indent in (None, 1):
        content = json.dumps(rows, indent=indent, ensure_ascii=False).encode()
        _, found, numbers = given_as(content)
        assert found == [(row["Id"], row["Name"]) for row in rows]
        assert numbers == list(range(1, len(rows) + 1))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b'{\n"Id": 1}\n', "is JSON whose first line is no object of its own: a line that is no JSON"),
        (b"[]", "is JSON without any object that has names"),
        (b"[{}]", "is JSON without any object that has names"),
        (b'[{"Id": 1}', "is an array that is no JSON behind its object 1"),
        (b'[{"Id": 1}, 2]', "is an array that is no JSON behind its object 1"),
        (b'[{"Id": 1} {"Id": 2}]', "is an array that is no JSON behind its object 1"),
        (b'[{"Id": 1}]\n[]', "is an array that is no JSON behind its object 1"),
        (b'[{"Id": 1}, {"Id": ' + b"[" * 200_000, "is an array that is no JSON behind its object 1"),
        (b'[["Id"]]', "is JSON, not CSV text"),
        (b'{"Id": 1}\n', "has the headers of no binding; the nearest is `leads`, of which it lacks `Name`"),
    ],
)
def test_json_that_is_no_table_is_refused(folder: Path, content: bytes, what: str) -> None:
    assert refused(content, "leads.json")[0] == f"`leads.json` {what}"


def test_a_nested_line_of_json_loses_itself_alone(folder: Path) -> None:
    Path("leads.jsonl").write_bytes(b'{"Id": 1, "Name": 2}\n{"Id": ' + b"[" * 200_000 + b'\n{"Id": 3, "Name": 4}\n')
    with opened(["leads.jsonl"], bindings()) as (export,):
        assert [row[0] for row in rows_of(export)] == ["1", "3"]
        assert [lost.line for lost in export.lost] == [2]


def parquet(query: str) -> bytes:
    with tempfile.TemporaryDirectory() as place:
        ENGINE.execute(f"COPY ({query}) TO '{place}/made' (FORMAT parquet)")
        return Path(place, "made").read_bytes()


def test_types_of_parquet_become_exact_text(folder: Path) -> None:
    content = parquet(
        'SELECT 9007199254740993::BIGINT AS "Id", 1.50::DECIMAL(18, 2) AS "Name", '
        "TIMESTAMPTZ '2026-02-02 09:00:00+02' AS z, TIMESTAMP '2026-02-02 00:00:00' AS t, DATE '2026-02-02' AS d, "
        "['a', 'b'] AS l, true AS b, 17.0::DOUBLE AS f, 0.1::DOUBLE AS g, 'x,\n\"y\"'::BLOB AS s, NULL::INTEGER AS n"
    )
    expected = ("9007199254740993", "1.50", "2026-02-02 07:00:00Z", "2026-02-02 00:00:00", "2026-02-02", "a;b", "true",
                "17", "0.1", 'x,\n"y"', "")  # fmt: skip
    assert given_as(content)[1] == [expected]
    assert given_as(content, bound=bindings(decimal=",", thousands="."))[1][0][1] == "1,50"


def test_damaged_parquet_is_refused_and_slacli_survives(folder: Path) -> None:
    whole = parquet('SELECT range AS "Id", \'a\' AS "Name" FROM range(1000)')
    answer = "`leads.csv` is damaged: it cannot be read as a Parquet file"
    for content in (whole[:-60], b"PAR1" + b"\xff" * 200 + b"PAR1", b"PAR1\x15\x04"):
        assert refused(content)[0] == answer


# --- folders and patterns ---------------------------------------------------------------------


def test_a_folder_is_all_its_files_in_the_order_of_their_names(folder: Path) -> None:
    exports = folder / "exports"
    exports.mkdir()
    (exports / "b.csv").write_bytes(b"Id,Name\n2,b\n")
    (exports / "a.jsonl").write_bytes(b'{"Id": 1, "Name": "a"}\n')
    (exports / ".hidden.csv").write_bytes(b"\0")
    for name in ("exports", "exports/", "leads=exports"):
        with opened([name], bindings()) as found:
            assert [one.name for one in found] == ["exports/a.jsonl", "exports/b.csv"]
    with opened(["exports/?.csv", "./exports/*.jsonl"], bindings()) as found:
        assert [one.name for one in found] == ["exports/b.csv", "./exports/a.jsonl"]
    with (
        pytest.raises(CannotRun, match=r"are the same file|was given twice"),
        opened(["exports", "exports/*"], bindings()),
    ):
        pass


def test_a_file_of_a_folder_that_no_binding_fits_is_named(folder: Path) -> None:
    exports = folder / "exports"
    exports.mkdir()
    (exports / "Leads_001.csv").write_bytes(b"Id,Name\n1,a\n")
    (exports / "Leads_002.csv").write_bytes(b"2,b\n3,c\n")  # the rest of a file that was split, without a header
    for given_name in ("exports", "exports/Leads_*.csv"):
        with pytest.raises(CannotRun) as caught, opened([given_name], bindings()):
            pass
        assert caught.value.what.startswith("`exports/Leads_002.csv` has the headers of no binding")
        assert "is its first line the header line?" in caught.value.help
        assert "3,c" not in caught.value.what + caught.value.help


def test_what_names_no_files_is_told(folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "nested" / "2026").mkdir(parents=True)
    (folder / "q1.csv").write_bytes(b"Id,Name\n1,a\n")
    for name, what in (
        ("empty", "`empty` is a folder without files"),
        ("nested", "`nested` holds the folder `2026`, and slacli does not look into it"),
        ("Leads_*.csv", "no file has a name like `Leads_*.csv`"),
        ("q[1].csv", "there is no file `q[1].csv`"),
        ("q[1]*.csv", "no file has a name like `q[1]*.csv`"),
    ):
        with pytest.raises(CannotRun) as caught, opened([name], bindings()):
            pass
        assert caught.value.what == what


# --- whole checks -----------------------------------------------------------------------------

LEAD_HEAD = ("Lead ID", "Email", "Company", "Lead Source", "Region", "Budget", "Create Date", "MQL Date", "Reason")
LEADS = (
    ("L1", "ann@one.example", "One", "Web", "AMER", "25000", "2026-02-02 09:00:00", "2026-02-03 10:00:00", ""),
    ("L2", "bob@two.example", "Two", "Event", "EMEA", "12000.5", "2026-02-05 00:00:00", "2026-02-06 10:00:00", ""),
    ("L3", "cat@three.example", "Three", "Web", "AMER", "500", "2026-02-09 09:00:00", "", "too small"),
    ("L4", "dan@four.example", "Four", "Referral", "EMEA", "40000", "2026-03-02 09:00:00", "2026-03-03 10:00:00", ""),
)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    shutil.copytree(HERE / "contracts" / "leads", tmp_path / "contracts")
    return tmp_path


def typed(name: str, value: str) -> workbooks.Value:
    """Give a value as a workbook holds it: amounts as numbers, times as days since 1900."""
    if name == "Budget":
        return Cell(value)
    if name.endswith("Date") and value:
        days = duckdb.sql(f"SELECT epoch(TIMESTAMP '{value}')").fetchall()[0][0]
        return Cell(str(Decimal(str(days)) / 86400 + 25569), style=MOMENT)
    return value or None


def native(form: str) -> bytes:
    """Give the leads in a format, with the types that it has."""
    if form == "xlsx":
        rows = [[typed(name, value) for name, value in zip(LEAD_HEAD, row, strict=True)] for row in LEADS]
        return book({"Info": [["Leads"]], "Leads": [["Leads of the year"], [], list(LEAD_HEAD), *rows]})
    if form == "parquet":
        cells = ", ".join("(" + ", ".join(f"nullif('{value}', '')" for value in row) + ")" for row in LEADS)
        listed = ", ".join(
            f'CAST("{name}" AS DECIMAL(18, 2)) AS "{name}"' if name == "Budget"
            else f'CAST("{name}" AS TIMESTAMP) AS "{name}"' if name.endswith("Date")
            else f'"{name}"'
            for name in LEAD_HEAD
        )  # fmt: skip
        names = ", ".join(f'"{name}"' for name in LEAD_HEAD)
        return parquet(f"SELECT {listed} FROM (VALUES {cells}) AS t({names})")
    objects = [
        {name: float(value) if name == "Budget" else value or None for name, value in zip(LEAD_HEAD, row, strict=True)}
        for row in LEADS
    ]
    return "".join(json.dumps(one) + "\n" for one in objects).encode()


@pytest.mark.parametrize("form", [*FORMS, "native xlsx", "native parquet", "native json"])
def test_a_report_is_the_same_for_every_format(work: Path, form: str) -> None:
    table = (LEAD_HEAD, *LEADS)
    (work / "plain.csv").write_bytes(as_csv(table))
    (work / "leads.any").write_bytes(native(form.split()[1]) if " " in form else FORMS[form][0](table))
    plain = report("check", "plain.csv", folder=work)
    found = report("check", "leads.any", folder=work)
    for part in ("terms", "left_out"):
        assert found[part] == plain[part]
    for part in ("duty", "period", "status", "counts", "bounds"):
        assert [one[part] for one in found["outcomes"]] == [one[part] for one in plain["outcomes"]]
    assert found["as_of"]["at"] == plain["as_of"]["at"]
    rows = found["files"][0]["rows"]
    assert rows["judged"] == 4
    assert rows["total"] == sum(rows[one] for one in PARTS)
    codes = {slacli("check", name, "--long", folder=work).code for name in ("plain.csv", "leads.any")}
    assert len(codes) == 1


def test_closing_lines_of_a_workbook_are_cut_as_those_of_text(work: Path) -> None:
    binding = work / "contracts" / "bindings" / "leads.yaml"
    binding.write_text(binding.read_text().replace("reads: {", "reads: {dialect: salesforce_report, "))
    rows = [list(row) for row in LEADS]
    closing = [[], ["Total (4 records)"], ["Subtotal", "4"], [], ["MQL hand-off"],
               ["Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."],
               ["Confidential Information - Do Not Distribute"], [None, "Acme, Inc."]]  # fmt: skip
    (work / "leads.xlsx").write_bytes(book({"Report": [["Leads"], [], list(LEAD_HEAD), *rows, *closing]}))
    (file,) = report("check", "leads.xlsx", folder=work)["files"]
    assert [file["rows"][part] for part in PARTS] == [4, 10, 0, 0, 0]
    assert {one["reason"]: one["count"] for one in file["cut"]} == {
        "row above the header": 2, "footer": 6, "blank line": 2,
    }  # fmt: skip
    pasted = [list(LEAD_HEAD), *rows[:2], *closing, *rows[2:]]
    (work / "pasted.xlsx").write_bytes(book({"Report": pasted}))
    found = report("check", "pasted.xlsx", folder=work, code=1)
    (told,) = [one["message"] for one in found["findings"] if one["rule"] == "pasted-exports"]
    assert told == "another export starts or ends in the middle of `pasted.xlsx` (line 5)"
    assert [found["files"][0]["rows"][part] for part in PARTS] == [4, 8, 0, 0, 0]


def test_exports_of_several_formats_are_one_table(work: Path) -> None:
    exports = work / "exports"
    exports.mkdir()
    (exports / "1.xlsx").write_bytes(book({"Leads": [list(LEAD_HEAD), list(LEADS[0])]}))
    (exports / "2.csv.gz").write_bytes(gzip.compress(as_csv((LEAD_HEAD, LEADS[1]))))
    (exports / "3.jsonl").write_bytes(as_lines((LEAD_HEAD, LEADS[2])))
    (exports / "4.parquet").write_bytes(as_parquet((LEAD_HEAD, LEADS[3], LEADS[2])))
    found = report("check", "exports", folder=work)
    assert [(one["name"], one["rows"]["judged"]) for one in found["files"]] == [
        ("exports/1.xlsx", 1), ("exports/2.csv.gz", 1), ("exports/3.jsonl", 1), ("exports/4.parquet", 1),
    ]  # fmt: skip
    assert found["files"][3]["rows"]["repeated"] == 1


def test_standard_input_may_be_of_any_format(work: Path) -> None:
    content = native("xlsx")
    (file,) = report("check", "-", folder=work, stdin=content)["files"]
    assert file["rows"]["judged"] == 4
    assert file["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_workbook_that_changes_while_it_is_read_is_noticed(folder: Path) -> None:
    Path("leads.xlsx").write_bytes(book({"Leads": [HEAD, ["1", "a"]]}))
    with opened(["leads.xlsx"], bindings()) as (export,):
        Path("leads.xlsx").write_bytes(book({"Leads": [HEAD, ["1", "b"], ["2", "c"]]}))
        with pytest.raises(CannotRun, match=r"`leads\.xlsx` changed while it was read"):
            careful(export)


def test_a_link_to_a_workbook_out_of_the_checkout_is_refused_in_ci(work: Path) -> None:
    inside = work / "inside"
    inside.mkdir()
    shutil.move(work / "contracts", inside / "contracts")
    (work / "leads.xlsx").write_bytes(native("xlsx"))
    (inside / "leads.xlsx").symlink_to("../leads.xlsx")
    assert slacli("check", "leads.xlsx", folder=inside, env={"CI": "true"}).code == 2
    (inside / "exports").mkdir()
    (inside / "exports" / "leads.xlsx").symlink_to("../../leads.xlsx")
    assert "leads out of the working directory" in slacli("check", "exports", folder=inside, env={"CI": "true"}).err
