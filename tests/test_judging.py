"""One rule says which text judges, for every command and for Python: what was signed and is in force, else the disk."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import test_ahead
import test_signing
from commands import Ran, slacli
from jsonschema import Draft202012Validator
from pytest_regressions.file_regression import FileRegressionFixture
from repositories import Repository
from test_signing import _apart  # noqa: F401

import slacli as library
from slacli.adapters import render

ROOT = Path(__file__).parent.parent
EXPORTS = ROOT / "examples" / "exports"
LEADS, TASKS = (str(EXPORTS / f"salesforce-{name}.csv") for name in ("leads", "activities"))
ROLES = "VP Sales, VP Marketing, CEO"
BEFORE_ALL, OF_FIRST, OF_SECOND = "00Q5f00000D1sM6EAJ", "00Q5f00000D1sXxEAJ", "00Q5f00000D1scvEAB"

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")


class World:
    """A repository in which version 1 was signed on 20 November 2026 and version 2 holds from 1 December."""

    def __init__(self, repo: Repository, root: str) -> None:
        self.repo = repo
        self.root = root

    def run(self, *arguments: str, code: int = 0, root: bool = True) -> Ran:
        ran = slacli(*arguments, folder=self.repo.top, env={"SLACLI_TRUST_ROOT": self.root} if root else {})
        assert ran.code == code, ran.text
        return ran

    def line(self, *arguments: str, code: int = 0, root: bool = True) -> str:
        return " ".join(self.run(*arguments, code=code, root=root).text.split())

    def json(self, *arguments: str, schema: str, code: int = 0) -> Any:
        found = json.loads(self.run(*arguments, "--format", "json", code=code).out)
        text = resources.files("slacli.schemas").joinpath(f"{schema}.schema.json").read_text("utf-8")
        Draft202012Validator(json.loads(text)).validate(found)
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world with its text on disk changed to a version 3 that nobody signed; tests that read it share it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("GIT_", "SSH_", "SLACLI_"))]:
            patch.delenv(name)
        test_signing.at(patch, test_signing.NOON)
        repo = test_signing.repository(tmp_path_factory.mktemp("world"))
        root = test_signing.agree(repo)
        test_signing.second_version(repo)
        test_signing.run(repo, "propose")
        for role in ("vp_sales", "vp_marketing", "ceo"):
            test_signing.sign(repo, role)
        repo.commit("Version 2")
        test_signing.edit(
            repo, "contract.yaml", ("version: 2", "version: 3"), ("effective: 2026-12-01", "effective: 2027-06-01")
        )
        test_signing.edit(repo, "responsibilities.yaml", ("within: 2 business hours", "within: 1 business hour"))
        yield World(repo, root)


# --- explain ----------------------------------------------------------------------------------


def explained(world: World, key: str, *more: str) -> Any:
    return world.json("explain", key, "--data", LEADS, TASKS, "--as-of", "2027-02-04", *more, schema="explain")


def clock_of(told: Any, duty: str = "first_touch") -> tuple[int | None, str]:
    (one,) = [one for one in told["duties"] if one["id"] == duty]
    return one["version"], one["runs"][0]["within"]


def test_explain_names_the_version_that_judged_and_who_signed_it(world: World) -> None:
    first, second = explained(world, OF_FIRST), explained(world, OF_SECOND)
    assert clock_of(first) == (1, "4 business hours")
    assert clock_of(second) == (2, "2 business hours")
    for told, number, since in ((first, 1, "2026-11-20"), (second, 2, "2026-12-01")):
        assert {(one["version"], one["since"], ", ".join(one["signed_by"])) for one in told["versions"]} == {
            (number, since, ROLES)
        }
        assert {one["version"] for one in (*told["terms"], *told["duties"])} == {number}
    shown = world.line("explain", OF_FIRST, "--data", LEADS, TASKS, "--as-of", "2027-02-04")
    assert f"version 1, in force since 2026-11-20, signed by {ROLES}" in shown
    unverified = world.line("explain", OF_FIRST, "--data", LEADS, "--as-of", "2027-02-04", root=False)
    assert "version 1, in force since 2026-11-20, signatures not verified here" in unverified


def test_explain_by_the_text_at_hand_or_of_a_revision(world: World) -> None:
    assert clock_of(explained(world, OF_FIRST, "--draft")) == (None, "1 business hour")
    assert clock_of(explained(world, OF_SECOND, "--at", "1")) == (None, "4 business hours")
    told = world.line("explain", OF_FIRST, "--data", LEADS, "--draft", "--require-signed", code=2)
    assert "`--require-signed` demands both" in told


def test_explain_says_that_nobody_judges_what_came_before_the_last_signature(world: World) -> None:
    told = explained(world, BEFORE_ALL)
    assert (told["duties"], told["terms"], told["versions"]) == ([], [], [])
    reasons = {one["reason"] for one in told["elsewhere"] if one["subject"] in {"first_touch", "mql_quality"}}
    assert reasons == {"on its day nothing was in force, so that nobody judges it"}


def test_each_verdict_that_explain_tells_is_one_that_check_counts(world: World) -> None:
    """Every lead of the export, in all versions: what explain tells adds up to what the check of both counts."""
    rows = world.repo.top / "rows.csv"
    world.run("check", LEADS, TASKS, "--as-of", "2027-02-04", "--judge", "all", "--rows", str(rows), code=1)
    import csv

    with rows.open(encoding="utf-8-sig", newline="") as file:
        counted = [one for one in csv.DictReader(file) if one["key"] in {OF_FIRST, OF_SECOND, BEFORE_ALL}]
    told = {(key, one["id"]) for key in (OF_FIRST, OF_SECOND, BEFORE_ALL) for one in explained(world, key)["duties"]}
    assert {(one["key"], one["duty"]) for one in counted} == told


# --- check ------------------------------------------------------------------------------------


def test_rows_before_the_last_signature_are_counted_and_the_way_is_given(world: World) -> None:
    told = world.json("check", LEADS, "--as-of", "2027-02-04", schema="report", code=1)
    found = [one for one in told["findings"] if one["rule"] == "before-first-version"]
    assert found
    assert all("before everybody had signed version 1, on 2026-11-20" in one["message"] for one in found)
    assert all("`--draft`" in one["help"] for one in found)
    draft = world.json("check", LEADS, "--as-of", "2027-02-04", "--draft", schema="report", code=1)
    assert not [one for one in draft["findings"] if one["rule"] in {"before-first-version", "tree-not-judged"}]


def test_a_note_says_that_the_text_on_disk_judges_nothing_where_nobody_signed_it(world: World) -> None:
    told = world.json("check", LEADS, "--as-of", "2027-02-04", schema="report", code=1)
    ((message, severity, place),) = [
        (one["message"], one["severity"], one["contract"]["file"])
        for one in told["findings"]
        if one["rule"] == "tree-not-judged"
    ]
    assert message == "the contract on disk, version 3, is no text that everybody signed, and judges nothing"
    assert severity == "note"
    assert place.endswith("contract.yaml (version 2)")


# --- baseline ---------------------------------------------------------------------------------


def test_a_baseline_is_computed_by_what_is_in_force_and_of_the_time_before_it_too(world: World) -> None:
    """Its figure rests on all November leads, of which most came before anybody had signed."""
    asked = ("baseline", "qualified_leads", LEADS, "--period", "2026-11", "--as-of", "2027-02-04")
    by_force, by_draft = world.run(*asked).out, world.run(*asked, "--draft").out
    assert "2026-11" in by_force
    assert by_force == by_draft
    test_signing.edit(
        world.repo, "goals.yaml", ("qualified_leads: {title:", "renamed_leads: {was: qualified_leads, title:")
    )
    try:
        told = world.line("baseline", "renamed_leads", LEADS, "--as-of", "2027-02-04", code=2)
    finally:
        world.repo.git("checkout", "--", "contracts/goals.yaml")
    assert told


# --- Python -----------------------------------------------------------------------------------


def test_python_judges_by_the_same_rule_as_the_command_line(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.repo.top)
    given = {"salesforce_leads": LEADS}
    when = datetime(2027, 2, 4, 17, tzinfo=UTC)
    printed = world.json("check", f"salesforce_leads={LEADS}", "--as-of", "2027-02-04T12:00", schema="report", code=1)
    agreement = library.load("contracts", trust_root=world.root, as_of=when)
    assert agreement.contract.version == 2
    assert json.loads(render.render(library.check(agreement, given, as_of=when), "json")) == printed
    assert printed["contract"]["state"] == "signed"
    monkeypatch.setenv("SLACLI_TRUST_ROOT", world.root)
    assert library.load("contracts", as_of=when, require_signed=True).contract.version == 2
    earlier = library.load("contracts", as_of=datetime(2026, 11, 25, tzinfo=UTC))
    assert earlier.contract.version == 1
    report = library.check(earlier, given, as_of=when)
    assert report.contract is not None
    assert (report.contract.version, report.contract.state) == (2, "signed")
    assert library.load("contracts", draft=True).contract.version == 3
    assert library.load("contracts", at="1").contract.version == 1


def test_python_refuses_what_the_command_line_refuses(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACLI_TRUST_ROOT", raising=False)
    place = world.repo.contracts
    with pytest.raises(library.CannotRun, match="--require-signed"):
        library.load(place, require_signed=True)
    with pytest.raises(library.CannotRun, match="each say by which text"):
        library.load(place, draft=True, at="1")
    with pytest.raises(library.CannotRun, match="nothing is in force on 2026-11-10"):
        library.load(place, as_of=datetime(2026, 11, 10, 12, tzinfo=UTC))
    agreement = library.load(place, as_of=datetime(2026, 11, 25, tzinfo=UTC))
    with pytest.raises(library.CannotRun, match="nothing is in force on 2028-01-01"):
        library.check(agreement, {"lead": LEADS}, as_of=datetime(2028, 1, 1, 12, tzinfo=UTC))
    with pytest.raises(library.CannotRun, match="no time zone"):
        library.load(place, as_of=datetime(2026, 11, 25))  # noqa: DTZ001


# --- diff, log, show --------------------------------------------------------------------------


def test_diff_compares_the_text_at_hand_with_what_is_in_force(world: World) -> None:
    told = world.json("diff", "--as-of", "2026-12-20", schema="diff")
    shown = world.line("diff", "--as-of", "2026-12-20")
    assert "version 2 (in force)" in shown
    assert "2 business hours -> 1 business hour" in shown
    assert "4 business hours -> 1 business hour" in world.line("diff", "--as-of", "2026-11-25")
    assert "version 2 (in force, signatures not verified here)" in world.line(
        "diff", "--as-of", "2026-12-20", root=False
    )
    assert not [one for one in told["changes"] if "effective" in json.dumps(one) and "2026-11-20" in json.dumps(one)]
    refused = world.line("diff", "--as-of", "2028-01-01", code=2)
    assert "nothing is in force on 2028-01-01" in refused
    assert "`slacli diff REV`" in refused
    assert "version 1" in world.line("diff", "1")


def test_the_impact_on_rows_is_next_to_what_is_in_force(world: World) -> None:
    shown = world.line("diff", "--as-of", "2027-02-04", "--data", LEADS, TASKS)
    assert "version 2 (in force)" in shown


def test_log_says_who_signed_each_version_and_when_it_was_in_force(world: World) -> None:
    told = world.json("log", "--as-of", "2026-12-20", schema="log")["signed"]
    assert told["vouched"] is True
    assert [
        (one["version"], one["state"], one["from"], one["to"], one["superseded_by"]) for one in told["versions"]
    ] == [
        ("2", "in force", "2026-12-01", "2027-10-31", None),
        ("1", "superseded", "2026-11-20", "2026-11-30", 2),
    ]
    assert [(one["role"], one["signer"], one["at"][:10]) for one in told["versions"][0]["approvals"]] == [
        ("ceo", "kim", "2026-11-20"), ("vp_marketing", "lee", "2026-11-20"), ("vp_sales", "dana", "2026-11-20"),
    ]  # fmt: skip
    shown = world.line("log", "--as-of", "2026-12-20")
    assert "version 2 in force since 2026-12-01 until 2027-10-31" in shown
    assert "version 1 in force from 2026-11-20 to 2026-11-30, then superseded by version 2" in shown
    assert "VP Sales: dana on 2026-11-20" in shown
    assert "signatures not verified here" in world.line("log", "--as-of", "2026-12-20", root=False)
    assert "version 2 signed by all · in force from 2026-12-01" in world.line("log", "--as-of", "2026-11-25")
    assert "then expired" in world.line("log", "--as-of", "2027-12-01")


def test_log_tells_who_is_missing_who_declined_and_what_the_steward_revised(tmp_path: Path) -> None:
    repo = test_signing.repository(tmp_path)
    test_signing.begin(repo)
    test_signing.sign(repo, "vp_sales")
    test_signing.sign(repo, "ceo", "--decline", "Too low")
    world = World(repo, test_signing.root_of(repo))
    waiting = world.line("log", "--as-of", "2026-11-25")
    assert "version 1 waits for signatures · takes effect 2026-11-01" in waiting
    assert "VP Marketing has not signed" in waiting
    assert "declined by kim as CEO" in waiting
    for role in ("vp_marketing", "ceo"):
        test_signing.sign(repo, role)
    repo.commit("Signed")
    test_signing.edit(repo, "holidays.yaml", ("2026-12-25: Christmas Day", "2026-12-28: Christmas Day"))
    test_signing.run(repo, "propose")
    assert "has not signed" in world.line("log", "--as-of", "2026-11-25")
    test_signing.sign(repo, "revops")
    told = world.json("log", "--as-of", "2026-11-25", schema="log")["signed"]
    ((revision,),) = [one["revisions"] for one in told["versions"]]
    assert (revision["version"], revision["signed"]) == ("1.1", True)
    assert "revision 1.1 of its bindings or holidays" in world.line("log", "--as-of", "2026-11-25")
    approvals = repo.contracts / "signatures" / "approvals" / "1"
    (approvals / "ceo--kim.json.sig").write_bytes((approvals / "vp_sales--dana.json.sig").read_bytes())
    assert "the signatures are not to be relied upon" in world.line("log", "--as-of", "2026-11-25")
    assert world.json("log", schema="log")["signed"]["vouched"] is False


def test_show_says_first_who_signed_or_how_far_the_text_is_from_what_is_in_force(world: World) -> None:
    draft = world.run("show", "--as-of", "2026-12-20").out.splitlines()
    assert draft[0] == "Acme sales and marketing agreement, version 3, draft"
    assert draft[1] == "text at hand differs from version 2: 2 changes not signed"
    assert " ".join(draft[2:4]).startswith(
        f"Acme sales and marketing agreement, version 2, in force since 2026-12-01, signed by {ROLES}"
    )
    told = json.loads(world.run("show", "--as-of", "2026-12-20", "--format", "json").out)
    assert (told["version"], told["in_force"]["version"], told["changes_not_signed"]) == (3, 2, 2)
    world.repo.git("stash")
    try:
        first = world.line("show", "--as-of", "2026-12-20")
        assert first.startswith(
            f"Acme sales and marketing agreement, version 2, in force since 2026-12-01, signed by {ROLES}"
        )
        assert "differs" not in first
        markdown = world.run("show", "--as-of", "2026-12-20", "--format", "markdown").out
        assert "in force since 2026\\-12\\-01" in markdown or "in force since 2026-12-01" in markdown
    finally:
        world.repo.git("stash", "pop")
    late = world.line("show", "--as-of", "2028-01-01")
    assert "draft: nothing is in force on 2028-01-01: version 2 ended on 2027-10-31" in late


# --- status and verify ------------------------------------------------------------------------


def test_status_and_verify_follow_one_published_schema(world: World) -> None:
    status = world.json("status", "--as-of", "2026-12-20", schema="signed")
    assert (status["in_force"]["version"], status["due_by"]) == ("2", "version 2")
    assert {one["kind"] for one in status["due"]} <= {"review", "deliverable"}
    verified = world.json("verify", "--as-of", "2026-12-20", schema="signed", code=1)
    assert (verified["due"], verified["due_by"]) == (None, None)
    assert "Due, by version 2" in world.line("status", "--as-of", "2026-12-20")


def test_what_is_due_is_said_by_what_is_in_force_and_never_of_days_before_it(world: World) -> None:
    """The monthly reviews of November were due on the 13th, before anybody had signed: nobody owes them."""
    told = world.json("status", "--as-of", "2026-11-25", schema="signed")
    assert told["due_by"] == "version 1"
    assert "2026-11-13" not in {one["due"] for one in told["due"]}
    draft = world.json("status", "--as-of", "2026-11-10", schema="signed")
    assert draft["due_by"] == "the text on disk"


def test_the_end_of_a_version_is_due_only_where_no_signed_version_follows(world: World) -> None:
    """Version 1 ends on 30 November because version 2 begins then; version 2 expires, and nothing follows."""
    first = world.json("status", "--as-of", "2026-11-25", schema="signed")["due"]
    last = world.json("status", "--as-of", "2027-10-20", schema="signed")["due"]
    assert [one["due"] for one in first if one["kind"] == "agreement"] == []
    assert [one["due"] for one in last if one["kind"] == "agreement"] == ["2027-10-31"]


# --- reading ahead ----------------------------------------------------------------------------


@pytest.mark.parametrize("behind", ["nothing", "a_repeated_key", "an_order_of_dates", "an_unexpected_year"])
def test_one_version_in_force_is_read_ahead_as_a_draft_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behind: str
) -> None:
    """The tables that were read meanwhile are those that are judged; a file that promises nothing reports the same."""
    from slacli import journeys
    from slacli.core import in_force
    from slacli.core.plan.tables import Span
    from slacli.core.verdict import Options

    loaded = journeys.load(ROOT / "tests" / "contracts" / "leads")
    contract = loaded.contract
    version = in_force.Version(
        contract, Span(contract.effective, None, None, is_first=True), "", loaded.sources, is_on_disk=True
    )
    dropped = []
    drop = journeys._Ahead.drop
    monkeypatch.setattr(journeys._Ahead, "drop", lambda self: (dropped.append(self), drop(self)))
    monkeypatch.chdir(tmp_path)
    told = []
    for name in ("leads.csv", "le[1].csv"):
        Path(name).write_bytes(test_ahead.LONG + test_ahead.LATE[behind][0])
        report = journeys.check_by_version([version], "contracts", (), [name], Options())
        told.append(render.render(report, "json").replace("le[1].csv", "leads.csv"))
    assert told[0] == told[1]
    assert bool(dropped) == (behind in {"an_order_of_dates", "an_unexpected_year"})


def test_log_as_people_see_it(world: World, file_regression: FileRegressionFixture) -> None:
    told = [world.run("log", "--as-of", day).out for day in ("2026-11-25", "2026-12-20")]
    unknown = "sha256:" + "0" * 64
    told += [world.run("log", "--as-of", "2026-12-20", "--trust-root", unknown).out.splitlines()[0] + "\n"]
    file_regression.check(re.sub(r"\b[0-9a-f]{12}\b", "<commit>", "\n".join(told)))
