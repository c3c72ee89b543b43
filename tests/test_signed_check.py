"""`slacli check` where a version was signed: what is in force judges, and the report says who signed it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from commands import slacli
from repositories import Repository
from test_signing import _apart, agree, begin, edit, repo, run, second_version, sign  # noqa: F401

ROOT = Path(__file__).parent.parent
LATER = "2026-12-20"

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")


def checked(repo: Repository, *more: str, root: str = "", refused: bool = False) -> Any:  # noqa: F811
    """Give the report of a check, or with `refused` what a person is told."""
    env = {"SLACLI_TRUST_ROOT": root} if root else {}
    ran = slacli("check", "--as-of", LATER, *more, "--format", "json", folder=repo.top, env=env)
    assert (ran.code == 2) is refused, ran.text
    return ran.text if refused else json.loads(ran.out)


def state(report: Any) -> tuple[object, ...]:
    told = report["contract"]
    return told["version"], told["state"], told["since"], told["signed_by"]


def test_a_roster_without_a_signed_version_leaves_the_text_on_disk_a_draft(repo: Repository) -> None:  # noqa: F811
    begin(repo)
    assert state(checked(repo)) == (1, "draft", None, [])
    assert "`--require-signed`" in checked(repo, "--require-signed", refused=True)


def test_what_is_signed_judges_and_who_signed_is_told_once_it_is_verified(repo: Repository) -> None:  # noqa: F811
    root = agree(repo)
    unverified = checked(repo)
    assert state(unverified) == (1, "signatures not verified here", "2026-11-20", [])
    verified = checked(repo, "--require-signed", root=root)
    assert state(verified) == (1, "signed", "2026-11-20", ["VP Sales", "VP Marketing", "CEO"])
    assert [(one["version"], one["from"], one["to"]) for one in verified["versions"]] == [
        (1, "2026-11-20", "2027-10-31")
    ]
    assert "`--require-signed`" in checked(repo, "--require-signed", refused=True)
    assert "`--require-signed`" in checked(repo, "--require-signed", "--draft", root=root, refused=True)
    shown = slacli("check", "--as-of", LATER, folder=repo.top, env={"SLACLI_TRUST_ROOT": root}).out
    assert "version 1, in force since 2026-11-20, signed by VP Sales, VP Marketing, CEO" in " ".join(shown.split())


def test_a_text_that_nobody_signed_judges_only_as_a_draft(repo: Repository) -> None:  # noqa: F811
    root = agree(repo)
    second_version(repo)
    assert state(checked(repo, root=root)) == (1, "signed", "2026-11-20", ["VP Sales", "VP Marketing", "CEO"])
    assert state(checked(repo, "--draft", root=root)) == (2, "draft", None, [])


def test_a_second_version_holds_from_its_day_and_judges_beside_the_first(repo: Repository) -> None:  # noqa: F811
    root = agree(repo)
    second_version(repo)
    run(repo, "propose")
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role)
    repo.commit("Version 2")
    told = checked(repo, root=root)
    assert state(told)[:3] == (2, "signed", "2026-12-01")
    assert [(one["version"], one["from"], one["to"]) for one in told["versions"]] == [
        (1, "2026-11-20", "2026-11-30"), (2, "2026-12-01", "2027-10-31"),
    ]  # fmt: skip


def test_before_anything_is_in_force_nothing_is_judged(repo: Repository) -> None:  # noqa: F811
    root = agree(repo)
    ran = run(repo, "check", "--as-of", "2026-11-10", code=2, SLACLI_TRUST_ROOT=root)
    assert "nothing is in force on 2026-11-10: version 1 begins on 2026-11-20" in ran.text


def test_a_trust_root_that_leads_to_no_roster_judges_nothing(repo: Repository) -> None:  # noqa: F811
    agree(repo)
    assert "the trust root names no roster" in checked(repo, root="sha256:" + "0" * 64, refused=True)


def test_signatures_that_do_not_hold_judge_nothing(repo: Repository) -> None:  # noqa: F811
    root = agree(repo)
    approvals = repo.contracts / "signatures" / "approvals" / "1"
    (approvals / "ceo--kim.json.sig").write_bytes((approvals / "vp_sales--dana.json.sig").read_bytes())
    assert "the signatures do not hold" in checked(repo, root=root, refused=True)
    assert state(checked(repo, "--draft"))[1] == "draft"


def test_a_revision_of_the_steward_replaces_holidays_and_its_text_is_found_in_history(repo: Repository) -> None:  # noqa: F811
    root = agree(repo)
    before = checked(repo, root=root)["contract"]
    edit(repo, "holidays.yaml", ("2026-12-25: Christmas Day", "2026-12-28: Christmas Day"))
    run(repo, "propose")
    unsigned = checked(repo, root=root)["contract"]
    assert (unsigned["revision"], unsigned["digest"]) == (None, before["digest"])
    sign(repo, "revops")
    commit = repo.commit("Revision 1.1")
    second_version(repo)
    told = checked(repo, root=root)
    assert (told["contract"]["version"], told["contract"]["revision"]) == (1, 1)
    assert told["contract"]["signed_by"] == ["VP Sales", "VP Marketing", "CEO"]
    assert [one["commit"] for one in told["versions"]] == [commit]
    assert told["contract"]["digest"] != before["digest"]
