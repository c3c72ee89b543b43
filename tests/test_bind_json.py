"""`slacli bind --format json` keeps the shape that is published, whatever it did."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from commands import slacli
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "schemas" / "bind.schema.json").read_text(encoding="utf-8"))
LEADS = ROOT / "examples" / "exports" / "salesforce-leads.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    return tmp_path


def bound(*arguments: str, folder: Path, code: int) -> dict[str, Any]:
    ran = slacli("bind", *arguments, "--format", "json", folder=folder)
    assert ran.code == code, ran.text
    found: dict[str, Any] = json.loads(ran.out)
    Draft202012Validator(SCHEMA).validate(found)
    return found


def test_the_schema_is_one_and_describes_every_value() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["required"] == [*SCHEMA["properties"]]


def test_a_draft_with_its_questions(folder: Path) -> None:
    (folder / "contracts" / "bindings" / "salesforce_leads.yaml").unlink()
    (folder / "contracts" / "bindings" / "hubspot_contacts.yaml").unlink()
    found = bound(str(LEADS), "--as", "ours", folder=folder, code=1)
    assert (found["does"], found["record"], found["dialect"]) == ("drafted", "lead", "salesforce_report")
    assert found["columns"]["total"] == len(found["columns"]["matched"]) + len(found["columns"]["not_used"])
    for question in found["questions"]:
        assert question["key"].partition(".")[0] in {"binds", "reads", "columns"}
    assert found["text"].count('"?"') == len(found["questions"])
    assert found["written"] is None


def test_the_file_that_was_written(folder: Path) -> None:
    for name in (folder / "contracts" / "bindings").iterdir():
        name.unlink()
    found = bound(str(LEADS), "--record", "lead", "--write", folder=folder, code=1)
    assert Path(folder, found["written"]).read_text("utf-8") == found["text"]


def test_an_export_that_is_bound_already(folder: Path) -> None:
    found = bound(str(LEADS), folder=folder, code=0)
    assert (found["does"], found["binding"], found["record"]) == ("bound", "salesforce_leads", "lead")
    assert (found["text"], found["written"]) == (None, None)


def test_a_binding_that_was_mended(folder: Path) -> None:
    text = LEADS.read_text("utf-8").replace('"MQL Date"', '"MQL Date/Time"')
    (folder / "leads.csv").write_text(text, encoding="utf-8")
    found = bound("leads.csv", "--refresh", folder=folder, code=1)
    assert found["does"] == "mended"
    assert '`qualified_at`: "MQL Date/Time" beside "MQL Date"' in found["changes"]
    assert [one["key"] for one in found["questions"]] == [
        "columns.source.values.Webinar", "columns.status.values.Nurture"
    ]  # fmt: skip
