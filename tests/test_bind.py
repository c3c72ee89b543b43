"""`slacli bind`: what it takes for sure, what it asks, that `validate` insists, and that nobody is named."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import slacli
from pytest_regressions.file_regression import FileRegressionFixture

ROOT = Path(__file__).parent.parent
EXPORTS = ROOT / "examples" / "exports"
LEADS = str(EXPORTS / "salesforce-leads.csv")
HEADER = "Lead ID,Email,Company,Lead Source,Region,Budget,Create Date,MQL Date,Reason\n"


@pytest.fixture
def unbound(tmp_path: Path) -> Path:
    """Give a folder with the reference contract, without a binding."""
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    shutil.rmtree(tmp_path / "contracts" / "bindings")
    return tmp_path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Give a folder with a small contract about leads, without a binding."""
    shutil.copytree(ROOT / "tests" / "contracts" / "leads", tmp_path / "contracts")
    shutil.rmtree(tmp_path / "contracts" / "bindings")
    return tmp_path


def written(folder: Path, name: str, *rows: str, header: str = HEADER) -> str:
    (folder / name).write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return name


def questions(text: str) -> dict[str, str]:
    """Give the lines of a drafted file that hold an open question."""
    found = re.findall(r'^\s+(.+): "\?"  # (.*)$', text, re.MULTILINE)
    return dict(found)


# --- what is drafted --------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(path.stem for path in EXPORTS.glob("*.csv")))
def test_the_exports_of_the_example_are_bound_anew(
    name: str, unbound: Path, file_regression: FileRegressionFixture
) -> None:
    ran = slacli("bind", str(EXPORTS / f"{name}.csv"), folder=unbound)
    assert ran.code == bool(questions(ran.out))
    file_regression.check(ran.out, extension=".yaml", basename=name, encoding="utf-8")


def test_all_exports_of_the_example_are_bound_and_judged_once_every_question_is_answered(unbound: Path) -> None:
    answers = {
        "salesforce-leads": [
            "reads.time_zone=America/New_York", "columns.authority=Decision Role",
            "columns.source.values.Webinar=-", "reads.unreadable=at most 0.5%", "columns.status.values.Nurture=-",
        ],
        "salesforce-activities": [
            "columns.at=Completed Date/Time", "reads.time_zone=America/New_York", "columns.by=Assigned Username",
            "columns.kind.values.ListEmail=Email", "columns.kind.values.Event=Meeting",
        ],
        "salesforce-history": ["reads.time_zone=America/New_York"],
        "salesforce-opportunities": ["columns.stage.values.Prospecting=Discovery"],
        "salesforce-users": [],
    }  # fmt: skip
    for name, given in answers.items():
        asked = [word for one in given for word in ("--answer", one)]
        ran = slacli("bind", str(EXPORTS / f"{name}.csv"), "--write", *asked, folder=unbound)
        assert ran.code == 0, ran.text
    assert slacli("validate", folder=unbound).code == 0
    exports = [str(EXPORTS / f"{name}.csv") for name in answers]
    ran = slacli("check", *exports, folder=unbound)
    assert (ran.code, ran.err) == (1, "")
    # The agreement is judged as with the bindings that people wrote, but for what HubSpot alone knows.
    reference = slacli("check", *exports, folder=ROOT)
    verdicts = [line for line in reference.out.splitlines() if re.search(r"%  (?:MISSED|met)$", line)]
    assert verdicts
    assert [line for line in ran.out.splitlines() if re.search(r"%  (?:MISSED|met)$", line)] == verdicts


def test_nothing_that_could_name_a_person_stands_in_a_draft(unbound: Path) -> None:
    for path in EXPORTS.glob("*.csv"):
        ran = slacli("bind", str(path), "--format", "json", folder=unbound)
        drafted = json.loads(ran.out)
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for header in ("Email", "Company / Account", "Lead ID", "Lead Owner ID", "Assigned Username", "Edited By"):
            values = {row[header] for row in rows if row.get(header)} - {"-", "N/A", "[not provided]"}
            assert [value for value in values if value in json.dumps(drafted)] == [], header


