"""The example exports: made by their script, and judged as plain Python counts them."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
EXPORTS = ROOT / "examples" / "exports"
SLACLI = str(Path(sys.executable).parent / "slacli")


def _loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def account() -> Any:
    files = {path.name: path.read_bytes().decode() for path in EXPORTS.glob("*.csv")}
    return _loaded("figures").Account(files)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    rows = tmp_path_factory.mktemp("examples") / "rows.csv"
    exports = sorted(str(path.relative_to(ROOT)) for path in EXPORTS.glob("*.csv"))
    command = [SLACLI, "check", *exports, "--judge", "all", "--format", "json", "--rows", str(rows)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout), rows


def test_the_exports_are_those_that_the_script_makes() -> None:
    command = [sys.executable, str(ROOT / "examples" / "make_exports.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_check_counts_every_share_as_plain_python_does(account: Any, checked: tuple[Any, Path]) -> None:
    report, _ = checked
    found = {
        (one["duty"], one["period"]["name"]): tuple(one["counts"][name] for name in ("met", "missed", "unclear"))
        for one in report["outcomes"]
    }
    wanted = {(one.duty, one.period): (one.met, one.missed, one.unclear) for one in account.figures()}
    assert {name: found.get(name, (0, 0, 0)) for name in wanted} == wanted


def test_a_check_counts_the_volume_as_plain_python_does(account: Any, checked: tuple[Any, Path]) -> None:
    report, _ = checked
    for one in report["outcomes"]:
        if one["duty"] == "mql_volume":
            wanted = account.volume(one["period"]["name"])
            found = {p["by"]["region"]: (p["counts"]["met"], p["counts"]["unclear"]) for p in one["parts"]}
            assert found == wanted


def test_a_check_sorts_leads_into_cells_as_plain_python_does(account: Any, checked: tuple[Any, Path]) -> None:
    report, _ = checked
    cells = next(term["cells"] for term in report["terms"] if term["id"] == "mql")
    wanted = {
        f"{'' if marked else 'un'}marked_{verdict}": count for (marked, verdict), count in account.cells().items()
    }
    assert {name: count for name, count in cells.items() if count} == wanted
    assert {one["name"]: one["count"] for one in report["left_out"]} == account.left_out()


def test_a_check_accounts_for_every_row_of_the_examples(account: Any, checked: tuple[Any, Path]) -> None:
    report, _ = checked
    files = {Path(one["name"]).name: one for one in report["files"]}
    leads = files["salesforce-leads.csv"]["rows"]
    assert (leads["judged"], leads["repeated"]) == (len(account.once), len(account.rows) - len(account.once))
    assert files["hubspot-contacts.csv"]["rows"]["judged"] == len(account.contacts)
    assert files["salesforce-activities.csv"]["orphans"] == account.without_lead()
    for one in files.values():
        assert one["rows"]["total"] == sum(count for part, count in one["rows"].items() if part != "total")


def test_each_row_that_is_named_is_where_the_file_has_it(checked: tuple[Any, Path]) -> None:
    _, rows = checked
    lines = {path.name: path.read_text(encoding="utf-8").split("\n") for path in EXPORTS.glob("*.csv")}
    with rows.open(encoding="utf-8", newline="") as file:
        named = [(Path(row["file"]).name, int(row["row"]), row["key"]) for row in csv.DictReader(file)]
    assert len(named) > 1000
    assert [(name, row, key) for name, row, key in named if key not in lines[name][row - 1]] == []


def test_the_examples_show_a_broken_agreement_with_a_miss_on_each_side(checked: tuple[Any, Path]) -> None:
    report, _ = checked
    missed = {
        (one["duty"], report["teams"][one["owed_by"]])
        for one in report["outcomes"]
        if one["status"] == "missed" and one["period"]["name"] == "2027-01"
    }
    assert missed == {
        ("first_touch", "sales"), ("reject_reasons", "sales"), ("kept_lifecycle", "sales"),
        ("mql_quality", "marketing"), ("mql_facts", "marketing"),
    }  # fmt: skip


def test_the_demo_runs_through() -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["sh", str(ROOT / "examples" / "demo.sh")]
    done = subprocess.run(
        command, env={**os.environ, "PATH": path, "COLUMNS": "100"}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "First touch (first_touch): LATE by 7:29" in done.stdout
    assert "Every MQL is one (mql_quality): MISSED" in done.stdout
    # What the first page of the documentation shows is what is printed, but for the lines that it leaves out.
    page = (ROOT / "README.md").read_text("utf-8")
    for start in ("slacli check examples", "slacli show mql_quality", "slacli explain"):
        shown = page.partition(f"```\n$ {start}")[2].partition("```")[0]
        lines = [line for line in shown.splitlines()[1:] if line != "..."]
        assert len(lines) > 3
        printed = iter(done.stdout.splitlines())
        assert [line for line in lines if line not in printed] == []
