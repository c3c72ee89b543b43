"""Every table of the optional test data is bound, its questions answered by rote, and judged."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from commands import slacli
from pytest_regressions.file_regression import FileRegressionFixture

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
SETS = (
    "csv-robustness", "hubspot-dbt-seeds", "maven-crm", "olist-funnel", "salesforce", "x-education-leads", "zoho-crm",
)  # fmt: skip
# Contracts that know these records; for all other tables `slacli init` makes one.
CONTRACTS = {
    r"hubspot-dbt-seeds/(company|deal|ticket)(_property_history)?_data": "hubspot_history",
    r"olist-funnel/.*": "olist_child",
    r"salesforce/powerbi-org-export/(Lead|Opportunity)": "salesforce_org",
    r"x-education-leads/Leads": "x_education",
    r"zoho-crm/(Leads|Calls|Potentials|Tasks)": "zoho",
}
MOST_ROUNDS = 6


def tables(folder: str) -> list[Path]:
    if not (DATA / folder).is_dir():
        pytest.skip(f"the optional test data is not here: shared/data/{folder}")
    return sorted(path for path in (DATA / folder).rglob("*.csv") if path.stat().st_size)


def answer(question: dict[str, object]) -> str:
    """Give the answer that needs no thought: leave out what may be left out, else take what is offered first."""
    key, ask, offers = str(question["key"]), str(question["ask"]), [str(one) for one in question["offers"]]  # type: ignore[attr-defined]
    if question["optional"]:
        return "-"
    if key.startswith("columns."):
        named = re.findall(r'"([^"]+)"', f"{' '.join(offers)} {ask}")
        return str(named[0]) if named else (offers[-1] if key.endswith("false_when") else offers[0])
    if key == "binds":
        return offers[0].partition(" ")[0]
    return offers[0]


def contract_for(path: Path, work: Path) -> tuple[str, list[str], str]:
    """Lay out a contract that knows the record of a table; give its name, what says which record, and a problem."""
    name = path.relative_to(DATA).with_suffix("").as_posix()
    known = next((contract for pattern, contract in CONTRACTS.items() if re.fullmatch(pattern, name)), None)
    if known is not None:
        shutil.copytree(ROOT / "tests" / "contracts" / known, work / "contracts")
        shutil.rmtree(work / "contracts" / "bindings")
        return known, [], ""
    ran = slacli("init", "--yes", "contracts", str(path), folder=work)
    if ran.code == 2:
        return "init", [], ran.err.replace(str(path), path.name).splitlines()[0]
    (binding,) = (work / "contracts" / "bindings").glob("*.yaml")
    (record,) = re.findall(r"^binds: (\w+)$", binding.read_text("utf-8"), re.MULTILINE)
    shutil.rmtree(work / "contracts" / "bindings")
    definitions = work / "contracts" / "definitions.yaml"
    text = re.sub(r'^ +(?:marked|owner|path): "\?".*\n', "", definitions.read_text("utf-8"), flags=re.MULTILINE)
    field = re.search(r"  opportunity:\n(?:    .*\n)*?    fields:\n      (\w+):", text)
    assert field is not None
    definitions.write_text(re.sub(r'won: "\?".*', f"won: {field[1]} is not blank", text), encoding="utf-8")
    return "init", ["--record", record], ""


def bound(path: Path, work: Path, record: list[str]) -> tuple[str, str]:
    """Bind a table, answer by rote until nothing is open, and give its figures and how the check exits."""
    first, answers = "", dict[str, str]()
    for _ in range(MOST_ROUNDS):
        given = [word for key, value in answers.items() for word in ("--answer", f"{key}={value}")]
        ran = slacli("bind", str(path), "--as", "bound", *record, *given, "--format", "json", folder=work)
        if ran.code == 2:
            return first, ran.err.replace(str(path), path.name).splitlines()[0]
        found = json.loads(ran.out)
        if not first:
            columns = found["columns"]
            first = (
                f"{found['binding'] and (found['record'] or '?')}, {found['dialect']}: {columns['total']} columns, "
                f"{len(columns['matched'])} matched, {len(found['questions'])} questions"
            )
        if not found["questions"]:
            break
        answers |= {question["key"]: answer(question) for question in found["questions"]}
    else:
        return first, "still open: " + ", ".join(question["key"] for question in found["questions"])
    folder = work / "contracts" / "bindings"
    folder.mkdir(exist_ok=True)
    (folder / "bound.yaml").write_text(found["text"], encoding="utf-8")
    told = slacli("validate", folder=work)
    assert "error[" not in told.out, told.out
    ran = slacli("check", str(path), folder=work)
    told_why = re.sub(r"`[^`]*`", "…", ran.err.splitlines()[0]) if ran.err else ""
    return first, f"check exits with {ran.code}" + (f": {told_why}" if told_why else "")


@pytest.mark.parametrize("folder", SETS)
def test_every_table_is_bound_and_judged(folder: str, tmp_path: Path, file_regression: FileRegressionFixture) -> None:
    lines = []
    for number, path in enumerate(tables(folder)):
        work = tmp_path / str(number)
        work.mkdir()
        name, record, problem = contract_for(path, work)
        if problem:
            lines.append(f"{path.relative_to(DATA)}\n  {name}: {problem}")
            continue
        figures, result = bound(path, work, record)
        lines.append(f"{path.relative_to(DATA)}\n  {name}: {figures}\n  {result}")
    file_regression.check("\n".join(lines) + "\n", extension=".txt", basename=folder, encoding="utf-8")