def test_figures_say_how_many_columns_found_a_field(small: Path) -> None:
    export = written(small, "leads.csv", "1,a@x.org,Acme,Web,AMER,5,2026-01-31T14:05:09Z,,", header=HEADER)
    ran = slacli("bind", export, folder=small)
    assert ran.out.startswith("# 9 columns: 9 matched, 0 not used, 0 questions\n")
    assert ran.code == 0


def test_values_that_are_spelt_otherwise_are_translated_and_others_are_asked(small: Path) -> None:
    rows = [
        f"{at},,,{source},AMER,,2026-01-31,," for at, source in enumerate(("WEB", " web ", "Website", "Fair", "Web"))
    ]
    ran = slacli("bind", written(small, "leads.csv", *rows), folder=small)
    assert "      WEB: Web\n      Website: Web\n      web: Web\n" in ran.out
    assert (
        questions(ran.out)["Fair"]
        == "what is it in the agreement (1 row)? Web, Event or Referral; or take this line out"
    )


@pytest.mark.parametrize(
    ("stamp", "question"),
    [
        ("2026-01-31 14:05:09", "time_zone"),
        ("2026-01-31T14:05:09Z", None),
        ("2026-01-31T14:05:09-05:00", None),
        ("2026-01-31", None),
        ("01/31/2026", None),
        ("03/05/2026", "date_order"),
        ("03/25/26", "date_order"),
    ],
)
def test_the_zone_and_the_order_of_dates_are_asked_where_nothing_proves_them(
    stamp: str, question: str | None, small: Path
) -> None:
    ran = slacli("bind", written(small, "leads.csv", f"1,,,Web,AMER,,{stamp},,"), folder=small)
    assert [*questions(ran.out)] == ([question] if question else [])


def test_a_proved_order_is_written_with_its_proof(small: Path) -> None:
    ran = slacli("bind", written(small, "leads.csv", "1,,,,,,31/01/2026,,", "2,,,,,,05/03/2026,,"), folder=small)
    assert '  date_order: dmy  # proved by a date of "Create Date"\n' in ran.out


def test_dates_that_prove_both_orders_are_asked_about(small: Path) -> None:
    ran = slacli("bind", written(small, "leads.csv", "1,,,,,,31/01/2026,,", "2,,,,,,01/31/2026,,"), folder=small)
    assert "of which some prove the one and some the other" in questions(ran.out)["date_order"]


def test_an_order_is_proved_by_a_row_far_behind_the_first_ones(small: Path) -> None:
    rows = [*(f"{at},,,,,,01/02/2026,," for at in range(50_500)), "x,,,,,,31/01/2026,,"]
    ran = slacli("bind", written(small, "leads.csv", *rows), folder=small)
    assert "  date_order: dmy  # proved" in ran.out


def test_times_with_and_without_a_zone_in_one_column_are_left_out(small: Path) -> None:
    rows = ("1,,,,,,2026-01-31 14:05:09,,", "2,,,,,,2026-01-31T14:05:09Z,,")
    ran = slacli("bind", written(small, "leads.csv", *rows), folder=small)
    assert "# created_at: left out, since 1 times of" in ran.out


def test_two_columns_for_one_field_are_a_question(small: Path) -> None:
    export = written(small, "leads.csv", "1,2,a@x.org", header="Lead ID,lead_id,Email\n")
    ran = slacli("bind", export, folder=small)
    assert questions(ran.out)["lead_id"] == 'which column is it, "Lead ID" or "lead_id"?'


def test_a_key_that_is_not_found_is_asked_with_the_columns_that_tell_rows_apart(small: Path) -> None:
    export = written(small, "leads.csv", "1,a@x.org,Web", "2,b@x.org,Web", header="Number,Email,Source\n")
    ran = slacli("bind", export, folder=small)
    assert questions(ran.out)["lead_id"] == 'which column tells its rows apart? "Number" or "Email"'


