"""Changes of a contract as Git shows them, through the driver that slacli is."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import pytest
from commands import slacli
from repositories import Repository

HERE = Path(__file__).parent


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with a contract, set up as the documentation says."""
    found = Repository(tmp_path / "work")
    shutil.copytree(HERE / "contracts" / "leads", found.contracts)
    (found.top / ".gitattributes").write_text("contracts/** diff=slacli\n")
    found.git("config", "diff.slacli.command", f"{shlex.quote(sys.executable)} -m slacli git-diff")
    found.commit("The first version")
    return found


def edit(repository: Repository, file: str, old: str, new: str) -> None:
    path = repository.contracts / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_a_change_reads_as_a_sentence(repository: Repository) -> None:
    edit(repository, "definitions.yaml", "budget >= 10000", "budget >= 20000")
    shown = repository.git("diff")
    assert "mql is tighter: budget >= 10000 -> budget >= 20000  definitions.yaml:" in shown
    assert shown.splitlines()[0].endswith("-> contracts/definitions.yaml on disk, version 1")
    repository.commit("Higher")
    logged = repository.git("log", "-1", "-p", "--ext-diff")
    assert "Higher" in logged
    assert "mql is tighter: budget >= 10000 -> budget >= 20000" in logged


def test_a_comment_changes_nothing(repository: Repository) -> None:
    path = repository.contracts / "definitions.yaml"
    path.write_text("# A word to the reader.\n" + path.read_text("utf-8"), "utf-8")
    assert repository.git("diff").splitlines()[2:] == ["Nothing changed."]


def test_what_cannot_be_read_is_shown_line_by_line(repository: Repository) -> None:
    path = repository.contracts / "definitions.yaml"
    path.write_text(path.read_text("utf-8") + "broken: [\x1b[31m\n", "utf-8")
    first, *rest = repository.git("diff").splitlines()
    assert first.startswith(
        "contracts/definitions.yaml: the contract of contracts/definitions.yaml on disk has errors: "
    )
    assert rest[-1] == "+broken: [\\x1b[31m"


def test_a_file_that_came_or_went_is_compared_with_none(repository: Repository) -> None:
    bindings = sorted((repository.contracts / "bindings").iterdir())
    bindings[0].unlink()
    assert "was taken out" in repository.git("diff")
    repository.git("commit", "--quiet", "--all", "--message", "Gone")
    assert "is new" in repository.git("diff", "HEAD", "HEAD~1")


def test_a_file_of_no_contract_and_a_call_by_hand_are_answered(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\n")
    (tmp_path / "b.yaml").write_text("a: 2\n")
    ran = slacli("git-diff", "x.yaml", "a.yaml", "0" * 40, "100644", "b.yaml", "1" * 40, "100644", folder=tmp_path)
    assert (ran.code, ran.out.splitlines()[0]) == (0, "x.yaml: `x.yaml` belongs to no contract")
    assert "+a: 2" in ran.out.splitlines()
    by_hand = slacli("git-diff", "x.yaml", folder=tmp_path)
    assert by_hand.code == 2
    assert by_hand.err.startswith("could not run: `slacli git-diff` is called by Git")
