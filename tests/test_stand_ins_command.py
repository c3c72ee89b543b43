"""Standing in for somebody, taking back, and void versions, as people do it: commands in their order."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from commands import slacli
from jsonschema import Draft202012Validator
from pytest_regressions.file_regression import FileRegressionFixture
from repositories import Repository
from test_passkey_page import Device
from test_signing import (  # noqa: F401
    PEOPLE,
    Browser,
    _apart,
    agree,
    at,
    begin,
    edit,
    key,
    repo,
    root_of,
    roster_of_passkeys,
    run,
    second_version,
    sign,
    verify,
)

from slacli import signing

DAYS = ("--from", "2026-11-16", "--until", "2026-11-29")
NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")


def delegate(repo: Repository, *more: str, code: int = 0, role: str = "vp_sales", by: str = "dana") -> Any:  # noqa: F811
    given = {"--to": "sam"} | dict(zip(more[::2], more[1::2], strict=True))
    days = () if "--from" in given else DAYS
    options = [text for pair in given.items() for text in pair]
    return run(
        repo, "signers", "delegate", "--as", role, *options, *days, "--key", key(repo, by), "--yes", code=code
    )  # fmt: skip


def fits(name: str, told: Any) -> None:
    schema = json.loads(resources.files("slacli.schemas").joinpath(f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(told)


def checked(repo: Repository, root: str) -> Any:  # noqa: F811
    """Give the report of a check, whatever it judges of what was delivered."""
    ran = slacli(
        "check", "--as-of", "2026-12-20", "--format", "json", folder=repo.top, env={"SLACLI_TRUST_ROOT": root}
    )  # fmt: skip
    assert ran.code in {0, 1}, ran.text
    return json.loads(ran.out)


def with_second_version(repo: Repository) -> str:  # noqa: F811
    """Have a first version signed by all, and a second one put forward; gives the trust root."""
    root = agree(repo)
    repo.git("branch", "before")
    second_version(repo)
    run(repo, "propose")
    return root


def test_somebody_stands_in_as_people_see_it(repo: Repository, file_regression: FileRegressionFixture) -> None:  # noqa: F811
    root = with_second_version(repo)
    told: list[str] = []

    def see(*arguments: str, **env: str) -> None:
        ran = slacli(*arguments, folder=repo.top, env=env)
        shown = " ".join(arguments).replace(str(repo.top.parent), "~")
        told.append(f"$ slacli {shown}\n{ran.text}[exit {ran.code}]\n")

    see("signers", "delegate", "--as", "vp_sales", "--to", "sam", *DAYS, "--key", key(repo, "dana"), "--yes")
    see("signers", "list")
    see("status")
    see("sign", "--as", "vp_sales", "--key", key(repo, "sam"), "--yes")
    sign(repo, "vp_marketing")
    see("sign", "--as", "ceo", "--key", key(repo, "kim"), "--decline", "Two hours is too short", "--yes")
    see("status")
    see("sign", "--as", "ceo", "--withdraw")
    sign(repo, "ceo")
    see("verify", "--as-of", "2026-12-05", SLACLI_TRUST_ROOT=root)
    text = "\n".join(told).replace(str(repo.top.parent), "~")
    # What the text of the contract decides stands in other tests.
    text = re.sub(r"\.yaml [0-9a-f]{12}\b", ".yaml 0123456789ab", text)
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:...", re.sub(r"(--|\()[0-9a-f]{7}([0-9a-f]{5})?\b", r"\1...", text))
    file_regression.check(text)


def test_a_stand_in_signs_and_every_report_says_for_whom(repo: Repository) -> None:  # noqa: F811
    root = with_second_version(repo)
    delegate(repo)
    assert "(sam for dana, 2026-11-16 to 2026-11-29)" in sign(repo, "vp_sales", by="sam").out
    sign(repo, "vp_marketing")
    sign(repo, "ceo")
    repo.commit("Second version")
    assert "sam for dana, 2026-11-16 to 2026-11-29, on 2026-11-20" in " ".join(
        verify(repo, root, "--base", "before").out.split()
    )
    told = json.loads(verify(repo, root, "--format", "json").out)
    assert [one["stands_in"] for one in told["versions"][1]["approvals"]] == [
        None,
        None,
        {"role": "vp_sales", "from": "dana", "to": "sam", "not_before": "2026-11-16", "not_after": "2026-11-29"},
    ]
    assert told["standing_in"][0]["to"] == "sam"
    fits("signed", told)
    logged = json.loads(run(repo, "log", "--as-of", "2026-12-05", "--format", "json").out)
    fits("log", logged)
    assert [one["stands_in_for"] for one in logged["signed"]["versions"][0]["approvals"]] == [None, None, "dana"]
    shown = run(repo, "log", "--as-of", "2026-12-05").out
    assert "sam for dana, 2026-11-16 to 2026-11-29, on 2026-11-20" in " ".join(shown.split())
    assert checked(repo, root)["contract"]["signed_by"] == ["VP Sales", "VP Marketing", "CEO"]


def test_t9_who_no_longer_stands_in_cannot_sign_and_the_gate_asks_its_clock(
    repo: Repository,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = with_second_version(repo)
    delegate(repo)
    sign(repo, "vp_sales", by="sam")
    sign(repo, "vp_marketing")
    sign(repo, "ceo")
    repo.commit("Second version")
    verify(repo, root, "--base", "before", "--as-of", "2026-11-29")
    late = verify(repo, root, "--base", "before", "--as-of", "2026-11-30", code=1).out
    assert "outside-delegation" in late
    assert "`sam` approves version 2 for `dana` on 2026-11-30" in " ".join(late.split())
    # Merged in time, it stays: the folder by itself is judged by the day that the signer named.
    verify(repo, root, "--as-of", "2026-12-10")
    run(repo, "sign", "--as", "vp_sales", "--withdraw")
    at(monkeypatch, datetime(2026, 11, 30, 17, tzinfo=UTC))
    assert "by a key that `dana` does not have" in sign(repo, "vp_sales", by="sam", code=2).err
    assert "`sam` does not hold the role" in sign(repo, "vp_sales", "--person", "sam", by="sam", code=2).err
    gone = sign(repo, "vp_sales", "--for", "dana", by="sam", code=2).err
    assert "no delegation of `dana` for the role `vp_sales` is open on 2026-11-30" in gone


def test_input_80_what_may_not_be_delegated_is_refused_before_it_is_signed(repo: Repository) -> None:  # noqa: F811
    begin(repo)
    roles = [text for role, name in PEOPLE.items() for text in ("--role", f"{role}={name}")]
    run(repo, "signers", "propose", *roles, "--not-delegable", "ceo")
    for arguments, by, said in (
        (("--from", "2026-11-01", "--until", "2026-11-19"), "dana", "the last day, 2026-11-19, has passed"),
        (("--from", "2026-11-20", "--until", "2027-02-18"), "dana", "it lasts longer than 90 days"),
        (("--from", "2026-11-20", "--until", "2026-11-19"), "dana", "it ends before it begins"),
        (("--from", "soon", "--until", "2026-11-19"), "dana", "`--from soon` is no day"),
        (("--to", "mallory"), "dana", "`mallory` has no key in roster 1"),
        (("--to", "../x"), "dana", "cannot name a person"),
        (("--to", "dana"), "dana", "`dana` holds the role `vp_sales` already"),
        (("--person", "lee"), "lee", "does not give `lee` the role `vp_sales`"),
        ((), "mallory", "made by a key that `dana` does not have"),
    ):
        assert said in delegate(repo, *arguments, by=by, code=2).err, said
    assert "keeps the role `ceo` from being delegated" in delegate(repo, role="ceo", by="kim", code=2).err
    assert "nobody holds the role `cfo`" in delegate(repo, role="cfo", code=2).err
    assert not (repo.contracts / "signatures/delegations").exists()
    shown = run(repo, "signers", "list").out
    assert "Nobody stands in for another as ceo." in shown
    assert "Nobody stands in" not in run(repo, "signers", "propose", *roles, "--not-delegable", "-").out


def test_input_80_a_stand_in_hands_nothing_on(repo: Repository) -> None:  # noqa: F811
    begin(repo)
    delegate(repo)
    handed = delegate(repo, "--person", "sam", "--to", "lee", by="sam", code=2).err
    assert "does not give `sam` the role `vp_sales`" in handed


def test_without_a_roster_nobody_stands_in(repo: Repository) -> None:  # noqa: F811
    assert "there is no roster" in delegate(repo, code=2).err


def test_where_two_may_delegate_or_two_stand_in_it_is_asked_who(repo: Repository) -> None:  # noqa: F811
    for name in (*PEOPLE.values(), "mallory"):
        run(repo, "signers", "enrol", name, "--key", key(repo, name))
    roles = [text for role, name in PEOPLE.items() for text in ("--role", f"{role}={name}")]
    run(repo, "signers", "propose", *roles, "--role", "vp_sales=dana,lee", "--root", "dana,kim,mallory")
    run(repo, "propose")
    assert "2 people hold the role `vp_sales`" in delegate(repo, code=2).err
    delegate(repo, "--person", "dana")
    delegate(repo, "--person", "lee", by="lee")
    assert "more than one delegation" in sign(repo, "vp_sales", "--person", "sam", by="sam", code=2).err
    sign(repo, "vp_sales", "--for", "dana", by="sam")
    assert "sam for dana" in run(repo, "status").out
    delegate(repo, "--person", "dana", "--to", "mallory")
    assert "more than one delegation" in sign(repo, "vp_sales", "--for", "dana", by="kim", code=2).err
    run(repo, "sign", "--as", "vp_sales", "--withdraw")
    sign(repo, "vp_sales", "--for", "dana", "--person", "mallory", by="mallory")


def test_who_signed_for_themselves_cannot_stand_in_beside_it(repo: Repository) -> None:  # noqa: F811
    begin(repo)
    sign(repo, "ceo")
    delegate(repo, "--to", "kim")
    refused = sign(repo, "vp_sales", by="kim", code=2).err
    assert "`kim` speaks in two names in version 1" in refused
    assert "nothing was written" in refused


def test_one_person_signs_in_two_roles_where_the_roster_says_so(repo: Repository) -> None:  # noqa: F811
    for name in ("dana", "lee", "sam"):
        run(repo, "signers", "enrol", name, "--key", key(repo, name))
    people = PEOPLE | {"ceo": "dana"}
    roles = [text for role, name in people.items() for text in ("--role", f"{role}={name}")]
    shown = run(repo, "signers", "propose", *roles, "--root", "dana,lee", "--beside", "ceo").out
    assert "Somebody may sign as ceo beside another role." in shown
    run(repo, "propose")
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role, by=people[role])
    verify(repo, root_of(repo))


def test_a_delegation_verifies_by_openssh_alone(repo: Repository, tmp_path: Path) -> None:  # noqa: F811
    agree(repo)
    wrote = delegate(repo).out.split()[-1]
    (tmp_path / "allowed").write_text(run(repo, "signers", "export").out)
    command = ("ssh-keygen", "-Y", "verify", "-f", str(tmp_path / "allowed"), "-I", "dana")
    statement = repo.top / wrote
    for space, good in (("delegation.v1@slacli", True), ("approval.v1@slacli", False)):
        done = subprocess.run(
            (*command, "-n", space, "-s", f"{statement}.sig"), input=statement.read_bytes(), capture_output=True,
            check=False,
        )  # fmt: skip
        assert (done.returncode == 0) is good, done.stdout


def test_somebody_delegates_and_stands_in_by_passkeys(repo: Repository) -> None:  # noqa: F811
    devices = {name: Device(name=name.encode()) for name in PEOPLE.values()}
    roster_of_passkeys(repo, devices)
    asked = signing.delegation(repo.contracts, "vp_sales", "sam", (NOON.date(), NOON.date()), None, NOON)
    browser = Browser(devices["dana"])
    (wrote,) = signing.sign(
        repo.contracts, asked, NOON, signing.by_passkey(repo.contracts, asked, NOON, browser)
    )  # fmt: skip
    assert wrote.startswith("signatures/delegations/vp_sales--dana--sam--")
    page = browser.seen[0]
    assert (page["what"], page["person"], page["role"]) == ("a delegation", "dana", "VP Sales")
    assert page["changes"][0]["lines"] == [
        "sam may sign as VP Sales for dana, from 2026-11-20 to 2026-11-20 (1 day), and cannot hand it on."
    ]
    for person, role in (("lee", "vp_marketing"), ("sam", "vp_sales"), ("kim", "ceo")):
        browser = Browser(devices[person])
        what = signing.task(repo.contracts, role, person, NOON)
        signing.sign(repo.contracts, what, NOON, signing.by_passkey(repo.contracts, what, NOON, browser))
    assert browser.seen[-1]["signed"] == [
        "lee, VP Marketing, on 2026-11-20", "sam for dana, 2026-11-20 to 2026-11-20, VP Sales, on 2026-11-20",
    ]  # fmt: skip
    verify(repo, root_of(repo))


# --- taking back --------------------------------------------------------------------------------


def test_what_one_said_is_taken_back_until_the_version_is_in_force(repo: Repository) -> None:  # noqa: F811
    nothing = run(repo, "sign", "--as", "ceo", "--withdraw", code=2).err
    assert "nothing was put forward" in nothing
    begin(repo)
    assert "nobody said anything as `ceo` of version 1" in run(repo, "sign", "--as", "ceo", "--withdraw", code=2).err
    sign(repo, "ceo", "--decline", "Not yet")
    gone = run(repo, "sign", "--as", "ceo", "--withdraw").out
    assert "removed contracts/signatures/approvals/1/ceo--kim.json\n" in gone
    assert "removed contracts/signatures/approvals/1/ceo--kim.json.sig\n" in gone
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role)
    held = run(repo, "sign", "--as", "ceo", "--withdraw", code=2).err
    assert "version 1 is in force since 2026-11-20" in held
    assert "propose a new version" in held
    said_twice = run(repo, "sign", "--as", "ceo", "--withdraw", "--decline", "x", code=2).err
    assert "says nothing new" in said_twice
    other = run(repo, "sign", "--as", "ceo", "--withdraw", "--person", "lee", code=2).err
    assert "nobody said anything" in other


def test_a_version_that_waits_for_its_day_may_be_taken_back_until_it_is_merged(repo: Repository) -> None:  # noqa: F811
    root = with_second_version(repo)
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role)
    repo.commit("Second version")
    repo.git("branch", "merged")
    run(repo, "sign", "--as", "ceo", "--withdraw")
    repo.commit("The CEO takes it back")
    assert "not signed as `ceo`" in verify(repo, root, "--base", "before", code=1).out
    assert "rewritten-signatures" in verify(repo, root, "--base", "merged", code=1).out


def test_approvals_under_a_roster_that_was_replaced_are_given_anew(repo: Repository) -> None:  # noqa: F811
    root = with_second_version(repo)
    sign(repo, "vp_sales")
    sign(repo, "vp_marketing")
    repo.commit("Half signed")
    run(repo, "signers", "propose", "--threshold", "2")
    alone = sign(repo, "ceo").out
    assert "wrote contracts/signatures/roster/2--kim.json.sig" in alone
    assert "approvals/2" not in alone
    told = run(repo, "propose").out
    assert told.count("rests on an older roster") == 2
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role)
    verify(repo, root)


def test_what_rests_on_a_roster_that_is_put_forward_otherwise_goes(repo: Repository) -> None:  # noqa: F811
    begin(repo)
    sign(repo, "ceo")
    delegate(repo)
    sign(repo, "vp_sales", by="sam")
    roles = [text for role, name in PEOPLE.items() for text in ("--role", f"{role}={name}")]
    told = run(repo, "signers", "propose", *roles, "--root", "dana,lee,kim", "--not-delegable", "ceo").out
    assert told.count("it rests on a roster that is put forward otherwise now") == 3
    assert [path.name for path in (repo.contracts / "signatures").rglob("*--*") if "enrolled" not in str(path)] == []
    delegate(repo)
    for role, by in (("vp_marketing", "lee"), ("vp_sales", "sam"), ("ceo", "kim")):
        sign(repo, role, by=by)
    assert "IN FORCE: version 1" in verify(repo, root_of(repo)).out
    # Nothing goes where nothing changed under it.
    assert "removed" not in run(repo, "signers", "propose").out


# --- void, gone, ended --------------------------------------------------------------------------


def voided(repo: Repository, root: str, version: str = "2") -> str:  # noqa: F811
    """Have a version declared void in a change of its own, and give the trust root of then."""
    repo.git("branch", "signed")
    shown = run(repo, "signers", "propose", "--void", f"{version}=a stolen key").out
    assert f"Version {version} is void: a stolen key" in shown
    for name in ("dana", "lee"):
        path = repo.contracts / "signatures/roster/2.json"
        done = subprocess.run(
            ("ssh-keygen", "-Y", "sign", "-f", key(repo, name), "-n", "roster.v1@slacli"), input=path.read_bytes(),
            capture_output=True, check=True,
        )  # fmt: skip
        Path(f"{str(path)[: -len('.json')]}--{name}.json.sig").write_bytes(done.stdout)
    repo.commit("A version is void")
    verify(repo, root, "--base", "signed", "--as-of", "2026-12-05")
    return root_of(repo)


def test_t12_a_void_version_is_told_everywhere_and_the_one_before_is_in_force(
    repo: Repository,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = with_second_version(repo)
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role)
    repo.commit("Second version")
    root = voided(repo, root)
    told = verify(repo, root, "--as-of", "2026-12-05", code=1).out
    assert "IN FORCE: version 1 of" in told
    assert "error[void-version]: version 2 is void: a stolen key" in told
    assert "Version 2 · takes effect 2026-12-01 · void" in run(repo, "status", "--as-of", "2026-12-05").out
    status = json.loads(run(repo, "status", "--format", "json").out)
    fits("signed", status)
    assert status["versions"][1]["void"] == "a stolen key"
    assert "version 2 is void: a stolen key" in run(repo, "log", "--as-of", "2026-12-05").out
    logged = json.loads(run(repo, "log", "--as-of", "2026-12-05", "--format", "json").out)
    fits("log", logged)
    assert [(one["state"], one["void"]) for one in logged["signed"]["versions"]] == [
        ("void", "a stolen key"), ("in force", None),
    ]  # fmt: skip
    report = checked(repo, root)
    assert report["contract"]["version"] == 1
    assert [one["message"] for one in report["findings"] if one["rule"] == "void-passed-over"] == [
        "version 2 is void: a stolen key; what was in force before it is in force on its days"
    ]
    refused = run(repo, "propose", code=2).err
    assert "version 2 is void: a stolen key" in refused
    assert "number the text 3" in refused
    edit(repo, "contract.yaml", ("version: 2", "version: 3"))
    run(repo, "propose")
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role)
    repo.commit("Third version")
    at(monkeypatch, datetime(2026, 12, 2, tzinfo=UTC))
    assert "IN FORCE: version 3 of" in verify(repo, root).out


def test_where_the_only_version_is_void_nothing_judges(repo: Repository) -> None:  # noqa: F811
    root = agree(repo)
    root = voided(repo, root, "1")
    told = verify(repo, root, code=1).out
    assert "NOT IN FORCE" in told
    judged = run(repo, "check", "--as-of", "2026-12-20", code=2, SLACLI_TRUST_ROOT=root).err
    assert "nothing is in force on 2026-12-20: version 1 is void: a stolen key" in judged


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--void", "7=x"), "version `7` is not there to be void"),
        (("--void", "1"), "it is not said why version 1 is void"),
        (("--beside", "cfo"), "beside another the role `cfo`, which nobody holds"),
    ],
)
def test_a_roster_that_cannot_be_is_refused(repo: Repository, arguments: tuple[str, ...], said: str) -> None:  # noqa: F811
    agree(repo)
    assert said in run(repo, "signers", "propose", *arguments, code=2).err


@pytest.mark.parametrize("what", ["the folder", "the cover"])
def test_t14_a_signed_contract_that_is_deleted_fails_the_gate(repo: Repository, what: str) -> None:  # noqa: F811
    root = agree(repo)
    repo.git("branch", "before")
    if what == "the folder":
        shutil.rmtree(repo.contracts)
    else:
        (repo.contracts / "contract.yaml").unlink()
    repo.commit("Gone")
    told = verify(repo, root, "--base", "before", code=1).out
    assert "error[missing-contract]: a signed contract is missing: version 1 of it was signed by all" in told
    assert "agree on a version with `expires`" in told
    assert "no contract was found" in verify(repo, root, code=2).err
    assert "no contract was found" in verify(repo, root, "--base", "HEAD", code=2).err


def test_t13_that_it_ends_soon_is_a_warning_and_that_it_ended_an_error(repo: Repository) -> None:  # noqa: F811
    root = agree(repo)
    assert "expires-soon" not in verify(repo, root, "--as-of", "2027-09-30").out
    soon = verify(repo, root, "--as-of", "2027-10-01").out
    assert "warning[expires-soon]: version 1 expires in 30 days, after 2027-10-31" in soon
    assert "at the end of today" in verify(repo, root, "--as-of", "2027-10-31").out
    ended = verify(repo, root, "--as-of", "2027-11-01", code=1).out
    assert ended.startswith("EXPIRED on 2027-11-01")
    assert "error[expired]" in ended