def test_a_record_that_cannot_be_told_is_a_question(small: Path) -> None:
    export = written(small, "export.csv", "Web,x", "Web,x", header="Source,Zzz\n")
    ran = slacli("bind", export, folder=small)
    assert 'binds: "?"  # which record is a row?' in ran.out
    ran = slacli("bind", export, "--answer", "binds=lead", folder=small)
    assert "binds: lead\n" in ran.out
    assert questions(ran.out)["lead_id"] == 'which column tells its rows apart? "Source" or "Zzz"'


def test_cells_that_cannot_be_read_are_counted_and_asked_about(small: Path) -> None:
    rows = [f"{at},,,,,{'soon' if at < 3 else at},2026-01-31,," for at in range(100)]
    ran = slacli("bind", written(small, "leads.csv", *rows), folder=small)
    assert questions(ran.out)["unreadable"] == (
        '3 of 100 cells of "Budget" cannot be read as money: how many may? e.g. at most 3.1%'
    )
    assert "  budget: Budget  # 3 of 100 cells cannot be read\n" in ran.out


def test_a_column_that_is_nearly_all_of_another_type_is_left_out_with_the_reason(small: Path) -> None:
    rows = [f"{at},,,,,$ {at}.5k,2026-01-31,," for at in range(20)]
    ran = slacli("bind", written(small, "leads.csv", *rows), folder=small)
    assert '# budget: left out, since nearly all cells of "Budget" are no money in a plain form\n' in ran.out


def test_placeholders_are_written_as_blanks(small: Path) -> None:
    ran = slacli("bind", written(small, "leads.csv", "1,,,Web,-,,2026-01-31,,", "2,,,N/A,AMER,,,,"), folder=small)
    assert '  missing: ["-", N/A]  # taken for blanks\n' in ran.out
    assert ran.code == 0


def test_a_second_binding_of_a_record_is_joined_and_gives_only_what_the_first_does_not(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "contracts" / "leads", tmp_path / "contracts")
    export = written(tmp_path, "reasons.csv", "1,a@x.org,late", header="Lead ID,Email,Reason\n")
    path = tmp_path / "contracts" / "bindings" / "leads.yaml"
    path.write_text(path.read_text("utf-8").replace("  reason: Reason\n", ""), encoding="utf-8")
    ran = slacli("bind", export, folder=tmp_path)
    assert "joins_on: lead_id\n" in ran.out
    assert "columns:\n  lead_id: Lead ID\n  reason: Reason\n# Another binding gives these too" in ran.out
    assert ran.out.endswith("compares:\n  email: Email\n")
    assert "# `leads` needs `joins_on: lead_id` too" in ran.out


def test_headers_are_chosen_that_no_other_binding_knows(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "contracts" / "leads", tmp_path / "contracts")
    export = written(tmp_path, "more.csv", "1,x,3", header="Lead ID,Email,Score\n")
    path = tmp_path / "contracts" / "bindings" / "leads.yaml"
    path.write_text(path.read_text("utf-8").replace("  email: Email\n", ""), encoding="utf-8")
    ran = slacli("bind", export, "--record", "lead", folder=tmp_path)
    assert "matches: [Lead ID, Email, Score]\n" in ran.out


# --- what is written, and what validate says --------------------------------------------------


