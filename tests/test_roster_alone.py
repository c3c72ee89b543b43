"""Signing where nothing of the version waits: a roster alone, what is signed already, and what is too late."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from repositories import Repository
from test_signing import _apart, agree, begin, key, repo, root_of, run, second_version, sign, verify

__all__ = ["_apart", "repo"]

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")


def signatures(repo: Repository) -> dict[str, bytes]:
    folder = repo.contracts / "signatures"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_roster_is_signed_alone_once_everybody_has_signed_the_version(repo: Repository) -> None:
    agree(repo)
    run(repo, "signers", "enrol", "mallory", "--key", key(repo, "mallory"))
    repo.commit("A key")
    root = root_of(repo)
    run(repo, "signers", "propose", "--role", "ceo=mallory")
    before = signatures(repo)
    for role, person in (("vp_sales", "dana"), ("vp_marketing", "lee")):
        ran = sign(repo, role)
        assert "version 1" not in ran.out
        assert f"wrote contracts/signatures/roster/2--{person}.json.sig" in ran.out
    after = signatures(repo)
    assert {name: after[name] for name in before} == before
    assert sorted(after.keys() - before.keys()) == ["roster/2--dana.json.sig", "roster/2--lee.json.sig"]
    assert json.loads(run(repo, "status", "--format", "json").out)["roster"]["version"] == 2
    # The change passes the gate: the roster came alone.
    repo.commit("Roster 2")
    verify(repo, root, "--base", "HEAD~1")


def test_the_commit_of_a_roster_alone_says_so(repo: Repository, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.gitconfig").write_text("[user]\n\tname = Dana\n\temail = dana@example.com\n")
    agree(repo)
    run(repo, "signers", "propose", "--role", "revops=sam,kim", "--beside", "revops")
    repo.commit("Roster 2 is put forward")
    assert "Sign roster 2 (dana)" in sign(repo, "vp_sales", "--commit").out


def test_who_holds_no_role_of_a_waiting_roster_is_told_for_whom_it_waits(repo: Repository) -> None:
    agree(repo)
    run(repo, "signers", "propose", "--role", "revops=kim", "--beside", "revops")
    ran = sign(repo, "cfo", by="sam", code=2)
    assert "roster 2 waits for no signature of `cfo`" in ran.err
    assert "say who signs with `--person`: `dana`, `kim` or `lee`" in ran.err


def test_what_everybody_signed_is_neither_signed_again_nor_declined(repo: Repository) -> None:
    root = agree(repo)
    before = signatures(repo)
    assert "nothing waits to be signed" in sign(repo, "ceo", code=2).err
    ran = sign(repo, "ceo", "--decline", "too late", code=2)
    assert "it is too late to decline it" in ran.err
    assert signatures(repo) == before
    verify(repo, root)


def test_who_has_signed_a_version_that_waits_for_others_is_told_so(repo: Repository) -> None:
    begin(repo)
    sign(repo, "vp_sales")
    sign(repo, "vp_marketing")
    before = signatures(repo)
    assert "`dana` has signed version 1 as `vp_sales` already" in sign(repo, "vp_sales", code=2).err
    assert signatures(repo) == before
    # Whoever thinks better of it declines, and signs after all.
    sign(repo, "vp_sales", "--decline", "not like this")
    sign(repo, "vp_sales")
    assert "declined" not in run(repo, "status").out


def test_approvals_under_the_roster_before_are_put_forward_again(repo: Repository) -> None:
    agree(repo)
    second_version(repo)
    run(repo, "propose")
    sign(repo, "vp_sales")
    run(repo, "signers", "enrol", "mallory", "--key", key(repo, "mallory"))
    run(repo, "signers", "propose", "--role", "revops=mallory")
    assert "wrote contracts/signatures/roster/2--lee.json.sig" in sign(repo, "vp_marketing").out
    assert "wrote contracts/signatures/roster/2--dana.json.sig" in sign(repo, "vp_sales").out


@pytest.mark.parametrize("reason", ["", "  "])
def test_nobody_declines_without_a_reason(repo: Repository, reason: str) -> None:
    begin(repo)
    before = signatures(repo)
    assert "nobody declines without a reason" in sign(repo, "vp_sales", "--decline", reason, code=2).err
    assert signatures(repo) == before


def test_a_key_of_somebody_else_is_the_one_thing_that_is_told(repo: Repository) -> None:
    begin(repo)
    said = sign(repo, "vp_sales", by="lee", code=2).err
    assert "made by a key that `dana` does not have in the roster" in said
    assert "more" not in said


def test_a_role_that_a_version_lacks_has_nothing_to_take_back(repo: Repository) -> None:
    begin(repo)
    ran = run(repo, "sign", "--as", "vp_sale", "--withdraw", code=2)
    assert "version 1 is not signed as `vp_sale`" in ran.err
    assert "`ceo`, `vp_marketing` or `vp_sales`" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--threshold", "0"), "a threshold of 0 cannot be"),
        (("--threshold", "5"), "a threshold of 5 cannot be"),
        (("--recognised", "dena"), "`--recognised` names `dena`, who is not in this roster"),
        (("--new-key", "dena"), "`--new-key` names `dena`, who is not in this roster"),
    ],
)
def test_a_roster_takes_nothing_that_it_would_pass_over(
    repo: Repository, arguments: tuple[str, ...], said: str
) -> None:
    begin(repo)
    before = signatures(repo)
    assert said in run(repo, "signers", "propose", *arguments, "--role", "ceo=kim", code=2).err
    assert signatures(repo) == before


def test_verify_names_the_roster_that_waits_where_none_holds_yet(repo: Repository) -> None:
    begin(repo)
    assert "let the people of roster 1 sign it with `slacli sign --as ROLE`" in run(repo, "verify", code=2).err
