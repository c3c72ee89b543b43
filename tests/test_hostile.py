"""Exports and contracts that nobody writes on purpose: a clear answer to each, and no row lost, no secret told."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import PARTS, Ran, report, slacli
from pytest_regressions.file_regression import FileRegressionFixture
from workbooks import book

HERE = Path(__file__).parent
HEADERS = ("Lead ID", "Email", "Company", "Lead Source", "Region", "Budget", "Create Date", "MQL Date", "Reason")
HEAD = ",".join(HEADERS).encode() + b"\n"
ONE = b"L1,ann@one.example,One,Web,AMER,25000,2026-02-02 09:00:00,2026-02-03 10:00:00,\n"
TWO = b"L2,bob@two.example,Two,Event,EMEA,12000,2026-02-05 09:00:00,2026-02-06 10:00:00,\n"
THREE = b"L3,cat@three.example,Three,Web,AMER,500,2026-02-09 09:00:00,,too small\n"
FOUR = b"L4,dan@four.example,Four,Referral,EMEA,40000,2026-03-02 09:00:00,2026-03-03 10:00:00,\n"
ROWS = ONE + TWO + THREE + FOUR
LEADS = "bindings/leads.yaml"
READS = "reads: {time_zone: America/New_York, unreadable: at most 30%}"
STRICT = READS.replace("30%", "1%")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with a contract and no exports."""
    shutil.copytree(HERE / "contracts" / "leads", tmp_path / "contracts")
    return tmp_path


def altered(work: Path, file: str, old: str, new: str) -> None:
    path = work / "contracts" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def screen(command: str, ran: Ran) -> str:
    return f"$ {command}\n{ran.out}{ran.err}exit {ran.code}\n"


def row(**cells: str) -> bytes:
    """A row of an export that is right but for the cells that are given, by field."""
    names = ("lead_id", "email", "company", "source", "region", "budget", "created", "qualified", "reason")
    usual = ("L9", "eve@nine.example", "Nine", "Web", "AMER", "25000", "2026-02-10 09:00:00", "2026-02-11 09:00:00", "")
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow((dict(zip(names, usual, strict=True)) | cells).values())
    return out.getvalue().encode()


@dataclass(frozen=True)
class Odd:
    """An export that something is wrong with, and how `slacli check` has to answer."""

    content: bytes
    code: int
    says: tuple[str, ...] = ()
    rows: tuple[int, int, int, int, int] | None = None  # judged, cut, unreadable, repeated, contradictory
    change: tuple[tuple[str, str, str], ...] = ()


FOOTER = b'"Total (4 records)"\n"Confidential Information - Do Not Distribute"\n'
DATES = b"Lead ID,MQL Date,Email,Company,Lead Source,Region,Budget,Create Date,Reason\n"
SALESFORCE = (LEADS, READS, READS.replace("{", "{dialect: salesforce_report, "))

