"""What was promised of reading exports, by its number: the reader rules C6, and the bad inputs 30 to 64."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import shutil
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import workbooks
from commands import PARTS, report, slacli
from exports import text
from workbooks import MOMENT, Cell, Sheet, book

HERE = Path(__file__).parent
HEADERS = ("Lead ID", "Email", "Company", "Lead Source", "Region", "Budget", "Create Date", "MQL Date", "Reason")
USUAL = {
    "Lead ID": "L9", "Email": "eve@nine.example", "Company": "Nine", "Lead Source": "Web", "Region": "AMER",
    "Budget": "25000", "Create Date": "2026-02-10 09:00:00", "MQL Date": "2026-02-11 09:00:00", "Reason": "",
}  # fmt: skip
READS = "reads: {time_zone: America/New_York, unreadable: at most 30%}"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    shutil.copytree(HERE / "contracts" / "leads", tmp_path / "contracts")
    return tmp_path


def row(**cells: str) -> list[str]:
    """A row that is right but for some cells, named by the first word of their header in small letters."""
    short = {name.split()[0].lower() if name != "Lead ID" else "id": name for name in HEADERS}
    return list((USUAL | {short[name]: value for name, value in cells.items()}).values())


def leads(*more: Sequence[str], count: int = 4) -> bytes:
    return text(HEADERS, [*(row(id=f"L{n}") for n in range(count)), *more])


def reads(work: Path, more: str) -> None:
    """Let the binding say more of how its exports are read."""
    path = work / "contracts" / "bindings" / "leads.yaml"
    path.write_text(path.read_text().replace("reads: {", f"reads: {{{more}, "))


def rows(work: Path, content: bytes, name: str = "leads.csv", code: int | None = None) -> list[int]:
    """Give how many rows were judged, cut, unreadable, repeated and contradictory."""
    (work / name).write_bytes(content)
    (file,) = report("check", name, folder=work, code=code)["files"]
    return [file["rows"][part] for part in PARTS]


def found(work: Path, content: bytes, name: str = "leads.csv") -> dict[str, str]:
    """Give the message of each rule that a check reports."""
    (work / name).write_bytes(content)
    return {one["rule"]: one["message"] for one in report("check", name, folder=work)["findings"]}


def refused(work: Path, content: bytes | None = None, name: str = "leads.csv", seconds: float = 10) -> str:
    """Give why a check could not run; it is said soon, and the program lives on to say it."""
    if content is not None:
        (work / name).write_bytes(content)
    started = time.monotonic()
    ran = slacli("check", name, folder=work)
    assert time.monotonic() - started < seconds
    assert ran.code == 2, ran.text
    return ran.err.splitlines()[0].removeprefix("could not run: ")


# --- the reader rules -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", [lambda t: t.encode("utf-8-sig"), lambda t: t.encode("utf-16"), lambda t: t.encode("utf-32"),
               lambda t: t.replace(",", "\t").encode("utf-16-le"), lambda t: t.encode("cp1252")],
)  # fmt: skip
def test_c6_1_the_encoding_is_found_by_its_mark_then_utf_8_then_windows(
    work: Path, change: Callable[[str], bytes]
) -> None:
    content = change(leads(row(id="L8", company="Müller")).decode())
    assert rows(work, content) == [5, 0, 0, 0, 0]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_c6_1_the_delimiter_is_found_by_the_headers(work: Path, sign: str) -> None:
    assert rows(work, leads().replace(b",", sign.encode())) == [4, 0, 0, 0, 0]


def test_c6_1_the_binding_overrides_both(work: Path) -> None:
    reads(work, 'encoding: windows-1251, delimiter: ";"')
    content = leads(row(id="L8", company="Жук")).decode().replace(",", ";").encode("cp1251")
    assert rows(work, content) == [5, 0, 0, 0, 0]
    assert "says `;`" in refused(work, leads())


def test_c6_2_ids_stay_text_in_every_form(work: Path) -> None:
    ids = ["00017", "17", "9" * 23, "9" * 22 + "8"]
    table = [row(id=one) for one in ids]
    assert rows(work, text(HEADERS, table)) == [4, 0, 0, 0, 0]
    assert rows(work, book({"Leads": [HEADERS, *table]})) == [4, 0, 0, 0, 0]


def test_c6_2_ids_that_lost_their_digits_in_a_workbook_are_not_judged(work: Path) -> None:
    table: list[list[Any]] = [list(row(id=f"L{n}")) for n in range(4)]
    table.append([Cell("1234567890123456789"), *table[0][1:]])
    content = book({"Leads": [HEADERS, *table]})
    assert rows(work, content) == [4, 0, 1, 0, 0]
    assert "(line 6): a number of more than 15 digits in column A" in found(work, content)["unreadable-rows"]


def test_c6_3_the_order_of_a_date_is_told_or_proved_or_the_run_ends(work: Path) -> None:
    unsure = row(id="L8", mql="03/05/2026")
    assert "`MQL Date`" in refused(work, leads(unsure))
    assert rows(work, leads(unsure, row(id="L7", mql="25/05/2026"))) == [6, 0, 0, 0, 0]
    assert "contradict" in refused(work, leads(unsure, row(id="L7", mql="25/05/2026"), row(id="L6", mql="05/25/2026")))
    reads(work, "date_order: mdy")
    assert rows(work, leads(unsure)) == [5, 0, 0, 0, 0]
    # A cell that a workbook shows as a time has no order to doubt.
    dated = [*row()[:7], Cell("46055.5", style=MOMENT), ""]
    assert rows(work, book({"Leads": [HEADERS, dated]})) == [1, 0, 0, 0, 0]


def test_c6_4_workbooks(work: Path) -> None:
    typed: list[list[workbooks.Value]] = [
        ["L1", "a@b.example", "One", "Web", "AMER", 25000, Cell("46055", style=MOMENT), "2026-02-03 10:00:00", None],
        ["L2", "a@b.example", "Two", "Web", "AMER", Cell("12000.5"), "2026-02-02 09:00", Cell("46056.5", style=MOMENT)],
        ["L3", "a@b.example", "Three", "Web", "AMER", Cell("#N/A", "e"), Cell("46055.5", style=MOMENT)],
        ["L4", "a@b.example", "Four", "Web", "AMER", Cell(formula="1+1"), Cell("46055.5", style=MOMENT), "", True],
    ]
    sheet = Sheet([["Leads of May"], [], HEADERS, *typed], hidden=frozenset({5, 6}))
    content = book({"About": [["not this one"]], "Leads": sheet})
    (work / "leads.xlsx").write_bytes(content)
    told = report("check", "leads.xlsx", folder=work)
    (file,) = told["files"]
    assert [file["rows"][part] for part in PARTS] == [4, 2, 0, 0, 0]
    assert file["notes"] == ["sheet `Leads`", "2 hidden rows read"]
    (unread,) = [one for one in told["findings"] if one["rule"] == "unreadable-values"]
    assert "1 row holds no amount in `lead.budget`" in unread["message"]
    assert [one["rows"] for one in unread["data"]] == [[6]]


def test_c6_5_placeholders_are_blank_where_the_binding_says_so(work: Path) -> None:
    reads(work, 'missing: ["-", N/A, "[not provided]"]')
    more = [
        row(id="L5", lead="-"),
        row(id="L6", lead="N/A"),
        row(id="L7", lead="[not provided]"),
        row(id="L8", lead=" "),
    ]
    assert "value-not-listed" not in found(work, leads(*more))


def test_c6_6_repeated_headers_and_rows_and_uneven_ones(work: Path) -> None:
    assert "`Email` twice" in refused(work, leads().replace(b"Company", b"Email", 1))
    assert rows(work, leads(row(id="L1"))) == [4, 0, 0, 1, 0]
    assert rows(work, leads(row(id="L1", company="Ten")), code=1) == [3, 0, 0, 0, 2]
    assert rows(work, leads() + b"L7,short\n") == [4, 0, 1, 0, 0]
    assert rows(work, leads(row(id="L7", company="two\nlines")) + b"\n\n") == [5, 2, 0, 0, 0]


def test_c6_7_what_looks_like_a_formula_is_data_and_is_written_safely(work: Path) -> None:
    (work / "leads.csv").write_bytes(leads(row(id="=L5"), row(id="@L6"), row(id="+49 30"), row(id="-L8")))
    assert slacli("check", "leads.csv", "--rows", "rows.csv", folder=work).code == 0
    written = (work / "rows.csv").read_text()
    for id_ in ("=L5", "@L6", "+49 30", "-L8"):
        assert f"'{id_}" in written
        assert f",{id_}" not in written


def test_c6_8_headers_are_found_without_regard_to_case_blanks_and_composition(work: Path) -> None:
    odd = leads().replace(b"Lead Source", "lead\u00a0 SOURCE ".encode(), 1)
    assert rows(work, odd) == [4, 0, 0, 0, 0]
    (work / "leads.csv").write_bytes(leads().replace(b"Budget", b"Bugdet", 1))
    assert "did you mean its column `Bugdet`?" in slacli("check", "leads.csv", folder=work).err


# --- bad inputs -------------------------------------------------------------------------------


def test_input_30_empty_and_header_only(work: Path) -> None:
    assert "is empty" in refused(work, b"")
    assert "no-rows" in found(work, text(HEADERS, []))
    assert "no-rows" in found(work, book({"Leads": [HEADERS]}), "leads.xlsx")


def test_input_31_ragged_rows_and_footers(work: Path) -> None:
    assert "(line 6)" in found(work, leads() + b"Total: 2\n")["unreadable-rows"]
    assert "(line 6): 10 cells" in found(work, leads([*row(id="L7"), "more"]))["unreadable-rows"]


def test_input_32_an_open_quote_names_its_line(work: Path) -> None:
    content = leads(row(id="L7", company='"Seven')).replace(b'"""Seven"', b'"Seven')
    assert found(work, content)["unreadable-rows"].endswith("(line 6): a quote that is never closed")


