"""The Python side gives what the command line prints."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

import slacli
from slacli.adapters import render
from slacli.cli import cli

ROOT = Path(__file__).parent.parent
EXPORTS = ROOT / "examples" / "exports"
GIVEN = {
    "salesforce_leads": EXPORTS / "salesforce-leads.csv",
    "hubspot_contacts": EXPORTS / "hubspot-contacts.csv",
    "activity": EXPORTS / "salesforce-activities.csv",
    "stage_change": EXPORTS / "salesforce-history.csv",
    "person": EXPORTS / "salesforce-users.csv",
    "opportunity": [EXPORTS / "salesforce-opportunities.csv"],
}


def test_a_check_from_python_is_the_report_of_the_command_line() -> None:
    agreement = slacli.load(ROOT / "contracts")
    report = slacli.check(agreement, GIVEN)
    given = [f"{name}={path[0] if isinstance(path, list) else path}" for name, path in GIVEN.items()]
    arguments = ["check", "--contract", str(ROOT / "contracts"), "--format", "json", *given]
    printed = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert printed.return_value == 1
    assert json.loads(render.render(report, "json")) == json.loads(printed.output)
    assert {one.duty for one in report.outcomes if one.judged and one.status == "missed"} == {
        "first_touch",
        "kept_lifecycle",
        "mql_facts",
        "mql_quality",
        "needs_report",
        "persistence",
        "reject_reasons",
    }


def test_the_contract_is_typed_and_keyed_by_id() -> None:
    contract = slacli.load(ROOT / "contracts").contract
    assert contract.terms["mql"].at_least == 3
    assert contract.responsibilities["mql_quality"].owed_by == "marketing"
    assert contract.department("sdr") == "sales"


def test_now_can_be_given_and_needs_a_zone() -> None:
    agreement = slacli.load(ROOT / "contracts")
    report = slacli.check(agreement, GIVEN, as_of=datetime(2027, 2, 4, tzinfo=UTC), judge="2026-12")
    assert {one.period.name for one in report.outcomes if one.judged} == {"2026-12"}
    with pytest.raises(slacli.CannotRun, match="no time zone"):
        slacli.check(agreement, GIVEN, as_of=datetime(2027, 2, 4))  # noqa: DTZ001


def test_at_a_prompt_of_python_the_engine_draws_nothing() -> None:
    # The engine takes a process without a file of its own for a prompt.
    code = (
        "import tempfile\nfrom slacli.adapters import engines\n"
        "asked = \"SELECT current_setting('enable_progress_bar')\"\n"
        "with tempfile.TemporaryDirectory() as room, engines.opened('duckdb', room) as engine:\n"
        "    print(engine.rows(asked), engine.room('other').rows(asked))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[(False,)] [(False,)]\n"


def test_what_cannot_run_raises_one_exception() -> None:
    agreement = slacli.load(ROOT / "contracts")
    with pytest.raises(slacli.CannotRun, match="no file"):
        slacli.check(agreement, {"lead": "nowhere.csv"})
    with pytest.raises(slacli.CannotRun, match="not a folder"):
        slacli.load(ROOT / "nowhere")


def test_validate_gives_findings_not_exceptions(tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text("format: 1\n")
    report = slacli.validate(tmp_path)
    assert {found.rule for found in report.findings} >= {"missing-key", "missing-file"}