ODD: Mapping[str, Odd] = {
    "a_workbook": Odd(book({"Leads": [HEADERS, *(line.decode().split(",") for line in ROWS.splitlines())]}), 0,
                      ("sheet `Leads`",), (4, 0, 0, 0, 0)),
    "a_damaged_workbook": Odd(book({"Leads": [HEADERS]})[:-40], 2, ("is damaged",)),
    "an_empty_file": Odd(b"", 2, ("empty",)),
    "only_blanks": Odd(b" \n\n \n", 2, ("holds only blanks",)),
    "a_header_alone": Odd(HEAD, 1, ("no-rows",), (0, 0, 0, 0, 0)),
    "a_byte_that_is_not_utf8": Odd(HEAD + ROWS + row(company="Müller") + b"L8,x@e.example,M\xfcller,Web,AMER,1,,,\n", 0,
                                   ("(line 7): a byte that is not UTF-8",), (5, 0, 1, 0, 0)),
    "an_old_windows_file": Odd(HEAD + ROWS + b"L8,x@e.example,M\xfcller,Web,AMER,1,2026-02-20,,small\n", 0,
                               ("Windows-1252",), (5, 0, 0, 0, 0)),
    "mixed_line_ends": Odd(HEAD + ONE.replace(b"\n", b"\r\n") + TWO + THREE.replace(b"\n", b"\r") + FOUR, 0,
                           ("mixed line ends",), (4, 0, 0, 0, 0)),
    "an_open_quote": Odd(HEAD + ONE + TWO + row(company="Six").replace(b"Six", b'"Six') + FOUR, 0,
                         ("line 4", "never closed"), (3, 0, 1, 0, 0)),
    "semicolons": Odd((HEAD + ROWS).replace(b",", b";"), 0, (), (4, 0, 0, 0, 0)),
    "a_repeated_header": Odd(HEAD.replace(b"Company", b"Email") + ROWS, 2, ("`Email` twice",)),
    "a_repeated_header_that_nobody_reads": Odd(
        HEAD[:-1] + b",Notes,Notes,\n" + ROWS.replace(b"\n", b",a,b,\n"), 0, (), (4, 0, 0, 0, 0)),
    "a_header_in_mid_file": Odd(HEAD + ONE + TWO + HEAD + THREE + FOUR, 1, ("pasted-exports", "(line 4)"),
                                (4, 1, 0, 0, 0)),
    "a_line_of_3_mb": Odd(HEAD + ONE + TWO + THREE + row(company="x" * 3_000_000) + FOUR, 0,
                          ("line 5", "more than 1.9 MB"), (4, 0, 1, 0, 0)),
    "a_footer": Odd(HEAD + ROWS + b"\n" + FOOTER, 0, ("footer 2",), (4, 3, 0, 0, 0), (SALESFORCE,)),
    "a_footer_that_no_dialect_explains": Odd(HEAD + ROWS + FOOTER, 2, ("lines 6 and 7", "accepts at most 30 %")),
    "a_footer_in_mid_file": Odd(HEAD + ONE + TWO + FOOTER + THREE + FOUR, 1, ("pasted-exports", "(line 4)"),
                                (4, 2, 0, 0, 0), (SALESFORCE,)),
    "a_missing_column": Odd(HEAD.replace(b"Budget", b"Bugdet") + ROWS, 2, ("`Budget`", "did you mean", "`Bugdet`")),
    "a_nul_byte": Odd(HEAD + ONE + TWO.replace(b"Two", b"T\0wo") + FOUR, 2, ("NUL", "line 3")),
    "wide_text": Odd((HEAD + ROWS).decode().encode("utf-16"), 0, ("read as UTF-16",), (4, 0, 0, 0, 0)),
    "a_web_page": Odd(b"<!DOCTYPE html><html><body>Log in</body></html>", 2, ("a web page",)),
    "cells_too_many": Odd(HEAD + ONE + TWO + THREE[:-1] + b",one more\n" + FOUR, 0, ("line 4", "10 cells"),
                          (3, 0, 1, 0, 0)),
    "unreadable_beyond_the_limit": Odd(HEAD + ROWS + b"a,b\n", 2, ("line 6", "20.00 %", "at most 1 %"),
                                       change=((LEADS, READS, STRICT),)),
    "values_beyond_the_limit": Odd(HEAD + ROWS + row(budget="many"), 2, ("`Budget`", "row 6", "at most 1 %"),
                                   change=((LEADS, READS, STRICT),)),
    "values_within_the_limit": Odd(HEAD + ROWS + row(budget="many"), 0, ("unreadable-values", "row 6"),
                                   (5, 0, 0, 0, 0)),
    "no_binding": Odd(b"Name,Telephone\nA,1\n", 2, ("the headers of no binding",)),
    "nearly_a_binding": Odd(HEAD.replace(b"MQL Date", b"MQL-Date") + ROWS, 2, ("nearest is `leads`", "`MQL-Date`")),
    "dates_either_way": Odd(HEAD + row(qualified="03/05/2026"), 2, ("`MQL Date`", "row 2", "date_order: mdy")),
    "dates_with_a_proof": Odd(HEAD + row(qualified="03/05/2026") + row(lead_id="L10", qualified="25/05/2026"), 0,
                              (), (2, 0, 0, 0, 0)),
    "dates_with_contradicting_proofs": Odd(
        HEAD + row(qualified="03/05/2026") + row(lead_id="L10", qualified="25/05/2026")
        + row(lead_id="L11", qualified="05/25/2026"), 2, ("contradict each other",)),
    "times_without_a_zone": Odd(HEAD + ROWS, 2, ("time_zone:", "row 2"),
                                change=((LEADS, READS, "reads: {unreadable: at most 30%}"),)),
    "times_with_offsets": Odd((HEAD + ROWS).replace(b":00:00,", b":00:00Z,"), 0, (), (4, 0, 0, 0, 0),
                              ((LEADS, READS, "reads: {unreadable: at most 30%}"),)),
    "times_with_and_without_offsets": Odd(HEAD + ROWS + row(created="2026-02-10T09:00:00Z"), 2,
                                          ("`Create Date`", "row 6", "row 2")),
    "a_time_of_2050": Odd(HEAD + ROWS + row(created="2050-01-01 00:00:00"), 0, ("stray-time", "row 6"),
                          (5, 0, 0, 0, 0)),
    "years_1_and_9999": Odd(HEAD + ROWS + row(created="0001-01-01 00:00:00") +
                            row(lead_id="L10", created="9999-12-31 23:59:59"), 0, (), (6, 0, 0, 0, 0),
                            ((LEADS, "30%", "50%"),)),
    "days_that_are_none": Odd(HEAD + ROWS + row(created="2026-02-30 10:00:00"), 0, ("unreadable-values", "row 6"),
                              (5, 0, 0, 0, 0)),
    "a_time_in_the_gap": Odd(HEAD + ROWS + row(qualified="2026-03-08 02:30:00"), 0, ("time-in-gap", "row 6"),
                             (5, 0, 0, 0, 0)),
    "contradictory_keys": Odd(HEAD + ROWS + row(lead_id="L2"), 1, ("contradictory-keys", "L2"), (3, 0, 0, 0, 2)),
    "repeated_keys": Odd(HEAD + ROWS + TWO + TWO + ONE, 0, ("3 repeated",), (4, 0, 0, 3, 0)),
    "keys_settled_by_the_newest": Odd(HEAD + ROWS + row(lead_id="L2", created="2026-02-06 09:00:00"), 0,
                                      ("1 repeated", "or is older"), (4, 0, 0, 1, 0),
                                      ((LEADS, READS, READS.replace("{", "{newest_by: created_at, ")),)),
    "blank_keys": Odd(HEAD + ROWS + row(lead_id="") + row(lead_id=" "), 0, ("blank-keys", "row 6 · row 7"),
                      (6, 0, 0, 0, 0)),
    "values_that_nobody_listed": Odd(HEAD + ROWS + row(source="web") + row(lead_id="L10", source="Webinar"), 1,
                                     ("values: {web: Web}", "`Webinar`"), (6, 0, 0, 0, 0)),
    "long_and_zeroed_ids": Odd(HEAD + row(lead_id="00017") + row(lead_id="17") + row(lead_id="9" * 23)
                               + row(lead_id="9" * 22 + "8"), 0, (), (4, 0, 0, 0, 0)),
    "old_mac_line_ends": Odd((HEAD + ROWS).replace(b"\n", b"\r"), 0, ("carriage return",), (4, 0, 0, 0, 0)),
    "blank_lines": Odd(b"\n" + HEAD + ONE + b"\n   \n" + TWO + THREE + FOUR + b"\n\n", 0, ("(blank line)",),
                       (4, 5, 0, 0, 0)),
    "decimal_commas": Odd(HEAD + row(budget="12.345,50") + row(lead_id="L10", budget="500,00"), 0,
                          ("marked 2: meets 1, fails 1",), (2, 0, 0, 0, 0),
                          ((LEADS, READS, READS.replace("{", "{thousands: '.', decimal: ',', ")),)),
    "decimal_commas_that_nobody_told": Odd(HEAD + row(budget="12.345,50") + row(lead_id="L10", budget="500,00"), 2,
                                           ("hold no amount in `Budget`",)),
    "placeholders": Odd(HEAD + ROWS + row(source="N/A", budget="-", reason="NULL"), 1,
                        ("budget blank 1",), (5, 0, 0, 0, 0),
                        ((LEADS, READS, READS.replace("{", '{missing: ["-", N/A, "NULL"], ')),)),
    "rows_without_a_date": Odd(HEAD + ROWS + row(qualified="soon"), 0, ("undated-rows", "unreadable-values"),
                               (5, 0, 0, 0, 0)),
    "negative_and_far_too_large": Odd(HEAD + ROWS + row(budget="-5") + row(lead_id="L10", budget="9" * 17), 0,
                                      ("value-not-listed", "from 0"), (6, 0, 0, 0, 0)),
    "text_numbers_of_a_machine": Odd(HEAD + row(budget="0x10") + row(lead_id="L10", budget="1e3")
                                     + row(lead_id="L11", budget="1_000") + row(lead_id="L12", budget="Infinity"), 2,
                                     ("hold no amount in `Budget`", "rows 2, 3 and 4")),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_export_has_a_clear_answer(name: str, work: Path, file_regression: FileRegressionFixture) -> None:
    odd = ODD[name]
    (work / "leads.csv").write_bytes(odd.content)
    for change in odd.change:
        altered(work, *change)
    ran = slacli("check", "leads.csv", folder=work)
    file_regression.check(screen("slacli check leads.csv", ran), extension=".txt", basename=name, encoding="utf-8")
    assert ran.code == odd.code, ran.text
    assert bool(ran.out) != bool(ran.err)
    told = ran.text
    if odd.code != 2:
        found = report("check", "leads.csv", folder=work, code=odd.code)
        told += "\n".join(one["message"] for one in found["findings"])
        rows = found["files"][0]["rows"]
        assert odd.rows == tuple(rows[part] for part in PARTS)
    assert [text for text in odd.says if text not in " ".join(told.split())] == []


def test_a_quote_that_is_opened_in_row_1000_of_300000_costs_that_row_alone(work: Path) -> None:
    usual = row(lead_id="")
    rows = [b"L%d" % number + usual for number in range(300_000)]
    rows[998] = rows[998].replace(b",Nine,", b',"Nine,')
    (work / "leads.csv").write_bytes(HEAD + b"".join(rows))
    started = time.monotonic()
    found = report("check", "leads.csv", folder=work, code=0)
    assert time.monotonic() - started < 30
    assert found["files"][0]["rows"] == {
        "total": 300_000, "judged": 299_999, "cut": 0, "unreadable": 1, "repeated": 0, "contradictory": 0,
    }  # fmt: skip
    (told,) = [one["message"] for one in found["findings"] if one["rule"] == "unreadable-rows"]
    assert told == "1 row of `leads.csv` cannot be read (line 1,000): a quote that is never closed"


# --- what is given ----------------------------------------------------------------------------


def refused(work: Path, *arguments: str, stdin: bytes = b"") -> tuple[str, str]:
    """Give what could not be done and what helps."""
    ran = slacli("check", *arguments, folder=work, stdin=stdin)
    assert (ran.code, ran.out) == (2, ""), ran.text
    first, second, *rest = ran.err.splitlines()
    assert first.startswith("could not run: ")
    assert second.startswith("  help: ")
    assert rest == []
    return first.removeprefix("could not run: "), second.removeprefix("  help: ")


def test_a_name_with_brackets_is_no_pattern(work: Path) -> None:
    (work / "q1.csv").write_bytes(HEAD + ONE)
    (work / "q[1].csv").write_bytes(HEAD + TWO + THREE)
    (work / "a*.csv").write_bytes(HEAD + FOUR)
    found = report("check", "q[1].csv", "a*.csv", "q1.csv", folder=work)
    assert [(f["name"], f["rows"]["judged"]) for f in found["files"]] == [("q[1].csv", 2), ("a*.csv", 1), ("q1.csv", 1)]


def test_standard_input_and_a_pipe_are_read_like_files(work: Path) -> None:
    (work / "leads.csv").write_bytes(HEAD + ROWS)
    as_file = slacli("check", "leads.csv", folder=work)
    as_input = slacli("check", "-", folder=work, stdin=HEAD + ROWS)
    assert (as_input.code, as_input.out) == (0, as_file.out.replace("leads.csv", "standard input"))
    os.mkfifo(work / "pipe.csv")
    writer = threading.Thread(target=(work / "pipe.csv").write_bytes, args=(HEAD + ROWS,))
    writer.start()
    found = report("check", "pipe.csv", folder=work)
    writer.join()
    assert [(f["name"], f["rows"]["judged"]) for f in found["files"]] == [("pipe.csv", 4)]
    assert refused(work, "-") == (
        "standard input is empty: it has not even a header line",
        "export the data again as CSV (UTF-8)",
    )


NOT_HERE = ("is a web address, and slacli reads only files", "download it first and give the name of the file")
LACKING = (
    "`leads.csv` lacks the column `Opportunity ID`, which `opportunities` reads as `opportunity.opportunity_id`, "
    "and 3 more columns"
)
NO_FILE = "give the name of an exported file"


@pytest.mark.parametrize(
    ("given", "what", "help"),
    [
        ("nowhere.csv", "there is no file `nowhere.csv`", "check the name"),
        (
            "contracts",
            "`contracts` holds the folder `bindings`, and slacli does not look into it",
            "name the files: `contracts/*.csv`",
        ),
        ("/dev/null", "`/dev/null` is a device, not a file", NO_FILE),
        ("https://crm.example/leads.csv", f"`https://crm.example/leads.csv` {NOT_HERE[0]}", NOT_HERE[1]),
        ("s3://bucket/leads.csv", f"`s3://bucket/leads.csv` {NOT_HERE[0]}", NOT_HERE[1]),
        ("leads=nowhere.csv", "there is no file `nowhere.csv`", "check the name"),
        ("deal=leads.csv", "there is no file `deal=leads.csv`", "`deal` is no record and no binding of the contract"),
        ("leads.csv ./leads.csv", "`./leads.csv` and `leads.csv` are the same file", "give every export once"),
        ("leads.csv leads.csv", "`leads.csv` was given twice", "give every export once"),
        ("link.csv leads.csv", "`leads.csv` and `link.csv` are the same file", "give every export once"),
        ("leads.csv again.csv", "`again.csv` and `leads.csv` hold the same bytes", "give every export once"),
        ("lost.csv", "there is no file `lost.csv`", "it is a link that leads nowhere"),
        (
            "opportunity=leads.csv",
            LACKING,
            "export it with this column, or mend the binding",
        ),
    ],
)
def test_what_is_no_export_is_called_what_it_is(work: Path, given: str, what: str, help: str) -> None:
    (work / "leads.csv").write_bytes(HEAD + ROWS)
    (work / "link.csv").symlink_to("leads.csv")
    (work / "lost.csv").symlink_to("gone.csv")
    (work / "again.csv").write_bytes(HEAD + ROWS)
    assert refused(work, *given.split()) == (what, help)


def test_two_bindings_that_match_have_to_be_told_apart(work: Path) -> None:
    (work / "leads.csv").write_bytes(HEAD + ROWS)
    same = (
        (work / "contracts" / LEADS)
        .read_text(encoding="utf-8")
        .replace("binds: lead", "binds: lead\njoins_on: lead_id")
    )
    half, other = same.split("  source: Lead Source\n")
    (work / "contracts" / LEADS).write_text(half, encoding="utf-8")
    (work / "contracts/bindings/marketing.yaml").write_text(
        half[: half.index("  email")] + "  source: Lead Source\n" + other, encoding="utf-8"
    )
    answer = ("`leads.csv` has the headers of `leads` and `marketing`", "say which it is: `leads=leads.csv`")
    assert refused(work, "leads.csv") == answer
    assert refused(work, "lead=leads.csv") == answer
    found = report("check", "marketing=leads.csv", folder=work)
    assert [f["binding"] for f in found["files"]] == ["marketing"]


def test_several_exports_of_one_binding_are_one_table(work: Path) -> None:
    (work / "may.csv").write_bytes(HEAD + ONE + TWO)
    (work / "june.csv").write_bytes(HEAD + TWO + THREE + FOUR)
    found = report("check", "may.csv", "june.csv", folder=work, code=0)
    assert [f["rows"]["judged"] for f in found["files"]] == [2, 2]
    assert [f["rows"]["repeated"] for f in found["files"]] == [0, 1]


def test_a_file_that_nobody_may_read_is_said_to_be_one(work: Path) -> None:
    (work / "leads.csv").write_bytes(HEAD + ROWS)
    (work / "leads.csv").chmod(0)
    if os.access(work / "leads.csv", os.R_OK):
        pytest.skip("this user may read every file")
    assert refused(work, "leads.csv") == (
        "`leads.csv` could not be read: permission denied",
        "check the file and who may read it",
    )


def test_a_link_out_of_the_checkout_is_refused_where_a_machine_runs_it(tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(HERE / "contracts" / "leads", work / "contracts")
    (tmp_path / "secret.csv").write_bytes(HEAD + ROWS)
    (work / "leads.csv").symlink_to("../secret.csv")
    assert slacli("check", "leads.csv", folder=work).code == 0
    ran = slacli("check", "leads.csv", folder=work, env={"CI": "true"})
    assert ran.code == 2
    assert "is a link that leads out of the working directory" in ran.err


def test_shuffled_rows_have_the_same_verdicts(work: Path) -> None:
    (work / "a.csv").write_bytes(HEAD + ONE + TWO + THREE + FOUR)
    (work / "b.csv").write_bytes(HEAD + THREE + FOUR + ONE + TWO)
    first, second = (report("check", name, folder=work) for name in ("a.csv", "b.csv"))
    assert first["terms"] == second["terms"]
    assert [o["counts"] for o in first["outcomes"]] == [o["counts"] for o in second["outcomes"]]


# --- what must not come out -------------------------------------------------------------------

CANARY = "canary.7f3a@private.example"
MARKS = {
    "an_escape_code": "\x1b[2Jx",
    "a_window_title": "\x1b]0;x\x07",
    "a_link_of_the_terminal": "\x1b]8;;http://evil.example\x07x",
    "a_c1_code": "\x9b31mx",
    "a_command_of_a_build": "::error file=x::broken",
    "an_old_command_of_a_build": "see ##[set-output name=a]b",
    "markup": "[link=http://evil.example]x[/link]",
    "a_closing_tag": "[/x]",
    "a_turned_text": "\u202eevil",
    "a_line_separator": "x\u2028::error::y",
}
CODES = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]")
OBEYED = re.compile(rf"{CODES.pattern}|^ *::|##\[", re.MULTILINE)


def printed(work: Path, *arguments: str) -> str:
    """Give all that a check prints: long and with where it failed, and as JSON."""
    told = slacli("check", *arguments, "--long", "--debug", "--list", "known_leads", "--rows", "rows.csv", folder=work)
    return told.text + slacli("check", *arguments, "--format", "json", folder=work).text


def everything(work: Path, *arguments: str) -> str:
    """Give all that a check prints and writes."""
    told = printed(work, *arguments)
    rows = work / "rows.csv"
    return told + (rows.read_text(encoding="utf-8") if rows.exists() else "")


@pytest.mark.parametrize(
    ("cells", "limit"),
    [
        ({"email": CANARY}, "30%"),
        ({"email": CANARY}, "1%"),
        ({"email": f"<{CANARY}>"}, "30%"),
        ({"email": f"<{CANARY}>"}, "1%"),
        ({"source": CANARY}, "30%"),
        ({"region": CANARY}, "30%"),
        ({"budget": CANARY}, "30%"),
        ({"budget": CANARY}, "1%"),
        ({"created": CANARY}, "30%"),
        ({"qualified": CANARY}, "1%"),
        ({"email": CANARY, "lead_id": "L1"}, "30%"),
        ({"email": CANARY, "reason": 'a "quoted'}, "30%"),
    ],
    ids=str,
)
def test_an_address_of_a_person_never_comes_out(work: Path, cells: dict[str, str], limit: str) -> None:
    altered(work, LEADS, "30%", limit)
    (work / "leads.csv").write_bytes(HEAD + ROWS + row(**cells))
    told = everything(work, "leads.csv")
    assert "private.example" not in told


@pytest.mark.parametrize("broken", [b"L8," + CANARY.encode() + b'","x\n', b"L8," + CANARY.encode() + b",M\xfcller\n"])
def test_an_address_in_a_row_that_cannot_be_read_never_comes_out(work: Path, broken: bytes) -> None:
    altered(work, LEADS, "30%", "40%")
    (work / "leads.csv").write_bytes(HEAD + ROWS + row(company="Müller") + broken)
    assert CANARY not in everything(work, "leads.csv")
    (work / "leads.csv").write_bytes(CANARY.encode() + b",1,2\n" + ROWS)
    assert CANARY not in everything(work, "leads.csv")


@pytest.mark.parametrize("name", MARKS)
def test_text_of_others_is_never_obeyed(work: Path, name: str) -> None:
    mark = MARKS[name]
    cells = HEAD + ROWS + row(lead_id=f"L{mark}", company=mark, source=mark, region=mark, budget=mark, reason=mark)
    (work / "leads.csv").write_bytes(cells)
    assert OBEYED.search(printed(work, "leads.csv")) is None
    assert CODES.search((work / "rows.csv").read_text(encoding="utf-8")) is None
    # In a header, in the name of a file, and in an option.
    odd = f"x{mark}.csv".replace("/", "-")
    (work / odd).write_bytes(HEAD.replace(b"MQL Date", f"MQL {mark}".encode()) + ROWS)
    for arguments in [
        ["check", odd],
        ["check", "leads.csv", "--as-of", mark],
        ["check", "leads.csv", "--judge", mark],
        ["check", "leads.csv", "--list", mark],
        ["rule", mark],
        ["show", mark],
        [mark],
        ["validate", f"--{mark}"],
        ["validate", "--contract", mark],
        ["validate", "--format", mark],
    ]:
        ran = slacli(*arguments, folder=work)
        assert ran.code == 2
        assert OBEYED.search(ran.text) is None, ran.text


@pytest.mark.parametrize("name", ["a_command_of_a_build", "an_old_command_of_a_build", "markup", "a_closing_tag"])
def test_text_of_a_contract_is_never_obeyed(work: Path, name: str) -> None:
    mark = MARKS[name]
    (work / "leads.csv").write_bytes(HEAD + ROWS)
    for file, old in [
        ("contract.yaml", "title: A small agreement about leads"),
        ("contract.yaml", "title: Marketing"),
        ("definitions.yaml", "title: Marketing qualified lead"),
        ("responsibilities.yaml", "title: Every MQL is one"),
        ("goals.yaml", "title: More revenue"),
    ]:
        key = "title: "
        altered(work, file, old, f"{key}'{old.removeprefix(key)} {mark}'")
    told = printed(work, "leads.csv", "--as-of", "2026-04-30")
    told += "".join(
        slacli(*command, folder=work).text for command in (["validate"], ["show"], ["show", "--format", "markdown"])
    )
    assert OBEYED.search(told) is None
    assert "[link=" not in mark or "[link=http://evil.example]x[/link]" in told


def test_formulas_in_cells_stay_text_in_the_rows_that_are_written(work: Path) -> None:
    keys = ["=cmd|'/c calc'!A1", " =1+1", "＝1", "+49 30", "-5", "@SUM(A1)", "\t=1"]
    (work / "leads.csv").write_bytes(HEAD + b"".join(row(lead_id=key) for key in keys))
    slacli("check", "leads.csv", "--rows", "rows.csv", folder=work)
    with (work / "rows.csv").open(encoding="utf-8", newline="") as file:
        written = {line["key"] for line in csv.DictReader(file)}
    # A plain number is what it is in a spreadsheet too, and an apostrophe would spoil it for whoever loads it back.
    assert {cell for cell in written if cell.strip()[:1] in set("=+-@＝")} == {"-5"}
    assert len(written) == len(keys)


# --- contracts --------------------------------------------------------------------------------

CONTRACT = "contract.yaml"
TERMS = "definitions.yaml"
DUTIES = "responsibilities.yaml"
BUDGET = "budget >= 10000"
HOURS = 'hours: {mon-fri: "09:00-17:00"}'


@dataclass(frozen=True)
class Bad:
    """A change of the small contract, and the rule that has to speak up at its line, or at the one that holds `at`."""

    rule: str
    file: str
    old: str
    new: str
    at: str = ""


def text(old: str, new: str, rule: str, file: str = CONTRACT) -> Bad:
    return Bad(rule, file, old, new)


# The number tells which inputs try the same thing.
BAD: Mapping[str, Bad] = {
    "01_a_key_twice": text("currency: USD", "currency: USD\ncurrency: EUR", "duplicate-key"),
    "02_a_merge": text("title: A small", "<<: {x: 1}\ntitle: A small", "yaml-feature"),
    "03_an_anchor": text("title: A small", "x: &a [*a, *a]\ntitle: A small", "yaml-feature"),
    "04_400_kb_of_brackets": text("title: A small", f"x: {'[' * 400_000}\ntitle: A small", "too-big"),
    "05_10_mb_of_comment": text("format: 1", f"# {'x' * 10_000_000}\nformat: 1", "too-big"),
    "05_200000_keys": text("format: 1", "\n".join(f"k{n}: 1" for n in range(200_000)), "too-big"),
    "06_a_tag": text("currency: USD", "currency: !!python/object/apply:os.system [id]", "yaml-feature"),
    "06_a_tag_directive": text("# yaml-language-server", "%TAG ! tag:x,2026:\n---\n# yaml", "yaml-feature"),
    "06_a_binary": text("currency: USD", "currency: !!binary VVNE", "yaml-feature"),
    "07_two_documents": text("currency: USD", "currency: USD\n---\nformat: 1", "yaml-feature"),
    "08_a_country_that_is_false": text("[AMER, EMEA]", "[AMER, NO]", "quote-this", TERMS),
    "08_on": text("currency: USD", "currency: on", "quote-this"),
    "09_hours_without_quotes": text(HOURS, "hours: {mon-fri: 09:00-17:00}", "quote-this"),
    "10_an_octal_number": text("version: 1", "version: 012", "quote-this"),
    "10_a_number_with_lines": text("version: 1", "version: 1_000", "quote-this"),
    "10_a_number_without_a_start": text("from: 0}", "from: .5}", "quote-this", TERMS),
    "10_a_power_of_ten": text("version: 1", "version: 1e3", "quote-this"),
    "11_infinity": text("from: 0}", "from: .inf}", "quote-this", TERMS),
    "11_19_digits": text("version: 1", "version: 1234567890123456789", "quote-this"),
    "11_400_digits": text("from: 0}", f"from: 1.{'0' * 400}1}}", "quote-this", TERMS),
    "12_30_february": text("effective: 2026-01-01", "effective: 2026-02-30", "no-such-day"),
    "13_over_before_it_begins": text("expires: 2026-12-31", "expires: 2025-12-31", "wrong-order"),
    "14_a_byte_order_mark": text("# yaml-language-server", "\ufeff# yaml-language-server", "odd-character"),
    "15_a_line_separator": text("title: A small", "title: A\u2028hours: 99 small", "odd-character"),
    "15_a_next_line": text("title: A small", "title: A\u0085hours: 99 small", "odd-character"),
    "16_a_turned_text": text("title: A small", "title: A \u202esmall", "odd-character"),
    "16_a_blank_without_width": text("  marketing: {title", "  mark\u200beting: {title", "odd-character"),
    "17_an_escape_code": text("title: A small agreement about leads", 'title: "a \\e[2J b"', "odd-character"),
    "18_half_a_character": text("title: A small agreement about leads", 'title: "a \\ud800 b"', "odd-character"),
    "19_letters_in_pieces": text("title: A small", "title: Cafe\u0301 small", "not-nfc"),
    "20_a_cyrillic_id": text("  marketing: {title", "  m\u0430rketing: {title", "bad-id"),
    "20_a_cyrillic_word": text("title: A small", "title: A sm\u0430ll", "mixed-script"),
    "21_a_tab": text("  marketing: {title", "\tmarketing: {title", "odd-character"),
    "21_a_nul": text("title: A small", "title: A \0small", "odd-character"),
    "22_a_path_for_an_id": text("id: leads", "id: ../../etc/passwd", "bad-id"),
    "22_a_path_for_a_calendar": text("calendar: office", "calendar: ../office", "bad-id"),
    "23_a_term_that_is_not_there": text("narrows: mql", "narrows: mlq", "undefined-term", TERMS),
    "23_a_circle": Bad("circular-terms", TERMS, f"budget: {BUDGET}", "budget: sales_ready_lead", "  mql:\n"),
    "24_a_pattern": text("company: {type: text}", "company: {type: text, pattern: (a+)+$}", "unknown-key", TERMS),
    "25_a_function": text(BUDGET, "read_text('/etc/passwd') = 'x'", "bad-criterion", TERMS),
    "25_a_question_in_a_question": text(BUDGET, "budget in (select 1)", "bad-criterion", TERMS),
    "25_a_semicolon": text(BUDGET, f'"{BUDGET}; drop"', "bad-criterion", TERMS),
    "25_a_comment": text(BUDGET, f'"{BUDGET} -- x"', "bad-criterion", TERMS),
    "25_300_parentheses": text(BUDGET, f"{'(' * 300}{BUDGET}{')' * 300}", "bad-criterion", TERMS),
    "25_10_kb": text(BUDGET, " or ".join([BUDGET] * 600), "bad-criterion", TERMS),
    "26_a_division": text(BUDGET, "budget / 0 > 1", "bad-criterion", TERMS),
    "27_a_reference_to_the_web": text("currency: USD", 'currency: {$ref: "http://x.example/c"}', "wrong-type"),
    "28_nothing_per_cent": text("75% per month", "101% per month", "malformed", DUTIES),
    "28_less_than_no_time": text("must: mql", "clock: {starts: qualified_at, stops: [created_at], within: -4 hours}",
                                 "malformed", DUTIES),
    "29_a_slip_in_a_key": text("must: mql", "msut: mql", "unknown-key", DUTIES),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_contract_has_a_finding_at_the_line_and_no_traceback(name: str, work: Path) -> None:
    bad = BAD[name]
    path = work / "contracts" / bad.file
    before = path.read_text(encoding="utf-8")
    assert bad.old in before
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(before.replace(bad.old, bad.new, 1))
    started = time.monotonic()
    ran = slacli("validate", folder=work)
    assert time.monotonic() - started < 10  # twice and more what it takes where everything else is busy
    severity = "warning" if bad.rule == "mixed-script" else "error"
    assert (ran.code, ran.err) == (int(severity == "error"), ""), ran.text
    places = re.findall(
        rf"^{severity}\[{bad.rule}\]: .*(?:\n    .*)*\n *--> (contracts/\S+?):(\d+):\d+", ran.out, re.MULTILINE
    )
    line = before[: before.index(bad.at or bad.old)].count("\n") + 1
    assert [place for place in places if place[0] == f"contracts/{bad.file}" and abs(int(place[1]) - line) <= 2], (
        ran.out
    )
    assert OBEYED.search(ran.out) is None
    assert max(map(len, ran.out.splitlines())) <= 100
