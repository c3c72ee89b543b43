"""`slacli init` drafts stages: their order from what exports show, and a question wherever nothing shows it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import slacli

ROOT = Path(__file__).parent.parent
EXPORTS = ROOT / "examples" / "exports"


def written(path: Path, headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([headers, *rows])
    path.write_text(text.getvalue(), encoding="utf-8")
    return path.name


def leads(folder: Path, *stages: str, each: int = 4, name: str = "leads.csv") -> str:
    """Write leads of which some are in each stage, more of the first than of the others."""
    often = [stage for at, stage in enumerate(stages) for _ in range(each + len(stages) - at)]
    rows = [(f"L{n}", f"p{n}@x.org", stage, "2026-01-31") for n, stage in enumerate(often)]
    return written(folder / name, ("Lead ID", "Email", "Lead Status", "Created Date"), rows)


def cycle(folder: Path, record: str = "lead") -> Mapping[str, Any]:
    read = yaml.safe_load((folder / "contracts" / "definitions.yaml").read_text("utf-8"))
    found: Mapping[str, Any] = read["lifecycles"][record]
    return found


def errors(folder: Path) -> list[str]:
    return re.findall(r"^error\[([a-z-]+)\]", slacli("validate", folder=folder).out, re.MULTILINE)


def test_words_of_the_trade_have_their_usual_order_and_owners_are_asked(tmp_path: Path) -> None:
    begun = slacli("init", "--yes", leads(tmp_path, "SQL", "MQL", "New", "Junk", "Converted"), folder=tmp_path)
    found = cycle(tmp_path)
    assert found["path"] == ["new", "mql", "sql", "converted"]
    assert found["starts"] == ["new"]
    assert [name for name, stage in found["stages"].items() if stage.get("final")] == ["converted", "junk"]
    assert {name: stage["owner"] for name, stage in found["stages"].items() if "owner" in stage} == dict.fromkeys(
        ("new", "mql", "sql"), "?"
    )
    told = " ".join(begun.out.split())
    assert "definitions.yaml: lifecycles.lead.stages: who owns each stage? `--sales-from STAGE` says it at once" in told
    assert begun.code == 1
    assert errors(tmp_path) == ["open-question"] * 3
    # Nothing that is judged is open, so the first check is there.
    assert "leads.csv 35 rows, all judged" in begun.out


def test_one_answer_says_who_owns_which_stage(tmp_path: Path) -> None:
    export = leads(tmp_path, "New", "MQL", "Sales Accepted", "SQL", "Recycled", "Converted")
    assert slacli("init", "--yes", "--sales-from", "SAL", export, folder=tmp_path).code == 0
    assert {name: stage.get("owner") for name, stage in cycle(tmp_path)["stages"].items()} == {
        "new": "marketing", "mql": "marketing", "sales_accepted": "sales", "sql": "sales", "recycled": "marketing",
        "converted": None,
    }  # fmt: skip
    told = slacli("validate", folder=tmp_path)
    assert told.code == 0
    assert [rule for rule in re.findall(r"^warning\[(.*?)\]", told.out, re.MULTILINE) if "stage" in rule] == []


def test_a_stage_that_there_is_not_is_refused(tmp_path: Path) -> None:
    ran = slacli("init", "--yes", "--sales-from", "Won", leads(tmp_path, "New", "MQL", "SQL"), folder=tmp_path)
    assert ran.err == (
        "could not run: leads have no stage `Won`\n  help: their stages are `MQL`, `New` and `SQL`\n"
    )  # fmt: skip


def test_an_order_that_nothing_shows_is_asked(tmp_path: Path) -> None:
    export = leads(tmp_path, "Warm", "Cold", "Hot")
    ran = slacli("init", "--yes", "--sales-from", "Hot", "--marked", "status = 'Hot'", export, folder=tmp_path)
    assert "    definitions.yaml: lifecycles.lead.path: in which order are the stages passed?\n" in ran.out
    text = (tmp_path / "contracts" / "definitions.yaml").read_text("utf-8")
    asked = '    path: "?"  # in which order are the stages passed? e.g. [warm, cold, hot]; or take this line out\n'
    assert asked in text
    assert errors(tmp_path) == ["open-question"]
    path = tmp_path / "contracts" / "definitions.yaml"
    for answer in ("    path: [cold, warm, hot]\n", ""):
        path.write_text(text.replace(asked, answer), encoding="utf-8")
        assert errors(tmp_path) == []


def test_dates_of_stages_show_their_order_and_become_fields(tmp_path: Path) -> None:
    stages = ("Gamma", "Alpha", "Beta")
    headers = ("Record ID", "Email", "Lifecycle Stage", "Create Date", *(f'Date entered "{one}"' for one in stages))
    rows = [
        (n, f"p{n}@x.org", stages[n % 3], "2026-01-01 08:00", "2026-01-02 09:00", "2026-01-05 10:00",
         "2026-01-09 11:00" if n % 2 else "")
        for n in range(1, 31)
    ]  # fmt: skip
    export = written(tmp_path / "contacts.csv", headers, rows)
    slacli("init", "--yes", "--zone", "UTC", "--sales-from", "Beta", "--marked", "lifecycle = 'Beta'", export,
           folder=tmp_path)  # fmt: skip
    found = cycle(tmp_path)
    assert found["path"] == ["gamma", "alpha", "beta"]
    assert {name: stage["entered"] for name, stage in found["stages"].items()} == {
        name: f"entered_{name}" for name in ("gamma", "alpha", "beta")
    }
    binding = yaml.safe_load((tmp_path / "contracts" / "bindings" / "contacts.yaml").read_text("utf-8"))
    assert binding["columns"]["entered_gamma"] == 'Date entered "Gamma"'
    assert errors(tmp_path) == []
    assert slacli("check", export, folder=tmp_path).code in {0, 1}


def test_a_history_shows_the_order_the_moves_and_where_leads_begin(tmp_path: Path) -> None:
    export = leads(tmp_path, "Warm", "Cold", "Hot", "Lost")
    moves = [("Cold", "Warm"), ("Warm", "Hot"), ("Hot", "Lost"), ("Warm", "Cold")]
    rows = [
        (f"L{n}", "Status", old, new, f"1/{step + 13}/2026 10:00 AM")
        for n in range(20)
        for step, (old, new) in enumerate(moves[: 3 + (n == 0)])
    ] + [("L1", "Owner", "Ann", "Bob", "1/20/2026 10:00 AM")]
    history = written(
        tmp_path / "history.csv", ("Lead ID", "Field / Event", "Old Value", "New Value", "Edit Date"), rows
    )
    slacli("init", "--yes", "--zone", "UTC", "--sales-from", "Hot", "--marked", "status = 'Hot'", export, history,
           folder=tmp_path)  # fmt: skip
    found = cycle(tmp_path)
    assert found["path"] == ["cold", "warm", "hot"]
    assert found["moves"]["warm"] == ["cold", "hot", "lost"]
    definitions = yaml.safe_load((tmp_path / "contracts" / "definitions.yaml").read_text("utf-8"))
    change = definitions["records"]["lead_change"]
    assert change["of"] == {"lead": ["record_id = lead.lead_id"]}
    assert change["history"] == {"of": "status", "from": "old_value", "to": "new_value", "only": "field = 'Status'"}
    assert "Ann" not in (tmp_path / "contracts" / "definitions.yaml").read_text("utf-8")
    assert errors(tmp_path) == []


@pytest.mark.parametrize(
    "stages",
    [("1", "2", "3"), ("yes", "no", "null"), ("lead", "lead!", "Other"), ("a b", "a-b", "c"), ("and", "or", "in"),
     ("?", "#", "x"), ("Won", "Lost"), ("Lost", "Junk"), ("Status: one", "it's", '"two"')],
)  # fmt: skip
def test_whatever_the_stages_are_called_nothing_is_wrong_but_what_is_open(
    stages: Sequence[str], tmp_path: Path
) -> None:
    ran = slacli("init", "--yes", leads(tmp_path, *stages), folder=tmp_path)
    assert {*errors(tmp_path)} <= {"open-question"}
    assert (ran.code == 1) == bool(errors(tmp_path))


# --- several exports --------------------------------------------------------------------------


def test_the_exports_of_a_company_hang_together(tmp_path: Path) -> None:
    ran = slacli("init", "--yes", "--zone", "America/New_York", "--sales-from", "SAL", "contracts",
                 *(str(path) for path in sorted(EXPORTS.glob("*.csv"))), folder=tmp_path)  # fmt: skip
    assert ran.code == 0
    definitions = yaml.safe_load((tmp_path / "contracts" / "definitions.yaml").read_text("utf-8"))
    records = definitions["records"]
    assert {name: one.get("of") for name, one in records.items()} == {
        "lead": None,
        "opportunity": {"lead": ["opportunity_id = lead.converted_opportunity_id"]},
        "activity": {"lead": ["who_id = lead.lead_id"]},
        "person": None,
        "lead_change": {"lead": ["record_id = lead.lead_id"]},
    }
    folder = tmp_path / "contracts" / "bindings"
    read = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in folder.iterdir()}
    assert {name: (one["binds"], one.get("joins_on")) for name, one in read.items()} == {
        "salesforce_leads": ("lead", "lead_id"), "hubspot_contacts": ("lead", "lead_id"),
        "salesforce_activities": ("activity", None), "salesforce_opportunities": ("opportunity", None),
        "salesforce_users": ("person", None), "salesforce_history": ("lead_change", None),
    }  # fmt: skip
    assert read["hubspot_contacts"]["columns"] == {"lead_id": "Salesforce Lead ID", "lifecycle": "Lifecycle Stage"}
    assert errors(tmp_path) == []
    # Every row of every file is accounted for in the first check, and activities find their leads.
    assert "salesforce-history.csv 847 rows = 841 judged" in ran.out
    assert re.search(r"salesforce-activities\.csv 712 rows = 706 judged \+\s+6 cut .* · 42 without a lead", ran.out)


def test_two_exports_of_a_record_that_share_no_id_are_not_joined(tmp_path: Path) -> None:
    one = leads(tmp_path, "New", "MQL", "SQL")
    other = written(tmp_path / "contacts.csv", ("Record ID", "Email", "Lifecycle Stage", "Create Date"),
                    [(n, f"q{n}@y.org", "Lead", "2026-01-31 10:00") for n in range(20)])  # fmt: skip
    ran = slacli("init", "--yes", "contracts", one, other, folder=tmp_path)
    assert "`contacts.csv` looks like another export of `lead`, but none of its columns holds the ids of the first" in (
        " ".join(ran.out.split())
    )
    assert [path.name for path in (tmp_path / "contracts" / "bindings").iterdir()] == ["leads.yaml"]


def test_two_systems_are_joined_by_email_where_they_share_no_id(tmp_path: Path) -> None:
    one = leads(tmp_path, "New", "MQL", "SQL")
    rows = [(n + 900, f"p{n}@x.org", ("Lead", "Customer")[n % 2], "2026-01-31 10:00") for n in range(15)]
    other = written(tmp_path / "contacts.csv", ("Record ID", "Email", "Lifecycle Stage", "Create Date"), rows)
    slacli("init", "--yes", "--sales-from", "SQL", "contracts", one, other, folder=tmp_path)
    folder = tmp_path / "contracts" / "bindings"
    assert all("joins_on: email\n" in path.read_text("utf-8") for path in folder.iterdir())
    assert "lifecycle: Lifecycle Stage" in (folder / "contacts.yaml").read_text("utf-8")
    assert errors(tmp_path) == []
    ran = slacli("check", one, other, folder=tmp_path)
    assert "contacts.csv 15 rows, all judged" in ran.out


def test_files_that_only_count_alike_are_not_tied(tmp_path: Path) -> None:
    one = leads(tmp_path, "New", "MQL", "SQL")
    other = written(tmp_path / "products.csv", ("Product", "Number"), [(f"P{n}", f"L{n}") for n in range(12)])
    slacli("init", "--yes", "--sales-from", "SQL", "contracts", one, other, folder=tmp_path)
    definitions = yaml.safe_load((tmp_path / "contracts" / "definitions.yaml").read_text("utf-8"))
    assert "of" not in definitions["records"]["products"]
