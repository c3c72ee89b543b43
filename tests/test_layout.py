"""Whether the files are those that were signed, byte for byte, or only say the same."""

from __future__ import annotations

import json
import shutil

import pytest
from repositories import Repository
from test_signing import PEOPLE, _apart, agree, begin, repo, run, second_version, sign

__all__ = ["_apart", "repo"]

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")

SAME = "signed, byte-identical: the files are those that were signed"


def state(repo: Repository) -> str:
    return " ".join(run(repo, "status").out.split())


def rewritten(repo: Repository) -> object:
    return json.loads(run(repo, "status", "--format", "json").out)["in_force"]["rewritten"]


def test_status_tells_what_was_signed_from_what_only_says_the_same(repo: Repository) -> None:
    agree(repo)
    assert SAME in state(repo)
    assert rewritten(repo) == []
    path = repo.contracts / "definitions.yaml"
    path.write_text(f"{path.read_text('utf-8')}\n# read again in December\n", "utf-8")
    told = "signed; formatting changed since, and `definitions.yaml` says the same"
    assert told in state(repo)
    assert rewritten(repo) == ["definitions.yaml"]
    # What was committed since changes nothing about what was signed.
    repo.commit("A comment")
    assert told in state(repo)
    repo.git("revert", "--no-edit", "HEAD")
    assert SAME in state(repo)


def test_the_bytes_that_count_are_those_beside_the_last_approval(repo: Repository) -> None:
    begin(repo)
    for role in ("vp_sales", "vp_marketing"):
        sign(repo, role)
    repo.commit("Signed by two")
    path = repo.contracts / "goals.yaml"
    path.write_text(f"{path.read_text('utf-8')}\n# a comment\n", "utf-8")
    sign(repo, "ceo")
    repo.commit("Signed by all")
    assert SAME in state(repo)


def test_where_history_does_not_tell_nothing_is_said(repo: Repository) -> None:
    begin(repo)
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role)
    assert rewritten(repo) is None  # nothing of it is committed
    assert "byte-identical" not in state(repo)
    shutil.rmtree(repo.top / ".git")
    assert rewritten(repo) is None


def test_of_another_text_nothing_is_said(repo: Repository) -> None:
    agree(repo)
    second_version(repo)
    run(repo, "propose")
    assert rewritten(repo) is None


def test_whoever_signs_sees_the_hashes_by_which_git_knows_the_files(repo: Repository) -> None:
    begin(repo)
    shown = " ".join(sign(repo, "ceo").out.split())
    for name in ("contract.yaml", "bindings/salesforce_leads.yaml"):
        hashed = repo.git("hash-object", "--no-filters", f"contracts/{name}")
        assert f"{name} {hashed[:12]}" in shown
    assert "waivers.yaml" not in shown
    assert PEOPLE["ceo"] in shown
