"""What somebody meets who brings exports for the first time: parts, two systems, rows of their own, open questions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from commands import slacli

HEADER = "Lead ID,Email,Company,Lead Status,Create Date\n"


def leads(start: int, stop: int) -> str:
    rows = (
        f"L{n},p{n}@x.org,Co {n},{('New', 'MQL', 'SAL')[n % 3]},2026-10-{n % 28 + 1:02}\n" for n in range(start, stop)
    )
    return HEADER + "".join(rows)


def contacts(first_id: int = 901) -> str:
    rows = (
        f"{first_id + n},p{n}@x.org,{('New', 'MQL', 'SAL')[(n + (n == 7)) % 3]},2026-10-{n % 28 + 1:02},Co {n},{n}\n"
        for n in range(60)
    )
    return "Record ID,Email,Lead Status,Create Date,Company name,Number of Employees\n" + "".join(rows)


def begin(folder: Path, *exports: str, options: tuple[str, ...] = ()) -> str:
    ran = slacli("init", "--yes", "--zone", "UTC", "--sales-from", "SAL", *options, "contracts", *exports,
                 folder=folder)  # fmt: skip
    assert ran.code == 0, ran.text
    return ran.out


def bound(folder: Path) -> list[str]:
    return sorted(path.stem for path in (folder / "contracts" / "bindings").iterdir())


# --- files of one table ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "binding"),
    [
        (("leads_1.csv", "leads_2.csv"), "leads"),
        (("emea leads.csv", "amer leads.csv"), "emea_leads"),
        (("exports/leads_1.csv", "exports/leads_2.csv"), "leads"),
    ],
)
def test_files_with_the_same_headers_that_are_named_one_by_one_are_one_table(
    names: tuple[str, str], binding: str, tmp_path: Path
) -> None:
    for name, text in zip(names, (leads(1, 31), leads(31, 61)), strict=True):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    told = begin(tmp_path, *names)
    assert bound(tmp_path) == [binding]
    assert all(f"{name} 30 rows, all judged" in " ".join(told.split()) for name in names)


@pytest.mark.parametrize("again", ["leads.csv", "./leads.csv"])
def test_a_file_that_is_given_twice_is_refused_and_nothing_is_written(again: str, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(leads(1, 31), encoding="utf-8")
    ran = slacli("init", "--yes", "contracts", "leads.csv", again, folder=tmp_path)
    assert ran.code == 2
    assert "  help: give every export once\n" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["leads.csv"]


def test_an_export_without_rows_that_is_named_is_refused(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(leads(1, 31), encoding="utf-8")
    (tmp_path / "deals.csv").write_text("Opportunity ID,Stage,Amount,Close Date\n", encoding="utf-8")
    ran = slacli("init", "--yes", "contracts", "leads.csv", "deals.csv", folder=tmp_path)
    assert (ran.code, ran.err.splitlines()[0]) == (2, "could not run: `deals.csv` has no row below its header line")


def test_a_file_that_is_broken_in_a_folder_is_never_passed_over(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "leads.csv").write_text(leads(1, 31), encoding="utf-8")
    (tmp_path / "exports" / "more.csv").write_text('Key,Kind,Note\n1,a,"' + "x" * 20_000_000, encoding="utf-8")
    ran = slacli("init", "--yes", "contracts", "exports", folder=tmp_path)
    assert ran.code == 2
    assert "`exports/more.csv` cannot be read as CSV text" in ran.err


# --- two systems ----------------------------------------------------------------------------------


def test_what_two_systems_both_know_is_compared_without_a_word_more(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(leads(0, 60).replace("Co 9,", "Co Nine,"), encoding="utf-8")
    (tmp_path / "hubspot-leads.csv").write_text(contacts(), encoding="utf-8")
    begin(tmp_path, "leads.csv", "hubspot-leads.csv")
    second = yaml.safe_load((tmp_path / "contracts" / "bindings" / "hubspot_leads.yaml").read_text("utf-8"))
    # The ids of the two are of two kinds, so they are not put beside each other.
    assert second["compares"] == {"company": "Company name", "status": "Lead Status", "created_at": "Create Date"}
    assert second["joins_on"] == "email"
    ran = slacli("reconcile", "leads.csv", "hubspot-leads.csv", folder=tmp_path)
    assert ran.err.endswith("or join with `--on email`\n")
    found = json.loads(
        slacli("reconcile", "leads.csv", "hubspot-leads.csv", "--on", "email", "--format", "json", folder=tmp_path).out
    )
    fields = {one["field"]: (one["counts"]["equal"], one["counts"]["differ"]) for one in found["fields"]}
    assert fields == {"company": (59, 1), "status": (59, 1), "created_at": (60, 0)}


def test_a_column_that_would_have_to_be_asked_about_is_not_compared(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(leads(0, 60), encoding="utf-8")
    strange = re.sub("2026-10-([0-9]+)", lambda day: f"{int(day[1]) % 12 + 1:02}/10/2026", contacts())
    strange = strange.replace(",New,", ",Fresh,")
    (tmp_path / "hubspot-leads.csv").write_text(strange, encoding="utf-8")
    begin(tmp_path, "leads.csv", "hubspot-leads.csv")
    second = yaml.safe_load((tmp_path / "contracts" / "bindings" / "hubspot_leads.yaml").read_text("utf-8"))
    assert second["compares"] == {"company": "Company name"}
    assert slacli("validate", folder=tmp_path).code == 0


# --- rows of their own ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sales", "shipments", "x" * 90])
def test_exports_without_leads_or_opportunities_are_judged_by_a_duty_of_their_own(name: str, tmp_path: Path) -> None:
    rows = "".join(f"T{n},{'ab'[n % 2]},2026-01-{n % 28 + 1:02},{n if n % 5 else ''}\n" for n in range(1, 57))
    (tmp_path / f"{name}.csv").write_text("Thing ID,Kind,Made On,Weight\n" + rows, encoding="utf-8")
    ran = slacli("init", "--yes", "contracts", f"{name}.csv", folder=tmp_path)
    assert ran.code == 0
    told = " ".join(ran.out.split())
    assert "no export looks like leads or opportunities" in told
    assert "judged by `facts_of_" in told
    # Of 56 things 11 have no weight, the key counts for nothing.
    assert "56 45 11 0 80.3 % 90 % MISSED" in told
    duties = yaml.safe_load((tmp_path / "contracts" / "responsibilities.yaml").read_text("utf-8"))["responsibilities"]
    own = next(duty for key, duty in duties.items() if key.startswith("facts_of_"))
    assert own["complete"] == ["kind", "made_on", "weight"]
    assert slacli("validate", folder=tmp_path).code == 0


def test_exports_with_leads_get_no_duty_about_other_rows(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(leads(1, 31), encoding="utf-8")
    (tmp_path / "things.csv").write_text("Thing ID,Kind\nT1,a\nT2,b\n", encoding="utf-8")
    assert "no export looks like" not in begin(tmp_path, "leads.csv", "things.csv")
    assert "facts_of_" not in (tmp_path / "contracts" / "responsibilities.yaml").read_text("utf-8")


# --- what is open elsewhere -----------------------------------------------------------------------


def test_another_export_is_bound_while_questions_are_open_in_the_definitions(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(leads(1, 31), encoding="utf-8")
    assert slacli("init", "--yes", "--zone", "UTC", "contracts", "leads.csv", folder=tmp_path).code == 1
    assert 'owner: "?"' in (tmp_path / "contracts" / "definitions.yaml").read_text("utf-8")
    deals = "".join(f"D{n},Closed Won,{n}00,2026-10-05\n" for n in range(1, 21))
    (tmp_path / "deals.csv").write_text("Opportunity ID,Stage,Amount,Close Date\n" + deals, encoding="utf-8")
    ran = slacli("bind", "deals.csv", "--write", folder=tmp_path)
    assert ran.code == 0
    assert yaml.safe_load((tmp_path / "contracts" / "bindings" / "deals.yaml").read_text("utf-8"))["binds"] == (
        "opportunity"
    )
    cover = tmp_path / "contracts" / "contract.yaml"
    cover.write_text(cover.read_text("utf-8").replace("currency: USD", 'currency: "?"'), encoding="utf-8")
    ran = slacli("bind", "deals.csv", "--as", "more", folder=tmp_path)
    assert ran.code == 2
    assert "`currency` of `contract.yaml` is still open" in ran.err


def test_a_mistake_beside_an_open_question_still_refuses(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(leads(1, 31), encoding="utf-8")
    slacli("init", "--yes", "--zone", "UTC", "contracts", "leads.csv", folder=tmp_path)
    path = tmp_path / "contracts" / "definitions.yaml"
    path.write_text(path.read_text("utf-8").replace("type: text", "type: txt", 1), encoding="utf-8")
    ran = slacli("bind", "leads.csv", "--as", "more", folder=tmp_path)
    assert ran.code == 2
    assert ran.err.startswith("could not run: the contract has errors: ")


def test_what_init_writes_to_a_file_is_all_that_it_says(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(leads(1, 31), encoding="utf-8")
    assert begin(tmp_path, "leads.csv", options=("--output", "told.txt")) == ""
    told = (tmp_path / "told.txt").read_text("utf-8")
    assert told.startswith("wrote contracts/contract.yaml\n")
    assert "Sales and marketing agreement, version 1, draft" in told
    assert "leads.csv 30 rows, all judged" in told