def test_input_33_repeated_and_blank_headers_matter_where_bound(work: Path) -> None:
    assert rows(work, text((*HEADERS, "", ""), [[*row(), "a", "b"]])) == [1, 0, 0, 0, 0]
    assert "`Reason` twice" in refused(work, text((*HEADERS, "Reason"), [[*row(), "b"]]))


def test_input_34_decimal_commas_are_read_only_where_they_are_told(work: Path) -> None:
    content = leads(row(id="L8", budget="1.234,50")).replace(b'"1.234,50"', b"1.234,50").replace(b",", b";")
    content = content.replace(b"1.234;50", b"1.234,50")
    assert "unreadable-values" in found(work, content)
    reads(work, 'thousands: ".", decimal: ","')
    assert "unreadable-values" not in found(work, content)


def test_input_35_a_line_above_the_header_ends_the_run_in_text(work: Path) -> None:
    assert "has the headers of no binding" in refused(work, b"# Leads of May\n" + leads())


def test_input_36_wide_windows_and_mixed_text(work: Path) -> None:
    assert rows(work, leads().decode().encode("utf-16")) == [4, 0, 0, 0, 0]
    mixed = leads(row(id="L6", company="Müller")) + leads(row(id="L7", company="M?ller"), count=0).splitlines(
        keepends=True)[1].replace(b"?", b"\xfc")  # fmt: skip
    assert "(line 7): a byte that is not UTF-8" in found(work, mixed)["unreadable-rows"]


