"""What a person sees: every folder below `cases/` is a session, its commands run in a copy of it, the screen golden."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from commands import slacli
from pytest_regressions.file_regression import FileRegressionFixture

from slacli.core import verdict

HERE = Path(__file__).parent
ROOT = HERE.parent
CASES = sorted(path.parent for path in HERE.glob("cases/*/*/cmd"))

# A case keeps what its commands print, and the files that they write; what changes with every release is left out.
CHANGING = re.compile(r"(sha256:?\s?)[0-9a-f]{64}|(time zones |\"tz_database\": \")[0-9]{4}[a-z]")


def prepared(case: Path, work: Path) -> None:
    """Copy a case: the contract that it points to, its own `contracts/` laid over that, and its `data/`."""
    pointer = case / "contract"
    if pointer.is_file():
        name = pointer.read_text(encoding="utf-8").strip()
        shutil.copytree(ROOT / "contracts" if name == "acme" else HERE / "contracts" / name, work / "contracts")
    for folder in ("contracts", "data"):
        if (case / folder).is_dir():
            shutil.copytree(case / folder, work / folder, dirs_exist_ok=True)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_the_screen_is_as_agreed(case: Path, tmp_path: Path, file_regression: FileRegressionFixture) -> None:
    prepared(case, tmp_path)
    before = set(tmp_path.rglob("*"))
    told = ""
    for line in (case / "cmd").read_text(encoding="utf-8").splitlines():
        words = shlex.split(line)
        at = words.index("slacli")
        env = dict(word.split("=", 1) for word in words[:at])
        ran = slacli(*words[at + 1 :], folder=tmp_path, env=env)
        told += f"$ {line}\n{ran.out}{ran.err}exit {ran.code}\n"
        for path in sorted(path for path in set(tmp_path.rglob("*")) - before if path.is_file()):
            told += f"--- {path.relative_to(tmp_path)}\n{path.read_text(encoding='utf-8')}"
            path.unlink()
    shown = CHANGING.sub(lambda found: f"{found[1] or found[2]}…", told)
    file_regression.check(shown, fullpath=case / "expected.txt", encoding="utf-8")


def test_every_rule_about_data_has_a_screen() -> None:
    shown = "".join(path.read_text(encoding="utf-8") for path in [*HERE.glob("cases/check/*/expected.txt"),
                                                                  *HERE.glob("test_*/*.txt")])  # fmt: skip
    told = set(re.findall(r"^(?:error|warning|note)\[([a-z-]+)\]: ", shown, re.MULTILINE))
    assert {rule.name for rule in verdict.RULES} - told == set()


def test_every_folder_of_cases_is_one() -> None:
    folders = {path for path in HERE.glob("cases/*/*") if path.is_dir()}
    assert folders == set(CASES)
    assert len(CASES) > 30