def test_validate_and_check_insist_on_an_answer(small: Path) -> None:
    export = written(small, "leads.csv", "1,,,Web,AMER,,2026-01-31 14:05:09,,")
    ran = slacli("bind", export, "--write", folder=small)
    assert ran.code == 1
    assert (
        ran.out
        == """\
wrote contracts/bindings/leads.yaml
  9 columns: 9 matched, 0 not used, 1 question
  open, and asked behind each `?` in the file:
    reads.time_zone: in which time zone are the times of "Create Date" written?
"""
    )
    told = slacli("validate", folder=small)
    assert told.code == 1
    assert (
        "error[open-question]: `time_zone` of the binding `leads` is still open: in which time zone are the\n"
        '    times of "Create Date" written\n'
    ) in told.out
    assert "= help: write the answer in its place: e.g. America/New_York\n" in told.out
    assert "1 error" in told.out
    stopped = slacli("check", export, folder=small)
    assert stopped.code == 2
    assert "`time_zone` of the binding `leads` is still open" in stopped.err

    path = small / "contracts" / "bindings" / "leads.yaml"
    path.write_text(re.sub(r'"\?"  #.*', "Europe/London", path.read_text("utf-8")), encoding="utf-8")
    assert slacli("validate", folder=small).code == 0
    assert slacli("check", export, folder=small).code in {0, 1}


def test_other_exports_are_bound_while_questions_about_one_are_open(small: Path) -> None:
    slacli("bind", written(small, "leads.csv", "1,,,Web,AMER,,2026-01-31 14:05:09,,"), "--write", folder=small)
    deals = written(
        small, "deals.csv", "7,1,Open,5,2026-01-31", header="Opportunity ID,Lead ID,Stage,Amount,Close Date\n"
    )
    ran = slacli("bind", deals, "--write", folder=small)
    assert (ran.code, ran.out.splitlines()[0]) == (0, "wrote contracts/bindings/deals.yaml")