def test_input_37_a_nul_byte(work: Path) -> None:
    assert "NUL byte in line 6" in refused(work, leads(row(id="L\0")))
    assert "NUL" in refused(work, book({"Leads": [HEADERS, row(company="N_x0000_ne")]}), "leads.xlsx")


def test_input_38_long_lines_long_cells_and_many_columns(work: Path) -> None:
    assert rows(work, leads(row(id="L7", company="x" * 3_000_000))) == [4, 0, 1, 0, 0]
    assert rows(work, leads(row(id="L7", company="x" * 200_000))) == [5, 0, 0, 0, 0]
    many = [f"c{n}" for n in range(20_000)]
    assert rows(work, text([*HEADERS, *many], [[*row(), *("" for _ in many)]])) == [1, 0, 0, 0, 0]


def test_input_39_line_ends(work: Path) -> None:
    assert rows(work, leads().replace(b"\n", b"\r")) == [4, 0, 0, 0, 0]
    assert rows(work, leads().replace(b"\n", b"\r\n", 2)) == [4, 0, 0, 0, 0]


def test_input_40_a_date_that_could_be_two(work: Path) -> None:
    assert "`MQL Date`" in refused(work, leads(row(id="L7", mql="01/02/2026")))


def test_input_41_gaps_of_the_clock_and_mixed_offsets(work: Path) -> None:
    assert "time-in-gap" in found(work, leads(row(id="L7", mql="2026-03-08 02:30:00")))
    assert "`Create Date`" in refused(work, leads(row(id="L7", create="2026-02-10T09:00:00Z")))


