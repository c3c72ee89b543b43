"""What a command loads before it begins: nothing that it does without."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {
    "slacli.journeys", "slacli.core.in_force", "slacli.core.verdict", "slacli.core.impact", "slacli.core.rules",
    "slacli.core.trust.chain", "duckdb", "z3",
}  # fmt: skip


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
    for path in (ROOT / "contracts").rglob("*.yaml"):
        target = tmp_path / path.relative_to(ROOT / "contracts")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text("utf-8").replace(was, becomes), "utf-8")
    script = (
        "import sys; from slacli import cli\n"
        f"try: cli.main(['diff', {str(ROOT / 'contracts')!r}, '--contract', {str(tmp_path)!r}])\n"
        f"except SystemExit: print('loaded', sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert told in done.stdout
    assert done.stdout.splitlines()[-1] == "loaded []"
