"""What a command loads before it begins: nothing that it does without."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from repositories import Repository, surroundings

ROOT = Path(__file__).parent.parent
HEAVY = {
    "slacli.journeys", "slacli.core.in_force", "slacli.core.verdict", "slacli.core.impact", "slacli.core.rules",
    "slacli.core.trust.chain", "duckdb", "z3",
}  # fmt: skip


def run(script: str, folder: Path) -> str:
    """Run a script in a process of its own, and give what it printed."""
    surrounded = {**surroundings(), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, env=surrounded).stdout


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("", "", "Nothing changed."),
        ("within: 10 business minutes", "within: 9 business minutes", "10 business minutes -> 9 business minutes"),
        ("budget: budget >= 10000", "budget: budget >= 12000", "{budget: 10000, authority: CFO, need_confirmed: true"),
    ],
)
def test_a_comparison_of_texts_loads_neither_what_judges_rows_nor_the_solver(
    tmp_path: Path, was: str, becomes: str, told: str
) -> None:
    made = Repository(tmp_path)
    shutil.copytree(ROOT / "contracts", made.contracts)
    made.commit()
    for path in made.contracts.rglob("*.yaml"):
        path.write_text(path.read_text("utf-8").replace(was, becomes), "utf-8")
    script = (
        "import sys; from slacli import cli\n"
        "try: cli.main(['diff'])\n"
        f"except SystemExit: print('loaded', sorted({HEAVY!r} & set(sys.modules)))"
    )
    printed = run(script, made.top)
    assert told in printed
    assert printed.splitlines()[-1] == "loaded []"


def test_a_contract_in_order_is_validated_without_the_library_that_says_what_is_wrong(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    script = (
        "import sys; from slacli import cli\n"
        "try: cli.main(['validate'])\n"
        "except SystemExit as left: print(left.code, 'jsonschema' in sys.modules)"
    )
    said = []
    for wrong in ("", "\nodd_key: 1\n"):
        with (tmp_path / "contracts/contract.yaml").open("a", encoding="utf-8") as file:
            file.write(wrong)
        said.append(run(script, tmp_path).splitlines()[-1])
    assert said == ["0 False", "1 True"]