def test_input_42_far_years_are_told(work: Path) -> None:
    more = (row(id="L7", create="0001-01-01 00:00:00"), row(id="L8", create="9999-12-31 00:00:00"))
    assert "unreadable-values" in found(work, leads(*more, count=8))
    assert "stray-time" in found(work, leads(row(id="L7", create="2050-01-01 00:00:00")))


def test_input_43_and_44_are_c6_2_and_c6_5(work: Path) -> None:
    assert rows(work, leads(row(id="NULL"), row(id="null"))) == [6, 0, 0, 0, 0]


def test_input_45_repeated_ids(work: Path) -> None:
    content = leads(row(id="L1"), row(id="L2", company="Ten"))
    assert {"contradictory-keys", "repeated-keys"} <= set(found(work, content))


def test_input_46_the_order_of_rows_changes_nothing(work: Path) -> None:
    head, *lines = leads(row(id="L7", budget="5"), row(id="L8", mql="")).splitlines(keepends=True)
    (work / "a.csv").write_bytes(head + b"".join(lines))
    (work / "b.csv").write_bytes(head + b"".join(reversed(lines)))
    one, two = (report("check", name, folder=work) for name in ("a.csv", "b.csv"))
    for part in ("status", "counts", "bounds"):
        assert [outcome[part] for outcome in one["outcomes"]] == [outcome[part] for outcome in two["outcomes"]]
    assert [cell["cells"] for cell in one["terms"]] == [cell["cells"] for cell in two["terms"]]


@pytest.mark.parametrize("name", ["q[1].csv", "a*b.csv", "--help.csv", "new\nline.csv", "esc\x1b[2J.csv"])
def test_input_47_odd_names(work: Path, name: str) -> None:
    for other in ("q1.csv", "aXb.csv"):
        (work / other).write_bytes(leads(count=9))
    (work / name).write_bytes(leads())
    ran = slacli("check", "--", name, folder=work)
    assert ran.code == 0
    assert "4 rows" in ran.out
    assert "\x1b" not in ran.text


def test_input_48_what_is_no_file(work: Path) -> None:
    assert "is a web address" in refused(work, name="https://crm.example/leads.xlsx")
    assert "is a web address" in refused(work, name="s3://bucket/leads.parquet")
    assert "is a device" in refused(work, name="/dev/zero")
    (work / "empty").mkdir()
    assert refused(work, name="empty") == "`empty` is a folder without files"


def test_input_49_a_link_out_of_the_checkout(work: Path) -> None:
    (work / "inside").mkdir()
    shutil.move(work / "contracts", work / "inside" / "contracts")
    (work / "leads.csv.gz").write_bytes(gzip.compress(leads()))
    (work / "inside" / "leads.csv.gz").symlink_to("../leads.csv.gz")
    assert slacli("check", "leads.csv.gz", folder=work / "inside", env={"CI": "true"}).code == 2


def test_input_50_a_gzip_bomb_ends_at_the_limit(work: Path) -> None:
    packed = io.BytesIO()
    with gzip.open(packed, "wb", 9) as file:
        for _ in range(400):
            file.write(bytes(1 << 20))
    assert "too much for its size" in refused(work, packed.getvalue(), "leads.csv.gz")


def test_input_51_is_in_test_ahead_and_a_packed_file_is_watched_too(work: Path) -> None:
    assert "file that grows" in (HERE / "test_ahead.py").read_text().replace("_", " ")
    assert rows(work, gzip.compress(leads()), "leads.csv.gz") == [4, 0, 0, 0, 0]


def test_inputs_52_to_56_nothing_of_a_cell_is_obeyed_or_told(work: Path) -> None:
    odd = [
        "\n::error::x",
        "see ##[set-output name=a]b",
        "[link=x]y[/link]",
        "\x1b]8;;x\x07",
        "<script>",
        "![](http://t)",
    ]
    more = [row(id=f"X{n}", company=value, email="canary@secret.example") for n, value in enumerate(odd)]
    for name, content in (("leads.csv", leads(*more)), ("leads.jsonl", _lines(more))):
        (work / name).write_bytes(content)
        ran = slacli("check", name, "--long", folder=work, env={"CI": "true"})
        assert "canary" not in ran.text
        assert not re.search(r"^::|\x1b|<script>", ran.text, re.MULTILINE)


