"""What somebody sees before they sign: next to which version theirs stands, and in which order it says what changed."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_regressions.file_regression import FileRegressionFixture
from repositories import Repository
from signing import World
from test_passkey_page import Device
from test_signing import (
    NOON,
    PEOPLE,
    Browser,
    _apart,
    agree,
    at,
    begin,
    edit,
    key,
    repo,
    roster_of_passkeys,
    run,
    second_version,
    sign,
    sign_by,
)

from slacli import signing
from slacli.core import seen
from slacli.core.trust import chain

__all__ = ["_apart", "repo"]

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")

DECEMBER = datetime(2026, 12, 2, 17, 0, tzinfo=UTC)


def third_version(repo: Repository) -> None:
    edit(repo, "contract.yaml", ("version: 2", "version: 3"), ("effective: 2026-12-01", "effective: 2027-01-01"))
    edit(repo, "responsibilities.yaml", ("target: 95% per month", "target: 97% per month"))


def signed_by_dana(repo: Repository) -> None:
    """Have the first version signed by all, where two people may sign for Sales."""
    for name in (*PEOPLE.values(), "mallory"):
        run(repo, "signers", "enrol", name, "--key", key(repo, name))
    roles = [text for role, name in PEOPLE.items() for text in ("--role", f"{role}={name}")]
    run(repo, "signers", "propose", *roles, "--role", "vp_sales=dana,mallory", "--root", "dana,lee,kim")
    run(repo, "propose")
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role, *(("--person", "dana") if role == "vp_sales" else ()))
    repo.commit("Signed by dana")


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def sees(repo: Repository, role: str) -> seen.Seen:
    """What the page shows; the terminal shows the same."""
    what = signing.task(repo.contracts, role, None, DECEMBER)
    return signing.sees(repo.contracts, what, DECEMBER)


def at_the_second(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have two versions signed by all and committed, the second of them in force."""
    agree(repo)
    second_version(repo)
    run(repo, "propose")
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role)
    repo.commit("Second version")
    at(monkeypatch, DECEMBER)


# --- next to which version ----------------------------------------------------------------------


def test_a_first_version_is_compared_with_none(repo: Repository) -> None:
    begin(repo)
    shown = in_one_line(sign(repo, "vp_sales").out)
    assert "This is the first version: there is none before it to compare with." in shown
    assert "`slacli show` prints it whole" in shown


def test_whoever_signed_before_sees_what_changed_since_they_did(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, file_regression: FileRegressionFixture
) -> None:
    at_the_second(repo, monkeypatch)
    edit(repo, "holidays.yaml", ("2026-12-25: Christmas Day", "2026-12-28: Christmas Day"))
    run(repo, "propose")
    sign(repo, "revops")
    repo.commit("A revision of the holidays")
    third_version(repo)
    run(repo, "propose")
    told = []
    for role in ("vp_sales", "vp_marketing", "ceo"):
        shown = sign(repo, role).out
        told.append(f"$ slacli sign --as {role}\n{shown[: shown.index('the files as Git')]}")
    file_regression.check("\n".join(told))