def test_an_export_that_is_bound_already_is_told_so(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    ran = slacli("bind", LEADS, "--write", folder=tmp_path)
    assert ran.code == 0
    assert ran.out.endswith(
        "salesforce-leads.csv` is read by the binding `salesforce_leads` already\n"
        "  to write another, name it with `--as`\n"
    )


@pytest.mark.parametrize(
    ("arguments", "what", "help"),
    [
        (("nothing.csv",), "there is no file `nothing.csv`", "check the name"),
        (("leads.csv", "--record", "led"), "the contract has no record `led`", "name one of `lead` or `opportunity`"),
        (("leads.csv", "--as", "My Leads"), "`My Leads` is no id",
         "name it with small letters, digits and `_`: `--as my_leads`"),
        (("other.csv",), "no column of `other.csv` looks like a field of any record of the contract",
         "name the record of its rows with `--record`, or add it to `definitions.yaml` first"),
        (("empty.csv",), "`empty.csv` has no row below its header line", "export it with rows"),
        (("leads.csv", "--answer", "time_zone"), "`--answer time_zone` has no answer",
         "write the key of the question, `=` and the answer, such as `reads.time_zone=Europe/London`"),
        (("leads.csv", "--answer", "reads.zone=UTC"), "`reads.zone` is no question about `leads.csv`",
         "open: `reads.time_zone`"),
        (("leads.csv", "--answer", "reads.time_zone=Mars/Olympus"),
         "the binding would be wrong: `Mars/Olympus` is not a time zone of the zone database", None),
    ],
)  # fmt: skip
def test_what_cannot_be_bound(arguments: tuple[str, ...], what: str, help: str | None, small: Path) -> None:
    written(small, "leads.csv", "1,,,Web,AMER,,2026-01-31 14:05:09,,")
    written(small, "other.csv", "1,2", header="Foo,Bar\n")
    written(small, "empty.csv")
    ran = slacli("bind", *arguments, folder=small)
    assert ran.code == 2
    assert ran.err.startswith(f"could not run: {what}")
    if help is not None:
        assert ran.err.endswith(f"\n  help: {help}\n")


def test_a_binding_is_never_overwritten(small: Path) -> None:
    export = written(small, "leads.csv", "1,,,Web,AMER,,2026-01-31,,")
    assert slacli("bind", export, "--as", "ours", "--write", folder=small).code == 0
    path = small / "contracts" / "bindings" / "ours.yaml"
    before = path.read_bytes()
    ran = slacli("bind", export, "--as", "ours", "--write", folder=small)
    assert ran.code == 2
    assert ran.err.startswith("could not run: `contracts/bindings/ours.yaml` is there already\n")
    assert path.read_bytes() == before


def test_an_export_may_be_piped_in(small: Path) -> None:
    text = f"{HEADER}1,,,Web,AMER,,2026-01-31,,\n"
    ran = slacli("bind", "-", "--record", "lead", folder=small, stdin=text.encode())
    assert "# Drafted from standard input: 1 row, 9 columns, a Salesforce report." in ran.out
    assert ran.code == 0


@pytest.mark.parametrize("text", [
    b"Lead ID\tEmail\tSource\r\n1\ta@x.org\tWeb\r\n",
    b"\xef\xbb\xbfLead ID;Email;Source\n1;a@x.org;Web\n",
    "Lead ID,Email,Source\n1,a@x.org,Caf\u00e9\n".encode("cp1252"),
    b'Lead ID,Email,Source\n"1","a@x.org","two\nlines"\n\n"Grand Totals (1 record)"\n',
    b"Lead ID,Email,Source\n1,a@x.org\n2,b@x.org,Web\n",
])  # fmt: skip
def test_odd_files_are_bound_too(text: bytes, small: Path) -> None:
    (small / "leads.csv").write_bytes(text)
    ran = slacli("bind", "leads.csv", folder=small)
    assert ran.code in {0, 1}
    assert "lead_id: Lead ID\n" in ran.out


@pytest.mark.parametrize("text", [b"", b"PK\x03\x04", b'{"a": 1}', b"\xff\xfea\x00", b'a,b\n1,"x\n' + b"y" * 2_000_000])
def test_what_is_no_table_is_called_so(text: bytes, small: Path) -> None:
    (small / "leads.csv").write_bytes(text)
    assert slacli("bind", "leads.csv", folder=small).code == 2


# --- an export that changed -------------------------------------------------------------------


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """Give a folder with the reference contract in it."""
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    return tmp_path


def changed(folder: Path, *swaps: tuple[str, str]) -> str:
    """Write the leads of the example with other words in it, and give its name."""
    text = Path(LEADS).read_text("utf-8")
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    (folder / "leads.csv").write_text(text, encoding="utf-8")
    return "leads.csv"


def binding_of(folder: Path) -> str:
    return (folder / "contracts" / "bindings" / "salesforce_leads.yaml").read_text("utf-8")


def test_a_renamed_column_is_found_and_its_old_name_stays_legal(acme: Path) -> None:
    export = changed(acme, ('"MQL Date"', '"MQL Date/Time"'), ('"Annual Budget",', '"Budget",'))
    before = binding_of(acme)
    ran = slacli("bind", export, "--refresh", "--write", "--answer", "columns.source.values.Webinar=-",
                 "--answer", "columns.status.values.Nurture=-", folder=acme)  # fmt: skip
    assert (
        ran.out
        == """\
mended contracts/bindings/salesforce_leads.yaml
  `budget`: "Budget" beside "Annual Budget"
  `qualified_at`: "MQL Date/Time" beside "MQL Date"
  `matches`: "MQL Date/Time" instead of "MQL Date"
"""
    )
    assert ran.code == 0
    after = binding_of(acme)
    assert [line for line in after.splitlines() if line not in before.splitlines()] == [
        "matches: [Lead ID, Lead Status, MQL Date/Time]",
        "  budget: {column: [Budget, Annual Budget], currency: Annual Budget Currency}",
        "  qualified_at: {column: [MQL Date/Time, MQL Date]}",
    ]
    assert slacli("validate", folder=acme).code == 0
    assert slacli("bind", export, folder=acme).out.startswith("`leads.csv` is read by the binding `salesforce_leads`")


def test_what_is_only_compared_is_mended_like_what_is_judged(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "contracts" / "leads", tmp_path / "contracts")
    path = tmp_path / "contracts" / "bindings" / "marketing.yaml"
    first = path.with_name("leads.yaml")
    text = first.read_text("utf-8").replace("  reason: Reason\n", "")
    first.write_text(text.replace("binds: lead\n", "binds: lead\njoins_on: lead_id\n"), encoding="utf-8")
    path.write_text(
        "binds: lead\njoins_on: lead_id\nmatches: [Why, Lead Source]\n"
        "columns:\n  lead_id: Lead ID\n  reason: Why\ncompares:\n  email: E-mail  # of the form\n"
        "  company: Company name\n  source: Lead Source\n  region: {column: Region, values: {North: AMER}}\n"
    )
    (tmp_path / "contacts.csv").write_text(
        "Lead ID,Why,Email Address,Company,Source,Region\n"
        "L1,late,a@one.example,One,WEB,North\nL2,early,b@two.example,Two,Event,South\n"
    )
    ran = slacli("bind", "contacts.csv", "--refresh", "--as", "marketing", "--write", folder=tmp_path)
    assert (ran.code, ran.err) == (1, "")
    assert (
        ran.out
        == """\
mended contracts/bindings/marketing.yaml
  `company`: "Company" beside "Company name"
  `source`: "Source" beside "Lead Source"
  `matches`: "Source" instead of "Lead Source"
  `source`: "WEB" is `Web`
  open: compares.email: which column is it now, since "E-mail" is gone?
  open: compares.region.values.South: what is it in the agreement (1 row)?
"""
    )
    assert path.read_text().partition("compares:\n")[2] == (
        "  email: E-mail  # of the form\n"
        "  company: {column: [Company, Company name]}\n"
        "  source: {column: [Source, Lead Source], values: {WEB: Web}}\n"
        '  region: {column: Region, values: {South: "?", North: AMER}}\n'
    )
    path.write_text(path.read_text().replace('South: "?", ', ""))
    answers = ("--answer", "compares.email=Email Address", "--answer", "compares.region.values.South=EMEA")
    answered = slacli("bind", "contacts.csv", "--refresh", "--as", "marketing", *answers, "--write", folder=tmp_path)
    assert (answered.code, answered.err) == (0, "")
    assert "  email: {column: [Email Address, E-mail]}  # of the form\n" in path.read_text()
    assert "  region: {column: Region, values: {South: EMEA, North: AMER}}\n" in path.read_text()
    assert slacli("validate", folder=tmp_path).code == 0


def test_new_values_are_translated_or_asked(acme: Path) -> None:
    export = changed(acme, ('"Referral"', '"REFERRAL"'))
    ran = slacli("bind", export, "--refresh", "--write", folder=acme)
    assert ran.code == 1
    assert '  `source`: "REFERRAL" is `Referral`\n' in ran.out
    assert "  open: columns.source.values.Webinar: what is it in the agreement (3 rows)?\n" in ran.out
    assert '  source: {column: Lead Source, values: {REFERRAL: Referral, Webinar: "?"}}\n' in binding_of(acme)
    assert (
        '  status: {column: [Lead Status, Status], values: {Nurture: "?", Marketing Qualified: MQL}}\n'
        in binding_of(acme)
    )
    assert "error[open-question]: `Webinar` of `source` in the binding `salesforce_leads`" in slacli(
        "validate", folder=acme
    ).out  # fmt: skip


def test_values_are_added_below_those_that_stand_in_lines_with_the_question_behind_them(acme: Path) -> None:
    path = acme / "contracts" / "bindings" / "salesforce_leads.yaml"
    lines = "status:\n    column: Lead Status  # ours\n    values:\n      Marketing Qualified: MQL  # as before\n"
    old = "status: {column: [Lead Status, Status], values: {Marketing Qualified: MQL}}\n"
    path.write_text(path.read_text("utf-8").replace(old, lines), encoding="utf-8")
    slacli(
        "bind", changed(acme), "--refresh", "--write", "--answer", "columns.source.values.Webinar=Event", folder=acme
    )
    added = lines + '      Nurture: "?"  # what is it in the agreement (2 rows)?'
    assert added in binding_of(acme)
    assert "  source: {column: Lead Source, values: {Webinar: Event}}\n" in binding_of(acme)


def test_a_column_that_is_gone_without_a_trace_is_asked_for(acme: Path) -> None:
    export = changed(acme, ('"Reject Reason"', '"Zzz"'))
    ran = slacli("bind", export, "--refresh", folder=acme)
    assert ran.code == 1
    assert '  open: columns.reject_reason: which column is it now, since "Reject Reason" is gone?\n' in ran.out
    ran = slacli("bind", export, "--refresh", "--answer", "columns.reject_reason=Zzz", folder=acme)
    assert '  `reject_reason`: "Zzz" beside "Reject Reason"\n' in ran.out


def test_a_binding_that_fits_has_nothing_to_mend(small: Path) -> None:
    export = written(small, "leads.csv", "1,a@x.org,Acme,Web,AMER,5,2026-01-31,,")
    slacli("bind", export, "--write", folder=small)
    before = (small / "contracts" / "bindings" / "leads.yaml").read_bytes()
    ran = slacli("bind", export, "--refresh", "--write", folder=small)
    assert (ran.out, ran.code) == ("the binding `leads`\n  nothing to mend\n", 0)
    assert (small / "contracts" / "bindings" / "leads.yaml").read_bytes() == before


def test_what_cannot_be_mended(acme: Path) -> None:
    other = written(acme, "other.csv", "1,2", header="Foo,Bar\n")
    ran = slacli("bind", other, "--refresh", folder=acme)
    assert ran.err == (
        "could not run: `other.csv` has hardly a header of any binding\n"
        "  help: name the binding with `--as`, or draft it anew\n"
    )
    ran = slacli("bind", other, "--refresh", "--as", "nothing", folder=acme)
    assert ran.err.startswith("could not run: the contract has no sound binding `nothing`\n")


def test_amounts_of_a_currency_without_a_rate_are_left_out_with_the_reason(small: Path) -> None:
    header = "Lead ID,Budget,Budget Currency\n"
    ran = slacli("bind", written(small, "leads.csv", "1,5,USD", "2,6,EUR", header=header), folder=small)
    assert "# budget: left out, since the contract has no rate for EUR: add it to `rates` there\n" in ran.out
    ran = slacli("bind", written(small, "leads.csv", "1,5,USD", "2,6,USD", header=header), folder=small)
    assert "  budget:\n    column: Budget\n    currency: Budget Currency\n" in ran.out


# --- on a terminal ----------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="there are no terminals of this kind")
def test_on_a_terminal_questions_are_asked_and_the_answers_written(small: Path) -> None:
    import os
    import pty

    export = written(small, "leads.csv", "1,,,Web,AMER,,2026-01-31 14:05:09,,", "2,,,Fair,AMER,,,,")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    screen, line = pty.openpty()
    command = [sys.executable, "-m", "slacli", "bind", export, "--write"]
    with subprocess.Popen(command, cwd=small, stdin=line, stdout=line, stderr=subprocess.PIPE, env=env) as run:
        os.close(line)
        os.write(screen, b"Mars/Olympus\nEurope/London\nEvent\n")
        assert run.stderr is not None
        asked = run.stderr.read().decode()
    os.close(screen)
    assert run.returncode == 0
    assert 'reads.time_zone: in which time zone are the times of "Create Date" written? (America/New_York)' in asked
    assert "`Mars/Olympus` is not a time zone of the zone database" in asked
    text = (small / "contracts" / "bindings" / "leads.yaml").read_text("utf-8")
    assert "  time_zone: Europe/London\n" in text
    assert "      Fair: Event\n" in text