def _lines(more: Sequence[Sequence[str]]) -> bytes:
    return "".join(json.dumps(dict(zip(HEADERS, one, strict=True))) + "\n" for one in more).encode()


def sheet(change: Callable[[str], str]) -> bytes:
    """A workbook of one lead, with the text of its sheet changed."""
    parts = workbooks.parts({"Leads": [HEADERS, row()]})
    name = "xl/worksheets/sheet1.xml"
    parts[name] = change(str(parts[name]))
    return workbooks.packed(parts)


def test_input_57_a_cell_in_the_last_corner(work: Path) -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    assert rows(work, sheet(lambda text: text.replace("</sheetData>", far)), "leads.xlsx") == [1, 0, 0, 0, 0]


def test_input_58_a_workbook_that_unpacks_to_a_gigabyte(work: Path) -> None:
    held = io.BytesIO()
    parts = workbooks.parts({"Leads": [HEADERS, row()]})
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if "sheet1" not in name:
                archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(300):
                part.write(b"<row/>" * 200_000)
    assert "holds more than it may" in refused(work, held.getvalue(), "leads.xlsx", seconds=5)


def test_input_59_entities_inside_and_outside(work: Path) -> None:
    for declared in ('<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">', '<!ENTITY a SYSTEM "file:///etc/hostname">'):
        content = sheet(lambda text, declared=declared: f"<!DOCTYPE x [{declared}]>{text}")  # type: ignore[misc]
        assert "declares a document type" in refused(work, content, "leads.xlsx", seconds=5)


def test_input_60_a_false_dimension_is_ignored(work: Path) -> None:
    content = sheet(lambda text: text.replace('ref="A1"', 'ref="A1:XFD1048576"'))
    assert rows(work, content, "leads.xlsx") == [1, 0, 0, 0, 0]


def test_input_61_formulas_without_a_value_and_errors_are_unknown(work: Path) -> None:
    table: list[list[Any]] = [list(row(id=f"L{n}")) for n in range(6)]
    table[0][5], table[1][5] = Cell(formula="A1*2"), Cell("#REF!", "e", formula="A1*2")
    told = found(work, book({"Leads": [HEADERS, *table]}), "leads.xlsx")
    assert "1 row holds no amount in `lead.budget`" in told["unreadable-values"]


def test_input_62_an_empty_first_column_shifts_nothing(work: Path) -> None:
    assert rows(work, book({"Leads": [["", *HEADERS], [None, *row()]]}), "leads.xlsx") == [1, 0, 0, 0, 0]


def test_input_63_days_of_1900_and_of_1904(work: Path) -> None:
    for old, serial in ((False, "46055.5"), (True, "44593.5")):
        table = [HEADERS, [*row()[:6], Cell(serial, style=MOMENT), "", "too small"]]
        (work / "leads.xlsx").write_bytes(book({"Leads": table}, from_1904=old))
        assert report("check", "leads.xlsx", folder=work)["as_of"]["at"].startswith("2026-02-02T12:00")
    never = [HEADERS, *(row(id=f"L{n}") for n in range(4)), [*row()[:6], Cell("60", style=workbooks.DAY), "", ""]]
    assert "unreadable-values" in found(work, book({"Leads": never}), "leads.xlsx")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "an old or a protected Excel workbook"),
        (workbooks.packed({**workbooks.parts({"A": [["x"]]}), "xl/vbaProject.bin": b"x"}), "a workbook with macros"),
        (workbooks.packed({"word/document.xml": "<x/>", "[Content_Types].xml": "<x/>"}), "no Excel workbook"),
        (workbooks.packed({"a.csv": b"x", "b.csv": b"y"}), "an archive (zip) with 2 files"),
    ],
)
def test_input_64_other_workbooks_and_archives(work: Path, content: bytes, what: str) -> None:
    assert what in refused(work, content, "leads.xlsx")


def test_the_account_of_a_named_pipe_is_that_of_its_file(work: Path) -> None:
    os.mkfifo(work / "pipe")
    content = gzip.compress(leads())
    writer = threading.Thread(target=(work / "pipe").write_bytes, args=(content,))
    writer.start()
    (file,) = report("check", "pipe", folder=work)["files"]
    writer.join()
    assert file["rows"]["judged"] == 4