def test_whoever_did_not_sign_the_last_one_sees_what_changed_since_their_own(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_by_dana(repo)
    second_version(repo)
    run(repo, "propose")
    first_time = in_one_line(sign(repo, "vp_sales", "--person", "mallory", by="mallory").out)
    assert "You have signed no version yet. This is what has changed since version 1, which is in force." in first_time
    for role in ("vp_marketing", "ceo"):
        sign(repo, role)
    repo.commit("Signed by mallory")
    at(monkeypatch, DECEMBER)
    third_version(repo)
    run(repo, "propose")
    old = in_one_line(sign(repo, "vp_sales", "--person", "dana").out)
    assert "You signed version 1 on 2026-11-20. This is what has changed since." in old
    assert "4 business hours -> 2 business hours" in old
    assert "95% per month -> 97% per month" in old
    new = in_one_line(sign(repo, "ceo").out)
    assert "You signed version 2 on 2026-11-20." in new
    assert "2 business hours" not in new


def test_what_the_steward_changed_is_a_part_of_its_own_and_stands_nowhere_else(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_second(repo, monkeypatch)
    for number, (old, new) in enumerate(
        (("2026-12-25: Chr", "2026-12-28: Chr"), ("2026-12-28: Chr", "2026-12-29: Chr"))
    ):
        edit(repo, "holidays.yaml", (old, new))
        run(repo, "propose")
        sign(repo, "revops")
        repo.commit(f"Revision {number + 1}")
    third_version(repo)
    run(repo, "propose")
    shown = sees(repo, "vp_sales")
    assert shown.since == "2"
    assert len(shown.steward) >= 2
    assert all("2026-12-2" in line for line in shown.steward)
    every = [line for part in shown.changes for line in part.lines]
    assert not set(every) & set(shown.steward)
    assert any("95% per month -> 97% per month" in line for line in every)


def test_where_only_the_steward_changed_something_nothing_else_is_said(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_second(repo, monkeypatch)
    edit(repo, "holidays.yaml", ("2026-12-25: Christmas Day", "2026-12-28: Christmas Day"))
    run(repo, "propose")
    sign(repo, "revops")
    repo.commit("A revision")
    edit(repo, "contract.yaml", ("version: 2", "version: 3"))
    run(repo, "propose")
    shown = sees(repo, "vp_sales")
    assert shown.steward
    assert not [line for part in shown.changes for line in part.lines if "Christmas" in line]


def test_a_text_that_no_clone_holds_any_more_is_told_and_the_one_before_taken(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(repo)
    # Dana signs a text that is never committed, and the next one is what everybody else knows.
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role)
    second_version(repo)
    run(repo, "propose")
    shown = sees(repo, "vp_sales")
    assert shown.told == "You signed version 1 on 2026-11-20, and its text is not in the history of this clone."
    assert [part.heading for part in shown.changes] == ["What changed cannot be shown"]


def begun(repo: Repository) -> None:
    begin(repo)
    edit(repo, "definitions.yaml", ("budget >= 10000", "budget >= 12000"))
    run(repo, "propose")


def test_a_shallow_clone_says_what_it_lacks_and_how_to_fetch_it(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    at_the_second(repo, monkeypatch)
    third_version(repo)
    run(repo, "propose")
    repo.commit("Third version, put forward")
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", "--depth", "1", f"file://{repo.top}", str(clone))
    what = signing.task(clone / "contracts", "vp_sales", None, DECEMBER)
    shown = signing.sees(clone / "contracts", what, DECEMBER)
    assert shown.told.startswith("You signed version 2 on 2026-11-20, and its text is not in the history of this clone")
    (hidden,) = shown.changes
    assert "`git fetch --tags --unshallow" in hidden.lines[0]


def test_in_a_clone_that_goes_back_to_the_one_before_that_one_is_taken(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Dana signed version 1 alone; the clone reaches back to version 2 and no further."""
    signed_by_dana(repo)
    second_version(repo)
    run(repo, "propose")
    sign(repo, "vp_sales", "--person", "mallory", by="mallory")
    for role in ("vp_marketing", "ceo"):
        sign(repo, role)
    at(monkeypatch, DECEMBER)
    repo.commit("Second version")
    edit(repo, "contract.yaml", ("version: 2", "version: 3"), ("effective: 2026-12-01", "effective: 2027-01-01"))
    run(repo, "propose")
    repo.commit("Third version")
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", "--depth", "3", f"file://{repo.top}", str(clone))
    what = signing.task(clone / "contracts", "vp_sales", "dana", DECEMBER)
    shown = signing.sees(clone / "contracts", what, DECEMBER)
    assert shown.since == "2"
    assert shown.told.startswith(
        "You signed version 1 on 2026-11-20, and its text is not in the history of this clone (`git fetch"
    )
    assert shown.told.endswith("This is what has changed since version 2, which is in force.")
    assert [line for part in shown.changes for line in part.lines] == ["agreement: effective 2026-12-01 -> 2027-01-01"]


# --- in which order -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "first"),
    [("vp_sales", "Sales owes more"), ("vp_marketing", "Marketing is owed more"), ("ceo", "Sales owes more")],
)
def test_the_party_of_whoever_signs_comes_first_with_what_it_owes_and_is_owed(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, role: str, first: str
) -> None:
    agree(repo)
    second_version(repo)
    run(repo, "propose")
    shown = sees(repo, role)
    assert shown.changes[0].heading == first
    assert any("4 business hours -> 2 business hours" in line for line in shown.changes[0].lines)


def test_every_change_of_the_comparison_is_shown_to_everybody(repo: Repository) -> None:
    from slacli import versions

    agree(repo)
    second_version(repo)
    edit(repo, "definitions.yaml", ("budget >= 10000", "budget >= 12000"))
    edit(repo, "goals.yaml", ("at least 360 per quarter", "at least 400 per quarter"))
    run(repo, "propose")
    found = versions.diff(repo.contracts, "HEAD")
    every = {line.text for group in found.groups for line in group.lines}
    assert len(every) >= 4
    for role in ("vp_sales", "vp_marketing", "ceo"):
        shown = {line for part in sees(repo, role).changes for line in part.lines}
        assert every <= shown


def test_the_page_and_the_terminal_say_the_same(repo: Repository) -> None:
    devices = {name: Device(name=name.encode()) for name in PEOPLE.values()}
    roster_of_passkeys(repo, devices)
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign_by(repo, role, Browser(devices[PEOPLE[role]]))
    repo.commit("Signed")
    second_version(repo)
    run(repo, "propose")
    what = signing.task(repo.contracts, "vp_marketing", None, NOON)
    shown = signing.sees(repo.contracts, what, NOON)
    browser = Browser(devices["lee"])
    sign_by(repo, "vp_marketing", browser)
    (page,) = browser.seen
    assert page["told"] == shown.told == "You signed version 1 on 2026-11-20. This is what has changed since."
    assert [(one["heading"], tuple(one["lines"])) for one in page["changes"]] == [
        (part.heading, part.lines) for part in shown.changes
    ]


# --- which versions there are to compare with -----------------------------------------------------


def candidates(world: World, person: str, day: str = "2027-06-01") -> list[tuple[str, bool]]:
    read = chain.read(world.files, "5f0c2b1e-7a41-4d8e-9c55-0e1f6a2b3c4d", "acme")
    assert read.problems == ()
    newest = read.versions[-1]
    found = seen.earlier(read, newest.digest, person, datetime.fromisoformat(day).date())
    return [(one.name, bool(one.own)) for one in found]


def test_the_newest_of_ones_own_comes_first_then_what_binds_then_what_came_before() -> None:
    world = World()
    world.roster(roles={"ceo": ["kim"], "revops": ["sam"], "vp_marketing": ["lee"], "vp_sales": ["dana", "sam"]})
    world.version(effective="2026-11-01")
    world.all_approve()
    world.version(effective="2027-01-01")
    world.approve("vp_sales", "sam")
    world.approve("vp_marketing")
    world.approve("ceo")
    world.version(effective="2028-01-01")
    world.all_approve()
    world.version(effective="2028-02-01")
    world.version(effective="2028-03-01")
    assert candidates(world, "dana") == [("3", True), ("2", False), ("3", False), ("4", False)]
    assert candidates(world, "sam") == [("2", True), ("2", False), ("3", False), ("4", False)]
    assert candidates(world, "mallory") == [("2", False), ("3", False), ("4", False)]
    assert candidates(world, "mallory", "2026-10-01") == [("3", False), ("4", False)]


def test_an_approval_of_the_one_to_be_signed_and_a_refusal_are_none_of_ones_own() -> None:
    world = World()
    world.roster()
    world.version()
    world.approve("vp_sales", decision="reject", reason="no")
    world.approve("vp_marketing")
    world.version()
    world.approve("vp_marketing")
    assert candidates(world, "dana") == [("1", False)]
    assert candidates(world, "lee") == [("1", True), ("1", False)]
    alone = World()
    alone.roster()
    alone.version()
    assert candidates(alone, "dana") == []
